#include "stack/wire/tcp.h"
#include "stack/core/bytes.h"
#include "stack/core/checksum.h"
#include "stack/core/mem.h"
#include "stack/wire/ipproto.h"

enum tcp_fault tcp_parse(const uint8_t *bytes, size_t len, struct tcp_hdr *out)
{
    if (len < TCP_MIN_HDR_LEN)
        return TCP_SHORT;
    size_t hdr_len = (bytes[TCP_OFFSET_RSRVD] >> 4) * 4u;
    if (hdr_len < TCP_MIN_HDR_LEN)
        return TCP_OFFSET_BELOW_5;
    if (hdr_len > len)
        return TCP_OFFSET_BEYOND;
    out->src_port = get16(bytes + TCP_SRC_PORT);
    out->dst_port = get16(bytes + TCP_DST_PORT);
    out->seq = get32(bytes + TCP_SEQ);
    out->ack = get32(bytes + TCP_ACK_NUMBER);
    out->hdr_len = (uint8_t)hdr_len;
    out->reserved = bytes[TCP_OFFSET_RSRVD] & 0xf;
    out->flags = bytes[TCP_FLAGS];
    out->window = get16(bytes + TCP_WINDOW);
    out->checksum = get16(bytes + TCP_CHECKSUM);
    out->urgent = get16(bytes + TCP_URGENT);
    out->options_len = (uint8_t)(hdr_len - TCP_MIN_HDR_LEN);
    out->options = out->options_len ? bytes + TCP_OPTIONS : NULL;
    return TCP_SOUND;
}

size_t tcp_emit(const struct tcp_hdr *hdr, uint8_t *buf, size_t room)
{
    size_t hdr_len = TCP_MIN_HDR_LEN + (hdr->options_len + 3u) / 4u * 4u;
    if (hdr_len > TCP_MAX_HDR_LEN || room < hdr_len)
        return 0;
    put16(buf + TCP_SRC_PORT, hdr->src_port);
    put16(buf + TCP_DST_PORT, hdr->dst_port);
    put32(buf + TCP_SEQ, hdr->seq);
    put32(buf + TCP_ACK_NUMBER, hdr->ack);
    buf[TCP_OFFSET_RSRVD] = (uint8_t)(hdr_len / 4 << 4 | (hdr->reserved & 0xfu));
    buf[TCP_FLAGS] = hdr->flags;
    put16(buf + TCP_WINDOW, hdr->window);
    put16(buf + TCP_CHECKSUM, hdr->checksum);
    put16(buf + TCP_URGENT, hdr->urgent);
    if (hdr->options_len) {
        memset(buf + hdr_len - 4, TCP_OPT_END, 4);
        memcpy(buf + TCP_OPTIONS, hdr->options, hdr->options_len);
    }
    return hdr_len;
}

static uint16_t sum4(uint32_t src, uint32_t dst, const uint8_t *segment, uint16_t len)
{
    return checksum_add(checksum_pseudo4(src, dst, IP_PROTO_TCP, len), checksum_sum(segment, len));
}

static uint16_t sum6(const uint8_t src[16], const uint8_t dst[16], const uint8_t *segment,
                     uint32_t len)
{
    return checksum_add(checksum_pseudo6(src, dst, IP_PROTO_TCP, len), checksum_sum(segment, len));
}

uint16_t tcp_checksum4(uint32_t src, uint32_t dst, const uint8_t *segment, uint16_t len)
{
    return checksum_finish(sum4(src, dst, segment, len));
}

uint16_t tcp_checksum6(const uint8_t src[16], const uint8_t dst[16], const uint8_t *segment,
                       uint32_t len)
{
    return checksum_finish(sum6(src, dst, segment, len));
}

bool tcp_checksum4_ok(uint32_t src, uint32_t dst, const uint8_t *segment, uint16_t len)
{
    return sum4(src, dst, segment, len) == CHECKSUM_OK;
}

bool tcp_checksum6_ok(const uint8_t src[16], const uint8_t dst[16], const uint8_t *segment,
                      uint32_t len)
{
    return sum6(src, dst, segment, len) == CHECKSUM_OK;
}
