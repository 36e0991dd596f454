/* Commands in backticks as a run plays them: sysctls set knobs, sockstat's pipes are assertions
 * about the stack's own table of connections, tcpdrop acts on it. What is none of these makes the
 * script skipped, with the command as the reason. */
#include <ctype.h>
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/play/engine.h"
#include "sim/topology/command.h"
#include "sim/topology/sysctl.h"

struct shell {
    struct run *run;
    const struct step *step;
    int64_t now_ns;
};

/* FreeBSD's words for the states of RFC 9293. */
static const char *state_name(const char *word)
{
    static const char *const names[][2] = {
        {"CLOSED", "CLOSED"},         {"LISTEN", "LISTEN"},           {"SYN_SENT", "SYN-SENT"},
        {"SYN_RCVD", "SYN-RECEIVED"}, {"ESTABLISHED", "ESTABLISHED"}, {"CLOSE_WAIT", "CLOSE-WAIT"},
        {"FIN_WAIT_1", "FIN-WAIT-1"}, {"CLOSING", "CLOSING"},         {"LAST_ACK", "LAST-ACK"},
        {"FIN_WAIT_2", "FIN-WAIT-2"}, {"TIME_WAIT", "TIME-WAIT"},
    };
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        if (strcmp(names[k][0], word) == 0)
            return names[k][1];
    return NULL;
}

static int count_state(const struct shell *s, const struct command *c, struct why *why)
{
    char what[64];
    struct value have = {0};
    const char *state = state_name(c->name);
    if (!state) {
        why_set(why, "no state is called %s", c->name);
        return -1;
    }
    snprintf(what, sizeof what, "tcp.count %s", state);
    if (sut_host_query(s->run->topology.sut, what, &have) != 0) {
        why_set(why, "the stack does not tell of its connections");
        return -1;
    }
    if (have.number != c->count)
        verdict_fail(&s->run->verdict, &s->step->place, s->now_ns,
                     "another number of connections is in %s\n  differs   connections: expected "
                     "%lld, actual %lld",
                     state, (long long)c->count, (long long)have.number);
    return 0;
}

static int drop_state(const struct shell *s, const struct command *c, struct why *why)
{
    const char *state = state_name(c->name);
    struct value argv[1] = {topology_text_value(state ? state : c->name)},
                 out[SUT_ARGUMENTS] = {{0}};
    int64_t got =
        state ? sut_host_call(s->run->topology.sut, 0, "tcp_drop", argv, 1, out) : SUT_UNKNOWN;
    if (got >= 0)
        return 0;
    why_set(why, "the stack drops no connections in %s", c->name);
    return -1;
}

static int64_t set_knob(void *ctx, const char *knob, int64_t value)
{
    return topology_set_knob(ctx, knob, value);
}

static int play(void *ctx, const struct command *c, struct why *why)
{
    const struct shell *s = ctx;
    switch (c->kind) {
    case COMMAND_SET:
        return sysctl_apply(c->name, c->value, set_knob, &s->run->topology, why);
    case COMMAND_COUNT:
        return count_state(s, c, why);
    case COMMAND_DROP:
        return drop_state(s, c, why);
    case COMMAND_NOTHING:
        break;
    }
    return 0;
}

void shell_play(struct run *r, const struct step *step, int64_t now_ns)
{
    struct shell s = {r, step, now_ns};
    struct why why = {{0}};
    if (command_each(step->u.code.text, play, &s, &why) != 0 && !r->verdict.over)
        verdict_skip(&r->verdict, "%s:%d: %s", r->script->path, step->place.line, why.text);
}
