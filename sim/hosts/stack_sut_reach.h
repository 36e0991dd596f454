/* What our stacks did in many runs: which counters of drops counted, which state of TCP followed
 * which. In memory of the asker's, that processes may share: octets that only ever become 1. */
#ifndef SIM_HOSTS_STACK_SUT_REACH_H
#define SIM_HOSTS_STACK_SUT_REACH_H

#include <stdbool.h>
#include <stdint.h>

enum { REACH_COUNTERS = 512, REACH_NAME = 48, REACH_STATES = 16 };

struct stack_reach {
    bool counted[REACH_COUNTERS];
    char name[REACH_COUNTERS][REACH_NAME]; /* "arp.drop.short"; "": no counter */
    bool moved[REACH_STATES][REACH_STATES];
};

/* From now on what happens is noted there; NULL: nowhere. */
void stack_reach_into(struct stack_reach *reach);
/* For our stack's host: TCP moved; the stack is about to be stopped. */
void stack_reach_moved(int64_t from_to);
struct stack;
void stack_reach_stopping(const struct stack *s);
void stack_reach_stopped(const struct stack *s); /* it was */
/* "SYN-SENT" */
const char *stack_reach_state_name(int state);

#endif
