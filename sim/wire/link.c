#include "sim/wire/link.h"

#include <assert.h>
#include <string.h>
#include "sim/wire/impair.h"

enum {
    WIRE_MINIMUM = 60,  /* shorter frames are padded on the wire */
    WIRE_OVERHEAD = 24, /* preamble and delimiter 8, frame check sequence 4, gap 12 */
    HEADER = 14,
    TAG = 4,
    HEAP_ROOM = 16,
    FIRST_PORTS = 4,
};

struct port {
    const char *name;
    link_deliver *deliver;
    link_carrier *carrier;
    void *ctx;
    bool cut; /* off, by a partition */
    uint64_t sent;
    int64_t free_ns;    /* when the transmitter has sent all it was given, */
    uint64_t free_part; /* and the rest, in units of 1/rate ns: rates do not drift */
    int64_t *start_ns;  /* ring: when those that wait will begin */
    uint32_t head, waiting, room;
};

struct flight {
    int64_t arrival_ns;
    uint64_t entry; /* ties are broken by the order of entry */
    struct frame *frame;
    uint32_t port;
};

struct link {
    struct owner owner; /* first: fire() casts back */
    struct world *world;
    struct link_config config, made; /* made: as it was at first */
    uint32_t number;
    struct port *port;
    int ports, port_room;
    struct flight *flight; /* binary heap */
    uint32_t count, room;
    uint64_t entries;
    struct impair impair;
    bool up, firing;
    bool told_up;    /* what the ports know */
    uint32_t untold; /* changes of state since */
    int down_line, cut_line;
    bool new_cut; /* a partition cut off all, those to come as well */
    link_tap *tap;
    void *tap_ctx;
    link_gate *gate;
    void *gate_ctx;
    uint64_t event[LINK_EVENTS];
    struct fingerprint bytes_print, times_print;
};

static void fire(struct owner *o, int64_t now_ns);

struct link *link_new(struct world *w, const struct link_config *config)
{
    struct link *l = world_alloc(w, sizeof *l, _Alignof(struct link));
    l->world = w;
    l->config = *config;
    l->config.name[LINK_NAME_BYTES - 1] = '\0';
    l->made = l->config;
    l->up = l->told_up = true;
    l->owner.name = l->config.name;
    l->owner.fire = fire;
    world_own(w, &l->owner, RANK_WIRE);
    impair_init(&l->impair, &l->config, world_seed(w));
    fingerprint_init(&l->bytes_print);
    fingerprint_init(&l->times_print);
    return l;
}

const struct link_config *link_config(const struct link *l)
{
    return &l->config;
}

void link_configure(struct link *l, const struct link_config *config)
{
    bool new_rate = config->rate_bps != l->config.rate_bps;
    bool new_seed = config->seed && config->seed != l->config.seed;
    char name[LINK_NAME_BYTES];
    memcpy(name, l->config.name, sizeof name);
    l->config = *config;
    memcpy(l->config.name, name, sizeof name); /* it names the random streams */
    impair_configure(&l->impair, &l->config);
    if (new_seed)
        impair_seed(&l->impair, &l->config, l->config.seed);
    for (int p = 0; new_rate && p < l->ports; p++) {
        l->port[p].free_ns += l->port[p].free_part > 0;
        l->port[p].free_part = 0;
    }
}

void link_set_number(struct link *l, uint32_t number)
{
    l->number = number;
}

uint32_t link_number(const struct link *l)
{
    return l->number;
}

static void grow_ports(struct link *l)
{
    int room = l->port_room ? l->port_room * 2 : FIRST_PORTS;
    struct port *port = world_alloc(l->world, (size_t)room * sizeof *port, _Alignof(struct port));
    if (l->ports)
        memcpy(port, l->port, (size_t)l->ports * sizeof *port);
    world_release(l->world, l->port, (size_t)l->port_room * sizeof *port);
    l->port = port;
    l->port_room = room;
}

int link_attach(struct link *l, const char *name, link_deliver *deliver, link_carrier *carrier,
                void *ctx)
{
    if (l->ports == l->port_room)
        grow_ports(l);
    l->port[l->ports] = (struct port){
        .name = name, .deliver = deliver, .carrier = carrier, .ctx = ctx, .cut = l->new_cut};
    return l->ports++;
}

int link_ports(const struct link *l)
{
    return l->ports;
}

const char *link_port_name(const struct link *l, int port)
{
    return port >= 0 && port < l->ports ? l->port[port].name : "?";
}

uint64_t link_port_sent(const struct link *l, int port)
{
    return port >= 0 && port < l->ports ? l->port[port].sent : 0;
}

/* --- the queue before a port, and its transmitter --- */

/* A frame is sent from start on; it has left at the returned time, rounded up to a whole
 * nanosecond. */
static int64_t serialise(const struct link *l, struct port *p, uint32_t len, int64_t start_ns)
{
    uint64_t rate = l->config.rate_bps;
    uint64_t bits = (uint64_t)((len < WIRE_MINIMUM ? WIRE_MINIMUM : len) + WIRE_OVERHEAD) * 8;
    if (p->free_ns <
        start_ns) { /* it was idle; else it goes on where it stands, the part included */
        p->free_ns = start_ns;
        p->free_part = 0;
    }
    uint64_t parts = bits * 1000000000 + p->free_part;
    p->free_ns += (int64_t)(parts / rate);
    p->free_part = parts % rate;
    return p->free_ns + (p->free_part > 0);
}

static void forget_started(struct port *p, int64_t now_ns)
{
    while (p->waiting && p->start_ns[p->head] <= now_ns) {
        p->head = (p->head + 1) & (p->room - 1);
        p->waiting--;
    }
}

static bool queue_full(const struct link *l, struct port *p, int64_t now_ns)
{
    forget_started(p, now_ns);
    return l->config.queue_frames && p->waiting >= l->config.queue_frames;
}

static void grow_queue(struct world *w, struct port *p)
{
    uint32_t room = p->room ? p->room * 2 : HEAP_ROOM;
    int64_t *start = world_alloc_raw(w, room * sizeof *start, _Alignof(int64_t));
    for (uint32_t i = 0; i < p->waiting; i++)
        start[i] = p->start_ns[(p->head + i) & (p->room - 1)];
    world_release(w, p->start_ns, p->room * sizeof *start);
    p->start_ns = start;
    p->room = room;
    p->head = 0;
}

static int64_t transmit(struct link *l, struct port *p, uint32_t len, int64_t now_ns)
{
    if (!l->config.rate_bps)
        return now_ns;
    int64_t start_ns = p->free_ns + (p->free_part > 0);
    if (start_ns > now_ns) {
        if (p->waiting == p->room)
            grow_queue(l->world, p);
        p->start_ns[(p->head + p->waiting++) & (p->room - 1)] = start_ns;
    }
    return serialise(l, p, len, now_ns);
}

/* --- what is in flight --- */

static bool sooner(const struct flight *x, const struct flight *y)
{
    return x->arrival_ns != y->arrival_ns ? x->arrival_ns < y->arrival_ns : x->entry < y->entry;
}

static void push(struct link *l, const struct flight *f)
{
    if (l->count == l->room)
        l->flight = world_grow(l->world, l->flight, &l->room, sizeof *l->flight);
    uint32_t at = l->count++;
    for (; at > 0 && sooner(f, &l->flight[(at - 1) / 2]); at = (at - 1) / 2)
        l->flight[at] = l->flight[(at - 1) / 2];
    l->flight[at] = *f;
}

static struct flight pop(struct link *l)
{
    struct flight first = l->flight[0], last = l->flight[--l->count];
    uint32_t at = 0;
    for (uint32_t child = 1; child < l->count; child = at * 2 + 1) {
        if (child + 1 < l->count && sooner(&l->flight[child + 1], &l->flight[child]))
            child++;
        if (!sooner(&l->flight[child], &last))
            break;
        l->flight[at] = l->flight[child];
        at = child;
    }
    if (l->count)
        l->flight[at] = last;
    return first;
}

static void arm(struct link *l)
{
    if (l->firing) /* once at the end is enough */
        return;
    int64_t due_ns = l->count ? l->flight[0].arrival_ns : NEVER;
    world_due(l->world, &l->owner, l->untold ? world_now(l->world) : due_ns);
}

static void deliver(struct link *l, const struct flight *f, int64_t now_ns)
{
    bool cut = l->port[f->port].cut;
    for (uint32_t p = 0; p < (uint32_t)l->ports && !cut; p++)
        if (p != f->port && l->port[p].deliver && !l->port[p].cut)
            l->port[p].deliver(l->port[p].ctx, (int)p, f->frame, now_ns);
    l->event[LINK_LOST] += cut;
    frame_unref(f->frame);
}

static void tell(struct link *l, int64_t now_ns)
{
    l->untold--;
    l->told_up = !l->told_up;
    for (int p = 0; p < l->ports; p++)
        if (l->port[p].carrier)
            l->port[p].carrier(l->port[p].ctx, p, l->told_up, now_ns);
}

/* One frame, or one change of state, an event. */
static void fire(struct owner *o, int64_t now_ns)
{
    struct link *l = (struct link *)(void *)o;
    l->firing = true;
    if (l->untold) {
        tell(l, now_ns);
    } else if (l->count) {
        struct flight f = pop(l);
        deliver(l, &f, now_ns);
    }
    l->firing = false;
    arm(l);
}

/* --- state --- */

static void lose_flight(struct link *l)
{
    l->event[LINK_IS_DOWN] += l->count;
    while (l->count)
        frame_unref(l->flight[--l->count].frame);
    for (int p = 0; p < l->ports; p++) {
        l->port[p].free_ns = world_now(l->world);
        l->port[p].free_part = 0;
        l->port[p].waiting = 0;
    }
}

void link_set_up(struct link *l, bool up, int line)
{
    if (l->up == up)
        return;
    l->up = up;
    l->untold++;
    if (!up) {
        l->down_line = line;
        lose_flight(l);
    }
    arm(l);
}

bool link_is_up(const struct link *l)
{
    return l->up;
}

static void partition(struct link *l, int port, bool cut, int line)
{
    for (int p = port < 0 ? 0 : port; p < l->ports && (port < 0 || p == port); p++)
        l->port[p].cut = cut;
    if (port < 0)
        l->new_cut = cut;
    if (cut)
        l->cut_line = line;
}

void link_calm(struct link *l, int line)
{
    impair_calm(&l->impair);
    link_configure(l, &l->made);
    partition(l, -1, false, line);
    link_set_up(l, true, line);
}

static void change_state(struct link *l, struct link_fault *fault)
{
    int port = fault_at_once(fault) ? fault->from_port : -1;
    fault->applied++;
    if (fault->kind == FAULT_CALM)
        link_calm(l, fault->line);
    else if (fault->kind == FAULT_DOWN || fault->kind == FAULT_UP)
        link_set_up(l, fault->kind == FAULT_UP, fault->line);
    else
        partition(l, port, fault->kind == FAULT_PARTITION, fault->line);
}

struct link_fault *link_add_fault(struct link *l, const struct link_fault *fault)
{
    struct link_fault *copy = world_alloc(l->world, sizeof *copy, _Alignof(struct link_fault));
    *copy = *fault;
    copy->next = NULL;
    copy->seen = copy->applied = 0;
    copy->hit = false;
    *l->impair.last_fault = copy;
    l->impair.last_fault = &copy->next;
    if (fault_at_once(copy))
        change_state(l, copy);
    return copy;
}

/* --- a frame enters --- */

static void print(struct link *l, int port, const struct frame *f, int64_t now_ns)
{
    struct fingerprint frame;
    fingerprint_init(&frame);
    fingerprint_bytes(&frame, f->bytes, f->len);
    fingerprint_u64(&frame, (uint64_t)port);
    fingerprint_join(&l->bytes_print, &frame);
    fingerprint_join(&l->times_print, &frame);
    fingerprint_u64(&l->times_print, (uint64_t)now_ns);
}

static void tap(struct link *l, int port, struct frame *f, enum link_event event, int line)
{
    l->event[LINK_SENT]++;
    if (l->tap)
        l->tap(l->tap_ctx, l, port, f, event, line, world_now(l->world));
}

static void drop(struct link *l, int port, struct frame *f, enum link_event event, int line)
{
    l->event[event]++;
    tap(l, port, f, event, line);
}

static bool too_long(const struct link *l, const struct frame *f)
{
    if (!l->config.mtu)
        return false;
    bool tagged =
        f->len >= HEADER && f->bytes[12] == 0x81 && f->bytes[13] == 0x00; /* IEEE 802.1Q */
    return f->len > l->config.mtu + HEADER + (tagged ? TAG : 0);
}

static void carry(struct link *l, int port, const struct verdict *v, int64_t sent_ns)
{
    struct flight f = {sent_ns + l->config.latency_ns + v->delay_ns, 0, v->frame, (uint32_t)port};
    for (uint32_t i = 0; i < v->copies; i++) {
        f.entry = l->entries++;
        frame_ref(v->frame);
        push(l, &f);
    }
    arm(l);
}

static void judge(struct link *l, struct frame *f, struct verdict *v)
{
    if (!l->impair.random && !l->impair.fault) {
        *v = (struct verdict){.frame = frame_ref(f), .copies = 1};
        return;
    }
    impair_frame(&l->impair, &l->config, f, v);
    for (int e = 0; e < LINK_EVENTS; e++)
        l->event[e] += v->happened[e];
}

static void select_faults(struct link *l, int port, const struct frame *f)
{
    if (!impair_select(&l->impair, port, f))
        return;
    for (struct link_fault *fault = l->impair.fault; fault; fault = fault->next)
        if (fault->hit && fault_changes_state(fault))
            change_state(l, fault);
}

void link_intercept(struct link *l, link_gate *gate, void *ctx)
{
    l->gate = gate;
    l->gate_ctx = ctx;
}

void link_send(struct link *l, int port, struct frame *f)
{
    if (!l->gate || l->gate(l->gate_ctx, l, port, f, world_now(l->world)))
        link_enter(l, port, f);
}

void link_enter(struct link *l, int port, struct frame *f)
{
    assert(port >= 0 && port < l->ports);
    int64_t now_ns = world_now(l->world);
    struct port *p = &l->port[port];
    p->sent++;
    print(l, port, f, now_ns);
    if (l->impair.fault)
        select_faults(l, port, f);
    if (!l->up) {
        drop(l, port, f, LINK_IS_DOWN, l->down_line);
    } else if (too_long(l, f)) {
        drop(l, port, f, LINK_TOO_LONG, 0);
    } else if (queue_full(l, p, now_ns)) {
        drop(l, port, f, LINK_QUEUE_FULL, 0);
    } else if (p->cut) {
        drop(l, port, f, LINK_LOST, l->cut_line);
    } else {
        struct verdict v;
        judge(l, f, &v);
        int64_t sent_ns = transmit(l, p, f->len, now_ns);
        tap(l, port, f, v.event, v.line);
        if (!v.lost)
            carry(l, port, &v, sent_ns);
        frame_unref(v.frame);
    }
}

void link_watch(struct link *l, link_tap *watcher, void *ctx)
{
    l->tap = watcher;
    l->tap_ctx = ctx;
}

/* --- what is known about it --- */

static const char *const event_name[LINK_EVENTS] = {
    [LINK_SENT] = "sent",
    [LINK_LOST] = "lost",
    [LINK_DUPLICATED] = "duplicated",
    [LINK_CORRUPTED] = "corrupted",
    [LINK_DELAYED] = "delayed",
    [LINK_TRUNCATED] = "truncated",
    [LINK_QUEUE_FULL] = "queue_full",
    [LINK_TOO_LONG] = "too_long",
    [LINK_IS_DOWN] = "down",
    [LINK_REORDERED] = "reordered",
};

const char *link_event_name(enum link_event event)
{
    return event_name[event];
}

int link_event_by_name(const char *name)
{
    for (int e = 0; e < LINK_EVENTS; e++)
        if (strcmp(name, event_name[e]) == 0)
            return e;
    return -1;
}

uint64_t link_count(const struct link *l, enum link_event event)
{
    return l->event[event];
}

const struct fingerprint *link_print_bytes(const struct link *l)
{
    return &l->bytes_print;
}

const struct fingerprint *link_print_times(const struct link *l)
{
    return &l->times_print;
}
