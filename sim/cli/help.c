/* wiredrill help and list. */
#include <string.h>
#include "sim/cli/cli.h"
#include "sim/topology/sysctl.h"
#include "sim/hosts/host.h"
#include "sim/topology/topology.h"
#include "sim/wire/link.h"

static void print_commands(FILE *out)
{
    fputs("wiredrill: a deterministic network in one process, and the suite that a TCP/IP stack "
          "has to survive in it.\n\n",
          out);
    for (int c = 0; subcommands[c].name; c++) {
        char left[48];
        snprintf(left, sizeof left, "%s %s", subcommands[c].name, subcommands[c].arguments);
        fprintf(out, "  wiredrill %-24s %s\n", left, subcommands[c].help);
    }
    fputs("  wiredrill --version\n\noptions:\n", out);
    options_help(out, "nic bus sut driver seed fill set profile judge jobs patience pcap trace to "
                      "calls host at-host tap only list "
                      "promiscuous lose closure wire-mutants breakers waivers known catalogue "
                      "snapshot json junit x max-failures fail-on-skip bless "
                      "no-golden no-monitor quiet verbose D");
    fputs("\nExit status: 0 all passed, 1 a scenario failed, 2 usage or input error. docs/ has a "
          "page for each topic.\n",
          out);
}

static void print_kind(FILE *out, const struct host_kind *kind)
{
    fprintf(out, "  host %-14s %s\n", kind->name, kind->help ? kind->help : "");
    for (const struct attr_spec *a = kind->attrs; a && a->name; a++)
        fprintf(out, "       %14s  %s\n", a->name, a->help ? a->help : "");
}

static void print_hosts(FILE *out)
{
    for (int k = 0; host_kinds[k]; k++)
        print_kind(out, host_kinds[k]);
    print_kind(out, &topology_stack_kind);
}

static void print_calls(FILE *out)
{
    fputs("  busy(TIME)   the host under test does not run for that long and takes no interrupt: "
          "frames pile up in its NIC\n"
          "  Any other name goes to the stack under test, or with @HOST to that peer; a script "
          "whose stack has no such call is skipped by its name.\n",
          out);
}

int command_list(int argc, char **argv)
{
    if (argc > 1)
        return usage_error("list takes no arguments: \"%s\"", argv[1]);
    for (int k = 0; nic_kinds[k]; k++)
        printf("  nic %s\n", nic_kinds[k]->name);
    static const char *const suts[] = {"stack", "lwip"};
    for (size_t s = 0; s < sizeof suts / sizeof suts[0]; s++) {
        const struct sut *sut = sut_load(suts[s], NULL);
        if (sut)
            printf("  sut %s (%s)\n", suts[s], sut->version);
    }
    print_hosts(stdout);
    for (int e = 0; e < LINK_EVENTS; e++)
        printf("  counter LINK.%s\n", link_event_name((enum link_event)e));
    return EXIT_PASSED;
}

int command_help(int argc, char **argv)
{
    if (argc < 2) {
        print_commands(stdout);
        return EXIT_PASSED;
    }
    if (argc > 2)
        return usage_error("help is on one topic at a time: \"%s\" is one too many", argv[2]);
    for (int c = 0; subcommands[c].name; c++) {
        if (strcmp(argv[1], subcommands[c].name) != 0)
            continue;
        printf("wiredrill %s %s\n  %s\n", subcommands[c].name, subcommands[c].arguments,
               subcommands[c].help);
        options_help(stdout, subcommands[c].options);
        return EXIT_PASSED;
    }
    if (strcmp(argv[1], "hosts") == 0) {
        print_hosts(stdout);
        return EXIT_PASSED;
    }
    if (strcmp(argv[1], "calls") == 0) {
        print_calls(stdout);
        return EXIT_PASSED;
    }
    if (strcmp(argv[1], "knobs") == 0) {
        stack_sut_print_knobs(stdout);
        return EXIT_PASSED;
    }
    if (strcmp(argv[1], "sysctls") == 0) {
        sysctl_print(stdout);
        return EXIT_PASSED;
    }
    if (strcmp(argv[1], "rules") == 0) {
        audit_print_rules(stdout);
        return EXIT_PASSED;
    }
    return usage_error(
        "no help on \"%s\"; topics: the subcommands, hosts, calls, knobs, sysctls, rules", argv[1]);
}
