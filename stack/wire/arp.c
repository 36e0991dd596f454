#include "stack/wire/arp.h"
#include "stack/core/bytes.h"
#include "stack/core/mem.h"
#include "stack/wire/ethernet.h"

enum { ARP_FIXED_LEN = 8 }; /* up to here the layout does not depend on the lengths in it */

/* The order of the questions is that of RFC 826, "Packet Reception". */
enum arp_fault arp_parse(const uint8_t *bytes, size_t len, struct arp_hdr *out)
{
    if (len < ARP_FIXED_LEN)
        return ARP_SHORT;
    if (get16(bytes + ARP_HRD) != ARP_HRD_ETHERNET)
        return ARP_HARDWARE_UNKNOWN;
    if (bytes[ARP_HLN] != ETHERNET_ADDR_LEN)
        return ARP_HARDWARE_LENGTH;
    if (get16(bytes + ARP_PRO) != ETHERNET_TYPE_IPV4)
        return ARP_PROTOCOL_UNKNOWN;
    if (bytes[ARP_PLN] != 4)
        return ARP_PROTOCOL_LENGTH;
    if (len < ARP_LEN)
        return ARP_ADDRESSES_SHORT;
    out->op = get16(bytes + ARP_OP);
    memcpy(out->sha, bytes + ARP_SHA, sizeof out->sha);
    out->spa = get32(bytes + ARP_SPA);
    memcpy(out->tha, bytes + ARP_THA, sizeof out->tha);
    out->tpa = get32(bytes + ARP_TPA);
    return ARP_SOUND;
}

size_t arp_emit(const struct arp_hdr *hdr, uint8_t *buf, size_t room)
{
    if (room < ARP_LEN)
        return 0;
    put16(buf + ARP_HRD, ARP_HRD_ETHERNET);
    put16(buf + ARP_PRO, ETHERNET_TYPE_IPV4);
    buf[ARP_HLN] = ETHERNET_ADDR_LEN;
    buf[ARP_PLN] = 4;
    put16(buf + ARP_OP, hdr->op);
    memcpy(buf + ARP_SHA, hdr->sha, sizeof hdr->sha);
    put32(buf + ARP_SPA, hdr->spa);
    memcpy(buf + ARP_THA, hdr->tha, sizeof hdr->tha);
    put32(buf + ARP_TPA, hdr->tpa);
    return ARP_LEN;
}
