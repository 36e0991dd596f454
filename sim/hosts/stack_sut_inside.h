/* What the ways to put our own stack behind the plug share: with a NIC (stack_sut.c), without
 * (stack_sut_wire.c). */
#ifndef SIM_HOSTS_STACK_SUT_INSIDE_H
#define SIM_HOSTS_STACK_SUT_INSIDE_H

#include "sim/hosts/stack_sut.h"

/* NULL: no memory, or the configuration cannot be. */
void *stack_sut_open_config(const struct sut_env *env, const struct stack_config *config);
void stack_sut_poll(void *s);
int64_t stack_sut_call(void *s, uint64_t token, const char *name, const struct value *argv,
                       int argc, struct value *out);
int stack_sut_query(void *s, const char *what, struct value *out);
void stack_sut_close(void *s);

#endif
