#include "sim/record/capture.h"

#include <stdlib.h>
#include <string.h>
#include "sim/record/pcap_write.h"

static struct capture_record *slot(const struct capture *c, uint32_t k)
{
    return &c->record[k & (c->room - 1)];
}

static size_t weight(const struct frame *f)
{
    return sizeof(struct capture_record) + sizeof *f + f->len;
}

/* The ring as a longer one: what is kept finds its new place. */
static void grow(struct capture *c)
{
    enum { FIRST_ROOM = 16 };
    struct capture was = *c;
    c->room = c->room ? c->room * 2 : FIRST_ROOM;
    c->record = world_alloc_raw(c->world, c->room * sizeof *c->record, 64);
    for (uint32_t k = c->first; k < c->count; k++)
        *slot(c, k) = *slot(&was, k);
    world_release(c->world, was.record, was.room * sizeof *was.record);
}

static void forget_oldest(struct capture *c)
{
    struct frame *f = slot(c, c->first++)->frame;
    c->kept -= weight(f);
    frame_unref(f);
}

static void compare(struct capture *c, uint32_t k, int64_t now_ns, struct frame *f)
{
    const struct pcap_file *e = c->expected;
    if (k < e->count && e->frame[k].time_ns == now_ns && e->frame[k].len == f->len &&
        memcmp(e->frame[k].bytes, f->bytes, f->len) == 0)
        return;
    c->differs = k;
    c->other = frame_ref(f);
    c->other_ns = now_ns;
}

void capture_tap(void *ctx, struct link *l, int port, struct frame *f, enum link_event event,
                 int line, int64_t now_ns)
{
    struct capture *c = ctx;
    (void)l;
    if (c->expected && c->differs == CAPTURE_SAME)
        compare(c, c->count, now_ns, f);
    c->kept += weight(f);
    while (c->bound && c->kept > c->bound && c->first < c->count)
        forget_oldest(c);
    if (c->count - c->first == c->room)
        grow(c);
    *slot(c, c->count++) = (struct capture_record){now_ns, frame_ref(f), port, event, line, 0};
}

struct capture *capture_new(struct world *w, struct link *l)
{
    struct capture *c = world_alloc(w, sizeof *c, _Alignof(struct capture));
    c->world = w;
    c->link = l;
    c->differs = CAPTURE_SAME;
    link_watch(l, capture_tap, c);
    return c;
}

void capture_bound(struct capture *c, size_t octets)
{
    c->bound = octets;
}

void capture_expect(struct capture *c, const struct pcap_file *expected)
{
    c->expected = expected;
    for (uint32_t k = c->first; k < c->count && c->differs == CAPTURE_SAME; k++)
        compare(c, k, slot(c, k)->time_ns, slot(c, k)->frame);
}

struct capture_record *capture_at(const struct capture *c, uint32_t k)
{
    return k >= c->first && k < c->count ? slot(c, k) : NULL;
}

uint8_t *capture_pcap(const struct capture *c, size_t *len)
{
    struct pcap_writer writer;
    if (!pcap_writer_open(&writer))
        return NULL;
    for (uint32_t k = c->first; k < c->count; k++) {
        const struct frame *f = slot(c, k)->frame;
        pcap_writer_add(&writer, slot(c, k)->time_ns, f->bytes, f->len, f->len);
    }
    return pcap_writer_close(&writer, len);
}
