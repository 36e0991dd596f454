/* A device on the bench: see side.h. */
#include "tests/devices/side.h"

#include <stdlib.h>
#include <string.h>

#include "sim/nic/rtl8139_regs.h"

enum {
    WORLD_BYTES = 16 << 20,
    SLOT = 2,
    CFG_COMMAND = 4,
    CFG_BAR0 = 0x10,
    BARS = 6,
    HEADER = 14,
    ENABLED = 7
};

const uint8_t side_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
const uint8_t side_peer[6] = {2, 0, 0, 0, 0, 1};
const uint8_t side_broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void sent(void *ctx, const uint8_t *bytes, uint32_t len)
{
    struct side *s = ctx;
    uint32_t kept = len < SIDE_FRAME_BYTES ? len : SIDE_FRAME_BYTES;
    struct side_frame *f = &s->sent[s->sents < SIDE_FRAMES ? s->sents : SIDE_FRAMES - 1];
    f->len = len;
    memcpy(f->bytes, bytes, kept);
    s->sents += s->sents < SIDE_FRAMES;
}

/* No PCI function: it is where a table says, and on. */
static void find_mapped(struct side *s)
{
    s->mem = (struct bus_window){BUS_MEM, machine_mmio_base(0), s->nic->bar[0].size, NULL};
    bus_map(s->bus, &s->mem);
}

static void assign(struct side *s)
{
    for (uint32_t bar = 0; bar < BARS; bar++) {
        uint32_t size = s->nic->bar[bar].size;
        bool io = s->nic->bar[bar].space == BUS_IO;
        struct bus_window *w = io ? &s->io : &s->mem;
        if (!size)
            continue;
        uint32_t base = (io ? SIDE_IO : SIDE_MMIO) + (w->size ? w->size : 0);
        side_configure(s, CFG_BAR0 + 4 * bar, 4, base);
        if (!w->size)
            *w = (struct bus_window){s->nic->bar[bar].space, base, size, NULL};
    }
    side_configure(s, CFG_COMMAND, 2, ENABLED);
    if (s->mem.size)
        bus_map(s->bus, &s->mem);
    if (s->io.size)
        bus_map(s->bus, &s->io);
}

/* What a reset of QEMU's machine leaves in its RTL8139: the hash table, 9346CR, ANAR, MULINT. */
static void forget(struct side *s)
{
    if (s->kind->models || strcmp(s->nic->name, "rtl8139") != 0)
        return;
    side_write(s, RTL_MAR, 4, 0);
    side_write(s, RTL_MAR + 4, 4, 0);
    side_write(s, RTL_9346CR, 1, 0);
    side_write(s, RTL_ANAR, 2, 0x05e1);
    side_write(s, RTL_MULINT, 2, 0);
    side_write(s, RTL_CR, 1, CR_RST);
}

bool side_open(struct side *s, const struct board_kind *kind, const char *nic, struct why *why)
{
    memset(s, 0, sizeof *s);
    s->kind = kind;
    s->nic = nic_kind_by_name(nic);
    s->world = world_new(WORLD_BYTES, 1);
    s->sent = calloc(SIDE_FRAMES, sizeof *s->sent);
    if (!s->nic || !s->world || !s->sent) {
        why_set(why, s->nic ? "no memory" : "there is no NIC %s", nic);
        return false;
    }
    struct board_plan plan = {.name = kind->name,
                              .driver = "the check",
                              .nic = s->nic,
                              .knobs = {0, false, false, false},
                              .ports = 1,
                              .port = {{.up = true, .transmit = sent, .ctx = s}}};
    memcpy(plan.port[0].mac, side_mac, sizeof side_mac);
    s->board = kind->open(s->world, &plan, why);
    if (!s->board)
        return false;
    s->bus = kind->bus(s->board);
    s->ram = kind->memory(s->board, SIDE_RAM, &s->ram_at);
    s->config = (struct bus_window){BUS_CONFIG, SLOT << 11, 256, NULL};
    if (s->nic->mmio)
        find_mapped(s);
    else
        assign(s);
    forget(s);
    s->accesses = 0;
    return true;
}

void side_close(struct side *s)
{
    if (s->board && s->kind->close)
        s->kind->close(s->board);
    if (s->world)
        world_free(s->world);
    free(s->sent);
    memset(s, 0, sizeof *s);
}

static const struct bus_window *registers(const struct side *s)
{
    return s->mem.size ? &s->mem : &s->io;
}

uint32_t side_read(struct side *s, uint32_t off, int width)
{
    s->accesses++;
    uint32_t value = bus_read(s->bus, registers(s), off, width);
    return width == 4 ? value : value & ((1u << 8 * width) - 1);
}

void side_write(struct side *s, uint32_t off, int width, uint32_t value)
{
    s->accesses++;
    bus_write(s->bus, registers(s), off, width, value);
}

uint32_t side_config(struct side *s, uint32_t off, int width)
{
    return bus_read(s->bus, &s->config, off, width);
}

void side_configure(struct side *s, uint32_t off, int width, uint32_t value)
{
    bus_write(s->bus, &s->config, off, width, value);
}

void side_put(struct side *s, uint32_t at, uint64_t value, int width)
{
    for (int i = 0; i < width; i++)
        s->ram[at + (uint32_t)i] = (uint8_t)(value >> (8 * i));
}

uint64_t side_get(const struct side *s, uint32_t at, int width)
{
    uint64_t value = 0;
    for (int i = width - 1; i >= 0; i--)
        value = value << 8 | s->ram[at + (uint32_t)i];
    return value;
}

void side_settle(struct side *s)
{
    s->kind->pending(s->board);
}

void side_receive(struct side *s, const uint8_t *bytes, uint32_t len)
{
    const char *reason;
    side_settle(s);
    s->kind->receive(s->board, 0, bytes, len, false, &reason);
    side_settle(s);
}

uint32_t side_make(uint8_t *frame, const uint8_t dst[6], uint32_t len, uint8_t salt)
{
    for (uint32_t i = 0; i < len; i++)
        frame[i] = (uint8_t)(i + i / 256 + salt);
    memcpy(frame, dst, len < 6 ? len : 6);
    if (len >= HEADER)
        memcpy(frame + 6, side_peer, 6);
    return len;
}

void side_receive_to(struct side *s, const uint8_t dst[6], uint32_t len)
{
    static uint8_t frame[SIDE_FRAME_BYTES];
    side_receive(s, frame, side_make(frame, dst, len, 0));
}

void side_carrier(struct side *s, bool up)
{
    s->kind->carrier(s->board, 0, up);
    side_settle(s);
}

void side_wait(struct side *s, int64_t ns)
{
    struct why why = {{0}};
    side_settle(s);
    world_run(s->world, world_now(s->world) + ns, &why);
    side_settle(s);
}

bool side_line(struct side *s)
{
    side_settle(s);
    return s->kind->line(s->board, SIDE_LINE);
}

const char *side_violation(const struct side *s, struct why *why)
{
    return s->kind->models && world_failed(s->world, why) ? why->text : NULL;
}
