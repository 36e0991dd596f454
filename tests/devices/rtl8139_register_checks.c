/* Checks of the RTL8139's registers: reset values, EEPROM, interrupts, link. */
#include "tests/devices/rtl8139_bench.h"

/* --- reset values and identity --- */

/* with: register, width, value */
static void reset_value(struct probe *p, const uint32_t *with)
{
    see(p, "value", get(p, with[0], (int)with[1]), with[2]);
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

static void both_windows(struct probe *p, const uint32_t *with)
{
    struct side *s = p->side;
    (void)with;
    put(p, RTL_TSAD, 4, 0x12345678);
    see(p, "through ports", bus_read(s->bus, &s->io, RTL_TSAD, 4), 0x12345678);
}

static void reset_bit(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, RTL_CR, 1, CR_RST);
    see(p, "RST", get(p, RTL_CR, 1) & CR_RST, 0);
    see(p, "BUFE", get(p, RTL_CR, 1) & CR_BUFE, CR_BUFE);
}

static void reset_keeps(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, RTL_IMR, 2, 5);
    put(p, RTL_CR, 1, CR_RST);
    see(p, "IDR", get(p, RTL_IDR, 4), 0x12005452);
    see(p, "IMR", get(p, RTL_IMR, 2), 0);
    see(p, "TSD0", get(p, RTL_TSD, 4), TSD_OWN);
    see(p, "CAPR", get(p, RTL_CAPR, 2), 0xfff0);
}

static void reset_keeps_written(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, RTL_9346CR, 1, 0xc0);
    put(p, RTL_IDR, 4, 0x99005452);
    put(p, RTL_CR, 1, CR_RST);
    see(p, "IDR", get(p, RTL_IDR, 4), 0x99005452);
}

/* with: register, width, written, read */
static void written_back(struct probe *p, const uint32_t *with)
{
    put(p, with[0], (int)with[1], with[2]);
    see(p, "reads", get(p, with[0], (int)with[1]), with[3]);
}

static void tcr_holds(struct probe *p, const uint32_t *with)
{
    put(p, RTL_CR, 1, CR_RST);
    if (with[0])
        put(p, RTL_CR, 1, CR_TE);
    put(p, RTL_TCR, 4, 0x03000700);
    see(p, "TCR", get(p, RTL_TCR, 4) & 0x03000700, with[1]);
}

static void narrow_tsd(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    forbidden(p, "which is written 4 bytes at a time");
    put(p, RTL_TSD, 2, 60);
    side_settle(p->side);
    see(p, "frames", p->side->sents, 0);
}

static void idr_by_octets(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, RTL_9346CR, 1, 0xc0);
    put(p, RTL_IDR + 1, 1, 0xaa);
    see(p, "IDR", get(p, RTL_IDR, 4), 0x1200aa52);
    put(p, RTL_IDR, 4, 0x12005452);
    see(p, "IDR again", get(p, RTL_IDR, 4), 0x12005452);
}

static void config_locked(struct probe *p, const uint32_t *with)
{
    uint32_t before = get(p, with[0], 1);
    put(p, RTL_9346CR, 1, 0);
    put(p, with[0], 1, before ^ 0x20);
    see(p, "locked", get(p, with[0], 1) == before, 1);
    put(p, RTL_9346CR, 1, 0xc0);
    put(p, with[0], 1, before ^ 0x20);
    see(p, "unlocked", get(p, with[0], 1) == (before ^ 0x20), 1);
}

/* A start bit, READ (10), six bits of address, then 16 bits behind a dummy 0. */
static void eeprom(struct probe *p, const uint32_t *with)
{
    uint32_t command = 0x180u | with[0], word = 0, on = EE_PROGRAM | EE_CS;
    put(p, RTL_9346CR, 1, on);
    for (int bit = 8; bit >= 0; bit--) {
        uint32_t in = on | (command >> bit & 1 ? EE_DI : 0);
        put(p, RTL_9346CR, 1, in);
        put(p, RTL_9346CR, 1, in | EE_SK);
        put(p, RTL_9346CR, 1, in);
    }
    for (int bit = 0; bit < 16; bit++) {
        put(p, RTL_9346CR, 1, on | EE_SK);
        word = word << 1 | (get(p, RTL_9346CR, 1) & EE_DO ? 1 : 0);
        put(p, RTL_9346CR, 1, on);
    }
    put(p, RTL_9346CR, 1, 0);
    see(p, "word", word, with[1]);
}

/* --- interrupts --- */

static void receive_tells(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, APM | WRAP);
    put(p, RTL_IMR, 2, ISR_ROK);
    side_receive_to(p->side, side_mac, 60);
    see(p, "ISR", get(p, RTL_ISR, 2), ISR_ROK);
    see(p, "ISR again", get(p, RTL_ISR, 2), ISR_ROK);
    see(p, "line", side_line(p->side), 1);
    put(p, RTL_ISR, 2, ISR_ROK);
    see(p, "ISR after writing", get(p, RTL_ISR, 2), 0);
    see(p, "line after writing", side_line(p->side), 0);
}

static void mask_hides(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, APM | WRAP);
    side_receive_to(p->side, side_mac, 60);
    see(p, "line", side_line(p->side), 0);
    put(p, RTL_IMR, 2, ISR_ROK);
    see(p, "line unmasked", side_line(p->side), 1);
    put(p, RTL_IMR, 2, 0);
    see(p, "line masked", side_line(p->side), 0);
}

static void isr_by_octets(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, APM | WRAP);
    side_receive_to(p->side, side_mac, 60);
    see(p, "octet", get(p, RTL_ISR, 1), ISR_ROK);
    see(p, "double word", get(p, RTL_IMR, 4), (uint32_t)ISR_ROK << 16);
    put(p, RTL_ISR, 1, ISR_ROK);
    see(p, "after writing an octet", get(p, RTL_ISR, 2), 0);
}

/* with: width and place of a write that sets one bit of IMR, which bit; the rest of IMR stays, and
 * ISR's half of a double word clears nothing where it is 0. */
static void imr_by(struct probe *p, const uint32_t *with)
{
    begin(p, APM | WRAP);
    side_receive_to(p->side, side_mac, 60);
    put(p, RTL_IMR + with[1], (int)with[0], with[2] >> (8 * with[1]));
    see(p, "IMR", get(p, RTL_IMR, 2), with[2]);
    see(p, "IMR's octet", get(p, RTL_IMR + with[1], 1), with[2] >> (8 * with[1]) & 0xff);
    see(p, "double word", get(p, RTL_IMR, 4), with[2] | (uint32_t)ISR_ROK << 16);
    see(p, "line", side_line(p->side), with[2] & ISR_ROK);
}

static void other_causes_stay(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, APM | WRAP);
    put(p, RTL_IMR, 2, ISR_ROK | ISR_TOK);
    side_receive_to(p->side, side_mac, 60);
    send(p, 0, 60);
    put(p, RTL_ISR, 2, ISR_TOK);
    see(p, "ISR", get(p, RTL_ISR, 2), ISR_ROK);
    see(p, "line", side_line(p->side), 1);
}

static void intx_status(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, APM | WRAP);
    put(p, RTL_IMR, 2, ISR_ROK);
    see(p, "idle", side_config(p->side, 6, 2) & 8, 0);
    side_receive_to(p->side, side_mac, 60);
    see(p, "pending", side_config(p->side, 6, 2) & 8, 8);
}

/* --- link, PHY, timer --- */

static void link_falls(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    side_carrier(p->side, false);
    see(p, "ISR", get(p, RTL_ISR, 2), ISR_LINK);
    see(p, "LINKB", get(p, RTL_MSR, 1) & MSR_LINKB, MSR_LINKB);
    put(p, RTL_ISR, 2, ISR_LINK);
    side_carrier(p->side, true);
    see(p, "ISR again", get(p, RTL_ISR, 2), ISR_LINK);
    see(p, "LINKB again", get(p, RTL_MSR, 1) & MSR_LINKB, 0);
}

static void link_down_bmsr(struct probe *p, const uint32_t *with)
{
    (void)with;
    side_carrier(p->side, false);
    see(p, "BMSR", get(p, RTL_BMSR, 2) & 0x0024, 0);
}

static void link_down_sends(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    side_carrier(p->side, false);
    send(p, 0, 60);
    see(p, "frames", p->side->sents, 0);
    see(p, "TSD0", get(p, RTL_TSD, 4), TSD_OWN | TSD_TOK | 60);
}

static void bmcr_mode(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, RTL_9346CR, 1, 0xc0);
    put(p, RTL_BMCR, 2, 0x2100);
    see(p, "BMCR", get(p, RTL_BMCR, 2), 0x2100);
}

#define RESET(name, at, width, value, source)                                                      \
    {                                                                                              \
        "reset " name, source, reset_value,                                                        \
        {                                                                                          \
            at, width, value                                                                       \
        }                                                                                          \
    }
const struct check rtl8139_register_checks[] = {
    RESET("IDR, low", RTL_IDR, 4, 0x12005452, SHEET),
    RESET("IDR, high", RTL_IDR + 4, 2, 0x5634, SHEET),
    RESET("MAR, low", RTL_MAR, 4, 0, MEASURED),
    RESET("MAR, high", RTL_MAR + 4, 4, 0, MEASURED),
    RESET("TSD0", RTL_TSD, 4, 0x2000, SHEET),
    RESET("TSD3", RTL_TSD + 12, 4, 0x2000, SHEET),
    RESET("TSAD0", RTL_TSAD, 4, 0, SHEET),
    RESET("RBSTART", RTL_RBSTART, 4, 0, SHEET),
    RESET("CAPR", RTL_CAPR, 2, 0xfff0, SHEET),
    RESET("CBR", RTL_CBR, 2, 0, SHEET),
    RESET("IMR", RTL_IMR, 2, 0, SHEET),
    RESET("ISR", RTL_ISR, 2, 0, SHEET),
    RESET("TCR", RTL_TCR, 4, 0x74000000, "RTL8139C"),
    RESET("RCR", RTL_RCR, 4, 0, SHEET),
    RESET("MPC", RTL_MPC, 4, 0, SHEET),
    RESET("9346CR", RTL_9346CR, 1, 0, SHEET),
    RESET("CONFIG1", RTL_CONFIG1, 1, 0x0c, MEASURED),
    RESET("MSR", RTL_MSR, 1, 0xd0, MEASURED),
    RESET("MULINT", RTL_MULINT, 2, 0, SHEET),
    RESET("RERID", RTL_RERID, 1, 0x10, "RTL8139C"),
    RESET("TSADS", RTL_TSADS, 2, 0x000f, MEASURED),
    RESET("BMCR", RTL_BMCR, 2, 0x1000, MEASURED),
    RESET("BMSR", RTL_BMSR, 2, 0x782d, MEASURED),
    RESET("ANAR", RTL_ANAR, 2, 0x05e1, MEASURED),
    RESET("ANLPAR", 0x68, 2, 0x05e1, MEASURED),
    RESET("CSCR", 0x74, 2, 0x0340, MEASURED),
    {"reset bit clears itself", SHEET, reset_bit, {0}},
    {"reset keeps the address", SHEET, reset_keeps, {0}},
    {"reset keeps a written address", SHEET, reset_keeps_written, {0}},
    {"PCI vendor and device", SHEET, config_value, {0, 4, 0x813910ec, UINT32_MAX}},
    {"PCI class", "PCI 3.0", config_value, {8, 4, 0x02000000, 0xffffff00}},
    {"PCI revision", "RTL8139C", config_value, {8, 1, 0x10, 0xff}},
    {"PCI subsystem", MEASURED, config_value, {0x2c, 4, 0x11001af4, UINT32_MAX}},
    {"PCI interrupt pin", SHEET, config_value, {0x3d, 1, 1, 0xff}},
    {"PCI I/O window of 256 octets", SHEET, bar_mask, {0x10, 0xffffff01}},
    {"PCI memory window of 256 octets", SHEET, bar_mask, {0x14, 0xffffff00}},
    {"PCI interrupt status", "PCI 3.0", intx_status, {0}},
    {"both windows, one register", SHEET, both_windows, {0}},
    {"write TSAD", SHEET, written_back, {RTL_TSAD + 8, 4, 0x89abcdec, 0x89abcdec}},
    {"write RBSTART", SHEET, written_back, {RTL_RBSTART, 4, 0x89abcde0, 0x89abcde0}},
    {"write RCR", MEASURED, written_back, {RTL_RCR, 4, UINT32_MAX, 0x0f03ffbf}},
    {"write IMR", MEASURED, written_back, {RTL_IMR, 2, 0xffff, 0xe1ff}},
    {"write MULINT", MEASURED, written_back, {RTL_MULINT, 2, 0xffff, 0x0fff}},
    {"write MAR", SHEET, written_back, {RTL_MAR + 4, 4, 0x89abcdef, 0x89abcdef}},
    {"write TCR with TE", MEASURED, tcr_holds, {1, 0x03000700}},
    {"write TCR without TE", MEASURED, tcr_holds, {0, 0}},
    {"write TSD as a word", SHEET, narrow_tsd, {0}},
    {"write IDR by octets", SHEET, idr_by_octets, {0}},
    {"write CONFIG1 unlocked", SHEET, config_locked, {RTL_CONFIG1}},
    {"write BMCR unlocked", SHEET, bmcr_mode, {0}},
    {"EEPROM identity", SHEET, eeprom, {0, 0x8129}},
    {"EEPROM vendor", SHEET, eeprom, {1, 0x10ec}},
    {"EEPROM MAC, first word", SHEET, eeprom, {7, 0x5452}},
    {"EEPROM MAC, last word", SHEET, eeprom, {9, 0x5634}},
    {"ISR, IMR and the line", SHEET, receive_tells, {0}},
    {"IMR hides and shows", SHEET, mask_hides, {0}},
    {"ISR by octets", SHEET, isr_by_octets, {0}},
    {"IMR by its low octet", SHEET, imr_by, {1, 0, ISR_ROK}},
    {"IMR by its high octet", SHEET, imr_by, {1, 1, ISR_TIMEOUT}},
    {"IMR by a double word", SHEET, imr_by, {4, 0, ISR_ROK}},
    {"ISR, other causes stay", SHEET, other_causes_stay, {0}},
    {"link falls and rises", SHEET, link_falls, {0}},
    {"link down, BMSR", "IEEE 802.3", link_down_bmsr, {0}},
    {"link down, sending", MEASURED, link_down_sends, {0}},
    {NULL, NULL, NULL, {0}},
};
