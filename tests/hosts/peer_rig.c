#include "sim/language/script.h"
#include "tests/hosts/peer_rig.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

const uint8_t rig_client[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

uint32_t get32(const uint8_t *p)
{
    return get16(p) << 16 | get16(p + 2);
}

uint32_t sum16(const uint8_t *p, uint32_t len, uint32_t start)
{
    uint32_t sum = start;
    for (uint32_t i = 0; i < len; i++)
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum ^ 0xffff;
}

/* --- the world --- */

static void fire(struct owner *o, int64_t now_ns)
{
    struct host *h = (struct host *)o;
    if (h->kind->due)
        h->kind->due(h, now_ns);
}

static void to_peer(void *ctx, int number, struct frame *f, int64_t now_ns)
{
    struct host_port *p = ctx;
    (void)number;
    p->host->kind->frame(p->host, 0, f, now_ns);
}

static void to_test(void *ctx, int number, struct frame *f, int64_t now_ns)
{
    struct peer_rig *r = ctx;
    (void)number;
    cr_assert_lt(r->frames, RIG_SEEN);
    struct rig_seen *s = &r->seen[r->frames++];
    s->time_ns = now_ns;
    s->len = f->len;
    memcpy(s->bytes, f->bytes, f->len < RIG_BYTES ? f->len : RIG_BYTES);
}

static struct script *parse_line(const char *line)
{
    struct diagnostic d;
    char text[4096];
    int len = snprintf(text, sizeof text, "%s\n0 @srv nothing()\n", line);
    struct script *s = script_parse("t.pkt", text, (size_t)len, NULL, &d);
    if (!s) {
        diagnostic_text(&d, text, text, sizeof text);
        cr_assert_fail("%s\n%s", line, d.text);
    }
    return s;
}

static const struct value *attribute(const struct declaration *d, const char *name)
{
    for (uint32_t a = 0; a < d->attributes; a++)
        if (strcmp(d->attribute[a].name, name) == 0)
            return &d->attribute[a].value;
    return NULL;
}

static void attach(struct peer_rig *r, const struct declaration *d)
{
    static const uint8_t mac[6] = {0x52, 0x55, 0x0a, 0, 2, 2};
    struct host *h = &r->host;
    struct host_port *p = host_add_port(h);
    const struct value *ip = attribute(d, "ip");
    h->name = d->name;
    p->link = r->link;
    p->mtu = 1500;
    memcpy(p->mac, mac, 6);
    if (ip) {
        p->has_ipv4 = true;
        p->ipv4 = (uint32_t)ip->number;
        p->prefix = ip->kind == VALUE_PREFIX ? ip->prefix : 24;
    }
    p->number = link_attach(r->link, h->name, to_peer, NULL, p);
}

static struct peer_rig *build(const char *line, const struct host_kind *kind, struct why *why)
{
    struct peer_rig *r = calloc(1, sizeof *r);
    struct host *h = &r->host;
    r->world = world_new(64u << 20, 1);
    r->link = link_new(r->world, &(struct link_config){.name = "lan"});
    r->port = link_attach(r->link, "test", to_test, NULL, r);
    r->script = parse_line(line);
    const struct declaration *d = &r->script->host[0];
    h->world = r->world;
    h->kind = kind ? kind : host_kind_by_name(d->kind);
    cr_assert_not_null(h->kind, "no kind %s", d->kind);
    h->owner.fire = fire;
    h->owner.name = "peer";
    h->state = world_alloc(r->world, h->kind->state_size, 64);
    random_init(&h->random, 1, "peer");
    world_own(r->world, &h->owner, RANK_HOST);
    attach(r, d);
    const struct attrs attrs = {.attribute = d->attribute, .count = d->attributes};
    if (h->kind->init(h, &attrs, why) == 0)
        return r;
    peer_rig_close(r);
    return NULL;
}

struct peer_rig *peer_rig_try(const char *line, struct why *why)
{
    return build(line, NULL, why);
}

struct peer_rig *peer_rig_kind(const char *line, const struct host_kind *kind)
{
    struct why why = {{0}};
    struct peer_rig *r = build(line, kind, &why);
    cr_assert_not_null(r, "%s", why.text);
    return r;
}

struct peer_rig *peer_rig_open(const char *line)
{
    return peer_rig_kind(line, NULL);
}

void peer_rig_close(struct peer_rig *r)
{
    if (r->host.kind->stop)
        r->host.kind->stop(&r->host);
    script_free(r->script);
    world_free(r->world);
    free(r);
}

void peer_rig_run(struct peer_rig *r, int64_t ns)
{
    struct why why = {{0}};
    cr_assert_eq(world_run(r->world, world_now(r->world) + ns, &why), 0, "%s", why.text);
}

int peer_rig_give(struct peer_rig *r, const void *frame, uint32_t len)
{
    struct frame *f = frame_copy(r->world, frame, len);
    int before = r->frames;
    link_send(r->link, r->port, f);
    frame_unref(f);
    peer_rig_run(r, 1000000);
    return r->frames - before;
}

int peer_rig_udp(struct peer_rig *r, uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport,
                 const void *payload, uint32_t len)
{
    uint8_t f[RIG_BYTES] = {0};
    cr_assert_lt(len, RIG_BYTES - 42);
    memset(f, 0xff, 6);
    if (dst != 0xffffffff)
        memcpy(f, r->host.port[0].mac, 6);
    memcpy(f + 6, rig_client, 6);
    put16(f + 12, 0x0800);
    f[14] = 0x45;
    put16(f + 16, 28 + len);
    f[22] = 64;
    f[23] = 17;
    put32(f + 26, src);
    put32(f + 30, dst);
    put16(f + 24, sum16(f + 14, 20, 0));
    put16(f + 34, sport);
    put16(f + 36, dport);
    put16(f + 38, 8 + len);
    memcpy(f + 42, payload, len);
    put16(f + 40, sum16(f + 26, 8 + 8 + len, 17 + 8 + len));
    return peer_rig_give(r, f, 42 + len);
}

const uint8_t *peer_rig_payload(const struct peer_rig *r, int k, uint32_t *len)
{
    cr_assert_lt(k, r->frames, "only %d frames came", r->frames);
    const uint8_t *f = r->seen[k].bytes;
    uint32_t total = get16(f + 16), udp = get16(f + 38);
    cr_assert_eq(get16(f + 12), 0x0800);
    cr_assert_eq(f[14], 0x45);
    cr_assert_eq(sum16(f + 14, 20, 0), 0);
    cr_assert_eq(r->seen[k].len, 14 + total < 60 ? 60 : 14 + total);
    cr_assert_eq(f[23], 17);
    cr_assert_eq(udp, total - 20);
    cr_assert_eq(sum16(f + 26, 8 + udp, 17 + udp), 0);
    *len = udp - 8;
    return f + 42;
}

/* --- what a script can say --- */

int peer_rig_call(struct peer_rig *r, const char *call)
{
    char text[1024];
    struct why why = {{0}};
    snprintf(text, sizeof text, "host raw srv ip 10.0.2.2/24\n0 @srv %s\n", call);
    struct script *s = parse_line(text);
    const struct call_step *c = &s->step[0].u.call;
    int got = r->host.kind->call(&r->host, c->name, c->argument, c->arguments, &why);
    script_free(s);
    peer_rig_run(r, 1000000);
    return got;
}

int64_t peer_rig_number(struct peer_rig *r, const char *what)
{
    struct value v = {0};
    cr_assert_eq(r->host.kind->query(&r->host, what, &v), 0, "%s", what);
    return v.number;
}

bool peer_rig_says(struct peer_rig *r, const char *what, const char *text)
{
    struct value v = {0};
    cr_assert_eq(r->host.kind->query(&r->host, what, &v), 0, "%s", what);
    bool same = v.len == strlen(text) && memcmp(v.bytes, text, v.len) == 0;
    cr_expect(same, "%s is \"%.*s\", expected \"%s\"", what, (int)v.len, (const char *)v.bytes,
              text);
    return same;
}
