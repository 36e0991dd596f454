/* What the 82540EM's transmitter does for its driver: checksums and segmentation. */
#include "tests/nic/e1000_transmit.h"

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
Test(nic_e1000_offload, checksum_offload)
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
Test(nic_e1000_offload, checksum_zero)
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

Test(nic_e1000_offload, checksum_outside)
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
Test(nic_e1000_offload, segmentation)
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
Test(nic_e1000_offload, segmentation_exact)
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

Test(nic_e1000_offload, segmentation_of_one)
{
    open_ring(EN | PSP);
    segmented(1000, 1000, 0x18);
    data(0, PAYLOAD + 1000, EOP | IFCS | TSE, IXSM | TXSM);
    doorbell();
    cr_assert_eq(bench.sent, 1);
    segment_is(0, 1054, 0, 0x18);
}

Test(nic_e1000_offload, segmentation_wrong_length)
{
    open_ring(EN | PSP);
    segmented(2500, 1000, 0x18);
    data(0, PAYLOAD + 2400, EOP | IFCS | TSE, IXSM | TXSM);
    doorbell();
    run_failed("the descriptors hold 2454 bytes, HDRLEN 54 + PAYLEN 2500 say 2554");
}

Test(nic_e1000_offload, segmentation_too_much)
{
    open_ring(EN | PSP);
    segmented(2000, 1000, 0x18);
    data(0, PAYLOAD + 2001, EOP | IFCS | TSE, IXSM | TXSM);
    doorbell();
    run_failed("the descriptors hold more than HDRLEN 54 + PAYLEN 2000");
}

Test(nic_e1000_offload, segmentation_without_mss)
{
    open_ring(EN | PSP);
    segmented(2000, 0, 0x18);
    data(0, PAYLOAD + 2000, EOP | IFCS | TSE, IXSM | TXSM);
    doorbell();
    run_failed("TSE with a context of HDRLEN 54, MSS 0, PAYLEN 2000");
}

/* DTALEN has 20 bits: 66,000 bytes of payload in one descriptor. */
Test(nic_e1000_offload, segmentation_long)
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
Test(nic_e1000_offload, segmentation_of_udp)
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
Test(nic_e1000_offload, segmentation_of_ipv6)
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
