#include "sim/suite/reach.h"
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include "sim/suite/insight.h"
#include "sim/monitor/monitor.h"
#include "sim/play/watch.h"

enum { ATTRIBUTES = 32, NAME_ROOM = 96 };

struct reach {
    struct stack_reach stack;
    bool fault[FAULT_KINDS], attribute[ATTRIBUTES], rule[MONITOR_RULES];
};

static const char *const verbs[FAULT_KINDS] = {"lose",      "dup",      "flip",    "fcs",
                                               "delay",     "truncate", "down",    "up",
                                               "partition", "heal",     "corrupt", "calm"};
static const char *const attributes[] = {"rate",    "latency",       "queue",       "mtu",
                                         "loss",    "dup",           "corrupt",     "fcs",
                                         "reorder", "truncate",      "burst-enter", "burst-leave",
                                         "jitter",  "reorder-delay", "seed",        NULL};

/* Moves that RFC 9293 draws or says in words: states by their numbers in its order. */
enum {
    CLOSED,
    LISTEN,
    SYN_SENT,
    SYN_RECEIVED,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    CLOSE_WAIT,
    CLOSING,
    LAST_ACK,
    TIME_WAIT
};
static const struct {
    uint8_t from, to;
} moves[] = {
    {CLOSED, LISTEN},           {CLOSED, SYN_SENT},          {CLOSED, SYN_RECEIVED},
    {LISTEN, CLOSED},           {SYN_SENT, SYN_RECEIVED},    {SYN_SENT, ESTABLISHED},
    {SYN_SENT, CLOSED},         {SYN_RECEIVED, ESTABLISHED}, {SYN_RECEIVED, FIN_WAIT_1},
    {SYN_RECEIVED, CLOSE_WAIT}, {SYN_RECEIVED, CLOSED},      {ESTABLISHED, FIN_WAIT_1},
    {ESTABLISHED, CLOSE_WAIT},  {ESTABLISHED, CLOSED},       {FIN_WAIT_1, FIN_WAIT_2},
    {FIN_WAIT_1, CLOSING},      {FIN_WAIT_1, TIME_WAIT},     {FIN_WAIT_1, CLOSED},
    {FIN_WAIT_2, TIME_WAIT},    {FIN_WAIT_2, CLOSED},        {CLOSE_WAIT, LAST_ACK},
    {CLOSE_WAIT, CLOSED},       {CLOSING, TIME_WAIT},        {CLOSING, CLOSED},
    {LAST_ACK, CLOSED},         {TIME_WAIT, CLOSED},
};

struct reach *reach_new(void)
{
    struct reach *r =
        mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return r == MAP_FAILED ? NULL : r;
}

void reach_free(struct reach *r)
{
    insight->reach_into(NULL);
    if (r)
        munmap(r, sizeof *r);
}

void reach_begin(struct reach *r)
{
    insight->reach_into(r ? &r->stack : NULL);
}

static void note_attributes(struct reach *reach, const struct attribute *a, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++)
        for (int n = 0; attributes[n]; n++)
            if (strcmp(attributes[n], a[k].name) == 0)
                reach->attribute[n] = true;
}

void reach_note(struct reach *reach, const struct run *r)
{
    const struct script *s = r->script;
    const struct monitor *m = watch_monitor(r);
    for (uint32_t f = 0; f < r->faults; f++)
        if (r->fault[f]->applied)
            reach->fault[r->fault[f]->kind] = true;
    for (uint32_t l = 0; l < s->links; l++)
        note_attributes(reach, s->link[l].attribute, s->link[l].attributes);
    for (uint32_t k = 0; k < s->steps; k++)
        if (s->step[k].kind == STEP_LINK)
            note_attributes(reach, s->step[k].u.fault.attribute, s->step[k].u.fault.attributes);
    for (int k = 0; m && k < MONITOR_RULES; k++)
        if (monitor_asked(m, (enum monitor_rule)k))
            reach->rule[k] = true;
}

void reach_each(const struct reach *r, void (*each)(void *ctx, const char *name, bool reached),
                void *ctx)
{
    char name[NAME_ROOM];
    for (int k = 0; k < REACH_COUNTERS && r->stack.name[k][0]; k++) {
        snprintf(name, sizeof name, "drop %s", r->stack.name[k]);
        each(ctx, name, r->stack.counted[k]);
    }
    for (int k = 0; k < FAULT_KINDS; k++) {
        snprintf(name, sizeof name, "fault %s", verbs[k]);
        each(ctx, name, r->fault[k]);
    }
    for (int k = 0; attributes[k]; k++) {
        snprintf(name, sizeof name, "link %s", attributes[k]);
        each(ctx, name, r->attribute[k]);
    }
    for (size_t k = 0; k < sizeof moves / sizeof moves[0]; k++) {
        snprintf(name, sizeof name, "tcp %s > %s", insight->reach_state_name(moves[k].from),
                 insight->reach_state_name(moves[k].to));
        each(ctx, name, r->stack.moved[moves[k].from][moves[k].to]);
    }
    for (int k = 0; k < MONITOR_RULES; k++) {
        snprintf(name, sizeof name, "rule %s", monitor_row[k].name);
        each(ctx, name, r->rule[k]);
    }
}
