/*
 * What our own stack's host lets a suite see and do beside calls and frames: who draws memory,
 * which of its states and counters were reached, where its numbers begin. The suite goes by this
 * table, so that the simulation links without the stack; the command fills it in.
 */
#ifndef SIM_SUITE_INSIGHT_H
#define SIM_SUITE_INSIGHT_H

#include "sim/hosts/stack_sut_draws.h"
#include "sim/hosts/stack_sut_reach.h"
#include "sim/hosts/stack_sut_wrap.h"

struct insight {
    void (*draws_begin)(uint64_t done, uint64_t refused, bool sites);
    uint64_t (*draws_end)(void);
    uint64_t (*draws_so_far)(void);
    const struct draw_site *(*draws_sites)(uint32_t *count);
    void (*reach_into)(struct stack_reach *reach);
    const char *(*reach_state_name)(int state);
    void (*wrap)(bool on);
};

/* NULL: there is no stack of ours in this program. */
extern const struct insight *insight;

#endif
