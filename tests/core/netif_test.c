#include <criterion/criterion.h>
#include <string.h>
#include "stack/core/netif.h"
#include "stack/driver/device.h"
#include "tests/core/rig.h"

static const uint8_t group[NETIF_MULTICASTS + 1][6] = {
    {1, 0, 0x5e, 1, 1, 0}, {1, 0, 0x5e, 1, 1, 1}, {1, 0, 0x5e, 1, 1, 2},
    {1, 0, 0x5e, 1, 1, 3}, {1, 0, 0x5e, 1, 1, 4}, {1, 0, 0x5e, 1, 1, 5},
    {1, 0, 0x5e, 1, 1, 6}, {1, 0, 0x5e, 1, 1, 7}, {1, 0, 0x5e, 1, 1, 8}};

static int sent(void *d, struct netbuf *nb, int64_t now_ns)
{
    (void)d;
    (void)nb;
    (void)now_ns;
    return -ERR_IO;
}

Test(netif, attached_under_a_name_of_its_own)
{
    static const struct netif_driver able = {.name = "able", .state_size = 8, .send = sent},
                                     mute = {.name = "mute", .state_size = 8};
    struct stack_limits limits = stack_full_config.limits;
    limits.netifs = 3;
    struct rig *r = rig_open(NULL, &limits, true);
    size_t used = r->s->region_used;
    cr_assert_null(stack_attach(r->s, "eth0", &able, NULL, 0), "taken");
    cr_assert_null(stack_attach(r->s, "lo", &able, NULL, 0), "taken");
    cr_assert_null(stack_attach(r->s, "", &able, NULL, 0));
    cr_assert_null(stack_attach(r->s, "ethernet", &able, NULL, 0), "no room for its end");
    cr_assert_null(stack_attach(r->s, "eth1", NULL, NULL, 0));
    cr_assert_null(stack_attach(r->s, "eth1", &mute, NULL, 0), "cannot send");
    cr_assert_eq(r->s->region_used, used);
    struct netif *nif = stack_attach(r->s, "etherne", &able, NULL, 0);
    cr_assert_not_null(nif);
    cr_assert_eq(stack_netif(r->s, "etherne"), nif);
    cr_assert_null(stack_netif(r->s, "ethern"));
    cr_assert_null(stack_attach(r->s, "eth1", &able, NULL, 0), "one too many");
    rig_close(r);
}

Test(netif, mtu_has_bounds)
{
    struct rig *r = rig_full();
    struct netif *lo = stack_netif(r->s, "lo");
    cr_assert_eq(netif_set_mtu(r->nif, 67), -ERR_INVAL);
    cr_assert_eq(netif_set_mtu(r->nif, 1501), -ERR_INVAL);
    cr_assert_eq(r->nif->mtu, 1500);
    cr_assert_eq(netif_set_mtu(r->nif, 68), 0);
    cr_assert_eq(r->nif->mtu, 68);
    cr_assert_eq(netif_set_mtu(r->nif, 1500), 0);
    cr_assert_eq(netif_set_mtu(lo, 65536), -ERR_INVAL);
    cr_assert_eq(netif_set_mtu(lo, 65535), 0);
    rig_close(r);
}

Test(netif, flags_that_are_the_users)
{
    struct rig *r = rig_full();
    uint32_t before = r->nif->flags;
    cr_assert_eq(netif_set_flags(r->nif, NETIF_UP, 0, 0), -ERR_INVAL);
    cr_assert_eq(netif_set_flags(r->nif, NETIF_PROMISCUOUS, NETIF_RUNNING, 0), -ERR_INVAL);
    cr_assert_eq(r->nif->flags, before);
    cr_assert_eq(netif_set_flags(r->nif, NETIF_PROMISCUOUS, NETIF_ARP, 0), 0);
    cr_assert_eq(r->nif->flags, (before | NETIF_PROMISCUOUS) & ~(uint32_t)NETIF_ARP);
    rig_close(r);
}

/* 224.0.0.1 is there from the start. */
Test(netif, groups_are_counted)
{
    struct rig *r = rig_full();
    uint32_t first = r->nif->multicasts;
    cr_assert_eq(netif_join(r->nif, rig_peer), -ERR_INVAL);
    cr_assert_eq(netif_leave(r->nif, group[0]), -ERR_ADDRNOTAVAIL);
    for (uint32_t i = 0; first + i < NETIF_MULTICASTS; i++)
        cr_assert_eq(netif_join(r->nif, group[i]), 0);
    cr_assert_eq(netif_join(r->nif, group[NETIF_MULTICASTS]), -ERR_NOBUFS);
    cr_assert_eq(netif_join(r->nif, group[1]), 0);
    cr_assert_eq(netif_join(r->nif, group[3]), 0);
    /* One goes from the middle; what stands behind it keeps its count. */
    cr_assert_eq(netif_leave(r->nif, group[2]), 0);
    cr_assert_eq(netif_leave(r->nif, group[2]), -ERR_ADDRNOTAVAIL);
    cr_assert_eq(r->nif->multicasts, NETIF_MULTICASTS - 1);
    cr_assert_arr_eq(r->nif->multicast[first + 2], group[3], 6);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(netif_leave(r->nif, group[1]), 0);
        cr_assert_eq(netif_leave(r->nif, group[3]), 0);
    }
    cr_assert_eq(netif_leave(r->nif, group[1]), -ERR_ADDRNOTAVAIL);
    cr_assert_eq(netif_leave(r->nif, group[3]), -ERR_ADDRNOTAVAIL);
    cr_assert_eq(netif_leave(r->nif, group[4]), 0);
    cr_assert_eq(netif_leave(r->nif, group[4]), -ERR_ADDRNOTAVAIL, "joined once");
    cr_assert_eq(r->nif->multicasts, NETIF_MULTICASTS - 4);
    rig_close(r);
}

Test(netif, prefix_within_its_family)
{
    struct rig *r = rig_open(NULL, NULL, false);
    struct ip_addr a = addr_ipv4(RIG_ADDRESS), none = {0};
    struct ip_addr six = {.family = ADDR_IPV6, .word = {0x20010db8, 0, 0, 1}},
                   six_any = {.family = ADDR_IPV6},
                   six_group = {.family = ADDR_IPV6, .word = {0xff020000, 0, 0, 1}};
    cr_assert_eq(netif_add_address(r->nif, &a, 33, false, 0), -ERR_INVAL);
    cr_assert_eq(netif_add_address(r->nif, &none, 24, false, 0), -ERR_INVAL);
    cr_assert_eq(netif_add_address(r->nif, &six, 129, false, 0), -ERR_INVAL);
    cr_assert_eq(netif_add_address(r->nif, &six_any, 64, false, 0), -ERR_INVAL);
    cr_assert_eq(netif_add_address(r->nif, &six_group, 64, false, 0), -ERR_INVAL);
    cr_assert_eq(netif_add_address(r->nif, &a, 32, false, 0), 0);
    rig_close(r);
}

/* As many sends as there are frames, without a poll in between: the queue is bounded, a frame from
 * outside finds a buffer, and the poll hands up what was taken. */
Test(netif, loopback_leaves_room_for_reception)
{
    struct rig *r = rig_full();
    struct netif *lo = stack_netif(r->s, "lo");
    uint8_t f[64];
    uint32_t frames = r->s->config.limits.frames, taken = 0;
    for (uint32_t i = 0; i < frames; i++) {
        struct netbuf *nb = netbuf_alloc(r->s, 16, 20);
        cr_assert_not_null(nb);
        memset(netbuf_data(nb), 0, 20);
        nb->ethertype = 0x88b5;
        taken += netif_send(lo, nb, r->now_ns) == 0;
    }
    cr_assert_eq(taken, frames / 4);
    cr_assert_eq(rig_counter(r, "core.drop.loop_full"), frames - taken);
    rig_receive(r, f, rig_arp(f, rig_mac, 1, rig_peer, RIG_PEER, NULL, RIG_ADDRESS));
    cr_assert_eq(r->sent_count, 1, "the request for our address is answered");
    cr_assert_eq(rig_counter(r, "loopback.drop.unknown_type"), taken);
    rig_close(r);
}

/* Received frames are numbered from 1, also when the numbers come around: 0 is no frame's. */
Test(netif, frame_number_zero_is_skipped)
{
    struct rig *r = rig_full();
    uint8_t f[64];
    r->s->rx_number = UINT32_MAX;
    struct netbuf *nb = netif_buffer(r->nif, 60);
    size_t len = rig_arp(f, rig_mac, 1, rig_peer, RIG_PEER, NULL, RIG_ADDRESS);
    memcpy(netbuf_data(nb), f, len);
    netif_receive(r->nif, nb, r->now_ns);
    cr_assert_eq(r->s->rx_number, 1);
    cr_assert_eq(r->fate[1].told, 1);
    rig_close(r);
}

/* A device with two transmit queues, of which each may be full. */
static struct netbuf *lodged[2][4];
static int lodgers[2], room[2];

static int lodge(void *d, struct netbuf *nb, int64_t now_ns)
{
    (void)d, (void)now_ns;
    if (lodgers[nb->queue] == room[nb->queue])
        return -ERR_NOBUFS;
    lodged[nb->queue][lodgers[nb->queue]++] = nb;
    return 0;
}

static int two_queues(void *d, struct netif *nif, const struct device *device, int64_t now_ns)
{
    (void)d, (void)device;
    nif->queues = 2;
    netif_link(nif, true, now_ns);
    return 0;
}

static void send_by(struct netif *nif, uint8_t queue, uint8_t mark)
{
    struct netbuf *nb = netbuf_alloc(nif->stack, 0, 60);
    nb->queue = queue;
    netbuf_data(nb)[0] = mark;
    cr_assert_eq(netif_send(nif, nb, 0), 0);
}

/* A full queue holds up what is behind it, in order, and no other. */
Test(netif, transmit_queues_wait_by_themselves)
{
    static const struct netif_driver driver = {
        .name = "two", .state_size = 8, .probe = two_queues, .send = lodge};
    struct stack_limits limits = stack_full_config.limits;
    limits.netifs = 3;
    struct rig *r = rig_open(NULL, &limits, true);
    struct netif *nif = stack_attach(r->s, NULL, &driver, NULL, 0);
    cr_assert_str_eq(nif->name, "eth1");
    cr_assert_eq(netif_up(nif, 0), 0);
    room[0] = 1;
    room[1] = 4;
    for (uint8_t i = 0; i < 4; i++)
        send_by(nif, i % 2, i); /* 2 waits */
    send_by(nif, 7, 7);         /* 7 modulo 2 */
    cr_assert_eq(lodgers[0], 1);
    cr_assert_eq(lodgers[1], 3);
    cr_assert_eq(netbuf_data(lodged[1][2])[0], 7);
    send_by(nif, 0, 4);
    room[0] = 4;
    netif_flush(nif, 0);
    cr_assert_eq(lodgers[0], 3);
    cr_assert_eq(netbuf_data(lodged[0][1])[0], 2);
    cr_assert_eq(netbuf_data(lodged[0][2])[0], 4);
    for (int q = 0; q < 2; q++)
        for (int i = 0; i < lodgers[q]; i++)
            netif_sent(nif, lodged[q][i], 0);
    rig_close(r);
}

/* What a device tree says: a name and a window, without PCI. */
static const char *probed_as;
static uint64_t probed_at;

static bool is_mine(const struct device *device)
{
    return device->kind == DEVICE_TABLE && strcmp(device->compatible, "acme,nic") == 0;
}

static int take(void *d, struct netif *nif, const struct device *device, int64_t now_ns)
{
    (void)d, (void)nif, (void)now_ns;
    struct bus_window w;
    if (device_map(device, 1, 0x100, &w) == 0 || device_map(device, 0, 0x201, &w) == 0)
        return -ERR_INVAL; /* there is but one window, and it has 0x200 bytes */
    probed_as = device->compatible;
    probed_at = device_map(device, 0, 0x200, &w) == 0 ? w.base : UINT64_MAX;
    return device->interrupts == 2 && device->interrupt[1] == 41 ? 0 : -ERR_NODEV;
}

static int dma_anywhere(void *self, void *p, size_t size, uint64_t limit, uint64_t *at)
{
    (void)self, (void)size, (void)limit;
    *at = (uintptr_t)p;
    return 0;
}

Test(netif, attached_from_a_table_of_devices)
{
    static const struct netif_driver driver = {
        .name = "acme", .state_size = 8, .match = is_mine, .probe = take, .send = sent};
    static const struct netif_driver *const drivers[] = {&driver, NULL};
    static const struct bus_ops ops = {.dma_map = dma_anywhere};
    const struct bus bus = {.ops = &ops};
    struct device d = {.bus = &bus,
                       .kind = DEVICE_TABLE,
                       .compatible = "acme,nic",
                       .window = {{.space = BUS_MEM, .base = 0, .size = 0x200}},
                       .interrupt = {40, 41},
                       .interrupts = 2};
    struct stack_limits limits = stack_full_config.limits;
    limits.netifs = 3;
    struct rig *r = rig_open(NULL, &limits, true);
    cr_assert_null(stack_attach(r->s, NULL, NULL, &d, 0), "no driver of the config's matches");
    r->s->config.drivers = drivers;
    cr_assert_not_null(stack_attach(r->s, NULL, NULL, &d, 0));
    cr_assert_str_eq(probed_as, "acme,nic");
    cr_assert_eq(probed_at, 0, "0 is an address like others");
    d.compatible = "other,nic";
    cr_assert_null(stack_attach(r->s, NULL, NULL, &d, 0));
    rig_close(r);
}

/* A device with a doorbell: what was sent with another to follow it sees only when that is rung. */
static int posted, rung, kicks, places;

static int post(void *d, struct netbuf *nb, int64_t now_ns)
{
    (void)now_ns;
    if (posted == places)
        return -ERR_NOBUFS;
    posted++;
    if (!(nb->flags & NETBUF_MORE))
        rung = posted;
    netif_sent(*(struct netif **)d, nb, 0);
    return 0;
}

static void kick(void *d, int64_t now_ns)
{
    (void)d, (void)now_ns;
    kicks += rung != posted;
    rung = posted;
}

static int with_doorbell(void *d, struct netif *nif, const struct device *device, int64_t now_ns)
{
    (void)device;
    *(struct netif **)d = nif;
    nif->offload.segments = 8;
    nif->offload.segment_bytes = 5000;
    nif->offload.sums_on_send = true;
    netif_link(nif, true, now_ns);
    return 0;
}

static int send_one(struct netif *nif, uint32_t len, unsigned flags, uint16_t segment)
{
    struct netbuf *nb = netif_packet(nif, 0, len);
    nb->flags |= (uint16_t)flags;
    nb->segment = segment;
    return netif_send(nif, nb, 0);
}

/* The doorbell is rung once for a batch, and in any case when a frame of it finds no room. */
Test(netif, doorbell_waits_for_the_last_of_a_batch)
{
    static const struct netif_driver driver = {
        .name = "bell", .state_size = 8, .probe = with_doorbell, .send = post, .kick = kick};
    struct stack_limits limits = stack_full_config.limits;
    limits.netifs = 3;
    struct rig *r = rig_open(NULL, &limits, true);
    struct netif *nif = stack_attach(r->s, NULL, &driver, NULL, 0);
    cr_assert_eq(netif_up(nif, 0), 0);
    places = 5;
    cr_assert_eq(send_one(nif, 60, NETBUF_MORE, 0), 0);
    cr_assert_eq(send_one(nif, 60, NETBUF_MORE, 0), 0);
    cr_assert_eq(rung, 0);
    cr_assert_eq(send_one(nif, 60, 0, 0), 0);
    cr_assert(rung == 3 && kicks == 0);
    cr_assert_eq(send_one(nif, 60, NETBUF_MORE, 0), 0);
    cr_assert_eq(send_one(nif, 60, NETBUF_MORE, 0), 0);
    cr_assert_eq(send_one(nif, 60, NETBUF_MORE, 0), 0, "waits");
    cr_assert(rung == 5 && kicks == 1);
    cr_assert_eq(send_one(nif, 60, NETBUF_MORE, 0), 0, "waits");
    places = 20;
    netif_flush(nif, 0);
    cr_assert(posted == 7 && rung == 7 && kicks == 2, "two that waited, one doorbell");
    rig_close(r);
}

/* What the device cuts up may be longer than the MTU, as long as it says, and as the knob lets it.
 */
Test(netif, what_is_to_be_cut_up_may_be_long)
{
    static const struct netif_driver driver = {
        .name = "cuts", .state_size = 8, .probe = with_doorbell, .send = post, .headroom = 11};
    struct stack_limits limits = stack_full_config.limits;
    limits.netifs = 3;
    struct rig *r = rig_open(NULL, &limits, true);
    struct netif *nif = stack_attach(r->s, NULL, &driver, NULL, 0);
    cr_assert_eq(netif_up(nif, 0), 0);
    cr_assert_eq(nif->headroom, 28, "Ethernet's 14 and the driver's 11, up to a multiple of 4");
    cr_assert_eq(r->nif->headroom, 16);
    cr_assert_eq(stack_netif(r->s, "lo")->headroom, 0);
    posted = 0;
    places = 20;
    cr_assert_eq(send_one(nif, 1515, 0, 0), -ERR_MSGSIZE);
    cr_assert_eq(send_one(nif, 5000, 0, 1000), 0);
    cr_assert_eq(send_one(nif, 5001, 0, 1000), -ERR_MSGSIZE);
    cr_assert_eq(send_one(r->nif, 5000, 0, 1000), -ERR_MSGSIZE, "cuts up nothing");
    cr_assert_eq(stack_knob_set(r->s, "core.offload", 0), 0);
    cr_assert_eq(send_one(nif, 5000, 0, 1000), -ERR_MSGSIZE);
    rig_close(r);
}
