/* The RTL8139's receiver: filters, the byte ring, overflow. Values were measured on QEMU 7.2 unless
 * a test says otherwise. */
#include "tests/nic/bench.h"

#include "sim/nic/fcs.h"

enum {
    RBSTART = 0x30,
    CR = 0x37,
    CAPR = 0x38,
    CBR = 0x3a,
    ISR = 0x3e,
    RCR = 0x44,
    MPC = 0x4c,
    RING = 0x1000
};
enum { AAP = 1, APM = 2, AM = 4, AB = 8, AER = 0x20, WRAP = 0x80, RBLEN = 0x800 };
static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t stranger[6] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};
static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};

static void ring(uint32_t rcr)
{
    bench_open("rtl8139");
    memset(bench.ram, 0xee, BENCH_RAM);
    reg_write(RBSTART, (uint32_t)bench.ram_at + RING);
    reg_write_width(CR, 1, 0x0c);
    reg_write(RCR, rcr);
}

static uint32_t cbr(void)
{
    return reg_read_width(CBR, 2);
}

static void read_up_to(uint32_t at)
{
    reg_write_width(CAPR, 2, (at - 16) & 0xffff);
}

static bool empty(void)
{
    return reg_read_width(CR, 1) & 1;
}

static void packet_is(uint32_t at, uint32_t status, const uint8_t *frame, uint32_t len)
{
    cr_assert_eq(ram_get16(RING + at), status, "status %x", ram_get16(RING + at));
    cr_assert_eq(ram_get16(RING + at + 2), len + 4);
    cr_assert_arr_eq(bench.ram + RING + at + 4, frame, len);
    uint32_t fcs = ram_get16(RING + at + 4 + len) | ram_get16(RING + at + 6 + len) << 16;
    cr_assert_eq(fcs, fcs_of(frame, len));
}

/* Status, length with the check sequence, data, check sequence; the next packet at a multiple of
 * four. */
Test(nic_rtl8139_rx, packets)
{
    ring(APM | AB);
    uint8_t frame[101];
    cr_assert(empty());
    frame_make(frame, bench_mac, 101);
    cr_assert_str_eq(receive(frame, 101), "");
    packet_is(0, 0x4001, frame, 101);
    cr_assert_eq(cbr(), 112); /* 4 + 101 + 4, rounded up */
    cr_assert_not(empty());
    frame_make(frame, broadcast, 60);
    cr_assert_str_eq(receive(frame, 60), "");
    packet_is(112, 0x2001, frame, 60);
    cr_assert_eq(cbr(), 180);
    cr_assert_eq(reg_read_width(ISR, 2), 1);
    read_up_to(112);
    cr_assert_eq(reg_read_width(CAPR, 2), 96);
    cr_assert_not(empty());
    read_up_to(180);
    cr_assert(empty());
    run_is_good();
}

Test(nic_rtl8139_rx, padding)
{
    ring(APM);
    uint8_t frame[60] = {0};
    frame_make(frame, bench_mac, 42);
    receive(frame, 42);
    packet_is(0, 0x4001, frame, 60);
}

/* AAP takes all and says of none why. */
Test(nic_rtl8139_rx, filters)
{
    ring(0);
    cr_assert_str_eq(receive_to(bench_mac, 60), "rtl8139.rx_filtered");
    cr_assert_str_eq(receive_to(broadcast, 60), "rtl8139.rx_filtered");
    reg_write(RCR, APM);
    cr_assert_str_eq(receive_to(bench_mac, 60), "");
    cr_assert_str_eq(receive_to(stranger, 60), "rtl8139.rx_filtered");
    reg_write(RCR, AB);
    cr_assert_str_eq(receive_to(broadcast, 60), "");
    cr_assert_str_eq(receive_to(group, 60), "rtl8139.rx_filtered");
    reg_write(RCR, AAP);
    cr_assert_str_eq(receive_to(stranger, 60), "");
    cr_assert_str_eq(receive_to(group, 60), "");
    cr_assert_str_eq(receive_to(broadcast, 60), "");
    cr_assert_eq(ram_get16(RING + 2 * 68), 0x0001);
    cr_assert_eq(ram_get16(RING + 4 * 68), 0x0001);
    cr_assert_eq(counter("rx_filtered"), 4);
    cr_assert_eq(counter("rx_frames"), 5);
}

/* 01:00:5e:00:00:01 has bit 31 of 64: the top six of the CRC, most significant bit first, as every
 * driver computes it. */
Test(nic_rtl8139_rx, multicast_hash)
{
    ring(AM);
    cr_assert_eq(fcs_hash(group) >> 26, 31);
    cr_assert_str_eq(receive_to(group, 60), "rtl8139.rx_filtered");
    reg_write(0x08, 1u << 31);
    cr_assert_str_eq(receive_to(group, 60), "");
    cr_assert_eq(ram_get16(RING), 0x8001);
    reg_write(0x08, ~(1u << 31));
    reg_write(0x0c, UINT32_MAX);
    cr_assert_str_eq(receive_to(group, 60), "rtl8139.rx_filtered");
}

Test(nic_rtl8139_rx, not_received)
{
    ring(APM);
    reg_write_width(CR, 1, 0x04);
    cr_assert_str_eq(receive_to(bench_mac, 60), "rtl8139.rx_disabled");
    reg_write_width(CR, 1, 0x0c);
    cr_assert(empty());
    nic_carrier(bench.nic, false);
    cr_assert_str_eq(receive_to(bench_mac, 60), "rtl8139.rx_link_down");
}

Test(nic_rtl8139_rx, bad_fcs)
{
    ring(APM);
    uint8_t frame[60];
    const char *reason = NULL;
    frame_make(frame, bench_mac, 60);
    cr_assert_not(nic_receive(bench.nic, frame, 60, true, &reason));
    cr_assert_str_eq(reason, "rtl8139.rx_bad_fcs");
    cr_assert_eq(reg_read_width(ISR, 2), 2);
    cr_assert(empty());
    reg_write(RCR, APM | AER);
    cr_assert(nic_receive(bench.nic, frame, 60, true, &reason));
    cr_assert_eq(ram_get16(RING), 0x4004);
}

/* LONG means more than 4 KiB: such a packet is not taken. */
Test(nic_rtl8139_rx, too_long)
{
    ring(APM);
    cr_assert_str_eq(receive_to(bench_mac, 4000), "");
    read_up_to(cbr());
    cr_assert_str_eq(receive_to(bench_mac, 4092), "");
    cr_assert_str_eq(receive_to(bench_mac, 4093), "rtl8139.rx_too_long");
}

/* 120 packets of 60 bytes fit 8 KiB, five of 1514. What does not fit waits in the FIFO, 2 KiB of
 * it (32 packets of 60 bytes and their FCS), and ROVW tells of the first. What is lost there is
 * counted in MPC, and FOVW tells. */
Test(nic_rtl8139_rx, overflow)
{
    ring(APM);
    for (int i = 0; i < 120; i++)
        cr_assert_str_eq(receive_to(bench_mac, 60), "");
    cr_assert_eq(cbr(), 0x1fe0);
    for (int i = 0; i < 32; i++) {
        reg_write_width(ISR, 2, 0xffff);
        cr_assert_str_eq(receive_to(bench_mac, 60), "");
        cr_assert_eq(reg_read_width(ISR, 2), i ? 0 : 0x10);
    }
    cr_assert_eq(reg_read(MPC), 0);
    cr_assert_str_eq(receive_to(bench_mac, 60), "rtl8139.rx_overflow");
    cr_assert_eq(reg_read_width(ISR, 2), 0x40);
    cr_assert_eq(reg_read(MPC), 1);
    cr_assert_eq(reg_read(MPC), 1);
    cr_assert_str_eq(receive_to(bench_mac, 60), "rtl8139.rx_overflow");
    cr_assert_eq(reg_read(MPC), 2);
    reg_write(MPC, 5);
    cr_assert_eq(reg_read(MPC), 0);
    read_up_to(68);
    cr_assert_eq(cbr(), 0x24); /* one has come into the ring */
    cr_assert_str_eq(receive_to(bench_mac, 60), "");
    cr_assert_eq(counter("rx_overflow"), 2);
}

/* A short packet does not slip past a long one that has to wait, though it would fit. Neither
 * acknowledging ROVW lets them go on nor a write of RCR; a write of CAPR that makes no room does
 * not, and says nothing anew; switching RE on empties the FIFO. */
Test(nic_rtl8139_rx, overflow_stands_still)
{
    ring(APM);
    for (int i = 0; i < 5; i++)
        receive_to(bench_mac, 1514);
    cr_assert_str_eq(receive_to(bench_mac, 1514), "");
    uint32_t at = cbr();
    reg_write_width(ISR, 2, 0xffff);
    reg_write(RCR, APM);
    cr_assert_str_eq(receive_to(bench_mac, 60), "");
    cr_assert_eq(cbr(), at);
    reg_write_width(CAPR, 2, 0xfff0);
    cr_assert_eq(cbr(), at);
    cr_assert_eq(reg_read_width(ISR, 2), 0);
    read_up_to(1000);
    cr_assert_eq(cbr(), (at + 1524) % 8192);
    cr_assert_eq(reg_read_width(ISR, 2), 0x11); /* the long one; the short one is first now */
    reg_write_width(CR, 1, 0x04);
    reg_write_width(CR, 1, 0x0c);
    cr_assert_eq(cbr(), 0);
    reg_write_width(CAPR, 2, 0xfff0);
    cr_assert_eq(cbr(), 0);
    cr_assert_str_eq(receive_to(bench_mac, 1514), "");
}

/* A packet that waited comes as it was, behind those that came before it. */
Test(nic_rtl8139_rx, fifo_keeps_octets)
{
    ring(APM);
    uint8_t frame[600];
    for (int i = 0; i < 5; i++)
        receive_to(bench_mac, 1514);
    frame_make(frame, bench_mac, sizeof frame);
    memset(frame + 100, 0x5a, 300);
    cr_assert_str_eq(receive(frame, sizeof frame), "");
    cr_assert_str_eq(receive_to(bench_mac, 1400), "");
    uint32_t at = cbr();
    read_up_to(3 * 1524);
    const uint8_t *header = bench.ram + RING + at;
    cr_assert_eq(header[0], 0x01);
    cr_assert_eq(header[2] | header[3] << 8, 604);
    cr_assert_arr_eq(header + 4, frame, 568);
    cr_assert_eq(cbr(), (at + 608 + 1408) % 8192);
}

/* Of 2 KiB a packet of 1514 octets and its FCS leave 530. */
Test(nic_rtl8139_rx, fifo_is_full)
{
    ring(APM);
    for (int i = 0; i < 6; i++)
        cr_assert_str_eq(receive_to(bench_mac, 1514), "");
    cr_assert_str_eq(receive_to(bench_mac, 527), "rtl8139.rx_overflow");
    cr_assert_str_eq(receive_to(bench_mac, 526), "");
    cr_assert_str_eq(receive_to(bench_mac, 60), "rtl8139.rx_overflow");
    cr_assert_eq(reg_read(MPC), 2);
}

/* 8, 16, 32, 64 KiB: how many packets of 1514 bytes (1524 in the ring) fit; one more waits. */
Test(nic_rtl8139_rx, ring_sizes)
{
    for (uint32_t i = 0; i < 4; i++) {
        ring(APM | RBLEN * i);
        uint32_t fit = 0;
        while (receive_to(bench_mac, 1514)[0] == 0)
            fit++;
        cr_assert_eq(fit, ((8192u << i) - 1) / 1524 + 1, "ring %u: %u", i, fit);
    }
}

static void up_to_the_end(uint32_t ring_bytes)
{
    while (cbr() + 1524 <= ring_bytes) {
        cr_assert_str_eq(receive_to(bench_mac, 1514), "");
        read_up_to(cbr());
    }
}

/* WRAP off: the packet goes on at the start. */
Test(nic_rtl8139_rx, split_at_the_end)
{
    ring(APM);
    uint8_t frame[1514];
    frame_make(frame, bench_mac, 1514);
    up_to_the_end(8192);
    uint32_t at = cbr(), first = 8192 - at - 4;
    cr_assert_eq(at, 5 * 1524);
    cr_assert_str_eq(receive(frame, 1514), "");
    cr_assert_arr_eq(bench.ram + RING + at + 4, frame, first);
    cr_assert_arr_eq(bench.ram + RING, frame + first, 1514 - first);
    cr_assert_eq(bench.ram[RING + 8192], 0xee);
    cr_assert_eq(cbr(), at + 1524 - 8192);
}

/* WRAP on: it runs on past the end; the next is at that position modulo the size. */
Test(nic_rtl8139_rx, past_the_end)
{
    ring(APM | WRAP);
    uint8_t frame[1514];
    frame_make(frame, bench_mac, 1514);
    up_to_the_end(8192);
    uint32_t at = cbr();
    memset(bench.ram + RING, 0x77, 16);
    cr_assert_str_eq(receive(frame, 1514), "");
    packet_is(at, 0x4001, frame, 1514);
    cr_assert_eq(bench.ram[RING], 0x77);
    cr_assert_eq(cbr(), at + 1524 - 8192);
}

Test(nic_rtl8139_rx, wrap_is_ignored_with_64k)
{
    ring(APM | WRAP | 3 * RBLEN);
    up_to_the_end(65536);
    uint32_t at = cbr();
    receive_to(bench_mac, 1514);
    cr_assert_eq(bench.ram[RING + 65536], 0xee);
    cr_assert_eq(cbr(), at + 1524 - 65536);
}

/* RE going on starts at 0; RCR alone leaves the pointers (the silicon; QEMU sets them to 0). */
Test(nic_rtl8139_rx, pointers)
{
    ring(APM);
    receive_to(bench_mac, 60);
    read_up_to(68);
    reg_write(RCR, APM | AB);
    cr_assert_eq(cbr(), 68);
    cr_assert_eq(reg_read_width(CAPR, 2), 52);
    reg_write_width(CR, 1, 0x0c);
    cr_assert_eq(cbr(), 68);
    reg_write_width(CR, 1, 0x04);
    reg_write_width(CR, 1, 0x0c);
    cr_assert_eq(cbr(), 0);
    cr_assert_eq(reg_read_width(CAPR, 2), 0xfff0);
    cr_assert(empty());
}

/* A ring may be given like payload; one that was taken back is the driver's. */
Test(nic_rtl8139_rx, ring_changes_hands)
{
    ring(APM);
    give_to_fill(RING, 8192);
    cr_assert_str_eq(receive_to(bench_mac, 60), "");
    run_is_good();
    take_back(RING, 8192);
    receive_to(bench_mac, 60);
    run_failed("a ring in payload that the driver has taken back");
}

Test(nic_rtl8139_rx, no_ring)
{
    bench_open("rtl8139");
    reg_write_width(CR, 1, 0x0c);
    reg_write(RCR, APM);
    receive_to(bench_mac, 60);
    run_failed("dut.rtl8139: DMA write at 0x0, 68 bytes: not all of it is guest memory");
}
