/* Answers every datagram for port 13 with a text (RFC 867). */
#include <string.h>
#include "sim/hosts/peer_ip.h"

enum { DAYTIME = 13 };

struct daytime {
    struct peer_ip ip; /* ARP, ping, IPv4, UDP */
    const char *text;
    uint64_t asked;
};

static const struct attr_spec daytime_attrs[] = {
    {"text", VALUE_BYTES, "what it says"},
    PEER_IP_ATTRS,
    {NULL, VALUE_NONE, NULL},
};

static int daytime_init(struct host *h, const struct attrs *a, struct why *why)
{
    struct daytime *d = h->state;
    d->text = attr_text(a, "text", "noon");
    if (strlen(d->text) > 512)
        return attr_refuse(a, attr_find(a, "text", 0), why, "text is at most 512 octets");
    return peer_ip_init(&d->ip, h, a, why);
}

static void daytime_frame(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    struct daytime *d = h->state;
    struct peer_packet p;
    (void)now_ns;
    if (peer_ip_frame(&d->ip, port, f, &p) != PEER_UDP || p.dport != DAYTIME)
        return;
    d->asked++;
    peer_send_udp(&d->ip, port,
                  &(struct peer_datagram){.dst = p.src,
                                          .sport = DAYTIME,
                                          .dport = p.sport,
                                          .payload = d->text,
                                          .len = (uint32_t)strlen(d->text)});
}

static int daytime_query(struct host *h, const char *what, struct value *out)
{
    const struct daytime *d = h->state;
    if (strcmp(what, "asked") != 0)
        return -1;
    *out = (struct value){.kind = VALUE_NUMBER, .number = (int64_t)d->asked};
    return 0;
}

const struct host_kind daytime_kind = {
    .name = "daytime",
    .help = "answers UDP port 13 with a text",
    .state_size = sizeof(struct daytime),
    .attrs = daytime_attrs,
    .init = daytime_init,
    .frame = daytime_frame,
    .query = daytime_query,
};
