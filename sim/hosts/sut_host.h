/*
 * A host that a stack moves: a `struct sut` behind a NIC (board.h) or behind plain frame hooks,
 * made to look like any other host. One of a world is the host under test; others are peers, with
 * calls of their own. Delivering a frame, raising its interrupt and polling the stack until it is
 * idle is one event.
 */
#ifndef SIM_HOSTS_SUT_HOST_H
#define SIM_HOSTS_SUT_HOST_H

#include "sim/hosts/host.h"
#include "sim/hosts/sut.h"
#include "sim/nic/board.h"

/* Where a frame from the wire ended, told once for each; `frame` counts what this host's port saw,
 * from 1. */
enum sut_fate { SUT_FATE_FILTERED, SUT_FATE_CONSUMED, SUT_FATE_DROPPED, SUT_FATE_HELD };

struct sut_listener {
    void *ctx;
    void (*done)(void *ctx, struct host *from, uint64_t token, int64_t result,
                 const struct value *out, int outs);
    void (*fate)(void *ctx, uint32_t frame, enum sut_fate fate, const char *reason);
    /* A frame has come to its port, whole or not; may be NULL. */
    void (*came)(void *ctx, struct host *at, int port, const struct frame *f, int64_t now_ns);
};

enum { SUT_PORTS = 8 }; /* as many as its machine has slots for */

struct sut_config {
    const struct sut *sut;
    const struct nic_kind *nic;     /* for a SUT_BUS stack */
    const struct board_kind *board; /* whose device models; NULL: ours */
    int64_t tx_delay_ns[SUT_PORTS]; /* of each interface's NIC */
    struct nic_options device;      /* what is wanted of them */
    struct sut_listener listener;
    uint8_t fill;           /* of memory that the stack has not written yet */
    bool watch_fates;       /* replay and ladders want to know */
    nic_observer *looks_on; /* at its NICs; NULL: nobody */
    void (*traced)(void *ctx, const char *what, int64_t value); /* env->trace; NULL: nobody hears */
    void *looks_on_ctx;
    uint32_t sockets; /* see struct sut_needs */
    bool small;
};

/* Prepares the host (its ports are set already), plugs NICs, opens the stack, attaches the
 * interfaces. Before time 0. 0, or -1 and why; 1 and why: it has fewer interfaces (-ENODEV). */
int sut_host_open(struct host *h, const struct sut_config *config, struct why *why);
/* Until when it is busy and makes no calls; NEVER when it is not. */
int64_t sut_host_busy_ns(const struct host *h);
int64_t sut_host_call(struct host *h, uint64_t token, const char *name, const struct value *argv,
                      int argc, struct value *out);
int sut_host_query(struct host *h, const char *what, struct value *out);
void sut_host_close(struct host *h);
/* A counter of the NIC's model: 0, or -1 when there is none of that name. */
int sut_host_nic_count(struct host *h, int port, const char *counter, uint64_t *value);
/* What keeps its NICs from moving frames, to who looks on. */
void sut_host_explain(struct host *h);
/* What its stack calls the interface: the host under test's as the script does, a peer's eth0, eth1
 * and so on. */
const char *sut_host_ifname(const struct host *h, int port);
/* By that name; -1: there is none. */
int sut_host_port(const struct host *h, const char *ifname);
const struct sut *sut_host_sut(const struct host *h);
/* The frame that is being delivered, or NULL. */
struct frame *sut_host_current(const struct host *h);
/* The time, for the stack or its driver: asking ten million times at one instant ends the run. */
int64_t sut_host_now(struct host *h);
/* Frames that came in so far. */
uint32_t sut_host_frames(const struct host *h);

/* The host under test's; a peer's, to be copied and named after its stack. */
extern const struct host_kind sut_kind, sut_peer_kind;

#endif
