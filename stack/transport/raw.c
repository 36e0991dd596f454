#include "stack/transport/raw.h"
#include "stack/core/mem.h"
#include "stack/core/pool.h"
#include "stack/core/size.h"
#include "stack/transport/copy.h"
#include "stack/wire/ipv4.h"

/* A walk over the pcbs. A callback may unbind any of them, and may send, whose failure is a walk
 * inside the walk. */
struct walk {
    struct raw_pcb *next;
    struct walk *outer;
};

enum { LISTS = 32 };

struct raw_list {
    struct raw_pcb *first, **end; /* in the order of binding */
};

struct raw_state {
    struct raw_list list[LISTS]; /* by protocol: a datagram costs nothing for other protocols' */
    struct walk *walk;           /* the innermost; they live in the walking functions' frames */
    uint32_t bound;
    struct pool pcbs;
};

enum raw_counter { RAW_IN, RAW_OUT, RAW_DROP_NO_BUFFER, RAW_COUNTERS };

static struct raw_state *raw_state(struct stack *s)
{
    return s->state[MODULE_RAW];
}

static struct raw_list *list_of(struct raw_state *w, uint8_t protocol)
{
    return &w->list[protocol % LISTS];
}

struct raw_pcb *raw_new(struct stack *s)
{
    return pool_take(&raw_state(s)->pcbs);
}

void raw_free(struct stack *s, struct raw_pcb *pcb)
{
    raw_unbind(s, pcb);
    pool_give(&raw_state(s)->pcbs, pcb);
}

#ifdef STACK_CHECK
static void check(const struct raw_state *w)
{
    uint32_t bound = 0;
    for (int i = 0; i < LISTS; i++) {
        struct raw_pcb *const *link = &w->list[i].first;
        for (; *link; link = &(*link)->next, bound++)
            STACK_ASSERT((*link)->link == link && (*link)->protocol % LISTS == i);
        STACK_ASSERT(link == w->list[i].end);
    }
    STACK_ASSERT(bound == w->bound);
}
#endif

int raw_bind(struct stack *s, struct raw_pcb *pcb)
{
    struct raw_state *w = raw_state(s);
    struct raw_list *l = list_of(w, pcb->protocol);
    struct netif *nif = pcb->ip.nif;
    if (pcb->link)
        return -ERR_INVAL;
    int err = ip_resolve_zone(s, &pcb->ip.local, &nif);
    if (err < 0)
        return err;
    if (!addr_is_any(&pcb->ip.local) && !ip_is_local(s, &pcb->ip.local))
        return -ERR_ADDRNOTAVAIL;
    STACK_INVARIANT(check(w));
    pcb->next = NULL;
    pcb->link = l->end;
    *l->end = pcb;
    l->end = &pcb->next;
    w->bound++;
    STACK_INVARIANT(check(w));
    return 0;
}

void raw_unbind(struct stack *s, struct raw_pcb *pcb)
{
    struct raw_state *w = raw_state(s);
    if (!pcb->link)
        return;
    STACK_ASSERT(w->bound > 0 && *pcb->link == pcb);
    for (struct walk *k = w->walk; k; k = k->outer)
        if (k->next == pcb)
            k->next = pcb->next;
    if (pcb->next)
        pcb->next->link = pcb->link;
    else
        list_of(w, pcb->protocol)->end = pcb->link;
    *pcb->link = pcb->next;
    pcb->next = NULL;
    pcb->link = NULL;
    w->bound--;
    STACK_INVARIANT(check(w));
}

static void walk_begin(struct raw_state *w, struct walk *k, uint8_t protocol)
{
    k->next = list_of(w, protocol)->first;
    k->outer = w->walk;
    w->walk = k;
}

static struct raw_pcb *walk_next(struct walk *k)
{
    struct raw_pcb *p = k->next;
    if (p)
        k->next = p->next;
    return p;
}

static bool matches(const struct raw_pcb *p, const struct ip_received *r)
{
    if (p->protocol != r->protocol || p->protocol == RAW_PROTOCOL_ANY)
        return false;
    if (p->ip.nif && p->ip.nif != r->nif)
        return false;
    if (!addr_is_any(&p->ip.local) && !addr_equal(&p->ip.local, &r->destination))
        return false;
    return !p->ip.connected || addr_equal(&p->ip.remote, &r->source);
}

static bool raw_input(struct stack *s, const struct netbuf *nb, const struct ip_received *r,
                      int64_t now_ns)
{
    struct raw_state *w = raw_state(s);
    bool wanted = false;
    if (!list_of(w, r->protocol)->first)
        return false;
    struct walk k;
    walk_begin(w, &k, r->protocol);
    for (struct raw_pcb *p; (p = walk_next(&k));) {
        if (!matches(p, r))
            continue;
        wanted = true;
        struct netbuf *copy = transport_copy(s, nb, nb->net_at);
        if (!copy) {
            stack_count(s, MODULE_RAW, RAW_DROP_NO_BUFFER);
            continue;
        }
        stack_count(s, MODULE_RAW, RAW_IN);
        p->receive(p, s, copy, r, now_ns);
    }
    w->walk = k.outer;
    return wanted;
}

/* Is the packet that e is about one that p can have sent? */
static bool may_have_sent(const struct raw_pcb *p, const struct ip_error *e)
{
    if (!addr_is_any(&p->ip.local) && !addr_equal(&p->ip.local, &e->source))
        return false;
    return !p->ip.connected || addr_equal(&p->ip.remote, &e->destination);
}

static bool sent_by_one_of(const struct raw_list *l, uint8_t protocol, const struct ip_error *e)
{
    for (const struct raw_pcb *p = l->first; p; p = p->next)
        if (p->protocol == protocol && p->ip.has_sent && p->ip.connected && may_have_sent(p, e))
            return true;
    return false;
}

static bool raw_sent(struct stack *s, const struct ip_error *e)
{
    struct raw_state *w = raw_state(s);
    return sent_by_one_of(list_of(w, e->protocol), e->protocol, e) ||
           sent_by_one_of(list_of(w, RAW_PROTOCOL_ANY), RAW_PROTOCOL_ANY, e);
}

static void raw_error(struct stack *s, const struct ip_error *e, int64_t now_ns)
{
    struct raw_state *w = raw_state(s);
    struct walk k;
    walk_begin(w, &k, e->protocol);
    for (struct raw_pcb *p; (p = walk_next(&k));) {
        if (p->protocol == e->protocol && p->error && may_have_sent(p, e))
            p->error(p, s, e, now_ns);
    }
    w->walk = k.outer;
}

int raw_send(struct stack *s, struct raw_pcb *pcb, const void *bytes, uint32_t len,
             const struct ip_addr *to, int64_t now_ns)
{
    bool whole = pcb->ip.ip_flags & IP_HEADER_INCLUDED;
    if (!to && pcb->ip.connected)
        to = &pcb->ip.remote;
    if (!to || addr_is_any(to))
        return -ERR_DESTADDRREQ;
    uint32_t header = whole ? IPV4_MIN_HDR_LEN : 0; /* IPv6 has no such packets: RFC 3542 3 */
    if (len > ip_longest_payload(to->family, 0) + header)
        return -ERR_MSGSIZE;
    if (whole && len < IPV4_MIN_HDR_LEN)
        return -ERR_INVAL;
    struct ip_path path;
    int err = ip_pcb_path(s, &pcb->ip, pcb->protocol, to, &pcb->ip.local, &path);
    if (err < 0)
        return err;
    struct ip_send how = {
        .source = path.source,
        .destination = *to,
        .protocol = pcb->protocol,
        .ttl = path.multicast ? (pcb->ip.multicast_ttl ? pcb->ip.multicast_ttl : 1) : pcb->ip.ttl,
        .tos = pcb->ip.tos,
        .flags = pcb->ip.ip_flags,
    };
    /* DF of a whole packet is its author's. */
    if (!whole && (err = ip_choose_fragmenting(&pcb->ip, &path, 0, len, &how.flags)) < 0)
        return err;
    struct netbuf *nb = ip_buffer(s, &path, 0, len);
    if (!nb)
        return -ERR_NOBUFS;
    if (len)
        memcpy(netbuf_data(nb), bytes, len);
    err = ip_output(s, &path, nb, &how, now_ns);
    if (err < 0)
        return err;
    stack_count(s, MODULE_RAW, RAW_OUT);
    pcb->ip.has_sent |= pcb->ip.connected && addr_equal(to, &pcb->ip.remote);
    return err;
}

static size_t raw_pool_at(void)
{
    return size_rounded(sizeof(struct raw_state), POOL_ALIGN);
}

static size_t raw_state_size(const struct stack_limits *l)
{
    return size_add(raw_pool_at(), pool_bytes(l->raw_pcbs, sizeof(struct raw_pcb)));
}

static const struct ip_raw raw_hook = {raw_input, raw_error, raw_sent};

static int raw_init(struct stack *s, void *state, int64_t now_ns)
{
    struct raw_state *w = state;
    (void)now_ns;
    _Static_assert(offsetof(struct raw_pcb, ip) == 0, "a block begins with what IP has of it");
    for (int i = 0; i < LISTS; i++)
        w->list[i].end = &w->list[i].first;
    pool_init(&w->pcbs, (uint8_t *)state + raw_pool_at(), s->config.limits.raw_pcbs,
              sizeof(struct raw_pcb));
    ip_set_raw(s, &raw_hook);
    return 0;
}

static void on_netif(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                     int64_t now_ns)
{
    const struct raw_state *w = state;
    (void)now_ns;
    for (int i = 0; event == NETIF_EVENT_GONE && i < LISTS; i++)
        for (struct raw_pcb *p = w->list[i].first; p; p = p->next)
            if (p->ip.nif == nif)
                p->ip.nif = s->gone;
}

static bool busy(struct stack *s, void *state)
{
    (void)s;
    return ((struct raw_state *)state)->bound > 0;
}

static const char *const counters[] = {
    [RAW_IN] = "in",
    [RAW_OUT] = "out",
    [RAW_DROP_NO_BUFFER] = "drop.no_buffer",
};

const struct module raw_module = {
    .name = "raw",
    .id = MODULE_RAW,
    .state_size = raw_state_size,
    .init = raw_init,
    .netif = on_netif,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
    .busy = busy,
};
