/* Among the judge's files. */
#ifndef SIM_JUDGE_PRIVATE_H
#define SIM_JUDGE_PRIVATE_H

#include "sim/judge/baseline.h"
#include "sim/judge/judge.h"

struct judge_link {
    struct judge_port **port; /* by the link's number */
    uint32_t ports, room;
    struct flow *flow;                /* whose segment was seen last */
    struct frame *last_out, *last_in; /* of the hosts under test; of all others */
    struct hash_set mac;              /* hardware addresses that someone has or claimed */
};

/* The oldest frame that nobody took: of the host under test, or by one of the block's ports. */
struct seen *seen_next(const struct judge *j, const struct expect_block *b);
/* It waits no more: a line has it. Only the next one can be taken. */
void seen_take(struct judge *j, struct seen *s);
/* One that was taken is over. */
void seen_free(struct judge *j, struct seen *s);

/* No line takes it, and none is needed: it is noted, taken and over. */
bool seen_passed_over(struct judge *j, struct seen *s);

bool expect_leaves_by(const struct expectation *e, const struct seen *s);

/* address.c: a frame came that may grant an address. */
void address_heard(struct judge *j, struct judge_link *l, const struct frame *f);

/* What the frame breaks that the line does not speak for, added to what differs. */
void breaches_add(const struct judge *j, const struct breach *breach, uint32_t breaches,
                  const struct packet_spec *line, struct packet_verdict *v);

/* custom.c: why a frame of another stack may do without a line, as a note for the ladder; NULL: it
 * may not. Asked before the frame is remembered. */
const char *custom_needs_no_line(const struct judge *j, const struct judge_port *from,
                                 const struct packet_facts *f, int64_t now_ns);
/* *v: how a frame differs from a line. Of another stack's it is said anew without the TTL, where
 * the line states what is ours by default. */
void custom_match(struct judge *j, const struct packet_spec *line, const struct packet_context *c,
                  const struct seen *s, struct packet_verdict *v);

/* words.c */
void say_differs(struct judge *j, const struct expectation *e, const struct seen *s,
                 const struct packet_verdict *v);
/* A frame that needs no line breaks the baseline. */
void say_broken(struct judge *j, const struct place *place, const struct judge_port *from,
                const struct frame *f, const struct packet_verdict *v, int64_t now_ns);
void say_time(struct judge *j, const struct expectation *e, const struct seen *s);
void say_missing(struct judge *j, const struct expectation *e, int64_t now_ns);
void say_unexpected(struct judge *j, const struct place *place, const struct seen *s);

#endif
