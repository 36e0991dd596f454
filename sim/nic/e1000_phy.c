/* The 82540EM's link, its PHY behind MDIC, and its EEPROM behind EECD and EERD. */
#include "sim/nic/e1000.h"

#include <string.h>

bool e1000_link_up(const struct nic *n)
{
    const struct e1000 *e = nic_state((struct nic *)(uintptr_t)n);
    return nic_is_up(n) && (e->ctrl & CTRL_SLU);
}

/* MAC loopback, or the PHY's. */
bool e1000_loops_back(const struct e1000 *e)
{
    return (e->rctl & RCTL_LBM) || (e->phy[PHY_BMCR] & BMCR_LOOPBACK);
}

uint32_t e1000_read_status(const struct nic *n)
{
    return 0x80080781 | (e1000_link_up(n) ? STATUS_LU : 0);
}

void e1000_phy_reset(struct e1000 *e)
{
    memset(e->phy, 0, sizeof e->phy);
    e->phy[PHY_BMCR] = 0x1140;
    e->phy[PHY_BMSR] = 0x794d;
    e->phy[PHY_ID1] = 0x0141;
    e->phy[PHY_ID2] = 0x0c20;
    e->phy[PHY_ANAR] = 0x0de1;
    e->phy[PHY_ANLPAR] = 0x01e0;
    e->phy[PHY_1000T_CTRL] = 0x0e00;
    e->phy[PHY_1000T_STATUS] = 0x3c00;
    e->phy[PHY_PSCR] = 0x0360;
    e->phy[PHY_PSSR] = 0xac00;
}

static uint16_t phy_read(struct nic *n, uint32_t reg)
{
    struct e1000 *e = nic_state(n);
    uint16_t value = e->phy[reg];
    if (reg == PHY_BMSR) {
        if (!nic_is_up(n) || e->phy_link_was_down)
            value &= (uint16_t) ~(BMSR_LINK | BMSR_DONE);
        e->phy_link_was_down = !nic_is_up(n);
    } else if (reg == PHY_PSSR && !nic_is_up(n)) {
        value &= (uint16_t)~PSSR_LINK;
    }
    return value;
}

/* Negotiation takes no time here, so a restart is over before the write returns; the link change is
 * told all the same. */
static void phy_write(struct nic *n, uint32_t reg, uint16_t value)
{
    struct e1000 *e = nic_state(n);
    if (reg == PHY_BMSR || reg == PHY_ID1 || reg == PHY_ID2 || reg == PHY_ANLPAR || reg == PHY_PSSR)
        return;
    if (reg == PHY_BMCR && (value & BMCR_RESET)) {
        e1000_phy_reset(e);
        return;
    }
    e->phy[reg] = value;
    if (reg == PHY_BMCR && (value & BMCR_RESTART)) {
        e->phy[PHY_BMCR] = (uint16_t)(value & ~BMCR_RESTART);
        e->phy[PHY_BMSR] |= BMSR_DONE;
        e1000_cause(n, ICR_LSC);
    }
}

void e1000_write_mdic(struct nic *n, uint32_t value)
{
    struct e1000 *e = nic_state(n);
    uint32_t reg = value >> 16 & 31;
    uint32_t result = value & ~0xffffu;
    if ((value >> 21 & 31) != PHY_ADDRESS) {
        result = value | MDIC_ERROR;
    } else if (value & MDIC_READ) {
        result |= phy_read(n, reg);
    } else if (value & MDIC_WRITE) {
        result |= value & 0xffff;
        phy_write(n, reg, (uint16_t)value);
    }
    e->mdic = result | MDIC_READY;
    if (value & MDIC_INTR)
        e1000_cause(n, ICR_MDAC);
}

void e1000_carrier(struct nic *n, bool up)
{
    struct e1000 *e = nic_state(n);
    if (!up)
        e->phy_link_was_down = true;
    if (e->ctrl & CTRL_SLU)
        e1000_cause(n, ICR_LSC);
}

void e1000_eeprom_load(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    const uint8_t *mac = nic_mac(n);
    uint16_t sum = 0;
    memset(&e->eeprom, 0, sizeof e->eeprom);
    memset(e->eeprom.words, 0xff, sizeof e->eeprom.words);
    e->eeprom.out = true;
    for (int i = 0; i < 3; i++)
        e->eeprom.words[i] = (uint16_t)e1000_get16(mac + 2 * i);
    e->eeprom.words[0x0b] = 0x1100; /* subsystem, its vendor, device, vendor */
    e->eeprom.words[0x0c] = 0x1af4;
    e->eeprom.words[0x0d] = 0x100e;
    e->eeprom.words[0x0e] = 0x8086;
    for (int i = 0; i < EEPROM_WORDS - 1; i++)
        sum = (uint16_t)(sum + e->eeprom.words[i]);
    e->eeprom.words[EEPROM_WORDS - 1] = (uint16_t)(0xbaba - sum);
}

uint32_t e1000_read_eecd(const struct e1000 *e)
{
    uint32_t pins = e->eecd & (EECD_SK | EECD_CS | EECD_DI | EECD_REQ);
    return EECD_PRES | EECD_GNT | (e->eeprom.out ? EECD_DO : 0) | pins;
}

void e1000_write_eecd(struct e1000 *e, uint32_t value)
{
    e->eecd = (uint8_t)value;
    eeprom_wires(&e->eeprom, value & EECD_CS, value & EECD_SK, value & EECD_DI);
}

void e1000_write_eerd(struct e1000 *e, uint32_t value)
{
    uint32_t address = value >> 8 & 0xff;
    if (!(value & EERD_START))
        return;
    uint32_t word = address < EEPROM_WORDS ? e->eeprom.words[address] : 0xffff;
    e->eerd = word << 16 | address << 8 | EERD_DONE;
}
