#include "sim/hosts/stack_sut_draws.h"
#include <execinfo.h>
#include <string.h>
#include "stack/core/module.h"
#include "stack/core/pool.h"

/* Who draws is told by the calls above the function that is wrapped: so many of them. */
enum { OWN_CALLS = 3, CALLS = 4 };

static struct {
    bool counting, noting, was_refused;
    uint64_t done, refused;
    struct draw_site site[DRAW_SITES];
    uint32_t sites;
} draws;

void stack_draws_begin(uint64_t done, uint64_t refused, bool sites)
{
    draws.counting = true;
    draws.noting = sites;
    draws.was_refused = false;
    draws.done = done;
    draws.refused = refused;
    draws.sites = sites ? 0 : draws.sites;
}

uint64_t stack_draws_end(void)
{
    draws.counting = false;
    return draws.done;
}

uint64_t stack_draws_so_far(void)
{
    return draws.done;
}

bool stack_draws_refused(void)
{
    return draws.was_refused;
}

const struct draw_site *stack_draws_sites(uint32_t *count)
{
    *count = draws.sites;
    return draws.site;
}

/* Addresses count from a place in the program, so that where it is loaded does not matter. */
static void note_site(void)
{
    void *call[OWN_CALLS + CALLS];
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    int calls = backtrace(call, OWN_CALLS + CALLS);
    for (int k = OWN_CALLS; k < calls; k++)
        hash = (hash ^ ((uint64_t)(uintptr_t)call[k] - (uint64_t)(uintptr_t)&stack_draws_begin)) *
               UINT64_C(0x100000001b3);
    uint32_t k = 0;
    while (k < draws.sites && draws.site[k].hash != hash)
        k++;
    if (k == DRAW_SITES)
        return;
    if (k == draws.sites)
        draws.site[draws.sites++] = (struct draw_site){.hash = hash};
    struct draw_site *s = &draws.site[k];
    if (s->first && !s->second)
        s->second = draws.done;
    s->first = s->first ? s->first : draws.done;
    s->last = draws.done;
}

/* Noted first: the frames above are those of the wrapper and of this. */
__attribute__((noinline)) static bool refuses(void)
{
    if (!draws.counting)
        return false;
    draws.done++;
    if (draws.noting)
        note_site();
    draws.was_refused |= draws.done == draws.refused;
    return draws.done == draws.refused;
}

/* --- what ld puts in place of the stack's functions; its own have names with __real_ --- */

#define WRAP(type, name, arguments, names)                                                         \
    __attribute__((weak)) type __real_##name arguments;    /* NOLINT: ld's name */                 \
    type __wrap_##name arguments;                          /* NOLINT */                            \
    __attribute__((noinline)) type __wrap_##name arguments /* NOLINT */                            \
    {                                                                                              \
        if (refuses())                                                                             \
            return NULL;                                                                           \
        return __real_##name names;                                                                \
    }

WRAP(void *, pool_take, (struct pool * p), (p))
WRAP(struct netbuf *, netbuf_alloc, (struct stack * s, uint32_t headroom, uint32_t len),
     (s, headroom, len))
WRAP(struct netbuf *, netbuf_alloc_received, (struct stack * s, uint32_t headroom, uint32_t len),
     (s, headroom, len))
WRAP(void *, region_take, (struct stack * s, size_t size, size_t align), (s, size, align))
