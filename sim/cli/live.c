/*
 * wiredrill live: a world in real time. With --tap the stack, its driver and the NIC model stand
 * behind a TAP device, and what leaves or enters their link goes to or comes from it; with --netdev
 * our peers are the network of a kernel in QEMU, which is the host under test. The world is that of
 * a run, with the same engine for the script's calls; its clock follows the machine's. Monitors
 * judge the frames.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "sim/cli/live_inside.h"
#include "sim/play/watch.h"

enum { BATCH = 64, PATH_TEXT = 4200 };

/* How late the process must be for what came meanwhile to go first; for nobody to be judged by
 * times any more. */
enum { LATE_NS = 1000000, UNTIMED_NS = 50000000 };

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

/* --- the wire --- */

/* The stack's frame leaves the link by the device's port. */
static void deliver(void *ctx, int port, struct frame *f, int64_t now_ns)
{
    struct live *l = ctx;
    (void)port, (void)now_ns;
    cable_give(&l->cable, f->bytes, f->len);
}

static void gone(void *ctx, const uint8_t *bytes, uint32_t len)
{
    live_see(ctx, bytes, len, true);
}

static void came(struct live *l, const uint8_t *bytes, size_t len)
{
    if (l->options->netdev) {
        live_outside_came(bytes, len);
        return;
    }
    struct frame *f = frame_copy(l->run->world, bytes, (uint32_t)len);
    live_see(l, bytes, (uint32_t)len, false);
    link_send(l->link, l->port, f);
    frame_unref(f);
}

/* What the other side sent meanwhile; false: nothing. */
static bool take_frames(struct live *l)
{
    static uint8_t bytes[CABLE_FRAME];
    size_t len;
    int taken = 0;
    while (taken < BATCH && (len = cable_take(&l->cable, bytes)) > 0) {
        came(l, bytes, len);
        taken++;
    }
    return taken > 0;
}

/* The process looks at the clock; a pause that it did not ask for is the machine's. */
static int64_t look(struct live *l, int64_t asked_ns)
{
    int64_t now_ns = real_now() - l->start_ns, paused_ns = now_ns - l->looked_ns - asked_ns;
    l->looked_ns = now_ns;
    if (paused_ns > UNTIMED_NS)
        live_paused(l, paused_ns);
    return now_ns;
}

/* Where the world is to stand: at the real time. But a process that was not run for a while is late
 * for what is due, and finds frames that came before it: they go first, and the world falls behind
 * until all are taken, else an answer that was in time would meet a timer that has fired. */
static int64_t catch_up(struct live *l, int64_t step_ns, int64_t now_ns)
{
    struct world *w = l->run->world;
    if (now_ns - world_next(w) < LATE_NS || !take_frames(l))
        return now_ns;
    int64_t until_ns = world_now(w) + (step_ns < LATE_NS ? step_ns : LATE_NS);
    return until_ns < now_ns ? until_ns : now_ns;
}

/* The world follows the real time; then it waits for the next thing of either. */
static void loop(struct live *l)
{
    int64_t wait_ns = 0;
    while (!stopped && !l->run->verdict.over) {
        int64_t looked_ns = l->looked_ns, now_ns = look(l, wait_ns);
        run_play(l->run, catch_up(l, now_ns - looked_ns, now_ns));
        wait_ns = 0;
        if (take_frames(l))
            continue;
        wait_ns = world_next(l->run->world) - (real_now() - l->start_ns);
        wait_ns = wait_ns < 0 ? 0 : wait_ns > 100000000 ? 100000000 : wait_ns;
        if (cable_wait(&l->cable, l->input, wait_ns))
            live_read(l);
    }
}

/* --- the command --- */

#define BEGIN "0 assert now() == 0\n"
#define SERVE                                                                                      \
    "0 http_serve(80, \"/\", \"<html>wiredrill live</html>\\n\", \"/big\", 1000000) = 0\n"         \
    "0 udp_echo() = 0\n"                                                                           \
    "0 tcp_echo() = 0\n"                                                                           \
    "0 telnet_serve() = 0\n"
#define ALONE                                                                                      \
    "sut eth0 ip 10.77.0.15/24\n"                                                                  \
    "end 31536000s because \"until Ctrl-C\"\n"

/* Of a kernel that is judged alone, or of our stack. */
static uint64_t tables(struct live *l)
{
    uint64_t must = l->ours.monitor ? live_table(&l->ours) : 0;
    uint64_t theirs = live_table(&l->theirs);
    if (l->options->netdev)
        live_outside_violations(l);
    if (l->pauses && l->options->netdev)
        printf("  this process was not run %" PRIu64
               " time%s when it was due, for up to %.0f ms: from "
               "then on nothing that times decide is certain\n",
               l->pauses, l->pauses == 1 ? "" : "s", (double)l->paused_ns / 1e6);
    if (l->cable.lost)
        printf("  %" PRIu64 " frames were not taken by the %s\n", l->cable.lost,
               l->options->netdev ? "other side" : "device");
    return l->options->netdev ? theirs : must;
}

/* What the script's end found undone: calls that are open, lines that were not come to. */
static bool undone(const struct run *r)
{
    const struct frame_of_steps *top = &r->depth[0];
    for (uint32_t k = 0; k < r->calls.slots; k++) {
        const struct pending_call *p = r->calls.slot[k];
        if (p->token)
            printf("%s:%d: %s(...) has not returned\n", p->step->place.file, p->step->place.line,
                   p->step->u.call.name);
    }
    if (top->at < top->count)
        printf("%s:%d: the end came before this line's time\n", top->step[top->at].place.file,
               top->step[top->at].place.line);
    return r->calls.open > 0 || top->at < top->count;
}

static int finish(struct live *l)
{
    struct run *r = l->run;
    uint64_t must = r->verdict.status == RUN_SKIPPED ? 0 : tables(l);
    if (r->verdict.status != RUN_PASSED)
        fputs(r->verdict.report, stdout);
    bool open = !stopped && r->verdict.status == RUN_PASSED && undone(r);
    return r->verdict.status == RUN_SKIPPED                  ? EXIT_USAGE
           : must || open || r->verdict.status != RUN_PASSED ? EXIT_FAILED_CASE
                                                             : EXIT_PASSED;
}

static void tell(const struct live *l)
{
    if (l->options->quiet)
        return;
    printf(
        "our stack is on %s%s; a line such as `loss 5%%`, `latency 20ms`, `down`, `calm` changes "
        "the wire\n",
        l->options->tap,
        l->options->paths ? "" : " as 10.77.0.15/24 (ip addr add 10.77.0.1/24 dev the device)");
    if (l->options->serve)
        printf("it serves HTTP at port 80 (/, /big), echo at 7 by UDP and TCP, telnet at 23\n");
}

static void begin(struct live *l)
{
    if (l->options->netdev) {
        live_outside_tell(l);
    } else {
        l->link = l->run->topology.recording.link[0].link;
        tell(l);
        l->ours.monitor = watch_monitor(l->run);
        l->port = link_attach(l->link, "tap", deliver, NULL, l);
    }
    recording_bound(&l->run->topology.recording);
    l->start_ns = real_now();
}

static int play(struct live *l, struct script *s)
{
    struct why why = {{0}};
    const struct options *o = l->options;
    struct run_options options = {.sut = o->netdev ? &live_outside : o->stack,
                                  .load = o->load,
                                  .seed = o->seed_given ? o->seed : (uint64_t)real_now(),
                                  .set = o->set,
                                  .sets = o->sets,
                                  .by_outcome = true,
                                  .monitored = !o->netdev,
                                  .found = live_found,
                                  .found_ctx = &l->ours,
                                  .live = true,
                                  .once = o->once};
    const struct run_case kase = {
        .script = s, .nic = nic_kind_by_name(o->nic ? o->nic : "e1000"), .name = "live"};
    int status = EXIT_USAGE;
    l->run = run_new(&kase, &options, &why);
    if (!l->run) {
        usage_error("%s", why.text);
    } else if (l->run->verdict.status == RUN_SKIPPED) {
        status = finish(l);
        run_free(l->run);
    } else {
        begin(l);
        loop(l);
        status = finish(l);
        run_close(l->run);
        run_free(l->run);
    }
    return status;
}

/* A network alone is a script, too, and one without `end` goes on until Ctrl-C. */
static struct script *read_file(const struct options *o, struct diagnostic *d)
{
    char text[PATH_TEXT];
    int len =
        snprintf(text, sizeof text, BEGIN "%sinclude \"%s\"\n", o->serve ? SERVE : "", o->path[0]);
    if (len >= (int)sizeof text)
        return script_load(o->path[0], o->defined, d);
    struct script *s = script_parse("live", text, (size_t)len, o->defined, d);
    if (s && s->end_ns < 0)
        s->end_ns = NEVER - 1;
    return s;
}

static struct script *read_alone(const struct options *o, struct diagnostic *d)
{
    const char *text = o->serve ? BEGIN SERVE ALONE : BEGIN ALONE;
    return script_parse("live", text, strlen(text), o->defined, d);
}

static struct script *read_script(const struct options *o)
{
    struct diagnostic d;
    struct script *s = o->paths    ? read_file(o, &d)
                       : o->netdev ? live_peers(o->defined, &d)
                                   : read_alone(o, &d);
    if (!s)
        usage_error("%s", d.text);
    return s;
}

/* Frames are judged at the cable. A TAP device's are read a while after the kernel sent them; what
 * QEMU gives to its socket has just left the kernel's NIC. */
static int open_all(struct live *l, struct why *why)
{
    const struct options *o = l->options;
    unsigned known = NEEDS_COMPLETE | NEEDS_UNMERGED | (o->netdev ? NEEDS_PORT | NEEDS_ORDER : 0);
    if ((o->netdev ? cable_netdev(&l->cable, o->netdev, why) : cable_tap(&l->cable, o->tap, why)) !=
            0 ||
        (o->pcap && !(l->pcap = pcap_stream_open(o->pcap, why))))
        return -1;
    l->cable.gone = gone;
    l->cable.ctx = l;
    if (!live_watch(&l->theirs, known)) {
        why_set(why, "no memory");
        return -1;
    }
    return 0;
}

static int live(struct live *l)
{
    struct why why = {{0}};
    struct script *s = read_script(l->options);
    int status = EXIT_USAGE;
    if (!s)
        return status;
    if (open_all(l, &why) == 0) {
        signal(SIGINT, stop);
        signal(SIGTERM, stop);
        signal(SIGTTIN, SIG_IGN); /* in the background no lines come */
        setvbuf(stdout, NULL, _IOLBF, 0);
        live_outside_begin(l);
        status = play(l, s);
        monitor_free(l->theirs.monitor);
    } else {
        usage_error("%s", why.text);
    }
    if (l->pcap && fclose(l->pcap) != 0)
        status = usage_error("%s: %s", l->options->pcap, strerror(errno));
    cable_close(&l->cable);
    live_changes_free(l);
    script_free(s);
    return status;
}

int command_live(int argc, char **argv)
{
    struct options o;
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (!o.tap == !o.netdev || o.paths > 1)
        return usage_error("live: a TAP device or a socket for QEMU, and at most one script: "
                           "`wiredrill live --tap tap0`, `wiredrill live --netdev dgram:PATH`");
    if (o.serve && !o.tap)
        return usage_error("--serve: our stack serves behind a TAP device, `wiredrill live --tap "
                           "tap0 --serve`");
    static struct live l;
    l = (struct live){.options = &o, .input = STDIN_FILENO, .cable = {.fd = -1, .listen = -1}};
    l.ours = (struct side){.live = &l, .name = "our stack"};
    l.theirs = (struct side){.live = &l, .name = o.netdev ? "the kernel" : "the other side"};
    return live(&l);
}
