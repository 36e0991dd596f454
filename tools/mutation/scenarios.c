/*
 * wiredrill, linked so that it does something else: each bug of the table is judged by the case
 * that noticed it last time, and if that does not, by the scenarios that reach it. Output is a line
 * a bug, or a line for every case that fails:
 *
 *     NAME  FATE  CASE  PLACE  FIELD: expected A, actual B  ID ID...       (tabs between)
 *
 * usage: scenarios [--any | --every] [--hinted] [--but N,N,...] [--no-golden] PATH...
 *     --any    the first failure is enough, a crash too; else the verdict must be whole: it names
 *              scenario and line, requirement, and the field that differs
 *     --every  every case is played, and every whole verdict told
 *     --hinted only what the hints notice is told; nothing else is played
 *     --but    the bugs of these numbers are not tried
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "sim/cli/cli.h"
#include "tools/mutation/mutation.h"

enum {
    PATIENCE_MS = 500,
    PATIENCE_TIMES = 20,
    DEATHS_MAX = 20,
    LONGEST_MS = 1000,
    BATCH = 50,
    PATHS = 1024
};

static struct suite *suite;
static struct options options;
static bool any, every, hinted;
static const char *but = "";
static bool *told;             /* of each bug: its line is printed, or it is not asked for */
static uint32_t *bug;          /* those that are tried, by their trials' numbers */
static unsigned char *reached; /* a row of mutant_places octets for each case */
static int *cost_ms;           /* of each case, with no bug on */
static struct trial *now;      /* in a child */

/* --- verdicts --- */

/* Copies the first line of text after `mark`, without blanks before it. */
static const char *line_after(const char *text, const char *mark, char *out, size_t room)
{
    const char *p = text ? strstr(text, mark) : NULL;
    out[0] = '\0';
    if (!p)
        return NULL;
    p += strlen(mark);
    p += strspn(p, " ");
    snprintf(out, room, "%.*s", (int)strcspn(p, "\n"), p);
    return p;
}

/* "SCENARIO.pkt:LINE:COLUMN" at the beginning of a report. */
static bool place_of(const char *report, char *out, size_t room)
{
    const char *end = report ? strstr(report, ": ") : NULL;
    snprintf(out, room, "%.*s", end ? (int)(end - report) : 0, report ? report : "");
    const char *mark = strstr(out, ".pkt:");
    return mark && mark[5] >= '0' && mark[5] <= '9' && strchr(mark + 5, ':');
}

static void ids_of(const char *report, char *out, size_t room)
{
    char line[512];
    size_t len = 0;
    out[0] = '\0';
    while ((report = line_after(report, "\n  requires ", line, sizeof line)) != NULL && len < room)
        len += (size_t)snprintf(out + len, room - len, "%s%.*s", len ? " " : "",
                                (int)strcspn(line, ":"), line);
}

/* Writes what a failed case says into t->found; true when it says all that a verdict must. */
static bool note(struct trial *t, const struct result *r)
{
    char place[256], field[256], ids[400];
    bool placed = place_of(r->report, place, sizeof place);
    line_after(r->report, "\n  differs ", field, sizeof field);
    ids_of(r->report, ids, sizeof ids);
    snprintf(t->found, sizeof t->found, "%s\t%s\t%s", place, field, ids);
    return placed && field[0] && ids[0];
}

/* --- a child: cases of one bug, until one fails --- */

static void failed(void *ctx, struct result *r)
{
    (void)ctx;
    now->fate = note(now, r) || any ? CAUGHT : UNWORDED;
    _exit(0);
}

static bool is_judged_by(uint32_t k, const struct mutant *m)
{
    const struct run_case *c = &suite->kase[k].run;
    if (c->nic && strcmp(c->nic->name, m->nic) != 0)
        return false;
    for (const char *f = m->folders; *f; f += strcspn(f, " "), f += strspn(f, " ")) {
        const char *in = strstr(c->script->path, "scenarios/");
        size_t len = strcspn(f, " ");
        if (in && strncmp(in + strlen("scenarios/"), f, len) == 0 &&
            in[strlen("scenarios/") + len] == '/')
            return true;
    }
    return !m->folders[0];
}

static void play(uint32_t k, unsigned char *row)
{
    static const struct last_words last = {failed, NULL};
    struct result r = {0};
    now->at = k;
    now->fate = SURVIVED;
    mutant_reached = row;
    patience(PATIENCE_MS + PATIENCE_TIMES * cost_ms[k]);
    case_run(suite, k, &options, 0, &last, &r);
    if (r.outcome.status == RUN_FAILED || r.outcome.status == RUN_ERROR)
        failed(NULL, &r);
    free(r.report);
    free(r.ladder);
}

static void try_bug(uint32_t n, struct trial *t)
{
    static unsigned char *nowhere;
    const struct mutant *m = &mutants[bug[n]];
    now = t;
    nowhere = malloc((size_t)mutant_places + 1);
    turn_on(bug[n], t);
    for (uint32_t k = t->from; k < suite->cases; k++)
        if (is_judged_by(k, m) && reaches(reached + (size_t)k * (size_t)mutant_places, m))
            play(k, nowhere);
    t->at = suite->cases;
}

static void tell(const struct mutant *m, const struct trial *t)
{
    static const char *const fates[] = {"unreached", "survived", "unworded",
                                        "crashed",   "hung",     "caught"};
    const char *fate = fates[t->fate > t->worst ? t->fate : t->worst];
    printf("%s\t%s\t%s\t%s\n", m->name, fate,
           t->at < suite->cases ? suite->kase[t->at].run.name : "-",
           t->found[0] ? t->found : "\t\t");
}

/* A verdict that says too little, and a crash, are no reason to stop looking for one that is whole;
 * a hang is, since it may hang everywhere. */
static void bug_over(uint32_t n, struct trial *t)
{
    bool failed_early = t->at < suite->cases;
    t->again = failed_early && (every || (t->fate < HUNG && !any)) && t->deaths < DEATHS_MAX;
    if (t->fate == CAUGHT || !t->again)
        tell(&mutants[bug[n]], t);
    if (!t->again)
        return;
    t->deaths += t->fate == CRASHED || t->fate == HUNG;
    t->worst = t->fate > t->worst && t->fate != CAUGHT ? t->fate : t->worst;
    t->from = t->at + 1;
    t->fate = UNREACHED;
    t->found[0] = '\0';
}

/* --- the case that noticed it last time --- */

static uint32_t case_of_hint(const struct mutant *m)
{
    for (uint32_t k = 0; m->hint[0] && k < suite->cases; k++)
        if (strcmp(suite->kase[k].run.name, m->hint) == 0 && is_judged_by(k, m))
            return k;
    return suite->cases;
}

static void time_play(uint32_t k, unsigned char *row)
{
    clock_t before = clock();
    cost_ms[k] = LONGEST_MS;
    play(k, row);
    cost_ms[k] = (int)((clock() - before) * 1000 / CLOCKS_PER_SEC);
}

/* Without the bug, and with it. */
static void try_hint(uint32_t n, struct trial *t)
{
    const struct mutant *m = &mutants[bug[n]];
    uint32_t k = case_of_hint(m);
    unsigned char *nowhere = malloc((size_t)mutant_places + 1);
    now = t;
    t->bare = m->place[0] >= 0;
    time_play(k, nowhere);
    turn_on(bug[n], t);
    play(k, nowhere);
    free(nowhere);
}

static void hint_over(uint32_t n, struct trial *t)
{
    const struct mutant *m = &mutants[bug[n]];
    told[bug[n]] = noticed_by_hint(t, m->hint) && (any || t->fate == CAUGHT);
    if (told[bug[n]])
        tell(m, t);
}

static bool has_hint(uint32_t n)
{
    return !every && !told[n] && case_of_hint(&mutants[n]) < suite->cases;
}

/* --- which case reaches what, with no bug on --- */

static bool is_asked(uint32_t k)
{
    for (uint32_t n = 0; n < mutant_count(); n++)
        if (!told[n] && is_judged_by(k, &mutants[n]))
            return true;
    return false;
}

static void look(uint32_t batch, struct trial *t)
{
    now = t;
    for (uint32_t k = batch * BATCH; k < suite->cases && k < (batch + 1) * BATCH; k++)
        if (is_asked(k))
            time_play(k, reached + (size_t)k * (size_t)mutant_places);
    t->at = suite->cases;
}

static void look_over(uint32_t batch, struct trial *t)
{
    (void)batch;
    if (t->at == suite->cases)
        return;
    fprintf(stderr, "%s fails with no bug on: %s\n", suite->kase[t->at].run.name, t->found);
    exit(2);
}

static int load(int argc, char **argv)
{
    struct why why = {{0}};
    char *words[PATHS + 1] = {(char *)"run"};
    int count = 1;
    for (int a = 1; a < argc && count < PATHS; a++) {
        bool *known = strcmp(argv[a], "--any") == 0      ? &any
                      : strcmp(argv[a], "--every") == 0  ? &every
                      : strcmp(argv[a], "--hinted") == 0 ? &hinted
                                                         : NULL;
        if (known)
            *known = true;
        else if (strcmp(argv[a], "--but") == 0 && a + 1 < argc)
            but = argv[++a];
        else
            words[count++] = argv[a];
    }
    if (options_parse(count, words, &options) != 0)
        return -1;
    suite = suite_load(options.path, options.paths, &(struct suite_options){.sut = options.stack},
                       &why);
    if (!suite)
        fprintf(stderr, "%s\n", why.text);
    return suite ? 0 : -1;
}

/* Numbers are those of the table, from 1 on. */
static void leave_out(void)
{
    for (const char *p = but; *p; p += strspn(p, ",")) {
        char *end;
        unsigned long number = strtoul(p, &end, 10);
        if (end == p)
            return;
        if (number >= 1 && number <= mutant_count())
            told[number - 1] = true;
        p = end;
    }
}

static bool is_untold(uint32_t n)
{
    return !told[n];
}

static void try_those(bool (*chosen)(uint32_t n), void (*child)(uint32_t n, struct trial *t),
                      void (*over)(uint32_t n, struct trial *t))
{
    uint32_t count = 0;
    for (uint32_t n = 0; n < mutant_count(); n++)
        if (chosen(n))
            bug[count++] = n;
    crew("bugs", count, shared(count * sizeof(struct trial)), child, over);
}

/* --wrap=main: wiredrill's own main is not called. */
int __wrap_main(int argc, char **argv);
int __wrap_main(int argc, char **argv)
{
    if (load(argc, argv) != 0)
        return EXIT_USAGE;
    uint32_t batches = (suite->cases + BATCH - 1) / BATCH;
    cost_ms = shared(suite->cases * sizeof *cost_ms);
    told = shared(mutant_count() * sizeof *told);
    bug = shared(mutant_count() * sizeof *bug);
    leave_out();
    try_those(has_hint, try_hint, hint_over);
    if (hinted)
        return 0;
    reached = shared((uint64_t)suite->cases * (uint64_t)mutant_places);
    if (mutant_places > 0)
        crew("batches", batches, shared(batches * sizeof(struct trial)), look, look_over);
    try_those(is_untold, try_bug, bug_over);
    return 0;
}
