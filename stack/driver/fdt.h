/*
 * A flattened device tree, read in place (Devicetree Specification v0.4, chapter 5): as much of it
 * as finding a device takes - compatible, reg through the ranges of the buses above, interrupts.
 * Nothing in it is believed: whatever the blob holds, no octet outside of it is read, and each walk
 * ends.
 */
#ifndef STACK_DRIVER_FDT_H
#define STACK_DRIVER_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bus;
struct stack;

enum { FDT_DEPTH = 16, FDT_REGS = 6, FDT_CELLS = 4, FDT_INTERRUPTS = 8 };

struct fdt {
    const uint8_t *blob;
    size_t size; /* of the blob, as its header says */
    size_t structs, structs_end, strings, strings_end;
};

/* A node that was found. */
struct fdt_node {
    const char *name;       /* "virtio_mmio@a000000"; the blob's */
    const char *compatible; /* the first of its names; the blob's */
    /* `reg`, as the processor sees it; entries that no range above leads out of are left out. */
    struct fdt_reg {
        uint64_t base, size;
    } reg[FDT_REGS];
    uint32_t regs;
    /* `interrupts`, or the first of `interrupts-extended`: each of `interrupt_cells` cells, whose
     * meaning is the interrupt parent's (GIC: kind, number, flags). */
    uint32_t interrupt[FDT_INTERRUPTS][FDT_CELLS];
    uint32_t interrupts, interrupt_cells;
    bool disabled; /* status is there, and neither "okay" nor "ok" */
};

/* 0, or -1: it is none, of a version that cannot be read, or longer than `size`. */
int fdt_open(struct fdt *f, const void *blob, size_t size);
/* The next node at or behind offset *at (0: from the start) one of whose `compatible` names is
 * `name`, NULL: any node that has one. 1; 0: there is none any more; -1: the tree is damaged here.
 * *at moves behind the node's head. */
int fdt_next(const struct fdt *f, const char *name, size_t *at, struct fdt_node *out);

/*
 * Attaches each device of the tree that is enabled and that a driver of the stack's matches by the
 * first of its compatible names. `interrupt` gives the kernel's number for an interrupt of the
 * node, negative: there is none. Returns how many interfaces came, -1: the tree is damaged (those
 * before have come).
 */
int stack_probe_fdt(struct stack *s, const struct bus *b, const struct fdt *f,
                    int (*interrupt)(void *ctx, const struct fdt_node *node, uint32_t i), void *ctx,
                    int64_t now_ns);

#ifdef __cplusplus
}
#endif

#endif
