/*
 * The reader of device trees, against trees that libfdt builds: what it finds is what the
 * specification's rules give for them, worked out by hand; whatever is done to their octets, it
 * ends and reads nothing else.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "stack/core/module.h"
#include "stack/driver/bus.h"
#include "stack/driver/device.h"
#include "stack/driver/fdt.h"

#ifdef HAVE_FDT
#include <libfdt.h>

enum { ROOM = 4096 };

static uint8_t blob[ROOM];
static struct fdt tree;

static void words(const char *name, const uint32_t *value, int count)
{
    uint32_t be[16];
    for (int i = 0; i < count; i++)
        be[i] = cpu_to_fdt32(value[i]);
    cr_assert_eq(fdt_property(blob, name, be, 4 * count), 0);
}
#define WORDS(name, ...)                                                                           \
    words(name, (const uint32_t[]){__VA_ARGS__}, (int)(sizeof((const uint32_t[]){__VA_ARGS__}) / 4))

static void begin(void)
{
    cr_assert_eq(fdt_create(blob, ROOM), 0);
    cr_assert_eq(fdt_finish_reservemap(blob), 0);
    cr_assert_eq(fdt_begin_node(blob, ""), 0);
}

static size_t end(void)
{
    cr_assert_eq(fdt_end_node(blob), 0);
    cr_assert_eq(fdt_finish(blob), 0);
    cr_assert_eq(fdt_open(&tree, blob, ROOM), 0);
    return fdt_totalsize(blob);
}

/* A machine as QEMU's virt for ARM64 describes itself: two cells of address and of size, a GIC of
 * three cells, places for virtio devices at the top; and a bus with ranges below them. */
static size_t build_board(void)
{
    static const char names[] = "acme,odd\0virtio,mmio";
    begin();
    WORDS("#address-cells", 2);
    WORDS("#size-cells", 2);
    WORDS("interrupt-parent", 0x8001);
    fdt_begin_node(blob, "intc@8000000");
    WORDS("phandle", 0x8001);
    WORDS("#interrupt-cells", 3);
    fdt_property_string(blob, "compatible", "arm,cortex-a15-gic");
    fdt_end_node(blob);
    fdt_begin_node(blob, "virtio_mmio@a000000");
    WORDS("interrupts", 0, 16, 1);
    WORDS("reg", 0, 0xa000000, 0, 0x200);
    fdt_property_string(blob, "compatible", "virtio,mmio");
    fdt_end_node(blob);
    fdt_begin_node(blob, "soc");
    WORDS("#address-cells", 1);
    WORDS("#size-cells", 1);
    WORDS("ranges", 0x1000, 1, 0x40000000, 0x1000, 0x8000, 2, 0, 0x100);
    fdt_begin_node(blob, "bridge");
    WORDS("#address-cells", 1);
    WORDS("#size-cells", 1);
    fdt_property(blob, "ranges", NULL, 0);
    fdt_begin_node(blob, "net@1200");
    WORDS("reg", 0x1200, 0x200, 0x7000, 0x10, 0x8080, 0x80, 0x80c0, 0x80);
    fdt_property(blob, "compatible", names, sizeof names);
    fdt_property_string(blob, "status", "okay");
    WORDS("interrupts-extended", 0x8001, 0, 17, 4);
    fdt_end_node(blob);
    fdt_end_node(blob);
    fdt_end_node(blob);
    fdt_begin_node(blob, "virtio_mmio@a000200");
    WORDS("interrupts", 0, 18, 1, 0, 19, 1);
    WORDS("reg", 0, 0xa000200, 0, 0x200);
    fdt_property_string(blob, "compatible", "virtio,mmio");
    fdt_property_string(blob, "status", "disabled");
    fdt_end_node(blob);
    return end();
}

/* At the top nothing is translated; the interrupt's cells are counted by the root's parent. */
Test(fdt, device_at_the_top)
{
    struct fdt_node n;
    size_t at = 0;
    build_board();
    cr_assert_eq(fdt_next(&tree, "virtio,mmio", &at, &n), 1);
    cr_assert_str_eq(n.name, "virtio_mmio@a000000");
    cr_assert_str_eq(n.compatible, "virtio,mmio");
    cr_assert_eq(n.regs, 1);
    cr_assert_eq(n.reg[0].base, 0xa000000);
    cr_assert_eq(n.reg[0].size, 0x200);
    cr_assert_eq(n.interrupts, 1);
    cr_assert_eq(n.interrupt_cells, 3);
    cr_assert_eq(n.interrupt[0][1], 16);
    cr_assert_eq(n.interrupt[0][2], 1);
    cr_assert(!n.disabled);
}

/* Through a bus with ranges and one that changes nothing: 0x1200 lies 0x200 into the first range,
 * 0x8080 0x80 into the second; 0x7000 is in none, and the last runs beyond its end. */
Test(fdt, device_behind_ranges)
{
    struct fdt_node n;
    size_t at = 0;
    build_board();
    cr_assert_eq(fdt_next(&tree, "virtio,mmio", &at, &n), 1);
    cr_assert_eq(fdt_next(&tree, "virtio,mmio", &at, &n), 1);
    cr_assert_str_eq(n.name, "net@1200");
    cr_assert_str_eq(n.compatible, "acme,odd");
    cr_assert_eq(n.regs, 2);
    cr_assert_eq(n.reg[0].base, UINT64_C(0x140000200));
    cr_assert_eq(n.reg[0].size, 0x200);
    cr_assert_eq(n.reg[1].base, UINT64_C(0x200000080));
    cr_assert_eq(n.reg[1].size, 0x80);
    cr_assert_eq(n.interrupts, 1);
    cr_assert_eq(n.interrupt[0][1], 17);
    cr_assert_eq(n.interrupt[0][2], 4);
    cr_assert(!n.disabled);
}

/* A disabled device is told as such; behind the last there is none. */
Test(fdt, device_disabled_and_last)
{
    struct fdt_node n;
    size_t at = 0;
    build_board();
    for (int i = 0; i < 3; i++)
        cr_assert_eq(fdt_next(&tree, "virtio,mmio", &at, &n), 1);
    cr_assert(n.disabled);
    cr_assert_eq(n.interrupts, 2);
    cr_assert_eq(n.interrupt[1][1], 19);
    cr_assert_eq(fdt_next(&tree, "virtio,mmio", &at, &n), 0);
    at = 0;
    cr_assert_eq(fdt_next(&tree, "virtio,mmi", &at, &n), 0, "half a name is another");
}

/* Every node with a compatible name, in the order in which libfdt walks them, and its reg where no
 * bus lies between. */
Test(fdt, same_nodes_as_libfdt)
{
    struct fdt_node n;
    size_t at = 0;
    build_board();
    int depth = 0;
    for (int off = fdt_next_node(blob, -1, &depth); off >= 0;
         off = fdt_next_node(blob, off, &depth)) {
        const char *first = fdt_getprop(blob, off, "compatible", NULL);
        if (!first)
            continue;
        cr_assert_eq(fdt_next(&tree, NULL, &at, &n), 1);
        cr_assert_str_eq(n.name, fdt_get_name(blob, off, NULL));
        cr_assert_str_eq(n.compatible, first);
    }
    cr_assert_eq(fdt_next(&tree, NULL, &at, &n), 0);
}

/* A node that no bus leads out of has no reg. */
Test(fdt, no_ranges_no_address)
{
    struct fdt_node n;
    size_t at = 0;
    begin();
    fdt_begin_node(blob, "i2c");
    WORDS("#address-cells", 1);
    WORDS("#size-cells", 0);
    fdt_begin_node(blob, "eeprom@50");
    WORDS("reg", 0x50);
    fdt_property_string(blob, "compatible", "virtio,mmio");
    fdt_end_node(blob);
    fdt_end_node(blob);
    end();
    cr_assert_eq(fdt_next(&tree, "virtio,mmio", &at, &n), 1);
    cr_assert_eq(n.regs, 0);
}

/* All nodes of a copy that ends where its memory does. */
static void walk(const uint8_t *bytes, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);
    struct fdt f;
    struct fdt_node n;
    memcpy(exact, bytes, size);
    if (fdt_open(&f, exact, size) == 0)
        for (size_t at = 0; fdt_next(&f, NULL, &at, &n) > 0;)
            cr_assert(n.regs <= FDT_REGS && n.interrupts <= FDT_INTERRUPTS);
    free(exact);
}

/* Cut anywhere, and with each octet one of five others. */
Test(fdt, damaged_in_any_octet)
{
    static const uint8_t other[] = {0, 1, 0x7f, 0x80, 0xff};
    size_t size = build_board();
    for (size_t i = 0; i < size; i++)
        walk(blob, i);
    for (size_t i = 0; i < size; i++) {
        uint8_t was = blob[i];
        for (size_t k = 0; k < sizeof other; k++) {
            blob[i] = other[k];
            walk(blob, size);
        }
        blob[i] = was;
    }
}

/* Several octets at once, by a generator of its own. */
Test(fdt, damaged_in_many_octets)
{
    static uint8_t copy[ROOM];
    size_t size = build_board();
    uint32_t random = 1;
    for (int round = 0; round < 20000; round++) {
        memcpy(copy, blob, size);
        for (int k = 0; k < 4; k++) {
            random = random * 1664525u + 1013904223u;
            copy[(random >> 8) % size] = (uint8_t)(random >> 24);
        }
        walk(copy, size);
    }
}

/* A header that does not fit what it heads, each field in turn; deeper than there is room for. */
Test(fdt, refused)
{
    struct fdt f;
    size_t size = build_board();
    cr_assert_eq(fdt_open(&f, blob, size), 0);
    cr_assert_eq(fdt_open(&f, blob, size - 1), -1);
    fdt_set_version(blob, 16);
    cr_assert_eq(fdt_open(&f, blob, size), -1, "no size of the structure block");
    fdt_set_version(blob, 17);
    fdt_set_last_comp_version(blob, 18);
    cr_assert_eq(fdt_open(&f, blob, size), -1, "not for readers of 17");
    fdt_set_last_comp_version(blob, 16);
    fdt_set_magic(blob, 0xd00dfeee);
    cr_assert_eq(fdt_open(&f, blob, size), -1);
    struct fdt_node n;
    size_t at = 0;
    begin();
    for (int i = 1; i < FDT_DEPTH + 1; i++)
        fdt_begin_node(blob, "deeper");
    for (int i = 1; i < FDT_DEPTH + 1; i++)
        fdt_end_node(blob);
    end();
    cr_assert_eq(fdt_next(&tree, NULL, &at, &n), -1);
}

/* --- devices of it --- */

static struct device seen[8];
static int seen_count;

static bool sees(const struct device *device)
{
    cr_assert_lt(seen_count, 8);
    seen[seen_count++] = *device;
    return false;
}

/* The GIC's numbers of shared interrupts begin at 32; one of another kind is none of ours. */
static int number_of(void *ctx, const struct fdt_node *node, uint32_t i)
{
    cr_assert_eq(ctx, &tree);
    return node->interrupt[i][0] == 0 ? 32 + (int)node->interrupt[i][1] : -1;
}

static void no_random(void *self, enum random_purpose purpose, void *out, size_t len)
{
    (void)self, (void)purpose;
    memset(out, 0x5a, len);
}

static int probe(void)
{
    static const struct netif_driver looker = {.name = "looker", .match = sees};
    static const struct netif_driver *const drivers[] = {&looker, NULL};
    static const struct module *const modules[] = {NULL};
    static const struct port port = {.random = no_random};
    static const struct bus bus;
    static _Alignas(64) uint8_t region[1 << 16];
    const struct stack_config config = {
        .limits = {.frames = 2, .netifs = 1}, .modules = modules, .drivers = drivers};
    cr_assert_leq(stack_size(&config), sizeof region);
    struct stack *s = stack_init(region, sizeof region, &config, &port, 0, NULL);
    cr_assert_not_null(s);
    seen_count = 0;
    return stack_probe_fdt(s, &bus, &tree, number_of, &tree, 0);
}

/* Each node with a place is offered, with its windows and interrupts, but for one that is disabled.
 */
Test(fdt, devices_are_offered)
{
    build_board();
    cr_assert_eq(probe(), 0);
    const struct device *top = NULL, *behind = NULL;
    for (int i = 0; i < seen_count; i++) {
        cr_assert_eq(seen[i].kind, DEVICE_TABLE);
        cr_assert_neq(seen[i].window[0].base, 0xa000200u, "it is disabled");
        if (seen[i].window[0].base == 0xa000000)
            top = &seen[i];
        if (seen[i].window[0].base == UINT64_C(0x140000200))
            behind = &seen[i];
    }
    cr_assert_not_null(top);
    cr_assert_not_null(behind);
    cr_assert_str_eq(top->compatible, "virtio,mmio");
    cr_assert_eq(top->window[0].space, BUS_MEM);
    cr_assert_eq(top->window[0].size, 0x200);
    cr_assert_eq(top->window[1].size, 0);
    cr_assert_eq(top->interrupts, 1);
    cr_assert_eq(top->interrupt[0], 32 + 16);
    cr_assert_eq(behind->interrupt[0], 32 + 17);
}

/* A tree that breaks off says so. */
Test(fdt, devices_of_a_broken_tree)
{
    begin();
    for (int i = 1; i < FDT_DEPTH + 1; i++)
        fdt_begin_node(blob, "deeper");
    for (int i = 1; i < FDT_DEPTH + 1; i++)
        fdt_end_node(blob);
    end();
    cr_assert_eq(probe(), -1);
}
#else
Test(fdt, against_libfdt)
{
    cr_skip_test("libfdt-dev is not installed");
}
#endif
