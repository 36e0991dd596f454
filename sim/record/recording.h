/* What was recorded of a world: its links in the script's order, each with its capture. */
#ifndef SIM_RECORD_RECORDING_H
#define SIM_RECORD_RECORDING_H

#include "sim/packet/packet.h"
#include "sim/record/capture.h"

struct recorded_link {
    const char *name;
    struct link *link;
    struct capture *capture;
};

struct recording {
    struct recorded_link *link;
    uint32_t links;
    const struct layer_set *layers; /* that its frames are told in */
};

/* W and T of all links, joined in their order. */
void recording_fingerprints(const struct recording *r, struct fingerprint *w,
                            struct fingerprint *t);
/* Frames on all links. */
uint64_t recording_frames(const struct recording *r);

#endif
