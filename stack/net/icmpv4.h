/* What the files of ICMP share. */
#ifndef STACK_NET_ICMPV4_H
#define STACK_NET_ICMPV4_H

#include "stack/net/error_rate.h"
#include "stack/net/ip.h"
#include "stack/wire/icmpv4.h"

enum icmpv4_knob {
    ICMPV4_KNOB_ECHO,
    ICMPV4_KNOB_ECHO_BROADCAST,
    ICMPV4_KNOB_ANSWER_TIMESTAMP,
    ICMPV4_KNOB_ACCEPT_REDIRECTS,
    ICMPV4_KNOB_ERRORS,
    ICMPV4_KNOB_ERROR_BURST,
    ICMPV4_KNOB_ERROR_INTERVAL,
    ICMPV4_KNOB_ERROR_BYTES,
    ICMPV4_KNOBS
};

enum icmpv4_counter {
    ICMPV4_DROP_SHORT,
    ICMPV4_DROP_UNKNOWN_TYPE,
    ICMPV4_DROP_MASK_SHORT,
    ICMPV4_DROP_TIMESTAMP_SHORT,
    ICMPV4_DROP_NO_QUOTE,
    ICMPV4_DROP_ADVERTISEMENT_WORDS,
    ICMPV4_DROP_ADVERTISEMENT_SHORT,
    ICMPV4_DROP_CHECKSUM,
    ICMPV4_DROP_ECHO_OFF,
    ICMPV4_DROP_ECHO_BROADCAST,
    ICMPV4_DROP_REPLY_UNWANTED,
    ICMPV4_DROP_TIMESTAMP_OFF,
    ICMPV4_DROP_INFORMATION,
    ICMPV4_DROP_ADDRESS_MASK,
    ICMPV4_DROP_ROUTER_DISCOVERY,
    ICMPV4_DROP_SOURCE_QUENCH,
    ICMPV4_DROP_NO_BUFFER,
    ICMPV4_DROP_NO_ROUTE,
    ICMPV4_DROP_QUOTE_BAD,
    ICMPV4_DROP_QUOTE_NOT_OURS,
    ICMPV4_DROP_QUOTE_FRAGMENT,
    ICMPV4_DROP_QUOTE_TO_MANY,
    ICMPV4_DROP_ERROR_TO_MANY,
    ICMPV4_DROP_UNKNOWN_CODE,
    ICMPV4_DROP_REDIRECT_OFF,
    ICMPV4_DROP_REDIRECT_NOT_FIRST_HOP,
    ICMPV4_DROP_REDIRECT_GATEWAY,
    ICMPV4_DROP_REDIRECT_NOT_SENT,
    ICMPV4_DROP_REDIRECT_NO_ROOM,
    ICMPV4_ECHOES_ANSWERED,
    ICMPV4_TIMESTAMPS_ANSWERED,
    ICMPV4_ERRORS_RECEIVED,
    ICMPV4_REDIRECTS_TAKEN,
    ICMPV4_ERRORS_SENT,
    ICMPV4_REFUSED_ABOUT_ERROR,
    ICMPV4_REFUSED_MANY,
    ICMPV4_REFUSED_FRAGMENT,
    ICMPV4_REFUSED_SOURCE,
    ICMPV4_REFUSED_NOT_OURS,
    ICMPV4_REFUSED_RATE,
    ICMPV4_REFUSED_OFF,
    ICMPV4_REFUSED_NO_BUFFER,
    ICMPV4_REFUSED_NO_ROUTE,
    ICMPV4_COUNTERS
};

struct icmpv4_state {
    struct error_rate errors;
};

/* icmpv4_errors.c: sending them */
void icmpv4_send_error(struct stack *s, const struct netbuf *nb, uint8_t type, uint8_t code,
                       uint32_t extra, int64_t now_ns);
void icmpv4_port_unreachable(struct stack *s, const struct netbuf *nb, int64_t now_ns);

/* icmpv4_input.c */
void icmpv4_input(struct stack *s, struct netbuf *nb, const struct ip_received *r, int64_t now_ns);
/* The requests that this file answers. */
bool icmpv4_keeps(const struct netbuf *nb, const struct ip_received *r);
void icmpv4_drop(struct stack *s, struct netbuf *nb, enum icmpv4_counter why);
/* The way to answer what came by an interface: back by it when there is a way (link-local
 * addresses, two interfaces on one net), else by any. */
int icmpv4_path(struct stack *s, struct netif *came_by, const struct ip_addr *to,
                const struct ip_addr *from, struct ip_path *path);

/* icmpv4_reported.c: errors that came; takes nb */
void icmpv4_reported(struct stack *s, struct netbuf *nb, const struct icmpv4_hdr *hdr,
                     const struct ip_received *r, int64_t now_ns);

#endif
