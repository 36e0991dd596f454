/* A packet that goes to several takers is copied; each copy is a packet of its own. */
#ifndef STACK_TRANSPORT_COPY_H
#define STACK_TRANSPORT_COPY_H

#include "stack/core/module.h"

/*
 * A copy of nb whose bytes start at base[from] of the original: its IP header is kept in front of
 * the cursor, so net_at and transport_at are valid. It does not count as a received frame, so that
 * a frame's fate is told once. NULL when the pool is dry.
 */
struct netbuf *transport_copy(struct stack *s, const struct netbuf *nb, uint32_t from);

#endif
