/*
 * What carries Ethernet frames between a live world and another machine: a TAP device, to and from
 * the kernel, or a Unix socket as QEMU's `-netdev dgram` and `-netdev stream` speak to it. Nothing
 * here blocks but cable_wait.
 */
#ifndef SIM_CLI_CABLE_H
#define SIM_CLI_CABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "sim/base/why.h"

/* A frame's octets at most; of those that wait for the other side to read. */
enum { CABLE_FRAME = 65550, CABLE_WAITING = 4 << 20 };

enum cable_kind { CABLE_TAP, CABLE_DGRAM, CABLE_STREAM };

struct cable {
    enum cable_kind kind;
    int fd;                        /* -1: a stream that nobody has come to yet */
    int listen;                    /* of a stream; -1: it is none */
    struct sockaddr_un own, other; /* sockets; other: dgram, where the last frame came from */
    socklen_t other_len;           /* 0: nobody has sent a frame yet */
    /* Told of a frame when the other side has it. */
    void (*gone)(void *ctx, const uint8_t *bytes, uint32_t len);
    void *ctx;
    uint8_t *out; /* frames that wait, each behind its length */
    size_t out_at, out_len;
    size_t part; /* stream: octets of the first one that have gone */
    uint8_t *in; /* stream: what came of the next frame */
    size_t in_len;
    uint64_t lost;      /* frames that were not taken by who is there */
    bool nameless, odd; /* told once: a sender without a name; no frame's length */
};

/* 0, or -1 with the reason and what is missing. */
int cable_tap(struct cable *c, const char *name, struct why *why);
/* "dgram:PATH" or "stream:PATH": a socket of that name is made, for QEMU to come to. */
int cable_netdev(struct cable *c, const char *text, struct why *why);
/* QEMU's options for it, one line. */
void cable_qemu(const struct cable *c, char *out, size_t room);
/* The next frame that came, at most CABLE_FRAME octets; 0: none did. */
size_t cable_take(struct cable *c, uint8_t *bytes);
void cable_give(struct cable *c, const uint8_t *bytes, uint32_t len);
/* Until a frame may have come, the other descriptor (-1: none) can be read, or the time is over.
 * True: the other one. */
bool cable_wait(struct cable *c, int other, int64_t wait_ns);
void cable_close(struct cable *c);

/* --- cable_tap.c --- */
/* A descriptor that does not block; -1 with the reason. */
int tap_open(const char *name, struct why *why);

#endif
