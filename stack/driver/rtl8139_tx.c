/*
 * RTL8139 transmission: four descriptors in registers, used strictly in turn. The chip reads from
 * 4-aligned addresses below 4 GiB and does not pad; a frame that fits that is read from its netbuf,
 * any other is copied into the slot's own buffer. Either way the netbuf is held until the chip
 * reports.
 */
#include "stack/core/error.h"
#include "stack/core/mem.h"
#include "stack/core/panic.h"
#include "stack/driver/rtl8139_private.h"

static uint8_t *slot_buffer(const struct rtl8139 *d, uint32_t slot)
{
    return d->ring + RTL_SLOTS_AT + (size_t)slot * RTL_TX_SLOT_BYTES;
}

#ifdef STACK_CHECK
/* The frames that the chip has lie between the two ends, and nowhere else. */
static void check_slots(const struct rtl8139 *d)
{
    STACK_ASSERT(d->tx_count <= RTL_TX_SLOTS);
    STACK_ASSERT((d->tx_oldest + d->tx_count) % RTL_TX_SLOTS == d->tx_next);
    for (uint32_t i = 0; i < RTL_TX_SLOTS; i++) {
        const struct netbuf *nb = d->tx[(d->tx_oldest + i) % RTL_TX_SLOTS];
        STACK_ASSERT(i < d->tx_count ? nb && nb->flags & NETBUF_AT_DRIVER : !nb);
    }
}
#endif

void rtl8139_tx_start(struct rtl8139 *d)
{
    STACK_ASSERT(d->tx_count == 0);
    d->tx_oldest = d->tx_next = 0; /* the chip's own index went to 0 with CR.RST */
    rtl_write32(d, RTL_TCR, RTL_TCR_DMA_1024 | RTL_TCR_IFG_STANDARD);
}

static bool readable_in_place(uint64_t address, uint32_t len)
{
    return len >= RTL_FRAME_MIN && address % 4 == 0 && address + len - 1 <= UINT32_MAX;
}

/* Copies the frame into the slot's buffer, filled up with zeroes; its length as sent. */
static uint32_t copy_in(struct rtl8139 *d, uint32_t slot, const struct netbuf *nb)
{
    uint8_t *buffer = slot_buffer(d, slot);
    uint32_t len = netbuf_len(nb);
    memcpy(buffer, netbuf_data(nb), len);
    if (len >= RTL_FRAME_MIN)
        return len;
    memset(buffer + len, 0, RTL_FRAME_MIN - len);
    return RTL_FRAME_MIN;
}

static uint8_t *device_reads(const struct rtl8139 *d, uint32_t slot)
{
    return d->tx_copied[slot] ? slot_buffer(d, slot) : netbuf_data(d->tx[slot]);
}

static void post(struct rtl8139 *d, struct netbuf *nb)
{
    uint32_t slot = d->tx_next, len = netbuf_len(nb);
    uint64_t address = netif_device_address(d->nif, nb);
    d->tx[slot] = nb;
    d->tx_copied[slot] = !readable_in_place(address, len);
    if (d->tx_copied[slot]) {
        len = copy_in(d, slot, nb);
        address = d->ring_at + RTL_SLOTS_AT + slot * RTL_TX_SLOT_BYTES;
    }
    d->tx_length[slot] = len;
    nb->flags |= NETBUF_AT_DRIVER;
    d->tx_next = (slot + 1) % RTL_TX_SLOTS;
    d->tx_count++;
    bus_give(d->bus, device_reads(d, slot), len, BUS_TO_DEVICE);
    bus_fence(d->bus, BUS_PUBLISH);
    rtl_write32(d, RTL_TSAD0 + 4 * slot, (uint32_t)address);
    rtl_write32(d, RTL_TSD0 + 4 * slot, RTL_TSD_EARLY | len); /* OWN 0: the chip's */
}

/* Unhooks the oldest frame; the device no longer touches it. */
static struct netbuf *take_oldest(struct rtl8139 *d)
{
    STACK_ASSERT(d->tx_count > 0);
    uint32_t slot = d->tx_oldest;
    struct netbuf *nb = d->tx[slot];
    bus_take(d->bus, device_reads(d, slot), d->tx_length[slot], BUS_TO_DEVICE);
    d->tx[slot] = NULL;
    d->tx_oldest = (slot + 1) % RTL_TX_SLOTS;
    d->tx_count--;
    nb->flags &= (uint16_t)~NETBUF_AT_DRIVER;
    return nb;
}

/* What TSD says of a frame that is through: counts, and sets the transmitter going again after an
 * abort. */
static int outcome(struct rtl8139 *d, uint32_t tsd)
{
    if (tsd & RTL_TSD_TUN)
        d->counter[RTL_TX_UNDERRUN]++;
    if (!(tsd & (RTL_TSD_TABT | RTL_TSD_OWC)))
        return 0;
    d->counter[RTL_TX_ERROR]++;
    if (tsd & RTL_TSD_TABT)
        rtl_write32(d, RTL_TCR, RTL_TCR_DMA_1024 | RTL_TCR_IFG_STANDARD | RTL_TCR_CLRABT);
    return -ERR_IO;
}

void rtl8139_tx_reap(struct rtl8139 *d, int64_t now_ns)
{
    while (d->tx_count) {
        uint32_t tsd = rtl_read32(d, RTL_TSD0 + 4 * d->tx_oldest);
        if (!(tsd & (RTL_TSD_TOK | RTL_TSD_TUN | RTL_TSD_TABT)) || tsd == UINT32_MAX)
            return;
        d->tx_since_ns = now_ns;
        int status = outcome(d, tsd);
        netif_sent(d->nif, take_oldest(d), status);
    }
}

/* Something stays in flight: TOK will end it, and poll must run once to arm the watchdog. */
static void expect_completion(struct rtl8139 *d)
{
    if (d->tx_interrupt)
        return;
    d->tx_interrupt = true;
    netif_wake(d->nif); /* poll writes IMR: a word that is written whole is written in one place */
}

int rtl8139_send(void *state, struct netbuf *nb, int64_t now_ns)
{
    struct rtl8139 *d = state;
    if (!d->running)
        return -ERR_NETDOWN;
    if (netbuf_len(nb) < RTL_FRAME_HEADER || netbuf_len(nb) > RTL_FRAME_MAX)
        return -ERR_MSGSIZE;
    if (d->tx_count >= RTL_TX_SLOTS / 2)
        rtl8139_tx_reap(d, now_ns);
    if (d->tx_count == RTL_TX_SLOTS) {
        d->counter[RTL_TX_SLOTS_FULL]++;
        return -ERR_NOBUFS;
    }
    if (d->tx_count == 0)
        d->tx_since_ns = now_ns;
    STACK_INVARIANT(check_slots(d));
    post(d, nb);
    STACK_INVARIANT(check_slots(d));
    rtl8139_tx_reap(d, now_ns);
    if (d->tx_count)
        expect_completion(d);
    return 0;
}

void rtl8139_tx_take_all(struct rtl8139 *d, struct netbuf_queue *lost)
{
    while (d->tx_count)
        netbuf_enqueue(lost, take_oldest(d));
}

void rtl8139_tx_fail(struct rtl8139 *d, struct netbuf_queue *lost, int status)
{
    struct netbuf *nb;
    while ((nb = netbuf_dequeue(lost)) != NULL) {
        d->counter[RTL_TX_ERROR]++;
        netif_sent(d->nif, nb, status);
    }
}
