/* wiredrill report: a run as one HTML file. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/cli/causes.h"
#include "sim/cli/cli.h"
#include "sim/cli/report_json.h"
#include "sim/judge/clause.h"
#include "sim/record/capture.h"
#include "sim/record/html.h"
#include "sim/suite/known.h"

enum { PAGE_MOST = 10 << 20, RESERVE = 1 << 20 };

struct told {
    enum run_status status;
    char *report, *picture; /* NULL where nothing is to be shown */
};

struct report {
    const struct suite *suite;
    const struct options *options;
    struct known *known;
    struct told *told;
    struct causes *causes, *lacks;
    uint32_t count[4], as_known;
    uint64_t frames;
    size_t room; /* octets that pictures may still take */
    uint32_t left_out;
    const struct written_run *written; /* NULL: the cases are those of paths */
    uint32_t otherwise;                /* end otherwise than it says */
};

static const char *const status_name[] = {"passed", "failed", "skipped", "error"};

/* Pictures are kept as long as the page has room for them. */
static void keep(struct report *p, struct told *t, struct result *r)
{
    bool failed = t->status == RUN_FAILED || t->status == RUN_ERROR;
    size_t len = r->ladder ? strlen(r->ladder) : 0;
    t->report = failed ? strdup(r->report ? r->report : "") : NULL;
    if ((!failed && !p->options->all) || len == 0)
        return;
    if (len > p->room) {
        p->left_out++;
        return;
    }
    p->room -= len;
    t->picture = strdup(r->ladder);
}

static bool hear(void *ctx, uint32_t k, struct result *r)
{
    struct report *p = ctx;
    const struct suite_case *c = &p->suite->kase[k];
    struct told *t = &p->told[k];
    t->status = r->outcome.status;
    if (p->known && t->status == RUN_FAILED && known_judge(p->known, c, true)) {
        t->status = RUN_SKIPPED;
        p->as_known++;
    }
    p->otherwise +=
        p->written && strcmp(written_run_status(p->written, c), status_name[t->status]) != 0;
    p->count[t->status]++;
    p->frames += r->outcome.frames;
    if (t->status == RUN_FAILED)
        causes_add(p->causes, c->run.name, r->report);
    if (r->outcome.status == RUN_SKIPPED)
        causes_add_skip(p->lacks, c->run.name, r->report);
    keep(p, t, r);
    return true;
}

static void print_totals(FILE *out, const struct report *p)
{
    fputs("<h1>Wiredrill: a run of ", out);
    html_text(out, p->options->stack->name);
    fprintf(out,
            "</h1>\n<p class=\"totals\"><span class=\"good\"><b>%u</b>passed</span><span "
            "class=\"bad\"><b id=\"failed\">%u</b>failed</span><span class=\"skip\"><b>%u</b>"
            "skipped</span><span class=\"dim\"><b>%u</b>cases</span><span "
            "class=\"dim\"><b>%" PRIu64 "</b>frames</span></p>\n",
            p->count[RUN_PASSED], p->count[RUN_FAILED] + p->count[RUN_ERROR], p->count[RUN_SKIPPED],
            p->suite->cases, p->frames);
    if (p->as_known)
        fprintf(out, "<p>%u of the skipped failed as is known.</p>\n", p->as_known);
    if (p->suite->refusals)
        fprintf(out, "<p class=\"bad\">%u scripts were refused.</p>\n", p->suite->refusals);
}

/* The causes as the command prints them. */
static void print_causes(FILE *out, struct causes *c, const char *heading)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    if (!f)
        return;
    causes_print(c, heading, f);
    fclose(f);
    const char *body = len > 1 ? strchr(text + 1, '\n') : NULL;
    if (body) {
        fprintf(out, "<h2>%c%s</h2>\n<pre>", heading[0] - 'a' + 'A', heading + 1);
        html_text(out, body + 1);
        fputs("</pre>\n", out);
    }
    free(text);
}

/* --- requirements --- */

struct matrix {
    const struct report *report;
    FILE *out;
    char standard[16];
    enum { COUNTS, CELLS } pass;
    uint32_t of[4]; /* of the standard: without scenario, skipped, passed, failed */
};
enum state { STATE_NONE, STATE_SKIPPED, STATE_PASSED, STATE_FAILED };

static bool covers(const struct script *s, const char *id)
{
    for (uint32_t k = 0; k < s->covers; k++)
        if (strcmp(s->cover[k].id, id) == 0)
            return true;
    return false;
}

static enum state state_of(const struct report *p, const char *id, uint32_t *failing)
{
    enum state s = STATE_NONE;
    const struct script *last = NULL;
    bool last_covers = false;
    for (uint32_t k = 0; k < p->suite->cases; k++) {
        const struct script *one = p->suite->kase[k].run.script;
        if (one != last)
            last_covers = covers(one, id);
        last = one;
        if (!last_covers)
            continue;
        enum state now = p->told[k].status == RUN_PASSED    ? STATE_PASSED
                         : p->told[k].status == RUN_SKIPPED ? STATE_SKIPPED
                                                            : STATE_FAILED;
        if (now == STATE_FAILED && s != STATE_FAILED)
            *failing = k;
        s = now > s ? now : s;
    }
    return s;
}

static void begin_standard(struct matrix *m, const struct clause *c)
{
    if (m->standard[0])
        fputs("</div></td></tr>\n", m->out);
    snprintf(m->standard, sizeof m->standard, "%s", c->rfc);
    fputs("<tr><th>", m->out);
    html_text(m->out, c->rfc);
    fputs("</th><td><div class=\"matrix\">", m->out);
}

static void print_cell(void *ctx, const struct clause *c)
{
    static const char *const names[] = {"no scenario", "skipped", "passed", "failed"};
    struct matrix *m = ctx;
    uint32_t failing = 0;
    enum state s = state_of(m->report, c->id, &failing);
    m->of[s]++;
    if (s == STATE_NONE)
        return;
    if (strcmp(m->standard, c->rfc) != 0)
        begin_standard(m, c);
    const char *element = s == STATE_FAILED ? "a" : "span";
    fprintf(m->out, "<%s class=\"cell %s\"", element, names[s]);
    if (s == STATE_FAILED)
        fprintf(m->out, " href=\"#case-%u\"", failing);
    fputs(" title=\"", m->out);
    html_text(m->out, c->id);
    fprintf(m->out, ", %s, %s: ", c->level, names[s]);
    html_octets(m->out, c->text, (size_t)c->text_len);
    fprintf(m->out, "\"></%s>", element);
}

static void print_failed_requirement(void *ctx, const struct clause *c)
{
    struct matrix *m = ctx;
    uint32_t failing = 0;
    if (state_of(m->report, c->id, &failing) != STATE_FAILED)
        return;
    fprintf(m->out, "<tr><td class=\"mono\"><a href=\"#case-%u\">", failing);
    html_text(m->out, c->id);
    fprintf(m->out, "</a></td><td>%s</td><td>", c->level);
    html_octets(m->out, c->text, (size_t)c->text_len);
    fputs("</td></tr>\n", m->out);
}

static void print_requirements(FILE *out, const struct report *p)
{
    struct matrix m = {.report = p, .out = out};
    fputs("<h2>Requirements by standard</h2>\n<table class=\"standards\">", out);
    clause_each(print_cell, &m);
    fprintf(out,
            "%s</table>\n<p><span class=\"good\">%u passed</span>, <span class=\"bad\">%u "
            "failed</span>, <span class=\"skip\">%u skipped</span>, %u that no case here "
            "covers.</p>\n",
            m.standard[0] ? "</div></td></tr>" : "", m.of[STATE_PASSED], m.of[STATE_FAILED],
            m.of[STATE_SKIPPED], m.of[STATE_NONE]);
    if (m.of[STATE_FAILED] == 0)
        return;
    fputs("<table>", out);
    clause_each(print_failed_requirement, &m);
    fputs("</table>\n", out);
}

/* --- cases --- */

static void print_case(FILE *out, const struct report *p, uint32_t k, bool open)
{
    const struct told *t = &p->told[k];
    fprintf(out, "<details class=\"case %s\" id=\"case-%u\"%s><summary><b class=\"%s\">%s</b> ",
            status_name[t->status], k, open ? " open" : "",
            t->status == RUN_PASSED ? "good" : "bad", status_name[t->status]);
    html_text(out, p->suite->kase[k].run.name);
    if (t->report && t->report[0]) {
        const char *sentence = strstr(t->report, ": ");
        fputs(" <span class=\"dim\">", out);
        sentence = sentence ? sentence + 2 : t->report;
        html_octets(out, sentence, strcspn(sentence, "\n"));
        fputs("</span>", out);
    }
    fputs("</summary>\n", out);
    if (t->report && t->report[0]) {
        fputs("<pre class=\"report\">", out);
        html_text(out, t->report);
        fputs("</pre>\n", out);
    }
    fprintf(out, "<div>%s</div></details>\n",
            t->picture ? t->picture : "<p class=\"dim\">not drawn: run it alone</p>");
}

static void print_cases(FILE *out, const struct report *p)
{
    bool open = true;
    fputs("<h2>Cases</h2>\n", out);
    if (p->left_out)
        fprintf(out, "<p>%u cases are not drawn, to keep the page below 10 MB.</p>\n", p->left_out);
    for (uint32_t k = 0; k < p->suite->cases; k++) {
        bool failed = p->told[k].status == RUN_FAILED || p->told[k].status == RUN_ERROR;
        if (!failed && !p->told[k].picture)
            continue;
        print_case(out, p, k, open && failed);
        open &= !failed;
    }
}

static int write_page(const struct report *p)
{
    struct why why = {{0}};
    char *text = NULL;
    size_t len;
    const char *path = p->options->output ? p->options->output : "wiredrill.html";
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return usage_error("report: no memory");
    report_head(out);
    print_totals(out, p);
    print_causes(out, p->causes, "failures by cause");
    print_requirements(out, p);
    print_causes(out, p->lacks, "skipped, by what was missing first");
    print_cases(out, p);
    report_tail(out);
    fclose(out);
    int written = file_write(path, text, len, &why);
    free(text);
    if (written != 0)
        return usage_error("report: %s", why.text);
    printf("%s: %zu octets\n%u passed, %u failed, %u skipped\n", path, len, p->count[RUN_PASSED],
           p->count[RUN_FAILED] + p->count[RUN_ERROR], p->count[RUN_SKIPPED]);
    if (p->otherwise)
        printf("%u cases end otherwise than they did in that run\n", p->otherwise);
    if (p->count[RUN_ERROR] || p->suite->refusals)
        return EXIT_USAGE;
    return p->count[RUN_FAILED] ? EXIT_FAILED_CASE : EXIT_PASSED;
}

static void report_free(struct report *p)
{
    for (uint32_t k = 0; k < p->suite->cases; k++) {
        free(p->told[k].report);
        free(p->told[k].picture);
    }
    free(p->told);
    causes_free(p->causes);
    causes_free(p->lacks);
}

static bool ends_in_json(const char *word)
{
    const char *dot = strrchr(word, '.');
    return dot && (strcmp(dot, ".json") == 0 || strcmp(dot, ".jsonl") == 0);
}

/* report RUN.json: the run's options and scripts stand in its place. NULL: no argument is one, or
 * *why says what is wrong with it. The words are the run's. */
static struct written_run *read_run(int *argc, char ***argv, struct why *why)
{
    int at = 1, words;
    while (at < *argc && (!ends_in_json((*argv)[at]) || strcmp((*argv)[at - 1], "-o") == 0))
        at++;
    struct written_run *w = at < *argc ? written_run_load((*argv)[at], why) : NULL;
    if (!w)
        return NULL;
    char *const *word = written_run_words(w, &words);
    char **all = written_run_room(w, (size_t)(*argc + words + 1) * sizeof *all);
    memcpy(all, *argv, (size_t)at * sizeof *all);
    memcpy(all + at, word, (size_t)words * sizeof *all);
    memcpy(all + at + words, *argv + at + 1, (size_t)(*argc - at) * sizeof *all);
    *argc += words - 1;
    *argv = all;
    return w;
}

static int report(struct options *o, const struct written_run *written)
{
    struct why why = {{0}};
    o->every_nic |= written && !o->nic;
    struct known *known = o->known ? known_load(o->known, &why) : NULL;
    if (o->known && !known)
        return usage_error("--known: %s", why.text);
    struct suite *suite = cases_to_run(o);
    if (!suite)
        return EXIT_USAGE;
    tell_refused(suite);
    if (written)
        written_run_choose(written, suite);
    struct report p = {.suite = suite,
                       .options = o,
                       .known = known,
                       .written = written,
                       .told = calloc(suite->cases + 1, sizeof *p.told),
                       .causes = causes_new(),
                       .lacks = causes_new(),
                       .room = PAGE_MOST - RESERVE};
    unsigned want = WANT_PICTURE | WANT_FATES | (o->all ? WANT_LADDER : 0u);
    enum workers_end end = workers_run(suite, o, want, hear, &p);
    int status = end == WORKERS_INTERRUPTED ? EXIT_INTERRUPTED : write_page(&p);
    report_free(&p);
    known_free(known);
    suite_free(suite);
    return status;
}

int command_report(int argc, char **argv)
{
    struct options o;
    struct why why = {{0}};
    struct written_run *written = read_run(&argc, &argv, &why);
    int status = EXIT_USAGE;
    if (why.text[0])
        return usage_error("report: %s", why.text);
    bool sound = options_parse(argc, argv, &o) == 0;
    if (sound && o.paths == 0 && !o.last_failed)
        usage_error("report: of which scenarios? `wiredrill report PATH...`, or RUN.json, which "
                    "`run --json=RUN.json` writes");
    else if (sound)
        status = report(&o, written);
    written_run_free(written);
    return status;
}
