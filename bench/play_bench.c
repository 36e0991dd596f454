/*
 * What a script's lines cost: one frame injected, answered by the stack and judged, in a world that
 * is warm, and in one that is put back before each.
 */
#include <stdlib.h>
#include "bench/bench.h"
#include "sim/suite/suite.h"

enum { WARM_UP_NS = 3000, FRAME_NS = 1000, WARM = 200000, RESTORED = 50000 };

static void must(bool good, const struct run *r, const struct why *why)
{
    if (good && (!r || r->verdict.status == RUN_PASSED))
        return;
    fprintf(stderr, "play_bench: %s%s\n", why->text, r ? r->verdict.report : "");
    exit(1);
}

static struct run *begin(const struct suite_case *c, const struct run_options *options,
                         struct why *why)
{
    struct run *r = run_new(&c->run, options, why);
    must(r != NULL, r, why);
    run_play(r, WARM_UP_NS);
    must(true, r, why);
    return r;
}

static void bench_case(const struct suite_case *c, const struct run_options *options)
{
    char what[80];
    struct why why = {{0}};
    const char *nic = c->run.nic->name;
    struct run *r = begin(c, options, &why);
    int64_t start_ns = wall_ns();
    for (int64_t i = 1; i <= WARM; i++)
        run_play(r, WARM_UP_NS + i * FRAME_NS);
    snprintf(what, sizeof what, "frame, answer, verdict: warm, %s", nic);
    say(what, WARM, "times", start_ns);
    must(true, r, &why);
    run_free(r);
    r = begin(c, options, &why);
    struct image *image = world_save(r->world, &why);
    must(image != NULL, r, &why);
    start_ns = wall_ns();
    for (int i = 0; i < RESTORED; i++) {
        world_restore(r->world, image);
        run_play(r, WARM_UP_NS + FRAME_NS);
    }
    snprintf(what, sizeof what, "the same, %zu KiB restored before",
             world_bytes_used(r->world) >> 10);
    say(what, RESTORED, "times", start_ns);
    must(true, r, &why);
    image_free(image);
    run_free(r);
}

int main(int argc, char **argv)
{
    struct why why = {{0}};
    const char *path = argc > 1 ? argv[1] : "bench/prepared.pkt";
    const struct run_options options = {.sut = sut_load("stack", &why), .seed = 1};
    must(options.sut != NULL, NULL, &why);
    struct suite *suite = suite_load(&path, 1, &(struct suite_options){.sut = options.sut}, &why);
    must(suite != NULL && suite->refusals == 0, NULL, &why);
    for (uint32_t k = 0; k < suite->cases; k++)
        bench_case(&suite->kase[k], &options);
    suite_free(suite);
    return 0;
}
