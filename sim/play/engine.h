/* What the files that play a run share. */
#ifndef SIM_PLAY_ENGINE_H
#define SIM_PLAY_ENGINE_H

#include "sim/play/run.h"

enum { PACKET_ROOM = 65600 };

/* When a step may happen. */
struct bounds {
    int64_t from_ns, to_ns;
};

/* Whether a step is done, or must be looked at again later. */
enum progress { WAITING, ADVANCED };

/* engine.c */
void engine_start(struct run *r);
void engine_fire(struct owner *o, int64_t now_ns);
void engine_act(struct run *r, const struct step *step, int64_t now_ns);
void engine_check(struct run *r, const struct place *place, const struct expr *e, int64_t now_ns);
/* From when to when a step is due, times counted from the last event's. */
struct bounds engine_bounds_of(const struct when *w, int64_t base_ns);
/* When it is judged, as far as is known now. */
int64_t engine_outcome_ns(const struct run *r, const struct outcome_declaration *o);
/* Look again at until_ns, or sooner when a frame comes; WAITING. */
enum progress engine_wait_until(struct run *r, int64_t until_ns);
/* A sum of times stops short of NEVER: a script's times may add up to more than 292 years. */
static inline int64_t run_later(int64_t a_ns, int64_t b_ns)
{
    return a_ns > 0 && b_ns > NEVER - 1 - a_ns ? NEVER - 1 : a_ns + b_ns;
}

/* shell.c: a command in backticks. */
void shell_play(struct run *r, const struct step *step, int64_t now_ns);

/* The judge's view of a host's port. */
struct judge_port *run_port(const struct run *r, const struct host *h, int port);

/* introduce.c: tells the judge of every port, of the script's ignores and of who answers for names.
 */
void introduce_all(void *run);

/* hear.c: what the judge must know of what the script declares, calls and sets. */
void hear_declarations(struct run *r);
void hear_call(struct run *r, const char *call, const struct value *argv, uint32_t arguments);
/* The same of a peer that a stack moves: its addresses are the judge's to know. */
void hear_peer(struct run *r, const struct host *h, const char *call, const struct value *argv);
void hear_knob(struct run *r, const char *knob, int64_t value);

/* inject.c */
/* A `<` line: builds the frame and puts it on the link. */
void inject_line(struct run *r, const struct step *step, int64_t now_ns);
/* A frame of nobody's line, by the port of the link's script. */
void inject_bytes(struct run *r, uint32_t link, const uint8_t *bytes, uint32_t len);

/* frames.c */
topology_watch frames_watch;
/* The frame that the host under test is being given was dropped or filtered: its record says why.
 */
void frames_note(struct run *r, const char *reason);
/* How far from its time something may come that is so long after the last event: in packetdrill's
 * scripts that tool's tolerance, else 0. */
int64_t frames_tolerance(const struct run *r, int64_t interval_ns);
/* `>` lines, one or those of an all { }, before the judge. *absent: an optional one stayed away. */
enum progress frames_expect(struct run *r, const struct step *step, uint32_t steps, bool optional,
                            int64_t now_ns, bool *absent);
/* Which of the alternatives of a one { } comes. */
enum progress frames_choose(struct run *r, const struct step *either, uint32_t alternatives,
                            int64_t now_ns, uint32_t *which);

/* fault.c: a line's fault, and `link NAME set ...`. */
void fault_set_link(struct run *r, const struct step *step, int64_t now_ns);
void fault_add(struct run *r, const struct step *step, int64_t now_ns);

/* eval.c */
int eval_expr(struct run *r, const struct expr *e, struct value *out, struct why *why);
bool eval_true(const struct value *v);
/* -1 and *why: it is neither true nor false. */
int eval_truth(const struct value *v, struct why *why);
/* Compares loosely (numbers, times and addresses by value); binds ?x; * matches. */
bool eval_match(struct run *r, const struct value *expected, const struct value *actual);

/* call.c */
void call_start(struct run *r, const struct step *step, int64_t now_ns);
void call_ended(void *ctx, struct host *from, uint64_t token, int64_t result,
                const struct value *out, int outs);
/* Judges what ended; true when any call is still open. */
bool call_settle(struct run *r);
/* The script's lines of this instant are played: a call that was to end by now and did not fails.
 */
void call_overdue(struct run *r, int64_t now_ns);
/* call_known.c: more arguments than a call of that name has are looked at by nobody: told, and
 * true. The known call whose name is nearest; NULL: none is near. */
bool call_surplus(struct run *r, const struct step *step, int64_t now_ns);
const char *call_nearest(const char *name);
void call_abandon(struct run *r, int64_t now_ns); /* at the end of the script */

#endif
