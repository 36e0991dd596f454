/*
 * A stack that brings its own driver (SUT_BUS): it finds the RTL8139 on the PCI bus, maps its
 * registers, and takes frames out of the card's ring when the line is up. All that it does with
 * them is to answer ARP.
 *
 *     build/release/wiredrill run --sut build/release/examples/stack/own_driver.so
 * scenarios/arp/request-host-reply.pkt
 *
 * Without SUT_PLAIN_DMA the machine reorders its stores and delays its interrupts, so descriptors
 * and rings would have to go through ring_load and ring_store, with fences. Two flags say that it
 * is written for a machine that does neither.
 */
#include <string.h>
#include "sim/hosts/sut.h"

enum {
    PCI_ID = 0x00,
    PCI_COMMAND = 0x04,
    PCI_BAR0 = 0x10,
    PCI_LINE = 0x3c,
    PCI_IO_AND_MASTER = 5,
    IO_BASE = 0xc000
};
enum {
    TSD0 = 0x10,
    TSAD0 = 0x20,
    RBSTART = 0x30,
    CR = 0x37,
    CAPR = 0x38,
    IMR = 0x3c,
    ISR = 0x3e,
    RCR = 0x44,
    CONFIG1 = 0x52,
    CR_BUFE = 1,
    CR_TE = 4,
    CR_RE = 8,
    CR_RST = 16,
    RCR_OWN_AND_BROADCAST = 0x78a,
    ROK_AND_OVERFLOWS = 0x51,
};
enum { RING = 8192, RING_ROOM = RING + 16 + 2048, FRAME = 60, SLOTS = 4 };

struct stack {
    const struct sut_env *env;
    const struct bus *bus;
    struct bus_window regs;
    uint8_t mac[6], ip[4];
    int prefix;
    uint8_t *ring, *slot;
    uint64_t ring_at, slot_at;
    uint32_t read_at, next;
};

static uint32_t in(struct stack *s, uint32_t reg, int width)
{
    return bus_read(s->bus, &s->regs, reg, width);
}

static void out(struct stack *s, uint32_t reg, int width, uint32_t value)
{
    bus_write(s->bus, &s->regs, reg, width, value);
}

/* --- the driver --- */

static void send(struct stack *s, const uint8_t frame[FRAME])
{
    memcpy(s->slot + s->next * FRAME, frame, FRAME);
    out(s, TSAD0 + 4 * s->next, 4, (uint32_t)s->slot_at + s->next * FRAME);
    out(s, TSD0 + 4 * s->next, 4, FRAME); /* a clear OWN bit sends */
    s->next = (s->next + 1) % SLOTS;
}

static int found(struct stack *s, struct bus_window *card)
{
    for (uint32_t device = 0; device < 32; device++) {
        *card = (struct bus_window){.space = BUS_CONFIG, .base = device << 11, .size = 256};
        if (s->bus->ops->map(s->bus->self, card) == 0 &&
            bus_read(s->bus, card, PCI_ID, 4) == 0x813910ec) /* RTL8139 */
            return 1;
    }
    return 0;
}

static int interrupt(void *ctx);

static int start(struct stack *s)
{
    struct bus_window card;
    if (!found(s, &card))
        return -19; /* ENODEV */
    bus_write(s->bus, &card, PCI_BAR0, 4, IO_BASE);
    bus_write(s->bus, &card, PCI_COMMAND, 2, PCI_IO_AND_MASTER);
    s->regs = (struct bus_window){.space = BUS_IO, .base = IO_BASE, .size = 256};
    if (s->bus->ops->map(s->bus->self, &s->regs) != 0)
        return -19;
    out(s, CONFIG1, 1, 0);
    out(s, CR, 1, CR_RST);
    while (in(s, CR, 1) & CR_RST)
        ;
    out(s, CR, 1, CR_TE | CR_RE);
    out(s, RBSTART, 4, (uint32_t)s->ring_at);
    out(s, RCR, 4, RCR_OWN_AND_BROADCAST);
    out(s, IMR, 2, ROK_AND_OVERFLOWS);
    return s->bus->ops->irq_attach(s->bus->self, (int)bus_read(s->bus, &card, PCI_LINE, 1),
                                   interrupt, s);
}

/* --- the stack --- */

/* A sender has an address of one host, or none yet (RFC 5227). */
static int is_sender(const struct stack *s, const uint8_t *ip)
{
    uint32_t a = 0, own = 0, host = s->prefix < 31 ? 0xffffffffu >> s->prefix : 0;
    for (int k = 0; k < 4; k++) {
        a = a << 8 | ip[k];
        own = own << 8 | s->ip[k];
    }
    int near = ((a ^ own) & ~host) == 0;
    int to_many = near && host && ((a & host) == 0 || (a & host) == host);
    return a == 0 || (ip[0] != 0 && ip[0] != 127 && ip[0] < 224 && !to_many);
}

static void eth_receive(struct stack *s, const uint8_t *f, uint32_t len)
{
    static const uint8_t request[10] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
    uint8_t reply[FRAME] = {0};
    if (len < 42 || memcmp(f + 12, request, sizeof request) != 0 || memcmp(f + 38, s->ip, 4) != 0 ||
        !is_sender(s, f + 28))
        return;
    memcpy(reply, f + 22, 6);
    memcpy(reply + 6, s->mac, 6);
    memcpy(reply + 12, request, sizeof request);
    reply[21] = 2;
    memcpy(reply + 22, s->mac, 6);
    memcpy(reply + 28, s->ip, 4);
    memcpy(reply + 32, f + 22, 10);
    send(s, reply);
}

/* The line is up: status, length and frame lie in the ring, the frame with its FCS. */
static int interrupt(void *ctx)
{
    struct stack *s = ctx;
    uint32_t causes = in(s, ISR, 2);
    if (!causes)
        return 0;
    out(s, ISR, 2, causes);
    while (!(in(s, CR, 1) & CR_BUFE)) {
        const uint8_t *head = s->ring + s->read_at;
        uint32_t len = (uint32_t)(head[2] | head[3] << 8);
        eth_receive(s, head + 4, len - 4);
        s->read_at = (s->read_at + len + 4 + 3) / 4 * 4 % RING;
        out(s, CAPR, 2, (s->read_at - 16) & 0xffff); /* the card counts from 16 before */
    }
    return 1;
}

/* --- the plug --- */

static void *plug_open(const struct sut_env *env)
{
    struct stack *s = env->memory(env->self, sizeof *s, NULL);
    s->env = env;
    s->ring = env->memory(env->self, RING_ROOM,
                          &s->ring_at); /* guest memory: the card reaches it at that address */
    s->slot = env->memory(env->self, SLOTS * FRAME, &s->slot_at);
    return s;
}

static int plug_attach(void *state, int port, const char *ifname, const uint8_t mac[6], int mtu,
                       const struct bus *b)
{
    struct stack *s = state;
    (void)ifname, (void)mtu;
    if (port > 0)
        return -19;
    memcpy(s->mac, mac, 6);
    s->bus = b;
    return start(s);
}

static void plug_poll(void *state)
{
    (void)state; /* everything happens in the interrupt */
}

static int64_t plug_call(void *state, uint64_t token, const char *name, const struct value *argv,
                         int argc, struct value *result)
{
    struct stack *s = state;
    (void)token, (void)result;
    if (strcmp(name, "ifconfig") != 0 || argc < 2)
        return SUT_UNKNOWN;
    for (int k = 0; k < 4; k++)
        s->ip[k] = (uint8_t)(argv[1].number >> (24 - 8 * k));
    s->prefix = argv[1].prefix;
    return 0;
}

static void plug_close(void *state)
{
    (void)state;
}

extern const struct sut wiredrill_sut;
const struct sut wiredrill_sut = {
    .abi = SUT_ABI,
    .flags = SUT_BUS | SUT_PLAIN_DMA | SUT_LATE_IRQ | SUT_SAVES,
    .name = "own_driver",
    .version = "1",
    .open = plug_open,
    .attach = plug_attach,
    .poll = plug_poll,
    .call = plug_call,
    .close = plug_close,
    .lacks = "arp-requests conflict-defence dhcp ip link-local probing second-address snap",
    .nic = "rtl8139",
};
