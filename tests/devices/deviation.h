/*
 * Where QEMU's device models are known not to do what the hardware does, as data:
 * deviations.tsv. A row names a NIC, one of its checks and what is seen there (or, for the fuzzer,
 * a register), QEMU's value and ours, the reason with its source, and how certain it is.
 */
#ifndef TESTS_DEVICES_DEVIATION_H
#define TESTS_DEVICES_DEVIATION_H

#include <stdbool.h>
#include <stddef.h>

enum { DEVIATIONS_MAX = 256, DEVIATION_COLUMNS = 7, DEVIATION_LINE = 1024 };

struct deviation {
    int line;
    const char *nic, *where, *what, *theirs, *ours, *reason, *certainty;
    bool used;
};

struct deviations {
    struct deviation row[DEVIATIONS_MAX];
    int rows;
};

/* Reads the table; false after saying on stderr what is wrong with it. Lives as long as the
 * program. */
bool deviations_load(struct deviations *d, const char *path);
/* The row for what was seen; NULL: QEMU is to do as we do. */
struct deviation *deviation_of(struct deviations *d, const char *nic, const char *where,
                               const char *what);

#endif
