/* The 82540EM's transmitter: legacy and extended descriptors, checksums, segmentation. */
#include "tests/nic/bench.h"

#include "sim/nic/fcs.h"

enum {
    RING = 0x1000,
    DATA = 0x4000,
    COUNT = 8,
    TCTL = 0x400,
    TDH = 0x3810,
    TDT = 0x3818,
    ICR = 0xc0
};
enum {
    EOP = 1,
    IFCS = 2,
    IC = 4,
    TSE = 4,
    RS = 8,
    DEXT = 0x20,
    VLE = 0x40,
    IDE = 0x80,
    IXSM = 1,
    TXSM = 2
};
#define EN  2u
#define PSP 8u

static uint32_t tail;
static uint8_t frame[16384];

static void open_ring(uint32_t tctl)
{
    bench_open("e1000");
    tail = 0;
    frame_make(frame, bench_mac, sizeof frame);
    ram_put(DATA, frame, sizeof frame);
    give_to_read(DATA, sizeof frame);
    reg_write(0x3800, (uint32_t)bench.ram_at + RING);
    reg_write(0x3808, 16 * COUNT);
    reg_write(TCTL, tctl);
}

/* Data comes from offset `at` of the frame. `extra` is byte 13 and up. */
static void descriptor(uint32_t at, uint32_t len, uint32_t cso, uint32_t command, uint32_t extra)
{
    uint32_t d = RING + 16 * (tail++ % COUNT);
    ram_put64(d, bench.ram_at + DATA + at);
    ram_put64(d + 8, len | (uint64_t)cso << 16 | (uint64_t)command << 24 | (uint64_t)extra << 40);
}

static void legacy(uint32_t at, uint32_t len, uint32_t command)
{
    descriptor(at, len, 0, command, 0);
}

static void data(uint32_t at, uint32_t len, uint32_t command, uint32_t popts)
{
    descriptor(at, len, 0x10, command | DEXT, popts);
}

struct context {
    uint32_t ipcss, ipcso, ipcse, tucss, tucso, tucse, paylen, command, hdrlen, mss;
};

static void context(struct context c)
{
    uint32_t d = RING + 16 * (tail++ % COUNT);
    ram_put64(d, c.ipcss | c.ipcso << 8 | c.ipcse << 16 |
                     (uint64_t)(c.tucss | c.tucso << 8 | c.tucse << 16) << 32);
    ram_put64(d + 8, c.paylen | (uint64_t)(c.command | DEXT) << 24 | (uint64_t)c.hdrlen << 40 |
                         (uint64_t)c.mss << 48);
}

static void doorbell(void)
{
    reg_write(TDT, tail % COUNT);
}

static uint32_t done(uint32_t i)
{
    return bench.ram[RING + 16 * i + 12];
}

/* RS asks for DD; the causes are TXDW and TXQE. */
Test(nic_e1000_tx, one_frame)
{
    open_ring(EN | PSP);
    legacy(0, 100, EOP | IFCS | RS);
    doorbell();
    cr_assert_eq(bench.sent, 1);
    cr_assert_eq(bench.sent_len[0], 100);
    cr_assert_arr_eq(bench.sent_bytes[0], frame, 100);
    cr_assert_eq(done(0), 1);
    cr_assert_eq(reg_read(TDH), 1);
    cr_assert_eq(reg_read(ICR), 3);
    run_is_good();
}

Test(nic_e1000_tx, no_report_no_done)
{
    open_ring(EN | PSP);
    legacy(0, 100, EOP | IFCS);
    doorbell();
    cr_assert_eq(bench.sent, 1);
    cr_assert_eq(done(0), 0);
    cr_assert_eq(reg_read(ICR), 2);
}

/* Pieces until EOP make one packet, also across doorbells. */
Test(nic_e1000_tx, pieces)
{
    open_ring(EN | PSP);
    legacy(0, 14, RS);
    legacy(14, 50, 0);
    doorbell();
    cr_assert_eq(bench.sent, 0);
    cr_assert_eq(done(0), 1);
    legacy(64, 36, EOP | IFCS);
    doorbell();
    cr_assert_eq(bench.sent, 1);
    cr_assert_eq(bench.sent_len[0], 100);
    cr_assert_arr_eq(bench.sent_bytes[0], frame, 100);
}

Test(nic_e1000_tx, ring_wraps)
{
    open_ring(EN | PSP);
    for (uint32_t i = 0; i < 20; i++) {
        legacy(0, 60 + i, EOP | IFCS | RS);
        doorbell();
        cr_assert_eq(bench.sent_len[i], 60 + i);
        cr_assert_eq(reg_read(TDH), (i + 1) % COUNT);
    }
    run_is_good();
}

static void sent_by(int64_t now_ns, int frames, uint32_t head)
{
    world_run(bench.world, now_ns, NULL);
    cr_assert_eq(bench.sent, frames, "%d frames", bench.sent);
    cr_assert_eq(reg_read(TDH), head, "TDH %u", reg_read(TDH));
}

/* A slow transmitter: a packet at a time, done is told with each, TXQE with the last. */
Test(nic_e1000_tx, slow)
{
    open_ring(EN | PSP);
    nic_set_tx_delay(bench.nic, 1000);
    legacy(0, 100, EOP | IFCS | RS);
    legacy(0, 30, RS);
    legacy(30, 40, EOP | IFCS | RS);
    doorbell();
    sent_by(999, 0, 0);
    cr_assert_eq(done(0), 0);
    cr_assert_eq(reg_read(ICR), 0);
    sent_by(1000, 1, 1);
    cr_assert_eq(done(0), 1);
    cr_assert_eq(done(1), 0);
    cr_assert_eq(reg_read(ICR), 1);
    legacy(0, 110, EOP | IFCS | RS);
    doorbell();
    sent_by(1999, 1, 1);
    sent_by(2000, 2, 3);
    cr_assert_eq(bench.sent_len[1], 70);
    sent_by(3000, 3, 4);
    cr_assert_eq(reg_read(ICR), 3);
    run_is_good();
}

/* TCTL.EN off keeps what has not been sent, a reset forgets it. */
Test(nic_e1000_tx, slow_and_stopped)
{
    open_ring(EN | PSP);
    nic_set_tx_delay(bench.nic, 1000);
    legacy(0, 100, EOP | IFCS | RS);
    doorbell();
    reg_write(TCTL, PSP);
    sent_by(5000, 0, 0);
    reg_write(TCTL, EN | PSP);
    sent_by(5999, 0, 0);
    sent_by(6000, 1, 1);
    legacy(0, 100, EOP | IFCS | RS);
    doorbell();
    reg_write(0, 1u << 26);
    sent_by(9000, 1, 0);
    run_is_good();
}

/* TCTL.EN off: the tail is remembered and the frames go when it is switched on. */
Test(nic_e1000_tx, enabled_later)
{
    open_ring(PSP);
    legacy(0, 100, EOP | IFCS | RS);
    doorbell();
    cr_assert_eq(bench.sent, 0);
    reg_write(TCTL, EN | PSP);
    cr_assert_eq(bench.sent, 1);
}

/* With PSP short packets are padded to 60 bytes (the manual; QEMU does not pad). */
Test(nic_e1000_tx, padding)
{
    open_ring(EN | PSP);
    legacy(0, 42, EOP | IFCS);
    doorbell();
    cr_assert_eq(bench.sent_len[0], 60);
    cr_assert_arr_eq(bench.sent_bytes[0], frame, 42);
    for (int i = 42; i < 60; i++)
        cr_assert_eq(bench.sent_bytes[0][i], 0);
    reg_write(TCTL, EN);
    legacy(0, 42, EOP | IFCS);
    doorbell();
    cr_assert_eq(bench.sent_len[1], 42);
    run_is_good();
}

Test(nic_e1000_tx, too_short)
{
    open_ring(EN | PSP);
    legacy(0, 16, EOP | IFCS);
    doorbell();
    run_failed("a packet of 16 bytes is sent; the shortest with TCTL.PSP on is 17");
}

Test(nic_e1000_tx, too_short_unpadded)
{
    open_ring(EN);
    legacy(0, 31, EOP | IFCS);
    doorbell();
    run_failed("the shortest with TCTL.PSP off is 32");
}

/* Without IFCS the last four bytes must be the check sequence. */
Test(nic_e1000_tx, own_fcs)
{
    open_ring(EN | PSP);
    take_back(DATA, sizeof frame);
    uint32_t fcs = fcs_of(frame, 100);
    for (uint32_t i = 0; i < 4; i++)
        bench.ram[DATA + 100 + i] = (uint8_t)(fcs >> (8 * i));
    give_to_read(DATA, sizeof frame);
    legacy(0, 104, EOP | RS);
    doorbell();
    cr_assert_eq(bench.sent_len[0], 100);
    run_is_good();
    legacy(0, 103, EOP | RS);
    doorbell();
    cr_assert_eq(bench.sent, 1);
    run_failed("sent without IFCS");
}

Test(nic_e1000_tx, link_down)
{
    open_ring(EN | PSP);
    nic_carrier(bench.nic, false);
    legacy(0, 100, EOP | IFCS | RS);
    doorbell();
    cr_assert_eq(bench.sent, 0);
    cr_assert_eq(done(0), 1);
    cr_assert_eq(counter("tx_link_down"), 1);
}

/* VLE with CTRL.VME: the type from VET and the tag from the descriptor go in behind the addresses.
 */
Test(nic_e1000_tx, vlan)
{
    open_ring(EN | PSP);
    reg_write(0, reg_read(0) | 1u << 30);
    descriptor(0, 100, 0, EOP | IFCS | VLE, 0x2005 << 8);
    doorbell();
    static const uint8_t tag[] = {0x81, 0x00, 0x20, 0x05};
    cr_assert_eq(bench.sent_len[0], 104);
    cr_assert_arr_eq(bench.sent_bytes[0], frame, 12);
    cr_assert_arr_eq(bench.sent_bytes[0] + 12, tag, 4);
    cr_assert_arr_eq(bench.sent_bytes[0] + 16, frame + 12, 88);
}

/* Legacy IC (the manual; QEMU ignores it): the sum from CSS on, at CSO. */
Test(nic_e1000_tx, legacy_checksum)
{
    open_ring(EN | PSP);
    take_back(DATA, sizeof frame);
    memset(bench.ram + DATA + 14, 0, 86);
    bench.ram[DATA + 20] = 0x12, bench.ram[DATA + 21] = 0x34, bench.ram[DATA + 99] = 0x01;
    give_to_read(DATA, sizeof frame);
    descriptor(0, 100, 50, EOP | IFCS | IC, 14);
    doorbell();
    cr_assert_eq(bench.sent_bytes[0][50], 0xed); /* ~(0x1234 + 0x0001) */
    cr_assert_eq(bench.sent_bytes[0][51], 0xca);
}

Test(nic_e1000_tx, loopback)
{
    open_ring(EN | PSP);
    give_to_fill(0x10000, 2048);
    ram_put64(0x2000, bench.ram_at + 0x10000);
    reg_write(0x2800, (uint32_t)bench.ram_at + 0x2000);
    reg_write(0x2808, 128);
    reg_write(0x2818, 1);
    reg_write(0x100, 2 | 3 << 6 | 1 << 26);
    legacy(0, 100, EOP | IFCS);
    doorbell();
    cr_assert_eq(bench.sent, 0);
    cr_assert_eq(ram_get16(0x2008), 100);
    take_back(0x10000, 2048);
    cr_assert_arr_eq(bench.ram + 0x10000, frame, 100);
}

Test(nic_e1000_tx, statistics)
{
    open_ring(EN | PSP);
    legacy(0, 100, EOP | IFCS);
    legacy(0, 1514, EOP | IFCS);
    doorbell();
    cr_assert_eq(reg_read(0x4080), 2);
    cr_assert_eq(reg_read(0x40d4), 2);
    cr_assert_eq(reg_read(0x40c8), 1622);
    cr_assert_eq(reg_read(0x40dc), 1);
    cr_assert_eq(reg_read(0x40ec), 1);
    cr_assert_eq(reg_read(0x40d4), 0);
}

/* IDE with TIDV: TXDW waits 1.024 us a unit. */
Test(nic_e1000_tx, interrupt_delay)
{
    struct why why = {{0}};
    open_ring(EN | PSP);
    reg_write(0x3820, 10);
    legacy(0, 100, EOP | IFCS | RS | IDE);
    doorbell();
    cr_assert_eq(reg_read(ICR), 2);
    cr_assert_eq(world_run(bench.world, 10240, &why), 0);
    cr_assert_eq(reg_read(ICR), 1);
}

Test(nic_e1000_tx, payload_not_given)
{
    open_ring(EN | PSP);
    take_back(DATA, sizeof frame);
    legacy(0, 100, EOP | IFCS);
    doorbell();
    run_failed("DMA read at 0x104000, 100 bytes: payload that the driver has taken back");
}

Test(nic_e1000_tx, too_long)
{
    open_ring(EN | PSP);
    data(0, 16000, 0, 0);
    data(0, 289, EOP | IFCS, 0);
    doorbell();
    run_failed("a packet of more than 16288 bytes");
}

/* --- offload --- */

enum { IP = 14, TCP = 34, PAYLOAD = 54 };

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t sum16(const uint8_t *p, uint32_t len, uint32_t sum)
{
    for (uint32_t i = 0; i < len; i++)
        sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* 10.0.2.15 to 10.0.2.2, TCP, `flags`, id 0x1234, sequence 2^32 - 1000; the transport's field holds
 * `pseudo`. */
static void tcp_frame(uint32_t total, uint8_t flags, uint32_t pseudo)
{
    static const uint8_t headers[] = {0x08, 0x00, 0x45, 0,    0,    0,    0x12, 0x34, 0x40, 0, 64,
                                      6,    0,    0,    10,   0,    2,    15,   10,   0,    2, 2,
                                      0x10, 0,    0,    7,    0xff, 0xff, 0xfc, 0x18, 0,    0, 0,
                                      9,    0x50, 0,    0x20, 0,    0,    0,    0,    0};
    take_back(DATA, sizeof frame);
    uint8_t *p = bench.ram + DATA;
    memcpy(p + 12, headers, sizeof headers);
    p[16] = (uint8_t)(total >> 8);
    p[17] = (uint8_t)total;
    p[TCP + 13] = flags;
    p[TCP + 16] = (uint8_t)(pseudo >> 8);
    p[TCP + 17] = (uint8_t)pseudo;
    give_to_read(DATA, sizeof frame);
}

/* Pseudo header without its length: addresses and protocol. */
enum { PSEUDO = 0x0a00 + 0x020f + 0x0a00 + 0x0202 + 6 };

static void sums_are_right(const uint8_t *p, uint32_t len)
{
    cr_assert_eq(be16(p + IP + 2), len - IP);
    cr_assert_eq(sum16(p + IP, 20, 0), 0xffff);
    cr_assert_eq(sum16(p + TCP, len - TCP, PSEUDO + len - TCP), 0xffff);
}

/* The driver puts the pseudo header's sum, length included, into the field; POPTS asks for both
 * sums. */
Test(nic_e1000_tx, checksum_offload)
{
    open_ring(EN | PSP);
    tcp_frame(186, 0x18, PSEUDO + 166);
    context((struct context){IP, IP + 10, TCP - 1, TCP, TCP + 16, 0, 0, 3 | RS, 0, 0});
    data(0, 200, EOP | IFCS | RS, IXSM | TXSM);
    data(0, 200, EOP | IFCS, 0);
    doorbell();
    cr_assert_eq(done(0), 1); /* a context's too */
    sums_are_right(bench.sent_bytes[0], 200);
    cr_assert_eq(be16(bench.sent_bytes[1] + IP + 10),
                 0); /* the context stays, the options do not */
    run_is_good();
}

/* A UDP sum that comes to 0 leaves as 0xffff, a TCP one as 0. */
Test(nic_e1000_tx, checksum_zero)
{
    for (uint32_t tcp = 0; tcp < 2; tcp++) {
        open_ring(EN | PSP);
        take_back(DATA, sizeof frame);
        memset(bench.ram + DATA + 14, 0, 86);
        bench.ram[DATA + 50] = bench.ram[DATA + 51] = 0xff;
        give_to_read(DATA, sizeof frame);
        context((struct context){14, 24, 33, 34, 40, 0, 0, tcp, 0, 0});
        data(0, 100, EOP | IFCS, TXSM);
        doorbell();
        cr_assert_eq(be16(bench.sent_bytes[0] + 40), tcp ? 0 : 0xffff);
    }
}

Test(nic_e1000_tx, checksum_outside)
{
    open_ring(EN | PSP);
    context((struct context){14, 24, 33, 34, 99, 0, 0, 1, 0, 0});
    data(0, 100, EOP | IFCS, TXSM);
    doorbell();
    run_failed("checksum from 34 to 0 at 99 in a packet of 100 bytes");
}

static void segmented(uint32_t payload, uint32_t mss, uint8_t flags)
{
    tcp_frame(0, flags, PSEUDO);
    context((struct context){IP, IP + 10, TCP - 1, TCP, TCP + 16, 0, payload, 3 | TSE | RS, PAYLOAD,
                             mss});
}

static void segment_is(int i, uint32_t len, uint32_t offset, uint8_t flags)
{
    const uint8_t *p = bench.sent_bytes[i];
    cr_assert_eq(bench.sent_len[i], len, "segment %d is %u bytes", i, bench.sent_len[i]);
    sums_are_right(p, len);
    cr_assert_eq(be16(p + IP + 4), 0x1234u + (uint32_t)i);
    cr_assert_eq(be16(p + TCP + 4) << 16 | be16(p + TCP + 6), 0xfffffc18u + offset);
    cr_assert_eq(p[TCP + 13], flags);
    cr_assert_arr_eq(p + PAYLOAD, frame + PAYLOAD + offset, len - PAYLOAD);
}

/* 2500 bytes at MSS 1000: 1054, 1054, 554; id + 1, sequence + MSS, PSH and FIN only on the last. */
Test(nic_e1000_tx, segmentation)
{
    open_ring(EN | PSP);
    segmented(2500, 1000, 0x19);
    data(0, PAYLOAD + 2500, EOP | IFCS | RS | TSE, IXSM | TXSM);
    doorbell();
    cr_assert_eq(bench.sent, 3);
    segment_is(0, 1054, 0, 0x10);
    segment_is(1, 1054, 1000, 0x10);
    segment_is(2, 554, 2000, 0x19);
    cr_assert_eq(reg_read(0x40f8), 1);
    run_is_good();
}

/* An exact multiple ends with a full segment (QEMU adds an empty one). Header and payload in pieces
 * of their own. */
Test(nic_e1000_tx, segmentation_exact)
{
    open_ring(EN | PSP);
    segmented(3000, 1000, 0x18);
    data(0, 20, IFCS | TSE, IXSM | TXSM);
    data(20, PAYLOAD - 20 + 1, IFCS | TSE, 0);
    data(PAYLOAD + 1, 1999, IFCS | TSE, 0);
    data(PAYLOAD + 2000, 1000, EOP | IFCS | RS | TSE, 0);
    doorbell();
    cr_assert_eq(bench.sent, 3);
    segment_is(0, 1054, 0, 0x10);
    segment_is(1, 1054, 1000, 0x10);
    segment_is(2, 1054, 2000, 0x18);
    run_is_good();
}

Test(nic_e1000_tx, segmentation_of_one)
{
    open_ring(EN | PSP);
    segmented(1000, 1000, 0x18);
    data(0, PAYLOAD + 1000, EOP | IFCS | TSE, IXSM | TXSM);
    doorbell();
    cr_assert_eq(bench.sent, 1);
    segment_is(0, 1054, 0, 0x18);
}

Test(nic_e1000_tx, segmentation_wrong_length)
{
    open_ring(EN | PSP);
    segmented(2500, 1000, 0x18);
    data(0, PAYLOAD + 2400, EOP | IFCS | TSE, IXSM | TXSM);
    doorbell();
    run_failed("the descriptors hold 2454 bytes, HDRLEN 54 + PAYLEN 2500 say 2554");
}

Test(nic_e1000_tx, segmentation_too_much)
{
    open_ring(EN | PSP);
    segmented(2000, 1000, 0x18);
    data(0, PAYLOAD + 2001, EOP | IFCS | TSE, IXSM | TXSM);
    doorbell();
    run_failed("the descriptors hold more than HDRLEN 54 + PAYLEN 2000");
}

Test(nic_e1000_tx, segmentation_without_mss)
{
    open_ring(EN | PSP);
    segmented(2000, 0, 0x18);
    data(0, PAYLOAD + 2000, EOP | IFCS | TSE, IXSM | TXSM);
    doorbell();
    run_failed("TSE with a context of HDRLEN 54, MSS 0, PAYLEN 2000");
}

/* DTALEN has 20 bits: 66,000 bytes of payload in one descriptor. */
Test(nic_e1000_tx, segmentation_long)
{
    open_ring(EN | PSP);
    segmented(66000, 1460, 0x18);
    take_back(DATA, sizeof frame);
    give_to_read(DATA, PAYLOAD + 66000);
    uint32_t len = PAYLOAD + 66000;
    descriptor(0, len & 0xffff, 0x10 | len >> 16, EOP | IFCS | TSE | DEXT, IXSM | TXSM);
    doorbell();
    cr_assert_eq(bench.sent, 46);
    cr_assert_eq(bench.sent_len[44], 1514);
    cr_assert_eq(bench.sent_len[45], PAYLOAD + 66000 - 45 * 1460);
    sums_are_right(bench.sent_bytes[45], bench.sent_len[45]);
    run_is_good();
}

/* UDP over IPv4: the datagram's length is made right, there is no sequence number. */
Test(nic_e1000_tx, segmentation_of_udp)
{
    open_ring(EN | PSP);
    tcp_frame(0, 0, 0);
    take_back(DATA, sizeof frame);
    bench.ram[DATA + IP + 9] = 17;
    uint8_t *udp = bench.ram + DATA + TCP;
    udp[4] = udp[5] = 0;
    udp[6] = (PSEUDO - 6 + 17) >> 8;
    udp[7] = (PSEUDO - 6 + 17) & 0xff;
    give_to_read(DATA, sizeof frame);
    context((struct context){IP, IP + 10, TCP - 1, TCP, TCP + 6, 0, 1500, 2 | TSE, TCP + 8, 1000});
    data(0, TCP + 8 + 1500, EOP | IFCS | TSE, IXSM | TXSM);
    doorbell();
    cr_assert_eq(bench.sent, 2);
    for (int i = 0; i < 2; i++) {
        const uint8_t *p = bench.sent_bytes[i];
        uint32_t len = i ? 500 : 1000;
        cr_assert_eq(bench.sent_len[i], TCP + 8 + len);
        cr_assert_eq(be16(p + TCP + 4), 8 + len);
        cr_assert_eq(sum16(p + TCP, 8 + len, PSEUDO - 6 + 17 + 8 + len), 0xffff);
        cr_assert_eq(sum16(p + IP, 20, 0), 0xffff);
    }
    run_is_good();
}

/* IPv6 (IP clear in TUCMD): the payload length, and no header sum. */
Test(nic_e1000_tx, segmentation_of_ipv6)
{
    enum { HEADER = 14 + 40 + 20, TCP6 = 54 };
    open_ring(EN | PSP);
    take_back(DATA, sizeof frame);
    memset(bench.ram + DATA + 12, 0, HEADER - 12);
    bench.ram[DATA + 12] = 0x86, bench.ram[DATA + 13] = 0xdd, bench.ram[DATA + 14] = 0x60;
    bench.ram[DATA + TCP6 + 12] = 0x50;
    bench.ram[DATA + TCP6 + 17] = 6; /* the pseudo header of :: to :: */
    give_to_read(DATA, sizeof frame);
    context((struct context){14, 24, 53, TCP6, TCP6 + 16, 0, 1500, 1 | TSE, HEADER, 1000});
    data(0, HEADER + 1500, EOP | IFCS | TSE, TXSM);
    doorbell();
    cr_assert_eq(bench.sent, 2);
    cr_assert_eq(be16(bench.sent_bytes[0] + 18), 1020);
    cr_assert_eq(be16(bench.sent_bytes[1] + 18), 520);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t len = bench.sent_len[i] - TCP6;
        cr_assert_eq(sum16(bench.sent_bytes[i] + TCP6, len, 6 + len), 0xffff);
    }
    run_is_good();
}

/* TADV bounds from the first what TIDV puts off from the last. */
Test(nic_e1000_tx, interrupt_delay_bounded)
{
    struct why why = {{0}};
    open_ring(EN | PSP);
    reg_write(0x3820, 10);
    reg_write(0x382c, 15);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(world_run(bench.world, 5000 + i * 8000, &why), 0);
        legacy(0, 100, EOP | IFCS | RS | IDE);
        doorbell();
    }
    cr_assert_eq(reg_read(ICR), 2);
    cr_assert_eq(world_run(bench.world, 5000 + 15359, &why), 0);
    cr_assert_eq(reg_read(ICR), 0);
    cr_assert_eq(world_run(bench.world, 5000 + 15360, &why), 0);
    cr_assert_eq(reg_read(ICR), 1);
    cr_assert_eq(world_next(bench.world), NEVER);
}

Test(nic_e1000_tx, statistics_of_groups)
{
    open_ring(EN | PSP);
    take_back(DATA, sizeof frame);
    memset(bench.ram + DATA + 1000, 0xff, 6);
    bench.ram[DATA + 2000] = 1;
    give_to_read(DATA, sizeof frame);
    legacy(0, 60, EOP | IFCS);
    legacy(1000, 60, EOP | IFCS);
    legacy(2000, 60, EOP | IFCS);
    doorbell();
    cr_assert_eq(reg_read(0x40f4), 1);
    cr_assert_eq(reg_read(0x40f0), 1);
    cr_assert_eq(reg_read(0x40d8), 3);
    cr_assert_eq(reg_read(0x4090), 192);
    cr_assert_eq(reg_read(0x4090), 192); /* the high half clears both */
    cr_assert_eq(reg_read(0x4094), 0);
    cr_assert_eq(reg_read(0x4090), 0);
}

Test(nic_e1000_tx, unknown_type)
{
    open_ring(EN | PSP);
    descriptor(0, 100, 0x20, EOP | IFCS | DEXT, 0);
    doorbell();
    run_failed("transmit descriptor 0 has type 2");
}
