/*
 * A run as lines of JSON, on the standard output or in a file that is written when all is told:
 * {"run":{"options":[...]}}, a line for each case, {"totals":{...}}. A NULL json_lines hears
 * nothing.
 */
#ifndef SIM_CLI_JSON_H
#define SIM_CLI_JSON_H

#include <stdio.h>
#include "sim/suite/case.h"

struct json_lines;
/* path NULL: the standard output. NULL: no memory. */
struct json_lines *json_open(const char *path);
FILE *json_out(struct json_lines *j);
/* 0, or -1 and *why: the file cannot be written; it is whole or not there. */
int json_close(struct json_lines *j, struct why *why);

void json_run(struct json_lines *j, const struct options *o);
void json_case(struct json_lines *j, const struct suite_case *c, const struct result *r);
/* `complete`: every case of the run was told. */
void json_totals(struct json_lines *j, uint32_t passed, uint32_t failed, uint32_t skipped,
                 bool complete);

#endif
