/* How each beginning is come to, by calls and segments like any other. */
#include "sim/fuzz/walk_inside.h"
#include <sys/socket.h>

enum { ROUND_TRIP = 10000000, DELAYED = 500000000 };

static void comes(struct walk *w, uint8_t flags, uint32_t len)
{
    w->peer_stamp = (uint32_t)(1 + w->now_ns / 1000000);
    struct walk_segment g = walk_fitting(w, flags, len);
    walk_inject(w, &g);
}

static void comes_at(struct walk *w, uint32_t seq, uint32_t len)
{
    struct walk_segment g = walk_fitting(w, ACK | PSH, len);
    g.seq = seq;
    walk_inject(w, &g);
}

static void connects(struct walk *w)
{
    w->main = walk_socket(w);
    walk_connect(w);
}

static void connected(struct walk *w)
{
    connects(w);
    walk_until(w, w->now_ns + ROUND_TRIP);
    comes(w, SYN | ACK, 0);
}

static void listens(struct walk *w)
{
    w->listener = walk_listen(w);
    w->end.sut_port = 80;
}

static void syn(struct walk *w)
{
    listens(w);
    comes(w, SYN, 0);
}

static void accepted(struct walk *w)
{
    syn(w);
    walk_until(w, w->now_ns + ROUND_TRIP);
    comes(w, ACK, 0);
    w->main = walk_accept(w);
}

static void zero_window(struct walk *w)
{
    connected(w);
    w->peer_stamp = (uint32_t)(1 + w->now_ns / 1000000);
    struct walk_segment g = walk_fitting(w, ACK, 0);
    g.wnd = 0;
    walk_inject(w, &g);
    walk_send(w, w->main, 100, 0);
}

static void recovery(struct walk *w)
{
    connected(w);
    w->lose = 1;
    walk_send(w, w->main, 6000, 0);
    for (int k = 0; k < 3; k++)
        comes(w, ACK, 0);
}

static void unread(struct walk *w)
{
    connected(w);
    comes(w, ACK | PSH, 100);
    walk_shutdown(w, w->main, SHUT_WR);
}

/* The octets in between are fewer than a segment has, as many as a peer may still send. */
static void narrow(struct walk *w)
{
    enum { NARROW = 700, AT_ONCE = 1400, MOST = 16 };
    connected(w);
    for (uint32_t left, k = 0; (left = w->end.edge - w->end.told) > NARROW && k < MOST; k++) {
        comes(w, ACK | PSH, left - NARROW < AT_ONCE ? left - NARROW : AT_ONCE);
        walk_until(w, w->now_ns + DELAYED);
    }
}

static void ahead(struct walk *w)
{
    enum { FIRST = 101, LEN = 100, HOLE = 1 };
    connected(w);
    comes_at(w, FIRST + 2 * LEN + HOLE, LEN);
    comes_at(w, FIRST, LEN);
    comes_at(w, FIRST + LEN, LEN); /* it joins the one, and all but touches the other */
}

static void peer_closes(struct walk *w)
{
    comes(w, FIN | ACK, 0);
}

static void we_close(struct walk *w)
{
    walk_shutdown(w, w->main, SHUT_WR);
}

/* Both, the other's not yet acknowledged. */
static void closing(struct walk *w)
{
    connected(w);
    w->lose = 1;
    we_close(w);
    peer_closes(w);
}

void walk_play_begin(struct walk *w)
{
    if (w->of->out)
        fputs("ignore > tcp\n", w->of->out);
    switch ((enum plan_begin)w->begin) {
    case BEGIN_ESTABLISHED:
        connected(w);
        break;
    case BEGIN_ACCEPTED:
        accepted(w);
        break;
    case BEGIN_CLOSED:
        w->end.sut_port = 80;
        break;
    case BEGIN_LISTEN:
        listens(w);
        break;
    case BEGIN_SYN_SENT:
        connects(w);
        break;
    case BEGIN_SYN_RECEIVED:
    case BEGIN_COOKIES:
        syn(w);
        break;
    case BEGIN_FIN_WAIT_1:
        connected(w);
        w->lose = 1;
        we_close(w);
        break;
    case BEGIN_FIN_WAIT_2:
        connected(w);
        we_close(w);
        comes(w, ACK, 0);
        break;
    case BEGIN_CLOSE_WAIT:
        connected(w);
        peer_closes(w);
        break;
    case BEGIN_CLOSING:
        closing(w);
        break;
    case BEGIN_LAST_ACK:
        connected(w);
        peer_closes(w);
        w->lose = 1;
        we_close(w);
        break;
    case BEGIN_TIME_WAIT:
        connected(w);
        we_close(w);
        comes(w, FIN | ACK, 0);
        break;
    case BEGIN_ZERO_WINDOW:
        zero_window(w);
        break;
    case BEGIN_RECOVERY:
        recovery(w);
        break;
    case BEGIN_UNREAD:
        unread(w);
        break;
    case BEGIN_NARROW:
        narrow(w);
        break;
    case BEGIN_AHEAD:
        ahead(w);
        break;
    case BEGINS:
        break;
    }
}
