#include "sim/hosts/cwnd_trace.h"
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/base/octets.h"

enum { ETHERNET = 14, IPV4_LEAST = 20, ROW_ROOM = 160 };

struct traced {
    const struct host *host;
    uint32_t local, remote;
    uint16_t local_port, remote_port;
    char last[ROW_ROOM]; /* what was told of it last */
};

struct cwnd_trace {
    FILE *out;
    struct traced *flow;
    uint32_t flows, room;
};

struct cwnd_trace *cwnd_trace_new(FILE *out)
{
    struct cwnd_trace *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->out = out;
    fprintf(out, "time\tconnection\tcwnd\tssthresh\tflight\tsrtt\trto\tstate\n");
    return t;
}

void cwnd_trace_free(struct cwnd_trace *t)
{
    if (t)
        free(t->flow);
    free(t);
}

/* The four numbers of an untagged segment that is no later fragment. */
static bool numbers_of(const uint8_t *bytes, uint32_t len, struct traced *out)
{
    const uint8_t *ip = bytes + ETHERNET;
    if (len < ETHERNET + IPV4_LEAST || octets_get(bytes + 12, 2) != 0x0800 || ip[0] >> 4 != 4 ||
        ip[9] != IPPROTO_TCP || (octets_get(ip + 6, 2) & 0x1fff) != 0)
        return false;
    uint32_t header = (ip[0] & 15u) * 4;
    if (len < ETHERNET + header + 4)
        return false;
    out->local = octets_get(ip + 12, 4);
    out->remote = octets_get(ip + 16, 4);
    out->local_port = (uint16_t)octets_get(ip + header, 2);
    out->remote_port = (uint16_t)octets_get(ip + header + 2, 2);
    return true;
}

static struct traced *flow_of(struct cwnd_trace *t, const struct host *h, const struct traced *key)
{
    for (uint32_t k = 0; k < t->flows; k++) {
        struct traced *f = &t->flow[k];
        if (f->host == h && f->local == key->local && f->remote == key->remote &&
            f->local_port == key->local_port && f->remote_port == key->remote_port)
            return f;
    }
    if (t->flows == t->room) {
        uint32_t room = t->room ? t->room * 2 : 16;
        struct traced *more = realloc(t->flow, room * sizeof *more);
        if (!more)
            return NULL;
        t->flow = more;
        t->room = room;
    }
    t->flow[t->flows] = *key;
    t->flow[t->flows].host = h;
    return &t->flow[t->flows++];
}

#define DOTTED(a) (a) >> 24, (a) >> 16 & 255, (a) >> 8 & 255, (a)&255
#define SECOND    INT64_C(1000000000)

static void print_row(const struct cwnd_trace *t, const struct traced *f, int64_t now_ns)
{
    unsigned long cwnd, flight;
    char ssthresh[16], state[16];
    int64_t srtt_ns, rto_ns;
    if (sscanf(f->last, "%lu %15s %lu %" SCNd64 " %" SCNd64 " %15s", &cwnd, ssthresh, &flight,
               &srtt_ns, &rto_ns, state) != 6)
        return;
    fprintf(t->out, "%" PRId64 ".%09" PRId64 "\t%u.%u.%u.%u:%u-%u.%u.%u.%u:%u\t", now_ns / SECOND,
            now_ns % SECOND, DOTTED(f->local), f->local_port, DOTTED(f->remote), f->remote_port);
    fprintf(t->out, "%lu\t%s\t%lu\t%" PRId64 ".%09" PRId64 "\t%" PRId64 ".%09" PRId64 "\t%s\n",
            cwnd, ssthresh, flight, srtt_ns / SECOND, srtt_ns % SECOND, rto_ns / SECOND,
            rto_ns % SECOND, state);
}

void cwnd_trace_frame(struct cwnd_trace *t, struct host *h, const uint8_t *bytes, uint32_t len,
                      int64_t now_ns)
{
    struct traced key = {0};
    char what[ROW_ROOM];
    struct value v = {0};
    if (!(h->kind->flags & HOST_STACK || h->kind->flags & HOST_UNDER_TEST) ||
        !numbers_of(bytes, len, &key))
        return;
    snprintf(what, sizeof what, "tcp.congestion %u.%u.%u.%u %u %u.%u.%u.%u %u", DOTTED(key.local),
             key.local_port, DOTTED(key.remote), key.remote_port);
    if (sut_host_query(h, what, &v) != 0 || v.kind != VALUE_BYTES || v.len >= ROW_ROOM)
        return;
    struct traced *f = flow_of(t, h, &key);
    if (!f || strncmp(f->last, (const char *)v.bytes, sizeof f->last) == 0)
        return;
    snprintf(f->last, sizeof f->last, "%s", (const char *)v.bytes);
    print_row(t, f, now_ns);
}
