/* Everything at once, by the seed: frames both ways, late interrupts, a slow transmitter, the
 * link. */
#include "sim/contract/check.h"

enum { STEPS = 4000 };

static uint32_t some_length(struct rig *r)
{
    static const uint32_t edges[] = {14, 59, 60, 61, 64, 1513, 1514};
    uint64_t k = random_below(&r->random, 16);
    if (k < sizeof edges / sizeof edges[0])
        return edges[k];
    return HEADER + (uint32_t)random_below(&r->random, LONGEST - HEADER + 1);
}

static void step(struct rig *r)
{
    switch (random_below(&r->random, 8)) {
    case 0:
    case 1:
        rig_come(r, some_length(r));
        break;
    case 2:
    case 3:
        rig_send(r, some_length(r));
        break;
    case 4:
        r->held = !r->held;
        rig_interrupts(r);
        break;
    case 5:
        rig_pass_time(r, (int64_t)random_below(&r->random, 3 * SLOW_NS));
        break;
    case 6:
        r->held = false;
        rig_interrupts(r);
        break;
    default:
        rig_interrupt_once(r);
        break;
    }
}

/* What the device took comes up, if the ring never ran over; else what came after the driver had
 * time. */
static void at_once(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    r->may_reset = true;
    random_init(&r->random, (uint64_t)c->a, "contract");
    nic_set_tx_delay(r->nic, c->b ? SLOW_NS / 4 : 0);
    for (int k = 0; k < STEPS; k++) {
        step(r);
        if (k % 40 != 39)
            continue;
        r->held = false;
        rig_interrupts(r);
        rig_settle(r);
        rig_judge_sent(r);
        rig_judge_received_from(r, r->numbers + 1);
        rig_take(r, 100);
        rig_judge_received(r);
    }
    rig_judge_alive(r, "after 4000 steps");
}

const struct contract_check mixed_checks[] = {
    {.name = "mixed-1", .what = "4000 steps, by seed 1", .play = at_once, .a = 1},
    {.name = "mixed-2", .what = "by seed 2", .play = at_once, .a = 2},
    {.name = "mixed-slow-1",
     .what = "by seed 1, with a slow transmitter",
     .play = at_once,
     .a = 1,
     .b = 1},
    {.name = "mixed-slow-2", .what = "by seed 2", .play = at_once, .a = 2, .b = 1},
    {.name = "mixed-slow-3", .what = "by seed 3", .play = at_once, .a = 3, .b = 1},
    {.name = NULL},
};
