#include "stack/service/udp_echo.h"
#include "stack/core/module.h"
#include "stack/transport/udp.h"

enum { ECHO_PORT = 7 };

enum echo_counter {
    ECHO_IN,
    ECHO_OUT,
    ECHO_DROP_MULTI,
    ECHO_DROP_LOOP,
    ECHO_DROP_PORT_ZERO,
    ECHO_DROP_UNSENT,
    ECHO_COUNTERS
};

struct echo_state {
    struct udp_pcb pcb;
    bool running;
};

/*
 * What must not be answered: a datagram to many, which would make all of them answer at once; one
 * from an echo service, which would answer back for ever; one from port 0, which wants no reply
 * (RFC 768).
 */
static int refusal(const struct udp_pcb *pcb, const struct ip_received *r, uint16_t from_port)
{
    if (r->broadcast || r->multicast)
        return ECHO_DROP_MULTI;
    if (from_port == ECHO_PORT || from_port == pcb->end.local_port)
        return ECHO_DROP_LOOP;
    return from_port == 0 ? ECHO_DROP_PORT_ZERO : -1;
}

static void answer(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                   const struct ip_received *r, uint16_t from_port, int64_t now_ns)
{
    stack_count(s, MODULE_ECHO, ECHO_IN);
    int drop = refusal(pcb, r, from_port);
    if (drop < 0) {
        int err = udp_answer(s, pcb, r, from_port, netbuf_data(nb), netbuf_len(nb), now_ns);
        drop = err < 0 ? ECHO_DROP_UNSENT : -1;
    }
    if (drop >= 0) {
        stack_drop(s, nb, MODULE_ECHO, (unsigned)drop);
        return;
    }
    stack_count(s, MODULE_ECHO, ECHO_OUT);
    netbuf_free(s, nb);
}

int udp_echo_start(struct stack *s, uint16_t port, int64_t now_ns)
{
    (void)now_ns;
    struct echo_state *e = s->state[MODULE_ECHO];
    if (!e || !s->state[MODULE_UDP])
        return -ERR_PROTONOSUPPORT;
    if (e->running)
        return -ERR_BUSY;
    e->pcb = (struct udp_pcb){.end.local_port = port ? port : ECHO_PORT, .receive = answer};
    int err = udp_bind(s, &e->pcb);
    e->running = err >= 0;
    return err;
}

int udp_echo_stop(struct stack *s, int64_t now_ns)
{
    (void)now_ns;
    struct echo_state *e = s->state[MODULE_ECHO];
    if (!e || !e->running)
        return -ERR_NOENT;
    udp_unbind(s, &e->pcb);
    e->running = false;
    return 0;
}

static size_t echo_state_size(const struct stack_limits *l)
{
    (void)l;
    return sizeof(struct echo_state);
}

static const char *const counters[] = {
    [ECHO_IN] = "in",
    [ECHO_OUT] = "out",
    [ECHO_DROP_MULTI] = "drop.multi",
    [ECHO_DROP_LOOP] = "drop.loop",
    [ECHO_DROP_PORT_ZERO] = "drop.port_zero",
    [ECHO_DROP_UNSENT] = "drop.unsent",
};

const struct module udp_echo_module = {
    .name = "echo",
    .id = MODULE_ECHO,
    .state_size = echo_state_size,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
};
