/* What the TCP of the peers answers to segments written by hand: RFC 9293 3.10.7, in its order. */
#include <criterion/criterion.h>
#include <string.h>
#include "tests/hosts/tcp_rig.h"

enum { ISN = 5000, PEER_ISN = 9000 };
#define ECHO "host tcp-echo srv ip 10.0.2.2/24 port 7 isn 9000 "

static uint32_t window_of_last(const struct peer_rig *r)
{
    return get16(r->seen[r->frames - 1].bytes + 34 + 14);
}

/* Established: the client's next number is ISN + 1, the peer's PEER_ISN + 1. */
static struct peer_rig *established(const char *line, const uint8_t *options, uint32_t len)
{
    struct peer_rig *r = peer_rig_open(line);
    cr_assert_eq(tcp_give(r, (struct tcp_seg){SYN, ISN, 0, 8000, NULL, options, len, 0, 0}), 1);
    tcp_last_is(r, SYN | ACK, PEER_ISN, ISN + 1, "");
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 1, 8000, NULL, NULL, 0, 0, 0}), 0);
    cr_assert(peer_rig_says(r, "state", "established"));
    return r;
}

static void violations(struct peer_rig *r, int64_t count, const char *last)
{
    cr_expect_eq(peer_rig_number(r, "violations"), count);
    peer_rig_says(r, "last-violation", last);
    peer_rig_close(r);
}

Test(tcp_segment, nobody_there)
{
    struct peer_rig *r = peer_rig_open(ECHO);
    cr_assert_eq(tcp_give(r, (struct tcp_seg){SYN, ISN, 0, 8000, NULL, NULL, 0, 8, 0}), 1);
    tcp_last_is(r, RST | ACK, 0, ISN + 1, "");
    cr_assert_eq(tcp_give(r, (struct tcp_seg){ACK, ISN, 77, 8000, "ab", NULL, 0, 8, 0}), 1);
    tcp_last_is(r, RST, 77, 0, "");
    cr_assert_eq(tcp_give(r, (struct tcp_seg){FIN, ISN, 0, 8000, "ab", NULL, 0, 8, 0}), 1);
    tcp_last_is(r, RST | ACK, 0, ISN + 3, "");
    cr_assert_eq(tcp_give(r, (struct tcp_seg){RST, ISN, 0, 8000, NULL, NULL, 0, 8, 0}), 0);
    /* LISTEN: an ACK is refused, anything but a SYN, too */
    cr_assert_eq(tcp_give(r, (struct tcp_seg){ACK, ISN, 77, 8000, NULL, NULL, 0, 0, 0}), 1);
    tcp_last_is(r, RST, 77, 0, "");
    cr_assert_eq(tcp_give(r, (struct tcp_seg){RST, ISN, 0, 8000, NULL, NULL, 0, 0, 0}), 0);
    violations(r, 0, "");
}

Test(tcp_segment, echoes_and_closes)
{
    struct peer_rig *r = established(ECHO, NULL, 0);
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK | PSH, ISN + 1, PEER_ISN + 1, 8000, "hello", 0, 0, 0, 0}),
        1);
    tcp_last_is(r, ACK | PSH, PEER_ISN + 1, ISN + 6, "hello");
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK | FIN, ISN + 6, PEER_ISN + 6, 8000, "!", 0, 0, 0, 0}), 1);
    tcp_last_is(r, ACK | PSH | FIN, PEER_ISN + 6, ISN + 8, "!");
    cr_assert(peer_rig_says(r, "state", "last-ack"));
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK, ISN + 8, PEER_ISN + 8, 8000, NULL, NULL, 0, 0, 0}), 0);
    cr_assert_eq(peer_rig_number(r, "connections"), 0);
    cr_assert_eq(peer_rig_number(r, "done"), 1);
    violations(r, 0, "");
}

/* 3.10.7.4, first: outside of the window, an empty ACK; and RFC 5961 3.2 and 4.2. */
Test(tcp_segment, outside_of_the_window)
{
    struct peer_rig *r = established(ECHO, NULL, 0);
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK, ISN - 9, PEER_ISN + 1, 8000, "hello", NULL, 0, 0, 0}), 1);
    tcp_last_is(r, ACK, PEER_ISN + 1, ISN + 1, "");
    cr_assert_eq(tcp_give(r, (struct tcp_seg){ACK, ISN, PEER_ISN + 1, 8000, NULL, NULL, 0, 0, 0}),
                 1);
    tcp_last_is(r, ACK, PEER_ISN + 1, ISN + 1, "");
    cr_assert_eq(tcp_give(r, (struct tcp_seg){RST, ISN, 0, 0, NULL, NULL, 0, 0, 0}), 0);
    cr_assert_eq(tcp_give(r, (struct tcp_seg){RST, ISN + 2, 0, 0, NULL, NULL, 0, 0, 0}), 1);
    tcp_last_is(r, ACK, PEER_ISN + 1, ISN + 1, "");
    cr_assert_eq(tcp_give(r, (struct tcp_seg){SYN, ISN + 50, 0, 0, NULL, NULL, 0, 0, 0}), 1);
    tcp_last_is(r, ACK, PEER_ISN + 1, ISN + 1, "");
    cr_assert(peer_rig_says(r, "state", "established"));
    cr_assert_eq(tcp_give(r, (struct tcp_seg){RST, ISN + 1, 0, 0, NULL, NULL, 0, 0, 0}), 0);
    cr_assert_eq(peer_rig_number(r, "resets"), 1);
    violations(r, 0, "");
}

Test(tcp_segment, a_syn_again_is_answered_again)
{
    struct peer_rig *r = peer_rig_open(ECHO);
    for (int k = 0; k < 3; k++) {
        cr_assert_eq(tcp_give(r, (struct tcp_seg){SYN, ISN, 0, 8000, NULL, NULL, 0, 0, 0}), 1);
        tcp_last_is(r, SYN | ACK, PEER_ISN, ISN + 1, "");
    }
    peer_rig_run(r, INT64_C(1100000000));
    cr_assert_eq(r->frames, 4, "and after a second without");
    tcp_last_is(r, SYN | ACK, PEER_ISN, ISN + 1, "");
    /* an ACK of what was not sent: refused, and the connection stays */
    cr_assert_eq(tcp_give(r, (struct tcp_seg){ACK, ISN + 1, 5, 8000, NULL, NULL, 0, 0, 0}), 1);
    tcp_last_is(r, RST, 5, 0, "");
    cr_assert(peer_rig_says(r, "state", "syn-received"));
    peer_rig_close(r);
}

/* 3.5, figure 8. */
Test(tcp_segment, both_open_at_once)
{
    struct peer_rig *r = peer_rig_open(ECHO);
    peer_rig_call(r, "connect(\"10.0.2.15\", 40000)");
    uint8_t arp[42] = {0};
    memset(arp, 0xff, 6);
    memcpy(arp + 6, rig_client, 6);
    static const uint8_t head[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 2};
    memcpy(arp + 12, head, sizeof head);
    memcpy(arp + 22, rig_client, 6);
    put32(arp + 28, RIG_CLIENT);
    put32(arp + 38, RIG_SERVER);
    peer_rig_give(r, arp, sizeof arp);
    tcp_last_is(r, SYN, PEER_ISN, 0, "");
    uint16_t port = (uint16_t)get16(r->seen[r->frames - 1].bytes + 34);
    cr_assert_eq(tcp_give(r, (struct tcp_seg){SYN, ISN, 0, 8000, NULL, NULL, 0, port, 0}), 1);
    tcp_last_is(r, SYN | ACK, PEER_ISN, ISN + 1, "");
    tcp_give(r, (struct tcp_seg){SYN | ACK, ISN, PEER_ISN + 1, 8000, NULL, NULL, 0, port, 0});
    cr_assert(peer_rig_says(r, "state", "established"));
    violations(r, 0, "");
}

/* RFC 2018 4: the block that changed last first. */
Test(tcp_segment, selective_acknowledgement)
{
    static const uint8_t permitted[] = {1, 1, 4, 2};
    struct peer_rig *r = established(ECHO "sack", permitted, sizeof permitted);
    const uint8_t *o = r->seen[0].bytes + 34 + 20;
    cr_assert_eq(o[4 + 2], 4, "permitted in the SYN-ACK");
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK, ISN + 11, PEER_ISN + 1, 8000, "cd", NULL, 0, 0, 0}), 1);
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK, ISN + 21, PEER_ISN + 1, 8000, "ef", NULL, 0, 0, 0}), 1);
    tcp_last_is(r, ACK, PEER_ISN + 1, ISN + 1, "");
    o = r->seen[r->frames - 1].bytes + 34 + 20;
    static const uint8_t head[] = {1, 1, 5, 18};
    cr_assert_arr_eq(o, head, 4);
    cr_assert_eq(get32(o + 4), ISN + 21);
    cr_assert_eq(get32(o + 8), ISN + 23);
    cr_assert_eq(get32(o + 12), ISN + 11);
    cr_assert_eq(get32(o + 16), ISN + 13);
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 1, 8000, "0123456789", 0, 0, 0, 0}),
        1);
    tcp_last_is(r, ACK | PSH, PEER_ISN + 1, ISN + 13, "0123456789cd");
    violations(r, 0, "");
}

/* RFC 7323 4.3, 5.3: the echo is of the segment that moved the left edge; an older one is only
 * acknowledged. */
Test(tcp_segment, timestamps)
{
    uint8_t t[] = {1, 1, 8, 10, 0, 0, 0, 100, 0, 0, 0, 0};
    struct peer_rig *r = peer_rig_open(ECHO "timestamps");
    cr_assert_eq(tcp_give(r, (struct tcp_seg){SYN, ISN, 0, 8000, NULL, t, 12, 0, 0}), 1);
    uint32_t tsval = get32(r->seen[0].bytes + 34 + 20 + 8);
    cr_assert_eq(get32(r->seen[0].bytes + 34 + 20 + 12), 100);
    put32(t + 4, 101);
    put32(t + 8, tsval);
    tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 1, 8000, NULL, t, 12, 0, 0});
    put32(t + 4, 103);
    tcp_give(r, (struct tcp_seg){ACK, ISN + 2, PEER_ISN + 1, 8000, "b", t, 12, 0, 0});
    cr_assert_eq(get32(r->seen[r->frames - 1].bytes + 34 + 28), 101);
    put32(t + 4, 102);
    tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 1, 8000, "a", t, 12, 0, 0});
    tcp_last_is(r, ACK | PSH, PEER_ISN + 1, ISN + 3, "ab");
    cr_assert_eq(get32(r->seen[r->frames - 1].bytes + 34 + 28), 102);
    put32(t + 4, 90);
    tcp_give(r, (struct tcp_seg){ACK, ISN + 3, PEER_ISN + 3, 8000, NULL, t, 12, 0, 0});
    tcp_last_is(r, ACK, PEER_ISN + 3, ISN + 3, "");
    violations(r, 0, "");
}

Test(tcp_segment, fields_of_the_handshake)
{
    static const uint8_t offer[] = {2, 4, 2, 24, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 5};
    struct peer_rig *r = peer_rig_open(ECHO "mss 1000, sack, timestamps, wscale 2, window 100000");
    static const uint8_t expected[] = {2, 4, 3, 232, 4, 2, 8, 10};
    cr_assert_eq(tcp_give(r, (struct tcp_seg){SYN, ISN, 0, 8000, NULL, offer, sizeof offer, 0, 0}),
                 1);
    const uint8_t *tcp = r->seen[0].bytes + 34;
    cr_assert_eq(tcp[12] >> 4, 10);
    cr_assert_arr_eq(tcp + 20, expected, sizeof expected);
    cr_assert_eq(get32(tcp + 32), 1);
    static const uint8_t scale[] = {1, 3, 3, 2};
    cr_assert_arr_eq(tcp + 36, scale, 4);
    cr_assert_eq(window_of_last(r), 65535, "a SYN's window is not scaled");
    peer_rig_close(r);
    /* what the SYN does not offer, the SYN-ACK does not take up */
    r = peer_rig_open(ECHO "mss 1000, sack, timestamps, wscale 2, window 100000");
    cr_assert_eq(tcp_give(r, (struct tcp_seg){SYN, ISN, 0, 8000, NULL, NULL, 0, 0, 0}), 1);
    cr_assert_eq(r->seen[0].bytes[34 + 12] >> 4, 6);
    peer_rig_close(r);
}

/* What it minds: one segment each, after the handshake. */
Test(tcp_segment, violations)
{
    static const uint8_t stamps[] = {1, 1, 8, 10, 0, 0, 0, 100, 0, 0, 0, 0};
    static const uint8_t blocks[] = {1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2};
    static const struct {
        const char *attributes;
        struct tcp_seg seg;
        const char *said;
    } rows[] = {
        {"",
         {ACK, ISN + 1, PEER_ISN + 2, 8000, 0, 0, 0, 0, 0},
         "an acknowledgement of what was never sent (RFC 9293 3.10.7.4)"},
        {"window 4",
         {ACK, ISN + 1, PEER_ISN + 1, 8000, "hello", 0, 0, 0, 0},
         "octets beyond the window that was offered (RFC 9293 3.8.6)"},
        {"mss 4",
         {ACK, ISN + 1, PEER_ISN + 1, 8000, "hello", 0, 0, 0, 0},
         "a segment is longer than the MSS allows (RFC 9293 3.7.1)"},
        {"",
         {ACK, ISN + 1, PEER_ISN + 1, 8000, 0, stamps, 12, 0, 0},
         "timestamps that were not agreed on (RFC 7323 2)"},
        {"sack",
         {ACK, ISN + 1, PEER_ISN + 1, 8000, 0, blocks, 12, 0, 0},
         "SACK blocks that were not agreed on (RFC 2018 3)"},
        {"",
         {ACK, ISN + 1, PEER_ISN + 9, 8000, "hello", 0, 0, 0, 0},
         "an acknowledgement of what was never sent (RFC 9293 3.10.7.4)"},
        {"", {PSH, ISN + 1, 0, 8000, "hello", 0, 0, 0, 0}, "a segment without ACK (RFC 9293 3.1)"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        char line[128];
        snprintf(line, sizeof line, ECHO "%s", rows[k].attributes);
        struct peer_rig *r = established(line, NULL, 0);
        tcp_give(r, rows[k].seg);
        violations(r, 1, rows[k].said);
    }
}

/* 3.10.7.4, fifth: an ACK of what was not sent is answered, and its segment not taken. */
Test(tcp_segment, octets_with_a_wrong_acknowledgement)
{
    struct peer_rig *r = established(ECHO, NULL, 0);
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 9, 80, "hello", NULL, 0, 0, 0}), 1);
    tcp_last_is(r, ACK, PEER_ISN + 1, ISN + 1, "");
    peer_rig_close(r);
}

/* Of options that were agreed on. */
Test(tcp_segment, violations_of_options)
{
    static const struct {
        const char *attributes;
        uint8_t offer[12], sent[3][12];
        const char *said;
    } rows[] = {
        {"wscale 1", {1, 3, 3, 15}, {{0}}, "a window scale above 14 (RFC 7323 2.3)"},
        {"sack",
         {1, 1, 4, 2},
         {{0}, {1, 1, 5, 10, 0, 0, 0x23, 0x29, 0, 0, 0x23, 0x2a}},
         "a SACK block of what was never sent (RFC 2018 3)"},
        {"timestamps",
         {1, 1, 8, 10, 0, 0, 0, 9},
         {{1, 1, 8, 10, 0, 0, 0, 9, 0, 9, 0, 0}},
         "an echo of a timestamp that was never sent (RFC 7323 3.2)"},
        {"timestamps",
         {1, 1, 8, 10, 0, 0, 0, 9},
         {{1, 1, 8, 10, 0, 0, 0, 9}, {1, 1, 8, 10, 0, 0, 0, 20}, {1, 1, 8, 10, 0, 0, 0, 15}},
         "the clock of the timestamps went back (RFC 7323 5.4)"},
        {"timestamps",
         {1, 1, 8, 10, 0, 0, 0, 9},
         {{1, 1, 8, 10, 0, 0, 0, 9}, {1, 1, 1, 1}},
         "a segment without the timestamps that were agreed on (RFC 7323 3.2)"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        char line[128];
        snprintf(line, sizeof line, ECHO "%s", rows[k].attributes);
        struct peer_rig *r = peer_rig_open(line);
        tcp_give(r, (struct tcp_seg){SYN, ISN, 0, 0, NULL, rows[k].offer, 12, 0, 0});
        for (uint32_t n = 0; n < 3; n++) /* none, then a segment that leaves a hole, then another */
            if (n == 0 || rows[k].sent[n][0])
                tcp_give(r, (struct tcp_seg){ACK, ISN + 1 + 10 * n, PEER_ISN + 1, 0, n ? "x" : NULL,
                                             rows[k].sent[n], rows[k].sent[n][0] ? 12 : 0, 0, 0});
        violations(r, 1, rows[k].said);
    }
}

/* Near misses of the above. */
Test(tcp_segment, what_is_allowed)
{
    struct peer_rig *r = established(ECHO "window 5, mss 5", NULL, 0);
    tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 1, 0, "hello", 0, 0, 0, 0});
    tcp_last_is(r, ACK, PEER_ISN + 1, ISN + 6, "");
    cr_assert_eq(window_of_last(r), 5, "read by its program, which cannot send");
    tcp_give(r,
             (struct tcp_seg){ACK, ISN + 5, PEER_ISN + 1, 0, "x", 0, 0, 0, 0}); /* a keep-alive */
    tcp_give(r, (struct tcp_seg){ACK, ISN + 11, PEER_ISN + 1, 0, "p", 0, 0, 0, 0}); /* a probe */
    tcp_give(r, (struct tcp_seg){ACK, ISN + 4, PEER_ISN + 1, 0, "lo", 0, 0, 0,
                                 0}); /* what came already */
    violations(r, 0, "");
}

Test(tcp_segment, octets_that_change)
{
    struct peer_rig *r = established(ECHO, NULL, 0);
    tcp_give(r, (struct tcp_seg){ACK, ISN + 11, PEER_ISN + 1, 0, "abcde", 0, 0, 0, 0});
    tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 1, 0, "0123456789abXde", 0, 0, 0, 0});
    tcp_give(r, (struct tcp_seg){ACK, ISN + 16, PEER_ISN + 1, 9000, NULL, 0, 0, 0, 0});
    tcp_last_is(r, ACK | PSH, PEER_ISN + 1, ISN + 16, "0123456789abcde");
    violations(r, 1, "octets that came again are others than the first time (RFC 9293 3.8)");
}

Test(tcp_segment, behind_the_end)
{
    static const struct {
        struct tcp_seg seg;
        const char *said;
    } rows[] = {
        {{ACK, ISN + 4, PEER_ISN + 1, 0, "x", 0, 0, 0, 0}, "octets behind the FIN (RFC 9293 3.6)"},
        {{ACK | FIN, ISN + 1, PEER_ISN + 1, 0, "ab", 0, 0, 0, 0},
         "a second FIN at another place (RFC 9293 3.6)"},
        {{ACK | FIN, ISN + 1, PEER_ISN + 1, 0, "abc", 0, 0, 0, 0}, ""},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct peer_rig *r = established(ECHO, NULL, 0);
        tcp_give(r, (struct tcp_seg){ACK | FIN, ISN + 1, PEER_ISN + 1, 0, "abc", 0, 0, 0, 0});
        tcp_last_is(r, ACK, PEER_ISN + 1, ISN + 5, "");
        tcp_give(r, rows[k].seg);
        violations(r, rows[k].said[0] != 0, rows[k].said);
    }
}

Test(tcp_segment, a_fin_before_octets_that_came)
{
    struct peer_rig *r = established(ECHO, NULL, 0);
    tcp_give(r, (struct tcp_seg){ACK, ISN + 11, PEER_ISN + 1, 0, "abc", 0, 0, 0, 0});
    tcp_give(r, (struct tcp_seg){ACK | FIN, ISN + 5, PEER_ISN + 1, 0, "d", 0, 0, 0, 0});
    violations(r, 1, "a FIN before octets that came already (RFC 9293 3.6)");
}

/* TIME-WAIT lasts as long as it says, answers a FIN that comes again, and gives way to a new SYN
 * with a higher number. */
Test(tcp_segment, time_wait)
{
    struct peer_rig *r = peer_rig_open(ECHO "time-wait 4s");
    tcp_give(r, (struct tcp_seg){SYN, ISN, 0, 8000, NULL, NULL, 0, 0, 0});
    tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 1, 8000, NULL, NULL, 0, 0, 0});
    peer_rig_call(r, "close()");
    tcp_last_is(r, ACK | FIN, PEER_ISN + 1, ISN + 1, "");
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 2, 8000, NULL, NULL, 0, 0, 0}), 0);
    cr_assert(peer_rig_says(r, "state", "fin-wait-2"));
    for (int k = 0; k < 2; k++) {
        cr_assert_eq(
            tcp_give(r, (struct tcp_seg){ACK | FIN, ISN + 1, PEER_ISN + 2, 80, NULL, 0, 0, 0, 0}),
            1);
        tcp_last_is(r, ACK, PEER_ISN + 2, ISN + 2, "");
        cr_assert(peer_rig_says(r, "state", "time-wait"));
        peer_rig_run(r, INT64_C(3000000000));
    }
    cr_assert_eq(tcp_give(r, (struct tcp_seg){SYN, ISN + 1000, 0, 8000, NULL, NULL, 0, 0, 0}), 1);
    tcp_last_is(r, SYN | ACK, PEER_ISN, ISN + 1001, "");
    cr_assert_eq(peer_rig_number(r, "connections"), 1);
    violations(r, 0, "");
}

Test(tcp_segment, bounds)
{
    struct peer_rig *r = peer_rig_open(ECHO "connections 1");
    cr_assert_eq(tcp_give(r, (struct tcp_seg){SYN, ISN, 0, 8000, NULL, NULL, 0, 0, 0}), 1);
    struct why why = {{0}};
    cr_assert_eq(peer_rig_call(r, "connect(\"10.0.2.15\")"), -1);
    cr_assert_eq(peer_rig_number(r, "connections"), 1);
    peer_rig_close(r);
    cr_assert_null(peer_rig_try(ECHO "window 65536", &why));
    cr_assert_str_eq(why.text, "a window above 65535 wants a wscale that it fits in");
    cr_assert_null(peer_rig_try(ECHO "rto 0", &why));
    cr_assert_null(peer_rig_try("host tcp-echo srv", &why));
}

/* 3.8.6.1: a closed window is probed for as long as the probes are answered, ever more seldom; when
 * it opens, the probe's octet goes again with what is behind it. */
Test(tcp_segment, closed_window)
{
    struct peer_rig *r = established(ECHO "retries 3", NULL, 0);
    tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 1, 0, "hello", NULL, 0, 0, 0});
    tcp_last_is(r, ACK, PEER_ISN + 1, ISN + 6, "");
    static const int64_t after_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
    for (int k = 0; k < 8; k++) {
        int before = r->frames;
        int64_t last_ns = r->seen[before - 1].time_ns;
        while (r->frames == before)
            peer_rig_run(r, 1000000);
        tcp_last_is(r, ACK, PEER_ISN + 1, ISN + 6, "h");
        cr_assert_eq(r->seen[before].time_ns - last_ns, after_s[k] * 1000000000);
        tcp_give(r, (struct tcp_seg){ACK, ISN + 6, PEER_ISN + 1, 0, NULL, NULL, 0, 0, 0});
    }
    tcp_give(r, (struct tcp_seg){ACK, ISN + 6, PEER_ISN + 1, 8000, NULL, NULL, 0, 0, 0});
    tcp_last_is(r, ACK | PSH, PEER_ISN + 1, ISN + 6, "hello");
    violations(r, 0, "");
}

/* RFC 5681 3.2 and RFC 6582 3.2, without their windows: the third duplicate sends the first
 * segment again, an acknowledgement of a part the next. */
Test(tcp_segment, lost_segments)
{
    struct peer_rig *r = peer_rig_open(
        "host tcp-source srv ip 10.0.2.2/24 port 7 isn 9000 octets 1000 split 100, keep");
    static const uint8_t mss[] = {2, 4, 0, 100};
    tcp_give(r, (struct tcp_seg){SYN, ISN, 0, 8000, NULL, mss, 4, 0, 0});
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 1, 8000, NULL, NULL, 0, 0, 0}), 10);
    for (int k = 0; k < 4; k++) {
        int came =
            tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 101, 8000, NULL, NULL, 0, 0, 0});
        cr_assert_eq(came, k == 3, "acknowledgement %d", k);
    }
    cr_assert_eq(get32(r->seen[r->frames - 1].bytes + 38), PEER_ISN + 101);
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 501, 8000, NULL, NULL, 0, 0, 0}), 1);
    cr_assert_eq(get32(r->seen[r->frames - 1].bytes + 38), PEER_ISN + 501);
    cr_assert_eq(
        tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 1001, 8000, NULL, NULL, 0, 0, 0}), 0);
    peer_rig_run(r, INT64_C(5000000000));
    cr_assert_eq(peer_rig_number(r, "retransmissions"), 2);
    violations(r, 0, "");
}

/* More ranges than it keeps: what finds no room is not acknowledged, and the rest is intact. */
Test(tcp_segment, many_ranges)
{
    static const uint8_t permitted[] = {1, 1, 4, 2};
    struct peer_rig *r = established(ECHO "sack", permitted, sizeof permitted);
    for (uint32_t k = 1; k <= 20; k++)
        tcp_give(r, (struct tcp_seg){ACK, ISN + 1 + 2 * k, PEER_ISN + 1, 8000, "x", NULL, 0, 0, 0});
    tcp_give(r, (struct tcp_seg){ACK, ISN + 1, PEER_ISN + 1, 8000, "ab", NULL, 0, 0, 0});
    tcp_last_is(r, ACK | PSH, PEER_ISN + 1, ISN + 4, "abx");
    /* across three ranges, begun inside of one */
    tcp_give(r, (struct tcp_seg){ACK, ISN + 4, PEER_ISN + 4, 8000, "cxdxe", NULL, 0, 0, 0});
    tcp_last_is(r, ACK | PSH, PEER_ISN + 4, ISN + 10, "cxdxex");
    violations(r, 0, "");
}

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Whatever the flags, numbers and options: it survives, and what it answers is sound. */
Test(tcp_segment, noise)
{
    uint64_t state = 7;
    struct peer_rig *r = peer_rig_open(ECHO "sack, timestamps, wscale 3, connections 3 rto 5ms");
    for (int round = 0; round < 20000; round++) {
        uint8_t options[40];
        for (int k = 0; k < 40; k++)
            options[k] = (uint8_t)(next(&state) % (k % 2 ? 12 : 9));
        uint32_t few = round % 3 ? 64 : UINT32_MAX;
        struct tcp_seg s = {.flags = (uint32_t)next(&state) % 64,
                            .seq = ISN + (uint32_t)next(&state) % few,
                            .ack = PEER_ISN + (uint32_t)next(&state) % few,
                            .window = (uint32_t)next(&state) % 65536,
                            .payload = round % 2 ? "some octets" : NULL,
                            .options = options,
                            .options_len = (uint32_t)(next(&state) % 11) * 4};
        r->frames = 0;
        tcp_give(r, s);
        for (int k = 0; k < r->frames; k++) {
            const uint8_t *f = r->seen[k].bytes;
            uint32_t total = get16(f + 16) - 20;
            cr_assert(get16(f + 12) != 0x0800 || sum16(f + 26, 8 + total, 6 + total) == 0);
        }
    }
    peer_rig_close(r);
}
