#include "sim/play/tcp_info.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/play/engine.h"

/* What the field is made of, from what the stack tells by its own names. */
enum unit {
    UNIT_SAME,
    UNIT_SEGMENTS, /* octets by the size of a full segment; all ones: none yet */
    UNIT_OCTETS,   /* all ones: FreeBSD's largest window */
    UNIT_US,       /* ns */
    UNIT_STATE,    /* RFC 9293's order, by Linux's number */
    UNIT_OPTIONS,
    UNIT_NONE,    /* Linux tells 0 */
    UNIT_RCV_MSS, /* before text has come it is taken for the least that all take */
    UNIT_TEXT,    /* less what timestamps take */
    UNIT_LOST,    /* Linux: those that were sent again are among them until they are acknowledged */
};

struct info_field {
    const char *name, *of;
    enum unit unit;
};

/* Linux's struct tcp_info (tcp.h): windows of congestion count segments. */
static const struct info_field linux_fields[] = {
    {"tcpi_state", "state", UNIT_STATE},
    {"tcpi_ca_state", "recovery", UNIT_SAME},
    {"tcpi_retransmits", "retransmits", UNIT_SAME},
    {"tcpi_probes", "probes", UNIT_SAME},
    {"tcpi_backoff", "backoff", UNIT_SAME},
    {"tcpi_options", "timestamps", UNIT_OPTIONS},
    {"tcpi_snd_wscale", "snd_wscale", UNIT_SAME},
    {"tcpi_rcv_wscale", "rcv_wscale", UNIT_SAME},
    {"tcpi_rto", "rto_ns", UNIT_US},
    {"tcpi_ato", "delayed_ack_ns", UNIT_US},
    {"tcpi_snd_mss", "snd_mss", UNIT_SAME},
    {"tcpi_rcv_mss", "rcv_mss", UNIT_RCV_MSS},
    {"tcpi_unacked", "unacked", UNIT_SAME},
    {"tcpi_sacked", "sacked", UNIT_SAME},
    {"tcpi_lost", "lost", UNIT_LOST},
    {"tcpi_retrans", "retransmitted", UNIT_SAME},
    {"tcpi_pmtu", "path_mtu", UNIT_SAME},
    {"tcpi_rtt", "srtt_ns", UNIT_US},
    {"tcpi_rttvar", "rttvar_ns", UNIT_US},
    {"tcpi_min_rtt", "min_rtt_ns", UNIT_US},
    {"tcpi_snd_ssthresh", "ssthresh", UNIT_SEGMENTS},
    {"tcpi_snd_cwnd", "cwnd", UNIT_SEGMENTS},
    {"tcpi_advmss", "advertised_mss", UNIT_TEXT},
    {"tcpi_reordering", "reordering", UNIT_SAME},
    {"tcpi_total_retrans", "total_retransmitted", UNIT_SAME},
    {"tcpi_total_rto", "timeouts", UNIT_SAME},
    {"tcpi_dsack_dups", "dsacks", UNIT_SAME},
    {"tcpi_delivered", "delivered", UNIT_SAME},
    {"tcpi_delivered_ce", "delivered_ce", UNIT_SAME},
    {"tcpi_segs_out", "segments_out", UNIT_SAME},
    {"tcpi_segs_in", "segments_in", UNIT_SAME},
    {"tcpi_data_segs_out", "texts_out", UNIT_SAME},
    {"tcpi_data_segs_in", "texts_in", UNIT_SAME},
    {"tcpi_rcv_ooopack", "ahead", UNIT_SAME},
    {"tcpi_bytes_acked", "octets_acked", UNIT_SAME},
    {"tcpi_bytes_received", "octets_received", UNIT_SAME},
    {"tcpi_bytes_sent", "octets_out", UNIT_SAME},
    {"tcpi_bytes_retrans", "octets_again", UNIT_SAME},
    {"tcpi_last_data_sent", "since_sent_ms", UNIT_SAME},
    {"tcpi_last_data_recv", "since_received_ms", UNIT_SAME},
    {"tcpi_last_ack_recv", "since_acked_ms", UNIT_SAME},
    {"tcpi_last_ack_sent", "", UNIT_NONE},
    {"tcpi_busy_time", "busy_ns", UNIT_US},
    {"tcpi_rwnd_limited", "window_limited_ns", UNIT_US},
    {"tcpi_sndbuf_limited", "buffer_limited_ns", UNIT_US},
    {"tcpi_reord_seen", "reorderings", UNIT_SAME},
    {"tcpi_fackets", "", UNIT_NONE},
    {"tcpi_notsent_bytes", "unsent_octets", UNIT_SAME},
    {"tcpi_snd_wnd", "snd_wnd", UNIT_SAME},
    {"tcpi_rcv_wnd", "rcv_wnd", UNIT_SAME},
    {NULL, NULL, UNIT_SAME},
};

/* FreeBSD's: they count octets. */
static const struct info_field freebsd_fields[] = {
    {"tcpi_snd_ssthresh", "ssthresh", UNIT_OCTETS},
    {"tcpi_snd_cwnd", "cwnd", UNIT_SAME},
    {"tcpi_rcv_mss", "snd_mss", UNIT_SAME},
    {"tcpi_rcv_space", "rcv_wnd", UNIT_SAME},
    {"tcpi_snd_rexmitpack", "total_retransmitted", UNIT_SAME},
    {"tcpi_snd_nxt", "snd_nxt", UNIT_SAME},
    {"tcpi_rcv_nxt", "rcv_nxt", UNIT_SAME},
    {NULL, NULL, UNIT_SAME},
};

static int64_t told_number(const struct value *told, const char *name)
{
    const struct value *v = field_of(told, name);
    return v ? v->number : 0;
}

static int64_t state_number(int64_t state)
{
    static const int64_t number[] = {TCP_CLOSE,       TCP_LISTEN,    TCP_SYN_SENT,  TCP_SYN_RECV,
                                     TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_CLOSE_WAIT,
                                     TCP_CLOSING,     TCP_LAST_ACK,  TCP_TIME_WAIT};
    return state >= 0 && state < (int64_t)(sizeof number / sizeof number[0]) ? number[state] : -1;
}

static int64_t options_number(const struct value *told)
{
    static const struct {
        const char *name;
        int64_t bit;
    } bits[] = {{"timestamps", TCPI_OPT_TIMESTAMPS},
                {"sack", TCPI_OPT_SACK},
                {"window_scaling", TCPI_OPT_WSCALE},
                {"ecn", TCPI_OPT_ECN},
                {"fastopen", 32}};
    int64_t options = 0;
    for (size_t b = 0; b < sizeof bits / sizeof bits[0]; b++)
        options |= told_number(told, bits[b].name) ? bits[b].bit : 0;
    return options;
}

static int64_t in_unit(const struct value *told, int64_t n, enum unit unit)
{
    int64_t mss = told_number(told, "snd_mss");
    switch (unit) {
    case UNIT_SEGMENTS:
        return n == UINT32_MAX ? INT32_MAX : mss > 0 ? n / mss : n;
    case UNIT_OCTETS:
        return n == UINT32_MAX ? 65535 << 14 : n;
    case UNIT_US:
        return n / 1000;
    case UNIT_STATE:
        return state_number(n);
    case UNIT_OPTIONS:
        return options_number(told);
    case UNIT_NONE:
        return 0;
    case UNIT_RCV_MSS:
        return n ? n : 536;
    case UNIT_TEXT:
        return told_number(told, "timestamps") ? n - 12 : n;
    case UNIT_LOST:
        return n + told_number(told, "retransmitted");
    case UNIT_SAME:
        break;
    }
    return n;
}

static const struct info_field *find(const struct info_field *table, const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

static bool take_field(const struct run *r, const struct value *told, const char *name,
                       struct value *out)
{
    const struct value *own = field_of(told, name);
    const struct info_field *f =
        r->options->system == SYSTEM_FREEBSD ? find(freebsd_fields, name) : NULL;
    f = f ? f : find(linux_fields, name);
    const struct value *of = f ? field_of(told, f->of) : NULL;
    bool none = f && f->unit == UNIT_NONE;
    if (own)
        *out = *own;
    else if (none)
        *out = (struct value){.kind = VALUE_NUMBER};
    else if (of)
        *out = (struct value){.kind = VALUE_NUMBER, .number = in_unit(told, of->number, f->unit)};
    return own || of || none;
}

enum info_answer tcp_info_field(struct run *r, const char *name, struct value *out)
{
    const struct descriptor *d = descriptor_newest_stream(&r->descriptors[r->topology.sut->index]);
    struct value argv[5] = {{0}}, got[SUT_ARGUMENTS] = {{0}};
    if (!d)
        return INFO_NO_CONNECTION;
    argv[0] = (struct value){.kind = VALUE_NUMBER, .number = d->to};
    argv[1] = (struct value){.kind = VALUE_NUMBER, .number = IPPROTO_TCP};
    argv[2] = (struct value){.kind = VALUE_NUMBER, .number = TCP_INFO};
    int64_t result = sut_host_call(r->topology.sut, 0, "getsockopt", argv, 5, got);
    if (result < 0 || got[3].kind != VALUE_STRUCT)
        return INFO_NONE;
    return take_field(r, &got[3], name, out) ? INFO_KNOWN : INFO_NO_FIELD;
}

void tcp_info_like(struct run *r, const struct value *told, const struct value *wanted,
                   struct value *out)
{
    *out = *told;
    out->item =
        scratch_alloc(r->world, &r->topology.scratch, (wanted->items + 1) * sizeof *out->item);
    out->items = 0;
    for (uint32_t k = 0; k < wanted->items; k++) {
        const char *name = wanted->item[k].field;
        struct value *v = &out->item[out->items];
        if (!name || !take_field(r, told, name, v))
            continue;
        v->field = name;
        out->items++;
    }
}
