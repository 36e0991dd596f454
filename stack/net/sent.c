#include "stack/net/sent.h"
#include <stddef.h>

static uint32_t place_of(const struct ip_addr *a, uint8_t protocol, uint32_t begin)
{
    uint32_t h = a->word[0] ^ a->word[1] ^ a->word[2] ^ a->word[3] ^ begin ^ protocol;
    h *= 0x9e3779b1u; /* 2^32 by the golden ratio */
    return h >> 16 & (SENT_PACKETS - 1);
}

static bool is(const struct sent_packet *p, const struct ip_addr *destination, uint8_t protocol,
               uint32_t begin)
{
    return p->begin == begin && p->protocol == protocol && addr_equal(&p->destination, destination);
}

void sent_note(struct sent_packets *t, const struct ip_addr *destination, uint8_t protocol,
               uint32_t begin, bool dont_fragment)
{
    struct sent_packet *p = &t->packet[place_of(destination, protocol, begin)];
    if (!is(p, destination, protocol, begin))
        *p =
            (struct sent_packet){.destination = *destination, .begin = begin, .protocol = protocol};
    p->dont_fragment |= dont_fragment;
}

const struct sent_packet *sent_find(const struct sent_packets *t, const struct ip_addr *destination,
                                    uint8_t protocol, uint32_t begin)
{
    const struct sent_packet *p = &t->packet[place_of(destination, protocol, begin)];
    return is(p, destination, protocol, begin) ? p : NULL;
}
