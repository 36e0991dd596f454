/* A link with listening ports: what every test of the wire begins with. */
#ifndef TESTS_WIRE_SIM_LAN_H
#define TESTS_WIRE_SIM_LAN_H

#include <stdint.h>
#include <string.h>
#include "sim/wire/link.h"

enum { LAN_PORTS = 3, LAN_ARRIVALS = 4096 };

struct arrival {
    int64_t time_ns;
    int port;
    uint32_t len, flags;
    uint8_t tag; /* the frame's last byte, by which the tests tell frames apart */
    uint8_t bytes[128];
};

struct lan {
    struct world *world;
    struct link *link;
    struct arrival arrival[LAN_ARRIVALS];
    int arrivals;
    char carrier[64]; /* "-0 -1 -2 " when it went down */
};

static inline void lan_deliver(void *ctx, int port, struct frame *f, int64_t now_ns)
{
    struct lan *lan = ctx;
    if (lan->arrivals == LAN_ARRIVALS)
        return;
    struct arrival *a = &lan->arrival[lan->arrivals++];
    *a = (struct arrival){.time_ns = now_ns, .port = port, .len = f->len, .flags = f->flags};
    a->tag = f->len ? f->bytes[f->len - 1] : 0;
    memcpy(a->bytes, f->bytes, f->len < sizeof a->bytes ? f->len : sizeof a->bytes);
}

static inline void lan_carrier(void *ctx, int port, bool up, int64_t now_ns)
{
    struct lan *lan = ctx;
    size_t len = strlen(lan->carrier);
    (void)now_ns;
    if (len + 4 < sizeof lan->carrier) {
        lan->carrier[len] = up ? '+' : '-';
        lan->carrier[len + 1] = (char)('0' + port);
        lan->carrier[len + 2] = ' ';
        lan->carrier[len + 3] = '\0';
    }
}

static inline struct lan *lan_new(const struct link_config *config, uint64_t seed, int ports)
{
    static struct lan all[4];
    static int used;
    struct lan *lan = &all[used++ % 4];
    memset(lan, 0, sizeof *lan);
    lan->world = world_new(256u << 20, seed);
    lan->link = link_new(lan->world, config);
    for (int p = 0; p < ports; p++)
        link_attach(lan->link, "port", lan_deliver, lan_carrier, lan);
    return lan;
}

/* A frame of zeroes that ends in `tag`, sent by `port` now. */
static inline void lan_send(struct lan *lan, int port, uint32_t len, int tag)
{
    struct frame *f = frame_new(lan->world, len);
    if (len)
        f->bytes[len - 1] = (uint8_t)tag;
    link_send(lan->link, port, f);
    frame_unref(f);
}

static inline void lan_run(struct lan *lan, int64_t until_ns)
{
    world_run(lan->world, until_ns, NULL);
}

/* The tags in order of arrival, as text. */
static inline const char *lan_tags(const struct lan *lan)
{
    static char text[LAN_ARRIVALS + 1];
    for (int i = 0; i < lan->arrivals; i++)
        text[i] = (char)lan->arrival[i].tag;
    text[lan->arrivals] = '\0';
    return text;
}

static inline struct link_fault lan_fault(enum fault_kind kind)
{
    return (struct link_fault){.kind = kind, .from_port = -1};
}

#endif
