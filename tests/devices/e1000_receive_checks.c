/* Checks of the 82540EM's receiver: filters, FIFO, descriptors, statistics. */
#include <string.h>

#include "sim/nic/fcs.h"
#include "tests/devices/e1000_bench.h"

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

const struct check e1000_receive_checks[] = {
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
    {NULL, NULL, NULL, {0}},
};
