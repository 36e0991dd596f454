/* Among the files of a host that a stack moves: sut_host.c delivers and polls, sut_env.c is what
 * the stack may ask of it. */
#ifndef SIM_HOSTS_SUT_INSIDE_H
#define SIM_HOSTS_SUT_INSIDE_H

#include "sim/hosts/sut_host.h"

enum {
    SUT_PURPOSES = 16,
    SUT_MEMORIES = 64,
    ETHERNET_HEADER = 14,
    SHORTEST_FRAME = 60,
    LONGEST_FRAME = 1518
};

struct sut_memory {
    void *at;
    size_t size;
    uint64_t device_address;
};

/* Which frame of ours the stack's nth received frame was: rows are reused once told. */
struct pending_fate {
    uint32_t stack_frame, frame;
};

struct sut_state {
    struct sut_config config;
    struct sut_env env;
    void *instance;
    struct board *board;       /* of a SUT_BUS stack; NULL: it has whole frames */
    char ifname[SUT_PORTS][8]; /* of a peer */
    struct random_stream purpose[SUT_PURPOSES];
    struct sut_memory memory[SUT_MEMORIES];
    uint32_t memories;
    bool polling, again;
    bool busy;         /* since busy(), until the host is due */
    uint32_t piled_up; /* frames that the NIC took meanwhile */
    int64_t due_ns;    /* what the stack asked for last */
    int64_t asked_ns;  /* the last time that it was told, and how often */
    uint32_t questions;
    uint32_t frames;       /* that came from the wire */
    uint32_t stack_frames; /* that the stack said it took */
    struct pending_fate *pending;
    uint32_t pendings, pending_room;
    bool told;        /* the frame being delivered has its fate */
    uint32_t current; /* that frame; 0: none */
    uint8_t *copy;    /* of a frame, for a stack that writes where it should only read */
    struct frame *delivered;
};

/* The environment that the stack is opened with. */
void sut_env_fill(struct host *h);
/* A frame that the stack sends, by whatever way. */
void sut_env_transmit(void *self, int port, const void *frame, size_t len);
/* A value that a stack gave, when it says that it has what it has not, is none. */
struct value sut_sane(const struct value *v);
/* What became of a frame, to the listener. */
void sut_tell(struct host *h, uint32_t frame, enum sut_fate fate, const char *reason);

#endif
