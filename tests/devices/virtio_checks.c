/*
 * virtio-net over legacy PCI, check by check. The sources are sections of virtio 1.2, most of them
 * the "Legacy Interface" notes: 4.1.4.10 for the registers, 2.7 for split queues, 5.1 for the
 * network device.
 */
#include <string.h>

#include "tests/devices/check.h"

enum {
    FEATURES = 0,
    ACCEPTED = 4,
    QUEUE_PAGE = 8,
    QUEUE_SIZE = 12,
    QUEUE_SELECT = 14,
    NOTIFY = 16,
    STATUS = 18,
    ISR = 19,
    MAC = 20,
    LINK = 26
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4 };
enum { RX, TX, HEADER = 10, PAGE = 4096, QUEUE_ROOM = 0x10000, BUFFERS = 0x40000, STEP = 0x1000 };
enum { APART = 32, NEXT = 1, WRITE = 2, F_MAC = 1 << 5, F_STATUS = 1 << 16 };

static uint32_t get(struct probe *p, uint32_t at, int width)
{
    uint32_t value = bus_read(p->side->bus, &p->side->io, at, width);
    p->side->accesses++;
    return width == 4 ? value : value & ((1u << 8 * width) - 1);
}

static void put(struct probe *p, uint32_t at, int width, uint32_t value)
{
    p->side->accesses++;
    bus_write(p->side->bus, &p->side->io, at, width, value);
}

/* --- queues --- */

/* The first page of guest memory, by offset. */
static uint32_t base(const struct probe *p)
{
    return (uint32_t)(-p->side->ram_at & (PAGE - 1));
}

static uint32_t table(const struct probe *p, uint32_t queue)
{
    return base(p) + QUEUE_ROOM * queue;
}

static uint32_t size_of(struct probe *p, uint32_t queue)
{
    put(p, QUEUE_SELECT, 2, queue);
    return get(p, QUEUE_SIZE, 2);
}

static uint32_t avail(struct probe *p, uint32_t queue)
{
    return table(p, queue) + 16 * size_of(p, queue);
}

/* 2.7.2: behind the available ring, at the next page. */
static uint32_t used(struct probe *p, uint32_t queue)
{
    uint32_t size = size_of(p, queue), at = 16 * size + 6 + 2 * size;
    return table(p, queue) + (at + PAGE - 1) / PAGE * PAGE;
}

static void descriptor(struct probe *p, uint32_t queue, uint32_t index, uint32_t buffer,
                       uint32_t len, uint32_t flags, uint32_t next)
{
    struct side *s = p->side;
    uint32_t at = table(p, queue) + 16 * index;
    side_put(s, at, s->ram_at + buffer, 8);
    side_put(s, at + 8, len, 4);
    side_put(s, at + 12, flags, 2);
    side_put(s, at + 14, next, 2);
}

/* Without ANY_LAYOUT the header has a descriptor of its own (5.1.6.6); what follows it, a second,
 * APART behind the first. */
static void chain(struct probe *p, uint32_t queue, uint32_t head, uint32_t buffer, uint32_t len,
                  uint32_t flags)
{
    descriptor(p, queue, head, buffer, HEADER, flags | NEXT, head + APART);
    descriptor(p, queue, head + APART, buffer + HEADER, len - HEADER, flags, 0);
}

static void offer(struct probe *p, uint32_t queue, uint32_t head)
{
    uint32_t at = avail(p, queue), index = (uint32_t)side_get(p->side, at + 2, 2);
    side_put(p->side, at + 4 + 2 * (index % size_of(p, queue)), head, 2);
    side_put(p->side, at + 2, index + 1, 2);
}

static void ring(struct probe *p, uint32_t queue)
{
    put(p, NOTIFY, 2, queue);
    side_settle(p->side);
}

static uint32_t used_index(struct probe *p, uint32_t queue)
{
    return (uint32_t)side_get(p->side, used(p, queue) + 2, 2);
}

static uint32_t used_length(struct probe *p, uint32_t queue, uint32_t entry)
{
    return (uint32_t)side_get(p->side, used(p, queue) + 4 + 8 * entry + 4, 4);
}

static void begin_until(struct probe *p, uint32_t status)
{
    put(p, STATUS, 1, 0);
    put(p, STATUS, 1, ACKNOWLEDGE);
    put(p, STATUS, 1, ACKNOWLEDGE | DRIVER);
    put(p, ACCEPTED, 4, F_MAC | F_STATUS);
    for (uint32_t queue = RX; queue <= TX; queue++) {
        put(p, QUEUE_SELECT, 2, queue);
        put(p, QUEUE_PAGE, 4, (uint32_t)((p->side->ram_at + table(p, queue)) / PAGE));
    }
    if (status)
        put(p, STATUS, 1, ACKNOWLEDGE | DRIVER | status);
}

static void begin(struct probe *p)
{
    begin_until(p, DRIVER_OK);
}

static void buffers(struct probe *p, uint32_t count, uint32_t len)
{
    for (uint32_t k = 0; k < count; k++) {
        chain(p, RX, k, BUFFERS + STEP * k, len, WRITE);
        offer(p, RX, k);
    }
    ring(p, RX);
}

/* A header of zeros and a frame behind it, at BUFFERS. */
static uint32_t packet(struct probe *p, uint32_t len, uint8_t salt)
{
    memset(p->side->ram + BUFFERS, 0, HEADER);
    side_make(p->side->ram + BUFFERS + HEADER, side_broadcast, len, salt);
    return HEADER + len;
}

/* --- checks --- */

static void register_value(struct probe *p, const uint32_t *with)
{
    see(p, "value", get(p, with[0], (int)with[1]), with[2]);
}

static void config_value(struct probe *p, const uint32_t *with)
{
    see(p, "value", side_config(p->side, with[0], (int)with[1]) & with[3], with[2]);
}

static void feature(struct probe *p, const uint32_t *with)
{
    see(p, "offered", get(p, FEATURES, 4) & with[0], with[0]);
}

static void mac(struct probe *p, const uint32_t *with)
{
    (void)with;
    for (uint32_t k = 0; k < 6; k++) {
        static const char *const octet[] = {"1st", "2nd", "3rd", "4th", "5th", "6th"};
        see(p, octet[k], get(p, MAC + k, 1), side_mac[k]);
    }
}

static void link_up(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p);
    see(p, "up", get(p, LINK, 2) & 1, 1);
}

static void link_falls(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p);
    get(p, ISR, 1);
    side_carrier(p->side, false);
    see(p, "configuration change", get(p, ISR, 1) & 2, 2);
    see(p, "up", get(p, LINK, 2) & 1, 0);
    side_carrier(p->side, true);
    see(p, "up again", get(p, LINK, 2) & 1, 1);
}

static void status_holds(struct probe *p, const uint32_t *with)
{
    put(p, STATUS, 1, with[0]);
    see(p, "reads", get(p, STATUS, 1), with[0]);
}

static void status_resets(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p);
    put(p, STATUS, 1, 0);
    see(p, "status", get(p, STATUS, 1), 0);
    put(p, QUEUE_SELECT, 2, RX);
    see(p, "queue", get(p, QUEUE_PAGE, 4), 0);
    see(p, "ISR", get(p, ISR, 1), 0);
}

static void queue_there(struct probe *p, const uint32_t *with)
{
    uint32_t size = size_of(p, with[0]);
    see(p, "a power of two", size && (size & (size - 1)) == 0, 1);
    put(p, QUEUE_PAGE, 4, 0x1234);
    see(p, "page", get(p, QUEUE_PAGE, 4), 0x1234);
    put(p, STATUS, 1, 0);
}

static void queue_absent(struct probe *p, const uint32_t *with)
{
    see(p, "size", size_of(p, with[0]), 0);
}

static void send_size(struct probe *p, const uint32_t *with)
{
    begin(p);
    chain(p, TX, 0, BUFFERS, packet(p, with[0], 3), 0);
    offer(p, TX, 0);
    ring(p, TX);
    see(p, "frames", p->side->sents, 1);
    see_sent(p, "frame", 0, p->side->ram + BUFFERS + HEADER, with[0]);
    see(p, "used index", used_index(p, TX), 1);
    see(p, "used head", side_get(p->side, used(p, TX) + 4, 4), 0);
    see(p, "used length", used_length(p, TX, 0), 0);
}

/* Descriptors of a chain stand where the driver likes. */
static void send_split(struct probe *p, const uint32_t *with)
{
    begin(p);
    uint32_t len = packet(p, 100, 4);
    descriptor(p, TX, 5, BUFFERS, with[0], NEXT, 9);
    descriptor(p, TX, 9, BUFFERS + with[0], len - with[0], 0, 0);
    offer(p, TX, 5);
    ring(p, TX);
    see_sent(p, "frame", 0, p->side->ram + BUFFERS + HEADER, 100);
    see(p, "used head", side_get(p->side, used(p, TX) + 4, 4), 5);
}

static void send_several(struct probe *p, const uint32_t *with)
{
    begin(p);
    uint32_t len = packet(p, 60, 5);
    for (uint32_t k = 0; k < with[0]; k++) {
        chain(p, TX, k, BUFFERS, len, 0);
        offer(p, TX, k);
    }
    ring(p, TX);
    see(p, "frames", p->side->sents, with[0]);
    see(p, "used index", used_index(p, TX), with[0]);
}

/* The available ring comes around, its index goes on. */
static void send_around(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p);
    uint32_t len = packet(p, 60, 6), size = size_of(p, TX);
    chain(p, TX, 0, BUFFERS, len, 0);
    for (uint32_t k = 0; k < size + 2; k++) {
        offer(p, TX, 0);
        ring(p, TX);
    }
    see(p, "frames", p->side->sents, size + 2);
    see(p, "used index", used_index(p, TX), size + 2);
}

static void send_before_ok(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin_until(p, 0);
    chain(p, TX, 0, BUFFERS, packet(p, 60, 3), 0);
    offer(p, TX, 0);
    forbidden(p, "DRIVER_OK");
    ring(p, TX);
    see(p, "frames", p->side->sents, 0);
}

static void send_interrupts(struct probe *p, const uint32_t *with)
{
    begin(p);
    get(p, ISR, 1);
    side_put(p->side, avail(p, TX), with[0], 2);
    chain(p, TX, 0, BUFFERS, packet(p, 60, 3), 0);
    offer(p, TX, 0);
    ring(p, TX);
    see(p, "line", side_line(p->side), !with[0]);
    see(p, "ISR", get(p, ISR, 1) & 1, !with[0]);
    see(p, "ISR again", get(p, ISR, 1), 0);
    see(p, "line after ISR", side_line(p->side), 0);
}

static void receive_size(struct probe *p, const uint32_t *with)
{
    uint8_t frame[2048];
    uint32_t len = side_make(frame, side_mac, with[0], 7);
    begin(p);
    buffers(p, 4, 2000);
    side_receive(p->side, frame, len);
    see(p, "used index", used_index(p, RX), 1);
    see(p, "used length", used_length(p, RX, 0), HEADER + len);
    see(p, "header's flags", side_get(p->side, BUFFERS, 1), 0);
    see_octets(p, "octets", p->side->ram + BUFFERS + HEADER, len, frame, len);
}

static void receive_split(struct probe *p, const uint32_t *with)
{
    uint8_t frame[200];
    begin(p);
    descriptor(p, RX, 0, BUFFERS, with[0], NEXT | WRITE, 1);
    descriptor(p, RX, 1, BUFFERS + with[0], 1000, WRITE, 0);
    offer(p, RX, 0);
    ring(p, RX);
    side_receive(p->side, frame, side_make(frame, side_mac, sizeof frame, 8));
    see(p, "used length", used_length(p, RX, 0), HEADER + sizeof frame);
    see_octets(p, "octets", p->side->ram + BUFFERS + HEADER, sizeof frame, frame, sizeof frame);
}

static void receive_in_order(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p);
    buffers(p, 4, 2000);
    for (uint32_t k = 0; k < 3; k++)
        side_receive_to(p->side, side_mac, 60 + k);
    see(p, "used index", used_index(p, RX), 3);
    see(p, "length of the third", used_length(p, RX, 2), HEADER + 62);
    see(p, "head of the third", side_get(p->side, used(p, RX) + 4 + 16, 4), 2);
}

static void receive_interrupts(struct probe *p, const uint32_t *with)
{
    begin(p);
    get(p, ISR, 1);
    side_put(p->side, avail(p, RX), with[0], 2);
    buffers(p, 4, 2000);
    side_receive_to(p->side, side_mac, 60);
    see(p, "line", side_line(p->side), !with[0]);
    see(p, "ISR", get(p, ISR, 1) & 1, !with[0]);
}

/* Without a control queue in use nothing is filtered (5.1.6.5.1). */
static void receive_to(struct probe *p, const uint32_t *with)
{
    static const uint8_t others[][6] = {
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {1, 0, 0x5e, 0, 0, 1}, {2, 0, 0, 0, 0, 9}};
    begin(p);
    buffers(p, 4, 2000);
    side_receive_to(p->side, others[with[0]], 60);
    see(p, "used index", used_index(p, RX), 1);
}

static void link_down_sends(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p);
    side_carrier(p->side, false);
    chain(p, TX, 0, BUFFERS, packet(p, 60, 3), 0);
    offer(p, TX, 0);
    ring(p, TX);
    see(p, "frames", p->side->sents, 0);
    see(p, "used index", used_index(p, TX), 1);
}

static void after_reset(struct probe *p, const uint32_t *with)
{
    send_size(p, with);
    memset(p->side->ram + base(p), 0, 2 * QUEUE_ROOM);
    p->side->sents = 0;
    p->count = 0;
    send_size(p, with);
}

#define REGISTERS "virtio 1.2 4.1.4.10"
#define NETWORK   "virtio 1.2 5.1"
#define SPLIT     "virtio 1.2 2.7"
const struct check virtio_checks[] = {
    {"PCI vendor and device", "virtio 1.2 4.1.2", config_value, {0, 4, 0x10001af4, UINT32_MAX}},
    {"PCI revision 0", "virtio 1.2 4.1.2", config_value, {8, 1, 0, 0xff}},
    {"PCI subsystem 1", "virtio 1.2 4.1.2", config_value, {0x2e, 2, 1, 0xffff}},
    {"PCI class", "PCI 3.0", config_value, {8, 4, 0x02000000, 0xffffff00}},
    {"PCI interrupt pin", "PCI 3.0", config_value, {0x3d, 1, 1, 0xff}},
    {"reset status", REGISTERS, register_value, {STATUS, 1, 0}},
    {"reset ISR", REGISTERS, register_value, {ISR, 1, 0}},
    {"reset features of the driver", REGISTERS, register_value, {ACCEPTED, 4, 0}},
    {"reset queue page", REGISTERS, register_value, {QUEUE_PAGE, 4, 0}},
    {"feature MAC", NETWORK, feature, {F_MAC}},
    {"feature STATUS", NETWORK, feature, {F_STATUS}},
    {"MAC", NETWORK, mac, {0}},
    {"status ACKNOWLEDGE", "virtio 1.2 2.1", status_holds, {ACKNOWLEDGE}},
    {"status DRIVER", "virtio 1.2 2.1", status_holds, {ACKNOWLEDGE | DRIVER}},
    {"status FAILED", "virtio 1.2 2.1", status_holds, {ACKNOWLEDGE | 0x80}},
    {"status 0 resets", "virtio 1.2 2.1", status_resets, {0}},
    {"queue for receiving", REGISTERS, queue_there, {RX}},
    {"queue for sending", REGISTERS, queue_there, {TX}},
    {"queue that is not there", REGISTERS, queue_absent, {77}},
    {"link is up", NETWORK, link_up, {0}},
    {"link falls and rises", NETWORK, link_falls, {0}},
    {"link down, sending", "measured", link_down_sends, {0}},
    {"send 60", NETWORK, send_size, {60}},
    {"send 1514", NETWORK, send_size, {1514}},
    {"send, header apart", SPLIT, send_split, {10}},
    {"send 8 at once", SPLIT, send_several, {8}},
    {"send 32 at once", SPLIT, send_several, {32}},
    {"send around the ring", SPLIT, send_around, {0}},
    {"send interrupts", SPLIT, send_interrupts, {0}},
    {"send without interrupts", SPLIT, send_interrupts, {1}},
    {"send before DRIVER_OK", "virtio 1.2 2.1", send_before_ok, {0}},
    {"send after a reset", "virtio 1.2 2.1", after_reset, {60}},
    {"receive 60", NETWORK, receive_size, {60}},
    {"receive 61", NETWORK, receive_size, {61}},
    {"receive 1514", NETWORK, receive_size, {1514}},
    {"receive, header apart", SPLIT, receive_split, {10}},
    {"receive in order", SPLIT, receive_in_order, {0}},
    {"receive interrupts", SPLIT, receive_interrupts, {0}},
    {"receive without interrupts", SPLIT, receive_interrupts, {1}},
    {"receive broadcast", NETWORK, receive_to, {0}},
    {"receive a group", NETWORK, receive_to, {1}},
    {"receive another's", NETWORK, receive_to, {2}},
    {NULL, NULL, NULL, {0}},
};
