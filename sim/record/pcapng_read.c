/*
 * pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, each with interfaces of its
 * own, and the packets of enhanced, simple and obsolete packet blocks. Other blocks are skipped.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/record/pcap_read.h"
#include "sim/world/mul128.h"

enum block {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, /* obsolete, still written by some */
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6
};

/* Fixed parts, from the block's first octet. A block is type, length, body, length. */
enum {
    BLOCK_EDGES = 12,
    BODY = 8,
    SECTION_FIXED = 28,
    INTERFACE_FIXED = 20,
    SIMPLE_FIXED = 16,
    PACKET_FIXED = 32,
    ORDER_MAGIC = 0x1a2b3c4d
};

enum option {
    OPTION_END = 0,
    OPTION_EPB_FLAGS = 2, /* of a packet block as well: pack_flags */
    OPTION_IF_TSRESOL = 9,
    OPTION_IF_FCSLEN = 13,
    OPTION_IF_TSOFFSET = 14
};

struct interface {
    uint16_t link;
    uint8_t resolution; /* if_tsresol */
    uint8_t fcs;        /* octets */
    uint32_t snaplen;   /* 0: no limit */
    int64_t offset_s;   /* if_tsoffset */
};

struct section {
    struct interface *interface;
    size_t interfaces, room;
};

/* --- options --- */

struct option_view {
    uint16_t code, len;
    const uint8_t *value;
};

/* The option at *at of the block's options, which end at `end`: 1, or 0 at the last, or -1. */
static int next_option(struct pcap_reader *r, const uint8_t **at, const uint8_t *end,
                       struct option_view *o)
{
    if (end - *at < 4)
        return 0;
    o->code = pcap_get16(r, *at);
    o->len = pcap_get16(r, *at + 2);
    o->value = *at + 4;
    if (o->code == OPTION_END)
        return 0;
    if (o->len > end - o->value)
        return pcap_damaged(r, "option %u of %u octets goes beyond its block", o->code, o->len);
    size_t padded = ((size_t)o->len + 3) & ~(size_t)3;
    *at = padded < (size_t)(end - o->value) ? o->value + padded : end;
    return 1;
}

/* --- times --- */

/* floor(units * 10^9 / 2^shift); false beyond 64 bits. */
static bool binary_ns(uint64_t units, unsigned shift, uint64_t *ns)
{
    uint64_t high, low = mul128(units, PCAP_SECOND, &high);
    if (shift >= 64) {
        *ns = high >> (shift - 64);
        return true;
    }
    *ns = shift ? low >> shift | high << (64 - shift) : low;
    return (shift ? high >> shift : high) == 0;
}

static bool decimal_ns(uint64_t units, unsigned exponent, uint64_t *ns)
{
    uint64_t factor = 1;
    bool finer = exponent > 9;
    unsigned steps = finer ? exponent - 9 : 9 - exponent;
    if (steps > 19) { /* 10^20 is more than any number of units */
        *ns = 0;
        return true;
    }
    while (steps--)
        factor *= 10;
    *ns = units / factor;
    return finer || !__builtin_mul_overflow(units, factor, ns);
}

/* if_tsresol: the top bit set, a negative power of 2, else of 10. */
static bool time_from(const struct interface *i, uint64_t units, int64_t *time_ns)
{
    uint64_t ns;
    int64_t offset;
    unsigned exponent = i->resolution & 0x7f;
    bool fits =
        i->resolution & 0x80 ? binary_ns(units, exponent, &ns) : decimal_ns(units, exponent, &ns);
    return fits && !__builtin_mul_overflow(i->offset_s, (int64_t)PCAP_SECOND, &offset) &&
           !__builtin_add_overflow(offset, ns, time_ns);
}

/* --- blocks; each is given whole, from its type to its second length --- */

/* if_fcslen counts bits; files with 4, in octets, exist, and no sequence has fewer bits than one
 * octet. */
static uint8_t fcs_octets(uint8_t len)
{
    return len < 8 ? len : len / 8;
}

static int interface_option(struct pcap_reader *r, struct interface *i, const struct option_view *o)
{
    unsigned want = o->code == OPTION_IF_TSOFFSET ? 8 : 1;
    if (o->code != OPTION_IF_TSRESOL && o->code != OPTION_IF_FCSLEN &&
        o->code != OPTION_IF_TSOFFSET)
        return 0;
    if (o->len != want)
        return pcap_damaged(r, "an interface's option %u has %u octets, %u are right", o->code,
                            o->len, want);
    if (o->code == OPTION_IF_TSRESOL)
        i->resolution = o->value[0];
    if (o->code == OPTION_IF_FCSLEN)
        i->fcs = fcs_octets(o->value[0]);
    if (o->code == OPTION_IF_TSOFFSET) {
        uint64_t first = pcap_get32(r, o->value), second = pcap_get32(r, o->value + 4);
        i->offset_s = (int64_t)(r->big ? first << 32 | second : second << 32 | first);
    }
    return 0;
}

static struct interface *new_interface(struct pcap_reader *r, struct section *s)
{
    if (s->interfaces == s->room) {
        size_t more = s->room ? s->room * 2 : 4;
        struct interface *grown = realloc(s->interface, more * sizeof *grown);
        if (!grown) {
            why_set(r->why, "no memory for interface %zu", s->interfaces);
            return NULL;
        }
        s->interface = grown;
        s->room = more;
    }
    return &s->interface[s->interfaces++];
}

static int take_interface(struct pcap_reader *r, struct section *s, const uint8_t *b, uint32_t len)
{
    struct option_view option;
    int got;
    if (len < INTERFACE_FIXED)
        return pcap_damaged(r, "an interface description of %" PRIu32 " octets, it has %d at least",
                            len, INTERFACE_FIXED);
    struct interface *i = new_interface(r, s);
    if (!i)
        return -1;
    *i = (struct interface){.link = pcap_get16(r, b + 8),
                            .resolution = 6, /* microseconds unless it says otherwise */
                            .snaplen = pcap_get32(r, b + 12)};
    const uint8_t *at = b + 16, *end = b + len - 4;
    while ((got = next_option(r, &at, end, &option)) == 1)
        if (interface_option(r, i, &option) != 0)
            return -1;
    return got;
}

/* Bits 5 to 8 of the flags of a packet: the octets of its check sequence, 0: not known. */
static int packet_options(struct pcap_reader *r, const uint8_t *at, const uint8_t *end,
                          struct pcap_packet *p)
{
    struct option_view option;
    int got;
    while ((got = next_option(r, &at, end, &option)) == 1) {
        if (option.code != OPTION_EPB_FLAGS || option.len != 4)
            continue;
        unsigned fcs = pcap_get32(r, option.value) >> 5 & 0xf;
        p->fcs = fcs ? fcs : p->fcs;
    }
    return got;
}

/* An enhanced packet block, or an obsolete packet block, whose interface has 16 bits. */
static int take_packet(struct pcap_reader *r, const struct section *s, const uint8_t *b,
                       uint32_t len, bool enhanced)
{
    if (len < PACKET_FIXED)
        return pcap_damaged(r, "a packet block of %" PRIu32 " octets, it has %d at least", len,
                            PACKET_FIXED);
    uint32_t interface = enhanced ? pcap_get32(r, b + 8) : pcap_get16(r, b + 8);
    uint64_t units = (uint64_t)pcap_get32(r, b + 12) << 32 | pcap_get32(r, b + 16);
    uint32_t captured = pcap_get32(r, b + 20), room = len - PACKET_FIXED;
    if (interface >= s->interfaces)
        return pcap_damaged(r, "a packet of interface %" PRIu32 ", %zu are described", interface,
                            s->interfaces);
    if (captured > room)
        return pcap_damaged(r, "a packet of %" PRIu32 " octets, its block holds %" PRIu32, captured,
                            room);
    const struct interface *i = &s->interface[interface];
    struct pcap_packet p = {.timed = true,
                            .len = captured,
                            .original_len = pcap_get32(r, b + 24),
                            .bytes = b + 28,
                            .fcs = i->fcs,
                            .link = i->link};
    if (!time_from(i, units, &p.time_ns))
        return pcap_damaged(r, "a time that is not within 292 years of 1970");
    uint32_t padded = (captured + 3) & ~(uint32_t)3; /* room is a multiple of 4 */
    if (packet_options(r, p.bytes + padded, b + len - 4, &p) != 0)
        return -1;
    return pcap_take(r, &p);
}

/* Of the section's first interface; as much was captured as its snaplen lets through. */
static int take_simple(struct pcap_reader *r, const struct section *s, const uint8_t *b,
                       uint32_t len)
{
    if (len < SIMPLE_FIXED)
        return pcap_damaged(r, "a simple packet block of %" PRIu32 " octets, it has %d at least",
                            len, SIMPLE_FIXED);
    if (s->interfaces == 0)
        return pcap_damaged(r, "a simple packet block before any interface");
    const struct interface *i = &s->interface[0];
    uint32_t original = pcap_get32(r, b + 8), captured = original, room = len - SIMPLE_FIXED;
    if (i->snaplen && captured > i->snaplen)
        captured = i->snaplen;
    if (captured > room)
        return pcap_damaged(r, "a packet of %" PRIu32 " octets, its block holds %" PRIu32, captured,
                            room);
    return pcap_take(r, &(struct pcap_packet){.len = captured,
                                              .original_len = original,
                                              .bytes = b + 12,
                                              .fcs = i->fcs,
                                              .link = i->link});
}

static int take_section(struct pcap_reader *r, struct section *s, const uint8_t *b, uint32_t len)
{
    if (len < SECTION_FIXED)
        return pcap_damaged(r, "a section header of %" PRIu32 " octets, it has %d at least", len,
                            SECTION_FIXED);
    uint16_t major = pcap_get16(r, b + 12), minor = pcap_get16(r, b + 14);
    if (major != 1)
        return pcap_damaged(r, "a section of version %u.%u, only 1 can be read", major, minor);
    s->interfaces = 0;
    return 0;
}

static int take_block(struct pcap_reader *r, struct section *s, const uint8_t *b, uint32_t len)
{
    switch (pcap_get32(r, b)) {
    case BLOCK_SECTION:
        return take_section(r, s, b, len);
    case BLOCK_INTERFACE:
        return take_interface(r, s, b, len);
    case BLOCK_ENHANCED:
    case BLOCK_PACKET:
        return take_packet(r, s, b, len, pcap_get32(r, b) == BLOCK_ENHANCED);
    case BLOCK_SIMPLE:
        return take_simple(r, s, b, len);
    }
    return 0;
}

/* A section header, whose type reads the same in both orders, says the order of its own length. */
static int learn_order(struct pcap_reader *r, const uint8_t *b)
{
    if (pcap_get32(r, b) != BLOCK_SECTION)
        return 0;
    for (int order = 0; order < 2; order++) {
        r->big = order == 1;
        if (pcap_get32(r, b + BODY) == ORDER_MAGIC)
            return 0;
    }
    return pcap_damaged(r, "a section header without the mark of a byte order");
}

/* 1: a block was taken; 0: the file ends inside it; -1. */
static int next_block(struct pcap_reader *r, struct section *s)
{
    const uint8_t *b = r->bytes + r->at;
    if (pcap_left(r) < BLOCK_EDGES)
        return pcap_cut_short(r, "a block", BLOCK_EDGES);
    if (learn_order(r, b) != 0)
        return -1;
    uint32_t len = pcap_get32(r, b + 4);
    if (len < BLOCK_EDGES || len % 4 != 0)
        return pcap_damaged(r, "a block of %" PRIu32 " octets, a multiple of 4 from %d is right",
                            len, BLOCK_EDGES);
    if (len > pcap_left(r))
        return pcap_cut_short(r, "a block", len);
    if (pcap_get32(r, b + len - 4) != len)
        return pcap_damaged(r, "a block of %" PRIu32 " octets that ends with %" PRIu32, len,
                            pcap_get32(r, b + len - 4));
    if (take_block(r, s, b, len) != 0)
        return -1;
    r->at += len;
    return 1;
}

int pcapng(struct pcap_reader *r)
{
    struct section section = {NULL, 0, 0};
    int more = 1;
    while (more == 1 && pcap_left(r) > 0)
        more = next_block(r, &section);
    free(section.interface);
    if (more == 0 && r->at == 0) { /* not even the first section's header is there */
        why_set(r->why, "not a capture: %s", r->file->cut.text);
        return -1;
    }
    return more < 0 ? -1 : 0;
}
