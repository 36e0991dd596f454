/*
 * How many ICMP errors go out, of either family (RFC 1812 4.3.2.8, RFC 4443 2.4 (f)): a burst, and
 * then one in each interval, to each destination by itself. With one count for all, whoever has
 * nearly used it up sees by the next error to himself whether another got one in between, and so
 * which ports are open that he tried in that one's name: what RFC 5961 10 says of one count for all
 * challenge ACKs.
 *
 * Memory is bounded, so that destinations must share after all when there are many at one time. A
 * place that is full again says nothing of whom it was last, and is taken over; no other is. Which
 * one a newcomer tries is drawn, and who finds no place draws from a bucket of all such, where an
 * error costs nothing, one interval or two, one on the average: nobody knows what is left in it.
 */
#ifndef STACK_NET_ERROR_RATE_H
#define STACK_NET_ERROR_RATE_H

#include "stack/core/module.h"

enum { ERROR_RATE_PLACES = 16 };

/* A token bucket: every error moves full_ns by an interval, and a burst is how far it may be ahead
 * of the time. */
struct error_bucket {
    struct ip_addr to; /* of family ADDR_NONE: nobody's yet */
    int64_t full_ns;   /* when all that was drawn from it has come back */
};

/* Zeroed. */
struct error_rate {
    struct error_bucket place[ERROR_RATE_PLACES], shared;
};

/* Draws for an error to that destination; false: it must not go. burst at least 1. */
bool error_rate_take(struct stack *s, struct error_rate *r, const struct ip_addr *to,
                     int64_t interval_ns, int64_t burst, int64_t now_ns);

#endif
