/*
 * wiredrill sweep: many seeds, each a case under faults that it draws (sim/suite/swarm.h). Standard
 * output has JSON lines: one for each seed that failed (with --verbose for each seed), one for each
 * group that was left out, and at the end one with the totals, which --join adds up.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "sim/base/progress.h"
#include "sim/cli/cli.h"
#include "sim/cli/json.h"
#include "sim/cli/sweep_reach.h"
#include "sim/record/json.h"
#include "sim/suite/reach.h"
#include "sim/suite/sweep.h"

enum { COLUMNS = 9 };
enum column { SEED, STATUS, CASE, KINDS, STRIKES, CALM, FRAMES, VIRTUAL, WHY };

struct sweeping {
    struct sweep *sweep;
    uint64_t runs, failed, left_out, lost, frames, virtual_ns;
    struct unreached unreached;
    time_t began;
    struct progress progress;
};

static void print_json_row(const struct sweeping *t, char *column[COLUMNS])
{
    uint64_t seed = strtoull(column[SEED], NULL, 10);
    bool left_out = strcmp(column[STATUS], "left out") == 0;
    printf("{\"seed\": %s, \"status\": ", column[SEED]);
    json_string(stdout, column[STATUS]);
    printf(", \"case\": ");
    json_string(stdout, column[CASE]);
    if (left_out) {
        printf(", \"seeds\": %s", column[STRIKES]);
    } else {
        printf(", \"kinds\": ");
        json_string(stdout, column[KINDS]);
        printf(", \"faults\": %s, \"calm_ns\": %s, \"frames\": %s, \"virtual_ns\": %s",
               column[STRIKES], column[CALM], column[FRAMES], column[VIRTUAL]);
    }
    for (char *c = column[WHY]; *c; c++)
        *c = *c == '\v' ? '\n' : *c;
    if (*column[WHY]) {
        printf(", \"why\": ");
        json_string(stdout, column[WHY]);
    }
    if (strcmp(column[STATUS], "failed") == 0) {
        char *repeat = sweep_repeat(t->sweep, seed);
        printf(", \"repeat\": ");
        json_string(stdout, repeat);
        free(repeat);
    }
    printf("}\n");
}

static bool split(char *row, char *column[COLUMNS])
{
    for (int c = 0; c < COLUMNS; c++) {
        char *tab = c < COLUMNS - 1 ? strchr(row, '\t') : NULL;
        if (!tab && c < COLUMNS - 1)
            return false;
        column[c] = row;
        if (tab)
            *tab = 0;
        row = tab ? tab + 1 : row;
    }
    return true;
}

static void tell_row(struct sweeping *t, char *row)
{
    char *column[COLUMNS];
    if (!split(row, column))
        return;
    t->frames += strtoull(column[FRAMES], NULL, 10);
    t->virtual_ns += strtoull(column[VIRTUAL], NULL, 10);
    bool passed = strcmp(column[STATUS], "passed") == 0;
    if (!passed || t->sweep->options->verbose)
        print_json_row(t, column);
}

/* A process that died without last words: its seed, and those behind it that nobody ran. */
static void tell_death(struct sweeping *t, uint32_t k, const struct result *r)
{
    uint64_t seed = t->sweep->at[k] ? t->sweep->at[k] : t->sweep->task[k].first;
    char *repeat = sweep_repeat(t->sweep, seed);
    printf("{\"seed\": %" PRIu64 ", \"status\": \"failed\", \"why\": ", seed);
    json_string(stdout, r->report ? r->report : "");
    printf(", \"repeat\": ");
    json_string(stdout, repeat);
    printf("}\n");
    free(repeat);
    t->runs++;
    t->failed++;
}

static void tell_progress(struct sweeping *t, uint32_t k)
{
    char more[80];
    time_t now = time(NULL);
    uint64_t rate = now > t->began ? t->runs / (uint64_t)(now - t->began) : t->runs;
    snprintf(more, sizeof more, ", %" PRIu64 " runs, %" PRIu64 " a second", t->runs, rate);
    progress_tell(&t->progress, k + 1, t->failed, more);
    progress_show(&t->progress);
}

static bool tell_task(void *ctx, uint32_t k, struct result *r)
{
    struct sweeping *t = ctx;
    const struct sweep_task *task = &t->sweep->task[k];
    progress_hide(&t->progress);
    t->runs += r->outcome.runs;
    t->failed += r->outcome.failures;
    t->left_out += r->outcome.left_out;
    uint64_t told = r->outcome.runs + r->outcome.left_out;
    if (told == 0) {
        tell_death(t, k, r);
        told++;
    } else {
        for (char *row = r->report, *next; row && *row; row = next) {
            next = row + strcspn(row, "\n");
            next += *next ? (*next = 0, 1) : 0;
            tell_row(t, row);
        }
    }
    t->lost += task->last - task->first + 1 - told;
    fflush(stdout);
    tell_progress(t, k);
    return true;
}

static void add_unreached(void *ctx, const char *name, bool reached)
{
    struct sweeping *t = ctx;
    if (!reached)
        unreached_add(&t->unreached, name);
}

static void print_totals(const struct sweeping *t, bool whole)
{
    const struct options *o = t->sweep->options;
    printf("{\"sweep\": {\"first\": %" PRIu64 ", \"last\": %" PRIu64 ", \"shard\": %" PRIu64
           ", \"shards\": %" PRIu64 ", \"complete\": %s, \"runs\": %" PRIu64
           ", \"failed\": %" PRIu64 ", \"left_out\": %" PRIu64 ", \"not_run\": %" PRIu64
           ", \"frames\": %" PRIu64 ", \"virtual_ns\": %" PRIu64 ", \"unreached\": ",
           o->seeds_first, o->seeds_last, o->shards ? o->shard : 1, o->shards ? o->shards : 1,
           whole ? "true" : "false", t->runs, t->failed, t->left_out, t->lost, t->frames,
           t->virtual_ns);
    unreached_json(&t->unreached);
    printf("}}\n");
    fflush(stdout);
    fprintf(stderr,
            "%" PRIu64 " runs, %" PRIu64 " failed, %" PRIu64 " left out, %" PRIu64
            " behind a process that died\n",
            t->runs, t->failed, t->left_out, t->lost);
}

static int shrink(const struct sweep *s)
{
    const struct options *o = s->options;
    struct why why = {{0}};
    char *text = sweep_shrink(s, o->seeds_first);
    if (!text)
        return usage_error("--shrink: seed %" PRIu64 " does not fail, or its case is left out",
                           o->seeds_first);
    int written = file_write(o->shrink, text, strlen(text), &why);
    free(text);
    if (written != 0)
        return usage_error("--shrink: %s", why.text);
    printf("%s fails as seed %" PRIu64 " does: wiredrill run %s\n", o->shrink, o->seeds_first,
           o->shrink);
    return EXIT_FAILED_CASE;
}

static int sweep(const struct suite *suite, const struct options *o)
{
    struct sweep s;
    sweep_begin(&s, suite, o);
    struct sweeping t = {.sweep = &s, .began = time(NULL)};
    progress_begin(&t.progress, "groups", s.tasks);
    if (o->shrink) {
        int status = shrink(&s);
        sweep_end(&s);
        return status;
    }
    enum workers_end end = sweep_run(&s, tell_task, &t);
    bool every = end == WORKERS_DONE && s.tasks >= suite->cases;
    reach_each(s.reach, add_unreached, &t);
    print_totals(&t, end == WORKERS_DONE);
    bool explained = unreached_explained(&t.unreached, o->waivers, every);
    unreached_free(&t.unreached);
    sweep_end(&s);
    if (end == WORKERS_INTERRUPTED)
        return EXIT_INTERRUPTED;
    if (end == WORKERS_FAILED)
        return EXIT_USAGE;
    if (t.runs == 0)
        return usage_error("sweep: nothing ran: every case was left out");
    return t.failed || t.lost || !explained ? EXIT_FAILED_CASE : EXIT_PASSED;
}

int command_sweep(int argc, char **argv)
{
    struct options o;
    struct why why = {{0}};
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (o.join)
        return sweep_join(&o);
    if (o.paths == 0)
        return usage_error("sweep: which scenarios? `wiredrill sweep --seeds 1..1000 PATH...`");
    if (!o.seed_given)
        return usage_error("sweep: which seeds? --seeds 1..1000");
    if (o.shrink && o.seeds_first != o.seeds_last)
        return usage_error("--shrink: one seed at a time: --seeds N");
    struct suite *suite = suite_load(
        o.path, o.paths, &(struct suite_options){.nic = o.nic, .sut = o.stack, .define = o.defined},
        &why);
    if (!suite)
        return usage_error("%s", why.text);
    tell_refused(suite);
    int status = suite->refusals ? EXIT_USAGE : sweep(suite, &o);
    suite_free(suite);
    return status;
}
