/* The hosts of a run: `host KIND NAME {ATTRIBUTE VALUE}`, their ports, and names for both. */
#include <string.h>
#include "sim/hosts/host.h"
#include "sim/hosts/sut_host.h"
#include "sim/topology/build.h"

int topology_link(const struct topology *t, const char *name)
{
    const struct recorded_link *l = names_find(&t->links, name);
    return l ? (int)(l - t->recording.link) : -1;
}

struct host *topology_host(const struct topology *t, const char *name, int *port)
{
    const struct host_port *p = names_find(&t->ports, name);
    if (!p && t->sut && t->sut->ports && strcmp(name, t->sut->name) == 0)
        p = t->sut->port;
    *port = p ? (int)(p - p->host->port) : 0;
    return p ? p->host : NULL;
}

static void host_fire(struct owner *o, int64_t now_ns)
{
    struct host *h = (struct host *)o;
    if (h->kind->due)
        h->kind->due(h, now_ns);
}

static void host_deliver(void *ctx, int number, struct frame *f, int64_t now_ns)
{
    struct host_port *p = ctx;
    (void)number;
    p->host->kind->frame(p->host, (int)(p - p->host->port), f, now_ns);
}

static void host_carrier(void *ctx, int number, bool up, int64_t now_ns)
{
    struct host_port *p = ctx;
    (void)number;
    if (p->host->kind->carrier)
        p->host->kind->carrier(p->host, (int)(p - p->host->port), up, now_ns);
}

struct host *topology_new_host(struct topology *t, const struct host_kind *kind, const char *name)
{
    struct host *h = world_alloc(t->world, sizeof *h, 16);
    h->world = t->world;
    h->kind = kind;
    h->name = name;
    h->index = t->hosts;
    h->state = kind->state_size ? world_alloc(t->world, kind->state_size, 64) : NULL;
    h->owner.fire = host_fire;
    h->owner.name = name;
    random_init(&h->random, world_seed(t->world), name);
    world_own(t->world, &h->owner, RANK_HOST);
    if (kind->flags & HOST_FOREIGN)
        world_foreign(t->world, name);
    t->host[t->hosts++] = h;
    return h;
}

void topology_new_port(struct topology *t, struct host *h, const char *name, struct link *link,
                       const uint8_t mac[6])
{
    struct host_port *p = host_add_port(h);
    p->name = name;
    p->link = link ? link : t->recording.link[0].link;
    p->mtu = 1500;
    if (mac)
        memcpy(p->mac, mac, 6);
}

/* A peer's MAC follows from its address as libslirp's do (52:55 and the four bytes), else from its
 * number. */
static void default_mac(const struct host *h, struct host_port *p)
{
    static const uint8_t none[6];
    if (memcmp(p->mac, none, 6) != 0)
        return;
    uint32_t port = (uint32_t)(p - h->port);
    uint32_t tail = p->has_ipv4  ? p->ipv4
                    : port < 256 ? h->index << 8 | port
                                 : h->index << 16 | port;
    const uint8_t mac[6] = {0x52,
                            (uint8_t)(p->has_ipv4  ? 0x55
                                      : port < 256 ? 0x56
                                                   : 0x57),
                            (uint8_t)(tail >> 24),
                            (uint8_t)(tail >> 16),
                            (uint8_t)(tail >> 8),
                            (uint8_t)tail};
    memcpy(p->mac, mac, 6);
}

int topology_set_port(struct topology *t, struct host *h, struct host_port *p,
                      const struct attribute *a, struct why *why)
{
    (void)h;
    if (strcmp(a->name, "mac") == 0 && a->value.kind == VALUE_MAC && !(a->value.bytes[0] & 1)) {
        memcpy(p->mac, a->value.bytes, 6);
    } else if (strcmp(a->name, "ip") == 0 &&
               (a->value.kind == VALUE_IPV4 || a->value.kind == VALUE_PREFIX)) {
        p->has_ipv4 = true;
        p->ipv4 = (uint32_t)a->value.number;
        p->prefix = a->value.kind == VALUE_PREFIX ? a->value.prefix : 24;
    } else if (strcmp(a->name, "mtu") == 0 && a->value.kind == VALUE_NUMBER &&
               a->value.number >= 68 && a->value.number <= 1500) {
        p->mtu = (uint16_t)a->value.number;
    } else if (strcmp(a->name, "on") == 0 && a->value.kind == VALUE_NAME &&
               topology_link(t, a->value.text) >= 0) {
        p->link = t->recording.link[topology_link(t, a->value.text)].link;
    } else {
        static const char *const right[][2] = {
            {"mac", "a MAC address of one station (an even first octet)"},
            {"ip", "an IPv4 address, such as 10.0.2.15/24"},
            {"mtu", "a number from 68 to 1500"},
            {"on", "the name of a link"}};
        for (size_t k = 0; k < sizeof right / sizeof right[0]; k++)
            if (strcmp(right[k][0], a->name) == 0)
                topology_bad_value(a, right[k][1], why);
        return -1;
    }
    return 0;
}

bool topology_is_port_attribute(const char *name)
{
    return strcmp(name, "mac") == 0 || strcmp(name, "ip") == 0 || strcmp(name, "mtu") == 0 ||
           strcmp(name, "on") == 0;
}

static bool attribute_fits(const struct attr_spec *spec, const struct value *v)
{
    if (spec->kind == VALUE_ANY || spec->kind == VALUE_LIST || spec->kind == v->kind)
        return true;
    return (spec->kind == VALUE_BYTES && v->kind == VALUE_NAME) ||
           (spec->kind == VALUE_TIME && v->kind == VALUE_NUMBER);
}

static const char *value_words(enum value_kind kind)
{
    switch (kind) {
    case VALUE_NONE:
        return "nothing";
    case VALUE_NUMBER:
        return "a number";
    case VALUE_TIME:
        return "a time, such as 5ms";
    case VALUE_IPV4:
        return "an IPv4 address";
    case VALUE_PREFIX:
        return "a prefix, such as 10.0.2.0/24";
    case VALUE_MAC:
        return "a MAC address";
    case VALUE_BYTES:
        return "a text";
    case VALUE_NAME:
        return "a name";
    default:
        return "another kind of value";
    }
}

int topology_check_attribute(const struct host_kind *kind, const struct attribute *a,
                             struct why *why)
{
    const char *names[64] = {"mac", "ip", "mtu", "on"};
    int count = 4;
    for (const struct attr_spec *s = kind->attrs; s && s->name && count < 63; s++) {
        names[count++] = s->name;
        if (strcmp(s->name, a->name) != 0)
            continue;
        if (!attribute_fits(s, &a->value)) {
            topology_bad_value(a, value_words(s->kind), why);
            return -1;
        }
        return 0;
    }
    topology_bad_attribute(a, why, "this kind of host has no attribute",
                           nearest_word(a->name, names));
    return -1;
}

int topology_once(const struct attribute *attribute, uint32_t from, uint32_t at, struct why *why)
{
    for (uint32_t k = from; k < at; k++) {
        if (strcmp(attribute[k].name, attribute[at].name) != 0)
            continue;
        const struct place *p = &attribute[at].place;
        why_set(why, "%s:%d:%d: %s is written twice: one of them belongs here", p->file, p->line,
                p->column, attribute[at].name);
        return -1;
    }
    return 0;
}

/* Lists add up, everything else is one value. */
static bool may_repeat(const struct host_kind *kind, const char *name)
{
    for (const struct attr_spec *s = kind->attrs; s && s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s->kind == VALUE_LIST || s->kind == VALUE_ANY;
    return false;
}

int topology_read_ports(struct topology *t, struct host *h, const struct attribute *attribute,
                        uint32_t count, struct why *why)
{
    bool linked = false;
    uint32_t from = 0; /* where this port's attributes begin */
    topology_new_port(t, h, h->name, NULL, NULL);
    for (uint32_t a = 0; a < count; a++) {
        if (strcmp(attribute[a].name, "on") == 0)
            from = a;
        bool port = topology_is_port_attribute(attribute[a].name);
        if (!may_repeat(h->kind, attribute[a].name) &&
            topology_once(attribute, port ? from : 0, a, why) != 0)
            return -1;
        if (!topology_is_port_attribute(attribute[a].name)) {
            if (topology_check_attribute(h->kind, &attribute[a], why) != 0)
                return -1;
            continue;
        }
        if (strcmp(attribute[a].name, "on") == 0) {
            if (linked)
                topology_new_port(t, h, h->name, NULL, NULL);
            linked = true;
        }
        if (topology_set_port(t, h, &h->port[h->ports - 1], &attribute[a], why) != 0)
            return -1;
    }
    return 0;
}

void topology_attach_ports(struct topology *t, struct host *h)
{
    for (uint32_t k = 0; k < h->ports; k++) {
        struct host_port *p = &h->port[k], **raw = &t->raw[link_number(p->link)];
        default_mac(h, p);
        p->number = link_attach(p->link, p->name, host_deliver, host_carrier, p);
        names_put(t->world, &t->ports, p->name, p);
        if ((h->kind->flags & HOST_RAW) && !*raw)
            *raw = p;
    }
}

/* `host $kind a`: the parameter's value. */
static const char *kind_text(struct topology *t, const char *kind)
{
    const struct value *v = kind[0] == '$' ? scope_lookup(t, kind + 1) : NULL;
    return !v                       ? kind
           : v->kind == VALUE_NAME  ? v->text
           : v->kind == VALUE_BYTES ? (const char *)v->bytes
                                    : "";
}

int topology_build_host(struct topology *t, const struct declaration *declared, struct why *why)
{
    struct declaration *d = world_alloc(t->world, sizeof *d, 16);
    *d = *declared;
    d->kind = kind_text(t, declared->kind);
    const char *names[64] = {"stack", "lwip"};
    for (int k = 0; k < 61 && host_kinds[k]; k++)
        names[k + 2] = host_kinds[k]->name;
    if (topology_is_stack(d->kind))
        return topology_build_stack(t, d, why);
    const struct host_kind *kind = host_kind_by_name(d->kind);
    const char *package = kind ? NULL : host_kind_package(d->kind);
    if (package) {
        topology_skip(t, "%s:%d: %s is not in this build, which was made without %s", d->place.file,
                      d->place.line, d->kind, package);
        return 0;
    }
    if (!kind) {
        const char *nearest = nearest_word(d->kind, names);
        why_set(why, "%s:%d:%d: no kind of host \"%s\"; %s%s%s", d->place.file, d->place.line,
                d->place.column, d->kind, nearest ? "did you mean " : "`wiredrill list` names them",
                nearest ? nearest : "", nearest ? "?" : "");
        return -1;
    }
    struct attribute *attribute;
    struct host *h = topology_new_host(t, kind, d->name);
    if (topology_resolve(t, d->attribute, d->attributes, &attribute, why) != 0 ||
        topology_read_ports(t, h, attribute, d->attributes, why) != 0)
        return -1;
    topology_attach_ports(t, h);
    const struct attribute *blamed = NULL;
    const struct attrs attrs = {.attribute = attribute, .count = d->attributes, .blamed = &blamed};
    struct why inner = {{0}};
    if (kind->init(h, &attrs, &inner) != 0) {
        const struct place *place = blamed ? &blamed->place : &d->place;
        why_set(why, "%s:%d:%d: %s: %s", place->file, place->line, place->column, d->name,
                inner.text);
        return -1;
    }
    return 0;
}
