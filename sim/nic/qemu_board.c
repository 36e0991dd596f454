/*
 * QEMU's device models as a board: see board.h.
 *
 * The world's clock and QEMU's have nothing to do with each other: whatever a device still has to
 * do is waited for by two empty round trips, so that no time of the world passes in it and the same
 * case gives the same frames each time. Interrupts come when the host is asked for them, never
 * between two accesses. A frame whose check sequence is damaged ends here, as it would in the chip:
 * QEMU's wire has none.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "sim/nic/board.h"
#include "sim/nic/machine_state.h"
#include "sim/nic/qemu.h"

enum {
    HANDLERS = MACHINE_HANDLERS,
    STORM = 1000,
    FRAME_BYTES = 66000,
    SHORTEST = 60,
    MEMORY_ALIGN = 64,
    BURST = 8 /* with so many frames in the socket there may be more behind it */
};

struct qemu_board {
    struct board board; /* first */
    struct bus bus;
    struct world *world;
    const char *name, *driver;
    struct qemu *qemu;
    struct board_port port[MACHINE_NICS];
    struct irq_handler handlers[HANDLERS];
    int handler_count;
    uint32_t attached; /* lines */
    bool touched;      /* since the devices were last waited for */
    bool uninterruptible, in_isr;
    uint8_t frame[FRAME_BYTES];
};

static struct qemu_board *of(struct board *b)
{
    return (struct qemu_board *)b;
}

/* Nothing of the case can be judged any more. */
static void check_alive(struct qemu_board *q)
{
    char words[256];
    if (!q->qemu->qtest.dead)
        return;
    qemu_last_words(q->qemu, words, sizeof words);
    world_fail_hard(q->world, "%s: QEMU has gone%s%s", q->name, words[0] ? ": " : "", words);
}

/* --- the bus --- */

static int map_window(void *self, struct bus_window *w)
{
    (void)self;
    w->cookie = NULL;
    return w->size && (w->space != BUS_CONFIG || w->size <= CONFIG_BYTES) ? 0 : -1;
}

static bool well_formed(struct qemu_board *q, const struct bus_window *w, uint32_t off, int width)
{
    bool good = (width == 1 || width == 2 || width == 4) && (off & ((uint32_t)width - 1)) == 0 &&
                off < w->size && (uint32_t)width <= w->size - off;
    if (!good)
        world_fail(q->world, "%s: an access of %d bytes at offset 0x%x of a window of 0x%x bytes",
                   q->name, width, off, w->size);
    return good;
}

static uint32_t read_register(void *self, const struct bus_window *w, uint32_t off, int width)
{
    struct qemu_board *q = self;
    struct qtest *t = &q->qemu->qtest;
    uint32_t value;
    if (!well_formed(q, w, off, width))
        return UINT32_MAX;
    if (w->space == BUS_CONFIG)
        value = qtest_config_read(t, w->base, off, width);
    else if (w->space == BUS_IO)
        value = qtest_in(t, (uint32_t)w->base + off, width);
    else
        value = qtest_read(t, qemu_address(q->qemu, w->base + off), width);
    check_alive(q); /* a read sets nothing off that would be waited for */
    return value;
}

/* Windows in memory space are 128 KiB at most and begin at multiples of their size. */
static void write_memory(struct qemu_board *q, uint64_t address, int width, uint32_t value)
{
    uint32_t off = (uint32_t)address & 0x1ffff;
    if (qemu_is_table(q->qemu, off)) {
        qtest_post(&q->qemu->qtest, address, width, value);
        return;
    }
    bool deaf = qemu_is_deafened(q->qemu, off);
    uint32_t before = deaf ? qemu_ticks(q->qemu) : 0;
    qtest_write(&q->qemu->qtest, qemu_address(q->qemu, address), width, value);
    if (deaf)
        qemu_listens(q->qemu, before);
}

static void write_register(void *self, const struct bus_window *w, uint32_t off, int width,
                           uint32_t value)
{
    struct qemu_board *q = self;
    struct qtest *t = &q->qemu->qtest;
    if (!well_formed(q, w, off, width))
        return;
    if (w->space == BUS_CONFIG)
        qtest_config_write(t, w->base, off, width, value);
    else if (w->space == BUS_IO)
        qtest_out(t, (uint32_t)w->base + off, width, value);
    else
        write_memory(q, w->base + off, width, value);
    q->touched = true;
    check_alive(q);
}

static int dma_map(void *self, void *p, size_t size, uint64_t limit, uint64_t *address)
{
    const struct qemu_board *q = self;
    uintptr_t at = (uintptr_t)p, start = (uintptr_t)q->qemu->ram;
    if (!size || at < start || size > QEMU_RAM_BYTES || at - start > QEMU_RAM_BYTES - size)
        return -1;
    *address = at - start;
    return *address + size - 1 <= limit ? 0 : -1;
}

static void fence(void *self, enum bus_fence_kind kind)
{
    (void)self, (void)kind;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void attached_changed(struct qemu_board *q)
{
    q->attached = 0;
    for (int k = 0; k < q->handler_count; k++)
        q->attached |= 1u << q->handlers[k].line;
}

static int irq_attach_handler(void *self, int line, int (*isr)(void *), void *ctx)
{
    struct qemu_board *q = self;
    if (line < 0 || line >= MACHINE_LINES || q->handler_count == HANDLERS)
        return -1;
    q->handlers[q->handler_count++] = (struct irq_handler){line, isr, ctx};
    attached_changed(q);
    return 0;
}

static void irq_detach_handler(void *self, int line, void *ctx)
{
    struct qemu_board *q = self;
    int kept = 0;
    for (int k = 0; k < q->handler_count; k++)
        if (q->handlers[k].line != line || q->handlers[k].ctx != ctx)
            q->handlers[kept++] = q->handlers[k];
    q->handler_count = kept;
    attached_changed(q);
}

static const struct bus_ops qemu_bus_ops = {
    .map = map_window,
    .read = read_register,
    .write = write_register,
    .dma_map = dma_map,
    .fence = fence,
    .irq_attach = irq_attach_handler,
    .irq_detach = irq_detach_handler,
};

/* --- frames and interrupts --- */

/* How many came. */
static int take_frames(struct qemu_board *q)
{
    int frames = 0;
    for (uint32_t p = 0; p < q->qemu->plan.ports; p++) {
        const struct board_port *port = &q->port[p];
        ssize_t len;
        while ((len = recv(q->qemu->wire[p], q->frame, sizeof q->frame, 0)) >= 0) {
            frames++;
            port->transmit(port->ctx, q->frame, (uint32_t)len);
        }
    }
    return frames;
}

static void settle(struct qemu_board *q)
{
    if (!q->touched)
        return;
    q->touched = false;
    do {
        qtest_round_trip(&q->qemu->qtest);
        qtest_round_trip(&q->qemu->qtest);
        check_alive(q);
    } while (take_frames(q) >= BURST);
}

static bool qemu_pending(struct board *b)
{
    struct qemu_board *q = of(b);
    settle(q);
    return (qemu_lines(q->qemu) & q->attached) && !q->uninterruptible && !q->in_isr;
}

static void qemu_interrupts(struct board *b)
{
    struct qemu_board *q = of(b);
    for (int round = 0; qemu_pending(b); round++) {
        int line = __builtin_ctz(qemu_lines(q->qemu) & q->attached);
        if (round == STORM) {
            world_fail(q->world,
                       "%s: interrupt storm: line %d is still up after its handlers were called "
                       "%d times",
                       q->name, line, STORM);
            return;
        }
        q->in_isr = true;
        for (int k = 0; k < q->handler_count; k++)
            if (q->handlers[k].line == line)
                q->handlers[k].isr(q->handlers[k].ctx);
        q->in_isr = false;
    }
}

static void qemu_interruptible(struct board *b, bool on)
{
    of(b)->uninterruptible = !on;
}

/* What became of a frame QEMU does not tell. A sender's MAC pads; what was captured or scripted
 * without padding gets it here, since QEMU's virtio-net takes what it is given. */
static bool qemu_receive(struct board *b, int port, const uint8_t *bytes, uint32_t len,
                         bool bad_fcs, const char **reason)
{
    struct qemu_board *q = of(b);
    if (bad_fcs) {
        if (reason)
            *reason = "qemu.bad_fcs";
        return false;
    }
    uint8_t padded[SHORTEST] = {0};
    if (len < SHORTEST) {
        memcpy(padded, bytes, len);
        bytes = padded;
        len = SHORTEST;
    }
    settle(q);
    q->touched = true;
    if (send(q->qemu->wire[port], bytes, len, MSG_NOSIGNAL) == (ssize_t)len)
        return true;
    if (errno != EAGAIN && errno != ENOBUFS)
        q->qemu->qtest.dead = true;
    check_alive(q);
    if (reason)
        *reason = "qemu.backlog";
    return false;
}

static void qemu_carrier(struct board *b, int port, bool up)
{
    struct qemu_board *q = of(b);
    qemu_set_link(q->qemu, (uint32_t)port, up);
    q->touched = true;
    check_alive(q);
}

static int qemu_count(struct board *b, int port, const char *counter, uint64_t *value)
{
    (void)b, (void)port, (void)counter, (void)value;
    return -1;
}

static bool qemu_line(const struct board *b, int line)
{
    return qemu_lines(((const struct qemu_board *)b)->qemu) >> line & 1;
}

/* --- opening --- */

static const struct bus *qemu_bus(struct board *b)
{
    return &of(b)->bus;
}

static void *qemu_memory(struct board *b, size_t size, uint64_t *device_address)
{
    struct qemu *q = of(b)->qemu;
    size_t room = QEMU_RAM_BYTES - QEMU_RAM_FIRST - q->ram_used;
    if (size > room - MEMORY_ALIGN)
        return NULL;
    *device_address = QEMU_RAM_FIRST + q->ram_used;
    q->ram_used += (size + MEMORY_ALIGN - 1) / MEMORY_ALIGN * MEMORY_ALIGN;
    return q->ram + *device_address;
}

static struct board *qemu_open(struct world *w, const struct board_plan *plan, struct why *why)
{
    struct qemu_plan wanted = {.nic = plan->nic->name, .ports = plan->ports};
    struct qemu_board *q = world_alloc(w, sizeof *q, 64);
    if (!qemu_present(why))
        return NULL;
    if (!qemu_has(plan->nic->name)) {
        why_set(why, "QEMU's %s is not among the devices that are driven here", plan->nic->name);
        return NULL;
    }
    for (uint32_t p = 0; p < plan->ports; p++)
        memcpy(wanted.mac[p], plan->port[p].mac, sizeof wanted.mac[p]);
    q->qemu = qemu_acquire(&wanted, why);
    if (!q->qemu)
        return NULL;
    world_foreign(w, "QEMU");
    q->board.kind = &board_qemu;
    q->bus = (struct bus){&qemu_bus_ops, q};
    q->world = w;
    q->name = world_text(w, plan->name);
    q->driver = plan->driver;
    memcpy(q->port, plan->port, sizeof q->port);
    for (uint32_t p = 0; p < plan->ports; p++)
        qemu_carrier(&q->board, (int)p, plan->port[p].up);
    settle(q);
    return &q->board;
}

static void qemu_close(struct board *b)
{
    qemu_release(of(b)->qemu);
}

const struct board_kind board_qemu = {
    .name = "qemu",
    .models = false,
    .present = qemu_present,
    .open = qemu_open,
    .bus = qemu_bus,
    .memory = qemu_memory,
    .receive = qemu_receive,
    .carrier = qemu_carrier,
    .interrupts = qemu_interrupts,
    .pending = qemu_pending,
    .interruptible = qemu_interruptible,
    .count = qemu_count,
    .line = qemu_line,
    .close = qemu_close,
};
