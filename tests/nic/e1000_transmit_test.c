/* The 82540EM's transmitter: legacy and extended descriptors, padding, delays, statistics. */
#include "sim/nic/fcs.h"
#include "tests/nic/e1000_transmit.h"

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

/* TIDV bit 31 flushes a delay that is running, and only such a one. */
Test(nic_e1000_tx, interrupt_flush)
{
    open_ring(EN | PSP);
    reg_write(0x3820, 10 | 1u << 31);
    cr_assert_eq(reg_read(ICR), 0);
    cr_assert_eq(reg_read(0x3820), 10);
    legacy(0, 100, EOP | IFCS | RS | IDE);
    doorbell();
    cr_assert_eq(reg_read(ICR), 2);
    reg_write(0x3820, 10 | 1u << 31);
    cr_assert_eq(reg_read(ICR), 1);
    cr_assert_eq(world_next(bench.world), NEVER);
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
