/* TCP Fast Open (RFC 7413): octets on a SYN, for a peer whose cookie says that it is who it says.
 */
#include "stack/core/bytes.h"
#include "stack/core/mem.h"
#include "stack/transport/tcp/inside.h"

enum { COOKIE_LEN = 8 };

/* --- cookies (4.1.2) --- */

/* False: there is none. */
static bool key_of_knobs(const struct stack *s, enum tcp_knob low, enum tcp_knob high,
                         uint8_t key[KEYED_HASH_KEY_BYTES])
{
    const uint64_t half[2] = {(uint64_t)tcp_knob(s, low), (uint64_t)tcp_knob(s, high)};
    for (unsigned i = 0; i < KEYED_HASH_KEY_BYTES; i++)
        key[i] = (uint8_t)(half[i / 8] >> 8 * (i % 8));
    return half[0] || half[1];
}

/* The listener's own key, the knobs', or one that nobody else knows. */
static void choose_key(struct stack *s, const struct tcp_pcb *listener,
                       uint8_t key[KEYED_HASH_KEY_BYTES])
{
    const struct tcp_wishes *w = listener ? listener->wishes : NULL;
    if (w && w->has_fastopen_key)
        memcpy(key, w->fastopen_key, KEYED_HASH_KEY_BYTES);
    else if (!key_of_knobs(s, TCP_KNOB_FASTOPEN_KEY_LOW, TCP_KNOB_FASTOPEN_KEY_HIGH, key))
        memcpy(key, tcp_of(s)->secret, KEYED_HASH_KEY_BYTES);
}

/* A function of the peer's address and ours: 4.1.2 wants the first, and that it be hard to guess.
 */
static void make_cookie(const uint8_t key[KEYED_HASH_KEY_BYTES], const struct tcp_pcb *pcb,
                        uint8_t cookie[COOKIE_LEN])
{
    uint8_t ends[8];
    put32(ends, pcb->end.ip.remote.word[0]);
    put32(ends + 4, pcb->end.ip.local.word[0]);
    uint64_t hash = keyed_hash(key, ends, sizeof ends);
    for (unsigned i = 0; i < COOKIE_LEN; i++)
        cookie[i] = (uint8_t)(hash >> 8 * i);
}

static bool is_cookie(const uint8_t key[KEYED_HASH_KEY_BYTES], const struct tcp_pcb *pcb,
                      const struct tcp_options *o)
{
    uint8_t cookie[COOKIE_LEN];
    if (!o->has_fastopen || o->fastopen_len != COOKIE_LEN)
        return false;
    make_cookie(key, pcb, cookie);
    return memcmp(cookie, o->fastopen, COOKIE_LEN) == 0;
}

/* --- a server --- */

static struct tcp_pcb *listener_of(struct stack *s, const struct tcp_pcb *child)
{
    const struct demux_key k = {.local = child->end.ip.local,
                                .local_port = child->end.local_port,
                                .nif = child->end.ip.nif};
    struct port_pcb *end = demux_receiver(&tcp_of(s)->demux, &k);
    return end && tcp_pcb_of(end)->state == TCP_LISTEN ? tcp_pcb_of(end) : NULL;
}

/* Who forges SYNs has resets of those he names as senders for nothing: they free no place for as
 * long as an answer could take (5.1). */
static void forget_resets(struct stack *s, struct tcp_listener *l)
{
    enum { FOR_MS = 60000 };
    if (!l->early_reset || tcp_of(s)->clock_ms - l->reset_ms < FOR_MS)
        return;
    l->early = (uint16_t)(l->early - l->early_reset);
    l->early_reset = 0;
}

/* PendingFastOpenRequests has a bound (5.1): who has no room does without. */
static bool has_room(struct stack *s, struct tcp_pcb *listener)
{
    const struct tcp_wishes *w = listener->wishes;
    forget_resets(s, &listener->listener);
    unsigned limit = w ? w->fastopen_limit : 0;
    if (!limit && tcp_knob(s, TCP_KNOB_FASTOPEN_ALL))
        limit = listener->listener.backlog;
    if (!limit)
        return false;
    if (listener->listener.early < limit)
        return true;
    tcp_count(s, TCP_FASTOPEN_FULL);
    return false;
}

/* 4.2.2 (2): the octets are the user's at once, who may answer before the handshake is over. */
static void take_early(struct stack *s, struct tcp_pcb *listener, struct tcp_pcb *child,
                       const struct tcp_segment *g)
{
    struct tcp_listener *l = &listener->listener;
    uint32_t room = child->rcv_buffer < UINT16_MAX ? child->rcv_buffer : UINT16_MAX;
    uint32_t taken = tcp_stream_put(&tcp_of(s)->chunks, &child->in, child->rcv_nxt, g->text,
                                    g->text_len < room ? g->text_len : room, TCP_CLAIM_MORE);
    child->rcv_nxt += taken;
    child->rcv_adv = child->rcv_nxt;
    child->syn_data = taken > 0;
    tcp_queue_take_out(&l->half, child);
    l->half_count--;
    tcp_queue_put(&l->done, child);
    l->done_count++;
    l->early++;
    child->early = true;
    tcp_count(s, TCP_OPENED_EARLY);
}

void tcp_fastopen_take(struct stack *s, struct tcp_pcb *listener, struct tcp_pcb *child,
                       const struct tcp_segment *g)
{
    uint8_t key[KEYED_HASH_KEY_BYTES], spare[KEYED_HASH_KEY_BYTES];
    const struct tcp_options *o = &g->options;
    bool asks = o->has_fastopen || g->text_len > 0;
    if (!asks || !tcp_knob(s, TCP_KNOB_FASTOPEN_SERVER) || !has_room(s, listener))
        return;
    child->fastopen_old = o->fastopen_experimental;
    choose_key(s, listener, key);
    bool bare =
        g->text_len > 0 && (listener->fastopen_bare || tcp_knob(s, TCP_KNOB_FASTOPEN_TAKE_BARE));
    bool good = is_cookie(key, child, o);
    bool older =
        !good &&
        key_of_knobs(s, TCP_KNOB_FASTOPEN_SPARE_LOW, TCP_KNOB_FASTOPEN_SPARE_HIGH, spare) &&
        is_cookie(spare, child, o);
    if (o->has_fastopen && o->fastopen_len && !good && !older)
        tcp_count(s, TCP_FASTOPEN_REFUSED);
    /* 4.2.2 (3): a cookie for who asks, and for whose cookie is no good, or soon will be none */
    child->fastopen_tells = o->has_fastopen && !good && !bare;
    if (bare || good || older)
        take_early(s, listener, child, g);
}

void tcp_fastopen_settled(struct stack *s, struct tcp_pcb *child, bool reset)
{
    if (!child->early)
        return;
    struct tcp_pcb *listener = child->unaccepted ? child->parent : listener_of(s, child);
    child->early = false;
    if (child->state > TCP_SYN_RECEIVED)
        tcp_count(s, TCP_OPENED_PASSIVE);
    struct tcp_listener *l = listener ? &listener->listener : NULL;
    if (l && reset && l->early > l->early_reset) {
        l->early_reset++;
        l->reset_ms = tcp_of(s)->clock_ms;
    } else if (l && l->early > l->early_reset) {
        l->early--;
    }
}

/* --- a client (4.1.3) --- */

static struct tcp_fastopen_peer *known(struct stack *s, const struct ip_addr *peer)
{
    struct tcp_fastopen_peer *cache = tcp_of(s)->fastopen;
    for (unsigned i = 0; i < TCP_FASTOPEN_PEERS; i++)
        if (cache[i].peer.family != ADDR_NONE && addr_equal(&cache[i].peer, peer))
            return &cache[i];
    return NULL;
}

/* In place of the one that was of use longest ago. */
static struct tcp_fastopen_peer *remember(struct stack *s, const struct ip_addr *peer,
                                          int64_t now_ns)
{
    struct tcp_fastopen_peer *cache = tcp_of(s)->fastopen, *p = known(s, peer), *oldest = cache;
    for (unsigned i = 0; !p && i < TCP_FASTOPEN_PEERS; i++) {
        bool empty = cache[i].peer.family == ADDR_NONE;
        bool older = oldest->peer.family != ADDR_NONE && cache[i].used_ns < oldest->used_ns;
        if (empty || older)
            oldest = &cache[i];
        if (empty)
            break;
    }
    if (!p) {
        p = oldest;
        *p = (struct tcp_fastopen_peer){.peer = *peer};
    }
    p->used_ns = now_ns;
    return p;
}

/* 4.1.3.1: after SYNs with octets were lost none has them for a while, longer each time. */
static bool is_shunned(const struct tcp_fastopen_peer *p, int64_t now_ns)
{
    const int64_t minute = 60000000000;
    unsigned doublings = p && p->losses < 10 ? p->losses : 10;
    return p && p->losses > 1 && now_ns - p->lost_ns < minute << doublings;
}

static bool wants_bare(const struct stack *s, const struct tcp_pcb *pcb)
{
    return pcb->fastopen_bare || tcp_knob(s, TCP_KNOB_FASTOPEN_SEND_BARE);
}

/* The MSS that it told last, less all room for options (4.1.3). */
uint32_t tcp_fastopen_room(struct stack *s, const struct tcp_pcb *pcb, int64_t now_ns)
{
    enum { HEADERS = 40 };
    struct ip_path path;
    const struct tcp_fastopen_peer *p = known(s, &pcb->end.ip.remote);
    if (is_shunned(p, now_ns) || !((p && p->cookie_len) || wants_bare(s, pcb)))
        return 0;
    uint32_t mss = p && p->mss ? p->mss : (uint32_t)tcp_knob(s, TCP_KNOB_FASTOPEN_MSS);
    if (ip_path(s, &pcb->end.ip.remote, &pcb->end.ip.local, pcb->end.ip.nif, &path) == 0 &&
        path.mtu > HEADERS && path.mtu - (uint32_t)HEADERS < mss)
        mss = path.mtu - (uint32_t)HEADERS;
    return mss > TCP_MAX_OPTIONS_LEN ? mss - TCP_MAX_OPTIONS_LEN : 0;
}

bool tcp_fastopen_defers(struct stack *s, struct tcp_pcb *pcb, const struct ip_addr *remote,
                         uint16_t port, int64_t now_ns)
{
    const struct tcp_fastopen_peer *p = known(s, remote);
    bool cookie = p && p->cookie_len;
    if (!pcb->fastopen_connect || !tcp_knob(s, TCP_KNOB_FASTOPEN_CLIENT) || is_shunned(p, now_ns) ||
        !(cookie || wants_bare(s, pcb)) || !tcp_wish(s, pcb))
        return false;
    pcb->wishes->deferred = *remote;
    pcb->wishes->deferred_port = port;
    return true;
}

static void told_to_client(const struct tcp_pcb *pcb, uint8_t cookie[COOKIE_LEN], struct stack *s)
{
    uint8_t key[KEYED_HASH_KEY_BYTES];
    choose_key(s, listener_of(s, pcb), key);
    make_cookie(key, pcb, cookie);
}

/* A SYN that is sent again has neither the option nor octets (4.1.3.1). */
void tcp_fastopen_option(struct stack *s, const struct tcp_pcb *pcb, bool answer,
                         struct tcp_options *out)
{
    const struct tcp_fastopen_peer *p = known(s, &pcb->end.ip.remote);
    if (answer && pcb->fastopen_tells) {
        out->has_fastopen = true;
        out->fastopen_experimental = pcb->fastopen_old;
        out->fastopen_len = COOKIE_LEN;
        told_to_client(pcb, out->fastopen, s);
    } else if (!answer && pcb->fastopen_asks && pcb->retransmits == 0) {
        bool bare = wants_bare(s, pcb) && !(p && p->cookie_len);
        out->has_fastopen = !bare;
        if (!p || bare)
            return;
        out->fastopen_experimental = p->cookie_len ? p->old : p->unanswered == 1;
        out->fastopen_len = p->cookie_len;
        memcpy(out->fastopen, p->cookie, p->cookie_len);
    }
}

/* What the server said of cookies; that octets were lost on their way (4.1.3.1). */
static void learn(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g, int64_t now_ns)
{
    const struct tcp_options *o = &g->options;
    bool cookie = o->has_fastopen && o->fastopen_len;
    bool data = pcb->snd_nxt != pcb->iss + 1;
    bool lost = pcb->retransmits > 0 && data && !cookie && !pcb->syn_data;
    /* Who does not know the option may know the one of before (appendix A). */
    bool unanswered = pcb->retransmits == 0 && !cookie && !data;
    if (!cookie && !lost && !unanswered && !known(s, &pcb->end.ip.remote))
        return;
    struct tcp_fastopen_peer *p = remember(s, &pcb->end.ip.remote, now_ns);
    p->mss = pcb->peer_mss;
    if (cookie) {
        p->old = o->fastopen_experimental;
        p->cookie_len = o->fastopen_len;
        memcpy(p->cookie, o->fastopen, o->fastopen_len);
    } else if (unanswered && !p->cookie_len && p->unanswered < 2) {
        p->unanswered++;
    }
    p->losses = (uint8_t)(!lost ? 0 : p->losses < UINT8_MAX ? p->losses + 1 : UINT8_MAX);
    if (lost)
        p->lost_ns = now_ns;
}

void tcp_fastopen_answered(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                           int64_t now_ns)
{
    if (!pcb->fastopen_asks)
        return;
    pcb->syn_data = seq_after(g->ack, pcb->iss + 1);
    learn(s, pcb, g, now_ns);
    pcb->snd_nxt =
        g->ack; /* SND.UNA < SEG.ACK =< SND.NXT: the rest is sent as if for the first time */
}
