/* The host under test: `sut INTERFACE {ATTRIBUTE VALUE}`, its NICs, its knobs, its addresses. */
#include <errno.h>
#include <string.h>
#include "sim/hosts/host.h"
#include "sim/hosts/sut_host.h"
#include "sim/language/symbols.h"
#include "sim/topology/build.h"
#include "sim/topology/profile.h"

static const uint8_t sut_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

enum { SUT_SOCKETS = 65535 }; /* a stack's limit is of 16 bits */

static const struct attr_spec sut_attrs[] = {
    {"nic", VALUE_NAME, "the NIC model behind which it stands"},
    {"tx-delay", VALUE_TIME, "how long the NIC takes over each frame it sends (0)"},
    {"gateway", VALUE_IPV4, "its default route"},
    {"dns", VALUE_LIST, "its resolvers"},
    {"check", VALUE_NONE, "probe the address before use (RFC 5227)"},
    {"sockets", VALUE_NUMBER, "how many its stack can have open at a time (64)"},
    {"small", VALUE_NONE,
     "a stack of little memory, for worlds that are saved and put back often: exchanges of single "
     "packets, one after the other"},
    {NULL, VALUE_NONE, NULL},
};

static int add_sut_port(struct topology *t, const struct declaration *d,
                        struct attribute **attribute, struct why *why)
{
    static const struct host_kind described = {.attrs = sut_attrs};
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

int topology_configure(struct topology *t, const char *call, struct value *argv, int argc,
                       struct why *why)
{
    struct value out[SUT_ARGUMENTS] = {{0}};
    int64_t got = sut_host_call(t->sut, 0, call, argv, argc, out);
    if (got == SUT_UNKNOWN) {
        topology_skip(t, "the stack %s has no %s()", sut_host_sut(t->sut)->name, call);
        return 0;
    }
    if (got < 0)
        why_set(why, "%s: %s", call, errno_name((int)-got));
    return got < 0 ? -1 : 0;
}

struct value topology_text_value(const char *text)
{
    return (struct value){
        .kind = VALUE_BYTES, .bytes = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
}

static int configure_port(struct topology *t, const struct host_port *p, const struct attrs *attrs,
                          struct why *why)
{
    struct value ifname = topology_text_value(p->name);
    if (p->has_ipv4) {
        struct value argv[3] = {ifname,
                                {.kind = VALUE_PREFIX, .number = p->ipv4, .prefix = p->prefix},
                                {.kind = VALUE_NUMBER, .number = attr_flag(attrs, "check")}};
        if (topology_configure(t, "ifconfig", argv, 3, why) != 0)
            return -1;
    }
    const struct attribute *gateway = attr_find(attrs, "gateway", 0),
                           *dns = attr_find(attrs, "dns", 0);
    if (gateway) {
        struct value argv[3] = {{.kind = VALUE_PREFIX}, gateway->value, ifname};
        if (topology_configure(t, "route", argv, 3, why) != 0)
            return -1;
    }
    if (dns) {
        struct value servers[4];
        uint32_t address[4], count;
        if (attr_addresses(attrs, "dns", address, 4, &count, why) != 0)
            return -1;
        for (uint32_t s = 0; s < count; s++)
            servers[s] = (struct value){.kind = VALUE_IPV4, .number = address[s]};
        return topology_configure(t, "nameserver", servers, (int)count, why);
    }
    return 0;
}

void topology_knob_value(struct value *v)
{
    if (v->kind == VALUE_NAME && (strcmp(v->text, "on") == 0 || strcmp(v->text, "off") == 0))
        *v = (struct value){.kind = VALUE_NUMBER, .number = strcmp(v->text, "on") == 0};
}

static int set_knob(struct topology *t, const struct setting *s, struct why *why)
{
    struct value v, argv[2] = {topology_text_value(s->name)}, out[SUT_ARGUMENTS] = {{0}};
    if (eval_value(t, &s->value, &v, why) != 0)
        return -1;
    topology_knob_value(&v);
    argv[1] = v;
    int64_t got = sut_host_call(t->sut, 0, "set", argv, 2, out);
    if (got == SUT_UNKNOWN)
        topology_skip(t, "the stack %s has no knobs, the script sets %s",
                      sut_host_sut(t->sut)->name, s->name);
    else if (got < 0 && s->place.file)
        why_set(why, "%s:%d:%d: set %s: %s", s->place.file, s->place.line, s->place.column, s->name,
                got == -2 ? "there is no such knob; `wiredrill help knobs` lists them"
                          : "the value is out of its range, which `wiredrill help knobs` tells");
    else if (got < 0)
        why_set(why, "--set %s: %s", s->name,
                got == -2 ? "there is no such knob; `wiredrill help knobs` lists them"
                          : "the value is out of its range, which `wiredrill help knobs` tells");
    return got < 0 && got != SUT_UNKNOWN ? -1 : 0;
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
        if (set_knob(t, &t->plan.script->set[s], why) != 0)
            return -1;
    for (uint32_t s = 0; s < t->plan.sets; s++)
        if (set_knob(t, &t->plan.set[s], why) != 0)
            return -1;
    return 0;
}

static int nic_of(struct topology *t, const struct attrs *attrs, const struct nic_kind **nic,
                  struct why *why)
{
    const char *name = attr_text(attrs, "nic", NULL);
    *nic = name ? nic_kind_by_name(name) : t->plan.nic;
    if (*nic)
        return 0;
    if (strcmp(name, "virtio-net") == 0) {
        topology_skip(t, "%s: virtio-net is not in this version", t->plan.script->path);
        return 0;
    }
    topology_bad_value(attr_find(attrs, "nic", 0), "one of the NICs that `wiredrill list` names",
                       why);
    return -1;
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

/* Only a NIC can be slow. */
static int set_tx_delay(struct topology *t, const struct attrs *attrs, uint32_t port,
                        struct sut_config *config, struct why *why)
{
    const struct attribute *a = attr_find(attrs, "tx-delay", 0);
    if (!a)
        return 0;
    if (a->value.number < 0) {
        topology_bad_attribute(a, why, "not a value for", NULL);
        return -1;
    }
    config->tx_delay_ns[port] = a->value.number;
    if (!(config->sut->flags & SUT_BUS))
        topology_skip(t, "the script's NIC takes its time, %s has none", config->sut->name);
    return 0;
}

static int set_sockets(const struct attrs *attrs, struct sut_config *config, struct why *why)
{
    const struct attribute *a = attr_find(attrs, "sockets", 0);
    int64_t sockets = a ? a->value.number : 0;
    if (a && (sockets < 1 || sockets > SUT_SOCKETS)) {
        topology_bad_value(a, "a number from 1 to 65535", why);
        return -1;
    }
    config->sockets = (uint32_t)sockets;
    return 0;
}

static const struct declaration *sut_declaration(const struct topology *t, uint32_t *count)
{
    static const struct declaration bare = {.name = "eth0"};
    *count = t->plan.script->suts ? t->plan.script->suts : 1;
    return t->plan.script->suts ? t->plan.script->sut : &bare;
}

int topology_build_sut(struct topology *t, struct attribute **attribute, struct why *why)
{
    uint32_t count;
    const struct declaration *d = sut_declaration(t, &count);
    struct sut_config config = {.sut = t->plan.sut,
                                .fill = t->plan.fill,
                                .watch_fates = t->plan.watch_fates,
                                .listener = t->plan.listener};
    for (uint32_t k = 0; k < count; k++)
        if (k >= SUT_PORTS || add_sut_port(t, &d[k], &attribute[k], why) != 0) {
            why_set(why, "more than %d interfaces", SUT_PORTS);
            return -1;
        }
    struct attrs first = {.attribute = attribute[0], .count = d[0].attributes};
    for (uint32_t k = 0; k < count; k++)
        if (set_tx_delay(t, &(struct attrs){.attribute = attribute[k], .count = d[k].attributes}, k,
                         &config, why) != 0)
            return -1;
    config.small = attr_flag(&first, "small");
    if (set_sockets(&first, &config, why) != 0)
        return -1;
    if (t->skipped)
        return 0;
    topology_attach_ports(t, t->sut);
    if (nic_of(t, &first, &config.nic, why) != 0)
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
    return sut_host_open(t->sut, &config, why);
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
        if (configure_port(t, &t->sut->port[k], &attrs, why) != 0)
            return -1;
    }
    return 0;
}
