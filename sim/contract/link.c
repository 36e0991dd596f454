/* The carrier comes and goes. */
#include "sim/contract/check.h"

static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

__attribute__((noreturn)) static void not_told(struct rig *r, bool up)
{
    rig_fail(
        r, NIC_INTERRUPTING,
        "the link is %s and the driver's last word is %s: a change of the link is an interrupt "
        "cause that must be enabled, and wd_link is called with what %s says then",
        up ? "up" : "down",
        r->link < 0 ? "none, wd_link was never called"
        : r->link   ? "up"
                    : "down",
        r->row->carrier);
}

static void expect(struct rig *r, bool up)
{
    if (r->link != (int)up)
        rig_settle(r);
    if (r->link != (int)up)
        not_told(r, up);
}

static void at_attach(struct rig *r, const struct contract_check *c)
{
    rig_build(r, mac);
    nic_carrier(r->nic, c->a != 0);
    rig_attach(r);
    rig_settle(r);
    if (c->a)
        expect(r, true);
    else if (r->link == 1)
        not_told(r, false);
    rig_carrier(r, true);
    rig_settle(r);
    expect(r, true);
    rig_forget(r);
    rig_judge_alive(r, c->a ? NULL : "after the link, down at attach, came up");
}

static void changes(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    rig_settle(r);
    for (int k = 0; k < c->a; k++) {
        rig_carrier(r, false);
        expect(r, false);
        rig_carrier(r, true);
        expect(r, true);
    }
    rig_judge_alive(r, "after the link went down and came up");
}

/* Down and up before the kernel takes the interrupt: what counts is how it is then. */
static void flaps(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    for (int k = 0; k < 20; k++) {
        r->held = true;
        nic_carrier(r->nic, false);
        nic_carrier(r->nic, true);
        r->held = false;
        rig_interrupts(r);
        expect(r, true);
        r->held = true;
        nic_carrier(r->nic, false);
        nic_carrier(r->nic, true);
        nic_carrier(r->nic, false);
        r->held = false;
        rig_interrupts(r);
        expect(r, false);
        rig_carrier(r, true);
    }
    rig_judge_alive(r, "after the link flapped");
}

/* One interrupt for the link and for a frame. */
static void with_frame(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    for (int k = 0; k < 20; k++) {
        r->held = true;
        rig_take(r, 100);
        nic_carrier(r->nic, false);
        r->held = false;
        rig_interrupts(r);
        expect(r, false);
        rig_judge_received(r);
        r->held = true;
        nic_carrier(r->nic, true);
        rig_take(r, 100);
        r->held = false;
        rig_interrupts(r);
        expect(r, true);
        rig_judge_received(r);
    }
}

static void while_sending(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    nic_set_tx_delay(r->nic, SLOW_NS);
    for (int k = 0; k < 20; k++) {
        for (int n = 0; n < 3; n++)
            rig_send(r, 100);
        rig_carrier(r, false);
        rig_settle(r);
        rig_carrier(r, true);
        rig_settle(r);
        expect(r, true);
    }
    rig_forget(r);
    rig_judge_alive(r, "after the link went down with frames on their way");
}

const struct contract_check link_checks[] = {
    {.name = "link-found-up", .what = "the link is up at attach", .play = at_attach, .a = 1},
    {.name = "link-found-down", .what = "it is down at attach, and comes up", .play = at_attach},
    {.name = "link-changes",
     .what = "it goes down and comes up, 20 times",
     .play = changes,
     .a = 20},
    {.name = "link-flaps", .what = "it changes twice for one interrupt", .play = flaps},
    {.name = "link-with-frame",
     .what = "it changes and a frame comes, one interrupt for both",
     .play = with_frame},
    {.name = "link-while-sending",
     .what = "it goes down with frames on their way",
     .play = while_sending},
    {.name = NULL},
};
