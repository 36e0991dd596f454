/* A run's world: links, hosts and the host under test, built from the script's declarations before time 0, taken apart at the end. */
#include "sim/script/run.h"
#include <string.h>
#include "sim/hosts/host.h"
#include "sim/hosts/sut_host.h"
#include "sim/script/profile.h"

enum { ARENA_BYTES = 1 << 30 };

static const uint8_t sut_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

/* --- names --- */

struct run_link *run_link_by_name(struct run *r, const char *name)
{
    for (uint32_t l = 0; l < r->links; l++)
        if (strcmp(r->link[l].name, name) == 0)
            return &r->link[l];
    return NULL;
}

struct run_link *run_link_of(struct run *r, const struct link *link)
{
    for (uint32_t l = 0; l < r->links; l++)
        if (r->link[l].link == link)
            return &r->link[l];
    return NULL;
}

struct host *run_host(const struct run *r, const char *name, int *port)
{
    *port = 0;
    for (uint32_t p = 0; r->sut && p < r->sut->ports; p++) {
        *port = (int)p;
        if (strcmp(r->sut->port[p].name, name) == 0)
            return r->sut;
    }
    *port = 0;
    for (uint32_t h = 0; h < r->hosts; h++)
        if (strcmp(r->host[h]->name, name) == 0)
            return r->host[h];
    return NULL;
}

/* The host under test's address may come from DHCP: it is asked. */
bool run_host_addresses(struct run *r, struct host *h, int port, struct packet_addresses *out)
{
    const struct host_port *p = &h->port[port];
    memset(out, 0, sizeof *out);
    if (h->ports == 0)
        return false;
    out->has_mac = true;
    memcpy(out->mac, p->mac, sizeof out->mac);
    out->has_ipv4 = p->has_ipv4;
    out->ipv4 = p->ipv4;
    if (h == r->sut) {
        char what[64];
        struct value v;
        snprintf(what, sizeof what, "ifaddr %s", p->name);
        if (sut_host_query(h, what, &v) == 0 && v.kind == VALUE_PREFIX) {
            out->has_ipv4 = true;
            out->ipv4 = (uint32_t)v.number;
        }
    }
    return true;
}

/* --- attributes --- */

static int resolve(struct run *r, const struct attribute *in, uint32_t count, struct attribute **out, struct why *why)
{
    *out = world_alloc(r->world, (count ? count : 1) * sizeof **out, 16);
    for (uint32_t a = 0; a < count; a++) {
        struct value v;
        if (eval_value(r, &in[a].value, &v, why) != 0)
            return -1;
        (*out)[a] = in[a];
        (*out)[a].value = value_in_arena(r, &v);
    }
    return 0;
}

static void bad_attribute(const struct attribute *a, struct why *why, const char *what, const char *nearest)
{
    why_set(why, "%s:%d:%d: %s \"%s\"%s%s%s", a->place.file, a->place.line, a->place.column, what, a->name, nearest ? "; did you mean " : "",
            nearest ? nearest : "", nearest ? "?" : "");
}

/* --- links --- */

enum link_unit { UNIT_BPS, UNIT_NS, UNIT_COUNT, UNIT_PPM };

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
    {"jitter", UNIT_NS, offsetof(struct link_config, jitter_ns)},
    {"reorder-delay", UNIT_NS, offsetof(struct link_config, reorder_ns)},
};
enum { LINK_ATTRIBUTES = sizeof link_attributes / sizeof link_attributes[0] };

/* 10Mbit, 1Gbit, 5%, 0.5%: a number with its unit, as the lexer leaves it; -1 when it is none. Whole thousandths are enough. */
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

static int64_t link_number(enum link_unit unit, const struct value *v)
{
    static const char *const rates[] = {"bit", "kbit", "Mbit", "Gbit", NULL};
    static const int64_t rate_factors[] = {1, 1000, 1000000, 1000000000};
    static const char *const shares[] = {"%", "ppm", NULL};
    static const int64_t share_factors[] = {10000, 1};
    if (v->kind == VALUE_NUMBER)
        return v->number;
    if (unit == UNIT_NS)
        return v->kind == VALUE_TIME ? v->number : -1;
    if (v->kind != VALUE_NAME)
        return -1;
    return unit == UNIT_BPS ? scaled_text(v->text, rates, rate_factors) : unit == UNIT_PPM ? scaled_text(v->text, shares, share_factors) : -1;
}

static int set_link_attribute(struct link_config *config, const struct attribute *a, struct why *why)
{
    static const char *names[LINK_ATTRIBUTES + 1];
    for (int k = 0; k < LINK_ATTRIBUTES; k++) {
        names[k] = link_attributes[k].name;
        if (strcmp(link_attributes[k].name, a->name) != 0)
            continue;
        int64_t number = link_number(link_attributes[k].unit, &a->value);
        if (number < 0 || (link_attributes[k].unit == UNIT_PPM && number > 1000000)) {
            bad_attribute(a, why, "not a value for", NULL);
            return -1;
        }
        uint8_t *at = (uint8_t *)config + link_attributes[k].offset;
        if (link_attributes[k].unit == UNIT_BPS || link_attributes[k].unit == UNIT_NS)
            memcpy(at, &number, sizeof number);
        else
            memcpy(at, &(uint32_t){(uint32_t)number}, sizeof(uint32_t));
        return 0;
    }
    bad_attribute(a, why, "a link has no attribute", nearest_word(a->name, names));
    return -1;
}

int run_configure_link(struct run *r, struct link_config *config, const struct attribute *attribute, uint32_t count, struct why *why)
{
    struct attribute *resolved;
    if (resolve(r, attribute, count, &resolved, why) != 0)
        return -1;
    for (uint32_t a = 0; a < count; a++)
        if (set_link_attribute(config, &resolved[a], why) != 0)
            return -1;
    return 0;
}

/* The engine watches in the capture's place and passes every frame on. */
static void run_tap(void *ctx, struct link *l, int port, struct frame *f, enum link_event event, int line, int64_t now_ns)
{
    struct run_link *link = ctx;
    capture_tap(link->capture, l, port, f, event, line, now_ns);
    engine_frame_seen(link->run, link, port, f, now_ns);
}

static void add_link(struct run *r, const struct link_config *config)
{
    struct run_link *l = &r->link[r->links++];
    l->link = link_new(r->world, config);
    l->name = world_text(r->world, config->name);
    l->capture = capture_new(r->world, l->link);
    l->script_port = -1;
    l->run = r;
    link_watch(l->link, run_tap, l);
}

static int build_links(struct run *r, struct why *why)
{
    for (uint32_t k = 0; k < r->script->links; k++) {
        const struct declaration *d = &r->script->link[k];
        struct link_config config = {.name = ""};
        if (r->links == RUN_LINKS || strlen(d->name) >= sizeof config.name) {
            why_set(why, "%s:%d: at most %d links, names of at most %zu letters", r->script->path, d->place.line, RUN_LINKS, sizeof config.name - 1);
            return -1;
        }
        memcpy(config.name, d->name, strlen(d->name) + 1);
        if (run_configure_link(r, &config, d->attribute, d->attributes, why) != 0)
            return -1;
        add_link(r, &config);
    }
    if (r->links == 0)
        add_link(r, &(struct link_config){.name = "lan"});
    return 0;
}

/* --- hosts --- */

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

static struct host *new_host(struct run *r, const struct host_kind *kind, const char *name)
{
    struct host *h = world_alloc(r->world, sizeof *h, 16);
    h->world = r->world;
    h->kind = kind;
    h->name = name;
    h->index = r->hosts;
    h->run = r;
    h->state = kind->state_size ? world_alloc(r->world, kind->state_size, 64) : NULL;
    h->owner.fire = host_fire;
    h->owner.name = name;
    random_init(&h->random, world_seed(r->world), name);
    world_own(r->world, &h->owner, RANK_HOST);
    if (kind->flags & HOST_FOREIGN)
        world_foreign(r->world, name);
    r->host[r->hosts++] = h;
    return h;
}

static int new_port(struct run *r, struct host *h, const char *name, struct link *link, const uint8_t mac[6], struct why *why)
{
    if (h->ports == HOST_PORTS) {
        why_set(why, "%s has more than %d ports", h->name, HOST_PORTS);
        return -1;
    }
    struct host_port *p = &h->port[h->ports++];
    p->host = h;
    p->name = name;
    p->link = link ? link : r->link[0].link;
    p->mtu = 1500;
    if (mac)
        memcpy(p->mac, mac, 6);
    return 0;
}

/* A peer's MAC follows from its address as libslirp's do (52:55 and the four bytes), else from its number. */
static void default_mac(const struct host *h, struct host_port *p)
{
    static const uint8_t none[6];
    if (memcmp(p->mac, none, 6) != 0)
        return;
    uint32_t tail = p->has_ipv4 ? p->ipv4 : h->index << 8 | (uint32_t)(p - h->port);
    const uint8_t mac[6] = {0x52, (uint8_t)(p->has_ipv4 ? 0x55 : 0x56), (uint8_t)(tail >> 24), (uint8_t)(tail >> 16), (uint8_t)(tail >> 8), (uint8_t)tail};
    memcpy(p->mac, mac, 6);
}

static int set_port(struct run *r, struct host *h, struct host_port *p, const struct attribute *a, struct why *why)
{
    (void)h;
    if (strcmp(a->name, "mac") == 0 && a->value.kind == VALUE_MAC) {
        memcpy(p->mac, a->value.bytes, 6);
    } else if (strcmp(a->name, "ip") == 0 && (a->value.kind == VALUE_IPV4 || a->value.kind == VALUE_PREFIX)) {
        p->has_ipv4 = true;
        p->ipv4 = (uint32_t)a->value.number;
        p->prefix = a->value.kind == VALUE_PREFIX ? a->value.prefix : 24;
    } else if (strcmp(a->name, "mtu") == 0 && a->value.kind == VALUE_NUMBER && a->value.number >= 68 && a->value.number <= 1500) {
        p->mtu = (uint16_t)a->value.number;
    } else if (strcmp(a->name, "on") == 0 && a->value.kind == VALUE_NAME && run_link_by_name(r, a->value.text)) {
        p->link = run_link_by_name(r, a->value.text)->link;
    } else {
        bad_attribute(a, why, strcmp(a->name, "on") == 0 ? "no such link behind" : "not a value for", NULL);
        return -1;
    }
    return 0;
}

static bool is_port_attribute(const char *name)
{
    return strcmp(name, "mac") == 0 || strcmp(name, "ip") == 0 || strcmp(name, "mtu") == 0 || strcmp(name, "on") == 0;
}

static bool attribute_fits(const struct attr_spec *spec, const struct value *v)
{
    if (spec->kind == VALUE_ANY || spec->kind == VALUE_LIST || spec->kind == v->kind)
        return true;
    return (spec->kind == VALUE_BYTES && v->kind == VALUE_NAME) || (spec->kind == VALUE_TIME && v->kind == VALUE_NUMBER);
}

static int check_attribute(const struct host_kind *kind, const struct attribute *a, struct why *why)
{
    const char *names[64] = {"mac", "ip", "mtu", "on"};
    int count = 4;
    for (const struct attr_spec *s = kind->attrs; s && s->name && count < 63; s++) {
        names[count++] = s->name;
        if (strcmp(s->name, a->name) != 0)
            continue;
        if (!attribute_fits(s, &a->value)) {
            bad_attribute(a, why, "not a value for", NULL);
            return -1;
        }
        return 0;
    }
    bad_attribute(a, why, "this kind of host has no attribute", nearest_word(a->name, names));
    return -1;
}

/* "on lan ip A on wan ip B": each `on` after a port's link begins the next port. */
static int read_ports(struct run *r, struct host *h, const struct attribute *attribute, uint32_t count, struct why *why)
{
    bool linked = false;
    if (new_port(r, h, h->name, NULL, NULL, why) != 0)
        return -1;
    for (uint32_t a = 0; a < count; a++) {
        if (!is_port_attribute(attribute[a].name)) {
            if (check_attribute(h->kind, &attribute[a], why) != 0)
                return -1;
            continue;
        }
        if (strcmp(attribute[a].name, "on") == 0) {
            if (linked && new_port(r, h, h->name, NULL, NULL, why) != 0)
                return -1;
            linked = true;
        }
        if (set_port(r, h, &h->port[h->ports - 1], &attribute[a], why) != 0)
            return -1;
    }
    return 0;
}

static int attach_ports(struct host *h, struct why *why)
{
    for (uint32_t p = 0; p < h->ports; p++) {
        default_mac(h, &h->port[p]);
        h->port[p].number = link_attach(h->port[p].link, h->port[p].name, host_deliver, host_carrier, &h->port[p]);
        if (h->port[p].number < 0) {
            why_set(why, "the link has no room for %s: at most %d ports", h->name, LINK_PORTS);
            return -1;
        }
    }
    return 0;
}

static int build_host(struct run *r, const struct declaration *d, struct why *why)
{
    const char *names[64] = {NULL};
    for (int k = 0; k < 63 && host_kinds[k]; k++)
        names[k] = host_kinds[k]->name;
    const struct host_kind *kind = host_kind_by_name(d->kind);
    if (!kind) {
        const char *nearest = nearest_word(d->kind, names);
        why_set(why, "%s:%d:%d: no kind of host \"%s\"%s%s%s", d->place.file, d->place.line, d->place.column, d->kind,
                nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
        return -1;
    }
    if (r->hosts == RUN_HOSTS) {
        why_set(why, "%s:%d: at most %d hosts", d->place.file, d->place.line, RUN_HOSTS - 1);
        return -1;
    }
    struct attribute *attribute;
    struct host *h = new_host(r, kind, d->name);
    if (resolve(r, d->attribute, d->attributes, &attribute, why) != 0 || read_ports(r, h, attribute, d->attributes, why) != 0 ||
        attach_ports(h, why) != 0)
        return -1;
    const struct attrs attrs = {attribute, d->attributes};
    struct why inner = {{0}};
    if (kind->init(h, &attrs, &inner) != 0) {
        why_set(why, "%s:%d:%d: %s: %s", d->place.file, d->place.line, d->place.column, d->name, inner.text);
        return -1;
    }
    return 0;
}

/* --- the host under test --- */

static const struct attr_spec sut_attrs[] = {
    {"nic", VALUE_NAME, "the NIC model behind which it stands"},
    {"gateway", VALUE_IPV4, "its default route"},
    {"dns", VALUE_LIST, "its resolvers"},
    {"check", VALUE_NONE, "probe the address before use (RFC 5227)"},
    {NULL, VALUE_NONE, NULL},
};

static int add_sut_port(struct run *r, const struct declaration *d, struct attribute **attribute, struct why *why)
{
    static const struct host_kind described = {.attrs = sut_attrs};
    struct host *h = r->sut;
    uint8_t mac[6];
    memcpy(mac, sut_mac, 6);
    mac[5] = (uint8_t)(mac[5] + h->ports);
    if (new_port(r, h, d->name, NULL, mac, why) != 0 || resolve(r, d->attribute, d->attributes, attribute, why) != 0)
        return -1;
    for (uint32_t a = 0; a < d->attributes; a++) {
        const struct attribute *one = &(*attribute)[a];
        int got = is_port_attribute(one->name) ? set_port(r, h, &h->port[h->ports - 1], one, why) : check_attribute(&described, one, why);
        if (got != 0)
            return -1;
    }
    return 0;
}

static int configure(struct run *r, const char *call, struct value *argv, int argc, struct why *why)
{
    struct value out[SUT_ARGUMENTS] = {{0}};
    int64_t got = sut_host_call(r->sut, 0, call, argv, argc, out);
    if (got == SUT_UNKNOWN) {
        run_skip(r, "the stack %s has no %s()", sut_host_sut(r->sut)->name, call);
        return 0;
    }
    if (got < 0)
        why_set(why, "%s: %s", call, errno_name((int)-got));
    return got < 0 ? -1 : 0;
}

static struct value text_value(const char *text)
{
    return (struct value){.kind = VALUE_BYTES, .bytes = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
}

static int configure_port(struct run *r, const struct host_port *p, const struct attrs *attrs, struct why *why)
{
    struct value ifname = text_value(p->name);
    if (p->has_ipv4) {
        struct value argv[3] = {ifname,
                                {.kind = VALUE_PREFIX, .number = p->ipv4, .prefix = p->prefix},
                                {.kind = VALUE_NUMBER, .number = attr_flag(attrs, "check")}};
        if (configure(r, "ifconfig", argv, 3, why) != 0)
            return -1;
    }
    const struct attribute *gateway = attr_find(attrs, "gateway", 0), *dns = attr_find(attrs, "dns", 0);
    if (gateway) {
        struct value argv[3] = {{.kind = VALUE_PREFIX}, gateway->value, ifname};
        if (configure(r, "route", argv, 3, why) != 0)
            return -1;
    }
    if (dns) {
        struct value servers[4];
        uint32_t address[4], count = attr_ipv4s(attrs, "dns", address, 4);
        for (uint32_t s = 0; s < count; s++)
            servers[s] = (struct value){.kind = VALUE_IPV4, .number = address[s]};
        return configure(r, "nameserver", servers, (int)count, why);
    }
    return 0;
}

/* on and off are 1 and 0. */
static int set_knob(struct run *r, const struct setting *s, struct why *why)
{
    struct value v, argv[2] = {text_value(s->name)}, out[SUT_ARGUMENTS] = {{0}};
    if (eval_value(r, &s->value, &v, why) != 0)
        return -1;
    if (v.kind == VALUE_NAME && (strcmp(v.text, "on") == 0 || strcmp(v.text, "off") == 0))
        v = (struct value){.kind = VALUE_NUMBER, .number = strcmp(v.text, "on") == 0};
    argv[1] = v;
    int64_t got = sut_host_call(r->sut, 0, "set", argv, 2, out);
    if (got == SUT_UNKNOWN)
        run_skip(r, "the stack %s has no knobs, the script sets %s", sut_host_sut(r->sut)->name, s->name);
    else if (got < 0 && s->place.file)
        why_set(why, "%s:%d:%d: set %s: %s", s->place.file, s->place.line, s->place.column, s->name,
                got == -2 ? "there is no such knob; `wiredrill help knobs` lists them" : "the value is out of its range");
    else if (got < 0)
        why_set(why, "--set %s: %s", s->name, got == -2 ? "there is no such knob; `wiredrill help knobs` lists them" : "the value is out of its range");
    return got < 0 && got != SUT_UNKNOWN ? -1 : 0;
}

static int set_knobs(struct run *r, struct why *why)
{
    for (const struct profile_knob *k = r->options->profile; k && k->name; k++) {
        const struct setting s = {.name = k->name, .value = {.kind = VALUE_NUMBER, .number = k->value}};
        if (set_knob(r, &s, why) != 0)
            return -1;
    }
    for (uint32_t s = 0; s < r->script->sets; s++)
        if (set_knob(r, &r->script->set[s], why) != 0)
            return -1;
    for (uint32_t s = 0; s < r->options->sets; s++)
        if (set_knob(r, &r->options->set[s], why) != 0)
            return -1;
    return 0;
}

static void told_fate(void *ctx, uint32_t frame, enum sut_fate fate, const char *reason)
{
    struct run *r = ctx;
    if (r->options->fate)
        r->options->fate(r->options->fate_ctx, frame, fate, reason);
    else if (fate == SUT_FATE_DROPPED || fate == SUT_FATE_FILTERED)
        run_note(r, reason);
}

static int nic_of(struct run *r, const struct attrs *attrs, const struct nic_kind **nic, struct why *why)
{
    const char *name = attr_text(attrs, "nic", NULL);
    *nic = name ? nic_kind_by_name(name) : r->kase->nic;
    if (!*nic)
        why_set(why, "no NIC \"%s\"; `wiredrill list` names them", name ? name : "");
    return *nic ? 0 : -1;
}

static const struct declaration *sut_declaration(const struct run *r, uint32_t *count)
{
    static const struct declaration bare = {.name = "eth0"};
    *count = r->script->suts ? r->script->suts : 1;
    return r->script->suts ? r->script->sut : &bare;
}

static int build_sut(struct run *r, struct attribute **attribute, struct why *why)
{
    uint32_t count;
    const struct declaration *d = sut_declaration(r, &count);
    struct sut_config config = {.sut = r->options->sut, .fill = r->options->fill, .watch_fates = r->options->watch_fates,
                                .listener = {r, call_ended, told_fate}};
    for (uint32_t k = 0; k < count; k++)
        if (k >= HOST_PORTS || add_sut_port(r, &d[k], &attribute[k], why) != 0) {
            why_set(why, "more than %d interfaces", HOST_PORTS);
            return -1;
        }
    struct attrs first = {attribute[0], d[0].attributes};
    if (attach_ports(r->sut, why) != 0 || nic_of(r, &first, &config.nic, why) != 0)
        return -1;
    if (config.sut->nic && strcmp(config.sut->nic, config.nic->name) != 0) {
        run_skip(r, "the script wants %s, the driver is for %s", config.nic->name, config.sut->nic);
        return 0;
    }
    return sut_host_open(r->sut, &config, why);
}

/* When everybody else is there to hear its first frame. */
static int configure_sut(struct run *r, struct attribute *const *attribute, struct why *why)
{
    uint32_t count;
    const struct declaration *d = sut_declaration(r, &count);
    if (set_knobs(r, why) != 0)
        return -1;
    for (uint32_t k = 0; k < count; k++) {
        struct attrs attrs = {attribute[k], d[k].attributes};
        if (configure_port(r, &r->sut->port[k], &attrs, why) != 0)
            return -1;
    }
    return 0;
}

/* Packetdrill's own topology: 192.168.0.1/16 behind a gateway that is a permanent neighbour, the peer 192.0.2.1 beyond it, no ARP. */
static int build_packetdrill(struct run *r, struct why *why)
{
    enum { PEER = (int)0xc0000201, LOCAL = (int)0xc0a80001, GATEWAY = (int)0xc0a80002 };
    struct host *peer = new_host(r, host_kind_by_name("raw"), "peer");
    if (new_port(r, peer, "peer", NULL, NULL, why) != 0)
        return -1;
    peer->port[0].has_ipv4 = true;
    peer->port[0].ipv4 = (uint32_t)PEER;
    peer->port[0].prefix = 32;
    if (attach_ports(peer, why) != 0)
        return -1;
    struct value ifname = text_value(r->sut->port[0].name);
    struct value address[2] = {ifname, {.kind = VALUE_PREFIX, .number = (uint32_t)LOCAL, .prefix = 16}};
    struct value neighbour[3] = {ifname, {.kind = VALUE_IPV4, .number = (uint32_t)GATEWAY}, {.kind = VALUE_MAC, .bytes = peer->port[0].mac, .len = 6}};
    struct value route[3] = {{.kind = VALUE_PREFIX}, {.kind = VALUE_IPV4, .number = (uint32_t)GATEWAY}, ifname};
    return configure(r, "ifconfig", address, 2, why) != 0 || configure(r, "neighbour", neighbour, 3, why) != 0 ||
                   configure(r, "route", route, 3, why) != 0
               ? -1
               : 0;
}

/* Loss closure's one fault. */
static void lose_one(struct run *r)
{
    const struct link_fault fault = {.kind = FAULT_LOSE, .frame = r->options->lose_frame, .from_port = -1};
    if (r->options->lose_frame && r->options->lose_link < (int)r->links)
        link_add_fault(r->link[r->options->lose_link].link, &fault);
}

static int build(struct run *r, struct why *why)
{
    for (uint32_t p = 0; p < r->script->parameters; p++)
        run_bind(r, r->script->parameter[p].name, r->kase->value[p]);
    if (build_links(r, why) != 0)
        return -1;
    struct attribute *attribute[HOST_PORTS] = {NULL};
    r->sut = new_host(r, &sut_kind, "sut");
    if (build_sut(r, attribute, why) != 0)
        return -1;
    if (r->status == RUN_SKIPPED)
        return 0;
    for (uint32_t h = 0; h < r->script->hosts; h++)
        if (build_host(r, &r->script->host[h], why) != 0)
            return -1;
    lose_one(r);
    if (configure_sut(r, attribute, why) != 0)
        return -1;
    return r->script->packetdrill ? build_packetdrill(r, why) : 0;
}

struct run *run_new(const struct run_case *kase, const struct run_options *options, struct why *why)
{
    struct world *w = world_new(ARENA_BYTES, options->seed);
    if (!w) {
        why_set(why, "no memory for a world");
        return NULL;
    }
    struct run *r = world_alloc(w, sizeof *r, 64);
    world_set_root(w, r);
    r->world = w;
    r->kase = kase;
    r->script = kase->script;
    r->options = options;
    r->ignored = world_alloc(w, (kase->script->ignores + 1) * sizeof *r->ignored, 16);
    r->call_time = world_alloc(w, (kase->script->steps + 1) * sizeof *r->call_time, 16);
    for (int f = 0; f < 64; f++)
        r->fd_map[f] = -1;
    r->owner.fire = options->by_outcome ? outcome_fire : engine_fire;
    r->owner.name = "the script";
    world_own(w, &r->owner, RANK_SCRIPT);
    if (build(r, why) != 0) {
        run_free(r);
        return NULL;
    }
    engine_start(r);
    return r;
}

void run_play(struct run *r, int64_t until_ns)
{
    static const struct place nowhere = {NULL, 0, 0, 0};
    struct why why = {{0}};
    if (r->finished)
        return;
    if (world_run(r->world, until_ns, &why) != 0 && !r->finished)
        run_fail(r, &nowhere, world_now(r->world), "%s", why.text);
    else if (until_ns == NEVER && !r->finished)
        run_fail(r, &nowhere, world_now(r->world), "the world went idle before the script ended");
}

/* A fault or an ignore that never applied is a script that does not test what it says. */
void run_finish(struct run *r)
{
    for (uint32_t f = 0; f < r->faults && r->status == RUN_PASSED && !r->options->by_outcome; f++) {
        const struct place place = {r->script->path, r->fault[f]->line, 1, 1};
        if (r->fault[f]->applied == 0)
            run_fail(r, &place, world_now(r->world), "this fault never applied: it has seen %llu frames", (unsigned long long)r->fault[f]->seen);
    }
    for (uint32_t i = 0; i < r->script->ignores && r->status == RUN_PASSED && !r->options->by_outcome; i++)
        if (r->ignored[i] == 0)
            run_fail(r, &r->script->ignore[i].place, world_now(r->world), "this ignore never applied");
}

void run_free(struct run *r)
{
    struct world *w = r->world;
    if (r->sut && r->sut->state)
        sut_host_close(r->sut);
    for (uint32_t h = 0; h < r->hosts; h++)
        if (r->host[h]->kind->stop)
            r->host[h]->kind->stop(r->host[h]);
    world_free(w);
}

void run_fingerprints(const struct run *r, struct fingerprint *w, struct fingerprint *t, struct fingerprint *s)
{
    fingerprint_init(w);
    fingerprint_init(t);
    fingerprint_init(s);
    for (uint32_t l = 0; l < r->links; l++) {
        fingerprint_join(w, link_print_bytes(r->link[l].link));
        fingerprint_join(t, link_print_times(r->link[l].link));
    }
    fingerprint_join(s, t);
    fingerprint_join(s, world_state_print(r->world));
}
