/*
 * RTL8139: finding it, bringing it up, interrupts, link, filters, watchdog. Facts that are not in
 * the data sheet's usual reading are marked "measured on QEMU 7.2".
 */
#include "stack/driver/rtl8139.h"

#include "stack/core/error.h"
#include "stack/driver/device.h"
#include "stack/driver/rtl8139_private.h"

enum { VENDOR_REALTEK = 0x10ec, DEVICE_8139 = 0x8139, REGISTER_BYTES = 0x100 };
enum { ALWAYS_WANTED = RTL_ROK | RTL_RER | RTL_TER | RTL_ROVW | RTL_FOVW | RTL_LINK };

static const char *const counter_names[RTL_COUNTERS + 1] = {
    [RTL_RX_OVERRUN] = "rx_overrun",       [RTL_RX_MISSED] = "rx_missed",
    [RTL_RX_NO_BUFFER] = "rx_no_buffer",   [RTL_RX_ERROR] = "rx_error",
    [RTL_RX_HEADER_BAD] = "rx_header_bad", [RTL_RX_OVERSIZE] = "rx_oversize",
    [RTL_TX_SLOTS_FULL] = "tx_ring_full",  [RTL_TX_UNDERRUN] = "tx_underrun",
    [RTL_TX_ERROR] = "tx_error",           [RTL_TX_HANG] = "tx_hang",
    [RTL_LINK_CHANGE] = "link_change",
};

static bool rtl8139_match(const struct device *device)
{
    return device->kind == DEVICE_PCI && device->pci.vendor_id == VENDOR_REALTEK &&
           device->pci.device_id == DEVICE_8139;
}

/* --- interrupts --- */

/*
 * ISR answers 16-bit accesses only (measured on QEMU 7.2). Writing ones clears; what arises while
 * IMR is 0 stays latched and interrupts when IMR lets it.
 */
static int rtl8139_isr(void *state)
{
    struct rtl8139 *d = state;
    uint32_t causes = rtl_read16(d, RTL_ISR);
    if (causes == 0 || causes == 0xffff) /* another device on the line, or the card is gone */
        return 0;
    rtl_write16(d, RTL_IMR, 0);
    rtl_write16(d, RTL_ISR, causes);
    causes_post(&d->causes, causes);
    netif_wake(d->nif);
    return 1;
}

static void unmask(struct rtl8139 *d)
{
    d->masked = false;
    rtl_write16(d, RTL_IMR, ALWAYS_WANTED | (d->tx_interrupt ? (uint32_t)RTL_TOK : 0));
}

/* --- hardware up and down --- */

static void quiesce(struct rtl8139 *d)
{
    rtl_write16(d, RTL_IMR, 0);
    rtl_write8(d, RTL_CR, RTL_CR_RST);
    for (int spin = 0; spin < RTL_SPINS; spin++)
        if (!(rtl_read8(d, RTL_CR) & RTL_CR_RST))
            break;
    rtl_write16(d, RTL_IMR, 0);
    rtl_write16(d, RTL_ISR, 0xffff);
}

/* The first chips may be left asleep by who ran before; the configuration registers are locked. */
static void wake_up(struct rtl8139 *d)
{
    uint32_t config = rtl_read8(d, RTL_CONFIG1);
    if (!(config & RTL_CONFIG1_ASLEEP))
        return;
    rtl_write8(d, RTL_9346CR, RTL_9346CR_CONFIG);
    rtl_write8(d, RTL_CONFIG1, config & ~(uint32_t)RTL_CONFIG1_ASLEEP);
    rtl_write8(d, RTL_9346CR, RTL_9346CR_LOCKED);
}

static void set_multicast_hash(struct rtl8139 *d)
{
    rtl_write32(d, RTL_MAR0, d->mar[0]);
    rtl_write32(d, RTL_MAR0 + 4, d->mar[1]);
}

/* From reset to running. Interrupts stay masked. TCR holds only what is written after TE (measured
 * on QEMU 7.2). */
static void bring_up(struct rtl8139 *d)
{
    set_multicast_hash(d);
    rtl_write16(d, RTL_MULINT, 0); /* no early receive interrupts */
    rtl_write8(d, RTL_CR, RTL_CR_TE);
    rtl8139_tx_start(d);
    rtl8139_rx_start(d);
}

static void note_link(struct rtl8139 *d, int64_t now_ns)
{
    bool up = !(rtl_read8(d, RTL_MSR) & RTL_MSR_LINKB);
    if (up == d->link)
        return;
    d->link = up;
    d->counter[RTL_LINK_CHANGE]++;
    netif_link(d->nif, up, now_ns);
}

/* MPC has 24 bits and goes to 0 when written. */
static void rtl8139_statistics(void *state)
{
    struct rtl8139 *d = state;
    uint32_t missed = d->running ? rtl_read32(d, RTL_MPC) : 0;
    if (missed == 0 || missed == UINT32_MAX) /* all ones: the card is gone */
        return;
    missed &= 0xffffff;
    rtl_write32(d, RTL_MPC, 0);
    d->counter[RTL_RX_MISSED] += missed;
}

/* --- probe and stop --- */

/* The same registers appear twice, in I/O space (BAR 0) and in memory (BAR 1); memory is there on
 * every machine. */
static int map_registers(struct rtl8139 *d, const struct device *device)
{
    unsigned bar = device->window[1].size ? 1 : 0;
    return device_map(device, bar, REGISTER_BYTES, &d->regs) ? -ERR_NODEV : 0;
}

static bool read_mac(const struct rtl8139 *d, uint8_t mac[NETIF_MAC_BYTES])
{
    uint32_t any = 0;
    for (uint32_t i = 0; i < NETIF_MAC_BYTES; i++) {
        mac[i] = (uint8_t)rtl_read8(d, RTL_IDR0 + i);
        any |= mac[i];
    }
    return any != 0 && !(mac[0] & 1);
}

static int rtl8139_probe(void *state, struct netif *nif, const struct device *device,
                         int64_t now_ns)
{
    struct rtl8139 *d = state;
    d->nif = nif;
    d->bus = device->bus;
    d->interrupt = device->interrupt[0];
    d->ring = nif->ring;
    /* APM, AM, AB always: MAR alone decides about multicast, since a write of RCR restarts the
     * ring. */
    d->rcr_wanted = RTL_RCR_APM | RTL_RCR_AM | RTL_RCR_AB | RTL_RCR_DMA_UNLIMITED |
                    RTL_RCR_RING_32K | RTL_RCR_WHOLE_FRAMES;
    int err = map_registers(d, device);
    if (err)
        return err;
    if (bus_dma_map(d->bus, d->ring, RTL_RING_BYTES, UINT32_MAX, &d->ring_at))
        return -ERR_NOMEM;
    wake_up(d);
    quiesce(d);
    if (!read_mac(d, nif->mac))
        return -ERR_IO;
    if (device_irq_attach(device, 0, rtl8139_isr, d))
        return -ERR_IO;
    bus_give(d->bus, d->ring, RTL_RX_RING + RTL_RX_SLACK, BUS_FROM_DEVICE);
    d->running = true;
    bring_up(d);
    note_link(d, now_ns);
    unmask(d);
    return 0;
}

static void rtl8139_stop(void *state, int64_t now_ns)
{
    struct rtl8139 *d = state;
    (void)now_ns;
    if (!d->running)
        return;
    rtl8139_statistics(d);
    d->running = d->tx_interrupt = false;
    quiesce(d);
    bus_irq_detach(d->bus, d->interrupt, d);
    bus_take(d->bus, d->ring, RTL_RX_RING + RTL_RX_SLACK, BUS_FROM_DEVICE);
    struct netbuf_queue lost = {0};
    rtl8139_tx_take_all(d, &lost);
    rtl8139_tx_fail(d, &lost, -ERR_NETDOWN);
}

/* --- at work --- */

/* The device stopped sending: reset it, give up what it held, start over. Frames that wait in the
 * ring are lost. */
static void recover(struct rtl8139 *d, int64_t now_ns)
{
    struct netbuf_queue lost = {0};
    d->counter[RTL_TX_HANG]++;
    rtl8139_statistics(d); /* the reset would clear it */
    quiesce(d);
    rtl8139_tx_take_all(d, &lost);
    d->masked = true; /* poll unmasks when it is through */
    bring_up(d);
    note_link(d, now_ns);
    rtl8139_tx_fail(d, &lost, -ERR_TIMEDOUT);
}

static int64_t tx_deadline(const struct rtl8139 *d)
{
    return d->tx_count ? d->tx_since_ns + RTL_HANG_NS : INT64_MAX;
}

static void settle_transmission(struct rtl8139 *d, int64_t now_ns)
{
    bool wanted = d->tx_interrupt;
    rtl8139_tx_reap(d, now_ns);
    if (now_ns >= tx_deadline(d))
        recover(d, now_ns);
    d->tx_interrupt = d->running && d->tx_count != 0;
    if (wanted || d->tx_interrupt)
        d->masked = true; /* IMR needs TOK, or needs it no longer */
}

static void note_causes(struct rtl8139 *d, uint32_t causes, int64_t now_ns)
{
    if (causes)
        d->masked = true;
    if (causes & RTL_LINK)
        note_link(d, now_ns);
    if (causes & RTL_RER)
        d->counter[RTL_RX_ERROR]++;
    if (causes & (RTL_ROVW | RTL_FOVW)) {
        d->counter[RTL_RX_OVERRUN]++;
        d->overflowed = true;
    }
}

/* With the ring emptied: what had to wait for that. True when packets may have come of it. */
static bool settle_reception(struct rtl8139 *d)
{
    if (d->rcr != d->rcr_wanted)
        rtl8139_rx_start(d);
    if (!d->overflowed)
        return false;
    rtl8139_rx_resume(d);
    return !(rtl_read8(d, RTL_CR) & RTL_CR_BUFE);
}

static int64_t next_deadline(const struct rtl8139 *d, int64_t now_ns)
{
    int64_t due = tx_deadline(d);
    if (d->unfinished && now_ns + RTL_RETRY_NS < due)
        due = now_ns + RTL_RETRY_NS;
    return due;
}

static int64_t rtl8139_poll(void *state, int64_t now_ns, int budget)
{
    struct rtl8139 *d = state;
    if (!d->running)
        return INT64_MAX;
    note_causes(d, causes_take(&d->causes), now_ns);
    int harvested = rtl8139_rx_harvest(d, now_ns, budget);
    settle_transmission(d, now_ns);
    if (!d->running) /* a frame that ended here made the stack stop us */
        return INT64_MAX;
    if (harvested == budget || (d->unfinished == 0 && settle_reception(d)))
        return now_ns;
    if (d->masked)
        unmask(d);
    /* A packet that came after the harvest is latched in ISR: unmasking it has run the handler by
     * now or will. */
    return causes_wait(&d->causes) ? now_ns : next_deadline(d, now_ns);
}

/* --- filters --- */

/* The Ethernet CRC of the address, most significant bit first, not inverted; its top six bits
 * select one of MAR's 64. */
static uint32_t multicast_hash(const uint8_t mac[NETIF_MAC_BYTES])
{
    uint32_t crc = UINT32_MAX;
    for (int i = 0; i < NETIF_MAC_BYTES; i++) {
        for (int bit = 0; bit < 8; bit++) {
            uint32_t carry = crc >> 31 ^ (mac[i] >> bit & 1);
            crc = crc << 1 ^ (carry ? 0x04c11db7 : 0);
        }
    }
    return crc >> 26;
}

static int rtl8139_filter(void *state, unsigned flags, const uint8_t (*mac)[NETIF_MAC_BYTES],
                          int count)
{
    struct rtl8139 *d = state;
    bool everyone = flags & NETIF_PROMISCUOUS;
    bool all = everyone || (flags & NETIF_ALL_MULTICAST);
    d->mar[0] = d->mar[1] = all ? UINT32_MAX : 0;
    for (int i = 0; i < count; i++) {
        uint32_t hash = multicast_hash(mac[i]);
        d->mar[hash / 32] |= (uint32_t)1 << (hash % 32);
    }
    d->rcr_wanted &= ~(uint32_t)RTL_RCR_AAP;
    d->rcr_wanted |= everyone ? (uint32_t)RTL_RCR_AAP : 0;
    if (!d->running)
        return 0;
    set_multicast_hash(d);
    if (d->rcr_wanted != d->rcr)
        netif_wake(d->nif); /* poll empties the ring first */
    return 0;
}

const struct netif_driver rtl8139_driver = {
    .name = "rtl8139",
    .state_size = sizeof(struct rtl8139),
    .ring_bytes = RTL_RING_BYTES,
    .match = rtl8139_match,
    .probe = rtl8139_probe,
    .poll = rtl8139_poll,
    .send = rtl8139_send,
    .filter = rtl8139_filter,
    .stop = rtl8139_stop,
    .statistics = rtl8139_statistics,
    .counters = counter_names,
    .counter_at = offsetof(struct rtl8139, counter),
};
