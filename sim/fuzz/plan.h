/*
 * A plan: where a connection begins, and steps that happen to it, four octets each. A fuzzer's
 * bytes are a plan, whatever they are; walk.h plays it, and prints it as a script.
 */
#ifndef SIM_FUZZ_PLAN_H
#define SIM_FUZZ_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLAN_STEPS = 40, PLAN_HEAD = 2, PLAN_STEP = 4, PLAN_BYTES = PLAN_HEAD + 4 * PLAN_STEPS };

/* The eleven states of RFC 9293 3.3.2, and what else a connection may be in the middle of. */
enum plan_begin {
    BEGIN_ESTABLISHED, /* by connect: the shortest to tell */
    BEGIN_ACCEPTED,
    BEGIN_CLOSED,
    BEGIN_LISTEN,
    BEGIN_SYN_SENT,
    BEGIN_SYN_RECEIVED,
    BEGIN_FIN_WAIT_1,
    BEGIN_FIN_WAIT_2,
    BEGIN_CLOSE_WAIT,
    BEGIN_CLOSING,
    BEGIN_LAST_ACK,
    BEGIN_TIME_WAIT,
    BEGIN_COOKIES,     /* a listener that sends SYN cookies, and has sent one */
    BEGIN_ZERO_WINDOW, /* data waits for the peer's window */
    BEGIN_RECOVERY,    /* data in flight, three duplicate acknowledgements came */
    BEGIN_UNREAD,      /* FIN-WAIT-1 and unread data */
    BEGIN_NARROW,      /* unread data but for some octets fills the window that was offered */
    BEGIN_AHEAD,       /* text waits ahead of its turn, with a hole of one octet in it */
    BEGINS
};
/* Options: none but MSS; or SACK, timestamps and scaling. */
enum plan_variant { VARIANT_PLAIN, VARIANT_FULL, VARIANTS };

enum plan_kind {
    PLAN_SEGMENT,  /* a: its kind, b: length and window, c: what is bent, and how */
    PLAN_CALL,     /* a: which, b: its argument */
    PLAN_TIME,     /* a: how long, b: what the peer does meanwhile */
    PLAN_BEND,     /* c: what else is bent in the next segment, and how */
    PLAN_ICMP,     /* a: which, b: what it quotes */
    PLAN_LOSS,     /* a: so many of the frames that follow do not reach the peer */
    PLAN_SHORTAGE, /* a: that buffer, from now on, is not there */
    PLAN_KINDS
};

struct plan_step {
    uint8_t kind, a, b, c;
};

struct plan {
    uint8_t begin, variant;
    uint32_t steps;
    struct plan_step step[PLAN_STEPS];
};

/* Any bytes: numbers beyond a table's end count from its beginning again, a rest is passed over. */
void plan_decode(struct plan *p, const uint8_t *bytes, size_t len);
/* Bytes that decode to it; their number. `room` cuts whole steps. */
size_t plan_encode(const struct plan *p, uint8_t *out, size_t room);

/* Another plan made of it, by a number that draws: steps put in, taken out, exchanged, repeated, or
 * changed in one choice. */
void plan_mutate(struct plan *p, uint32_t seed);
/* Steps of the one, then of the other. */
void plan_cross(const struct plan *a, const struct plan *b, uint32_t seed, struct plan *out);

/* What a step does, as numbers that mean one thing only: for shrinking, simpler ones are lower. */
enum { PLAN_SEGMENTS = 20, PLAN_CALLS = 20, PLAN_TIMES = 14, PLAN_ERRORS = 12, PLAN_FIELDS = 16 };

/* The peer while time passes. */
enum plan_peer {
    PEER_SILENT,
    PEER_ANSWERS, /* what comes, by an acknowledgement */
    PEER_CLOSED,  /* the same with a closed window */
    PEER_REPEATS, /* says its last acknowledgement again and again */
    PEERS
};

extern const char *const plan_begin_name[BEGINS];
extern const char *const plan_step_name[PLAN_KINDS];

#endif
