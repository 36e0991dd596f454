/*
 * What the fuzzer does to a device, one operation a line of its scripts: accesses of registers, and
 * what a driver does in several accesses: fill a descriptor and ring the doorbell, take back what
 * was received.
 */
#ifndef TESTS_DEVICES_OPERATION_H
#define TESTS_DEVICES_OPERATION_H

#include "tests/devices/side.h"

enum { RUN_OPERATIONS = 400 };

enum operation_kind { OP_READ, OP_WRITE, OP_SET_UP, OP_RECEIVE, OP_SEND, OP_REFILL, OP_CARRIER };

/* OP_READ: a = offset, b = width. OP_WRITE: c = value, too. OP_SET_UP: the rings; a = filter bits.
 * OP_RECEIVE: a = octets, b = 0 to us, 1 to another, 2 to all, 3 to a group; c = salt. OP_SEND: a =
 * octets, b = flags, c = salt. OP_CARRIER: a = up. */
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

/* Fills op[RUN_OPERATIONS]; how many, 0: there is no generator for this NIC. */
int operations_make(struct operation *op, const char *nic, uint64_t seed);
void operation_do(struct side *s, const struct operation *op, struct shown *shown);
/* As a line of a script, in `out` of 128 octets; and back. */
const char *operation_text(const struct operation *op, char *out);
bool operation_read(struct operation *op, const char *text);
/* One field, or all of them (NULL), in `out` of 128 octets. */
const char *shown_text(const struct shown *s, const char *field, char *out);

#endif
