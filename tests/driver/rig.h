/*
 * A stack of nothing but a driver: its link layer keeps what was received, so that a test sees
 * every frame that a driver hands up, and can hold the buffers to dry the pool out.
 */
#ifndef TESTS_DRIVER_RIG_H
#define TESTS_DRIVER_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/core/module.h"

enum { NICRIG_KEPT = 1024, NICRIG_FRAME = 2048, NICRIG_POOL = 96, NICRIG_REGION = 1 << 20 };

struct nicrig_frame {
    uint32_t len;
    uint8_t bytes[NICRIG_FRAME];
};

struct nicrig_log {
    int count;
    struct nicrig_frame frame[NICRIG_KEPT];
};

extern struct nicrig_log nicrig_received; /* by the stack */
extern bool nicrig_hold;                  /* keep the netbufs of received frames */

/* A stack in `region` (NICRIG_REGION bytes, 4096-aligned) whose every byte was 0xcc before. */
struct stack *nicrig_stack(void *region);
/* eth0, brought up; NULL when no driver took the device. */
struct netif *nicrig_probe(struct stack *s, const struct bus *b);
/* Sends `len` bytes that count up from `seed`; what netif_send returned. */
int nicrig_send(struct netif *nif, uint32_t len, uint8_t seed, int64_t now_ns);
void nicrig_fill(uint8_t *to, uint32_t len, uint8_t seed);
/* Frees the held netbufs. */
void nicrig_release(struct stack *s);
void nicrig_log_add(struct nicrig_log *log, const void *bytes, uint32_t len);
uint64_t nicrig_counter(struct stack *s, const char *name);
/* Frames of the pool that nobody has. */
uint32_t nicrig_free_frames(const struct stack *s);

#endif
