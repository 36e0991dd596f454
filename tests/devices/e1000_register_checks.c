/* Checks of the 82540EM's registers: reset values, EEPROM, interrupts, PHY and link, set-up errors.
 */
#include "tests/devices/e1000_bench.h"

/* --- reset values and identity --- */

static void reset_value(struct probe *p, const uint32_t *with)
{
    see(p, "value", get(p, with[0]), with[1]);
}

static void reset_address(struct probe *p, const uint32_t *with)
{
    (void)with;
    see(p, "RAL0", get(p, E1000_RA), 0x12005452);
    see(p, "RAH0", get(p, E1000_RA + 4), 0x80005634);
    see(p, "RAH1", get(p, E1000_RA + 12), 0);
}

static void config_value(struct probe *p, const uint32_t *with)
{
    see(p, "value", side_config(p->side, with[0], (int)with[1]) & with[3], with[2]);
}

static void bar_mask(struct probe *p, const uint32_t *with)
{
    uint32_t before = side_config(p->side, with[0], 4);
    side_configure(p->side, with[0], 4, UINT32_MAX);
    see(p, "mask", side_config(p->side, with[0], 4), with[1]);
    side_configure(p->side, with[0], 4, before);
}

static void written_back(struct probe *p, const uint32_t *with)
{
    put(p, with[0], with[1]);
    see(p, "reads", get(p, with[0]), with[2]);
}

static void narrow_read(struct probe *p, const uint32_t *with)
{
    see(p, "octet", side_read(p->side, E1000_STATUS + with[0], 1), with[1]);
    see(p, "word", side_read(p->side, E1000_STATUS, 2), 0x0783);
}

static void narrow_write(struct probe *p, const uint32_t *with)
{
    (void)with;
    forbidden(p, "registers are written 4 bytes at a time");
    side_write(p->side, E1000_RADV, 2, 1);
    if (is_ours(p))
        see(p, "RADV", get(p, E1000_RADV), 0);
}

static void reserved_register(struct probe *p, const uint32_t *with)
{
    put(p, with[0], 0x12345678);
    see(p, "reads", get(p, with[0]), 0);
}

/* --- EEPROM --- */

static uint32_t eerd(struct probe *p, uint32_t word)
{
    put(p, E1000_EERD, EERD_START | word << 8);
    return get(p, E1000_EERD);
}

static void eeprom_word(struct probe *p, const uint32_t *with)
{
    uint32_t got = eerd(p, with[0]);
    see(p, "done", got & EERD_DONE, EERD_DONE);
    see(p, "word", got >> 16, with[1]);
}

static void eeprom_sum(struct probe *p, const uint32_t *with)
{
    uint32_t sum = 0;
    (void)with;
    for (uint32_t word = 0; word < 64; word++)
        sum += eerd(p, word) >> 16;
    see(p, "sum", sum & 0xffff, 0xbaba);
}

static void eeprom_idle(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, E1000_EERD, 0);
    see(p, "done", get(p, E1000_EERD) & EERD_DONE, 0);
}

/* Microwire by hand: a start bit, READ (10), six bits of address, then a dummy 0 and 16 bits. */
static void eeprom_wires_read(struct probe *p, const uint32_t *with)
{
    uint32_t command = 0x180u | with[0], word = 0;
    put(p, E1000_EECD, EECD_CS);
    for (int bit = 8; bit >= 0; bit--) {
        uint32_t in = EECD_CS | (command >> bit & 1 ? EECD_DI : 0);
        put(p, E1000_EECD, in);
        put(p, E1000_EECD, in | EECD_SK);
        put(p, E1000_EECD, in);
    }
    for (int bit = 0; bit < 16; bit++) {
        put(p, E1000_EECD, EECD_CS | EECD_SK);
        word = word << 1 | (get(p, E1000_EECD) & EECD_DO ? 1 : 0);
        put(p, E1000_EECD, EECD_CS);
    }
    put(p, E1000_EECD, 0);
    see(p, "word", word, with[1]);
}

static void io_window(struct probe *p, const uint32_t *with)
{
    struct side *s = p->side;
    (void)with;
    bus_write(s->bus, &s->io, 0, 4, E1000_STATUS);
    see(p, "IOADDR", bus_read(s->bus, &s->io, 0, 4), E1000_STATUS);
    see(p, "IODATA", bus_read(s->bus, &s->io, 4, 4), 0x80080783);
}

/* --- interrupts --- */

static void ics_sets(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, E1000_ICS, ICR_LSC);
    see(p, "line", side_line(p->side), 0);
    see(p, "ICR", get(p, E1000_ICR) & ICR_CAUSES, ICR_LSC);
    see(p, "ICR again", get(p, E1000_ICR) & ICR_CAUSES, 0);
}

static void ims_raises(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, E1000_IMS, ICR_LSC);
    put(p, E1000_ICS, ICR_LSC | ICR_TXDW);
    see(p, "line", side_line(p->side), 1);
    get(p, E1000_ICR);
    see(p, "line after ICR", side_line(p->side), 0);
}

static void unmask_raises(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, E1000_ICS, ICR_LSC);
    put(p, E1000_IMS, ICR_LSC);
    see(p, "line", side_line(p->side), 1);
}

static void imc_lowers(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, E1000_IMS, ICR_LSC | ICR_TXDW);
    put(p, E1000_ICS, ICR_LSC);
    put(p, E1000_IMC, ICR_LSC);
    see(p, "line", side_line(p->side), 0);
    see(p, "IMS", get(p, E1000_IMS), ICR_TXDW);
    see(p, "IMC", get(p, E1000_IMC), 0);
    see(p, "ICR", get(p, E1000_ICR) & ICR_CAUSES, ICR_LSC);
}

static void icr_write_clears(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, E1000_IMS, ICR_LSC | ICR_TXDW);
    put(p, E1000_ICS, ICR_LSC | ICR_TXDW);
    put(p, E1000_ICR, ICR_LSC);
    see(p, "line", side_line(p->side), 1);
    see(p, "ICR", get(p, E1000_ICR) & ICR_CAUSES, ICR_TXDW);
}

static void ims_adds(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, E1000_IMS, ICR_LSC);
    put(p, E1000_IMS, ICR_TXDW);
    see(p, "IMS", get(p, E1000_IMS), ICR_LSC | ICR_TXDW);
    put(p, E1000_IMC, UINT32_MAX);
    see(p, "IMS cleared", get(p, E1000_IMS), 0);
}

static void intx_status(struct probe *p, const uint32_t *with)
{
    (void)with;
    see(p, "idle", side_config(p->side, 6, 2) & 8, 0);
    put(p, E1000_IMS, ICR_LSC);
    put(p, E1000_ICS, ICR_LSC);
    see(p, "pending", side_config(p->side, 6, 2) & 8, 8);
    side_configure(p->side, 4, 2, 0x407);
    see(p, "line when disabled", side_line(p->side), 0);
    see(p, "pending when disabled", side_config(p->side, 6, 2) & 8, 8);
}

/* --- link and PHY --- */

static uint32_t mdic_read(struct probe *p, uint32_t phy, uint32_t reg)
{
    put(p, E1000_MDIC, MDIC_READ | phy << 21 | reg << 16);
    return get(p, E1000_MDIC);
}

static void phy_value(struct probe *p, const uint32_t *with)
{
    uint32_t got = mdic_read(p, 1, with[0]);
    see(p, "ready", got & MDIC_READY, MDIC_READY);
    see(p, "value", got & 0xffff, with[1]);
}

static void phy_absent(struct probe *p, const uint32_t *with)
{
    see(p, "error", mdic_read(p, with[0], 2) & (MDIC_ERROR | MDIC_READY), MDIC_ERROR | MDIC_READY);
}

static void phy_interrupts(struct probe *p, const uint32_t *with)
{
    (void)with;
    get(p, E1000_ICR);
    put(p, E1000_MDIC, MDIC_READ | MDIC_INTR | 1 << 21 | 2 << 16);
    see(p, "MDAC", get(p, E1000_ICR) & ICR_MDAC, ICR_MDAC);
}

static void link_falls(struct probe *p, const uint32_t *with)
{
    (void)with;
    get(p, E1000_ICR);
    put(p, E1000_IMS, ICR_LSC);
    side_carrier(p->side, false);
    see(p, "LU", get(p, E1000_STATUS) & STATUS_LU, 0);
    see(p, "line", side_line(p->side), 1);
    see(p, "LSC", get(p, E1000_ICR) & ICR_LSC, ICR_LSC);
    side_carrier(p->side, true);
    see(p, "LU again", get(p, E1000_STATUS) & STATUS_LU, STATUS_LU);
    see(p, "LSC again", get(p, E1000_ICR) & ICR_LSC, ICR_LSC);
}

static void link_down_sends(struct probe *p, const uint32_t *with)
{
    (void)with;
    tx_ring(p, 8);
    side_carrier(p->side, false);
    tx_frame(p, TX_BUF, 60, 1);
    tx_descriptor(p, 0, TX_BUF, 60, EOP_IFCS_RS);
    tell(p, 1);
    see(p, "frames", p->side->sents, 0);
    see(p, "DD", side_get(p->side, TX_RING + TXD_STATUS, 1) & TXD_STAT_DD, TXD_STAT_DD);
}

static void bmsr_latches(struct probe *p, const uint32_t *with)
{
    (void)with;
    side_carrier(p->side, false);
    side_carrier(p->side, true);
    see(p, "first", mdic_read(p, 1, PHY_BMSR) & BMSR_LINK, 0);
    see(p, "second", mdic_read(p, 1, PHY_BMSR) & BMSR_LINK, BMSR_LINK);
}

static void no_slu(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, E1000_CTRL, get(p, E1000_CTRL) & ~CTRL_SLU);
    see(p, "LU", get(p, E1000_STATUS) & STATUS_LU, 0);
}

/* --- reset and set-up errors --- */

static void ctrl_reset(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, E1000_RDBAL, 0x12340);
    put(p, E1000_IMS, ICR_LSC);
    put(p, E1000_CTRL, get(p, E1000_CTRL) | CTRL_RST);
    side_wait(p->side, 1000000);
    see(p, "RST", get(p, E1000_CTRL) & CTRL_RST, 0);
    see(p, "RDBAL", get(p, E1000_RDBAL), 0);
    see(p, "IMS", get(p, E1000_IMS), 0);
    see(p, "RAL0", get(p, E1000_RA), 0x12005452);
}

static void base_unaligned(struct probe *p, const uint32_t *with)
{
    forbidden(p, "is not a multiple of 16");
    put(p, with[0], 0x12348);
    see(p, "reads", get(p, with[0]), 0x12348);
}

static void length_unaligned(struct probe *p, const uint32_t *with)
{
    forbidden(p, "is not a multiple of 128");
    put(p, with[0], 200);
    see(p, "reads", get(p, with[0]), 128);
}

static void head_in_use(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 8, 7, 0);
    forbidden(p, "is written (3, was 0) while the ring is in use");
    put(p, E1000_RDH, 3);
    see(p, "reads", get(p, E1000_RDH), 3);
}

static void not_a_master(struct probe *p, const uint32_t *with)
{
    (void)with;
    tx_ring(p, 8);
    tx_frame(p, TX_BUF, 60, 1);
    tx_descriptor(p, 0, TX_BUF, 60, EOP_IFCS_RS);
    side_configure(p->side, 4, 2, 3);
    forbidden(p, "with bus mastering off");
    tell(p, 1);
    see(p, "frames", p->side->sents, 0);
}

static void memory_off(struct probe *p, const uint32_t *with)
{
    (void)with;
    side_configure(p->side, 4, 2, 5);
    see(p, "reads", get(p, E1000_STATUS), UINT32_MAX);
    side_configure(p->side, 4, 2, 7);
    see(p, "reads again", get(p, E1000_STATUS), 0x80080783);
}

#define RESET(name, at, value, source)                                                             \
    {                                                                                              \
        "reset " name, source, reset_value,                                                        \
        {                                                                                          \
            at, value                                                                              \
        }                                                                                          \
    }
const struct check e1000_register_checks[] = {
    RESET("CTRL", E1000_CTRL, 0x00140240, MEASURED),
    RESET("STATUS", E1000_STATUS, 0x80080783, MEASURED),
    RESET("EECD", E1000_EECD, 0x188, MANUAL),
    RESET("RCTL", E1000_RCTL, 0, MANUAL),
    RESET("TCTL", E1000_TCTL, 0, MANUAL),
    RESET("TIPG", E1000_TIPG, 0, MEASURED),
    RESET("RDLEN", E1000_RDLEN, 0, MANUAL),
    RESET("RDH", E1000_RDH, 0, MANUAL),
    RESET("RDT", E1000_RDT, 0, MANUAL),
    RESET("TDLEN", E1000_TDLEN, 0, MANUAL),
    RESET("TDH", E1000_TDH, 0, MANUAL),
    RESET("TDT", E1000_TDT, 0, MANUAL),
    RESET("IMS", E1000_IMS, 0, MANUAL),
    RESET("ICR", E1000_ICR, 0, MANUAL),
    RESET("RDTR", E1000_RDTR, 0, MANUAL),
    RESET("PBA", E1000_PBA, 0x00100030, MANUAL),
    RESET("LEDCTL", E1000_LEDCTL, 0x602, MEASURED),
    RESET("MANC", E1000_MANC, 0x00222300, MEASURED),
    RESET("VET", E1000_VET, 0x8100, MEASURED),
    {"reset receive address", MANUAL, reset_address, {0}},
    {"PCI vendor and device", MANUAL, config_value, {0, 4, 0x100e8086, UINT32_MAX}},
    {"PCI class", "PCI 3.0", config_value, {8, 4, 0x02000000, 0xffffff00}},
    {"PCI subsystem", MEASURED, config_value, {0x2c, 4, 0x11001af4, UINT32_MAX}},
    {"PCI interrupt pin", MANUAL, config_value, {0x3d, 1, 1, 0xff}},
    {"PCI memory window of 128 KiB", MANUAL, bar_mask, {0x10, 0xfffe0000}},
    {"PCI I/O window of 64 octets", MEASURED, bar_mask, {0x14, 0xffffffc1}},
    {"PCI absent window", "PCI 3.0", bar_mask, {0x18, 0}},
    {"PCI memory access off", "PCI 3.0", memory_off, {0}},
    {"PCI bus mastering off", "PCI 3.0", not_a_master, {0}},
    {"PCI interrupt status and disable", "PCI 3.0", intx_status, {0}},
    {"I/O window on the registers", MANUAL, io_window, {0}},
    {"write TIPG", MANUAL, written_back, {E1000_TIPG, 0x00602006, 0x00602006}},
    {"write MANC", MANUAL, written_back, {E1000_MANC, 0x00222301, 0x00222301}},
    {"write PBA", "8254x 13.4.16", written_back, {E1000_PBA, 0xffff0020, 0x00200020}},
    {"write RDLEN", MANUAL, written_back, {E1000_RDLEN, 0xffffff80, 0xfff80}},
    {"write TDLEN", MANUAL, written_back, {E1000_TDLEN, 0xffffff80, 0xfff80}},
    {"write RDT, 16 bits", MANUAL, written_back, {E1000_RDT, 0xff8012, 0x8012}},
    {"write TDH, 16 bits", MANUAL, written_back, {E1000_TDH, 0xff8012, 0x8012}},
    {"write RDBAH", MANUAL, written_back, {E1000_RDBAH, 0x89abcdef, 0x89abcdef}},
    {"write MTA", MANUAL, written_back, {E1000_MTA + 4, 0x89abcdef, 0x89abcdef}},
    {"write VFTA", MANUAL, written_back, {E1000_VFTA + 508, 0x89abcdef, 0x89abcdef}},
    {"read an octet or a word", MEASURED, narrow_read, {3, 0x80}},
    {"write a word", MANUAL, narrow_write, {0}},
    {"reserved register", MEASURED, reserved_register, {0x0f00}},
    {"EEPROM MAC, first word", MANUAL, eeprom_word, {0, 0x5452}},
    {"EEPROM MAC, last word", MANUAL, eeprom_word, {2, 0x5634}},
    {"EEPROM checksum", MANUAL, eeprom_sum, {0}},
    {"EEPROM read without START", MANUAL, eeprom_idle, {0}},
    {"EEPROM by its wires, first word", MANUAL, eeprom_wires_read, {0, 0x5452}},
    {"EEPROM by its wires, second word", MANUAL, eeprom_wires_read, {1, 0x1200}},
    {"ICS sets, ICR read clears", MANUAL, ics_sets, {0}},
    {"IMS raises the line", MANUAL, ims_raises, {0}},
    {"IMS raises what is pending", MANUAL, unmask_raises, {0}},
    {"IMC lowers the line", MANUAL, imc_lowers, {0}},
    {"IMS adds to the mask", MANUAL, ims_adds, {0}},
    {"ICR write clears", MANUAL, icr_write_clears, {0}},
    {"PHY BMCR", MEASURED, phy_value, {PHY_BMCR, 0x1140}},
    {"PHY BMSR", MEASURED, phy_value, {PHY_BMSR, 0x794d}},
    {"PHY identifier, high", MEASURED, phy_value, {PHY_ID1, 0x0141}},
    {"PHY identifier, low", MEASURED, phy_value, {PHY_ID2, 0x0c20}},
    {"PHY that is not there", MANUAL, phy_absent, {2}},
    {"PHY access interrupts", MANUAL, phy_interrupts, {0}},
    {"link falls and rises", MANUAL, link_falls, {0}},
    {"link down, sending", MEASURED, link_down_sends, {0}},
    {"link down, BMSR latches", "IEEE 802.3", bmsr_latches, {0}},
    {"link without SLU", MANUAL, no_slu, {0}},
    {"CTRL.RST", MANUAL, ctrl_reset, {0}},
    {"RDBAL not aligned", MANUAL, base_unaligned, {E1000_RDBAL}},
    {"TDBAL not aligned", MANUAL, base_unaligned, {E1000_TDBAL}},
    {"RDLEN not aligned", MANUAL, length_unaligned, {E1000_RDLEN}},
    {"TDLEN not aligned", MANUAL, length_unaligned, {E1000_TDLEN}},
    {"RDH while in use", MANUAL, head_in_use, {0}},
    {NULL, NULL, NULL, {0}},
};
