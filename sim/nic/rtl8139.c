/*
 * The Realtek RTL8139: registers, reset, EEPROM, timer and interrupts. Receive and transmit have
 * files of their own.
 *
 * The chip is the plain RTL8139C, by its revision and by TCR's version; QEMU's is a C+, which
 * drivers tell by a revision of 0x20 or more (Linux's 8139too leaves those to 8139cp).
 *
 * Values and behaviour are those measured on QEMU 7.2, but for what QEMU cannot mean: CR.RST reads
 * 0 again at once, what finds no room in ring and FIFO is lost, a write of RCR leaves the
 * ring's pointers alone while switching RE on sets them to 0 and empties the FIFO, link and
 * negotiation answer to the carrier, BMCR is unlocked like CONFIG and its mode bits hold, the line
 * does not pulse when ISR is written while another cause stays, and ISR and IMR answer accesses of
 * any width.
 */
#include "sim/nic/rtl8139.h"

#include <string.h>

/* --- interrupts --- */

static void update_line(struct nic *n)
{
    const struct rtl8139 *r = nic_state(n);
    nic_raise(n, r->isr & r->imr);
}

void rtl8139_cause(struct nic *n, uint32_t bits)
{
    struct rtl8139 *r = nic_state(n);
    r->isr = (uint16_t)(r->isr | bits);
    r->isr_seen = (uint16_t)(r->isr_seen & ~bits); /* this one nobody has read of */
    update_line(n);
}

/* --- the timer: one tick each 30 ns, a PCI clock --- */

enum { TICK_NS = 30 };

static uint64_t ticks(const struct nic *n, const struct rtl8139 *r)
{
    return (uint64_t)(nic_now(n) - r->timer_start_ns) / TICK_NS;
}

/* The counter has 32 bits and comes around; the next time that it equals TIMERINT. */
static int64_t timer_due(const struct nic *n, const struct rtl8139 *r)
{
    if (r->timer_interrupt == 0)
        return NEVER;
    uint64_t now = ticks(n, r);
    uint64_t ahead = (uint32_t)(r->timer_interrupt - (uint32_t)now);
    if (ahead == 0)
        ahead = (uint64_t)1 << 32;
    return r->timer_start_ns + (int64_t)((now + ahead) * TICK_NS);
}

void rtl8139_arm(struct nic *n)
{
    struct rtl8139 *r = nic_state(n);
    r->timer_due_ns = timer_due(n, r);
    nic_due(n, r->timer_due_ns < r->sent_ns ? r->timer_due_ns : r->sent_ns);
}

static void rtl8139_due(struct nic *n, int64_t now_ns)
{
    struct rtl8139 *r = nic_state(n);
    if (r->timer_due_ns <= now_ns)
        rtl8139_cause(n, ISR_TIMEOUT);
    if (r->sent_ns <= now_ns)
        rtl8139_transmitted(n);
    rtl8139_arm(n);
}

/* --- EEPROM and reset --- */

static void eeprom_fill(struct nic *n)
{
    struct rtl8139 *r = nic_state(n);
    const uint8_t *mac = nic_mac(n);
    memset(&r->eeprom, 0, sizeof r->eeprom);
    r->eeprom.out = true;
    r->eeprom.words[0] = 0x8129;
    r->eeprom.words[1] = 0x10ec;
    r->eeprom.words[2] = 0x8139;
    for (int i = 0; i < 3; i++)
        r->eeprom.words[7 + i] = (uint16_t)(mac[2 * i] | mac[2 * i + 1] << 8);
}

static void load_identity(struct rtl8139 *r)
{
    for (int i = 0; i < 6; i++)
        r->idr[i] = (uint8_t)(r->eeprom.words[7 + i / 2] >> (8 * (i & 1)));
}

/* CR.RST: IDR, MAR and what the EEPROM set up stay. */
static void soft_reset(struct nic *n)
{
    struct rtl8139 *r = nic_state(n);
    for (int i = 0; i < RTL_SLOTS; i++) {
        r->tsd[i] = TSD_OWN;
        r->tsad[i] = 0;
    }
    r->slot = 0;
    r->rbstart = r->rx_read = r->rx_write = 0;
    r->command = 0;
    fifo_clear(&r->fifo);
    r->imr = r->isr = 0;
    r->tcr = TCR_VERSION;
    r->rcr = 0;
    r->missed = 0;
    r->multiple_interrupt = r->receive_errors = 0;
    r->timer_interrupt = 0;
    r->timer_start_ns = nic_now(n);
    r->sent_ns = NEVER;
    rtl8139_arm(n);
    update_line(n);
    nic_count_up(n, NIC_RESETS);
    nic_state_event(n, "reset", 0);
}

static void rtl8139_reset(struct nic *n)
{
    struct rtl8139 *r = nic_state(n);
    eeprom_fill(n);
    load_identity(r);
    memset(r->mar, 0, sizeof r->mar);
    memset(r->config, 0, sizeof r->config);
    r->config[1] = 0x0c;
    r->ee_control = 0;
    r->bmcr = 0x1000;
    r->anar = 0x05e1;
    soft_reset(n);
}

static void rtl8139_carrier(struct nic *n, bool up)
{
    (void)up;
    rtl8139_cause(n, ISR_LINK);
}

/* --- registers --- */

static uint32_t read_command(const struct rtl8139 *r)
{
    return r->command | (r->rx_read == r->rx_write ? CR_BUFE : 0);
}

static uint32_t read_ee_control(const struct rtl8139 *r)
{
    bool programming = (r->ee_control & EE_MODE) == EE_PROGRAM;
    return r->ee_control | (programming && r->eeprom.out ? EE_DO : 0);
}

static uint32_t bytes32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t pair(uint32_t low, uint32_t high)
{
    return (low & 0xffff) | high << 16;
}

static uint32_t read_capr(const struct rtl8139 *r)
{
    return (r->rx_read - RTL_RING_EXTRA) & 0xffff;
}

/* The four bytes at a multiple of four, as they lie there. */
static uint32_t read_dword(struct nic *n, uint32_t at)
{
    const struct rtl8139 *r = nic_state(n);
    bool up = nic_is_up(n);
    switch (at) {
    case 0x00:
        return bytes32(r->idr);
    case 0x04:
        return bytes32(r->idr + 4);
    case 0x08:
        return bytes32(r->mar);
    case 0x0c:
        return bytes32(r->mar + 4);
    case 0x10:
    case 0x14:
    case 0x18:
    case 0x1c:
        return r->tsd[(at - RTL_TSD) / 4];
    case 0x20:
    case 0x24:
    case 0x28:
    case 0x2c:
        return r->tsad[(at - RTL_TSAD) / 4];
    case 0x30:
        return r->rbstart;
    case 0x34:
        return read_command(r) << 24;
    case 0x38:
        return pair(read_capr(r), r->rx_write);
    case 0x3c:
        return pair(r->imr, r->isr);
    case 0x40:
        return r->tcr;
    case 0x44:
        return r->rcr;
    case 0x48:
        return (uint32_t)ticks(n, r);
    case 0x4c:
        return r->missed;
    case 0x50:
        return read_ee_control(r) | (uint32_t)r->config[0] << 8 | (uint32_t)r->config[1] << 16;
    case 0x54:
        return r->timer_interrupt;
    case 0x58:
        return 0xd0u | (up ? 0 : MSR_LINKB) | (uint32_t)r->config[3] << 8 |
               (uint32_t)r->config[4] << 16;
    case 0x5c:
        return pair(r->multiple_interrupt, RTL_REVISION);
    case 0x60:
        return pair(rtl8139_tsads(r), r->bmcr);
    case 0x64:
        return pair(up ? 0x782d : 0x782d & ~RTL_BMSR_UP, r->anar);
    case 0x68:
        return pair(0x05e1, 0);
    case 0x70:
        return pair(0, r->receive_errors);
    case 0x74:
        return 0x0340;
    default:
        return 0;
    }
}

static uint32_t rtl8139_read(struct nic *n, int bar, uint32_t off, int width)
{
    struct rtl8139 *r = nic_state(n);
    (void)bar; /* both show the same registers */
    if ((off & ~3u) == (RTL_CR & ~3) || (off & ~3u) == (RTL_CBR & ~3))
        nic_vouches(n); /* BUFE and CBR tell how far the ring is filled */
    if ((off & ~3u) == RTL_IMR && off + (uint32_t)width > RTL_ISR)
        r->isr_seen = r->isr;
    /* The bus takes as many bytes as it asked for. */
    return read_dword(n, off & ~3u) >> (8 * (off & 3));
}

static void write_imr(struct rtl8139 *r, uint32_t value)
{
    r->imr = (uint16_t)(value & 0xe1ff);
}

/* A bit that is written as 1 clears. */
static void write_isr(struct nic *n, uint32_t value)
{
    struct rtl8139 *r = nic_state(n);
    if (nic_observed(n))
        rtl8139_remark_isr(n, value);
    r->isr = (uint16_t)(r->isr & ~value);
    r->isr_seen = (uint16_t)(r->isr_seen & ~value);
}

static void write_command(struct nic *n, uint32_t value)
{
    struct rtl8139 *r = nic_state(n);
    if (value & CR_RST) {
        soft_reset(n);
        return;
    }
    if ((value & CR_RE) && !(r->command & CR_RE)) {
        r->rx_read = r->rx_write = 0;
        fifo_clear(&r->fifo);
    }
    r->command = (uint8_t)(value & (CR_TE | CR_RE));
}

static void write_ee_control(struct rtl8139 *r, uint32_t value)
{
    r->ee_control = (uint8_t)(value & ~EE_DO);
    if ((value & EE_MODE) == EE_PROGRAM) {
        eeprom_wires(&r->eeprom, value & EE_CS, value & EE_SK, value & EE_DI);
    } else if ((value & EE_MODE) == EE_AUTOLOAD) {
        load_identity(r);
        r->ee_control = EE_NORMAL;
    }
}

static void write_bmcr(struct rtl8139 *r, uint32_t value)
{
    bool unlocked = (r->ee_control & EE_MODE) == EE_CONFIGURE;
    if (value & RTL_BMCR_RESET)
        r->bmcr = 0x1000;
    else if (unlocked)
        r->bmcr = (uint16_t)(value & RTL_BMCR_WRITABLE);
    /* Negotiation takes no time here: a restart is over at once. */
}

static void write8(struct nic *n, uint32_t at, uint32_t value)
{
    struct rtl8139 *r = nic_state(n);
    bool unlocked = (r->ee_control & EE_MODE) == EE_CONFIGURE;
    if (at < RTL_IDR + 6) {
        r->idr[at - RTL_IDR] = (uint8_t)value;
    } else if (at >= RTL_MAR && at < RTL_MAR + 8) {
        r->mar[at - RTL_MAR] = (uint8_t)value;
    } else if (at == RTL_IMR || at == RTL_IMR + 1) {
        uint32_t shift = 8 * (at - RTL_IMR);
        write_imr(r, (r->imr & ~(0xffu << shift)) | value << shift);
        update_line(n);
    } else if (at == RTL_ISR || at == RTL_ISR + 1) {
        write_isr(n, value << (8 * (at - RTL_ISR)));
        update_line(n);
    } else if (at == RTL_CR) {
        write_command(n, value);
    } else if (at == RTL_9346CR) {
        write_ee_control(r, value);
    } else if (unlocked && (at == RTL_CONFIG0 || at == RTL_CONFIG1)) {
        r->config[at - RTL_CONFIG0] = (uint8_t)value;
    } else if (unlocked && (at == RTL_CONFIG3 || at == RTL_CONFIG4)) {
        r->config[3 + at - RTL_CONFIG3] = (uint8_t)value;
    }
}

static bool write16(struct nic *n, uint32_t at, uint32_t value)
{
    struct rtl8139 *r = nic_state(n);
    switch (at) {
    case RTL_CAPR:
        if (nic_observed(n))
            rtl8139_remark_capr(n, value);
        r->rx_read = (value + RTL_RING_EXTRA) % rtl8139_ring_bytes(r);
        rtl8139_rx_drain(n);
        break;
    case RTL_IMR:
        write_imr(r, value);
        break;
    case RTL_ISR:
        write_isr(n, value);
        break;
    case RTL_MULINT:
        r->multiple_interrupt = (uint16_t)(value & 0x0fff);
        break;
    case RTL_BMCR:
        write_bmcr(r, value);
        break;
    case RTL_ANAR:
        r->anar = (uint16_t)value;
        break;
    case RTL_REC:
        r->receive_errors = 0;
        break;
    default:
        return false;
    }
    update_line(n);
    return true;
}

/* A ring that shrinks under the pointers wraps them. */
static void write_rcr(struct rtl8139 *r, uint32_t value)
{
    r->rcr = value & RCR_WRITABLE;
    r->rx_read %= rtl8139_ring_bytes(r);
    r->rx_write %= rtl8139_ring_bytes(r);
}

/* TCR holds only what is written with TE on, as measured on QEMU 7.2. */
static bool write32(struct nic *n, uint32_t at, uint32_t value)
{
    struct rtl8139 *r = nic_state(n);
    if (at >= RTL_TSD && at < RTL_TSD + 4 * RTL_SLOTS) {
        rtl8139_write_tsd(n, (at - RTL_TSD) / 4, value);
        return true;
    }
    if (at >= RTL_TSAD && at < RTL_TSAD + 4 * RTL_SLOTS) {
        rtl8139_write_tsad(n, (at - RTL_TSAD) / 4, value);
        return true;
    }
    switch (at) {
    case RTL_RBSTART:
        if (r->rbstart && value != r->rbstart && (r->command & CR_RE))
            nic_remark(
                n,
                "RBSTART was moved from 0x%x to 0x%x while CR.RE is 1: it lies behind TSAD3, "
                "and moves only behind a reset",
                r->rbstart, value);
        r->rbstart = value;
        return true;
    case RTL_TCR:
        if (r->command & CR_TE)
            r->tcr = TCR_VERSION | (value & TCR_WRITABLE);
        return true;
    case RTL_RCR:
        write_rcr(r, value);
        return true;
    case RTL_TCTR:
        r->timer_start_ns = nic_now(n);
        break;
    case RTL_MPC:
        r->missed = 0;
        return true;
    case RTL_TIMERINT:
        r->timer_interrupt = value;
        break;
    default:
        return false;
    }
    rtl8139_arm(n);
    return true;
}

/* Registers that are written in one piece, and only so. */
static bool is_dword_register(uint32_t at)
{
    return (at >= RTL_TSD && at < 0x34) || (at >= RTL_TCR && at < RTL_9346CR) ||
           (at & ~3u) == RTL_TIMERINT;
}

/* What is not written in its own width is written byte by byte, which reaches the registers made of
 * bytes. */
static void rtl8139_write(struct nic *n, int bar, uint32_t off, int width, uint32_t value)
{
    (void)bar;
    if (width != 4 && is_dword_register(off)) {
        nic_violation(n, "a write of %d bytes to register 0x%x, which is written 4 bytes at a time",
                      width, off);
        return;
    }
    if ((width == 2 && write16(n, off, value)) || (width == 4 && write32(n, off, value)))
        return;
    for (int i = 0; i < width; i++)
        write8(n, off + (uint32_t)i, value >> (8 * i) & 0xff);
}

const struct nic_kind rtl8139_kind = {
    .name = "rtl8139",
    .vendor_id = 0x10ec,
    .device_id = 0x8139,
    .revision = RTL_REVISION,
    .state_size = sizeof(struct rtl8139),
    .bar = {{BUS_IO, 256, rtl8139_registers}, {BUS_MEM, 256, rtl8139_registers}},
    .reset = rtl8139_reset,
    .read = rtl8139_read,
    .write = rtl8139_write,
    .receive = rtl8139_receive,
    .carrier = rtl8139_carrier,
    .due = rtl8139_due,
    .explain = rtl8139_explain,
    .place = rtl8139_place,
    .counters = nic_counters,
};
