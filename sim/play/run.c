/* A run's world: built from the script's declarations before time 0, played, judged, taken apart at
 * the end. */
#include "sim/play/run.h"
#include <string.h>
#include "sim/hosts/host.h"
#include "sim/hosts/sut_host.h"
#include "sim/topology/topology.h"

enum { ARENA_BYTES = 1 << 30 };

/* Loss closure's one fault. */
static void lose_one(struct run *r)
{
    const struct link_fault fault = {
        .kind = FAULT_LOSE, .frame = r->options->lose_frame, .from_port = -1};
    if (!r->options->lose_frame)
        return;
    if (r->script->outcomes == 0)
        run_skip(
            r,
            "%s: a run that loses a frame is judged by the script's outcome lines, and it has none",
            r->script->path);
    else if (r->options->lose_link < (int)r->links)
        link_add_fault(r->link[r->options->lose_link].link, &fault);
}

/* The frame that was to be lost must have come. */
static void judge_loss(struct run *r)
{
    static const struct place nowhere = {NULL, 1, 1, 0};
    const struct run_options *o = r->options;
    uint32_t frames = o->lose_link < (int)r->links ? r->link[o->lose_link].capture->count : 0;
    if (r->status == RUN_PASSED && frames < o->lose_frame)
        run_fail(r, &nowhere, world_now(r->world), "frame %llu of link %d was never lost: %u came",
                 (unsigned long long)o->lose_frame, o->lose_link, frames);
}

static void each_packet(struct run *r, const struct step *step, uint32_t steps, run_packet *see)
{
    for (uint32_t k = 0; k < steps; k++) {
        const struct step *s = &step[k];
        if (s->kind == STEP_ALL || s->kind == STEP_REPEAT)
            each_packet(r, s->u.block.step, s->u.block.steps, see);
        else if (s->kind == STEP_PACKET)
            see(r, s->u.packet.packet, &s->place);
        else if (s->kind == STEP_FAULT && s->u.fault.match)
            see(r, s->u.fault.match, &s->place);
    }
}

void run_each_packet(struct run *r, run_packet *see)
{
    each_packet(r, r->script->step, r->script->steps, see);
    for (uint32_t k = 0; k < r->script->ignores; k++)
        see(r, r->script->ignore[k].packet, &r->script->ignore[k].place);
}

/* A line that is read but never played skips its script before anything happens. */
static void skip_unplayed(struct run *r, const struct packet_spec *packet,
                          const struct place *place)
{
    const char *why = packet_unplayed(packet);
    if (why)
        run_skip(r, "%s:%d: %s", place->file, place->line, why);
}

static int build(struct run *r, struct why *why)
{
    run_each_packet(r, skip_unplayed);
    for (uint32_t p = 0; p < r->script->parameters; p++)
        run_bind(r, r->script->parameter[p].name, r->kase->value[p]);
    if (run_build_links(r, why) != 0)
        return -1;
    struct attribute *attribute[HOST_PORTS] = {NULL};
    r->sut = run_new_host(r, &sut_kind, "sut");
    if (run_build_sut(r, attribute, why) != 0)
        return -1;
    if (r->status == RUN_SKIPPED)
        return 0;
    for (uint32_t h = 0; h < r->script->hosts; h++)
        if (run_build_host(r, &r->script->host[h], why) != 0)
            return -1;
    lose_one(r);
    if (run_configure_sut(r, attribute, why) != 0)
        return -1;
    return r->script->packetdrill ? run_build_packetdrill(r, why) : 0;
}

/* The line being played, for what no line is to blame for: it is near. */
static struct place here(const struct run *r)
{
    const struct frame_of_steps *top = r->depths ? &r->depth[r->depths - 1] : NULL;
    if (!top || !top->count)
        return (struct place){r->script->path, 1, 1, 0};
    return top->step[top->at < top->count ? top->at : top->count - 1].place;
}

#define STOPPED "\n  differs   run: expected to go on, actual stopped"

/* The process ends here, the verdict is told first. */
static void last_words(struct world *w, const char *why)
{
    struct run *r = world_root(w);
    if (!r->options->last_words)
        return;
    struct place place = here(r);
    run_fail(r, &place, world_now(w), "%s" STOPPED, why);
    r->options->last_words(r->options->last_words_ctx, r);
}

struct run *run_new(const struct run_case *kase, const struct run_options *options, struct why *why)
{
    struct world *w = world_new(ARENA_BYTES, options->seed);
    if (!w) {
        why_set(why, "no memory for a world");
        return NULL;
    }
    struct run *r = world_alloc(w, sizeof *r, 64);
    world_set_root(w, r);
    r->world = w;
    r->kase = kase;
    r->script = kase->script;
    r->options = options;
    world_on_fail_hard(w, last_words);
    r->ignored = world_alloc(w, (kase->script->ignores + 1) * sizeof *r->ignored, 16);
    r->call_time = world_alloc(w, (kase->script->steps + 1) * sizeof *r->call_time, 16);
    for (int f = 0; f < 64; f++)
        r->fd_map[f] = -1;
    r->owner.fire = options->by_outcome ? outcome_fire : engine_fire;
    r->owner.name = "the script";
    world_own(w, &r->owner, RANK_SCRIPT);
    if (build(r, why) != 0) {
        run_free(r);
        return NULL;
    }
    engine_start(r);
    return r;
}

void run_play(struct run *r, int64_t until_ns)
{
    struct why why = {{0}};
    if (r->finished)
        return;
    int stopped = world_run(r->world, until_ns, &why);
    if (r->finished)
        return;
    struct place place = here(r);
    if (stopped)
        run_fail(r, &place, world_now(r->world), "%s" STOPPED, why.text);
    else if (until_ns == NEVER)
        run_fail(r, &place, world_now(r->world), "the world went idle before the script ended");
}

/* A peer that counts what breaks its protocol's rules has counted nothing, unless the script asks
 * for it by itself. */
static void judge_violations(struct run *r)
{
    static const struct place nowhere = {NULL, 0, 0, 0};
    for (uint32_t k = 0; k < r->hosts && r->status == RUN_PASSED && !r->asked_violations; k++) {
        struct host *h = r->host[k];
        struct value count, last = {0};
        if (!h->kind->query || h->kind->query(h, "violations", &count) != 0 || count.number == 0)
            continue;
        if (h->kind->query(h, "last-violation", &last) != 0)
            last.bytes = NULL;
        run_fail(r, &nowhere, world_now(r->world),
                 "%s counted %lld violation%s of its protocol%s%s", h->name,
                 (long long)count.number, count.number == 1 ? "" : "s",
                 last.bytes ? ", the last: " : "", last.bytes ? (const char *)last.bytes : "");
    }
}

/* A fault or an ignore that never applied is a script that does not test what it says. */
void run_finish(struct run *r)
{
    judge_loss(r);
    for (uint32_t f = 0; f < r->faults && r->status == RUN_PASSED && !r->options->by_outcome; f++) {
        const struct place place = {r->script->path, r->fault[f]->line, 1, 1};
        if (r->fault[f]->applied == 0)
            run_fail(r, &place, world_now(r->world),
                     "this fault never applied: it has seen %llu frames",
                     (unsigned long long)r->fault[f]->seen);
    }
    for (uint32_t i = 0;
         i < r->script->ignores && r->status == RUN_PASSED && !r->options->by_outcome; i++)
        if (r->ignored[i] == 0)
            run_fail(r, &r->script->ignore[i].place, world_now(r->world),
                     "this ignore never applied");
    judge_violations(r);
}

static void stop_hosts(struct run *r)
{
    if (r->closed)
        return;
    r->closed = true;
    if (r->sut && r->sut->state)
        sut_host_close(r->sut);
    for (uint32_t h = 0; h < r->hosts; h++)
        if (r->host[h]->kind->stop)
            r->host[h]->kind->stop(r->host[h]);
}

void run_close(struct run *r)
{
    struct place whole = {r->script->path, 1, 1, 1};
    struct why why = {{0}};
    stop_hosts(r);
    if (r->status == RUN_PASSED && world_failed(r->world, &why))
        run_fail(r, &whole, world_now(r->world),
                 "%s\n  differs   end: expected nothing left, actual something", why.text);
}

void run_free(struct run *r)
{
    stop_hosts(r);
    world_free(r->world);
}

void run_fingerprints(const struct run *r, struct fingerprint *w, struct fingerprint *t,
                      struct fingerprint *s)
{
    fingerprint_init(w);
    fingerprint_init(t);
    fingerprint_init(s);
    for (uint32_t l = 0; l < r->links; l++) {
        fingerprint_join(w, link_print_bytes(r->link[l].link));
        fingerprint_join(t, link_print_times(r->link[l].link));
    }
    fingerprint_join(s, t);
    fingerprint_join(s, world_state_print(r->world));
}
