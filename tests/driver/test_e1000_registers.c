/* The registers of a running E1000, as a firmware left them before, and as the driver must write
 * them: no reset clears them here. */
#include <criterion/criterion.h>
#include <string.h>

#include "stack/driver/e1000_private.h"
#include "tests/driver/fake_bus.h"
#include "tests/driver/rig.h"

static struct fake_bus fake;
static _Alignas(4096) uint8_t region[NICRIG_REGION];
static struct stack *stack;

static void reset_ends(struct fake_bus *f, uint32_t off, int width, uint32_t value)
{
    (void)width;
    if (off == E1000_CTRL)
        fake_put32(f->reg + E1000_CTRL, value & ~E1000_CTRL_RST);
}

static uint32_t reg(uint32_t off)
{
    return (uint32_t)fake.reg[off] | (uint32_t)fake.reg[off + 1] << 8 |
           (uint32_t)fake.reg[off + 2] << 16 | (uint32_t)fake.reg[off + 3] << 24;
}

static void setup(void)
{
    static const uint32_t dirty[] = {E1000_FCAL, E1000_FCAH, E1000_FCT,  E1000_FCTTV,
                                     E1000_ITR,  E1000_RDTR, E1000_RADV, E1000_TIDV,
                                     E1000_TIPG, E1000_TCTL, E1000_RCTL, E1000_RXCSUM};
    fake_bus_init(&fake);
    struct fake_function *fn = fake_function_add(&fake, 0, 2, 0, 0x8086, 0x100e);
    fn->bar_writable[0] = 0xfffe0000;
    fn->config[0x3d] = 1;
    fake.after_write = reset_ends;
    for (size_t k = 0; k < sizeof dirty / sizeof *dirty; k++)
        fake_put32(fake.reg + dirty[k], 0x5a5a5a5a);
    for (uint32_t word = 0; word < E1000_MTA_WORDS; word++)
        fake_put32(fake.reg + E1000_MTA + 4 * word, 0x5a5a5a5a);
    fake_put32(fake.reg + E1000_CTRL,
               E1000_CTRL_LRST | E1000_CTRL_PHY_RST | E1000_CTRL_ILOS | E1000_CTRL_VME | 1);
    fake_put32(fake.reg + E1000_RAL0, 0x12005452);
    fake_put32(fake.reg + E1000_RAH0, 0x80005634);
    fake_put32(fake.reg + E1000_STATUS, E1000_STATUS_LU);
    stack = nicrig_stack(region);
    cr_assert_not_null(nicrig_probe(stack, &fake.bus));
}

/* Link up by itself, no pauses, no delay of interrupts. */
Test(e1000_registers, link_and_timers, .init = setup)
{
    cr_assert_eq(reg(E1000_CTRL), E1000_CTRL_SLU | E1000_CTRL_ASDE | 1u);
    cr_assert_eq(reg(E1000_FCAL), 0);
    cr_assert_eq(reg(E1000_FCAH), 0);
    cr_assert_eq(reg(E1000_FCT), 0);
    cr_assert_eq(reg(E1000_FCTTV), 0);
    cr_assert_eq(reg(E1000_ITR), 0);
    cr_assert_eq(reg(E1000_RDTR), 0);
    cr_assert_eq(reg(E1000_RADV), 0);
    cr_assert_eq(reg(E1000_TIDV), 0);
}

/* TIPG for copper: IPGT 10, IPGR1 8, IPGR2 6. TCTL: EN, PSP, CT 15, COLD 64 for full duplex. */
Test(e1000_registers, transmission, .init = setup)
{
    cr_assert_eq(reg(E1000_TIPG), 0x0060200a);
    cr_assert_eq(reg(E1000_TCTL), 0x000400fa);
}

/* Our own address, no group. */
Test(e1000_registers, addresses, .init = setup)
{
    cr_assert_eq(reg(E1000_RAL0), 0x12005452);
    cr_assert_eq(reg(E1000_RAH0), 0x80005634);
    for (uint32_t word = 0; word < E1000_MTA_WORDS; word++)
        cr_assert_eq(reg(E1000_MTA + 4 * word), 0, "word %u", word);
}
