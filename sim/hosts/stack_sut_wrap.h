/*
 * Our stack with all that wraps just below its wrap: the first sequence number, timestamps, IP's
 * identifications, and the clock (of 32 bits of milliseconds). Like draws of memory
 * (stack_sut_draws.h) the numbers come by here in a program that is linked with ld's --wrap; the
 * clock is shifted between the stack and its host.
 */
#ifndef SIM_HOSTS_STACK_SUT_WRAP_H
#define SIM_HOSTS_STACK_SUT_WRAP_H

#include <stdbool.h>
#include "sim/hosts/sut.h"

/* Of stacks that are opened from now on. */
void stack_wrap(bool on);
/* The environment that the stack is to see in place of `env`: *shifted, or env itself. */
const struct sut_env *stack_wrap_env(const struct sut_env *env, struct sut_env *shifted);

#endif
