/*
 * A split virtqueue, the driver's side (virtio 1.2, "Split Virtqueues"): the same for each
 * transport and device, legacy or not. Buffers are chains of descriptors; the available ring says
 * which are the device's, the used ring which it is done with.
 *
 *     descriptor, 16 octets, 16-aligned        available, 2-aligned      used, 4-aligned
 *     +----------------------+                 +-------------+           +-------------+
 *   0 | address (64)         |               0 | flags       |         0 | flags       |
 *     +-----------+-----+----+               2 | idx         |         2 | idx         |
 *   8 | length    |flags|next|               4 | ring[size]  |         4 | id | length | size of
 * them
 *     +-----------+-----+----+                 | used_event  |           | avail_event |
 *                                              +-------------+           +-------------+
 */
#ifndef STACK_DRIVER_VIRTQUEUE_H
#define STACK_DRIVER_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stack/driver/bus.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { VIRTQUEUE_MOST = 256 }; /* descriptors that a driver here uses, whatever the device has */
enum { VIRTQUEUE_LEGACY_ALIGN = 4096, VIRTQUEUE_ALIGN = 16 };
/* Parts of a buffer that an indirect table holds, and that table's octets. */
enum { VIRTQUEUE_TABLE = 4, VIRTQUEUE_TABLE_BYTES = 16 * VIRTQUEUE_TABLE };

struct virtqueue {
    const struct bus *bus;
    uint8_t *desc, *avail, *used;
    uint16_t size;      /* a power of two */
    uint16_t free;      /* the first free descriptor, by next; valid while frees > 0 */
    uint16_t frees;     /* how many */
    uint16_t added;     /* buffers offered so far; those behind `published` not yet the device's */
    uint16_t published; /* the index that the device sees */
    uint16_t asked;     /* `published` when it was last asked whether the device wants to know */
    uint16_t taken;     /* buffers that came back */
    bool event_idx;     /* VIRTIO_F_EVENT_IDX was negotiated */
    bool broken;        /* the device gave back what it did not have */
    uint8_t *table;     /* NULL: no indirect descriptors; else a table for each of the first ones */
    uint16_t tables;    /* how many */
    uint64_t table_at;  /* for the device */
    void *owner[VIRTQUEUE_MOST]; /* of the chain that begins at this descriptor; NULL: none */
};

/* A piece of a buffer, in the device's address space. */
struct virtqueue_part {
    uint64_t at;
    uint32_t len;
};

/* Memory for a queue of `size`, its used ring at a multiple of `align`: the driver's choice, but
 * for the legacy interface, which wants VIRTQUEUE_LEGACY_ALIGN for the memory as well. */
size_t virtqueue_bytes(uint16_t size, uint32_t align);
/* Empty, in `memory` of zeros; 0 < size <= VIRTQUEUE_MOST. */
void virtqueue_init(struct virtqueue *q, const struct bus *bus, void *memory, uint16_t size,
                    uint32_t align, bool event_idx);

/* Buffers of several parts take one descriptor from now on: `memory` holds VIRTQUEUE_TABLE_BYTES
 * for each of the first `tables` descriptors, which are the ones in use while no more buffers are
 * the device's. INDIRECT_DESC was negotiated. */
void virtqueue_use_tables(struct virtqueue *q, void *memory, uint64_t at, uint16_t tables);

/* Offers a buffer of up to `size` parts, of which the device reads the first `read` and writes the
 * rest. `owner`, not NULL, comes back from virtqueue_take. False: there are not so many descriptors
 * free. */
bool virtqueue_add(struct virtqueue *q, const struct virtqueue_part *part, unsigned parts,
                   unsigned read, void *owner);
/* What was added is the device's. */
void virtqueue_publish(struct virtqueue *q);
/* Does the device have to be told of what was published since it was asked last? */
bool virtqueue_wants_notification(struct virtqueue *q);

/* The owner of the next buffer that the device is done with, and how much of it it wrote; NULL:
 * none, or the queue is broken. */
void *virtqueue_take(struct virtqueue *q, uint32_t *written);
/* No interrupts, please: the device may send one all the same. */
void virtqueue_quiet(struct virtqueue *q);
/* An interrupt with the next buffer, please. True: one has come meanwhile, for which there is
 * perhaps none. */
bool virtqueue_listen(struct virtqueue *q);

/* Unhooks a buffer that is still the device's, which is reset; NULL: there is none any more. */
void *virtqueue_take_back(struct virtqueue *q);

#ifdef __cplusplus
}
#endif

#endif
