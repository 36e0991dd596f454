/* Where the E1000 driver finds its MAC address. */
#include <criterion/criterion.h>
#include <string.h>

#include "stack/driver/e1000_private.h"
#include "tests/driver/fake_bus.h"

static struct fake_bus fake;
static struct e1000 device;
static uint16_t eeprom[E1000_EEPROM_WORDS];
static int busy_reads; /* reads of EERD before DONE shows; negative: never */

static void serve_eeprom(struct fake_bus *f, uint32_t off, int width)
{
    (void)width;
    uint32_t eerd = fake_get32(f->reg + E1000_EERD);
    if (off != E1000_EERD || !(eerd & E1000_EERD_START))
        return;
    if (busy_reads < 0 || f->accesses % (busy_reads + 1))
        return;
    uint32_t at = eerd >> 8 & 0xff;
    fake_put32(f->reg + E1000_EERD,
               (uint32_t)eeprom[at % E1000_EEPROM_WORDS] << 16 | at << 8 | E1000_EERD_DONE);
}

/* 52:54:00:12:34:56, little-endian in words 0 to 2; word 63 makes the sum 0xbaba. */
static void setup(void)
{
    fake_bus_init(&fake);
    memset(&device, 0, sizeof device);
    memset(eeprom, 0, sizeof eeprom);
    fake.before_read = serve_eeprom;
    device.bus = &fake.bus;
    device.regs = (struct bus_window){.space = BUS_MEM, .base = 0xfe000000, .size = 0x20000};
    eeprom[0] = 0x5452;
    eeprom[1] = 0x1200;
    eeprom[2] = 0x5634;
    eeprom[10] = 0x100e;
    eeprom[63] = (uint16_t)(0xbaba - 0x5452 - 0x1200 - 0x5634 - 0x100e);
    busy_reads = 0;
}

static void fill_receive_address(uint32_t low, uint32_t high)
{
    fake_put32(fake.reg + E1000_RAL0, low);
    fake_put32(fake.reg + E1000_RAH0, high);
}

static const uint8_t in_eeprom[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t in_registers[6] = {0x52, 0x54, 0x00, 0xab, 0xcd, 0xef};

/* The three words, low byte first. */
Test(driver_eeprom, mac_from_words, .init = setup)
{
    uint8_t mac[6];
    cr_assert(e1000_read_mac(&device, mac));
    cr_assert_arr_eq(mac, in_eeprom, 6);
    cr_assert_eq(device.counter[E1000_EEPROM_BAD], 0u);
}

/* DONE may take its time. */
Test(driver_eeprom, mac_slow, .init = setup)
{
    uint8_t mac[6];
    busy_reads = 6;
    cr_assert(e1000_read_mac(&device, mac));
    cr_assert_arr_eq(mac, in_eeprom, 6);
}

/* A sum that is not 0xbaba: the receive address registers serve, and it is counted. */
Test(driver_eeprom, mac_sum_wrong, .init = setup)
{
    uint8_t mac[6];
    eeprom[63] ^= 1;
    fill_receive_address(0xab005452, 0x8000efcd);
    cr_assert(e1000_read_mac(&device, mac));
    cr_assert_arr_eq(mac, in_registers, 6);
    cr_assert_eq(device.counter[E1000_EEPROM_BAD], 1u);
}

/* An EEPROM that never answers is given up after a bounded number of accesses. */
Test(driver_eeprom, mac_no_answer, .init = setup)
{
    uint8_t mac[6];
    busy_reads = -1;
    fill_receive_address(0xab005452, 0x8000efcd);
    cr_assert(e1000_read_mac(&device, mac));
    cr_assert_arr_eq(mac, in_registers, 6);
    cr_assert_leq(fake.accesses, E1000_SPINS + 10);
}

/* Without AV in RAH0, or with a group address, there is no MAC to be had. */
Test(driver_eeprom, mac_nowhere, .init = setup)
{
    uint8_t mac[6];
    busy_reads = -1;
    fill_receive_address(0xab005452, 0x0000efcd);
    cr_assert_not(e1000_read_mac(&device, mac));
    fill_receive_address(0xab005453, 0x8000efcd);
    cr_assert_not(e1000_read_mac(&device, mac));
    fill_receive_address(0, 0x80000000);
    cr_assert_not(e1000_read_mac(&device, mac));
}
