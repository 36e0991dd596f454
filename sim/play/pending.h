/*
 * Calls that are open, or have ended and are not judged yet: any number. None is searched for: a
 * token says where its call stands, those that ended wait in a queue, and those that must end at a
 * certain time stand in its order.
 */
#ifndef SIM_PLAY_PENDING_H
#define SIM_PLAY_PENDING_H

#include "sim/hosts/sut.h"
#include "sim/world/scratch.h"

struct descriptors;
struct step;

struct pending_call {
    uint64_t token; /* a serial number above its slot; 0: free */
    uint32_t slot;
    struct descriptors *on; /* of the stack that it is made on */
    const struct step *step;
    struct scratch memory;  /* of its arguments and what it wrote */
    struct value *argument; /* as evaluated */
    bool made;              /* the stack was given it: made_finish counts */
    bool polls;             /* it waits for descriptors (poll.c), */
    int64_t gives_up_ns;    /* until then */
    int64_t ends_ns;        /* -1: whenever; else it must end then, */
    int64_t slack_ns;       /* or so much sooner */
    bool done;
    int64_t result, done_ns;
    struct value *out;                   /* SUT_ARGUMENTS, once it is done */
    struct pending_call *next;           /* of those that are free, or done */
    struct pending_call *later, *sooner; /* of those with a time */
};

/* Zeroed, there is none. */
struct pending_calls {
    struct pending_call **slot;
    uint32_t room, slots, open;
    struct pending_call *free;
    struct pending_call *done, *last_done; /* in the order in which they ended */
    struct pending_call *first, *last;     /* with a time, the earliest first */
    uint64_t serial;
};

/* One more, which is to end at ends_ns. */
struct pending_call *pending_open(struct world *w, struct pending_calls *c, int64_t ends_ns);
/* The one of that token that is not done; NULL: there is none. */
struct pending_call *pending_find(const struct pending_calls *c, uint64_t token);
/* It is done, and waits to be judged. */
void pending_done(struct pending_calls *c, struct pending_call *p);
/* The first of those that wait, which waits no more; NULL: none does. */
struct pending_call *pending_take_done(struct pending_calls *c);
/* It is over, and its memory given back. Not while it waits. */
void pending_close(struct world *w, struct pending_calls *c, struct pending_call *p);
/* When the next of them must end, from now on; NEVER: none must. */
int64_t pending_next_end(const struct pending_calls *c, int64_t now_ns);

#endif
