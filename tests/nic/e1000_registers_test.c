/* The 82540EM's registers, reset, EEPROM, PHY, interrupts. Values were measured on QEMU 7.2 unless
 * a test says otherwise. */
#include "tests/nic/bench.h"

enum {
    CTRL = 0,
    STATUS = 8,
    EECD = 0x10,
    EERD = 0x14,
    MDIC = 0x20,
    ICR = 0xc0,
    ITR = 0xc4,
    ICS = 0xc8,
    IMS = 0xd0,
    IMC = 0xd8
};

Test(nic_e1000, reset_values)
{
    static const struct {
        uint32_t at, value;
    } table[] = {
        {CTRL, 0x00140240},
        {STATUS, 0x80080783},
        {EECD, 0x188},
        {0x100, 0},
        {0x400, 0},
        {0x410, 0},
        {0x2808, 0},
        {0x3808, 0},
        {IMS, 0},
        {ICR, 0},
        {0x1000, 0x00100030},
        {0xe00, 0x602},
        {0x5820, 0x00222300},
        {0x38, 0x8100},
        {0x5400, 0x12005452},
        {0x5404, 0x80005634},
        {0x5408, 0},
        {0x540c, 0},
    };
    bench_open("e1000");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        cr_assert_eq(reg_read(table[i].at), table[i].value, "register %x reads %x", table[i].at,
                     reg_read(table[i].at));
    run_is_good();
}

/* Length registers hold multiples of 128, indices 16 bits, bases all that was written. */
Test(nic_e1000, register_masks)
{
    bench_open("e1000");
    reg_write(0x2808, 0xffffff80);
    cr_assert_eq(reg_read(0x2808), 0xfff80);
    reg_write(0x3808, 0xffffff80);
    cr_assert_eq(reg_read(0x3808), 0xfff80);
    reg_write(0x2808, 0);
    reg_write(0x2818, 0xabcd1234);
    cr_assert_eq(reg_read(0x2818), 0x1234);
    reg_write(0x2800, 0xfffffff0);
    cr_assert_eq(reg_read(0x2800), 0xfffffff0);
    run_is_good();
}

/* Parts of a register can be read; registers are written whole. */
Test(nic_e1000, narrow_access)
{
    bench_open("e1000");
    cr_assert_eq(reg_read_width(STATUS, 1), 0x83);
    cr_assert_eq(reg_read_width(STATUS, 2), 0x783);
    cr_assert_eq(reg_read_width(STATUS + 2, 2), 0x8008);
    run_is_good();
    reg_write_width(0x100, 2, 2);
    run_failed("registers are written 4 bytes at a time");
}

/* BAR 1 is a window of two registers (the manual; QEMU has a stub there). */
Test(nic_e1000, io_window)
{
    bench_open("e1000");
    bus_write(bench.bus, &bench.io, 0, 4, STATUS);
    cr_assert_eq(bus_read(bench.bus, &bench.io, 0, 4), STATUS);
    cr_assert_eq(bus_read(bench.bus, &bench.io, 4, 4), 0x80080783);
    bus_write(bench.bus, &bench.io, 0, 4, IMS);
    bus_write(bench.bus, &bench.io, 4, 4, 0x10);
    cr_assert_eq(reg_read(IMS), 0x10);
}

/* CTRL.RST resets (the manual; QEMU leaves the rings): rings, masks, filters; RAL0 comes from the
 * EEPROM again. */
Test(nic_e1000, reset_resets)
{
    bench_open("e1000");
    reg_write(0x2800, 0x1000);
    reg_write(0x2808, 128);
    reg_write(0x5400, 0);
    reg_write(0x5200, 5);
    reg_write(IMS, 4);
    reg_write(ICS, 4);
    reg_write(CTRL, reg_read(CTRL) | 1u << 26);
    cr_assert_eq(reg_read(CTRL), 0x00140240);
    cr_assert_eq(reg_read(0x2800), 0);
    cr_assert_eq(reg_read(0x2808), 0);
    cr_assert_eq(reg_read(0x5400), 0x12005452);
    cr_assert_eq(reg_read(0x5200), 0);
    cr_assert_eq(reg_read(IMS), 0);
    cr_assert_eq(reg_read(ICR), 0);
    cr_assert_eq(counter("resets"), 2);
}

/* --- EEPROM --- */

static uint16_t eerd(uint32_t word)
{
    reg_write(EERD, word << 8 | 1);
    uint32_t value = reg_read(EERD);
    cr_assert(value & 0x10);
    return (uint16_t)(value >> 16);
}

/* Words 0 to 2 are the MAC address, and all 64 sum to 0xBABA. */
Test(nic_e1000, eeprom_by_eerd)
{
    bench_open("e1000");
    uint16_t sum = 0;
    cr_assert_eq(eerd(0), 0x5452);
    cr_assert_eq(eerd(1), 0x1200);
    cr_assert_eq(eerd(2), 0x5634);
    for (uint32_t i = 0; i < 64; i++)
        sum = (uint16_t)(sum + eerd(i));
    cr_assert_eq(sum, 0xbaba);
}

static void wire(uint32_t bits)
{
    reg_write(EECD, 0x40 | 2 | bits);
    reg_write(EECD, 0x40 | 2 | bits | 1);
    reg_write(EECD, 0x40 | 2 | bits);
}

/* By EECD's wires: start, read, six bits of address, a dummy 0, 16 bits; and on into the next word.
 */
Test(nic_e1000, eeprom_by_wires)
{
    bench_open("e1000");
    static const uint8_t command[] = {1, 1, 0, 0, 0, 0, 0, 0, 1}; /* read word 1 */
    reg_write(EECD, 0x40);
    reg_write(EECD, 0x40 | 2);
    for (size_t i = 0; i < sizeof command; i++)
        wire(command[i] ? 4 : 0);
    cr_assert_eq(reg_read(EECD) & 8, 0);
    uint32_t words = 0;
    for (int i = 0; i < 32; i++) {
        wire(0);
        words = words << 1 | (reg_read(EECD) >> 3 & 1);
    }
    cr_assert_eq(words, 0x12005634);
    reg_write(EECD, 0x40);
    cr_assert_eq(reg_read(EECD), 0x188 | 0x40);
}

/* --- PHY --- */

static uint32_t mdic(uint32_t value)
{
    reg_write(MDIC, value);
    return reg_read(MDIC);
}

static uint32_t phy(uint32_t reg)
{
    uint32_t value = mdic(2u << 26 | 1u << 21 | reg << 16);
    cr_assert_eq(value >> 28, 1, "register %u: %x", reg, value);
    return value & 0xffff;
}

Test(nic_e1000, phy_registers)
{
    bench_open("e1000");
    cr_assert_eq(phy(0), 0x1140);
    cr_assert_eq(phy(1), 0x794d);
    cr_assert_eq(phy(2), 0x0141);
    cr_assert_eq(phy(3), 0x0c20);
    cr_assert(mdic(2u << 26 | 2u << 21) & 1u << 30, "there is no PHY at address 2");
}

/* Negotiation is over at once, and LSC tells. */
Test(nic_e1000, phy_restart)
{
    bench_open("e1000");
    mdic(1u << 26 | 1u << 21 | 0x1340);
    cr_assert_eq(phy(0), 0x1140);
    cr_assert_eq(phy(1), 0x796d);
    cr_assert_eq(reg_read(STATUS) & 2, 2);
    cr_assert_eq(reg_read(ICR), 4);
}

/* BMSR's link bit latches low: after a failure the first read says down although the link is up
 * again. */
Test(nic_e1000, carrier)
{
    bench_open("e1000");
    nic_carrier(bench.nic, false);
    cr_assert_eq(reg_read(STATUS), 0x80080781);
    cr_assert_eq(reg_read(ICR), 4);
    nic_carrier(bench.nic, true);
    cr_assert_eq(reg_read(STATUS), 0x80080783);
    cr_assert_eq(reg_read(ICR), 4);
    cr_assert_eq(phy(1) & 4, 0);
    cr_assert_eq(phy(1) & 4, 4);
}

/* Without CTRL.SLU the MAC does not see the PHY's link. */
Test(nic_e1000, no_slu_no_link)
{
    bench_open("e1000");
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    reg_write(CTRL, reg_read(CTRL) & ~0x40u);
    cr_assert_eq(reg_read(STATUS), 0x80080781);
    cr_assert_str_eq(receive_to(broadcast, 60), "e1000.rx_link_down");
}

/* --- interrupts --- */

/* ICS sets and shows, reading ICR clears, writing it clears what is written, IMC reads 0. */
Test(nic_e1000, cause_registers)
{
    bench_open("e1000");
    reg_write(ICS, 0x85);
    cr_assert_eq(reg_read(ICS), 0x85);
    reg_write(ICR, 0x80);
    cr_assert_eq(reg_read(ICS), 0x05);
    reg_write(IMS, 0x0f);
    reg_write(IMC, 0x05);
    cr_assert_eq(reg_read(IMS), 0x0a);
    cr_assert_eq(reg_read(IMC), 0);
    cr_assert_eq(reg_read(ICR), 0x05);
    cr_assert_eq(reg_read(ICR), 0);
}

static void ack(void)
{
    reg_read(ICR);
}

/* ITR: 1000 units of 256 ns between two rises. */
Test(nic_e1000, throttle)
{
    bench_open("e1000");
    struct why why = {{0}};
    bench.on_isr = ack;
    bench_attach_isr();
    reg_write(IMS, 4);
    reg_write(ITR, 1000);
    reg_write(ICS, 4);
    cr_assert_eq(bench.isr_calls, 1);
    reg_write(ICS, 4);
    cr_assert_eq(bench.isr_calls, 1);
    cr_assert_eq(world_run(bench.world, 255999, &why), 0);
    cr_assert_eq(bench.isr_calls, 1);
    cr_assert_eq(world_run(bench.world, 256000, &why), 0);
    cr_assert_eq(bench.isr_calls, 2);
}

/* --- what the manual forbids --- */

Test(nic_e1000, ring_misaligned)
{
    bench_open("e1000");
    reg_write(0x2800, 0x100008);
    run_failed("RDBAL 0x100008 is not a multiple of 16");
}

Test(nic_e1000, ring_length_odd)
{
    bench_open("e1000");
    reg_write(0x3808, 8 * 16 + 16);
    run_failed("TDLEN 144 is not a multiple of 128");
}

Test(nic_e1000, tail_beyond)
{
    bench_open("e1000");
    reg_write(0x3808, 128);
    reg_write(0x3818, 7);
    run_is_good();
    reg_write(0x3818, 8);
    run_failed("TDT 8 is beyond the ring's 8 descriptors");
}

Test(nic_e1000, tail_without_ring)
{
    bench_open("e1000");
    reg_write(0x400, 2);
    reg_write(0x3818, 1);
    run_failed("TDH 0, TDT 1: beyond the ring's 0 descriptors");
}

Test(nic_e1000, head_while_running)
{
    bench_open("e1000");
    reg_write(0x100, 2);
    reg_write(0x2810, 0);
    run_is_good();
    reg_write(0x2810, 1);
    run_failed("RDH is written (1, was 0) while the ring is in use");
}

/* Registers that hold what is written, as far as they have bits: all ones in, the mask out; then a
 * reset. */
Test(nic_e1000, plain_registers)
{
    static const struct {
        uint32_t at, mask, reset;
    } table[] = {
        {0x18, UINT32_MAX, 0},   {0x1c, UINT32_MAX, 0},   {0x28, UINT32_MAX, 0},
        {0x2c, 0xffff, 0},       {0x30, 0xffff, 0},       {0x38, 0xffff, 0x8100},
        {0xc4, 0xffff, 0},       {0x170, 0xffff, 0},      {0x178, UINT32_MAX, 0},
        {0x410, UINT32_MAX, 0},  {0x458, 0xffff, 0},      {0xe00, UINT32_MAX, 0x602},
        {0x2160, 0x8000fff8, 0}, {0x2168, 0xfff8, 0},     {0x2804, UINT32_MAX, 0},
        {0x2820, 0xffff, 0},     {0x2828, UINT32_MAX, 0}, {0x282c, 0xffff, 0},
        {0x2c00, 0xfff, 0},      {0x3804, UINT32_MAX, 0}, {0x3820, 0xffff, 0},
        {0x3828, UINT32_MAX, 0}, {0x382c, 0xffff, 0},     {0x5000, 0x7ff, 0},
        {0x5200, UINT32_MAX, 0}, {0x53fc, UINT32_MAX, 0}, {0x5478, UINT32_MAX, 0},
        {0x547c, UINT32_MAX, 0}, {0x5600, UINT32_MAX, 0}, {0x57fc, UINT32_MAX, 0},
        {0x5800, UINT32_MAX, 0}, {0x5808, UINT32_MAX, 0}, {0x5820, UINT32_MAX, 0x00222300},
        {0x1fffc, 0, 0},         {0x5900, 0, 0},
    };
    bench_open("e1000");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        reg_write(table[i].at, UINT32_MAX);
        cr_assert_eq(reg_read(table[i].at), table[i].mask, "%x holds %x", table[i].at,
                     reg_read(table[i].at));
    }
    reg_write(CTRL, 1u << 26);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        cr_assert_eq(reg_read(table[i].at), table[i].reset, "%x resets to %x", table[i].at,
                     reg_read(table[i].at));
    run_is_good();
}

/* MDIC's interrupt bit; writes reach the PHY but for what only it sets; its reset. */
Test(nic_e1000, phy_writes)
{
    bench_open("e1000");
    mdic(1u << 26 | 1u << 21 | 4u << 16 | 0x0101 | 1u << 29);
    cr_assert_eq(reg_read(ICR), 0x200);
    cr_assert_eq(phy(4), 0x0101);
    mdic(1u << 26 | 1u << 21 | 1u << 16 | 0x0101);
    cr_assert_eq(phy(1), 0x794d);
    mdic(1u << 26 | 1u << 21 | 0x8000);
    cr_assert_eq(phy(4), 0x0de1);
    cr_assert_eq(phy(0), 0x1140);
    cr_assert_eq(phy(17), 0xac00);
    nic_carrier(bench.nic, false);
    cr_assert_eq(phy(17), 0xa800);
}

Test(nic_e1000, tail_before_length)
{
    bench_open("e1000");
    reg_write(0x3818, 8);
    reg_write(0x3808, 128);
    run_is_good();
    reg_write(0x400, 2);
    run_failed("TDH 0, TDT 8: beyond the ring's 8 descriptors");
}

Test(nic_e1000, receive_tail_before_length)
{
    bench_open("e1000");
    reg_write(0x2818, 8);
    reg_write(0x2808, 128);
    reg_write(0x100, 2);
    run_failed("RDH 0, RDT 8: beyond the ring's 8 descriptors");
}
