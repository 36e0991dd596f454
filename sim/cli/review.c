/*
 * wiredrill review: goldens that are pending - their cases' lines all pass, the capture is another
 * - in groups of those that differ in the same fields first: accepted, rejected or passed over.
 */
#include "sim/cli/review.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_BYTES = 200, SHOWN = 5 };

/* A case with all its NICs, which share its golden. */
struct pending {
    uint32_t kase; /* the first that differs */
    uint32_t nics, others;
    struct fingerprint t;
    char *report;
    char group[NAME_BYTES]; /* the fields, "ip.ttl+ip.sum"; "" */
};

enum choice { UNDECIDED, ACCEPTED, REJECTED };

struct group {
    const char *name;
    uint32_t count; /* of cases */
    enum choice choice;
};

struct review {
    const struct suite *suite;
    struct options *options;
    struct pending *pending;
    uint32_t count, failing, skipped, rejected_before;
    struct group *group;
    uint32_t groups;
    struct rejected *rejected;
};

/* --- what is pending --- */

/* The fields that differ in the first frame that does: "ip.id+udp.sum". */
static void name_group(const char *report, char out[NAME_BYTES])
{
    size_t len = 0;
    out[0] = 0;
    for (const char *at = report; (at = strstr(at, "  differs   ")) != NULL;) {
        at += strlen("  differs   ");
        for (const char *line = at; *line && (line == at || strncmp(line, "  ", 2) != 0);) {
            int n = (int)strcspn(line, ":\n");
            if (line[n] == ':' && len < NAME_BYTES)
                len += (size_t)snprintf(out + len, NAME_BYTES - len, "%s%.*s", len ? "+" : "", n,
                                        line);
            line += strcspn(line, "\n");
            line += *line == '\n';
        }
    }
    if (out[0])
        return;
    snprintf(out, NAME_BYTES, "%s",
             strstr(report, "one too many") ? "frame-more"
             : strstr(report, ": missing")  ? "frame-less"
             : strstr(report, "expected W") ? "fingerprint"
                                            : "unreadable");
}

static bool hear(void *ctx, uint32_t k, struct result *r)
{
    struct review *v = ctx;
    const struct suite_case *c = &v->suite->kase[k];
    const struct suite_case *before = k ? c - 1 : NULL;
    bool first = !before || strcmp(before->argument, c->argument) != 0;
    bool differs = r->outcome.golden == GOLDEN_BROKEN || r->outcome.golden == GOLDEN_MISSING;
    if (first)
        v->pending[v->count++] = (struct pending){.kase = k};
    struct pending *p = &v->pending[v->count - 1];
    p->nics++;
    v->failing += !differs && (r->outcome.status == RUN_FAILED || r->outcome.status == RUN_ERROR);
    v->skipped += r->outcome.status == RUN_SKIPPED;
    if (!differs)
        return true;
    if (p->others++ == 0) {
        p->kase = k;
        p->t = r->outcome.t;
        p->report = strdup(r->report ? r->report : "");
        if (r->outcome.golden == GOLDEN_MISSING)
            snprintf(p->group, sizeof p->group, "new");
        else
            name_group(p->report, p->group);
    }
    return true;
}

/* What came only behind some NICs is no golden's affair: all share it. */
static void set_aside(struct review *v)
{
    uint32_t kept = 0;
    for (uint32_t k = 0; k < v->count; k++) {
        struct pending *p = &v->pending[k];
        const char *argument = v->suite->kase[p->kase].argument;
        bool some = p->others && p->others < p->nics;
        bool before = p->others && rejected_holds(v->rejected, argument, &p->t);
        if (!p->others)
            rejected_forget(v->rejected, argument);
        if (some)
            printf("%s differs on %u of its %u NICs, which share its golden: that is a bug\n",
                   argument, p->others, p->nics);
        v->failing += some;
        v->rejected_before += before;
        if (p->others && !some && !before)
            v->pending[kept++] = *p;
        else
            free(p->report);
    }
    v->count = kept;
}

static int by_size(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : strcmp(x->name, y->name);
}

static void make_groups(struct review *v)
{
    v->group = calloc(v->count + 1, sizeof *v->group);
    for (uint32_t k = 0; k < v->count; k++) {
        uint32_t g = 0;
        while (g < v->groups && strcmp(v->group[g].name, v->pending[k].group) != 0)
            g++;
        if (g == v->groups)
            v->group[v->groups++].name = v->pending[k].group;
        v->group[g].count++;
    }
    qsort(v->group, v->groups, sizeof *v->group, by_size);
}

/* --- what is chosen --- */

static void print_group(const struct review *v, const struct group *g, bool every)
{
    uint32_t shown = 0;
    printf("\n%s: %u golden%s\n", g->name, g->count, g->count == 1 ? "" : "s");
    for (uint32_t k = 0; k < v->count; k++) {
        const struct pending *p = &v->pending[k];
        if (strcmp(p->group, g->name) != 0)
            continue;
        if (shown++ == 0 || every)
            printf("%s\n%s%s", v->suite->kase[p->kase].argument, p->report,
                   *p->report && p->report[strlen(p->report) - 1] != '\n' ? "\n" : "");
        else if (shown <= SHOWN)
            printf("%s\n", v->suite->kase[p->kase].argument);
    }
    if (shown > SHOWN && !every)
        printf("and %u more\n", shown - SHOWN);
}

/* False: the user wants to stop. */
static bool ask(const struct review *v, struct group *g)
{
    char line[64];
    for (;;) {
        printf("%s: accept, reject, skip, list all, quit [a/r/s/l/q]? ", g->name);
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            return false;
        switch (line[0]) {
        case 'a':
            g->choice = ACCEPTED;
            return true;
        case 'r':
            g->choice = REJECTED;
            return true;
        case 's':
            return true;
        case 'l':
            print_group(v, g, true);
            break;
        case 'q':
            return false;
        default:
            break;
        }
    }
}

/* "ip.ttl,new" or "all"; -1 after saying that nothing is called so. */
static int choose(struct review *v, const char *option, const char *names, enum choice choice)
{
    for (const char *at = names; at && *at; at += strcspn(at, ","), at += *at == ',') {
        size_t len = strcspn(at, ",");
        bool all = len == 3 && strncmp(at, "all", 3) == 0, found = all;
        for (uint32_t g = 0; g < v->groups; g++) {
            bool named = strlen(v->group[g].name) == len && strncmp(v->group[g].name, at, len) == 0;
            found |= named;
            if (named || all)
                v->group[g].choice = choice;
        }
        if (!found) {
            usage_error("--%s: no group is called \"%.*s\"; `wiredrill review` lists them", option,
                        (int)len, at);
            return -1;
        }
    }
    return 0;
}

static enum choice choice_of(const struct review *v, const struct pending *p)
{
    for (uint32_t g = 0; g < v->groups; g++)
        if (strcmp(v->group[g].name, p->group) == 0)
            return v->group[g].choice;
    return UNDECIDED;
}

static bool hear_written(void *ctx, uint32_t k, struct result *r)
{
    uint32_t *written = ctx;
    (void)k;
    if (r->outcome.golden == GOLDEN_WRITTEN && r->outcome.status == RUN_PASSED)
        ++*written;
    else
        usage_error("%s", r->report && r->report[0] ? r->report : "a golden was not written");
    return true;
}

/* The accepted are played again, and written. False: not all could be. */
static bool write_accepted(struct review *v, uint32_t *written)
{
    struct suite chosen = *v->suite;
    chosen.kase = calloc(v->count + 1, sizeof *chosen.kase);
    chosen.cases = 0;
    for (uint32_t k = 0; k < v->count; k++)
        if (choice_of(v, &v->pending[k]) == ACCEPTED)
            chosen.kase[chosen.cases++] = v->suite->kase[v->pending[k].kase];
    v->options->bless = true;
    *written = 0;
    if (chosen.cases)
        workers_run(&chosen, v->options, 0, hear_written, written);
    free(chosen.kase);
    return *written == chosen.cases;
}

static uint32_t note_rejected(struct review *v)
{
    uint32_t count = 0;
    for (uint32_t k = 0; k < v->count; k++) {
        const struct pending *p = &v->pending[k];
        const char *argument = v->suite->kase[p->kase].argument;
        enum choice choice = choice_of(v, p);
        count += choice == REJECTED;
        if (choice == REJECTED)
            rejected_add(v->rejected, argument, &p->t);
        else if (choice == ACCEPTED)
            rejected_forget(v->rejected, argument);
    }
    rejected_save(v->rejected);
    return count;
}

static int decide(struct review *v)
{
    const struct options *o = v->options;
    bool asks = !o->accept && !o->reject && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    uint32_t written, orphans, rejected;
    if (choose(v, "accept", o->accept, ACCEPTED) != 0 ||
        choose(v, "reject", o->reject, REJECTED) != 0)
        return EXIT_USAGE;
    for (uint32_t g = 0; g < v->groups; g++) {
        if (v->group[g].choice == UNDECIDED)
            print_group(v, &v->group[g], o->verbose);
        if (asks && !ask(v, &v->group[g]))
            break;
    }
    bool whole = write_accepted(v, &written);
    rejected = note_rejected(v);
    orphans = v->suite->refusals ? 0 : review_orphans(v->suite, o, stdout);
    uint32_t left = v->count - written - rejected;
    printf("%s%u pending: %u accepted, %u rejected, %u left; %u rejected before; %u goldens "
           "without a scenario\n",
           v->count || orphans ? "\n" : "", v->count, written, rejected, left, v->rejected_before,
           orphans);
    if (v->failing)
        printf("%u cases fail in other ways: `wiredrill run` tells them\n", v->failing);
    if (!whole)
        return EXIT_USAGE;
    return left || rejected || v->rejected_before || orphans || v->failing ? EXIT_FAILED_CASE
                                                                           : EXIT_PASSED;
}

static int review(struct suite *suite, struct options *o)
{
    struct review v = {.suite = suite,
                       .options = o,
                       .pending = calloc(suite->cases + 1, sizeof *v.pending),
                       .rejected = rejected_load()};
    tell_refused(suite);
    enum workers_end end = workers_run(suite, o, 0, hear, &v);
    int status = EXIT_INTERRUPTED;
    if (end != WORKERS_INTERRUPTED) {
        set_aside(&v);
        make_groups(&v);
        status = decide(&v);
    }
    for (uint32_t k = 0; k < v.count; k++)
        free(v.pending[k].report);
    free(v.pending);
    free(v.group);
    rejected_free(v.rejected);
    return suite->refusals ? EXIT_USAGE : status;
}

int command_review(int argc, char **argv)
{
    static const char *const usual[] = {"scenarios", NULL};
    struct options o;
    struct why why = {{0}};
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (o.paths == 0) {
        o.path = usual;
        o.paths = 1;
    }
    struct suite *suite = suite_load(
        o.path, o.paths, &(struct suite_options){.sut = o.stack, .define = o.defined}, &why);
    if (!suite)
        return usage_error("%s", why.text);
    int status = review(suite, &o);
    suite_free(suite);
    return status;
}
