/* The RTL8139's registers, EEPROM, timer, transmitter. Values were measured on QEMU 7.2 unless a
 * test says otherwise. */
#include "tests/nic/bench.h"

#include "sim/nic/fcs.h"

enum {
    TSD = 0x10,
    TSAD = 0x20,
    CR = 0x37,
    CAPR = 0x38,
    CBR = 0x3a,
    IMR = 0x3c,
    ISR = 0x3e,
    TCR = 0x40,
    RCR = 0x44,
    DATA = 0x4000
};

static uint32_t r8(uint32_t at)
{
    return reg_read_width(at, 1);
}

static uint32_t r16(uint32_t at)
{
    return reg_read_width(at, 2);
}

static void w8(uint32_t at, uint32_t value)
{
    reg_write_width(at, 1, value);
}

static void w16(uint32_t at, uint32_t value)
{
    reg_write_width(at, 2, value);
}

Test(nic_rtl8139, reset_values)
{
    bench_open("rtl8139");
    cr_assert_eq(r8(CR), 0x01); /* hardware: RST is 0 again (QEMU shows it until the first write) */
    cr_assert_eq(reg_read(TCR), 0x74000000);
    cr_assert_eq(reg_read(RCR), 0);
    for (uint32_t i = 0; i < 4; i++)
        cr_assert_eq(reg_read(TSD + 4 * i), 0x2000);
    cr_assert_eq(r16(CAPR), 0xfff0);
    cr_assert_eq(r16(CBR), 0);
    cr_assert_eq(r8(0x58), 0xd0);
    cr_assert_eq(r8(0x52), 0x0c);
    cr_assert_eq(r16(0x62), 0x1000);
    cr_assert_eq(r16(0x64), 0x782d);
    cr_assert_eq(r16(0x66), 0x05e1);
    cr_assert_eq(r16(0x68), 0x05e1);
    cr_assert_eq(r16(0x60), 0x000f);
    cr_assert_eq(r16(0x74), 0x0340);
    cr_assert_eq(r8(0x5e), 0x10);
    for (uint32_t i = 0; i < 6; i++)
        cr_assert_eq(r8(i), bench_mac[i]);
    run_is_good();
}

/* Both BARs show the same registers. */
Test(nic_rtl8139, io_and_memory)
{
    bench_open("rtl8139");
    bus_write(bench.bus, &bench.io, IMR, 2, 0xffff);
    cr_assert_eq(r16(IMR), 0xe1ff);
    cr_assert_eq(bus_read(bench.bus, &bench.io, TCR, 4), 0x74000000);
}

/* RST resets the machinery at once and leaves IDR, MAR and CONFIG. */
Test(nic_rtl8139, reset)
{
    bench_open("rtl8139");
    reg_write(0x08, 0x12345678);
    w8(0, 0x66);
    w8(CR, 0x0c);
    reg_write(RCR, 0x0f);
    w16(IMR, 5);
    reg_write(TSD, 0x2000 | 60);
    w8(CR, 0x10);
    cr_assert_eq(r8(CR), 0x01);
    cr_assert_eq(reg_read(RCR), 0);
    cr_assert_eq(r16(IMR), 0);
    cr_assert_eq(reg_read(TSD), 0x2000);
    cr_assert_eq(reg_read(0x08), 0x12345678);
    cr_assert_eq(r8(0), 0x66);
}

Test(nic_rtl8139, write_masks)
{
    bench_open("rtl8139");
    reg_write(RCR, UINT32_MAX);
    cr_assert_eq(reg_read(RCR), 0x0f03ffbf);
    w16(0x5c, 0xffff);
    cr_assert_eq(r16(0x5c), 0x0fff);
    reg_write(TCR, 0x03000700); /* TE is off */
    cr_assert_eq(reg_read(TCR), 0x74000000);
    w8(CR, 0x04);
    reg_write(TCR, 0x03000700);
    cr_assert_eq(reg_read(TCR), 0x77000700);
    w16(0x62, 0x8000);
    cr_assert_eq(r16(0x62), 0x1000);
    w16(TSD, 60);
    run_failed("register 0x10, which is written 4 bytes at a time");
}

/* IDR and MAR take bytes and double words without unlocking; CONFIG needs 9346CR = 0xc0. */
Test(nic_rtl8139, config_lock)
{
    bench_open("rtl8139");
    reg_write(0x00, 0x44332211);
    w8(0x05, 0x66);
    cr_assert_eq(reg_read(0x00), 0x44332211);
    cr_assert_eq(r8(0x05), 0x66);
    w8(0x0f, 0x80);
    cr_assert_eq(reg_read(0x0c), 0x80000000);
    w8(0x52, 0x55);
    cr_assert_eq(r8(0x52), 0x0c);
    w8(0x50, 0xc0);
    w8(0x52, 0x55);
    w8(0x50, 0x00);
    cr_assert_eq(r8(0x52), 0x55);
    w8(0x50, 0x40); /* load from the EEPROM again */
    cr_assert_eq(reg_read(0x00), 0x12005452);
    cr_assert_eq(r8(0x50), 0);
}

static void wire(uint32_t bits)
{
    w8(0x50, 0x88 | bits);
    w8(0x50, 0x88 | bits | 4);
    w8(0x50, 0x88 | bits);
}

static uint32_t eeprom(uint32_t word)
{
    uint32_t value = 0, command = 6u << 6 | word; /* start, read, address */
    w8(0x50, 0x80);
    w8(0x50, 0x88);
    for (int i = 8; i >= 0; i--)
        wire(command >> i & 1 ? 2 : 0);
    cr_assert_eq(r8(0x50) & 1, 0);
    for (int i = 0; i < 16; i++) {
        wire(0);
        value = value << 1 | (r8(0x50) & 1);
    }
    w8(0x50, 0x80);
    w8(0x50, 0);
    return value;
}

Test(nic_rtl8139, eeprom)
{
    bench_open("rtl8139");
    cr_assert_eq(eeprom(0), 0x8129);
    cr_assert_eq(eeprom(1), 0x10ec);
    cr_assert_eq(eeprom(2), 0x8139);
    cr_assert_eq(eeprom(7), 0x5452);
    cr_assert_eq(eeprom(8), 0x1200);
    cr_assert_eq(eeprom(9), 0x5634);
}

/* 93C46: enable (00 11xxxx), write, and the word is there; disabled it stays. */
Test(nic_rtl8139, eeprom_write)
{
    static const uint32_t enable = 0x130, disable = 0x100;
    bench_open("rtl8139");
    for (int round = 0; round < 2; round++) {
        const uint32_t commands[] = {round ? disable : enable, 5u << 6 | 20}, data = 0xbeef;
        for (int k = 0; k < 2; k++) {
            w8(0x50, 0x80);
            w8(0x50, 0x88);
            for (int i = 8; i >= 0; i--)
                wire(commands[k] >> i & 1 ? 2 : 0);
            for (int i = 15; k == 1 && i >= 0; i--)
                wire((round ? ~data : data) >> i & 1 ? 2 : 0);
        }
        w8(0x50, 0x80);
        cr_assert_eq(eeprom(20), 0xbeef);
    }
}

/* ISR: reading does not clear, writing ones does, in whatever width. */
Test(nic_rtl8139, isr)
{
    bench_open("rtl8139");
    nic_carrier(bench.nic, false);
    cr_assert_eq(r16(ISR), 0x20);
    cr_assert_eq(r16(ISR), 0x20);
    cr_assert_eq(r8(ISR), 0x20);
    cr_assert_eq(reg_read(0x3c), 0x20u << 16);
    w8(ISR + 1, 0xff);
    cr_assert_eq(r16(ISR), 0x20);
    w8(ISR, 0x20);
    cr_assert_eq(r16(ISR), 0);
    reg_write(0x3c, UINT32_MAX);
    cr_assert_eq(r16(IMR), 0xe1ff);
    w8(IMR + 1, 0);
    cr_assert_eq(r16(IMR), 0xff);
    w16(IMR, 0);
}

Test(nic_rtl8139, carrier)
{
    bench_open("rtl8139");
    nic_carrier(bench.nic, false);
    cr_assert_eq(r8(0x58), 0xd4);
    cr_assert_eq(r16(0x64) & 4, 0);
    w16(ISR, 0xffff);
    nic_carrier(bench.nic, true);
    cr_assert_eq(r16(ISR), 0x20);
    cr_assert_eq(r8(0x58), 0xd0);
    cr_assert_eq(r16(0x64), 0x782d);
}

static void ack(void)
{
    reg_write_width(ISR, 2, 0xffff);
}

/* A tick is 30 ns: TIMERINT 33000 comes at 990 us. */
Test(nic_rtl8139, timer)
{
    struct why why = {{0}};
    bench_open("rtl8139");
    bench.on_isr = ack;
    bench_attach_isr();
    w16(IMR, 0x4000);
    reg_write(0x48, 0);
    reg_write(0x54, 33000);
    cr_assert_eq(world_run(bench.world, 989999, &why), 0);
    cr_assert_eq(bench.isr_calls, 0);
    cr_assert_eq(reg_read(0x48), 32999);
    cr_assert_eq(world_run(bench.world, 990000, &why), 0);
    cr_assert_eq(bench.isr_calls, 1);
    cr_assert_eq(world_run(bench.world, 128000000000, &why),
                 0); /* the counter comes around after 128.8 s */
    cr_assert_eq(bench.isr_calls, 1);
    cr_assert_eq(world_run(bench.world, 130000000000, &why), 0);
    cr_assert_eq(bench.isr_calls, 2);
}

/* --- transmit --- */

static uint8_t frame[2048];

static void ready(void)
{
    bench_open("rtl8139");
    frame_make(frame, bench_mac, sizeof frame);
    ram_put(DATA, frame, sizeof frame);
    give_to_read(DATA, sizeof frame);
    w8(CR, 0x04);
    for (uint32_t i = 0; i < 4; i++)
        reg_write(TSAD + 4 * i, (uint32_t)bench.ram_at + DATA);
}

/* Done is OWN and TOK; TSADS shows the same of all four; the threshold stays and means nothing. */
Test(nic_rtl8139_tx, slots_in_turn)
{
    ready();
    for (uint32_t i = 0; i < 9; i++) {
        uint32_t len = 60 + i;
        reg_write(TSD + 4 * (i % 4), len | 8u << 16);
        cr_assert_eq(bench.sent, (int)i + 1);
        cr_assert_eq(bench.sent_len[i], len);
        cr_assert_arr_eq(bench.sent_bytes[i], frame, len);
        cr_assert_eq(reg_read(TSD + 4 * (i % 4)), 0xa000 | 8u << 16 | len);
    }
    cr_assert_eq(r16(0x60), 0xf00f);
    cr_assert_eq(r16(ISR), 4);
    run_is_good();
}

/* Slot 2 first sends nothing; it goes when a TSD is written while it is its turn. It is a driver's
 * mistake. */
Test(nic_rtl8139_tx, out_of_turn)
{
    ready();
    reg_write(TSD + 8, 60);
    cr_assert_eq(bench.sent, 0);
    cr_assert_eq(reg_read(TSD + 8), 60);
    run_failed("TSD2 is handed over out of turn: the chip waits for slot 0");
    reg_write(TSD + 0, 61);
    reg_write(TSD + 4, 62);
    cr_assert_eq(bench.sent, 2);
    cr_assert_eq(reg_read(TSD + 8), 60);
    reg_write(TSD + 12, 63);
    cr_assert_eq(bench.sent, 3);
    cr_assert_eq(bench.sent_len[2], 60);
    cr_assert_eq(reg_read(TSD + 12), 63);
}

/* TE off: the write is lost. OWN set: nothing is handed over. Size 0: done, and no frame. */
Test(nic_rtl8139_tx, not_sent)
{
    ready();
    w8(CR, 0);
    reg_write(TSD, 60);
    w8(CR, 4);
    cr_assert_eq(bench.sent, 0);
    cr_assert_eq(reg_read(TSD), 0x2000);
    cr_assert_eq(counter("tx_disabled"), 1);
    reg_write(TSD, 0x2000 | 60);
    cr_assert_eq(bench.sent, 0);
    reg_write(TSD, 0);
    cr_assert_eq(bench.sent, 0);
    cr_assert_eq(reg_read(TSD), 0xa000);
    run_is_good();
}

/* A slow transmitter: the slots go one by one in their order, each says when it is done. */
Test(nic_rtl8139_tx, slow)
{
    ready();
    nic_set_tx_delay(bench.nic, 1000);
    for (uint32_t i = 0; i < 4; i++)
        reg_write(TSD + 4 * i, 60 + i);
    cr_assert_eq(r16(0x60), 0);
    for (int i = 0; i < 4; i++) {
        world_run(bench.world, 1000 * (i + 1) - 1, NULL);
        cr_assert_eq(bench.sent, i);
        cr_assert_eq(r16(ISR), 0);
        world_run(bench.world, 1000 * (i + 1), NULL);
        cr_assert_eq(bench.sent, i + 1);
        cr_assert_eq(bench.sent_len[i], 60u + (uint32_t)i);
        cr_assert_eq(reg_read(TSD + 4 * (uint32_t)i), 0xa000u + 60 + (uint32_t)i);
        w16(ISR, 4);
    }
    reg_write(TSD, 70);
    world_run(bench.world, 5000, NULL);
    cr_assert_eq(bench.sent, 5);
    run_is_good();
}

Test(nic_rtl8139_tx, slow_and_reset)
{
    ready();
    nic_set_tx_delay(bench.nic, 1000);
    reg_write(TSD, 60);
    reg_write(0x54, 50); /* the timer, 1500 ns */
    world_run(bench.world, 500, NULL);
    w8(CR, 0x10);
    world_run(bench.world, 5000, NULL);
    cr_assert_eq(bench.sent, 0);
    cr_assert_eq(r16(ISR), 0);
    run_is_good();
}

/* The fifth frame goes into a slot that the chip has not sent. */
Test(nic_rtl8139_tx, slow_and_overrun)
{
    ready();
    nic_set_tx_delay(bench.nic, 1000);
    for (uint32_t i = 0; i < 4; i++)
        reg_write(TSD + 4 * i, 60);
    run_is_good();
    reg_write(TSD, 60);
    run_failed("TSD0 is written while the chip owns the slot");
}

Test(nic_rtl8139_tx, slow_and_moved)
{
    ready();
    nic_set_tx_delay(bench.nic, 1000);
    reg_write(TSD, 60);
    reg_write(TSAD, (uint32_t)bench.ram_at);
    run_failed("TSAD0 is written while the chip owns the slot");
}

Test(nic_rtl8139_tx, reset_starts_over)
{
    ready();
    reg_write(TSD, 60);
    w8(CR, 0x10);
    w8(CR, 0x04);
    reg_write(TSAD, (uint32_t)bench.ram_at + DATA);
    reg_write(TSD, 60);
    cr_assert_eq(bench.sent, 2);
    run_is_good();
}

Test(nic_rtl8139_tx, link_down)
{
    ready();
    nic_carrier(bench.nic, false);
    reg_write(TSD, 60);
    cr_assert_eq(bench.sent, 0);
    cr_assert_eq(reg_read(TSD), 0xa000 | 60);
    cr_assert_eq(counter("tx_link_down"), 1);
}

Test(nic_rtl8139_tx, own_fcs)
{
    ready();
    take_back(DATA, sizeof frame);
    uint32_t fcs = fcs_of(frame, 60);
    for (uint32_t i = 0; i < 4; i++)
        bench.ram[DATA + 60 + i] = (uint8_t)(fcs >> (8 * i));
    give_to_read(DATA, sizeof frame);
    reg_write(TCR, 1 << 16);
    reg_write(TSD, 64);
    cr_assert_eq(bench.sent_len[0], 60);
    run_is_good();
    reg_write(TSD + 4, 65);
    run_failed("its last four are no check sequence");
}

Test(nic_rtl8139_tx, runt)
{
    ready();
    reg_write(TSD, 59);
    cr_assert_eq(bench.sent_len[0], 59);
    run_failed("TSD0 sends 59 bytes: the chip does not pad");
}

Test(nic_rtl8139_tx, too_long)
{
    ready();
    reg_write(TSD, 1792);
    run_is_good();
    reg_write(TSD + 4, 1793);
    run_failed("TSD1 sends 1793 bytes; the chip's limit is 1792");
}

Test(nic_rtl8139_tx, misaligned)
{
    ready();
    reg_write(TSAD, (uint32_t)bench.ram_at + DATA + 2);
    reg_write(TSD, 60);
    run_failed("TSAD0 0x104002 is not a multiple of 4");
}

Test(nic_rtl8139_tx, loopback)
{
    ready();
    reg_write(0x30, (uint32_t)bench.ram_at + 0x10000);
    w8(CR, 0x0c);
    reg_write(RCR, 2);
    reg_write(TCR, 3 << 17);
    reg_write(TSD, 60);
    cr_assert_eq(bench.sent, 0);
    cr_assert_eq(r16(CBR), 68);
    cr_assert_arr_eq(bench.ram + 0x10004, frame, 60);
}

Test(nic_rtl8139, config_registers)
{
    static const uint8_t at[] = {0x51, 0x52, 0x59, 0x5a};
    bench_open("rtl8139");
    w8(0x50, 0xc0);
    for (uint32_t i = 0; i < 4; i++)
        w8(at[i], 0x11 * (i + 1));
    w8(0x50, 0);
    for (uint32_t i = 0; i < 4; i++) {
        w8(at[i], 0);
        cr_assert_eq(r8(at[i]), 0x11 * (i + 1));
    }
    w16(0x66, 0x0181);
    cr_assert_eq(r16(0x66), 0x0181);
    w16(0x62, 0x2100);
    cr_assert_eq(r16(0x62), 0x1000); /* locked */
    w8(0x50, 0xc0);
    w16(0x62, 0x2300);
    cr_assert_eq(r16(0x62), 0x2100); /* the restart bit clears itself */
}

Test(nic_rtl8139, wide_registers)
{
    bench_open("rtl8139");
    for (uint32_t i = 0; i < 4; i++)
        reg_write(0x20 + 4 * i, 0x1000 * (i + 1));
    for (uint32_t i = 0; i < 4; i++)
        cr_assert_eq(reg_read(0x20 + 4 * i), 0x1000 * (i + 1));
    reg_write(0x30, 0x12345678);
    cr_assert_eq(reg_read(0x30), 0x12345678);
    cr_assert_eq(reg_read(0x34), 0x01000000);
    cr_assert_eq(reg_read(0x38), 0x0000fff0);
}

/* 93C46: erase sets all bits. */
Test(nic_rtl8139, eeprom_erase)
{
    static const uint32_t commands[] = {0x130, 7u << 6 | 7};
    bench_open("rtl8139");
    for (int k = 0; k < 2; k++) {
        w8(0x50, 0x80);
        w8(0x50, 0x88);
        for (int i = 8; i >= 0; i--)
            wire(commands[k] >> i & 1 ? 2 : 0);
    }
    w8(0x50, 0x80);
    cr_assert_eq(eeprom(7), 0xffff);
    cr_assert_eq(eeprom(8), 0x1200);
}
