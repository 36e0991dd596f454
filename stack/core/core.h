/* What the files of stack/core share and nobody else needs. */
#ifndef STACK_CORE_CORE_H
#define STACK_CORE_CORE_H

#include "stack/core/module.h"

enum core_counter {
    CORE_DROP_RX_DOWN,
    CORE_DROP_RX_NO_LINK_LAYER,
    CORE_DROP_TX_DOWN,
    CORE_DROP_TX_NO_CARRIER,
    CORE_DROP_TX_TOO_LONG,
    CORE_DROP_TX_RING_FULL,
    CORE_DROP_TX_FAILED,
    CORE_DROP_LOOP_FULL,
    CORE_DROP_STOPPED,
    CORE_COUNTERS
};

enum core_knob { CORE_KNOB_CARRIER_LOSS, CORE_KNOB_OFFLOAD, CORE_KNOB_RECEIVE_BUFFER, CORE_KNOBS };

extern const char *const core_counters[CORE_COUNTERS];

/* Memory for the stack and its modules from the region, NULL when it is used up: as it is, and
 * zeroed. It is never given back. */
void *region_carve(struct stack *s, size_t size, size_t align);
void *stack_carve(struct stack *s, size_t size, size_t align);

/* Makes lo, up and running, without addresses. */
struct netif *netif_create_loopback(struct stack *s);

/* Sets nif->new_link when the link can be used from now on. */
void netif_judge_link(struct netif *nif, int64_t now_ns);

int core_query(struct stack *s, void *state, const char *what, char *out, size_t room);

#endif
