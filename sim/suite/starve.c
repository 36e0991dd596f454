/*
 * Out of memory: a case is played again and again, each time with one draw of our stacks' memory
 * refused (sim/hosts/stack_sut_draws.h): every draw up to the 200th, and of each place that draws
 * its first, second and last. Calls may fail and frames be lost; no assertion breaks, what leaves
 * is right, and nothing is left at the end. Outcomes are not asked for.
 */
#include "sim/suite/starve.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "sim/base/pool.h"
#include "sim/suite/insight.h"
#include "sim/play/watch.h"
#include "sim/record/ladder.h"
#include "sim/suite/swarm.h"

enum { EACH_DRAW = 200, REPEAT_ROOM = 4096 };

static uint64_t *seen;

void starve_share(void)
{
    seen = mmap(NULL, STARVE_BITS / 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seen == MAP_FAILED)
        seen = NULL;
}

uint32_t starve_sites(void)
{
    uint32_t count = 0;
    for (uint32_t w = 0; seen && w < STARVE_BITS / 64; w++)
        count += (uint32_t)__builtin_popcountll(seen[w]);
    return count;
}

struct starving {
    struct actions actions;
    struct run_options options;
    struct swarm calm;
    struct run *run;
    struct image *image; /* of the world at its beginning */
    uint64_t at_start, all;
    const char *repeat;
    char text[REPEAT_ROOM];
    struct result *out;
};

static bool begin(struct starving *s)
{
    struct why why = {{0}};
    s->run = run_new(&s->actions.kase, &s->options, &why);
    s->at_start = insight->draws_so_far();
    s->image = s->run ? world_save(s->run->world, &why) : NULL;
    return s->image != NULL;
}

/* What memory refused led to is no breach where it looks back. */
static void play(struct starving *s)
{
    run_again(s->run, &s->calm.script);
    s->run->judge.disturbed = true;
    watch_losses(s->run);
    run_play(s->run, NEVER);
    run_finish(s->run);
    if (s->run->verdict.status == RUN_PASSED)
        run_close(s->run);
}

static bool survives(struct starving *s, uint64_t n)
{
    struct why why = {{0}};
    bool early = n <= s->at_start;
    struct run *kept = s->run;
    snprintf(s->text, sizeof s->text, "%s --fail-alloc %llu", s->repeat, (unsigned long long)n);
    insight->draws_begin(early ? 0 : s->at_start, n, false);
    if (early)
        s->run = run_new(&s->actions.kase, &s->options, &why);
    else
        world_restore(s->run->world, s->image);
    s->out->outcome.runs++;
    if (s->run)
        play(s);
    insight->draws_end();
    bool held =
        !s->run || s->run->verdict.status == RUN_PASSED || s->run->verdict.status == RUN_SKIPPED;
    if (!held) {
        s->out->outcome.status = s->run->verdict.status;
        s->out->report = strdup(s->run->verdict.report);
        free(s->out->ladder);
        s->out->ladder = ladder_text(&s->run->topology.recording);
    } else if (early && s->run) {
        run_free(s->run);
    }
    s->run = kept;
    return held;
}

static void note_sites(const struct draw_site *site, uint32_t sites)
{
    for (uint32_t k = 0; seen && k < sites; k++) {
        uint64_t bit = site[k].hash % STARVE_BITS;
        __atomic_fetch_or(&seen[bit / 64], UINT64_C(1) << bit % 64, __ATOMIC_RELAXED);
    }
}

static bool try_all(struct starving *s)
{
    struct draw_site site[DRAW_SITES];
    uint32_t sites;
    const struct draw_site *found = insight->draws_sites(&sites);
    memcpy(site, found, sites * sizeof *site);
    note_sites(site, sites);
    bool held = true;
    for (uint64_t n = 1; held && n <= s->all && n <= EACH_DRAW; n++)
        held = survives(s, n);
    for (uint32_t k = 0; held && k < sites; k++) {
        const uint64_t draw[] = {site[k].first, site[k].second, site[k].last};
        for (int d = 0; held && d < 3; d++)
            if ((d < 2 || draw[d] != draw[1]) && draw[d] > EACH_DRAW)
                held = survives(s, draw[d]);
    }
    return held;
}

/* Played with all memory, which says how many draws there are. */
static bool try_fed(struct starving *s, struct pool *pool)
{
    insight->draws_begin(0, 0, true);
    bool begun = begin(s);
    swarm_compile(&s->actions, pool, &s->calm);
    s->calm.script.outcomes = 0;
    if (begun)
        play(s);
    s->all = insight->draws_end();
    return begun && s->run->verdict.status == RUN_PASSED;
}

void starve_run(const struct run_case *kase, const struct run_options *options, uint64_t only,
                struct result *out)
{
    struct starving s = {.options = *options, .repeat = options->repeat, .out = out};
    struct pool *pool = pool_new();
    actions_record(kase, options, options->seed, &s.actions);
    s.options.repeat = s.text;
    snprintf(s.text, sizeof s.text, "%s", s.repeat);
    if (s.actions.outside || !try_fed(&s, pool)) {
        out->outcome.left_out++;
    } else {
        out->outcome.draws = s.all;
        if (only)
            survives(&s, only);
        else
            try_all(&s);
    }
    if (s.image)
        image_free(s.image);
    if (s.run && out->outcome.status == RUN_PASSED)
        run_free(s.run);
    actions_free(&s.actions);
    pool_free(pool);
}
