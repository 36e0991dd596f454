#include "sim/suite/swarm.h"
#include <stdlib.h>
#include <string.h>
#include "sim/base/pool.h"

#define MS INT64_C(1000000)
#define S  (1000 * MS)

/* How long a run looks on when the links are calm and the script is through. */
#define LOOK_NS (10 * S)

enum { PERCENT = 10000, ONE_IN_SINGLE = 8, ONE_IN_SMALL = 8, EACH_MOST = 3 };

/* --- the group's configuration --- */

/* Knobs that change how a stack works, and nothing that a peer relies on. */
static const struct {
    const char *name;
    bool time;
    int64_t value[4];
    uint32_t values;
} knobs[] = {
    {"tcp.sack", false, {0, 1}, 2},
    {"tcp.timestamps", false, {0, 1}, 2},
    {"tcp.window_scaling", false, {0, 1}, 2},
    {"tcp.ecn", false, {0, 1, 2}, 3},
    {"tcp.rack", false, {0, 1}, 2},
    {"tcp.tail_loss_probe", false, {0, 1}, 2},
    {"tcp.frto", false, {0, 1}, 2},
    {"tcp.dsack", false, {0, 1}, 2},
    {"tcp.congestion_control", false, {0, 1}, 2},
    {"tcp.hystart", false, {0, 1, 2}, 3},
    {"tcp.initial_window", false, {1, 2, 10}, 3},
    {"tcp.fast_path", false, {0, 1}, 2},
    {"tcp.sndbuf", false, {2048, 16384, 65536}, 3},
    {"tcp.rcvbuf", false, {2048, 16384, 65535}, 3},
    {"tcp.delayed_ack", true, {0, 40 * MS, 200 * MS}, 3},
    {"tcp.ranges", false, {1, 4, 64}, 3},
    {"tcp.path_mtu_discovery", false, {0, 1}, 2},
    {"tcp.rto_min", true, {200 * MS, 1000 * MS}, 2},
    {"tcp.slow_start_after_idle", false, {0, 1}, 2},
    {"arp.refresh", false, {0, 1}, 2},
    {"neighbour.queue_datagrams", false, {1, 4}, 2},
    {"ethernet.snap", false, {0, 1}, 2},
    {"reassembly.overlap", false, {0, 1, 2}, 3},
    {"path_mtu.enabled", false, {0, 1}, 2},
};
enum { KNOBS = sizeof knobs / sizeof knobs[0] };

static void draw_knob(struct random_stream *r, struct swarm_config *c)
{
    uint64_t k = random_below(r, KNOBS);
    for (uint32_t s = 0; s < c->sets; s++)
        if (strcmp(c->set[s].name, knobs[k].name) == 0)
            return;
    c->set[c->sets++] =
        (struct setting){.name = knobs[k].name,
                         .value = {.kind = knobs[k].time ? VALUE_TIME : VALUE_NUMBER,
                                   .number = knobs[k].value[random_below(r, knobs[k].values)]}};
}

/* The first groups take the cases in turn, so that a sweep of so many has had each. */
void swarm_configure(uint64_t group, uint32_t cases, struct swarm_config *out)
{
    struct random_stream r;
    *out = (struct swarm_config){.kase = 0};
    random_init(&r, group, "sweep/configuration");
    uint32_t stride = 1;
    for (uint32_t try = cases / 2 + 1; try > 1 && stride == 1; try--) {
        uint32_t a = try, b = cases;
        while (b) {
            uint32_t rest = a % b;
            a = b;
            b = rest;
        }
        stride = a == 1 ?
        try:
            1;
    }
    out->kase = (uint32_t)(group % cases * stride % cases);
    out->world_seed = 1 + random_below(&r, INT32_MAX);
    for (uint64_t n = random_below(&r, SWARM_KNOBS); n > 0; n--)
        draw_knob(&r, out);
    out->small = random_below(&r, ONE_IN_SMALL) == 0;
}

/* --- faults --- */

static const char *const names[SWARM_KINDS] = {
    "loss",        "burst",          "dup",           "corrupt",    "fcs",
    "reorder",     "truncate",       "jitter",        "latency",    "rate",
    "mtu",         "lose frame",     "dup frame",     "flip frame", "fcs frame",
    "delay frame", "truncate frame", "corrupt frame", "down",       "partition",
    "busy",        "memory"};

const char *swarm_kind_name(enum swarm_kind kind)
{
    return names[kind];
}

struct draw {
    struct random_stream kinds, times, rates;
    const struct actions *a;
    struct pool *pool;
    struct swarm *out;
    int64_t until_ns; /* faults begin before that */
};

static struct step *strike(struct draw *d, enum step_kind kind, int64_t at_ns)
{
    struct swarm *o = d->out;
    struct step *s = &o->strike[o->strikes < SWARM_STRIKES - 1 ? o->strikes++ : o->strikes];
    *s = (struct step){.kind = kind,
                       .when = {.kind = WHEN_ABSOLUTE, .from_ns = at_ns, .to_ns = at_ns},
                       .place = {d->a->script.path, 1, 1, 0}};
    if (at_ns > o->calm_ns)
        o->calm_ns = at_ns;
    return s;
}

static const char *some_link(struct draw *d)
{
    return d->a->link[random_below(&d->kinds, d->a->links)];
}

static void set_link(struct draw *d, int64_t at_ns, const char *link, const char *attribute,
                     enum value_kind kind, int64_t number)
{
    struct step *s = strike(d, STEP_LINK, at_ns);
    s->u.fault.link = link;
    s->u.fault.verb = "set";
    s->u.fault.attribute = pool_alloc(d->pool, sizeof *s->u.fault.attribute);
    s->u.fault.attributes = 1;
    s->u.fault.attribute[0] = (struct attribute){
        .name = attribute, .value = {.kind = kind, .number = number}, .place = s->place};
}

static struct fault_step *fault(struct draw *d, int64_t at_ns, const char *link, const char *verb)
{
    struct step *s = strike(d, STEP_FAULT, at_ns);
    s->u.fault.link = link;
    s->u.fault.verb = verb;
    return &s->u.fault;
}

static void call(struct draw *d, int64_t at_ns, const char *name, enum value_kind kind,
                 int64_t number)
{
    struct step *s = strike(d, STEP_CALL, at_ns);
    s->u.call.name = name;
    s->u.call.argument = pool_alloc(d->pool, sizeof *s->u.call.argument);
    s->u.call.arguments = 1;
    s->u.call.argument[0] = (struct value){.kind = kind, .number = number};
}

/* At, just before or just after a frame of the calm run; or anywhere. */
static int64_t some_time(struct draw *d)
{
    const struct actions *a = d->a;
    static const int64_t near[] = {0, 0, -1, 1, MS / 2, -MS / 2, 3 * MS};
    int64_t t = 0;
    if (a->frames && random_below(&d->times, 8) != 0)
        t = a->frame_ns[random_below(&d->times, a->frames)] +
            near[random_below(&d->times, sizeof near / sizeof near[0])];
    else if (d->until_ns > 0)
        t = (int64_t)random_below(&d->times, (uint64_t)d->until_ns + 1);
    return t < 0 ? 0 : t < d->until_ns ? t : d->until_ns;
}

static int64_t some_of(struct draw *d, const int64_t *value, uint32_t count)
{
    return value[random_below(&d->rates, count)];
}

static int64_t some_rate(struct draw *d)
{
    static const int64_t ppm[] = {PERCENT, 5 * PERCENT, 20 * PERCENT, 50 * PERCENT};
    return some_of(d, ppm, 4);
}

static int64_t some_span(struct draw *d)
{
    static const int64_t span[] = {MS / 10, MS, 10 * MS, 200 * MS, S, 3 * S, 20 * S};
    return some_of(d, span, 7);
}

static void strike_rate(struct draw *d, enum swarm_kind kind, int64_t at_ns)
{
    static const char *const attribute[] = {"loss",    "burst-enter", "dup",      "corrupt",
                                            "fcs",     "reorder",     "truncate", "jitter",
                                            "latency", "rate",        "mtu"};
    static const int64_t rates[] = {64000, 1000000, 10000000}, mtus[] = {68, 256, 576, 1400};
    const char *link = some_link(d);
    if (kind == SWARM_JITTER || kind == SWARM_LATENCY) {
        set_link(d, at_ns, link, attribute[kind], VALUE_TIME, some_span(d));
    } else if (kind == SWARM_RATE) {
        set_link(d, at_ns, link, "queue", VALUE_NUMBER, 1 + (int64_t)random_below(&d->rates, 20));
        set_link(d, at_ns, link, "rate", VALUE_NUMBER, some_of(d, rates, 3));
    } else if (kind == SWARM_MTU) {
        set_link(d, at_ns, link, "mtu", VALUE_NUMBER, some_of(d, mtus, 4));
    } else {
        set_link(d, at_ns, link, attribute[kind], VALUE_NUMBER, some_rate(d));
        if (kind == SWARM_BURST)
            set_link(d, at_ns, link, "burst-leave", VALUE_NUMBER, some_rate(d));
    }
}

/* One frame, every nth or a few by a mask. */
static void some_frames(struct draw *d, struct fault_step *f)
{
    switch (d->out->single ? 0 : random_below(&d->rates, 4)) {
    case 0:
    case 1:
        f->frame = 1 + random_below(&d->rates, 4);
        break;
    case 2:
        f->every = 1 + random_below(&d->rates, 5);
        f->limit = 1 + random_below(&d->rates, 8);
        break;
    default:
        f->mask = 1 + random_below(&d->rates, 255);
    }
}

static void strike_frames(struct draw *d, enum swarm_kind kind, int64_t at_ns)
{
    static const char *const verb[] = {"lose",  "dup",      "flip",   "fcs",
                                       "delay", "truncate", "corrupt"};
    struct fault_step *f = fault(d, at_ns, some_link(d), verb[kind - SWARM_LOSE_ONE]);
    some_frames(d, f);
    if (kind == SWARM_FLIP_ONE)
        f->amount = (struct value){.kind = VALUE_NUMBER,
                                   .number = (int64_t)random_below(&d->rates, 60 * 8)};
    if (kind == SWARM_TRUNCATE_ONE)
        f->amount = (struct value){.kind = VALUE_NUMBER,
                                   .number = 14 + (int64_t)random_below(&d->rates, 60)};
    if (kind == SWARM_DELAY_ONE)
        f->amount = (struct value){.kind = VALUE_TIME, .number = some_span(d)};
}

static void strike_state(struct draw *d, enum swarm_kind kind, int64_t at_ns)
{
    const char *link = some_link(d);
    bool down = kind == SWARM_DOWN;
    int64_t end_ns = at_ns + some_span(d);
    fault(d, at_ns, link, down ? "down" : "partition");
    fault(d, end_ns, link, down ? "up" : "heal");
}

static void strike_kind(struct draw *d, enum swarm_kind kind)
{
    int64_t at_ns = some_time(d);
    if (kind <= SWARM_MTU)
        strike_rate(d, kind, at_ns);
    else if (kind <= SWARM_CORRUPT_ONE)
        strike_frames(d, kind, at_ns);
    else if (kind <= SWARM_PARTITION)
        strike_state(d, kind, at_ns);
    else if (kind == SWARM_BUSY)
        call(d, at_ns, "busy", VALUE_TIME, some_span(d));
    else
        call(d, at_ns, "fail_allocation", VALUE_NUMBER, 1 + (int64_t)random_below(&d->rates, 12));
}

static void draw_kinds(struct draw *d)
{
    struct swarm *o = d->out;
    o->single = random_below(&d->kinds, ONE_IN_SINGLE) == 0;
    if (o->single) {
        static const enum swarm_kind one[] = {SWARM_LOSE_ONE, SWARM_DUP_ONE, SWARM_FCS_ONE,
                                              SWARM_CORRUPT_ONE};
        o->kinds = 1u << one[random_below(&d->kinds, 4)];
        return;
    }
    /* Each kind in a quarter of the seeds, never none. */
    uint64_t half = random_next(&d->kinds);
    o->kinds = (uint32_t)(half & random_next(&d->kinds)) & ((1u << SWARM_KINDS) - 1);
    if (!o->kinds)
        o->kinds = 1u << random_below(&d->kinds, SWARM_KINDS);
}

/* --- the script --- */

static int by_time(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    return (x->when.from_ns > y->when.from_ns) - (x->when.from_ns < y->when.from_ns);
}

/* In place, keeping the order of what is at one time: there are few. */
static void sort_strikes(struct swarm *o)
{
    for (uint32_t i = 1; i < o->strikes; i++) {
        struct step s = o->strike[i];
        uint32_t k = i;
        for (; k > 0 && by_time(&o->strike[k - 1], &s) > 0; k--)
            o->strike[k] = o->strike[k - 1];
        o->strike[k] = s;
    }
}

/* Absolute outcomes are for one fault of one frame; those behind a plus always hold. */
static void choose_outcomes(const struct actions *a, struct pool *pool, struct swarm *o,
                            int64_t *end_ns)
{
    struct script *s = &o->script;
    const struct outcome_declaration *all = a->script.outcome;
    s->outcome = pool_alloc(pool, (a->script.outcomes + 1) * sizeof *s->outcome);
    s->outcomes = 0;
    for (uint32_t k = 0; k < a->script.outcomes; k++) {
        int64_t by_ns = all[k].by_ns + (all[k].after ? o->calm_ns : 0);
        if (!all[k].after && !o->single)
            continue;
        s->outcome[s->outcomes++] = all[k];
        *end_ns = by_ns > *end_ns ? by_ns : *end_ns;
    }
}

void swarm_compile(const struct actions *a, struct pool *pool, struct swarm *o)
{
    uint32_t mine = 0, theirs = 0;
    struct script *s = &o->script;
    *s = a->script;
    s->step = pool_alloc(pool, (a->script.steps + o->strikes + 1) * sizeof *s->step);
    s->steps = 0;
    o->struck = pool_alloc(pool, (a->script.steps + o->strikes + 1) * sizeof *o->struck);
    while (theirs < a->script.steps || mine < o->strikes) {
        const struct step *next = theirs < a->script.steps ? &a->script.step[theirs] : NULL;
        bool line = next && next->when.kind == WHEN_ANY;
        bool first = mine < o->strikes && !line &&
                     (!next || o->strike[mine].when.from_ns <= next->when.from_ns);
        o->struck[s->steps] = first;
        s->step[s->steps++] = first ? o->strike[mine++] : a->script.step[theirs++];
    }
    int64_t last_ns = a->last_ns > o->calm_ns ? a->last_ns : o->calm_ns;
    s->end_ns = last_ns + LOOK_NS;
    s->end_because = "the links are calm";
    choose_outcomes(a, pool, o, &s->end_ns);
}

void swarm_draw(uint64_t seed, const struct actions *a, struct pool *pool, struct swarm *out)
{
    struct draw d = {.a = a, .pool = pool, .out = out};
    *out = (struct swarm){.kinds = 0};
    random_init(&d.kinds, seed, "sweep/kinds");
    random_init(&d.times, seed, "sweep/times");
    random_init(&d.rates, seed, "sweep/rates");
    draw_kinds(&d);
    d.until_ns = a->frames ? a->frame_ns[random_below(&d.times, a->frames)] : a->last_ns;
    for (uint32_t l = 0; l < a->links; l++)
        set_link(&d, 0, a->link[l], "seed", VALUE_NUMBER, (int64_t)(seed % INT64_MAX) + 1);
    for (int k = 0; k < SWARM_KINDS; k++)
        for (uint64_t n = out->single ? 1 : 1 + random_below(&d.kinds, EACH_MOST);
             n > 0 && out->kinds >> k & 1; n--)
            strike_kind(&d, (enum swarm_kind)k);
    int64_t calm_ns = out->calm_ns + (int64_t)random_below(&d.times, 5 * S);
    calm_ns = calm_ns > a->last_ns ? calm_ns : a->last_ns;
    for (uint32_t l = 0; l < a->links && !out->single; l++)
        fault(&d, calm_ns, a->link[l], "calm");
    sort_strikes(out);
    swarm_compile(a, pool, out);
}
