/*
 * The Intel 82540EM, check by check. "8254x" is Intel's manual of the family (PCI/PCI-X Family of
 * Gigabit Ethernet Controllers, Software Developer's Manual); "measured" is QEMU 7.2's value where
 * the manual leaves the value to the EEPROM or was not at hand.
 */
#include <string.h>

#include "sim/nic/e1000_regs.h"
#include "sim/nic/fcs.h"
#include "tests/devices/check.h"

#define MANUAL   "8254x"
#define MEASURED "measured"

/* Guest memory: two rings of 128 descriptors at most, then buffers. */
enum {
    RX_RING = 0x1000,
    TX_RING = 0x2000,
    TX_BUF = 0x8000,
    RX_BUF = 0x20000,
    RX_STEP = 0x4000,
    NONE = 0,
};
enum { EOP_IFCS_RS = TXD_CMD_EOP | TXD_CMD_IFCS | TXD_CMD_RS };
static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
static const uint8_t other[6] = {0x52, 0x54, 0x00, 0x99, 0x88, 0x76};

static uint32_t get(struct probe *p, uint32_t at)
{
    return side_read(p->side, at, 4);
}

static void put(struct probe *p, uint32_t at, uint32_t value)
{
    side_write(p->side, at, 4, value);
}

/* --- a driver's hands --- */

static void rx_ring(struct probe *p, uint32_t count, uint32_t tail, uint32_t rctl)
{
    struct side *s = p->side;
    for (uint32_t k = 0; k < count; k++) {
        side_put(s, RX_RING + 16 * k, s->ram_at + RX_BUF + k % 16 * RX_STEP, 8);
        side_put(s, RX_RING + 16 * k + 8, 0, 8);
    }
    put(p, E1000_RDBAL, (uint32_t)s->ram_at + RX_RING);
    put(p, E1000_RDBAH, 0);
    put(p, E1000_RDLEN, 16 * count);
    put(p, E1000_RDH, 0);
    put(p, E1000_RDT, tail);
    put(p, E1000_RCTL, RCTL_EN | rctl);
    side_settle(s);
}

static void tx_ring(struct probe *p, uint32_t count)
{
    struct side *s = p->side;
    put(p, E1000_TDBAL, (uint32_t)s->ram_at + TX_RING);
    put(p, E1000_TDBAH, 0);
    put(p, E1000_TDLEN, 16 * count);
    put(p, E1000_TDH, 0);
    put(p, E1000_TDT, 0);
    put(p, E1000_TCTL, TCTL_EN | TCTL_PSP);
}

static void tx_descriptor(struct probe *p, uint32_t index, uint32_t buffer, uint32_t len,
                          uint32_t command)
{
    struct side *s = p->side;
    side_put(s, TX_RING + 16 * index, s->ram_at + buffer, 8);
    side_put(s, TX_RING + 16 * index + 8, len | command << 24, 8);
}

static uint32_t tx_frame(struct probe *p, uint32_t buffer, uint32_t len, uint8_t salt)
{
    return side_make(p->side->ram + buffer, side_broadcast, len, salt);
}

static void tell(struct probe *p, uint32_t tail)
{
    put(p, E1000_TDT, tail);
    side_settle(p->side);
}

static uint32_t rx_status(const struct probe *p, uint32_t index)
{
    return (uint32_t)side_get(p->side, RX_RING + 16 * index + RXD_STATUS, 1);
}

static uint32_t rx_length(const struct probe *p, uint32_t index)
{
    return (uint32_t)side_get(p->side, RX_RING + 16 * index + RXD_LENGTH, 2);
}

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

/* --- filters --- */

enum { TO_US, TO_OTHER, TO_ALL, TO_GROUP };

static const uint8_t *destination(uint32_t to)
{
    static const uint8_t *const all[] = {side_mac, other, side_broadcast, group};
    return all[to];
}

/* with: destination, RCTL bits, whether it is taken */
static void filter(struct probe *p, const uint32_t *with)
{
    rx_ring(p, 8, 7, with[1]);
    side_receive_to(p->side, destination(with[0]), 60);
    see(p, "taken", rx_status(p, 0) & RXD_STAT_DD, with[2]);
    see(p, "RDH", get(p, E1000_RDH), with[2]);
}

/* RCTL.MO chooses which 12 of the address's last 16 bits look into the table. */
static void hash(struct probe *p, const uint32_t *with)
{
    static const uint32_t shift[] = {4, 3, 2, 0};
    static const uint8_t member[6] = {0x01, 0x00, 0x5e, 0x11, 0x22, 0x37};
    static const uint8_t stranger[6] = {0x01, 0x00, 0x5e, 0x11, 0x24, 0x57};
    uint32_t bits = ((uint32_t)member[5] << 8 | member[4]) >> shift[with[0]] & 0xfff;
    put(p, E1000_MTA + 4 * (bits >> 5), 1u << (bits & 31));
    rx_ring(p, 8, 7, with[0] << 12);
    side_receive_to(p->side, stranger, 60);
    see(p, "RDH after a stranger", get(p, E1000_RDH), 0);
    side_receive_to(p->side, member, 60);
    see(p, "RDH after a member", get(p, E1000_RDH), 1);
}

/* with: AV bit, whether it is taken */
static void other_address(struct probe *p, const uint32_t *with)
{
    put(p, E1000_RA + 8 * 5, 0x99005452);
    put(p, E1000_RA + 8 * 5 + 4, 0x7688 | with[0]);
    rx_ring(p, 8, 7, 0);
    side_receive_to(p->side, other, 60);
    see(p, "RDH", get(p, E1000_RDH), with[1]);
}

static void inexact(struct probe *p, const uint32_t *with)
{
    rx_ring(p, 8, 7, RCTL_UPE | RCTL_SECRC);
    side_receive_to(p->side, destination(with[0]), 60);
    see(p, "PIF", rx_status(p, 0) & RXD_STAT_PIF, with[1]);
}

/* --- receiving --- */

/* with: octets, RCTL bits, length in the descriptor (0: not taken) */
static void receive_size(struct probe *p, const uint32_t *with)
{
    uint8_t frame[SIDE_FRAME_BYTES] = {0};
    rx_ring(p, 8, 7, with[1] | RCTL_UPE | RCTL_MPE);
    side_receive(p->side, frame, side_make(frame, side_mac, with[0], 3));
    see(p, "length", rx_length(p, 0), with[2]);
    see(p, "status", rx_status(p, 0) & (RXD_STAT_DD | RXD_STAT_EOP),
        with[2] ? RXD_STAT_DD | RXD_STAT_EOP : 0);
    uint32_t padded = with[0] < 60 ? 60 : with[0]; /* the array's zeros */
    if (with[2])
        see_octets(p, "octets", p->side->ram + RX_BUF, padded, frame, padded);
}

static void receive_check_sequence(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 8, 7, 0);
    memset(p->side->ram + RX_BUF, 0xee, 80);
    side_receive_to(p->side, side_mac, 60);
    see(p, "length", rx_length(p, 0), 64);
    see(p, "written", side_get(p->side, RX_BUF + 60, 4) != 0xeeeeeeee, 1);
    see(p, "behind it", side_get(p->side, RX_BUF + 64, 4), 0xeeeeeeee);
    if (is_ours(p))
        see(p, "check sequence", side_get(p->side, RX_BUF + 60, 4),
            fcs_of(p->side->ram + RX_BUF, 60));
}

/* with: octets, RCTL's buffer size, descriptors, length in the last */
static void receive_spans(struct probe *p, const uint32_t *with)
{
    static uint8_t frame[SIDE_FRAME_BYTES];
    uint32_t last = with[2] - 1, size = (with[0] - with[3]) / (last ? last : 1);
    rx_ring(p, 16, 15, with[1] | RCTL_SECRC | RCTL_LPE);
    side_receive(p->side, frame, side_make(frame, side_mac, with[0], 9));
    see(p, "RDH", get(p, E1000_RDH), with[2]);
    see(p, "length of the last", rx_length(p, last), with[3]);
    see(p, "EOP of the last", rx_status(p, last) & RXD_STAT_EOP, RXD_STAT_EOP);
    see(p, "DD of the first", rx_status(p, 0) & RXD_STAT_DD, RXD_STAT_DD);
    if (last) {
        see(p, "EOP of the first", rx_status(p, 0) & RXD_STAT_EOP, 0);
        see_octets(p, "octets of the first", p->side->ram + RX_BUF, size, frame, size);
        see_octets(p, "octets of the last", p->side->ram + RX_BUF + last * RX_STEP, with[3],
                   frame + last * size, with[3]);
    }
}

static void receive_overwrites(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 8, 0, RCTL_SECRC);
    for (uint32_t k = 0; k < 8; k++)
        side_put(p->side, RX_RING + 16 * k + 8, 0xccddccddccddccdd, 8);
    put(p, E1000_RDT, 7);
    side_receive_to(p->side, side_mac, 60);
    see(p, "length", rx_length(p, 0), 60);
    see(p, "EOP DD and VP", rx_status(p, 0) & 0x0b, RXD_STAT_DD | RXD_STAT_EOP);
    see(p, "errors", side_get(p->side, RX_RING + RXD_ERRORS, 1), 0);
    see(p, "special", side_get(p->side, RX_RING + RXD_SPECIAL, 2), 0);
}

static void receive_wraps(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 8, 7, RCTL_SECRC);
    for (uint32_t k = 0; k < 7; k++)
        side_receive_to(p->side, side_mac, 60 + k);
    see(p, "RDH at the tail", get(p, E1000_RDH), 7);
    put(p, E1000_RDT, 6);
    for (uint32_t k = 0; k < 3; k++)
        side_receive_to(p->side, side_mac, 70 + k);
    see(p, "RDH around", get(p, E1000_RDH), 2);
    see(p, "length at the end", rx_length(p, 7), 70);
    see(p, "length at the start", rx_length(p, 0), 71);
}

/* RDH equal to RDT: there is no free descriptor. What comes waits and counts in RNBC. */
static void receive_without_descriptors(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 8, 2, RCTL_SECRC);
    for (uint32_t k = 0; k < 3; k++)
        side_receive_to(p->side, side_mac, 60 + k);
    see(p, "RDH at the tail", get(p, E1000_RDH), 2);
    see(p, "RXO", get(p, E1000_ICR) & ICR_RXO, 0);
    see(p, "MPC", get(p, 0x4010), 0);
    see(p, "RNBC", get(p, 0x40a0), 1);
    put(p, E1000_RDT, 7);
    side_settle(p->side);
    see(p, "RDH", get(p, E1000_RDH), 3);
    see(p, "length", rx_length(p, 2), 62);
    see(p, "RXT0", get(p, E1000_ICR) & ICR_RXT0, ICR_RXT0);
}

/* What there are, is filled; the rest of the packet waits for others. */
static void receive_too_few_descriptors(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 8, 4, RCTL_SECRC | 3 << 16);
    side_receive_to(p->side, side_mac, 1514);
    uint32_t causes = get(p, E1000_ICR);
    see(p, "RXO", causes & ICR_RXO, 0);
    see(p, "RXT0", causes & ICR_RXT0, 0);
    see(p, "MPC", get(p, 0x4010), 0);
    see(p, "RDH", get(p, E1000_RDH), 4);
    put(p, E1000_RDT, 7);
    side_settle(p->side);
    see(p, "RDH with more", get(p, E1000_RDH), 6);
    see(p, "status of the last", rx_status(p, 5) & 3, RXD_STAT_DD | RXD_STAT_EOP);
}

/* with: KiB that PBA gives the receiver, octets of a packet, how many fit. QEMU's FIFO is its
 * wire's queue, which has another end. */
static void receive_into_a_full_fifo(struct probe *p, const uint32_t *with)
{
    if (!is_ours(p))
        return;
    rx_ring(p, 8, 0, RCTL_SECRC);
    put(p, E1000_PBA, with[0]);
    for (uint32_t k = 0; k < with[2]; k++)
        side_receive_to(p->side, side_mac, with[1]);
    see(p, "RXO", get(p, E1000_ICR) & ICR_RXO, 0);
    see(p, "MPC", get(p, 0x4010), 0);
    side_receive_to(p->side, side_mac, with[1]);
    see(p, "RXO when full", get(p, E1000_ICR) & ICR_RXO, ICR_RXO);
    see(p, "MPC when full", get(p, 0x4010), 1);
    see(p, "MPC again", get(p, 0x4010), 0);
    see(p, "RNBC", get(p, 0x40a0), with[2] + 1);
    see(p, "GPRC", get(p, 0x4074), with[2]);
    see(p, "TPR", get(p, 0x40d0), with[2] + 1);
}

/* RDTR puts RXT0 off; FPD ends that. */
static void receive_delayed(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 8, 7, RCTL_SECRC);
    put(p, E1000_RDTR, 1000);
    side_receive_to(p->side, side_mac, 60);
    see(p, "RXT0", get(p, E1000_ICR) & ICR_RXT0, 0);
    put(p, E1000_RDTR, 1000 | DELAY_FPD);
    see(p, "RXT0 after FPD", get(p, E1000_ICR) & ICR_RXT0, ICR_RXT0);
    see(p, "RDTR", get(p, E1000_RDTR), 1000);
}

static void receive_disabled(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 8, 7, RCTL_SECRC);
    put(p, E1000_RCTL, RCTL_SECRC);
    side_settle(p->side);
    side_receive_to(p->side, side_mac, 60);
    put(p, E1000_RCTL, RCTL_EN | RCTL_SECRC);
    side_settle(p->side);
    see(p, "RDH", get(p, E1000_RDH), 0);
}

static void receive_tells(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 8, 7, RCTL_SECRC);
    put(p, E1000_IMS, ICR_RXT0);
    side_receive_to(p->side, side_mac, 60);
    see(p, "line", side_line(p->side), 1);
    see(p, "RXT0", get(p, E1000_ICR) & ICR_RXT0, ICR_RXT0);
}

/* with: RCTL.RDMTS, free descriptors of 16 at which the threshold speaks */
static void receive_threshold(struct probe *p, const uint32_t *with)
{
    rx_ring(p, 16, with[1] + 2, RCTL_SECRC | with[0] << 8);
    get(p, E1000_ICR);
    side_receive_to(p->side, side_mac, 60);
    see(p, "above", get(p, E1000_ICR) & ICR_RXDMT0, 0);
    side_receive_to(p->side, side_mac, 60);
    see(p, "at", get(p, E1000_ICR) & ICR_RXDMT0, ICR_RXDMT0);
    side_receive_to(p->side, side_mac, 60);
    see(p, "below", get(p, E1000_ICR) & ICR_RXDMT0, 0);
}

static void receive_empty_descriptor(struct probe *p, const uint32_t *with)
{
    (void)with;
    forbidden(p, "has no buffer");
    rx_ring(p, 8, 0, RCTL_SECRC);
    side_put(p->side, RX_RING, 0, 8);
    put(p, E1000_RDT, 7);
    side_receive_to(p->side, side_mac, 60);
    see(p, "DD", rx_status(p, 0) & RXD_STAT_DD, RXD_STAT_DD);
}

static void receive_tag(struct probe *p, const uint32_t *with)
{
    uint8_t frame[64];
    side_make(frame, side_mac, sizeof frame, 0);
    memcpy(frame + 12, (const uint8_t[]){0x81, 0x00, 0x20, 0x05}, 4);
    put(p, E1000_CTRL, get(p, E1000_CTRL) | CTRL_VME);
    if (with[0])
        put(p, E1000_VFTA, 1u << with[0]);
    rx_ring(p, 8, 7, RCTL_SECRC | (with[0] ? RCTL_VFE : 0));
    side_receive(p->side, frame, sizeof frame);
    see(p, "RDH", get(p, E1000_RDH), with[1]);
    if (!with[1])
        return;
    see(p, "length", rx_length(p, 0), 60);
    see(p, "VP", rx_status(p, 0) & RXD_STAT_VP, RXD_STAT_VP);
    see(p, "special", side_get(p->side, RX_RING + RXD_SPECIAL, 2), 0x2005);
}

/* --- sending --- */

/* with: octets, and on the wire (0: nothing) */
static void send_size(struct probe *p, const uint32_t *with)
{
    tx_ring(p, 8);
    tx_frame(p, TX_BUF, with[0], 1);
    tx_descriptor(p, 0, TX_BUF, with[0], EOP_IFCS_RS);
    tell(p, 1);
    see(p, "frames", p->side->sents, 1);
    uint8_t *frame = p->side->ram + TX_BUF;
    see_sent(p, "frame", 0, frame, with[1]); /* behind it memory is 0, as padding is */
    see(p, "TDH", get(p, E1000_TDH), 1);
}

static void send_runt(struct probe *p, const uint32_t *with)
{
    forbidden(p, "the shortest with TCTL.PSP");
    tx_ring(p, 8);
    tx_frame(p, TX_BUF, with[0], 1);
    tx_descriptor(p, 0, TX_BUF, with[0], EOP_IFCS_RS);
    tell(p, 1);
    see(p, "TDH", get(p, E1000_TDH), 1);
}

/* with: octets of the first and of the second piece, of 300 */
static void send_gathers(struct probe *p, const uint32_t *with)
{
    uint32_t done = with[0] + with[1];
    tx_ring(p, 8);
    tx_frame(p, TX_BUF, 300, 1);
    tx_descriptor(p, 0, TX_BUF, with[0], TXD_CMD_IFCS);
    tx_descriptor(p, 1, TX_BUF + with[0], with[1], TXD_CMD_IFCS);
    tx_descriptor(p, 2, TX_BUF + done, 300 - done, EOP_IFCS_RS);
    tell(p, 2);
    see(p, "frames before EOP", p->side->sents, 0);
    tell(p, 3);
    see(p, "frames", p->side->sents, 1);
    see_sent(p, "frame", 0, p->side->ram + TX_BUF, 300);
}

static void send_reports(struct probe *p, const uint32_t *with)
{
    (void)with;
    tx_ring(p, 8);
    tx_frame(p, TX_BUF, 60, 1);
    get(p, E1000_ICR);
    tx_descriptor(p, 0, TX_BUF, 60, EOP_IFCS_RS);
    tell(p, 1);
    see(p, "DD", side_get(p->side, TX_RING + TXD_STATUS, 1) & TXD_STAT_DD, TXD_STAT_DD);
    see(p, "ICR", get(p, E1000_ICR) & (ICR_TXDW | ICR_TXQE), ICR_TXDW | ICR_TXQE);
}

static void send_silently(struct probe *p, const uint32_t *with)
{
    (void)with;
    tx_ring(p, 8);
    tx_frame(p, TX_BUF, 60, 1);
    get(p, E1000_ICR);
    tx_descriptor(p, 0, TX_BUF, 60, TXD_CMD_EOP | TXD_CMD_IFCS);
    tell(p, 1);
    see(p, "frames", p->side->sents, 1);
    see(p, "DD", side_get(p->side, TX_RING + TXD_STATUS, 1) & TXD_STAT_DD, 0);
    see(p, "ICR", get(p, E1000_ICR) & (ICR_TXDW | ICR_TXQE), ICR_TXQE);
}

/* TIDV puts TXDW off for what has IDE; FPD ends that. */
static void send_delayed(struct probe *p, const uint32_t *with)
{
    (void)with;
    tx_ring(p, 8);
    put(p, E1000_TIDV, 1000);
    tx_frame(p, TX_BUF, 60, 1);
    tx_descriptor(p, 0, TX_BUF, 60, EOP_IFCS_RS | TXD_CMD_IDE);
    tell(p, 1);
    see(p, "DD", side_get(p->side, TX_RING + TXD_STATUS, 1) & TXD_STAT_DD, TXD_STAT_DD);
    see(p, "TXDW", get(p, E1000_ICR) & ICR_TXDW, 0);
    put(p, E1000_TIDV, 1000 | DELAY_FPD);
    see(p, "TXDW after FPD", get(p, E1000_ICR) & ICR_TXDW, ICR_TXDW);
    see(p, "TIDV", get(p, E1000_TIDV), 1000);
}

static void send_interrupts(struct probe *p, const uint32_t *with)
{
    (void)with;
    put(p, E1000_IMS, ICR_TXDW);
    tx_ring(p, 8);
    tx_frame(p, TX_BUF, 60, 1);
    tx_descriptor(p, 0, TX_BUF, 60, EOP_IFCS_RS);
    tell(p, 1);
    see(p, "line", side_line(p->side), 1);
}

static void send_wraps(struct probe *p, const uint32_t *with)
{
    (void)with;
    tx_ring(p, 8);
    for (uint32_t k = 0; k < 8; k++) {
        tx_frame(p, TX_BUF + 0x100 * k, 60 + k, (uint8_t)k);
        tx_descriptor(p, k, TX_BUF + 0x100 * k, 60 + k, EOP_IFCS_RS);
    }
    tell(p, 7);
    see(p, "TDH before", get(p, E1000_TDH), 7);
    tell(p, 0);
    see(p, "TDH after", get(p, E1000_TDH), 0);
    see(p, "frames", p->side->sents, 8);
    see_sent(p, "the last", 7, p->side->ram + TX_BUF + 0x700, 67);
}

static void send_when_enabled(struct probe *p, const uint32_t *with)
{
    (void)with;
    tx_ring(p, 8);
    put(p, E1000_TCTL, TCTL_PSP);
    tx_frame(p, TX_BUF, 60, 1);
    tx_descriptor(p, 0, TX_BUF, 60, EOP_IFCS_RS);
    tell(p, 1);
    see(p, "frames while off", p->side->sents, 0);
    put(p, E1000_TCTL, TCTL_EN | TCTL_PSP);
    side_settle(p->side);
    see(p, "frames", p->side->sents, 1);
}

static void send_nothing(struct probe *p, const uint32_t *with)
{
    (void)with;
    tx_ring(p, 8);
    get(p, E1000_ICR);
    tell(p, 0);
    see(p, "frames", p->side->sents, 0);
    see(p, "TXQE", get(p, E1000_ICR) & ICR_TXQE, 0);
    see(p, "TDH", get(p, E1000_TDH), 0);
}

static void send_beyond(struct probe *p, const uint32_t *with)
{
    (void)with;
    tx_ring(p, 8);
    for (uint32_t k = 0; k < 8; k++)
        tx_descriptor(p, k, TX_BUF, tx_frame(p, TX_BUF, 60, 1), EOP_IFCS_RS);
    forbidden(p, "is beyond the ring's 8 descriptors");
    tell(p, 8);
    if (is_ours(p))
        see(p, "frames", p->side->sents, 0);
}

static void send_tag(struct probe *p, const uint32_t *with)
{
    uint8_t tagged[64];
    (void)with;
    put(p, E1000_CTRL, get(p, E1000_CTRL) | CTRL_VME);
    tx_ring(p, 8);
    tx_frame(p, TX_BUF, 60, 1);
    tx_descriptor(p, 0, TX_BUF, 60, EOP_IFCS_RS | TXD_CMD_VLE);
    side_put(p->side, TX_RING + TXD_SPECIAL, 0x2005, 2);
    tell(p, 1);
    memcpy(tagged, p->side->ram + TX_BUF, 12);
    memcpy(tagged + 12, (const uint8_t[]){0x81, 0x00, 0x20, 0x05}, 4);
    memcpy(tagged + 16, p->side->ram + TX_BUF + 12, 48);
    see_sent(p, "frame", 0, tagged, sizeof tagged);
}

/* Legacy IC: the complement of the sum from CSS on, at CSO. */
static void send_legacy_sum(struct probe *p, const uint32_t *with)
{
    uint8_t want[60];
    uint32_t sum = 0;
    (void)with;
    tx_ring(p, 8);
    memset(p->side->ram + TX_BUF, 0, 60);
    tx_frame(p, TX_BUF, 60, 1);
    side_put(p->side, TX_BUF + 24, 0, 2);
    tx_descriptor(p, 0, TX_BUF, 60, EOP_IFCS_RS | TXD_CMD_IC);
    side_put(p->side, TX_RING + TXD_CSO, 24, 1);
    side_put(p->side, TX_RING + TXD_CSS, 14, 1);
    memcpy(want, p->side->ram + TX_BUF, 60);
    for (uint32_t k = 14; k < 60; k += 2)
        sum += (uint32_t)want[k] << 8 | want[k + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    want[24] = (uint8_t)(sum >> 8);
    want[25] = (uint8_t)sum;
    tell(p, 1);
    see_sent(p, "frame", 0, want, 60);
}

/* An IPv4 header and a TCP header of 20 octets each, of a packet that is to be cut. */
static void tcp_template(struct probe *p, uint32_t payload)
{
    static const uint8_t headers[] = {0x02, 0,    0,    0,    0,    1, 0x52, 0x54, 0,    0x12, 0x34,
                                      0x56, 0x08, 0x00, 0x45, 0,    0, 0,    0x12, 0x34, 0x40, 0,
                                      0x40, 6,    0,    0,    10,   0, 2,    15,   10,   0,    2,
                                      2,    0x13, 0x88, 0,    80,   0, 0,    0x10, 0,    0,    0,
                                      0x20, 0,    0x50, 0x18, 0x10, 0, 0,    0,    0,    0};
    memcpy(p->side->ram + TX_BUF, headers, sizeof headers);
    for (uint32_t k = 0; k < payload; k++)
        p->side->ram[TX_BUF + 54 + k] = (uint8_t)(k + k / 256);
}

/* with: payload, MSS, frames, octets of the last */
static void send_segments(struct probe *p, const uint32_t *with)
{
    struct side *s = p->side;
    tx_ring(p, 8);
    tcp_template(p, with[0]);
    side_put(s, TX_RING, 14 | 24 << 8 | 33 << 16, 4);
    side_put(s, TX_RING + 4, 34 | 50 << 8, 4);
    side_put(s, TX_RING + 8,
             with[0] | (uint64_t)(TXD_CMD_DEXT | TXD_CMD_TSE | 3) << 24 | (uint64_t)54 << 40 |
                 (uint64_t)with[1] << 48,
             8);
    side_put(s, TX_RING + 16, s->ram_at + TX_BUF, 8);
    side_put(s, TX_RING + 24,
             (54 + with[0]) | 1 << 20 | (uint64_t)(EOP_IFCS_RS | TXD_CMD_DEXT | TXD_CMD_TSE) << 24 |
                 (uint64_t)3 << 40,
             8);
    tell(p, 2);
    see(p, "frames", s->sents, with[2]);
    const struct side_frame *last = &s->sent[s->sents ? s->sents - 1 : 0];
    see(p, "octets of the first", s->sent[0].len, 54 + with[1]);
    see(p, "octets of the last", last->len, with[3]);
    const uint8_t *second = s->sent[1].bytes;
    see(p, "sequence of the second",
        (uint32_t)second[38] << 24 | (uint32_t)second[39] << 16 | (uint32_t)second[40] << 8 |
            second[41],
        0x1000 + with[1]);
    see(p, "identification of the second", (uint32_t)second[18] << 8 | second[19], 0x1235);
    see(p, "PSH of the first", s->sent[0].bytes[47] & 8, 0);
    see(p, "PSH of the last", last->bytes[47] & 8, 8);
}

static void loopback(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 8, 7, RCTL_SECRC | RCTL_LBM | RCTL_BAM);
    tx_ring(p, 8);
    tx_frame(p, TX_BUF, 100, 1);
    tx_descriptor(p, 0, TX_BUF, 100, EOP_IFCS_RS);
    tell(p, 1);
    see(p, "frames", p->side->sents, 0);
    see(p, "RDH", get(p, E1000_RDH), 1);
    see_octets(p, "octets", p->side->ram + RX_BUF, 100, p->side->ram + TX_BUF, 100);
}

static void phy_loopback(struct probe *p, const uint32_t *with)
{
    put(p, E1000_MDIC, MDIC_WRITE | 1 << 21 | BMCR_LOOPBACK | 0x0140);
    side_settle(p->side);
    rx_ring(p, 8, 7, RCTL_SECRC | RCTL_BAM);
    tx_ring(p, 8);
    tx_frame(p, TX_BUF, 100, 1);
    tx_descriptor(p, 0, TX_BUF, 100, EOP_IFCS_RS);
    tell(p, 1);
    (void)with;
    see(p, "frames", p->side->sents, 0);
    see(p, "RDH", get(p, E1000_RDH), 1);
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

/* --- statistics --- */

static void statistics_sent(struct probe *p, const uint32_t *with)
{
    (void)with;
    tx_ring(p, 8);
    tx_descriptor(p, 0, TX_BUF, tx_frame(p, TX_BUF, 60, 1), EOP_IFCS_RS);
    tx_descriptor(p, 1, TX_BUF, 60, EOP_IFCS_RS);
    tell(p, 2);
    see(p, "GPTC", get(p, 0x4080), 2);
    see(p, "GPTC again", get(p, 0x4080), 0);
    see(p, "TPT", get(p, 0x40d4), 2);
    see(p, "TOTL", get(p, 0x40c8), 128);
    see(p, "BPTC", get(p, 0x40f4), 2);
    see(p, "PTC64", get(p, 0x40d8), 2);
}

static void statistics_received(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 16, 15, RCTL_SECRC | RCTL_BAM | RCTL_MPE);
    side_receive_to(p->side, side_mac, 60);
    side_receive_to(p->side, side_broadcast, 200);
    side_receive_to(p->side, group, 600);
    see(p, "GPRC", get(p, 0x4074), 3);
    see(p, "TPR", get(p, 0x40d0), 3);
    see(p, "BPRC", get(p, 0x4078), 1);
    see(p, "MPRC", get(p, 0x407c), 1);
    see(p, "GORCL", get(p, 0x4088), 872);
    see(p, "PRC64", get(p, 0x405c), 1);
    see(p, "PRC255", get(p, 0x4064), 1);
    see(p, "PRC1023", get(p, 0x406c), 1);
    see(p, "GORCH", get(p, 0x408c), 0);
    see(p, "GORCL after GORCH", get(p, 0x4088), 0);
}

/* with: octets, with the check sequence, of a frame; the counter that it is in, of PRC64 to
 * PRC1522 */
static void statistics_by_size(struct probe *p, const uint32_t *with)
{
    static const char *const name[] = {"PRC64", "PRC127", "PRC255", "PRC511", "PRC1023", "PRC1522"};
    rx_ring(p, 8, 7, RCTL_SECRC);
    side_receive_to(p->side, side_mac, with[0] - 4);
    for (uint32_t k = 0; k < 6; k++)
        see(p, name[k], get(p, 0x405c + 4 * k), k == with[1]);
}

static void statistics_too_long(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 8, 7, RCTL_SECRC);
    side_receive_to(p->side, side_mac, 1523);
    see(p, "ROC", get(p, 0x40ac), 1);
    see(p, "GPRC", get(p, 0x4074), 0);
}

static void statistics_filtered(struct probe *p, const uint32_t *with)
{
    (void)with;
    rx_ring(p, 8, 7, RCTL_SECRC);
    side_receive_to(p->side, other, 60);
    see(p, "TPR", get(p, 0x40d0), 1);
    see(p, "GPRC", get(p, 0x4074), 0);
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
const struct check e1000_checks[] = {
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
    {"filter: our address", MANUAL, filter, {TO_US, 0, 1}},
    {"filter: another's", MANUAL, filter, {TO_OTHER, 0, 0}},
    {"filter: another's, UPE", MANUAL, filter, {TO_OTHER, RCTL_UPE, 1}},
    {"filter: another's, MPE", MANUAL, filter, {TO_OTHER, RCTL_MPE, 0}},
    {"filter: broadcast", MANUAL, filter, {TO_ALL, 0, 0}},
    {"filter: broadcast, BAM", MANUAL, filter, {TO_ALL, RCTL_BAM, 1}},
    {"filter: broadcast, UPE", MANUAL, filter, {TO_ALL, RCTL_UPE, 0}},
    {"filter: broadcast, MPE", MEASURED, filter, {TO_ALL, RCTL_MPE, 1}},
    {"filter: group", MANUAL, filter, {TO_GROUP, 0, 0}},
    {"filter: group, MPE", MANUAL, filter, {TO_GROUP, RCTL_MPE, 1}},
    {"filter: group, UPE", MANUAL, filter, {TO_GROUP, RCTL_UPE, 0}},
    {"filter: group, BAM", MANUAL, filter, {TO_GROUP, RCTL_BAM, 0}},
    {"filter: hash, bits 47 to 36", MANUAL, hash, {0}},
    {"filter: hash, bits 46 to 35", MANUAL, hash, {1}},
    {"filter: hash, bits 45 to 34", MANUAL, hash, {2}},
    {"filter: hash, bits 43 to 32", MANUAL, hash, {3}},
    {"filter: sixth address", MANUAL, other_address, {RAH_AV, 1}},
    {"filter: sixth address, not valid", MANUAL, other_address, {0, 0}},
    {"filter: inexact match is told", MANUAL, inexact, {TO_OTHER, RXD_STAT_PIF}},
    {"filter: exact match", MANUAL, inexact, {TO_US, 0}},
    {"receive 1 octet", MANUAL, receive_size, {1, RCTL_SECRC, 60}},
    {"receive 59", MANUAL, receive_size, {59, RCTL_SECRC, 60}},
    {"receive 60", MANUAL, receive_size, {60, RCTL_SECRC, 60}},
    {"receive 1514", MANUAL, receive_size, {1514, RCTL_SECRC, 1514}},
    {"receive 1518", MANUAL, receive_size, {1518, RCTL_SECRC, 1518}},
    {"receive 1522", MANUAL, receive_size, {1522, RCTL_SECRC, 0}},
    {"receive 1522, LPE", MANUAL, receive_size, {1522, RCTL_SECRC | RCTL_LPE, 1522}},
    {"receive 9000", MANUAL, receive_size, {9000, RCTL_SECRC, 0}},
    {"receive 9000 in five", MANUAL, receive_spans, {9000, RCTL_LPE, 5, 808}},
    {"receive 9000 in 8192", MANUAL, receive_spans, {9000, RCTL_LPE | RCTL_BSEX | 2 << 16, 2, 808}},
    {"receive 1514 in 256", MANUAL, receive_spans, {1514, 3 << 16, 6, 234}},
    {"receive 512 in 512", MANUAL, receive_spans, {512, 2 << 16, 1, 512}},
    {"receive 1025 in 1024", MANUAL, receive_spans, {1025, 1 << 16, 2, 1}},
    {"receive with the check sequence", MANUAL, receive_check_sequence, {0}},
    {"receive overwrites a descriptor", MANUAL, receive_overwrites, {0}},
    {"receive ring wraps", MANUAL, receive_wraps, {0}},
    {"receive without descriptors", "8254x 13.7.33", receive_without_descriptors, {0}},
    {"receive with too few", "8254x 3.2.7.4", receive_too_few_descriptors, {0}},
    {"receive into a full FIFO", "8254x 13.7.5", receive_into_a_full_fifo, {48, 1514, 32}},
    {"receive into a FIFO of 8 KiB", "8254x 13.4.16", receive_into_a_full_fifo, {8, 60, 128}},
    {"receive delayed", "8254x 13.4.30", receive_delayed, {0}},
    {"receive while off", MANUAL, receive_disabled, {0}},
    {"receive raises RXT0", MANUAL, receive_tells, {0}},
    {"receive threshold, a half", "8254x 3.2.7.3", receive_threshold, {0, 8}},
    {"receive threshold, a quarter", "8254x 3.2.7.3", receive_threshold, {1, 4}},
    {"receive threshold, an eighth", "8254x 3.2.7.3", receive_threshold, {2, 2}},
    {"receive without a buffer", MANUAL, receive_empty_descriptor, {0}},
    {"receive a tag", MANUAL, receive_tag, {0, 1}},
    {"receive a tag of our VLAN", MANUAL, receive_tag, {5, 1}},
    {"receive a tag of another", MANUAL, receive_tag, {6, 0}},
    {"send 60", MANUAL, send_size, {60, 60}},
    {"send 59, padded", MANUAL, send_size, {59, 60}},
    {"send 17, padded", MANUAL, send_size, {17, 60}},
    {"send 1514", MANUAL, send_size, {1514, 1514}},
    {"send 1522", MANUAL, send_size, {1522, 1522}},
    {"send 9000", MANUAL, send_size, {9000, 9000}},
    {"send 1", MANUAL, send_runt, {1}},
    {"send 0", MANUAL, send_runt, {0}},
    {"send gathers", MANUAL, send_gathers, {14, 1}},
    {"send gathers, evenly", MANUAL, send_gathers, {100, 100}},
    {"send with RS", MANUAL, send_reports, {0}},
    {"send without RS", MANUAL, send_silently, {0}},
    {"send raises TXDW", MANUAL, send_interrupts, {0}},
    {"send delayed", "8254x 13.4.41", send_delayed, {0}},
    {"send ring wraps", MANUAL, send_wraps, {0}},
    {"send when enabled", MANUAL, send_when_enabled, {0}},
    {"send an empty ring", MANUAL, send_nothing, {0}},
    {"send beyond the ring", MANUAL, send_beyond, {0}},
    {"send inserts a tag", MANUAL, send_tag, {0}},
    {"send inserts a legacy checksum", MANUAL, send_legacy_sum, {0}},
    {"send segments, 2500 by 1000", MANUAL, send_segments, {2500, 1000, 3, 554}},
    {"send segments, 3000 by 1000", MANUAL, send_segments, {3000, 1000, 3, 1054}},
    {"MAC loopback", MANUAL, loopback, {0}},
    {"PHY loopback", MANUAL, phy_loopback, {0}},
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
    {"statistics of sending", MANUAL, statistics_sent, {0}},
    {"statistics of receiving", MANUAL, statistics_received, {0}},
    {"statistics, received 65", "8254x 13.7", statistics_by_size, {65, 1}},
    {"statistics, received 127", "8254x 13.7", statistics_by_size, {127, 1}},
    {"statistics, received 128", "8254x 13.7", statistics_by_size, {128, 2}},
    {"statistics, received 511", "8254x 13.7", statistics_by_size, {511, 3}},
    {"statistics, received 1023", "8254x 13.7", statistics_by_size, {1023, 4}},
    {"statistics, received 1024", "8254x 13.7", statistics_by_size, {1024, 5}},
    {"statistics of what is too long", MANUAL, statistics_too_long, {0}},
    {"statistics of what is filtered", MANUAL, statistics_filtered, {0}},
    {"CTRL.RST", MANUAL, ctrl_reset, {0}},
    {"RDBAL not aligned", MANUAL, base_unaligned, {E1000_RDBAL}},
    {"TDBAL not aligned", MANUAL, base_unaligned, {E1000_TDBAL}},
    {"RDLEN not aligned", MANUAL, length_unaligned, {E1000_RDLEN}},
    {"TDLEN not aligned", MANUAL, length_unaligned, {E1000_TDLEN}},
    {"RDH while in use", MANUAL, head_in_use, {0}},
    {NULL, NULL, NULL, {0}},
};
