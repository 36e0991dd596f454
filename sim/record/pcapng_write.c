/* draft-ietf-opsawg-pcapng, sections 4.1 to 4.3: little-endian, nanoseconds, Ethernet. */
#include "sim/record/pcapng_write.h"
#include <stdlib.h>
#include <string.h>
#include "sim/record/ladder.h"

enum {
    SECTION_HEADER = 0x0a0d0d0a,
    ORDER_MARK = 0x1a2b3c4d,
    INTERFACE = 1,
    ENHANCED_PACKET = 6,
    ETHERNET = 1,
    END = 0,
    COMMENT = 1,
    IF_NAME = 2,
    IF_TSRESOL = 9,
    NANOSECONDS = 9,
    COMMENT_ROOM = 1024,
};

/* A block's body, which its length goes around. */
struct block {
    FILE *file;
    char *bytes;
    size_t len;
};

static void put(FILE *f, uint32_t value, int octets)
{
    for (int k = 0; k < octets; k++)
        fputc((int)(value >> 8 * k & 0xff), f);
}

static void pad(FILE *f, size_t len)
{
    put(f, 0, (int)((4 - len % 4) % 4));
}

static bool open_block(struct block *b)
{
    *b = (struct block){NULL, NULL, 0};
    b->file = open_memstream(&b->bytes, &b->len);
    return b->file != NULL;
}

static void close_block(struct block *b, FILE *out, uint32_t type)
{
    fclose(b->file);
    uint32_t total = (uint32_t)b->len + 12;
    put(out, type, 4);
    put(out, total, 4);
    fwrite(b->bytes, 1, b->len, out);
    put(out, total, 4);
    free(b->bytes);
}

static void put_option(FILE *f, uint32_t code, const char *text, size_t len)
{
    put(f, code, 2);
    put(f, (uint32_t)len, 2);
    fwrite(text, 1, len, f);
    pad(f, len);
}

static void put_section(FILE *out)
{
    struct block b;
    if (!open_block(&b))
        return;
    put(b.file, ORDER_MARK, 4);
    put(b.file, 1, 2); /* version 1.0 */
    put(b.file, 0, 2);
    put(b.file, UINT32_MAX, 4); /* the section's length is not said */
    put(b.file, UINT32_MAX, 4);
    close_block(&b, out, SECTION_HEADER);
}

static void put_interface(FILE *out, const char *name)
{
    struct block b;
    const char resolution = NANOSECONDS;
    if (!open_block(&b))
        return;
    put(b.file, ETHERNET, 2);
    put(b.file, 0, 2);
    put(b.file, 0, 4); /* no limit */
    put_option(b.file, IF_NAME, name, strlen(name));
    put_option(b.file, IF_TSRESOL, &resolution, 1);
    put_option(b.file, END, "", 0);
    close_block(&b, out, INTERFACE);
}

/* "from eth0, arp.pkt:12; lost, line 7; udp.drop.checksum". */
static size_t comment_of(const struct ladder_rung *rung, const char *script, const char *rule,
                         int64_t at_ns, char text[COMMENT_ROOM])
{
    const struct capture_record *rec = rung->record;
    FILE *f = fmemopen(text, COMMENT_ROOM, "w");
    if (!f)
        return 0;
    fprintf(f, "from %s", link_port_name(rung->link->link, rec->port));
    if (rec->script_line)
        fprintf(f, ", %s:%d", script, rec->script_line);
    if (rec->event != LINK_SENT)
        fprintf(f, "; %s", link_event_name(rec->event));
    if (rec->event != LINK_SENT && rec->line)
        fprintf(f, " by line %d", rec->line);
    if (rec->frame->note)
        fprintf(f, "; %s", rec->frame->note);
    if (rule && rec->time_ns == at_ns && !rec->script_line)
        fprintf(f, "; %.500s", rule);
    fclose(f);
    return strnlen(text, COMMENT_ROOM - 1);
}

static void put_packet(FILE *out, uint32_t interface, const struct ladder_rung *rung,
                       const char *comment, size_t comment_len)
{
    struct block b;
    const struct frame *f = rung->record->frame;
    uint64_t t = (uint64_t)rung->record->time_ns;
    if (!open_block(&b))
        return;
    put(b.file, interface, 4);
    put(b.file, (uint32_t)(t >> 32), 4);
    put(b.file, (uint32_t)t, 4);
    put(b.file, f->len, 4);
    put(b.file, f->len, 4);
    fwrite(f->bytes, 1, f->len, b.file);
    pad(b.file, f->len);
    put_option(b.file, COMMENT, comment, comment_len);
    put_option(b.file, END, "", 0);
    close_block(&b, out, ENHANCED_PACKET);
}

uint8_t *pcapng_of(const struct recording *r, const char *script, const char *rule, int64_t at_ns,
                   size_t *len)
{
    char *bytes = NULL, comment[COMMENT_ROOM];
    size_t count;
    uint64_t lost;
    struct ladder_rung *rung = ladder_rungs(r, &count, &lost);
    FILE *out = rung ? open_memstream(&bytes, len) : NULL;
    if (!out) {
        free(rung);
        return NULL;
    }
    put_section(out);
    for (uint32_t l = 0; l < r->links; l++)
        put_interface(out, r->link[l].name);
    for (size_t k = 0; k < count; k++) {
        size_t n = comment_of(&rung[k], script, rule, at_ns, comment);
        put_packet(out, (uint32_t)(rung[k].link - r->link), &rung[k], comment, n);
    }
    free(rung);
    if (fclose(out) != 0) {
        free(bytes);
        return NULL;
    }
    return (uint8_t *)bytes;
}
