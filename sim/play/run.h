/*
 * A run: one case (a script, its parameters, a NIC) played once in a world of its own. run.c builds
 * the topology, engine.c plays the steps, run_call.c makes calls, run_eval.c evaluates values and
 * expressions, run_verdict.c words what went wrong.
 */
#ifndef SIM_PLAY_RUN_H
#define SIM_PLAY_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/hosts/host.h"
#include "sim/hosts/sut.h"
#include "sim/hosts/sut_host.h"
#include "sim/nic/machine.h"
#include "sim/language/script.h"
#include "sim/record/capture.h"
#include "sim/world/fingerprint.h"

enum { RUN_LINKS = 16, RUN_HOSTS = 64, RUN_REPORT = 12288, RUN_PENDING = 16, RUN_DEPTH = 8 };

struct run;
enum run_status {
    RUN_PASSED,
    RUN_FAILED,
    RUN_SKIPPED,
    RUN_ERROR /* the script or an option is wrong: exit status 2 */
};

struct run_options {
    const struct sut *sut;
    uint64_t seed;
    const struct profile_knob *profile; /* set before the script's own knobs; NULL: none */
    uint8_t fill;                       /* what the stack's memory holds before it starts */
    const struct setting *set;          /* --set, after the script's own */
    uint32_t sets;
    bool judge_rfc;   /* --judge rfc */
    bool watch_fates; /* what became of each frame: notes in the capture, or told to `fate` */
    void (*fate)(void *ctx, uint32_t frame, enum sut_fate fate, const char *reason);
    void *fate_ctx;
    int lose_link; /* loss closure: lose the nth frame of this link; frame 0: none */
    uint64_t lose_frame;
    bool by_outcome;          /* judge by the outcome alone, not line by line */
    const int64_t *call_time; /* by_outcome: when each top-level step ran undisturbed */
    const char *repeat;       /* the command that repeats this case */
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

struct run_link {
    const char *name;
    struct link *link;
    struct capture *capture;
    int script_port; /* where `<` lines enter when no raw host is there; -1: not attached */
    struct run *run;
};

/* A frame that a host sent and that no line has spoken for. */
struct seen {
    struct frame *frame;
    int64_t time_ns;
    struct host *host;
    int port;
    uint32_t record; /* its index in the link's capture */
    bool taken;
};

struct pending_call {
    uint64_t token; /* 0: free */
    const struct step *step;
    struct value *argument;      /* as evaluated */
    int64_t started_ns, ends_ns; /* ends_ns -1: whenever; else it must end exactly then */
    bool done;
    int64_t result, done_ns;
    struct value out[SUT_ARGUMENTS];
};

struct binding {
    const char *name;
    struct value value;
    struct binding *next;
};

/* A block being played: its steps, where we are, how often still. */
struct frame_of_steps {
    const struct step *step;
    uint32_t count, at, left;
    bool any_order;
    uint64_t done; /* all { }: bit k, step k matched */
};

/* What a script without topology lines plays on; see run_packetdrill.c. */
struct packetdrill {
    uint32_t local, remote, gateway;
    int prefix;
    uint16_t bind_port, connect_port;
    int64_t tolerance_ns;
};

struct run {
    struct owner owner; /* first */
    struct world *world;
    const struct run_case *kase;
    const struct script *script;
    const struct run_options *options;
    struct packetdrill tool;
    struct run_link link[RUN_LINKS];
    uint32_t links;
    struct host *host[RUN_HOSTS]; /* the host under test is host[0] */
    uint32_t hosts;
    struct host *sut;
    struct binding *bindings;
    struct frame_of_steps depth[RUN_DEPTH];
    int depths;
    int64_t last_event_ns, step_armed_ns;
    struct seen *seen;
    uint32_t seens, seen_room, seen_first;
    bool want_peer_frames;
    bool asked_in_vain;    /* an expression asked a stack that is not ours what only ours knows */
    bool asked_violations; /* the script judges itself what its peers thought of the host under test
                            */
    bool injected;         /* the last step was a packet to the host under test */
    struct pending_call pending[RUN_PENDING];
    uint64_t next_token;
    int64_t fd_map[64];        /* the script's descriptor to the stack's; -1: none */
    uint32_t *ignored;         /* how often each `ignore` applied */
    struct link_fault **fault; /* those added, in order, with their lines */
    uint32_t faults, fault_room;
    struct frame *last_out, *last_in; /* the last frame of the host under test, and of any other:
                                         what a line may answer */
    bool finished, closed;
    enum run_status status;
    char report[RUN_REPORT]; /* why it failed or was skipped */
    uint32_t report_len;
    struct place failed_at;
    int64_t failed_ns;
    uint64_t frames;
    int64_t *call_time; /* when each top-level step ran; -1: not yet */
    uint32_t outcomes_judged;
};

/* Builds the world up to time 0. NULL: *why (an input error, exit status 2) - `r->status`
 * RUN_SKIPPED is possible on success. */
struct run *run_new(const struct run_case *kase, const struct run_options *options,
                    struct why *why);
/* Plays up to until_ns (NEVER: the end). */
void run_play(struct run *r, int64_t until_ns);
/* After the end: faults that never applied, ignores, frames unexpected. */
void run_finish(struct run *r);
/* After the fingerprints: stops the hosts; a run that passed fails when the stack under test says
 * that something is left. */
void run_close(struct run *r);
void run_free(struct run *r);
/* W, T and S of the whole run, links in topology order. */
void run_fingerprints(const struct run *r, struct fingerprint *w, struct fingerprint *t,
                      struct fingerprint *s);

/* --- among the files of the engine --- */
void engine_start(struct run *r);
void engine_fire(struct owner *o, int64_t now_ns);
/* The engine of loss closure: calls at the times of the undisturbed run, then the outcomes
 * (engine_outcome.c). */
void outcome_fire(struct owner *o, int64_t now_ns);
void engine_act(struct run *r, const struct step *step, int64_t now_ns);
void engine_check(struct run *r, const struct place *place, const struct expr *e, int64_t now_ns);
void engine_frame_seen(struct run *r, struct run_link *l, int number, struct frame *f,
                       int64_t now_ns);
/* The frame that the host under test is being given was dropped or filtered: its record says why.
 */
void run_note(struct run *r, const char *reason);
/* `link NAME {ATTR VALUE}` into a configuration; -1 and why. */
int run_configure_link(struct run *r, struct link_config *config, const struct attribute *attribute,
                       uint32_t count, struct why *why);
struct host *run_host(const struct run *r, const char *name,
                      int *port); /* a host, or an interface under test */
bool run_host_addresses(struct run *r, struct host *h, int port, struct packet_addresses *out);
struct run_link *run_link_by_name(struct run *r, const char *name);
struct run_link *run_link_of(struct run *r, const struct link *l);

void run_bind(struct run *r, const char *name, const struct value *v);
const struct value *run_lookup(const struct run *r, const char *name);
/* Evaluates for a call: variables, htons(...), symbols, sockaddrs. -1: *why. */
int eval_value(struct run *r, const struct value *in, struct value *out, struct why *why);
int eval_expr(struct run *r, const struct expr *e, struct value *out, struct why *why);
bool eval_true(const struct value *v);
/* Compares loosely (numbers, times and addresses by value); binds ?x; * matches. */
bool eval_match(struct run *r, const struct value *expected, const struct value *actual);
/* A knob's on and off are 1 and 0. */
void run_knob_value(struct value *v);
struct value value_in_arena(struct run *r, const struct value *v);
/* Linux's number of an errno's name, 0 when unknown; and the name of a number. */
int errno_number(const char *name);
const char *errno_name(int number);

void call_start(struct run *r, const struct step *step, int64_t now_ns);
void call_ended(void *ctx, uint64_t token, int64_t result, const struct value *out, int outs);
/* Judges what ended; true when any call is still open. */
bool call_settle(struct run *r);
/* The script's lines of this instant are played: a call that was to end by now and did not fails.
 */
void call_overdue(struct run *r, int64_t now_ns);
void call_abandon(struct run *r, int64_t now_ns); /* at the end of the script */

/* Verdicts. The first failure stays. */
__attribute__((format(printf, 4, 5))) void run_fail(struct run *r, const struct place *place,
                                                    int64_t at_ns, const char *format, ...);
/* A sum of times stops short of NEVER: a script's times may add up to more than 292 years. */
static inline int64_t run_later(int64_t a_ns, int64_t b_ns)
{
    return a_ns > 0 && b_ns > NEVER - 1 - a_ns ? NEVER - 1 : a_ns + b_ns;
}
__attribute__((format(printf, 2, 3))) void run_skip(struct run *r, const char *format, ...);
__attribute__((format(printf, 2, 3))) void run_say(struct run *r, const char *format, ...);

#endif
