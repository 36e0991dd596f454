/* Random accesses on both sides: see differential.h. */
#include "tests/devices/differential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/devices/operation.h"

enum { LINE_ROOM = 128 };

/* A run on both sides, as far as they agree. */
struct run {
    const char *nic;
    struct operation *op;
    int ops;
    uint64_t made;     /* accesses on one side */
    int parted;        /* the operation at which the sides parted; -1: none */
    const char *field; /* what differs there */
    struct shown ours, theirs;
    bool forbidden; /* our model says that a driver must not do that: QEMU's ways end there */
    bool broken;    /* a side could not be opened */
};

static bool same(const struct shown *a, const struct shown *b, const char **field)
{
    *field = a->value != b->value     ? "value"
             : a->line != b->line     ? "interrupt line"
             : a->sents != b->sents   ? "frames sent"
             : a->sent != b->sent     ? "the frame sent"
             : a->memory != b->memory ? "memory"
                                      : NULL;
    return !*field;
}

static void play(struct run *r)
{
    static struct side ours, theirs;
    struct why why = {{0}};
    r->parted = -1;
    r->forbidden = false;
    r->broken = !side_open(&ours, &board_sim, r->nic, &why) ||
                !side_open(&theirs, &board_qemu, r->nic, &why);
    if (r->broken)
        fprintf(stderr, "devices: %s\n", why.text);
    for (int k = 0; k < r->ops && !r->broken && r->parted < 0 && !r->forbidden; k++) {
        operation_do(&ours, &r->op[k], &r->ours);
        r->forbidden = side_violation(&ours, &why) != NULL;
        if (r->forbidden)
            break;
        operation_do(&theirs, &r->op[k], &r->theirs);
        if (!same(&r->ours, &r->theirs, &r->field))
            r->parted = k;
    }
    r->made = ours.accesses;
    side_close(&ours);
    side_close(&theirs);
}

/* Leaves out what is not needed for the sides to part in the same field of the same operation,
 * halves first. */
static void shrink(struct run *r)
{
    struct operation last = r->op[r->parted];
    const char *field = r->field;
    r->ops = r->parted + 1;
    for (int size = r->ops / 2; size > 0; size /= 2)
        for (int at = 0; at + size < r->ops;) {
            struct run less = *r;
            less.op = malloc((size_t)r->ops * sizeof *less.op);
            memcpy(less.op, r->op, (size_t)at * sizeof *less.op);
            memcpy(less.op + at, r->op + at + size, (size_t)(r->ops - at - size) * sizeof *less.op);
            less.ops = r->ops - size;
            play(&less);
            bool kept = less.parted >= 0 && strcmp(less.field, field) == 0 &&
                        memcmp(&less.op[less.parted], &last, sizeof last) == 0;
            if (!kept)
                at += size;
            else
                memcpy(r->op, less.op, (size_t)less.ops * sizeof *less.op);
            if (kept)
                r->ops = less.parted + 1;
            free(less.op);
        }
    play(r);
}

static void tell(const struct run *r, uint64_t seed)
{
    char text[LINE_ROOM];
    printf("# %s, seed %llu: the sides part in the last line: %s is %s on ours", r->nic,
           (unsigned long long)seed, r->field, shown_text(&r->ours, r->field, text));
    printf(", %s on QEMU\nnic %s\n", shown_text(&r->theirs, r->field, text), r->nic);
    for (int k = 0; k < r->ops; k++)
        printf("%s\n", operation_text(&r->op[k], text));
}

/* A row "fuzz" names the operation, as its script has it, up to what varies. */
static struct deviation *explained(struct deviations *d, const struct run *r)
{
    char text[LINE_ROOM];
    operation_text(&r->op[r->parted], text);
    for (int k = 0; k < d->rows; k++) {
        struct deviation *row = &d->row[k];
        if (strcmp(row->where, "fuzz") == 0 && strcmp(row->nic, r->nic) == 0 &&
            strncmp(text, row->what, strlen(row->what)) == 0)
            return row;
    }
    return NULL;
}

int differential_fuzz(const char *nic, uint64_t seed, uint64_t accesses,
                      struct deviations *deviations)
{
    static struct operation op[RUN_OPERATIONS];
    uint64_t made = 0, runs = 0, known = 0, forbidden = 0;
    while (made < accesses) {
        struct run r = {.nic = nic, .op = op};
        r.ops = operations_make(op, nic, seed + runs);
        if (r.ops == 0) {
            fprintf(stderr, "devices: there is no generator for %s\n", nic);
            return 2;
        }
        play(&r);
        if (r.broken)
            return 2;
        made += r.made;
        forbidden += r.forbidden;
        if (r.parted >= 0 && explained(deviations, &r)) {
            known++;
        } else if (r.parted >= 0) {
            shrink(&r);
            tell(&r, seed + runs);
            printf("1 passed, 1 failed, 0 skipped\n");
            return 1;
        }
        runs++;
    }
    printf("%s: %llu accesses in %llu runs from seed %llu; %llu runs ended at a known deviation, "
           "%llu where a driver must not go\n1 passed, 0 failed, 0 skipped\n",
           nic, (unsigned long long)made, (unsigned long long)runs, (unsigned long long)seed,
           (unsigned long long)known, (unsigned long long)forbidden);
    return 0;
}

int differential_replay(const char *path, const struct board_kind *kind)
{
    static struct side s;
    struct why why = {{0}};
    char text[LINE_ROOM], nic[32] = "", shown[LINE_ROOM];
    FILE *f = fopen(path, "r");
    int line = 0;
    bool good = f != NULL;
    while (good && fgets(text, sizeof text, f)) {
        struct operation op;
        struct shown seen;
        line++;
        text[strcspn(text, "\n")] = 0;
        if (text[0] == '#' || !text[0])
            continue;
        if (!nic[0]) {
            good = sscanf(text, "nic %31s", nic) == 1 && side_open(&s, kind, nic, &why);
            continue;
        }
        good = operation_read(&op, text);
        if (!good)
            break;
        operation_do(&s, &op, &seen);
        printf("%-40s %s\n", text, shown_text(&seen, NULL, shown));
    }
    if (!good)
        fprintf(stderr, "devices: %s:%d: %s\n", path, line,
                !f            ? "cannot be read"
                : why.text[0] ? why.text
                              : "expected `nic NAME`, then a line as `devices fuzz` prints them");
    if (f)
        fclose(f);
    if (side_violation(&s, &why))
        printf("%s\n", why.text);
    side_close(&s);
    return good ? 0 : 2;
}
