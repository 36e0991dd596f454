/* The `wiredrill` command: a file a subcommand, and the options that several share. */
#ifndef SIM_CLI_CLI_H
#define SIM_CLI_CLI_H

#include <stdio.h>
#include "sim/suite/case.h"

struct subcommand {
    const char *name, *arguments, *options /* that it takes */, *help;
    int (*run)(int argc, char **argv); /* argv[0] is the subcommand's name */
};
extern const struct subcommand subcommands[]; /* ends with a NULL name */

/* --- options --- */
/* Parses argv; argv[0] is the subcommand, whose row says which options it takes. -1 after saying
 * what is wrong on stderr. */
int options_parse(int argc, char **argv, struct options *o);
void options_help(FILE *out, const char *accepted);
/* One sentence on stderr, "wiredrill: ..."; returns EXIT_USAGE. */
__attribute__((format(printf, 1, 2))) int usage_error(const char *format, ...);

/* A capture's frames; warns on stderr of what is not among them. EXIT_USAGE after saying what is
 * wrong. */
int capture_open(const char *path, struct pcap_file *file);

/* The cases of a run; NULL after saying why there are none. */
struct suite *cases_to_run(const struct options *o);
/* Keeps the cases that --needs, --requirement, --folder and -k choose (choose.c). False: that is
 * all of them, since none of these is given. */
bool choose_cases(struct suite *suite, const struct options *o);
/* "socket, ping" or "frames", and behind it the kinds of packets: what a script needs. */
void print_needs(FILE *out, const struct script *s, const struct options *o);

/* Kinds of hosts with their attributes; every layer with its fields, each behind `before`. */
void help_hosts(FILE *out);
void help_layers(FILE *out, const char *before);

/* Tells on stderr which scripts were refused when they were read, each with its place. */
void tell_refused(const struct suite *suite);

/* What every page of `report` begins and ends with: style, and what keys do. */
void report_head(FILE *out);
void report_tail(FILE *out);

int command_audit(int argc, char **argv);
int command_driver(int argc, char **argv);
int command_live(int argc, char **argv);
/* Every rule of the monitor: name, level, clause, what it needs, whom it spares; and their count.
 */
void audit_print_rules(FILE *out);
int command_sweep(int argc, char **argv);
int command_run(int argc, char **argv);
int command_review(int argc, char **argv);
int command_report(int argc, char **argv);
int command_conformance(int argc, char **argv);
int command_fingerprint(int argc, char **argv);
int command_show(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_from_pcap(int argc, char **argv);
int command_from_fuzz(int argc, char **argv);
int command_list(int argc, char **argv);
int command_help(int argc, char **argv);

#endif
