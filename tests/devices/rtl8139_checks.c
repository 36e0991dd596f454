/*
 * The Realtek RTL8139, check by check. "RTL8139" is what Realtek's data sheet and programming guide
 * and the drivers written from them have in common; "measured" is QEMU 7.2's value where no data
 * sheet was at hand to say it.
 */
#include <string.h>

#include "sim/nic/fcs.h"
#include "sim/nic/rtl8139_regs.h"
#include "tests/devices/check.h"

#define SHEET    "RTL8139"
#define MEASURED "measured"

enum { RING = 0x10000, TX_BUF = 0x1000, TX_STEP = 0x2000, PAST = 8192 + 16 + 1500 };
enum { AAP = 1, APM = 2, AM = 4, AB = 8, WRAP = 0x80, ALL_FRAMES = AAP | APM | AM | AB };
static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
static const uint8_t other[6] = {0x52, 0x54, 0x00, 0x99, 0x88, 0x76};

static uint32_t get(struct probe *p, uint32_t at, int width)
{
    return side_read(p->side, at, width);
}

static void put(struct probe *p, uint32_t at, int width, uint32_t value)
{
    side_write(p->side, at, width, value);
}

/* --- a driver's hands --- */

static void begin(struct probe *p, uint32_t rcr)
{
    put(p, RTL_CR, 1, CR_RST);
    put(p, RTL_CR, 1, CR_TE | CR_RE);
    put(p, RTL_RBSTART, 4, (uint32_t)p->side->ram_at + RING);
    put(p, RTL_RCR, 4, rcr);
    put(p, RTL_ISR, 2, 0xffff);
}

static uint32_t header_status(const struct probe *p, uint32_t at)
{
    return (uint32_t)side_get(p->side, RING + at, 2);
}

static uint32_t header_length(const struct probe *p, uint32_t at)
{
    return (uint32_t)side_get(p->side, RING + at + 2, 2);
}

static void send(struct probe *p, uint32_t slot, uint32_t len)
{
    uint32_t at = TX_BUF + TX_STEP * slot;
    side_make(p->side->ram + at, side_broadcast, len, (uint8_t)(slot + 1));
    put(p, RTL_TSAD + 4 * slot, 4, (uint32_t)p->side->ram_at + at);
    put(p, RTL_TSD + 4 * slot, 4, len);
    side_settle(p->side);
}

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
const struct check rtl8139_checks[] = {
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
    {"PCI bus mastering off", "PCI 3.0", not_a_master, {0}},
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
    {"ISR, IMR and the line", SHEET, receive_tells, {0}},
    {"IMR hides and shows", SHEET, mask_hides, {0}},
    {"ISR by octets", SHEET, isr_by_octets, {0}},
    {"IMR by its low octet", SHEET, imr_by, {1, 0, ISR_ROK}},
    {"IMR by its high octet", SHEET, imr_by, {1, 1, ISR_TIMEOUT}},
    {"IMR by a double word", SHEET, imr_by, {4, 0, ISR_ROK}},
    {"ISR, other causes stay", SHEET, other_causes_stay, {0}},
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
    {"link falls and rises", SHEET, link_falls, {0}},
    {"link down, BMSR", "IEEE 802.3", link_down_bmsr, {0}},
    {"link down, sending", MEASURED, link_down_sends, {0}},
    {NULL, NULL, NULL, {0}},
};
