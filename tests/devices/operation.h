/*
 * What the fuzzer does to a device, one operation a line of its scripts: accesses of registers, and
 * what a driver does in several accesses: fill a descriptor and ring the doorbell, take back what
 * was received.
 */
#ifndef TESTS_DEVICES_OPERATION_H
#define TESTS_DEVICES_OPERATION_H

#include "tests/devices/side.h"

enum { RUN_OPERATIONS = 400 };

enum operation_kind {
    OP_READ,
    OP_WRITE,
    OP_SET_UP,
    OP_RECEIVE,
    OP_SEND,
    OP_REFILL,
    OP_CARRIER,
    OP_COMMAND
};

/* OP_READ: a = offset, b = width. OP_WRITE: c = value, too. OP_SET_UP: the rings; a = filter bits.
 * OP_RECEIVE: a = octets, b = 0 to us, 1 to another, 2 to all, 3 to a group; c = salt. OP_SEND: a =
 * octets, b = flags, c = salt. OP_CARRIER: a = up. OP_COMMAND: a = class, b = command, c = its
 * data.
 */
struct operation {
    enum operation_kind kind;
    uint32_t a, b, c;
};

/* What there is to see after one. */
struct shown {
    uint32_t value, sents;
    bool line;
    uint64_t sent, memory; /* hashes of the last frame, and of what the device may have written */
};

/* --- a virtio device's: virtio_operation.c --- */
/* A register that is read, or written where `mask` has bits. Of a virtio device offsets are those
 * of the transport's registers; the ISR and the configuration space have places of their own here.
 */
struct target {
    uint32_t at, width, mask;
};
enum { VIRTIO_ISR_AT = 0x1000, VIRTIO_CONFIG_AT = 0x2000 };
bool is_virtio(const char *nic);
const struct target *virtio_targets(const char *nic, uint32_t *count);
void virtio_do(struct side *s, const struct operation *op, struct shown *shown);
void virtio_memory(struct side *s, struct shown *shown);
/* FNV-1a, from `h` on. */
uint64_t hash_more(uint64_t h, const uint8_t *p, size_t len);
#define HASH_OF_NOTHING UINT64_C(0xcbf29ce484222325)

/* Fills op[RUN_OPERATIONS]; how many, 0: there is no generator for this NIC. */
int operations_make(struct operation *op, const char *nic, uint64_t seed);
void operation_do(struct side *s, const struct operation *op, struct shown *shown);
/* As a line of a script, in `out` of 128 octets; and back. */
const char *operation_text(const struct operation *op, char *out);
bool operation_read(struct operation *op, const char *text);
/* One field, or all of them (NULL), in `out` of 128 octets. */
const char *shown_text(const struct shown *s, const char *field, char *out);

#endif
