/*
 * Reassembly (RFC 791 3.2, RFC 1122 3.3.2; RFC 8200 4.5). Each datagram has one large buffer and
 * RFC 791's table of one bit for each 8 octets, so that a fragment costs its own length however
 * many there are. A datagram is bounded in octets and fragments, a source in datagrams, and the
 * oldest gives way.
 *
 * Overlap. Fragments that say the same of the same octets are harmless, whoever cut them up. Where
 * they differ, somebody lies or the identification came around: the knob reassembly.overlap says
 * what then. 0: the whole datagram is discarded (RFC 5722's rule for IPv6, the default), 1: the
 * octets that came first stay, 2: the octets that came last win (RFC 791's own procedure).
 */
#include "stack/core/mem.h"
#include "stack/net/net.h"
#include "stack/net/reassembly.h"

#define SECONDS INT64_C(1000000000)

enum reassembly_knob { KNOB_TIMEOUT, KNOB_OVERLAP, KNOB_PER_SOURCE, KNOB_FRAGMENTS, KNOBS };
enum overlap { OVERLAP_DISCARD, OVERLAP_FIRST, OVERLAP_LAST };

enum reassembly_counter {
    DROP_EMPTY,
    DROP_NOT_8,
    DROP_TOO_LONG,
    DROP_BEYOND_END,
    DROP_OVERLAP,
    DROP_TOO_MANY_FRAGMENTS,
    DROP_DUPLICATE,
    DROP_NO_BUFFER,
    DROP_TIMEOUT,
    DROP_EVICTED,
    DROP_PER_SOURCE,
    DROP_LINK_DOWN,
    DROP_ECN_MIXED,
    FRAGMENTS,
    REASSEMBLED,
    TIMEOUTS,
    COUNTERS
};

enum {
    DATA_AT = REASSEMBLY_HEADER, /* in the large buffer */
    DATA_MAX = 65535,
    UNIT = 8,
    UNITS = (DATA_MAX + UNIT - 1) / UNIT,
    FRAGMENTS_MAX = 256,
    UNKNOWN = 0x7fffffff, /* no last fragment yet */
};

/* RFC 3168 5 */
enum { ECN_NOT_ECT = 0, ECN_CE = 3 };

struct datagram {
    struct deadline timeout;
    struct netbuf *nb; /* the large buffer; NULL: the place is free */
    const struct reassembly_family *family;
    struct ip_addr source, destination;
    uint32_t id;
    uint8_t protocol;
    uint8_t ecn_seen; /* bit c: a fragment carried codepoint c */
    bool has_first;
    uint32_t order;     /* which came first */
    uint32_t end;       /* of the data, when the last fragment is there, else UNKNOWN */
    uint32_t highest;   /* end of the furthest octets so far */
    uint32_t units;     /* received */
    uint32_t header;    /* fragment 0's, in front of the data */
    uint32_t first_len; /* fragment 0's data */
    uint32_t frames;    /* whose fate is still to be told */
    uint32_t frame[FRAGMENTS_MAX];
    uint8_t bitmap[UNITS / 8 + 1];
};

struct reassemblies {
    uint32_t limit, order;
    struct datagram datagram[];
};

static void drop(struct stack *s, struct netbuf *nb, enum reassembly_counter why)
{
    stack_drop(s, nb, MODULE_REASSEMBLY, why);
}

static struct reassemblies *table_of(struct stack *s)
{
    return s->state[MODULE_REASSEMBLY];
}

#ifdef STACK_CHECK
static void check_datagram(const struct datagram *d)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < sizeof d->bitmap; i++)
        bits += (uint32_t)__builtin_popcount(d->bitmap[i]);
    STACK_ASSERT(bits == d->units);
    STACK_ASSERT(d->highest <= DATA_MAX && d->highest <= d->end);
    STACK_ASSERT(d->units <= (d->highest + UNIT - 1) / UNIT);
    STACK_ASSERT(!d->has_first || (d->bitmap[0] & 1 && d->header <= DATA_AT && d->first_len > 0));
    STACK_ASSERT(d->frames <= FRAGMENTS_MAX);
    STACK_ASSERT(d->timeout.due_ns != INT64_MAX && d->family);
}

/* What is used has its buffer, its time and as many octets as its bits say; what is free waits for
 * nothing. */
static void check_table(const struct stack *s, const struct reassemblies *t)
{
    STACK_ASSERT(t->limit == s->config.limits.reassemblies);
    for (uint32_t i = 0; i < t->limit; i++) {
        const struct datagram *d = &t->datagram[i];
        if (d->nb)
            check_datagram(d);
        else
            STACK_ASSERT(d->timeout.due_ns == INT64_MAX && d->frames == 0);
    }
}
#endif

static bool has_unit(const struct datagram *d, uint32_t unit)
{
    return d->bitmap[unit / 8] >> unit % 8 & 1;
}

/* The frames whose fate waits: consumed, or dropped for `why`. */
static void tell_fates(struct stack *s, struct datagram *d, enum reassembly_counter why)
{
    char name[64];
    const char *reason =
        why == COUNTERS ? NULL : stack_counter_name(s, MODULE_REASSEMBLY, why, name);
    for (uint32_t i = 0; i < d->frames; i++) {
        if (reason)
            stack_count(s, MODULE_REASSEMBLY, why);
        if (d->frame[i])
            stack_fate(s, d->frame[i], reason);
    }
    d->frames = 0;
}

static void discard(struct stack *s, struct datagram *d, enum reassembly_counter why)
{
    tell_fates(s, d, why);
    deadline_clear(s, &d->timeout);
    netbuf_free(s, d->nb);
    d->nb = NULL;
}

/* Parts may come by two interfaces. */
static struct datagram *find(struct reassemblies *t, const struct ip_fragment *f)
{
    for (uint32_t i = 0; i < t->limit; i++) {
        struct datagram *d = &t->datagram[i];
        if (d->nb && d->id == f->id && d->protocol == f->protocol &&
            addr_equal(&d->source, &f->source) && addr_equal(&d->destination, &f->destination))
            return d;
    }
    return NULL;
}

/* The oldest of one source, or of all when that is NULL; *count is how many there are. */
static struct datagram *oldest(struct reassemblies *t, const struct ip_addr *source,
                               uint32_t *count)
{
    struct datagram *found = NULL;
    *count = 0;
    for (uint32_t i = 0; i < t->limit; i++) {
        struct datagram *d = &t->datagram[i];
        if (!d->nb || (source && !addr_equal(&d->source, source)))
            continue;
        ++*count;
        if (!found || (int32_t)(d->order - found->order) < 0)
            found = d;
    }
    return found;
}

/* A free place. RFC 6274: a source that fills its share pushes out its own. */
static struct datagram *free_place(struct stack *s, struct reassemblies *t,
                                   const struct ip_addr *source)
{
    uint32_t count;
    struct datagram *d = oldest(t, source, &count);
    if (d && count >= (uint32_t)stack_knob(s, MODULE_REASSEMBLY, KNOB_PER_SOURCE))
        discard(s, d, DROP_PER_SOURCE);
    d = oldest(t, NULL, &count);
    if (d && count == t->limit)
        discard(s, d, DROP_EVICTED);
    for (uint32_t i = 0; i < t->limit; i++)
        if (!t->datagram[i].nb)
            return &t->datagram[i];
    return NULL;
}

/* The buffers are shared: when there is none, the oldest datagram gives its own. */
static struct netbuf *take_buffer(struct stack *s, struct reassemblies *t)
{
    uint32_t count;
    struct netbuf *nb = netbuf_alloc_received(s, 0, DATA_AT + DATA_MAX);
    struct datagram *d = nb ? NULL : oldest(t, NULL, &count);
    if (d) {
        discard(s, d, DROP_EVICTED);
        nb = netbuf_alloc_received(s, 0, DATA_AT + DATA_MAX);
    }
    return nb;
}

static struct datagram *begin(struct stack *s, const struct netbuf *fragment,
                              const struct ip_fragment *f, int64_t now_ns)
{
    struct reassemblies *t = table_of(s);
    struct datagram *d = free_place(s, t, &f->source);
    struct netbuf *nb = d ? take_buffer(s, t) : NULL;
    if (!nb)
        return NULL;
    nb->nif = fragment->nif;
    d->nb = nb;
    d->family = f->family;
    d->source = f->source;
    d->destination = f->destination;
    d->id = f->id;
    d->protocol = f->protocol;
    d->ecn_seen = 0;
    d->has_first = false;
    d->order = t->order++;
    d->end = UNKNOWN;
    d->highest = d->units = d->header = d->first_len = d->frames = 0;
    memset(d->bitmap, 0, sizeof d->bitmap);
    /* RFC 1122 3.3.2: fixed, from the first arrival, not from the TTL. */
    deadline_set(s, &d->timeout, now_ns + stack_knob(s, MODULE_REASSEMBLY, KNOB_TIMEOUT));
    return d;
}

/* What the fragment alone shows to be wrong. */
static enum reassembly_counter check(const struct ip_fragment *f)
{
    if (f->len == 0)
        return DROP_EMPTY;
    if (f->more && f->len % UNIT != 0)
        return DROP_NOT_8;
    if (f->header_len + f->offset + f->len > f->family->longest || f->header_len > DATA_AT)
        return DROP_TOO_LONG;
    return COUNTERS;
}

/* RFC 815: the end is where the last fragment ends; nothing lies behind it, and there is one end.
 */
static bool fits_end(const struct datagram *d, const struct ip_fragment *f, uint32_t end)
{
    if (!f->more)
        return (d->end == UNKNOWN || d->end == end) && d->highest <= end;
    return end <= d->end;
}

/* Is every octet that is already there the same in the fragment? *seen: is every one already there?
 */
static bool agrees(const struct datagram *d, uint32_t at, const uint8_t *bytes, uint32_t len,
                   bool *seen)
{
    const uint8_t *data = d->nb->base + DATA_AT;
    bool same = true;
    *seen = true;
    for (uint32_t i = 0; i < len; i += UNIT) {
        uint32_t n = len - i < UNIT ? len - i : UNIT;
        if (!has_unit(d, (at + i) / UNIT))
            *seen = false;
        else if (memcmp(data + at + i, bytes + i, n) != 0)
            same = false;
    }
    return same;
}

static void store(struct datagram *d, uint32_t at, const uint8_t *bytes, uint32_t len,
                  bool overwrite)
{
    uint8_t *data = d->nb->base + DATA_AT;
    for (uint32_t i = 0; i < len; i += UNIT) {
        uint32_t n = len - i < UNIT ? len - i : UNIT, unit = (at + i) / UNIT;
        if (has_unit(d, unit) && !overwrite)
            continue;
        if (!has_unit(d, unit))
            d->units++;
        d->bitmap[unit / 8] |= (uint8_t)(1u << unit % 8);
        memcpy(data + at + i, bytes + i, n);
    }
}

/* The first fragment's header is the datagram's (RFC 791 3.2), and it is what a time exceeded
 * quotes. */
static void keep_header(struct datagram *d, const struct ip_fragment *f)
{
    d->has_first = true;
    d->header = f->header_len;
    d->first_len = f->len;
    memcpy(d->nb->base + DATA_AT - f->header_len, f->header, f->header_len);
}

/*
 * RFC 3168 5.3: an indication of congestion must not get lost, whichever fragment carries it; CE on
 * one that brings nothing new is an indication all the same. What Not-ECT forbids it forbids only
 * where it contributes to the datagram.
 */
static void note_ecn(struct datagram *d, unsigned ecn, bool contributes)
{
    if (contributes || ecn == ECN_CE)
        d->ecn_seen |= (uint8_t)(1u << ecn);
}

static bool saw_ecn(const struct datagram *d, unsigned codepoint)
{
    return d->ecn_seen >> codepoint & 1;
}

/* Puts the fragment in its place; says why not, when it must not or need not. COUNTERS: it is in.
 */
static enum reassembly_counter add(struct stack *s, struct datagram *d, const struct ip_fragment *f)
{
    uint32_t end = f->offset + f->len;
    enum overlap policy = (enum overlap)stack_knob(s, MODULE_REASSEMBLY, KNOB_OVERLAP);
    bool seen;
    if (d->frames >= (uint32_t)stack_knob(s, MODULE_REASSEMBLY, KNOB_FRAGMENTS))
        return DROP_TOO_MANY_FRAGMENTS;
    if (!fits_end(d, f, end))
        return DROP_BEYOND_END;
    bool same = agrees(d, f->offset, f->data, f->len, &seen);
    if (!same && policy == OVERLAP_DISCARD)
        return DROP_OVERLAP;
    if (seen && (same || policy == OVERLAP_FIRST) && (f->more || d->end != UNKNOWN))
        return DROP_DUPLICATE;
    store(d, f->offset, f->data, f->len, policy == OVERLAP_LAST);
    if (f->offset == 0 && !d->has_first)
        keep_header(d, f);
    if (!f->more)
        d->end = end;
    if (end > d->highest)
        d->highest = end;
    return COUNTERS;
}

/* Takes nb, whose fate is told with the datagram's. */
static void hold_fate(struct stack *s, struct datagram *d, struct netbuf *nb)
{
    d->nb->flags |= nb->flags & (NETBUF_LINK_BROADCAST | NETBUF_LINK_MULTICAST | NETBUF_LOOPED);
    d->frame[d->frames++] = nb->flags & NETBUF_RX ? nb->rx_number : 0;
    nb->flags &= (uint16_t)~NETBUF_RX;
    netbuf_free(s, nb);
}

static bool is_whole(const struct datagram *d)
{
    return d->has_first && d->end != UNKNOWN && d->units == (d->end + UNIT - 1) / UNIT;
}

/* Lets go of the buffer, cut to the header and `len` octets of data. */
static struct netbuf *release(struct stack *s, struct datagram *d, uint32_t len)
{
    struct netbuf *nb = d->nb;
    deadline_clear(s, &d->timeout);
    d->nb = NULL;
    netbuf_trim(nb, DATA_AT + len);
    netbuf_pull(nb, DATA_AT - d->header);
    nb->net_at = nb->start;
    return nb;
}

/* Why a datagram that is whole must not go up; COUNTERS: it may. */
static enum reassembly_counter check_whole(const struct datagram *d)
{
    if (d->header + d->end >
        d->family->longest) /* fragment 0's options are more than what was checked */
        return DROP_TOO_LONG;
    /* RFC 3168 5.3: CE cannot be set where a part is Not-ECT, nor left out. */
    return saw_ecn(d, ECN_CE) && saw_ecn(d, ECN_NOT_ECT) ? DROP_ECN_MIXED : COUNTERS;
}

/* What becomes of it is the last frame's fate. */
static void deliver(struct stack *s, struct datagram *d, int64_t now_ns)
{
    enum reassembly_counter refused = check_whole(d);
    if (refused != COUNTERS) {
        discard(s, d, refused);
        return;
    }
    bool congestion = saw_ecn(d, ECN_CE);
    uint32_t last = d->frames > 0 ? d->frame[--d->frames] : 0;
    tell_fates(s, d, COUNTERS);
    struct netbuf *nb = release(s, d, d->end);
    if (last) {
        nb->flags |= NETBUF_RX;
        nb->rx_number = last;
    }
    stack_count(s, MODULE_REASSEMBLY, REASSEMBLED);
    d->family->whole(s, nb, congestion, now_ns);
}

static void take(struct stack *s, struct datagram *d, struct netbuf *nb,
                 const struct ip_fragment *f, int64_t now_ns)
{
    enum reassembly_counter why = add(s, d, f);
    note_ecn(d, f->ecn, why == COUNTERS);
    if (why != COUNTERS) {
        drop(s, nb, why);
        if (why != DROP_DUPLICATE)
            discard(s, d, why);
        return;
    }
    hold_fate(s, d, nb);
    if (is_whole(d))
        deliver(s, d, now_ns);
}

void reassembly_input(struct stack *s, struct netbuf *nb, const struct ip_fragment *f,
                      int64_t now_ns)
{
    struct reassemblies *t = table_of(s);
    stack_count(s, MODULE_REASSEMBLY, FRAGMENTS);
    enum reassembly_counter why = check(f);
    if (why != COUNTERS) {
        drop(s, nb, why);
        return;
    }
    STACK_INVARIANT(check_table(s, t));
    struct datagram *d = find(t, f);
    if (!d)
        d = begin(s, nb, f, now_ns);
    if (d)
        take(s, d, nb, f, now_ns);
    else
        drop(s, nb, DROP_NO_BUFFER);
    STACK_INVARIANT(check_table(s, t));
}

/* RFC 1122 3.3.2: time exceeded, when the source can see from fragment 0 which datagram it was. */
static void on_timeout(struct stack *s, struct deadline *deadline, int64_t now_ns)
{
    STACK_ASSERT(deadline_index(deadline) < table_of(s)->limit);
    struct datagram *d = &table_of(s)->datagram[deadline_index(deadline)];
    STACK_ASSERT(d->nb);
    stack_count(s, MODULE_REASSEMBLY, TIMEOUTS);
    tell_fates(s, d, DROP_TIMEOUT);
    struct netbuf *nb = release(s, d, d->first_len);
    if (d->has_first)
        d->family->expired(s, nb, now_ns);
    netbuf_free(s, nb);
}

/* --- the module --- */

static size_t state_size(const struct stack_limits *l)
{
    return sizeof(struct reassemblies) + l->reassemblies * sizeof(struct datagram);
}

static int init(struct stack *s, void *state, int64_t now_ns)
{
    struct reassemblies *t = state;
    (void)now_ns;
    t->limit = s->config.limits.reassemblies;
    for (uint32_t i = 0; i < t->limit; i++)
        deadline_init(&t->datagram[i].timeout, deadline_rank(MODULE_REASSEMBLY, i),
                      "reassembly.timeout", on_timeout);
    return 0;
}

static void on_netif(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                     int64_t now_ns)
{
    struct reassemblies *t = state;
    (void)now_ns;
    for (uint32_t i = 0; event == NETIF_EVENT_DOWN && i < t->limit; i++)
        if (t->datagram[i].nb && t->datagram[i].nb->nif == nif)
            discard(s, &t->datagram[i], DROP_LINK_DOWN);
}

static const struct knob knobs[KNOBS] = {
    [KNOB_TIMEOUT] = {"timeout", KNOB_NS, 60 * SECONDS, SECONDS,
                      120 * SECONDS}, /* RFC 1122 3.3.2: 60 to 120 s */
    [KNOB_OVERLAP] = {"overlap", KNOB_NUMBER, OVERLAP_DISCARD, OVERLAP_DISCARD, OVERLAP_LAST},
    [KNOB_PER_SOURCE] = {"per_source", KNOB_NUMBER, 4, 1, 65535},
    [KNOB_FRAGMENTS] = {"fragments", KNOB_NUMBER, FRAGMENTS_MAX, 2, FRAGMENTS_MAX},
};

static const char *const counters[COUNTERS] = {
    [DROP_EMPTY] = "drop.empty",           [DROP_NOT_8] = "drop.length_not_8",
    [DROP_TOO_LONG] = "drop.too_long",     [DROP_BEYOND_END] = "drop.beyond_end",
    [DROP_OVERLAP] = "drop.overlap",       [DROP_TOO_MANY_FRAGMENTS] = "drop.too_many_fragments",
    [DROP_DUPLICATE] = "drop.duplicate",   [DROP_NO_BUFFER] = "drop.no_buffer",
    [DROP_TIMEOUT] = "drop.timeout",       [DROP_EVICTED] = "drop.evicted",
    [DROP_PER_SOURCE] = "drop.per_source", [DROP_LINK_DOWN] = "drop.link_down",
    [DROP_ECN_MIXED] = "drop.ecn_mixed",   [FRAGMENTS] = "fragments",
    [REASSEMBLED] = "reassembled",         [TIMEOUTS] = "timeouts",
};

const struct module reassembly_module = {
    .name = "reassembly",
    .id = MODULE_REASSEMBLY,
    .state_size = state_size,
    .init = init,
    .netif = on_netif,
    .knobs = knobs,
    .knob_count = KNOBS,
    .counters = counters,
    .counter_count = COUNTERS,
};
