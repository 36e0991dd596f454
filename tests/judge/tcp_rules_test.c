/* The baseline's rules of TCP: exchanges by hand, as a host under test would send them, of which
 * the last segment breaks one rule and no other, or none. */
#include <stdlib.h>
#include "sim/judge/judge.h"
#include "sim/world/world.h"
#include "tests/packet/rig.h"

enum { LINK = 0, HOST_PORT = 0, PEER_PORT = 1, MOST = 8 };

static struct {
    struct world *world;
    struct judge judge;
    struct verdict verdict;
    struct owner player;
} bench;

static void nothing(struct owner *o, int64_t now_ns)
{
    (void)o, (void)now_ns;
}

static bool no_host(void *self, const char *name, struct packet_addresses *out)
{
    (void)self, (void)name, (void)out;
    return false;
}

static bool no_value(void *self, const char *name, struct value *out)
{
    (void)self, (void)name, (void)out;
    return false;
}

static void bench_up(void)
{
    rig_up();
    bench.world = world_new(1 << 24, 1);
    bench.verdict = (struct verdict){
        .world = bench.world, .path = "t", .name = "t", .report = calloc(1, VERDICT_ROOM)};
    struct judge *j = &bench.judge;
    judge_init(j, bench.world, 1);
    bench.player = (struct owner){.fire = nothing, .name = "nobody"};
    world_own(bench.world, &bench.player, RANK_SCRIPT);
    j->verdict = &bench.verdict;
    j->layers = rig.set;
    j->names = (struct judge_names){NULL, no_value, NULL, no_host};
    j->player = &bench.player;
    j->unlined = j->calls_heard = j->conventions = true;
    struct judge_port host = {.name = "eth0",
                              .number = HOST_PORT,
                              .station = STATION_UNDER_TEST,
                              .mac = {0x52, 0x55, 0x0a, 0, 2, 15},
                              .has_ipv4 = true,
                              .ipv4 = 0x0a00020f,
                              .prefix = 24},
                      peer = {.name = "peer",
                              .number = PEER_PORT,
                              .station = STATION_SCRIPT,
                              .mac = {0x52, 0x55, 0x0a, 0, 2, 2},
                              .has_ipv4 = true,
                              .ipv4 = 0x0a000202,
                              .prefix = 24};
    judge_add_port(j, LINK, &host);
    judge_add_port(j, LINK, &peer);
}

static void bench_down(void)
{
    free(bench.verdict.report);
    world_free(bench.world);
    rig_down();
}

/* "H ..." by the host, "F ..." without DF, "P ..." by its peer, numbers as they are on the wire. */
static void show(const char *segment)
{
    char text[256];
    bool host = segment[0] != 'P';
    static uint32_t id;
    snprintf(text, sizeof text,
             "< eth 52:55:0a:00:02:%s > 52:55:0a:00:02:%s ip 10.0.2.%s id %u %stcp %s",
             host ? "0f" : "02", host ? "02" : "0f", host ? "15 > 10.0.2.2" : "2 > 10.0.2.15",
             ++id & 0xffff, segment[0] == 'F' ? "" : "df ", segment + 2);
    rig.context.source_first = host ? 71 : 1001;
    rig.context.have_source_isn = rig.context.have_destination_isn = true;
    cr_assert_gt(build(text), 0, "%s: %s", text, rig.why);
    struct frame *f = frame_copy(bench.world, rig.frame, (uint32_t)rig.len);
    judge_frame(&bench.judge, LINK, host ? HOST_PORT : PEER_PORT, f, LINK_SENT, 0, 0);
    frame_unref(f);
}

TestSuite(judge_tcp, .init = bench_up, .fini = bench_down);

#define OPEN                                                                                       \
    "P 5 > 80 S 1000:1000(0) win 5000 <mss 1000>",                                                 \
        "H 80 > 5 S. 70:70(0) ack 1001 win 5000 <mss 1460>",                                       \
        "P 5 > 80 . 1001:1001(0) ack 71 win 5000"
#define SCALED                                                                                     \
    "P 5 > 80 S 1000:1000(0) win 5000 <mss 1000,nop,wscale 0>",                                    \
        "H 80 > 5 S. 70:70(0) ack 1001 win 5000 <mss 1460,nop,wscale 2>",                          \
        "P 5 > 80 . 1001:1001(0) ack 71 win 5000"
#define STAMPED                                                                                    \
    "P 5 > 80 S 1000:1000(0) win 5000 <mss 1000,nop,nop,TS val 1 ecr 0>",                          \
        "H 80 > 5 S. 70:70(0) ack 1001 win 5000 <mss 1460,nop,nop,TS val 9 ecr 1>"

static const struct {
    const char *rule; /* NULL: none is broken */
    const char *segment[MOST];
} table[] = {
    {NULL, {OPEN, "H 80 > 5 P. 71:171(100) ack 1001 win 5000"}},
    {NULL,
     {OPEN, "P 5 > 80 P. 1001:1011(10) ack 71 win 5000", "H 80 > 5 . 71:71(0) ack 1011 win 5000"}},
    {NULL, {STAMPED, "H 80 > 5 . 71:71(0) ack 1001 win 5000 <nop,nop,TS val 9 ecr 1>"}},
    {NULL, {"P 5 > 80 S 1000:1000(0) win 5000", "H 80 > 5 R. 0:0(0) ack 1001 win 0"}},
    {NULL, {"H 9 > 80 S 7:7(0) win 5000 <mss 1460,nop,wscale 2,sackOK>"}},
    {"tcp flags", {OPEN, "H 80 > 5 SF. 71:71(0) ack 1001 win 5000"}},
    {"tcp flags", {OPEN, "H 80 > 5 FR. 71:71(0) ack 1001 win 5000"}},
    {"tcp flags", {OPEN, "H 80 > 5 F 71:71(0) win 5000"}},
    {"tcp reserved", {OPEN, "H 80 > 5 . 71:71(0) ack 1001 win 5000 reserved 1"}},
    {"tcp urgent", {OPEN, "H 80 > 5 . 71:71(0) ack 1001 win 5000 urg 3"}},
    {"tcp no ack", {OPEN, "H 80 > 5 R 71:71(0) ack 5 win 0"}},
    {"tcp df", {OPEN, "F 80 > 5 . 71:71(0) ack 1001 win 5000"}},
    /* Where no line can say it, what goes again in small pieces may be fragmented; new text not. */
    {NULL,
     {OPEN, "H 80 > 5 P. 71:171(100) ack 1001 win 5000",
      "F 80 > 5 P. 71:171(100) ack 1001 win 5000"}},
    {"tcp df",
     {OPEN, "H 80 > 5 P. 71:171(100) ack 1001 win 5000",
      "F 80 > 5 P. 171:271(100) ack 1001 win 5000"}},
    {"tcp edge", {OPEN, "H 80 > 5 . 71:71(0) ack 1001 win 4999"}},
    {NULL, {OPEN, "H 80 > 5 . 71:71(0) ack 1001 win 5001"}},
    {"tcp edge",
     {OPEN, "P 5 > 80 P. 1001:1011(10) ack 71 win 5000", "H 80 > 5 . 71:71(0) ack 1011 win 4989"}},
    {NULL,
     {OPEN, "P 5 > 80 P. 1001:1011(10) ack 71 win 5000", "H 80 > 5 . 71:71(0) ack 1011 win 4990"}},
    {"tcp edge", {SCALED, "H 80 > 5 . 71:71(0) ack 1001 win 1249"}},
    {NULL, {SCALED, "H 80 > 5 . 71:71(0) ack 1001 win 1250"}},
    {"tcp connection", {"H 80 > 5 . 71:71(0) ack 1001 win 5000"}},
    {"tcp connection", {"H 80 > 5 R 71:71(0) win 0"}},
    {"tcp sequence", {OPEN, "H 80 > 5 F. 72:72(0) ack 1001 win 5000"}},
    {"tcp acknowledgement", {OPEN, "H 80 > 5 . 71:71(0) ack 1002 win 5000"}},
    {"tcp window",
     {"P 5 > 80 S 1000:1000(0) win 5000 <mss 1000>",
      "H 80 > 5 S. 70:70(0) ack 1001 win 5000 <mss 1460>", "P 5 > 80 . 1001:1001(0) ack 71 win 50",
      "H 80 > 5 P. 71:122(51) ack 1001 win 5000"}},
    {NULL,
     {"P 5 > 80 S 1000:1000(0) win 5000 <mss 1000>",
      "H 80 > 5 S. 70:70(0) ack 1001 win 5000 <mss 1460>", "P 5 > 80 . 1001:1001(0) ack 71 win 50",
      "H 80 > 5 P. 71:121(50) ack 1001 win 5000"}},
    {NULL,
     {"P 5 > 80 S 1000:1000(0) win 5000 <mss 1000>",
      "H 80 > 5 S. 70:70(0) ack 1001 win 5000 <mss 1460>", "P 5 > 80 . 1001:1001(0) ack 71 win 0",
      "H 80 > 5 . 71:72(1) ack 1001 win 5000"}},
    {"tcp size", {OPEN, "H 80 > 5 P. 71:1072(1001) ack 1001 win 5000"}},
    {"tcp size",
     {"P 5 > 80 S 1000:1000(0) win 5000", "H 80 > 5 S. 70:70(0) ack 1001 win 5000 <mss 1460>",
      "P 5 > 80 . 1001:1001(0) ack 71 win 5000", "H 80 > 5 P. 71:608(537) ack 1001 win 5000"}},
    {"tcp options", {OPEN, "H 80 > 5 . 71:71(0) ack 1001 win 5000 <raw 08020000>"}},
    {"tcp options", {OPEN, "H 80 > 5 . 71:71(0) ack 1001 win 5000 <eol,raw 000001>"}},
    {"tcp options", {OPEN, "H 80 > 5 . 71:71(0) ack 1001 win 5000 <raw fd000000>"}},
    {"tcp syn options", {OPEN, "H 80 > 5 . 71:71(0) ack 1001 win 5000 <mss 1460>"}},
    {"tcp syn options", {OPEN, "H 80 > 5 . 71:71(0) ack 1001 win 5000 <nop,wscale 3>"}},
    {"tcp answered options",
     {"P 5 > 80 S 1000:1000(0) win 5000 <mss 1000>",
      "H 80 > 5 S. 70:70(0) ack 1001 win 5000 <mss 1460,nop,wscale 1>"}},
    {"tcp timestamps", {STAMPED, "H 80 > 5 . 71:71(0) ack 1001 win 5000"}},
    {"tcp payload", {OPEN, "H 80 > 5 P. 71:75(4) ack 1001 win 5000 data \"abcd\""}},
    /* No SYN of the host's was seen: where its stream begins is not known. */
    {NULL,
     {"P 5 > 80 S 1000:1000(0) win 5000 <mss 1000>", "P 5 > 80 . 1001:1001(0) ack 71 win 5000",
      "H 80 > 5 P. 71:75(4) ack 1001 win 5000 data \"abcd\""}},
};

/* Each is the last segment's, and no other rule is broken. */
Test(judge_tcp, each_rule_by_itself)
{
    for (size_t k = 0; k < sizeof table / sizeof table[0]; k++) {
        bench_down();
        bench_up();
        int last = 0;
        while (last + 1 < MOST && table[k].segment[last + 1])
            last++;
        for (int s = 0; s <= last; s++) {
            cr_assert(!bench.verdict.over, "%zu: before its last: %s", k, bench.verdict.report);
            show(table[k].segment[s]);
        }
        const char *report = bench.verdict.report, *first = strstr(report, "differs   ");
        if (!table[k].rule) {
            cr_assert(!bench.verdict.over, "%zu: %s", k, report);
            continue;
        }
        cr_assert(first, "%zu: %s is not noticed", k, table[k].segment[last]);
        first += strlen("differs   ");
        cr_assert_eq(strncmp(first, table[k].rule, strlen(table[k].rule)), 0, "%zu: %s", k, report);
        cr_assert(!strstr(first, "differs   "), "%zu: one rule alone: %s", k, report);
    }
}

/* What a call handed over stands in its place, and no octet beyond. */
Test(judge_tcp, payload_is_what_calls_hand_over)
{
    static const char *const open[] = {OPEN};
    for (int s = 0; s < 3; s++)
        show(open[s]);
    struct flow *f = flow_find(&bench.judge, 0x0a00020f, 80, 0x0a000202, 5);
    cr_assert(f);
    cr_assert_eq(f->host.isn, 70);
    cr_assert_eq(f->peer.isn, 1000);
    flow_write(&bench.judge, f, 0, (const uint8_t *)"abcd", 4);
    flow_write(&bench.judge, f, 4, NULL, 2);
    show("H 80 > 5 . 71:75(4) ack 1001 win 5000 data \"abcd\"");
    cr_assert(!bench.verdict.over, "%s", bench.verdict.report);
    show("H 80 > 5 P. 75:77(2) ack 1001 win 5000 data pattern 2 at 4");
    cr_assert(!bench.verdict.over, "%s", bench.verdict.report);
    show("H 80 > 5 P. 77:78(1) ack 1001 win 5000 data pattern 1 at 6");
    cr_assert(strstr(bench.verdict.report, "tcp payload: expected octets that a call handed over, "
                                           "actual 1 octets more"),
              "%s", bench.verdict.report);
}

/* What a knob says of the buffer, and of the discovery of path MTUs. */
Test(judge_tcp, knobs_are_heard)
{
    static const char *const open[] = {OPEN};
    bench.judge.rcvbuf = 5000;
    for (int s = 0; s < 3; s++)
        show(open[s]);
    show("H 80 > 5 . 71:71(0) ack 1001 win 5000");
    cr_assert(!bench.verdict.over, "%s", bench.verdict.report);
    bench.judge.rcvbuf = 0;
    show("H 80 > 5 . 71:71(0) ack 1001 win 6000");
    cr_assert(!bench.verdict.over, "nobody knows: %s", bench.verdict.report);
    bench.judge.no_discovery = true;
    show("F 80 > 5 . 71:71(0) ack 1001 win 6000");
    cr_assert(!bench.verdict.over, "%s", bench.verdict.report);
    bench.judge.rcvbuf = 6000;
    show("F 80 > 5 . 71:71(0) ack 1001 win 6001");
    cr_assert(strstr(bench.verdict.report, "tcp buffer: expected no more than the buffer holds, "
                                           "actual 6001 octets for a buffer of 6000"),
              "%s", bench.verdict.report);
}

/* A router that says what is too long has DF given up, it may be. */
Test(judge_tcp, too_long_lets_df_go)
{
    static const char *const open[] = {OPEN};
    for (int s = 0; s < 3; s++)
        show(open[s]);
    bench.judge.too_long = true;
    show("F 80 > 5 . 71:71(0) ack 1001 win 5000");
    cr_assert(!bench.verdict.over, "%s", bench.verdict.report);
}

/* A SYN that is refused changes no ISN; one that is answered does. */
Test(judge_tcp, isn_is_learnt_anew)
{
    static const char *const open[] = {OPEN};
    for (int s = 0; s < 3; s++)
        show(open[s]);
    const struct flow *f = flow_find(&bench.judge, 0x0a00020f, 80, 0x0a000202, 5);
    show("H 80 > 5 . 71:71(0) ack 1001 win 5000");
    show("P 5 > 80 S 9000:9000(0) win 5000 <mss 1000>");
    cr_assert_eq(f->peer.isn, 1000);
    show("H 80 > 5 . 71:71(0) ack 1001 win 5000");
    cr_assert_eq(f->peer.isn, 1000, "refused");
    show("H 80 > 5 S. 3000:3000(0) ack 9001 win 5000 <mss 1460>");
    cr_assert_eq(f->peer.isn, 9000, "answered");
    cr_assert_eq(f->host.isn, 3000);
    cr_assert(!bench.verdict.over, "%s", bench.verdict.report);
}
