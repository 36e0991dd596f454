/*
 * A seed that fails, as the shortest script found that fails in the same way: lines are left out in
 * halves, quarters and so on down to single ones (Zeller and Hildebrandt, "Simplifying and
 * Isolating Failure-Inducing Input", 2002), faults first. Each try is printed, parsed and played as
 * `wiredrill run` would, in a process of its own; "the same way" is the field that differs, or the
 * sentence where none does. And what is left does not fail so without its faults: an outcome that
 * nobody works for any more would not hold either.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sim/base/fd.h"
#include "sim/base/pool.h"
#include "sim/suite/sweep.h"

enum { SIGN = 160, TRY_MS = 20000 };

struct verdict_sign {
    char text[SIGN]; /* "": it passed */
    int64_t at_ns;
};

struct shrinking {
    const struct sweep *sweep;
    struct script script; /* what is left */
    struct pool *pool;
    char sign[SIGN];
    int64_t at_ns;
    bool *out;    /* of the steps: those that are left out */
    bool *struck; /* those that are faults */
    bool calmed;  /* without them it does not fail so */
};

/* --- one try --- */

static const char no_script[] = "it is no script";

static void sign_of(const char *report, char out[SIGN])
{
    static const char heading[] = "\n  differs   ";
    const char *at = strstr(report, heading), *sentence = strstr(report, ": ");
    const char *from = at ? at + sizeof heading - 1 : sentence ? sentence + 2 : report;
    if (at && strncmp(from, "run:", 4) == 0 && sentence)
        from = sentence + 2;
    size_t len = strcspn(from, ":\n"), n = 0;
    for (size_t k = 0; k < len && n < SIGN - 1; k++)
        if (from[k] < '0' || from[k] > '9')
            out[n++] = from[k];
    out[n] = 0;
}

static void tell(void *ctx, struct run *r)
{
    struct verdict_sign sign = {.at_ns = r->verdict.at_ns};
    sign_of(r->verdict.report, sign.text);
    fd_write_all(*(const int *)ctx, &sign, sizeof sign);
    _exit(0);
}

/* In the child. */
static void play(const struct sweep *s, const char *text, int to)
{
    struct diagnostic d;
    struct why why = {{0}};
    struct script *script = script_parse("shrunk.pkt", text, strlen(text), NULL, &d);
    struct verdict_sign passed = {.at_ns = 0};
    if (!script)
        memcpy(passed.text, no_script, sizeof no_script);
    if (script) {
        const struct value **value = calloc(script->parameters + 1, sizeof *value);
        struct run_case kase = {.script = script, .value = value, .name = "shrunk"};
        struct run_options o = {.sut = s->options->stack,
                                .load = s->options->load,
                                .seed = 1,
                                .monitored = !s->options->no_monitor,
                                .last_words = tell,
                                .last_words_ctx = &to};
        for (uint32_t p = 0; value && p < script->parameters; p++) {
            value[p] = script->parameter[p].value;
            if (strcmp(script->parameter[p].name, "nic") == 0 && value[p]->text)
                kase.nic = nic_kind_by_name(value[p]->text);
            if (strcmp(script->parameter[p].name, "seed") == 0)
                o.seed = (uint64_t)value[p]->number;
        }
        struct run *r = run_new(&kase, &o, &why);
        if (r) {
            run_play(r, NEVER);
            run_finish(r);
            if (r->verdict.status == RUN_PASSED)
                run_close(r);
            if (r->verdict.status == RUN_FAILED)
                tell(&to, r);
        }
    }
    fd_write_all(to, &passed, sizeof passed);
    _exit(0);
}

static struct verdict_sign try_text(const struct sweep *s, const char *text)
{
    struct verdict_sign sign = {.at_ns = 0};
    int fd[2];
    fflush(NULL);
    if (pipe(fd) != 0)
        return sign;
    pid_t child = fork();
    if (child == 0) {
        close(fd[0]);
        dup2(STDERR_FILENO, STDOUT_FILENO);
        play(s, text, fd[1]);
    }
    close(fd[1]);
    struct pollfd wait = {.fd = fd[0], .events = POLLIN};
    if (child < 0 || poll(&wait, 1, TRY_MS) <= 0 || !fd_read_all(fd[0], &sign, sizeof sign)) {
        snprintf(sign.text, sizeof sign.text, "the process died or hung");
        sign.at_ns = 0;
    }
    close(fd[0]);
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    return sign;
}

/* --- leaving out --- */

/* `calm`: without the faults as well. */
static char *text_without(const struct shrinking *k, bool calm)
{
    struct script s = k->script;
    s.step = pool_alloc(k->pool, (s.steps + 1) * sizeof *s.step);
    s.steps = 0;
    for (uint32_t n = 0; n < k->script.steps; n++)
        if (!k->out[n] && !(calm && k->struck[n]))
            s.step[s.steps++] = k->script.step[n];
    return script_print(&s);
}

static bool fails_so(const struct shrinking *k, int64_t *at_ns)
{
    char *text = text_without(k, false);
    struct verdict_sign sign = try_text(k->sweep, text);
    free(text);
    *at_ns = sign.at_ns;
    return strcmp(sign.text, k->sign) == 0;
}

/* Without its faults it is a script, too, and does not fail so. */
static bool is_calm_without(const struct shrinking *k)
{
    char *text = text_without(k, true);
    struct verdict_sign sign = try_text(k->sweep, text);
    free(text);
    return strcmp(sign.text, no_script) != 0 && strcmp(sign.text, k->sign) != 0;
}

static bool still_fails(struct shrinking *k)
{
    int64_t at_ns;
    if (!fails_so(k, &at_ns) || (k->calmed && !is_calm_without(k)))
        return false;
    k->at_ns = at_ns;
    return true;
}

/* Steps from..to at once; true when the rest still fails. */
static bool leave_out(struct shrinking *k, uint32_t from, uint32_t to)
{
    bool before[from < to ? to - from : 1], any = false;
    memcpy(before, k->out + from, (to - from) * sizeof *before);
    for (uint32_t n = from; n < to; n++) {
        any |= !k->out[n];
        k->out[n] = true;
    }
    if (any && still_fails(k))
        return true;
    memcpy(k->out + from, before, (to - from) * sizeof *before);
    return false;
}

static void shrink_steps(struct shrinking *k)
{
    uint32_t size = k->script.steps;
    while (size > 0) {
        bool any = false;
        for (uint32_t end = k->script.steps; end > 0; end = end > size ? end - size : 0)
            any |= leave_out(k, end > size ? end - size : 0, end);
        size = any && size == 1 ? 1 : size / 2;
    }
}

static void shrink_settings(struct shrinking *k)
{
    struct setting *all = k->script.set;
    for (uint32_t n = k->script.sets; n-- > 0;) {
        struct setting *fewer = pool_alloc(k->pool, (k->script.sets + 1) * sizeof *fewer);
        const struct setting *had = k->script.set;
        uint32_t sets = k->script.sets;
        memcpy(fewer, had, n * sizeof *fewer);
        memcpy(fewer + n, had + n + 1, (sets - n - 1) * sizeof *fewer);
        k->script.set = fewer;
        k->script.sets--;
        if (!still_fails(k)) {
            k->script.set = all;
            k->script.sets = sets;
        }
        all = k->script.set;
    }
}

static void shrink_end(struct shrinking *k)
{
    int64_t end_ns = k->script.end_ns;
    k->script.end_ns = k->at_ns;
    if (k->script.outcomes || k->at_ns <= 0 || !still_fails(k))
        k->script.end_ns = end_ns;
}

/* The script of the seed, if it fails: swarm's memory is the pool's. */
static bool begin(struct shrinking *k, struct prepared *p, uint64_t seed)
{
    struct swarm swarm;
    sweep_prepare(k->sweep, seed / SWARM_GROUP, p);
    if (p->outside)
        return false;
    swarm_draw(seed, &p->actions, k->pool, &swarm);
    k->script = swarm.script;
    k->script.summary = NULL;
    k->struck = swarm.struck;
    k->out = pool_alloc(k->pool, (k->script.steps + 1) * sizeof *k->out);
    char *text = text_without(k, false);
    struct diagnostic d;
    struct script *parsed = script_parse("seed.pkt", text, strlen(text), NULL, &d);
    if (!parsed)
        fprintf(stderr, "wiredrill: the seed is no script: %s: %s\n", d.line, d.text);
    else
        script_free(parsed);
    struct verdict_sign sign = try_text(k->sweep, text);
    free(text);
    memcpy(k->sign, sign.text, sizeof k->sign);
    k->at_ns = sign.at_ns;
    if (!k->sign[0])
        return false;
    k->calmed = is_calm_without(k);
    return true;
}

char *sweep_shrink(const struct sweep *s, uint64_t seed)
{
    struct prepared p;
    struct shrinking k = {.sweep = s, .pool = pool_new()};
    char *text = NULL;
    if (begin(&k, &p, seed)) {
        shrink_steps(&k);
        shrink_settings(&k);
        shrink_end(&k);
        text = text_without(&k, false);
    }
    sweep_release(&p);
    pool_free(k.pool);
    return text;
}
