/*
 * The Intel 82540EM: registers, reset, EEPROM, PHY and interrupts. Receive and transmit have files
 * of their own.
 *
 * Values and behaviour are those measured on QEMU 7.2 where that agrees with the hardware. Where it
 * does not, this follows Intel's manual of the 8254x family: CTRL.RST really resets, RCTL does not
 * block reception for a second, STATUS.LU needs CTRL.SLU, statistics clear on read, all of them.
 */
#include "sim/nic/e1000.h"

#include <stddef.h>
#include <string.h>

uint32_t e1000_get16(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

uint64_t e1000_get64(const uint8_t *p)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | p[i];
    return value;
}

void e1000_put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

/* --- registers that only hold what was written --- */

struct plain {
    uint16_t at, member;
    uint32_t writable, reset;
};
#define PLAIN(offset, name, writable, reset)                                                       \
    {                                                                                              \
        offset, offsetof(struct e1000, name), writable, reset                                      \
    }
#define ALL UINT32_MAX

static const struct plain plain_registers[] = {
    /* The resets that are not 0 were measured on QEMU 7.2. */
    PLAIN(E1000_CTRL, ctrl, ALL, 0x00140240),
    PLAIN(E1000_CTRL_EXT, ctrl_ext, ALL, 0),
    PLAIN(E1000_FLA, fla, ALL, 0),
    PLAIN(E1000_EERD, eerd, 0, 0),
    PLAIN(E1000_MDIC, mdic, 0, 0),
    PLAIN(E1000_FCAL, fcal, ALL, 0),
    PLAIN(E1000_FCAH, fcah, 0xffff, 0),
    PLAIN(E1000_FCT, fct, 0xffff, 0),
    PLAIN(E1000_VET, vet, 0xffff, 0x8100),
    PLAIN(E1000_ITR, itr, 0xffff, 0),
    PLAIN(E1000_IMS, ims, 0, 0),
    PLAIN(E1000_RCTL, rctl, ALL, 0),
    PLAIN(E1000_FCTTV, fcttv, 0xffff, 0),
    PLAIN(E1000_TXCW, txcw, ALL, 0),
    PLAIN(E1000_TCTL, tctl, ALL, 0),
    PLAIN(E1000_TIPG, tipg, ALL, 0),
    PLAIN(E1000_AIT, ait, 0xffff, 0),
    PLAIN(E1000_LEDCTL, ledctl, ALL, 0x602),
    PLAIN(E1000_PBA, pba, 0, 0x00100030),
    PLAIN(E1000_FCRTL, fcrtl, 0x8000fff8, 0),
    PLAIN(E1000_FCRTH, fcrth, 0x0000fff8, 0),
    /* The bases read back as written and are used without their low four bits. */
    PLAIN(E1000_RDBAL, rdbal, ALL, 0),
    PLAIN(E1000_RDBAH, rdbah, ALL, 0),
    PLAIN(E1000_RDLEN, rdlen, 0xfff80, 0),
    PLAIN(E1000_RDH, rdh, 0xffff, 0),
    PLAIN(E1000_RDT, rdt, 0xffff, 0),
    PLAIN(E1000_RDTR, rdtr, 0xffff, 0),
    PLAIN(E1000_RXDCTL, rxdctl, ALL, 0),
    PLAIN(E1000_RADV, radv, 0xffff, 0),
    PLAIN(E1000_RSRPD, rsrpd, 0xfff, 0),
    PLAIN(E1000_TDBAL, tdbal, ALL, 0),
    PLAIN(E1000_TDBAH, tdbah, ALL, 0),
    PLAIN(E1000_TDLEN, tdlen, 0xfff80, 0),
    PLAIN(E1000_TDH, tdh, 0xffff, 0),
    PLAIN(E1000_TDT, tdt, 0xffff, 0),
    PLAIN(E1000_TIDV, tidv, 0xffff, 0),
    PLAIN(E1000_TXDCTL, txdctl, ALL, 0),
    PLAIN(E1000_TADV, tadv, 0xffff, 0),
    PLAIN(E1000_RXCSUM, rxcsum, 0x7ff, 0),
    PLAIN(E1000_WUC, wuc, ALL, 0),
    PLAIN(E1000_WUFC, wufc, ALL, 0),
    PLAIN(E1000_MANC, manc, ALL, 0x00222300),
};

static uint32_t *plain_value(struct e1000 *e, const struct plain *p)
{
    return (uint32_t *)(void *)((uint8_t *)e + p->member);
}

static const struct plain *find_plain(uint32_t at)
{
    for (size_t i = 0; i < sizeof plain_registers / sizeof plain_registers[0]; i++)
        if (plain_registers[i].at == at)
            return &plain_registers[i];
    return NULL;
}

/* The word of a table (multicast, addresses, VLANs), or NULL. */
static uint32_t *table_word(struct e1000 *e, uint32_t at)
{
    if (at >= E1000_MTA && at < E1000_MTA + 4 * E1000_MTA_WORDS)
        return &e->mta[(at - E1000_MTA) / 4];
    if (at >= E1000_RA && at < E1000_RA + 4 * E1000_RA_WORDS)
        return &e->ra[(at - E1000_RA) / 4];
    if (at >= E1000_VFTA && at < E1000_VFTA + 4 * E1000_VFTA_WORDS)
        return &e->vfta[(at - E1000_VFTA) / 4];
    return NULL;
}

/* --- statistics: they stick at all ones --- */

void e1000_stat(struct e1000 *e, int stat, uint32_t by)
{
    uint32_t room = UINT32_MAX - e->stats[stat];
    e->stats[stat] += by < room ? by : room;
}

void e1000_stat64(struct e1000 *e, int low, uint64_t by)
{
    uint64_t value = e->stats[low] | (uint64_t)e->stats[low + 1] << 32;
    uint64_t room = UINT64_MAX - value;
    value += by < room ? by : room;
    e->stats[low] = (uint32_t)value;
    e->stats[low + 1] = (uint32_t)(value >> 32);
}

void e1000_stat_size(struct e1000 *e, int first, uint32_t len)
{
    static const uint32_t up_to[] = {64, 127, 255, 511, 1023, UINT32_MAX};
    int class = 0;
    while (len + 4 > up_to[class])
        class ++;
    e1000_stat(e, first + class, 1);
}

/* Of a pair the low half is read first; the high half clears both. */
static uint32_t read_stat(struct e1000 *e, int stat)
{
    uint32_t value = e->stats[stat];
    if (stat == STAT_GORCL || stat == STAT_GOTCL || stat == STAT_TORL || stat == STAT_TOTL)
        return value;
    if (stat == STAT_GORCL + 1 || stat == STAT_GOTCL + 1 || stat == STAT_TORL + 1 ||
        stat == STAT_TOTL + 1)
        e->stats[stat - 1] = 0;
    e->stats[stat] = 0;
    return value;
}

/* --- interrupts --- */

/* ITR: at least so many units of 256 ns between two rises of the line. */
static void update_line(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    bool want = e->icr & e->ims;
    if (want && !e->line) {
        if (nic_now(n) < e->quiet_until_ns) {
            e1000_arm(n);
            return;
        }
        e->quiet_until_ns = e->itr ? nic_now(n) + (int64_t)e->itr * 256 : 0;
    }
    e->line = want;
    nic_raise(n, want);
}

void e1000_cause(struct nic *n, uint32_t bits)
{
    struct e1000 *e = nic_state(n);
    e->icr |= bits & ICR_CAUSES;
    update_line(n);
}

static uint32_t read_icr(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    uint32_t value = e->icr;
    e->icr = 0;
    update_line(n);
    return value;
}

static void earliest(int64_t *due, int64_t candidate)
{
    if (candidate < *due)
        *due = candidate;
}

void e1000_arm(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    int64_t due = NEVER;
    earliest(&due, e->rx_due_ns);
    earliest(&due, e->rx_abs_ns);
    earliest(&due, e->tx_due_ns);
    earliest(&due, e->tx_abs_ns);
    earliest(&due, e->sent_ns);
    if ((e->icr & e->ims) && !e->line)
        earliest(&due, e->quiet_until_ns);
    nic_due(n, due);
}

static void e1000_due(struct nic *n, int64_t now_ns)
{
    struct e1000 *e = nic_state(n);
    uint32_t bits = 0;
    if (e->rx_due_ns <= now_ns || e->rx_abs_ns <= now_ns) {
        e->rx_due_ns = e->rx_abs_ns = NEVER;
        bits |= ICR_RXT0;
    }
    if (e->tx_due_ns <= now_ns || e->tx_abs_ns <= now_ns) {
        e->tx_due_ns = e->tx_abs_ns = NEVER;
        bits |= ICR_TXDW;
    }
    e1000_cause(n, bits);
    if (e->sent_ns <= now_ns)
        e1000_transmitted(n);
    e1000_arm(n);
}

/* --- reset --- */

static void registers_reset(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    for (size_t i = 0; i < sizeof plain_registers / sizeof plain_registers[0]; i++)
        *plain_value(e, &plain_registers[i]) = plain_registers[i].reset;
    e->icr = 0;
    e->eecd = 0;
    e->io_address = 0;
    memset(e->stats, 0, sizeof e->stats);
    memset(e->mta, 0, sizeof e->mta);
    memset(e->ra, 0, sizeof e->ra);
    memset(e->vfta, 0, sizeof e->vfta);
    for (int i = 0; i < 4; i++)
        e->ra[0] |= (uint32_t)nic_mac(n)[i] << (8 * i);
    e->ra[1] = e1000_get16(nic_mac(n) + 4) | RAH_AV;
    e->quiet_until_ns = 0;
    e->rx_due_ns = e->rx_abs_ns = e->tx_due_ns = e->tx_abs_ns = e->sent_ns = NEVER;
    e->packet.open = false;
    memset(&e->context, 0, sizeof e->context);
    e1000_rx_forget(e);
    fifo_clear(&e->fifo);
    e->rx_written = 0;
    e1000_arm(n);
    update_line(n);
    nic_count_up(n, NIC_RESETS);
    nic_state_event(n, "reset", 0);
}

static void e1000_reset(struct nic *n)
{
    e1000_eeprom_load(n);
    e1000_phy_reset(nic_state(n));
    registers_reset(n);
}

/* CTRL.RST leaves the PHY alone; CTRL.PHY_RST is its own bit. */
static void write_ctrl(struct nic *n, uint32_t value)
{
    struct e1000 *e = nic_state(n);
    bool was_up = e1000_link_up(n);
    if (value & CTRL_RST) {
        registers_reset(n);
        return;
    }
    if (value & CTRL_PHY_RST)
        e1000_phy_reset(e);
    e->ctrl = value;
    if (e1000_link_up(n) != was_up)
        e1000_cause(n, ICR_LSC);
}

/* --- rings --- */

struct ring_registers {
    const char *name;
    uint32_t base, len, head, tail;
    bool enabled;
};

static struct ring_registers ring_of(const struct e1000 *e, uint32_t at)
{
    if (at < E1000_TDBAL)
        return (struct ring_registers){"RD", e->rdbal, e->rdlen, e->rdh, e->rdt, e->rctl & RCTL_EN};
    return (struct ring_registers){"TD", e->tdbal, e->tdlen, e->tdh, e->tdt, e->tctl & TCTL_EN};
}

/* What the manual forbids about a ring's registers and the chip does not report. `at` counts from
 * the ring's base register. */
static void check_ring(struct nic *n, uint32_t at, uint32_t value)
{
    struct ring_registers r = ring_of(nic_state(n), at);
    uint32_t count = r.len / DESCRIPTOR_BYTES;
    switch (at & 0xff) {
    case E1000_RDBAL & 0xff:
        if (value & 15)
            nic_violation(n, "%sBAL 0x%x is not a multiple of 16", r.name, value);
        break;
    case E1000_RDLEN & 0xff:
        if (value & 127)
            nic_violation(n, "%sLEN %u is not a multiple of 128", r.name, value);
        break;
    case E1000_RDH & 0xff:
        if (r.enabled && value != r.head)
            nic_violation(n, "%sH is written (%u, was %u) while the ring is in use", r.name, value,
                          r.head);
        break;
    case E1000_RDT & 0xff:
        if (count && value >= count)
            nic_violation(n, "%sT %u is beyond the ring's %u descriptors", r.name, value, count);
        break;
    default:
        break;
    }
}

/* --- register access --- */

static uint32_t read_register(struct nic *n, uint32_t at)
{
    struct e1000 *e = nic_state(n);
    switch (at) {
    case E1000_CTRL_ALIAS:
        return e->ctrl;
    case E1000_STATUS:
        return e1000_read_status(n);
    case E1000_EECD:
        return e1000_read_eecd(e);
    case E1000_ICR:
        return read_icr(n);
    case E1000_ICS:
        return e->icr; /* write only by the manual; reads like this on QEMU 7.2 */
    case E1000_IMC:
        return 0;
    default:
        break;
    }
    if (at >= E1000_STATS && at < E1000_STATS_END)
        return read_stat(e, (int)E1000_STAT(at));
    const uint32_t *word = table_word(e, at);
    if (word)
        return *word;
    const struct plain *p = find_plain(at);
    return p ? *plain_value(e, p) : 0;
}

static void write_interrupts(struct nic *n, uint32_t at, uint32_t value)
{
    struct e1000 *e = nic_state(n);
    switch (at) {
    case E1000_ICR:
        e->icr &= ~value;
        break;
    case E1000_ICS:
        e->icr |= value & ICR_CAUSES;
        break;
    case E1000_IMS:
        e->ims |= value & ICR_CAUSES;
        break;
    default:
        e->ims &= ~value;
        break;
    }
    update_line(n);
}

static void write_plain(struct nic *n, uint32_t at, uint32_t value)
{
    struct e1000 *e = nic_state(n);
    uint32_t *word = table_word(e, at);
    const struct plain *p = word ? NULL : find_plain(at);
    if (p)
        *plain_value(e, p) = value & p->writable;
    else if (word)
        *word = value;
}

/* FPD of RDTR (13.4.30) and of TIDV: a delay that is running is over at once. */
static void write_delay(struct nic *n, uint32_t at, uint32_t value)
{
    struct e1000 *e = nic_state(n);
    bool rx = at == E1000_RDTR;
    int64_t *due = rx ? &e->rx_due_ns : &e->tx_due_ns, *bound = rx ? &e->rx_abs_ns : &e->tx_abs_ns;
    *(rx ? &e->rdtr : &e->tidv) = value & 0xffff;
    if (!(value & DELAY_FPD) || *due == NEVER)
        return;
    *due = *bound = NEVER;
    e1000_cause(n, rx ? ICR_RXT0 : ICR_TXDW);
    e1000_arm(n);
}

/* 13.4.16: of 64 KiB so many are the receiver's, in eights; the transmitter has the rest. */
static void write_pba(struct nic *n, uint32_t value)
{
    struct e1000 *e = nic_state(n);
    uint32_t receive = value & PBA_RXA;
    if (receive % 8 || receive > PBA_KIB) {
        nic_violation(n, "PBA gives the receiver %u KiB: a multiple of 8 up to %d is right",
                      receive, PBA_KIB);
        return;
    }
    e->pba = (PBA_KIB - receive) << 16 | receive;
}

static void ring_changed(struct nic *n, uint32_t at)
{
    struct e1000 *e = nic_state(n);
    switch (at) {
    case E1000_RDBAL:
    case E1000_RDBAH:
    case E1000_RDLEN:
    case E1000_RDH:
        e1000_rx_forget(e);
        break;
    case E1000_RDT:
        e1000_rx_fetch(n);
        e1000_rx_drain(n);
        break;
    case E1000_TDT:
        e1000_transmit(n);
        break;
    default:
        break;
    }
}

static void write_rctl(struct nic *n, uint32_t value)
{
    struct e1000 *e = nic_state(n);
    bool was_enabled = e->rctl & RCTL_EN;
    e->rctl = value;
    if (!was_enabled)
        e1000_rx_forget(e);
    e1000_rx_fetch(n);
    e1000_rx_drain(n);
}

static void write_register(struct nic *n, uint32_t at, uint32_t value)
{
    struct e1000 *e = nic_state(n);
    switch (at) {
    case E1000_CTRL:
    case E1000_CTRL_ALIAS:
        write_ctrl(n, value);
        return;
    case E1000_EECD:
        e1000_write_eecd(e, value);
        return;
    case E1000_EERD:
        e1000_write_eerd(e, value);
        return;
    case E1000_MDIC:
        e1000_write_mdic(n, value);
        return;
    case E1000_ICR:
    case E1000_ICS:
    case E1000_IMS:
    case E1000_IMC:
        write_interrupts(n, at, value);
        return;
    case E1000_RCTL:
        write_rctl(n, value);
        return;
    case E1000_RDTR:
    case E1000_TIDV:
        write_delay(n, at, value);
        return;
    case E1000_PBA:
        write_pba(n, value);
        return;
    case E1000_TCTL:
        e->tctl = value;
        e1000_transmit(n);
        return;
    default:
        break;
    }
    bool ring = (at >= E1000_RDBAL && at <= E1000_RDT) || (at >= E1000_TDBAL && at <= E1000_TDT);
    if (ring)
        check_ring(n, at, value);
    if ((at == E1000_RDT || at == E1000_TDT) && nic_observed(n))
        e1000_remark_tail(n, at, value);
    write_plain(n, at, value);
    if (ring)
        ring_changed(n, at);
}

/* BAR 1: an address register and a window on the register it names. QEMU 7.2 has only a stub here,
 * hardware has it. */
enum { IO_ADDRESS = 0, IO_DATA = 4 };

static uint32_t e1000_read(struct nic *n, int bar, uint32_t off, int width)
{
    struct e1000 *e = nic_state(n);
    uint32_t at = off & ~3u, value = 0;
    if (bar == 0)
        value = read_register(n, at);
    else if (at == IO_ADDRESS)
        value = e->io_address;
    else if (at == IO_DATA)
        value = read_register(n, e->io_address);
    (void)width; /* the bus takes as many bytes as it asked for */
    return value >> (8 * (off & 3));
}

static void e1000_write(struct nic *n, int bar, uint32_t off, int width, uint32_t value)
{
    struct e1000 *e = nic_state(n);
    if (width != 4) {
        nic_violation(
            n, "a write of %d bytes to register 0x%x: registers are written 4 bytes at a time",
            width, off);
        return;
    }
    if (bar == 0)
        write_register(n, off, value);
    else if (off == IO_ADDRESS)
        e->io_address = value & 0x1fffc;
    else if (off == IO_DATA)
        write_register(n, e->io_address, value);
}

const struct nic_kind e1000_kind = {
    .name = "e1000",
    .vendor_id = 0x8086,
    .device_id = 0x100e,
    .revision = 3,
    .state_size = sizeof(struct e1000),
    .bar = {{BUS_MEM, 0x20000, e1000_registers}, {BUS_IO, 64, NULL}},
    .reset = e1000_reset,
    .read = e1000_read,
    .write = e1000_write,
    .receive = e1000_receive,
    .carrier = e1000_carrier,
    .due = e1000_due,
    .explain = e1000_explain,
    .place = e1000_place,
    .counters = nic_counters,
};
