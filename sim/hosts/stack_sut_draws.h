/*
 * Our stack's draws of memory - from its pools, for packets, from its region - counted, and one of
 * them refused. Nothing of it is in the stack: the program is linked with ld's --wrap, by which a
 * call from one file of the stack into another comes by here first (Makefile). A program that is
 * linked without counts none.
 */
#ifndef SIM_HOSTS_STACK_SUT_DRAWS_H
#define SIM_HOSTS_STACK_SUT_DRAWS_H

#include <stdbool.h>
#include <stdint.h>

enum { DRAW_SITES = 512 };

/* One place that draws: the calls that led there, hashed. */
struct draw_site {
    uint64_t hash;
    uint64_t first, second, last; /* draws; 0: none */
};

/* Draws are counted on from `done`; the `refused`th is refused, 0: none. sites: where each is made
 * is noted, anew. */
void stack_draws_begin(uint64_t done, uint64_t refused, bool sites);
/* How many were made, those before included; nobody counts any more. */
uint64_t stack_draws_end(void);
uint64_t stack_draws_so_far(void);
bool stack_draws_refused(void);
const struct draw_site *stack_draws_sites(uint32_t *count);

#endif
