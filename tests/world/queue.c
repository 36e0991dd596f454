/* The queue of owners: what fires, in which order, and what ends a run. */
#include <criterion/criterion.h>
#include <string.h>
#include "sim/world/world.h"

enum { MB = 1 << 20, LOG = 4096 };

struct actor {
    struct owner owner; /* first */
    struct world *world;
    char letter;
    int64_t again_ns; /* re-arms itself so much later; NEVER: not */
    void (*act)(struct actor *a);
};

static char log_text[LOG];
static size_t logged;

static void note(struct owner *o, int64_t now_ns)
{
    struct actor *a = (struct actor *)(void *)o;
    if (logged < LOG - 1)
        log_text[logged++] = a->letter;
    if (a->again_ns != NEVER)
        world_due(a->world, o, now_ns + a->again_ns);
    if (a->act)
        a->act(a);
}

static struct actor *actor(struct world *w, enum rank rank, char letter)
{
    struct actor *a = world_alloc(w, sizeof *a, _Alignof(struct actor));
    char name[] = {letter, '\0'};
    a->world = w;
    a->letter = letter;
    a->again_ns = NEVER;
    a->owner.name = world_text(w, name);
    a->owner.fire = note;
    world_own(w, &a->owner, rank);
    return a;
}

/* Times in order, whatever the order in which they were set. */
Test(world_queue, earlier_owners_fire_first)
{
    struct world *w = world_new(MB, 1);
    const int64_t due[] = {30, 10, 50, 20, 40};
    for (int i = 0; i < 5; i++)
        world_due(w, &actor(w, RANK_HOST, (char)('a' + i))->owner, due[i]);
    cr_assert_eq(world_run(w, 100, NULL), 0);
    cr_assert_str_eq(log_text, "bdaec");
    cr_assert_eq(world_now(w), 100);
    cr_assert_eq(world_events(w), 5);
    world_free(w);
}

/* At one instant: wires, NICs, hosts, scripts; within a rank by id, which is the order of
 * world_own. */
Test(world_queue, ties_break_by_rank_then_id)
{
    struct world *w = world_new(MB, 1);
    struct actor *script = actor(w, RANK_SCRIPT, 's'), *host2 = actor(w, RANK_HOST, 'h');
    struct actor *host3 = actor(w, RANK_HOST, 'i'), *nic = actor(w, RANK_NIC, 'n');
    struct actor *wire = actor(w, RANK_WIRE, 'w');
    struct actor *const set[] = {host3, script, nic, host2, wire};
    for (int i = 0; i < 5; i++)
        world_due(w, &set[i]->owner, 7);
    world_run(w, 7, NULL);
    cr_assert_str_eq(log_text, "wnhis");
    world_free(w);
}

/* An owner has one due time: setting it again moves it, both ways. */
Test(world_queue, a_second_due_time_replaces_the_first)
{
    struct world *w = world_new(MB, 1);
    struct actor *a = actor(w, RANK_HOST, 'a'), *b = actor(w, RANK_HOST, 'b');
    world_due(w, &a->owner, 10);
    world_due(w, &b->owner, 20);
    world_due(w, &a->owner, 30);
    cr_assert_eq(world_next(w), 20);
    world_due(w, &a->owner, 15);
    cr_assert_eq(world_next(w), 15);
    world_run(w, 100, NULL);
    cr_assert_str_eq(log_text, "ab");
    world_free(w);
}

Test(world_queue, due_never_takes_an_owner_out)
{
    struct world *w = world_new(MB, 1);
    struct actor *a = actor(w, RANK_HOST, 'a'), *b = actor(w, RANK_HOST, 'b');
    world_due(w, &a->owner, 10);
    world_due(w, &b->owner, 20);
    world_due(w, &a->owner, NEVER);
    cr_assert_eq(a->owner.due_ns, NEVER);
    world_run(w, 100, NULL);
    cr_assert_str_eq(log_text, "b");
    cr_assert_eq(world_next(w), NEVER);
    world_free(w);
}

/* A re-armed owner takes its place again by (time, rank, id), not by the moment of arming. */
Test(world_queue, rearming_moves_nothing_else)
{
    struct world *w = world_new(MB, 1);
    struct actor *a = actor(w, RANK_HOST, 'a'), *b = actor(w, RANK_HOST, 'b');
    a->again_ns = b->again_ns = 10;
    world_due(w, &b->owner, 10);
    world_due(w, &a->owner, 10);
    world_run(w, 30, NULL);
    cr_assert_str_eq(log_text, "ababab");
    world_free(w);
}

Test(world_queue, a_time_in_the_past_is_now)
{
    struct world *w = world_new(MB, 1);
    struct actor *a = actor(w, RANK_HOST, 'a');
    world_run(w, 50, NULL);
    world_due(w, &a->owner, 10);
    cr_assert_eq(world_next(w), 50);
    world_run(w, 50, NULL);
    cr_assert_str_eq(log_text, "a");
    cr_assert_eq(world_now(w), 50);
    world_free(w);
}

/* A day without an event is one step of the clock; what is due later than `until` waits. */
Test(world_queue, idle_time_costs_nothing)
{
    const int64_t day = INT64_C(86400) * 1000000000;
    struct world *w = world_new(MB, 1);
    struct actor *a = actor(w, RANK_HOST, 'a');
    world_due(w, &a->owner, day + 1);
    world_run(w, day, NULL);
    cr_assert_str_eq(log_text, "");
    cr_assert_eq(world_now(w), day);
    world_run(w, NEVER, NULL);
    cr_assert_str_eq(log_text, "a");
    cr_assert_eq(world_now(w), day + 1, "with NEVER the clock ends at the last event");
    world_free(w);
}

/* Ten thousand owners at pseudo-random times, half of them moved: always in order. */
Test(world_queue, ten_thousand_owners_stay_in_order)
{
    enum { OWNERS = 10000 };
    struct world *w = world_new(8 * MB, 1);
    static struct actor *all[OWNERS];
    struct random_stream r;
    random_init(&r, 1, "test");
    for (int i = 0; i < OWNERS; i++) {
        all[i] = actor(w, (enum rank)(i % 4), 'x');
        world_due(w, &all[i]->owner, (int64_t)random_below(&r, 1000));
    }
    for (int i = 0; i < OWNERS; i += 2)
        world_due(w, &all[i]->owner, i % 8 ? (int64_t)random_below(&r, 1000) : NEVER);
    const struct owner *before = NULL;
    int64_t before_ns = 0;
    for (uint64_t n = 1; world_next(w) != NEVER; n++) {
        world_stop_at_event(w, n);
        cr_assert_eq(world_run(w, NEVER, NULL), 0);
        const struct owner *o = world_last(w);
        bool tie = before && world_now(w) == before_ns;
        cr_assert(world_now(w) >= before_ns);
        cr_assert(!tie || before->rank < o->rank ||
                  (before->rank == o->rank && before->id < o->id));
        before = o;
        before_ns = world_now(w);
    }
    cr_assert_eq(world_events(w), OWNERS - OWNERS / 8);
    world_free(w);
}

/* The clock could not move on: the run fails and names who is to blame. */
Test(world_queue, a_million_events_at_one_instant_fail)
{
    struct world *w = world_new(MB, 1);
    struct why why = {""};
    struct actor *a = actor(w, RANK_HOST, 'a'), *b = actor(w, RANK_WIRE, 'b');
    actor(w, RANK_HOST, 'c');
    a->again_ns = b->again_ns = 0;
    world_due(w, &a->owner, 1500000000);
    world_due(w, &b->owner, 1500000000);
    b->act = NULL;
    cr_assert_eq(world_run(w, NEVER, &why), -1);
    cr_assert_eq(world_events(w), 1000000);
    cr_assert(strstr(why.text, "a million events at one instant"), "%s", why.text);
    cr_assert(strstr(why.text, "1.5s"), "%s", why.text);
    cr_assert(strstr(why.text, "b (wire 2)"), "%s", why.text);
    cr_assert_not(strstr(why.text, "c (host"), "%s", why.text);
    world_free(w);
}

static int fired;

static void fire_and_count(struct owner *o, int64_t now_ns)
{
    struct actor *a = (struct actor *)(void *)o;
    fired++;
    if (a->again_ns)
        world_due(a->world, o, now_ns + (fired % 2 ? 0 : 1));
}

/* A million events in all are no reason: only at one instant are they too many. */
Test(world_queue, two_million_events_over_time_pass)
{
    struct world *w = world_new(MB, 1);
    struct actor *a = actor(w, RANK_HOST, 'a');
    a->owner.fire = fire_and_count;
    a->again_ns = 1;
    world_due(w, &a->owner, 0);
    cr_assert_eq(world_run(w, 999999, NULL), 0);
    cr_assert_eq(fired, 2000000);
    world_free(w);
}

static void stop(struct actor *a)
{
    world_stop(a->world);
}

static void fail(struct actor *a)
{
    world_fail(a->world, "address 0x%x is outside guest memory", 0x1234);
    world_fail(a->world, "a second reason");
}

/* world_stop ends the run after the event, with the clock at it; the rest is still due. */
Test(world_queue, stop_ends_the_run_after_the_event)
{
    struct world *w = world_new(MB, 1);
    struct actor *a = actor(w, RANK_HOST, 'a'), *b = actor(w, RANK_HOST, 'b');
    a->act = stop;
    world_due(w, &a->owner, 5);
    world_due(w, &b->owner, 5);
    cr_assert_eq(world_run(w, 100, NULL), 0);
    cr_assert_str_eq(log_text, "a");
    cr_assert_eq(world_now(w), 5);
    world_run(w, 100, NULL);
    cr_assert_str_eq(log_text, "ab");
    world_free(w);
}

Test(world_queue, a_failure_ends_the_run_with_its_first_reason)
{
    struct world *w = world_new(MB, 1);
    struct why why = {""}, again = {""};
    struct actor *a = actor(w, RANK_HOST, 'a'), *b = actor(w, RANK_HOST, 'b');
    a->act = fail;
    world_due(w, &a->owner, 5);
    world_due(w, &b->owner, 6);
    cr_assert_eq(world_run(w, 100, &why), -1);
    cr_assert_str_eq(why.text, "address 0x1234 is outside guest memory");
    cr_assert_eq(world_now(w), 5);
    cr_assert_str_eq(log_text, "a");
    cr_assert_eq(world_run(w, 100, &again), -1, "it does not go on");
    cr_assert_str_eq(again.text, why.text);
    world_free(w);
}

/* The S fingerprint follows from what fired and what was said, and from nothing else. */
Test(world_queue, the_state_print_repeats_and_differs)
{
    struct fingerprint print[3];
    for (int i = 0; i < 3; i++) {
        struct world *w = world_new(MB, 1);
        struct actor *a = actor(w, RANK_HOST, 'a');
        world_due(w, &a->owner, i == 2 ? 6 : 5);
        world_run(w, 10, NULL);
        world_state_event(w, 1, "ESTABLISHED", 4);
        print[i] = *world_state_print(w);
        world_free(w);
    }
    cr_assert(print[0].a == print[1].a && print[0].b == print[1].b);
    cr_assert(print[0].a != print[2].a && print[0].b != print[2].b);
}

Test(world_queue, time_is_written_as_scripts_write_it)
{
    char text[TIME_TEXT_BYTES];
    cr_assert_str_eq(time_text(1000000, text), "0.001s");
    cr_assert_str_eq(time_text(-1500000000, text), "-1.5s");
    cr_assert_str_eq(time_text(INT64_MIN, text), "-9223372036.854775808s");
}
