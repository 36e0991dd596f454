/* Connections by their four numbers, and how many there are, as text. */
#include "stack/core/text.h"
#include "stack/transport/tcp/inside.h"

static const char *const names[TCP_STATES] = {
    [TCP_CLOSED] = "CLOSED",           [TCP_LISTEN] = "LISTEN",
    [TCP_SYN_SENT] = "SYN-SENT",       [TCP_SYN_RECEIVED] = "SYN-RECEIVED",
    [TCP_ESTABLISHED] = "ESTABLISHED", [TCP_FIN_WAIT_1] = "FIN-WAIT-1",
    [TCP_FIN_WAIT_2] = "FIN-WAIT-2",   [TCP_CLOSE_WAIT] = "CLOSE-WAIT",
    [TCP_CLOSING] = "CLOSING",         [TCP_LAST_ACK] = "LAST-ACK",
    [TCP_TIME_WAIT] = "TIME-WAIT",
};

/* "10.0.2.15 1234"; what follows, behind a blank, or NULL. */
static const char *end_of(const char *s, struct ip_addr *addr, uint16_t *port)
{
    uint32_t a, n = 0;
    s = text_parse_ipv4(s, &a);
    if (!s || *s++ != ' ' || *s < '0' || *s > '9')
        return NULL;
    for (; *s >= '0' && *s <= '9' && n <= UINT16_MAX; s++)
        n = n * 10 + (uint32_t)(*s - '0');
    *addr = addr_ipv4(a);
    *port = (uint16_t)n;
    return n > UINT16_MAX ? NULL : s;
}

/* The block of "LOCAL PORT REMOTE PORT", or the listener of "LOCAL PORT". */
static struct tcp_pcb *find(struct stack *s, const char *what)
{
    struct demux_key k = {0};
    what = end_of(what, &k.local, &k.local_port);
    if (what && *what == ' ')
        what = end_of(what + 1, &k.remote, &k.remote_port);
    if (!what || *what)
        return NULL;
    struct port_pcb *end = demux_receiver(&tcp_of(s)->demux, &k);
    if (!end || (k.remote_port != 0) != (end->remote_port != 0))
        return NULL;
    return tcp_pcb_of(end);
}

static int state_text(struct stack *s, const char *what, struct text *t)
{
    const struct tcp_pcb *pcb = find(s, what);
    text_string(t, names[pcb ? pcb->state : TCP_CLOSED]);
    return text_done(t);
}

static int count_text(struct stack *s, const char *what, struct text *t)
{
    for (unsigned i = 0; i < TCP_STATES; i++)
        if (text_equal(what, names[i])) {
            text_number(t, tcp_of(s)->count[i]);
            return text_done(t);
        }
    return -ERR_NOENT;
}

static const char *congestion_state(const struct tcp_pcb *pcb)
{
    if (!pcb->sender)
        return "idle";
    switch ((enum recovery_state)pcb->sender->recovery.state) {
    case RECOVERY_FAST:
        return "fast";
    case RECOVERY_REDUCED:
        return "reduced";
    case RECOVERY_TIMEOUT:
        return "timeout";
    case RECOVERY_OPEN:
        break;
    }
    return congestion_slow_start(&pcb->sender->recovery.congestion) ? "slow-start" : "avoidance";
}

/* cwnd, ssthresh (- : none yet), flight, all in octets; SRTT and RTO in ns; the state. */
static int congestion_text(struct stack *s, const char *what, struct text *t)
{
    struct tcp_pcb *pcb = find(s, what);
    struct tcp_status status;
    if (!pcb || pcb->state <= TCP_LISTEN)
        return -ERR_NOENT;
    tcp_status(s, pcb, &status);
    uint32_t flight =
        !pcb->sender ? 0 : recovery_in_flight(&pcb->sender->recovery, pcb->snd_una, pcb->snd_nxt);
    text_number(t, status.cwnd);
    text_char(t, ' ');
    if (status.ssthresh == UINT32_MAX)
        text_char(t, '-');
    else
        text_number(t, status.ssthresh);
    const int64_t number[] = {flight, status.srtt_ns, status.rto_ns};
    for (unsigned i = 0; i < sizeof number / sizeof number[0]; i++) {
        text_char(t, ' ');
        text_number(t, number[i]);
    }
    text_char(t, ' ');
    text_string(t, congestion_state(pcb));
    return text_done(t);
}

/* "state 10.0.2.15 80 10.0.2.2 5000", "congestion" of the same four numbers, "count TIME-WAIT",
 * "chunks": how many are lent. */
int tcp_query(struct stack *s, void *state, const char *what, char *out, size_t room)
{
    const struct tcp *tcp = state;
    struct text t = text_to(out, room);
    const char *rest;
    if ((rest = text_after(what, "state ")) != NULL)
        return state_text(s, rest, &t);
    if ((rest = text_after(what, "count ")) != NULL)
        return count_text(s, rest, &t);
    if ((rest = text_after(what, "congestion ")) != NULL)
        return congestion_text(s, rest, &t);
    if (text_equal(what, "chunks")) {
        text_number(&t, tcp->chunks.total - tcp->chunks.available);
        return text_done(&t);
    }
    return -ERR_NOENT;
}
