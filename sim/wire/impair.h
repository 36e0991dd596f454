/* What a link does to a frame besides carrying it. Internal to sim/wire/. */
#ifndef SIM_WIRE_IMPAIR_H
#define SIM_WIRE_IMPAIR_H

#include "sim/wire/link.h"

/* One stream a kind: switching one impairment on moves no draw of another. */
enum impair_stream {
    STREAM_LOSS,
    STREAM_BURST,
    STREAM_DUP,
    STREAM_CORRUPT,
    STREAM_FCS,
    STREAM_REORDER,
    STREAM_TRUNCATE,
    STREAM_JITTER,
    STREAMS
};

struct impair {
    struct random_stream stream[STREAMS];
    struct link_fault *fault, **last_fault;
    bool burst;  /* Gilbert's bad state */
    bool random; /* some impairment of the configuration is on */
};

/* What becomes of a frame. */
struct verdict {
    struct frame *frame; /* one reference: the frame itself, or a damaged copy */
    enum link_event event;
    int line;
    bool lost;
    uint32_t copies;
    int64_t delay_ns;
    bool happened[LINK_EVENTS];
};

void impair_init(struct impair *i, const struct link_config *config, uint64_t seed);
/* Begins the streams anew. */
void impair_seed(struct impair *i, const struct link_config *config, uint64_t seed);
/* All faults end. */
void impair_calm(struct impair *i);
/* To be told when the configuration changed. */
void impair_configure(struct impair *i, const struct link_config *config);
/* Marks the faults that this frame hits; false when there is none. */
bool impair_select(struct impair *i, int port, const struct frame *f);
/* Fills *v; counts the faults that applied. */
void impair_frame(struct impair *i, const struct link_config *config, struct frame *f,
                  struct verdict *v);
bool fault_changes_state(const struct link_fault *fault);
bool fault_at_once(const struct link_fault *fault);

/* Damages one byte that the checksum of the transport must see; false when the frame has no such
 * byte. */
bool damage_covered_byte(struct frame *f, struct random_stream *r);
void damage_bit(struct frame *f, uint32_t bit);

#endif
