/* wiredrill audit: captures from anywhere before the monitor. */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>
#include "sim/base/pool.h"
#include "sim/cli/audit_inside.h"

enum { CONNECTIONS_MOST = 16384, STREAMS_MOST = 64 << 20 };

/* Link types of tcpdump.org, with the octets before the network's header. */
enum link_type {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW_BSD = 12,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_LINUX_SLL = 113,
    LINK_IPV4 = 228,
    LINK_LINUX_SLL2 = 276,
};

static void found(void *self, const struct monitor_finding *f)
{
    audit_finding(self, f);
}

/* A cooked header of `header` octets, which names the protocol at `at`. */
static int cooked(const struct pcap_seen *p, uint32_t at, int header, enum monitor_link *kind)
{
    if ((int)p->len < header)
        return -1;
    if (p->bytes[at] != 8 || p->bytes[at + 1] != 0)
        *kind = MONITOR_OTHER;
    return header;
}

/* How many octets stand before what `kind` says; -1: nobody reads that here. */
static int before_network(const struct pcap_seen *p, enum monitor_link *kind)
{
    *kind = MONITOR_IP;
    switch (p->link) {
    case LINK_ETHERNET:
        *kind = MONITOR_ETHERNET;
        return 0;
    case LINK_RAW:
    case LINK_RAW_BSD:
    case LINK_IPV4:
        return 0;
    case LINK_NULL:
    case LINK_LOOP:
        return p->len >= 4 ? 4 : -1;
    case LINK_LINUX_SLL: /* the protocol is its last field */
        return cooked(p, 14, 16, kind);
    case LINK_LINUX_SLL2: /* and here its first */
        return cooked(p, 0, 20, kind);
    default:
        return -1;
    }
}

static void keep_around(struct audit *a, const struct monitor_frame *f)
{
    struct around *r = &a->around[a->arounds++ % AROUND];
    uint32_t at = f->link == MONITOR_ETHERNET ? 0 : ETHER_HDR_LEN;
    r->number = f->number;
    r->time_ns = f->time_ns;
    r->len = f->len + at < AROUND_OCTETS ? f->len + at : AROUND_OCTETS;
    r->wire_len = f->wire_len + at;
    memset(r->bytes, 0, at); /* what is printed has an Ethernet header */
    if (at)                  /* or as one that nobody here reads */
        r->bytes[12] = f->link == MONITOR_IP ? ETHERTYPE_IP >> 8 : 0xff;
    memcpy(r->bytes + at, f->bytes, r->len - at);
}

static int see(void *ctx, const struct pcap_seen *p)
{
    struct audit *a = ctx;
    struct monitor_frame f = {.number = p->number, .way = MONITOR_UNKNOWN};
    int at = before_network(p, &f.link);
    if (!a->frames++)
        a->first_ns = a->last_ns = p->time_ns;
    if (p->time_ns > a->last_ns)
        a->last_ns = p->time_ns;
    if (at < 0) {
        a->unread++;
        a->unread_link = p->link;
        return 0;
    }
    f.time_ns = a->last_ns; /* files that were put together may go back */
    f.bytes = p->bytes + at;
    f.len = p->len - (uint32_t)at;
    f.wire_len = p->original_len > p->len ? p->original_len - (uint32_t)at : f.len;
    keep_around(a, &f);
    monitor_frame(a->monitor, &f);
    return 0;
}

/* -1: it is neither. */
static int take_host(const char *text, struct monitor_config *c)
{
    unsigned m[6];
    char more;
    struct in_addr address;
    if (!text)
        return 0;
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5],
               &more) == 6) {
        c->only_mac = true;
        for (int k = 0; k < 6; k++)
            c->mac[k] = (uint8_t)m[k];
        return 0;
    }
    if (inet_pton(AF_INET, text, &address) != 1)
        return -1;
    c->only_ipv4 = true;
    c->ipv4 = ntohl(address.s_addr);
    return 0;
}

static int audit_file(struct audit *a, struct monitor_config *config)
{
    struct why why = {{0}}, cut = {{0}};
    config->self = a;
    a->monitor = monitor_new(config);
    if (!a->monitor)
        return usage_error("%s: no memory", a->path);
    int status = EXIT_PASSED;
    if (pcap_scan(a->path, see, a, &cut, &why) != 0)
        status = usage_error("%s", why.text);
    monitor_finish(a->monitor);
    if (cut.text[0])
        fprintf(stderr, "wiredrill: %s: warning: %s\n", a->path, cut.text);
    if (status == EXIT_PASSED)
        audit_summary(a);
    monitor_free(a->monitor);
    return status == EXIT_PASSED && a->broken[MONITOR_MUST] ? EXIT_FAILED_CASE : status;
}

int command_audit(int argc, char **argv)
{
    struct options o;
    struct monitor_config config = {.alloc = monitor_heap_alloc,
                                    .release = monitor_heap_release,
                                    .found = found,
                                    .context = audit_context,
                                    .known = NEEDS_COMPLETE,
                                    .most = CONNECTIONS_MOST,
                                    .octets_most = STREAMS_MOST};
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (o.paths == 0)
        return usage_error("audit: captures, `wiredrill audit F.pcap...`");
    if (take_host(o.host, &config) != 0)
        return usage_error(
            "--host: \"%s\" is neither a hardware address, 52:54:00:12:34:56, nor an "
            "IPv4 address, 10.0.2.15",
            o.host);
    if (o.at_host)
        config.known |= NEEDS_PORT | NEEDS_ORDER;
    struct json_lines *const json[2] = {o.json ? json_open(NULL) : NULL,
                                        o.json_file ? json_open(o.json_file) : NULL};
    struct pool *pool = pool_new();
    struct why why = {{0}};
    int status = EXIT_PASSED;
    for (int k = 0; k < o.paths; k++) {
        struct audit a = {.options = &o,
                          .path = o.path[k],
                          .layers = layer_set_new(pool),
                          .json = {json[0], json[1]}};
        int one = audit_file(&a, &config);
        status = one > status ? one : status;
    }
    pool_free(pool);
    json_close(json[0], &why);
    return json_close(json[1], &why) == 0 ? status : usage_error("--json: %s", why.text);
}
