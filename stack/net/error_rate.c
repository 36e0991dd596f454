#include "stack/net/error_rate.h"

#ifdef STACK_CHECK
/* A destination has one place. */
static void check(const struct error_rate *r)
{
    for (int i = 0; i < ERROR_RATE_PLACES; i++)
        for (int k = 0; k < i && r->place[i].to.family != ADDR_NONE; k++)
            STACK_ASSERT(!addr_equal(&r->place[i].to, &r->place[k].to));
}
#endif

static struct error_bucket *bucket_of(struct stack *s, struct error_rate *r,
                                      const struct ip_addr *to, int64_t now_ns)
{
    for (int i = 0; i < ERROR_RATE_PLACES; i++)
        if (addr_equal(&r->place[i].to, to))
            return &r->place[i];
    struct error_bucket *b = &r->place[stack_random_below(s, RANDOM_ERRORS, ERROR_RATE_PLACES)];
    if (b->full_ns > now_ns)
        return &r->shared;
    b->to = *to;
    return b;
}

bool error_rate_take(struct stack *s, struct error_rate *r, const struct ip_addr *to,
                     int64_t interval_ns, int64_t burst, int64_t now_ns)
{
    STACK_INVARIANT(check(r));
    struct error_bucket *b = bucket_of(s, r, to, now_ns);
    if (b->full_ns < now_ns)
        b->full_ns = now_ns;
    if (b->full_ns - now_ns > interval_ns * (burst - 1))
        return false;
    b->full_ns +=
        b == &r->shared ? interval_ns * stack_random_below(s, RANDOM_ERRORS, 3) : interval_ns;
    STACK_INVARIANT(check(r));
    return true;
}
