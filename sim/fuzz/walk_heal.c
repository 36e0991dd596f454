/*
 * The end of a walk: nothing is lost any more, the peer answers what comes and says nothing by
 * itself, the user closes its direction, reads to the end and closes. So whatever the stack owes
 * must be driven by its own timers, and every connection must come to its end.
 */
#include "sim/fuzz/walk_inside.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { EVENTS_MOST = 400, READ_AT_ONCE = 16000 };
static const int64_t whole_ns = 1000 * INT64_C(1000000000), recent_ns = 130 * INT64_C(1000000000);

static void user_turn(struct walk *w)
{
    int fd = walk_accept(w);
    if (fd >= 0)
        walk_shutdown(w, fd, SHUT_WR);
    for (fd = 0; fd < WALK_FDS; fd++) {
        if (!w->fd[fd].open || w->fd[fd].listens)
            continue;
        int64_t got;
        do
            got = walk_receive(w, fd, READ_AT_ONCE, 0);
        while (got > 0);
        if (got != -EAGAIN)
            walk_close(w, fd);
    }
}

static void work(struct walk *w, int64_t until_ns)
{
    for (int k = 0; k < EVENTS_MOST; k++) {
        user_turn(w);
        walk_peer_turn(w, false);
        if (w->answers)
            continue;
        if (w->due_ns > until_ns)
            return;
        walk_until(w, w->due_ns);
    }
}

/* Asked by name, as a script asks. */
static int64_t asked(struct walk *w, const char *what)
{
    struct value out = {0};
    return w->sut->query(w->instance, what, &out) == 0 && out.kind == VALUE_NUMBER ? out.number : 0;
}

static void must_be_none(struct walk *w, const char *what, const char *words)
{
    int64_t number = asked(w, what);
    if (number == 0)
        return;
    FILE *line = walk_line(w);
    if (line)
        fprintf(line, "assert query(\"%s\") == 0\n", what);
    walk_fail(w, "the network is whole since %" PRId64 " s, and %" PRId64 " %s",
              whole_ns / 1000000000, number, words);
}

/* Segments of few octets, after many were lost: it takes its time, and goes on. */
static bool goes_on(const struct walk *w)
{
    return w->now_ns - w->model.forward_ns < recent_ns;
}

static void check_ended(struct walk *w)
{
    char what[64], words[64];
    if (goes_on(w))
        return;
    for (unsigned s = 1; s < WALK_STATES; s++) {
        snprintf(what, sizeof what, "tcp.count %s", walk_state_name(s));
        snprintf(words, sizeof words, "connections are in %s", walk_state_name(s));
        must_be_none(w, what, words);
    }
    must_be_none(w, "tcp.chunks", "chunks are still lent");
}

void walk_heal(struct walk *w)
{
    struct value out[SUT_ARGUMENTS], none = {.kind = VALUE_NUMBER};
    w->healing = w->answering = true;
    w->answers = 0;
    w->lose = 0;
    w->fill = 0;
    walk_call(w, "fail_allocation", &none, 1, out);
    int64_t begun_ns = w->now_ns;
    for (int fd = 0; fd < WALK_FDS; fd++)
        if (w->fd[fd].open && !w->fd[fd].listens)
            walk_shutdown(w, fd, SHUT_WR);
    work(w, begun_ns + whole_ns / 2);
    for (int fd = 0; fd < WALK_FDS; fd++)
        if (w->fd[fd].open)
            walk_close(w, fd);
    work(w, begun_ns + whole_ns);
    check_ended(w);
}

void walk_take_apart(struct walk *w)
{
    w->mute = true; /* nobody judges what it says as it goes */
    w->sut->close(w->instance);
}
