/* The drivers on registers that a test moves by hand: full rings, hangs, and what the RTL8139's
 * ring may hold. */
#include <criterion/criterion.h>
#include <string.h>

#include "stack/driver/e1000_private.h"
#include "stack/driver/rtl8139_private.h"
#include "tests/driver/fake_bus.h"
#include "tests/driver/rig.h"

static const int64_t second = 1000000000;
static struct fake_bus fake;
static _Alignas(4096) uint8_t region[NICRIG_REGION];
static struct stack *stack;
static struct netif *eth0;
static int packets;                   /* that the RTL8139's ring holds */
static int resets, reset_left, early; /* begun; reads until one is over; writes before that */

/* --- an E1000 that never sends --- */

/* A reset takes until it was asked for three times. */
enum { RESET_READS = 3 };

static void e1000_reset_begins(struct fake_bus *f, uint32_t off, int width, uint32_t value)
{
    (void)f, (void)width;
    early += reset_left > 0;
    if (off == E1000_CTRL && (value & E1000_CTRL_RST)) {
        resets++;
        reset_left = RESET_READS;
    }
}

static void e1000_reset_ends(struct fake_bus *f, uint32_t off, int width)
{
    (void)width;
    if (off == E1000_CTRL && reset_left > 0 && --reset_left == 0)
        fake_put32(f->reg + E1000_CTRL, fake_get32(f->reg + E1000_CTRL) & ~E1000_CTRL_RST);
}

static void e1000_setup(void)
{
    fake_bus_init(&fake);
    struct fake_function *fn = fake_function_add(&fake, 0, 2, 0, 0x8086, 0x100e);
    fn->bar_writable[0] = 0xfffe0000;
    fn->config[0x3d] = 1;
    fake.after_write = e1000_reset_begins;
    fake.before_read = e1000_reset_ends;
    resets = reset_left = early = 0;
    fake_put32(fake.reg + E1000_RAL0, 0x12005452);
    fake_put32(fake.reg + E1000_RAH0, 0x80005634);
    fake_put32(fake.reg + E1000_STATUS, E1000_STATUS_LU);
    stack = nicrig_stack(region);
    eth0 = nicrig_probe(stack, &fake.bus);
    cr_assert_not_null(eth0);
}

/* --- an RTL8139 likewise --- */

static void rtl_buffer_empty(struct fake_bus *f, uint32_t off, int width)
{
    (void)width;
    if (off != RTL_CR)
        return;
    if (reset_left > 0 && --reset_left == 0)
        f->reg[RTL_CR] &= (uint8_t)~RTL_CR_RST;
    f->reg[RTL_CR] = (uint8_t)((f->reg[RTL_CR] & ~RTL_CR_BUFE) | (packets == 0));
}

static void rtl_consumed(struct fake_bus *f, uint32_t off, int width, uint32_t value)
{
    (void)f, (void)width;
    early += reset_left > 0;
    if (off == RTL_CR && (value & RTL_CR_RST)) {
        resets++;
        reset_left = RESET_READS;
    }
    if (off == RTL_CAPR && packets > 0)
        packets--;
}

static void rtl_setup(void)
{
    fake_bus_init(&fake);
    packets = 0;
    struct fake_function *fn = fake_function_add(&fake, 0, 2, 0, 0x10ec, 0x8139);
    fn->bar_writable[0] = 0xff00;
    fn->bar_writable[1] = 0xffffff00;
    fn->config[0x10] = 1;
    resets = reset_left = early = 0;
    fake.before_read = rtl_buffer_empty;
    fake.after_write = rtl_consumed;
    memcpy(fake.reg, "\x52\x54\x00\x12\x34\x56", 6);
    stack = nicrig_stack(region);
    eth0 = nicrig_probe(stack, &fake.bus);
    cr_assert_not_null(eth0);
}

static void tear_down(void)
{
    stack_stop(stack, 20 * second);
    cr_assert_eq(nicrig_free_frames(stack), NICRIG_POOL);
    cr_assert_eq(fake.given, 0, "stop takes back all that was given");
}

/* --- interrupts --- */

/* The line is shared: who reads no cause has not interrupted. All ones is what a card reads as that
 * is gone. Neither is touched. */
static void not_ours(uint32_t reg, uint32_t gone, int width)
{
    memset(fake.reg + reg, 0, 4);
    int before = fake.accesses;
    cr_assert_eq(fake.isr(fake.isr_ctx), 0);
    cr_assert_eq(fake.accesses, before + 1);
    memset(fake.reg + reg, 0xff, (size_t)width);
    cr_assert_eq(fake.isr(fake.isr_ctx), 0, "causes 0x%x", gone);
    cr_assert_eq(fake.accesses, before + 2);
    memset(fake.reg + reg, 0, 4);
    tear_down();
}

Test(driver_stuck, e1000_interrupt_of_another, .init = e1000_setup)
{
    not_ours(E1000_ICR, UINT32_MAX, 4);
}

Test(driver_stuck, rtl8139_interrupt_of_another, .init = rtl_setup)
{
    not_ours(RTL_ISR, 0xffff, 2);
}

/* --- transmission --- */

static void fill_ring(int room)
{
    uint32_t before = nicrig_free_frames(stack);
    for (int i = 0; i < room; i++)
        cr_assert_eq(nicrig_send(eth0, 100, 1, 0), 0);
    cr_assert_eq(eth0->waiting[0].count, 0u);
    cr_assert_eq(nicrig_send(eth0, 100, 1, 0), 0);
    cr_assert_eq(nicrig_counter(stack, "eth0.tx_ring_full"), 1u);
    cr_assert_eq(eth0->waiting[0].count, 1u);
    cr_assert_eq(nicrig_free_frames(stack), before - (uint32_t)room - 1);
}

static void hang_and_recover(int room)
{
    fill_ring(room);
    uint32_t lost = (uint32_t)room, before = nicrig_free_frames(stack);
    cr_assert_eq(stack_poll(stack, 0), 5 * second);
    cr_assert_eq(stack_poll(stack, 5 * second - 1), 5 * second);
    cr_assert_eq(nicrig_counter(stack, "eth0.tx_hang"), 0u);
    cr_assert_eq(stack_poll(stack, 5 * second), 10 * second, "what waited is in the ring");
    cr_assert_eq(eth0->waiting[0].count, 0u);
    cr_assert_eq(nicrig_counter(stack, "eth0.tx_hang"), 1u);
    cr_assert_eq(nicrig_counter(stack, "eth0.tx_errors"), lost);
    cr_assert_eq(nicrig_free_frames(stack), before + lost);
    cr_assert_eq(nicrig_send(eth0, 100, 1, 6 * second), 0);
    cr_assert_eq(stack_poll(stack, 6 * second), 10 * second);
}

/* 31 of 32 descriptors can be in flight (TDT == TDH is an empty ring); nothing sent for 5 s resets
 * the device. */
Test(driver_stuck, e1000_transmit_hang, .init = e1000_setup)
{
    hang_and_recover(E1000_TX_RING - 1);
    cr_assert_eq(fake_get32(fake.reg + E1000_TDT), 2u, "the ring starts anew");
    tear_down();
}

/* Nothing is written to a device that is still being reset; it is, before it is used, when it
 * hangs, and when it is put down. */
static void reset_each_time(int room)
{
    cr_assert_eq(resets, 1);
    hang_and_recover(room);
    cr_assert_eq(resets, 2);
    tear_down();
    cr_assert_eq(resets, 3);
    cr_assert_eq(early, 0);
}

Test(driver_stuck, e1000_reset, .init = e1000_setup)
{
    reset_each_time(E1000_TX_RING - 1);
}

Test(driver_stuck, rtl8139_reset, .init = rtl_setup)
{
    reset_each_time(RTL_TX_SLOTS);
}

/* All four descriptors can be in flight. */
enum { CUT = 65000, LINK_AND_IP = 14 + 20, TCP_HEADER = 32 };

/* TCP's, from its header on, to be cut into segments of 1,448 octets. */
static struct netbuf *to_be_cut(void)
{
    struct netbuf *nb = netif_packet(eth0, 20, TCP_HEADER + CUT);
    cr_assert_not_null(nb);
    memset(netbuf_data(nb), 0, netbuf_len(nb));
    netbuf_owe_sum(nb, 16, 0x1234, false);
    netbuf_cut(nb, TCP_HEADER, 1448);
    memset(netbuf_push(nb, LINK_AND_IP), 0x77, LINK_AND_IP);
    nb->net_at = nb->start + 14;
    return nb;
}

/* What the device is told of a packet that it cuts up: the headers' places and lengths, then the
 * packet in pieces, of which the last has EOP. */
Test(driver_stuck, e1000_cut_in_pieces, .init = e1000_setup)
{
    const struct e1000 *d = eth0->state;
    struct netbuf *nb = to_be_cut();
    uint32_t header = LINK_AND_IP + TCP_HEADER, at = 0;
    cr_assert_eq(netbuf_frames(nb), 45u, "44 whole ones and 1,288 octets");
    cr_assert_eq(netif_send(eth0, nb, 0), 0);
    uint64_t places = 14 | 24 << 8 | 33 << 16 | (uint64_t)34 << 32 | (uint64_t)50 << 40;
    cr_assert_eq(ring_load64(d->bus, d->tx_ring), places);
    cr_assert_eq(ring_load32(d->bus, d->tx_ring + 8), CUT | 0x27000000u, "DEXT, TSE, IP, TCP");
    cr_assert_eq(ring_load32(d->bus, d->tx_ring + 12), header << 8 | 1448u << 16);
    for (int i = 1; i <= 8; i++) {
        uint8_t *piece = d->tx_ring + 16 * i;
        uint32_t len = ring_load32(d->bus, piece + 8) & 0xfffff;
        cr_assert_eq(ring_load64(d->bus, piece), netif_device_address(eth0, nb) + at);
        cr_assert_eq(ring_load32(d->bus, piece + 8) >> 20, i == 8 ? 0x2f1u : 0x261u);
        cr_assert_eq(ring_load32(d->bus, piece + 12) & 0xff00, 0x0300u, "both sums");
        at += len;
    }
    cr_assert_eq(at, header + CUT);
    cr_assert_eq(nb->base[nb->net_at + 10] | nb->base[nb->net_at + 11], 0, "summed over zeros");
    cr_assert_eq(eth0->tx_frames, 45u);
    cr_assert_eq(eth0->tx_bytes, CUT + 45u * header);
    cr_assert_eq(nicrig_counter(stack, "eth0.tx_cut"), 1u);
    cr_assert_eq(nicrig_counter(stack, "eth0.tx_summed"), 45u);
    tear_down();
}

/* Nine descriptors each of 31. */
Test(driver_stuck, e1000_cut_fills_ring, .init = e1000_setup)
{
    for (int i = 0; i < 4; i++)
        cr_assert_eq(netif_send(eth0, to_be_cut(), 0), 0);
    cr_assert_eq(nicrig_counter(stack, "eth0.tx_ring_full"), 1u);
    cr_assert_eq(eth0->waiting[0].count, 1u);
    tear_down();
}

/* The knob is off meanwhile: nobody cuts it up. */
Test(driver_stuck, e1000_cut_no_more, .init = e1000_setup)
{
    struct netbuf *nb = to_be_cut();
    cr_assert_eq(stack_knob_set(stack, "core.offload", 0), 0);
    cr_assert_eq(netif_cuts(eth0), 0u);
    cr_assert_eq(netif_send(eth0, nb, 0), -ERR_MSGSIZE);
    cr_assert_eq(nicrig_counter(stack, "core.drop.tx_too_long"), 1u);
    tear_down();
}

Test(driver_stuck, rtl8139_transmit_hang, .init = rtl_setup)
{
    hang_and_recover(RTL_TX_SLOTS);
    cr_assert_eq(fake_get32(fake.reg + RTL_TSD0) & 0x1fff, 100u,
                 "the first slot is used first again");
    tear_down();
}

/* What waits behind a full ring is bounded: the newest is dropped under its name, and told. */
Test(driver_stuck, queue_full, .init = rtl_setup)
{
    for (int i = 0; i < RTL_TX_SLOTS + NETIF_TX_QUEUE; i++)
        cr_assert_eq(nicrig_send(eth0, 100, 1, 0), 0);
    uint32_t before = nicrig_free_frames(stack);
    cr_assert_eq(nicrig_send(eth0, 100, 1, 0), -ERR_NOBUFS);
    cr_assert_eq(nicrig_counter(stack, "core.drop.tx_ring_full"), 1u);
    cr_assert_eq(nicrig_free_frames(stack), before, "the refused frame is not kept");
    fake.reg[RTL_TSD0 + 1] |= 0xa0; /* OWN, TOK */
    stack_poll(stack, 0);
    cr_assert_eq(eth0->waiting[0].count, NETIF_TX_QUEUE - 1u);
    tear_down();
    cr_assert_eq(nicrig_counter(stack, "core.drop.tx_down"), NETIF_TX_QUEUE - 1u);
}

/* Progress, however slow, keeps the watchdog away; the last completion disarms it. */
Test(driver_stuck, e1000_transmit_slow, .init = e1000_setup)
{
    struct e1000 *d = eth0->state;
    cr_assert_eq(nicrig_send(eth0, 100, 1, 0), 0);
    cr_assert_eq(nicrig_send(eth0, 100, 2, 0), 0);
    cr_assert_eq(stack_poll(stack, 0), 5 * second);
    d->tx_ring[E1000_TX_STATUS] = E1000_TX_DD;
    cr_assert_eq(stack_poll(stack, 5 * second), 10 * second);
    d->tx_ring[E1000_DESC_BYTES + E1000_TX_STATUS] = E1000_TX_DD;
    cr_assert_eq(stack_poll(stack, 10 * second), INT64_MAX);
    cr_assert_eq(nicrig_counter(stack, "eth0.tx_hang"), 0u);
    tear_down();
}

/* Frames go to the slots in turn, and each slot's buffer is 4-aligned. */
Test(driver_stuck, rtl8139_round_robin, .init = rtl_setup)
{
    for (uint32_t i = 0; i < 10; i++) {
        uint32_t slot = i % RTL_TX_SLOTS;
        cr_assert_eq(nicrig_send(eth0, 200 + i, 1, 0), 0);
        cr_assert_eq(fake_get32(fake.reg + RTL_TSD0 + 4 * slot) & 0x1fff, 200 + i);
        cr_assert_eq(fake_get32(fake.reg + RTL_TSAD0 + 4 * slot) % 4, 0u);
        fake.reg[RTL_TSD0 + 4 * slot + 1] |= 0xa0; /* OWN, TOK */
    }
    stack_poll(stack, 0);
    tear_down();
}

/* An aborted frame ends with an error, and CLRABT sets the transmitter going again. */
Test(driver_stuck, rtl8139_transmit_abort, .init = rtl_setup)
{
    cr_assert_eq(nicrig_send(eth0, 200, 1, 0), 0);
    fake.reg[RTL_TSD0 + 3] |= 0x40; /* TABT */
    cr_assert_eq(stack_poll(stack, 0), INT64_MAX);
    cr_assert_eq(nicrig_counter(stack, "eth0.tx_error"), 1u);
    cr_assert_eq(nicrig_counter(stack, "eth0.tx_errors"), 1u);
    cr_assert_eq(fake_get32(fake.reg + RTL_TCR) & 1, 1u);
    tear_down();
}

/* --- the E1000's receive ring --- */

/* As the device writes it back; `status` has DD and, for the last of a frame, EOP. */
static void write_back(uint32_t slot, uint16_t length, uint8_t status, uint8_t errors)
{
    struct e1000 *d = eth0->state;
    uint8_t *desc = d->rx_ring + slot * E1000_DESC_BYTES;
    desc[E1000_RX_LENGTH] = (uint8_t)length;
    desc[E1000_RX_LENGTH + 1] = (uint8_t)(length >> 8);
    desc[E1000_RX_STATUS] = status;
    desc[E1000_RX_ERRORS] = errors;
}

static void poll_woken(int64_t now_ns, int64_t due)
{
    netif_wake(eth0);
    cr_assert_eq(stack_poll(stack, now_ns), due);
}

/* A descriptor goes back with a fresh buffer and its other half zeroed: QEMU's device ORs into it.
 */
Test(driver_stuck, e1000_receive_recycles, .init = e1000_setup)
{
    static const uint8_t zero[8];
    struct e1000 *d = eth0->state;
    struct netbuf *first = d->rx[0];
    cr_assert_eq(fake_get32(fake.reg + E1000_RDT), 31u, "one descriptor stays behind");
    nicrig_fill(netbuf_data(first), 100, 1);
    write_back(0, 100, E1000_RX_DD | E1000_RX_EOP, 0);
    poll_woken(0, INT64_MAX);
    cr_assert_eq(nicrig_received.count, 1);
    cr_assert_eq(nicrig_received.frame[0].len, 100u);
    cr_assert_neq(d->rx[0], first);
    cr_assert_arr_eq(d->rx_ring + E1000_DESC_REST, zero, 8);
    cr_assert_eq(fake_get32(d->rx_ring), (uint32_t)netif_device_address(eth0, d->rx[0]));
    cr_assert_eq(fake_get32(fake.reg + E1000_RDT), 0u);
    tear_down();
}

/* What is no whole good frame is dropped under its name, and its buffer serves again. */
Test(driver_stuck, e1000_receive_bad, .init = e1000_setup)
{
    struct e1000 *d = eth0->state;
    struct netbuf *first = d->rx[0];
    write_back(0, 100, E1000_RX_DD | E1000_RX_EOP, 0x01); /* CE */
    write_back(1, 0, E1000_RX_DD | E1000_RX_EOP, 0);
    write_back(2, 2048, E1000_RX_DD, 0); /* goes on in the next */
    write_back(3, 2048, E1000_RX_DD, 0);
    write_back(4, 100, E1000_RX_DD | E1000_RX_EOP, 0);   /* its tail is no frame */
    write_back(5, 60, E1000_RX_DD | E1000_RX_EOP, 0x60); /* the unused checksum offload's bits */
    poll_woken(0, INT64_MAX);
    cr_assert_eq(nicrig_received.count, 1);
    cr_assert_eq(nicrig_received.frame[0].len, 60u);
    cr_assert_eq(nicrig_counter(stack, "eth0.rx_error"), 1u);
    cr_assert_eq(nicrig_counter(stack, "eth0.rx_length_bad"), 1u);
    cr_assert_eq(nicrig_counter(stack, "eth0.rx_fragment"), 1u);
    cr_assert_eq(d->rx[0], first);
    cr_assert_eq(fake_get32(fake.reg + E1000_RDT), 5u);
    tear_down();
}

/* --- the RTL8139's receive ring --- */

static uint8_t *ring(void)
{
    return eth0->ring;
}

static void put_header(uint32_t at, uint16_t status, uint16_t length)
{
    ring()[at] = (uint8_t)status;
    ring()[at + 1] = (uint8_t)(status >> 8);
    ring()[at + 2] = (uint8_t)length;
    ring()[at + 3] = (uint8_t)(length >> 8);
}

static uint32_t capr(void)
{
    return fake.reg[RTL_CAPR] | (uint32_t)fake.reg[RTL_CAPR + 1] << 8;
}

static int64_t rtl_poll(int64_t now_ns)
{
    netif_wake(eth0);
    return stack_poll(stack, now_ns);
}

/* CAPR is the read pointer less 16, in 16 bits. */
Test(driver_stuck, rtl8139_capr, .init = rtl_setup)
{
    cr_assert_eq(rtl_capr(0), 0xfff0);
    cr_assert_eq(rtl_capr(16), 0);
    cr_assert_eq(rtl_capr(4), 0xfff4);
    cr_assert_eq(rtl_capr(32764), 32748);
    cr_assert_eq(capr(), 0xfff0u, "an empty ring at the start");
}

/* The next packet is behind header and data (the length counts the FCS), at a multiple of 4, within
 * the ring. */
Test(driver_stuck, rtl8139_next_packet)
{
    cr_assert_eq(rtl_next_packet(0, 64), 68u);
    cr_assert_eq(rtl_next_packet(0, 65), 72u);
    cr_assert_eq(rtl_next_packet(68, 1518), 1592u);
    cr_assert_eq(rtl_next_packet(32764, 64), 64u);
    cr_assert_eq(rtl_next_packet(32768 - 68, 64), 0u);
}

/* A packet that meets the ring's end goes on at its start, wherever the end cuts it. */
Test(driver_stuck, rtl8139_receive_across_end, .init = rtl_setup)
{
    struct rtl8139 *d = eth0->state;
    for (uint32_t before_end = 4; before_end <= 72; before_end += 4) {
        uint32_t at = RTL_RX_RING - before_end;
        uint8_t want[60];
        nicrig_fill(want, sizeof want, (uint8_t)before_end);
        d->rx_at = at;
        put_header(at, RTL_RX_ROK, 64);
        for (uint32_t i = 0; i < sizeof want; i++)
            ring()[(at + 4 + i) % RTL_RX_RING] = want[i];
        packets = 1;
        nicrig_received.count = 0;
        rtl_poll(0);
        cr_assert_eq(nicrig_received.count, 1);
        cr_assert_eq(nicrig_received.frame[0].len, 60u);
        cr_assert_arr_eq(nicrig_received.frame[0].bytes, want, 60);
        cr_assert_eq(capr(), ((at + 68) % RTL_RX_RING - 16) & 0xffff);
    }
    tear_down();
}

static void bad_header(uint16_t status, uint16_t length)
{
    struct rtl8139 *d = eth0->state;
    uint64_t before = nicrig_counter(stack, "eth0.rx_header_bad");
    d->rx_at = 4096;
    put_header(4096, status, length);
    fake.reg[RTL_CBR] = 68; /* the chip's own pointer: 4096 + 68 */
    fake.reg[RTL_CBR + 1] = 16;
    packets = 1;
    rtl_poll(0);
    cr_assert_eq(nicrig_received.count, 0);
    cr_assert_eq(nicrig_counter(stack, "eth0.rx_header_bad"), before + 1);
    cr_assert_eq(capr(), 4096u + 68 - 16,
                 "reception goes on where the chip says that it will write");
}

/* A header that cannot be true restarts the receiver, and is counted. */
Test(driver_stuck, rtl8139_receive_bad_header, .init = rtl_setup)
{
    bad_header(RTL_RX_ROK, 0);
    bad_header(RTL_RX_ROK, 17);
    bad_header(0, 64);
    bad_header(RTL_RX_ROK, 1523); /* longer than a frame, and the chip's CBR does not bear it out */
    bad_header(RTL_RX_ROK, 0xffff);
    tear_down();
}

/* A frame longer than we take, which the chip did write, is stepped over. */
Test(driver_stuck, rtl8139_receive_oversize, .init = rtl_setup)
{
    struct rtl8139 *d = eth0->state;
    put_header(0, RTL_RX_ROK, 4004);
    fake.reg[RTL_CBR] = 0xa8; /* 4008 */
    fake.reg[RTL_CBR + 1] = 0x0f;
    packets = 1;
    rtl_poll(0);
    cr_assert_eq(nicrig_received.count, 0);
    cr_assert_eq(nicrig_counter(stack, "eth0.rx_oversize"), 1u);
    cr_assert_eq(nicrig_counter(stack, "eth0.rx_header_bad"), 0u);
    cr_assert_eq(d->rx_at, 4008u);
    tear_down();
}

/* While the chip still writes the packet its length is 0xfff0: we come back later, not for ever. */
Test(driver_stuck, rtl8139_receive_unfinished, .init = rtl_setup)
{
    put_header(0, RTL_RX_ROK, 0xfff0);
    packets = 1;
    int64_t due = rtl_poll(0);
    cr_assert_eq(due, 1000000);
    cr_assert_eq(nicrig_received.count, 0);
    put_header(0, RTL_RX_ROK, 64);
    cr_assert_eq(stack_poll(stack, due), INT64_MAX);
    cr_assert_eq(nicrig_received.count, 1);
    put_header(68, RTL_RX_ROK, 0xfff0);
    packets = 1;
    for (due = rtl_poll(second); due != INT64_MAX; due = stack_poll(stack, due))
        cr_assert_leq(due, 2 * second);
    cr_assert_eq(nicrig_counter(stack, "eth0.rx_header_bad"), 1u);
    tear_down();
}

static int capr_writes;

static void count_capr(struct fake_bus *f, uint32_t off, int width, uint32_t value)
{
    capr_writes += off == RTL_CAPR;
    rtl_consumed(f, off, width, value);
}

/* After an overflow, with the ring read empty, CAPR is written once more and ROVW and FOVW are
 * cleared: that is what sets the chip going again. */
Test(driver_stuck, rtl8139_receive_overflow, .init = rtl_setup)
{
    put_header(0, RTL_RX_ROK, 64);
    packets = 1;
    fake.after_write = count_capr;
    fake.reg[RTL_ISR] = RTL_ROK | RTL_ROVW;
    cr_assert_eq(fake.isr(fake.isr_ctx), 1);
    cr_assert_eq(fake.reg[RTL_ISR], RTL_ROK | RTL_ROVW, "all causes are acknowledged");
    cr_assert_eq(fake.reg[RTL_IMR] | fake.reg[RTL_IMR + 1], 0, "and masked");
    cr_assert_eq(stack_poll(stack, 0), INT64_MAX);
    cr_assert_eq(nicrig_received.count, 1);
    cr_assert_eq(nicrig_counter(stack, "eth0.rx_overrun"), 1u);
    cr_assert_eq(capr_writes, 2);
    cr_assert_eq(fake.reg[RTL_ISR], RTL_ROVW | RTL_FOVW);
    cr_assert_neq(fake.reg[RTL_IMR], 0, "and unmasked again");
    tear_down();
}
