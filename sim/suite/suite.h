/*
 * The cases of some paths: every script below them (in byte order of their paths), each with every
 * combination of its parameters, on every NIC unless it names one. What `wiredrill run` and
 * `fingerprint` work through.
 */
#ifndef SIM_SUITE_SUITE_H
#define SIM_SUITE_SUITE_H

#include "sim/play/run.h"

struct suite_options {
    const char *nic;           /* --nic: only this one; NULL: those of the matrix */
    const struct sut *sut;     /* a stack without a NIC runs each case once */
    const char *const *define; /* -D NAME=value, NULL-terminated; or NULL */
    bool every_nic;            /* --nic all: also those that run when they are named only */
};

struct suite_case {
    struct run_case run;
    const char *argument; /* the path that stands for this case alone: "x.pkt@seed=3" */
    const char *golden;   /* path without extension; NULL: it has none */
    uint64_t seed;        /* of a parameter `seed`, else 0 */
};

/* A script that runs no case, with its place and a caret. */
struct refused_script {
    const char *path, *text;
};

struct suite {
    struct script **script;
    uint32_t scripts;
    struct suite_case *kase;
    uint32_t cases;
    struct refused_script *refused;
    uint32_t refusals;
    struct pool *pool;
};

/* A path is a folder, a script, or one case of a script: x.pkt@seed=3. NULL, and *why: a path that
 * is not there or holds no script. A script that does not parse keeps no other from its run: it is
 * among the refused. */
struct suite *suite_load(const char *const *path, int paths, const struct suite_options *options,
                         struct why *why);
void suite_free(struct suite *s);

#endif
