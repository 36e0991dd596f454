#include "stack/wire/udp.h"
#include "stack/core/bytes.h"
#include "stack/core/checksum.h"
#include "stack/wire/ipproto.h"

enum udp_fault udp_parse(const uint8_t *bytes, size_t len, struct udp_hdr *out)
{
    if (len < UDP_HDR_LEN)
        return UDP_SHORT;
    uint16_t length = get16(bytes + UDP_LENGTH);
    if (length < UDP_HDR_LEN)
        return UDP_LENGTH_BELOW_HEADER;
    if (length > len)
        return UDP_LENGTH_BEYOND;
    out->src_port = get16(bytes + UDP_SRC_PORT);
    out->dst_port = get16(bytes + UDP_DST_PORT);
    out->length = length;
    out->checksum = get16(bytes + UDP_CHECKSUM);
    return UDP_SOUND;
}

size_t udp_emit(const struct udp_hdr *hdr, uint8_t *buf, size_t room)
{
    if (room < UDP_HDR_LEN)
        return 0;
    put16(buf + UDP_SRC_PORT, hdr->src_port);
    put16(buf + UDP_DST_PORT, hdr->dst_port);
    put16(buf + UDP_LENGTH, hdr->length);
    put16(buf + UDP_CHECKSUM, hdr->checksum);
    return UDP_HDR_LEN;
}

static uint16_t sum4(uint32_t src, uint32_t dst, const uint8_t *datagram, uint16_t len)
{
    return checksum_add(checksum_pseudo4(src, dst, IP_PROTO_UDP, len), checksum_sum(datagram, len));
}

static uint16_t sum6(const uint8_t src[16], const uint8_t dst[16], const uint8_t *datagram,
                     uint16_t len)
{
    return checksum_add(checksum_pseudo6(src, dst, IP_PROTO_UDP, len), checksum_sum(datagram, len));
}

uint16_t udp_checksum_finish(uint16_t sum)
{
    uint16_t field = checksum_finish(sum);
    return field == 0 ? 0xffff : field;
}

uint16_t udp_checksum4(uint32_t src, uint32_t dst, const uint8_t *datagram, uint16_t len)
{
    return udp_checksum_finish(sum4(src, dst, datagram, len));
}

uint16_t udp_checksum6(const uint8_t src[16], const uint8_t dst[16], const uint8_t *datagram,
                       uint16_t len)
{
    return udp_checksum_finish(sum6(src, dst, datagram, len));
}

bool udp_checksum4_ok(uint32_t src, uint32_t dst, const uint8_t *datagram, uint16_t len)
{
    return get16(datagram + UDP_CHECKSUM) == 0 || sum4(src, dst, datagram, len) == CHECKSUM_OK;
}

bool udp_checksum6_ok(const uint8_t src[16], const uint8_t dst[16], const uint8_t *datagram,
                      uint16_t len)
{
    return get16(datagram + UDP_CHECKSUM) != 0 && sum6(src, dst, datagram, len) == CHECKSUM_OK;
}
