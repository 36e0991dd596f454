/*
 * What a seed of a sweep draws: a configuration (case, knobs, memory), which it shares with its
 * group, and faults - a subset of the kinds, since all at once hide each other (Groce and others,
 * "Swarm Testing", 2012) - each a line that a script can say. After them the links are calm.
 */
#ifndef SIM_SUITE_SWARM_H
#define SIM_SUITE_SWARM_H

#include "sim/suite/actions.h"

/* Seeds of a group; a sweep of cases times that has had each case. */
enum { SWARM_GROUP = 12, SWARM_STRIKES = 48, SWARM_KNOBS = 6 };

enum swarm_kind {
    SWARM_LOSS,
    SWARM_BURST,
    SWARM_DUP,
    SWARM_CORRUPT,
    SWARM_FCS,
    SWARM_REORDER,
    SWARM_TRUNCATE,
    SWARM_JITTER,
    SWARM_LATENCY,
    SWARM_RATE,
    SWARM_MTU,
    SWARM_LOSE_ONE,
    SWARM_DUP_ONE,
    SWARM_FLIP_ONE,
    SWARM_FCS_ONE,
    SWARM_DELAY_ONE,
    SWARM_TRUNCATE_ONE,
    SWARM_CORRUPT_ONE,
    SWARM_DOWN,
    SWARM_PARTITION,
    SWARM_BUSY,
    SWARM_MEMORY,
    SWARM_KINDS
};
/* "loss", ... */
const char *swarm_kind_name(enum swarm_kind kind);

/* A group's. */
struct swarm_config {
    uint32_t kase;
    uint64_t world_seed;
    struct setting set[SWARM_KNOBS];
    uint32_t sets;
    bool small; /* the memory of a small stack */
};
void swarm_configure(uint64_t group, uint32_t cases, struct swarm_config *out);

/* A seed's: the script with its faults in place. */
struct swarm {
    uint32_t kinds; /* a bit for each of enum swarm_kind */
    bool single;    /* one fault of one frame: outcomes hold as in closure */
    struct step strike[SWARM_STRIKES];
    uint32_t strikes;
    int64_t calm_ns;
    struct script script; /* a's, with the strikes; memory of `pool` */
    bool *struck;         /* of its steps: those that are strikes */
};
void swarm_draw(uint64_t seed, const struct actions *a, struct pool *pool, struct swarm *out);
/* The script of the strikes that are in out. */
void swarm_compile(const struct actions *a, struct pool *pool, struct swarm *out);

#endif
