/* What all hosts have in common that a stack moves, the one under test and peers: attributes, NICs,
 * knobs, and configuration by calls. */
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/language/symbols.h"
#include "sim/topology/build.h"

enum { MOST_SOCKETS = 65535 }; /* a stack's limit is of 16 bits */

const struct attr_spec stack_attrs[] = {
    STACK_ATTRS,
    {NULL, VALUE_NONE, NULL},
};

int stack_nic(struct topology *t, const struct attrs *attrs, const struct nic_kind **nic,
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

/* Only a NIC can be slow. */
int stack_tx_delay(struct topology *t, const struct attrs *attrs, uint32_t port,
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

static uint64_t feature_of(const struct value *v)
{
    char name[32];
    if (v->kind != VALUE_BYTES || v->len >= sizeof name)
        return v->kind == VALUE_NAME ? nic_feature(v->text) : 0;
    memcpy(name, v->bytes, v->len);
    name[v->len] = 0;
    return nic_feature(name);
}

static int features_of(const struct attrs *attrs, const char *name, uint64_t *features,
                       struct why *why)
{
    const struct attribute *a = attr_find(attrs, name, 0);
    bool list = a && a->value.kind == VALUE_LIST; /* a parameter's value is one alone */
    for (uint32_t i = 0; a && i < (list ? a->value.items : 1); i++) {
        uint64_t feature = feature_of(list ? &a->value.item[i] : &a->value);
        if (!feature) {
            topology_bad_value(a, "names of features, as virtio's event_idx, mrg_rxbuf", why);
            return -1;
        }
        *features |= feature;
    }
    return 0;
}

int stack_device(struct topology *t, const struct attrs *attrs, struct sut_config *config,
                 struct why *why)
{
    const struct attribute *queue = attr_find(attrs, "queue", 0);
    struct nic_options *o = &config->device;
    int64_t size = queue ? queue->value.number : 0;
    if (queue && (size < 1 || size > 32768 || (size & (size - 1)))) {
        topology_bad_value(queue, "a power of two up to 32768", why);
        return -1;
    }
    o->queue = (uint32_t)size;
    o->unrest = (uint32_t)attr_number(attrs, "unrest", 0);
    if (features_of(attrs, "without", &o->without, why) != 0 ||
        features_of(attrs, "refuses", &o->refuses, why) != 0)
        return -1;
    if ((queue || o->unrest || o->without || o->refuses) && !(config->sut->flags & SUT_BUS))
        topology_skip(t, "the script's NIC is a special one, %s has none", config->sut->name);
    return 0;
}

int stack_sockets(const struct attrs *attrs, struct sut_config *config, struct why *why)
{
    const struct attribute *a = attr_find(attrs, "sockets", 0);
    int64_t sockets = a ? a->value.number : 0;
    if (a && (sockets < 1 || sockets > MOST_SOCKETS)) {
        topology_bad_value(a, "a number from 1 to 65535", why);
        return -1;
    }
    config->sockets = (uint32_t)sockets;
    return 0;
}

int topology_configure(struct topology *t, struct host *h, const char *call, struct value *argv,
                       int argc, struct why *why)
{
    struct value out[SUT_ARGUMENTS] = {{0}};
    int64_t got = sut_host_call(h, 0, call, argv, argc, out);
    if (got == SUT_UNKNOWN) {
        topology_skip(t, "the stack %s has no %s()", sut_host_sut(h)->name, call);
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

int stack_configure_port(struct topology *t, struct host *h, uint32_t port,
                         const struct attrs *attrs, struct why *why)
{
    const struct host_port *p = &h->port[port];
    struct value ifname = topology_text_value(sut_host_ifname(h, (int)port));
    if (p->has_ipv4) {
        struct value argv[3] = {ifname,
                                {.kind = VALUE_PREFIX, .number = p->ipv4, .prefix = p->prefix},
                                {.kind = VALUE_NUMBER, .number = attr_flag(attrs, "check")}};
        if (topology_configure(t, h, "ifconfig", argv, 3, why) != 0)
            return -1;
    }
    const struct attribute *gateway = attr_find(attrs, "gateway", 0),
                           *dns = attr_find(attrs, "dns", 0);
    if (gateway) {
        struct value argv[3] = {{.kind = VALUE_PREFIX}, gateway->value, ifname};
        if (topology_configure(t, h, "route", argv, 3, why) != 0)
            return -1;
    }
    if (dns) {
        struct value servers[4];
        uint32_t address[4], count;
        if (attr_addresses(attrs, "dns", address, 4, &count, why) != 0)
            return -1;
        for (uint32_t s = 0; s < count; s++)
            servers[s] = (struct value){.kind = VALUE_IPV4, .number = address[s]};
        return topology_configure(t, h, "nameserver", servers, (int)count, why);
    }
    return 0;
}

void topology_knob_value(struct value *v)
{
    if (v->kind == VALUE_NAME && (strcmp(v->text, "on") == 0 || strcmp(v->text, "off") == 0))
        *v = (struct value){.kind = VALUE_NUMBER, .number = strcmp(v->text, "on") == 0};
}

bool topology_is_default(const struct topology *t, const char *knob, int64_t value)
{
    int64_t usual;
    return t->plan.knob_default && t->plan.knob_default(knob, &usual) && usual == value;
}

int stack_set_knob(struct topology *t, struct host *h, const struct setting *s, struct why *why)
{
    struct value v, argv[2] = {topology_text_value(s->name)}, out[SUT_ARGUMENTS] = {{0}};
    if (eval_value(t, &s->value, &v, why) != 0)
        return -1;
    topology_knob_value(&v);
    argv[1] = v;
    int64_t got = sut_host_call(h, 0, "set", argv, 2, out);
    if (got == SUT_UNKNOWN && topology_is_default(t, s->name, v.number))
        return 0;
    if (got == SUT_UNKNOWN)
        topology_skip(t, "the stack %s has no knobs, the script sets %s", sut_host_sut(h)->name,
                      s->name);
    else if (got < 0 && s->place.file)
        why_set(why, "%s:%d:%d: set %s: %s", s->place.file, s->place.line, s->place.column, s->name,
                got == -2 ? "there is no such knob; `wiredrill help knobs` lists them"
                          : "the value is none that it takes, which `wiredrill help knobs` tells");
    else if (got < 0)
        why_set(why, "--set %s: %s", s->name,
                got == -2 ? "there is no such knob; `wiredrill help knobs` lists them"
                          : "the value is none that it takes, which `wiredrill help knobs` tells");
    return got < 0 && got != SUT_UNKNOWN ? -1 : 0;
}
