/* wiredrill conformance: what the scenarios say of each requirement of the catalogue. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "sim/cli/cli.h"
#include "sim/suite/conformance.h"

struct told {
    struct conformance *conformance;
    const struct suite *suite;
    bool quiet;
    uint32_t errors;
};

/* Failures are named as they come, the rest is the report's. */
static bool count(void *ctx, uint32_t k, struct result *r)
{
    struct told *t = ctx;
    conformance_case(t->conformance, k, r->outcome.status);
    t->errors += r->outcome.status == RUN_ERROR;
    if (r->outcome.status == RUN_FAILED || r->outcome.status == RUN_ERROR)
        fprintf(stderr, "failed  %s\n", t->suite->kase[k].run.name);
    return true;
}

static bool write_file(const char *path, void (*print)(const struct conformance *c, FILE *out),
                       const struct conformance *c, bool totals)
{
    FILE *f = fopen(path, "w");
    if (f)
        print(c, f);
    if (f && totals)
        conformance_print_totals(c, f);
    bool whole = f && !ferror(f);
    if (f && fclose(f) != 0)
        whole = false;
    return whole || !usage_error("%s: %s", path, strerror(errno));
}

/* Runs inside a checkout leave the report in reports/; elsewhere no folder is made. */
static bool write_reports(const struct conformance *c)
{
    struct stat st;
    if (stat("reports", &st) != 0 || !S_ISDIR(st.st_mode))
        return true;
    return write_file("reports/conformance.tsv", conformance_print_tsv, c, false) &&
           write_file("reports/conformance.txt", conformance_print, c, true);
}

static bool read_lists(struct conformance *c, const struct options *o)
{
    for (int k = 0; k < o->breaker_files; k++) {
        struct why why = {{0}};
        if (conformance_breakers(c, o->breaker_file[k], &why) != 0)
            return !usage_error("--breakers: %s", why.text);
    }
    struct why why = {{0}};
    if (o->waivers && conformance_waivers(c, o->waivers, &why) != 0)
        return !usage_error("--waivers: %s", why.text);
    return true;
}

static int report(const struct suite *suite, struct options *o, struct conformance *c)
{
    struct told t = {.conformance = c, .suite = suite, .quiet = o->quiet};
    tell_refused(suite);
    enum workers_end end = workers_run(suite, o, 0, count, &t);
    if (end == WORKERS_INTERRUPTED) /* half of it would read as if the rest were not shown */
        return EXIT_INTERRUPTED;
    uint32_t wrong = conformance_settle(c, stderr);
    if (!o->quiet)
        conformance_print(c, stdout);
    conformance_print_totals(c, stdout);
    bool written = write_reports(c);
    if (wrong || !written || end == WORKERS_FAILED || t.errors || suite->refusals)
        return EXIT_USAGE;
    return conformance_count(c, CONFORMANCE_FAILED) ? EXIT_FAILED_CASE : EXIT_PASSED;
}

int command_conformance(int argc, char **argv)
{
    static const char *const everything[] = {"scenarios"};
    struct options o;
    struct why why = {{0}};
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    const char *const *path = o.paths ? o.path : everything;
    struct suite *suite =
        suite_load(path, o.paths ? o.paths : 1,
                   &(struct suite_options){o.nic, o.stack, o.defined, o.every_nic}, &why);
    if (!suite)
        return usage_error("conformance: %s", why.text);
    struct conformance *c = conformance_new(suite);
    int status = read_lists(c, &o) ? report(suite, &o, c) : EXIT_USAGE;
    conformance_free(c);
    suite_free(suite);
    return status;
}
