#include "stack/transport/tcp/cookie.h"
#include "stack/core/div.h"

/*
 *   31   30   27 26   24 23                                             0
 *  +------+-------+-------+----------------------------------------------+
 *  | SACK | shift | MSS   | hash of the numbers, IRS, the minute, and    |   all of it XORed with
 *  |      |       |       | of the eight bits to its left                |   a hash of the numbers
 *  +------+-------+-------+----------------------------------------------+   and IRS
 */
enum {
    FIELD_SHIFT = 24,
    SHIFT_SHIFT = 3, /* among the eight bits */
    SACK_FIELD = 0x80,
    SIZES = 8,
    NO_SHIFT = 15,
    HASH_MASK = 0xffffff
};
enum { PURPOSE_HASH = 0x10, PURPOSE_MASK = 0x11 };
#define MINUTE_NS 60000000000ULL

static uint16_t size_of(unsigned index)
{
    static const uint16_t sizes[SIZES] = {64, 536, 1024, 1220, 1400, 1440, 1460, 8960};
    return sizes[index];
}

static uint32_t minute_of(int64_t now_ns)
{
    return (uint32_t)div_u64((uint64_t)now_ns, MINUTE_NS, NULL);
}

static uint32_t hash(const uint8_t *key, const struct tcp_ends *ends, uint32_t irs, uint32_t minute,
                     uint32_t fields)
{
    return (uint32_t)hash_of_ends(key, ends, PURPOSE_HASH, irs ^ (minute << 8 | fields)) &
           HASH_MASK;
}

static uint32_t mask(const uint8_t *key, const struct tcp_ends *ends, uint32_t irs)
{
    return (uint32_t)hash_of_ends(key, ends, PURPOSE_MASK, irs);
}

static uint32_t fields_of(uint16_t mss, const struct cookie_options *o)
{
    uint32_t index = SIZES - 1;
    while (index > 0 && size_of(index) > mss)
        index--;
    uint32_t shift = o->wscale ? o->shift : NO_SHIFT;
    return index | shift << SHIFT_SHIFT | (o->sack ? SACK_FIELD : 0u);
}

uint32_t cookie_make(const uint8_t key[KEYED_HASH_KEY_BYTES], const struct tcp_ends *ends,
                     uint32_t irs, uint16_t mss, const struct cookie_options *o, int64_t now_ns)
{
    uint32_t fields = fields_of(mss, o);
    return (fields << FIELD_SHIFT | hash(key, ends, irs, minute_of(now_ns), fields)) ^
           mask(key, ends, irs);
}

/* Of this minute, or the last. */
bool cookie_check(const uint8_t key[KEYED_HASH_KEY_BYTES], const struct tcp_ends *ends,
                  uint32_t irs, uint32_t iss, int64_t now_ns, uint16_t *mss,
                  struct cookie_options *o)
{
    uint32_t cookie = iss ^ mask(key, ends, irs), now = minute_of(now_ns);
    uint32_t fields = cookie >> FIELD_SHIFT, told = cookie & HASH_MASK;
    uint32_t shift = fields >> SHIFT_SHIFT & NO_SHIFT;
    bool good = told == hash(key, ends, irs, now, fields) ||
                (now > 0 && told == hash(key, ends, irs, now - 1, fields));
    if (!good)
        return false;
    *mss = size_of(fields & (SIZES - 1));
    *o = (struct cookie_options){.wscale = shift != NO_SHIFT,
                                 .shift = (uint8_t)(shift != NO_SHIFT ? shift : 0),
                                 .sack = (fields & SACK_FIELD) != 0};
    return true;
}

enum { OPTION_BITS = 6, SACK_BIT = 0x10, ECN_BIT = 0x20 };

uint32_t cookie_timestamp(uint32_t ts, const struct cookie_options *o)
{
    const uint32_t low = (1u << OPTION_BITS) - 1;
    uint32_t bits =
        (o->wscale ? o->shift : NO_SHIFT) | (o->sack ? SACK_BIT : 0u) | (o->ecn ? ECN_BIT : 0u);
    uint32_t with = (ts & ~low) | bits;
    return bits > (ts & low) ? with - (1u << OPTION_BITS) : with;
}

struct cookie_options cookie_options_of(uint32_t ts)
{
    uint8_t shift = ts & NO_SHIFT;
    return (struct cookie_options){.wscale = shift != NO_SHIFT,
                                   .shift = (uint8_t)(shift != NO_SHIFT ? shift : 0),
                                   .sack = (ts & SACK_BIT) != 0,
                                   .ecn = (ts & ECN_BIT) != 0};
}
