#include "sim/play/poll.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include "sim/hosts/sut_host.h"
#include "sim/play/engine.h"
#include "sim/play/pipe.h"

#define ALWAYS ((int64_t)(POLLERR | POLLHUP))
#define MS     INT64_C(1000000)

struct interest {
    int64_t fd;
    uint32_t events, reported; /* edge-triggered: what was told and still holds */
    int64_t state, received;   /* edge-triggered: of its connection, when it was looked at */
    bool off;                  /* one-shot, and shot */
};

struct epoll {
    struct interest *interest;
    uint32_t interests, room;
};

enum { PEER_CLOSED = 32, READ_HANGUP = 0x2000 }; /* the stack's word; POLLRDHUP, EPOLLRDHUP */

static struct value number(int64_t n)
{
    return (struct value){.kind = VALUE_NUMBER, .number = n};
}

/* What the stack says of the script's descriptor; POLLNVAL: there is none. */
static int64_t events_of(const struct descriptors *t, int64_t fd)
{
    struct value script = number(fd), argv[2] = {{0}}, out[SUT_ARGUMENTS] = {{0}};
    const struct descriptor *d = descriptor_of(t, &script);
    if (!d || descriptor_is_own(d))
        return POLLNVAL;
    argv[0] = number(d->to);
    argv[1] = number(1);
    int64_t got = sut_host_call(t->host, 0, "events", argv, 2, out);
    if (got < 0)
        return POLLNVAL;
    return got & PEER_CLOSED ? (got & ~(int64_t)PEER_CLOSED) | READ_HANGUP : got;
}

/* --- poll --- */

static const struct value *pollfds(const struct pending_call *p)
{
    return &p->argument[0];
}

/* [{fd=4, events=POLLIN, revents=POLLIN}], N, MILLISECONDS */
static int64_t poll_now(struct run *r, struct pending_call *p, struct value *out)
{
    const struct value *fds = pollfds(p);
    int64_t ready = 0;
    out[0] = *fds;
    out[0].item = scratch_alloc(r->world, &p->memory, (fds->items + 1) * sizeof *out[0].item);
    for (uint32_t k = 0; k < fds->items; k++) {
        const struct value *one = &fds->item[k], *fd = field_of(one, "fd"),
                           *events = field_of(one, "events");
        if (one->kind != VALUE_STRUCT || !fd || !events)
            return -EINVAL;
        int64_t got = events_of(p->on, fd->number);
        got = got == POLLNVAL ? got : got & (events->number | ALWAYS);
        ready += got != 0;
        struct value *fields = scratch_alloc(r->world, &p->memory, 3 * sizeof *fields);
        fields[0] = *fd;
        fields[1] = *events;
        fields[2] = number(got);
        fields[2].field = "revents";
        out[0].item[k] = (struct value){.kind = VALUE_STRUCT, .item = fields, .items = 3};
    }
    return ready;
}

/* --- epoll --- */

static struct epoll *epoll_of(const struct descriptors *t, const struct value *fd)
{
    const struct descriptor *d = descriptor_of(t, fd);
    return d ? d->epoll : NULL;
}

static int64_t epoll_create_call(struct run *r, const struct pending_call *p)
{
    const struct call_step *call = &p->step->u.call;
    int64_t fd = call->result.kind == VALUE_NUMBER ? call->result.number : p->on->room;
    struct descriptor *d = descriptor_make(r, p->on, fd, 0);
    if (!d)
        return -EMFILE;
    d->epoll = world_alloc(r->world, sizeof *d->epoll, 16);
    return fd;
}

static struct interest *interest_of(struct epoll *e, int64_t fd)
{
    for (uint32_t k = 0; k < e->interests; k++)
        if (e->interest[k].fd == fd)
            return &e->interest[k];
    return NULL;
}

static int64_t epoll_ctl_call(struct run *r, struct pending_call *p)
{
    const struct value *argv = p->argument, *events = field_of(&argv[3], "events");
    struct epoll *e = epoll_of(p->on, &argv[0]);
    int64_t op = argv[1].number, fd = argv[2].number;
    if (!e || events_of(p->on, fd) == POLLNVAL)
        return -EBADF;
    struct interest *at = interest_of(e, fd);
    if (op == EPOLL_CTL_ADD ? at != NULL : at == NULL)
        return at ? -EEXIST : -ENOENT;
    if (op == EPOLL_CTL_DEL) {
        memmove(at, at + 1, (size_t)(e->interest + e->interests - at - 1) * sizeof *at);
        e->interests--;
        return 0;
    }
    if ((op != EPOLL_CTL_ADD && op != EPOLL_CTL_MOD) || !events)
        return -EINVAL;
    if (!at) {
        if (e->interests == e->room)
            e->interest = world_grow(r->world, e->interest, &e->room, sizeof *at);
        at = &e->interest[e->interests++];
    }
    *at = (struct interest){.fd = fd, .events = (uint32_t)events->number};
    return 0;
}

static int64_t told_of(const struct value *info, const char *name)
{
    const struct value *v = info->kind == VALUE_STRUCT ? field_of(info, name) : NULL;
    return v ? v->number : 0;
}

/* Linux: octets that came wake who waits to read, though some were there; another state, though
 * nothing else can be done now, wakes all. */
static bool was_woken(const struct descriptors *t, struct interest *i)
{
    struct value script = number(i->fd), argv[5] = {{0}}, out[SUT_ARGUMENTS] = {{0}};
    const struct descriptor *d = descriptor_of(t, &script);
    if (!d || !d->stream)
        return false;
    argv[0] = number(d->to);
    argv[1] = number(IPPROTO_TCP);
    argv[2] = number(TCP_INFO);
    if (sut_host_call(t->host, 0, "getsockopt", argv, 5, out) < 0)
        return false;
    int64_t state = told_of(&out[3], "state"), received = told_of(&out[3], "octets_received");
    bool woken = state != i->state || (received != i->received && i->events & EPOLLIN);
    i->state = state;
    i->received = received;
    return woken;
}

/* What is told of one descriptor now; an edge is what did not hold when it was told last. */
static uint32_t tell(const struct descriptors *t, struct interest *i)
{
    uint32_t now = (uint32_t)events_of(t, i->fd) & (i->events | (uint32_t)ALWAYS);
    bool edge = !(i->events & EPOLLET) || was_woken(t, i) || now & ~i->reported;
    uint32_t told = i->off || !edge ? 0 : now;
    i->reported = now;
    if (told && i->events & EPOLLONESHOT)
        i->off = true;
    return told;
}

/* One event is {events=..., fd=...}, several are a list of those. */
static int64_t epoll_now(struct run *r, struct pending_call *p, struct value *out)
{
    struct epoll *e = epoll_of(p->on, &p->argument[0]);
    int64_t most = p->argument[2].number, ready = 0;
    if (!e || most < 1)
        return e ? -EINVAL : -EBADF;
    struct value *events = scratch_alloc(r->world, &p->memory, (e->interests + 1) * sizeof *events);
    for (uint32_t k = 0; k < e->interests && ready < most; k++) {
        uint32_t told = tell(p->on, &e->interest[k]);
        if (!told)
            continue;
        struct value *fields = scratch_alloc(r->world, &p->memory, 3 * sizeof *fields);
        fields[0] = number(told);
        fields[0].field = "events";
        fields[1] = number(e->interest[k].fd);
        fields[1].field = "fd";
        fields[2] = number(e->interest[k].fd);
        fields[2].field = "ptr";
        events[ready++] = (struct value){.kind = VALUE_STRUCT, .item = fields, .items = 3};
    }
    const struct value *wanted = &p->argument[1];
    if (ready && wanted->kind == VALUE_LIST)
        out[1] = (struct value){.kind = VALUE_LIST, .item = events, .items = (uint32_t)ready};
    else if (ready)
        out[1] = events[0];
    return ready;
}

/* --- both --- */

static int64_t look(struct run *r, struct pending_call *p, struct value *out)
{
    return strcmp(p->step->u.call.name, "poll") == 0 ? poll_now(r, p, out) : epoll_now(r, p, out);
}

static int64_t wait_for(struct run *r, struct pending_call *p, const struct value *timeout_ms,
                        struct value *out)
{
    int64_t ms = timeout_ms->kind == VALUE_NUMBER ? timeout_ms->number : -1;
    int64_t got = look(r, p, out);
    if (got != 0 || ms == 0)
        return got;
    p->polls = true;
    p->gives_up_ns = ms < 0 ? NEVER : run_later(world_now(r->world), ms * MS);
    r->polls++;
    return SUT_PENDING;
}

static int64_t dup_call(struct run *r, struct pending_call *p)
{
    const struct value *wanted = &p->step->u.call.result;
    const struct descriptor *d = descriptor_of(p->on, &p->argument[0]);
    if (!d)
        return -EBADF;
    struct descriptor copy = *d;
    struct descriptor *made = wanted->kind == VALUE_NUMBER
                                  ? descriptor_make(r, p->on, wanted->number, copy.to)
                                  : descriptor_make(r, p->on, p->on->room, copy.to);
    if (!made)
        return -EMFILE;
    copy.made = made->made;
    *made = copy;
    return made - p->on->at;
}

int64_t poll_call(struct run *r, struct pending_call *p, struct value *out)
{
    const struct call_step *call = &p->step->u.call;
    const char *name = call->name;
    if (strcmp(name, "poll") == 0 && call->arguments == 3)
        return wait_for(r, p, &p->argument[2], out);
    if (strcmp(name, "epoll_wait") == 0 && call->arguments == 4)
        return wait_for(r, p, &p->argument[3], out);
    if (strcmp(name, "epoll_create") == 0 || strcmp(name, "epoll_create1") == 0)
        return epoll_create_call(r, p);
    if (strcmp(name, "epoll_ctl") == 0 && call->arguments == 4)
        return epoll_ctl_call(r, p);
    if (strcmp(name, "dup") == 0 && call->arguments == 1)
        return dup_call(r, p);
    return pipe_call(r, p);
}

void poll_look(struct run *r, int64_t now_ns)
{
    for (uint32_t k = 0; k < r->calls.slots && r->polls; k++) {
        struct pending_call *p = r->calls.slot[k];
        if (!p->token || !p->polls || p->done)
            continue;
        struct value out[SUT_ARGUMENTS] = {{0}};
        int64_t got = look(r, p, out);
        if (got == 0 && now_ns < p->gives_up_ns)
            continue;
        p->polls = false;
        r->polls--;
        call_ended(r, p->on->host, p->token, got, out, SUT_ARGUMENTS);
    }
}

int64_t poll_next(struct run *r)
{
    int64_t next_ns = r->polls ? world_next(r->world) : NEVER;
    for (uint32_t k = 0; k < r->calls.slots && r->polls; k++) {
        const struct pending_call *p = r->calls.slot[k];
        if (p->token && p->polls && !p->done && p->gives_up_ns < next_ns)
            next_ns = p->gives_up_ns;
    }
    return next_ns;
}
