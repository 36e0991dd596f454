#include "sim/wire/capture.h"

#include <stdlib.h>
#include <string.h>
#include "sim/wire/pcap_bytes.h"

enum { CAPTURE_ROOM = 64 };

static void grow(struct capture *c)
{
    uint32_t room = c->room ? c->room * 2 : CAPTURE_ROOM;
    struct capture_record *record =
        world_alloc_raw(c->world, room * sizeof *record, _Alignof(struct capture_record));
    if (c->count)
        memcpy(record, c->record, c->count * sizeof *record);
    world_release(c->world, c->record, c->room * sizeof *record);
    c->record = record;
    c->room = room;
}

void capture_tap(void *ctx, struct link *l, int port, struct frame *f, enum link_event event,
                 int line, int64_t now_ns)
{
    struct capture *c = ctx;
    (void)l;
    if (c->count == c->room)
        grow(c);
    c->record[c->count++] = (struct capture_record){now_ns, frame_ref(f), port, event, line, 0};
}

struct capture *capture_new(struct world *w, struct link *l)
{
    struct capture *c = world_alloc(w, sizeof *c, _Alignof(struct capture));
    c->world = w;
    c->link = l;
    link_watch(l, capture_tap, c);
    return c;
}

uint8_t *capture_pcap(const struct capture *c, size_t *len)
{
    struct pcap_writer writer;
    if (!pcap_writer_open(&writer))
        return NULL;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct frame *f = c->record[i].frame;
        pcap_writer_add(&writer, c->record[i].time_ns, f->bytes, f->len, f->len);
    }
    return pcap_writer_close(&writer, len);
}
