/*
 * TCP through everything: two hosts with stacks, drivers and NIC models and the programs over them,
 * and beside it lwIP, which takes whole frames, at both ends of the same world. Both have a window
 * of 65,535, segments of 1,460 octets and the same programs. They take turns, each turn in a
 * process of its own; rows say the median, the best, and the ratio of medians.
 */
#include "bench/bench.h"
#include "bench/stacks.h"
#include "sim/hosts/traffic.h"

enum { ROUNDS = 5, BUFFER = 65535, LARGE_BUFFER = 1 << 20, SIZED_FOR = 100 };
#define SECOND INT64_C(1000000000)

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "tcp_bench: %s: %s\n", what, why);
    exit(1);
}

struct figures {
    uint64_t count, frames, events; /* of what a row counts; of the run */
    int64_t cpu_ns, virtual_ns;
};

static void open_pair(struct traffic_config *c, const char *stack, const char *nic)
{
    const char *const name[2] = {stack, stack};
    if (!bench_stacks(name, c->sut, c->nic, nic))
        fail(stack, "it is not there");
}

static struct traffic *open_world(const struct traffic_config *c)
{
    struct why why = {{0}};
    struct traffic *t = traffic_new(c, &why);
    if (!t)
        fail("a world", why.text);
    for (int side = 0; side < 2; side++) /* where a stack has them: segments of 1,460 octets */
        traffic_set(t, side, "tcp.timestamps", 0);
    return t;
}

static void play_all(struct traffic *t, struct figures *out)
{
    struct why why = {{0}};
    int64_t since_ns = processor_ns();
    if (traffic_run(t, 100000 * SECOND, &why) != 0)
        fail("the run", why.text);
    out->cpu_ns = processor_ns() - since_ns;
    const struct traffic_result *r = traffic_result(t);
    if (r->error || !traffic_done(t)) {
        fprintf(stderr, "tcp_bench: %u opened, %u closed, %u failed, %u served\n", r->opened,
                r->closed, r->failed, r->served);
        fail("the run", r->error ? r->error : "it did not end");
    }
    out->virtual_ns = r->last_ns;
    out->events = world_events(traffic_world(t));
    out->frames = link_count(traffic_link(t), LINK_SENT);
}

/* --- what is measured --- */

static void stream(const char *stack, const char *nic, uint64_t octets, struct figures *out)
{
    struct traffic_config c = {.link = {.name = "lan", .latency_ns = 1000},
                               .connections = 1,
                               .buffer = BUFFER,
                               .octets = octets,
                               .seed = 1};
    open_pair(&c, stack, nic);
    struct traffic *t = open_world(&c);
    play_all(t, out);
    out->count = traffic_result(t)->received;
}

static void connections(const char *stack, const char *nic, uint64_t how_many, struct figures *out)
{
    struct traffic_config c = {.link = {.name = "lan", .latency_ns = 1000},
                               .connections = (uint32_t)how_many,
                               .at_once = 1,
                               .octets = 1,
                               .call_octets = 64,
                               .ending = TRAFFIC_FIN,
                               .seed = 1};
    open_pair(&c, stack, nic);
    struct traffic *t = open_world(&c);
    play_all(t, out);
    out->count = traffic_result(t)->closed;
}

static void resets(const char *stack, const char *nic, uint64_t how_many, struct figures *out)
{
    struct traffic_config c = {.link = {.name = "lan", .latency_ns = 1000},
                               .connections = (uint32_t)how_many,
                               .at_once = 1,
                               .octets = 0,
                               .call_octets = 64,
                               .ending = TRAFFIC_RST,
                               .seed = 1};
    open_pair(&c, stack, nic);
    struct traffic *t = open_world(&c);
    play_all(t, out);
    out->count = traffic_result(t)->closed;
}

/* --- turns --- */

typedef void measured(const char *stack, const char *nic, uint64_t how_much, struct figures *out);

static struct figures apart(measured *what, const char *stack, const char *nic, uint64_t how_much)
{
    struct figures f = {0};
    int ends[2], status = 1;
    fflush(stdout);
    if (pipe(ends) != 0)
        fail("pipe", "none");
    pid_t child = fork();
    if (child == 0) {
        what(stack, nic, how_much, &f);
        _exit(write(ends[1], &f, sizeof f) == sizeof f ? 0 : 1);
    }
    close(ends[1]);
    bool told = child > 0 && read(ends[0], &f, sizeof f) == sizeof f;
    close(ends[0]);
    if (child > 0)
        waitpid(child, &status, 0);
    if (!told || status != 0)
        exit(1);
    return f;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double tell(const char *what, const char *unit, double rate[ROUNDS])
{
    qsort(rate, ROUNDS, sizeof *rate, by_value);
    printf("%-46s %12.0f %s, median; best %.0f\n", what, rate[ROUNDS / 2], unit, rate[ROUNDS - 1]);
    return rate[ROUNDS / 2];
}

/* Ours behind both NICs, and lwIP, in turn. */
static void compare(const char *what, const char *unit, double scale, measured *m,
                    uint64_t how_much)
{
    static const struct {
        const char *stack, *nic;
    } each[] = {{"stack", "e1000"}, {"stack", "rtl8139"}, {"lwip", ""}};
    enum { EACH = sizeof each / sizeof each[0] };
    double rate[EACH][ROUNDS], median[EACH];
    int there = access(lwip_path(), F_OK) == 0 ? EACH : EACH - 1;
    for (int round = 0; round < ROUNDS; round++)
        for (int k = 0; k < there; k++) {
            struct figures f = apart(m, each[k].stack, each[k].nic, how_much);
            rate[k][round] = (double)f.count / scale * 1e9 / (double)f.cpu_ns;
        }
    for (int k = 0; k < there; k++) {
        char row[64];
        snprintf(row, sizeof row, "%s, %s%s%s", what, each[k].stack, each[k].nic[0] ? " on " : "",
                 each[k].nic);
        median[k] = tell(row, unit, rate[k]);
    }
    if (there == EACH)
        printf("%-46s x%.2f on e1000, x%.2f on rtl8139\n", "  ours against lwIP",
               median[0] / median[2], median[1] / median[2]);
}

/* --- the scenarios of simulators: 100 Mbit/s, 10 ms one way --- */

struct scenario {
    const char *name;
    uint32_t flows, loss_ppm, queue_frames;
    uint64_t octets;
};

static void bottleneck(const struct scenario *s)
{
    struct figures f;
    struct traffic_config c = {.link = {.name = "lan",
                                        .rate_bps = 100000000,
                                        .latency_ns = 10000000,
                                        .loss_ppm = s->loss_ppm,
                                        .queue_frames = s->queue_frames},
                               .connections = s->flows,
                               .at_once = s->flows > SIZED_FOR ? s->flows : SIZED_FOR,
                               .buffer = s->flows == 1 ? LARGE_BUFFER : BUFFER,
                               .octets = s->octets,
                               .seed = 1};
    open_pair(&c, "stack", "e1000");
    struct traffic *t = open_world(&c);
    play_all(t, &f);
    double wall = (double)f.cpu_ns * 1e-9;
    printf("%-34s %8.1f simulated s/s, %9.0f frames/s, %9.0f events/s, %6zu KiB, %5.1f Mbit/s\n",
           s->name, (double)f.virtual_ns * 1e-9 / wall, (double)f.frames / wall,
           (double)f.events / wall, world_bytes_used(traffic_world(t)) >> 10,
           (double)traffic_result(t)->received * 8e3 / (double)f.virtual_ns);
}

static void bottlenecks(void)
{
    static const struct scenario scenarios[] = {{"1 flow", 1, 0, 0, 500000000},
                                                {"1 flow, 1 % loss", 1, 10000, 0, 100000000},
                                                {"100 flows", 100, 0, 200, 5000000}};
    for (size_t k = 0; k < sizeof scenarios / sizeof scenarios[0]; k++)
        bottleneck(&scenarios[k]);
}

/* No arguments: all; else what (stream, connections, resets, flows), stack, NIC and how much, for
 * profiles. */
int main(int argc, char **argv)
{
    struct figures f;
    measured *m = argc < 2                              ? NULL
                  : strcmp(argv[1], "connections") == 0 ? connections
                  : strcmp(argv[1], "resets") == 0      ? resets
                                                        : stream;
    if (argc > 1 && strcmp(argv[1], "flows") == 0) {
        bottlenecks();
        return 0;
    }
    if (argc > 4) {
        m(argv[2], argv[3], strtoull(argv[4], NULL, 10), &f);
        say(argv[1], f.count, "units", wall_ns() - f.cpu_ns);
        return 0;
    }
    compare("stream", "MB/s", 1e6, stream, 100000000);
    compare("opened, an octet, closed", "a second", 1, connections, 4000);
    compare("opened, reset", "a second", 1, resets, 4000);
    bottlenecks();
    return 0;
}
