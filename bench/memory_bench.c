/* What a stack takes of its embedder's memory: stack_size of some configurations, and whose it is.
 */
#include <string.h>
#include "bench/memory.h"
#include <stdio.h>

static size_t modules_bytes(const struct stack_config *c)
{
    size_t bytes = 0;
    for (const struct module *const *m = c->modules; *m; m++)
        bytes += (*m)->state_size ? (*m)->state_size(&c->limits) : 0;
    return bytes;
}

static void tell(const char *what, const struct stack_config *c)
{
    const struct stack_limits *l = &c->limits;
    size_t frames = (size_t)l->frames * NETBUF_FRAME_BYTES;
    size_t big = (size_t)l->big_buffers * NETBUF_BIG_BYTES;
    printf("%-34s %10zu bytes: %8zu in frames, %8zu in large buffers, %8zu for drivers, %8zu of "
           "modules\n",
           what, stack_size(c), frames, big, (size_t)l->driver_bytes, modules_bytes(c));
}

static void tell_modules(const struct stack_config *c)
{
    for (const struct module *const *m = c->modules; *m; m++)
        if ((*m)->state_size)
            printf("  %-32s %10zu\n", (*m)->name, (*m)->state_size(&c->limits));
}

/* What an interface of each driver takes of limits.driver_bytes. */
static void tell_drivers(const struct stack_config *c)
{
    for (const struct netif_driver *const *d = c->drivers; *d; d++)
        printf("an interface of %-18s %10u bytes of driver_bytes: %u of state, %u of rings\n",
               (*d)->name, (*d)->state_size + (*d)->ring_bytes + 64, (*d)->state_size,
               (*d)->ring_bytes);
}

int main(void)
{
    const struct stack_config smallest = smallest_config(), idle = with_sockets(IDLE_SOCKETS),
                              none = with_sockets(0);
    tell("the smallest configuration", &smallest);
    tell_modules(&smallest);
    tell("the default (stack/full.c)", &stack_full_config);
    tell_modules(&stack_full_config);
    tell("the default, 10,000 idle sockets", &idle);
    printf("one idle UDP socket                %10zu bytes\n",
           (stack_size(&idle) - stack_size(&none)) / IDLE_SOCKETS);
    /* Of the limits alone; what is sent and received takes chunks, which all share. */
    const struct stack_config many = with_connections(IDLE_SOCKETS), few = with_connections(10);
    printf("one TCP connection                 %10zu bytes, its socket, its place in the table and "
           "its "
           "share of senders included\n",
           (stack_size(&many) - stack_size(&few)) / (IDLE_SOCKETS - 10));
    tell_drivers(&stack_full_config);
    return 0;
}
