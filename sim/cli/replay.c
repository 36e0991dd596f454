/*
 * wiredrill replay: captured frames, fed to the stack under test at their times, and what became of
 * each. A capture becomes the steps of a script
 * (`<` lines of whole frames), so that the same engine plays it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/cli/replay_inside.h"

/* The host that captures meet unless --to says otherwise: libslirp's first guest. */
#define REPLAY_MAC  "52:54:00:12:34:56"
#define REPLAY_IPV4 "10.0.2.15"

static void enter(void *ctx, uint32_t frame, enum sut_fate fate, const char *reason)
{
    struct ledger *l = ctx;
    /* Fed in the order of the file, counted from 1. */
    const struct pcap_frame *f =
        frame && frame <= l->file->count ? &l->file->frame[frame - 1] : NULL;
    bool cut = f && f->len < f->original_len;
    l->by_fate[fate]++;
    l->cut += cut;
    const char *why = reason && reason[0] ? reason : "";
    if (f)
        l->frame[frame - 1] =
            (struct told_frame){.fate = fate, .reason = pool_text(l->pool, why, strlen(why))};
    for (int r = 0; r < l->rows; r++) {
        if (l->row[r].fate == fate && strcmp(l->row[r].reason, why) == 0) {
            l->row[r].frames++;
            l->row[r].cut += cut;
            return;
        }
    }
    if (l->rows < REASONS)
        l->row[l->rows++] = (struct fate_row){fate, pool_text(l->pool, why, strlen(why)), 1, cut};
}

/* --- the script that a capture becomes --- */

static int parse_target(const char *to, struct target *t)
{
    unsigned m[6], a[4];
    char rest;
    t->text = REPLAY_IPV4;
    sscanf(REPLAY_MAC, "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]);
    sscanf(REPLAY_IPV4, "%u.%u.%u.%u", &a[0], &a[1], &a[2], &a[3]);
    if (to) {
        if (sscanf(to, "%2x:%2x:%2x:%2x:%2x:%2x/%3u.%3u.%3u.%3u%c", &m[0], &m[1], &m[2], &m[3],
                   &m[4], &m[5], &a[0], &a[1], &a[2], &a[3], &rest) != 10 ||
            a[0] > 255 || a[1] > 255 || a[2] > 255 || a[3] > 255)
            return usage_error("--to: \"%s\" is not MAC/IPv4, such as " REPLAY_MAC "/" REPLAY_IPV4,
                               to);
        if (m[0] & 1 || a[0] == 0 || a[0] == 127 || a[0] >= 224)
            return usage_error(
                "--to: \"%s\" is no address of one host, such as " REPLAY_MAC "/" REPLAY_IPV4, to);
        t->rewrite = true;
        t->text = strchr(to, '/') + 1;
    }
    for (int k = 0; k < 6; k++)
        t->mac[k] = (uint8_t)m[k];
    t->ipv4 = a[0] << 24 | a[1] << 16 | a[2] << 8 | a[3];
    return 0;
}

/* Times count from the first frame and never go back. */
static void fill_steps(struct script *s, struct step *step, const struct pcap_file *file,
                       const struct target *t, bool fix_sums)
{
    int64_t first = file->count ? file->frame[0].time_ns : 0, last = 0;
    for (size_t f = 0; f < file->count; f++) {
        struct pcap_frame *frame = &file->frame[f];
        struct diagnostic d;
        /* What is neither IPv4 nor ARP reaches the station all the same. */
        if (t->rewrite && !packet_redirect(frame->bytes, frame->len, t->mac, t->ipv4) &&
            frame->len >= sizeof t->mac)
            memcpy(frame->bytes, t->mac, sizeof t->mac);
        if (fix_sums && packet_is_partial(frame->bytes, frame->len))
            packet_mend(frame->bytes, frame->len);
        int64_t at = frame->time_ns - first;
        last = at > last ? at : last;
        struct word hex[2] = {
            {.kind = WORD_NAME, .text = "hex"},
            {.kind = WORD_HEX, .text = "", .bytes = frame->bytes, .len = frame->len}};
        step[f].kind = STEP_PACKET;
        step[f].when = (struct when){.kind = WHEN_ABSOLUTE, .from_ns = last, .to_ns = last};
        step[f].place = (struct place){s->path, (int)f + 1, 1, 0};
        step[f].u.packet.direction = '<';
        step[f].u.packet.packet =
            frame->len ? packet_compile(s->layers, s->pool, '<', hex, 2, &d) : NULL;
    }
    s->end_ns = last;
}

static struct passed_over keep_frames(struct pcap_file *file)
{
    size_t kept = 0;
    struct passed_over over = {0, 0};
    for (size_t f = 0; f < file->count; f++) {
        bool empty = file->frame[f].len == 0, giant = file->frame[f].len > FRAME_MAX;
        over.empty += empty;
        over.giant += giant;
        if (empty || giant)
            free(file->frame[f].bytes);
        else
            file->frame[kept++] = file->frame[f];
    }
    file->count = kept;
    return over;
}

static struct script *script_of(const char *path, const struct target *t, bool promiscuous)
{
    char text[512];
    struct diagnostic d;
    int len =
        snprintf(text, sizeof text,
                 "sut eth0 ip %s/24 mac %02x:%02x:%02x:%02x:%02x:%02x\nhost raw capture\n"
                 "%s",
                 t->text, t->mac[0], t->mac[1], t->mac[2], t->mac[3], t->mac[4], t->mac[5],
                 promiscuous ? "0 ifflags(\"eth0\", \"promisc\", 1) = 0\n" : "0 assert 1 == 1\n");
    struct script *s = script_parse(path, text, (size_t)len, NULL, &d);
    if (!s)
        usage_error("%s", d.text);
    return s;
}

static int save_capture(const struct run *r, const char *path)
{
    size_t len;
    struct why why = {{0}};
    uint8_t *bytes = capture_pcap(r->topology.recording.link[0].capture, &len);
    int got = bytes ? file_write(path, bytes, len, &why) : -1;
    free(bytes);
    return got == 0 ? 0 : usage_error("%s: %s", path, why.text);
}

/* A run that the world itself failed (a DMA address, a storm) is a failed case. */
/* The stack says what became of nothing, though it took frames in. */
static bool is_silent(const struct ledger *l, const struct options *o)
{
    return o->sut && strcmp(o->sut, "stack") != 0 && l->by_fate[SUT_FATE_CONSUMED] == 0 &&
           l->by_fate[SUT_FATE_DROPPED] == 0;
}

/* How the run ended; it is told. */
static int judge(const struct run *r, const struct ledger *l)
{
    uint64_t sum = l->by_fate[0] + l->by_fate[1] + l->by_fate[2] + l->by_fate[3];
    if (r->verdict.status == RUN_FAILED || r->verdict.status == RUN_SKIPPED)
        printf("%s%s", r->verdict.report,
               r->verdict.status == RUN_SKIPPED ? ": nothing was fed\n" : "");
    if (r->verdict.status == RUN_SKIPPED)
        return EXIT_USAGE;
    if (sum != l->fed)
        printf("  %" PRIu64 " frames were fed, %" PRIu64 " accounted for\n", l->fed, sum);
    return r->verdict.status == RUN_FAILED || sum != l->fed ? EXIT_FAILED_CASE : EXIT_PASSED;
}

/* A run that the world itself failed (a DMA address, a storm) is a failed case. */
static int play(struct script *s, const char *path, const struct options *o, const struct target *t,
                struct ledger *ledger, struct passed_over over, struct json_lines *const json[2])
{
    struct why why = {{0}};
    struct run_options options = {.sut = o->stack,
                                  .seed = o->seed,
                                  .by_outcome = true,
                                  .watch_fates = true,
                                  .fate = enter,
                                  .fate_ctx = ledger};
    const struct run_case kase = {
        .script = s, .nic = o->nic ? nic_kind_by_name(o->nic) : nic_kinds[0], .name = path};
    int64_t *times = calloc(s->steps + 1, sizeof *times);
    for (uint32_t k = 0; k < s->steps; k++)
        times[k] = s->step[k].when.from_ns;
    options.call_time = times;
    struct run *r = run_new(&kase, &options, &why);
    int status = EXIT_USAGE;
    if (!r) {
        usage_error("%s", why.text);
    } else {
        if (o->pcap || o->verbose || o->json || o->json_file)
            recording_keep_all(&r->topology.recording);
        run_play(r, NEVER);
        struct fingerprint w, t_of;
        run_fingerprints(r, &w, &t_of, &ledger->s);
        ledger->fed = sut_host_frames(r->topology.sut);
        int saved = o->pcap ? save_capture(r, o->pcap) : 0;
        run_close(r); /* tells what is held */
        ledger->silent = is_silent(ledger, o);
        status = judge(r, ledger);
        if (r->verdict.status != RUN_SKIPPED)
            replay_tell(path, ledger, r, o, t, over, json);
        status = saved != 0 ? EXIT_USAGE : status;
        run_free(r);
    }
    free(times);
    return status;
}

static int replay(const char *path, const struct options *o, const struct target *t,
                  struct json_lines *const json[2])
{
    struct pcap_file file;
    if (capture_open(path, &file) != EXIT_PASSED)
        return EXIT_USAGE;
    struct passed_over over = keep_frames(&file);
    struct ledger *l = calloc(1, sizeof *l);
    l->pool = pool_new();
    l->file = &file;
    l->frame = pool_alloc(l->pool, (file.count + 1) * sizeof *l->frame);
    for (size_t k = 0; k < file.count; k++)
        l->partial += packet_is_partial(file.frame[k].bytes, file.frame[k].len);
    struct script *s = script_of(path, t, o->promiscuous);
    int status = EXIT_USAGE;
    if (s) {
        uint32_t before = s->steps;
        struct step *steps = pool_alloc(s->pool, (before + file.count) * sizeof *steps);
        memcpy(steps, s->step, before * sizeof *steps);
        fill_steps(s, steps + before, &file, t, o->fix_sums);
        s->step = steps;
        s->steps = before + (uint32_t)file.count;
        status = play(s, path, o, t, l, over, json);
        script_free(s);
    }
    pool_free(l->pool);
    free(l);
    pcap_unload(&file);
    return status;
}

int command_replay(int argc, char **argv)
{
    struct options o;
    struct target t = {.rewrite = false};
    int status = EXIT_PASSED;
    if (options_parse(argc, argv, &o) != 0 || parse_target(o.to, &t) != 0)
        return EXIT_USAGE;
    if (o.paths == 0)
        return usage_error("replay: which captures? `wiredrill replay F.pcap...`");
    if (o.pcap && o.paths > 1)
        return usage_error("replay: --pcap takes the frames of one capture, %d are given", o.paths);
    struct why why = {{0}};
    struct json_lines *const json[2] = {o.json ? json_open(NULL) : NULL,
                                        o.json_file ? json_open(o.json_file) : NULL};
    for (int p = 0; p < o.paths; p++) {
        int got = replay(o.path[p], &o, &t, json);
        status = got > status ? got : status;
    }
    json_close(json[0], &why);
    return json_close(json[1], &why) == 0 ? status : usage_error("--json: %s", why.text);
}
