/* What virtio asks of a driver besides: features, queues of any size, a configuration that changes
 * while it is read, a device that wants to be reset (virtio 1.2). */
#include "sim/contract/check.h"

#include <string.h>

static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static void wish(struct rig *r, uint32_t queue, uint64_t without, uint32_t unrest, uint64_t refuses)
{
    const struct nic_options options = {queue, without, unrest, refuses};
    rig_wish(r, &options);
}

/* 2.5.2, 2.5.3.1 */
static void mac_changes(struct rig *r, const struct contract_check *c)
{
    const uint8_t *t = r->told_mac;
    wish(r, 0, 0, (uint32_t)c->a, 0);
    rig_build(r, mac);
    rig_attach(r);
    if (memcmp(mac, t, 6) != 0)
        rig_fail(r, 0,
                 "mac changed while attach() read it, and attach() says %02x:%02x:%02x:%02x:%02x:"
                 "%02x, half of it from before, half from after: config_generation is read before "
                 "and after, and all again when it moved",
                 t[0], t[1], t[2], t[3], t[4], t[5]);
    rig_judge_alive(r, NULL);
}

static void fewer_features(struct rig *r, const struct contract_check *c)
{
    (void)c;
    uint64_t version = nic_feature("version_1"), own = nic_feature("mac");
    wish(r, 0, ~(version | own), 0, 0);
    rig_build(r, mac);
    r->when = "of all features the device offers only MAC, and VERSION_1 where it has that";
    rig_attach(r);
    rig_judge_alive(r, NULL);
}

/* 2.2.2: what was asked for was refused. */
static void refuses(struct rig *r, const struct contract_check *c)
{
    (void)c;
    wish(r, 0, 0, 0, nic_feature("version_1"));
    rig_build(r, mac);
    r->when = "the device refuses the features (FEATURES_OK reads as 0)";
    if (rig_try_attach(r) == 0)
        rig_fail(r, 0,
                 "attach() returned 0: FEATURES_OK must be read back, and where it is 0 the "
                 "device is unusable");
}

static void small_queues(struct rig *r, const struct contract_check *c)
{
    wish(r, (uint32_t)c->a, 0, 0, 0);
    rig_build(r, mac);
    r->when = "the device's queues are small (queue_size)";
    if (rig_try_attach(r) != 0)
        return; /* a driver may need more; then it says so */
    rig_judge_alive(r, NULL);
    for (int k = 0; k < 3 * c->a; k++) {
        r->held = true;
        for (int n = 0; n < c->a / 2; n++)
            rig_take(r, 100);
        r->held = false;
        rig_interrupts(r);
        rig_judge_received(r);
        rig_send_surely(r, 60 + (uint32_t)k);
        rig_settle(r);
        rig_judge_sent(r);
    }
}

/* 2.1.2: nothing may be relied on until it was reset. */
static void needs_reset(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    rig_judge_alive(r, NULL);
    nic_event(r->nic, "needs_reset");
    rig_interrupts(r);
    for (int k = 0; k < 100; k++) {
        rig_send(r, 100);
        rig_interrupt_once(r);
    }
    rig_forget(r);
    if (!rig_driver(r)->reset)
        return;
    rig_reset(r);
    rig_judge_alive(r, NULL);
}

static void event(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (int k = 0; k < 20; k++) {
        nic_event(r->nic, c->a ? "config_change" : "spurious_interrupt");
        rig_interrupts(r);
        rig_judge_received(r);
        r->held = true;
        nic_event(r->nic, c->a ? "config_change" : "spurious_interrupt");
        rig_take(r, 100);
        r->held = false;
        rig_interrupts(r);
        rig_judge_received(r);
    }
    rig_judge_alive(r, NULL);
}

/* What a device may do and most do not: it looks at the available ring when it is told to alone,
 * or uses the buffers of it in another order. */
static void behaves(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    nic_event(r->nic, c->a ? "uses_out_of_order" : "heeds_notifications");
    r->when = c->a ? "the device uses buffers out of order (used.ring says by id which)"
                   : "the device looks for receive buffers when the queue is notified";
    for (int k = 0; k < 300; k++) {
        r->held = true;
        rig_take(r, 60 + (uint32_t)k);
        if (k % 3 == 0)
            rig_take(r, 1000);
        r->held = false;
        rig_interrupts(r);
        rig_judge_received(r);
    }
}

/* The index of 16 bits goes round, over the queue's places and over itself. */
static void wraps(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    for (int k = 0; k < 66000; k++) {
        rig_take(r, 60);
        rig_send_surely(r, 60);
        if (k % 16 == 15 || k > 65500) {
            rig_settle(r);
            rig_judge_sent(r);
            rig_judge_received(r);
        }
    }
}

const struct contract_check virtio_checks[] = {
    {.name = "virtio-mac-changes",
     .what = "the MAC address changes while it is read, once",
     .play = mac_changes,
     .a = 1},
    {.name = "virtio-mac-changes-often", .what = "five times", .play = mac_changes, .a = 5},
    {.name = "virtio-features-fewer",
     .what = "MAC and VERSION_1 are all that is offered",
     .play = fewer_features},
    {.name = "virtio-features-refused",
     .what = "the device does not take the features that it offers",
     .play = refuses},
    {.name = "virtio-queue-small", .what = "queues of 8 descriptors", .play = small_queues, .a = 8},
    {.name = "virtio-queue-smaller", .what = "of 2", .play = small_queues, .a = 2},
    {.name = "virtio-needs-reset",
     .what = "the device sets DEVICE_NEEDS_RESET: no call hangs, reset mends it",
     .play = needs_reset},
    {.name = "virtio-config-change",
     .what = "a change of the configuration that changes nothing",
     .play = event,
     .a = 1},
    {.name = "virtio-interrupt-spurious",
     .what = "an interrupt for used buffers where there are none",
     .play = event},
    {.name = "virtio-notified", .what = "it looks only when it is notified", .play = behaves},
    {.name = "virtio-out-of-order",
     .what = "receive buffers are used in another order than they were offered",
     .play = behaves,
     .a = 1},
    {.name = "virtio-index-wraps", .what = "both indices go past 65535", .play = wraps},
    {.name = NULL},
};

/* Of a legacy device, which refuses nothing, changes nothing and has no DEVICE_NEEDS_RESET. */
const struct contract_check virtio_old_checks[] = {
    {.name = "virtio-features-fewer", .what = "MAC is all that is offered", .play = fewer_features},
    {.name = "virtio-queue-small", .what = "queues of 8 descriptors", .play = small_queues, .a = 8},
    {.name = "virtio-queue-smaller", .what = "of 2", .play = small_queues, .a = 2},
    {.name = "virtio-config-change",
     .what = "a change of the configuration that changes nothing",
     .play = event,
     .a = 1},
    {.name = "virtio-interrupt-spurious",
     .what = "an interrupt for used buffers where there are none",
     .play = event},
    {.name = "virtio-notified", .what = "it looks only when it is notified", .play = behaves},
    {.name = "virtio-out-of-order",
     .what = "receive buffers are used in another order than they were offered",
     .play = behaves,
     .a = 1},
    {.name = "virtio-index-wraps", .what = "both indices go past 65535", .play = wraps},
    {.name = NULL},
};
