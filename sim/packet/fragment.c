#include "sim/packet/fragment.h"
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "sim/packet/packet.h"
#include "sim/packet/layer.h"

enum { HEADER = 20, OPTION_COPIED = 0x80 };

/* RFC 791: behind the first fragment only options with the copied flag stay, padded to whole words.
 * Returns the header's length. */
static uint32_t later_header(uint8_t *out, const uint8_t *packet, uint32_t header)
{
    uint32_t len = HEADER, at = HEADER;
    memcpy(out, packet, HEADER);
    while (at < header && packet[at] != IPOPT_EOL) {
        uint32_t size = packet[at] == IPOPT_NOP ? 1 : at + 1 < header ? packet[at + 1] : 0;
        if (size == 0 || (size < 2 && packet[at] != IPOPT_NOP) || at + size > header)
            break;
        if (packet[at] & OPTION_COPIED) {
            memcpy(out + len, packet + at, size);
            len += size;
        }
        at += size;
    }
    while (len % 4)
        out[len++] = IPOPT_EOL;
    out[0] = (uint8_t)(0x40 | len / 4);
    return len;
}

uint32_t packet_fragment_next(struct packet_fragments *f, uint8_t out[FRAGMENT_MTU_MOST])
{
    const uint8_t *packet = f->datagram;
    uint32_t header = (packet[0] & 15u) * 4, body = f->len - header, head = header;
    uint32_t original = get16(packet + offsetof(struct ip, ip_off));
    if (packet_fragments_gone(f))
        return 0;
    if (f->at)
        head = later_header(out, packet, header);
    else
        memcpy(out, packet, header);
    uint32_t room = f->mtu - head, left = body - f->at;
    uint32_t take = left <= room ? left : room & ~7u;
    bool more = f->at + take < body || original & IP_MF;
    memcpy(out + head, packet + header + f->at, take);
    put16(out + offsetof(struct ip, ip_len), head + take);
    put16(out + offsetof(struct ip, ip_off), (original & (IP_RF | IP_DF)) | (more ? IP_MF : 0u) |
                                                 ((original & IP_OFFMASK) + f->at / 8));
    put16(out + offsetof(struct ip, ip_sum), 0);
    put16(out + offsetof(struct ip, ip_sum), packet_sum(out, head, 0));
    f->at += take;
    return head + take;
}
