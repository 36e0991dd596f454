/*
 * What Linux tells of a stream's octets by its error queue: that they were sent and acknowledged
 * (SO_TIMESTAMPING), that the memory they were sent from is free again (SO_ZEROCOPY). Nothing of it
 * is on the wire, so the stack has no part in it: where its two edges stand is what it says by its
 * status, and what an edge has passed is told.
 *
 * Facts: Documentation/networking/timestamping and msg_zerocopy, linux/errqueue.h.
 */
#include <errno.h>
#include <time.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include "sim/base/numbers.h"
#include "sim/hosts/stack_sut.h"
#include "stack/socket/socket.h"

enum { NOTICES = 256, CODE_COPIED = 1 /* SO_EE_CODE_ZEROCOPY_COPIED: always, here */ };

enum notice_kind { NOTICE_SCHEDULED, NOTICE_SENT, NOTICE_ACKNOWLEDGED, NOTICE_MEMORY };

/* Told when an edge has passed `end`. */
struct notice {
    int fd;
    enum notice_kind kind;
    uint32_t end;         /* sequence number behind the last octet */
    uint32_t octets;      /* that the call sent */
    uint32_t first, last; /* its number; of memory, from one call's to another's */
    bool ready;
    int64_t at_ns; /* since when it is */
    uint64_t turn; /* the how manieth that became ready */
};

struct stack_notices {
    struct notice at[NOTICES]; /* in the order of the calls */
    uint32_t count;
    uint64_t turns;
};

static struct stack_notices *notices_of(struct stack_sut *u)
{
    if (!u->notices)
        u->notices = u->env->memory(u->env->self, sizeof *u->notices, NULL);
    return u->notices;
}

static void take_out(struct stack_notices *q, struct notice *n)
{
    memmove(n, n + 1, (size_t)(q->at + q->count - n - 1) * sizeof *n);
    q->count--;
}

/* --- options --- */

static int64_t set_stamps(struct stack_sut *u, int fd, struct stack_descriptor *d, int64_t flags)
{
    const int64_t known = SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE |
                          SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_SOFTWARE |
                          SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
    struct socket_tcp_info i;
    if (flags & ~known)
        return -ERR_NOPROTOOPT; /* of what is received, or by hardware */
    if (flags & ~d->stamps & SOF_TIMESTAMPING_OPT_ID) {
        if (socket_tcp_info(u->stack, fd, &i, 0) < 0 || i.state < SOCKET_TCP_ESTABLISHED)
            return -ERR_INVAL;
        d->stamps_from = i.snd_una;
    }
    d->stamps = (uint32_t)flags;
    return 0;
}

int64_t stack_notice_set(struct stack_sut *u, int fd, const struct value *option, int64_t value)
{
    struct stack_descriptor *d = stack_descriptor_of(u, fd);
    if (!d || !d->stream)
        return SUT_UNKNOWN;
    if (option->number == SO_TIMESTAMPING)
        return set_stamps(u, fd, d, value);
    if (option->number != SO_ZEROCOPY)
        return SUT_UNKNOWN;
    if (value != 0 && value != 1)
        return -ERR_INVAL;
    d->lends = value != 0;
    return 0;
}

int64_t stack_notice_get(struct stack_sut *u, int fd, const struct value *option)
{
    const struct stack_descriptor *d = stack_descriptor_of(u, fd);
    if (!d || !d->stream)
        return SUT_UNKNOWN;
    return option->number == SO_TIMESTAMPING ? d->stamps
           : option->number == SO_ZEROCOPY   ? d->lends
                                             : SUT_UNKNOWN;
}

/* --- what was sent --- */

static void note(struct stack_notices *q, const struct notice *n)
{
    if (q->count < NOTICES) /* what finds no room is not told, as there */
        q->at[q->count++] = *n;
}

void stack_notice_sent(struct stack_sut *u, int fd, int flags, int64_t octets)
{
    static const struct {
        int64_t wish;
        enum notice_kind kind;
    } stamps[] = {{SOF_TIMESTAMPING_TX_SCHED, NOTICE_SCHEDULED},
                  {SOF_TIMESTAMPING_TX_SOFTWARE, NOTICE_SENT},
                  {SOF_TIMESTAMPING_TX_ACK, NOTICE_ACKNOWLEDGED}};
    struct stack_descriptor *d = stack_descriptor_of(u, fd);
    struct socket_tcp_info i;
    bool lent = flags & MSG_ZEROCOPY && d->lends;
    if (octets <= 0 || (!lent && !d->stamps) || socket_tcp_info(u->stack, fd, &i, 0) < 0)
        return;
    struct notice n = {.fd = fd, .octets = (uint32_t)octets, .end = i.snd_nxt + i.unsent_octets};
    bool counted = d->stamps & SOF_TIMESTAMPING_OPT_ID;
    for (size_t k = 0; k < sizeof stamps / sizeof stamps[0]; k++)
        if (d->stamps & stamps[k].wish) {
            n.kind = stamps[k].kind;
            n.last = counted ? n.end - 1 - d->stamps_from : 0;
            note(notices_of(u), &n);
        }
    if (lent) {
        n.kind = NOTICE_MEMORY;
        n.first = n.last = d->loans++;
        note(notices_of(u), &n);
    }
}

/* The newest that is ready and not taken yet. */
static struct notice *newest_ready(struct stack_notices *q, int fd)
{
    struct notice *best = NULL;
    for (struct notice *n = q->at; n < q->at + q->count; n++)
        if (n->fd == fd && n->ready && (!best || n->turn > best->turn))
            best = n;
    return best;
}

/* Memory of calls that follow each other is told as one. */
static bool joins(struct stack_notices *q, const struct notice *n)
{
    struct notice *before = newest_ready(q, n->fd);
    if (n->kind != NOTICE_MEMORY || !before || before->kind != NOTICE_MEMORY ||
        before->last + 1 != n->first)
        return false;
    before->last = n->last;
    return true;
}

static bool passed(const struct notice *n, const struct socket_tcp_info *i)
{
    uint32_t edge = n->kind >= NOTICE_ACKNOWLEDGED ? i->snd_una : i->snd_nxt;
    return (int32_t)(edge - n->end) >= 0;
}

void stack_notice_look(struct stack_sut *u)
{
    struct stack_notices *q = u->notices;
    int64_t now_ns = u->env->now(u->env->self);
    struct socket_tcp_info i;
    for (uint32_t k = 0; q && k < q->count; k++) {
        struct notice *n = &q->at[k];
        bool gone = !n->ready && (socket_tcp_info(u->stack, n->fd, &i, now_ns) < 0 ||
                                  i.state == SOCKET_TCP_CLOSED);
        if (n->ready || (!gone && !passed(n, &i)))
            continue;
        if ((gone && n->kind != NOTICE_MEMORY) || joins(q, n)) {
            take_out(q, n);
            k--;
            continue;
        }
        n->ready = true;
        n->at_ns = now_ns;
        n->turn = ++q->turns;
    }
}

void stack_notice_close(struct stack_sut *u, int fd)
{
    struct stack_notices *q = u->notices;
    for (uint32_t k = 0; q && k < q->count;)
        if (q->at[k].fd == fd)
            take_out(q, &q->at[k]);
        else
            k++;
}

bool stack_notice_waits(struct stack_sut *u, int fd)
{
    return u->notices && newest_ready(u->notices, fd);
}

/* --- what is told --- */

static struct value number(const char *field, int64_t n)
{
    return (struct value){.kind = VALUE_NUMBER, .field = field, .number = n};
}

static struct value structure(const char *field, struct value *item, uint32_t items)
{
    return (struct value){.kind = VALUE_STRUCT, .field = field, .item = item, .items = items};
}

/* {cmsg_level, cmsg_type, cmsg_data={...}} at item[0..2]; what cmsg_data holds is at `data`. */
static struct value control(struct value *item, int64_t level, int64_t type, struct value *data,
                            uint32_t count)
{
    item[0] = number("cmsg_level", level);
    item[1] = number("cmsg_type", type);
    item[2] = structure("cmsg_data", data, count);
    return structure(NULL, item, 3);
}

static struct value stamp(const struct notice *n, struct value *v)
{
    v[3] = number("scm_sec", n->at_ns / 1000000000);
    v[4] = number("scm_nsec", n->at_ns % 1000000000);
    return control(v, SOL_SOCKET, SO_TIMESTAMPING, v + 3, 2);
}

static struct value extended_error(const struct notice *n, struct value *v)
{
    static const int64_t info[] = {[NOTICE_SCHEDULED] = SCM_TSTAMP_SCHED,
                                   [NOTICE_SENT] = SCM_TSTAMP_SND,
                                   [NOTICE_ACKNOWLEDGED] = SCM_TSTAMP_ACK};
    bool memory = n->kind == NOTICE_MEMORY;
    v[3] = number("ee_errno", memory ? 0 : ENOMSG);
    v[4] = number("ee_origin", memory ? SO_EE_ORIGIN_ZEROCOPY : SO_EE_ORIGIN_TIMESTAMPING);
    v[5] = number("ee_type", 0);
    v[6] = number("ee_code", memory ? CODE_COPIED : 0);
    v[7] = number("ee_info", memory ? n->first : info[n->kind]);
    v[8] = number("ee_data", n->last);
    return control(v, IPPROTO_IP, IP_RECVERR, v + 3, 6);
}

static struct notice *oldest_ready(struct stack_notices *q, int fd)
{
    struct notice *best = NULL;
    for (struct notice *n = q->at; n < q->at + q->count; n++)
        if (n->fd == fd && n->ready && (!best || n->turn < best->turn))
            best = n;
    return best;
}

/* A stamp brings the octets along, unless it is to come alone: as many as there is room for. */
int64_t stack_notice_take(struct stack_sut *u, int fd, uint32_t room, struct value *out)
{
    enum { LISTED = 2, EACH = 9 };
    const struct stack_descriptor *d = stack_descriptor_of(u, fd);
    struct notice *n = u->notices ? oldest_ready(u->notices, fd) : NULL;
    if (!n)
        return -ERR_AGAIN;
    bool memory = n->kind == NOTICE_MEMORY,
         bare = memory || d->stamps & SOF_TIMESTAMPING_OPT_TSONLY;
    uint32_t octets = bare ? 0 : n->octets, count = 0;
    if (!memory && d->stamps & SOF_TIMESTAMPING_SOFTWARE)
        u->list[count++] = stamp(n, u->list + LISTED);
    u->list[count++] = extended_error(n, u->list + LISTED + EACH);
    out[3] = number(NULL, MSG_ERRQUEUE | (octets > room ? MSG_TRUNC : 0));
    out[6] = (struct value){.kind = VALUE_LIST, .item = u->list, .items = count};
    take_out(u->notices, n);
    return octets < room ? octets : room;
}
