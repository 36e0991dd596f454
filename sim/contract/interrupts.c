/* Interrupts: both causes at once, one that is lost, late, spurious, shared, at any access. */
#include "sim/contract/check.h"

static void slow(struct rig *r)
{
    rig_start(r);
    nic_set_tx_delay(r->nic, SLOW_NS);
}

/* All slots are used, the last frame leaves, another comes, and then there is one interrupt. */
static void both_causes(struct rig *r, const struct contract_check *c)
{
    slow(r);
    for (int round = 0; round < 40; round++) {
        r->held = true;
        if (c->a)
            rig_take(r, 100);
        while (rig_send(r, 60 + (uint32_t)round) == 0 && r->accepted.count < ROOM_MOST)
            ;
        rig_settle(r);
        if (!c->a)
            rig_take(r, 100);
        r->held = false;
        rig_interrupts(r);
        rig_judge_sent(r);
        rig_judge_received(r);
        if (rig_send(r, 77) != 0)
            rig_fail(r, NIC_SENDING | NIC_INTERRUPTING,
                     "a frame had come and all frames had left, both before one interrupt; after "
                     "it send() still refuses for want of room: each cause that was read has to be "
                     "handled, receiving does not stand for sending");
        rig_settle(r);
        rig_judge_sent(r);
    }
}

static void frame_comes(struct rig *r)
{
    rig_come(r, 222);
}

static void frame_leaves(struct rig *r)
{
    struct why why = {{0}};
    r->held = true; /* the line goes up, the processor is in the handler */
    if (world_next(r->board.world) != NEVER)
        world_run(r->board.world, world_next(r->board.world), &why);
    r->held = false;
}

/* A frame has come, and at the k-th access of the handler another leaves, or the other way round;
 * then nothing more happens. */
static void cause_meanwhile(struct rig *r, const struct contract_check *c)
{
    slow(r);
    for (uint32_t k = 1; k <= 48; k++) {
        r->held = true;
        while (rig_send(r, 60 + k) == 0 && r->accepted.count < ROOM_MOST)
            ;
        if (c->a)
            rig_take(r, 100);
        else
            rig_settle(r);
        r->held = false;
        r->strike = c->a ? frame_leaves : frame_comes;
        r->strike_at = k % 16 + 1;
        rig_interrupt_once(r);
        r->strike_at = 0;
        rig_interrupts(r);
        rig_judge_received(r);
        rig_settle(r);
        rig_judge_sent(r);
        rig_send_surely(r, 60 + k);
        rig_settle(r);
        rig_judge_sent(r);
    }
}

/* The line goes up and the controller misses it; the next frame's interrupt comes. */
static void lost_receive(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (int round = 0; round < 60; round++) {
        r->held = true;
        for (int k = 0; k < c->a; k++)
            rig_take(r, 100);
        rig_take(r, 110);
        r->held = false;
        rig_interrupt_once(r);
        rig_interrupts(r);
        rig_judge_received(r);
    }
}

static void lost_transmit(struct rig *r, const struct contract_check *c)
{
    (void)c;
    slow(r);
    for (int round = 0; round < 40; round++) {
        r->held = true;
        for (int k = 0; k < 3; k++)
            rig_send_surely(r, 100);
        rig_pass_time(r, 10 * SLOW_NS);
        rig_send(r, 120);
        rig_pass_time(r, 10 * SLOW_NS);
        r->held = false;
        rig_interrupts(r);
        rig_judge_sent(r);
        rig_send_surely(r, 90);
        rig_settle(r);
        rig_judge_sent(r);
    }
}

/* No interrupt comes at all: poll does what there is to do. */
static void polls(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    r->held = true;
    for (int round = 0; round < 100; round++) {
        rig_take(r, 200);
        if (!rig_poll(r))
            rig_fail(r, NIC_RECEIVING | NIC_INTERRUPTING,
                     "a frame had come and no interrupt; poll() returned 0, as if there were "
                     "nothing to do");
        rig_judge_received(r);
        for (int tries = 0; rig_send(r, 300) != 0; tries++) {
            if (tries == 3)
                rig_fail(r, NIC_SENDING | NIC_INTERRUPTING,
                         "all frames have left and no interrupt comes; send() refuses for want of "
                         "room after three calls of poll(): it takes no slots back");
            rig_poll(r);
        }
        rig_judge_sent(r);
    }
}

static void late(struct rig *r, const struct contract_check *c)
{
    slow(r);
    r->may_reset = true;
    for (int k = 0; k < 600; k++) {
        r->held = k % c->a != 0;
        if (!r->held)
            rig_interrupts(r);
        if (k % 3)
            rig_come(r, 60 + (uint32_t)k);
        else
            rig_send(r, 60 + (uint32_t)k);
        if (k % 5 == 0)
            rig_pass_time(r, SLOW_NS);
    }
    r->held = false;
    rig_interrupts(r);
    rig_settle(r);
    rig_judge_sent(r);
    rig_judge_received_from(r, r->numbers - 4);
    rig_judge_alive(r, "after late interrupts");
}

static void spurious(struct rig *r, const struct contract_check *c)
{
    (void)c;
    slow(r);
    for (int round = 0; round < 60; round++) {
        rig_interrupt_once(r);
        rig_take(r, 100);
        rig_interrupt_once(r);
        rig_send_surely(r, 100);
        rig_interrupt_once(r);
        rig_settle(r);
        rig_interrupt_once(r);
        rig_judge_sent(r);
        rig_judge_received(r);
    }
}

/* Another device has the same line. The first call may find causes of ours that are not enabled. */
static void shared(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    rig_judge_alive(r, NULL);
    rig_settle(r);
    rig_interrupt_once(r);
    for (int k = 0; k < 20; k++)
        if (!nic_line_is_up(r->nic) && rig_interrupt_once(r))
            rig_fail(r, NIC_INTERRUPTING,
                     "interrupt() returned 1 though its device asks for nothing: on a shared line "
                     "the other device's handler is never called");
}

static void claims(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    for (int k = 0; k < 20; k++) {
        r->held = true;
        rig_take(r, 100);
        r->held = false;
        if (nic_line_is_up(r->nic) && !rig_interrupt_once(r))
            rig_fail(r, NIC_INTERRUPTING,
                     "interrupt() returned 0 though its device had asked: a kernel takes the "
                     "interrupt for nobody's, and switches the line off");
        rig_interrupts(r);
    }
}

static void asks(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    r->held = true;
    rig_take(r, 100);
    rig_settle(r);
    if (!nic_line_is_up(r->nic))
        rig_fail(r, NIC_RECEIVING | NIC_INTERRUPTING,
                 "a frame has come, and the device asks for no interrupt: its cause is not "
                 "enabled");
    r->held = false;
    rig_interrupts(r);
    rig_judge_received(r);
}

/* At the k-th access of send: the kernel's handler runs there. */
static void interrupt_comes(struct rig *r)
{
    uint32_t so_far = r->accesses;
    rig_come(r, 555);
    if (nic_line_is_up(r->nic))
        rig_driver(r)->interrupt(&r->device);
    r->accesses = so_far;
}

static void within_send(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    r->strike = interrupt_comes;
    for (uint32_t k = 0; k < 200; k++) {
        r->strike_at = k % 8 + 1;
        rig_send_surely(r, 60 + k);
        r->strike_at = 0;
        rig_settle(r);
        rig_judge_sent(r);
        rig_judge_received(r);
    }
}

const struct contract_check interrupt_checks[] = {
    {.name = "interrupt-asked", .what = "a frame raises the line", .play = asks},
    {.name = "interrupt-claimed", .what = "the device's own is called its own", .play = claims},
    {.name = "interrupt-shared", .what = "another device's is not", .play = shared},
    {.name = "interrupt-both",
     .what = "all frames have left, then one has come: one interrupt for both",
     .play = both_causes},
    {.name = "interrupt-both-reversed",
     .what = "one has come, then all have left: one interrupt for both",
     .play = both_causes,
     .a = 1},
    {.name = "interrupt-receive-meanwhile",
     .what = "a frame comes at each register access of the handler for a sent one",
     .play = cause_meanwhile},
    {.name = "interrupt-transmit-meanwhile",
     .what = "a frame leaves at each register access of the handler for a received one",
     .play = cause_meanwhile,
     .a = 1},
    {.name = "interrupt-lost-receive",
     .what = "a received frame's interrupt is lost, the next one recovers",
     .play = lost_receive,
     .a = 1},
    {.name = "interrupt-lost-several", .what = "three are lost", .play = lost_receive, .a = 3},
    {.name = "interrupt-lost-transmit",
     .what = "a sent frame's interrupt is lost, the next one recovers",
     .play = lost_transmit},
    {.name = "interrupt-lost-poll",
     .what = "none comes, poll does the work",
     .play = polls,
     .needs = NEEDS_POLL},
    {.name = "interrupt-late", .what = "every 7th time only", .play = late, .a = 7},
    {.name = "interrupt-very-late", .what = "every 50th time only", .play = late, .a = 50},
    {.name = "interrupt-spurious", .what = "the handler is called for nothing", .play = spurious},
    {.name = "interrupt-within-send",
     .what = "it comes at each register access of send",
     .play = within_send,
     .needs = NEEDS_INTERRUPTIBLE},
    {.name = NULL},
};
