/*
 * A case as its actions alone: what an undisturbed run does, each step with the time at which it
 * did it, whatever blocks it stands in. So it can be played again under faults, by its outcome
 * (sim/play/outcome.c), and printed as a script that says `judge outcome`.
 */
#ifndef SIM_SUITE_ACTIONS_H
#define SIM_SUITE_ACTIONS_H

#include "sim/play/run.h"

struct actions {
    struct run_case kase; /* of `script`, whose parameters have this case's values alone */
    struct script script; /* the actions; among them `>` lines, which excuse what they state */
    int64_t last_ns;      /* of the actions */
    int64_t *frame_ns;    /* when frames entered links, in order */
    uint32_t frames, links;
    const char **link;   /* names */
    const char *outside; /* why the case cannot be played so; NULL: it can */
    struct pool *pool;
};

/* Plays the case once as it is. `a` is filled even when `outside` is set; seed: of the script that
 * is made. Freed by actions_free. */
void actions_record(const struct run_case *kase, const struct run_options *options, uint64_t seed,
                    struct actions *a);
void actions_free(struct actions *a);
/* Forgets the frames seen so far, and notes those of this run. */
void actions_note_frames(struct actions *a, const struct run *r);
/* NAME = VALUE among the parameters of a script that is made. */
void actions_parameter(struct script *s, struct pool *pool, const char *name, struct value value);

#endif
