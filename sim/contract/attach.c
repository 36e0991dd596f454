/* How the device is found, and whether each wait ends. */
#include "sim/contract/check.h"

#include <string.h>

static const uint8_t macs[][6] = {
    {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
    {0x02, 0x00, 0x00, 0x00, 0x00, 0x01},
    {0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54},
    {0x00, 0x80, 0xff, 0x01, 0x7f, 0xfe},
};

static void reads_mac(struct rig *r, const struct contract_check *c)
{
    const uint8_t *m = macs[c->a], *t = r->told_mac;
    rig_build(r, m);
    rig_attach(r);
    if (memcmp(m, t, 6) != 0)
        rig_fail(r, 0,
                 "attach() says that the MAC address is %02x:%02x:%02x:%02x:%02x:%02x, the card's "
                 "is %02x:%02x:%02x:%02x:%02x:%02x: it is read from %s, first octet first",
                 t[0], t[1], t[2], t[3], t[4], t[5], m[0], m[1], m[2], m[3], m[4], m[5],
                 r->row->where);
    rig_judge_alive(r, NULL);
}

/* All ones is what an empty or absent EEPROM reads. */
static void empty_eeprom(struct rig *r, const struct contract_check *c)
{
    const uint8_t *t = r->told_mac;
    (void)c;
    rig_build(r, macs[0]);
    r->stuck = r->row->empty_eeprom;
    while (r->stucks < STUCK_BITS && r->stuck[r->stucks].mask)
        r->stucks++;
    if (!r->stucks)
        rig_skip(r, "the card has no EEPROM");
    if (rig_try_attach(r) == 0 && (t[0] & 1))
        rig_fail(r, 0,
                 "the EEPROM reads as all ones, and attach() gives the MAC address "
                 "%02x:%02x:%02x:%02x:%02x:%02x, a group's: a station's address has bit 0 of its "
                 "first octet clear (IEEE 802.3 3.2.3); what is read must be checked",
                 t[0], t[1], t[2], t[3], t[4], t[5]);
}

static void finds_it_silent(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    rig_settle(r);
    rig_judge_sent(r);
    rig_judge_received(r);
}

/* Whatever attach did on its way. */
static void nothing_left(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    if (!r->row->left)
        rig_skip(r, "the device has no such bits");
    for (const struct left_bit *b = r->row->left; b->mask; b++)
        if (rig_register(r, b->at, b->width) & b->mask)
            rig_fail(r, 0, "after attach() %s", b->words);
}

static void bus_mastering_off(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_build(r, macs[0]);
    rig_command(r, 3);
    int status = rig_try_attach(r);
    if (!(rig_read(r, 4, 2) & 4))
        rig_fail(r, 0,
                 "bit 2 of the PCI command register (bus mastering) was found off and is still off "
                 "after attach(): firmware need not switch it on, and without it the device "
                 "reaches neither descriptors nor buffers");
    if (status != 0)
        rig_fail(r, 0, "attach() returned %d where bus mastering was found off", status);
    rig_judge_alive(r, NULL);
}

/* A broadcast storm does not wait for attach. */
static void frame_comes(struct rig *r)
{
    static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    rig_come_to(r, everybody, 100);
    r->strike_at += (uint32_t)1;
}

static void left_running(struct rig *r, const struct contract_check *c)
{
    static const uint8_t other[6] = {0x52, 0x54, 0x00, 0x99, 0x99, 0x99};
    rig_build(r, macs[0]);
    rig_boot_rom(r);
    for (int k = 0; k < 2; k++)
        rig_come_to(r, other, 200);
    if (c->a) {
        r->strike = frame_comes;
        r->strike_at = 1;
    }
    r->when = "found running, as a boot ROM left it";
    rig_attach(r);
    r->strike_at = 0;
    rig_forget(r);
    if (c->a) /* what came during attach may come up */
        rig_settle(r);
    rig_forget(r);
    rig_judge_alive(r, NULL);
    rig_come_to(r, other, 100);
    if (r->up.count && !r->row->passes_all)
        rig_fail(r, 0,
                 "a frame to another station comes up: the receive filter is still the boot ROM's, "
                 "which took every frame");
}

static void causes_pending(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_build(r, macs[0]);
    nic_carrier(r->nic, false);
    nic_carrier(r->nic, true);
    rig_attach(r);
    rig_judge_alive(r, "found with interrupt causes pending");
}

/* The k-th wd_dma_alloc finds no memory. */
static void memory_short(struct rig *r, const struct contract_check *c)
{
    rig_build(r, macs[0]);
    r->board.dma_room = (size_t)c->a;
    int status = rig_try_attach(r);
    if (status == 0) {
        rig_judge_alive(r, "attached with little memory");
        return;
    }
    rig_come(r, 100);
    if (nic_line_is_up(r->nic))
        rig_fail(r, NIC_INTERRUPTING,
                 "attach() gave up for want of memory and left the device running: its interrupt "
                 "line goes up, and nobody is there to acknowledge it");
}

static void twice_the_same(struct rig *r, const struct contract_check *c)
{
    uint8_t first[6];
    (void)c;
    rig_start(r);
    memcpy(first, r->told_mac, 6);
    rig_detach(r);
    rig_forget(r);
    r->may_reset = true;
    if (rig_try_attach(r) != 0)
        return; /* one attach is all that it promises */
    if (memcmp(first, r->told_mac, 6) != 0)
        rig_fail(r, 0, "attach() gives another MAC address the second time, after detach()");
    rig_judge_alive(r, "attached again after detach()");
}

/* --- waits --- */

static void every_call(struct rig *r)
{
    static const uint8_t group[1][6] = {{0x01, 0x00, 0x5e, 0x00, 0x00, 0x01}};
    const struct wiredrill_driver *d = rig_driver(r);
    for (uint32_t k = 0; k < 8; k++) {
        rig_send(r, 100);
        nic_receive(r->nic, (const uint8_t *)"\x52\x54\x00\x12\x34\x56......\x88\xb5..", 18, false,
                    NULL);
        rig_interrupt_once(r);
    }
    nic_carrier(r->nic, false);
    rig_interrupt_once(r);
    if (d->filter)
        rig_filter(r, 1, 1, group, 1);
    if (d->poll)
        rig_poll(r);
    if (d->reset)
        d->reset(&r->device);
    if (d->detach)
        rig_detach(r);
}

/* It may fail; it must come back. */
void contract_play_wait(struct rig *r, const struct contract_check *c)
{
    rig_build(r, macs[0]);
    r->deaf = true;
    r->stuck = &c->wait->bits;
    r->stucks = 1;
    if (c->a == 0) {
        if (rig_try_attach(r) != 0)
            return;
        r->stucks = 0;
        r->held = true;
    } else {
        r->stucks = 0;
        rig_attach(r);
        r->held = true;
    }
    r->stucks = 1;
    every_call(r);
}

const struct contract_check attach_checks[] = {
    {.name = "attach-mac", .what = "attach reads the card's MAC address", .play = reads_mac},
    {.name = "attach-mac-zeros", .what = "one with zeros", .play = reads_mac, .a = 1},
    {.name = "attach-mac-high", .what = "one with high octets", .play = reads_mac, .a = 2},
    {.name = "attach-mac-mixed", .what = "one with both", .play = reads_mac, .a = 3},
    {.name = "attach-eeprom-empty",
     .what = "an EEPROM of all ones gives no group's address",
     .play = empty_eeprom},
    {.name = "attach-silent",
     .what = "attach sends nothing and hands nothing up",
     .play = finds_it_silent},
    {.name = "attach-nothing-left",
     .what = "no reset, loopback or unlocked register is left behind",
     .play = nothing_left},
    {.name = "attach-bus-mastering",
     .what = "bus mastering is found off",
     .play = bus_mastering_off,
     .needs = NEEDS_VERSION_2},
    {.name = "attach-boot-rom",
     .what = "a boot ROM left the device running, with rings of its own",
     .play = left_running},
    {.name = "attach-boot-rom-busy",
     .what = "the same, and frames come at each register access",
     .play = left_running,
     .a = 1},
    {.name = "attach-causes-pending",
     .what = "interrupt causes are pending already",
     .play = causes_pending},
    {.name = "attach-memory-none", .what = "there is no DMA memory", .play = memory_short, .a = 0},
    {.name = "attach-memory-little",
     .what = "there is DMA memory for the first pieces only",
     .play = memory_short,
     .a = 9000},
    {.name = "attach-again",
     .what = "attach after detach",
     .play = twice_the_same,
     .needs = NEEDS_DETACH},
    {.name = NULL},
};
