/* wiredrill run: scenarios, judged. A ladder for one case, a table for many. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sim/cli/causes.h"
#include "sim/suite/starve.h"
#include "sim/cli/cli.h"
#include "sim/cli/json.h"
#include "sim/cli/last_failed.h"
#include "sim/judge/clause.h"
#include "sim/record/junit.h"
#include "sim/base/text.h"
#include "sim/suite/known.h"
#include "sim/suite/wire_mutants.h"

enum { PLACES_TOLD = 20 };

/* Scripts that were refused, for the line before the last: "x.pkt:5:4". */
struct refusals {
    struct text places;
    uint32_t scripts;
    const struct script *last; /* refused when its cases were to begin, and with which words */
    char *last_text;
};

/* The failure that was told last. */
struct above {
    const char *argument, *nic;
    char *report; /* without the NIC's name */
};

struct tally {
    const struct suite *suite;
    const struct options *options;
    struct junit *junit;
    struct json_lines *json[2]; /* on the standard output, in a file */
    struct last_failed *last;
    struct wire_tally *wire;       /* NULL: the wire is not bent */
    struct known *known;           /* failures that are; NULL: none are */
    struct causes *causes, *lacks; /* of failures; of skips */
    uint32_t told, passed, relaxed, failed, skipped, errors, as_known, missing_goldens,
        closure_runs, left_out;
    uint64_t runs, draws;
    uint64_t frames;
    int64_t wall_ns, *each_ns;
    bool *case_failed;
    struct refusals refusals;
    struct above above;
};

static const char *const status_words[] = {"passed", "FAILED", "skipped", "ERROR"};

static void tell_json(const struct tally *t, const struct suite_case *c, const struct result *r)
{
    for (int k = 0; k < 2; k++)
        json_case(t->json[k], c, r);
}

/* --- scripts that are refused --- */

void tell_refused(const struct suite *suite)
{
    for (uint32_t k = 0; k < suite->refusals; k++)
        usage_error("%s", suite->refused[k].text);
}

/* The text begins with the place, if there is one. */
static void add_refusal(struct refusals *r, const char *path, const char *text)
{
    int line, column;
    size_t len = strlen(path);
    bool placed =
        strncmp(text, path, len) == 0 && sscanf(text + len, ":%d:%d:", &line, &column) == 2;
    if (r->scripts++ >= PLACES_TOLD)
        return;
    text_add(&r->places, "%s%s", r->scripts > 1 ? ", " : "", path);
    if (placed)
        text_add(&r->places, ":%d:%d", line, column);
}

/* Of one script, what was told already of another NIC or parameter is not told again: it begins
 * with the same sentence. */
static bool is_told(struct tally *t, const struct suite_case *c, const struct result *r)
{
    struct refusals *f = &t->refusals;
    const char *text = r->report ? r->report : "";
    size_t sentence = strcspn(text, "\n");
    if (!r->outcome.refused)
        return false;
    if (f->last != c->run.script)
        add_refusal(f, c->run.script->path, text);
    bool told = f->last == c->run.script && strlen(f->last_text) == sentence &&
                strncmp(f->last_text, text, sentence) == 0;
    f->last = c->run.script;
    free(f->last_text);
    f->last_text = strndup(text, sentence);
    return told;
}

/* Those that did not even parse. */
static void count_refused(struct tally *t)
{
    for (uint32_t k = 0; k < t->suite->refusals; k++) {
        const struct refused_script *s = &t->suite->refused[k];
        struct result r = {.report = (char *)s->text, .outcome = {.status = RUN_ERROR}};
        const struct suite_case none = {.run = {.name = s->path}};
        add_refusal(&t->refusals, s->path, s->text);
        junit_case(t->junit, s->path, s->path, "error", s->text, 0);
        tell_json(t, &none, &r);
        last_failed_note(t->last, s->path, NULL, true);
    }
    tell_refused(t->suite);
}

/* The report, but for the NIC that it names; to be freed. */
static char *without_nic(const char *report, const char *nic)
{
    struct text text = {.grows = true};
    text_add(&text, "%s", "");
    for (const char *at; (at = strstr(report, nic)) != NULL; report = at + strlen(nic))
        text_bytes(&text, report, (size_t)(at - report));
    text_add(&text, "%s", report);
    return text.bytes;
}

/* The case has failed on another NIC in the same words, which stand above: NULL, or which. */
static const char *as_on(struct tally *t, const struct suite_case *c, const struct result *r)
{
    struct above *above = &t->above;
    if (r->outcome.status != RUN_FAILED || t->options->verbose)
        return NULL;
    char *report = without_nic(r->report ? r->report : "", c->run.nic->name);
    bool same = above->argument && strcmp(above->argument, c->argument) == 0 &&
                strcmp(above->report, report) == 0;
    if (!same) {
        free(above->report);
        *above = (struct above){c->argument, c->run.nic->name, report};
        return NULL;
    }
    free(report);
    return above->nic;
}

/* The table: failures in full as they come, passed cases only when there are few or all are wanted.
 */
static void print_row(struct tally *t, const struct suite_case *c, const struct result *r)
{
    const struct options *o = t->options;
    const char *other = as_on(t, c, r);
    if (other) {
        printf("%-7s %s: as on %s\n", status_words[r->outcome.status], c->run.name, other);
        return;
    }
    bool few = t->suite->cases <= 16 || o->verbose;
    if (r->outcome.status != RUN_PASSED || (few && !o->quiet)) {
        char time[TIME_TEXT_BYTES];
        printf("%-7s %s", r->outcome.refused ? "refused" : status_words[r->outcome.status],
               r->outcome.refused ? c->run.script->path : c->run.name);
        if (r->outcome.status == RUN_PASSED)
            printf("  %" PRIu64 " frames, %s%s%s", r->outcome.frames,
                   time_text(r->outcome.virtual_ns, time), r->outcome.relaxed ? ", relaxed" : "",
                   r->outcome.golden == GOLDEN_WRITTEN        ? ", golden written"
                   : r->outcome.golden == GOLDEN_NOT_COMPARED ? ", golden not compared"
                   : r->outcome.golden == GOLDEN_MISSING      ? ", no golden yet"
                                                              : "");
        putchar('\n');
    }
    bool ladder =
        r->ladder && r->ladder[0] &&
        (r->outcome.status == RUN_FAILED || (t->suite->cases == 1 && !o->quiet) || o->verbose);
    if (r->report && r->report[0] && r->outcome.status != RUN_PASSED)
        printf("%s%s", r->report, r->report[strlen(r->report) - 1] == '\n' ? "" : "\n");
    if (ladder && r->outcome.status != RUN_SKIPPED)
        fputs(r->ladder, stdout);
}

/* A case that failed as known is told in one line, and is over; one that is listed and passes
 * fails. */
static bool is_known(struct tally *t, const struct suite_case *c, struct result *r)
{
    bool failed = r->outcome.status == RUN_FAILED;
    if (!t->known || (!failed && r->outcome.status != RUN_PASSED))
        return false;
    const struct known_entry *e = known_judge(t->known, c, failed);
    if (e && !failed) {
        struct text text = {.grows = true};
        text_add(&text, "%s:%d: it passes, and is listed as failing\n  reason    %s\n",
                 t->options->known, e->line, e->reason);
        free(r->report);
        r->report = text.bytes;
        r->outcome.status = RUN_FAILED;
        return false;
    }
    if (!e)
        return false;
    t->as_known++;
    r->outcome.status = RUN_SKIPPED;
    tell_json(t, c, r);
    junit_case(t->junit, c->run.script->path, c->run.name, "skipped", e->reason,
               r->outcome.wall_ns);
    if (!t->options->json && !t->options->quiet)
        printf("known   %s: %s\n", c->run.name, e->reason);
    return true;
}

/* Those that are known or only pass over something are none. */
static bool go_on(const struct tally *t)
{
    uint64_t most = t->options->max_failures;
    return !most || t->failed + t->errors + t->refusals.scripts < most;
}

static bool count(void *ctx, uint32_t k, struct result *r)
{
    static const char *const kinds[] = {NULL, "failure", "skipped", "error"};
    struct tally *t = ctx;
    const struct suite_case *c = &t->suite->kase[k];
    t->told++;
    bool known = is_known(t, c, r);
    bool failed = r->outcome.status == RUN_FAILED || r->outcome.status == RUN_ERROR;
    last_failed_note(t->last, c->argument, c->run.nic->name, failed);
    if (known)
        return true;
    uint32_t *const counters[] = {&t->passed, &t->failed, &t->skipped, &t->errors};
    bool told = is_told(t, c, r);
    if (!r->outcome.refused)
        ++*counters[r->outcome.status];
    t->relaxed += r->outcome.status == RUN_PASSED && r->outcome.relaxed;
    t->case_failed[k] = failed;
    t->frames += r->outcome.frames;
    t->wall_ns += r->outcome.wall_ns;
    t->each_ns[k] = r->outcome.wall_ns;
    t->closure_runs += r->outcome.closure_runs;
    t->runs += r->outcome.runs;
    t->draws += r->outcome.draws;
    t->left_out += r->outcome.left_out;
    if (t->wire && r->outcome.status == RUN_PASSED)
        wire_tally_add(t->wire, &c->run, r->report);
    t->missing_goldens += r->outcome.golden == GOLDEN_MISSING;
    if (r->outcome.status == RUN_FAILED)
        causes_add(t->causes, c->run.name, r->report);
    if (r->outcome.status == RUN_SKIPPED)
        causes_add_skip(t->lacks, c->run.name, r->report);
    junit_case(t->junit, c->run.script->path, c->run.name, kinds[r->outcome.status], r->report,
               r->outcome.wall_ns);
    tell_json(t, c, r);
    if (!t->options->json && !told)
        print_row(t, c, r);
    fflush(stdout);
    return go_on(t);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void print_sum(struct tally *t)
{
    uint32_t cases = t->suite->cases;
    qsort(t->each_ns, cases, sizeof *t->each_ns, by_value);
    if (cases > 1 && t->told == cases && !t->options->quiet) {
        int64_t median_us = t->each_ns[cases / 2] / 1000;
        uint64_t per_s = t->wall_ns > 0 ? t->frames * 1000000000u / (uint64_t)t->wall_ns : 0;
        printf("%u cases, %" PRIu64 " frames; median %" PRId64 " us a case, %" PRIu64 " frames/s\n",
               cases, t->frames, median_us, per_s);
        if (t->closure_runs)
            printf("%u runs with a frame lost, doubled, delayed or corrupted%s\n", t->closure_runs,
                   t->options->pairs ? ", or two" : "");
        if (t->options->fail_alloc)
            printf("%" PRIu64 " runs with one draw of memory refused, of %" PRIu64
                   " draws at %u sites; %u cases left out\n",
                   t->runs, t->draws, starve_sites(), t->left_out);
    }
    if (t->refusals.scripts > PLACES_TOLD)
        printf("%u refused: %s and %u more\n", t->refusals.scripts, t->refusals.places.bytes,
               t->refusals.scripts - PLACES_TOLD);
    else if (t->refusals.scripts)
        printf("%u refused: %s\n", t->refusals.scripts, t->refusals.places.bytes);
    if (t->relaxed)
        printf("%u passed exactly, %u relaxed: some line holds only where no standard fixes more\n",
               t->passed - t->relaxed, t->relaxed);
    if (t->known)
        printf("%u failed as %s says\n", t->as_known, t->options->known);
    printf("%u passed, %u failed, %u skipped\n", t->passed, t->failed + t->errors, t->skipped);
}

struct requirement_row {
    const struct tally *tally;
    uint32_t printed;
};

/* One line for a requirement that a failed case covers: how many of its cases failed, and a script
 * that shows it. */
static void print_requirement(void *ctx, const struct clause *c)
{
    struct requirement_row *row = ctx;
    const struct tally *t = row->tally;
    uint32_t failed = 0, cases = 0;
    const char *script = NULL;
    for (uint32_t k = 0; k < t->suite->cases; k++) {
        const struct script *s = t->suite->kase[k].run.script;
        for (uint32_t v = 0; v < s->covers; v++) {
            if (strcmp(s->cover[v].id, c->id) != 0)
                continue;
            cases++;
            failed += t->case_failed[k];
            script = t->case_failed[k] && !script ? s->path : script;
        }
    }
    if (failed == 0)
        return;
    if (row->printed++ == 0)
        printf("\nfailed, by requirement:\n");
    printf("  %-28s %-10s %u of %u  %s\n      %.*s\n", c->id, c->level, failed, cases, script,
           c->text_len, c->text);
}

/* What a stack that is not ours fails, in the standards' words. */
static void print_requirements(const struct tally *t)
{
    struct requirement_row row = {t, 0};
    clause_each(print_requirement, &row);
    if (row.printed)
        printf("%u requirements\n", row.printed);
}

/* Runs inside a checkout leave reports/junit.xml; elsewhere no folder is made. */
static struct junit *open_junit(const struct options *o)
{
    struct stat st;
    if (o->junit)
        return junit_open(o->junit);
    return stat("reports", &st) == 0 && S_ISDIR(st.st_mode) ? junit_open("reports/junit.xml")
                                                            : NULL;
}

/* What will be shown, and no more: nobody formats what nobody sees. */
static unsigned wanted(const struct options *o, const struct suite *suite)
{
    bool one = suite->cases == 1;
    bool ladder = o->verbose || (one && !o->quiet);
    return (ladder ? WANT_LADDER : 0u) | (one || o->verbose ? WANT_FATES : 0u);
}

/* NULL without --breakers; false after saying that it cannot be written. */
static bool open_breakers(const struct options *o, FILE **breakers)
{
    *breakers = o->breakers ? fopen(o->breakers, "w") : NULL;
    return *breakers || !o->breakers ||
           !usage_error("--breakers: %s: %s", o->breakers, strerror(errno));
}

static void tell_all(struct tally *t)
{
    const struct options *o = t->options;
    if (!o->json)
        causes_print(t->causes, "failures by cause", stdout);
    if (!o->json && !o->quiet)
        causes_print(t->lacks, "skipped, by what was missing first", stdout);
    if (!o->json && o->sut)
        print_requirements(t);
    if (t->known)
        t->failed += known_finish(t->known, o->json ? stderr : stdout);
}

static void tally_free(struct tally *t)
{
    if (t->wire)
        wire_tally_free(t->wire);
    free(t->above.report);
    last_failed_free(t->last);
    causes_free(t->causes);
    causes_free(t->lacks);
    free(t->each_ns);
    free(t->case_failed);
    free(t->refusals.places.bytes);
    free(t->refusals.last_text);
}

/* What did not run is told, and never a pass. */
static int status_of(const struct tally *t, enum workers_end end, bool failed)
{
    const struct options *o = t->options;
    uint32_t left = t->suite->cases - t->told;
    if (end == WORKERS_INTERRUPTED)
        fprintf(stderr, "wiredrill: interrupted; %u cases were not told\n", left);
    else if (end == WORKERS_ENOUGH)
        fprintf(stderr, "wiredrill: %u failed, that is enough; %u cases were not run\n",
                t->failed + t->errors, left);
    bool idle = t->suite->cases && t->skipped == t->suite->cases;
    if (idle)
        usage_error("run: nothing ran: every case was skipped");
    if (end == WORKERS_INTERRUPTED)
        return EXIT_INTERRUPTED;
    if (t->errors || t->refusals.scripts > 0 || end == WORKERS_FAILED || idle)
        return EXIT_USAGE;
    return failed || (o->fail_on_skip && t->skipped) ? EXIT_FAILED_CASE : EXIT_PASSED;
}

/* False after saying that the file cannot be written. */
static bool close_json(struct tally *t)
{
    struct why why = {{0}};
    for (int k = 0; k < 2; k++)
        json_totals(t->json[k], t->passed, t->failed + t->errors, t->skipped,
                    t->told == t->suite->cases);
    json_close(t->json[0], &why);
    return json_close(t->json[1], &why) == 0 || !usage_error("--json: %s", why.text);
}

static int run_suite(struct suite *suite, struct options *o, struct known *known, FILE *breakers)
{
    struct tally t = {
        .suite = suite,
        .options = o,
        .wire = o->wire_mutants ? wire_tally_new(breakers) : NULL,
        .known = known,
        .causes = causes_new(),
        .lacks = causes_new(),
        .each_ns = calloc(suite->cases + 1, sizeof(int64_t)),
        .case_failed = calloc(suite->cases + 1, sizeof(bool)),
        .junit = open_junit(o),
        .json = {o->json ? json_open(NULL) : NULL, o->json_file ? json_open(o->json_file) : NULL},
        .last = o->wire_mutants ? NULL : last_failed_load(o),
        .refusals = {.places = {.grows = true}}};
    if (o->fail_alloc)
        starve_share();
    for (int k = 0; k < 2; k++)
        json_run(t.json[k], o);
    count_refused(&t);
    enum workers_end end =
        go_on(&t) ? workers_run(suite, o, wanted(o, suite), count, &t) : WORKERS_ENOUGH;
    bool written = junit_close(t.junit) == 0;
    int junit_error = errno;
    tell_all(&t);
    uint32_t idle = t.wire && !o->json ? wire_tally_print(t.wire, stdout) : 0;
    if (!o->json)
        print_sum(&t);
    int status = status_of(&t, end, t.failed || idle);
    if (o->junit && !written)
        status = usage_error("--junit: %s cannot be written: %s", o->junit, strerror(junit_error));
    if (!close_json(&t))
        status = EXIT_USAGE;
    last_failed_save(t.last);
    tally_free(&t);
    return status;
}

int command_run(int argc, char **argv)
{
    struct options o;
    struct why why = {{0}};
    FILE *breakers = NULL;
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (o.paths == 0 && !o.last_failed)
        return usage_error("run: which scenarios? `wiredrill run PATH...`, files or folders");
    struct suite *suite = cases_to_run(&o);
    if (!suite)
        return EXIT_USAGE;
    int status = EXIT_USAGE;
    struct known *known = o.known ? known_load(o.known, &why) : NULL;
    if (o.known && !known)
        usage_error("--known: %s", why.text);
    else if (open_breakers(&o, &breakers))
        status = run_suite(suite, &o, known, breakers);
    if (breakers && fclose(breakers) != 0)
        status = usage_error("--breakers: %s: %s", o.breakers, strerror(errno));
    known_free(known);
    suite_free(suite);
    return status;
}
