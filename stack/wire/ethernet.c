#include "stack/wire/ethernet.h"
#include "stack/core/bytes.h"
#include "stack/core/mem.h"

enum {
    LLC_MIN_LEN = 3, /* DSAP, SSAP, control */
    SNAP_LEN = 8,
};

/* DSAP and SSAP 170, control 3 (unnumbered information), organization code 0: RFC 1042. */
static const uint8_t snap_start[6] = {0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00};

static enum ethernet_fault parse_tagged(const uint8_t *bytes, size_t len, struct ethernet_hdr *out)
{
    if (len < ETHERNET_TAGGED_HDR_LEN)
        return ETHERNET_TAG_SHORT;
    out->kind = ETHERNET_KIND_TAGGED;
    out->tci = get16(bytes + ETHERNET_TAG_TCI);
    out->inner_type = get16(bytes + ETHERNET_TAG_TYPE);
    out->hdr_len = ETHERNET_TAGGED_HDR_LEN;
    return ETHERNET_SOUND;
}

/* The field is the length of LLC and data; what follows in the frame is padding. */
static enum ethernet_fault parse_llc(const uint8_t *bytes, size_t len, struct ethernet_hdr *out)
{
    if (out->type > len - ETHERNET_HDR_LEN)
        return ETHERNET_LENGTH_BEYOND;
    if (out->type < LLC_MIN_LEN)
        return ETHERNET_LENGTH_BELOW_LLC;
    out->kind = ETHERNET_KIND_LLC;
    out->end = (size_t)ETHERNET_HDR_LEN + out->type;
    if (out->type >= SNAP_LEN && memcmp(bytes + ETHERNET_LLC, snap_start, sizeof snap_start) == 0) {
        out->kind = ETHERNET_KIND_SNAP;
        out->inner_type = get16(bytes + ETHERNET_SNAP_TYPE);
        out->hdr_len = ETHERNET_SNAP_HDR_LEN;
    }
    return ETHERNET_SOUND;
}

enum ethernet_fault ethernet_parse(const uint8_t *bytes, size_t len, struct ethernet_hdr *out)
{
    if (len < ETHERNET_HDR_LEN)
        return ETHERNET_SHORT;
    memcpy(out->dst, bytes + ETHERNET_DST, sizeof out->dst);
    memcpy(out->src, bytes + ETHERNET_SRC, sizeof out->src);
    out->type = get16(bytes + ETHERNET_TYPE);
    out->kind = ETHERNET_KIND_II;
    out->tci = 0;
    out->inner_type = 0;
    out->hdr_len = ETHERNET_HDR_LEN;
    out->end = len;
    if (out->type <= ETHERNET_MAX_LENGTH)
        return parse_llc(bytes, len, out);
    if (out->type < ETHERNET_MIN_TYPE)
        return ETHERNET_TYPE_UNDEFINED;
    if (out->type == ETHERNET_TYPE_VLAN || out->type == ETHERNET_TYPE_QINQ)
        return parse_tagged(bytes, len, out);
    return ETHERNET_SOUND;
}

static size_t hdr_len_of(enum ethernet_kind kind)
{
    switch (kind) {
    case ETHERNET_KIND_TAGGED:
        return ETHERNET_TAGGED_HDR_LEN;
    case ETHERNET_KIND_SNAP:
        return ETHERNET_SNAP_HDR_LEN;
    case ETHERNET_KIND_II:
    case ETHERNET_KIND_LLC:
        break;
    }
    return ETHERNET_HDR_LEN;
}

size_t ethernet_emit(const struct ethernet_hdr *hdr, uint8_t *buf, size_t room)
{
    size_t hdr_len = hdr_len_of(hdr->kind);
    if (room < hdr_len)
        return 0;
    memcpy(buf + ETHERNET_DST, hdr->dst, sizeof hdr->dst);
    memcpy(buf + ETHERNET_SRC, hdr->src, sizeof hdr->src);
    put16(buf + ETHERNET_TYPE, hdr->type);
    if (hdr->kind == ETHERNET_KIND_TAGGED) {
        put16(buf + ETHERNET_TAG_TCI, hdr->tci);
        put16(buf + ETHERNET_TAG_TYPE, hdr->inner_type);
    } else if (hdr->kind == ETHERNET_KIND_SNAP) {
        memcpy(buf + ETHERNET_LLC, snap_start, sizeof snap_start);
        put16(buf + ETHERNET_SNAP_TYPE, hdr->inner_type);
    }
    return hdr_len;
}
