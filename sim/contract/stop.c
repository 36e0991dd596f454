/* Stopping, starting anew, and counting. */
#include "sim/contract/check.h"

static void quiet(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    rig_judge_alive(r, NULL);
    if (c->a) {
        nic_set_tx_delay(r->nic, SLOW_NS);
        for (int k = 0; k < 3; k++)
            rig_send(r, 100);
    }
    rig_detach(r);
    uint64_t writes = machine_figures(r->machine)->dma_writes,
             reads = machine_figures(r->machine)->dma_reads;
    r->when = "after detach()";
    for (int k = 0; k < 40; k++)
        rig_come(r, 200);
    nic_carrier(r->nic, false);
    rig_settle(r);
    if (machine_figures(r->machine)->dma_writes != writes)
        rig_fail(r, 0,
                 "the device still writes frames into memory: its receiver must be off, for the "
                 "memory is somebody else's by now");
    if (machine_figures(r->machine)->dma_reads != reads)
        rig_fail(r, 0,
                 "the device still reads from memory: its transmitter must be off, for the memory "
                 "is somebody else's by now");
    if (nic_line_is_up(r->nic))
        rig_fail(r, NIC_INTERRUPTING,
                 "the device still asks for an interrupt: its causes must be masked, for nobody "
                 "acknowledges them any more");
}

/* --- reset --- */

static void reset_idle(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (int k = 0; k < c->a; k++) {
        rig_settle(r);
        rig_forget(r);
        rig_reset(r);
        rig_interrupts(r);
        rig_interrupt_once(r);
        if (rig_driver(r)->poll)
            rig_poll(r);
        rig_judge_received(r); /* nothing of before it */
        rig_judge_alive(r, NULL);
    }
}

static void reset_receiving(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    for (int k = 0; k < 10; k++) {
        r->held = true;
        for (int n = 0; n < 5 + k; n++)
            rig_come(r, 300);
        rig_reset(r);
        r->held = false;
        rig_interrupts(r);
        rig_forget(r);
        rig_judge_alive(r, NULL);
    }
}

static void reset_sending(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    for (int k = 0; k < 10; k++) {
        nic_set_tx_delay(r->nic, SLOW_NS);
        while (rig_send(r, 400) == 0 && r->accepted.count < ROOM_MOST)
            ;
        rig_pass_time(r, SLOW_NS * k);
        rig_reset(r);
        rig_settle(r);
        rig_forget(r);
        rig_judge_alive(r, NULL);
    }
}

/* At the k-th register access of reset a frame comes. */
static void frame_comes(struct rig *r)
{
    rig_come(r, 150);
}

static void reset_meanwhile(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    r->strike = frame_comes;
    for (uint32_t k = 1; k <= 40; k++) {
        r->strike_at = k;
        rig_reset(r);
        r->strike_at = 0;
        rig_settle(r);
        rig_forget(r);
        rig_judge_alive(r, NULL);
    }
}

static void reset_filter(struct rig *r, const struct contract_check *c)
{
    static const uint8_t other[6] = {0x52, 0x54, 0x00, 0x99, 0x99, 0x99};
    (void)c;
    rig_start(r);
    rig_filter(r, 1, 0, NULL, 0);
    rig_reset(r);
    if (!rig_come_to(r, other, 100))
        rig_fail(r, NIC_RECEIVING,
                 "a frame to another station does not pass: filter() had asked for every frame, "
                 "and reset() sets up anew what was asked for");
    rig_judge_received(r);
}

static void reset_link(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    rig_reset(r);
    rig_carrier(r, false);
    rig_settle(r);
    if (r->link != 0)
        rig_fail(r, NIC_INTERRUPTING, "the link goes down and wd_link is not told");
}

/* --- counters --- */

static struct wiredrill_counters read_counters(struct rig *r)
{
    struct wiredrill_counters c = {0};
    rig_driver(r)->counters(&r->device, &c);
    return c;
}

static void expect(struct rig *r, const char *name, uint64_t got, uint64_t least, uint64_t most)
{
    if (got < least || got > most)
        rig_fail(r, 0, "counters() says %s %llu, it must be from %llu to %llu", name,
                 (unsigned long long)got, (unsigned long long)least, (unsigned long long)most);
}

static void counts(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    for (int k = 0; k < 50; k++) {
        rig_take(r, 100);
        rig_send_surely(r, 100);
        rig_settle(r);
        if (k % 5 == 0) {
            rig_take(r, 200);
            struct wiredrill_counters now = read_counters(r);
            expect(r, "rx_errors", now.rx_errors, 0, 0);
            expect(r, "rx_dropped", now.rx_dropped, 0, 0);
        }
    }
    struct wiredrill_counters end = read_counters(r);
    expect(r, "rx_frames", end.rx_frames, 60, 60);
    expect(r, "tx_frames", end.tx_frames, 50, 50);
    expect(r, "tx_errors", end.tx_errors, 0, 0);
}

static void counts_overrun(struct rig *r, const struct contract_check *c)
{
    (void)c;
    if (r->row->counts_no_drops)
        rig_skip(r, "the device does not tell how many frames it had no room for");
    rig_start(r);
    r->held = true;
    for (int k = 0; k < 1100; k++)
        rig_come(r, 1000);
    r->held = false;
    rig_interrupts(r);
    rig_take(r, 60);
    expect(r, "rx_dropped", read_counters(r).rx_dropped, 1, 1100);
}

const struct contract_check stop_checks[] = {
    {.name = "detach-quiet",
     .what = "nothing moves after detach",
     .play = quiet,
     .needs = NEEDS_DETACH},
    {.name = "detach-sending",
     .what = "the same, with frames on their way",
     .play = quiet,
     .a = 1,
     .needs = NEEDS_DETACH},
    {.name = "reset-idle",
     .what = "reset of an idle device",
     .play = reset_idle,
     .a = 1,
     .needs = NEEDS_RESET},
    {.name = "reset-again", .what = "30 times", .play = reset_idle, .a = 30, .needs = NEEDS_RESET},
    {.name = "reset-receiving",
     .what = "with frames in the receive ring",
     .play = reset_receiving,
     .needs = NEEDS_RESET},
    {.name = "reset-sending",
     .what = "with frames on their way",
     .play = reset_sending,
     .needs = NEEDS_RESET},
    {.name = "reset-meanwhile",
     .what = "a frame comes at each register access of reset",
     .play = reset_meanwhile,
     .needs = NEEDS_RESET},
    {.name = "reset-filter",
     .what = "the filter is as before",
     .play = reset_filter,
     .needs = NEEDS_RESET | NEEDS_FILTER},
    {.name = "reset-link",
     .what = "a change of the link is still told",
     .play = reset_link,
     .needs = NEEDS_RESET},
    {.name = "counters-frames",
     .what = "frames in and out are counted",
     .play = counts,
     .needs = NEEDS_COUNTERS},
    {.name = "counters-dropped",
     .what = "frames without room are counted",
     .play = counts_overrun,
     .needs = NEEDS_COUNTERS},
    {.name = NULL},
};
