#include "stack/transport/tcp/stream.h"
#include "stack/core/checksum.h"
#include "stack/core/mem.h"
#include "stack/core/panic.h"
#include "stack/core/size.h"
#include "stack/transport/tcp/sequence.h"

/* --- the pool --- */

size_t tcp_chunks_bytes(uint32_t total)
{
    return size_array(total, sizeof(struct tcp_chunk));
}

void tcp_chunks_init(struct tcp_chunks *p, void *memory, uint32_t total)
{
    *p = (struct tcp_chunks){
        .fresh = memory, .untouched = total, .total = total, .available = total, .lowest = total};
}

static uint32_t left_for_others(const struct tcp_chunks *p, enum tcp_claim claim)
{
    switch (claim) {
    case TCP_CLAIM_FIRST:
        return 0;
    case TCP_CLAIM_MORE:
        return p->total / 8;
    case TCP_CLAIM_AHEAD:
        break;
    }
    return p->total / 4;
}

static struct tcp_chunk *take(struct tcp_chunks *p, enum tcp_claim claim)
{
    struct tcp_chunk *c = p->free;
    if (p->available <= left_for_others(p, claim)) {
        p->failed++;
        return NULL;
    }
    if (c) {
        p->free = c->next;
    } else {
        STACK_ASSERT(p->untouched > 0);
        p->untouched--;
        c = (struct tcp_chunk *)(void *)p->fresh;
        p->fresh += sizeof *c;
    }
    p->available--;
    if (p->available < p->lowest)
        p->lowest = p->available;
    return c;
}

static void give(struct tcp_chunks *p, struct tcp_chunk *c)
{
    STACK_ASSERT(p->available < p->total);
    c->next = p->free;
    p->free = c;
    p->available++;
}

/* --- the chain --- */

static uint32_t place_of(uint32_t seq)
{
    return seq & ~(uint32_t)(TCP_CHUNK_BYTES - 1);
}

void tcp_stream_check(const struct tcp_stream *t)
{
    const struct tcp_chunk *c = t->last, *near = c ? c->near : NULL;
    bool near_is_there = !near;
    while (c) {
        near_is_there |= c == near;
        STACK_ASSERT(c->at == place_of(c->at));
        if (c->next == t->last)
            break;
        STACK_ASSERT(c == t->last || seq_before(c->at, c->next->at));
        c = c->next;
    }
    STACK_ASSERT(near_is_there);
}

uint32_t tcp_stream_chunks(const struct tcp_stream *t)
{
    uint32_t count = 0;
    const struct tcp_chunk *c = t->last;
    if (c)
        do
            count++;
        while ((c = c->next) != t->last);
    return count;
}

/* The last chunk that begins at or before `at`; NULL: none does. */
static struct tcp_chunk *before(const struct tcp_stream *t, uint32_t at)
{
    if (!t->last || seq_before(at, t->last->next->at))
        return NULL;
    if (seq_upto(t->last->at, at))
        return t->last;
    struct tcp_chunk *near = t->last->near;
    struct tcp_chunk *c = near && seq_upto(near->at, at) ? near : t->last->next;
    while (seq_upto(c->next->at, at))
        c = c->next;
    return c;
}

/* The chunk of place `at`, new when it must be. */
static struct tcp_chunk *chunk_at(struct tcp_chunks *p, struct tcp_stream *t, uint32_t at,
                                  enum tcp_claim claim)
{
    struct tcp_chunk *prev = before(t, at);
    if (prev && prev == t->last && prev->at == at)
        return prev; /* found without `near`, which stays where something else is read */
    if (prev && prev->at == at)
        return t->last->near = prev;
    struct tcp_chunk *near = t->last ? t->last->near : NULL;
    struct tcp_chunk *c = take(p, t->last || claim == TCP_CLAIM_AHEAD ? claim : TCP_CLAIM_FIRST);
    if (!c)
        return NULL;
    c->at = at;
    c->near = NULL;
    if (!t->last) {
        c->next = t->last = c;
    } else {
        struct tcp_chunk *behind = prev ? prev : t->last;
        c->next = behind->next;
        behind->next = c;
        if (prev == t->last) {
            t->last = c;
            c->near = near;
            return c;
        }
    }
    return t->last->near = c;
}

static uint32_t room_from(uint32_t seq, uint32_t len)
{
    uint32_t room = TCP_CHUNK_BYTES - (seq - place_of(seq));
    return len < room ? len : room;
}

uint32_t tcp_stream_put(struct tcp_chunks *p, struct tcp_stream *t, uint32_t seq,
                        const uint8_t *bytes, uint32_t len, enum tcp_claim claim)
{
    uint32_t done = 0;
    while (done < len) {
        uint32_t n = room_from(seq + done, len - done);
        struct tcp_chunk *c = chunk_at(p, t, place_of(seq + done), claim);
        if (!c)
            break;
        memcpy(c->bytes + (seq + done - c->at), bytes + done, n);
        done += n;
    }
    STACK_INVARIANT(tcp_stream_check(t));
    return done;
}

static const uint8_t *octets(struct tcp_stream *t, uint32_t seq)
{
    struct tcp_chunk *c = before(t, seq);
    STACK_ASSERT(c && seq_within(seq, c->at, TCP_CHUNK_BYTES));
    t->last->near = c;
    return c->bytes + (seq - c->at);
}

void tcp_stream_get(struct tcp_stream *t, uint32_t seq, uint8_t *out, uint32_t len)
{
    while (len > 0) {
        uint32_t n = room_from(seq, len);
        memcpy(out, octets(t, seq), n);
        seq += n;
        out += n;
        len -= n;
    }
}

uint16_t tcp_stream_get_sum(struct tcp_stream *t, uint32_t seq, uint8_t *out, uint32_t len)
{
    uint16_t sum = 0;
    uint32_t done = 0;
    while (done < len) {
        uint32_t n = room_from(seq + done, len - done);
        sum = checksum_join(sum, done, checksum_copy(out + done, octets(t, seq + done), n));
        done += n;
    }
    return sum;
}

/* --- giving back --- */

static void drop_first(struct tcp_chunks *p, struct tcp_stream *t)
{
    struct tcp_chunk *first = t->last->next;
    STACK_ASSERT(first); /* the chunks are a ring */
    if (t->last->near == first)
        t->last->near = NULL;
    if (first == t->last)
        t->last = NULL;
    else
        t->last->next = first->next;
    give(p, first);
}

void tcp_stream_clear(struct tcp_chunks *p, struct tcp_stream *t)
{
    while (t->last)
        drop_first(p, t);
}

void tcp_stream_drop(struct tcp_chunks *p, struct tcp_stream *t, uint32_t begin, uint32_t end)
{
    if (begin == end) {
        tcp_stream_clear(p, t);
        return;
    }
    while (t->last && seq_upto(t->last->next->at + TCP_CHUNK_BYTES, begin))
        drop_first(p, t);
    STACK_INVARIANT(tcp_stream_check(t));
}

void tcp_stream_cut(struct tcp_chunks *p, struct tcp_stream *t, uint32_t begin, uint32_t end)
{
    struct tcp_chunk *keep = begin == end ? NULL : before(t, end - 1);
    if (!keep) {
        tcp_stream_clear(p, t);
        return;
    }
    struct tcp_chunk *first = t->last->next, *behind = keep == t->last ? NULL : keep->next;
    struct tcp_chunk *final = t->last;
    t->last = keep;
    keep->next = first;
    keep->near = NULL;
    for (struct tcp_chunk *c = behind, *next; c; c = next) {
        next = c == final ? NULL : c->next;
        give(p, c);
    }
    STACK_INVARIANT(tcp_stream_check(t));
}
