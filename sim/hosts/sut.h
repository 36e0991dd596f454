/*
 * The stack under test is a plug. `--sut stack` is ours, `--sut lwip` Debian's lwIP, `--sut
 * FILE.so` a user's: a shared object that exports `const struct sut wiredrill_sut`. It may take and
 * give whole frames, or want a NIC and bring a driver for it.
 *
 * All calls come from one thread. Calls do not block: what cannot end at once returns SUT_PENDING
 * and later env->done(token). A stack that can only block sets SUT_BLOCKS: its calls run on a
 * coroutine and it waits with env->wait.
 */
#ifndef SIM_HOSTS_SUT_H
#define SIM_HOSTS_SUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "sim/base/value.h"
#include "stack/driver/bus.h"

#define SUT_ABI 2u
/* A plug-in that was built for this version has no `lacks`, and loads. */
#define SUT_ABI_FIRST 1u

enum sut_flag {
    SUT_FRAMES = 1,     /* wants input(), gives env->transmit() */
    SUT_BUS = 2,        /* attach() gets a bus with a NIC on it */
    SUT_BLOCKS = 4,     /* call() may block in env->wait */
    SUT_SINGLETON = 8,  /* one instance at a time: it is loaded anew for each case */
    SUT_SAVES = 16,     /* all its state is in env->memory: a world with it can be saved */
    SUT_PLAIN_DMA = 32, /* SUT_BUS: its driver shares memory with the device by plain loads and
                           stores, without fences or bus_give */
    SUT_LATE_IRQ = 64,  /* SUT_BUS: interrupts wait until it is idle, as if it ran with them off */
    SUT_PATTERN = 128,  /* it fills in the bytes that a send leaves open; else it gets them */
    SUT_INSIDE = 256,   /* it has our stack's counters and queries; else an assertion about what
                           it does not know is passed over */
    SUT_TELLS = 512,    /* it says by env->due, in a call as well, when it wants to be polled; else
                           it is polled after each call */
    SUT_OTHERS_DRIVER = 1024, /* our stack over a driver of somebody else's: what only a driver of
                                 ours promises (its counters, an exact filter, the size of its
                                 rings) is passed over */
    SUT_NO_KNOBS = 2048, /* call() knows no `set`: a script that needs one is passed over before the
                            stack is opened */
};

enum { SUT_ARGUMENTS = 12 };

/* call()'s answers beside a result of 0 or more and negated errnos */
#define SUT_PENDING (INT64_MIN + 1) /* env->done(token) comes later */
#define SUT_UNKNOWN (INT64_MIN + 2) /* no such call here: the script is skipped by that name */

/* What a stack may size its memory by. */
struct sut_needs {
    int ports;        /* how many interfaces will be attached */
    const char *nic;  /* the model that it will stand behind; NULL: none */
    uint32_t sockets; /* how many the script has open at a time; 0: as many as the stack likes */
    bool small;       /* the world is saved and put back often: no more memory than exchanges of
                       * single packets take, one after the other */
};

struct sut_env {
    void *self;
    /* What uninitialised memory holds: a stack that reads some shows another fingerprint with
     * another value. */
    uint8_t fill;
    /* A frame out of interface `port`, Ethernet header first, without FCS. */
    void (*transmit)(void *self, int port, const void *frame, size_t len);
    /* Call poll() at due_ns (INT64_MAX: not). The last word counts. */
    void (*due)(void *self, int64_t due_ns);
    /* A pending call ended: result 0 or more, or a negated errno. out[i], where its kind is not
     * VALUE_NONE, is what the call wrote through argument i. */
    void (*done)(void *self, uint64_t token, int64_t result, const struct value *out, int outs);
    /* Purposes are small numbers of the stack's own choice: each draws from its own stream. */
    void (*random)(void *self, int purpose, void *out, size_t len);
    int64_t (*now)(void *self);
    /* SUT_BLOCKS: sleeps until until_ns or until a frame came; returns the time. */
    int64_t (*wait)(void *self, int64_t until_ns);
    /* Memory that is saved with the world, zeroed, 64-aligned; with a bus it is guest memory:
     * *device_address (may be NULL). */
    void *(*memory)(void *self, size_t size, uint64_t *device_address);
    /* What became of the nth frame that the stack took in (from 1); optional. */
    void (*fate)(void *self, uint32_t frame, bool consumed, const char *reason);
    /* A state transition or timer, for the S fingerprint; optional. */
    void (*trace)(void *self, const char *what, int64_t value);
    /* Something is wrong inside - a broken assertion, a buffer that at close has not come back: the
     * run fails with this sentence. */
    void (*fail)(void *self, const char *sentence);
    struct sut_needs needs;
};

struct sut {
    uint32_t abi, flags;
    const char *name, *version;
    void *(*open)(const struct sut_env *env); /* NULL: failed; env outlives the instance */
    /* Interface number `port` from 0. bus: NULL unless SUT_BUS. 0, or a negated errno. */
    int (*attach)(void *s, int port, const char *ifname, const uint8_t mac[6], int mtu,
                  const struct bus *b);
    void (*input)(void *s, int port, const void *frame, size_t len); /* SUT_FRAMES */
    void (*carrier)(void *s, int port, bool up);                     /* SUT_FRAMES; may be NULL */
    /* Does what is due at env->now, says when next by env->due. Also called after each frame and
     * interrupt, and after each call unless SUT_TELLS. */
    void (*poll)(void *s);
    /*
     * A call by its BSD name or a service's: arguments are evaluated (symbols are Linux's numbers,
     * sockaddrs VALUE_ENDPOINT, strings VALUE_BYTES). Returns 0 or more, a negated errno,
     * SUT_PENDING or SUT_UNKNOWN. out[i] is for what it writes through argument i; bytes there must
     * stay valid until the next call. Configuration comes by calls as well, before time 0:
     * ifconfig(ifname, prefix), route(prefix, gateway, ifname), neighbour(ifname, ip, mac),
     * nameserver(ip), set(knob, number); what a stack lacks it refuses with SUT_UNKNOWN.
     */
    int64_t (*call)(void *s, uint64_t token, const char *name, const struct value *argv, int argc,
                    struct value *out);
    /* "counter arp.drop.short", "ifaddr eth0", ...: 0, or -1 when not known. Bytes and text in *out
     * stay valid until the next query. */
    int (*query)(void *s, const char *what, struct value *out);
    void (*close)(void *s);
    const char *nic; /* SUT_BUS: the only model that it drives; NULL: any */
    /* What it does not have, by the words that `wiredrill help needs` lists ("fragments options
     * dhcp"): scripts that need one are skipped by that name. NULL: nothing. */
    const char *lacks;
};

/* Every knob of our stack with its value and range (stack_sut.c). */
void stack_sut_print_knobs(FILE *out);
/* What a knob of ours is when nobody sets it; false: there is none of that name. */
bool stack_sut_knob_default(const char *knob, int64_t *value);

/* By name ("stack", "lwip") or file ("./mine.so"); NULL: *why says in one sentence what is wrong.
 * Stays loaded, and is the same each time. */
struct why;
const struct sut *sut_load(const char *name, struct why *why);
typedef const struct sut *sut_loader(const char *name, struct why *why);

#endif
