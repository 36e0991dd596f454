/*
 * A driver for the E1000 (82540EM) as a small kernel has it: memory-mapped registers, two rings of
 * descriptors, everything in the interrupt handler. Try it:
 *
 *     make examples
 *     build/release/wiredrill driver build/release/examples/driver/e1000_mmio.so
 */
#include <string.h>
#include "wiredrill_driver.h"

enum {
    CTRL = 0x0000,
    STATUS = 0x0008,
    ICR = 0x00c0,
    IMS = 0x00d0,
    IMC = 0x00d8,
    RCTL = 0x0100,
    TCTL = 0x0400,
    TIPG = 0x0410,
    RDBAL = 0x2800,
    RDBAH = 0x2804,
    RDLEN = 0x2808,
    RDH = 0x2810,
    RDT = 0x2818,
    TDBAL = 0x3800,
    TDBAH = 0x3804,
    TDLEN = 0x3808,
    TDH = 0x3810,
    TDT = 0x3818,
    MTA = 0x5200,
    RAL = 0x5400,
    RAH = 0x5404,
};
enum {
    CTRL_SLU = 1 << 6,
    CTRL_RST = 1 << 26,
    STATUS_LU = 2,
    RCTL_EN = 2,
    RCTL_UPE = 8,
    RCTL_MPE = 16,
    RCTL_BAM = 1 << 15,
    RCTL_SECRC = 1 << 26
};
enum { TCTL_EN = 2, TCTL_PSP = 8, TXDW = 1, LSC = 4, RXDMT0 = 0x10, RXO = 0x40, RXT0 = 0x80 };
enum { DD = 1, EOP = 2, TX_EOP = 1, TX_IFCS = 2, TX_RS = 8 };
enum { PCI_COMMAND = 4, BUS_MASTER = 4, PATIENCE = 100000 };
enum { RINGS = 32, BUFFER = 2048, SHORTEST = 60, LONGEST = 1522 };

struct rx_descriptor {
    uint64_t address;
    uint16_t length, checksum;
    uint8_t status, errors;
    uint16_t special;
};

struct tx_descriptor {
    uint64_t address;
    uint16_t length;
    uint8_t cso, command, status, css;
    uint16_t special;
};

struct nic {
    volatile uint8_t *regs;
    volatile struct rx_descriptor *rx;
    volatile struct tx_descriptor *tx;
    uint8_t *rx_buffer[RINGS], *tx_buffer[RINGS];
    uint32_t rx_next, tx_next, tx_oldest;
    uint64_t rx_at, tx_at;
    uint32_t rctl;
    int inside; /* of a frame that fills several buffers */
    struct wiredrill_counters counters;
};

static struct nic nics[4];
static int count;

static uint32_t get(const struct nic *n, uint32_t reg)
{
    return readl(n->regs + reg);
}

static void put(const struct nic *n, uint32_t reg, uint32_t value)
{
    writel(value, n->regs + reg);
}

static int allocate(struct nic *n)
{
    uint64_t at;
    n->rx = wd_dma_alloc(RINGS * sizeof *n->rx, 128, &n->rx_at);
    n->tx = wd_dma_alloc(RINGS * sizeof *n->tx, 128, &n->tx_at);
    for (int k = 0; n->rx && n->tx && k < RINGS; k++) {
        n->rx_buffer[k] = wd_dma_alloc(BUFFER, 16, &at);
        if (!n->rx_buffer[k])
            return -1;
        n->rx[k].address = at;
        n->tx_buffer[k] = wd_dma_alloc(BUFFER, 16, &at);
        if (!n->tx_buffer[k])
            return -1;
        n->tx[k].address = at;
    }
    return n->rx && n->tx ? 0 : -1;
}

/* 0, or -1: the card does not come out of its reset. */
static int restart(struct nic *n)
{
    uint32_t left = PATIENCE;
    put(n, IMC, UINT32_MAX);
    put(n, CTRL, get(n, CTRL) | CTRL_RST);
    while (get(n, CTRL) & CTRL_RST)
        if (--left == 0)
            return -1;
    put(n, IMC, UINT32_MAX);
    put(n, CTRL, get(n, CTRL) | CTRL_SLU);
    for (uint32_t k = 0; k < 128; k++)
        put(n, MTA + 4 * k, 0);
    return 0;
}

static void start(struct nic *n)
{
    for (int k = 0; k < RINGS; k++)
        n->rx[k].status = 0;
    n->rx_next = n->tx_next = n->tx_oldest = 0;
    n->inside = 0;
    put(n, RDBAL, (uint32_t)n->rx_at);
    put(n, RDBAH, (uint32_t)(n->rx_at >> 32));
    put(n, RDLEN, RINGS * sizeof *n->rx);
    put(n, RDH, 0);
    put(n, RDT, RINGS - 1); /* one stays free: head == tail is an empty ring */
    put(n, TDBAL, (uint32_t)n->tx_at);
    put(n, TDBAH, (uint32_t)(n->tx_at >> 32));
    put(n, TDLEN, RINGS * sizeof *n->tx);
    put(n, TDH, 0);
    put(n, TDT, 0);
    put(n, TIPG, 10 | 8 << 10 | 6 << 20);
    put(n, TCTL, TCTL_EN | TCTL_PSP | 0x0f << 4 | 0x40 << 12);
    put(n, RCTL, n->rctl);
    put(n, IMS, TXDW | LSC | RXDMT0 | RXO | RXT0);
}

static int attach(struct wiredrill_device *dev, uint8_t mac[6])
{
    if (count == 4 || dev->bar[0].is_io)
        return -1;
    struct nic *n = &nics[count++];
    n->regs = wd_map(&dev->bar[0]);
    if (allocate(n) != 0)
        return -1;
    wd_config_write(PCI_COMMAND, 2, wd_config_read(PCI_COMMAND, 2) | BUS_MASTER);
    if (restart(n) != 0)
        return -1;
    uint32_t low = get(n, RAL), high = get(n, RAH); /* the card has read its EEPROM */
    for (int k = 0; k < 6; k++)
        mac[k] = (uint8_t)(k < 4 ? low >> 8 * k : high >> 8 * (k - 4));
    if (mac[0] & 1) /* a group's: there is no EEPROM, or no card */
        return -1;
    n->rctl = RCTL_EN | RCTL_BAM | RCTL_SECRC;
    dev->driver_data = n;
    start(n);
    wd_link((get(n, STATUS) & STATUS_LU) != 0);
    return 0;
}

static int reap(struct nic *n)
{
    int frames = 0;
    while (n->tx_oldest != n->tx_next && n->tx[n->tx_oldest].status & DD) {
        n->tx_oldest = (n->tx_oldest + 1) % RINGS;
        frames++;
    }
    return frames;
}

static int send(struct wiredrill_device *dev, const void *frame, size_t len)
{
    struct nic *n = dev->driver_data;
    uint32_t next = (n->tx_next + 1) % RINGS;
    reap(n);
    if (next == n->tx_oldest || len > BUFFER)
        return -1;
    memcpy(n->tx_buffer[n->tx_next], frame, len);
    if (len < SHORTEST) {
        memset(n->tx_buffer[n->tx_next] + len, 0, SHORTEST - len);
        len = SHORTEST;
    }
    volatile struct tx_descriptor *d = &n->tx[n->tx_next];
    d->length = (uint16_t)len;
    d->status = 0;
    d->command = TX_EOP | TX_IFCS | TX_RS;
    n->tx_next = next;
    put(n, TDT, next);
    n->counters.tx_frames++;
    return 0;
}

/* A frame that does not fit one buffer fills several; its pieces are passed over. What a descriptor
 * says of its length is not believed blindly. */
static int receive(struct nic *n)
{
    int frames = 0;
    while (n->rx[n->rx_next].status & DD) {
        volatile struct rx_descriptor *d = &n->rx[n->rx_next];
        int whole = !n->inside && d->status & EOP && d->errors == 0;
        if (whole && d->length >= SHORTEST && d->length <= LONGEST) {
            wd_receive(n->rx_buffer[n->rx_next], d->length);
            n->counters.rx_frames++;
            frames++;
        } else {
            n->counters.rx_errors++;
        }
        n->inside = !(d->status & EOP);
        d->status = 0;
        put(n, RDT, n->rx_next);
        n->rx_next = (n->rx_next + 1) % RINGS;
    }
    return frames;
}

static int interrupt(struct wiredrill_device *dev)
{
    struct nic *n = dev->driver_data;
    uint32_t causes = get(n, ICR); /* reading acknowledges */
    if (causes == 0 || causes == UINT32_MAX)
        return 0;
    if (causes & RXO)
        n->counters.rx_dropped++;
    if (causes & LSC)
        wd_link((get(n, STATUS) & STATUS_LU) != 0);
    receive(n);
    reap(n);
    return 1;
}

/* The card's hash is not used: either all groups or none. */
static void filter(struct wiredrill_device *dev, int promiscuous, int all_groups,
                   const uint8_t (*group)[6], int groups)
{
    struct nic *n = dev->driver_data;
    (void)group;
    n->rctl &= ~(uint32_t)(RCTL_UPE | RCTL_MPE);
    n->rctl |= (promiscuous ? RCTL_UPE | RCTL_MPE : 0) | (all_groups || groups ? RCTL_MPE : 0);
    put(n, RCTL, n->rctl);
}

static void detach(struct wiredrill_device *dev)
{
    struct nic *n = dev->driver_data;
    put(n, IMC, UINT32_MAX);
    put(n, RCTL, 0);
    put(n, TCTL, 0);
}

/* Interrupts get lost: what they would have told is asked for. */
static int poll(struct wiredrill_device *dev)
{
    struct nic *n = dev->driver_data;
    return receive(n) + reap(n) > 0;
}

static int reset(struct wiredrill_device *dev)
{
    struct nic *n = dev->driver_data;
    if (restart(n) != 0)
        return -1;
    start(n);
    return 0;
}

static void counters(struct wiredrill_device *dev, struct wiredrill_counters *out)
{
    const struct nic *n = dev->driver_data;
    *out = n->counters;
}

WIREDRILL_DRIVER(.name = "e1000_mmio", .vendor = 0x8086, .device = 0x100e, .attach = attach,
                 .send = send, .interrupt = interrupt, .filter = filter, .detach = detach,
                 .poll = poll, .reset = reset, .counters = counters);
