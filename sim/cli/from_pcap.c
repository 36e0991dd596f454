/*
 * wiredrill from-pcap: a capture becomes a scenario. What the peers sent is injected again, what
 * the host under test sent is expected, at the same times; its calls are those of a script
 * (--calls), or guessed from what it sent, each guess with a comment.
 */
#include "sim/cli/from_pcap.h"
#include "sim/base/octets.h"
#include <stdlib.h>
#include <string.h>

enum { ETHERNET = 14, IPV4 = 20, TCP = 20, IP_TCP = 6, TCP_SYN = 2 };

static const uint8_t usual_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

/* --- what a frame is --- */

bool captured_segment(const struct pcap_frame *f, struct captured_segment *out)
{
    const uint8_t *ip = f->bytes + ETHERNET;
    if (f->len < ETHERNET + IPV4 + TCP || octets_get(f->bytes + 12, 2) != 0x0800 ||
        ip[0] >> 4 != 4 || ip[9] != IP_TCP || octets_get(ip + 6, 2) & 0x3fff)
        return false;
    uint32_t header = (ip[0] & 15u) * 4, total = octets_get(ip + 2, 2);
    const uint8_t *tcp = ip + header;
    uint32_t offset = header + TCP <= total ? (tcp[12] >> 4) * 4u : 0;
    if (total > f->len - ETHERNET || header < IPV4 || offset < TCP || header + offset > total)
        return false;
    *out = (struct captured_segment){.source = octets_get(ip + 12, 4),
                                     .destination = octets_get(ip + 16, 4),
                                     .sport = (uint16_t)octets_get(tcp, 2),
                                     .dport = (uint16_t)octets_get(tcp + 2, 2),
                                     .seq = octets_get(tcp + 4, 4),
                                     .ack = octets_get(tcp + 8, 4),
                                     .flags = tcp[13],
                                     .window = (uint16_t)octets_get(tcp + 14, 2),
                                     .options = tcp + TCP,
                                     .options_len = offset - TCP,
                                     .text = tcp + offset,
                                     .text_len = total - header - offset};
    return true;
}

bool captured_out(const struct conversion *c, size_t frame)
{
    const struct pcap_frame *f = &c->file.frame[frame];
    if (c->sent)
        return c->sent[frame];
    return f->len >= ETHERNET && memcmp(f->bytes + 6, c->host.mac, 6) == 0;
}

int64_t captured_time(const struct conversion *c, size_t frame)
{
    int64_t at = c->file.frame[frame].time_ns - c->start_ns;
    return at < 0 ? 0 : at;
}

struct captured_flow *captured_flow_of(const struct conversion *c, const struct captured_segment *g,
                                       bool out)
{
    uint32_t local = out ? g->source : g->destination, remote = out ? g->destination : g->source;
    uint16_t lport = out ? g->sport : g->dport, rport = out ? g->dport : g->sport;
    for (size_t k = 0; k < c->flows; k++) {
        struct captured_flow *f = &c->flow[k];
        if (f->local_ip == local && f->remote_ip == remote && f->local_port == lport &&
            f->remote_port == rport)
            return f;
    }
    return NULL;
}

int captured_flows(struct conversion *c)
{
    c->flow = pool_alloc(c->pool, (c->file.count + 1) * sizeof *c->flow);
    for (size_t k = 0; k < c->file.count; k++) {
        struct captured_segment g;
        bool out = captured_out(c, k);
        if (!captured_segment(&c->file.frame[k], &g))
            continue;
        struct captured_flow *f = captured_flow_of(c, &g, out);
        if (!f) {
            f = &c->flow[c->flows++];
            *f = (struct captured_flow){.local_ip = out ? g.source : g.destination,
                                        .remote_ip = out ? g.destination : g.source,
                                        .local_port = out ? g.sport : g.dport,
                                        .remote_port = out ? g.dport : g.sport};
        }
        int side = out ? 0 : 1;
        if (!(g.flags & TCP_SYN))
            continue;
        f->twice[side] |= f->have_isn[side] && f->isn[side] != g.seq;
        f->have_isn[side] = true;
        f->isn[side] = g.seq;
    }
    return 0;
}

/* --- who is under test --- */

/* An address that the host sent from. */
static void learn_address(struct conversion *c)
{
    for (size_t k = 0; k < c->file.count && !c->host.ipv4; k++) {
        const uint8_t *b = c->file.frame[k].bytes;
        uint32_t len = c->file.frame[k].len;
        if (!captured_out(c, k) || len < ETHERNET + IPV4)
            continue;
        if (octets_get(b + 12, 2) == 0x0800)
            c->host.ipv4 = octets_get(b + ETHERNET + 12, 4);
        else if (octets_get(b + 12, 2) == 0x0806 && len >= ETHERNET + 28)
            c->host.ipv4 = octets_get(b + ETHERNET + 14, 4);
    }
}

/* By the address in the frames that it sent. */
static bool host_by_ip(struct conversion *c, uint32_t ip)
{
    for (size_t k = 0; k < c->file.count; k++) {
        const uint8_t *b = c->file.frame[k].bytes;
        uint32_t len = c->file.frame[k].len;
        bool ipv4 = len >= ETHERNET + IPV4 && octets_get(b + 12, 2) == 0x0800,
             arp = len >= ETHERNET + 28 && octets_get(b + 12, 2) == 0x0806;
        if ((ipv4 && octets_get(b + ETHERNET + 12, 4) == ip) ||
            (arp && octets_get(b + ETHERNET + 14, 4) == ip)) {
            memcpy(c->host.mac, b + 6, 6);
            c->host.ipv4 = ip;
            return true;
        }
    }
    return false;
}

static bool sends(const struct conversion *c, const uint8_t mac[6])
{
    for (size_t k = 0; k < c->file.count; k++)
        if (c->file.frame[k].len >= ETHERNET && memcmp(c->file.frame[k].bytes + 6, mac, 6) == 0)
            return true;
    return false;
}

static int find_host(struct conversion *c, const char *wanted)
{
    unsigned m[6], a[4];
    char rest;
    if (wanted && sscanf(wanted, "%2x:%2x:%2x:%2x:%2x:%2x%c", &m[0], &m[1], &m[2], &m[3], &m[4],
                         &m[5], &rest) == 6) {
        for (int k = 0; k < 6; k++)
            c->host.mac[k] = (uint8_t)m[k];
        if (!sends(c, c->host.mac))
            return usage_error("--host: no frame of %s comes from %s", c->path, wanted);
    } else if (wanted &&
               sscanf(wanted, "%3u.%3u.%3u.%3u%c", &a[0], &a[1], &a[2], &a[3], &rest) == 4) {
        if (!host_by_ip(c, a[0] << 24 | a[1] << 16 | a[2] << 8 | a[3]))
            return usage_error("--host: no frame of %s comes from %s", c->path, wanted);
    } else if (wanted) {
        return usage_error("--host: \"%s\" is neither a MAC address nor an IPv4 address", wanted);
    } else {
        memcpy(c->host.mac, usual_mac, 6);
        if (!sends(c, c->host.mac))
            return usage_error("from-pcap: whose frames in %s are to be expected? --host MAC or IP",
                               c->path);
    }
    learn_address(c);
    return 0;
}

/* --- the command --- */

static int convert(struct conversion *c, const struct options *o)
{
    if (c->file.count == 0)
        return usage_error("%s: there is no frame in it", c->path);
    for (size_t k = 0; k < c->file.count; k++) {
        if (c->file.frame[k].len < c->file.frame[k].original_len)
            return usage_error("%s: frame %zu was cut short by the capture, from %u octets to %u: "
                               "what it said is not known",
                               c->path, k + 1, c->file.frame[k].original_len, c->file.frame[k].len);
        if (k && c->file.frame[k].time_ns < c->file.frame[k - 1].time_ns)
            return usage_error("%s: frame %zu is earlier than the one before it: `reordercap` puts "
                               "them in order",
                               c->path, k + 1);
    }
    /* Captures of ours begin near 0; others carry the date. */
    c->start_ns = c->file.frame[0].time_ns;
    if (c->start_ns < 86400 * INT64_C(1000000000))
        c->start_ns = 0;
    /* A script that has calls says who makes them. */
    if ((o->host || !o->calls) && (find_host(c, o->host) != 0 || captured_flows(c) != 0))
        return EXIT_USAGE;
    int got = o->calls ? convert_with_calls(c, o) : convert_with_guesses(c);
    if (got == 0)
        fwrite(c->out.bytes, 1, c->out.len, stdout);
    return got == 0 ? EXIT_PASSED : EXIT_USAGE;
}

int command_from_pcap(int argc, char **argv)
{
    struct options o;
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (o.paths != 1)
        return usage_error("from-pcap: one capture, `wiredrill from-pcap F.pcap`");
    struct conversion c = {.path = o.path[0], .out = {.grows = true}};
    if (capture_open(c.path, &c.file) != EXIT_PASSED)
        return EXIT_USAGE;
    c.pool = pool_new();
    c.layers = layer_set_new(c.pool);
    int status = convert(&c, &o);
    free(c.out.bytes);
    pool_free(c.pool);
    pcap_unload(&c.file);
    return status;
}
