/*
 * The blocks of a SACK option as BSD keeps them, by the knob bsd_sack: a list of what was told, in
 * the place of what is held (ranges.h). It differs behind a duplicate that lay ahead of RCV.NXT,
 * which is told until something comes that covers it. RFC 2018 and 2883 have it otherwise, but
 * demand it of no one.
 */
#include "stack/transport/tcp/inside.h"

static bool is_empty(const struct seq_range *r)
{
    return !seq_before(r->left, r->right);
}

static struct seq_range common(const struct seq_range *a, const struct seq_range *b)
{
    return (struct seq_range){seq_later(a->left, b->left), seq_earlier(a->right, b->right)};
}

static bool touch(const struct seq_range *a, const struct seq_range *b)
{
    return seq_upto(a->left, b->right) && seq_upto(b->left, a->right);
}

static bool is_within(const struct seq_range *a, const struct seq_range *of)
{
    return seq_upto(of->left, a->left) && seq_upto(a->right, of->right);
}

static void put(struct tcp_told *t, struct seq_range r)
{
    if (!is_empty(&r) && t->count < TCP_TOLD_MOST)
        t->at[t->count++] = r;
}

static bool is_ahead(const struct tcp_pcb *pcb, const struct seq_range *r)
{
    return !is_empty(r) && seq_after(r->left, pcb->rcv_nxt);
}

/* `r`, which is no news, stands first; a block within the one behind it goes. */
static void tell_old(struct tcp_pcb *pcb, struct tcp_told *t, struct seq_range r)
{
    struct tcp_told next = {.in_use = true};
    put(&next, r);
    for (unsigned i = 0; i < t->count; i++) {
        if (!is_ahead(pcb, &t->at[i]))
            continue;
        if (next.count > 1 && is_within(&next.at[next.count - 1], &t->at[i]))
            next.count--;
        put(&next, t->at[i]);
    }
    *t = next;
}

/* What of `r`, which has just been taken, was here before: the lowest part of it. */
static struct seq_range again(const struct tcp_pcb *pcb, const struct tcp_told *t,
                              const struct seq_range *r)
{
    struct seq_range first = {0}, found = {0};
    bool passed = seq_before(r->right, pcb->rcv_nxt) ||
                  (r->right == pcb->rcv_nxt && t->count && t->at[0].right == pcb->rcv_nxt);
    if (passed)
        first = *r;
    for (unsigned i = 0; i < t->count; i++) {
        struct seq_range b = t->at[i];
        if (!touch(&b, r))
            continue;
        if (seq_before(b.right, pcb->rcv_nxt))
            b = common(&b, r);
        else if (b.right == r->left)
            continue;
        if (b.left != b.right && (is_empty(&found) || seq_before(b.left, found.left)))
            found = b;
    }
    return is_empty(&found) ? first : common(&found, r);
}

/* `r` with all that it joins; *held: one block was that already. */
static struct seq_range joined(const struct tcp_pcb *pcb, const struct tcp_told *t,
                               const struct seq_range *r, bool *held)
{
    struct seq_range whole = *r;
    *held = false;
    for (unsigned i = 0; i < t->count; i++) {
        const struct seq_range *b = &t->at[i];
        if (!touch(b, r) || seq_before(b->right, pcb->rcv_nxt))
            continue;
        whole.left = seq_earlier(whole.left, b->left);
        whole.right = seq_later(whole.right, b->right);
        *held = *held || (whole.left == b->left && whole.right == b->right);
    }
    return whole;
}

static void tell_new(struct tcp_pcb *pcb, struct tcp_told *t, const struct seq_range *r)
{
    bool held;
    struct tcp_told next = {.in_use = true};
    struct seq_range first = again(pcb, t, r), whole = joined(pcb, t, r, &held);
    bool same = whole.left == first.left && whole.right == first.right;
    put(&next, first);
    if (held || (seq_before(pcb->rcv_nxt, whole.right) && !same))
        put(&next, whole);
    unsigned most = TCP_TOLD_MOST - (first.left == first.right); /* its place stays empty */
    for (unsigned i = 0; i < t->count && next.count < most; i++)
        if (!touch(&t->at[i], &whole) && is_ahead(pcb, &t->at[i]))
            put(&next, t->at[i]);
    *t = next;
}

/* NULL: there is none, and what is held is told. */
static struct tcp_told *list(struct stack *s, struct tcp_pcb *pcb)
{
    if (!pcb->sack || pcb->state <= TCP_SYN_RECEIVED || !tcp_knob(s, TCP_KNOB_BSD_SACK))
        return NULL;
    struct tcp_wishes *w = tcp_wish(s, pcb);
    if (!w)
        return NULL;
    w->told.in_use = true;
    return &w->told;
}

void tcp_told_twice(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    uint32_t old = pcb->rcv_nxt - g->seq;
    bool text = g->text_len > 0 && seq_before(g->seq, pcb->rcv_nxt);
    if (!text || g->flags & (TCP_FLAG_SYN | TCP_FLAG_RST) || !tcp_knob(s, TCP_KNOB_DSACK))
        return;
    struct tcp_told *t = list(s, pcb);
    if (t)
        tell_old(pcb, t,
                 (struct seq_range){g->seq, g->seq + (old < g->text_len ? old : g->text_len)});
}

void tcp_told_next(struct tcp_pcb *pcb)
{
    if (pcb->wishes)
        pcb->wishes->told.count = 0;
}

void tcp_told_came(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g, uint32_t nxt)
{
    struct tcp_told *t = list(s, pcb);
    const struct seq_range r = {g->seq, g->seq + g->text_len};
    if (!t || is_empty(&r))
        return;
    if (pcb->rcv_nxt != nxt && t->count && t->at[0].right == g->seq)
        tell_old(pcb, t, t->at[0]);
    else
        tell_new(pcb, t, &r);
}

void tcp_told_left(struct tcp_pcb *pcb)
{
    struct tcp_told next = {.in_use = true};
    if (!pcb->wishes || !pcb->wishes->told.in_use)
        return;
    struct tcp_told *t = &pcb->wishes->told;
    for (unsigned i = 0; i < t->count; i++)
        if (is_ahead(pcb, &t->at[i]))
            put(&next, t->at[i]);
    *t = next;
}
