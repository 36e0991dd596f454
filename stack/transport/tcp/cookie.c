#include "stack/transport/tcp/cookie.h"
#include "stack/core/div.h"

/*
 *   31       27 26   24 23                                    0
 *  +-----------+-------+--------------------------------------+
 *  | minute    | MSS   | hash of the numbers, IRS, minute, MSS |   all of it XORed with
 *  +-----------+-------+--------------------------------------+   a hash of the numbers and IRS
 */
enum {
    MINUTE_SHIFT = 27,
    MINUTES = 32,
    MSS_SHIFT = 24,
    SIZES = 8,
    HASH_MASK = 0xffffff,
    MOST_AGE = 1 /* minutes begun since */
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
                     unsigned index)
{
    uint8_t purpose = (uint8_t)(PURPOSE_HASH | index << 5);
    return (uint32_t)hash_of_ends(key, ends, purpose, irs ^ minute * 0x9e3779b1u) & HASH_MASK;
}

static uint32_t mask(const uint8_t *key, const struct tcp_ends *ends, uint32_t irs)
{
    return (uint32_t)hash_of_ends(key, ends, PURPOSE_MASK, irs);
}

uint32_t cookie_make(const uint8_t key[KEYED_HASH_KEY_BYTES], const struct tcp_ends *ends,
                     uint32_t irs, uint16_t mss, int64_t now_ns)
{
    unsigned index = SIZES - 1;
    while (index > 0 && size_of(index) > mss)
        index--;
    uint32_t minute = minute_of(now_ns);
    uint32_t fields =
        minute % MINUTES << MINUTE_SHIFT | index << MSS_SHIFT | hash(key, ends, irs, minute, index);
    return fields ^ mask(key, ends, irs);
}

bool cookie_check(const uint8_t key[KEYED_HASH_KEY_BYTES], const struct tcp_ends *ends,
                  uint32_t irs, uint32_t iss, int64_t now_ns, uint16_t *mss)
{
    uint32_t fields = iss ^ mask(key, ends, irs), now = minute_of(now_ns);
    uint32_t age = (now - (fields >> MINUTE_SHIFT)) % MINUTES;
    unsigned index = fields >> MSS_SHIFT & (SIZES - 1);
    if (age > MOST_AGE || age > now ||
        (fields & HASH_MASK) != hash(key, ends, irs, now - age, index))
        return false;
    *mss = size_of(index);
    return true;
}

enum { OPTION_BITS = 6, NO_SHIFT = 15, SACK_BIT = 0x10, ECN_BIT = 0x20 };

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
