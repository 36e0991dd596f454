#include "sim/fuzz/plan.h"
#include <string.h>

const char *const plan_begin_name[BEGINS] = {
    [BEGIN_ESTABLISHED] = "established", [BEGIN_ACCEPTED] = "accepted",
    [BEGIN_CLOSED] = "closed",           [BEGIN_LISTEN] = "listen",
    [BEGIN_SYN_SENT] = "syn_sent",       [BEGIN_SYN_RECEIVED] = "syn_received",
    [BEGIN_FIN_WAIT_1] = "fin_wait_1",   [BEGIN_FIN_WAIT_2] = "fin_wait_2",
    [BEGIN_CLOSE_WAIT] = "close_wait",   [BEGIN_CLOSING] = "closing",
    [BEGIN_LAST_ACK] = "last_ack",       [BEGIN_TIME_WAIT] = "time_wait",
    [BEGIN_COOKIES] = "cookies",         [BEGIN_ZERO_WINDOW] = "zero_window",
    [BEGIN_RECOVERY] = "recovery",       [BEGIN_UNREAD] = "unread",
    [BEGIN_NARROW] = "narrow",           [BEGIN_AHEAD] = "ahead",
};

const char *const plan_step_name[PLAN_KINDS] = {
    [PLAN_SEGMENT] = "segment",   [PLAN_CALL] = "call", [PLAN_TIME] = "time",
    [PLAN_BEND] = "bend",         [PLAN_ICMP] = "icmp", [PLAN_LOSS] = "loss",
    [PLAN_SHORTAGE] = "shortage",
};

/* Of sixteen octets' values so many are of a kind: segments are most of what happens. */
static const uint8_t kind_of[16] = {
    PLAN_SEGMENT,  PLAN_CALL, PLAN_TIME,    PLAN_BEND,    PLAN_ICMP,    PLAN_LOSS,
    PLAN_SHORTAGE, PLAN_CALL, PLAN_SEGMENT, PLAN_SEGMENT, PLAN_SEGMENT, PLAN_SEGMENT,
    PLAN_SEGMENT,  PLAN_TIME, PLAN_CALL,    PLAN_BEND,
};

/* What a step does not look at is 0, so that equal steps are equal bytes. */
static struct plan_step normal(struct plan_step s)
{
    static const uint8_t choices[PLAN_KINDS] = {[PLAN_SEGMENT] = PLAN_SEGMENTS,
                                                [PLAN_CALL] = PLAN_CALLS,
                                                [PLAN_TIME] = PLAN_TIMES,
                                                [PLAN_BEND] = 1,
                                                [PLAN_ICMP] = PLAN_ERRORS,
                                                [PLAN_LOSS] = 8,
                                                [PLAN_SHORTAGE] = 8};
    s.a = (uint8_t)(s.a % choices[s.kind]);
    if (s.kind != PLAN_SEGMENT && s.kind != PLAN_BEND)
        s.c = 0;
    if (s.kind == PLAN_TIME)
        s.b = s.b % PEERS;
    if (s.kind == PLAN_BEND || s.kind == PLAN_LOSS || s.kind == PLAN_SHORTAGE)
        s.b = 0;
    if (s.c < 16)
        s.c = 0; /* nothing is bent */
    return s;
}

void plan_decode(struct plan *p, const uint8_t *bytes, size_t len)
{
    memset(p, 0, sizeof *p);
    p->begin = len > 0 ? bytes[0] % BEGINS : 0;
    p->variant = len > 1 ? bytes[1] % VARIANTS : 0;
    for (size_t at = PLAN_HEAD; at + PLAN_STEP <= len && p->steps < PLAN_STEPS; at += PLAN_STEP)
        p->step[p->steps++] = normal((struct plan_step){kind_of[bytes[at] & 15], bytes[at + 1],
                                                        bytes[at + 2], bytes[at + 3]});
}

size_t plan_encode(const struct plan *p, uint8_t *out, size_t room)
{
    size_t at = 0;
    if (room < PLAN_HEAD)
        return 0;
    out[at++] = p->begin;
    out[at++] = p->variant;
    for (uint32_t k = 0; k < p->steps && at + PLAN_STEP <= room; k++) {
        const struct plan_step *s = &p->step[k];
        out[at++] = s->kind; /* kind_of begins with the kinds in their order */
        out[at++] = s->a;
        out[at++] = s->b;
        out[at++] = s->c;
    }
    return at;
}

/* --- mutation --- */

static uint32_t draw(uint32_t *seed, uint32_t bound)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(*seed >> 8) * bound >> 24);
}

static struct plan_step any_step(uint32_t *seed)
{
    struct plan_step s = {kind_of[draw(seed, 16)], (uint8_t)draw(seed, 256),
                          (uint8_t)draw(seed, 256), 0};
    if (draw(seed, 3) == 0 || s.kind == PLAN_BEND)
        s.c = (uint8_t)draw(seed, 256);
    return normal(s);
}

static void put_in(struct plan *p, uint32_t at, struct plan_step s)
{
    if (p->steps == PLAN_STEPS)
        return;
    memmove(&p->step[at + 1], &p->step[at], (p->steps - at) * sizeof s);
    p->step[at] = s;
    p->steps++;
}

static void take_out(struct plan *p, uint32_t at)
{
    memmove(&p->step[at], &p->step[at + 1], (p->steps - at - 1) * sizeof p->step[0]);
    p->steps--;
}

static void change(struct plan_step *s, uint32_t *seed)
{
    uint8_t *const field[] = {&s->a, &s->b, &s->c};
    uint8_t *f = field[draw(seed, 3)];
    switch (draw(seed, 4)) {
    case 0:
        *f = (uint8_t)draw(seed, 256);
        break;
    case 1:
        *f = (uint8_t)((*f & 0xf0) | draw(seed, 16));
        break;
    case 2:
        *f = (uint8_t)((*f & 0x0f) | draw(seed, 16) << 4);
        break;
    default:
        *f = (uint8_t)(*f + (draw(seed, 2) ? 1 : 255));
        break;
    }
    *s = normal(*s);
}

static void mutate_once(struct plan *p, uint32_t *seed)
{
    uint32_t how = draw(seed, 16), at = p->steps ? draw(seed, p->steps) : 0;
    if (p->steps == 0 || how < 4) {
        put_in(p, draw(seed, p->steps + 1), any_step(seed));
    } else if (how < 10) {
        change(&p->step[at], seed);
    } else if (how < 12) {
        take_out(p, at);
    } else if (how == 12) {
        put_in(p, draw(seed, p->steps + 1), p->step[at]);
    } else if (how == 13) {
        uint32_t other = draw(seed, p->steps);
        struct plan_step s = p->step[at];
        p->step[at] = p->step[other];
        p->step[other] = s;
    } else if (how == 14) {
        p->step[at] = any_step(seed);
    } else if (draw(seed, 2)) {
        p->begin = (uint8_t)draw(seed, BEGINS);
    } else {
        p->variant = (uint8_t)draw(seed, VARIANTS);
    }
}

void plan_mutate(struct plan *p, uint32_t seed)
{
    seed ^= 0x9e3779b9u;
    for (uint32_t n = 1 + draw(&seed, 3); n > 0; n--)
        mutate_once(p, &seed);
}

void plan_cross(const struct plan *a, const struct plan *b, uint32_t seed, struct plan *out)
{
    seed ^= 0x85ebca6bu;
    uint32_t first = draw(&seed, a->steps + 1), from = draw(&seed, b->steps + 1);
    *out = *a;
    out->steps = first;
    for (uint32_t k = from; k < b->steps && out->steps < PLAN_STEPS; k++)
        out->step[out->steps++] = b->step[k];
}
