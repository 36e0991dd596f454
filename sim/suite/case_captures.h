/* --pcap: the captures of a case, as files (case_captures.c). */
#ifndef SIM_SUITE_CASE_CAPTURES_H
#define SIM_SUITE_CASE_CAPTURES_H

#include "sim/suite/case.h"

/* Writes them to `path`, by its ending, or in it when it is a folder; what cannot be written is an
 * error of the run. */
void case_captures_write(struct run *r, const struct suite_case *c, const char *path);

/* A file that an option asks for could not be: an error of the run. */
void case_not_written(struct run *r, const char *option, const char *why);

#endif
