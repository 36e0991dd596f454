/* wiredrill fingerprint: one line for each case, to be compared between compilers, jobs and
 * machines. */
#include <stdlib.h>
#include "sim/cli/cli.h"

struct lines {
    const struct suite *suite;
    const struct script *refused; /* the last that was, which is told once */
    int status;
};

static bool print_line(void *ctx, uint32_t k, struct result *r)
{
    struct lines *lines = ctx;
    const struct suite *suite = lines->suite;
    char w[33], t[33], s[33];
    if (r->outcome.status == RUN_SKIPPED) {
        printf("%32s %32s %32s %s (skipped)\n", "-", "-", "-", suite->kase[k].run.name);
        return true;
    }
    if (r->outcome.status == RUN_ERROR || r->outcome.signal) {
        const struct script *script = r->outcome.refused ? suite->kase[k].run.script : NULL;
        if (!script || script != lines->refused)
            lines->status = usage_error("%s", r->report);
        lines->refused = script;
        return true;
    }
    fingerprint_text(&r->outcome.w, w);
    fingerprint_text(&r->outcome.t, t);
    fingerprint_text(&r->outcome.s, s);
    printf("%s %s %s %s\n", w, t, s, suite->kase[k].run.name);
    return true;
}

int command_fingerprint(int argc, char **argv)
{
    struct options o;
    struct why why = {{0}};
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    o.no_golden = true;
    if (o.paths == 0)
        return usage_error("fingerprint: which scenarios? `wiredrill fingerprint PATH...`");
    struct suite *suite = suite_load(
        o.path, o.paths, &(struct suite_options){o.nic, o.stack, o.defined, o.every_nic}, &why);
    if (!suite)
        return usage_error("%s", why.text);
    tell_refused(suite);
    struct lines lines = {suite, NULL, suite->refusals ? EXIT_USAGE : EXIT_PASSED};
    if (workers_run(suite, &o, 0, print_line, &lines) == WORKERS_INTERRUPTED)
        lines.status = EXIT_INTERRUPTED;
    suite_free(suite);
    return lines.status;
}
