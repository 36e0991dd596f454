/* wiredrill help. */
#include <string.h>
#include "sim/cli/cli.h"
#include "sim/topology/sysctl.h"
#include "sim/hosts/host.h"
#include "sim/topology/topology.h"
#include "sim/packet/packet.h"
#include "sim/language/needs.h"

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
                      "calls host at-host tap netdev serve once only list "
                      "promiscuous fail-alloc seeds shard join shrink wrap lose disturb closure "
                      "pairs wire-mutants breakers waivers known catalogue "
                      "snapshot json junit lf x max-failures fail-on-skip bless "
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

void help_hosts(FILE *out)
{
    for (int k = 0; host_kinds[k]; k++)
        print_kind(out, host_kinds[k]);
    print_kind(out, &topology_stack_kind);
}

static void print_calls(FILE *out)
{
    fputs("  busy(TIME)   the host under test does not run for that long and takes no interrupt: "
          "frames pile up in its NIC\n"
          "  nic(INTERFACE, EVENT)   something happens to its NIC (virtio): \"announce\", "
          "\"needs_reset\", \"config_change\", \"spurious_interrupt\", \"long_used\",\n"
          "      \"used_beyond_queue\", \"used_not_offered\", \"used_too_many\", "
          "\"sum_vouched_unasked\"\n"
          "  Any other name goes to the stack under test, or with @HOST to that peer; a script "
          "whose stack has no such call is skipped by its name.\n",
          out);
}

void help_layers(FILE *out, const char *before)
{
    char names[4096], text[16384];
    int len = packet_help(NULL, NULL, names, sizeof names);
    if (len >= (int)sizeof names)
        return;
    for (char *at = names, *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        *end = 0;
        packet_help(NULL, at, text, sizeof text);
        fprintf(out, "%s%s", before, text);
    }
}

static void print_needs_known(FILE *out)
{
    fputs("What a stack may lack (--lacks LIST, or `lacks` of its plug-in): scripts that need it "
          "are skipped by its name.\n",
          out);
    for (int k = 0; needs[k].name; k++)
        fprintf(out, "  %-18s %s\n", needs[k].name, needs[k].help);
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
        help_hosts(stdout);
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
    if (strcmp(argv[1], "needs") == 0) {
        print_needs_known(stdout);
        return EXIT_PASSED;
    }
    if (strcmp(argv[1], "layers") == 0) {
        help_layers(stdout, "");
        return EXIT_PASSED;
    }
    char text[16384];
    if (packet_help(NULL, argv[1], text, sizeof text) > 0) {
        fputs(text, stdout);
        return EXIT_PASSED;
    }
    return usage_error("no help on \"%s\"; topics: the subcommands, hosts, calls, knobs, sysctls, "
                       "rules, needs, layers, and each layer's name",
                       argv[1]);
}
