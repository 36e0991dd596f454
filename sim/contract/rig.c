/* The bench's hardware and kernel: bus, wire, interrupts, and calling the driver. */
#include "sim/contract/rig.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ARENA_BYTES = 64 << 20,
    CALL_ACCESSES = 1000000, /* of registers in one call; then it waits in a loop without a bound */
    STORM = 64,
    MODERATED_NS = 500000000, /* more than RADV, RDTR or ITR can say */
    REMARKS = 3,
    ROM_BYTES = 40960,
    ROM_BUFFERS = 4096,
    ROM_BUFFER = 2048,
    ROM_DESCRIPTORS = 16,
    ROM_QUEUE = 8,
    ROM_PAGE = 4096,
    IO_BASE = 0xc000,
    PCI_COMMAND = 4,
    PCI_BAR0 = 0x10,
    COMMAND_ALL = 7, /* I/O, memory, bus mastering */
    FIRST_SLOT = 2,
    SETTLE_ROUNDS = 100000
};
static const uint32_t mem_base = 0xfeb00000;
static const uint8_t usual_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static struct rig *rig_of(void *board)
{
    return board;
}

/* --- ends --- */

static void add_text(char *out, size_t room, const char *prefix, const char *text)
{
    size_t len = strlen(out);
    snprintf(out + len, room - len, "%s%s", prefix, text);
}

void rig_fail(struct rig *r, unsigned ways, const char *format, ...)
{
    struct rig_verdict *v = r->verdict;
    struct why violation = {{0}};
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    v->text[0] = 0;
    if (r->when)
        snprintf(v->text, sizeof v->text, "%s: ", r->when);
    add_text(v->text, sizeof v->text, "", text);
    if (world_failed(r->board.world, &violation) && !strstr(text, violation.text))
        add_text(v->text, sizeof v->text, "; ", violation.text);
    if (r->nic && ways) {
        r->remarked = 0; /* those of now are wanted whatever there was */
        nic_explain(r->nic, ways);
    }
    add_text(v->text, sizeof v->text, "", r->remarks);
    v->outcome = RIG_FAILED;
    _exit(0);
}

void rig_skip(struct rig *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->verdict->text, sizeof r->verdict->text, format, args);
    va_end(args);
    r->verdict->outcome = RIG_SKIPPED;
    _exit(0);
}

/* What the device found wrong by itself. */
static void look_for_violation(struct rig *r)
{
    struct why why = {{0}};
    if (world_failed(r->board.world, &why))
        rig_fail(r, 0, "%s", why.text);
}

static void last_words(struct world *w, const char *why)
{
    struct rig *r = world_root(w);
    rig_fail(r, 0, "%s", why);
}

/* --- looking on --- */

static void strike(struct rig *r)
{
    r->striking = r->struck = true;
    r->strike(r);
    r->striking = false;
}

static void count_access(struct rig *r, const struct nic_event *e)
{
    char name[NIC_REGISTER_NAME] = "";
    if (r->striking || !r->verdict->call[0])
        return;
    r->verdict->accesses = ++r->accesses;
    if (r->strike_at && r->accesses == r->strike_at)
        strike(r);
    if (r->accesses < CALL_ACCESSES)
        return;
    if (e->nic)
        nic_register_name(e->nic, e->bar, e->offset, name);
    rig_fail(r, 0,
             "%s() waits for %s%s0x%x in a loop without a bound: a million accesses, and the bit "
             "that it waits for may never come; a wait ends after some time, and the call fails",
             r->verdict->call, name, name[0] ? ", register " : "register ", e->offset);
}

static void apply_stuck(const struct stuck_bits *s, const struct nic_event *e)
{
    for (int i = 0; i < e->width; i++) {
        uint32_t at = e->offset + (uint32_t)i, byte;
        if (s->at == STUCK_EVERYWHERE)
            byte = 0;
        else if (at >= s->at && at < s->at + 4)
            byte = at - s->at;
        else
            continue;
        uint32_t mask = s->mask >> 8 * byte & 0xff, value = s->value >> 8 * byte & mask;
        *e->value = (*e->value & ~(mask << 8 * i)) | value << 8 * i;
    }
}

static bool in_rom(const struct rig *r, uint64_t address)
{
    return r->rom_at && address >= r->rom_at && address - r->rom_at < r->rom_size;
}

enum { PLACE_TEXT = 96 };

/* " (receive descriptor 3)", or "". */
static const char *place_of(const struct nic_event *e, char out[PLACE_TEXT])
{
    char place[PLACE_TEXT - 4] = "";
    if (e->nic)
        nic_place(e->nic, e->address, place, sizeof place);
    snprintf(out, PLACE_TEXT, place[0] ? " (%s)" : "%s", place);
    return out;
}

/* What a descriptor says that a buffer holds. */
static void check_offer(struct rig *r, const struct nic_event *e)
{
    const struct driver_piece *p = driver_board_piece(&r->board, e->address);
    if (p && e->len > p->size - (e->address - p->at))
        rig_fail(r, 0,
                 "a descriptor says that %u octets lie at 0x%llx, and wd_dma_alloc gave %zu there: "
                 "the device may use all that it is told of",
                 e->len, (unsigned long long)e->address, p->size - (size_t)(e->address - p->at));
}

static void check_range(struct rig *r, const struct nic_event *e)
{
    char place[PLACE_TEXT];
    bool writes = e->kind == NIC_DMA_WRITE || e->kind == NIC_RING_WRITE;
    const struct driver_piece *p = driver_board_piece(&r->board, e->address);
    if (in_rom(r, e->address)) {
        if (r->attached)
            rig_fail(r, NIC_RECEIVING | NIC_SENDING,
                     "after attach the device still %s the memory of the boot ROM that left it "
                     "running, at 0x%llx: attach must stop and reset it before it sets its rings "
                     "up",
                     writes ? "writes to" : "reads from", (unsigned long long)e->address);
    } else if (!p) {
        rig_fail(r, 0,
                 "the device %s %u octets at 0x%llx%s, which no wd_dma_alloc gave: descriptor or "
                 "base register has a wrong address",
                 writes ? "writes" : "reads", e->len, (unsigned long long)e->address,
                 place_of(e, place));
    } else if (e->len > p->size - (e->address - p->at)) {
        rig_fail(r, writes ? NIC_RECEIVING : NIC_SENDING,
                 "the device %s %u octets at 0x%llx%s, %llu octets into a buffer of %zu: it runs "
                 "over the end; the buffer must hold what the device was told that it holds",
                 writes ? "writes" : "reads", e->len, (unsigned long long)e->address,
                 place_of(e, place), (unsigned long long)(e->address - p->at), p->size);
    }
}

static void apply_patch(struct rig *r, const struct nic_event *e)
{
    const struct ring_patch *p = r->patch;
    if (!p || e->len < p->least || r->verdict->call[0])
        return;
    for (int k = 0; k < PATCH_EDITS; k++)
        if (p->edit[k].at < e->len)
            e->bytes[p->edit[k].at] =
                (uint8_t)((e->bytes[p->edit[k].at] & p->edit[k].keep) | p->edit[k].set);
    r->patch = NULL;
}

static void note_remark(struct rig *r, const char *text)
{
    if (r->remarked == REMARKS || strstr(r->remarks, text))
        return;
    r->remarked++;
    add_text(r->remarks, sizeof r->remarks, "; ", text);
}

static void looks_on(void *ctx, const struct nic_event *e)
{
    struct rig *r = ctx;
    switch (e->kind) {
    case NIC_ACCESS:
        count_access(r, e);
        break;
    case NIC_READ:
        for (uint32_t k = 0; e->nic && k < r->stucks; k++)
            apply_stuck(&r->stuck[k], e);
        break;
    case NIC_RING_WRITE:
        check_range(r, e);
        apply_patch(r, e);
        break;
    case NIC_RING_READ:
    case NIC_DMA_READ:
    case NIC_DMA_WRITE:
        check_range(r, e);
        break;
    case NIC_OFFERED:
        check_offer(r, e);
        break;
    case NIC_REMARK:
        note_remark(r, e->text);
        break;
    default:
        break;
    }
}

/* --- calling the driver --- */

static const struct wiredrill_driver *enter(struct rig *r, const char *call)
{
    snprintf(r->verdict->call, sizeof r->verdict->call, "%s", call);
    *r->who->machine_at = &r->board.machine;
    r->verdict->accesses = r->accesses = 0;
    return r->who->driver;
}

static void leave(struct rig *r)
{
    r->verdict->call[0] = 0;
    look_for_violation(r);
}

const struct wiredrill_driver *rig_driver(const struct rig *r)
{
    return r->who->driver;
}

int rig_interrupt_once(struct rig *r)
{
    int mine = enter(r, "interrupt")->interrupt(&r->device);
    leave(r);
    if (mine)
        r->claimed++;
    else
        r->refused++;
    return mine;
}

void rig_interrupts(struct rig *r)
{
    for (int k = 0; !r->held && r->attached && nic_line_is_up(r->nic); k++) {
        if (k == STORM)
            rig_fail(r, NIC_INTERRUPTING,
                     "the interrupt line is still up after interrupt() was called %d times in a "
                     "row: each cause that the device shows must be acknowledged or masked",
                     STORM);
        rig_interrupt_once(r);
    }
}

int rig_poll(struct rig *r)
{
    int did = enter(r, "poll")->poll(&r->device);
    leave(r);
    return did;
}

void rig_reset(struct rig *r)
{
    r->may_reset = true;
    int status = enter(r, "reset")->reset(&r->device);
    leave(r);
    if (status != 0)
        rig_fail(r, 0, "reset() returned %d: the device is there and works, it must be 0", status);
    r->when = "after reset()";
}

void rig_filter(struct rig *r, int promiscuous, int all_groups, const uint8_t (*group)[6],
                int groups)
{
    enter(r, "filter")->filter(&r->device, promiscuous, all_groups, group, groups);
    leave(r);
}

void rig_detach(struct rig *r)
{
    enter(r, "detach")->detach(&r->device);
    leave(r);
    r->attached = false;
}

int rig_try_attach(struct rig *r)
{
    int status = enter(r, "attach")->attach(&r->device, r->told_mac);
    leave(r);
    r->attached = status == 0;
    r->resets = nic_count(r->nic, "resets", NULL);
    if (status == 0)
        rig_interrupts(r);
    return status;
}

void rig_attach(struct rig *r)
{
    int status = rig_try_attach(r);
    if (status != 0)
        rig_fail(r, r->row->avail_at ? NIC_INTERRUPTING : 0,
                 "attach() returned %d: the device is there and works, it must be 0", status);
    r->remarks[0] = 0;
    r->remarked = 0;
}

void rig_start(struct rig *r)
{
    rig_build(r, usual_mac);
    rig_attach(r);
}

/* --- the kernel and the wire --- */

static void attend(void *ctx)
{
    look_for_violation(ctx);
    rig_interrupts(ctx);
}

void rig_pass_time(struct rig *r, int64_t ns)
{
    struct why why = {{0}};
    if (world_run(r->board.world, world_now(r->board.world) + ns, &why) != 0)
        rig_fail(r, 0, "%s", why.text);
    rig_interrupts(r);
}

/* Interrupts may be moderated: time passes until that many frames have come up, or the device is at
 * rest. */
void rig_await(struct rig *r, uint32_t frames)
{
    const int64_t end = world_now(r->board.world) + MODERATED_NS;
    while (!r->held && r->up.count < frames && world_next(r->board.world) <= end)
        rig_pass_time(r, world_next(r->board.world) - world_now(r->board.world));
}

void rig_settle(struct rig *r)
{
    rig_interrupts(r);
    for (int k = 0; k < SETTLE_ROUNDS && world_next(r->board.world) != NEVER; k++)
        rig_pass_time(r, world_next(r->board.world) - world_now(r->board.world));
}

void rig_carrier(struct rig *r, bool up)
{
    nic_carrier(r->nic, up);
    rig_interrupts(r);
}

static void heard(void *self, const void *frame, size_t len)
{
    struct rig *r = rig_of(self);
    struct rig_frames *f = &r->up;
    if (r->deaf)
        return;
    if (len > TAKEN_LONGEST || len < HEADER)
        rig_fail(r, NIC_RECEIVING,
                 "wd_receive was given %zu octets: no frame of that length came, so a length that "
                 "the device wrote was believed; it is checked against the buffer before use",
                 len);
    if (f->count >= r->taken.count + ROOM_MOST)
        rig_fail(r, NIC_RECEIVING,
                 "wd_receive was called %u times though %u frames had come: the ring is read on "
                 "and on where nothing new lies; what was handed up is marked as free, and what "
                 "is free is not read",
                 f->count, r->taken.count);
    if (f->count == f->room)
        f->frame = realloc(f->frame, (f->room += 256) * sizeof *f->frame);
    f->frame[f->count].len = (uint32_t)len;
    memcpy(f->frame[f->count++].bytes, frame, len);
}

static void told_link(void *self, int up)
{
    struct rig *r = rig_of(self);
    r->link = up != 0;
    r->link_told++;
}

/* Memory is for attach: elsewhere it comes to an end. */
static void *allocate(void *self, size_t size, size_t align, uint64_t *at)
{
    struct rig *r = rig_of(self);
    void *p = r->allocate(self, size, align, at);
    char text[160];
    snprintf(
        text, sizeof text,
        r->attached
            ? "wd_dma_alloc had no memory left in %s(): it is for attach, and nothing is given "
              "back"
            : "wd_dma_alloc had no memory left in %s(): there is 1 MiB, or align is no power "
              "of two up to 4096",
        r->verdict->call);
    if (!p)
        note_remark(r, text);
    return p;
}

static int64_t now_ns(void *self)
{
    struct rig *r = rig_of(self);
    if (++r->accesses >= CALL_ACCESSES)
        rig_fail(r, 0,
                 "%s() asked wd_now_ns a million times: no time passes while a driver runs, a "
                 "wait for it has no end",
                 r->verdict->call);
    return world_now(r->board.world);
}

static void put_on_wire(void *ctx, const uint8_t *bytes, uint32_t len)
{
    struct rig *r = ctx;
    struct rig_frames *f = &r->left;
    if (f->count == f->room)
        f->frame = realloc(f->frame, (f->room += 256) * sizeof *f->frame);
    struct rig_frame *frame = &f->frame[f->count++];
    frame->len = len;
    memcpy(frame->bytes, bytes, len < TAKEN_LONGEST ? len : TAKEN_LONGEST);
}

/* --- building --- */

static void configure(struct rig *r, uint32_t off, int width, uint32_t value)
{
    const struct bus_window w = {.space = BUS_CONFIG, .base = r->board.function, .size = 256};
    bus_write(r->board.bus, &w, off, width, value);
}

/* One that is no PCI function lies where the board's table says. */
static void place_in_table(struct rig *r)
{
    const uint32_t size = r->who->nic->bar[0].size;
    const uint64_t at = machine_mmio_base(0);
    r->board.window[0] = (struct bus_window){.space = BUS_MEM, .base = at, .size = size};
    r->device.bar[0] = (struct wiredrill_bar){0, at, size};
    bus_map(r->board.bus, &r->board.window[0]);
}

/* As firmware has done it. */
static void assign_bars(struct rig *r)
{
    const struct nic_kind *kind = r->who->nic;
    uint32_t io = IO_BASE, memory = mem_base;
    for (int b = 0; b < DRIVER_BARS; b++) {
        uint32_t size = kind->bar[b].size;
        if (!size)
            continue;
        enum bus_space space = kind->bar[b].space;
        uint32_t *next = space == BUS_IO ? &io : &memory;
        *next = (*next + size - 1) & ~(size - 1);
        configure(r, PCI_BAR0 + 4 * (uint32_t)b, 4, *next);
        r->board.window[b] = (struct bus_window){.space = space, .base = *next, .size = size};
        r->device.bar[b] = (struct wiredrill_bar){space == BUS_IO, *next, size};
        *next += size;
    }
    configure(r, PCI_COMMAND, 2, COMMAND_ALL);
    for (int b = 0; b < DRIVER_BARS; b++)
        if (r->board.window[b].size)
            bus_map(r->board.bus, &r->board.window[b]);
}

static void give_memory(struct rig *r)
{
    struct driver_board *b = &r->board;
    b->dma_room = r->who->dma_bytes;
    b->dma = world_alloc(b->world, b->dma_room, 4096);
    b->dma_at = machine_add_memory(r->machine, b->dma, b->dma_room);
}

void rig_wish(struct rig *r, const struct nic_options *options)
{
    r->wished = *options;
}

void rig_build(struct rig *r, const uint8_t mac[6])
{
    static const struct machine_knobs knobs = {.late_permille = 1000};
    struct driver_board *b = &r->board;
    b->world = world_new(ARENA_BYTES, 1);
    if (!b->world)
        rig_skip(r, "no memory");
    world_set_root(b->world, r);
    world_on_fail_hard(b->world, last_words);
    random_init(&r->random, 1, "contract");
    r->link = -1;
    r->machine = machine_new(b->world, "card");
    machine_set_knobs(r->machine, &knobs);
    machine_set_attendant(r->machine, attend, r);
    machine_set_driver(r->machine, rig_driver(r)->name);
    memcpy(r->mac, mac, sizeof r->mac);
    r->nic = machine_add_nic(r->machine, r->who->nic, mac, put_on_wire, r);
    nic_set_options(r->nic, &r->wished);
    b->bus = machine_bus(r->machine);
    b->driver = rig_driver(r)->name;
    b->function = (uint64_t)FIRST_SLOT << 11;
    b->machine.receive = heard;
    b->machine.link = told_link;
    b->machine.now_ns = now_ns;
    driver_board_fill(b);
    r->allocate = b->machine.dma_alloc;
    b->machine.dma_alloc = allocate;
    r->device = (struct wiredrill_device){
        .vendor = rig_driver(r)->vendor, .device = rig_driver(r)->device, .irq = 11};
    if (r->who->nic->mmio)
        place_in_table(r);
    else
        assign_bars(r);
    give_memory(r);
    machine_observe(r->machine, looks_on, r);
}

static void put_le64(uint8_t *p, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

static void put_descriptor(uint8_t *d, uint32_t len, uint8_t flags, uint8_t next)
{
    d[8] = (uint8_t)len;
    d[9] = (uint8_t)(len >> 8);
    d[12] = flags;
    d[14] = next;
}

/* virtio 1.2, 2.7.5, 2.7.6: eight buffers available; in legacy framing the header has a descriptor
 * of its own (2.7.4.1, 5.1.6.2). */
static void split_queue(uint8_t *memory, const struct contract_nic *row)
{
    enum { NEXT = 1, WRITE = 2, OLD_HEADER = 10 };
    uint8_t *avail = memory + row->avail_at;
    int each = row->header_apart ? 2 : 1;
    for (int i = 0; i < ROM_QUEUE; i++) {
        uint8_t first = (uint8_t)(each * i), last = (uint8_t)(each * i + each - 1);
        if (row->header_apart)
            put_descriptor(memory + 16 * first, OLD_HEADER, NEXT | WRITE, last);
        put_descriptor(memory + 16 * last, ROM_BUFFER, WRITE, 0);
        avail[4 + 2 * i] = first;
    }
    avail[2] = ROM_QUEUE;
}

void rig_boot_rom(struct rig *r)
{
    const struct bus_window *w = &r->board.window[r->row->bar];
    uint8_t *memory = world_alloc(r->board.world, ROM_BYTES, ROM_PAGE);
    r->rom_size = ROM_BYTES;
    r->rom_at = machine_add_memory(r->machine, memory, ROM_BYTES);
    for (uint64_t i = 0; i < ROM_DESCRIPTORS; i++)
        put_le64(memory + 16 * i, r->rom_at + ROM_BUFFERS + i * ROM_BUFFER);
    if (r->row->avail_at)
        split_queue(memory, r->row);
    for (const struct boot_write *b = r->row->boot; b->width; b++)
        if (b->memory == BOOT_READS)
            bus_read(r->board.bus, w, b->at, b->width);
        else
            bus_write(r->board.bus, w, b->at, b->width,
                      b->value + (b->memory == BOOT_ADDRESS ? (uint32_t)r->rom_at
                                  : b->memory == BOOT_PAGE  ? (uint32_t)(r->rom_at / ROM_PAGE)
                                                            : 0));
    look_for_violation(r);
}

void rig_command(struct rig *r, uint16_t command)
{
    if (r->who->nic->mmio)
        rig_skip(r, "the device is no PCI function, it has no command register");
    configure(r, PCI_COMMAND, 2, command);
}

uint32_t rig_read(struct rig *r, uint32_t at, int width)
{
    const struct bus_window w = {.space = BUS_CONFIG, .base = r->board.function, .size = 256};
    return bus_read(r->board.bus, &w, at, width);
}

uint32_t rig_register(struct rig *r, uint32_t at, int width)
{
    return bus_read(r->board.bus, &r->board.window[r->row->bar], at, width);
}
