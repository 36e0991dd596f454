/* Device trees: octets as a flattened tree. Every walk ends, and nothing outside of it is read. */
#include <stdlib.h>
#include "fuzz/wire_fuzz.h"
#include "stack/driver/fdt.h"

static bool lies_in(const char *text, const uint8_t *blob, size_t size)
{
    const uint8_t *at = (const uint8_t *)text;
    return at >= blob && at < blob + size && memchr(at, 0, (size_t)(blob + size - at));
}

static void walk(const struct fdt *f, const char *name, const uint8_t *blob, size_t size)
{
    struct fdt_node node;
    size_t at = 0, nodes = 0, before = 0;
    while (fdt_next(f, name, &at, &node) == 1) {
        CHECK(at > before && at <= size && ++nodes <= size); /* it goes on */
        CHECK(lies_in(node.name, blob, size) && lies_in(node.compatible, blob, size));
        CHECK(node.regs <= FDT_REGS && node.interrupts <= FDT_INTERRUPTS);
        CHECK(node.interrupt_cells <= FDT_CELLS);
        before = at;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fdt f;
    uint8_t *exact = malloc(size ? size : 1); /* of that size to the octet */
    CHECK(exact);
    memcpy(exact, data, size);
    if (fdt_open(&f, exact, size) == 0) {
        CHECK(f.size <= size && f.structs <= f.structs_end && f.structs_end <= f.size);
        CHECK(f.strings <= f.strings_end && f.strings_end <= f.size);
        walk(&f, NULL, exact, size);
        walk(&f, "virtio,mmio", exact, size);
    }
    free(exact);
    return 0;
}
