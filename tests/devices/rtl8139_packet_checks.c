/* Checks of the RTL8139's packets: filters, the ring, the FIFO, the four slots. */
#include "sim/nic/fcs.h"
#include "tests/devices/rtl8139_bench.h"

/* --- filters --- */

enum { TO_US, TO_OTHER, TO_ALL, TO_GROUP };

static const uint8_t *destination(uint32_t to)
{
    static const uint8_t *const all[] = {side_mac, other, side_broadcast, group};
    return all[to];
}

/* with: destination, RCR, status in the header (0: not taken) */
static void filter(struct probe *p, const uint32_t *with)
{
    begin(p, with[1] | WRAP);
    side_receive_to(p->side, destination(with[0]), 60);
    see(p, "CBR", get(p, RTL_CBR, 2), with[2] ? 68 : 0);
    see(p, "status", header_status(p, 0), with[2]);
}

static void hash(struct probe *p, const uint32_t *with)
{
    uint32_t bit = fcs_hash(group) >> 26;
    begin(p, AM | WRAP);
    bit ^= with[0];
    put(p, RTL_MAR + bit / 32 * 4, 4, 1u << bit % 32);
    side_receive_to(p->side, group, 60);
    see(p, "CBR", get(p, RTL_CBR, 2), with[1]);
}

static void hash_by_octets(struct probe *p, const uint32_t *with)
{
    uint32_t bit = fcs_hash(group) >> 26;
    (void)with;
    begin(p, AM | WRAP);
    put(p, RTL_MAR + bit / 8, 1, 1u << bit % 8);
    side_receive_to(p->side, group, 60);
    see(p, "CBR", get(p, RTL_CBR, 2), 68);
}

static void other_address(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, APM | WRAP);
    put(p, RTL_9346CR, 1, 0xc0);
    put(p, RTL_IDR, 4, 0x99005452);
    put(p, RTL_IDR + 4, 4, 0x7688);
    side_receive_to(p->side, side_mac, 60);
    see(p, "CBR after the old address", get(p, RTL_CBR, 2), 0);
    side_receive_to(p->side, other, 60);
    see(p, "CBR after the new", get(p, RTL_CBR, 2), 68);
}

/* --- receiving --- */

/* with: octets, length in the header (0: not taken) */
static void receive_size(struct probe *p, const uint32_t *with)
{
    uint8_t frame[SIDE_FRAME_BYTES] = {0};
    uint32_t padded = with[0] < 60 ? 60 : with[0];
    begin(p, ALL_FRAMES | WRAP | 3 << 11);
    side_receive(p->side, frame, side_make(frame, side_mac, with[0], 3));
    see(p, "length", header_length(p, 0), with[1]);
    see(p, "status", header_status(p, 0) & RX_ROK, with[1] ? RX_ROK : 0);
    if (!with[1])
        return;
    uint32_t fcs = fcs_of(frame, padded);
    see_octets(p, "octets", p->side->ram + RING + 4, padded, frame, padded);
    see(p, "check sequence", side_get(p->side, RING + 4 + padded, 4), fcs);
}

static void receive_aligns(struct probe *p, const uint32_t *with)
{
    begin(p, APM | WRAP);
    side_receive_to(p->side, side_mac, with[0]);
    see(p, "CBR", get(p, RTL_CBR, 2), with[1]);
    side_receive_to(p->side, side_mac, 60);
    see(p, "length of the next", header_length(p, with[1]), 64);
}

static void receive_empties(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, APM | WRAP);
    see(p, "BUFE before", get(p, RTL_CR, 1) & CR_BUFE, CR_BUFE);
    side_receive_to(p->side, side_mac, 60);
    see(p, "BUFE", get(p, RTL_CR, 1) & CR_BUFE, 0);
    put(p, RTL_CAPR, 2, 68 - 16);
    see(p, "BUFE after CAPR", get(p, RTL_CR, 1) & CR_BUFE, CR_BUFE);
    see(p, "CAPR", get(p, RTL_CAPR, 2), 68 - 16);
}

/* Fills the ring to 7,650 octets and has read all, so that the next of 1000 reaches its end. */
static void near_the_end(struct probe *p)
{
    for (uint32_t k = 0; k < 5; k++) {
        side_receive_to(p->side, side_mac, 1514);
        put(p, RTL_CAPR, 2, get(p, RTL_CBR, 2) - 16);
    }
}

static void receive_runs_on(struct probe *p, const uint32_t *with)
{
    static uint8_t frame[1000];
    (void)with;
    begin(p, APM | WRAP);
    near_the_end(p);
    uint32_t at = get(p, RTL_CBR, 2);
    side_receive(p->side, frame, side_make(frame, side_mac, sizeof frame, 5));
    see(p, "length", header_length(p, at), 1004);
    see_octets(p, "octets", p->side->ram + RING + at + 4, 1000, frame, 1000);
    see(p, "CBR", get(p, RTL_CBR, 2), (at + 1008) % 8192);
}

static void receive_splits(struct probe *p, const uint32_t *with)
{
    static uint8_t frame[1000];
    (void)with;
    begin(p, APM);
    near_the_end(p);
    uint32_t at = get(p, RTL_CBR, 2), first = 8192 - at - 4;
    side_receive(p->side, frame, side_make(frame, side_mac, sizeof frame, 5));
    see_octets(p, "octets at the end", p->side->ram + RING + at + 4, first, frame, first);
    see_octets(p, "octets at the start", p->side->ram + RING, 1000 - first, frame + first,
               1000 - first);
    see(p, "CBR", get(p, RTL_CBR, 2), (at + 1008) % 8192);
}

/* What does not fit waits in the FIFO, which has 2 KiB; then it is lost. */
static void receive_full(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, APM | WRAP);
    put(p, RTL_IMR, 2, 0xe1ff);
    for (uint32_t k = 0; k < 120; k++)
        side_receive_to(p->side, side_mac, 60);
    see(p, "CBR", get(p, RTL_CBR, 2), 0x1fe0);
    see(p, "ROVW", get(p, RTL_ISR, 2) & ISR_ROVW, 0);
    side_receive_to(p->side, side_mac, 60);
    see(p, "CBR when full", get(p, RTL_CBR, 2), 0x1fe0);
    see(p, "ROVW when full", get(p, RTL_ISR, 2) & ISR_ROVW, ISR_ROVW);
    see(p, "MPC", get(p, RTL_MPC, 4), 0);
    put(p, RTL_CAPR, 2, 680 - 16);
    side_settle(p->side);
    see(p, "CBR after CAPR", get(p, RTL_CBR, 2), 0x24);
}

/* QEMU's FIFO is its wire's queue, which has another end. */
static void receive_into_a_full_fifo(struct probe *p, const uint32_t *with)
{
    (void)with;
    if (!is_ours(p))
        return;
    begin(p, APM | WRAP);
    for (uint32_t k = 0; k < 6; k++)
        side_receive_to(p->side, side_mac, 1514);
    put(p, RTL_ISR, 2, 0xffff);
    side_receive_to(p->side, side_mac, 526);
    see(p, "MPC", get(p, RTL_MPC, 4), 0);
    see(p, "ISR", get(p, RTL_ISR, 2), 0);
    side_receive_to(p->side, side_mac, 60);
    see(p, "MPC when full", get(p, RTL_MPC, 4), 1);
    see(p, "ISR when full", get(p, RTL_ISR, 2), ISR_FOVW);
    put(p, RTL_MPC, 4, 1);
    see(p, "MPC cleared", get(p, RTL_MPC, 4), 0);
}

static void receive_masked_overflow(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, APM | WRAP);
    for (uint32_t k = 0; k < 6; k++)
        side_receive_to(p->side, side_mac, 1514);
    see(p, "ROVW", get(p, RTL_ISR, 2) & ISR_ROVW, ISR_ROVW);
    see(p, "MPC", get(p, RTL_MPC, 4), 0);
}

static void receive_disabled(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, APM | WRAP);
    put(p, RTL_CR, 1, CR_TE);
    side_receive_to(p->side, side_mac, 60);
    put(p, RTL_CR, 1, CR_TE | CR_RE);
    side_settle(p->side);
    see(p, "CBR", get(p, RTL_CBR, 2), 0);
    side_receive_to(p->side, side_mac, 60);
    see(p, "CBR when on", get(p, RTL_CBR, 2), 68);
}

static void rcr_keeps_pointers(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, APM | WRAP);
    side_receive_to(p->side, side_mac, 60);
    put(p, RTL_RCR, 4, APM | WRAP | AB);
    see(p, "CBR", get(p, RTL_CBR, 2), 68);
}

static void ring_size(struct probe *p, const uint32_t *with)
{
    begin(p, APM | WRAP | with[0] << 11);
    uint32_t size = 8192u << with[0], frames = size / 1520 - 1;
    for (uint32_t k = 0; k < frames; k++)
        side_receive_to(p->side, side_mac, 1514);
    see(p, "CBR", get(p, RTL_CBR, 2), frames * 1524 % size);
    for (uint32_t k = 0; k < 2; k++) {
        put(p, RTL_CAPR, 2, get(p, RTL_CBR, 2) - 16);
        side_receive_to(p->side, side_mac, 1514);
    }
    see(p, "CBR around the end", get(p, RTL_CBR, 2), (frames + 2) * 1524 % size);
}

/* --- sending --- */

static void send_size(struct probe *p, const uint32_t *with)
{
    begin(p, 0);
    send(p, 0, with[0]);
    see(p, "frames", p->side->sents, with[0] ? 1 : 0);
    if (with[0])
        see_sent(p, "frame", 0, p->side->ram + TX_BUF, with[0]);
    see(p, "TSD0", get(p, RTL_TSD, 4), TSD_OWN | TSD_TOK | with[0]);
    see(p, "ISR", get(p, RTL_ISR, 2), ISR_TOK);
}

static void send_forbidden(struct probe *p, const uint32_t *with)
{
    begin(p, 0);
    forbidden(p, with[0] < 60 ? "the chip does not pad" : "the chip's limit is 1792");
    send(p, 0, with[0]);
    see(p, "TSD0", get(p, RTL_TSD, 4), TSD_OWN | TSD_TOK | with[0]);
}

static void send_in_turn(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    for (uint32_t k = 0; k < 6; k++)
        send(p, k % 4, 60 + k);
    see(p, "frames", p->side->sents, 6);
    see_sent(p, "the fourth", 3, p->side->ram + TX_BUF + 3 * TX_STEP, 63);
    see_sent(p, "the sixth", 5, p->side->ram + TX_BUF + TX_STEP, 65);
    see(p, "TSADS", get(p, RTL_TSADS, 2), 0xf00f);
}

static void send_out_of_turn(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    forbidden(p, "is handed over out of turn");
    send(p, 2, 60);
    see(p, "frames", p->side->sents, 0);
    see(p, "OWN", get(p, RTL_TSD + 8, 4) & TSD_OWN, 0);
}

static void send_owned(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    put(p, RTL_TSAD, 4, (uint32_t)p->side->ram_at + TX_BUF);
    put(p, RTL_TSD, 4, TSD_OWN | 60);
    side_settle(p->side);
    see(p, "frames", p->side->sents, 0);
}

static void send_disabled(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    put(p, RTL_CR, 1, CR_RE);
    send(p, 0, 60);
    put(p, RTL_CR, 1, CR_RE | CR_TE);
    side_settle(p->side);
    see(p, "frames", p->side->sents, 0);
    see(p, "ISR", get(p, RTL_ISR, 2), 0);
}

static void send_interrupts(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    put(p, RTL_IMR, 2, ISR_TOK);
    send(p, 0, 60);
    see(p, "line", side_line(p->side), 1);
}

static void send_after_reset(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    send(p, 0, 60);
    begin(p, 0);
    send(p, 0, 61);
    see(p, "frames", p->side->sents, 2);
}

static void loopback(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, AB | WRAP);
    put(p, RTL_TCR, 4, TCR_LOOPBACK);
    send(p, 0, 100);
    see(p, "frames", p->side->sents, 0);
    see(p, "length", header_length(p, 0), 104);
    see_octets(p, "octets", p->side->ram + RING + 4, 100, p->side->ram + TX_BUF, 100);
}

static void not_a_master(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    side_configure(p->side, 4, 2, 3);
    forbidden(p, "with bus mastering off");
    send(p, 0, 60);
    if (is_ours(p))
        see(p, "frames", p->side->sents, 0);
}

const struct check rtl8139_packet_checks[] = {
    {"PCI bus mastering off", "PCI 3.0", not_a_master, {0}},
    {"filter: our address, APM", SHEET, filter, {TO_US, APM, RX_ROK | RX_PAM}},
    {"filter: our address", SHEET, filter, {TO_US, AM | AB, 0}},
    {"filter: another's, APM", SHEET, filter, {TO_OTHER, APM | AM | AB, 0}},
    {"filter: another's, AAP", MEASURED, filter, {TO_OTHER, AAP, RX_ROK}},
    {"filter: broadcast, AB", SHEET, filter, {TO_ALL, AB, RX_ROK | RX_BAR}},
    {"filter: broadcast", SHEET, filter, {TO_ALL, APM, 0}},
    {"filter: group, AM, no hash", SHEET, filter, {TO_GROUP, AM, 0}},
    {"filter: group", SHEET, filter, {TO_GROUP, APM | AB, 0}},
    {"filter: hash", SHEET, hash, {0, 68}},
    {"filter: hash of a neighbour", SHEET, hash, {1, 0}},
    {"filter: hash by octets", SHEET, hash_by_octets, {0}},
    {"filter: another address in IDR", SHEET, other_address, {0}},
    {"receive 1 octet", SHEET, receive_size, {1, 64}},
    {"receive 59", SHEET, receive_size, {59, 64}},
    {"receive 60", SHEET, receive_size, {60, 64}},
    {"receive 1514", SHEET, receive_size, {1514, 1518}},
    {"receive 1522", SHEET, receive_size, {1522, 1526}},
    {"receive 9000", SHEET, receive_size, {9000, 0}},
    {"receive 61, aligned", SHEET, receive_aligns, {61, 72}},
    {"receive 63, aligned", SHEET, receive_aligns, {63, 72}},
    {"receive 64, aligned", SHEET, receive_aligns, {64, 72}},
    {"receive and read, BUFE", SHEET, receive_empties, {0}},
    {"receive past the ring's end", SHEET, receive_runs_on, {0}},
    {"receive around the ring's end", SHEET, receive_splits, {0}},
    {"receive into a full ring", SHEET, receive_full, {0}},
    {"receive into a full FIFO", SHEET, receive_into_a_full_fifo, {0}},
    {"receive overflow, masked", SHEET, receive_masked_overflow, {0}},
    {"receive while off", SHEET, receive_disabled, {0}},
    {"RCR keeps the pointers", SHEET, rcr_keeps_pointers, {0}},
    {"ring of 8 KiB", SHEET, ring_size, {0}},
    {"ring of 16 KiB", SHEET, ring_size, {1}},
    {"ring of 32 KiB", SHEET, ring_size, {2}},
    {"send 60", SHEET, send_size, {60}},
    {"send 1514", SHEET, send_size, {1514}},
    {"send 1522", SHEET, send_size, {1522}},
    {"send 0", MEASURED, send_size, {0}},
    {"send 59", SHEET, send_forbidden, {59}},
    {"send 1", SHEET, send_forbidden, {1}},
    {"send 1793", SHEET, send_forbidden, {1793}},
    {"send in turn", SHEET, send_in_turn, {0}},
    {"send out of turn", SHEET, send_out_of_turn, {0}},
    {"send with OWN set", SHEET, send_owned, {0}},
    {"send while off", MEASURED, send_disabled, {0}},
    {"send raises TOK", SHEET, send_interrupts, {0}},
    {"send after a reset", SHEET, send_after_reset, {0}},
    {"loopback", SHEET, loopback, {0}},
    {NULL, NULL, NULL, {0}},
};
