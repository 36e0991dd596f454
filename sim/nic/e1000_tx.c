/*
 * The 82540EM's transmitter: legacy, context and data descriptors, segmentation. All that the tail
 * releases is done before the doorbell's write returns, unless a scenario says that packets take
 * their time.
 *
 * Where QEMU 7.2 differs, as measured: it does not pad (TCTL.PSP), pays no heed to IFCS, sends any
 * length, and with a tail beyond the ring goes on to the ring's end; here what the manual forbids
 * fails the run.
 */
#include "sim/nic/e1000.h"
#include "sim/nic/fcs.h"
#include "sim/nic/sum.h"

#include <string.h>

enum {
    FRAME_MIN = 60,
    FCS_BYTES = 4,
    TAG_AT = 12,
    TAG_BYTES = 4,
    SHORTEST_PADDED = 17,
    SHORTEST_UNPADDED = 32
};

/* What one descriptor asks for, in one form for both kinds. */
struct request {
    uint64_t address;
    uint32_t len;
    uint8_t command, popts, css, cso;
    uint16_t special;
    bool legacy;
};

static uint64_t descriptor_address(const struct e1000 *e, uint32_t index)
{
    return ((uint64_t)e->tdbah << 32 | (e->tdbal & ~15u)) + (uint64_t)index * DESCRIPTOR_BYTES;
}

/* --- a frame leaves --- */

static void count_sent(struct e1000 *e, const uint8_t *frame, uint32_t len)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    e1000_stat(e, STAT_TPT, 1);
    e1000_stat(e, STAT_GPTC, 1);
    e1000_stat64(e, STAT_TOTL, (uint64_t)len + FCS_BYTES);
    e1000_stat64(e, STAT_GOTCL, (uint64_t)len + FCS_BYTES);
    e1000_stat_size(e, STAT_PTC64, len);
    if (memcmp(frame, broadcast, 6) == 0)
        e1000_stat(e, STAT_BPTC, 1);
    else if (frame[0] & 1)
        e1000_stat(e, STAT_MPTC, 1);
}

static void leave(struct nic *n, const uint8_t *frame, uint32_t len)
{
    struct e1000 *e = nic_state(n);
    if (e1000_loops_back(e)) {
        e1000_receive(n, frame, len, false);
        return;
    }
    if (!e1000_link_up(n)) { /* the descriptor is done all the same, as measured on QEMU 7.2 */
        nic_count_up(n, NIC_TX_LINK_DOWN);
        return;
    }
    count_sent(e, frame, len);
    nic_transmit_frame(n, frame, len);
}

static bool long_enough(struct nic *n, uint32_t len)
{
    struct e1000 *e = nic_state(n);
    uint32_t shortest = (e->tctl & TCTL_PSP) ? SHORTEST_PADDED : SHORTEST_UNPADDED;
    if (len >= shortest)
        return true;
    nic_violation(n, "a packet of %u bytes is sent; the shortest with TCTL.PSP %s is %u", len,
                  (e->tctl & TCTL_PSP) ? "on" : "off", shortest);
    return false;
}

/* Without IFCS the driver's last four bytes go out as the check sequence. They had better be one.
 */
static bool ends_in_fcs(struct nic *n, const uint8_t *frame, uint32_t len)
{
    uint8_t fcs[FCS_BYTES];
    if (len > FCS_BYTES) {
        uint32_t want = fcs_of(frame, len - FCS_BYTES);
        for (int i = 0; i < FCS_BYTES; i++)
            fcs[i] = (uint8_t)(want >> (8 * i));
        if (memcmp(frame + len - FCS_BYTES, fcs, FCS_BYTES) == 0)
            return true;
    }
    nic_violation(
        n, "a packet of %u bytes is sent without IFCS, and its last four are no check sequence",
        len);
    return false;
}

/* `frame` has room for a tag and for padding behind it. */
static void send_built(struct nic *n, uint8_t *frame, uint32_t len, const struct request *last)
{
    struct e1000 *e = nic_state(n);
    if (!long_enough(n, len))
        return;
    if (!(last->command & TXD_CMD_IFCS)) {
        if (ends_in_fcs(n, frame, len))
            leave(n, frame, len - FCS_BYTES);
        return;
    }
    if ((last->command & TXD_CMD_VLE) && (e->ctrl & CTRL_VME)) {
        memmove(frame + TAG_AT + TAG_BYTES, frame + TAG_AT, len - TAG_AT);
        frame[TAG_AT] = (uint8_t)(e->vet >> 8);
        frame[TAG_AT + 1] = (uint8_t)e->vet;
        frame[TAG_AT + 2] = (uint8_t)(last->special >> 8);
        frame[TAG_AT + 3] = (uint8_t)last->special;
        len += TAG_BYTES;
    }
    if (len < FRAME_MIN && (e->tctl & TCTL_PSP)) {
        memset(frame + len, 0, FRAME_MIN - len);
        len = FRAME_MIN;
    }
    leave(n, frame, len);
}

/* --- segmentation --- */

static uint32_t payload_of_segment(const struct e1000 *e)
{
    return e->packet.len - e->context.hdrlen;
}

/* Sends what is in the buffer as the next segment and puts the header back for the one after it. */
static void send_segment(struct nic *n, const struct request *r)
{
    struct e1000 *e = nic_state(n);
    struct e1000_packet *p = &e->packet;
    uint32_t total = e->context.hdrlen + e->context.paylen;
    uint32_t offset = p->seen - e->context.hdrlen - payload_of_segment(e);
    if (e1000_fix_segment(n, p->buf, p->len, p->segments, offset, p->seen >= total) &&
        e1000_insert_checksums(n, p->buf, p->len))
        send_built(n, p->buf, p->len, r);
    p->segments++;
    memcpy(p->buf, p->header, e->context.hdrlen);
    p->len = e->context.hdrlen;
}

static bool append(struct nic *n, struct e1000_packet *p, uint64_t address, uint32_t len)
{
    if (len > E1000_TX_MAX - p->len) {
        nic_violation(n, "a packet of more than %u bytes is sent", (unsigned)E1000_TX_MAX);
        return false;
    }
    if (!nic_dma_read(n, address, p->buf + p->len, len))
        memset(p->buf + p->len, 0, len);
    p->len += len;
    p->seen += len;
    return true;
}

/* A segment goes when it is full and more is known to come: PAYLEN tells, so that a payload of
 * whole segments does not end in an empty one (QEMU 7.2 sends that one). */
static void append_segmented(struct nic *n, const struct request *r)
{
    struct e1000 *e = nic_state(n);
    struct e1000_packet *p = &e->packet;
    uint32_t done = 0;
    while (done < r->len) {
        uint32_t room = p->seen < e->context.hdrlen ? e->context.hdrlen - p->seen
                                                    : e->context.hdrlen + e->context.mss - p->len;
        uint32_t chunk = r->len - done < room ? r->len - done : room;
        if (room == 0) {
            nic_violation(n, "the descriptors hold more than HDRLEN %u + PAYLEN %u",
                          e->context.hdrlen, e->context.paylen);
            return;
        }
        if (!append(n, p, r->address + done, chunk))
            return;
        done += chunk;
        if (p->seen == e->context.hdrlen)
            memcpy(p->header, p->buf, e->context.hdrlen);
        bool full = p->len == (uint32_t)e->context.hdrlen + e->context.mss;
        if (full && p->seen < e->context.hdrlen + e->context.paylen)
            send_segment(n, r);
    }
}

static bool context_good(struct nic *n)
{
    const struct e1000_context *c = &((struct e1000 *)nic_state(n))->context;
    if (c->mss && c->hdrlen && c->paylen && c->hdrlen + c->mss <= E1000_TX_MAX)
        return true;
    nic_violation(n, "TSE with a context of HDRLEN %u, MSS %u, PAYLEN %u", c->hdrlen, c->mss,
                  c->paylen);
    return false;
}

static void finish_segmented(struct nic *n, const struct request *r)
{
    struct e1000 *e = nic_state(n);
    uint32_t total = e->context.hdrlen + e->context.paylen;
    if (e->packet.seen != total)
        nic_violation(n, "the descriptors hold %u bytes, HDRLEN %u + PAYLEN %u say %u",
                      e->packet.seen, e->context.hdrlen, e->context.paylen, total);
    else
        send_segment(n, r);
    e1000_stat(e, STAT_TSCTC, 1);
}

/* --- descriptors --- */

/* Legacy IC: the sum from CSS to the end, at CSO. QEMU 7.2 ignores it. */
static void insert_legacy_checksum(struct nic *n, const struct request *r)
{
    struct e1000_packet *p = &((struct e1000 *)nic_state(n))->packet;
    if (r->css >= p->len || r->cso + 2u > p->len) {
        nic_violation(n, "IC with CSS %u, CSO %u in a packet of %u bytes", r->css, r->cso, p->len);
        return;
    }
    uint32_t sum = ~nic_sum(p->buf + r->css, p->len - r->css, 0);
    p->buf[r->cso] = (uint8_t)(sum >> 8);
    p->buf[r->cso + 1] = (uint8_t)sum;
}

static void finish_packet(struct nic *n, const struct request *r)
{
    struct e1000 *e = nic_state(n);
    struct e1000_packet *p = &e->packet;
    p->open = false;
    if (p->tse) {
        finish_segmented(n, r);
        return;
    }
    if (r->legacy && (r->command & TXD_CMD_IC))
        insert_legacy_checksum(n, r);
    if (r->legacy || e1000_insert_checksums(n, p->buf, p->len))
        send_built(n, p->buf, p->len, r);
}

/* One descriptor, nothing to change: the frame leaves from where it lies. */
static bool send_in_place(struct nic *n, const struct request *r)
{
    struct e1000 *e = nic_state(n);
    const uint8_t plain = TXD_CMD_EOP | TXD_CMD_IFCS;
    if ((r->command & (plain | TXD_CMD_VLE | TXD_CMD_TSE)) != plain || r->popts ||
        r->len < FRAME_MIN || r->len > E1000_TX_MAX || e1000_loops_back(e))
        return false;
    const uint8_t *frame = nic_dma_view(n, r->address, r->len);
    if (!frame)
        return false;
    leave(n, frame, r->len);
    return true;
}

static void take_data(struct nic *n, const struct request *r)
{
    struct e1000 *e = nic_state(n);
    struct e1000_packet *p = &e->packet;
    if (!p->open) {
        if (send_in_place(n, r))
            return;
        p->open = true;
        p->tse = !r->legacy && (r->command & TXD_CMD_TSE) && context_good(n);
        p->popts = r->popts; /* valid in a packet's first descriptor only */
        p->len = p->seen = p->segments = 0;
    }
    if (p->tse)
        append_segmented(n, r);
    else
        append(n, p, r->address, r->len);
    if (r->command & TXD_CMD_EOP)
        finish_packet(n, r);
}

static void take_context(struct e1000 *e, const uint8_t *d)
{
    e->context = (struct e1000_context){
        .ipcss = d[TXC_IPCSS],
        .ipcso = d[TXC_IPCSO],
        .ipcse = (uint16_t)e1000_get16(d + TXC_IPCSE),
        .tucss = d[TXC_TUCSS],
        .tucso = d[TXC_TUCSO],
        .tucse = (uint16_t)e1000_get16(d + TXC_TUCSE),
        .paylen = (e1000_get16(d + TXD_LENGTH) | (uint32_t)d[TXD_CSO] << 16) & 0xfffff,
        .tucmd = d[TXD_CMD],
        .hdrlen = d[TXC_HDRLEN],
        .mss = (uint16_t)e1000_get16(d + TXC_MSS),
    };
}

/* True when a packet ended with it. */
static bool take_descriptor(struct nic *n, const uint8_t *d)
{
    struct e1000 *e = nic_state(n);
    bool extended = d[TXD_CMD] & TXD_CMD_DEXT;
    uint32_t type = d[TXD_CSO] >> 4;
    if (extended && type == 0) {
        take_context(e, d);
        return false;
    }
    if (extended && type != 1) {
        nic_violation(n, "transmit descriptor %u has type %u", e->tdh, type);
        return false;
    }
    struct request r = {
        .address = e1000_get64(d),
        .len = e1000_get16(d + TXD_LENGTH) | (extended ? (uint32_t)(d[TXD_CSO] & 15) << 16 : 0),
        .command = d[TXD_CMD],
        .popts = extended ? d[TXD_POPTS] : 0,
        .css = d[TXD_CSS],
        .cso = d[TXD_CSO],
        .special = (uint16_t)e1000_get16(d + TXD_SPECIAL),
        .legacy = !extended,
    };
    take_data(n, &r);
    return !e->packet.open;
}

/* --- the ring --- */

static bool ring_good(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    uint32_t count = e->tdlen / DESCRIPTOR_BYTES;
    if (e->tdt < count && e->tdh < count)
        return true;
    nic_violation(n, "TDH %u, TDT %u: beyond the ring's %u descriptors", e->tdh, e->tdt, count);
    return false;
}

/* TIDV counts from the last such descriptor, TADV from the first; both in 1.024 us. */
static void delay_interrupt(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    e->tx_due_ns = nic_now(n) + (int64_t)e->tidv * 1024;
    if (e->tadv && e->tx_abs_ns == NEVER)
        e->tx_abs_ns = nic_now(n) + (int64_t)e->tadv * 1024;
    e1000_arm(n);
}

/* Done is told for those that asked for it (RS). The cause it gives. */
static uint32_t write_back(struct nic *n, uint8_t *d)
{
    struct e1000 *e = nic_state(n);
    if (!(d[TXD_CMD] & TXD_CMD_RS))
        return 0;
    d[TXD_STATUS] = (uint8_t)((d[TXD_STATUS] & 0xf0) | TXD_STAT_DD);
    nic_ring_write(n, descriptor_address(e, e->tdh) + TXD_STATUS, d + TXD_STATUS, 1);
    if (!(d[TXD_CMD] & TXD_CMD_IDE) || e->tidv == 0)
        return ICR_TXDW;
    delay_interrupt(n);
    return 0;
}

static bool released(struct nic *n)
{
    const struct e1000 *e = nic_state(n);
    return (e->tctl & TCTL_EN) && e->tdh != e->tdt && ring_good(n);
}

/* One packet, or all of them. */
static void send(struct nic *n, bool one)
{
    struct e1000 *e = nic_state(n);
    uint32_t causes = 0;
    bool ended;
    do {
        uint8_t d[DESCRIPTOR_BYTES] = {0};
        if (!nic_ring_read(n, descriptor_address(e, e->tdh), d, DESCRIPTOR_BYTES))
            break;
        ended = take_descriptor(n, d);
        causes |= write_back(n, d);
        e->tdh = (e->tdh + 1) % (e->tdlen / DESCRIPTOR_BYTES);
    } while (e->tdh != e->tdt && !(one && ended));
    e1000_cause(n, causes | (e->tdh == e->tdt ? ICR_TXQE : 0));
}

void e1000_transmit(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    if (e->sent_ns != NEVER || !released(n))
        return;
    if (nic_tx_delay(n) == 0) {
        send(n, false);
        return;
    }
    e->sent_ns = nic_now(n) + nic_tx_delay(n);
    e1000_arm(n);
}

void e1000_transmitted(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    e->sent_ns = NEVER;
    if (released(n))
        send(n, true);
    e1000_transmit(n);
}
