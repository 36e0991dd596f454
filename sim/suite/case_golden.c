/* A case beside its golden: compared while it is played, or written. */
#include <string.h>
#include "sim/suite/case_golden.h"

static const struct place whole = {NULL, 1, 1, 0};

/* A golden is for our stack, at the script's own seed, options and profile; any other run is judged
 * by its lines alone. */
static bool applies(const struct suite_case *c, const struct options *o)
{
    return c->golden && !o->no_golden && !o->wrap && !o->wire_mutants && !o->sut && !o->driver &&
           !o->seed_given && !o->sets && !o->faults && !o->defines &&
           (!o->profile || strcmp(o->profile, "rfc") == 0);
}

/* "slirp 4.7.0\n" for each kind of host that has a version; "" when there is none. */
static void versions_here(const struct topology *t, char *out, size_t room)
{
    size_t len = 0;
    out[0] = 0;
    for (uint32_t h = 0; h < t->hosts && len < room; h++) {
        const struct host_kind *kind = t->host[h]->kind;
        const char *version = kind->version ? kind->version(t->host[h]) : NULL;
        if (version)
            len += (size_t)snprintf(out + len, room - len, "%s %s\n", kind->name, version);
    }
}

void case_golden_follow(struct run *r, const struct suite_case *c, const struct options *o,
                        struct case_golden *g)
{
    g->golden = NULL;
    g->subject =
        (struct golden_subject){&r->topology.recording, r->script->golden_fingerprint, g->versions};
    versions_here(&r->topology, g->versions, sizeof g->versions);
    if (applies(c, o) && !o->bless)
        g->golden = golden_open(&g->subject, c->golden);
}

static void write_golden(struct run *r, const struct suite_case *c, const struct case_golden *g,
                         struct outcome *out)
{
    struct why why = {{0}};
    out->golden = GOLDEN_WRITTEN;
    if (golden_write(&g->subject, c->golden, &why) != 0)
        verdict_fail(&r->verdict, &whole, world_now(r->world), "%s", why.text);
}

static void check_golden(struct run *r, const struct case_golden *g, bool strict,
                         struct outcome *out)
{
    char text[8192];
    enum golden_result got = golden_compare(g->golden, text, sizeof text);
    if (got == GOLDEN_OTHER_VERSION) {
        r->verdict.over = false;
        verdict_skip(&r->verdict, "%s", text);
        return;
    }
    out->golden = got == GOLDEN_SAME     ? GOLDEN_HELD
                  : got == GOLDEN_ABSENT ? GOLDEN_MISSING
                                         : GOLDEN_BROKEN;
    if (got == GOLDEN_SAME || (got == GOLDEN_ABSENT && !strict))
        return;
    verdict_fail(&r->verdict, &whole, world_now(r->world),
                 "every line passes, but the capture is not the golden\n  golden    %s", text);
    if (got == GOLDEN_UNREADABLE)
        r->verdict.status = RUN_ERROR;
}

void case_golden_judge(struct run *r, const struct suite_case *c, const struct options *o,
                       const struct case_golden *g, struct outcome *out)
{
    if (r->verdict.status != RUN_PASSED)
        return;
    if (applies(c, o) && o->bless)
        write_golden(r, c, g, out);
    else if (g->golden)
        check_golden(r, g, o->strict, out);
}
