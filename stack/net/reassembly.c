/*
 * Reassembly of IPv4 datagrams (RFC 791 3.2, RFC 1122 3.3.2). Each has one large buffer and RFC
 * 791's table of one bit for each 8 octets, so that a fragment costs its own length however many
 * there are. A datagram is bounded in octets and fragments, a source in datagrams, and the oldest
 * gives way.
 *
 * Overlap. Fragments that say the same of the same octets are harmless, whoever cut them up. Where
 * they differ, somebody lies or the identification came around: the knob reassembly.overlap says
 * what then. 0: the whole datagram is discarded (RFC 5722's rule for IPv6, the default), 1: the
 * octets that came first stay, 2: the octets that came last win (RFC 791's own procedure).
 */
#include "stack/core/mem.h"
#include "stack/net/ipv4.h"
#include "stack/net/net.h"
#include "stack/wire/icmpv4.h"

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
    DATA_AT = 128, /* in the large buffer: 128 + 65535 - 20 fit */
    DATAGRAM_MAX = 65535,
    UNIT = 8,
    UNITS = (DATAGRAM_MAX + UNIT - 1) / UNIT,
    FRAGMENTS_MAX = 256,
    UNKNOWN = 0x7fffffff, /* no last fragment yet */
};

/* RFC 3168 5, the low two bits of the TOS octet. */
enum { ECN_NOT_ECT = 0, ECN_CE = 3, ECN_MASK = 3 };

struct datagram {
    struct deadline timeout;
    struct netbuf *nb; /* the large buffer; NULL: the place is free */
    uint32_t src, dst;
    uint16_t id;
    uint8_t proto;
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

/* RFC 791 3.2: identification, source, destination and protocol; parts may come by two interfaces.
 */
static struct datagram *find(struct reassemblies *t, const struct ipv4_hdr *hdr)
{
    for (uint32_t i = 0; i < t->limit; i++) {
        struct datagram *d = &t->datagram[i];
        if (d->nb && d->id == hdr->id && d->src == hdr->src && d->dst == hdr->dst &&
            d->proto == hdr->proto)
            return d;
    }
    return NULL;
}

/* The oldest of one source, or of all when src is NULL; *count is how many there are. */
static struct datagram *oldest(struct reassemblies *t, const uint32_t *src, uint32_t *count)
{
    struct datagram *found = NULL;
    *count = 0;
    for (uint32_t i = 0; i < t->limit; i++) {
        struct datagram *d = &t->datagram[i];
        if (!d->nb || (src && d->src != *src))
            continue;
        ++*count;
        if (!found || (int32_t)(d->order - found->order) < 0)
            found = d;
    }
    return found;
}

/* A free place. RFC 6274: a source that fills its share pushes out its own. */
static struct datagram *free_place(struct stack *s, struct reassemblies *t, uint32_t src)
{
    uint32_t count;
    struct datagram *d = oldest(t, &src, &count);
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
    struct netbuf *nb = netbuf_alloc_received(s, DATA_AT, DATAGRAM_MAX - IPV4_MIN_HDR_LEN);
    struct datagram *d = nb ? NULL : oldest(t, NULL, &count);
    if (d) {
        discard(s, d, DROP_EVICTED);
        nb = netbuf_alloc_received(s, DATA_AT, DATAGRAM_MAX - IPV4_MIN_HDR_LEN);
    }
    return nb;
}

static struct datagram *begin(struct stack *s, const struct netbuf *fragment,
                              const struct ipv4_hdr *hdr, int64_t now_ns)
{
    struct reassemblies *t = table_of(s);
    struct datagram *d = free_place(s, t, hdr->src);
    struct netbuf *nb = d ? take_buffer(s, t) : NULL;
    if (!nb)
        return NULL;
    nb->nif = fragment->nif;
    d->nb = nb;
    d->src = hdr->src;
    d->dst = hdr->dst;
    d->id = hdr->id;
    d->proto = hdr->proto;
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
static enum reassembly_counter check(const struct ipv4_hdr *hdr, uint32_t len)
{
    if (len == 0)
        return DROP_EMPTY;
    if (hdr->mf && len % UNIT != 0)
        return DROP_NOT_8;
    if ((uint32_t)hdr->hdr_len + hdr->frag_off + len > DATAGRAM_MAX)
        return DROP_TOO_LONG;
    return COUNTERS;
}

/* RFC 815: the end is where the last fragment ends; nothing lies behind it, and there is one end.
 */
static bool fits_end(const struct datagram *d, const struct ipv4_hdr *hdr, uint32_t end)
{
    if (!hdr->mf)
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
static void keep_header(struct datagram *d, const struct netbuf *nb, const struct ipv4_hdr *hdr,
                        uint32_t len)
{
    d->has_first = true;
    d->header = hdr->hdr_len;
    d->first_len = len;
    memcpy(d->nb->base + DATA_AT - d->header, nb->base + nb->net_at, d->header);
}

/*
 * RFC 3168 5.3: an indication of congestion must not get lost, whichever fragment carries it; CE on
 * one that brings nothing new is an indication all the same. What Not-ECT forbids it forbids only
 * where it contributes to the datagram.
 */
static void note_ecn(struct datagram *d, const struct ipv4_hdr *hdr, bool contributes)
{
    unsigned ecn = hdr->tos & ECN_MASK;
    if (contributes || ecn == ECN_CE)
        d->ecn_seen |= (uint8_t)(1u << ecn);
}

static bool saw_ecn(const struct datagram *d, unsigned codepoint)
{
    return d->ecn_seen >> codepoint & 1;
}

/* Puts the fragment in its place; says why not, when it must not or need not. COUNTERS: it is in.
 */
static enum reassembly_counter add(struct stack *s, struct datagram *d, const struct netbuf *nb,
                                   const struct ipv4_hdr *hdr, uint32_t len)
{
    const uint8_t *bytes = nb->base + nb->net_at + hdr->hdr_len;
    uint32_t end = hdr->frag_off + len;
    enum overlap policy = (enum overlap)stack_knob(s, MODULE_REASSEMBLY, KNOB_OVERLAP);
    bool seen;
    if (d->frames >= (uint32_t)stack_knob(s, MODULE_REASSEMBLY, KNOB_FRAGMENTS))
        return DROP_TOO_MANY_FRAGMENTS;
    if (!fits_end(d, hdr, end))
        return DROP_BEYOND_END;
    bool same = agrees(d, hdr->frag_off, bytes, len, &seen);
    if (!same && policy == OVERLAP_DISCARD)
        return DROP_OVERLAP;
    if (seen && (same || policy == OVERLAP_FIRST) && (hdr->mf || d->end != UNKNOWN))
        return DROP_DUPLICATE;
    store(d, hdr->frag_off, bytes, len, policy == OVERLAP_LAST);
    if (hdr->frag_off == 0 && !d->has_first)
        keep_header(d, nb, hdr, len);
    if (!hdr->mf)
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
    nb->start = nb->net_at = DATA_AT - d->header;
    nb->end = DATA_AT + len;
    return nb;
}

/* Why a datagram that is whole must not go up; COUNTERS: it may. */
static enum reassembly_counter check_whole(const struct datagram *d)
{
    if (d->header + d->end > DATAGRAM_MAX) /* fragment 0's options are more than what was checked */
        return DROP_TOO_LONG;
    /* RFC 3168 5.3: CE cannot be set where a part is Not-ECT, nor left out. */
    return saw_ecn(d, ECN_CE) && saw_ecn(d, ECN_NOT_ECT) ? DROP_ECN_MIXED : COUNTERS;
}

/* The header becomes that of a datagram that never was in pieces. What becomes of it is the last
 * frame's fate. */
static void deliver(struct stack *s, struct datagram *d, int64_t now_ns)
{
    struct ipv4_hdr hdr;
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
    bool sound = ipv4_parse_quoted(netbuf_data(nb), netbuf_len(nb), &hdr) == IPV4_SOUND;
    STACK_ASSERT(sound);
    uint8_t options[IPV4_MAX_OPTIONS_LEN] = {0};
    if (hdr.options_len > 0)
        memcpy(options, hdr.options, hdr.options_len);
    hdr.options = options;
    hdr.total_len = (uint16_t)netbuf_len(nb);
    hdr.mf = false;
    if (congestion)
        hdr.tos |= ECN_CE;
    ipv4_emit(&hdr, netbuf_data(nb), hdr.hdr_len);
    ipv4_checksum_set(netbuf_data(nb), hdr.hdr_len);
    stack_count(s, MODULE_REASSEMBLY, REASSEMBLED);
    ipv4_deliver(s, nb, &hdr, now_ns);
}

void reassembly_input(struct stack *s, struct netbuf *nb, const struct ipv4_hdr *hdr,
                      int64_t now_ns)
{
    uint32_t len = (uint32_t)hdr->total_len - hdr->hdr_len;
    stack_count(s, MODULE_REASSEMBLY, FRAGMENTS);
    enum reassembly_counter why = check(hdr, len);
    if (why != COUNTERS) {
        drop(s, nb, why);
        return;
    }
    struct datagram *d = find(table_of(s), hdr);
    if (!d)
        d = begin(s, nb, hdr, now_ns);
    if (!d) {
        drop(s, nb, DROP_NO_BUFFER);
        return;
    }
    why = add(s, d, nb, hdr, len);
    note_ecn(d, hdr, why == COUNTERS);
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

/* RFC 1122 3.3.2: time exceeded, when the source can see from fragment 0 which datagram it was. */
static void on_timeout(struct stack *s, struct deadline *deadline, int64_t now_ns)
{
    struct datagram *d = &table_of(s)->datagram[deadline_index(deadline)];
    stack_count(s, MODULE_REASSEMBLY, TIMEOUTS);
    tell_fates(s, d, DROP_TIMEOUT);
    struct netbuf *nb = release(s, d, d->first_len);
    if (d->has_first)
        ip_icmp_error(s, nb, ICMPV4_TIME_EXCEEDED, ICMPV4_REASSEMBLY_EXCEEDED, 0, now_ns);
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
