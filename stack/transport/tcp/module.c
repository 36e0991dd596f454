/* TCP among the modules: its memory, knobs and counters. */
#include "stack/core/size.h"
#include "stack/transport/tcp/inside.h"
#include "stack/wire/ipproto.h"

_Static_assert(offsetof(struct tcp_pcb, end) == 0, "a block begins with its end");
_Static_assert(sizeof(struct tcp_pcb) <= 512, "ten thousand idle connections fit into 8 MiB");

static size_t pool_at(void)
{
    return size_rounded(sizeof(struct tcp), POOL_ALIGN);
}

static size_t chunks_at(const struct stack_limits *l)
{
    return size_add(pool_at(), pool_bytes(l->tcp_pcbs, sizeof(struct tcp_pcb)));
}

static size_t wishes_at(const struct stack_limits *l)
{
    return size_add(chunks_at(l), size_rounded(tcp_chunks_bytes(l->tcp_chunks), POOL_ALIGN));
}

/* Few connections are asked for more than most. */
static uint32_t wishes(const struct stack_limits *l)
{
    return l->tcp_pcbs / 4u + 4;
}

static size_t demux_at(const struct stack_limits *l)
{
    return size_add(wishes_at(l), pool_bytes(wishes(l), sizeof(struct tcp_wishes)));
}

/* One of six connections sends at a time, of many; each of few. */
static uint32_t senders(const struct stack_limits *l)
{
    enum { FEW = 256 };
    return l->tcp_pcbs <= FEW ? l->tcp_pcbs : FEW + (l->tcp_pcbs - FEW) / 6u;
}

/* A segment in flight has octets in a chunk; small ones take more records than chunks. */
static uint32_t records(const struct stack_limits *l)
{
    return 4u * l->tcp_chunks;
}

static size_t senders_at(const struct stack_limits *l)
{
    return size_add(demux_at(l), size_rounded(demux_bytes(l->tcp_pcbs), POOL_ALIGN));
}

static size_t sent_at(const struct stack_limits *l)
{
    return size_add(senders_at(l), pool_bytes(senders(l), sizeof(struct tcp_sender)));
}

static size_t ranges_at_offset(const struct stack_limits *l)
{
    return size_add(sent_at(l), pool_bytes(records(l), sizeof(struct sent_segment)));
}

static size_t state_size(const struct stack_limits *l)
{
    return size_add(ranges_at_offset(l), pool_bytes(l->tcp_chunks, sizeof(struct range)));
}

static const struct ip_protocol protocol = {
    .number = IP_PROTO_TCP,
    .module = MODULE_TCP,
    .input = tcp_input,
    .error = tcp_input_error,
    .sent = tcp_sent,
    .sent_decides = true,
};

static int init(struct stack *s, void *state, int64_t now_ns)
{
    struct tcp *t = state;
    const struct stack_limits *l = &s->config.limits;
    uint8_t *at = state;
    (void)now_ns;
    pool_init(&t->pcbs, at + pool_at(), l->tcp_pcbs, sizeof(struct tcp_pcb));
    tcp_chunks_init(&t->chunks, at + chunks_at(l), l->tcp_chunks);
    pool_init(&t->wishes, at + wishes_at(l), wishes(l), sizeof(struct tcp_wishes));
    demux_init(s, &t->demux, at + demux_at(l), l->tcp_pcbs);
    pool_init(&t->senders, at + senders_at(l), senders(l), sizeof(struct tcp_sender));
    pool_init(&t->sent, at + sent_at(l), records(l), sizeof(struct sent_segment));
    pool_init(&t->ranges, at + ranges_at_offset(l), l->tcp_chunks, sizeof(struct range));
    t->rest_end = &t->rest;
    tcp_queue_init(&t->time_wait);
    tcp_queue_init(&t->orphans);
    stack_random(s, RANDOM_ISN_KEY, t->secret, sizeof t->secret);
    return ip_register(s, &protocol);
}

static void netif_changed(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                          int64_t now_ns)
{
    (void)now_ns;
    if (event == NETIF_EVENT_GONE)
        demux_netif_gone(s, &((struct tcp *)state)->demux, nif);
}

static bool busy(struct stack *s, void *state)
{
    (void)s;
    return ((struct tcp *)state)->demux.entered > 0;
}

#define MS(n)      ((int64_t)(n)*1000000)
#define SECONDS(n) MS((n)*INT64_C(1000))

static const struct knob knobs[TCP_KNOBS] = {
    [TCP_KNOB_PORT_FIRST] = {"port_first", KNOB_NUMBER, 49152, 1024, 65535},
    [TCP_KNOB_PORT_LAST] = {"port_last", KNOB_NUMBER, 65535, 1024, 65535},
    [TCP_KNOB_SNDBUF] = {"sndbuf", KNOB_NUMBER, 65536, 256, 1 << 30},
    [TCP_KNOB_RCVBUF] = {"rcvbuf", KNOB_NUMBER, 65535, 256, 1 << 30},
    [TCP_KNOB_MSL] = {"msl", KNOB_NS, SECONDS(120), 0, SECONDS(3600)}, /* RFC 9293 3.4.2 */
    [TCP_KNOB_MSS_DEFAULT] = {"mss_default", KNOB_NUMBER, TCP_DEFAULT_MSS, 64, 65535},
    /* A smaller MSS of a peer is not believed: the bound of others against floods of tiny segments,
     * which breaks MUST-16. Octets sent so are bounded by the pools of records anyway. */
    [TCP_KNOB_MSS_LEAST] = {"mss_least", KNOB_NUMBER, 1, 1, 536},
    [TCP_KNOB_TIMESTAMPS] = {"timestamps", KNOB_BOOL, 1, 0, 1},
    [TCP_KNOB_WINDOW_SCALING] = {"window_scaling", KNOB_BOOL, 1, 0, 1},
    [TCP_KNOB_SACK] = {"sack", KNOB_BOOL, 1, 0, 1},
    [TCP_KNOB_PATH_MTU_DISCOVERY] = {"path_mtu_discovery", KNOB_BOOL, 1, 0, 1},
    [TCP_KNOB_WSCALE] = {"wscale", KNOB_NUMBER, 15, 0, 15},         /* 15: as the buffer needs */
    [TCP_KNOB_SCALE_FIRST] = {"scale_first", KNOB_BOOL, 0, 0, 1},   /* among a SYN's options */
    [TCP_KNOB_WHOLE_RCVBUF] = {"whole_rcvbuf", KNOB_BOOL, 0, 0, 1}, /* a multiple of the MSS */
    /* BSD and Linux: an acknowledgement offers all the room that there is, though it be less than
     * a segment more (RFC 9293 3.8.6.2.2 holds it back); what a write leaves behind its full
     * segments goes with them (3.7.4 holds it back). */
    [TCP_KNOB_WHOLE_WINDOW] = {"whole_window", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_PUSH_BURSTS] = {"push_bursts", KNOB_BOOL, 0, 0,
                              1}, /* PSH ends each, as Linux has it */
    [TCP_KNOB_ECN_RETRIES] = {"ecn_retries", KNOB_NUMBER, 0, 0, 255}, /* SYNs sent again that ask */
    [TCP_KNOB_BSD_TIME_WAIT] = {"bsd_time_wait", KNOB_BOOL, 0, 0, 1}, /* what it answers */
    /* Edges of a window: an old segment's acknowledgement counts, what comes behind a FIN is passed
     * over in silence, text after close resets wherever it lies (bsd.c, synchronized.c, text.c). */
    [TCP_KNOB_BSD_INPUT] = {"bsd_input", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_BSD_SACK] = {"bsd_sack", KNOB_BOOL, 0, 0, 1}, /* which blocks: bsd_sack.c */
    /* SYN-RECEIVED behind a LISTEN: what does not complete the handshake ends it or is answered by
     * the SYN-ACK again; half as much again as the backlog may wait to be accepted. */
    [TCP_KNOB_SYN_CACHE] = {"syn_cache", KNOB_BOOL, 0, 0, 1},
    /* What calls give in which state, close with unread text, TCP_MAXSEG, SHUT_RD: where RFC 9293
     * 3.9.1 and RFC 1122 4.2.2.13 leave it open. */
    [TCP_KNOB_BSD_CALLS] = {"bsd_calls", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_ACCEPT_BUFFER] = {"accept_buffer", KNOB_BOOL, 0, 0, 1}, /* though not offered */
    /* Linux: room alone is told when it doubles the window. */
    [TCP_KNOB_TELL_DOUBLED] = {"tell_doubled", KNOB_BOOL, 0, 0, 1},
    /* Linux: what comes after shutdown(SHUT_RD) can be read all the same; after both ways it is
     * answered by RST, as after close. */
    [TCP_KNOB_SHUT_KEEPS] = {"shut_keeps", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_BUFFERS_DOUBLED] = {"buffers_doubled", KNOB_BOOL, 0, 0, 1}, /* SO_SNDBUF, SO_RCVBUF */
    [TCP_KNOB_NAGLE_BURST] = {"nagle_burst", KNOB_BOOL, 0, 0, 1},
    /* Linux: Minshall's reading of 3.7.4. */
    [TCP_KNOB_NAGLE_SMALL] = {"nagle_small", KNOB_BOOL, 0, 0, 1},
    /* A reset behind both FINs is an error for who still holds the connection, as BSD and Linux
     * have it; RFC 9293 3.10.7.4 says nothing to the user. */
    [TCP_KNOB_LATE_RESET_TOLD] = {"late_reset_told", KNOB_BOOL, 0, 0, 1},
    /* The rules from before RFC 5961: any RST, any SYN inside the window ends a connection. */
    [TCP_KNOB_INSECURE_RST] = {"insecure_rst", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_INSECURE_SYN] = {"insecure_syn", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_DROP_SYNFIN] = {"drop_synfin", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_BLACKHOLE] = {"blackhole", KNOB_NUMBER, 0, 0, 2}, /* no RST: to a SYN, to any */
    [TCP_KNOB_REXMIT_SLOP] = {"rexmit_slop", KNOB_NS, 0, 0, SECONDS(60)}, /* more than RFC 6298's */
    [TCP_KNOB_REXMIT_DROP_OPTIONS] = {"rexmit_drop_options", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_ICMP_MAY_RST] = {"icmp_may_rst", KNOB_BOOL, 1, 0, 1}, /* in SYN-SENT: RFC 5927 4.2 */
    /* And so does what is prohibited, each as a refusal: BSD's reading of RFC 1812 5.2.7.1. */
    [TCP_KNOB_ICMP_PROHIBITED] = {"icmp_prohibited", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_ISN] = {"isn", KNOB_NUMBER, -1, -1, UINT32_MAX}, /* -1: RFC 9293 3.4.1's */
    /* RFC 6298 2.1, 2.4, 2.5. */
    [TCP_KNOB_RTO_INITIAL] = {"rto_initial", KNOB_NS, SECONDS(1), MS(1), SECONDS(60)},
    [TCP_KNOB_RTO_MIN] = {"rto_min", KNOB_NS, SECONDS(1), MS(1), SECONDS(60)},
    [TCP_KNOB_RTO_MAX] = {"rto_max", KNOB_NS, SECONDS(60), SECONDS(1), SECONDS(600)},
    [TCP_KNOB_RTO_GRANULARITY] = {"rto_granularity", KNOB_NS, MS(1), 0, SECONDS(1)}, /* 2.3: G */
    /* Whether the third segment measures a round trip when it has no timestamp. */
    /* Linux: when the first unacknowledged segment is sent again, whatever for. */
    [TCP_KNOB_RTO_ANEW] = {"rto_anew", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_SYN_LINEAR] = {"syn_linear", KNOB_NUMBER, 0, 0, 127}, /* SYNs without a doubling */
    /* Linux: a closed window is probed by an acknowledged octet's number and no text. */
    [TCP_KNOB_PROBE_EMPTY] = {"probe_empty", KNOB_BOOL, 0, 0, 1},
    /* BSD: a window is probed no sooner; 0: after the timeout, or sws_override (SHLD-29). */
    [TCP_KNOB_PERSIST_MIN] = {"persist_min", KNOB_NS, 0, 0, SECONDS(3600)},
    [TCP_KNOB_PERSIST_MAX] = {"persist_max", KNOB_NS, SECONDS(60), MS(1), SECONDS(3600)},
    [TCP_KNOB_RTO_FROM_SYN_ACK] = {"rto_from_syn_ack", KNOB_BOOL, 1, 0, 1},
    [TCP_KNOB_PROBE_ACK_DELAY] = {"probe_ack_delay", KNOB_NS, MS(200), 0,
                                  SECONDS(1)}, /* RFC 8985 */
    /* RFC 9293 3.8.3: at least 100 s, and 3 minutes for a SYN. */
    [TCP_KNOB_R1] = {"r1", KNOB_NUMBER, 3, 1, 255}, /* SHLD-9: at least 3 retransmissions */
    [TCP_KNOB_R2] = {"r2", KNOB_NS, SECONDS(300), SECONDS(1), SECONDS(86400)},
    /* How often what is not acknowledged is sent again; 0: until r2 is over. */
    [TCP_KNOB_RETRIES] = {"retries", KNOB_NUMBER, 0, 0, 254},
    [TCP_KNOB_R2_SYN] = {"r2_syn", KNOB_NS, SECONDS(180), MS(1), SECONDS(86400)},
    /* RFC 9293 3.8.6.3: less than 0.5 s (MUST-58), whatever some settings of other systems ask. */
    [TCP_KNOB_DELAYED_ACK] = {"delayed_ack", KNOB_NS, MS(200), 0, SECONDS(60)},
    /* Linux: so many acknowledgements of a connection are not delayed, until it answers with data;
     * afterwards more than a full segment is acknowledged at once, not the second of any size. */
    [TCP_KNOB_QUICK_ACKS] = {"quick_acks", KNOB_NUMBER, 0, 0, 255},
    /* RFC 9293 3.8.6.2.1: 0.1 to 1.0 s. */
    [TCP_KNOB_SWS_OVERRIDE] = {"sws_override", KNOB_NS, MS(500), MS(100), SECONDS(1)},
    [TCP_KNOB_FIN_WAIT_2] = {"fin_wait_2", KNOB_NS, SECONDS(60), SECONDS(1), SECONDS(86400)},
    /* Beyond that the oldest is reset. Blocks give way before, when there is none left. */
    [TCP_KNOB_ORPHANS] = {"orphans", KNOB_NUMBER, 65535, 1, 65535},
    [TCP_KNOB_INITIAL_WINDOW] = {"initial_window", KNOB_NUMBER, 10, 1, 64}, /* RFC 6928 */
    /* RFC 9293 3.8.4: no less than 2 hours unless asked for (MUST-28). */
    [TCP_KNOB_KEEP_IDLE] = {"keep_idle", KNOB_NS, SECONDS(7200), MS(1), SECONDS(65535)},
    [TCP_KNOB_KEEP_INTERVAL] = {"keep_interval", KNOB_NS, SECONDS(75), MS(1), SECONDS(65535)},
    [TCP_KNOB_KEEP_COUNT] = {"keep_count", KNOB_NUMBER, 9, 1, 255},
    /* After so many lost SYNs the window begins with one segment. */
    [TCP_KNOB_SYN_LOSSES] = {"syn_losses", KNOB_NUMBER, 1, 1, 255},
    [TCP_KNOB_KEEP_ALWAYS] = {"keep_always", KNOB_BOOL, 0, 0, 1},    /* MUST-25: off */
    [TCP_KNOB_CHALLENGES] = {"challenges", KNOB_NUMBER, 10, 0, 255}, /* RFC 5961 7; 0: no bound */
    /* Linux: a connection answers what is invalid and has no text so often at most. */
    [TCP_KNOB_INVALID_RATE] = {"invalid_rate", KNOB_NS, 0, 0, SECONDS(60)},
    /* Linux: a segment has at most half of the largest window that the peer offered. */
    [TCP_KNOB_HALF_WINDOW] = {"half_window", KNOB_BOOL, 0, 0, 1},
    /* Linux: the user timeout runs from the first retransmission that the timer made. */
    [TCP_KNOB_USER_TIMEOUT_AGAIN] = {"user_timeout_again", KNOB_BOOL, 0, 0, 1},
    /* Linux's answers out of turn: after an open that failed the next connect says so, though the
     * error was told; who sends before the connection is there waits, and without any has a broken
     * pipe; what came before a reset can be read, and what was reset can be accepted. */
    [TCP_KNOB_LINUX_CALLS] = {"linux_calls", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_FAST_PATH] = {"fast_path", KNOB_BOOL, 1, 0, 1}, /* 0: each segment takes each step */
    [TCP_KNOB_RFC1337] = {"rfc1337", KNOB_BOOL, 0, 0, 1},
    /* RFC 7413; who wants it asks for it, but for: octets on a SYN without a cookie, sent and
     * taken, and listeners that did not ask. The key is two halves, least octet first; 0: of the
     * stack's own. The spare one is good, too, and answered by the other's cookie. */
    [TCP_KNOB_FASTOPEN_CLIENT] = {"fastopen_client", KNOB_BOOL, 1, 0, 1},
    [TCP_KNOB_FASTOPEN_SERVER] = {"fastopen_server", KNOB_BOOL, 1, 0, 1},
    [TCP_KNOB_FASTOPEN_SEND_BARE] = {"fastopen_send_bare", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_FASTOPEN_TAKE_BARE] = {"fastopen_take_bare", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_FASTOPEN_ALL] = {"fastopen_all", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_FASTOPEN_MSS] = {"fastopen_mss", KNOB_NUMBER, TCP_DEFAULT_MSS, 64,
                               65535}, /* of a server that was never heard */
    [TCP_KNOB_FASTOPEN_KEY_LOW] = {"fastopen_key_low", KNOB_NUMBER, 0, INT64_MIN, INT64_MAX},
    [TCP_KNOB_FASTOPEN_KEY_HIGH] = {"fastopen_key_high", KNOB_NUMBER, 0, INT64_MIN, INT64_MAX},
    [TCP_KNOB_FASTOPEN_SPARE_LOW] = {"fastopen_spare_low", KNOB_NUMBER, 0, INT64_MIN, INT64_MAX},
    [TCP_KNOB_FASTOPEN_SPARE_HIGH] = {"fastopen_spare_high", KNOB_NUMBER, 0, INT64_MIN, INT64_MAX},
    [TCP_KNOB_SYN_BACKLOG] = {"syn_backlog", KNOB_NUMBER, 128, 1, 65535},
    [TCP_KNOB_SYN_COOKIES] = {"syn_cookies", KNOB_BOOL, 1, 0, 1}, /* when the backlog is full */
    [TCP_KNOB_SYN_COOKIES_ONLY] = {"syn_cookies_only", KNOB_BOOL, 0, 0, 1}, /* whatever is full */
    /* How often a SYN-ACK is sent again; 255: until r2_syn is over. */
    [TCP_KNOB_SYN_ACK_RETRIES] = {"syn_ack_retries", KNOB_NUMBER, 255, 0, 255},
    [TCP_KNOB_BLACK_HOLE] = {"black_hole_detection", KNOB_BOOL, 1, 0, 1},         /* RFC 4821 7.7 */
    [TCP_KNOB_BLACK_HOLE_AFTER] = {"black_hole_after", KNOB_NUMBER, 3, 1, 255},   /* timeouts */
    [TCP_KNOB_BLACK_HOLE_MSS] = {"black_hole_mss", KNOB_NUMBER, 0, 0, 65535},     /* 0: MTU 1024 */
    [TCP_KNOB_TOLERATE_MISSING_TS] = {"tolerate_missing_ts", KNOB_BOOL, 0, 0, 1}, /* RFC 7323 3.2 */
    /* A connection in TIME-WAIT for a second gives its numbers to an active OPEN, if timestamps
     * tell old segments from new ones: RFC 6191's reason, from the other side. */
    [TCP_KNOB_TW_REUSE] = {"tw_reuse", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_NOTSENT_LOWAT] = {"notsent_lowat", KNOB_NUMBER, UINT32_MAX, 1, UINT32_MAX},
    [TCP_KNOB_DSACK] = {"dsack", KNOB_BOOL, 1, 0, 1},
    [TCP_KNOB_RANGES] = {"ranges", KNOB_NUMBER, 64, 1, 65535}, /* out of order, a connection's */
    [TCP_KNOB_ECN] = {"ecn", KNOB_NUMBER, 2, 0, 2},            /* 0 off, 1 on, 2 when asked */
    [TCP_KNOB_CONGESTION_CONTROL] = {"congestion_control", KNOB_NUMBER, 1, 0,
                                     1},                          /* 0 Reno, 1 CUBIC */
    [TCP_KNOB_ABC_LIMIT] = {"abc_limit", KNOB_NUMBER, 1, 1, 255}, /* RFC 5681 3.1 */
    [TCP_KNOB_SLOW_START_AFTER_IDLE] = {"slow_start_after_idle", KNOB_BOOL, 1, 0, 1},
    [TCP_KNOB_CWND_VALIDATION] = {"cwnd_validation", KNOB_BOOL, 1, 0, 1}, /* RFC 7661 */
    /* Linux: windows count segments; a loss takes its part of cwnd, not of FlightSize (RFC 9438
     * 4.6), and cwnd grows only while more than half of it was used. */
    [TCP_KNOB_CWND_SEGMENTS] = {"cwnd_segments", KNOB_BOOL, 0, 0, 1},
    [TCP_KNOB_HYSTART] = {"hystart", KNOB_NUMBER, 1, 0,
                          4}, /* 0 none, 1 HyStart++, 2 the older, 3 and 4 half of it */
    [TCP_KNOB_REORDERING] = {"reordering", KNOB_NUMBER, 3, 1, 127}, /* DupThresh */
    [TCP_KNOB_RACK] = {"rack", KNOB_BOOL, 1, 0, 1},                 /* RFC 8985; else RFC 6675 */
    [TCP_KNOB_TAIL_LOSS_PROBE] = {"tail_loss_probe", KNOB_BOOL, 1, 0, 1},
    [TCP_KNOB_FRTO] = {"frto", KNOB_NUMBER, 1, 0, 2}, /* RFC 5682 */
};

static const char *const counters[TCP_COUNTERS] = {
    [TCP_IN] = "in",
    [TCP_OUT] = "out",
    [TCP_OUT_RESENT] = "out.resent",
    [TCP_OUT_LOSS_PROBE] = "out.loss_probe",
    [TCP_BLACK_HOLE] = "black_hole",
    [TCP_OUT_COOKIE] = "out.cookie",
    [TCP_OUT_RST] = "out.rst",
    [TCP_OUT_KEEP_ALIVE] = "out.keep_alive",
    [TCP_IN_BAD_OPTIONS] = "in.bad_options",
    [TCP_IN_ERROR] = "in.error",
    [TCP_OPENED_ACTIVE] = "opened.active",
    [TCP_OPENED_PASSIVE] = "opened.passive",
    [TCP_OPENED_COOKIE] = "opened.cookie",
    [TCP_OPENED_EARLY] = "opened.early",
    [TCP_OUT_SYN_DATA] = "out.syn_data",
    [TCP_FASTOPEN_FULL] = "fastopen.full",
    [TCP_FASTOPEN_REFUSED] = "fastopen.refused",
    [TCP_ENDED_RESET] = "ended.reset",
    [TCP_ENDED_TIMEOUT] = "ended.timeout",
    [TCP_TIME_WAIT_SPARED] = "time_wait_spared",
    [TCP_ORPHAN_SPARED] = "orphan_spared",
    [TCP_AHEAD_GAVE_WAY] = "ahead_gave_way",
    [TCP_NO_BUFFER_OUT] = "out.no_buffer",
    [TCP_DROP_SHORT] = "drop.short",
    [TCP_DROP_OFFSET] = "drop.offset",
    [TCP_DROP_TO_MANY] = "drop.to_many",
    [TCP_DROP_FOREIGN] = "drop.foreign",
    [TCP_DROP_CHECKSUM] = "drop.checksum",
    [TCP_DROP_PORT_ZERO] = "drop.port_zero",
    [TCP_DROP_NO_PORT] = "drop.no_port",
    [TCP_DROP_BLACKHOLE] = "drop.blackhole",
    [TCP_DROP_SYN_FIN] = "drop.syn_fin",
    [TCP_DROP_LISTEN_RST] = "drop.listen_rst",
    [TCP_DROP_LISTEN_ACK] = "drop.listen_ack",
    [TCP_DROP_LISTEN_NO_SYN] = "drop.listen_no_syn",
    [TCP_DROP_BACKLOG_FULL] = "drop.backlog_full",
    [TCP_DROP_SYN_BACKLOG_FULL] = "drop.syn_backlog_full",
    [TCP_DROP_NO_BLOCK] = "drop.no_block",
    [TCP_DROP_SYN_SENT_ACK] = "drop.syn_sent_ack",
    [TCP_DROP_SYN_SENT_RST] = "drop.syn_sent_rst",
    [TCP_DROP_SYN_SENT_NO_SYN] = "drop.syn_sent_no_syn",
    [TCP_DROP_SEQUENCE] = "drop.sequence",
    [TCP_DROP_PAWS] = "drop.paws",
    [TCP_DROP_NO_TIMESTAMP] = "drop.no_timestamp",
    [TCP_DROP_RST_IN_TIME_WAIT] = "drop.rst_in_time_wait",
    [TCP_DROP_RST_CHALLENGED] = "drop.rst_challenged",
    [TCP_DROP_SYN_IN_CONNECTION] = "drop.syn_in_connection",
    [TCP_DROP_NO_ACK] = "drop.no_ack",
    [TCP_DROP_ACK_RANGE] = "drop.ack_range",
    [TCP_DROP_SYN_RECEIVED_ACK] = "drop.syn_received_ack",
    [TCP_DROP_TEXT_TOO_LATE] = "drop.text_too_late",
    [TCP_DROP_NO_CHUNK] = "drop.no_chunk",
    [TCP_DROP_AHEAD] = "drop.ahead",
    [TCP_DROP_RESET] = "drop.reset",
    [TCP_DROP_ERROR_SHORT] = "drop.error_short",
    [TCP_DROP_ERROR_UNMATCHED] = "drop.error_unmatched",
    [TCP_DROP_ERROR_SEQUENCE] = "drop.error_sequence",
};

const struct module tcp_module = {
    .name = "tcp",
    .id = MODULE_TCP,
    .state_size = state_size,
    .init = init,
    .netif = netif_changed,
    .knobs = knobs,
    .knob_count = TCP_KNOBS,
    .counters = counters,
    .counter_count = TCP_COUNTERS,
    .query = tcp_query,
    .busy = busy,
};
