/*
 * A driver for the RTL8139 as a small kernel has it: port I/O, one receive ring, four transmit
 * buffers, everything in the interrupt handler. Try it:
 *
 *     make examples
 *     build/release/wiredrill driver build/release/examples/driver/rtl8139_portio.so
 */
#include <string.h>
#include "wiredrill_driver.h"

enum {
    MAC = 0x00,
    TSD0 = 0x10,
    TSAD0 = 0x20,
    RBSTART = 0x30,
    CR = 0x37,
    CAPR = 0x38,
    IMR = 0x3c,
    ISR = 0x3e,
    TCR = 0x40,
    RCR = 0x44,
    CONFIG1 = 0x52,
    MSR = 0x58,
    MAR0 = 0x08,
};
enum { CR_BUFE = 0x01, CR_TE = 0x04, CR_RE = 0x08, CR_RST = 0x10 };
enum { ROK = 0x01, RER = 0x02, TOK = 0x04, TER = 0x08, RXOVW = 0x10, LINK = 0x20, FOVW = 0x40 };
enum { RCR_AAP = 0x01, RCR_APM = 0x02, RCR_AM = 0x04, RCR_AB = 0x08, RCR_WRAP = 0x80 };
enum { TSD_OWN = 1 << 13, MSR_LINKB = 0x04 };
enum { PCI_COMMAND = 4, BUS_MASTER = 4, PATIENCE = 100000 };
enum { RING = 8192, SLACK = 16 + 2048, SLOTS = 4, SLOT = 1792, SHORTEST = 60 };

struct nic {
    uint16_t io;
    uint8_t *ring;
    uint64_t ring_at;
    uint8_t *slot[SLOTS];
    uint64_t slot_at[SLOTS];
    uint32_t read_at;       /* in the ring */
    uint32_t next, pending; /* the slot to use, how many the card has */
    uint32_t rcr, hash;
    struct wiredrill_counters counters;
};

static struct nic nics[4];
static int count;

/* 0, or -1: the chip does not come out of its reset. */
static int start(struct nic *n)
{
    uint32_t left = PATIENCE;
    outb(n->io + CR, CR_RST);
    while (inb(n->io + CR) & CR_RST)
        if (--left == 0)
            return -1;
    n->read_at = n->next = n->pending = 0;
    outb(n->io + CR, CR_TE | CR_RE);
    outl(n->io + RBSTART, (uint32_t)n->ring_at);
    for (int k = 0; k < SLOTS; k++)
        outl(n->io + TSAD0 + 4 * k, (uint32_t)n->slot_at[k]);
    outl(n->io + TCR, 0x03000700); /* usual gap, bursts of 2048 bytes */
    outl(n->io + MAR0, n->hash);
    outl(n->io + MAR0 + 4, n->hash);
    outl(n->io + RCR, n->rcr);
    outw(n->io + IMR, ROK | RER | TOK | TER | RXOVW | LINK | FOVW);
    return 0;
}

static int attach(struct wiredrill_device *dev, uint8_t mac[6])
{
    if (count == 4 || !dev->bar[0].is_io)
        return -1;
    struct nic *n = &nics[count++];
    n->io = (uint16_t)dev->bar[0].base;
    n->ring = wd_dma_alloc(RING + SLACK, 16, &n->ring_at);
    for (int k = 0; k < SLOTS; k++)
        n->slot[k] = wd_dma_alloc(SLOT, 4, &n->slot_at[k]);
    if (!n->ring || !n->slot[SLOTS - 1])
        return -1;
    wd_config_write(PCI_COMMAND, 2, wd_config_read(PCI_COMMAND, 2) | BUS_MASTER);
    outb(n->io + CONFIG1, 0); /* awake */
    for (int k = 0; k < 6; k++)
        mac[k] = inb((uint16_t)(n->io + MAC + k));
    if (mac[0] & 1) /* a group's: there is no EEPROM, or no card */
        return -1;
    n->rcr = RCR_APM | RCR_AB | RCR_WRAP | 0x700; /* 8 KiB and 16 bytes, unlimited bursts */
    dev->driver_data = n;
    if (start(n) != 0)
        return -1;
    wd_link(!(inb(n->io + MSR) & MSR_LINKB));
    return 0;
}

static int send(struct wiredrill_device *dev, const void *frame, size_t len)
{
    struct nic *n = dev->driver_data;
    if (n->pending == SLOTS || len > SLOT)
        return -1;
    memcpy(n->slot[n->next], frame, len);
    if (len < SHORTEST) {
        memset(n->slot[n->next] + len, 0, SHORTEST - len);
        len = SHORTEST;
    }
    outl(n->io + TSD0 + 4 * n->next, (uint32_t)len); /* clearing OWN sends */
    n->next = (n->next + 1) % SLOTS;
    n->pending++;
    n->counters.tx_frames++;
    return 0;
}

/*
 * In the ring each frame has a status and a length before it and its FCS behind it, and starts on a
 * word. One that is too long is passed over: a driver that gives up there, as this one did at
 * first, hears nothing any more (scenarios/ethernet/frame-too-long.pkt).
 */
static int receive(struct nic *n)
{
    int frames = 0;
    while (!(inb(n->io + CR) & CR_BUFE)) {
        const uint8_t *head = n->ring + n->read_at;
        uint32_t status = (uint32_t)(head[0] | head[1] << 8),
                 len = (uint32_t)(head[2] | head[3] << 8);
        if (!(status & 1) || len < 8 || len > RING - 16) {
            n->counters.rx_errors++;
            start(n); /* the ring cannot be followed any further */
            return frames;
        }
        if (len <= 1522) { /* with a tag; the stack knows what it may be without */
            wd_receive(head + 4, len - 4);
            n->counters.rx_frames++;
            frames++;
        }
        n->read_at = (n->read_at + len + 4 + 3) / 4 * 4 % RING;
        outw(n->io + CAPR, (uint16_t)(n->read_at - 16)); /* the card counts from 16 before */
    }
    return frames;
}

static int reap(struct nic *n)
{
    int frames = 0;
    while (n->pending) {
        uint32_t oldest = (n->next + SLOTS - n->pending) % SLOTS;
        if (!(inl((uint16_t)(n->io + TSD0 + 4 * oldest)) & TSD_OWN))
            break;
        n->pending--;
        frames++;
    }
    return frames;
}

static int interrupt(struct wiredrill_device *dev)
{
    struct nic *n = dev->driver_data;
    uint16_t causes = inw(n->io + ISR);
    if (causes == 0 || causes == 0xffff)
        return 0;
    outw(n->io + ISR, causes);
    if (causes & (RXOVW | FOVW))
        n->counters.rx_dropped++;
    if (causes & (ROK | RER | RXOVW | FOVW))
        receive(n);
    if (causes & (TOK | TER))
        reap(n);
    if (causes & LINK)
        wd_link(!(inb(n->io + MSR) & MSR_LINKB));
    return 1;
}

/* The card's hash is not used: either all groups or none. */
static void filter(struct wiredrill_device *dev, int promiscuous, int all_groups,
                   const uint8_t (*group)[6], int groups)
{
    struct nic *n = dev->driver_data;
    (void)group;
    n->hash = all_groups || groups ? UINT32_MAX : 0;
    n->rcr = (n->rcr & ~(uint32_t)(RCR_AAP | RCR_AM)) | (promiscuous ? RCR_AAP : 0) |
             (n->hash ? RCR_AM : 0);
    outl(n->io + MAR0, n->hash);
    outl(n->io + MAR0 + 4, n->hash);
    outl(n->io + RCR, n->rcr);
}

static void detach(struct wiredrill_device *dev)
{
    struct nic *n = dev->driver_data;
    outw(n->io + IMR, 0);
    outb(n->io + CR, 0);
}

/* Interrupts get lost: what they would have told is asked for. */
static int poll(struct wiredrill_device *dev)
{
    struct nic *n = dev->driver_data;
    return receive(n) + reap(n) > 0;
}

static int reset(struct wiredrill_device *dev)
{
    return start(dev->driver_data);
}

static void counters(struct wiredrill_device *dev, struct wiredrill_counters *out)
{
    const struct nic *n = dev->driver_data;
    *out = n->counters;
}

WIREDRILL_DRIVER(.name = "rtl8139_portio", .vendor = 0x10ec, .device = 0x8139, .attach = attach,
                 .send = send, .interrupt = interrupt, .filter = filter, .detach = detach,
                 .poll = poll, .reset = reset, .counters = counters);
