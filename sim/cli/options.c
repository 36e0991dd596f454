/* The options that subcommands share: parsed, and held against each other. */
#include <string.h>
#include "sim/cli/options.h"
#include "sim/hosts/driver_plugin.h"
#include "sim/suite/insight.h"
#include "sim/topology/profile.h"

enum { PATIENCE = 10 };

/* What decides how a case is played, and so what `report` has to know of a run. */
#define PLAYED_WITH                                                                                \
    "bus sut driver seed fill set profile judge patience catalogue no-monitor no-golden strict "   \
    "wrap lose disturb known lacks D"

static bool is_accepted(const char *accepted, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = accepted; (p = strstr(p, name)) != NULL; p++)
        if ((p == accepted || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
            return true;
    return false;
}

static bool is_optional(const struct option *p)
{
    return p->value && strncmp(p->value, "[=", 2) == 0;
}

void options_help(FILE *out, const char *accepted)
{
    for (const struct option *p = options_table; p->name; p++) {
        char left[40];
        if (!is_accepted(accepted, p->name))
            continue;
        snprintf(left, sizeof left, "%s%s%s%s", strlen(p->name) == 1 ? "-" : "--", p->name,
                 p->value && !is_optional(p) ? " " : "", p->value ? p->value : "");
        fprintf(out, "  %-20s %s\n", left, p->help);
    }
}

/* Its value: behind =, or the next word. */
static int take_one(const struct option *p, const char *value, int argc, char **argv, int *at,
                    struct options *o)
{
    if (!p->value && value)
        return usage_error("--%s takes no value", p->name);
    if (is_optional(p) && value && !*value)
        return usage_error("--%s= wants a value", p->name);
    if (p->value && !is_optional(p) && !value && ++*at == argc)
        return usage_error("--%s wants a value, %s", p->name, p->value);
    if (p->value && !is_optional(p) && !value)
        value = argv[*at];
    if (is_accepted(PLAYED_WITH, p->name) && o->givens < GIVEN_MAX)
        o->given[o->givens++] = (struct given){p->name, p->value ? value : NULL};
    return p->take(o, value) == 0 ? 0 : EXIT_USAGE;
}

/* --name value or --name=value; *at moves over what was taken. */
static int parse_one(int argc, char **argv, int *at, const char *accepted, struct options *o)
{
    const char *arg = argv[*at] + 1 + (argv[*at][1] == '-');
    const char *names[OPTIONS_MOST + 1] = {NULL};
    int count = 0;
    size_t len = strcspn(arg, "=");
    for (const struct option *p = options_table; p->name; p++) {
        if (!is_accepted(accepted, p->name))
            continue;
        if (strlen(p->name) == len && strncmp(p->name, arg, len) == 0)
            return take_one(p, arg[len] == '=' ? arg + len + 1 : NULL, argc, argv, at, o);
        if (count < OPTIONS_MOST)
            names[count++] = p->name;
    }
    char typo[64];
    snprintf(typo, sizeof typo, "%.*s", (int)(len < 63 ? len : 63), arg);
    const char *nearest = nearest_word(typo, names);
    return usage_error("no option \"%s\" here%s%s%s", argv[*at],
                       nearest ? "; did you mean --" : "; `wiredrill help` lists them",
                       nearest ? nearest : "", nearest ? "?" : "");
}

static const struct insight inside = {.draws_begin = stack_draws_begin,
                                      .draws_end = stack_draws_end,
                                      .draws_so_far = stack_draws_so_far,
                                      .draws_sites = stack_draws_sites,
                                      .reach_into = stack_reach_into,
                                      .reach_state_name = stack_reach_state_name,
                                      .wrap = stack_wrap};

/* The stack under test; a driver's plug-in is our stack over it, on the one NIC that it drives. */
static int load_plugins(struct options *o)
{
    struct why why = {{0}};
    const struct nic_kind *nic = NULL;
    if (o->driver && o->sut && strcmp(o->sut, "stack") != 0)
        return usage_error("--driver: it goes under our stack, not under --sut %s", o->sut);
    o->load = sut_load;
    o->knob_default = stack_sut_knob_default;
    insight = &inside;
    o->stack = o->driver ? driver_plugin(o->driver, &nic, &why)
                         : sut_load(o->sut ? o->sut : "stack", &why);
    if (!o->stack)
        return usage_error("--%s: %s", o->driver ? "driver" : "sut", why.text);
    const char *file = o->driver ? o->driver : o->sut, *only = o->stack->nic;
    if (only && !nic_kind_by_name(only))
        return usage_error("--sut: %s drives %s, of which there is no model; `wiredrill list` "
                           "names those there are",
                           file, only);
    if (only && o->nic && strcmp(o->nic, only) != 0)
        return usage_error("--%s: %s drives %s, not %s", o->driver ? "driver" : "sut", file, only,
                           o->nic);
    if (only)
        o->nic = only;
    return 0;
}

/* A golden is for the scenario as it is, in the one run that is kept; and one asks for silence or
 * for words. */
static int refuse_contradictions(const struct options *o, bool reads_breakers)
{
    const char *other = o->sut          ? "sut"
                        : o->driver     ? "driver"
                        : o->seed_given ? "seed"
                        : o->sets       ? "set"
                        : o->wrap       ? "wrap"
                        : o->defines    ? "D"
                        : o->no_golden  ? "no-golden"
                        : o->faults     ? "lose"
                                        : NULL;
    if (o->bless && other)
        return usage_error("--bless writes goldens, which are for our stack and the scenario's own "
                           "options: leave %s%s out",
                           strlen(other) > 1 ? "--" : "-", other);
    if (o->quiet && o->verbose)
        return usage_error("--quiet and --verbose contradict each other: choose one");
    if (o->bless && o->known)
        return usage_error(
            "--bless writes goldens of what passes, --known lists what fails: choose "
            "one");
    if (o->breakers && !o->wire_mutants && !reads_breakers)
        return usage_error("--breakers tells what wire mutants break: it wants --wire-mutants");
    if (o->closure && o->faults)
        return usage_error(
            "--closure disturbs each frame in turn, --lose and --disturb one of them: "
            "choose one");
    if (o->pairs && !o->closure)
        return usage_error("--pairs is about --closure: give both");
    return 0;
}

static const char *options_of(const char *subcommand)
{
    for (int c = 0; subcommands[c].name; c++)
        if (strcmp(subcommands[c].name, subcommand) == 0)
            return subcommands[c].options;
    return "";
}

/* What the command line says comes first: it holds. */
static void add_words(struct options *o)
{
    const char *const *word = profile_words(o->profile ? o->profile : "rfc");
    int n = o->defines;
    memcpy(o->defined, o->define, (size_t)n * sizeof o->define[0]);
    for (; *word && n < DEFINES_MAX + 7; word++)
        o->defined[n++] = *word;
    o->defined[n] = NULL;
}

int options_parse(int argc, char **argv, struct options *o)
{
    const char *accepted = options_of(argv[0]);
    int kept = 1;
    memset(o, 0, sizeof *o);
    o->seed = 1;
    bool only_paths = false;
    o->patience = PATIENCE;
    for (int a = 1; a < argc; a++) {
        if (only_paths || argv[a][0] != '-' || !argv[a][1])
            argv[kept++] = argv[a];
        else if (strcmp(argv[a], "--") == 0)
            only_paths = true;
        else if (strncmp(argv[a], "-D", 2) == 0 && argv[a][2] && argv[a][2] != '=') {
            if (take_define(o, argv[a] + 2) != 0)
                return -1;
            if (o->givens < GIVEN_MAX)
                o->given[o->givens++] = (struct given){"D", argv[a] + 2};
        } else if (parse_one(argc, argv, &a, accepted, o) != 0)
            return -1;
    }
    add_words(o);
    o->path = (const char *const *)(argv + 1);
    o->paths = kept - 1;
    return refuse_contradictions(o, strcmp(argv[0], "conformance") == 0) != 0 ? -1
                                                                              : load_plugins(o);
}
