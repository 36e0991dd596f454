/*
 * A driver for virtio-net over PCI (virtio 1.2, 4.1 and 5.1) as a small kernel has it:
 * capabilities, two split queues of 32, a descriptor for each buffer, everything in the interrupt
 * handler; filtering is left to whoever gets the frames. Try it:
 *
 *     make examples
 *     build/release/wiredrill run --driver build/release/examples/driver/virtio_pci.so scenarios
 */
#include <string.h>
#include "wiredrill_driver.h"

enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 };
enum { F_MAC = 1 << 5, F_STATUS = 1 << 16, F_VERSION_1 = 1 /* of the second word */ };
enum { RX, TX, QUEUES, SIZE = 32, HEADER = 12, LONGEST = 1514, BUFFER = 1536, WRITE = 2 };
enum { PCI_COMMAND = 4, BUS_MASTER = 4, PATIENCE = 10000 };

/* struct virtio_pci_common_cfg */
enum {
    DEVICE_FEATURE_SELECT = 0,
    DEVICE_FEATURE = 4,
    DRIVER_FEATURE_SELECT = 8,
    DRIVER_FEATURE = 12,
    STATUS = 20,
    CONFIG_GENERATION = 21,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_ENABLE = 28,
    QUEUE_NOTIFY_OFF = 30,
    QUEUE_DESC = 32,
    QUEUE_DRIVER = 40,
    QUEUE_DEVICE = 48
};

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

struct available {
    uint16_t flags, idx, ring[SIZE];
};

struct used {
    uint16_t flags, idx;
    struct {
        uint32_t id, length;
    } ring[SIZE];
};

struct queue {
    volatile struct descriptor *desc;
    volatile struct available *avail;
    volatile struct used *used;
    volatile uint8_t *doorbell;
    uint64_t desc_at, avail_at, used_at, buffer_at[SIZE];
    uint8_t *buffer[SIZE];
    uint16_t taken;
};

struct nic {
    volatile uint8_t *common, *notify, *isr, *config;
    uint32_t multiplier;
    struct queue queue[QUEUES];
    uint16_t sent; /* descriptors of the transmit queue go round in order */
    struct wiredrill_counters counters;
};

static struct nic nics[4];
static int count;

static void find_structures(struct nic *n, struct wiredrill_device *dev)
{
    for (int cap = (int)wd_config_read(0x34, 1); cap; cap = (int)wd_config_read(cap + 1, 1)) {
        uint32_t type = wd_config_read(cap + 3, 1), bar = wd_config_read(cap + 4, 1);
        if (wd_config_read(cap, 1) != 9 || bar > 5)
            continue;
        volatile uint8_t *at = wd_map(&dev->bar[bar]);
        at += wd_config_read(cap + 8, 4);
        if (type == 1)
            n->common = at;
        else if (type == 2)
            n->notify = at, n->multiplier = wd_config_read(cap + 16, 4);
        else if (type == 3)
            n->isr = at;
        else if (type == 4)
            n->config = at;
    }
}

static void write_address(const struct nic *n, int reg, uint64_t at)
{
    writel((uint32_t)at, n->common + reg);
    writel((uint32_t)(at >> 32), n->common + reg + 4);
}

/* Memory, once; false: there is none. */
static int get_memory(struct queue *q)
{
    q->desc = wd_dma_alloc(SIZE * sizeof *q->desc, 16, &q->desc_at);
    q->avail = wd_dma_alloc(sizeof *q->avail, 2, &q->avail_at);
    q->used = wd_dma_alloc(sizeof *q->used, 4, &q->used_at);
    for (int k = 0; k < SIZE; k++)
        q->buffer[k] = wd_dma_alloc(BUFFER, 16, &q->buffer_at[k]);
    return q->desc && q->avail && q->used && q->buffer[SIZE - 1];
}

static int set_queue(struct nic *n, int i)
{
    struct queue *q = &n->queue[i];
    for (int k = 0; k < SIZE; k++) {
        q->desc[k].address = q->buffer_at[k];
        q->desc[k].length = BUFFER;
        q->desc[k].flags = i == RX ? WRITE : 0;
        q->avail->ring[k] = (uint16_t)k;
    }
    q->avail->flags = q->avail->idx = q->used->flags = q->used->idx = q->taken = 0;
    writew((uint16_t)i, n->common + QUEUE_SELECT);
    if (readw(n->common + QUEUE_SIZE) < SIZE)
        return -1;
    q->doorbell = n->notify + readw(n->common + QUEUE_NOTIFY_OFF) * n->multiplier;
    writew(SIZE, n->common + QUEUE_SIZE);
    write_address(n, QUEUE_DESC, q->desc_at);
    write_address(n, QUEUE_DRIVER, q->avail_at);
    write_address(n, QUEUE_DEVICE, q->used_at);
    writew(1, n->common + QUEUE_ENABLE);
    return 0;
}

static void add_status(const struct nic *n, uint8_t bits)
{
    writeb((uint8_t)(readb(n->common + STATUS) | bits), n->common + STATUS);
}

static int negotiate(const struct nic *n)
{
    static const uint32_t wish[] = {F_MAC | F_STATUS, F_VERSION_1};
    add_status(n, ACKNOWLEDGE);
    add_status(n, DRIVER);
    for (uint32_t word = 0; word < 2; word++) {
        writel(word, n->common + DEVICE_FEATURE_SELECT);
        writel(word, n->common + DRIVER_FEATURE_SELECT);
        writel(readl(n->common + DEVICE_FEATURE) & wish[word], n->common + DRIVER_FEATURE);
    }
    add_status(n, FEATURES_OK);
    return readb(n->common + STATUS) & FEATURES_OK ? 0 : -1;
}

/* 2.5.2: it may change while it is read. */
static void read_mac(const struct nic *n, uint8_t mac[6])
{
    for (int tries = 0; tries < PATIENCE; tries++) {
        uint8_t before = readb(n->common + CONFIG_GENERATION);
        for (int k = 0; k < 6; k++)
            mac[k] = readb(n->config + k);
        if (readb(n->common + CONFIG_GENERATION) == before)
            return;
    }
}

/* 3.1.1, from the reset on. */
static int start(struct nic *n)
{
    writeb(0, n->common + STATUS);
    for (int left = PATIENCE; readb(n->common + STATUS); left--)
        if (left == 0)
            return -1;
    if (negotiate(n) != 0 || set_queue(n, RX) != 0 || set_queue(n, TX) != 0)
        return -1;
    n->queue[TX].avail->flags = 1; /* sent frames are looked for when the next one comes */
    n->queue[RX].avail->idx = SIZE;
    n->sent = 0;
    add_status(n, DRIVER_OK);
    writew(RX, n->queue[RX].doorbell);
    wd_link(readw(n->config + 6) & 1);
    return 0;
}

static int attach(struct wiredrill_device *dev, uint8_t mac[6])
{
    if (count == 4)
        return -1;
    struct nic *n = &nics[count++];
    wd_config_write(PCI_COMMAND, 2, wd_config_read(PCI_COMMAND, 2) | BUS_MASTER);
    find_structures(n, dev);
    if (!n->common || !n->notify || !n->isr || !n->config)
        return -1;
    dev->driver_data = n;
    if (!get_memory(&n->queue[RX]) || !get_memory(&n->queue[TX]) || start(n) != 0)
        return -1;
    read_mac(n, mac);
    return 0;
}

/* While the queue is full the device is to say when that ends. */
static int send(struct wiredrill_device *dev, const void *frame, size_t len)
{
    struct nic *n = dev->driver_data;
    struct queue *q = &n->queue[TX];
    q->taken = q->used->idx;
    uint16_t slot = n->sent % SIZE;
    int full = (uint16_t)(n->sent - q->taken) == SIZE;
    q->avail->flags = !full;
    if (full || len > LONGEST)
        return -1;
    memset(q->buffer[slot], 0, HEADER + 60);
    memcpy(q->buffer[slot] + HEADER, frame, len);
    q->desc[slot].length = HEADER + (uint32_t)(len < 60 ? 60 : len);
    q->avail->ring[slot] = slot;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    q->avail->idx = ++n->sent;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!(q->used->flags & 1))
        writew(TX, q->doorbell);
    n->counters.tx_frames++;
    return 0;
}

/* How many buffers came back. */
static int receive(struct nic *n)
{
    struct queue *q = &n->queue[RX];
    uint16_t before = q->taken;
    for (; q->taken != q->used->idx; q->taken++) {
        uint32_t id = q->used->ring[q->taken % SIZE].id;
        uint32_t length = q->used->ring[q->taken % SIZE].length;
        if (id >= SIZE)
            continue;
        int whole = length > HEADER + 14 && length <= BUFFER;
        if (whole)
            wd_receive(q->buffer[id] + HEADER, length - HEADER);
        *(whole ? &n->counters.rx_frames : &n->counters.rx_errors) += 1;
        q->avail->ring[q->avail->idx % SIZE] = (uint16_t)id;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        q->avail->idx++;
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!(q->used->flags & 1))
        writew(RX, q->doorbell);
    return (uint16_t)(q->taken - before);
}

static int poll(struct wiredrill_device *dev)
{
    return receive(dev->driver_data) > 0;
}

static int reset(struct wiredrill_device *dev)
{
    return start(dev->driver_data);
}

static void counters(struct wiredrill_device *dev, struct wiredrill_counters *out)
{
    *out = ((struct nic *)dev->driver_data)->counters;
}

static int interrupt(struct wiredrill_device *dev)
{
    struct nic *n = dev->driver_data;
    uint8_t causes = readb(n->isr); /* reading acknowledges */
    if (causes == 0 || causes == 0xff)
        return 0;
    if (causes & 2)
        wd_link(readw(n->config + 6) & 1);
    receive(n);
    return 1;
}

static void detach(struct wiredrill_device *dev)
{
    struct nic *n = dev->driver_data;
    writeb(0, n->common + STATUS);
}

WIREDRILL_DRIVER(.name = "virtio_pci", .vendor = 0x1af4, .device = 0x1041, .attach = attach,
                 .send = send, .interrupt = interrupt, .detach = detach, .poll = poll,
                 .reset = reset, .counters = counters);
