/* A switch between three links: where frames come out. */
#include <criterion/criterion.h>
#include <string.h>
#include "sim/hosts/host.h"

enum { LINKS = 3, LEN = 60 };

#define SECOND INT64_C(1000000000)

struct rig {
    struct world *world;
    struct host host;
    struct link *link[LINKS];
    int port[LINKS];
    int seen[LINKS];
};

/* What a link's listener needs to know. */
static struct ear {
    struct rig *rig;
    int number;
} ears[LINKS];

static void to_switch(void *ctx, int number, struct frame *f, int64_t now_ns)
{
    struct host_port *p = ctx;
    (void)number;
    p->host->kind->frame(p->host, (int)(p - p->host->port), f, now_ns);
}

static void carrier_of_switch(void *ctx, int number, bool up, int64_t now_ns)
{
    struct host_port *p = ctx;
    (void)number;
    p->host->kind->carrier(p->host, (int)(p - p->host->port), up, now_ns);
}

static void to_test(void *ctx, int number, struct frame *f, int64_t now_ns)
{
    struct ear *ear = ctx;
    (void)number, (void)now_ns;
    cr_assert_eq(f->len, LEN);
    cr_assert_eq(f->bytes[14], 0x5a);
    ear->rig->seen[ear->number]++;
}

static void fire(struct owner *o, int64_t now_ns)
{
    (void)o, (void)now_ns;
}

static void open_rig(struct rig *r)
{
    static const char *const names[LINKS] = {"a", "b", "c"};
    struct why why = {{0}};
    memset(r, 0, sizeof *r);
    r->world = world_new(16u << 20, 1);
    struct host *h = &r->host;
    h->world = r->world;
    h->kind = host_kind_by_name("switch");
    h->name = h->owner.name = "sw";
    h->owner.fire = fire;
    h->state = world_alloc(r->world, h->kind->state_size, 64);
    world_own(r->world, &h->owner, RANK_HOST);
    for (int k = 0; k < LINKS; k++) {
        struct link_config config = {.name = ""};
        strcpy(config.name, names[k]);
        ears[k] = (struct ear){r, k};
        r->link[k] = link_new(r->world, &config);
        r->port[k] = link_attach(r->link[k], "test", to_test, NULL, &ears[k]);
        host_add_port(h)->link = r->link[k];
    }
    for (int k = 0; k < LINKS; k++)
        h->port[k].number =
            link_attach(r->link[k], "sw", to_switch, carrier_of_switch, &h->port[k]);
    cr_assert_eq(h->kind->init(h, &(const struct attrs){.attribute = NULL, .count = 0}, &why), 0);
}

/* One frame into link k; the links it came out of, a bit each. */
static unsigned give(struct rig *r, int k, uint8_t to, uint8_t from, uint32_t flags)
{
    struct why why = {{0}};
    unsigned out = 0;
    struct frame *f = frame_new(r->world, LEN);
    memset(r->seen, 0, sizeof r->seen);
    memcpy(f->bytes, (const uint8_t[]){to == 0xff ? 0xff : 2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from},
           12);
    if (to == 0xff)
        memset(f->bytes, 0xff, 6);
    f->bytes[14] = 0x5a;
    f->flags = flags;
    link_send(r->link[k], r->port[k], f);
    frame_unref(f);
    cr_assert_eq(world_run(r->world, world_now(r->world), &why), 0, "%s", why.text);
    for (int l = 0; l < LINKS; l++) {
        cr_assert_leq(r->seen[l], 1);
        out |= (unsigned)r->seen[l] << l;
    }
    return out;
}

enum { A = 1, B = 2, C = 4, EVERYBODY = 0xff };

Test(switch, unknown_destinations_go_everywhere_known_ones_to_their_port)
{
    struct rig r;
    open_rig(&r);
    cr_assert_eq(give(&r, 0, 22, 11, 0), B | C);
    cr_assert_eq(give(&r, 1, 11, 22, 0), A);
    cr_assert_eq(give(&r, 2, 22, 33, 0), B);
    cr_assert_eq(give(&r, 2, EVERYBODY, 33, 0), A | B);
    cr_assert_eq(give(&r, 0, 11, 12, 0), 0,
                 "whom the frame is for stands on the link it came from");
    world_free(r.world);
}

Test(switch, station_that_moves_is_followed)
{
    struct rig r;
    open_rig(&r);
    give(&r, 0, EVERYBODY, 11, 0);
    cr_assert_eq(give(&r, 1, 11, 22, 0), A);
    give(&r, 2, EVERYBODY, 11, 0);
    cr_assert_eq(give(&r, 1, 11, 22, 0), C);
    world_free(r.world);
}

Test(switch, silent_station_is_forgotten_after_300_s)
{
    struct rig r;
    struct why why = {{0}};
    open_rig(&r);
    give(&r, 0, EVERYBODY, 11, 0);
    world_run(r.world, 299 * SECOND, &why);
    cr_assert_eq(give(&r, 1, 11, 22, 0), A);
    world_run(r.world, 300 * SECOND, &why);
    cr_assert_eq(give(&r, 1, 11, 22, 0), A | C);
    world_free(r.world);
}

Test(switch, carrier_lost_forgets_the_port)
{
    struct rig r;
    struct why why = {{0}};
    open_rig(&r);
    give(&r, 0, EVERYBODY, 11, 0);
    link_set_up(r.link[0], false, 0);
    link_set_up(r.link[0], true, 0);
    world_run(r.world, 1, &why);
    cr_assert_eq(give(&r, 1, 11, 22, 0), A | C);
    world_free(r.world);
}

Test(switch, damaged_frame_goes_nowhere_and_teaches_nothing)
{
    struct rig r;
    open_rig(&r);
    cr_assert_eq(give(&r, 0, EVERYBODY, 11, FRAME_BAD_FCS), 0);
    cr_assert_eq(give(&r, 1, 11, 22, 0), A | C);
    world_free(r.world);
}

/* 256 buckets of four: a thousand stations and one more are survived, each frame still goes out. */
Test(switch, full_table_floods)
{
    struct rig r;
    open_rig(&r);
    for (int k = 0; k < 2000; k++) {
        struct frame *f = frame_new(r.world, LEN);
        memset(f->bytes, 0xff, 6);
        memcpy(f->bytes + 6, (const uint8_t[]){2, 1, 2, 3, (uint8_t)(k >> 8), (uint8_t)k}, 6);
        r.host.kind->frame(&r.host, 0, f, 0);
        frame_unref(f);
    }
    struct value v;
    cr_assert_eq(r.host.kind->query(&r.host, "stations", &v), 0);
    cr_assert_leq(v.number, 1024);
    cr_assert_geq(v.number, 512);
    world_free(r.world);
}
