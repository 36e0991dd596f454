/*
 * A driver's contract: what a NIC asks of its driver and what a stack may rely on, check by check,
 * without a stack in between. Each check plays in a process of its own with a fresh driver, a
 * fresh device and a fresh clock; a crash or a loop there is a failure of that check.
 */
#ifndef SIM_CONTRACT_CONTRACT_H
#define SIM_CONTRACT_CONTRACT_H

#include <stdio.h>
#include "examples/driver/wiredrill_driver.h"
#include "sim/base/why.h"
#include "sim/nic/machine.h"

/* Who is judged. */
struct contract_driver {
    const struct wiredrill_driver *driver;
    const struct wiredrill_machine **machine_at; /* its variable */
    const struct nic_kind *nic;
    size_t dma_bytes; /* for its wd_dma_alloc */
};

struct contract_tally {
    unsigned passed, failed, skipped;
};

/* Every check that the NIC has, a line each. */
void contract_list(FILE *out, const struct nic_kind *nic);
/* Plays the check called `only`, or those whose names begin so (NULL: all), a line each to `out`,
 * with a sentence below those that failed; `quiet`: only those. -1 and why: there is no such check,
 * or none for this NIC. */
int contract_run(const struct contract_driver *d, const char *only, FILE *out, bool quiet,
                 struct contract_tally *tally, struct why *why);

#endif
