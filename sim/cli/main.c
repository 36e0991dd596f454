#include "sim/cli/cli.h"
#include "sim/hosts/sanitized.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIREDRILL_VERSION "0.1.0"

const struct subcommand subcommands[] = {
    {"run", "PATH...",
     "nic bus sut driver seed fill set profile judge jobs patience pcap trace json bless no-golden "
     "strict snapshot closure wire-mutants breakers known junit x max-failures fail-on-skip "
     "catalogue no-monitor quiet verbose wrap lose disturb pairs fail-alloc needs lacks "
     "requirement folder k lf D",
     "run scenarios: files or folders; a ladder for one, a table for many", command_run},
    {"sweep", "PATH...",
     "seeds shard join shrink waivers nic jobs patience catalogue no-monitor verbose D",
     "many seeds, each a scenario under random faults; JSON lines", command_sweep},
    {"conformance", "[PATH...]",
     "nic sut driver seed set jobs patience breakers waivers catalogue quiet D",
     "what scenarios (scenarios/) say of each requirement of the standards, also in reports/",
     command_conformance},
    {"driver", "[FILE.so]", "nic only list quiet",
     "a driver's contract, check by check, without a stack in between; --nic K: our own driver",
     command_driver},
    {"report", "PATH...",
     "o all nic bus sut driver seed fill set profile judge jobs patience needs lacks requirement "
     "folder k lf strict wrap lose disturb catalogue no-monitor no-golden known D",
     "one HTML file of a run - of its scenarios, or of RUN.json - with totals, causes, "
     "requirements, and each failure drawn",
     command_report},
    {"review", "[PATH...]", "accept reject jobs patience verbose",
     "goldens that are pending, in groups of what differs: accepted, rejected or passed over",
     command_review},
    {"live", "[SCRIPT.pkt]", "tap netdev serve once nic seed set pcap quiet D",
     "the stack in real time on a TAP device; or our peers as the network of a kernel in QEMU",
     command_live},
    {"audit", "F.pcap...", "host at-host json quiet verbose",
     "judge a capture by the standards: which frames break which clause", command_audit},
    {"show", "F.pcap", "mermaid", "print a capture as a ladder", command_show},
    {"diff", "A.pcap B.pcap", "", "print the first difference of two captures, field by field",
     command_diff},
    {"replay", "F.pcap...", "nic sut seed pcap to promiscuous fix-sums verbose json",
     "feed captured frames into the stack under test and say what became of each", command_replay},
    {"from-pcap", "F.pcap", "nic sut calls host D",
     "print a scenario that plays the peers' side of a capture and expects the other",
     command_from_pcap},
    {"from-fuzz", "FIND", "nic target patience",
     "print a fuzzer's find as the shortest script that fails in the same way", command_from_fuzz},
    {"fingerprint", "PATH...", "nic bus sut driver seed fill set jobs patience catalogue D",
     "one line for each case: W T S name", command_fingerprint},
    {"list", "[PATH...]", "needs lacks requirement folder k catalogue by-requirement",
     "kinds of NIC, stack, host, fault and layer that scripts can name; with an option or a path, "
     "scenarios",
     command_list},
    {"help", "[TOPIC]", "", "how to use the command, and its topics", command_help},
    {NULL, NULL, NULL, NULL, NULL},
};

int usage_error(const char *format, ...)
{
    char text[8192];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(stderr, "wiredrill: %s%s", text,
            len > 0 && len < (int)sizeof text && text[len - 1] == '\n' ? "" : "\n");
    return EXIT_USAGE;
}

/* A file that is opened must never become the standard output of a caller that closed it. What is
 * printed there fails, and is told. */
static void open_standard(void)
{
    static const char *const instead[] = {"/dev/null", "/dev/full", "/dev/null"};
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open(instead[fd], O_RDWR) != fd)
            exit(EXIT_USAGE);
}

static int run_command(int argc, char **argv)
{
    const char *names[32] = {NULL};
    if (argc < 2) {
        command_help(1, argv);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0 && argc == 2) {
        printf("wiredrill %s\n", WIREDRILL_VERSION);
        return EXIT_PASSED;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return command_help(1, argv + 1);
    for (int c = 0; subcommands[c].name; c++) {
        names[c] = subcommands[c].name;
        bool asks = argc == 3 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
        if (asks && strcmp(argv[1], subcommands[c].name) == 0)
            return command_help(2, argv);
        if (strcmp(argv[1], subcommands[c].name) == 0)
            return subcommands[c].run(argc - 1, argv + 1);
    }
    const char *nearest = nearest_word(argv[1], names);
    return usage_error("no subcommand \"%s\"%s%s%s", argv[1],
                       nearest ? "; did you mean " : "; `wiredrill help` lists them",
                       nearest ? nearest : "", nearest ? "?" : "");
}

/* `| head` has read enough: that is nobody's error. */
static bool reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) > 0 && out.revents & POLLERR;
}

int main(int argc, char **argv)
{
    open_standard();
    sanitized_begin();
    int status = run_command(argc, argv);
    fflush(stdout);
    if (ferror(stdout) && reader_left())
        return status;
    errno = 0;
    bool told = !ferror(stdout);
    if (fclose(stdout) != 0 || !told)
        return usage_error("the standard output cannot be written%s%s", errno ? ": " : "",
                           errno ? strerror(errno) : "");
    return status;
}
