/* The ladder: every frame of a run or a capture as a line of text, with time, direction, script
 * line and what befell it in the margin. */
#ifndef SIM_RECORD_LADDER_H
#define SIM_RECORD_LADDER_H

#include <stdio.h>
#include "sim/record/recording.h"

void ladder_of_run(FILE *out, const struct recording *r);
/* The same as malloc'ed text. */
char *ladder_text(const struct recording *r);
/* A capture file's: directions are MAC addresses. */
void ladder_of_capture(FILE *out, const struct pcap_file *file);

#endif
