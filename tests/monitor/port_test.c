/* What no capture shows: the frames of a host at its own port, in both directions, and what the
 * monitor remembers at most. Rules that captures show are in rules.txt. */
#include <stdlib.h>
#include "sim/monitor/monitor.h"
#include "tests/packet/rig.h"

enum { FOUND_MOST = 16 };

static struct {
    struct monitor *monitor;
    enum monitor_rule found[FOUND_MOST];
    uint32_t founds, most;
    size_t held, peak;
    uint64_t number;
} bench;

static void *alloc(void *self, size_t size)
{
    (void)self;
    bench.held += size;
    bench.peak = bench.held > bench.peak ? bench.held : bench.peak;
    return calloc(1, size);
}

static void release(void *self, void *memory, size_t size)
{
    (void)self;
    bench.held -= size;
    free(memory);
}

static void found(void *self, const struct monitor_finding *f)
{
    (void)self;
    if (bench.founds < FOUND_MOST && !f->lacks)
        bench.found[bench.founds++] = f->rule;
}

static void bench_up(void)
{
    rig_up();
    memset(&bench, 0, sizeof bench);
    struct monitor_config config = {.alloc = alloc,
                                    .release = release,
                                    .found = found,
                                    .known =
                                        NEEDS_COMPLETE | NEEDS_PORT | NEEDS_ORDER | NEEDS_UNMERGED,
                                    .most = 32,
                                    .octets_most = 1 << 14};
    bench.monitor = monitor_new(&config);
}

static void bench_down(void)
{
    monitor_free(bench.monitor);
    cr_expect_eq(bench.held, 0, "%zu octets are left", bench.held);
    rig_down();
}

TestSuite(monitor, .init = bench_up, .fini = bench_down);

static void see(enum monitor_way way, const uint8_t *own)
{
    struct monitor_frame f = {.number = ++bench.number,
                              .bytes = rig.frame,
                              .len = (uint32_t)rig.len,
                              .wire_len = (uint32_t)rig.len,
                              .link = MONITOR_ETHERNET,
                              .way = way,
                              .own = own};
    monitor_frame(bench.monitor, &f);
}

/* "H ..." by the host, "P ..." by its peer. */
static void show(const char *segment)
{
    static const uint8_t mac[] = {0x52, 0x55, 0x0a, 0, 2, 15};
    char text[256];
    bool host = segment[0] == 'H';
    snprintf(text, sizeof text,
             "< eth 52:55:0a:00:02:%s > 52:55:0a:00:02:%s ip 10.0.2.%s id %u df tcp %s",
             host ? "0f" : "02", host ? "02" : "0f", host ? "15 > 10.0.2.2" : "2 > 10.0.2.15",
             (unsigned)bench.number & 0xffff, segment + 2);
    rig.context.source_first = host ? 71 : 1001;
    rig.context.have_source_isn = rig.context.have_destination_isn = true;
    rig.len = build(text);
    cr_assert_gt(rig.len, 0, "%s: %s", text, rig.why);
    see(host ? MONITOR_LEAVES : MONITOR_COMES, host ? mac : NULL);
}

static void open_connection(void)
{
    show("P 5 > 80 S 1000:1000(0) win 5000 <mss 1000>");
    show("H 80 > 5 S. 70:70(0) ack 1001 win 5000 <mss 1460>");
    show("P 5 > 80 . 1001:1001(0) ack 71 win 5000");
}

/* tcp_gap: what is sent leaves no octet out. */
Test(monitor, tcp_gap)
{
    open_connection();
    show("H 80 > 5 P. 71:171(100) ack 1001 win 5000");
    cr_expect_eq(bench.founds, 0);
    show("H 80 > 5 P. 172:200(28) ack 1001 win 5000");
    cr_assert_eq(bench.founds, 1);
    cr_expect_eq(bench.found[0], MONITOR_tcp_gap);
}

/* eth_own_source: the source is the interface's own address. */
Test(monitor, eth_own_source)
{
    static const uint8_t other[] = {0x52, 0x55, 0x0a, 0, 2, 16};
    open_connection();
    show("H 80 > 5 . 71:71(0) ack 1001 win 5000");
    cr_expect_eq(bench.founds, 0);
    see(MONITOR_LEAVES, other);
    cr_assert_eq(bench.founds, 1);
    cr_expect_eq(bench.found[0], MONITOR_eth_own_source);
}

/* What the peer does is its own affair, however wrong. */
Test(monitor, the_peer_is_not_judged)
{
    open_connection();
    show("P 5 > 80 SF. 2000:2000(0) ack 5000 win 5000");
    cr_expect_eq(bench.founds, 0);
}

/* At the port nothing was lost: what is acknowledged and did not come is certain at once. */
Test(monitor, acknowledged_and_not_come)
{
    open_connection();
    show("H 80 > 5 . 71:71(0) ack 1002 win 4999");
    cr_assert_eq(bench.founds, 1);
    cr_expect_eq(bench.found[0], MONITOR_tcp_ack_unseen);
}

/* Ten thousand connections with data take the memory of those that are remembered. */
Test(monitor, memory_is_bounded)
{
    size_t before = 0;
    for (unsigned k = 0; k < 10000; k++) {
        char text[128];
        snprintf(text, sizeof text, "P %u > 80 P. 1001:1401(400) ack 71 win 5000", 1 + k);
        show(text);
        if (k == 100)
            before = bench.peak;
    }
    cr_expect_eq(bench.peak, before, "%zu octets, %zu after a hundred", bench.peak, before);
    cr_expect_gt(monitor_counts(bench.monitor)->forgotten, 9000);
}
