#include "sim/topology/sysctl.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 128, KNOBS = 2, MOST_DOUBLINGS = 15, MOST_RETRIES = 255 };
/* How a number becomes the knob's. */
enum convert {
    AS_IT_IS,
    AS_TRUTH,       /* 0 or 1 */
    AS_MS,          /* milliseconds, in ns */
    AS_S,           /* seconds, in ns */
    AS_LIMIT_SCALE, /* FreeBSD: the smallest scale whose 65,535 reaches it, at most 14 */
    AS_BUFFER,      /* Linux's triple: the middle, of which half is room for octets */
    AS_MOST_SCALE,  /* Linux's triple: the scale of windows up to the last */
    AS_DOUBLINGS,   /* so many times again, from a second on: when the last gives up, in ns */
    AS_LAST_TRY, /* so many times again, from RTO_MIN on: when the connection is given up, in ns */
    AS_BIT_1,    /* whether this bit is set */
    AS_BIT_2,
    AS_BIT_4,
    AS_BIT_200,
    AS_BIT_400,
    AS_KEY_LOW, /* half of a key of four words, least octet first; of a second one behind a comma */
    AS_KEY_HIGH,
    AS_SPARE_LOW,
    AS_SPARE_HIGH,
    AS_TWICE,     /* 0, or 2 */
    AS_HYSTART,   /* its bits: 1 trains of acknowledgements, 2 delay */
    AS_OFF,       /* only 0 is the knob's: whether, and not how */
    AS_ALGORITHM, /* reno or cubic */
};

struct sysctl {
    const char *name;
    const char *knob[KNOBS]; /* all are set to it; NULL: none */
    enum convert convert;
    const char *accepted; /* a value that changes nothing where the knob is not there; "*": any */
    const char *why;      /* of what is accepted */
};

#define TCP  "net.inet.tcp."
#define IPV4 "net.ipv4."

static const struct sysctl table[] = {
    /* FreeBSD */
    {TCP "recvspace", {"tcp.rcvbuf"}, AS_IT_IS, NULL, NULL},
    {TCP "sendspace", {"tcp.sndbuf"}, AS_IT_IS, NULL, NULL},
    {"kern.ipc.maxsockbuf", {"tcp.wscale"}, AS_LIMIT_SCALE, NULL, NULL},
    {TCP "rfc1323", {"tcp.timestamps", "tcp.window_scaling"}, AS_TRUTH, NULL, NULL},
    {TCP "sack.enable", {"tcp.sack"}, AS_TRUTH, NULL, NULL},
    {TCP "ecn.enable", {"tcp.ecn"}, AS_IT_IS, "0", "without ECN none is asked for"},
    {TCP "ecn.maxretries", {"tcp.ecn_retries"}, AS_IT_IS, NULL, NULL},
    {TCP "hostcache.purgenow", {NULL}, AS_IT_IS, "*", "each run begins with nothing remembered"},
    {TCP "hostcache.enable", {NULL}, AS_IT_IS, "*", "nothing is remembered between connections"},
    {TCP "blackhole", {"tcp.blackhole"}, AS_IT_IS, "0", "a closed port answers"},
    {TCP "insecure_rst", {"tcp.insecure_rst"}, AS_TRUTH, "0", "RFC 5961 is what there is"},
    {TCP "insecure_syn", {"tcp.insecure_syn"}, AS_TRUTH, "0", "RFC 5961 is what there is"},
    {TCP "insecure_ack", {NULL}, AS_IT_IS, "0", "RFC 5961 is what there is"},
    {TCP "drop_synfin", {"tcp.drop_synfin"}, AS_TRUTH, "0", "a SYN with FIN is a SYN"},
    {TCP "fastopen.client_enable", {"tcp.fastopen_client"}, AS_TRUTH, NULL, NULL},
    {TCP "fastopen.server_enable", {"tcp.fastopen_server"}, AS_TRUTH, NULL, NULL},
    {TCP "rexmit_drop_options",
     {"tcp.rexmit_drop_options"},
     AS_TRUTH,
     "0",
     "each SYN has the same options"},
    {TCP "rexmit_slop", {"tcp.rexmit_slop"}, AS_MS, "0", "nothing is added to a timer"},
    {TCP "retries", {"tcp.retries"}, AS_IT_IS, NULL, NULL},
    {TCP "rexmit_initial", {"tcp.rto_initial"}, AS_MS, NULL, NULL},
    {TCP "rexmit_min", {"tcp.rto_min"}, AS_MS, NULL, NULL},
    {TCP "syncookies",
     {"tcp.syn_cookies"},
     AS_TRUTH,
     "*",
     "a cookie stands in for a full backlog alone"},
    {TCP "syncookies_only", {"tcp.syn_cookies_only"}, AS_TRUTH, "0", "cookies for a full backlog"},
    {TCP "persmin", {"tcp.persist_min"}, AS_MS, NULL, NULL},
    {TCP "persmax", {"tcp.persist_max"}, AS_MS, NULL, NULL},
    {TCP "finwait2_timeout", {"tcp.fin_wait_2"}, AS_MS, NULL, NULL},
    {TCP "fast_finwait2_recycle", {NULL}, AS_IT_IS, "0", "FIN-WAIT-2 has its time"},
    {TCP "delacktime", {"tcp.delayed_ack"}, AS_MS, NULL, NULL},
    {TCP "delayed_ack", {"tcp.delayed_ack"}, AS_OFF, "1", "acknowledgements are delayed"},
    {TCP "keepinit", {"tcp.r2_syn"}, AS_MS, NULL, NULL},
    {TCP "keepidle", {"tcp.keep_idle"}, AS_MS, NULL, NULL},
    {TCP "keepintvl", {"tcp.keep_interval"}, AS_MS, NULL, NULL},
    {TCP "keepcnt", {"tcp.keep_count"}, AS_IT_IS, NULL, NULL},
    {TCP "always_keepalive", {"tcp.keep_always"}, AS_TRUTH, "0", "only where it is asked for"},
    {TCP "msl", {"tcp.msl"}, AS_MS, NULL, NULL},
    {TCP "icmp_may_rst", {"tcp.icmp_may_rst"}, AS_TRUTH, NULL, NULL},
    {TCP "pmtud_blackhole_detection",
     {"tcp.black_hole_detection"},
     AS_TRUTH,
     "0",
     "no black hole is looked for"},
    {TCP "pmtud_blackhole_mss", {"tcp.black_hole_mss"}, AS_IT_IS, NULL, NULL},
    {TCP "path_mtu_discovery", {"tcp.path_mtu_discovery"}, AS_TRUTH, NULL, NULL},
    {TCP "mssdflt", {"tcp.mss_default"}, AS_IT_IS, NULL, NULL},
    {TCP "v6mssdflt", {NULL}, AS_IT_IS, "*", "of IPv6"},
    {TCP "v6pmtud_blackhole_mss", {NULL}, AS_IT_IS, "*", "of IPv6"},
    {TCP "tolerate_missing_ts", {"tcp.tolerate_missing_ts"}, AS_TRUTH, NULL, NULL},
    {TCP "udp_tunneling_port", {NULL}, AS_IT_IS, "0", "no TCP over UDP"},
    {TCP "udp_tunneling_overhead", {NULL}, AS_IT_IS, "0", "no TCP over UDP"},
    {TCP "initcwnd_segments", {"tcp.initial_window"}, AS_IT_IS, NULL, NULL},
    {TCP "cc.algorithm", {"tcp.congestion_control"}, AS_ALGORITHM, NULL, NULL},
    {TCP "tso", {NULL}, AS_IT_IS, "*", "frames on the wire are the same"},
    {TCP "log_in_vain", {NULL}, AS_IT_IS, "*", "what is logged is not sent"},
    {TCP "functions_default", {NULL}, AS_IT_IS, "freebsd", "the system's own TCP"},
    /* Linux */
    {IPV4 "tcp_rmem", {"tcp.rcvbuf"}, AS_BUFFER, NULL, NULL},
    {IPV4 "tcp_rmem", {"tcp.wscale"}, AS_MOST_SCALE, NULL, NULL},
    {IPV4 "tcp_wmem", {"tcp.sndbuf"}, AS_BUFFER, NULL, NULL},
    {IPV4 "tcp_timestamps", {"tcp.timestamps"}, AS_TRUTH, NULL, NULL},
    {IPV4 "tcp_window_scaling", {"tcp.window_scaling"}, AS_TRUTH, NULL, NULL},
    {IPV4 "tcp_sack", {"tcp.sack"}, AS_TRUTH, NULL, NULL},
    {IPV4 "tcp_dsack", {"tcp.dsack"}, AS_TRUTH, NULL, NULL},
    {IPV4 "tcp_fack", {NULL}, AS_IT_IS, "0", "forward acknowledgement is gone from Linux, too"},
    {IPV4 "tcp_ecn", {"tcp.ecn"}, AS_IT_IS, "0", "without ECN none is asked for"},
    {IPV4 "tcp_ecn_option", {NULL}, AS_IT_IS, "*", "of accurate ECN"},
    {IPV4 "tcp_ecn_fallback", {NULL}, AS_IT_IS, "*", "a SYN without ECN follows one with it"},
    {IPV4 "tcp_syn_retries", {"tcp.r2_syn"}, AS_DOUBLINGS, NULL, NULL},
    {IPV4 "tcp_syn_linear_timeouts", {"tcp.syn_linear"}, AS_IT_IS, NULL, NULL},
    {IPV4 "tcp_synack_retries", {"tcp.syn_ack_retries"}, AS_IT_IS, NULL, NULL},
    {IPV4 "tcp_retries1", {"tcp.r1"}, AS_IT_IS, NULL, NULL},
    {IPV4 "tcp_retries2", {"tcp.r2"}, AS_LAST_TRY, NULL, NULL},
    {IPV4 "tcp_frto", {"tcp.frto"}, AS_TWICE, NULL, NULL},
    {IPV4 "tcp_reordering", {"tcp.reordering"}, AS_IT_IS, "3", "RFC 5681's three duplicates"},
    {IPV4 "tcp_early_retrans", {"tcp.tail_loss_probe"}, AS_TRUTH, NULL, NULL},
    {IPV4 "tcp_recovery", {"tcp.rack"}, AS_TRUTH, NULL, NULL},
    {IPV4 "tcp_slow_start_after_idle", {"tcp.slow_start_after_idle"}, AS_TRUTH, NULL, NULL},
    {IPV4 "tcp_congestion_control", {"tcp.congestion_control"}, AS_ALGORITHM, NULL, NULL},
    {IPV4 "tcp_notsent_lowat", {"tcp.notsent_lowat"}, AS_IT_IS, "4294967295", "no bound"},
    {IPV4 "tcp_fin_timeout", {"tcp.fin_wait_2"}, AS_S, NULL, NULL},
    {IPV4 "tcp_keepalive_time", {"tcp.keep_idle"}, AS_S, NULL, NULL},
    {IPV4 "tcp_keepalive_intvl", {"tcp.keep_interval"}, AS_S, NULL, NULL},
    {IPV4 "tcp_keepalive_probes", {"tcp.keep_count"}, AS_IT_IS, NULL, NULL},
    {IPV4 "tcp_syncookies",
     {"tcp.syn_cookies"},
     AS_TRUTH,
     "*",
     "a cookie stands in for a full backlog alone"},
    {IPV4 "tcp_fastopen", {"tcp.fastopen_client"}, AS_BIT_1, NULL, NULL},
    {IPV4 "tcp_fastopen", {"tcp.fastopen_server"}, AS_BIT_2, NULL, NULL},
    {IPV4 "tcp_fastopen", {"tcp.fastopen_send_bare"}, AS_BIT_4, NULL, NULL},
    {IPV4 "tcp_fastopen", {"tcp.fastopen_take_bare"}, AS_BIT_200, NULL, NULL},
    {IPV4 "tcp_fastopen", {"tcp.fastopen_all"}, AS_BIT_400, NULL, NULL},
    {IPV4 "tcp_fastopen_key", {"tcp.fastopen_key_low"}, AS_KEY_LOW, NULL, NULL},
    {IPV4 "tcp_fastopen_key", {"tcp.fastopen_key_high"}, AS_KEY_HIGH, NULL, NULL},
    {IPV4 "tcp_fastopen_key", {"tcp.fastopen_spare_low"}, AS_SPARE_LOW, NULL, NULL},
    {IPV4 "tcp_fastopen_key", {"tcp.fastopen_spare_high"}, AS_SPARE_HIGH, NULL, NULL},
    {IPV4 "tcp_fastopen_blackhole_timeout_sec", {NULL}, AS_IT_IS, "0", "none is looked for"},
    {IPV4 "tcp_rfc1337", {"tcp.rfc1337"}, AS_TRUTH, NULL, NULL},
    {IPV4 "tcp_tw_reuse", {"tcp.tw_reuse"}, AS_TRUTH, NULL, NULL},
    {IPV4 "tcp_mtu_probing", {NULL}, AS_IT_IS, "0", "no segment is sent to probe the path"},
    {IPV4 "tcp_invalid_ratelimit", {"tcp.invalid_rate"}, AS_MS, NULL, NULL},
    {IPV4 "tcp_challenge_ack_limit", {NULL}, AS_IT_IS, "*", "RFC 5961's limit is the stack's"},
    {IPV4 "tcp_min_tso_segs", {NULL}, AS_IT_IS, "*", "frames on the wire are the same"},
    {IPV4 "tcp_tso_win_divisor", {NULL}, AS_IT_IS, "*", "frames on the wire are the same"},
    {IPV4 "tcp_pacing_ss_ratio", {NULL}, AS_IT_IS, "*", "nothing is paced"},
    {IPV4 "tcp_pacing_ca_ratio", {NULL}, AS_IT_IS, "*", "nothing is paced"},
    {IPV4 "tcp_limit_output_bytes", {NULL}, AS_IT_IS, "*", "of a queue below TCP"},
    {IPV4 "tcp_no_metrics_save", {NULL}, AS_IT_IS, "*", "nothing is remembered"},
    {IPV4 "tcp_moderate_rcvbuf", {NULL}, AS_IT_IS, "0", "a buffer keeps its size"},
    {IPV4 "tcp_adv_win_scale", {NULL}, AS_IT_IS, "1", "half of a buffer is for octets"},
    {IPV4 "tcp_base_mss", {NULL}, AS_IT_IS, "*", "no segment is sent to probe the path"},
    {IPV4 "tcp_mtu_probe_floor", {NULL}, AS_IT_IS, "*", "no segment is sent to probe the path"},
    {IPV4 "tcp_probe_interval", {NULL}, AS_IT_IS, "*", "no segment is sent to probe the path"},
    {IPV4 "tcp_probe_threshold", {NULL}, AS_IT_IS, "*", "no segment is sent to probe the path"},
    {IPV4 "tcp_autocorking", {NULL}, AS_IT_IS, "*", "of a queue below TCP"},
    {IPV4 "tcp_tso_rtt_log", {NULL}, AS_IT_IS, "*", "frames on the wire are the same"},
    {IPV4 "tcp_comp_sack_nr", {NULL}, AS_IT_IS, "0", "each gap is told of at once"},
    {IPV4 "tcp_comp_sack_delay_ns", {NULL}, AS_IT_IS, "0", "each gap is told of at once"},
    {IPV4 "tcp_abort_on_overflow", {NULL}, AS_IT_IS, "0", "a full listener is silent"},
    {IPV4 "tcp_shrink_window", {NULL}, AS_IT_IS, "0", "a window never shrinks"},
    {IPV4 "tcp_workaround_signed_windows", {NULL}, AS_IT_IS, "0", "windows have no sign"},
    {IPV4 "tcp_min_snd_mss", {NULL}, AS_IT_IS, "48", "the least that is believed"},
    {"tcp_cubic.hystart", {"tcp.hystart"}, AS_TWICE, NULL, NULL},
    {"tcp_cubic.hystart_detect", {"tcp.hystart"}, AS_HYSTART, NULL, NULL},
    {"net.core.rmem_max", {NULL}, AS_IT_IS, "*", "SO_RCVBUF is bounded by the stack"},
    {"net.core.wmem_max", {NULL}, AS_IT_IS, "*", "SO_SNDBUF is bounded by the stack"},
    {"net.core.default_qdisc", {NULL}, AS_IT_IS, "*", "of a queue below TCP"},
    {IPV4 "tcp_metrics", {NULL}, AS_IT_IS, "*", "nothing is remembered"},
};
enum { ROWS = sizeof table / sizeof table[0] };

static void plain_name(const char *name, char out[NAME_ROOM])
{
    static const char proc[] = "/proc/sys/";
    bool path = strncmp(name, proc, sizeof proc - 1) == 0;
    snprintf(out, NAME_ROOM, "%s", path ? name + sizeof proc - 1 : name);
    for (char *c = out; path && *c; c++)
        if (*c == '/')
            *c = '.';
}

/* The kth of the numbers in the text, from 0; false: it is no number. */
static bool number_at(const char *text, int k, int64_t *out)
{
    for (;; k--) {
        char *end;
        while (isspace((unsigned char)*text))
            text++;
        *out = strtoll(text, &end, 0);
        if (end == text || (*end && !isspace((unsigned char)*end)))
            return false;
        text = end;
        if (k == 0)
            return true;
    }
}

static int64_t scale_for(int64_t most)
{
    int64_t scale = 0;
    while (scale < 14 && INT64_C(65535) << scale < most)
        scale++;
    return scale;
}

/* The kernel's ip-sysctl.rst, tcp_retries2: from TCP_RTO_MIN, 200 ms, doubled up to 120 s. */
static int64_t last_try_ns(int64_t retries)
{
    const int64_t most = INT64_C(120000000000);
    int64_t sum = 0, rto = INT64_C(200000000);
    for (int64_t k = 0; k <= retries; k++, rto *= 2) {
        rto = rto < most ? rto : most;
        sum += rto;
    }
    return sum;
}

static bool bit_of(const char *text, int64_t bit, int64_t *out)
{
    if (!number_at(text, 0, out))
        return false;
    *out = (*out & bit) != 0;
    return true;
}

/* ip-sysctl.rst, tcp_fastopen_key: "xxxxxxxx-xxxxxxxx-xxxxxxxx-xxxxxxxx", and a backup key behind a
 * comma; each word is a number whose least octet comes first in the key. No backup is 0. */
static bool key_of(const char *text, bool spare, bool high, int64_t *out)
{
    unsigned word[8] = {0};
    int words = sscanf(text, "%8x-%8x-%8x-%8x,%8x-%8x-%8x-%8x", &word[0], &word[1], &word[2],
                       &word[3], &word[4], &word[5], &word[6], &word[7]);
    int first = (spare ? 4 : 0) + (high ? 2 : 0);
    *out = (int64_t)((uint64_t)word[first + 1] << 32 | word[first]);
    return words == 4 || words == 8;
}

/* The knob's value of the number that the sysctl has. */
static bool converted(enum convert how, int64_t *n)
{
    bool small = *n >= 0 && *n <= (how == AS_DOUBLINGS  ? MOST_DOUBLINGS
                                   : how == AS_LAST_TRY ? MOST_RETRIES
                                                        : INT32_MAX);
    switch (how) {
    case AS_TRUTH:
        *n = *n != 0;
        return true;
    case AS_TWICE:
        *n = *n ? 2 : 0;
        return true;
    case AS_HYSTART: { /* none, trains alone, delay alone, both */
        static const int64_t knob[] = {0, 4, 3, 2};
        bool known = *n >= 0 && *n <= 3;
        *n = known ? knob[*n] : 0;
        return known;
    }
    case AS_MS:
    case AS_S:
        *n = small ? *n * (how == AS_MS ? INT64_C(1000000) : INT64_C(1000000000)) : 0;
        return small;
    case AS_DOUBLINGS:
        *n = small ? ((INT64_C(2) << *n) - 1) * INT64_C(1000000000) : 0;
        return small;
    case AS_LAST_TRY:
        *n = small ? last_try_ns(*n) : 0;
        return small;
    case AS_OFF:
        return *n == 0;
    case AS_LIMIT_SCALE:
    case AS_MOST_SCALE:
        *n = scale_for(*n);
        return true;
    case AS_BUFFER:
        *n /= 2;
        return true;
    default:
        return how == AS_IT_IS;
    }
}

static bool convert(enum convert how, const char *text, int64_t *out)
{
    switch (how) {
    case AS_BIT_1:
        return bit_of(text, 1, out);
    case AS_BIT_2:
        return bit_of(text, 2, out);
    case AS_BIT_4:
        return bit_of(text, 4, out);
    case AS_BIT_200:
        return bit_of(text, 0x200, out);
    case AS_BIT_400:
        return bit_of(text, 0x400, out);
    case AS_KEY_LOW:
    case AS_KEY_HIGH:
        return key_of(text, false, how == AS_KEY_HIGH, out);
    case AS_SPARE_LOW:
    case AS_SPARE_HIGH:
        return key_of(text, true, how == AS_SPARE_HIGH, out);
    case AS_ALGORITHM:
        *out = strcmp(text, "cubic") == 0;
        return *out || strcmp(text, "reno") == 0 || strcmp(text, "newreno") == 0;
    default: {
        int word = how == AS_BUFFER ? 1 : how == AS_MOST_SCALE ? 2 : 0;
        return number_at(text, word, out) && converted(how, out);
    }
    }
}

static bool is_accepted(const struct sysctl *row, const char *value)
{
    return row->accepted && (strcmp(row->accepted, "*") == 0 || strcmp(row->accepted, value) == 0);
}

static int apply_row(const struct sysctl *row, const char *value, sysctl_set *set, void *ctx,
                     struct why *why)
{
    int64_t number = 0;
    if (!row->knob[0] || !convert(row->convert, value, &number)) {
        if (is_accepted(row, value))
            return 0;
        why_set(why, "%s=%s has no meaning here", row->name, value);
        return -1;
    }
    for (int k = 0; k < KNOBS && row->knob[k]; k++) {
        int64_t got = set(ctx, row->knob[k], number);
        if (got >= 0 || is_accepted(row, value))
            continue;
        why_set(why,
                got == -ENOENT ? "the stack has no knob %s, for %s=%s"
                               : "the knob %s does not take %s=%s",
                row->knob[k], row->name, value);
        return -1;
    }
    return 0;
}

int sysctl_apply(const char *name, const char *value, sysctl_set *set, void *ctx, struct why *why)
{
    char plain[NAME_ROOM];
    bool known = false;
    plain_name(name, plain);
    for (size_t k = 0; k < ROWS; k++) {
        if (strcmp(table[k].name, plain) != 0)
            continue;
        known = true;
        if (apply_row(&table[k], value, set, ctx, why) != 0)
            return -1;
    }
    if (!known)
        why_set(why, "no knob stands for %s", plain);
    return known ? 0 : -1;
}

void sysctl_print(FILE *out)
{
    for (size_t k = 0; k < ROWS; k++) {
        const struct sysctl *row = &table[k];
        fprintf(out, "  %-40s %s%s%s\n", row->name,
                row->knob[0] ? row->knob[0] : "accepted: ", row->knob[1] ? ", " : "",
                row->knob[1]   ? row->knob[1]
                : row->knob[0] ? ""
                               : row->why);
    }
}

const char *sysctl_knob(unsigned n)
{
    for (size_t k = 0; k < ROWS; k++)
        for (int i = 0; i < KNOBS && table[k].knob[i]; i++)
            if (n-- == 0)
                return table[k].knob[i];
    return NULL;
}
