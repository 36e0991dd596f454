/* A reader of flattened device trees: see fdt.h. */
#include "stack/driver/fdt.h"
#include "stack/core/mem.h"
#include "stack/driver/device.h"
#include "stack/stack.h"

static const uint32_t magic = 0xd00dfeed;
enum { LAST_VERSION = 17, HEADER_BYTES = 40 };
enum { H_SIZE = 4, H_STRUCTS = 8, H_STRINGS = 12, H_VERSION = 20, H_COMPATIBLE = 24 };
enum { H_STRINGS_SIZE = 32, H_STRUCTS_SIZE = 36 };
enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9 };
/* 2.3.5: of a node that does not say. */
enum { DEFAULT_ADDRESS_CELLS = 2, DEFAULT_SIZE_CELLS = 1, MOST_CELLS = 2 };

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool lies_within(size_t at, size_t len, size_t end)
{
    return at <= end && len <= end - at;
}

int fdt_open(struct fdt *f, const void *blob, size_t size)
{
    const uint8_t *p = blob;
    if (size < HEADER_BYTES || be32(p) != magic)
        return -1;
    size_t total = be32(p + H_SIZE), structs = be32(p + H_STRUCTS), strings = be32(p + H_STRINGS);
    if (total < HEADER_BYTES || total > size || be32(p + H_VERSION) < LAST_VERSION ||
        be32(p + H_COMPATIBLE) > LAST_VERSION)
        return -1;
    size_t structs_size = be32(p + H_STRUCTS_SIZE), strings_size = be32(p + H_STRINGS_SIZE);
    if (structs % 4 || !lies_within(structs, structs_size, total) ||
        !lies_within(strings, strings_size, total))
        return -1;
    *f = (struct fdt){p, total, structs, structs + structs_size, strings, strings + strings_size};
    return 0;
}

/* --- the structure block (5.4) --- */

struct prop {
    const char *name;
    const uint8_t *value;
    uint32_t len;
};

struct token {
    uint32_t kind;
    const char *node; /* BEGIN_NODE */
    struct prop prop; /* PROP */
};

/* NULL: it does not end before `end`. */
static const char *text_at(const struct fdt *f, size_t at, size_t end, size_t *len)
{
    for (size_t i = at; i < end; i++)
        if (f->blob[i] == 0) {
            *len = i - at;
            return (const char *)f->blob + at;
        }
    return NULL;
}

static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

static bool read_prop(const struct fdt *f, size_t *at, struct prop *out)
{
    size_t len;
    if (!lies_within(*at, 8, f->structs_end))
        return false;
    out->len = be32(f->blob + *at);
    size_t name = be32(f->blob + *at + 4);
    *at += 8;
    if (!lies_within(*at, out->len, f->structs_end) || name > f->strings_end - f->strings)
        return false;
    out->value = f->blob + *at;
    out->name = text_at(f, f->strings + name, f->strings_end, &len);
    *at += align4(out->len);
    return out->name && *at <= f->structs_end;
}

/* False: damaged. */
static bool next_token(const struct fdt *f, size_t *at, struct token *t)
{
    size_t len;
    do {
        if (!lies_within(*at, 4, f->structs_end))
            return false;
        t->kind = be32(f->blob + *at);
        *at += 4;
    } while (t->kind == NOP);
    switch (t->kind) {
    case BEGIN_NODE:
        t->node = text_at(f, *at, f->structs_end, &len);
        if (!t->node)
            return false;
        *at = align4(*at + len + 1);
        return *at <= f->structs_end;
    case PROP:
        return read_prop(f, at, &t->prop);
    case END_NODE:
    case END:
        return true;
    default:
        return false;
    }
}

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* --- what a node says --- */

/* One node on the way down, and what it is to those below. */
struct level {
    const char *name;
    struct prop compatible, reg, ranges, interrupts, extended, parent, status;
    uint32_t address_cells, size_cells, interrupt_cells, phandle;
};

static void begin_level(struct level *l, const char *name)
{
    *l = (struct level){
        .name = name, .address_cells = DEFAULT_ADDRESS_CELLS, .size_cells = DEFAULT_SIZE_CELLS};
}

static void take_prop(struct level *l, const struct prop *p)
{
    const struct {
        const char *name;
        struct prop *prop;
        uint32_t *cell;
    } known[] = {
        {"compatible", &l->compatible, NULL},
        {"reg", &l->reg, NULL},
        {"ranges", &l->ranges, NULL},
        {"interrupts", &l->interrupts, NULL},
        {"interrupts-extended", &l->extended, NULL},
        {"interrupt-parent", &l->parent, NULL},
        {"status", &l->status, NULL},
        {"#address-cells", NULL, &l->address_cells},
        {"#size-cells", NULL, &l->size_cells},
        {"#interrupt-cells", NULL, &l->interrupt_cells},
        {"phandle", NULL, &l->phandle},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!same(known[i].name, p->name))
            continue;
        if (known[i].prop)
            *known[i].prop = *p;
        else if (p->len == 4)
            *known[i].cell = be32(p->value);
    }
}

/* 2.3.1: a list of texts; one that does not end is none. */
static bool lists(const struct prop *p, const char *name)
{
    const char *text = (const char *)p->value;
    for (uint32_t at = 0, end; at < p->len; at = end + 1) {
        for (end = at; end < p->len && text[end]; end++)
            ;
        if (end == p->len)
            return false;
        if (!name || same(text + at, name))
            return true;
    }
    return false;
}

/* At most two cells, the lower 64 bits. */
static uint64_t cells(const uint8_t *p, uint32_t count)
{
    uint64_t v = 0;
    for (uint32_t i = 0; i < count; i++)
        v = v << 32 | be32(p + 4 * (size_t)i);
    return v;
}

/* 2.3.8: what leads through the bus `l` from the child's address space to that of `parent`. Without
 * the property there is no way; an empty one changes nothing. */
static bool translate(const struct level *l, const struct level *parent, uint64_t *base,
                      uint64_t size)
{
    uint32_t child = l->address_cells, up = parent->address_cells, len = l->size_cells;
    if (!l->ranges.name || child > MOST_CELLS || up > MOST_CELLS || len > MOST_CELLS)
        return false;
    if (l->ranges.len == 0)
        return true;
    uint32_t entry = 4 * (child + up + len);
    for (uint32_t at = 0; entry && entry <= l->ranges.len - at; at += entry) {
        const uint8_t *p = l->ranges.value + at;
        uint64_t from = cells(p, child), to = cells(p + 4 * (size_t)child, up);
        uint64_t room = cells(p + 4 * ((size_t)child + up), len);
        if (*base >= from && *base - from < room && size <= room - (*base - from)) {
            *base = to + (*base - from);
            return true;
        }
    }
    return false;
}

/* 2.3.6: the cells are counted by the node above. level[depth] is the node. */
static void read_regs(const struct level *level, uint32_t depth, struct fdt_node *out)
{
    const struct level *l = &level[depth], *parent = depth ? &level[depth - 1] : l;
    uint32_t wide = parent->address_cells, len = parent->size_cells, entry = 4 * (wide + len);
    if (wide == 0 || wide > MOST_CELLS || len > MOST_CELLS)
        return;
    for (uint32_t at = 0; entry <= l->reg.len - at && out->regs < FDT_REGS; at += entry) {
        uint64_t base = cells(l->reg.value + at, wide);
        uint64_t size = cells(l->reg.value + at + 4 * (size_t)wide, len);
        bool there = true;
        for (uint32_t k = depth; there && k-- > 1;)
            there = translate(&level[k], &level[k - 1], &base, size);
        if (there)
            out->reg[out->regs++] = (struct fdt_reg){base, size};
    }
}

/* The #interrupt-cells of the node with that phandle, 0: there is none. */
static uint32_t controller_cells(const struct fdt *f, uint32_t phandle)
{
    struct level level[FDT_DEPTH];
    struct token t;
    uint32_t depth = 0;
    for (size_t at = f->structs; next_token(f, &at, &t) && t.kind != END;) {
        if (t.kind == BEGIN_NODE && depth < FDT_DEPTH)
            begin_level(&level[depth++], t.node);
        else if (t.kind == BEGIN_NODE)
            return 0;
        else if (t.kind == PROP && depth)
            take_prop(&level[depth - 1], &t.prop);
        else if (t.kind == END_NODE && depth && level[--depth].phandle == phandle)
            return level[depth].interrupt_cells;
    }
    return 0;
}

static void take_interrupts(const struct prop *p, uint32_t skip, uint32_t each,
                            struct fdt_node *out)
{
    if (each == 0 || each > FDT_CELLS)
        return;
    out->interrupt_cells = each;
    for (uint32_t at = skip; at <= p->len && 4 * each <= p->len - at; at += 4 * each) {
        if (out->interrupts == FDT_INTERRUPTS)
            return;
        for (uint32_t c = 0; c < each; c++)
            out->interrupt[out->interrupts][c] = be32(p->value + at + 4 * (size_t)c);
        out->interrupts++;
        if (skip) /* the next may be another controller's */
            return;
    }
}

/* 2.4.1: the interrupt parent is the node's own, or the nearest above that says one. */
static void read_interrupts(const struct fdt *f, const struct level *level, uint32_t depth,
                            struct fdt_node *out)
{
    const struct level *l = &level[depth];
    if (l->extended.len >= 4) {
        take_interrupts(&l->extended, 4, controller_cells(f, be32(l->extended.value)), out);
        return;
    }
    for (uint32_t k = depth + 1; l->interrupts.len && k-- > 0;) {
        if (level[k].parent.len != 4)
            continue;
        take_interrupts(&l->interrupts, 0, controller_cells(f, be32(level[k].parent.value)), out);
        return;
    }
}

static void describe(const struct fdt *f, const struct level *level, uint32_t depth,
                     struct fdt_node *out)
{
    const struct level *l = &level[depth];
    *out = (struct fdt_node){.name = l->name, .compatible = (const char *)l->compatible.value};
    out->disabled = l->status.len > 0 && !lists(&l->status, "okay") && !lists(&l->status, "ok");
    if (l->reg.len)
        read_regs(level, depth, out);
    read_interrupts(f, level, depth, out);
}

/* A node's properties end where its first child begins, or it does (5.4.2). */
static bool ends_properties(const struct token *t)
{
    return t->kind == BEGIN_NODE || t->kind == END_NODE;
}

int fdt_next(const struct fdt *f, const char *name, size_t *at, struct fdt_node *out)
{
    struct level level[FDT_DEPTH];
    struct token t;
    uint32_t depth = 0;
    bool open = false; /* the innermost node's properties are still coming */
    for (size_t next = f->structs, before = next;; before = next) {
        if (!next_token(f, &next, &t))
            return -1;
        if (ends_properties(&t) && open && before >= *at) {
            open = false;
            if (lists(&level[depth - 1].compatible, name)) {
                describe(f, level, depth - 1, out);
                *at = before + 1;
                return 1;
            }
        }
        if (t.kind == END)
            return depth ? -1 : 0;
        if (t.kind == PROP && !depth)
            return -1;
        if (t.kind == PROP)
            take_prop(&level[depth - 1], &t.prop);
        if (t.kind == END_NODE && !depth--)
            return -1;
        if (t.kind != PROP)
            open = t.kind == BEGIN_NODE;
        if (t.kind == BEGIN_NODE && depth == FDT_DEPTH)
            return -1;
        if (t.kind == BEGIN_NODE)
            begin_level(&level[depth++], t.node);
    }
}

/* --- devices of it --- */

static void make_device(const struct bus *b, const struct fdt_node *node, struct device *out)
{
    *out = (struct device){.bus = b, .kind = DEVICE_TABLE, .compatible = node->compatible};
    for (uint32_t i = 0; i < node->regs && i < DEVICE_WINDOWS; i++)
        out->window[i] = (struct bus_window){
            .space = BUS_MEM,
            .base = node->reg[i].base,
            .size = node->reg[i].size > UINT32_MAX ? UINT32_MAX : (uint32_t)node->reg[i].size};
}

int stack_probe_fdt(struct stack *s, const struct bus *b, const struct fdt *f,
                    int (*interrupt)(void *ctx, const struct fdt_node *node, uint32_t i), void *ctx,
                    int64_t now_ns)
{
    struct fdt_node node;
    struct device device;
    int attached = 0, found;
    for (size_t at = 0; (found = fdt_next(f, NULL, &at, &node)) > 0;) {
        if (node.disabled)
            continue;
        make_device(b, &node, &device);
        for (uint32_t i = 0; i < node.interrupts; i++) {
            int number = interrupt(ctx, &node, i);
            if (number < 0)
                break;
            device.interrupt[device.interrupts++] = number;
        }
        attached += stack_probe_table(s, &device, 1, now_ns);
    }
    return found < 0 ? -1 : attached;
}
