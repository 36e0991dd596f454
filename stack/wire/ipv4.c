#include "stack/wire/ipv4.h"
#include "stack/core/bytes.h"
#include "stack/core/checksum.h"
#include "stack/core/mem.h"

enum {
    FLAG_RESERVED = 0x8000,
    FLAG_DF = 0x4000,
    FLAG_MF = 0x2000,
    FRAG_MASK = 0x1fff,
};

/* What a header promises about itself, before anything is read out of it. */
static enum ipv4_fault check_header(const uint8_t *bytes, size_t len)
{
    if (len < IPV4_MIN_HDR_LEN)
        return IPV4_SHORT;
    if (bytes[IPV4_VERSION_IHL] >> 4 != 4)
        return IPV4_VERSION_NOT_4;
    size_t hdr_len = (bytes[IPV4_VERSION_IHL] & 0xfu) * 4u;
    if (hdr_len < IPV4_MIN_HDR_LEN)
        return IPV4_IHL_BELOW_5;
    if (hdr_len > len)
        return IPV4_HEADER_BEYOND;
    if (get16(bytes + IPV4_TOTAL_LEN) < hdr_len)
        return IPV4_LENGTH_BELOW_HEADER;
    return IPV4_SOUND;
}

enum ipv4_fault ipv4_parse_quoted(const uint8_t *bytes, size_t len, struct ipv4_hdr *out)
{
    enum ipv4_fault fault = check_header(bytes, len);
    if (fault != IPV4_SOUND)
        return fault;
    uint16_t flags_frag = get16(bytes + IPV4_FLAGS_FRAG);
    out->hdr_len = (uint8_t)((bytes[IPV4_VERSION_IHL] & 0xf) * 4);
    out->tos = bytes[IPV4_TOS];
    out->total_len = get16(bytes + IPV4_TOTAL_LEN);
    out->id = get16(bytes + IPV4_ID);
    out->reserved = (flags_frag & FLAG_RESERVED) != 0;
    out->df = (flags_frag & FLAG_DF) != 0;
    out->mf = (flags_frag & FLAG_MF) != 0;
    out->frag_off = (uint16_t)((flags_frag & FRAG_MASK) * 8);
    out->ttl = bytes[IPV4_TTL];
    out->proto = bytes[IPV4_PROTO];
    out->checksum = get16(bytes + IPV4_CHECKSUM);
    out->src = get32(bytes + IPV4_SRC);
    out->dst = get32(bytes + IPV4_DST);
    out->options_len = (uint8_t)(out->hdr_len - IPV4_MIN_HDR_LEN);
    out->options = out->options_len ? bytes + IPV4_OPTIONS : NULL;
    return IPV4_SOUND;
}

enum ipv4_fault ipv4_parse(const uint8_t *bytes, size_t len, struct ipv4_hdr *out)
{
    enum ipv4_fault fault = ipv4_parse_quoted(bytes, len, out);
    return fault == IPV4_SOUND && out->total_len > len ? IPV4_LENGTH_BEYOND : fault;
}

static uint16_t flags_frag_of(const struct ipv4_hdr *hdr)
{
    unsigned flags =
        (hdr->reserved ? FLAG_RESERVED : 0u) | (hdr->df ? FLAG_DF : 0u) | (hdr->mf ? FLAG_MF : 0u);
    return (uint16_t)(flags | hdr->frag_off / 8u);
}

size_t ipv4_emit(const struct ipv4_hdr *hdr, uint8_t *buf, size_t room)
{
    size_t hdr_len = IPV4_MIN_HDR_LEN + (hdr->options_len + 3u) / 4u * 4u;
    if (hdr_len > IPV4_MAX_HDR_LEN || room < hdr_len)
        return 0;
    buf[IPV4_VERSION_IHL] = (uint8_t)(0x40 | hdr_len / 4);
    buf[IPV4_TOS] = hdr->tos;
    put16(buf + IPV4_TOTAL_LEN, hdr->total_len);
    put16(buf + IPV4_ID, hdr->id);
    put16(buf + IPV4_FLAGS_FRAG, flags_frag_of(hdr));
    buf[IPV4_TTL] = hdr->ttl;
    buf[IPV4_PROTO] = hdr->proto;
    put16(buf + IPV4_CHECKSUM, hdr->checksum);
    put32(buf + IPV4_SRC, hdr->src);
    put32(buf + IPV4_DST, hdr->dst);
    if (hdr->options_len) {
        memset(buf + hdr_len - 4, 0, 4);
        memcpy(buf + IPV4_OPTIONS, hdr->options, hdr->options_len);
    }
    return hdr_len;
}

static uint16_t header_sum(const uint8_t *header, size_t hdr_len)
{
    return hdr_len == IPV4_MIN_HDR_LEN ? checksum_sum20(header) : checksum_sum(header, hdr_len);
}

/* From the fields: what was written a moment ago in pieces of two octets would be waited for. */
static uint16_t checksum_of(const struct ipv4_hdr *hdr)
{
    uint64_t sum = 0x4500u + hdr->tos + hdr->total_len + hdr->id + flags_frag_of(hdr);
    sum += ((uint32_t)hdr->ttl << 8) + hdr->proto;
    sum += (hdr->src >> 16) + (hdr->src & 0xffff) + (hdr->dst >> 16) + (hdr->dst & 0xffff);
    sum = (sum & 0xffff) + (sum >> 16);
    return checksum_finish((uint16_t)((sum & 0xffff) + (sum >> 16)));
}

size_t ipv4_emit_summed(struct ipv4_hdr *hdr, uint8_t *buf, size_t room)
{
    hdr->checksum = checksum_of(hdr);
    size_t hdr_len = ipv4_emit(hdr, buf, room);
    if (hdr_len > IPV4_MIN_HDR_LEN)
        ipv4_checksum_set(buf, hdr_len);
    return hdr_len;
}

bool ipv4_checksum_ok(const uint8_t *header, size_t hdr_len)
{
    return header_sum(header, hdr_len) == CHECKSUM_OK;
}

void ipv4_checksum_set(uint8_t *header, size_t hdr_len)
{
    put16(header + IPV4_CHECKSUM, 0);
    put16(header + IPV4_CHECKSUM, checksum_finish(header_sum(header, hdr_len)));
}
