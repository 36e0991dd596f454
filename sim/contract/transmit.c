/* Frames out: lengths, slots, full rings. */
#include "sim/contract/check.h"

static void lengths(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (uint32_t k = HEADER; k <= LONGEST; k++) {
        rig_send_surely(r, c->a ? LONGEST + HEADER - k : k);
        rig_settle(r);
        rig_judge_sent(r);
    }
}

/* What a slot held before must not pad what it holds now. */
static void long_then_short(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    for (uint32_t k = 0; k < 300; k++) {
        rig_send_surely(r, LONGEST);
        rig_settle(r);
    }
    rig_judge_sent(r);
    for (uint32_t k = 0; k < 300; k++) {
        rig_send_surely(r, HEADER + k % 46);
        rig_settle(r);
        rig_judge_sent(r);
    }
}

/* `a` frames each time the transmitter is free, `b` times. */
static void bursts(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (int round = 0; round < c->b; round++) {
        for (int k = 0; k < c->a; k++)
            rig_send_surely(r, 60 + (uint32_t)(round * 7 + k * 131) % 1400);
        rig_settle(r);
        rig_judge_sent(r);
    }
}

/* As many as it takes while the device sends none; how many. */
static uint32_t fill_up(struct rig *r)
{
    uint32_t room = 0;
    while (room < ROOM_MOST && rig_send(r, 60 + room * 37 % 1400) == 0)
        room++;
    return room;
}

static void slow(struct rig *r)
{
    rig_start(r);
    nic_set_tx_delay(r->nic, SLOW_NS);
}

static void fills(struct rig *r, const struct contract_check *c)
{
    slow(r);
    for (int lap = 0; lap < c->a; lap++) {
        uint32_t room = fill_up(r);
        if (room == 0)
            rig_fail(r, NIC_SENDING | NIC_INTERRUPTING,
                     "send() takes no frame at all though all before have left and every interrupt "
                     "was taken");
        if (room == ROOM_MOST)
            rig_fail(r, NIC_SENDING,
                     "send() took %d frames while the device sent none: it must say -1 when its "
                     "slots or descriptors are used up, or frames are lost",
                     ROOM_MOST);
        rig_settle(r);
        rig_judge_sent(r);
        for (int k = 0; k < c->b; k++) { /* the next lap begins elsewhere in the ring */
            rig_send_surely(r, 99);
            rig_settle(r);
        }
        rig_judge_sent(r);
    }
}

/* One slot becomes free, one frame takes it, over and over. */
static void stays_full(struct rig *r, const struct contract_check *c)
{
    (void)c;
    slow(r);
    fill_up(r);
    for (uint32_t k = 0; k < 700; k++)
        rig_send_surely(r, 60 + k * 11 % 1400);
    rig_settle(r);
    rig_judge_sent(r);
}

static void masked(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    for (int round = 0; round < 5; round++) {
        r->held = true;
        fill_up(r);
        rig_pass_time(r, SLOW_NS);
        r->held = false;
        rig_interrupts(r);
        rig_settle(r);
        rig_judge_sent(r);
        rig_send_surely(r, 700);
    }
}

static void many(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (int k = 0; k < c->a; k++) {
        rig_send_surely(r, 60 + (uint32_t)k % 8);
        if (k % 64 == 63) {
            rig_settle(r);
            rig_judge_sent(r);
        }
    }
    rig_settle(r);
    rig_judge_sent(r);
}

static void link_down(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    rig_carrier(r, false);
    for (int k = 0; k < 100; k++) {
        rig_send(r, 100);
        rig_settle(r);
    }
    rig_carrier(r, true);
    rig_settle(r);
    rig_forget(r);
    rig_judge_alive(r, "after 100 frames to a link that was down");
}

/* Refusing is right, sending it whole is; running over a slot is not. */
static void too_long(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    rig_send(r, (uint32_t)c->a);
    rig_settle(r);
    rig_judge_sent(r);
    rig_judge_alive(r, "after a frame of 1522 octets");
}

static void frame_comes(struct rig *r)
{
    rig_come(r, 333);
}

/* A frame comes while send is at work. */
static void receives_meanwhile(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    r->strike = frame_comes;
    for (uint32_t k = 1; k < 40; k++) {
        r->strike_at = k % 6 + 1;
        rig_send_surely(r, 60 + k);
        r->strike_at = 0;
        rig_settle(r);
        rig_judge_sent(r);
        rig_judge_received(r);
    }
}

const struct contract_check transmit_checks[] = {
    {.name = "transmit-lengths",
     .what = "14 to 1514 octets one by one, padded to 60 with zeros",
     .play = lengths},
    {.name = "transmit-lengths-down", .what = "1514 to 14 one by one", .play = lengths, .a = 1},
    {.name = "transmit-short-after-long",
     .what = "short frames where long ones were are padded with zeros",
     .play = long_then_short},
    {.name = "transmit-one", .what = "one frame at a time", .play = bursts, .a = 1, .b = 300},
    {.name = "transmit-several", .what = "three at a time", .play = bursts, .a = 3, .b = 200},
    {.name = "transmit-bursts", .what = "40 at a time", .play = bursts, .a = 40, .b = 20},
    {.name = "transmit-full",
     .what = "as many as there is room for, while the device sends none",
     .play = fills,
     .a = 1},
    {.name = "transmit-full-again", .what = "the same, four times", .play = fills, .a = 4},
    {.name = "transmit-full-wrapped",
     .what = "the same, from other places of the ring",
     .play = fills,
     .a = 12,
     .b = 5},
    {.name = "transmit-stays-full",
     .what = "a slot that becomes free is used at once, for several laps",
     .play = stays_full},
    {.name = "transmit-interrupts-withheld",
     .what = "a full ring whose interrupts come late",
     .play = masked},
    {.name = "transmit-70000", .what = "70,000 frames", .play = many, .a = 70000},
    {.name = "transmit-link-down", .what = "frames while the link is down", .play = link_down},
    {.name = "transmit-too-long",
     .what = "1522 octets are refused, or sent whole",
     .play = too_long,
     .a = 1522},
    {.name = "transmit-while-receiving",
     .what = "a frame comes at each register access of send",
     .play = receives_meanwhile},
    {.name = NULL},
};
