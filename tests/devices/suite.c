/* The conformance suite: see suite.h. */
#include "tests/devices/suite.h"

#include <stdio.h>
#include <string.h>

struct tally {
    const char *nic;
    struct deviations *deviations;
    int passed, failed, skipped, checks, as_known;
    bool qemu;
};

static bool make(struct probe *p, struct side *s, const struct check *c,
                 const struct board_kind *kind, const char *nic)
{
    struct why why = {{0}};
    memset(p, 0, sizeof *p);
    p->side = s;
    if (!side_open(s, kind, nic, &why)) {
        printf("  %s: %s\n", kind->name, why.text);
        side_close(s);
        return false;
    }
    c->run(p, c->with);
    return true;
}

/* What the model says the driver did wrong is what the check said it would. */
static bool told_right(const struct probe *p, const struct check *c)
{
    struct why why = {{0}};
    const char *told = side_violation(p->side, &why);
    if (!told && !p->violation)
        return true;
    if (told && p->violation && strstr(told, p->violation))
        return true;
    printf("  %s: ours says \"%s\", expected \"%s\"\n", c->name, told ? told : "",
           p->violation ? p->violation : "");
    return false;
}

static bool ours_right(const struct tally *t, const struct check *c)
{
    struct side s;
    struct probe p;
    if (!make(&p, &s, c, &board_sim, t->nic))
        return false;
    bool right = told_right(&p, c);
    for (int k = 0; k < p.count; k++) {
        const struct seen *seen = &p.seen[k];
        if (strcmp(seen->actual, seen->expected) == 0)
            continue;
        right = false;
        printf("  %s, %s: ours %s, expected %s (%s)\n", c->name, seen->what, seen->actual,
               seen->expected, c->source);
    }
    side_close(&s);
    return right;
}

/* One answer of QEMU's: as expected, or as the table says. */
static bool theirs_right(const struct tally *t, const struct check *c, const struct seen *seen,
                         bool *deviates)
{
    struct deviation *d = deviation_of(t->deviations, t->nic, c->name, seen->what);
    bool same = strcmp(seen->actual, seen->expected) == 0;
    if (same && !d)
        return true;
    if (d)
        d->used = true;
    if (d && !same && strcmp(d->theirs, seen->actual) == 0 &&
        strcmp(d->ours, seen->expected) == 0) {
        *deviates = true;
        return true;
    }
    if (same)
        printf("  %s, %s: deviations.tsv:%d says that QEMU deviates, and it does not\n", c->name,
               seen->what, d->line);
    else
        printf("  %s, %s: QEMU %s, expected %s (%s)%s\n", c->name, seen->what, seen->actual,
               seen->expected, c->source,
               d ? "; deviations.tsv has other values" : "; no row of deviations.tsv");
    return false;
}

static bool qemu_right(const struct tally *t, const struct check *c, bool *deviates)
{
    struct side s;
    struct probe p;
    if (!make(&p, &s, c, &board_qemu, t->nic))
        return false;
    bool right = true;
    for (int k = 0; k < p.count; k++)
        right = theirs_right(t, c, &p.seen[k], deviates) && right;
    side_close(&s);
    return right;
}

static void one(struct tally *t, const struct check *c)
{
    bool deviates = false, ours = ours_right(t, c);
    bool theirs = t->qemu && qemu_right(t, c, &deviates);
    t->checks++;
    t->passed += ours + (t->qemu && theirs);
    t->failed += !ours + (t->qemu && !theirs);
    t->as_known += deviates;
    printf("%-38s %-8s %s\n", c->name, ours ? "right" : "WRONG",
           !t->qemu   ? "-"
           : !theirs  ? "WRONG"
           : deviates ? "deviates"
                      : "right");
}

static void unused_rows(struct tally *t)
{
    for (int k = 0; k < t->deviations->rows; k++) {
        const struct deviation *d = &t->deviations->row[k];
        if (strcmp(d->nic, t->nic) != 0 || d->used || strcmp(d->where, "fuzz") == 0)
            continue;
        printf("  deviations.tsv:%d: there is no \"%s\" in a check \"%s\" of %s\n", d->line,
               d->what, d->where, d->nic);
        t->failed++;
    }
}

int suite_run(const char *nic, bool with_qemu, struct deviations *deviations)
{
    struct why why = {{0}};
    struct tally t = {.nic = nic, .deviations = deviations};
    t.qemu = with_qemu && board_qemu.present(&why);
    printf("%-38s %-8s %s\n", nic, "ours", "QEMU");
    for (const struct check *c = checks_of(nic); c->name; c++)
        one(&t, c);
    if (t.qemu)
        unused_rows(&t);
    if (with_qemu && !t.qemu) {
        printf("skipped %s on QEMU: %s\n", nic, why.text);
        t.skipped++;
    }
    printf("%d checks of %s", t.checks, nic);
    if (t.qemu)
        printf(", in %d of them QEMU deviates as known", t.as_known);
    printf("\n%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped);
    return t.failed != 0;
}
