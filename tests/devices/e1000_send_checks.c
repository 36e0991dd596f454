/* Checks of the 82540EM's transmitter: sizes, descriptors, offloads, loopback. */
#include <string.h>

#include "tests/devices/e1000_bench.h"

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

const struct check e1000_send_checks[] = {
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
    {NULL, NULL, NULL, {0}},
};
