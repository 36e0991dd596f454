/* The host under test: `sut INTERFACE {ATTRIBUTE VALUE}`. */
#include <errno.h>
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/hosts/sut_plugin.h"
#include "sim/nic/trace.h"
#include "sim/topology/build.h"
#include "sim/topology/profile.h"

static const uint8_t sut_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static int add_sut_port(struct topology *t, const struct declaration *d,
                        struct attribute **attribute, struct why *why)
{
    static const struct host_kind described = {.attrs = stack_attrs};
    struct host *h = t->sut;
    uint8_t mac[6];
    memcpy(mac, sut_mac, 6);
    mac[5] = (uint8_t)(mac[5] + h->ports);
    topology_new_port(t, h, d->name, NULL, mac);
    if (t->tool.mtu)
        h->port[h->ports - 1].mtu = t->tool.mtu;
    if (topology_resolve(t, d->attribute, d->attributes, attribute, why) != 0)
        return -1;
    for (uint32_t a = 0; a < d->attributes; a++) {
        const struct attribute *one = &(*attribute)[a];
        if (strcmp(one->name, "dns") != 0 && topology_once(*attribute, 0, a, why) != 0)
            return -1;
        int got = topology_is_port_attribute(one->name)
                      ? topology_set_port(t, h, &h->port[h->ports - 1], one, why)
                      : topology_check_attribute(&described, one, why);
        if (got != 0)
            return -1;
    }
    return 0;
}

int64_t topology_set_knob(struct topology *t, const char *knob, int64_t value)
{
    struct value argv[2] = {topology_text_value(knob), {.kind = VALUE_TIME, .number = value}},
                 out[SUT_ARGUMENTS] = {{0}};
    int64_t got = sut_host_call(t->sut, 0, "set", argv, 2, out);
    if (t->plan.heard)
        t->plan.heard(t->plan.watch_ctx, knob, value);
    return got == SUT_UNKNOWN ? -ENOENT : got;
}

static int set_knobs(struct topology *t, struct why *why)
{
    /* A stack that lacks a system's knob goes its own way in that. */
    for (const struct profile_knob *k = t->plan.profile; k && k->name; k++)
        if (topology_set_knob(t, k->name, k->value) == -EINVAL) {
            why_set(why, "the profile's %s is out of its range", k->name);
            return -1;
        }
    for (uint32_t s = 0; s < t->plan.script->sets; s++)
        if (stack_set_knob(t, t->sut, &t->plan.script->set[s], why) != 0)
            return -1;
    for (uint32_t s = 0; s < t->plan.sets; s++)
        if (stack_set_knob(t, t->sut, &t->plan.set[s], why) != 0)
            return -1;
    return 0;
}

/* A host stands behind NICs of one model: what a later interface names must be the first one's. */
static int same_nic(const struct attrs *attrs, const struct nic_kind *nic, struct why *why)
{
    const char *name = attr_text(attrs, "nic", NULL);
    if (!name || strcmp(name, nic->name) == 0)
        return 0;
    topology_bad_value(attr_find(attrs, "nic", 0), "the model of the first interface", why);
    return -1;
}

static const struct declaration *sut_declaration(const struct topology *t, uint32_t *count)
{
    static const struct declaration bare = {.name = "eth0"};
    *count = t->plan.script->suts ? t->plan.script->suts : 1;
    return t->plan.script->suts ? t->plan.script->sut : &bare;
}

/* One with static variables of its own need not open twice in a process. */
static int open_sut(struct topology *t, const struct sut_config *config, struct why *why)
{
    struct why reason = {{0}};
    bool again = !sut_statics_fresh(config->sut);
    int opened = sut_host_open(t->sut, config, &reason);
    if (opened > 0)
        topology_skip(t, "%s", reason.text);
    if (opened >= 0)
        return 0;
    if (again)
        topology_skip(t,
                      "%s keeps its state in static variables: a process plays it once, and this "
                      "is another time",
                      config->sut->name);
    else
        why_set(why, "%s", reason.text);
    return again ? 0 : -1;
}

static void tell(void *ctx, const struct nic_event *e)
{
    const struct topology *t = ctx;
    char text[NIC_EVENT_TEXT];
    if (nic_event_text(e, text))
        recording_note(&t->recording, world_now(t->world), text);
}

/* A stack's own trace: a kind in the lowest two bits (stack/port.h), the value above. */
static void tell_state(void *ctx, const char *what, int64_t value)
{
    enum { STATE, TIMER_SET, TIMER_FIRED, KINDS = 4 };
    static const unsigned wanted[KINDS] = {NOTE_STACK, NOTE_TIMER, NOTE_TIMER, NOTE_NIC};
    const struct topology *t = ctx;
    char text[NIC_EVENT_TEXT], when[TIME_TEXT_BYTES];
    uint64_t kind = (uint64_t)value % KINDS;
    int64_t of = value >> 2;
    if (!(t->plan.notes_of & wanted[kind]))
        return;
    if (kind == TIMER_SET)
        snprintf(text, sizeof text, "timer %s is set for %s", what, time_text(of, when));
    else if (kind == TIMER_FIRED)
        snprintf(text, sizeof text, "timer %s fires", what);
    else
        snprintf(text, sizeof text, "stack %s %lld", what, (long long)of);
    recording_note(&t->recording, world_now(t->world), text);
}

int topology_build_sut(struct topology *t, struct attribute **attribute, struct why *why)
{
    uint32_t count;
    const struct declaration *d = sut_declaration(t, &count);
    struct sut_config config = {.sut = t->plan.sut,
                                .board = t->plan.board,
                                .fill = t->plan.fill,
                                .watch_fates = t->plan.watch_fates,
                                .looks_on = t->plan.notes_of & NOTE_NIC ? tell : NULL,
                                .traced = t->plan.notes_of ? tell_state : NULL,
                                .looks_on_ctx = t,
                                .listener = t->plan.listener};
    for (uint32_t k = 0; k < count; k++)
        if (k >= SUT_PORTS || add_sut_port(t, &d[k], &attribute[k], why) != 0) {
            why_set(why, "more than %d interfaces", SUT_PORTS);
            return -1;
        }
    struct attrs first = {.attribute = attribute[0], .count = d[0].attributes};
    for (uint32_t k = 0; k < count; k++)
        if (stack_tx_delay(t, &(struct attrs){.attribute = attribute[k], .count = d[k].attributes},
                           k, &config, why) != 0)
            return -1;
    config.small = attr_flag(&first, "small");
    if (stack_device(t, &first, &config, why) != 0 || stack_sockets(&first, &config, why) != 0)
        return -1;
    if (t->skipped)
        return 0;
    topology_attach_ports(t, t->sut);
    if (stack_nic(t, &first, &config.nic, why) != 0)
        return -1;
    if (t->skipped)
        return 0;
    for (uint32_t k = 1; k < count; k++)
        if (same_nic(&(struct attrs){.attribute = attribute[k], .count = d[k].attributes},
                     config.nic, why) != 0)
            return -1;
    if (config.sut->nic && strcmp(config.sut->nic, config.nic->name) != 0) {
        topology_skip(t, "the script wants %s, the driver is for %s", config.nic->name,
                      config.sut->nic);
        return 0;
    }
    if (board_lacks(t, config.nic))
        return 0;
    if (open_sut(t, &config, why) != 0)
        return -1;
    board_adjust(t, config.nic);
    return 0;
}

/* When everybody else is there to hear its first frame. */
int topology_configure_sut(struct topology *t, struct attribute *const *attribute, struct why *why)
{
    uint32_t count;
    const struct declaration *d = sut_declaration(t, &count);
    if (set_knobs(t, why) != 0)
        return -1;
    for (uint32_t k = 0; k < count; k++) {
        struct attrs attrs = {.attribute = attribute[k], .count = d[k].attributes};
        if (stack_configure_port(t, t->sut, k, &attrs, why) != 0)
            return -1;
    }
    return 0;
}
