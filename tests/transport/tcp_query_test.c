/* What the stack says of a connection by its four numbers. */
#include "tests/transport/segment.h"

static struct talk t;

static void open_it(void)
{
    t = talk_open();
}

static void close_it(void)
{
    talk_close(&t);
}

TestSuite(tcp_query, .init = open_it, .fini = close_it);

static int ask(const char *what, char *out, size_t room)
{
    return stack_query(t.r->s, what, out, room);
}

/* "CWND SSTHRESH FLIGHT SRTT RTO STATE": the first, the third and the last. */
static void congestion(uint32_t *cwnd, uint32_t *flight, char state[20])
{
    char what[96], said[128], ssthresh[20];
    long long srtt, rto;
    snprintf(what, sizeof what, "tcp.congestion 10.0.2.15 %u 10.0.2.2 %d", t.our_port, PEER_PORT);
    cr_assert_gt(ask(what, said, sizeof said), 0);
    cr_assert_eq(
        sscanf(said, "%u %19s %u %lld %lld %19s", cwnd, ssthresh, flight, &srtt, &rto, state), 6,
        "%s", said);
}

#define CONGESTION(wanted_flight, wanted_state)                                                    \
    do {                                                                                           \
        uint32_t cwnd_, flight_;                                                                   \
        char state_[20];                                                                           \
        congestion(&cwnd_, &flight_, state_);                                                      \
        cr_assert_eq(flight_, wanted_flight);                                                      \
        cr_assert_str_eq(state_, wanted_state);                                                    \
    } while (0)

static void acknowledges(uint32_t ack)
{
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = ack});
}

/* Slow start, a loss by three duplicates, what follows it (RFC 5681 3.1, 3.2), a timeout. */
Test(tcp_query, congestion_by_its_states)
{
    int fd = connected(&t, 0);
    CONGESTION(0, "idle");
    send_octets(&t, fd, 5840);
    CONGESTION(5840, "slow-start");
    wait_ns(&t, RIG_SECOND / 10);
    for (int i = 0; i < 4; i++)
        acknowledges(1);
    uint32_t cwnd, flight;
    char state[20];
    congestion(&cwnd, &flight, state);
    cr_assert_str_eq(state, "fast");
    acknowledges(5841);
    send_octets(&t, fd, 1460);
    CONGESTION(1460, "avoidance");
    wait_ns(&t, 3 * RIG_SECOND);
    congestion(&cwnd, &flight, state);
    cr_assert_str_eq(state, "timeout");
    cr_assert_eq(cwnd, 1460); /* RFC 5681 (4): the loss window is a segment */
    acknowledges(5841 + 1460);
}

Test(tcp_query, what_is_not_there)
{
    static const char *const wrong[] = {
        "tcp.congestion 10.0.2.15 80 10.0.2.2 5000",
        "tcp.congestion 10.0.2.15 80",
        "tcp.congestion 10.0.2.15 70000",
        "tcp.congestion here 80",
        "tcp.congestion 10.0.2.15 80 10.0.2.2 x",
        "tcp.congestion 10.0.2.15 80 10.0.2.2 5000 1",
        "tcp.count ESTABLISHING",
        "tcp.weather",
    };
    char said[64];
    listening(&t, 1);
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        cr_assert_eq(ask(wrong[k], said, sizeof said), -ERR_NOENT, "%s", wrong[k]);
    cr_assert_gt(ask("tcp.state 10.0.2.15 80", said, sizeof said), 0);
    cr_assert_str_eq(said, "LISTEN");
    cr_assert_gt(ask("tcp.count LISTEN", said, sizeof said), 0);
    cr_assert_str_eq(said, "1");
}
