#include "sim/record/capture.h"

#include <stdlib.h>
#include <string.h>
#include "sim/record/pcap_write.h"

void capture_tap(void *ctx, struct link *l, int port, struct frame *f, enum link_event event,
                 int line, int64_t now_ns)
{
    struct capture *c = ctx;
    (void)l;
    if (c->count == c->room)
        c->record = world_grow(c->world, c->record, &c->room, sizeof *c->record);
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
