/*
 * E1000: finding it, bringing it up, interrupts, link, filters, watchdog. Register facts that are
 * not in the programming interface's usual reading are marked "measured on QEMU 7.2".
 */
#include "stack/driver/e1000.h"

#include "stack/core/error.h"
#include "stack/driver/e1000_private.h"
#include "stack/driver/device.h"

enum { VENDOR_INTEL = 0x8086, DEVICE_82540EM = 0x100e, REGISTER_BYTES = 0x20000 };

/* Packets in the receive FIFO are known by RXT0; RXDMT0 and RXO say that the ring runs short. */
enum { ALWAYS_WANTED = E1000_RXT0 | E1000_RXDMT0 | E1000_RXO | E1000_LSC };

static const char *const counter_names[E1000_COUNTERS + 1] = {
    [E1000_RX_OVERRUN] = "rx_overrun",
    [E1000_RX_MISSED] = "rx_missed",
    [E1000_RX_NO_DESCRIPTOR] = "rx_no_descriptor",
    [E1000_RX_NO_BUFFER] = "rx_no_buffer",
    [E1000_RX_ERROR] = "rx_error",
    [E1000_RX_FRAGMENT] = "rx_fragment",
    [E1000_RX_LENGTH_BAD] = "rx_length_bad",
    [E1000_RX_CRC] = "rx_crc",
    [E1000_RX_LENGTH_ERROR] = "rx_length_error",
    [E1000_RX_UNDERSIZE] = "rx_undersize",
    [E1000_RX_OVERSIZE] = "rx_oversize",
    [E1000_TX_RING_FULL] = "tx_ring_full",
    [E1000_TX_ERROR] = "tx_error",
    [E1000_TX_HANG] = "tx_hang",
    [E1000_LINK_CHANGE] = "link_change",
    [E1000_EEPROM_BAD] = "eeprom_bad",
    [E1000_TX_SUMMED] = "tx_summed",
    [E1000_TX_CUT] = "tx_cut",
    [E1000_RX_SUMMED] = "rx_summed",
};

static bool e1000_match(const struct device *device)
{
    return device->kind == DEVICE_PCI && device->pci.vendor_id == VENDOR_INTEL &&
           device->pci.device_id == DEVICE_82540EM;
}

/* --- interrupts --- */

/*
 * Reading ICR acknowledges every cause and, being a read, also pushes the device's earlier DMA
 * writes out. A cause that arises while masked stays latched in ICR and interrupts as soon as IMS
 * lets it.
 */
static int e1000_isr(void *state)
{
    struct e1000 *d = state;
    uint32_t causes = e1000_read(d, E1000_ICR);
    if (causes == 0 || causes == UINT32_MAX) /* another device on the line, or the card is gone */
        return 0;
    e1000_write(d, E1000_IMC, UINT32_MAX);
    causes_post(&d->causes, causes);
    netif_wake(d->nif);
    return 1;
}

static void unmask(struct e1000 *d)
{
    d->masked = false;
    e1000_write(d, E1000_IMS, ALWAYS_WANTED | (d->tx_interrupt ? (uint32_t)E1000_TXDW : 0));
}

/* --- hardware up and down --- */

static void quiesce(struct e1000 *d)
{
    e1000_write(d, E1000_IMC, UINT32_MAX);
    e1000_write(d, E1000_RCTL, 0);
    e1000_write(d, E1000_TCTL, 0);
    e1000_read(d, E1000_STATUS); /* the writes have arrived */
    e1000_write(d, E1000_CTRL, e1000_read(d, E1000_CTRL) | E1000_CTRL_RST);
    for (int spin = 0; spin < E1000_SPINS; spin++)
        if (!(e1000_read(d, E1000_CTRL) & E1000_CTRL_RST))
            break;
    e1000_write(d, E1000_IMC, UINT32_MAX);
    e1000_read(d, E1000_ICR);
}

static void set_link_up(struct e1000 *d)
{
    uint32_t ctrl = e1000_read(d, E1000_CTRL);
    ctrl &= ~(E1000_CTRL_LRST | E1000_CTRL_PHY_RST | E1000_CTRL_ILOS | E1000_CTRL_VME);
    e1000_write(d, E1000_CTRL, ctrl | E1000_CTRL_SLU | E1000_CTRL_ASDE);
    e1000_write(d, E1000_FCAL, 0); /* no flow control: pauses are nobody's business here */
    e1000_write(d, E1000_FCAH, 0);
    e1000_write(d, E1000_FCT, 0);
    e1000_write(d, E1000_FCTTV, 0);
}

static void set_receive_address(struct e1000 *d)
{
    const uint8_t *mac = d->nif->mac;
    uint32_t low = 0;
    for (int i = 0; i < 4; i++)
        low |= (uint32_t)mac[i] << (8 * i);
    e1000_write(d, E1000_RAL0, low);
    e1000_write(d, E1000_RAH0, mac[4] | (uint32_t)mac[5] << 8 | E1000_RAH_AV);
}

static void set_multicast_table(struct e1000 *d)
{
    for (uint32_t word = 0; word < E1000_MTA_WORDS; word++) {
        uint32_t bits = 0;
        for (uint32_t i = 0; i < d->hashes; i++)
            if (d->hash[i] / 32 == word)
                bits |= (uint32_t)1 << (d->hash[i] % 32);
        e1000_write(d, E1000_MTA + 4 * word, bits);
    }
}

/* No delays, no moderation: a frame's interrupt comes with the frame. */
static void set_timers(struct e1000 *d)
{
    e1000_write(d, E1000_ITR, 0);
    e1000_write(d, E1000_RDTR, 0);
    e1000_write(d, E1000_RADV, 0);
    e1000_write(d, E1000_TIDV, 0);
}

/* From reset to running; the receive buffers are there. Interrupts stay masked. */
static void bring_up(struct e1000 *d)
{
    set_link_up(d);
    set_receive_address(d);
    set_multicast_table(d);
    set_timers(d);
    e1000_write(d, E1000_RXCSUM, E1000_RXCSUM_TUOFL);
    e1000_tx_start(d);
    e1000_write(d, E1000_TIPG, 10 | 8 << 10 | 6 << 20); /* gaps for copper: IPGT, IPGR1, IPGR2 */
    /* EN, PSP, collision threshold 15, collision distance 64 for full duplex */
    e1000_write(d, E1000_TCTL, 1 << 1 | 1 << 3 | 15 << 4 | 64 << 12);
    e1000_rx_start(d);
    e1000_write(d, E1000_RCTL, d->rctl);
}

static void note_link(struct e1000 *d, int64_t now_ns)
{
    bool up = e1000_read(d, E1000_STATUS) & E1000_STATUS_LU;
    if (up == d->link)
        return;
    d->link = up;
    d->counter[E1000_LINK_CHANGE]++;
    netif_link(d->nif, up, now_ns);
}

/* --- statistics --- */

static const struct {
    uint16_t reg, counter;
} statistics[] = {
    {E1000_CRCERRS, E1000_RX_CRC},       {E1000_MPC, E1000_RX_MISSED},
    {E1000_RLEC, E1000_RX_LENGTH_ERROR}, {E1000_RNBC, E1000_RX_NO_DESCRIPTOR},
    {E1000_RUC, E1000_RX_UNDERSIZE},     {E1000_ROC, E1000_RX_OVERSIZE},
};

/* The registers clear when read, so each reading is added. (MPC and RNBC do not on QEMU 7.2,
 * measured: they count again there.) */
static void e1000_statistics(void *state)
{
    struct e1000 *d = state;
    for (size_t i = 0; d->running && i < sizeof statistics / sizeof statistics[0]; i++) {
        uint32_t count = e1000_read(d, statistics[i].reg);
        if (count != UINT32_MAX) /* else the card is gone */
            d->counter[statistics[i].counter] += count;
    }
}

/* --- probe and stop --- */

static int map_registers(struct e1000 *d, const struct device *device)
{
    if (device->window[0].space != BUS_MEM)
        return -ERR_NODEV;
    return device_map(device, 0, REGISTER_BYTES, &d->regs) ? -ERR_NODEV : 0;
}

static int map_rings(struct e1000 *d)
{
    d->rx_ring = d->nif->ring;
    d->tx_ring = d->rx_ring + E1000_RX_RING * E1000_DESC_BYTES;
    uint64_t at;
    if (bus_dma_map(d->bus, d->rx_ring, E1000_RING_BYTES, UINT64_MAX, &at))
        return -ERR_NOMEM;
    d->rx_ring_at = at;
    d->tx_ring_at = at + E1000_RX_RING * E1000_DESC_BYTES;
    return 0;
}

static int start(struct e1000 *d, const struct device *device, int64_t now_ns)
{
    if (!e1000_rx_fill(d)) {
        e1000_rx_free(d);
        return -ERR_NOMEM;
    }
    if (device_irq_attach(device, 0, e1000_isr, d)) {
        e1000_rx_free(d);
        return -ERR_IO;
    }
    d->running = true;
    bring_up(d);
    note_link(d, now_ns);
    unmask(d);
    return 0;
}

static int e1000_probe(void *state, struct netif *nif, const struct device *device, int64_t now_ns)
{
    struct e1000 *d = state;
    d->nif = nif;
    d->bus = device->bus;
    d->interrupt = device->interrupt[0];
    /* BSIZE 0: buffers of 2048 bytes, of which LPE 0 lets 1522 be used */
    nif->offload = (struct netif_offload){.sums_on_send = true,
                                          .sums_on_receive = true,
                                          .segments = E1000_SEGMENTS,
                                          .segment_bytes = E1000_SEGMENT_BYTES};
    d->rctl = E1000_RCTL_EN | E1000_RCTL_BAM | E1000_RCTL_SECRC;
    int err = map_registers(d, device);
    if (err == 0)
        err = map_rings(d);
    if (err)
        return err;
    quiesce(d);
    if (!e1000_read_mac(d, nif->mac))
        return -ERR_IO;
    return start(d, device, now_ns);
}

static void e1000_stop(void *state, int64_t now_ns)
{
    struct e1000 *d = state;
    (void)now_ns;
    if (!d->running)
        return;
    e1000_statistics(d);
    d->running = d->tx_interrupt = false;
    quiesce(d);
    bus_irq_detach(d->bus, d->interrupt, d);
    e1000_rx_free(d);
    struct netbuf_queue lost = {0};
    e1000_tx_take_all(d, &lost);
    e1000_tx_fail(d, &lost, -ERR_NETDOWN);
}

/* --- at work --- */

/* The device stopped sending: reset it, give up what it held, start over. Frames that wait in the
 * ring are lost. */
static void recover(struct e1000 *d, int64_t now_ns)
{
    struct netbuf_queue lost = {0};
    d->counter[E1000_TX_HANG]++;
    quiesce(d);
    e1000_tx_take_all(d, &lost);
    d->masked = true; /* poll unmasks when it is through */
    bring_up(d);
    note_link(d, now_ns);
    e1000_tx_fail(d, &lost, -ERR_TIMEDOUT);
}

static int64_t tx_deadline(const struct e1000 *d)
{
    return d->tx_count ? d->tx_since_ns + E1000_HANG_NS : INT64_MAX;
}

static void settle_transmission(struct e1000 *d, int64_t now_ns)
{
    e1000_tx_reap(d, now_ns);
    if (now_ns >= tx_deadline(d))
        recover(d, now_ns);
    if (d->tx_count == 0 && d->tx_interrupt) {
        d->tx_interrupt = false;
        e1000_write(d, E1000_IMC, E1000_TXDW);
    }
}

static int64_t e1000_poll(void *state, int64_t now_ns, int budget)
{
    struct e1000 *d = state;
    if (!d->running)
        return INT64_MAX;
    uint32_t causes = causes_take(&d->causes);
    if (causes)
        d->masked = true;
    if (causes & E1000_LSC)
        note_link(d, now_ns);
    if (causes & E1000_RXO)
        d->counter[E1000_RX_OVERRUN]++;
    int harvested = e1000_rx_harvest(d, now_ns, budget);
    settle_transmission(d, now_ns);
    if (!d->running) /* a frame that ended here made the stack stop us */
        return INT64_MAX;
    if (harvested == budget)
        return now_ns;
    if (d->masked)
        unmask(d);
    /* A frame that came after the harvest is latched in ICR: unmasking it has run the handler by
     * now or will. */
    return causes_wait(&d->causes) ? now_ns : tx_deadline(d);
}

/* --- filters --- */

/* RCTL.MO 0: bits 47 to 36 of the address, the last two bytes shifted right by four. */
static uint16_t multicast_hash(const uint8_t mac[NETIF_MAC_BYTES])
{
    return (uint16_t)((mac[5] << 8 | mac[4]) >> 4 & 0xfff);
}

static int e1000_filter(void *state, unsigned flags, const uint8_t (*mac)[NETIF_MAC_BYTES],
                        int count)
{
    struct e1000 *d = state;
    bool everyone = flags & NETIF_PROMISCUOUS;
    bool all = everyone || (flags & NETIF_ALL_MULTICAST) || count > NETIF_MULTICASTS;
    uint32_t rctl = d->rctl & ~(uint32_t)(E1000_RCTL_UPE | E1000_RCTL_MPE);
    rctl |= (everyone ? (uint32_t)E1000_RCTL_UPE : 0) | (all ? (uint32_t)E1000_RCTL_MPE : 0);
    d->hashes = 0;
    for (int i = 0; i < count && i < NETIF_MULTICASTS; i++)
        d->hash[d->hashes++] = multicast_hash(mac[i]);
    if (d->running)
        set_multicast_table(d);
    /* Only when it changes: writing RCTL holds reception up for a second on QEMU 7.2 (measured). */
    if (rctl != d->rctl && d->running)
        e1000_write(d, E1000_RCTL, rctl);
    d->rctl = rctl;
    return 0;
}

const struct netif_driver e1000_driver = {
    .name = "e1000",
    .state_size = sizeof(struct e1000),
    .ring_bytes = E1000_RING_BYTES,
    .match = e1000_match,
    .probe = e1000_probe,
    .poll = e1000_poll,
    .send = e1000_send,
    .kick = e1000_kick,
    .filter = e1000_filter,
    .stop = e1000_stop,
    .statistics = e1000_statistics,
    .counters = counter_names,
    .counter_at = offsetof(struct e1000, counter),
};
