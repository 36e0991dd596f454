/* What a host does with IP options: look at those for it, and continue them in a reply. */
#include "stack/core/bytes.h"
#include "stack/core/div.h"
#include "stack/core/mem.h"
#include "stack/net/ipv4.h"
#include "stack/wire/icmpv4.h"

/* Octets of an option (RFC 791 3.1). */
enum {
    OPTION_LEN = 1,
    OPTION_POINTER = 2,
    ROUTE_DATA = 3,
    ROUTE_FIRST = 4,
    TIMESTAMP_OVERFLOW = 3,
    OVERFLOW_ONE = 0x10,
    OVERFLOW_MAX = 15
};

#define DAY_MS 86400000u
#define NOT_UT 0x80000000u

uint32_t ipv4_timestamp(int64_t now_ns)
{
    uint64_t ms;
    div_u64(div_u64((uint64_t)(now_ns < 0 ? 0 : now_ns), 1000000, NULL), DAY_MS, &ms);
    return (uint32_t)ms | NOT_UT;
}

static bool is_source_route(const struct ipv4_option *o)
{
    return o->type == IPV4_OPT_LSRR || o->type == IPV4_OPT_SSRR;
}

static bool refuse_option(struct stack *s, struct netbuf *nb, uint8_t at, int64_t now_ns)
{
    ip_icmp_error(s, ADDR_IPV4, nb, ICMPV4_PARAMETER_PROBLEM, ICMPV4_POINTER_INDICATES, at, now_ns);
    ipv4_drop(s, nb, IPV4_DROP_BAD_OPTION);
    return false;
}

/* RFC 791 3.1: we are one more module without room for its stamp, and there is no room to say so.
 */
static bool overflows(const struct ipv4_option *o)
{
    return o->type == IPV4_OPT_TIMESTAMP && ipv4_option_full(o) && o->overflow == OVERFLOW_MAX;
}

bool ipv4_take_options(struct stack *s, struct netbuf *nb, const struct ipv4_hdr *hdr,
                       int64_t now_ns)
{
    uint8_t bad_at;
    if (ipv4_options_check(hdr, &bad_at) != IPV4_OPTION_SOUND) /* RFC 1122 3.2.2.5 */
        return refuse_option(s, nb, bad_at, now_ns);
    struct ipv4_option_iter iter = ipv4_option_iter(hdr);
    for (struct ipv4_option o; ipv4_option_next(&iter, &o);) {
        if (overflows(&o))
            return refuse_option(s, nb, (uint8_t)(o.at + TIMESTAMP_OVERFLOW), now_ns);
        if (!is_source_route(&o))
            continue;
        if (!stack_knob(s, MODULE_IPV4, IPV4_KNOB_SOURCE_ROUTE)) {
            ipv4_drop(s, nb, IPV4_DROP_SOURCE_ROUTE_OFF);
            return false;
        }
        if (!ipv4_option_full(
                &o)) { /* RFC 1122 3.3.5: we are a hop on the way, and do not forward */
            ip_icmp_error(s, ADDR_IPV4, nb, ICMPV4_UNREACHABLE, ICMPV4_SOURCE_ROUTE_FAILED, 0,
                          now_ns);
            ipv4_drop(s, nb, IPV4_DROP_SOURCE_ROUTED);
            return false;
        }
    }
    return true;
}

/*
 * The route that is recorded, S excepted, is R1 .. Rn, and we are the destination. The reply goes
 * to Rn, by Rn-1 .. R1 to S: as many entries as came. RFC 1122 3.2.1.8 (c), case (B): some hosts
 * record themselves first; S must not be in the route twice.
 */
static uint32_t reverse_route(const struct ipv4_option *o, uint32_t source, uint8_t *out,
                              uint32_t *towards)
{
    uint32_t hops = (o->len - (uint32_t)ROUTE_DATA) / 4;
    const uint8_t *first = o->bytes + ROUTE_DATA;
    if (hops > 0 && get32(first) == source) {
        first += 4;
        hops--;
    }
    if (hops == 0)
        return 0;
    *towards = get32(first + (hops - 1) * 4);
    out[0] = o->type;
    out[OPTION_LEN] = (uint8_t)(ROUTE_DATA + hops * 4);
    out[OPTION_POINTER] = ROUTE_FIRST;
    uint8_t *at = out + ROUTE_DATA;
    for (uint32_t i = hops - 1; i > 0; i--, at += 4)
        memcpy(at, first + (i - 1) * 4, 4);
    put32(at, source);
    return out[OPTION_LEN];
}

static uint32_t continue_route(const struct ipv4_option *o, uint32_t own, uint8_t *out)
{
    memcpy(out, o->bytes, o->len);
    if (!ipv4_option_full(o)) {
        put32(out + o->pointer - 1, own);
        out[OPTION_POINTER] = (uint8_t)(o->pointer + o->entry_len);
    }
    return o->len;
}

/* RFC 791 3.1, Internet Timestamp: where the entries are used up, the overflow counts; where they
 * are prespecified, ours is filled. */
static uint32_t continue_timestamp(const struct ipv4_option *o, uint32_t own, uint32_t stamp,
                                   uint8_t *out)
{
    memcpy(out, o->bytes, o->len);
    if (ipv4_option_full(o)) {
        out[TIMESTAMP_OVERFLOW] = (uint8_t)(out[TIMESTAMP_OVERFLOW] + OVERFLOW_ONE);
        return o->len;
    }
    uint8_t *entry = out + o->pointer - 1;
    if (o->flag == IPV4_TS_PRESPECIFIED && get32(entry) != own)
        return o->len;
    if (o->flag != IPV4_TS_ONLY) {
        put32(entry, own);
        entry += 4;
    }
    put32(entry, stamp);
    out[OPTION_POINTER] = (uint8_t)(o->pointer + o->entry_len);
    return o->len;
}

uint32_t ipv4_reply_options(const struct ipv4_hdr *hdr, uint32_t own, int64_t now_ns,
                            uint8_t options[IPV4_MAX_OPTIONS_LEN], uint32_t *towards)
{
    uint32_t len = 0;
    *towards = hdr->src;
    struct ipv4_option_iter iter = ipv4_option_iter(hdr);
    for (struct ipv4_option o; ipv4_option_next(&iter, &o);) {
        if (is_source_route(&o))
            len += reverse_route(&o, hdr->src, options + len, towards);
        else if (o.type == IPV4_OPT_RECORD_ROUTE)
            len += continue_route(&o, own, options + len);
        else if (o.type == IPV4_OPT_TIMESTAMP)
            len += continue_timestamp(&o, own, ipv4_timestamp(now_ns), options + len);
    }
    return len;
}
