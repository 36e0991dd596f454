/* What the tests of each service start from: a rig whose peer needs no ARP, and what the service
 * said when it was done. */
#ifndef TESTS_SERVICE_SERVICE_H
#define TESTS_SERVICE_SERVICE_H

#include "tests/transport/datagram.h"

#define SECOND RIG_SECOND

static struct rig *r;
static struct stack *s;
static unsigned calls;
static int result;
static int64_t ended_ns;

static inline void open_rig(void)
{
    r = datagram_rig();
    s = r->s;
    calls = 0;
}

static inline void close_rig(void)
{
    rig_close(r);
}

/* For the service's own `done`. */
static inline void note(int got, int64_t now_ns)
{
    calls++;
    result = got;
    ended_ns = now_ns;
}

#endif
