/*
 * A long stream between two stacks over a link that loses, doubles, reorders and damages frames:
 * what came is compared with what was sent, octet by octet and by its hash, and the rate after slow
 * start with the average window of RFC 9438 5.1 for all causes of loss together.
 */
#include <math.h>
#include "bench/bench.h"
#include "bench/stacks.h"
#include "sim/hosts/cwnd_trace.h"
#include "sim/hosts/traffic.h"

enum { MSS = 1448, SIZED_FOR = 100, BUFFER = 1 << 20 };
/* MSS: timestamps take 12 octets; a stack sized for so many
 * connections has room for such buffers. */

#define STALL_NS INT64_C(8000000000)

struct path {
    const char *name;
    uint32_t loss_ppm, dup_ppm, reorder_ppm, fcs_ppm, corrupt_ppm;
    int64_t one_way_ns, reorder_ns;
};

static const struct path paths[] = {
    {"loss", 10000, 0, 0, 0, 0, 10000000, 0},
    {"loss, duplicates, reordering, damage", 10000, 10000, 10000, 1000, 1000, 10000000, 2000000},
    {"the same", 10000, 10000, 10000, 1000, 1000, 50000000, 2000000},
    {"loss", 1000, 0, 0, 0, 0, 50000000, 0},
    {"loss", 200, 0, 0, 0, 0, 50000000, 0},
};

/* RFC 9438 5.1, in segments: the larger of AVG_W_cubic with C 0.4 and beta 0.7, and of AVG_W_AIMD
 * (4.3's alpha, 9/17), both for a chance of loss p and a round trip in seconds. */
static double average_window(double p, double rtt_s)
{
    double cubic = pow(0.4 * 3.7 / (4 * 0.3), 0.25) * pow(rtt_s, 0.75) / pow(p, 0.75);
    double friendly = sqrt(9.0 / 17 * 1.7 / (2 * 0.3 * p));
    return cubic > friendly ? cubic : friendly;
}

static void fail(const char *what, const struct path *p, const char *why)
{
    fprintf(stderr, "bulk_bench: %s, %s: %s\n", what, p->name, why);
    exit(1);
}

static struct traffic *begin(const struct path *p, const char *const name[2], uint64_t octets)
{
    struct why why = {{0}};
    struct traffic_config config = {.link = {.name = "lan",
                                             .latency_ns = p->one_way_ns,
                                             .loss_ppm = p->loss_ppm,
                                             .dup_ppm = p->dup_ppm,
                                             .reorder_ppm = p->reorder_ppm,
                                             .reorder_ns = p->reorder_ns,
                                             .fcs_ppm = p->fcs_ppm,
                                             .corrupt_ppm = p->corrupt_ppm},
                                    .connections = 1,
                                    .at_once = SIZED_FOR,
                                    .buffer = BUFFER, /* or the window is what the buffers are */
                                    .octets = octets,
                                    .verify = true,
                                    .seed = 1};
    if (!bench_stacks(name, config.sut, config.nic, "e1000"))
        fail("the stacks", p, "one is not there");
    struct traffic *t = traffic_new(&config, &why);
    if (!t)
        fail("a world", p, why.text);
    return t;
}

static void check(const struct path *p, struct traffic *t, uint64_t octets)
{
    const struct traffic_result *r = traffic_result(t);
    if (r->error)
        fail(r->error, p, strerror((int)r->errno_of_it));
    if (!traffic_done(t) || r->received != octets || r->wrong)
        fail("octets", p, "not all came as they were sent");
    if (r->hash[0].a != r->hash[1].a || r->hash[0].b != r->hash[1].b)
        fail("hashes", p, "they differ");
    if (r->longest_gap_ns > STALL_NS)
        fail("the stream", p, "it stood still for longer than a timeout explains");
}

static void tell(const struct path *p, struct traffic *t, const char *const name[2],
                 int64_t from_ns, uint64_t from, int64_t since_ns)
{
    const struct traffic_result *r = traffic_result(t);
    double chance =
        1 - (1 - p->loss_ppm / 1e6) * (1 - p->fcs_ppm / 1e6) * (1 - p->corrupt_ppm / 1e6);
    double rtt = (double)p->one_way_ns * 2e-9;
    double window =
        (double)(r->received - from) / MSS / ((double)(r->last_ns - from_ns) * 1e-9) * rtt;
    double theirs = average_window(chance, rtt);
    char hash[33];
    fingerprint_text(&r->hash[1], hash);
    printf("%s to %s, %s, %.0f ms round trip, p %.4f\n", name[0], name[1], p->name, rtt * 1e3,
           chance);
    printf("  %" PRIu64 " octets in %.0f s, hash %s at both ends, longest gap %.3f s, %" PRId64
           " segments sent again; %.1f s here\n",
           r->received, (double)r->last_ns * 1e-9, hash, (double)r->longest_gap_ns * 1e-9,
           traffic_query(t, 0, "counter tcp.out.resent"), (double)(wall_ns() - since_ns) * 1e-9);
    if (r->last_ns > from_ns + 100 * 2 * p->one_way_ns)
        printf("  window %.1f segments on average, RFC 9438 5.1 has %.1f: x%.2f\n", window, theirs,
               window / theirs);
}

/* BULK_TRACE: a file for what congestion control does at the client. */
struct tracing {
    struct traffic *traffic;
    struct cwnd_trace *trace;
};

static void trace_frame(void *ctx, struct link *l, int port, struct frame *f, enum link_event event,
                        int line, int64_t now_ns)
{
    const struct tracing *t = ctx;
    (void)l, (void)event, (void)line;
    if (port == 0)
        cwnd_trace_frame(t->trace, traffic_host(t->traffic, 0), f->bytes, f->len, now_ns);
}

static void watch(struct traffic *t, struct tracing *tracing)
{
    const char *path = getenv("BULK_TRACE");
    FILE *out = path ? fopen(path, "w") : NULL;
    *tracing = (struct tracing){t, out ? cwnd_trace_new(out) : NULL};
    if (tracing->trace)
        link_watch(traffic_link(t), trace_frame, tracing);
}

static void bulk(const struct path *p, const char *const name[2], uint64_t octets)
{
    struct why why = {{0}};
    struct traffic *t = begin(p, name, octets);
    struct tracing tracing;
    watch(t, &tracing);
    int64_t since_ns = wall_ns(), settle_ns = 200 * 2 * p->one_way_ns; /* slow start is over */
    if (traffic_run(t, settle_ns, &why) != 0)
        fail("the run", p, why.text);
    uint64_t from = traffic_result(t)->received;
    int64_t until_ns = settle_ns;
    while (!traffic_done(t) && until_ns < INT64_C(1000000000) * 1000000) {
        until_ns += INT64_C(60000000000);
        if (traffic_run(t, until_ns, &why) != 0)
            fail("the run", p, why.text);
    }
    check(p, t, octets);
    tell(p, t, name, settle_ns, from, since_ns);
    if (traffic_free(t, &why) != 0)
        fail("the end", p, why.text);
}

/* A stack with static variables is opened once in a process. */
static void bulk_apart(const struct path *p, const char *client, const char *server,
                       uint64_t octets)
{
    int status = 1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        bulk(p, (const char *const[]){client, server}, octets);
        fflush(stdout);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        exit(1);
}

/* No arguments: 64 MB by each path; or how many octets, the path's number, client and server. */
int main(int argc, char **argv)
{
    enum { PATHS = sizeof paths / sizeof paths[0] };
    uint64_t octets = argc > 1 ? strtoull(argv[1], NULL, 10) : 64000000;
    unsigned first = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
    unsigned last = argc > 2 ? first + 1 : PATHS;
    for (unsigned k = first; k < last && k < PATHS; k++)
        bulk_apart(&paths[k], argc > 4 ? argv[3] : "stack", argc > 4 ? argv[4] : "stack", octets);
    return 0;
}
