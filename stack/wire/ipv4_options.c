/* The options of an IPv4 header: RFC 791 3.1, RFC 2113 (router alert). */
#include "stack/wire/ipv4.h"
#include "stack/core/bytes.h"
#include "stack/wire/why.h"

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

/* The three reasons of a pointer that does not point at an entry, worded for each kind of option.
 */
struct pointer_reasons {
    const char *too_small, *between, *no_room;
};

static const struct pointer_reasons record_route_reasons = {
    "ipv4 record route: pointer below 4",
    "ipv4 record route: pointer between two addresses",
    "ipv4 record route: room for less than an address",
};
static const struct pointer_reasons source_route_reasons = {
    "ipv4 source route: pointer below 4",
    "ipv4 source route: pointer between two addresses",
    "ipv4 source route: room for less than an address",
};
static const struct pointer_reasons timestamp_reasons = {
    "ipv4 timestamp: pointer below 5",
    "ipv4 timestamp: pointer between two entries",
    "ipv4 timestamp: room for less than an entry",
};

/* Refuses an option for its octet `octet`; the pointer of RFC 792 counts from the IPv4 header. */
static bool bad(struct ipv4_option_iter *iter, const struct ipv4_option *option, unsigned octet,
                const char **why, const char *reason)
{
    iter->bad_at = (uint8_t)(option->at + octet);
    return refuse(why, reason);
}

/* A pointer past the length means that all entries are used; else a whole one must lie there. */
static bool read_pointer(struct ipv4_option_iter *iter, struct ipv4_option *option, uint8_t first,
                         const struct pointer_reasons *reasons, const char **why)
{
    option->pointer = option->bytes[OPTION_POINTER];
    if (option->pointer < first)
        return bad(iter, option, OPTION_POINTER, why, reasons->too_small);
    if (ipv4_option_full(option))
        return true;
    if ((option->pointer - first) % option->entry_len != 0)
        return bad(iter, option, OPTION_POINTER, why, reasons->between);
    if (option->pointer + option->entry_len - 1 > option->len)
        return bad(iter, option, OPTION_LEN, why, reasons->no_room);
    return true;
}

static bool read_route(struct ipv4_option_iter *iter, struct ipv4_option *option, const char **why)
{
    bool record = option->type == IPV4_OPT_RECORD_ROUTE;
    if (option->len < ROUTE_MIN_LEN)
        return bad(iter, option, OPTION_LEN, why,
                   record ? "ipv4 record route: length below 3"
                          : "ipv4 source route: length below 3");
    option->entry_len = 4;
    return read_pointer(iter, option, ROUTE_FIRST,
                        record ? &record_route_reasons : &source_route_reasons, why);
}

static bool read_timestamp(struct ipv4_option_iter *iter, struct ipv4_option *option,
                           const char **why)
{
    if (option->len < TIMESTAMP_MIN_LEN)
        return bad(iter, option, OPTION_LEN, why, "ipv4 timestamp: length below 4");
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
        return bad(iter, option, OPTION_OVERFLOW_FLAG, why,
                   "ipv4 timestamp: flag is none of 0, 1 and 3");
    }
    return read_pointer(iter, option, TIMESTAMP_FIRST, &timestamp_reasons, why);
}

/* What is known of the type; nothing is asked of an option that is not. */
static bool read_known(struct ipv4_option_iter *iter, struct ipv4_option *option, const char **why)
{
    switch (option->type) {
    case IPV4_OPT_RECORD_ROUTE:
    case IPV4_OPT_LSRR:
    case IPV4_OPT_SSRR:
        return read_route(iter, option, why);
    case IPV4_OPT_TIMESTAMP:
        return read_timestamp(iter, option, why);
    case IPV4_OPT_SECURITY:
        if (option->len < SECURITY_MIN_LEN)
            return bad(iter, option, OPTION_LEN, why, "ipv4 security: length below 3");
        return true;
    case IPV4_OPT_ROUTER_ALERT:
        if (option->len != ROUTER_ALERT_LEN)
            return bad(iter, option, OPTION_LEN, why, "ipv4 router alert: length is not 4");
        option->value = get16(option->bytes + 2);
        return true;
    default:
        return true;
    }
}

/* The length octet of every option but End and No Operation. */
static bool read_length(struct ipv4_option_iter *iter, struct ipv4_option *option, unsigned left,
                        const char **why)
{
    if (left < OPTION_MIN_LEN)
        return bad(iter, option, 0, why, "ipv4 option: no length octet");
    option->len = option->bytes[OPTION_LEN];
    if (option->len < OPTION_MIN_LEN)
        return bad(iter, option, OPTION_LEN, why, "ipv4 option: length below 2");
    if (option->len > left)
        return bad(iter, option, OPTION_LEN, why, "ipv4 option: length beyond the header");
    return true;
}

bool ipv4_option_next(struct ipv4_option_iter *iter, struct ipv4_option *out, const char **why)
{
    *why = NULL;
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
        if (!read_length(iter, out, left, why) || !read_known(iter, out, why))
            return false;
    }
    iter->next = (uint8_t)(iter->next + out->len);
    return true;
}

/* RFC 791: "appears at most once in a datagram"; one bit each, loose and strict routes share one.
 */
static unsigned once_bit(uint8_t type, const char **reason)
{
    switch (type) {
    case IPV4_OPT_LSRR:
    case IPV4_OPT_SSRR:
        *reason = "ipv4 source route: a second one";
        return 1;
    case IPV4_OPT_RECORD_ROUTE:
        *reason = "ipv4 record route: a second one";
        return 2;
    case IPV4_OPT_TIMESTAMP:
        *reason = "ipv4 timestamp: a second one";
        return 4;
    case IPV4_OPT_SECURITY:
        *reason = "ipv4 security: a second one";
        return 8;
    default:
        return 0;
    }
}

bool ipv4_options_check(const struct ipv4_hdr *hdr, uint8_t *bad_at, const char **why)
{
    struct ipv4_option_iter iter = ipv4_option_iter(hdr);
    struct ipv4_option option;
    const char *reason;
    unsigned seen = 0;
    while (ipv4_option_next(&iter, &option, &reason)) {
        unsigned bit = once_bit(option.type, &reason);
        if (seen & bit) {
            *bad_at = option.at;
            return refuse(why, reason);
        }
        seen |= bit;
    }
    if (!reason)
        return true;
    *bad_at = iter.bad_at;
    return refuse(why, reason);
}
