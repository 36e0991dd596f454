/* The drivers on the device models: the same frames behind each. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "sim/nic/machine.h"
#include "sim/world/world.h"
#include "stack/driver/e1000_private.h"
#include "stack/driver/rtl8139_private.h"
#include "tests/driver/rig.h"

enum { ARENA = 64 << 20, SECOND = 1000000000 };

static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const char *const kinds[] = {"e1000",         "rtl8139",     "virtio",
                                    "virtio-legacy", "virtio-mmio", "virtio-mmio-legacy"};
enum { KINDS = 6, FILTERING = KINDS };

static struct nicrig_log sent; /* by the device */
static struct world *world;
static struct machine *machine;
static struct nic *nic;
static struct stack *stack;
static struct netif *eth0;

static void transmit(void *ctx, const uint8_t *bytes, uint32_t len)
{
    (void)ctx;
    nicrig_log_add(&sent, bytes, len);
}

static void build_with(const char *kind, uint64_t seed, bool unasked)
{
    sent.count = 0;
    world = world_new(ARENA, seed);
    cr_assert_not_null(world);
    machine = machine_new(world, "dut");
    struct machine_knobs knobs = machine_knobs_default;
    knobs.unasked = unasked;
    machine_set_knobs(machine, &knobs);
    uint8_t *region = world_alloc(world, NICRIG_REGION, 4096);
    cr_assert(machine_add_memory(machine, region, NICRIG_REGION) != 0);
    const struct nic_kind *k = nic_kind_by_name(kind);
    cr_assert_not_null(k, "no model of %s", kind);
    nic = machine_add_nic(machine, k, mac, transmit, NULL);
    stack = nicrig_stack(region);
    eth0 = nicrig_probe(stack, machine_bus(machine));
    cr_assert_not_null(eth0, "%s was not found", kind);
}

/* Its device is done at the doorbell. */
static void build(const char *kind)
{
    build_with(kind, 1, false);
}

/* As the host under test does it: frame, interrupt, poll until idle. */
static void poll_at(int64_t now_ns)
{
    for (int round = 0; round < 100; round++) {
        machine_settle(machine);
        machine_interrupts(machine);
        if (stack_poll(stack, now_ns) > now_ns)
            return;
    }
    cr_assert_fail("the stack is never idle");
}

static bool arrive(const uint8_t *bytes, uint32_t len)
{
    const char *reason = NULL;
    return nic_receive(nic, bytes, len, false, &reason);
}

/* A frame to us whose payload counts up from `seed`. */
static void make_frame(uint8_t *frame, uint32_t len, uint8_t seed)
{
    nicrig_fill(frame, len, seed);
    memcpy(frame, mac, 6);
}

static void verify(void)
{
    struct why why = {{0}};
    cr_assert_not(world_failed(world, &why), "%s", why.text);
}

/* Stops the stack: every netbuf has come back. */
static void tear_down(void)
{
    verify();
    nicrig_release(stack);
    stack_stop(stack, SECOND);
    cr_assert_eq(nicrig_free_frames(stack), NICRIG_POOL);
    verify();
    world_free(world);
}

/* The interface has the device's MAC, and carrier. */
Test(driver_models, probe_mac_and_carrier)
{
    for (int k = 0; k < KINDS; k++) {
        build(kinds[k]);
        cr_assert_arr_eq(eth0->mac, mac, 6);
        cr_assert(eth0->flags & NETIF_RUNNING);
        tear_down();
    }
}

/* Frames of every length and alignment go out as they are; short ones are filled up to 60 with
 * zeroes, not with what was there before. */
Test(driver_models, send_lengths)
{
    for (int k = 0; k < KINDS; k++) {
        build(kinds[k]);
        for (uint32_t len = 1514; len >= 14; len -= len < 80 ? 1 : 18) {
            sent.count = 0;
            cr_assert_eq(nicrig_send(eth0, len, (uint8_t)len, 0), 0);
            cr_assert_eq(sent.count, 1);
            uint8_t want[1514] = {0};
            nicrig_fill(want, len, (uint8_t)len);
            cr_assert_eq(sent.frame[0].len, len < 60 ? 60 : len);
            cr_assert_arr_eq(sent.frame[0].bytes, want, len < 60 ? 60 : len);
        }
        tear_down();
    }
}

/* A transmission that is done at the doorbell gives its buffer back at once and raises no
 * interrupt. */
Test(driver_models, send_ends_at_doorbell)
{
    for (int k = 0; k < KINDS; k++) {
        build(kinds[k]);
        uint32_t before = nicrig_free_frames(stack);
        for (int i = 0; i < 100; i++)
            cr_assert_eq(nicrig_send(eth0, 100, (uint8_t)i, 0), 0);
        cr_assert_eq(nicrig_free_frames(stack), before);
        cr_assert_eq(nic_count(nic, "interrupts", NULL), 0u);
        cr_assert_eq(stack_poll(stack, 0), INT64_MAX);
        tear_down();
    }
}

/* Enough frames of mixed lengths to go round either ring several times arrive byte for byte, in
 * bursts of 1 to 5. */
Test(driver_models, receive_lengths_and_wrap)
{
    static uint8_t frame[NICRIG_KEPT][1514];
    static uint32_t length[NICRIG_KEPT];
    for (int k = 0; k < KINDS; k++) {
        build(kinds[k]);
        int made = 0, burst = 1;
        while (made + 5 < 300) {
            for (int i = 0; i < burst; i++, made++) {
                length[made] = 60 + (uint32_t)(made * 97) % 1455;
                make_frame(frame[made], length[made], (uint8_t)made);
                cr_assert(arrive(frame[made], length[made]));
            }
            poll_at(0);
            burst = burst % 5 + 1;
        }
        verify();
        cr_assert_eq(nicrig_received.count, made, "%s: %d of %d", kinds[k], nicrig_received.count,
                     made);
        for (int i = 0; i < made; i++) {
            cr_assert_eq(nicrig_received.frame[i].len, length[i]);
            cr_assert_arr_eq(nicrig_received.frame[i].bytes, frame[i], length[i]);
        }
        tear_down();
    }
}

/* A frame below 60 bytes comes up padded, or as it is: never with bytes that were not on the wire
 * but zero. */
Test(driver_models, receive_short)
{
    for (int k = 0; k < KINDS; k++) {
        build(kinds[k]);
        uint8_t frame[60] = {0};
        make_frame(frame, 42, 7);
        cr_assert(arrive(frame, 42));
        poll_at(0);
        cr_assert_eq(nicrig_received.count, 1);
        cr_assert(nicrig_received.frame[0].len == 42 || nicrig_received.frame[0].len == 60);
        cr_assert_arr_eq(nicrig_received.frame[0].bytes, frame, nicrig_received.frame[0].len);
        tear_down();
    }
}

/* More than the ring holds: the device refuses some; all that it took come up in order, and
 * afterwards it receives again. */
Test(driver_models, receive_overflow_recovers)
{
    enum { BURST = 90 }; /* a ring, a FIFO of 48 KiB, and more */
    for (int k = 0; k < KINDS; k++) {
        build(kinds[k]);
        uint8_t frame[1514];
        int taken = 0, refused = 0;
        uint8_t seeds[512];
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < BURST; i++) {
                make_frame(frame, 1514, (uint8_t)i);
                if (arrive(frame, 1514))
                    seeds[taken++] = (uint8_t)i;
                else
                    refused++;
            }
            poll_at(0);
        }
        verify();
        cr_assert_gt(refused, 0, "%s took all", kinds[k]);
        cr_assert_eq(nicrig_received.count, taken, "%s: %d of %d", kinds[k], nicrig_received.count,
                     taken);
        for (int i = 0; i < taken; i++) {
            make_frame(frame, 1514, seeds[i]);
            cr_assert_arr_eq(nicrig_received.frame[i].bytes, frame, 1514);
        }
        make_frame(frame, 1514, 99);
        cr_assert(arrive(frame, 1514));
        poll_at(0);
        cr_assert_eq(nicrig_received.count, taken + 1);
        tear_down();
    }
}

/* The pool is dry: frames are dropped under a name, the ring keeps its buffers, and reception
 * resumes. */
Test(driver_models, receive_pool_dry)
{
    for (int k = 0; k < KINDS; k++) {
        build(kinds[k]);
        uint8_t frame[100];
        nicrig_hold = true;
        int i;
        for (i = 0; i < NICRIG_POOL + 40; i++) {
            make_frame(frame, sizeof frame, (uint8_t)i);
            cr_assert(arrive(frame, sizeof frame));
            poll_at(0);
        }
        int kept = nicrig_received.count;
        uint64_t dropped = nicrig_counter(stack, "eth0.rx_no_buffer");
        cr_assert_eq(nicrig_free_frames(stack), 0u);
        cr_assert_eq((uint64_t)kept + dropped, (uint64_t)i);
        nicrig_hold = false;
        nicrig_release(stack);
        make_frame(frame, sizeof frame, 200);
        cr_assert(arrive(frame, sizeof frame));
        poll_at(0);
        cr_assert_eq(nicrig_received.count, kept + 1);
        cr_assert_arr_eq(nicrig_received.frame[kept].bytes, frame, sizeof frame);
        tear_down();
    }
}

static int arrives_to(const uint8_t to[6])
{
    uint8_t frame[60];
    int before = nicrig_received.count;
    make_frame(frame, sizeof frame, 1);
    memcpy(frame, to, 6);
    arrive(frame, sizeof frame);
    poll_at(0);
    return nicrig_received.count - before;
}

/* Own address and broadcast pass; others pass when promiscuous; groups when joined or when all are
 * wanted. */
Test(driver_models, filters)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t stranger[6] = {0x52, 0x54, 0x00, 0x99, 0x99, 0x99};
    static const uint8_t all_hosts[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
    static const uint8_t other_group[6] = {0x01, 0x00, 0x5e, 0x7f, 0x12, 0x37};
    for (int k = 0; k < FILTERING; k++) {
        build(kinds[k]);
        cr_assert_eq(arrives_to(mac), 1);
        cr_assert_eq(arrives_to(broadcast), 1);
        cr_assert_eq(arrives_to(stranger), 0);
        cr_assert_eq(arrives_to(all_hosts), 0);
        cr_assert_eq(netif_join(eth0, all_hosts), 0);
        cr_assert_eq(arrives_to(all_hosts), 1, "%s: joined", kinds[k]);
        cr_assert_eq(arrives_to(other_group), 0);
        cr_assert_eq(netif_set_flags(eth0, NETIF_ALL_MULTICAST, 0, 0), 0);
        cr_assert_eq(arrives_to(other_group), 1);
        cr_assert_eq(arrives_to(stranger), 0);
        cr_assert_eq(netif_set_flags(eth0, NETIF_PROMISCUOUS, NETIF_ALL_MULTICAST, 0), 0);
        poll_at(0);
        cr_assert_eq(arrives_to(stranger), 1);
        cr_assert_eq(arrives_to(mac), 1);
        cr_assert_eq(netif_set_flags(eth0, 0, NETIF_PROMISCUOUS, 0), 0);
        poll_at(0);
        cr_assert_eq(arrives_to(stranger), 0);
        cr_assert_eq(arrives_to(all_hosts), 1);
        cr_assert_eq(netif_leave(eth0, all_hosts), 0);
        cr_assert_eq(arrives_to(all_hosts), 0);
        cr_assert_eq(arrives_to(mac), 1);
        tear_down();
    }
}

/* A promiscuous change while packets wait in the ring loses none of them. */
Test(driver_models, filter_change_keeps_waiting_frames)
{
    for (int k = 0; k < KINDS; k++) {
        build(kinds[k]);
        uint8_t frame[300];
        for (int i = 0; i < 3; i++) {
            make_frame(frame, sizeof frame, (uint8_t)i);
            cr_assert(arrive(frame, sizeof frame));
        }
        cr_assert_eq(netif_set_flags(eth0, NETIF_PROMISCUOUS, 0, 0), 0);
        poll_at(0);
        cr_assert_eq(nicrig_received.count, 3, "%s", kinds[k]);
        cr_assert_eq(arrives_to(mac), 1);
        tear_down();
    }
}

/* Carrier goes and comes back: the interface follows. */
Test(driver_models, carrier)
{
    for (int k = 0; k < KINDS; k++) {
        build(kinds[k]);
        nic_carrier(nic, false);
        poll_at(0);
        cr_assert_not(eth0->flags & NETIF_RUNNING);
        nic_carrier(nic, true);
        poll_at(0);
        cr_assert(eth0->flags & NETIF_RUNNING);
        tear_down();
    }
}

/* The handler masks: until the stack has polled, more frames raise no more interrupts; after that
 * the next one does. */
Test(driver_models, interrupt_masked_until_poll)
{
    for (int k = 0; k < KINDS; k++) {
        build(kinds[k]);
        uint8_t frame[60];
        make_frame(frame, sizeof frame, 1);
        for (int i = 0; i < 5; i++) {
            cr_assert(arrive(frame, sizeof frame));
            machine_interrupts(machine);
            cr_assert_eq(nic_count(nic, "interrupts", NULL), 1u);
        }
        poll_at(0);
        cr_assert_eq(nicrig_received.count, 5);
        uint64_t before = nic_count(nic, "interrupts", NULL);
        cr_assert(arrive(frame, sizeof frame));
        cr_assert_eq(nic_count(nic, "interrupts", NULL), before + 1);
        poll_at(0);
        cr_assert_eq(nicrig_received.count, 6);
        tear_down();
    }
}

/* --- everything at once --- */

enum { STORM_OPERATIONS = 400, STORM_SEEDS = 20 };

struct storm {
    struct random_stream random;
    int sends, arrivals;
    uint32_t sent_len[NICRIG_KEPT], arrived_len[NICRIG_KEPT];
    bool promiscuous;
};

static void storm_send(struct storm *t)
{
    uint32_t len = 14 + (uint32_t)random_below(&t->random, 1501);
    cr_assert_eq(nicrig_send(eth0, len, (uint8_t)t->sends, 0), 0);
    t->sent_len[t->sends++] = len;
}

static void storm_arrive(struct storm *t)
{
    uint8_t frame[1514];
    uint32_t len = 60 + (uint32_t)random_below(&t->random, 1455);
    make_frame(frame, len, (uint8_t)t->arrivals);
    if (arrive(frame, len))
        t->arrived_len[t->arrivals++] = len;
}

static void storm_step(struct storm *t)
{
    uint64_t dice = random_below(&t->random, 100);
    if (dice < 55) {
        storm_arrive(t);
    } else if (dice < 75) {
        storm_send(t);
    } else if (dice < 90) {
        poll_at(0);
    } else if (dice < 97) {
        machine_interrupts(machine);
    } else {
        t->promiscuous = !t->promiscuous;
        uint32_t flag = NETIF_PROMISCUOUS;
        netif_set_flags(eth0, t->promiscuous ? flag : 0, t->promiscuous ? 0 : flag, 0);
        poll_at(0);
    }
}

static void storm_verify(const struct storm *t)
{
    uint8_t want[1514];
    machine_settle(machine);
    cr_assert_eq(sent.count, t->sends);
    for (int i = 0; i < t->sends; i++) {
        memset(want, 0, sizeof want);
        nicrig_fill(want, t->sent_len[i], (uint8_t)i);
        cr_assert_eq(sent.frame[i].len, t->sent_len[i] < 60 ? 60 : t->sent_len[i]);
        cr_assert_arr_eq(sent.frame[i].bytes, want, sent.frame[i].len);
    }
    cr_assert_eq(nicrig_received.count, t->arrivals);
    for (int i = 0; i < t->arrivals; i++) {
        make_frame(want, t->arrived_len[i], (uint8_t)i);
        cr_assert_eq(nicrig_received.frame[i].len, t->arrived_len[i]);
        cr_assert_arr_eq(nicrig_received.frame[i].bytes, want, t->arrived_len[i]);
    }
}

/* Frames, interrupts, polls and filter changes in any order, with interrupts and stores as late as
 * the machine may make them: what was sent leaves in order, what the device took comes up in order,
 * and every buffer comes back. */
Test(driver_models, storm)
{
    static struct storm t;
    for (uint64_t seed = 1; seed <= STORM_SEEDS; seed++) {
        for (int k = 0; k < KINDS; k++) {
            build_with(kinds[k], seed, true);
            memset(&t, 0, sizeof t);
            random_init(&t.random, seed, "storm");
            for (int i = 0; i < STORM_OPERATIONS; i++)
                storm_step(&t);
            poll_at(0);
            storm_verify(&t);
            tear_down();
        }
    }
}

/* What the device counts by itself is asked of it when somebody looks: a frame with a bad check
 * sequence. */
Test(driver_models, statistics)
{
    build("e1000");
    uint8_t frame[60];
    const char *reason = NULL;
    make_frame(frame, sizeof frame, 1);
    cr_assert_not(nic_receive(nic, frame, sizeof frame, true, &reason));
    poll_at(0);
    cr_assert_eq(nicrig_counter(stack, "eth0.rx_crc"), 1u);
    cr_assert_eq(nicrig_counter(stack, "eth0.rx_crc"), 1u);
    cr_assert_eq(nicrig_received.count, 0);
    tear_down();
}

/* STACK_CHECK: a frame that the ring does not have, and ends that disagree, stop the next one. */
Test(driver_models, e1000_ring_that_disagrees_panics, .signal = SIGILL)
{
    build("e1000");
    cr_assert_eq(nicrig_send(eth0, 60, 0, 0), 0);
    ((struct e1000 *)eth0->state)->tx[5] = netbuf_alloc(stack, 0, 60);
    nicrig_send(eth0, 60, 0, 0);
}

Test(driver_models, rtl8139_slots_that_disagree_panic, .signal = SIGILL)
{
    build("rtl8139");
    cr_assert_eq(nicrig_send(eth0, 60, 0, 0), 0);
    ((struct rtl8139 *)eth0->state)->tx_next++;
    nicrig_send(eth0, 60, 0, 0);
}
