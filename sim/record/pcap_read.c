/*
 * Captures from anywhere, read into memory: which format it is, the frames of both, and the classic
 * format. Nothing that the file says is believed before it is compared with what is there. The
 * formats are those of draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
 */
#include "sim/record/pcap_read.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HELP "`editcap -F pcapng FILE NEW` makes one of what Wireshark reads"

/* The first word of a file. */
#define MICROSECONDS   0xa1b2c3d4U
#define NANOSECONDS    0xa1b23c4dU
#define KUZNETZOV      0xa1b2cd34U /* a patch of libpcap whose records have 24 octets of header */
#define SECTION_HEADER 0x0a0d0d0aU

enum { FILE_HEADER = 24, RECORD_HEADER = 16 };

/* --- frames --- */

int pcap_damaged(struct pcap_reader *r, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    why_set(r->why, "damaged at octet %zu, after %zu frames: %s", r->at, r->file->count, text);
    return -1;
}

int pcap_cut_short(struct pcap_reader *r, const char *what, uint64_t wanted)
{
    why_set(&r->file->cut,
            "the file ends inside %s at octet %zu, after %zu frames: %zu of its %" PRIu64
            " octets are there",
            what, r->at, r->file->count, pcap_left(r), wanted);
    return 0;
}

static struct pcap_frame *next_slot(struct pcap_reader *r)
{
    struct pcap_file *file = r->file;
    if (file->count == r->room) {
        size_t more = r->room ? r->room * 2 : 64;
        struct pcap_frame *frame = realloc(file->frame, more * sizeof *frame);
        if (!frame)
            return NULL;
        file->frame = frame;
        r->room = more;
    }
    return &file->frame[file->count];
}

/* A simple packet block has no time: it is given that of the frame before it, or else of the first
 * frame that has one. */
static int64_t time_of(struct pcap_reader *r, const struct pcap_packet *p)
{
    struct pcap_file *file = r->file;
    if (!p->timed) {
        r->untimed += r->untimed == file->count;
        return file->count ? file->frame[file->count - 1].time_ns : 0;
    }
    if (r->untimed == file->count)
        for (size_t f = 0; f < file->count; f++)
            file->frame[f].time_ns = p->time_ns;
    return p->time_ns;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Of a packet that was cut in its check sequence, only the octets of that go which are there. No
 * packet has more octets than it had on the wire, whatever its record says. */
static int keep(struct pcap_reader *r, const struct pcap_packet *p)
{
    uint32_t original = p->original_len - least(p->fcs, p->original_len);
    uint32_t len = least(p->len, original);
    struct pcap_frame *frame = next_slot(r);
    uint8_t *copy = frame ? malloc(len ? len : 1) : NULL;
    if (!copy) {
        why_set(r->why, "no memory for frame %zu", r->file->count + 1);
        return -1;
    }
    memcpy(copy, p->bytes, len);
    int64_t time_ns = time_of(r, p);
    *frame = (struct pcap_frame){time_ns, len, original, copy};
    r->file->count++;
    return 0;
}

/* The same trimming as for what is kept. */
static int give(struct pcap_reader *r, const struct pcap_packet *p)
{
    uint32_t original = p->original_len - least(p->fcs, p->original_len);
    struct pcap_seen seen = {.number = ++r->file->count,
                             .time_ns = p->timed ? p->time_ns : r->last_ns,
                             .bytes = p->bytes,
                             .len = least(p->len, original),
                             .original_len = original,
                             .link = p->link};
    r->last_ns = seen.time_ns;
    return r->sink(r->ctx, &seen);
}

int pcap_take(struct pcap_reader *r, const struct pcap_packet *packet)
{
    if (packet->len > PCAP_PACKET_MAX)
        return pcap_damaged(r, "a packet of %" PRIu32 " octets, no capture has more than %d",
                            packet->len, PCAP_PACKET_MAX);
    if (r->sink)
        return give(r, packet);
    if (packet->link == PCAP_ETHERNET)
        return keep(r, packet);
    if (r->file->other_links++ == 0)
        r->other_link = packet->link;
    return 0;
}

/* --- the classic format --- */

/* The top of the link type: bit 26 says that a check sequence was captured, bits 28 to 31 its
 * length in 16-bit words. */
static unsigned classic_fcs(uint32_t link)
{
    return link & 0x04000000 ? (link >> 28) * 2 : 0;
}

static int classic_record(struct pcap_reader *r, struct pcap_packet *p, uint32_t unit_ns,
                          bool lengths_may_be_swapped)
{
    const uint8_t *header = r->bytes + r->at;
    if (pcap_left(r) < RECORD_HEADER)
        return pcap_cut_short(r, "a record's header", RECORD_HEADER);
    p->time_ns =
        (int64_t)pcap_get32(r, header) * PCAP_SECOND + (int64_t)pcap_get32(r, header + 4) * unit_ns;
    p->len = pcap_get32(r, header + 8);
    p->original_len = pcap_get32(r, header + 12);
    if (lengths_may_be_swapped && p->len > p->original_len) {
        uint32_t len = p->original_len;
        p->original_len = p->len;
        p->len = len;
    }
    p->bytes = header + RECORD_HEADER;
    if (p->len <= PCAP_PACKET_MAX && p->len > pcap_left(r) - RECORD_HEADER)
        return pcap_cut_short(r, "a record", (uint64_t)RECORD_HEADER + p->len);
    if (pcap_take(r, p) != 0)
        return -1;
    r->at += RECORD_HEADER + p->len;
    return 1;
}

/* Before version 2.4 some writers had the two lengths the other way round. */
int pcap_classic(struct pcap_reader *r)
{
    if (r->len < FILE_HEADER) {
        why_set(r->why, "not a capture: %zu octets, a pcap file begins with %d", r->len,
                FILE_HEADER);
        return -1;
    }
    uint16_t major = pcap_get16(r, r->bytes + 4), minor = pcap_get16(r, r->bytes + 6);
    if (major != 2) {
        why_set(r->why, "a pcap file of version %u.%u, only 2 can be read; " HELP, major, minor);
        return -1;
    }
    uint32_t link = pcap_get32(r, r->bytes + 20);
    uint32_t unit_ns = pcap_get32(r, r->bytes) == NANOSECONDS ? 1 : 1000;
    struct pcap_packet packet = {
        .timed = true, .fcs = classic_fcs(link), .link = (int)(link & 0xffff)};
    int more = 1;
    r->at = FILE_HEADER;
    while (more == 1 && pcap_left(r) > 0)
        more = classic_record(r, &packet, unit_ns, minor < 4);
    return more < 0 ? -1 : 0;
}

/* --- any file --- */

static const char *link_name(int link)
{
    static const struct {
        int link;
        const char *name;
    } names[] = {{0, "NULL"},
                 {6, "IEEE802_5"},
                 {8, "SLIP"},
                 {9, "PPP"},
                 {10, "FDDI"},
                 {51, "PPP_ETHER"},
                 {101, "RAW"},
                 {104, "C_HDLC"},
                 {105, "IEEE802_11"},
                 {108, "LOOP"},
                 {113, "LINUX_SLL"},
                 {127, "IEEE802_11_RADIOTAP"},
                 {147, "USER0"},
                 {189, "USB_LINUX"},
                 {195, "IEEE802_15_4_WITHFCS"},
                 {220, "USB_LINUX_MMAPPED"},
                 {227, "CAN_SOCKETCAN"},
                 {228, "IPV4"},
                 {229, "IPV6"},
                 {239, "NFLOG"},
                 {253, "NETLINK"},
                 {276, "LINUX_SLL2"}};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        if (names[n].link == link)
            return names[n].name;
    return "unknown";
}

static int refuse_format(struct pcap_reader *r)
{
    static const struct {
        const char *begin, *what;
    } known[] = {{"\x1f\x8b", "compressed by gzip: `gunzip` it"},
                 {"\x28\xb5\x2f\xfd", "compressed by zstd: `unzstd` it"},
                 {"\x04\x22\x4d\x18", "compressed by lz4: `unlz4` it"},
                 {"\xfd\x37zXZ", "compressed by xz: `unxz` it"},
                 {"snoop", "a snoop file (RFC 1761): " HELP}};
    const char *what = "a pcap or pcapng file is wanted; " HELP;
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
        if (r->len >= strlen(known[k].begin) &&
            memcmp(r->bytes, known[k].begin, strlen(known[k].begin)) == 0)
            what = known[k].what;
    why_set(r->why, "not a capture: %s", what);
    return -1;
}

int pcap_any(struct pcap_reader *r)
{
    if (r->len < 4)
        return refuse_format(r);
    for (int order = 0; order < 2; order++) {
        r->big = order == 1;
        switch (pcap_get32(r, r->bytes)) {
        case SECTION_HEADER: /* the same in both orders */
            return pcapng(r);
        case MICROSECONDS:
        case NANOSECONDS:
            return pcap_classic(r);
        case KUZNETZOV:
            why_set(r->why, "a pcap file of the modified (Kuznetzov) kind; " HELP);
            return -1;
        }
    }
    return refuse_format(r);
}

int pcap_parse(const uint8_t *bytes, size_t len, struct pcap_file *out, struct why *why)
{
    struct pcap_reader r = {.bytes = bytes, .len = len, .file = out, .why = why};
    memset(out, 0, sizeof *out);
    int result = pcap_any(&r);
    if (result == 0 && out->count == 0 && out->other_links) {
        why_set(why, "its link type is %s (%d), only Ethernet captures (EN10MB, 1) can be read",
                link_name(r.other_link), r.other_link);
        result = -1;
    }
    if (result != 0)
        pcap_unload(out);
    return result;
}

static uint8_t *read_whole(FILE *stream, size_t *len)
{
    size_t room = 65536;
    uint8_t *bytes = malloc(room);
    *len = 0;
    while (bytes) {
        size_t got = fread(bytes + *len, 1, room - *len, stream);
        *len += got;
        if (got == 0 && ferror(stream))
            break;
        if (got == 0)
            return bytes;
        if (*len < room)
            continue;
        uint8_t *more = room > SIZE_MAX / 2 ? NULL : realloc(bytes, room *= 2);
        if (!more)
            break;
        bytes = more;
    }
    free(bytes);
    return NULL;
}

int pcap_load(const char *path, struct pcap_file *out, struct why *why)
{
    struct why inner = {""};
    size_t len;
    memset(out, 0, sizeof *out);
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        why_set(why, "%s: cannot be opened: %s", path, strerror(errno));
        return -1;
    }
    uint8_t *bytes = read_whole(stream, &len);
    int error = errno, result = -1;
    fclose(stream);
    if (bytes)
        result = pcap_parse(bytes, len, out, &inner);
    else
        why_set(&inner, "cannot be read: %s", strerror(error));
    free(bytes);
    if (result != 0)
        why_set(why, "%s: %.900s", path, inner.text);
    return result;
}

void pcap_unload(struct pcap_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        free(file->frame[i].bytes);
    free(file->frame);
    memset(file, 0, sizeof *file);
}
