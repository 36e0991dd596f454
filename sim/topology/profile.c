#include "sim/topology/profile.h"
#include <stddef.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static const struct profile_knob rfc[] = {{NULL, 0}};

/* Linux's defaults: net.ipv4.ip_local_port_range, ipfrag_time, ip_no_pmtu_disc, route/min_pmtu and
 * mtu_expires. */
static const struct profile_knob linux_knobs[] = {
    {"udp.port_first", 32768},
    {"udp.port_last", 60999},
    {"reassembly.timeout", 30 * SECOND},
    {"socket.dont_fragment", 1},
    {"path_mtu.minimum", 552},
    {"path_mtu.age", 600 * SECOND},
    {"tcp.port_first", 32768},
    {"tcp.port_last", 60999},
    {"tcp.wscale", 8},
    {"tcp.rto_min", SECOND / 5},
    {"tcp.rto_granularity", SECOND / 5}, /* SRTT + max(4 RTTVAR, 200 ms) */
    {"tcp.delayed_ack", SECOND / 25},
    {"tcp.msl", 30 * SECOND},
    {"tcp.hystart", 2},
    {"tcp.abc_limit", 255}, /* cwnd grows by what is acknowledged */
    {"tcp.quick_acks", 16},
    {"tcp.late_reset_told", 1},
    {"tcp.sws_override", SECOND / 5}, /* of corked data, too */
    {"tcp.rto_max", 120 * SECOND},
    {"tcp.r2", 924600 * (SECOND / 1000)}, /* tcp_retries2 15 */
    {"tcp.r2_syn", 127 * SECOND},         /* tcp_syn_retries 6 */
    {"tcp.syn_ack_retries", 5},
    {"tcp.mss_least", 48},           /* tcp_min_snd_mss */
    {"tcp.black_hole_detection", 0}, /* tcp_mtu_probing */
    {"tcp.push_bursts", 1},
    {"tcp.tell_doubled", 1},
    {"tcp.buffers_doubled", 1},
    {"tcp.shut_keeps", 1},
    {"tcp.fastopen_server", 0}, /* tcp_fastopen 1 */
    {"tcp.fastopen_mss", 1460},
    {"tcp.nagle_small", 1},
    {"tcp.cwnd_segments", 1},
    {"tcp.cwnd_validation", 0},
    {"tcp.probe_empty", 1},
    {"tcp.tolerate_missing_ts", 1},
    {"tcp.rto_anew", 1},
    {"tcp.invalid_rate", SECOND / 2}, /* tcp_invalid_ratelimit */
    {"tcp.half_window", 1},
    {"tcp.user_timeout_again", 1}, /* retransmits_timed_out */
    {"tcp.syn_losses", 2},         /* tcp_init_transfer */
    {"tcp.drop_synfin", 1},        /* tcp_rcv_state_process, LISTEN */
    {"tcp.linux_calls", 1},
    {"tcp.frto", 2},
    {NULL, 0},
};

/* FreeBSD's: net.link.ether.inet.max_age and maxtries, net.inet.ip.portrange, IPFRAGTTL. */
static const struct profile_knob freebsd[] = {
    {"arp.expiry", 1200 * SECOND},
    {"arp.tries", 5},
    {"udp.port_first", 10000},
    {"udp.port_last", 65535},
    {"reassembly.timeout", 30 * SECOND},
    {"tcp.port_first", 10000},
    {"tcp.port_last", 65535},
    {"tcp.rcvbuf", 65536},
    {"tcp.sndbuf", 32768},
    {"tcp.whole_rcvbuf", 1},
    {"tcp.whole_window", 1},
    {"tcp.accept_buffer", 1},
    {"tcp.ecn_retries", 1},
    {"tcp.bsd_time_wait", 1},
    {"tcp.bsd_input", 1},
    {"tcp.bsd_sack", 1},
    {"tcp.syn_cache", 1},
    {"tcp.bsd_calls", 1},
    {"tcp.nagle_burst", 1},
    {"tcp.scale_first", 1},
    {"tcp.wscale", 6},
    {"tcp.rto_min", SECOND / 1000 * 30},
    {"tcp.rexmit_slop", SECOND / 5},
    {"tcp.persist_min", 5 * SECOND},
    {"tcp.rto_from_syn_ack", 0},
    {"tcp.icmp_prohibited", 1},
    {"tcp.late_reset_told", 1},
    {"tcp.delayed_ack", SECOND / 25},
    {"tcp.msl", 30 * SECOND},
    {"tcp.keep_count", 8},
    {"tcp.rto_max", 64 * SECOND},
    {"tcp.r2", 7200 * SECOND},   /* of a shut window: maxpersistidle */
    {"tcp.retries", 12},         /* TCP_MAXRXTSHIFT */
    {"tcp.r2_syn", 75 * SECOND}, /* keepinit */
    {"tcp.syn_ack_retries", 3},
    {"tcp.mss_least", 216},          /* net.inet.tcp.minmss */
    {"tcp.black_hole_detection", 0}, /* pmtud_blackhole_detection, after two timeouts */
    {"tcp.black_hole_after", 2},
    {"tcp.black_hole_mss", 1200},
    {"tcp.rfc1337", 1},
    {"tcp.rack", 0},
    {"tcp.tail_loss_probe", 0},
    {NULL, 0},
};

const struct profile_knob *profile_knobs(const char *name)
{
    static const struct {
        const char *name;
        const struct profile_knob *knobs;
    } profiles[] = {{"rfc", rfc}, {"linux", linux_knobs}, {"freebsd", freebsd}};
    for (size_t p = 0; p < sizeof profiles / sizeof profiles[0]; p++)
        if (strcmp(profiles[p].name, name) == 0)
            return profiles[p].knobs;
    return NULL;
}

enum system profile_system(const char *name)
{
    return strcmp(name, "linux") == 0     ? SYSTEM_LINUX
           : strcmp(name, "freebsd") == 0 ? SYSTEM_FREEBSD
                                          : SYSTEM_NONE;
}

const char *const *profile_words(const char *name)
{
    static const char *const rfc_words[] = {"STANDARD", NULL}, *const freebsd_words[] = {"FreeBSD",
                                                                                         NULL};
    /* What the runner of the public scripts passes for IPv4. */
    static const char *const linux_words[] = {
        "Linux",
        "TFO_COOKIE=3021b9d889017eeb",
        "CODE=host_unreachable",
        "CMSG_LEVEL_IP=SOL_IP",
        "CMSG_TYPE_RECVERR=IP_RECVERR",
        NULL,
    };
    enum system system = profile_system(name);
    return system == SYSTEM_LINUX     ? linux_words
           : system == SYSTEM_FREEBSD ? freebsd_words
                                      : rfc_words;
}
