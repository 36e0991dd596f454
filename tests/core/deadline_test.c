#include <criterion/criterion.h>
#include <stdlib.h>
#include "tests/core/rig.h"

enum { COUNT = 40, FIRED_MAX = 8192 };

static struct {
    uint32_t rank;
    int64_t at;
} fired[FIRED_MAX];
static unsigned fired_count;

static void note(struct stack *s, struct deadline *d, int64_t now_ns)
{
    (void)s;
    cr_assert(fired_count < FIRED_MAX);
    fired[fired_count].rank = deadline_index(d);
    fired[fired_count++].at = now_ns;
}

static struct stack *bare(void)
{
    return calloc(1, sizeof(struct stack));
}

/* Of two due at one time the lower rank fires first, whoever was armed first and however often. */
Test(deadline, ties_fire_by_rank)
{
    struct stack *s = bare();
    struct deadline d[3];
    for (uint32_t i = 0; i < 3; i++)
        deadline_init(&d[i], i, "test", note);
    deadline_set(s, &d[2], 5);
    deadline_set(s, &d[0], 5);
    deadline_set(s, &d[1], 5);
    deadline_set(s, &d[0], 9);
    deadline_set(s, &d[0], 5);
    cr_assert_eq(deadline_run(s, 4), 5);
    cr_assert_eq(deadline_run(s, 5), INT64_MAX);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(fired[i].rank, i);
    free(s);
}

static void rearm(struct stack *s, struct deadline *d, int64_t now_ns)
{
    note(s, d, now_ns);
    if (fired_count < 5)
        deadline_set(s, d, now_ns + 10);
}

Test(deadline, callback_rearms_itself)
{
    struct stack *s = bare();
    struct deadline d;
    deadline_init(&d, 1, "test", rearm);
    deadline_set(s, &d, 1);
    cr_assert_eq(deadline_run(s, 1), 11);
    cr_assert_eq(deadline_run(s, 100), 110); /* fires late, once; the next is counted from then */
    cr_assert_eq(fired_count, 2);
    deadline_clear(s, &d);
    deadline_clear(s, &d);
    cr_assert_eq(deadline_run(s, 1000), INT64_MAX);
    free(s);
}

/* The naive model: an array of due times; the next to fire is the least (due, rank). */
static void run_model(int64_t due[COUNT], int64_t now, unsigned *expected_count)
{
    for (;;) {
        int best = -1;
        for (int i = 0; i < COUNT; i++)
            if (due[i] <= now && (best < 0 || due[i] < due[best]))
                best = i;
        if (best < 0)
            return;
        cr_assert(*expected_count < fired_count);
        cr_assert_eq(fired[*expected_count].rank, (uint32_t)best);
        ++*expected_count;
        due[best] = INT64_MAX;
    }
}

Test(deadline, random_operations_match_the_naive_model)
{
    struct stack *s = bare();
    struct deadline d[COUNT];
    int64_t due[COUNT], now = 0;
    unsigned expected;
    srand(7);
    for (uint32_t i = 0; i < COUNT; i++) {
        deadline_init(&d[i], i, "test", note);
        due[i] = INT64_MAX;
    }
    for (int step = 0; step < 20000; step++) {
        int which = rand() % COUNT, what = rand() % 10;
        if (what < 6) {
            due[which] = now + rand() % 30;
            deadline_set(s, &d[which], due[which]);
        } else if (what < 8) {
            due[which] = INT64_MAX;
            deadline_clear(s, &d[which]);
        } else {
            now += rand() % 20;
            fired_count = expected = 0;
            int64_t next = deadline_run(s, now), least = INT64_MAX;
            run_model(due, now, &expected);
            cr_assert_eq(expected, fired_count);
            for (int i = 0; i < COUNT; i++)
                least = due[i] < least ? due[i] : least;
            cr_assert_eq(next, least);
        }
    }
    free(s);
}
