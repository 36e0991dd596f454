/* The 82540EM's receiver: filters, buffers, write-back, overrun. */
#include "tests/nic/bench.h"

#include "sim/nic/fcs.h"

enum {
    RING = 0x1000,
    BUFFERS = 0x4000,
    BUFFER = 2048,
    COUNT = 8,
    RCTL = 0x100,
    RDH = 0x2810,
    RDT = 0x2818,
    ICR = 0xc0,
    IMS = 0xd0
};
#define EN    (1u << 1)
#define SBP   (1u << 2)
#define UPE   (1u << 3)
#define MPE   (1u << 4)
#define LPE   (1u << 5)
#define BAM   (1u << 15)
#define BSEX  (1u << 25)
#define SECRC (1u << 26)
static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t stranger[6] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};
static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};

static uint32_t buffer(uint32_t index)
{
    return BUFFERS + BUFFER * index;
}

/* A ring of `count` descriptors with garbage where the device writes; all but one are the device's.
 */
static void ring(uint32_t count, uint32_t rctl)
{
    bench_open("e1000");
    give_to_fill(BUFFERS, BUFFER * count);
    for (uint32_t i = 0; i < count; i++) {
        ram_put64(RING + 16 * i, bench.ram_at + buffer(i));
        ram_put64(RING + 16 * i + 8, 0xddddddddccccccccu);
    }
    reg_write(0x2800, (uint32_t)bench.ram_at + RING);
    reg_write(0x2808, 16 * count);
    reg_write(RDH, 0);
    reg_write(RDT, count - 1);
    reg_write(RCTL, rctl);
}

static uint32_t rx_length(uint32_t i)
{
    return ram_get16(RING + 16 * i + 8);
}

static uint32_t rx_status(uint32_t i)
{
    return bench.ram[RING + 16 * i + 12];
}

static uint32_t rx_errors(uint32_t i)
{
    return bench.ram[RING + 16 * i + 13];
}

static const uint8_t *rx_bytes(uint32_t i)
{
    take_back(buffer(i), BUFFER);
    return bench.ram + buffer(i);
}

/* DD, EOP and IXSM; the descriptor's second half is overwritten and not mixed with what was there.
 */
Test(nic_e1000_rx, one_frame)
{
    ring(COUNT, EN | SECRC);
    uint8_t frame[100];
    frame_make(frame, bench_mac, sizeof frame);
    reg_write(IMS, 0x80);
    cr_assert_str_eq(receive(frame, sizeof frame), "");
    cr_assert_eq(rx_length(0), 100);
    cr_assert_eq(rx_status(0), 0x07);
    cr_assert_eq(rx_errors(0), 0);
    cr_assert_eq(ram_get16(RING + 14), 0);
    cr_assert_arr_eq(rx_bytes(0), frame, 100);
    cr_assert_eq(rx_status(1), 0xdd & 0xff);
    cr_assert_eq(reg_read(RDH), 1);
    cr_assert(machine_interrupt_pending(bench.machine) == false); /* nobody is attached */
    cr_assert_eq(reg_read(ICR), 0x80);
    cr_assert_eq(counter("rx_frames"), 1);
    run_is_good();
}

/* The packet checksum is the one's complement sum from RXCSUM.PCSS on (the manual). */
Test(nic_e1000_rx, packet_checksum)
{
    ring(COUNT, EN | SECRC);
    uint8_t frame[60] = {0};
    memcpy(frame, bench_mac, 6);
    frame[14] = 0x12, frame[15] = 0x34, frame[16] = 0xff, frame[17] = 0xff, frame[59] = 0x01;
    reg_write(0x5000, 14);
    receive(frame, sizeof frame);
    cr_assert_eq(ram_get16(RING + 10), 0x1235); /* 0x1234 + 0xffff + 0x0001, carries folded */
}

/* With SECRC clear the length counts four more bytes, and they are the check sequence. */
Test(nic_e1000_rx, fcs_in_memory)
{
    ring(COUNT, EN);
    uint8_t frame[61];
    frame_make(frame, bench_mac, sizeof frame);
    receive(frame, sizeof frame);
    cr_assert_eq(rx_length(0), 65);
    const uint8_t *p = rx_bytes(0);
    cr_assert_arr_eq(p, frame, 61);
    uint32_t fcs = fcs_of(frame, 61);
    cr_assert_eq(p[61] | (uint32_t)p[62] << 8 | (uint32_t)p[63] << 16 | (uint32_t)p[64] << 24, fcs);
}

/* Short frames arrive padded: 60 bytes, 64 with the check sequence. */
Test(nic_e1000_rx, padding)
{
    ring(COUNT, EN | SECRC);
    uint8_t frame[42];
    frame_make(frame, bench_mac, sizeof frame);
    receive(frame, sizeof frame);
    reg_write(RCTL, EN);
    receive(frame, sizeof frame);
    cr_assert_eq(rx_length(0), 60);
    cr_assert_eq(rx_length(1), 64);
    const uint8_t *p = rx_bytes(0);
    cr_assert_arr_eq(p, frame, 42);
    for (int i = 42; i < 60; i++)
        cr_assert_eq(p[i], 0);
}

Test(nic_e1000_rx, spans_descriptors)
{
    ring(COUNT, EN | LPE | SECRC | 3u << 16); /* 256 bytes a buffer */
    uint8_t frame[600];
    frame_make(frame, bench_mac, sizeof frame);
    cr_assert_str_eq(receive(frame, sizeof frame), "");
    cr_assert_eq(rx_length(0), 256);
    cr_assert_eq(rx_status(0), 0x01);
    cr_assert_eq(rx_length(1), 256);
    cr_assert_eq(rx_status(1), 0x01);
    cr_assert_eq(rx_length(2), 88);
    cr_assert_eq(rx_status(2), 0x07);
    cr_assert_arr_eq(rx_bytes(0), frame, 256);
    cr_assert_arr_eq(rx_bytes(2), frame + 512, 88);
    cr_assert_eq(reg_read(RDH), 3);
}

/* 2048, 1024, 512, 256; with BSEX 16384, 8192, 4096, and 2048 for the reserved value. */
Test(nic_e1000_rx, buffer_sizes)
{
    static const uint32_t sizes[8] = {2048, 1024, 512, 256, 2048, 16384, 8192, 4096};
    for (uint32_t i = 0; i < 8; i++) {
        ring(16, EN | LPE | SECRC | UPE | (i & 3) << 16 | (i >= 4 ? BSEX : 0));
        uint32_t len = sizes[i] < 16384 ? sizes[i] + 1 : 9000;
        cr_assert_str_eq(receive_to(stranger, len), "");
        cr_assert_eq(rx_length(0), sizes[i] < 16384 ? sizes[i] : 9000, "size %u", i);
        cr_assert_eq(reg_read(RDH), sizes[i] < 16384 ? 2 : 1);
    }
}

/* 1522 bytes with the check sequence pass (the manual; QEMU does not count it), with LPE 16384. */
Test(nic_e1000_rx, too_long)
{
    ring(16, EN | SECRC);
    cr_assert_str_eq(receive_to(bench_mac, 1518), "");
    cr_assert_str_eq(receive_to(bench_mac, 1519), "e1000.rx_too_long");
    cr_assert_eq(reg_read(0x40ac), 1);
    cr_assert_eq(reg_read(0x40ac), 0);
    reg_write(RCTL, EN | SECRC | LPE);
    cr_assert_str_eq(receive_to(bench_mac, 1519), "");
    cr_assert_str_eq(receive_to(bench_mac, 16380), "");
    cr_assert_str_eq(receive_to(bench_mac, 16381), "e1000.rx_too_long");
    cr_assert_eq(counter("rx_too_long"), 2);
}

/* RDH equal to RDT: nothing is free. What comes waits in the FIFO and counts in RNBC (13.7.33);
 * a write of RDT brings it. */
Test(nic_e1000_rx, overrun)
{
    ring(COUNT, EN | BAM | SECRC);
    for (int i = 0; i < 7; i++)
        cr_assert_str_eq(receive_to(broadcast, 60), "");
    reg_read(ICR);
    cr_assert_str_eq(receive_to(broadcast, 61), "");
    cr_assert_str_eq(receive_to(broadcast, 62), "");
    cr_assert_eq(reg_read(ICR), 0);
    cr_assert_eq(reg_read(0x4010), 0);
    cr_assert_eq(reg_read(0x40a0), 2);
    cr_assert_eq(reg_read(0x40a0), 0);
    cr_assert_eq(reg_read(0x4074), 9);
    reg_write(RDT, 0);
    cr_assert_eq(reg_read(RDH), 0);
    cr_assert_eq(rx_length(7), 61);
    cr_assert_eq(reg_read(ICR), 0x80);
    reg_write(RDT, 2);
    cr_assert_eq(reg_read(RDH), 1);
    cr_assert_eq(rx_length(0), 62);
    cr_assert_eq(counter("rx_no_descriptor"), 0);
    run_is_good();
}

static uint32_t taken_until_full(uint32_t len)
{
    uint32_t taken = 0;
    while (receive_to(broadcast, len)[0] == 0)
        taken++;
    return taken;
}

/* PBA gives the receiver 48 KiB: 32 packets of 1514 octets, 1520 each with the FCS in words of
 * eight. What finds no room is lost: MPC and RXO (13.7.5), and RNBC counts it as well. */
Test(nic_e1000_rx, fifo_is_full)
{
    ring(COUNT, EN | BAM | SECRC);
    cr_assert_eq(taken_until_full(1514), 7 + 32);
    cr_assert_eq(reg_read(ICR) & 0x40, 0x40);
    cr_assert_eq(reg_read(0x4010), 1);
    cr_assert_eq(reg_read(0x40a0), 33);
    cr_assert_eq(counter("rx_no_descriptor"), 1);
    cr_assert_str_eq(receive_to(broadcast, 508), ""); /* 49152 - 32 * 1520 */
    cr_assert_str_eq(receive_to(broadcast, 60), "e1000.rx_no_descriptor");
    reg_write(0, reg_read(0) | 1u << 26); /* CTRL.RST empties it */
    ring(COUNT, EN | BAM | SECRC);
    cr_assert_eq(reg_read(RDH), 0);
}

/* 13.4.16: the transmitter has what is left of 64 KiB. */
Test(nic_e1000_rx, fifo_of_eight_kib)
{
    ring(COUNT, EN | BAM | SECRC);
    reg_write(0x1000, 0xffff0008);
    cr_assert_eq(reg_read(0x1000), 0x00380008);
    cr_assert_eq(taken_until_full(60), 7 + 128);
    run_is_good();
    reg_write(0x1000, 9);
    run_failed("PBA gives the receiver 9 KiB: a multiple of 8 up to 64 is right");
}

/* The FIFO wraps as often as it likes, and keeps order and octets. */
Test(nic_e1000_rx, fifo_keeps_order)
{
    ring(COUNT, EN | BAM | SECRC);
    uint32_t length = 60, next = 60;
    for (uint32_t i = 0; i < 7; i++)
        receive_to(broadcast, length++);
    for (uint32_t turn = 0; turn < 300; turn++) {
        while (receive_to(broadcast, length)[0] == 0)
            length++;
        for (uint32_t i = 0; i < 7; i++) {
            uint32_t at = (next - 60) % COUNT;
            cr_assert_eq(rx_length(at), next, "turn %u: %u, not %u", turn, rx_length(at), next);
            next++;
            ram_put64(RING + 16 * at + 8, 0);
            reg_write(RDT, at);
        }
        if (length > 1000)
            break;
    }
    run_is_good();
}

/* Some but too few: what there are, is filled; the rest waits for the others. */
Test(nic_e1000_rx, overrun_in_part)
{
    ring(COUNT, EN | BAM | SECRC | 3u << 16);
    reg_write(RDT, 4);
    reg_read(ICR);
    cr_assert_str_eq(receive_to(broadcast, 1514), "");
    cr_assert_eq(reg_read(RDH), 4);
    cr_assert_eq(rx_status(3), 0x01);
    cr_assert_eq(reg_read(ICR) & 0x80, 0);
    cr_assert_eq(reg_read(0x40a0), 0);
    reg_write(RDT, 7);
    cr_assert_eq(reg_read(RDH), 6);
    cr_assert_eq(rx_length(5), 1514 - 5 * 256);
    cr_assert_eq(rx_status(5) & 3, 0x03);
    cr_assert_eq(reg_read(ICR) & 0x80, 0x80);
    cr_assert_eq(reg_read(0x4010), 0);
    run_is_good();
}

/* RXDMT0 when the free ones become RDLEN >> (1 + RDMTS) (3.2.7.3): 8, 4, 2 of 16. */
Test(nic_e1000_rx, low_threshold)
{
    for (uint32_t rdmts = 0; rdmts < 3; rdmts++) {
        ring(16, EN | BAM | SECRC | rdmts << 8);
        for (uint32_t free = 14; free > 0; free--) {
            receive_to(broadcast, 60);
            cr_assert_eq(reg_read(ICR), 0x80u | (free == 8u >> rdmts ? 0x10 : 0),
                         "RDMTS %u, free %u", rdmts, free);
        }
    }
}

Test(nic_e1000_rx, disabled)
{
    ring(COUNT, BAM | SECRC);
    cr_assert_str_eq(receive_to(broadcast, 60), "e1000.rx_disabled");
    reg_write(RCTL, EN | BAM | SECRC);
    cr_assert_eq(reg_read(RDH), 0); /* gone for good */
    cr_assert_str_eq(receive_to(broadcast, 60), "");
}

Test(nic_e1000_rx, link_down)
{
    ring(COUNT, EN | BAM);
    nic_carrier(bench.nic, false);
    cr_assert_str_eq(receive_to(broadcast, 60), "e1000.rx_link_down");
}

/* --- filters --- */

Test(nic_e1000_rx, unicast_filter)
{
    ring(COUNT, EN | SECRC);
    cr_assert_str_eq(receive_to(bench_mac, 60), "");
    cr_assert_str_eq(receive_to(stranger, 60), "e1000.rx_filtered");
    cr_assert_str_eq(receive_to(broadcast, 60), "e1000.rx_filtered");
    reg_write(0x5428, 0x33221102); /* RAL5, RAH5 */
    cr_assert_str_eq(receive_to(stranger, 60), "e1000.rx_filtered");
    reg_write(0x542c, 0x80005544);
    cr_assert_str_eq(receive_to(stranger, 60), "");
    cr_assert_eq(rx_status(1), 0x07);
    reg_write(0x5404, 0x5634); /* AV off: not even its own */
    cr_assert_str_eq(receive_to(bench_mac, 60), "e1000.rx_filtered");
    cr_assert_eq(counter("rx_filtered"), 4);
}

/* PIF (bit 7) says that software must look for itself. */
Test(nic_e1000_rx, promiscuous)
{
    ring(COUNT, EN | SECRC | UPE);
    cr_assert_str_eq(receive_to(stranger, 60), "");
    cr_assert_eq(rx_status(0), 0x87);
    cr_assert_str_eq(receive_to(bench_mac, 60), "");
    cr_assert_eq(rx_status(1), 0x07);
    cr_assert_str_eq(receive_to(group, 60), "e1000.rx_filtered");
    cr_assert_str_eq(receive_to(broadcast, 60), "e1000.rx_filtered");
    reg_write(RCTL, EN | SECRC | MPE);
    cr_assert_str_eq(receive_to(group, 60), "");
    cr_assert_str_eq(receive_to(broadcast, 60), "");
    cr_assert_str_eq(receive_to(stranger, 60), "e1000.rx_filtered");
    reg_write(RCTL, EN | SECRC | BAM);
    cr_assert_str_eq(receive_to(broadcast, 60), "");
    cr_assert_str_eq(receive_to(group, 60), "e1000.rx_filtered");
}

/* Hash = (byte 5 << 8 | byte 4) >> {4, 3, 2, 0}, 12 bits of it. For 01:00:5e:01:02:03: 0x0302. */
Test(nic_e1000_rx, multicast_table)
{
    static const uint32_t hash[4] = {0x030, 0x060, 0x0c0, 0x302};
    for (uint32_t mo = 0; mo < 4; mo++) {
        ring(COUNT, EN | SECRC | mo << 12);
        cr_assert_str_eq(receive_to(group, 60), "e1000.rx_filtered");
        reg_write(0x5200 + 4 * (hash[mo] / 32), 1u << hash[mo] % 32);
        cr_assert_str_eq(receive_to(group, 60), "", "MO %u", mo);
        cr_assert_eq(rx_status(0), 0x87);
    }
}

Test(nic_e1000_rx, bad_fcs)
{
    ring(COUNT, EN | SECRC);
    uint8_t frame[60];
    const char *reason = NULL;
    frame_make(frame, bench_mac, 60);
    cr_assert_not(nic_receive(bench.nic, frame, 60, true, &reason));
    cr_assert_str_eq(reason, "e1000.rx_bad_fcs");
    cr_assert_eq(reg_read(0x4000), 1);
    frame[0] ^= 2; /* somebody else's is filtered first */
    cr_assert_not(nic_receive(bench.nic, frame, 60, true, &reason));
    cr_assert_str_eq(reason, "e1000.rx_filtered");
    frame[0] ^= 2;
    reg_write(RCTL, EN | SBP);
    cr_assert(nic_receive(bench.nic, frame, 60, true, &reason));
    cr_assert_eq(rx_errors(0), 1);
    const uint8_t *p = rx_bytes(0);
    cr_assert_neq(p[60] | (uint32_t)p[61] << 8 | (uint32_t)p[62] << 16 | (uint32_t)p[63] << 24,
                  fcs_of(frame, 60));
}

/* --- the rest --- */

/* The chip reads descriptors ahead: one that the tail has passed is no longer the driver's to
 * change. */
Test(nic_e1000_rx, descriptors_are_prefetched)
{
    ring(COUNT, EN | BAM | SECRC);
    ram_put64(RING, bench.ram_at + buffer(5));
    receive_to(broadcast, 60);
    cr_assert_eq(rx_bytes(0)[0], 0xff);
}

Test(nic_e1000_rx, no_buffer_in_descriptor)
{
    ring(COUNT, BAM | SECRC);
    ram_put64(RING, 0);
    reg_write(RCTL, EN | BAM | SECRC);
    receive_to(broadcast, 60);
    run_failed("receive descriptor 0 has no buffer");
}

/* A tag comes out into the descriptor with CTRL.VME; VFE asks the table. */
Test(nic_e1000_rx, vlan)
{
    ring(COUNT, EN | SECRC);
    uint8_t frame[64];
    frame_make(frame, bench_mac, sizeof frame);
    frame[12] = 0x81, frame[13] = 0x00, frame[14] = 0x20, frame[15] = 0x05;
    receive(frame, sizeof frame);
    cr_assert_eq(rx_length(0), 64);
    reg_write(0, reg_read(0) | 1u << 30);
    receive(frame, sizeof frame);
    cr_assert_eq(rx_length(1), 60);
    cr_assert_eq(rx_status(1), 0x0f);
    cr_assert_eq(ram_get16(RING + 16 + 14), 0x2005);
    const uint8_t *p = rx_bytes(1);
    cr_assert_arr_eq(p, frame, 12);
    cr_assert_arr_eq(p + 12, frame + 16, 48);
    reg_write(RCTL, EN | SECRC | 1u << 18);
    cr_assert_str_eq(receive(frame, sizeof frame), "e1000.rx_filtered");
    reg_write(0x5600, 1u << 5);
    cr_assert_str_eq(receive(frame, sizeof frame), "");
}

/* An IPv4 header and a UDP datagram of zeroes but for what the sums need. */
static void udp_frame(uint8_t frame[60])
{
    static const uint8_t packet[] = {0x08, 0x00, 0x45, 0, 0, 30, 0,    0,    0,    0,    64,
                                     17,   0x76, 0xcd, 1, 1, 1,  1,    0x01, 0x00, 0x01, 0x01,
                                     0,    7,    0,    7, 0, 10, 0xfa, 0xc7, 1,    2};
    memset(frame, 0, 60);
    memcpy(frame, bench_mac, 6);
    memcpy(frame + 12, packet, sizeof packet);
}

/* IXSM says "ignore these"; with RXCSUM's enables IPCS and TCPCS say "checked", IPE and TCPE
 * "wrong". */
Test(nic_e1000_rx, checksum_offload)
{
    ring(COUNT, EN | SECRC);
    uint8_t frame[60];
    udp_frame(frame);
    receive(frame, 60);
    cr_assert_eq(rx_status(0), 0x07);
    reg_write(0x5000, 3u << 8);
    receive(frame, 60);
    cr_assert_eq(rx_status(1), 0x63);
    cr_assert_eq(rx_errors(1), 0);
    frame[43] ^= 1;
    receive(frame, 60);
    cr_assert_eq(rx_status(2), 0x63);
    cr_assert_eq(rx_errors(2), 0x20);
    frame[43] ^= 1, frame[22] ^= 1;
    receive(frame, 60);
    cr_assert_eq(rx_errors(3), 0x40);
    frame[22] ^= 1, frame[40] = frame[41] = 0; /* no checksum was sent */
    receive(frame, 60);
    cr_assert_eq(rx_status(4), 0x43);
    cr_assert_eq(rx_errors(4), 0);
}

/* Good packets and octets count the check sequence; all clear when they are read. */
Test(nic_e1000_rx, statistics)
{
    ring(COUNT, EN | BAM | SECRC);
    receive_to(broadcast, 60);
    receive_to(bench_mac, 100);
    receive_to(stranger, 200);
    cr_assert_eq(reg_read(0x4074), 2);
    cr_assert_eq(reg_read(0x4074), 0);
    cr_assert_eq(reg_read(0x4078), 1);
    cr_assert_eq(reg_read(0x405c), 1);
    cr_assert_eq(reg_read(0x4060), 1);
    cr_assert_eq(reg_read(0x4088), 168);
    cr_assert_eq(reg_read(0x408c), 0);
    cr_assert_eq(reg_read(0x4088), 0);
    cr_assert_eq(reg_read(0x40d0), 3);
    cr_assert_eq(reg_read(0x40c0), 372);
}

static void ack(void)
{
    reg_read(ICR);
}

/* RDTR counts 1.024 us from the last frame, RADV from the first. */
Test(nic_e1000_rx, interrupt_delay)
{
    struct why why = {{0}};
    ring(16, EN | BAM | SECRC);
    bench.on_isr = ack;
    bench_attach_isr();
    reg_write(IMS, 0x80);
    reg_write(0x2820, 10);
    reg_write(0x282c, 15);
    receive_to(broadcast, 60);
    machine_interrupts(bench.machine);
    cr_assert_eq(world_run(bench.world, 10239, &why), 0);
    cr_assert_eq(bench.isr_calls, 0);
    receive_to(broadcast, 60);
    cr_assert_eq(world_run(bench.world, 15359, &why), 0);
    cr_assert_eq(bench.isr_calls, 0);
    cr_assert_eq(world_run(bench.world, 15360, &why), 0);
    cr_assert_eq(bench.isr_calls, 1);
    cr_assert_eq(world_run(bench.world, 1000000, &why), 0);
    cr_assert_eq(bench.isr_calls, 1);
}

/* By length with the check sequence: 64, up to 127, 255, 511, 1023, the rest. */
Test(nic_e1000_rx, statistics_by_size)
{
    static const uint32_t edges[] = {60, 123, 251, 507, 1019, 1518};
    for (uint32_t class = 0; class < 6; class ++) {
        ring(COUNT, EN | SECRC);
        receive_to(bench_mac, edges[class]);
        cr_assert_eq(reg_read(0x405c + 4 * class), 1);
        if (class < 5) {
            receive_to(bench_mac, edges[class] + 1);
            cr_assert_eq(reg_read(0x405c + 4 * (class + 1)), 1);
        }
        cr_assert_eq(reg_read(0x407c), 0);
        reg_write(RCTL, EN | SECRC | MPE);
        receive_to(group, 60);
        cr_assert_eq(reg_read(0x407c), 1);
        cr_assert_eq(reg_read(0x4078), 0);
    }
}

/* Each check by itself; what has no such sum says nothing of it. */
Test(nic_e1000_rx, checksum_offload_in_part)
{
    uint8_t frame[60];
    ring(16, EN | SECRC);
    udp_frame(frame);
    reg_write(0x5000, 1u << 8);
    receive(frame, 60);
    cr_assert_eq(rx_status(0), 0x43);
    reg_write(0x5000, 2u << 8);
    receive(frame, 60);
    cr_assert_eq(rx_status(1), 0x23);
    frame[20] = 0x20; /* more fragments: only the IP sum, wrong now, could be checked */
    receive(frame, 60);
    cr_assert_eq(rx_status(2), 0x03);
    frame[20] = 0;
    frame[17] = 27; /* a datagram too short for UDP */
    receive(frame, 60);
    cr_assert_eq(rx_status(3), 0x03);
    frame[17] = 47; /* longer than the frame */
    receive(frame, 60);
    cr_assert_eq(rx_status(4), 0x07);
    frame[17] = 30, frame[14] = 0x44; /* IHL 4 */
    receive(frame, 60);
    cr_assert_eq(rx_status(5), 0x07);
    frame[14] = 0x45, frame[23] = 1; /* ICMP */
    receive(frame, 60);
    cr_assert_eq(rx_status(6), 0x03);
    frame[23] = 6; /* TCP needs 20 bytes */
    receive(frame, 60);
    cr_assert_eq(rx_status(7), 0x03);
    frame[12] = 0x86;
    receive(frame, 60);
    cr_assert_eq(rx_status(8), 0x07);
}

/* The table has a bit for each of 4096 VLANs. */
Test(nic_e1000_rx, vlan_table)
{
    ring(COUNT, EN | SECRC | 1u << 18);
    uint8_t frame[64];
    frame_make(frame, bench_mac, sizeof frame);
    frame[12] = 0x81, frame[13] = 0x00, frame[14] = 0xe1, frame[15] = 0x23;
    cr_assert_str_eq(receive(frame, 64), ""); /* VME is off: no tag is seen */
    reg_write(0, reg_read(0) | 1u << 30);
    cr_assert_str_eq(receive(frame, 64), "e1000.rx_filtered");
    reg_write(0x5600 + 4 * (0x123 / 32), 1u << 0x123 % 32);
    cr_assert_str_eq(receive(frame, 64), "");
}

/* RDTR bit 31 flushes a delay that is running. */
Test(nic_e1000_rx, interrupt_flush)
{
    ring(COUNT, EN | BAM | SECRC);
    reg_write(0x2820, 10);
    reg_write(0x2820, 10 | 1u << 31);
    cr_assert_eq(reg_read(ICR), 0);
    receive_to(broadcast, 60);
    cr_assert_eq(reg_read(ICR), 0);
    reg_write(0x2820, 10 | 1u << 31);
    cr_assert_eq(reg_read(ICR), 0x80);
    cr_assert_eq(world_next(bench.world), NEVER);
}
