/* The options of an IPv4 header: RFC 791 3.1, RFC 2113 (router alert). */
#include "stack/wire/ipv4.h"
#include "stack/core/bytes.h"

/* Octets of an option, and the smallest legal values that RFC 791 names. */
enum {
    OPTION_LEN = 1,
    OPTION_POINTER = 2,
    OPTION_OVERFLOW_FLAG = 3,
    OPTION_MIN_LEN = 2,
    ROUTE_MIN_LEN = 3,
    ROUTE_FIRST = 4,
    TIMESTAMP_MIN_LEN = 4,
    TIMESTAMP_FIRST = 5,
    SECURITY_MIN_LEN = 3, /* 11 in RFC 791, but RFC 1108 has a shorter form */
    ROUTER_ALERT_LEN = 4,
};

/* What can be wrong with a pointer, by kind of option. */
struct pointer_faults {
    enum ipv4_option_fault too_small, between, no_room;
};

static const struct pointer_faults record_route_faults = {
    IPV4_OPTION_RECORD_ROUTE_POINTER,
    IPV4_OPTION_RECORD_ROUTE_BETWEEN,
    IPV4_OPTION_RECORD_ROUTE_NO_ROOM,
};
static const struct pointer_faults source_route_faults = {
    IPV4_OPTION_SOURCE_ROUTE_POINTER,
    IPV4_OPTION_SOURCE_ROUTE_BETWEEN,
    IPV4_OPTION_SOURCE_ROUTE_NO_ROOM,
};
static const struct pointer_faults timestamp_faults = {
    IPV4_OPTION_TIMESTAMP_POINTER,
    IPV4_OPTION_TIMESTAMP_BETWEEN,
    IPV4_OPTION_TIMESTAMP_NO_ROOM,
};

/* Refuses an option for its octet `octet`; the pointer of RFC 792 counts from the IPv4 header. */
static bool bad(struct ipv4_option_iter *iter, const struct ipv4_option *option, unsigned octet,
                enum ipv4_option_fault fault)
{
    iter->bad_at = (uint8_t)(option->at + octet);
    iter->fault = fault;
    return false;
}

/* A pointer past the length means that all entries are used; else a whole one must lie there. */
static bool read_pointer(struct ipv4_option_iter *iter, struct ipv4_option *option, uint8_t first,
                         const struct pointer_faults *faults)
{
    option->pointer = option->bytes[OPTION_POINTER];
    if (option->pointer < first)
        return bad(iter, option, OPTION_POINTER, faults->too_small);
    if (ipv4_option_full(option))
        return true;
    if ((option->pointer - first) % option->entry_len != 0)
        return bad(iter, option, OPTION_POINTER, faults->between);
    if (option->pointer + option->entry_len - 1 > option->len)
        return bad(iter, option, OPTION_LEN, faults->no_room);
    return true;
}

static bool read_route(struct ipv4_option_iter *iter, struct ipv4_option *option)
{
    bool record = option->type == IPV4_OPT_RECORD_ROUTE;
    if (option->len < ROUTE_MIN_LEN)
        return bad(iter, option, OPTION_LEN,
                   record ? IPV4_OPTION_RECORD_ROUTE_LENGTH : IPV4_OPTION_SOURCE_ROUTE_LENGTH);
    option->entry_len = 4;
    return read_pointer(iter, option, ROUTE_FIRST,
                        record ? &record_route_faults : &source_route_faults);
}

static bool read_timestamp(struct ipv4_option_iter *iter, struct ipv4_option *option)
{
    if (option->len < TIMESTAMP_MIN_LEN)
        return bad(iter, option, OPTION_LEN, IPV4_OPTION_TIMESTAMP_LENGTH);
    option->overflow = option->bytes[OPTION_OVERFLOW_FLAG] >> 4;
    option->flag = option->bytes[OPTION_OVERFLOW_FLAG] & 0xf;
    switch (option->flag) {
    case IPV4_TS_ONLY:
        option->entry_len = 4;
        break;
    case IPV4_TS_AND_ADDRESS:
    case IPV4_TS_PRESPECIFIED:
        option->entry_len = 8;
        break;
    default:
        return bad(iter, option, OPTION_OVERFLOW_FLAG, IPV4_OPTION_TIMESTAMP_FLAG);
    }
    return read_pointer(iter, option, TIMESTAMP_FIRST, &timestamp_faults);
}

/* What is known of the type; nothing is asked of an option that is not. */
static bool read_known(struct ipv4_option_iter *iter, struct ipv4_option *option)
{
    switch (option->type) {
    case IPV4_OPT_RECORD_ROUTE:
    case IPV4_OPT_LSRR:
    case IPV4_OPT_SSRR:
        return read_route(iter, option);
    case IPV4_OPT_TIMESTAMP:
        return read_timestamp(iter, option);
    case IPV4_OPT_SECURITY:
        if (option->len < SECURITY_MIN_LEN)
            return bad(iter, option, OPTION_LEN, IPV4_OPTION_SECURITY_LENGTH);
        return true;
    case IPV4_OPT_ROUTER_ALERT:
        if (option->len != ROUTER_ALERT_LEN)
            return bad(iter, option, OPTION_LEN, IPV4_OPTION_ROUTER_ALERT_LENGTH);
        option->value = get16(option->bytes + 2);
        return true;
    default:
        return true;
    }
}

/* The length octet of every option but End and No Operation. */
static bool read_length(struct ipv4_option_iter *iter, struct ipv4_option *option, unsigned left)
{
    if (left < OPTION_MIN_LEN)
        return bad(iter, option, 0, IPV4_OPTION_NO_LENGTH);
    option->len = option->bytes[OPTION_LEN];
    if (option->len < OPTION_MIN_LEN)
        return bad(iter, option, OPTION_LEN, IPV4_OPTION_LENGTH_BELOW_2);
    if (option->len > left)
        return bad(iter, option, OPTION_LEN, IPV4_OPTION_LENGTH_BEYOND);
    return true;
}

bool ipv4_option_next(struct ipv4_option_iter *iter, struct ipv4_option *out)
{
    if (iter->next >= iter->len || iter->options[iter->next] == IPV4_OPT_END)
        return false;
    *out = (struct ipv4_option){
        .type = iter->options[iter->next],
        .len = 1,
        .at = (uint8_t)(IPV4_OPTIONS + iter->next),
        .bytes = iter->options + iter->next,
    };
    if (out->type != IPV4_OPT_NOP) {
        unsigned left = (unsigned)(iter->len - iter->next);
        if (!read_length(iter, out, left) || !read_known(iter, out))
            return false;
    }
    iter->next = (uint8_t)(iter->next + out->len);
    return true;
}

/* RFC 791: "appears at most once in a datagram"; what a second one of the type is called, and
 * IPV4_OPTION_SOUND where any number may stand. Loose and strict routes are of one kind. */
static enum ipv4_option_fault second_of(uint8_t type)
{
    switch (type) {
    case IPV4_OPT_LSRR:
    case IPV4_OPT_SSRR:
        return IPV4_OPTION_SOURCE_ROUTE_SECOND;
    case IPV4_OPT_RECORD_ROUTE:
        return IPV4_OPTION_RECORD_ROUTE_SECOND;
    case IPV4_OPT_TIMESTAMP:
        return IPV4_OPTION_TIMESTAMP_SECOND;
    case IPV4_OPT_SECURITY:
        return IPV4_OPTION_SECURITY_SECOND;
    default:
        return IPV4_OPTION_SOUND;
    }
}

_Static_assert(IPV4_OPTION_FAULTS <= 32, "a bit for each in ipv4_options_check");

enum ipv4_option_fault ipv4_options_check(const struct ipv4_hdr *hdr, uint8_t *bad_at)
{
    struct ipv4_option_iter iter = ipv4_option_iter(hdr);
    struct ipv4_option option;
    uint32_t seen = 0;
    while (ipv4_option_next(&iter, &option)) {
        enum ipv4_option_fault second = second_of(option.type);
        if (second != IPV4_OPTION_SOUND && seen >> second & 1) {
            *bad_at = option.at;
            return second;
        }
        seen |= UINT32_C(1) << second;
    }
    *bad_at = iter.bad_at;
    return iter.fault;
}
