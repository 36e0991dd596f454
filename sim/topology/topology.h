/*
 * A world with its stacks and peers, made from a script's declarations before time 0: links
 * (links.c), hosts (hosts.c), the host under test (sut.c), packetdrill's own network
 * (packetdrill.c), and the values that declarations and calls are written with (values.c).
 */
#ifndef SIM_TOPOLOGY_TOPOLOGY_H
#define SIM_TOPOLOGY_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/base/why.h"
#include "sim/hosts/host.h"
#include "sim/hosts/sut_host.h"
#include "sim/language/script.h"
#include "sim/record/recording.h"
#include "sim/world/names.h"
#include "sim/world/scratch.h"
#include "sim/topology/profile.h"

/* What `host stack NAME`, `host lwip NAME` and `host FILE.so NAME` take, for who lists it. */
extern const struct host_kind topology_stack_kind;

/* Told of every frame that enters a link; `record` is its place in the link's capture. */
typedef void topology_watch(void *ctx, uint32_t link, int port, struct frame *f,
                            enum link_event event, uint32_t record, int64_t now_ns);

/* Closure: what becomes of the nth frame of a link. */
struct frame_fault {
    enum fault_kind kind; /* lose, dup, delay, corrupt */
    int link;
    uint64_t frame;
    int64_t delay_ns;
};
enum { FRAME_FAULTS = 2 };

/* What a world is built from. */
struct topology_plan {
    const struct script *script;
    const struct value *const *value; /* one for each of the script's parameters */
    const struct nic_kind *nic;       /* for interfaces that name none */
    const struct board_kind *board;   /* of the host under test; NULL: our models */
    const struct sut *sut;
    sut_loader *load;                   /* stacks of peers, by their names; NULL: none is here */
    const struct profile_knob *profile; /* set before the script's own knobs; NULL: none */
    const struct setting *set;          /* --set, after the script's own */
    uint32_t sets;
    int64_t share_permille; /* of an interval, that packetdrill's scripts may be off by */
    /* What a knob is when nobody sets it: asking for that is asking for nothing. NULL: not known */
    bool (*knob_default)(const char *knob, int64_t *value);
    uint8_t fill; /* what the stack's memory holds before it starts */
    bool watch_fates;
    struct recorded_notes *notes;    /* of the host under test; NULL: nobody wants any */
    unsigned notes_of;               /* enum topology_note */
    const struct frame_fault *fault; /* of closure */
    uint32_t faults;
    struct sut_listener listener;
    topology_watch *watch;
    void (*heard)(void *ctx, const char *knob, int64_t value); /* a knob is set; may be NULL */
    void (*ready)(void *ctx); /* links and hosts are there, nothing was sent yet */
    void *watch_ctx;
};

/* What is told between the frames of a ladder: what passes between driver and NIC, the stack's
 * states, its timers. */
enum topology_note { NOTE_NIC = 1, NOTE_STACK = 2, NOTE_TIMER = 4 };

/* What a script without topology lines plays on; see packetdrill.c. */
struct packetdrill {
    uint32_t local, remote, gateway;
    int prefix;
    uint16_t bind_port, connect_port;
    uint16_t mtu;                         /* 0: Ethernet's */
    int64_t tolerance_ns, share_permille; /* the larger of both, of the time since the last event */
    bool strict_segments;                 /* a line's payload comes in one segment */
    int64_t tick_ns;                      /* of timestamps; 0: they are not judged */
};

struct topology {
    struct world *world;
    struct topology_plan plan;
    struct recording recording; /* the links, in the script's order, with their captures */
    struct names links;         /* by their names: struct recorded_link */
    struct names ports;         /* struct host_port: interfaces under test, and each host's first */
    int *script_port; /* of each link: where `<` lines enter when no raw host is there; -1: not
                         attached */
    struct host_port **raw; /* of each link: the first raw host's port there; NULL: none */
    struct host **host;     /* the host under test is host[0] */
    uint32_t hosts;
    struct host *sut;
    struct stack_peer *stack; /* peers that a stack moves */
    uint32_t stacks, stack_room;
    struct names bindings;
    struct scratch scratch; /* of values that are being evaluated: given back before the next event
                             * of the script, unless who had them evaluated takes it */
    struct packetdrill tool;
    bool skipped; /* the script asks for what is not here: */
    struct why skip;
};

/* All return 0, or -1 with the reason in *why: an input error. t->skipped is possible on success.
 */
int topology_build(struct topology *t, struct world *w, const struct topology_plan *plan,
                   struct why *why);
/* Stops every host; the stack under test first. */
void topology_stop(struct topology *t);
__attribute__((format(printf, 2, 3))) void topology_skip(struct topology *t, const char *format,
                                                         ...);

/* --- names --- */
/* A host, or an interface under test; NULL when there is none of that name. */
struct host *topology_host(const struct topology *t, const char *name, int *port);
/* The number of a link; -1: there is none. */
int topology_link(const struct topology *t, const char *name);

/* --- values --- */
void scope_bind(struct topology *t, const char *name, const struct value *v);
const struct value *scope_lookup(const struct topology *t, const char *name);
/* Evaluates for a call: variables, htons(...), symbols, sockaddrs. -1: *why. What the value points
 * to is the script's or t->scratch's. */
int eval_value(struct topology *t, const struct value *in, struct value *out, struct why *why);
/* A copy for the life of the world; one in `s`. */
struct value value_in_arena(struct topology *t, const struct value *v);
struct value value_in_scratch(struct topology *t, struct scratch *s, const struct value *v);
/* The field of a structure; NULL: it has none of that name. */
const struct value *field_of(const struct value *v, const char *name);
/* A knob's on and off are 1 and 0. */
void topology_knob_value(struct value *v);
/* Sets a knob of the stack under test: 0, or a negated errno; -ENOENT: it has none of that name. */
/* The value is the knob's when nobody sets it. */
bool topology_is_default(const struct topology *t, const char *knob, int64_t value);
int64_t topology_set_knob(struct topology *t, const char *knob, int64_t value);
struct value topology_text_value(const char *text);

/* --- links --- */
/* `link NAME {ATTR VALUE}` into a configuration. */
int topology_configure_link(struct topology *t, struct link_config *config,
                            const struct attribute *attribute, uint32_t count, struct why *why);

/* --- packets --- */
/* Every packet that the script's lines state: those of events, faults and ignores. */
typedef void topology_packet(struct topology *t, const struct packet_spec *packet,
                             const struct place *place);
void topology_each_packet(struct topology *t, topology_packet *see);

/* What `...` stands for in a call's argument in packetdrill's scripts. */
void topology_packetdrill_default(const struct topology *t, const char *call, int index,
                                  struct value *v);

#endif
