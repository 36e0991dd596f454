/*
 * What the world and the wire cost by themselves: owners fired, frames carried, bytes hashed,
 * worlds saved and restored, a second.
 */
#include <stdlib.h>
#include <string.h>
#include "bench/bench.h"
#include "sim/record/recording.h"

enum { MANY = 1000000 }; /* frames */

struct ticker {
    struct owner owner; /* first */
    struct world *world;
    int64_t period_ns;
};

static void tick(struct owner *o, int64_t now_ns)
{
    struct ticker *t = (struct ticker *)(void *)o;
    world_due(t->world, o, now_ns + t->period_ns);
}

static void bench_owners(int owners)
{
    struct world *w = world_new((size_t)64 << 20, 1);
    char what[64];
    for (int i = 0; i < owners; i++) {
        struct ticker *t = world_alloc(w, sizeof *t, _Alignof(struct ticker));
        *t = (struct ticker){.world = w, .period_ns = 1000 + i % 97};
        t->owner.fire = tick;
        t->owner.name = "ticker";
        world_own(w, &t->owner, RANK_HOST);
        world_due(w, &t->owner, i);
    }
    int64_t start_ns = wall_ns();
    world_run(w, (int64_t)3000000000 / owners, NULL);
    snprintf(what, sizeof what, "events, %d owners", owners);
    say(what, world_events(w), "events", start_ns);
    world_free(w);
}

static void echo_nothing(void *ctx, int port, struct frame *f, int64_t now_ns)
{
    uint64_t *sum = ctx;
    (void)port, (void)now_ns;
    *sum += f->len;
}

struct sender {
    struct owner owner; /* first */
    struct world *world;
    struct link *link;
    uint32_t len;
    int64_t gap_ns;
    uint8_t bytes[1514];
};

static void send_one(struct owner *o, int64_t now_ns)
{
    struct sender *s = (struct sender *)(void *)o;
    struct frame *f = frame_copy(s->world, s->bytes, s->len);
    link_send(s->link, 0, f);
    frame_unref(f);
    world_due(s->world, o, now_ns + s->gap_ns);
}

static void bench_link(const char *what, uint32_t len, const struct link_config *config,
                       uint32_t frames, bool watched)
{
    uint64_t sum = 0;
    struct world *w = world_new((size_t)4 << 30, 1);
    struct link *l = link_new(w, config);
    struct sender *s = world_alloc(w, sizeof *s, _Alignof(struct sender));
    link_attach(l, "from", NULL, NULL, NULL);
    link_attach(l, "to", echo_nothing, NULL, &sum);
    if (watched)
        capture_bound(capture_new(w, l), RECORDING_MOST);
    *s = (struct sender){.world = w, .link = l, .len = len, .gap_ns = 12304};
    s->owner.fire = send_one;
    s->owner.name = "sender";
    world_own(w, &s->owner, RANK_HOST);
    world_due(w, &s->owner, 0);
    int64_t start_ns = wall_ns();
    world_run(w, s->gap_ns * (int64_t)(frames - 1), NULL);
    say(what, frames, "frames", start_ns);
    if (watched)
        printf("%-46s %12zu KiB\n", "its world", world_bytes_used(w) >> 10);
    world_free(w);
}

static void bench_print(uint32_t len)
{
    static uint8_t bytes[65536];
    struct fingerprint f;
    char what[64];
    fingerprint_init(&f);
    int64_t start_ns = wall_ns();
    for (int i = 0; i < 2000000; i++) {
        bytes[0] = (uint8_t)i;
        fingerprint_bytes(&f, bytes, len);
    }
    snprintf(what, sizeof what, "fingerprints of %" PRIu32 " bytes (%02x)", len,
             (unsigned)f.a & 255);
    say(what, 2000000, "prints", start_ns);
}

static void bench_snapshot(size_t bytes)
{
    struct world *w = world_new((size_t)64 << 20, 1);
    char what[64];
    memset(world_alloc(w, bytes, 1), 1, bytes);
    struct image *image = world_save(w, NULL);
    int64_t start_ns = wall_ns();
    for (int i = 0; i < 5000; i++)
        world_restore(w, image);
    snprintf(what, sizeof what, "restores of %zu KiB", bytes >> 10);
    say(what, 5000, "restores", start_ns);
    image_free(image);
    world_free(w);
}

static void bench_worlds(size_t bytes)
{
    char what[64];
    int64_t start_ns = wall_ns();
    for (uint64_t i = 0; i < 5000; i++) {
        struct world *w = world_new((size_t)64 << 20, i);
        memset(world_alloc(w, bytes, 1), 1, bytes);
        world_free(w);
    }
    snprintf(what, sizeof what, "worlds of %zu KiB, begun and ended", bytes >> 10);
    say(what, 5000, "worlds", start_ns);
}

int main(void)
{
    const struct link_config gigabit = {.name = "lan", .rate_bps = 1000000000, .latency_ns = 1000};
    const struct link_config far = {.name = "lan", .rate_bps = 1000000000, .latency_ns = 10000000};
    struct link_config bad = far;
    bad.loss_ppm = bad.dup_ppm = bad.corrupt_ppm = 10000;
    bad.jitter_ns = 1000000;
    bench_owners(1);
    bench_owners(100);
    bench_owners(10000);
    bench_link("60-byte frames, 1 us away", 60, &gigabit, MANY, false);
    bench_link("1514-byte frames, 1 us away", 1514, &gigabit, MANY, false);
    bench_link("1514-byte frames, 10 ms away (813 in flight)", 1514, &far, MANY, false);
    bench_link("the same, loss, dup, damage, jitter", 1514, &bad, MANY, false);
    bench_link("1514-byte frames, captured", 1514, &gigabit, MANY, true);
    bench_link("ten million of them", 1514, &gigabit, 10 * MANY, true);
    bench_print(8);
    bench_print(60);
    bench_print(1514);
    bench_snapshot(64 << 10);
    bench_snapshot(1 << 20);
    bench_worlds(256 << 10);
    return 0;
}
