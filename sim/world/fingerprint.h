/*
 * Fingerprints: 128 bits over what happened. W is every wire's bytes in order; T is W with the
 * virtual time of each frame; S is T with state transitions, timers, interrupts and DMA. The hash
 * is our own, little-endian by definition, so that it is the same on every host.
 */
#ifndef SIM_WORLD_FINGERPRINT_H
#define SIM_WORLD_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

struct fingerprint {
    uint64_t a, b;
};

void fingerprint_init(struct fingerprint *f);
void fingerprint_bytes(struct fingerprint *f, const void *bytes, size_t len);
void fingerprint_u64(struct fingerprint *f, uint64_t value);
void fingerprint_join(struct fingerprint *f, const struct fingerprint *other);
/* 32 lower-case hexadecimal digits and a NUL. */
void fingerprint_text(const struct fingerprint *f, char out[33]);

#endif
