/* The cases of a run, or why there are none. */
#include <string.h>
#include <sys/stat.h>
#include "sim/cli/cli.h"
#include "sim/cli/last_failed.h"

/* What lines hold of the wire they hold behind every NIC: one each case is enough. */
static void keep_one_nic(struct suite *suite)
{
    uint32_t kept = 0;
    for (uint32_t k = 0; k < suite->cases; k++) {
        const struct suite_case *c = &suite->kase[k];
        if (kept == 0 || strcmp(suite->kase[kept - 1].argument, c->argument) != 0)
            suite->kase[kept++] = *c;
    }
    suite->cases = kept;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Other NICs put the same on the wire. */
static bool is_several(const struct suite *suite)
{
    for (uint32_t k = 1; k < suite->cases; k++)
        if (strcmp(suite->kase[k].argument, suite->kase[0].argument) != 0)
            return true;
    return false;
}

/* NULL after saying why. With --lf those that failed last, of the paths or of all. */
static struct suite *load_cases(const struct options *o)
{
    struct why why = {{0}};
    struct last_failed *last = o->last_failed ? last_failed_load(o) : NULL;
    const char *const *path = o->path;
    int paths = o->paths;
    /* A NIC that only runs when it is named is among them when it failed. */
    struct suite_options how = {o->nic, o->stack, o->defined, o->every_nic || last};
    if (last && !paths)
        path = last_failed_scripts(last, &paths);
    struct suite *suite = paths ? suite_load(path, paths, &how, &why) : NULL;
    if (suite && last)
        last_failed_choose(last, suite);
    if (!suite && paths)
        usage_error("%s", why.text);
    else if (!suite || (last && suite->cases == 0 && suite->refusals == 0))
        usage_error("--lf: nothing %sfailed when it last ran", o->paths ? "of this " : "");
    if (suite && last && suite->cases == 0 && suite->refusals == 0) {
        suite_free(suite);
        suite = NULL;
    }
    last_failed_free(last);
    return suite;
}

struct suite *cases_to_run(const struct options *o)
{
    struct suite *suite = load_cases(o);
    if (!suite)
        return NULL;
    bool none = suite->cases == 0 && suite->refusals == 0;
    bool once = o->wire_mutants && o->stack->flags & SUT_SINGLETON;
    bool many = o->cwnd && suite->cases > 1,
         one_name = o->pcap && is_several(suite) && !is_folder(o->pcap);
    if (one_name)
        usage_error("--pcap: %s holds one case, and there are %u: name a folder, which gets a file "
                    "for each",
                    o->pcap, suite->cases);
    if (!none && choose_cases(suite, o) && suite->cases == 0) {
        usage_error("run: no case is what --needs, --requirement, --folder and -k ask for; "
                    "`wiredrill list` with the same options tells what each leaves");
        suite_free(suite);
        return NULL;
    }
    if (many)
        usage_error("--trace: %s holds one case, and there are %u: name one, and a NIC with --nic",
                    o->cwnd, suite->cases);
    else if (none)
        usage_error("run: no case is left: the scripts name other NICs than %s", o->nic);
    else if (once)
        usage_error("--wire-mutants plays a case many times in one process, and %s, which keeps "
                    "its state in static variables, can be played once",
                    o->stack->name);
    if (none || once || many || one_name) {
        suite_free(suite);
        return NULL;
    }
    if (o->wire_mutants && !o->nic)
        keep_one_nic(suite);
    return suite;
}
