/*
 * The 82540EM's receiver: address filter, FIFO, descriptors, write-back. Numbers of sections are
 * those of Intel's manual of the family (PCI/PCI-X Family of Gigabit Ethernet Controllers,
 * Software Developer's Manual).
 *
 * A packet that finds no descriptor waits in the FIFO, which has what PBA gives the receiver; one
 * that finds the FIFO full is lost (3.2.7.4). Of those the first count in RNBC, the second in MPC
 * and RXO (13.7.5, 13.7.33). The FIFO is made of 64-bit words (13.8.1); what else a packet takes
 * there is not told, and nothing is counted for it. The registers that show it (RDFH to RDFPC) are
 * left out, and flow control by its thresholds (FCRTL, FCRTH) is.
 *
 * Other things that QEMU 7.2 does not do, as measured: it loses no packet while no descriptor is
 * free, loses one for which there are too few, sets no PIF, checks no checksum (IXSM is always
 * set), counts an FCS in the length without storing one, and passes over a descriptor whose buffer
 * address is 0, which fails the run here. It raises RXDMT0 with every packet that finds few
 * descriptors free; the manual, when their number becomes the threshold (3.2.7.3).
 */
#include "sim/nic/e1000.h"
#include "sim/nic/fcs.h"
#include "sim/nic/sum.h"

#include <string.h>

enum { FRAME_MIN = 60, FCS_BYTES = 4, LONGEST_TAGGED = 1522, TAG_AT = 12, TAG_BYTES = 4 };

/* --- address filter --- */

static bool exact_match(const struct e1000 *e, const uint8_t *dst)
{
    uint32_t low = (uint32_t)e1000_get64(dst), high = e1000_get16(dst + 4);
    for (int i = 0; i < E1000_RA_WORDS; i += 2)
        if ((e->ra[i + 1] & RAH_AV) && e->ra[i] == low && (e->ra[i + 1] & 0xffff) == high)
            return true;
    return false;
}

static bool hash_match(const struct e1000 *e, const uint8_t *dst)
{
    static const uint8_t shift[] = {4, 3, 2, 0};
    uint32_t hash = (e1000_get16(dst + 4) >> shift[RCTL_MO(e->rctl)]) & 0xfff;
    return e->mta[hash >> 5] >> (hash & 31) & 1;
}

enum match { NO_MATCH, MATCH, INEXACT_MATCH };

/* A broadcast is a multicast too: MPE and the hash table pass it without BAM, as measured on
 * QEMU 7.2. */
static enum match address_match(const struct e1000 *e, const uint8_t *dst)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    bool group = dst[0] & 1;
    if (exact_match(e, dst))
        return MATCH;
    if ((e->rctl & RCTL_BAM) && memcmp(dst, broadcast, 6) == 0)
        return MATCH;
    if (e->rctl & (group ? RCTL_MPE : RCTL_UPE))
        return INEXACT_MATCH;
    return group && hash_match(e, dst) ? INEXACT_MATCH : NO_MATCH;
}

static bool tagged(const struct e1000 *e, const uint8_t *frame)
{
    return (e->ctrl & CTRL_VME) && ((uint32_t)frame[TAG_AT] << 8 | frame[TAG_AT + 1]) == e->vet;
}

static bool vlan_match(const struct e1000 *e, const uint8_t *frame)
{
    if (!(e->rctl & RCTL_VFE) || !tagged(e, frame))
        return true;
    uint32_t vid = ((uint32_t)frame[TAG_AT + 2] << 8 | frame[TAG_AT + 3]) & 0xfff;
    return e->vfta[vid >> 5] >> (vid & 31) & 1;
}

/* --- descriptors --- */

static uint32_t ring_count(const struct e1000 *e)
{
    return e->rdlen / DESCRIPTOR_BYTES;
}

static uint64_t descriptor_address(const struct e1000 *e, uint32_t index)
{
    return ((uint64_t)e->rdbah << 32 | (e->rdbal & ~15u)) + (uint64_t)index * DESCRIPTOR_BYTES;
}

static uint32_t free_descriptors(const struct e1000 *e)
{
    uint32_t count = ring_count(e);
    return count ? (e->rdt + count - e->rdh) % count : 0;
}

void e1000_rx_forget(struct e1000 *e)
{
    e->rx_cache_first = e->rx_cache_count = 0;
}

/* The chip reads descriptors ahead: what the driver changes in one that the tail has passed may not
 * be seen. */
void e1000_rx_fetch(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    uint32_t count = ring_count(e);
    if (!(e->rctl & RCTL_EN) || count == 0)
        return;
    if (e->rdt >= count || e->rdh >= count) {
        nic_violation(n, "RDH %u, RDT %u: beyond the ring's %u descriptors", e->rdh, e->rdt, count);
        e->rdt = e->rdh = 0;
        return;
    }
    uint32_t available = free_descriptors(e);
    while (e->rx_cache_count < available && e->rx_cache_count < E1000_RX_CACHE) {
        uint8_t descriptor[DESCRIPTOR_BYTES] = {0};
        uint32_t at = (e->rx_cache_first + e->rx_cache_count) % E1000_RX_CACHE;
        nic_ring_read(n, descriptor_address(e, (e->rdh + e->rx_cache_count) % count), descriptor,
                      DESCRIPTOR_BYTES);
        e->rx_cache[at] = e1000_get64(descriptor);
        e->rx_cache_count++;
    }
}

static uint64_t next_buffer(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    if (e->rx_cache_count == 0)
        e1000_rx_fetch(n);
    if (e->rx_cache_count == 0)
        return 0;
    uint64_t address = e->rx_cache[e->rx_cache_first];
    e->rx_cache_first = (e->rx_cache_first + 1) % E1000_RX_CACHE;
    e->rx_cache_count--;
    return address;
}

uint32_t e1000_rx_buffer(const struct e1000 *e)
{
    uint32_t size = 2048u >> RCTL_BSIZE(e->rctl);
    /* BSEX with size 00 is reserved; it behaves as 2048 on QEMU 7.2. */
    return (e->rctl & RCTL_BSEX) && size < 2048 ? size * 16 : size;
}

struct received {
    const uint8_t *bytes;
    uint32_t len;
    uint8_t status, errors;
    uint16_t checksum, special;
};

/* One buffer's worth from `at` on. The whole of the descriptor's second half is overwritten, as
 * hardware does; QEMU 7.2 would mix it with what the driver left there. */
static void fill_descriptor(struct nic *n, const struct received *r, uint32_t at, uint32_t chunk)
{
    struct e1000 *e = nic_state(n);
    uint8_t back[DESCRIPTOR_BYTES] = {0};
    bool last = at + chunk == r->len;
    uint64_t buffer = next_buffer(n);
    if (buffer == 0)
        nic_violation(n, "receive descriptor %u has no buffer", e->rdh);
    else
        nic_dma_write(n, buffer, r->bytes + at, chunk);
    e1000_put16(back + RXD_LENGTH, chunk);
    e1000_put16(back + RXD_CHECKSUM, r->checksum);
    back[RXD_STATUS] = last ? (uint8_t)(r->status | RXD_STAT_DD | RXD_STAT_EOP) : RXD_STAT_DD;
    back[RXD_ERRORS] = last ? r->errors : 0;
    e1000_put16(back + RXD_SPECIAL, last ? r->special : 0);
    nic_ring_write(n, descriptor_address(e, e->rdh) + RXD_LENGTH, back + RXD_LENGTH,
                   DESCRIPTOR_BYTES - RXD_LENGTH);
    e->rdh = (e->rdh + 1) % ring_count(e);
    if (free_descriptors(e) == ring_count(e) >> (1 + RCTL_RDMTS(e->rctl)))
        e1000_cause(n, ICR_RXDMT0);
}

/* --- the FIFO --- */

static uint32_t fifo_octets(uint32_t len)
{
    return (len + FCS_BYTES + 7) & ~7u;
}

static bool fifo_has_room(const struct e1000 *e, uint32_t octets)
{
    return e->fifo.used + octets <= (e->pba & PBA_RXA) << 10;
}

static void wait_in_fifo(struct nic *n, const struct received *r, uint32_t octets)
{
    struct e1000 *e = nic_state(n);
    const struct fifo_packet head = {
        .len = r->len,
        .counted = octets,
        .note = {(uint16_t)(r->status | r->errors << 8), r->checksum, r->special},
    };
    fifo_put(n, &e->fifo, &head, r->bytes);
}

static void raise_received(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    if (e->rdtr == 0) {
        e1000_cause(n, ICR_RXT0);
        return;
    }
    /* RDTR counts from the last packet, RADV from the first; both in 1.024 us */
    e->rx_due_ns = nic_now(n) + (int64_t)e->rdtr * 1024;
    if (e->radv && e->rx_abs_ns == NEVER)
        e->rx_abs_ns = nic_now(n) + (int64_t)e->radv * 1024;
    e1000_arm(n);
}

/* Into as many descriptors as there are. True when all of it is in memory. */
static bool write_on(struct nic *n, const struct received *r, uint32_t *at)
{
    struct e1000 *e = nic_state(n);
    uint32_t size = e1000_rx_buffer(e);
    for (; *at < r->len && free_descriptors(e); *at += size)
        fill_descriptor(n, r, *at, r->len - *at < size ? r->len - *at : size);
    if (*at < r->len)
        return false;
    raise_received(n);
    return true;
}

void e1000_rx_drain(struct nic *n)
{
    struct e1000 *e = nic_state(n);
    const struct fifo_packet *first;
    while ((e->rctl & RCTL_EN) && free_descriptors(e) && (first = fifo_first(&e->fifo)) != NULL) {
        const struct received r = {.bytes = first->bytes,
                                   .len = first->len,
                                   .status = (uint8_t)first->note[0],
                                   .errors = (uint8_t)(first->note[0] >> 8),
                                   .checksum = first->note[1],
                                   .special = first->note[2]};
        if (!write_on(n, &r, &e->rx_written))
            return;
        e->rx_written = 0;
        fifo_next(&e->fifo);
    }
}

/* `len` is the packet's on the wire, without FCS. */
static bool into_memory(struct nic *n, const struct received *r, uint32_t len)
{
    struct e1000 *e = nic_state(n);
    uint32_t at = 0, size = e1000_rx_buffer(e);
    if (free_descriptors(e) == 0)
        e1000_stat(e, STAT_RNBC, 1);
    if (!fifo_has_room(e, fifo_octets(len))) {
        e1000_stat(e, STAT_MPC, 1);
        e1000_cause(n, ICR_RXO);
        nic_refuse(n, NIC_RX_NO_DESCRIPTOR);
        return false;
    }
    if (!fifo_first(&e->fifo) && (r->len + size - 1) / size <= free_descriptors(e)) {
        write_on(n, r, &at); /* at once, as through an empty FIFO */
        return true;
    }
    wait_in_fifo(n, r, fifo_octets(len));
    e1000_rx_drain(n);
    return true;
}

/* --- a frame --- */

static void count_good(struct e1000 *e, const uint8_t *frame, uint32_t len)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    e1000_stat(e, STAT_GPRC, 1);
    e1000_stat64(e, STAT_GORCL, (uint64_t)len + FCS_BYTES);
    e1000_stat_size(e, STAT_PRC64, len);
    if (memcmp(frame, broadcast, 6) == 0)
        e1000_stat(e, STAT_BPRC, 1);
    else if (frame[0] & 1)
        e1000_stat(e, STAT_MPRC, 1);
}

/* Takes the tag out (VME), appends the FCS, a correct one (unless SECRC), and describes what is
 * left. */
static void prepare(const struct e1000 *e, struct received *r, uint8_t *scratch, bool bad_fcs)
{
    bool strip = tagged(e, r->bytes), keep_fcs = !(e->rctl & RCTL_SECRC);
    uint32_t fcs = keep_fcs ? fcs_of(r->bytes, r->len) ^ (bad_fcs ? UINT32_MAX : 0) : 0;
    e1000_check_received(e, r->bytes, r->len, &r->status, &r->errors);
    uint32_t start = e->rxcsum & 0xff;
    r->checksum = start < r->len ? (uint16_t)nic_sum(r->bytes + start, r->len - start, 0) : 0;
    if (bad_fcs)
        r->errors |= RXD_ERR_CE;
    if (!strip && !keep_fcs)
        return;
    uint32_t cut = strip ? TAG_BYTES : 0;
    if (strip) {
        r->status |= RXD_STAT_VP;
        r->special = (uint16_t)((uint32_t)r->bytes[TAG_AT + 2] << 8 | r->bytes[TAG_AT + 3]);
    }
    memmove(scratch, r->bytes, TAG_AT);
    memmove(scratch + TAG_AT, r->bytes + TAG_AT + cut, r->len - TAG_AT - cut);
    r->bytes = scratch;
    r->len -= cut;
    for (int i = 0; keep_fcs && i < FCS_BYTES; i++)
        scratch[r->len++] = (uint8_t)(fcs >> (8 * i));
}

/* In the order of the manual's counters: what is counted as too long or broken has passed the
 * address filter. `len` is 60 or more. */
static bool accepted(struct nic *n, const uint8_t *frame, uint32_t len, bool bad_fcs,
                     uint8_t *status)
{
    struct e1000 *e = nic_state(n);
    enum match match = address_match(e, frame);
    if (match == NO_MATCH || !vlan_match(e, frame)) {
        nic_refuse(n, NIC_RX_FILTERED);
        return false;
    }
    *status = match == INEXACT_MATCH ? RXD_STAT_PIF : 0;
    if (bad_fcs) {
        e1000_stat(e, STAT_CRCERRS, 1);
        if (!(e->rctl & RCTL_SBP)) {
            nic_refuse(n, NIC_RX_BAD_FCS);
            return false;
        }
    }
    /* The manual counts from the destination address through the FCS; QEMU 7.2 leaves the FCS out.
     */
    if (len + FCS_BYTES > ((e->rctl & RCTL_LPE) ? (uint32_t)E1000_RX_MAX : LONGEST_TAGGED)) {
        e1000_stat(e, STAT_ROC, 1);
        nic_refuse(n, NIC_RX_TOO_LONG);
        return false;
    }
    return true;
}

static void receive_padded(struct nic *n, const uint8_t *frame, uint32_t len, bool bad_fcs)
{
    struct e1000 *e = nic_state(n);
    struct received r = {.bytes = frame, .len = len};
    uint8_t scratch[E1000_RX_MAX];
    if (!accepted(n, frame, len, bad_fcs, &r.status))
        return;
    prepare(e, &r, scratch, bad_fcs);
    if (into_memory(n, &r, len) && !bad_fcs)
        count_good(e, frame, len);
}

/* A sender's MAC pads to 64 bytes with FCS; a frame that was captured or scripted without padding
 * gets it here. */
void e1000_receive(struct nic *n, const uint8_t *bytes, uint32_t len, bool bad_fcs)
{
    struct e1000 *e = nic_state(n);
    uint8_t padded[FRAME_MIN] = {0};
    if (!(e->ctrl & CTRL_SLU)) {
        nic_refuse(n, NIC_RX_LINK_DOWN);
        return;
    }
    if (!(e->rctl & RCTL_EN)) {
        nic_refuse(n, NIC_RX_DISABLED);
        return;
    }
    if (len < FRAME_MIN) {
        memcpy(padded, bytes, len);
        bytes = padded;
        len = FRAME_MIN;
    }
    e1000_stat(e, STAT_TPR, 1);
    e1000_stat64(e, STAT_TORL, (uint64_t)len + FCS_BYTES);
    receive_padded(n, bytes, len, bad_fcs);
}
