/* wiredrill list: what scripts can name; or scenarios, with what they need and cover. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sim/cli/cli.h"
#include "sim/hosts/host.h"
#include "sim/judge/clause.h"
#include "sim/packet/packet.h"
#include "sim/topology/topology.h"
#include "sim/wire/link.h"

static void print_kinds(void)
{
    for (int k = 0; nic_kinds[k]; k++)
        printf("  nic %s\n", nic_kinds[k]->name);
    static const char *const suts[] = {"stack", "lwip"};
    for (size_t s = 0; s < sizeof suts / sizeof suts[0]; s++) {
        const struct sut *sut = sut_load(suts[s], NULL);
        if (sut)
            printf("  sut %s (%s)\n", suts[s], sut->version);
    }
    help_hosts(stdout);
    for (int e = 0; e < LINK_EVENTS; e++)
        printf("  counter LINK.%s\n", link_event_name((enum link_event)e));
    help_layers(stdout, "  layer ");
}

struct row {
    const struct suite *suite;
    uint32_t cases, requirements;
};

static bool is_covered(const struct script *s, const char *id)
{
    for (uint32_t k = 0; k < s->covers; k++)
        if (strcmp(s->cover[k].id, id) == 0)
            return true;
    return false;
}

static uint32_t cases_of(const struct suite *suite, const char *id)
{
    uint32_t cases = 0;
    for (uint32_t k = 0; k < suite->cases; k++)
        cases += is_covered(suite->kase[k].run.script, id);
    return cases;
}

static void count_requirement(void *ctx, const struct clause *c)
{
    struct row *row = ctx;
    row->requirements += cases_of(row->suite, c->id) > 0;
}

static void print_requirement(void *ctx, const struct clause *c)
{
    struct row *row = ctx;
    uint32_t cases = cases_of(row->suite, c->id);
    if (cases == 0)
        return;
    row->requirements++;
    printf("%-30s %-10s %4u  %.*s\n", c->id, c->level, cases, c->text_len, c->text);
}

/* A line for each script: its cases, what it needs, what it says. */
static uint32_t print_scripts(const struct suite *suite, const struct options *o)
{
    uint32_t scripts = 0;
    for (uint32_t k = 0; k < suite->cases;) {
        const struct script *s = suite->kase[k].run.script;
        uint32_t first = k;
        while (k < suite->cases && suite->kase[k].run.script == s)
            k++;
        scripts++;
        printf("%s\n    %u case%s, needs ", s->path, k - first, k - first == 1 ? "" : "s");
        print_needs(stdout, s, o);
        printf("\n    %s\n", s->summary ? s->summary : "(no summary)");
    }
    return scripts;
}

/* Each case once: what runs behind several NICs is one. */
static int list_scenarios(const struct options *o)
{
    struct why why = {{0}};
    static const char *const here[] = {"scenarios"};
    static const struct sut no_nic = {.flags = SUT_FRAMES};
    bool given = o->paths > 0;
    struct suite *suite =
        suite_load(given ? o->path : here, given ? o->paths : 1,
                   &(struct suite_options){.sut = &no_nic, .define = o->defined}, &why);
    if (!suite)
        return usage_error("%s", why.text);
    choose_cases(suite, o);
    struct row row = {.suite = suite};
    if (o->by_requirement) {
        clause_each(print_requirement, &row);
        printf("%u cases, %u requirements\n", suite->cases, row.requirements);
    } else {
        uint32_t scripts = print_scripts(suite, o);
        clause_each(count_requirement, &row);
        printf("%u cases of %u scripts, %u requirements\n", suite->cases, scripts,
               row.requirements);
    }
    tell_refused(suite);
    int status = suite->refusals ? EXIT_USAGE : EXIT_PASSED;
    suite_free(suite);
    return status;
}

int command_list(int argc, char **argv)
{
    struct options o;
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (argc > 1)
        return list_scenarios(&o);
    print_kinds();
    return EXIT_PASSED;
}
