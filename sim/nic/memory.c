/*
 * Guest memory: which addresses there are, and who owns them.
 *
 * Two kinds of memory, because they are shared in two ways. Rings and descriptors belong to both
 * sides at once; there the question is the order of accesses (ordering.c). Payload changes hands
 * whole; there the question is ownership, kept for each 16 bytes.
 */
#include "sim/nic/machine_state.h"

#include <stdio.h>
#include <string.h>
#include "sim/base/poison.h"

enum { GRANULE = 16, PAGE = 4096, FIRST_ADDRESS = 0x100000 };
static const uint64_t last_address = 0xbfffffff;

/*
 * At its edges a payload may share a granule with a neighbour, so edges are never poisoned; that
 * misses an access to the first or last 15 bytes, and never accuses an innocent one.
 */
enum payload_owner {
    OWNER_NONE,
    OWNER_TAKEN,
    OWNER_READER,
    OWNER_WRITER,
    OWNER_READER_EDGE,
    OWNER_WRITER_EDGE
};

static bool device_owns(uint8_t owner)
{
    return owner >= OWNER_READER;
}

/* --- windows --- */

static struct guest_window *window_at(struct machine *m, uint64_t address, uint64_t len)
{
    for (int i = 0; i < m->window_count; i++) {
        int index = (m->last_window + i) % m->window_count;
        struct guest_window *w = &m->windows[index];
        if (address >= w->address && len <= w->size && address - w->address <= w->size - len) {
            m->last_window = index;
            return w;
        }
    }
    return NULL;
}

static struct guest_window *window_of(struct machine *m, const void *p, size_t size)
{
    uintptr_t at = (uintptr_t)p;
    for (int i = 0; i < m->window_count; i++) {
        struct guest_window *w = &m->windows[i];
        uintptr_t start = (uintptr_t)w->p;
        if (at >= start && size <= w->size && at - start <= w->size - size)
            return w;
    }
    return NULL;
}

/* The offset within a page is kept, so that what the driver aligned is aligned for the device. */
uint64_t machine_add_memory(struct machine *m, void *p, size_t size)
{
    uint64_t address = m->next_address + (uintptr_t)p % PAGE;
    if (m->window_count == MACHINE_WINDOWS || size == 0 || size > last_address - address)
        return 0;
    size_t granules = size / GRANULE + 2;
    struct guest_window *w = &m->windows[m->window_count++];
    *w = (struct guest_window){p, size, address, world_alloc(m->world, granules, 1)};
    /* A page is left free between windows: a transfer that runs over an end must not land in the
     * next. */
    m->next_address = (address + size + 2 * PAGE - 1) / PAGE * PAGE;
    return address;
}

bool memory_holds(struct machine *m, const void *p, size_t size)
{
    return window_of(m, p, size) != NULL;
}

uint64_t memory_address(struct machine *m, const void *p)
{
    const struct guest_window *w = window_of(m, p, 1);
    return w ? w->address + (uint64_t)((const uint8_t *)p - w->p) : 0;
}

static void note_mapping(struct machine *m, uint64_t address, uint64_t size)
{
    for (int k = 0; k < m->mappings; k++)
        if (m->mapping[k].address == address && m->mapping[k].size == size)
            return;
    if (m->mappings < MACHINE_MAPPINGS)
        m->mapping[m->mappings++] = (struct guest_mapping){address, size};
}

/* An address as what was mapped and how far behind its start; one that nobody had mapped as it is.
 */
static uint64_t mapped_name(const struct machine *m, uint64_t address)
{
    for (int k = 0; k < m->mappings; k++)
        if (address - m->mapping[k].address < m->mapping[k].size)
            return (uint64_t)(k + 1) << 32 | (address - m->mapping[k].address);
    return address;
}

int memory_map(struct machine *m, void *p, size_t size, uint64_t limit, uint64_t *address)
{
    const struct guest_window *w = size ? window_of(m, p, size) : NULL;
    if (!w)
        return -1;
    *address = memory_address(m, p);
    note_mapping(m, *address, size);
    return *address + size - 1 <= limit ? 0 : -1;
}

/* --- ownership of payload --- */

/* The granules that [offset, offset+size) touches, and those among them that it fills. */
struct span {
    size_t first, last, full_first, full_end;
};

static struct span span_of(const struct guest_window *w, size_t offset, size_t size)
{
    /* Counted from the page, like ASan's own granules, and not from the window's start. */
    size_t at = (uintptr_t)w->p % GRANULE + offset;
    return (struct span){at / GRANULE, (at + size - 1) / GRANULE, (at + GRANULE - 1) / GRANULE,
                         (at + size) / GRANULE};
}

static uint8_t *granule_address(const struct guest_window *w, size_t granule)
{
    return w->p + (granule * GRANULE - (uintptr_t)w->p % GRANULE);
}

static void set_owner(struct guest_window *w, const struct span *s, uint8_t edge, uint8_t inner)
{
    w->owners[s->first] = edge;
    w->owners[s->last] = edge;
    if (s->full_end <= s->full_first)
        return;
    memset(w->owners + s->full_first, inner, s->full_end - s->full_first);
    uint8_t *p = granule_address(w, s->full_first);
    size_t size = (s->full_end - s->full_first) * GRANULE;
    if (inner == OWNER_TAKEN)
        UNPOISON(p, size);
    else
        POISON(p, size);
}

static struct guest_window *payload_window(struct machine *m, void *p, size_t size,
                                           const char *what)
{
    struct guest_window *w = window_of(m, p, size);
    if (!w)
        world_fail(m->world, "%s: %s of %zu bytes that are not in guest memory", m->name, what,
                   size);
    return w;
}

void memory_give(struct machine *m, void *p, size_t size, enum bus_direction direction)
{
    struct guest_window *w = size ? payload_window(m, p, size, "bus_give") : NULL;
    if (!w)
        return;
    size_t offset = (size_t)((uint8_t *)p - w->p);
    struct span s = span_of(w, offset, size);
    if (s.full_first < s.full_end && device_owns(w->owners[s.full_first]))
        world_fail(m->world,
                   "%s: bus_give of payload at 0x%llx, %zu bytes, that the device owns already",
                   m->name, (unsigned long long)w->address + offset, size);
    if (direction == BUS_TO_DEVICE)
        set_owner(w, &s, OWNER_READER_EDGE, OWNER_READER);
    else
        set_owner(w, &s, OWNER_WRITER_EDGE, OWNER_WRITER);
}

void memory_take(struct machine *m, void *p, size_t size, enum bus_direction direction)
{
    (void)direction;
    struct guest_window *w = size ? payload_window(m, p, size, "bus_take") : NULL;
    if (!w)
        return;
    size_t offset = (size_t)((uint8_t *)p - w->p);
    struct span s = span_of(w, offset, size);
    if (s.full_first < s.full_end && !device_owns(w->owners[s.full_first]))
        world_fail(m->world, "%s: bus_take of payload at 0x%llx, %zu bytes, that was not given",
                   m->name, (unsigned long long)w->address + offset, size);
    set_owner(w, &s, OWNER_TAKEN, OWNER_TAKEN);
}

static const char *owner_fault(uint8_t owner, bool write)
{
    switch (owner) {
    case OWNER_NONE:
        return "was never given to the device";
    case OWNER_TAKEN:
        return "the driver has taken back";
    case OWNER_READER:
    case OWNER_READER_EDGE:
        return write ? "was given to be read only" : NULL;
    default:
        return write ? NULL : "was given to be filled only";
    }
}

/*
 * Both ends and the middle of what the payload fills: a transfer over another payload in between
 * would differ at its ends. Edges that it shares with a neighbour say nothing.
 */
static bool may_use_payload(struct nic *n, struct guest_window *w, uint64_t address, uint32_t len,
                            bool write)
{
    if (!n->machine->knobs.ownership)
        return true;
    struct span s = span_of(w, (size_t)(address - w->address), len);
    bool full = s.full_first < s.full_end;
    size_t first = full ? s.full_first : s.first, last = full ? s.full_end - 1 : s.first;
    const size_t probes[] = {first, (first + last) / 2, last};
    for (int i = 0; i < 3; i++) {
        const char *fault = owner_fault(w->owners[probes[i]], write);
        if (fault) {
            nic_violation(n, "DMA %s at 0x%llx, %u bytes: payload that %s",
                          write ? "write" : "read", (unsigned long long)address, len, fault);
            return false;
        }
    }
    return true;
}

/* A ring is nobody's in particular; one that the device only fills (the RTL8139's) may be given
 * like payload. */
static bool may_use_ring(struct nic *n, struct guest_window *w, uint64_t address, uint32_t len,
                         bool write)
{
    struct span s = span_of(w, (size_t)(address - w->address), len);
    uint8_t owner = w->owners[s.full_first < s.full_end ? s.full_first : s.first];
    bool fine =
        owner == OWNER_NONE || owner >= OWNER_READER_EDGE || (write && owner == OWNER_WRITER);
    if (!fine && n->machine->knobs.ownership) {
        nic_violation(n, "DMA %s at 0x%llx, %u bytes: a ring in payload that %s",
                      write ? "write" : "read", (unsigned long long)address, len,
                      device_owns(owner) ? "was given" : "the driver has taken back");
        return false;
    }
    return true;
}

/* How many granules from g on have the owner of the first: whole buffers, and all that is nobody's,
 * eight at a time. */
static size_t same_owner(const struct guest_window *w, size_t g, size_t end)
{
    const uint64_t all = w->owners[g] * UINT64_C(0x0101010101010101);
    size_t n = 0;
    for (uint64_t eight; end - g - n >= sizeof eight; n += sizeof eight) {
        memcpy(&eight, w->owners + g + n, sizeof eight);
        if (eight != all)
            break;
    }
    while (g + n < end && w->owners[g + n] == w->owners[g])
        n++;
    return n;
}

/* A snapshot brings back the owners; the poison follows from them. */
static void poison_again(void *ctx)
{
    struct machine *m = ctx;
    for (int i = 0; i < m->window_count; i++) {
        struct guest_window *w = &m->windows[i];
        UNPOISON(w->p, w->size);
        for (size_t g = 0, n, end = w->size / GRANULE + 2; g < end; g += n) {
            n = same_owner(w, g, end);
            if (w->owners[g] == OWNER_READER || w->owners[g] == OWNER_WRITER)
                POISON(granule_address(w, g), n * GRANULE);
        }
    }
}

void memory_init(struct machine *m)
{
    m->next_address = FIRST_ADDRESS;
    m->restored = (struct restore_hook){NULL, poison_again, m};
    world_on_restore(m->world, &m->restored);
}

/* --- DMA --- */

#ifdef POISONS
/* The device may touch what is poisoned for the driver. Volatile, or the compiler calls memcpy,
 * which may not. */
__attribute__((no_sanitize("address"), noinline)) static void
device_copy(void *to, const void *from, uint32_t len)
{
    volatile uint8_t *t = to;
    const volatile uint8_t *f = from;
    for (uint32_t i = 0; i < len; i++)
        t[i] = f[i];
}
#else
static void device_copy(void *to, const void *from, uint32_t len)
{
    memcpy(to, from, len);
}
#endif

/* Whence the device has an address: its own name for the place, or the descriptor read last; and
 * whether it is a pointer of the driver's. */
static void say_origin(struct nic *n, uint64_t address, char *out, size_t room)
{
    char place[64];
    nic_place(n, address, place, sizeof place);
    if (!place[0])
        nic_place(n, n->ring_read, place, sizeof place);
    const struct guest_window *w = window_of(n->machine, (void *)(uintptr_t)address, 1);
    for (int k = 0; !w && k < n->machine->window_count && address <= UINT32_MAX; k++)
        if (address - (uint32_t)(uintptr_t)n->machine->windows[k].p < n->machine->windows[k].size)
            w = &n->machine->windows[k];
    snprintf(out, room, "%s%s%s%s", place[0] ? " (" : "", place, place[0] ? ")" : "",
             w ? ": it is a pointer of the driver's, the device wants the address that goes with it"
               : "");
}

static struct guest_window *target(struct nic *n, uint64_t address, uint32_t len, bool write)
{
    struct machine *m = n->machine;
    const char *what = write ? "write" : "read";
    char origin[160];
    if (!n->busmaster) {
        nic_violation(n,
                      "DMA %s at 0x%llx, %u bytes, with bus mastering off (bit 2 of the PCI "
                      "command register)",
                      what, (unsigned long long)address, len);
        return NULL;
    }
    struct guest_window *w = window_at(m, address, len);
    if (!w) {
        say_origin(n, address, origin, sizeof origin);
        nic_violation(n, "DMA %s at 0x%llx, %u bytes: not all of it is guest memory%s", what,
                      (unsigned long long)address, len, origin);
        return NULL;
    }
    m->figures.dma_bytes += len;
    if (write)
        m->figures.dma_writes++;
    else
        m->figures.dma_reads++;
    return w;
}

static void tell(struct nic *n, enum nic_event_kind kind, uint64_t address, uint8_t *bytes,
                 uint32_t len)
{
    observe(n->machine,
            &(struct nic_event){
                .kind = kind, .nic = n, .address = address, .len = len, .bytes = bytes});
}

bool nic_peek(struct nic *n, uint64_t address, void *to, uint32_t len)
{
    const struct guest_window *w = window_at(n->machine, address, len);
    if (w)
        device_copy(to, w->p + (address - w->address), len);
    return w != NULL;
}

static void note_write(struct nic *n, uint64_t address, uint32_t len)
{
    nic_state_event(n, "dma", (int64_t)(mapped_name(n->machine, address) | (uint64_t)len << 40));
}

bool nic_dma_read(struct nic *n, uint64_t address, void *to, uint32_t len)
{
    struct guest_window *w = len ? target(n, address, len, false) : NULL;
    if (!w || !may_use_payload(n, w, address, len, false))
        return len == 0;
    device_copy(to, w->p + (address - w->address), len);
    tell(n, NIC_DMA_READ, address, to, len);
    return true;
}

bool nic_dma_write(struct nic *n, uint64_t address, const void *from, uint32_t len)
{
    struct guest_window *w = len ? target(n, address, len, true) : NULL;
    if (!w || !may_use_payload(n, w, address, len, true))
        return len == 0;
    device_copy(w->p + (address - w->address), from, len);
    note_write(n, address, len);
    tell(n, NIC_DMA_WRITE, address, w->p + (address - w->address), len);
    return true;
}

const uint8_t *nic_dma_view(struct nic *n, uint64_t address, uint32_t len)
{
#ifdef POISONS
    (void)n, (void)address, (void)len;
    return NULL;
#else
    struct guest_window *w = len ? target(n, address, len, false) : NULL;
    if (!w || !may_use_payload(n, w, address, len, false))
        return NULL;
    tell(n, NIC_DMA_READ, address, w->p + (address - w->address), len);
    return w->p + (address - w->address);
#endif
}

bool nic_ring_read(struct nic *n, uint64_t address, void *to, uint32_t len)
{
    struct machine *m = n->machine;
    struct guest_window *w = len ? target(n, address, len, false) : NULL;
    if (!w || !may_use_ring(n, w, address, len, false))
        return len == 0;
    const uint8_t *p = w->p + (address - w->address);
    n->ring_read = address;
    device_copy(to, p, len);
    order_device_read(m, p, to, len);
    tell(n, NIC_RING_READ, address, to, len);
    return true;
}

bool nic_ring_write(struct nic *n, uint64_t address, const void *from, uint32_t len)
{
    struct machine *m = n->machine;
    struct guest_window *w = len ? target(n, address, len, true) : NULL;
    if (!w || !may_use_ring(n, w, address, len, true))
        return len == 0;
    uint8_t *p = w->p + (address - w->address);
    device_copy(p, from, len);
    order_device_write(m, p, len);
    note_write(n, address, len);
    tell(n, NIC_RING_WRITE, address, p, len);
    return true;
}
