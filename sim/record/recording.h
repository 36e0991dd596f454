/* What was recorded of a world: its links in the script's order, each with its capture. */
#ifndef SIM_RECORD_RECORDING_H
#define SIM_RECORD_RECORDING_H

#include "sim/packet/packet.h"
#include "sim/record/capture.h"

/* Octets of frames that a recording keeps at most, unless it keeps all. */
enum { RECORDING_MOST = 4 << 20 };

struct recorded_link {
    const char *name;
    struct link *link;
    struct capture *capture;
};

/* Lines between the frames: what --trace tells. The newest `most` are kept. */
struct recorded_note {
    int64_t time_ns;
    uint64_t frames; /* that were recorded before it */
    char *text;
};

struct recorded_notes {
    struct recorded_note *note;
    uint32_t count, room, most;
    uint64_t lost;
};

struct recording {
    struct recorded_notes *notes; /* NULL: none are wanted */
    struct recorded_link *link;
    uint32_t links;
    const struct layer_set *layers; /* that its frames are told in */
};

/* W and T of all links, joined in their order. */
void recording_fingerprints(const struct recording *r, struct fingerprint *w,
                            struct fingerprint *t);
/* Keeps every frame: a ladder, a golden or a file wants them all. Else each link keeps its newest,
 * of the octets that a recording may hold its share. */
void recording_keep_all(struct recording *r);
void recording_bound(struct recording *r);
/* A line of now; copied. Nothing where none are wanted. */
void recording_note(const struct recording *r, int64_t now_ns, const char *text);
/* NULL: no memory. */
struct recorded_notes *recorded_notes_new(uint32_t most);
void recorded_notes_free(struct recorded_notes *n);
/* Frames on all links. */
uint64_t recording_frames(const struct recording *r);

#endif
