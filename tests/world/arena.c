/* The arena and snapshots of it. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include "sim/wire/frame.h"
#include "sim/world/world.h"

enum { MB = 1 << 20 };

static bool all_zero(const uint8_t *p, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (p[i])
            return false;
    return true;
}

Test(arena, memory_is_zeroed_also_when_used_again)
{
    struct world *w = world_new(MB, 1);
    uint8_t *p = world_alloc(w, 100, 1);
    cr_assert(all_zero(p, 100));
    memset(p, 0xaa, 100);
    world_release(w, p, 100);
    uint8_t *q = world_alloc(w, 100, 1);
    cr_assert_eq(p, q, "the block is used again");
    cr_assert(all_zero(q, 100));
    world_free(w);
}

/* Two worlds, the same calls: the same offsets, so nothing can depend on an address. */
Test(arena, the_same_calls_give_the_same_offsets)
{
    struct world *w[2] = {world_new(4 * MB, 1), world_new(4 * MB, 1)};
    static uint8_t *block[2][500];
    static size_t size[500];
    struct random_stream r;
    random_init(&r, 7, "sizes");
    for (int i = 0; i < 500; i++)
        size[i] = (size_t)random_below(&r, 3000);
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 500; i++) {
            block[k][i] = world_alloc(w[k], size[i], 8);
            if (i % 3 == 2) {
                world_release(w[k], block[k][i - 1], size[i - 1]);
                block[k][i - 1] = world_alloc(w[k], size[i] / 2, 8);
            }
        }
    for (int i = 0; i < 500; i++)
        cr_assert_eq(block[0][i] - (uint8_t *)w[0], block[1][i] - (uint8_t *)w[1]);
    cr_assert_eq(world_bytes_used(w[0]), world_bytes_used(w[1]));
    world_free(w[0]);
    world_free(w[1]);
}

/* No two live blocks overlap, whatever their sizes; alignment is as asked. */
Test(arena, blocks_do_not_overlap)
{
    enum { BLOCKS = 300 };
    struct world *w = world_new(16 * MB, 1);
    static uint8_t *block[BLOCKS];
    static size_t size[BLOCKS];
    struct random_stream r;
    random_init(&r, 3, "sizes");
    for (int i = 0; i < 5000; i++) {
        size_t k = (size_t)random_below(&r, BLOCKS);
        if (block[k]) {
            for (size_t j = 0; j < size[k]; j++)
                cr_assert_eq(block[k][j], (uint8_t)k);
            world_release(w, block[k], size[k]);
        }
        size_t align = (size_t)1 << random_below(&r, 8);
        size[k] = (size_t)random_below(&r, 5000);
        block[k] = world_alloc(w, size[k], align);
        cr_assert_eq((uintptr_t)block[k] % align, 0);
        memset(block[k], (int)k, size[k]);
    }
    world_free(w);
}

/* What is freed is found again: a long run needs no more memory than a short one. */
Test(arena, a_steady_state_does_not_grow)
{
    struct world *w = world_new(MB, 1);
    size_t after_one = 0;
    for (int i = 0; i < 100000; i++) {
        struct frame *f = frame_new(w, (uint32_t)(60 + i % 1455));
        frame_unref(f);
        if (i == 1454)
            after_one = world_bytes_used(w);
    }
    cr_assert_eq(world_bytes_used(w), after_one);
    world_free(w);
}

/* A world may get the pages of one that has ended: it sees nothing of it. */
Test(arena, a_new_world_is_clean)
{
    for (int i = 0; i < 3; i++) {
        struct world *w = world_new(MB, 1);
        size_t empty = world_bytes_used(w);
        uint8_t *p = world_alloc(w, 300000, 1), *q = world_alloc_raw(w, 1000, 1);
        cr_assert(all_zero(p, 300000));
        cr_assert(all_zero(q, 1000), "fresh memory is zero also when raw");
        cr_assert_eq(world_events(w), 0);
        cr_assert_null(world_root(w));
        memset(p, 0xff, 300000);
        memset(q, 0xff, 1000);
        world_set_root(w, w);
        world_release(w, q, 1000);
        world_free(w);
        w = world_new(MB, 1);
        cr_assert_eq(world_bytes_used(w), empty);
        world_free(w);
    }
}

Test(arena, running_out_ends_the_process_with_status_1, .exit_code = 1)
{
    struct world *w = world_new(MB, 1);
    for (;;)
        world_alloc(w, 100000, 1);
}

Test(arena, a_frame_is_freed_with_its_last_reference)
{
    struct world *w = world_new(MB, 1);
    struct frame *f = frame_copy(w, "abc", 3);
    cr_assert_eq(f->len, 3);
    cr_assert_arr_eq(f->bytes, "abc", 3);
    frame_ref(f);
    frame_unref(f);
    cr_assert_eq(f->refs, 1);
    frame_unref(f);
    struct frame *g = frame_new(w, 3);
    cr_assert_eq(g, f);
    cr_assert(all_zero(g->bytes, 3));
    world_free(w);
}

struct ticker {
    struct owner owner; /* first */
    struct world *world;
    struct random_stream stream;
    struct frame *kept;
    int ticks;
};

static void tick(struct owner *o, int64_t now_ns)
{
    struct ticker *t = (struct ticker *)(void *)o;
    t->ticks++;
    frame_unref(t->kept);
    t->kept = frame_new(t->world, (uint32_t)random_below(&t->stream, 2000));
    random_bytes(&t->stream, t->kept->bytes, t->kept->len);
    world_state_event(t->world, o->id, "tick", t->kept->len);
    world_due(t->world, o, now_ns + 1 + (int64_t)random_below(&t->stream, 100));
}

static struct ticker *ticking_world(struct world *w)
{
    struct ticker *t = world_alloc(w, sizeof *t, _Alignof(struct ticker));
    t->world = w;
    t->owner.fire = tick;
    t->owner.name = "ticker";
    random_init(&t->stream, world_seed(w), "ticker");
    world_own(w, &t->owner, RANK_HOST);
    world_due(w, &t->owner, 0);
    return t;
}

/* Save, run on, restore, run on: byte for byte the same world. */
Test(snapshot, a_restored_world_repeats_itself)
{
    struct world *w = world_new(4 * MB, 42);
    struct ticker *t = ticking_world(w);
    world_run(w, 10000, NULL);
    struct image *saved = world_save(w, NULL);
    world_run(w, 20000, NULL);
    struct fingerprint once = *world_state_print(w);
    struct image *first = world_save(w, NULL);
    int ticks = t->ticks;
    for (int i = 0; i < 10;
         i++) /* past the image: gone after the restore, and zero when given again */
        memset(world_alloc(w, 50000, 1), 0xff, 50000);
    world_restore(w, saved);
    cr_assert_eq(world_now(w), 10000);
    world_run(w, 20000, NULL);
    cr_assert_eq(world_state_print(w)->a, once.a);
    cr_assert_eq(world_state_print(w)->b, once.b);
    cr_assert_eq(t->ticks, ticks);
    cr_assert(all_zero(world_alloc(w, 400000, 1), 400000));
    world_restore(w, first);
    cr_assert_eq(t->ticks, ticks);
    image_free(saved);
    image_free(first);
    world_free(w);
}

/* The freed blocks of the image are free again after a restore, the live ones live. */
Test(snapshot, free_lists_are_restored)
{
    struct world *w = world_new(MB, 1);
    void *a = world_alloc(w, 500, 1), *b = world_alloc(w, 500, 1);
    world_release(w, a, 500);
    struct image *image = world_save(w, NULL);
    cr_assert_eq(world_alloc(w, 500, 1), a);
    world_release(w, b, 500);
    world_restore(w, image);
    memset(b, 1, 500);
    cr_assert_eq(world_alloc(w, 500, 1), a);
    image_free(image);
    world_free(w);
}

static int hook_log[4], hooks_run;

static void restored(void *ctx)
{
    hook_log[hooks_run++] = *(int *)ctx;
}

Test(snapshot, hooks_run_in_order_of_registration)
{
    struct world *w = world_new(MB, 1);
    static int number[] = {1, 2};
    for (int i = 0; i < 2; i++) {
        struct restore_hook *hook = world_alloc(w, sizeof *hook, _Alignof(struct restore_hook));
        hook->restored = restored;
        hook->ctx = &number[i];
        world_on_restore(w, hook);
    }
    struct image *image = world_save(w, NULL);
    world_restore(w, image);
    cr_assert_eq(hooks_run, 2);
    cr_assert(hook_log[0] == 1 && hook_log[1] == 2);
    image_free(image);
    world_free(w);
}

Test(snapshot, a_foreign_host_makes_a_world_fork_only)
{
    struct world *w = world_new(MB, 1);
    struct why why = {""};
    world_foreign(w, "slirp host gw");
    cr_assert_null(world_save(w, &why));
    cr_assert_str_eq(why.text,
                     "slirp host gw keeps state outside the world: it can be forked, not saved");
    world_free(w);
}

Test(snapshot, the_root_pointer_is_part_of_it)
{
    struct world *w = world_new(MB, 1);
    int x, y;
    world_set_root(w, &x);
    struct image *image = world_save(w, NULL);
    world_set_root(w, &y);
    world_restore(w, image);
    cr_assert_eq(world_root(w), &x);
    image_free(image);
    world_free(w);
}
