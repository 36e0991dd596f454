/*
 * Deviations that are known: cases that a stack fails, each with its reason, so that a run says
 * what is new. A case that is listed and passes fails: its entry is to go.
 *
 * A file of lines "WHICH <tab> REASON": WHICH is one or more words, each a case as the table prints
 * it (without its NIC, from any folder of its path on, `*` for anything: `arp/x.pkt@seed=*`), or
 * the id of a requirement, which stands for the cases that cover it. What further tabs divide
 * belongs to the reason. `#` begins a comment line.
 */
#ifndef SIM_SUITE_KNOWN_H
#define SIM_SUITE_KNOWN_H

#include "sim/suite/suite.h"

struct known;
/* Reads the file. NULL, and *why with its place: it cannot be read, or a line says nothing. */
struct known *known_load(const char *path, struct why *why);
void known_free(struct known *k);

struct known_entry {
    int line;
    const char *word, *reason;
    bool is_id;             /* stands for many, not each of which need fail */
    uint32_t named, failed; /* cases of this run, so far */
};

/* The entry for a case that has run; NULL: none, so that what it did is news. */
const struct known_entry *known_judge(struct known *k, const struct suite_case *c, bool failed);
/* Tells which ids nothing failed of, and how many entries named no case; returns how many failures
 * that is. */
uint32_t known_finish(const struct known *k, FILE *out);

#endif
