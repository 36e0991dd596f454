/* Frames in: lengths, slots, full rings, and what a device writes when a frame came broken. */
#include "sim/contract/check.h"

static void lengths(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (uint32_t k = HEADER; k <= LONGEST; k++) {
        rig_take(r, c->a ? LONGEST + HEADER - k : k);
        rig_judge_received(r);
    }
}

/* `a` frames for each interrupt, `b` times. */
static void bursts(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (int round = 0; round < c->b; round++) {
        r->held = true;
        for (int k = 0; k < c->a; k++)
            rig_take(r, 60 + (uint32_t)(round * 13 + k * 131) % 1400);
        r->held = false;
        rig_interrupts(r);
        rig_judge_received(r);
    }
}

/* Frames of one length, for laps: where the ring ends, a frame lies in each place once. */
static void laps(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (int k = 0; k < c->b; k++) {
        rig_take(r, (uint32_t)c->a);
        rig_judge_received(r);
    }
}

static uint32_t fill_up(struct rig *r, uint32_t len)
{
    uint32_t room = 0;
    r->held = r->may_reset = true;
    while (room < ROOM_MOST && rig_come(r, len ? len : 60 + room * 37 % 1400))
        room++;
    return room;
}

static void fills(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (int lap = 0; lap < c->a; lap++) {
        uint32_t room = fill_up(r, (uint32_t)c->b);
        if (room == 0)
            rig_fail(r, NIC_RECEIVING | NIC_INTERRUPTING,
                     "the device can take no frame at all although every interrupt was taken");
        r->held = false;
        rig_interrupts(r);
        /* Those of the full ring may be lost with it, what comes from now on may not. */
        uint32_t from = r->numbers + 1;
        rig_take(r, 64);
        rig_take(r, 1000);
        rig_judge_received_from(r, from);
    }
    rig_judge_alive(r, "after an overrun");
}

/* Full to the last place, and nothing lost: that is no overrun. */
static void just_full(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    uint32_t room = fill_up(r, (uint32_t)c->b);
    r->held = false;
    rig_interrupts(r);
    rig_forget(r);
    for (uint32_t lap = 0; lap < 3 && room > 1; lap++) {
        r->held = true;
        for (uint32_t k = 0; k < room - 1; k++)
            rig_take(r, c->b ? (uint32_t)c->b : 60 + k * 37 % 1400);
        r->held = false;
        rig_interrupts(r);
        rig_judge_received(r);
    }
}

/* The ring runs over again and again before the driver is asked once. */
static void long_overrun(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    for (int round = 0; round < 3; round++) {
        fill_up(r, 300);
        for (int k = 0; k < 500; k++)
            rig_come(r, 200);
        r->held = false;
        rig_interrupts(r);
        rig_forget(r);
        rig_judge_alive(r, "after 500 frames for which there was no room");
    }
}

static void many(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (int k = 0; k < c->a; k++) {
        rig_take(r, 60 + (uint32_t)k % 8);
        if (k % 64 == 63)
            rig_judge_received(r);
    }
    rig_judge_received(r);
}

static void frame_comes(struct rig *r)
{
    rig_come(r, 444);
}

/* At the k-th register access of the handler the next frame comes. */
static void during_handler(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    r->strike = frame_comes;
    for (uint32_t k = 1; k <= 60; k++) {
        r->struck = false;
        r->held = true;
        rig_take(r, 64);
        r->held = false;
        r->strike_at = k % 20 + 1;
        rig_interrupt_once(r);
        r->strike_at = 0;
        rig_interrupts(r);
        rig_judge_received(r);
    }
}

/* Nothing came: nothing comes up, however often one looks. */
static void nothing(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (int lap = 0; lap < c->a; lap++) {
        rig_take(r, 200);
        rig_judge_received(r);
        for (int k = 0; k < 3; k++)
            rig_interrupt_once(r);
        if (rig_driver(r)->poll)
            rig_poll(r);
        rig_judge_received(r);
    }
}

/* --- what a device writes for frames that are none --- */

static void write_wrongly(struct rig *r, const struct contract_check *c)
{
    uint32_t before = r->taken.count;
    r->may_reset = true;
    r->patch = c->patch;
    r->held = true;
    rig_come(r, 300);
    r->held = false;
    if (r->patch)
        rig_skip(r, "the device wrote nothing that could be bent");
    r->taken.count = before; /* not to be handed up */
}

/* Broken or lying, it is not handed up, and the driver goes on: what was in the ring behind it may
 * be lost, what comes after it may not. */
void contract_play_broken(struct rig *r, const struct contract_check *c)
{
    int rounds = c->patch->rounds ? c->patch->rounds : 40;
    rig_start(r);
    for (int round = 0; round < rounds; round++) {
        r->when = c->patch->words;
        rig_take(r, 100);
        rig_judge_received(r);
        write_wrongly(r, c);
        if (round & 1)
            rig_come(r, 150);
        rig_interrupts(r);
        rig_judge_received_from(r, r->numbers + 1);
        rig_take(r, 200);
        rig_judge_received(r);
    }
    rig_judge_alive(r, NULL);
}

/* The pieces are neither frames of their own; joined they are one, or they are passed over. */
void contract_play_parted(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (int round = 0; round < 40; round++) {
        r->when = "a frame lies in several descriptors, of which the last has EOP";
        for (int part = 0; part < c->a; part++) {
            write_wrongly(r, c);
            if (round & 1)
                rig_interrupts(r);
        }
        r->held = true;
        rig_come(r, 310); /* its last piece */
        r->held = false;
        rig_interrupts(r);
        for (uint32_t k = 0; k < r->up.count; k++)
            if (r->up.frame[k].len <= 310)
                rig_fail(r, NIC_RECEIVING,
                         "a piece of it, of %u octets, came up as a frame of its own: descriptors "
                         "belong together until one has EOP",
                         r->up.frame[k].len);
        rig_forget(r);
        rig_take(r, 200);
        rig_judge_received(r);
    }
    rig_judge_alive(r, NULL);
}

const struct contract_check receive_checks[] = {
    {.name = "receive-lengths", .what = "14 to 1514 octets one by one", .play = lengths},
    {.name = "receive-lengths-down", .what = "1514 to 14 one by one", .play = lengths, .a = 1},
    {.name = "receive-one",
     .what = "one frame at a time, for laps",
     .play = bursts,
     .a = 1,
     .b = 600},
    {.name = "receive-several",
     .what = "three for each interrupt",
     .play = bursts,
     .a = 3,
     .b = 200},
    {.name = "receive-ring-end-60",
     .what = "frames of 60 octets, for laps",
     .play = laps,
     .a = 60,
     .b = 1000},
    {.name = "receive-ring-end-61",
     .what = "frames of 61 octets, for laps",
     .play = laps,
     .a = 61,
     .b = 1000},
    {.name = "receive-ring-end-1000",
     .what = "frames of 1000 octets, for laps",
     .play = laps,
     .a = 1000,
     .b = 600},
    {.name = "receive-ring-end-1514",
     .what = "frames of 1514 octets, for laps",
     .play = laps,
     .a = 1514,
     .b = 600},
    {.name = "receive-just-full",
     .what = "the ring is filled to its last place but one",
     .play = just_full},
    {.name = "receive-just-full-60",
     .what = "the same with the shortest frames",
     .play = just_full,
     .b = 60},
    {.name = "receive-overrun",
     .what = "more frames than there is room for, once",
     .play = fills,
     .a = 1},
    {.name = "receive-overrun-60",
     .what = "the same with the shortest frames",
     .play = fills,
     .a = 1,
     .b = 60},
    {.name = "receive-overrun-1514",
     .what = "the same with the longest frames",
     .play = fills,
     .a = 1,
     .b = 1514},
    {.name = "receive-overrun-again",
     .what = "the same, ten times",
     .play = fills,
     .a = 10,
     .b = 500},
    {.name = "receive-overrun-long",
     .what = "500 more frames than there is room for",
     .play = long_overrun},
    {.name = "receive-70000", .what = "70,000 frames", .play = many, .a = 70000},
    {.name = "receive-during-handler",
     .what = "the next frame comes at each register access of the handler",
     .play = during_handler},
    {.name = "receive-nothing",
     .what = "what came up once does not come up again",
     .play = nothing,
     .a = 300},
    {.name = NULL},
};
