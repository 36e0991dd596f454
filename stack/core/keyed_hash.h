/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash that nobody without the key can predict,
 * for identification counters, sequence numbers (RFC 6528 asks for a pseudorandom function) and
 * hash tables that peers fill.
 */
#ifndef STACK_CORE_KEYED_HASH_H
#define STACK_CORE_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { KEYED_HASH_KEY_BYTES = 16 };

uint64_t keyed_hash(const uint8_t key[KEYED_HASH_KEY_BYTES], const void *bytes, size_t len);

#endif
