/* Peers that a stack moves: `host stack a`, `host lwip b`, `host ./mine.so c`. Each has ports,
 * NICs, a configuration and calls of its own, like the host under test; its frames are a peer's. */
#include <stdio.h>
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/hosts/sut_plugin.h"
#include "sim/topology/build.h"

struct stack_peer {
    struct host *host;
    struct attrs attrs;
    const struct declaration *declared;
};

static const struct attr_spec peer_attrs[] = {
    STACK_ATTRS,
    {"set", VALUE_LIST, "a knob of its stack and the value, set arp.expiry 60s; more than once"},
    {NULL, VALUE_NONE, NULL},
};

const struct host_kind topology_stack_kind = {.name = "stack",
                                              .help =
                                                  "our stack as a peer, with calls of its "
                                                  "own, @NAME CALL(...); so are lwip and ./FILE.so",
                                              .attrs = peer_attrs};

bool topology_is_stack(const char *kind)
{
    return strcmp(kind, "stack") == 0 || (strcmp(kind, "lwip") == 0 && !host_kind_package(kind)) ||
           sut_is_file(kind);
}

/* "FILE:LINE:COLUMN: " and the reason. */
static int refuse(const struct declaration *d, struct why *why, const char *reason)
{
    why_set(why, "%s:%d:%d: %s: %s", d->place.file, d->place.line, d->place.column, d->name,
            reason);
    return -1;
}

/* A file's name counts from the folder of the script that says it, as an included one's does. */
static const struct sut *load(const struct topology *t, const struct declaration *d,
                              struct why *why)
{
    char path[4096];
    struct why reason = {{0}};
    const char *slash =
        sut_is_file(d->kind) && d->kind[0] != '/' ? strrchr(d->place.file, '/') : NULL;
    int folder = slash ? (int)(slash - d->place.file) + 1 : 0;
    snprintf(path, sizeof path, "%.*s%s", folder, d->place.file, d->kind);
    const struct sut *sut = t->plan.load ? t->plan.load(path, &reason) : NULL;
    if (!t->plan.load)
        why_set(&reason, "there is no stack in this program");
    if (!sut)
        refuse(d, why, reason.text);
    return sut;
}

/* What keeps its state in static variables stands in a world once, and in a process. 0: it may be
 * opened, or the script is skipped. */
static int alone(struct topology *t, const struct declaration *d, const struct sut *sut,
                 struct why *why)
{
    char reason[256];
    if (!(sut->flags & SUT_SINGLETON))
        return 0;
    for (uint32_t k = 0; k < t->stacks; k++) {
        if (sut_host_sut(t->stack[k].host) != sut)
            continue;
        snprintf(reason, sizeof reason,
                 "%s keeps its state in static variables: a world holds one, which is %s",
                 sut->name, t->stack[k].host->name);
        return refuse(d, why, reason);
    }
    if (sut == t->plan.sut)
        topology_skip(t,
                      "%s:%d: %s keeps its state in static variables: a world holds one, which is "
                      "the host under test",
                      d->place.file, d->place.line, sut->name);
    else if (!sut_statics_fresh(sut))
        topology_skip(t,
                      "%s:%d: %s keeps its state in static variables: a process plays it once, and "
                      "this is another time",
                      d->place.file, d->place.line, sut->name);
    return 0;
}

static int read_config(struct topology *t, struct host *h, const struct attrs *attrs,
                       struct sut_config *config, struct why *why)
{
    const struct attribute *nic = attr_find(attrs, "nic", 0);
    const char *only = config->sut->nic;
    if (h->ports > SUT_PORTS) {
        why_set(why, "more than %d interfaces", SUT_PORTS);
        return -1;
    }
    for (uint32_t p = 0; p < h->ports; p++)
        if (stack_tx_delay(t, attrs, p, config, why) != 0)
            return -1;
    config->small = attr_flag(attrs, "small");
    if (stack_device(t, attrs, config, why) != 0 || stack_sockets(attrs, config, why) != 0 ||
        stack_nic(t, attrs, &config->nic, why) != 0)
        return -1;
    if (!only || t->skipped || strcmp(config->nic->name, only) == 0)
        return 0;
    config->nic = nic_kind_by_name(only);
    if (!config->nic)
        why_set(why, "%s drives %s, of which there is no model", config->sut->name, only);
    else if (nic)
        topology_bad_value(nic, only, why);
    return nic || !config->nic ? -1 : 0;
}

static struct stack_peer *remember(struct topology *t, const struct declaration *d, struct host *h)
{
    if (t->stacks == t->stack_room)
        t->stack = world_grow(t->world, t->stack, &t->stack_room, sizeof *t->stack);
    struct stack_peer *p = &t->stack[t->stacks++];
    *p = (struct stack_peer){.host = h, .declared = d};
    return p;
}

int topology_build_stack(struct topology *t, const struct declaration *d, struct why *why)
{
    struct attribute *attribute;
    struct why inner = {{0}};
    const struct sut *sut = load(t, d, why);
    if (!sut || alone(t, d, sut, why) != 0)
        return -1;
    if (t->skipped)
        return 0;
    struct host_kind *kind = world_alloc(t->world, sizeof *kind, 16);
    *kind = sut_peer_kind;
    kind->name = sut->name;
    kind->attrs = peer_attrs;
    struct host *h = topology_new_host(t, kind, d->name);
    if (topology_resolve(t, d->attribute, d->attributes, &attribute, why) != 0 ||
        topology_read_ports(t, h, attribute, d->attributes, why) != 0)
        return -1;
    struct sut_config config = {
        .sut = sut,
        .fill = t->plan.fill,
        .listener = {t->plan.listener.ctx, t->plan.listener.done, NULL, NULL}};
    const struct attrs attrs = {.attribute = attribute, .count = d->attributes};
    if (read_config(t, h, &attrs, &config, &inner) != 0)
        return strncmp(inner.text, d->place.file, strlen(d->place.file)) == 0
                   ? (why_set(why, "%s", inner.text), -1)
                   : refuse(d, why, inner.text);
    topology_attach_ports(t, h);
    if (t->skipped)
        return 0;
    if (sut_host_open(h, &config, &inner) != 0)
        return refuse(d, why, inner.text);
    remember(t, d, h)->attrs = attrs;
    return 0;
}

/* Each `set` is a knob and its value. */
static int set_knobs(struct topology *t, const struct stack_peer *p, struct why *why)
{
    const struct attribute *a;
    for (uint32_t k = 0; (a = attr_find(&p->attrs, "set", k)) != NULL; k++) {
        const struct value *v = &a->value;
        if (v->kind != VALUE_LIST || v->items != 2 || v->item[0].kind != VALUE_NAME) {
            topology_bad_value(a, "a knob and its value, such as arp.expiry 60s", why);
            return -1;
        }
        const struct setting s = {v->item[0].text, v->item[1], a->place};
        if (stack_set_knob(t, p->host, &s, why) != 0)
            return -1;
    }
    return 0;
}

/* The gateway's is the interface on whose network it is, else the first. */
static uint32_t port_towards(const struct host *h, const struct attribute *gateway)
{
    for (uint32_t k = 0; gateway && k < h->ports; k++) {
        const struct host_port *p = &h->port[k];
        uint32_t mask = p->prefix ? UINT32_MAX << (32 - p->prefix) : 0;
        if (p->has_ipv4 && ((p->ipv4 ^ (uint32_t)gateway->value.number) & mask) == 0)
            return k;
    }
    return 0;
}

int topology_configure_stacks(struct topology *t, struct why *why)
{
    for (uint32_t k = 0; k < t->stacks; k++) {
        const struct stack_peer *p = &t->stack[k];
        struct attrs address_alone = {0};
        uint32_t towards = port_towards(p->host, attr_find(&p->attrs, "gateway", 0));
        const struct attribute *check = attr_find(&p->attrs, "check", 0);
        if (check)
            address_alone = (struct attrs){.attribute = check, .count = 1};
        if (set_knobs(t, p, why) != 0)
            return -1;
        for (uint32_t i = 0; i < p->host->ports; i++)
            if (stack_configure_port(t, p->host, i, i == towards ? &p->attrs : &address_alone,
                                     why) != 0)
                return -1;
    }
    return 0;
}
