/*
 * Shrinking a find: choices are taken out and made simpler, never the text that is printed of them,
 * and what is left must fail in the same way when its script is played.
 */
#include <stdlib.h>
#include <string.h>
#include "sim/cli/from_fuzz.h"

struct shrinking {
    struct find_judge *judge;
    const char *signature;
    int64_t until_ns;
};

static bool still_fails(struct shrinking *s, const struct find *f)
{
    if (find_clock_ns() > s->until_ns)
        return false;
    struct find_failure failure;
    free(find_judge(s->judge, f, &failure));
    bool same = failure.signature[0] && strcmp(failure.signature, s->signature) == 0;
    free(failure.report);
    return same;
}

/* --- plans --- */

static bool take_steps_out(struct shrinking *s, struct find *f)
{
    bool changed = false;
    for (uint32_t n = f->plan.steps; n > 0; n = n == 1 ? 0 : (n + 1) / 2)
        for (uint32_t at = 0; at + n <= f->plan.steps;) {
            struct find less = *f;
            memmove(&less.plan.step[at], &less.plan.step[at + n],
                    (less.plan.steps - at - n) * sizeof less.plan.step[0]);
            less.plan.steps -= n;
            if (still_fails(s, &less)) {
                *f = less;
                changed = true;
            } else {
                at++;
            }
        }
    return changed;
}

/* A choice made simpler: nothing bent, the plainest of a kind, then the lower of both. */
static bool simplify_octet(struct shrinking *s, struct find *f, uint8_t *octet)
{
    const uint8_t candidates[] = {0, *octet & 0xf0, *octet & 0x0f};
    uint8_t was = *octet;
    for (size_t k = 0; k < sizeof candidates; k++) {
        if (candidates[k] >= was)
            continue;
        *octet = candidates[k];
        if (still_fails(s, f))
            return true;
    }
    *octet = was;
    return false;
}

/* Beginnings with fewer lines have lower numbers. */
static bool simplify_begin(struct shrinking *s, struct find *f)
{
    struct find simpler = *f;
    simpler.plan.variant = 0;
    if (f->plan.variant && still_fails(s, &simpler)) {
        *f = simpler;
        return true;
    }
    simpler = *f;
    for (simpler.plan.begin = 0; simpler.plan.begin < f->plan.begin; simpler.plan.begin++)
        if (still_fails(s, &simpler)) {
            *f = simpler;
            return true;
        }
    return false;
}

static bool simplify_steps(struct shrinking *s, struct find *f)
{
    bool changed = false;
    for (uint32_t k = 0; k < f->plan.steps; k++) {
        struct plan_step *step = &f->plan.step[k];
        changed |= simplify_octet(s, f, &step->c);
        if (step->kind != PLAN_CALL && step->kind != PLAN_SEGMENT)
            changed |= simplify_octet(s, f, &step->a);
        changed |= simplify_octet(s, f, &step->b);
    }
    return changed;
}

/* --- octets and texts --- */

static size_t unit(const struct find *f, size_t at)
{
    if (f->target->kind != FIND_TEXT)
        return 1;
    const uint8_t *end = memchr(f->octets + at, '\n', f->len - at);
    return end ? (size_t)(end - f->octets) + 1 - at : f->len - at;
}

/* Pieces of half the length, a quarter, and so on; of a text whole lines. */
static bool take_octets_out(struct shrinking *s, struct find *f)
{
    bool changed = false;
    uint8_t *whole = malloc(f->len + 1);
    if (!whole)
        return false;
    for (size_t n = f->len; n > 0; n /= 2)
        for (size_t at = 0; at < f->len;) {
            size_t cut = 0, step = unit(f, at), len = f->len;
            while (cut < n && at + cut < len)
                cut += unit(f, at + cut);
            memcpy(whole, f->octets, len);
            memmove(f->octets + at, f->octets + at + cut, len - at - cut);
            f->len -= cut;
            if (still_fails(s, f)) {
                changed = true;
                continue;
            }
            memcpy(f->octets, whole, len);
            f->len = len;
            at += f->target->kind == FIND_TEXT ? step : n > 1 ? n : 1;
            if (find_clock_ns() > s->until_ns)
                break;
        }
    free(whole);
    return changed;
}

static void clear_octets(struct shrinking *s, struct find *f)
{
    for (size_t at = 0; f->target->kind == FIND_OCTETS && at < f->len; at++)
        if (f->octets[at])
            simplify_octet(s, f, &f->octets[at]);
}

void find_shrink(struct find_judge *j, struct find *f, const char *signature, int64_t until_ns)
{
    struct shrinking s = {j, signature, until_ns};
    bool changed = true;
    while (changed && find_clock_ns() < until_ns) {
        if (f->target->kind != FIND_PLAN) {
            changed = take_octets_out(&s, f);
            clear_octets(&s, f);
            continue;
        }
        changed = take_steps_out(&s, f);
        changed |= simplify_begin(&s, f);
        changed |= simplify_steps(&s, f);
    }
}
