/*
 * Descriptors. A script numbers them as it likes, for each stack anew; what the stack calls them is
 * remembered when they are made, and put in wherever one stands. Of a stream it is known how many
 * octets were written and read, which gives each octet its place.
 */
#ifndef SIM_PLAY_DESCRIPTOR_H
#define SIM_PLAY_DESCRIPTOR_H

#include "sim/base/value.h"
#include "sim/judge/flow.h"

struct run;
struct epoll;
struct pipe;

struct descriptor {
    int64_t to; /* the stack's number; -1: the script has none of this one */
    bool stream, listens;
    uint64_t written, read; /* octets so far */
    uint64_t made;          /* the how manieth of the run, from 1 */
    struct flow *flow;      /* once it has both ends */
    /* It is none of the stack's: see poll.c, pipe.c. */
    struct epoll *epoll;
    struct pipe *pipe;
    bool file;
};

/* Of one stack. */
struct descriptors {
    struct host *host;     /* that it moves */
    struct descriptor *at; /* by the script's numbers */
    uint32_t room;
    uint64_t made;
};

/* NULL: the script has none of that number. */
struct descriptor *descriptor_of(const struct descriptors *t, const struct value *fd);
/* The script calls it `fd` from now on. NULL: the number is none. */
struct descriptor *descriptor_make(struct run *r, struct descriptors *t, int64_t fd, int64_t to);
/* It is none of the stack's. */
bool descriptor_is_own(const struct descriptor *d);
/* How many of the script's descriptors stand for the stack's one. */
uint32_t descriptor_sharers(const struct descriptors *t, int64_t to);
/* The connection of a stream, asked of the stack by its names; NULL: it has none, or it is a
 * peer's. */
struct flow *descriptor_flow(struct run *r, const struct descriptors *t, struct descriptor *d);
/* The newest stream that is no listener; else the newest stream; NULL: there is none. */
struct descriptor *descriptor_newest_stream(const struct descriptors *t);

#endif
