/*
 * wiredrill live: the stack, its driver and the NIC model in real time behind a TAP device. The
 * world is that of a run, with the same engine for the script's calls; its clock follows the
 * machine's, and what leaves or enters its link goes to or comes from the device. A monitor judges
 * each side.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "sim/cli/cli.h"
#include "sim/cli/tap.h"
#include "sim/monitor/monitor.h"
#include "sim/play/run.h"
#include "sim/play/watch.h"

enum { MOST = 16384, OCTETS_MOST = 32 << 20, BATCH = 64, SHOWN = 3, FRAME_ROOM = 65550 };

/* One side of the wire, and who judges it. */
struct side {
    struct live *live;
    const char *name;
    struct monitor *monitor;
    uint64_t found[MONITOR_RULES];
};

struct live {
    const struct options *options;
    struct run *run;
    struct link *link;
    int port, fd;
    int64_t start_ns;
    uint64_t frames, lost; /* lost: the kernel did not take them */
    FILE *pcap;
    struct side ours, theirs;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

static int64_t real_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* --- the monitors --- */

static void found(void *self, const struct monitor_finding *f)
{
    struct side *s = self;
    const struct monitor_row *row = &monitor_row[f->rule];
    if (f->lacks || ++s->found[f->rule] > SHOWN || s->live->options->quiet)
        return;
    printf("%10.6f  frame %" PRIu64 ", %s: %s (%s, %s): %s\n", (double)f->time_ns / 1e9, f->number,
           s->name, row->name, monitor_level_name(row->level), row->clause, f->words);
}

/* The kernel is judged at the device, where its frames' times are those of being read; our stack at
 * its own port, where no link has lost anything yet, by the run itself. */
static bool watch_kernel(struct side *s)
{
    struct monitor_config config = {.self = s,
                                    .alloc = monitor_heap_alloc,
                                    .release = monitor_heap_release,
                                    .found = found,
                                    .known = NEEDS_COMPLETE | NEEDS_UNMERGED,
                                    .most = MOST,
                                    .octets_most = OCTETS_MOST};
    s->monitor = monitor_new(&config);
    return s->monitor != NULL;
}

static uint64_t print_side(const struct side *s)
{
    uint64_t must = 0;
    const struct monitor_counts *c = monitor_counts(s->monitor);
    printf("%s: %" PRIu64 " frames judged by %d rules, %" PRIu64 " connections\n", s->name,
           c->judged, (int)MONITOR_RULES, c->connections);
    for (int r = 0; r < MONITOR_RULES; r++) {
        if (!s->found[r])
            continue;
        must += monitor_row[r].level == MONITOR_MUST ? s->found[r] : 0;
        printf("  %8" PRIu64 "  %-10s  %-28s %s\n", s->found[r],
               monitor_level_name(monitor_row[r].level), monitor_row[r].name,
               monitor_row[r].clause);
    }
    return must;
}

/* --- the wire --- */

static void see(struct live *l, const uint8_t *bytes, uint32_t len, bool ours)
{
    struct monitor_frame f = {.number = ++l->frames,
                              .time_ns = world_now(l->run->world),
                              .bytes = bytes,
                              .len = len,
                              .wire_len = len,
                              .link = MONITOR_ETHERNET,
                              .way = ours ? MONITOR_COMES : MONITOR_LEAVES};
    monitor_frame(l->theirs.monitor, &f);
    if (l->pcap)
        pcap_stream_add(l->pcap, f.time_ns, bytes, len);
}

/* The stack's frame leaves the link by the device's port. */
static void deliver(void *ctx, int port, struct frame *f, int64_t now_ns)
{
    struct live *l = ctx;
    (void)port, (void)now_ns;
    see(l, f->bytes, f->len, true);
    if (write(l->fd, f->bytes, f->len) != (ssize_t)f->len)
        l->lost++;
}

/* What the kernel sent meanwhile; false: nothing. */
static bool take_frames(struct live *l)
{
    static uint8_t bytes[FRAME_ROOM];
    bool any = false;
    for (int k = 0; k < BATCH; k++) {
        ssize_t len = read(l->fd, bytes, sizeof bytes);
        if (len <= 0)
            break;
        struct frame *f = frame_copy(l->run->world, bytes, (uint32_t)len);
        see(l, bytes, (uint32_t)len, false);
        link_send(l->link, l->port, f);
        frame_unref(f);
        any = true;
    }
    return any;
}

/* The world stands at the real time; then it waits for the next thing of either. */
static void loop(struct live *l)
{
    while (!stopped && !l->run->verdict.over) {
        int64_t now = real_now() - l->start_ns;
        run_play(l->run, now);
        if (take_frames(l))
            continue;
        int64_t wait_ns = world_next(l->run->world) - (real_now() - l->start_ns);
        wait_ns = wait_ns < 0 ? 0 : wait_ns > 100000000 ? 100000000 : wait_ns;
        struct timespec wait = {0, (long)wait_ns};
        struct pollfd p = {.fd = l->fd, .events = POLLIN};
        ppoll(&p, 1, &wait, NULL);
    }
}

/* --- the command --- */

#define DEFAULT_SCRIPT                                                                             \
    "sut eth0 ip 10.77.0.15/24\n"                                                                  \
    "0 http_serve(80, \"/\", \"<html>wiredrill live</html>\\n\", \"/big\", 1000000) = 0\n"         \
    "0 udp_echo() = 0\n"                                                                           \
    "end 86400s because \"until Ctrl-C\"\n"

/* When each step is due; a relative time counts from the one before. */
static int64_t *times_of(const struct script *s)
{
    int64_t *times = calloc(s->steps + 1, sizeof *times), last = 0;
    for (uint32_t k = 0; times && k < s->steps; k++) {
        const struct when *w = &s->step[k].when;
        last = w->kind == WHEN_RELATIVE ? last + w->from_ns : w->from_ns;
        times[k] = last;
    }
    return times;
}

static int finish(struct live *l)
{
    struct run *r = l->run;
    bool open = !stopped && r->calls.open > 0;
    uint64_t must = print_side(&l->ours);
    print_side(&l->theirs);
    if (l->lost)
        printf("  %" PRIu64 " frames were not taken by the device\n", l->lost);
    if (r->verdict.status != RUN_PASSED)
        fputs(r->verdict.report, stdout);
    if (open)
        printf("%u calls have not returned\n", r->calls.open);
    return r->verdict.status == RUN_SKIPPED                  ? EXIT_USAGE
           : must || open || r->verdict.status != RUN_PASSED ? EXIT_FAILED_CASE
                                                             : EXIT_PASSED;
}

static int play(struct live *l, struct script *s)
{
    struct why why = {{0}};
    const struct options *o = l->options;
    int64_t *times = times_of(s);
    struct run_options options = {.sut = o->stack,
                                  .load = o->load,
                                  .seed = o->seed_given ? o->seed : (uint64_t)real_now(),
                                  .set = o->set,
                                  .sets = o->sets,
                                  .by_outcome = true,
                                  .monitored = true,
                                  .found = found,
                                  .found_ctx = &l->ours,
                                  .live = true,
                                  .call_time = times};
    const struct run_case kase = {
        .script = s, .nic = nic_kind_by_name(o->nic ? o->nic : "e1000"), .name = "live"};
    int status = EXIT_USAGE;
    l->run = run_new(&kase, &options, &why);
    if (!l->run) {
        usage_error("%s", why.text);
    } else {
        l->link = l->run->topology.recording.link[0].link;
        l->ours.monitor = watch_monitor(l->run);
        l->port = link_attach(l->link, "tap", deliver, NULL, l);
        recording_bound(&l->run->topology.recording);
        l->start_ns = real_now();
        loop(l);
        status = finish(l);
        run_close(l->run);
        run_free(l->run);
    }
    free(times);
    return status;
}

static struct script *read_script(const struct options *o)
{
    struct diagnostic d;
    struct script *s =
        o->paths ? script_load(o->path[0], o->defined, &d)
                 : script_parse("live", DEFAULT_SCRIPT, strlen(DEFAULT_SCRIPT), o->defined, &d);
    if (!s)
        usage_error("%s", d.text);
    return s;
}

static int live(struct live *l)
{
    struct why why = {{0}};
    const struct options *o = l->options;
    struct script *s = read_script(o);
    if (!s)
        return EXIT_USAGE;
    if ((l->fd = tap_open(o->tap, &why)) < 0 ||
        (o->pcap && !(l->pcap = pcap_stream_open(o->pcap, &why))) || !watch_kernel(&l->theirs)) {
        script_free(s);
        return usage_error("%s", why.text[0] ? why.text : "no memory");
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    setvbuf(stdout, NULL, _IOLBF, 0);
    int status = play(l, s);
    monitor_free(l->theirs.monitor);
    if (l->pcap && fclose(l->pcap) != 0)
        status = usage_error("%s: %s", o->pcap, strerror(errno));
    close(l->fd);
    script_free(s);
    return status;
}

int command_live(int argc, char **argv)
{
    struct options o;
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (!o.tap || o.paths > 1)
        return usage_error(
            "live: a TAP device, and at most one script: `wiredrill live --tap tap0`");
    struct live l = {.options = &o};
    l.ours = (struct side){.live = &l, .name = "our stack"};
    l.theirs = (struct side){.live = &l, .name = "the other side"};
    return live(&l);
}
