#include "stack/core/deadline.h"
#include "stack/core/module.h"

/* A callback that re-arms itself for now would keep the poll for ever; the embedder gets control
 * back after this many. */
enum { DEADLINES_PER_RUN = 4096 };

void deadline_init(struct deadline *d, uint64_t rank, const char *name,
                   void (*fire)(struct stack *s, struct deadline *d, int64_t now_ns))
{
    *d = (struct deadline){.due_ns = INT64_MAX, .rank = rank, .fire = fire, .name = name};
}

static bool earlier(const struct deadline *a, const struct deadline *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->rank < b->rank;
}

/* Joins two heaps without siblings; either may be NULL. */
static struct deadline *meld(struct deadline *a, struct deadline *b)
{
    if (!a || !b)
        return a ? a : b;
    if (earlier(b, a)) {
        struct deadline *swap = a;
        a = b;
        b = swap;
    }
    b->back = a;
    b->sibling = a->child;
    if (a->child)
        a->child->back = b;
    a->child = b;
    return a;
}

/* Two passes, by iteration: a heap of thousands must not recurse on a kernel's stack. */
static struct deadline *meld_siblings(struct deadline *first)
{
    struct deadline *pairs = NULL;
    while (first) {
        struct deadline *a = first, *b = a->sibling;
        first = b ? b->sibling : NULL;
        a->sibling = a->back = NULL;
        if (b)
            b->sibling = b->back = NULL;
        a = meld(a, b);
        a->sibling = pairs;
        pairs = a;
    }
    struct deadline *root = NULL;
    while (pairs) {
        struct deadline *next = pairs->sibling;
        pairs->sibling = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

static void take_out(struct stack *s, struct deadline *d)
{
    if (s->deadlines == d) {
        s->deadlines = meld_siblings(d->child);
    } else {
        if (d->back->child == d)
            d->back->child = d->sibling;
        else
            d->back->sibling = d->sibling;
        if (d->sibling)
            d->sibling->back = d->back;
        s->deadlines = meld(s->deadlines, meld_siblings(d->child));
    }
    d->child = d->sibling = d->back = NULL;
    d->due_ns = INT64_MAX;
}

/* Without a stack of its own: down by child, along by sibling, up by back. */
const struct deadline *deadline_next(const struct deadline *d)
{
    if (d->child)
        return d->child;
    while (d && !d->sibling) {
        while (d->back && d->back->child != d)
            d = d->back;
        d = d->back;
    }
    return d ? d->sibling : NULL;
}

/* Of thousands those near the root are looked at. */
void deadline_check(const struct stack *s)
{
    enum { MOST = 200 };
    int looked = 0;
    const struct deadline *root = s->deadlines;
    STACK_ASSERT(!root || (!root->back && !root->sibling));
    /* The port is never left to sleep beyond what is due. */
    STACK_ASSERT(!root || root->due_ns >= s->told_ns);
    for (const struct deadline *d = root; d && looked++ < MOST; d = deadline_next(d)) {
        STACK_ASSERT(d->due_ns != INT64_MAX && d->fire);
        STACK_ASSERT(!d->child || (d->child->back == d && !earlier(d->child, d)));
        STACK_ASSERT(!d->sibling || d->sibling->back == d);
        for (const struct deadline *child = d->child; child && looked++ < MOST;
             child = child->sibling)
            STACK_ASSERT(!earlier(child, d));
    }
}

/* A port that sleeps until what it was told must not sleep longer than until d. */
static void tell_port(struct stack *s, const struct deadline *d)
{
    if (d->due_ns >= s->told_ns)
        return;
    s->told_ns = d->due_ns;
    if (s->port.due)
        s->port.due(s->port.self, d->due_ns);
}

void deadline_set(struct stack *s, struct deadline *d, int64_t due_ns)
{
    STACK_ASSERT(d->fire != NULL && d->name != NULL);
    deadline_clear(s, d);
    if (due_ns == INT64_MAX)
        return;
    d->due_ns = due_ns;
    s->deadlines = meld(s->deadlines, d);
    stack_trace(s, TRACE_TIMER_SET, d->name, due_ns);
    tell_port(s, d);
    STACK_INVARIANT(deadline_check(s));
}

void deadline_clear(struct stack *s, struct deadline *d)
{
    STACK_INVARIANT(deadline_check(s));
    if (d->due_ns != INT64_MAX)
        take_out(s, d);
    STACK_INVARIANT(deadline_check(s));
}

int64_t deadline_run(struct stack *s, int64_t now_ns)
{
    for (int fired = 0; fired < DEADLINES_PER_RUN; fired++) {
        struct deadline *d = s->deadlines;
        if (!d)
            return INT64_MAX;
        if (d->due_ns > now_ns)
            return d->due_ns;
        take_out(s, d);
        STACK_ASSERT(d->fire != NULL);
        STACK_INVARIANT(deadline_check(s));
        stack_trace(s, TRACE_TIMER_FIRED, d->name, now_ns);
        d->fire(s, d, now_ns);
    }
    return s->deadlines ? s->deadlines->due_ns : INT64_MAX;
}
