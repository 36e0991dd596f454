/*
 * A run: one case (a script, its parameters, a NIC) played once in a world of its own. run.c begins
 * and ends it, engine.c plays the steps, inject.c puts frames on links, frames.c lines before the
 * judge, which introduce.c and hear.c tell what it must know; call.c makes calls, eval.c evaluates
 * expressions, fault.c disturbs links, outcome.c plays for an outcome alone.
 */
#ifndef SIM_PLAY_RUN_H
#define SIM_PLAY_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/judge/judge.h"
#include "sim/language/script.h"
#include "sim/play/bend.h"
#include "sim/play/descriptor.h"
#include "sim/play/pending.h"
#include "sim/topology/topology.h"

enum { RUN_DEPTH = 8 };

struct run;
struct watch;
struct monitor_finding;

struct run_options {
    const struct sut *sut;
    const struct board_kind *board; /* whose device models; NULL: ours */
    sut_loader *load;               /* stacks of peers, by their names; NULL: none is here */
    uint64_t seed;
    const struct profile_knob *profile; /* set before the script's own knobs; NULL: none */
    enum system system;                 /* of that profile */
    bool (*knob_default)(const char *knob, int64_t *value); /* see struct topology_plan */
    uint8_t fill;              /* what the stack's memory holds before it starts */
    const struct setting *set; /* --set, after the script's own */
    uint32_t sets;
    bool judge_rfc, judge_exact; /* --judge; neither: exact, but packetdrill's scripts as rfc
                                    unless a system's profile is set */
    void (*found)(void *ctx, const struct monitor_finding *f); /* of a live run; NULL: as usual */
    void *found_ctx;
    bool monitored;   /* what must hold in every run is watched (sim/monitor) */
    bool strict;      /* an `end` that comes early says why */
    bool watch_fates; /* what became of each frame: notes in the capture, or told to `fate` */
    void (*fate)(void *ctx, uint32_t frame, enum sut_fate fate, const char *reason);
    void *fate_ctx;
    const struct frame_fault *fault; /* closure: what becomes of which frames */
    uint32_t faults;
    bool
        live; /* by_outcome, in real time: calls are judged by what they return, frames by nobody */
    bool once;                     /* live: over when the last call has returned */
    bool by_outcome;               /* judge by the outcome alone, not line by line */
    const int64_t *call_time;      /* by_outcome: when each top-level step ran undisturbed */
    const struct bend_hooks *bend; /* who bends the wire; NULL: nobody */
    struct recorded_notes *notes;  /* --trace nic, stack, timer; NULL: nobody wants it */
    unsigned notes_of;             /* enum topology_note */
    struct cwnd_trace *cwnd;       /* --trace cwnd; NULL: nobody wants it */
    /* Before each step that acts: a call, a packet that is injected, a fault, a knob. */
    void (*acts)(void *ctx, struct run *r, const struct step *step, int64_t now_ns);
    void *acts_ctx;
    void (*ended)(void *ctx, const struct run *r); /* the run that was recorded; may be NULL */
    void *ended_ctx;
    const char *repeat;                           /* the command that repeats this case */
    void (*last_words)(void *ctx, struct run *r); /* the run failed and cannot go on, not even to be
                                                     taken apart: does not return */
    void *last_words_ctx;
};

/* One case of a script. */
struct run_case {
    const struct script *script;
    const struct value *const *value; /* one for each of the script's parameters */
    const struct nic_kind *nic;       /* for interfaces that name none */
    const char *name;                 /* "arp/entry-expires@edge=2 e1000" */
};

/* A block being played: its steps, where we are, how often still. */
struct frame_of_steps {
    const struct step *step;
    uint32_t count, at, left;
    uint32_t turn, least; /* of a repeat, from 1; turns that must be */
    const char *counter;  /* bound to the turn; NULL: none is */
    bool any_order;
};

struct run {
    struct owner owner; /* first */
    struct world *world;
    const struct run_case *kase;
    const struct script *script;
    const struct run_options *options;
    struct topology topology;
    struct judge judge;
    struct frame *whole; /* what was injected in pieces last, and the last of those */
    const struct frame *last_piece;
    struct watch *watch; /* what must hold in every run; NULL: nobody looks */
    bool other_timers;   /* than the standards', by a knob */
    struct verdict verdict;
    struct frame_of_steps depth[RUN_DEPTH];
    int depths;
    struct expect_block *expecting; /* the lines that are before the judge; NULL: none */
    int64_t last_event_ns;
    int64_t taken_ns[2];           /* when lines took their last two frames */
    uint64_t played;               /* steps */
    const struct step *last;       /* of them; NULL: none was */
    uint32_t sent, injected_lines; /* counted for who bends the wire */
    bool asked_in_vain;    /* an expression asked a stack that is not ours what only ours knows */
    bool asked_violations; /* the script judges itself what its peers thought of the host under test
                            */
    bool injected;         /* the last step was a packet to the host under test */
    struct pending_calls calls;
    uint32_t polls;                  /* of those, in poll.c */
    struct descriptors *descriptors; /* of each host, by its index */
    struct link_fault **fault;       /* those added, in order, with their lines */
    uint32_t faults, fault_room;
    struct stand_in *stand_in; /* answers for neighbours that no call could name; NULL: for none */
    struct names reasons;      /* why frames were dropped, each text once */
    bool by_outcome;           /* the options' or the script's: */
    int64_t disturbed_ns;      /* when a line last changed a link */
    bool closed;
    int64_t *call_time; /* when each top-level step ran; -1: not yet */
    uint32_t outcomes_judged;
};

/* Builds the world up to time 0. NULL: *why (an input error, exit status 2) - the verdict
 * RUN_SKIPPED is possible on success. */
struct run *run_new(const struct run_case *kase, const struct run_options *options,
                    struct why *why);
/* The world was put back to where run_new left it: `script`, which differs from the case's in its
 * steps, its outcomes and its end, is played next. */
void run_again(struct run *r, const struct script *script);
/* Plays up to until_ns (NEVER: the end). */
void run_play(struct run *r, int64_t until_ns);
/* A number that changes as long as the process gets on, whatever the machine's speed: with each
 * event and step of the run that is being played, and with each run, so that what stands between
 * two runs of many is no standstill. For signal handlers. */
uint64_t run_progress(void);
/* The process comes down, by foreign code: the run that is being played says its last words, why
 * among them, and does not return if there are any. Returns when none is played. */
void run_die(const char *why);
/* After the end: faults that never applied, ignores, frames unexpected. */
void run_finish(struct run *r);
/* After the fingerprints: stops the hosts; a run that passed fails when the stack under test says
 * that something is left. */
void run_close(struct run *r);
/* In its place: what is broken is not stopped, and all that it holds goes with its world. */
void run_abandon(struct run *r);
void run_free(struct run *r);
/* W, T and S of the whole run, links in topology order. */
void run_fingerprints(const struct run *r, struct fingerprint *w, struct fingerprint *t,
                      struct fingerprint *s);

/* The engine of loss closure: calls at the times of the undisturbed run, then the outcomes
 * (outcome.c). */
void outcome_fire(struct owner *o, int64_t now_ns);

#endif
