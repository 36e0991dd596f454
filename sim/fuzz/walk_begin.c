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

static void closed(struct walk *w)
{
    w->end.sut_port = 80;
}

static void fin_wait_1(struct walk *w)
{
    connected(w);
    w->lose = 1;
    we_close(w);
}

static void fin_wait_2(struct walk *w)
{
    connected(w);
    we_close(w);
    comes(w, ACK, 0);
}

static void close_wait(struct walk *w)
{
    connected(w);
    peer_closes(w);
}

static void last_ack(struct walk *w)
{
    close_wait(w);
    w->lose = 1;
    we_close(w);
}

static void time_wait(struct walk *w)
{
    connected(w);
    we_close(w);
    comes(w, FIN | ACK, 0);
}

void walk_play_begin(struct walk *w)
{
    static void (*const play[BEGINS])(struct walk * w) = {
        [BEGIN_ESTABLISHED] = connected, [BEGIN_ACCEPTED] = accepted,
        [BEGIN_CLOSED] = closed,         [BEGIN_LISTEN] = listens,
        [BEGIN_SYN_SENT] = connects,     [BEGIN_SYN_RECEIVED] = syn,
        [BEGIN_COOKIES] = syn,           [BEGIN_FIN_WAIT_1] = fin_wait_1,
        [BEGIN_FIN_WAIT_2] = fin_wait_2, [BEGIN_CLOSE_WAIT] = close_wait,
        [BEGIN_CLOSING] = closing,       [BEGIN_LAST_ACK] = last_ack,
        [BEGIN_TIME_WAIT] = time_wait,   [BEGIN_ZERO_WINDOW] = zero_window,
        [BEGIN_RECOVERY] = recovery,     [BEGIN_UNREAD] = unread,
        [BEGIN_NARROW] = narrow,         [BEGIN_AHEAD] = ahead,
    };
    if (w->of->out)
        fputs("ignore > tcp\n", w->of->out);
    play[w->begin](w);
}
