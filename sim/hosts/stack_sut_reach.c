#include "sim/hosts/stack_sut_reach.h"
#include <stdio.h>
#include <string.h>
#include "stack/core/module.h"
#include "stack/socket/socket.h"

static struct stack_reach *into;

void stack_reach_into(struct stack_reach *reach)
{
    into = reach;
}

void stack_reach_moved(int64_t from_to)
{
    if (into)
        into->moved[from_to / REACH_STATES % REACH_STATES][from_to % REACH_STATES] = true;
}

const char *stack_reach_state_name(int state)
{
    static const char *const names[] = {"CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
                                        "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                                        "CLOSING",     "LAST-ACK",   "TIME-WAIT"};
    _Static_assert(sizeof names / sizeof names[0] == SOCKET_TCP_TIME_WAIT + 1, "each has its name");
    return state >= 0 && state <= SOCKET_TCP_TIME_WAIT ? names[state] : "?";
}

static void note(unsigned *at, const char *module, const char *counter, uint64_t count)
{
    unsigned k = (*at)++;
    if (k >= REACH_COUNTERS)
        return;
    if (!into->name[k][0])
        snprintf(into->name[k], REACH_NAME, "%s.%s", module, counter);
    if (count)
        into->counted[k] = true;
}

/* A driver's counters have places of their own, by its order among the stack's drivers. */
static void note_drivers(const struct stack *s, unsigned *at)
{
    for (const struct netif_driver *const *d = s->config.drivers; *d; d++)
        for (unsigned k = 0; (*d)->counters && (*d)->counters[k]; k++) {
            uint64_t count = 0;
            for (uint32_t i = 0; i < s->netifs; i++) {
                const struct netif *nif = &s->netif[i];
                const uint8_t *state = nif->state;
                if (nif->driver != *d || !state)
                    continue;
                if (k == 0 && (*d)->statistics)
                    (*d)->statistics(nif->state);
                count += ((const uint64_t *)(const void *)(state + (*d)->counter_at))[k];
            }
            if (strncmp((*d)->counters[k], "rx_", 3) == 0)
                note(at, (*d)->name, (*d)->counters[k], count);
        }
}

static void note_modules(const struct stack *s, unsigned *at)
{
    for (unsigned m = 0; m < MODULES; m++)
        for (uint32_t k = 0; s->module[m] && k < s->module[m]->counter_count; k++)
            if (strncmp(s->module[m]->counters[k], "drop.", 5) == 0)
                note(at, s->module[m]->name, s->module[m]->counters[k], s->count[m][k]);
}

void stack_reach_stopping(const struct stack *s)
{
    unsigned at = 0;
    if (!into)
        return;
    note_modules(s, &at);
    note_drivers(s, &at);
}

void stack_reach_stopped(const struct stack *s)
{
    unsigned at = 0;
    if (into)
        note_modules(s, &at);
}
