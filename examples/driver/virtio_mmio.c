/*
 * A driver for virtio-net over memory-mapped registers (virtio 1.2, 4.2 and 5.1), as a small kernel
 * for a board or a microvm has it: no PCI, two split queues of 32, a descriptor for each buffer,
 * everything in the interrupt handler; filtering is left to whoever gets the frames. Try it:
 *
 *     make examples
 *     build/release/wiredrill driver build/release/examples/driver/virtio_mmio.so
 */
#include <string.h>
#include "wiredrill_driver.h"

enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 };
enum { F_MAC = 1 << 5, F_STATUS = 1 << 16, F_VERSION_1 = 1 /* of the second word */ };
enum { RX, TX, QUEUES, SIZE = 32, HEADER = 12, LONGEST = 1514, BUFFER = 1536, WRITE = 2 };
enum { MAGIC = 0x74726976, NETWORK = 1, PATIENCE = 10000 };

enum {
    MAGIC_VALUE = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SEL = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SEL = 0x024,
    QUEUE_SEL = 0x030,
    QUEUE_NUM_MAX = 0x034,
    QUEUE_NUM = 0x038,
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACK = 0x064,
    STATUS = 0x070,
    QUEUE_DESC = 0x080,
    QUEUE_DRIVER = 0x090,
    QUEUE_DEVICE = 0x0a0,
    CONFIG_GENERATION = 0x0fc,
    CONFIG = 0x100
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
    uint64_t desc_at, avail_at, used_at, buffer_at[SIZE];
    uint8_t *buffer[SIZE];
    uint16_t taken;
};

struct nic {
    volatile uint8_t *regs;
    struct queue queue[QUEUES];
    uint16_t sent; /* descriptors of the transmit queue go round in order */
    struct wiredrill_counters counters;
};

static struct nic nics[4];
static int count;

static uint32_t get(const struct nic *n, int reg)
{
    return readl(n->regs + reg);
}

static void put(const struct nic *n, int reg, uint32_t value)
{
    writel(value, n->regs + reg);
}

static void write_address(const struct nic *n, int reg, uint64_t at)
{
    put(n, reg, (uint32_t)at);
    put(n, reg + 4, (uint32_t)(at >> 32));
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
    put(n, QUEUE_SEL, (uint32_t)i);
    if (get(n, QUEUE_NUM_MAX) < SIZE)
        return -1;
    put(n, QUEUE_NUM, SIZE);
    write_address(n, QUEUE_DESC, q->desc_at);
    write_address(n, QUEUE_DRIVER, q->avail_at);
    write_address(n, QUEUE_DEVICE, q->used_at);
    put(n, QUEUE_READY, 1);
    return 0;
}

static void add_status(const struct nic *n, uint32_t bits)
{
    put(n, STATUS, get(n, STATUS) | bits);
}

static int negotiate(const struct nic *n)
{
    static const uint32_t wish[] = {F_MAC | F_STATUS, F_VERSION_1};
    add_status(n, ACKNOWLEDGE);
    add_status(n, DRIVER);
    for (uint32_t word = 0; word < 2; word++) {
        put(n, DEVICE_FEATURES_SEL, word);
        put(n, DRIVER_FEATURES_SEL, word);
        put(n, DRIVER_FEATURES, get(n, DEVICE_FEATURES) & wish[word]);
    }
    add_status(n, FEATURES_OK);
    return get(n, STATUS) & FEATURES_OK ? 0 : -1;
}

/* 2.5.2: it may change while it is read. */
static void read_mac(const struct nic *n, uint8_t mac[6])
{
    for (int tries = 0; tries < PATIENCE; tries++) {
        uint32_t before = get(n, CONFIG_GENERATION);
        for (int k = 0; k < 6; k++)
            mac[k] = readb(n->regs + CONFIG + k);
        if (get(n, CONFIG_GENERATION) == before)
            return;
    }
}

/* 3.1.1, from the reset on. */
static int start(struct nic *n)
{
    put(n, STATUS, 0);
    for (int left = PATIENCE; get(n, STATUS); left--)
        if (left == 0)
            return -1;
    if (negotiate(n) != 0 || set_queue(n, RX) != 0 || set_queue(n, TX) != 0)
        return -1;
    n->queue[TX].avail->flags = 1; /* sent frames are looked for when the next one comes */
    n->queue[RX].avail->idx = SIZE;
    n->sent = 0;
    add_status(n, DRIVER_OK);
    put(n, QUEUE_NOTIFY, RX);
    wd_link(readw(n->regs + CONFIG + 6) & 1);
    return 0;
}

static int attach(struct wiredrill_device *dev, uint8_t mac[6])
{
    if (count == 4)
        return -1;
    struct nic *n = &nics[count++];
    n->regs = wd_map(&dev->bar[0]);
    if (get(n, MAGIC_VALUE) != MAGIC || get(n, VERSION) != 2 || get(n, DEVICE_ID) != NETWORK)
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
        put(n, QUEUE_NOTIFY, TX);
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
        put(n, QUEUE_NOTIFY, RX);
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
    uint32_t causes = get(n, INTERRUPT_STATUS);
    if (causes == 0 || causes == UINT32_MAX)
        return 0;
    put(n, INTERRUPT_ACK, causes);
    if (causes & 2)
        wd_link(readw(n->regs + CONFIG + 6) & 1);
    receive(n);
    return 1;
}

static void detach(struct wiredrill_device *dev)
{
    struct nic *n = dev->driver_data;
    put(n, STATUS, 0);
}

WIREDRILL_DRIVER(.name = "virtio_mmio", .vendor = WIREDRILL_MMIO, .device = 2, .attach = attach,
                 .send = send, .interrupt = interrupt, .detach = detach, .poll = poll,
                 .reset = reset, .counters = counters);
