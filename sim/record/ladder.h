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

/* The same as a sequence diagram of Mermaid's, which issue trackers draw. */
void ladder_mermaid(FILE *out, const struct pcap_file *file);

/* A frame of a recording. */
struct ladder_rung {
    const struct recorded_link *link;
    const struct capture_record *record;
    uint32_t number; /* of its link's, from 0 */
};
/* All frames that are kept, by time and of one time in the order of the topology, malloc'ed; *lost:
 * how many are not. NULL: no memory. */
struct ladder_rung *ladder_rungs(const struct recording *r, size_t *count, uint64_t *lost);

#endif
