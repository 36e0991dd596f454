/* ICMP as a module. */
#include "stack/net/icmpv4.h"
#include "stack/net/net.h"
#include "stack/wire/ipproto.h"

#define MILLISECONDS INT64_C(1000000)

static const struct ip_protocol protocol = {
    .number = IP_PROTO_ICMP,
    .module = MODULE_ICMPV4,
    .input = icmpv4_input,
    .keeps = icmpv4_keeps,
};

static size_t state_size(const struct stack_limits *l)
{
    (void)l;
    return sizeof(struct icmpv4_state);
}

static const struct ip_icmp hooks = {icmpv4_send_error, icmpv4_port_unreachable};

static int init(struct stack *s, void *state, int64_t now_ns)
{
    (void)state;
    (void)now_ns;
    ip_set_icmp(s, ADDR_IPV4, &hooks);
    return ip_register(s, &protocol);
}

static const struct knob knobs[ICMPV4_KNOBS] = {
    [ICMPV4_KNOB_ECHO] = {"echo", KNOB_BOOL, 1, 0, 1},
    [ICMPV4_KNOB_ECHO_BROADCAST] = {"echo_broadcast", KNOB_BOOL, 0, 0, 1},
    [ICMPV4_KNOB_ANSWER_TIMESTAMP] = {"timestamp", KNOB_BOOL, 0, 0, 1},
    [ICMPV4_KNOB_ACCEPT_REDIRECTS] = {"redirects", KNOB_BOOL, 1, 0, 1},
    [ICMPV4_KNOB_ERRORS] = {"errors", KNOB_BOOL, 1, 0, 1},
    /* RFC 1812 4.3.2.8: to one destination a burst, and then one in each interval */
    [ICMPV4_KNOB_ERROR_BURST] = {"error_burst", KNOB_NUMBER, 50, 1, 100000},
    [ICMPV4_KNOB_ERROR_INTERVAL] = {"error_interval", KNOB_NS, 20 * MILLISECONDS, 0,
                                    60000 * MILLISECONDS},
    [ICMPV4_KNOB_ERROR_BYTES] = {"error_bytes", KNOB_NUMBER, 576, 96, 1500}, /* RFC 1812 4.3.2.3 */
};

static const char *const counters[ICMPV4_COUNTERS] = {
    [ICMPV4_DROP_SHORT] = "drop.short",
    [ICMPV4_DROP_UNKNOWN_TYPE] = "drop.unknown_type",
    [ICMPV4_DROP_MASK_SHORT] = "drop.address_mask_short",
    [ICMPV4_DROP_TIMESTAMP_SHORT] = "drop.timestamp_short",
    [ICMPV4_DROP_NO_QUOTE] = "drop.no_quote",
    [ICMPV4_DROP_ADVERTISEMENT_WORDS] = "drop.advertisement_entry",
    [ICMPV4_DROP_ADVERTISEMENT_SHORT] = "drop.advertisement_short",
    [ICMPV4_DROP_CHECKSUM] = "drop.checksum",
    [ICMPV4_DROP_ECHO_OFF] = "drop.echo_off",
    [ICMPV4_DROP_ECHO_BROADCAST] = "drop.echo_broadcast",
    [ICMPV4_DROP_REPLY_UNWANTED] = "drop.reply_unwanted",
    [ICMPV4_DROP_TIMESTAMP_OFF] = "drop.timestamp_off",
    [ICMPV4_DROP_INFORMATION] = "drop.information",
    [ICMPV4_DROP_ADDRESS_MASK] = "drop.address_mask",
    [ICMPV4_DROP_ROUTER_DISCOVERY] = "drop.router_discovery",
    [ICMPV4_DROP_SOURCE_QUENCH] = "drop.source_quench",
    [ICMPV4_DROP_NO_BUFFER] = "drop.no_buffer",
    [ICMPV4_DROP_NO_ROUTE] = "drop.no_route",
    [ICMPV4_DROP_QUOTE_BAD] = "drop.quote_malformed",
    [ICMPV4_DROP_QUOTE_NOT_OURS] = "drop.quote_not_ours",
    [ICMPV4_DROP_QUOTE_FRAGMENT] = "drop.quote_fragment",
    [ICMPV4_DROP_QUOTE_TO_MANY] = "drop.quote_to_many",
    [ICMPV4_DROP_ERROR_TO_MANY] = "drop.error_to_many",
    [ICMPV4_DROP_UNKNOWN_CODE] = "drop.unknown_code",
    [ICMPV4_DROP_REDIRECT_OFF] = "drop.redirect_off",
    [ICMPV4_DROP_REDIRECT_NOT_FIRST_HOP] = "drop.redirect_not_first_hop",
    [ICMPV4_DROP_REDIRECT_GATEWAY] = "drop.redirect_gateway",
    [ICMPV4_DROP_REDIRECT_NOT_SENT] = "drop.redirect_not_sent",
    [ICMPV4_DROP_REDIRECT_NO_ROOM] = "drop.redirect_no_room",
    [ICMPV4_ECHOES_ANSWERED] = "echoes_answered",
    [ICMPV4_TIMESTAMPS_ANSWERED] = "timestamps_answered",
    [ICMPV4_ERRORS_RECEIVED] = "errors_received",
    [ICMPV4_REDIRECTS_TAKEN] = "redirects_taken",
    [ICMPV4_ERRORS_SENT] = "errors_sent",
    [ICMPV4_REFUSED_ABOUT_ERROR] = "refused.about_error",
    [ICMPV4_REFUSED_MANY] = "refused.to_many",
    [ICMPV4_REFUSED_FRAGMENT] = "refused.later_fragment",
    [ICMPV4_REFUSED_SOURCE] = "refused.source",
    [ICMPV4_REFUSED_NOT_OURS] = "refused.not_ours",
    [ICMPV4_REFUSED_RATE] = "refused.rate",
    [ICMPV4_REFUSED_OFF] = "refused.off",
    [ICMPV4_REFUSED_NO_BUFFER] = "refused.no_buffer",
    [ICMPV4_REFUSED_NO_ROUTE] = "refused.no_route",
};

const struct module icmpv4_module = {
    .name = "icmpv4",
    .id = MODULE_ICMPV4,
    .state_size = state_size,
    .init = init,
    .knobs = knobs,
    .knob_count = ICMPV4_KNOBS,
    .counters = counters,
    .counter_count = ICMPV4_COUNTERS,
};
