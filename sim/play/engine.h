/* What the files of the engine share: engine.c plays steps, engine_frames.c keeps what hosts sent
 * and injects, engine_expect.c judges packets, engine_fault.c disturbs links. */
#ifndef SIM_PLAY_ENGINE_H
#define SIM_PLAY_ENGINE_H

#include "sim/play/run.h"

enum { PACKET_ROOM = 65600, TEXT_ROOM = 2048 };

/* When a step may happen. */
struct bounds {
    int64_t from_ns, to_ns;
};

/* Whether a step is done, or must be looked at again later. */
enum progress { WAITING, ADVANCED };

/* The oldest frame of the host that no line has taken, or NULL; take: a line, or nobody, answers
 * for it; mark: the record shows the line. */
struct seen *engine_next_seen(struct run *r, const struct host *h);
void engine_take(struct run *r, struct seen *s);
void engine_mark(struct run *r, const struct seen *s, const struct step *step);
/* What packet lines may refer to; addresses of the ends are the caller's to add. */
void engine_fill_context(struct run *r, struct packet_context *c);
/* A `<` line: builds the frame and puts it on the link. */
void engine_inject(struct run *r, const struct step *step, int64_t now_ns);
/* From when to when a step is due, times counted from the last event's. */
struct bounds engine_bounds_of(const struct when *w, int64_t base_ns);
/* A frame that no line expects. */
void engine_fail_unexpected(struct run *r, const struct place *place, const struct seen *s);
/* Look again at until_ns, or sooner when a frame comes; WAITING. */
enum progress engine_wait_until(struct run *r, int64_t until_ns);
/* One `>` line; and the lines of an all { } block. */
enum progress engine_expect(struct run *r, const struct step *step, int64_t now_ns);
enum progress engine_expect_any(struct run *r, struct frame_of_steps *block, int64_t now_ns);
/* A line's fault, and `link NAME set ...`. */
void engine_set_link(struct run *r, const struct step *step, int64_t now_ns);
void engine_add_fault(struct run *r, const struct step *step, int64_t now_ns);

#endif
