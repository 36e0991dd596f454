/* The links of a run: `link NAME {ATTRIBUTE VALUE}`. */
#include <string.h>
#include "sim/hosts/host.h"
#include "sim/hosts/sut_host.h"
#include "sim/topology/build.h"

int topology_resolve(struct topology *t, const struct attribute *in, uint32_t count,
                     struct attribute **out, struct why *why)
{
    *out = world_alloc(t->world, (count ? count : 1) * sizeof **out, 16);
    for (uint32_t a = 0; a < count; a++) {
        struct value v, written = in[a].value;
        if (written.kind == VALUE_CALL && strcmp(written.text, "..") == 0) /* A..B: its ends */
            written.kind = VALUE_LIST;
        if (eval_value(t, &written, &v, why) != 0)
            return -1;
        (*out)[a] = in[a];
        (*out)[a].value = value_in_arena(t, &v);
    }
    return 0;
}

void topology_bad_attribute(const struct attribute *a, struct why *why, const char *what,
                            const char *nearest)
{
    why_set(why, "%s:%d:%d: %s \"%s\"%s%s%s", a->place.file, a->place.line, a->place.column, what,
            a->name, nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

void topology_bad_value(const struct attribute *a, const char *right, struct why *why)
{
    char text[64];
    value_text(&a->value, text, sizeof text);
    why_set(why, "%s:%d:%d: %s cannot be %s: %s belongs there", a->place.file, a->place.line,
            a->place.column, a->name, a->value.kind == VALUE_NONE ? "without a value" : text,
            right);
}

enum link_unit { UNIT_BPS, UNIT_NS, UNIT_COUNT, UNIT_PPM, UNIT_SEED };

static const struct {
    const char *name;
    enum link_unit unit;
    size_t offset;
} link_attributes[] = {
    {"rate", UNIT_BPS, offsetof(struct link_config, rate_bps)},
    {"latency", UNIT_NS, offsetof(struct link_config, latency_ns)},
    {"queue", UNIT_COUNT, offsetof(struct link_config, queue_frames)},
    {"mtu", UNIT_COUNT, offsetof(struct link_config, mtu)},
    {"loss", UNIT_PPM, offsetof(struct link_config, loss_ppm)},
    {"dup", UNIT_PPM, offsetof(struct link_config, dup_ppm)},
    {"corrupt", UNIT_PPM, offsetof(struct link_config, corrupt_ppm)},
    {"fcs", UNIT_PPM, offsetof(struct link_config, fcs_ppm)},
    {"reorder", UNIT_PPM, offsetof(struct link_config, reorder_ppm)},
    {"truncate", UNIT_PPM, offsetof(struct link_config, truncate_ppm)},
    {"burst-enter", UNIT_PPM, offsetof(struct link_config, burst_enter_ppm)},
    {"burst-leave", UNIT_PPM, offsetof(struct link_config, burst_leave_ppm)},
    {"seed", UNIT_SEED, offsetof(struct link_config, seed)},
    {"jitter", UNIT_NS, offsetof(struct link_config, jitter_ns)},
    {"reorder-delay", UNIT_NS, offsetof(struct link_config, reorder_ns)},
};
enum { LINK_ATTRIBUTES = sizeof link_attributes / sizeof link_attributes[0] };

/* 10Mbit, 1Gbit, 5%, 0.5%: a number with its unit, as the lexer leaves it; -1 when it is none.
 * Whole thousandths are enough. */
static int64_t scaled_text(const char *text, const char *const *unit, const int64_t *factor)
{
    int64_t whole = 0, fraction = 0, scale = 1;
    const char *p = text;
    for (; *p >= '0' && *p <= '9' && whole < 1000000000; p++)
        whole = whole * 10 + (*p - '0');
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9' && scale < 1000000; p++, scale *= 10)
            fraction = fraction * 10 + (*p - '0');
    for (int u = 0; p != text && unit[u]; u++)
        if (strcmp(unit[u], p) == 0)
            return whole * factor[u] + fraction * factor[u] / scale;
    return -1;
}

static int64_t number_in(enum link_unit unit, const struct value *v)
{
    static const char *const rates[] = {"bit", "kbit", "Mbit", "Gbit", NULL};
    static const int64_t rate_factors[] = {1, 1000, 1000000, 1000000000};
    static const char *const shares[] = {"%", "ppm", NULL};
    static const int64_t share_factors[] = {10000, 1};
    int64_t seconds;
    if (unit == UNIT_NS &&
        v->kind == VALUE_NUMBER) /* a bare number counts seconds, as everywhere */
        return __builtin_mul_overflow(v->number, INT64_C(1000000000), &seconds) ? -1 : seconds;
    if (unit == UNIT_NS)
        return v->kind == VALUE_TIME ? v->number : -1;
    if (v->kind == VALUE_NUMBER)
        return v->number;
    if (v->kind != VALUE_NAME)
        return -1;
    return unit == UNIT_BPS   ? scaled_text(v->text, rates, rate_factors)
           : unit == UNIT_PPM ? scaled_text(v->text, shares, share_factors)
                              : -1;
}

static int set_link_attribute(struct link_config *config, const struct attribute *a,
                              struct why *why)
{
    static const char *names[LINK_ATTRIBUTES + 1];
    for (int k = 0; k < LINK_ATTRIBUTES; k++) {
        names[k] = link_attributes[k].name;
        if (strcmp(link_attributes[k].name, a->name) != 0)
            continue;
        static const struct {
            int64_t most;
            const char *right;
        } limits[] = {
            [UNIT_BPS] = {INT64_C(1000000000000), "a rate up to 1000Gbit, such as 10Mbit"},
            [UNIT_NS] = {INT64_MAX / 4, "a time, such as 5ms"},
            [UNIT_COUNT] = {INT32_MAX, "a number from 0"},
            [UNIT_SEED] = {INT64_MAX, "a number from 1"},
            [UNIT_PPM] = {1000000, "a share up to 100%, such as 5% or 300ppm"}};
        enum link_unit unit = link_attributes[k].unit;
        int64_t number = number_in(unit, &a->value);
        if (number < 0 || number > limits[unit].most) {
            topology_bad_value(a, limits[unit].right, why);
            return -1;
        }
        uint8_t *at = (uint8_t *)config + link_attributes[k].offset;
        if (unit == UNIT_BPS || unit == UNIT_NS || unit == UNIT_SEED)
            memcpy(at, &number, sizeof number);
        else
            memcpy(at, &(uint32_t){(uint32_t)number}, sizeof(uint32_t));
        return 0;
    }
    topology_bad_attribute(a, why, "a link has no attribute", nearest_word(a->name, names));
    return -1;
}

int topology_configure_link(struct topology *t, struct link_config *config,
                            const struct attribute *attribute, uint32_t count, struct why *why)
{
    struct attribute *resolved;
    if (topology_resolve(t, attribute, count, &resolved, why) != 0)
        return -1;
    for (uint32_t a = 0; a < count; a++)
        if (topology_once(resolved, 0, a, why) != 0 ||
            set_link_attribute(config, &resolved[a], why) != 0)
            return -1;
    return 0;
}

/* Who watches the link hears of it after its capture has. */
struct topology_tap {
    struct topology *t;
    uint32_t link;
};

static void tap_frame(void *ctx, struct link *l, int port, struct frame *f, enum link_event event,
                      int line, int64_t now_ns)
{
    const struct topology_tap *tap = ctx;
    const struct topology_plan *plan = &tap->t->plan;
    struct capture *c = tap->t->recording.link[tap->link].capture;
    capture_tap(c, l, port, f, event, line, now_ns);
    if (plan->watch)
        plan->watch(plan->watch_ctx, tap->link, port, f, event, c->count - 1, now_ns);
}

static void add_link(struct topology *t, const struct link_config *config)
{
    uint32_t k = t->recording.links++;
    struct recorded_link *l = &t->recording.link[k];
    struct topology_tap *tap = world_alloc(t->world, sizeof *tap, 16);
    *tap = (struct topology_tap){t, k};
    l->link = link_new(t->world, config);
    l->name = world_text(t->world, config->name);
    l->capture = capture_new(t->world, l->link);
    t->script_port[k] = -1;
    link_set_number(l->link, k);
    names_put(t->world, &t->links, l->name, l);
    link_watch(l->link, tap_frame, tap);
}

int topology_build_links(struct topology *t, struct why *why)
{
    const struct script *s = t->plan.script;
    uint32_t room = s->links ? s->links : 1;
    t->recording.layers = s->layers;
    t->recording.notes = t->plan.notes;
    t->recording.link = world_alloc(t->world, room * sizeof *t->recording.link, 16);
    t->raw = world_alloc(t->world, room * sizeof(struct host_port *), 16);
    t->script_port = world_alloc(t->world, room * sizeof *t->script_port, 16);
    for (uint32_t k = 0; k < s->links; k++) {
        const struct declaration *d = &s->link[k];
        struct link_config config = {.name = ""};
        if (strlen(d->name) >= sizeof config.name) {
            why_set(why, "%s:%d: a link's name has at most %zu letters", s->path, d->place.line,
                    sizeof config.name - 1);
            return -1;
        }
        memcpy(config.name, d->name, strlen(d->name) + 1);
        if (topology_configure_link(t, &config, d->attribute, d->attributes, why) != 0)
            return -1;
        add_link(t, &config);
    }
    if (s->links == 0)
        add_link(t, &(struct link_config){.name = "lan"});
    recording_bound(&t->recording);
    return 0;
}
