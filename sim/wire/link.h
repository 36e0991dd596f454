/*
 * A link is one broadcast domain with any number of ports: what enters by one port leaves, later
 * and perhaps damaged, by the others. On-wire length is max(len, 60) + 24 bytes (preamble, FCS,
 * gap); a port sends one frame at a time at `rate_bps` (0: infinitely fast), with a bounded queue
 * before it, and each frame takes `latency_ns` more. (A learning switch is a host with a port on
 * each of several links.)
 */
#ifndef SIM_WIRE_LINK_H
#define SIM_WIRE_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/wire/frame.h"
#include "sim/world/fingerprint.h"
#include "sim/world/world.h"

enum { LINK_NAME_BYTES = 32 };

struct link_config {
    char name[LINK_NAME_BYTES];
    uint64_t rate_bps; /* 0: no serialisation delay */
    int64_t latency_ns;
    uint32_t queue_frames; /* waiting in each port's queue behind the one that is being sent; 0:
                              unbounded */
    uint32_t mtu; /* longer frames than mtu + 14 (+4 with a tag) are lost, counted; 0: no limit */
    /* Random impairments, each from a stream of its own: chance in millionths. */
    uint32_t loss_ppm, dup_ppm, corrupt_ppm, fcs_ppm, reorder_ppm, truncate_ppm;
    uint32_t burst_enter_ppm, burst_leave_ppm; /* Gilbert: in the bad state every frame is lost */
    uint64_t seed;                             /* of the impairments' streams; 0: the world's */
    int64_t jitter_ns;                         /* uniform 0..jitter, may reorder */
    int64_t reorder_ns; /* how long a reordered frame is held back; 0: 1 ms */
};

enum fault_kind {
    FAULT_LOSE,
    FAULT_DUP,
    FAULT_FLIP,
    FAULT_FCS,
    FAULT_DELAY,
    FAULT_TRUNCATE,
    FAULT_DOWN,
    FAULT_UP,
    FAULT_PARTITION,
    FAULT_HEAL,
    FAULT_CORRUPT, /* one byte that the transport's checksum must see */
    FAULT_CALM,    /* the link carries everything again: see link_calm */
    FAULT_KINDS
};

/*
 * A fault that a script or the loss-closure runner applies. Frames are counted from 1, both
 * directions, from the moment the fault is added; with from_port or match, only those that they
 * accept are counted. All that is set must hold. With none of frame, every, mask and match, a
 * change of the link's state (down, up, partition, heal) happens at once when the fault is added,
 * any other fault happens to every frame. A frame that finds the link down, its queue full or is
 * too long is counted, but nothing applies to it.
 */
struct link_fault {
    enum fault_kind kind;
    uint64_t frame; /* the nth frame only; 0: not by number */
    uint64_t every; /* every nth frame; 0: not */
    uint64_t mask;  /* bit n-1: the nth of the first 64 frames; 0: not */
    uint64_t limit; /* apply at most so often; 0: no limit (frame: once) */
    int from_port;  /* only frames that entered by this port; -1: any. FAULT_PARTITION, FAULT_HEAL
                     * with none of  the selectors: the port that is cut off, -1: all */
    /* Only frames that this accepts; NULL: any. ctx must outlive the world's run and hold no
     * mutable state outside the arena. */
    bool (*match)(const void *ctx, const uint8_t *bytes, uint32_t len);
    const void *ctx;
    /* FAULT_FLIP: which bit of the frame, from the first byte's most significant one. */
    uint32_t bit;
    int64_t delay_ns; /* FAULT_DELAY */
    uint32_t length;  /* FAULT_TRUNCATE: bytes left */
    int line;         /* the script's, for reports */
    /* the link's */
    struct link_fault *next;
    uint64_t seen, applied;
    bool hit; /* the frame that is entering */
};

/* What happened to a frame at the link, in the order in which frames entered. Of several, the tap
 * is told the gravest: lost, corrupted, truncated, duplicated, reordered, delayed. As counters:
 * LINK_SENT counts every frame that entered; LINK_IS_DOWN and LINK_LOST also those that were in
 * flight when the link went down or was partitioned. */
enum link_event {
    LINK_SENT,
    LINK_LOST,
    LINK_DUPLICATED,
    LINK_CORRUPTED,
    LINK_DELAYED,
    LINK_TRUNCATED,
    LINK_QUEUE_FULL,
    LINK_TOO_LONG,
    LINK_IS_DOWN,
    LINK_REORDERED,
    LINK_EVENTS
};

struct link;

/* Called when a frame enters the link, once for each, lost ones included, with what becomes of it.
 */
typedef void link_tap(void *ctx, struct link *l, int port, struct frame *f, enum link_event event,
                      int line, int64_t now_ns);
/* Called when a frame leaves by a port. The callee takes its own reference if it keeps the frame.
 */
typedef void link_deliver(void *ctx, int port, struct frame *f, int64_t now_ns);
/* Called when the link went up or down: in an event of its own at the same instant, so that nobody
 * is called back while sending. May be NULL. */
typedef void link_carrier(void *ctx, int port, bool up, int64_t now_ns);

struct link *link_new(struct world *w, const struct link_config *config);
const struct link_config *link_config(const struct link *l);
/* Changes the impairments of a running link. */
void link_configure(struct link *l, const struct link_config *config);
/* The number that the maker of the world gave it, 0 at first. */
void link_set_number(struct link *l, uint32_t number);
uint32_t link_number(const struct link *l);
/* A port's number, from 0. `name` for reports ("srv"); lives in the arena or longer. Not while the
 * link delivers or takes a frame. */
int link_attach(struct link *l, const char *name, link_deliver *deliver, link_carrier *carrier,
                void *ctx);
const char *link_port_name(const struct link *l, int port);
int link_ports(const struct link *l);
/* Frames that entered by it. */
uint64_t link_port_sent(const struct link *l, int port);
/* Takes a reference of its own. */
void link_send(struct link *l, int port, struct frame *f);
/* Asked before a frame enters; false: the one who is asked has seen to it. One a link. */
typedef bool link_gate(void *ctx, struct link *l, int port, struct frame *f, int64_t now_ns);
void link_intercept(struct link *l, link_gate *gate, void *ctx);
/* link_send for the one who is asked. */
void link_enter(struct link *l, int port, struct frame *f);
/* Copies *fault into the arena; the copy's `applied` can be read. */
struct link_fault *link_add_fault(struct link *l, const struct link_fault *fault);
/* Before a port's frames are delivered elsewhere: watch every frame that enters. One tap a link. */
void link_watch(struct link *l, link_tap *watcher, void *ctx);
/* Frames in flight when a link goes down are lost. A line of 0: no script's. */
void link_set_up(struct link *l, bool up, int line);
bool link_is_up(const struct link *l);
/* All faults end, partitions heal, the link is up and as it was made: random impairments are what
 * its first configuration says. */
void link_calm(struct link *l, int line);
uint64_t link_count(const struct link *l, enum link_event event);
const char *link_event_name(enum link_event event);
/* "sent", "lost", "down", ...: -1 for an unknown name. For counter("lan.lost"). */
int link_event_by_name(const char *name);
/* W and T of this link so far: every frame that entered, with the port by which it did. */
const struct fingerprint *link_print_bytes(const struct link *l);
const struct fingerprint *link_print_times(const struct link *l);

#endif
