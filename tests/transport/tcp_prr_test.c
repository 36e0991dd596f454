/* RFC 9937 by the figures of its section 8 and the steps of its section 6. */
#include <criterion/criterion.h>
#include "stack/transport/tcp/prr.h"

enum { SMSS = 1000 };

static uint32_t acked(struct prr *p, uint32_t delivered, uint32_t in_flight, bool safe)
{
    struct prr_ack ack = {
        .delivered = delivered * SMSS, .in_flight = in_flight * SMSS, .safe = safe, .sack = true};
    return prr_acked(p, &ack, 10 * SMSS, SMSS, 99 * SMSS) / SMSS;
}

/* Figure 1: 20 segments in flight, the first lost. Two go by limited transmit; the acknowledgement
 * of the third starts the episode, RecoverFS being 22 less the two that were SACKed before. cwnd
 * and in_flight are the rows "c" and "i" up to ACK 18. ACK 19 leaves 10 in flight, which is not
 * above ssthresh: there the figure sends one segment and the steps of 6.2 do not; those that follow
 * do. */
Test(tcp_prr, figure_1)
{
    const uint32_t c[] = {19, 18, 18, 17, 17, 16, 16, 15, 15, 14, 14, 13, 13, 12, 12, 11};
    const uint32_t i[] = {18, 18, 17, 17, 16, 16, 15, 15, 14, 14, 13, 13, 12, 12, 11, 11};
    struct prr p;
    prr_start(&p, 20 * SMSS);
    for (unsigned n = 0; n < sizeof c / sizeof *c; n++) {
        cr_assert_eq(acked(&p, 1, i[n], false), c[n], "ACK %u", n + 3);
        prr_sent(&p, (c[n] - i[n]) * SMSS);
    }
    cr_assert_eq(acked(&p, 1, 10, false), 10);
    for (int n = 0; n < 2; n++, prr_sent(&p, SMSS))
        cr_assert_eq(acked(&p, 1, 9, false), 10);
    cr_assert_eq(p.out, 10 * SMSS, "as much as ssthresh in the whole episode");
}

/* 6.2: below ssthresh an acknowledgement lets out what it delivered, one segment more when it was
 * safe, and never more than ssthresh has room for. */
Test(tcp_prr, bounds_below_ssthresh)
{
    struct prr p;
    prr_start(&p, 20 * SMSS);
    cr_assert_eq(acked(&p, 1, 4, false), 5);
    prr_sent(&p, SMSS);
    cr_assert_eq(acked(&p, 1, 4, true), 6);
    prr_sent(&p, 2 * SMSS);
    cr_assert_eq(acked(&p, 8, 5, true), 10);
    cr_assert_eq(acked(&p, 3, 5, false), 10, "what was not sent before is banked");
    prr_sent(&p, 10 * SMSS);
    cr_assert_eq(acked(&p, 1, 6, false), 7, "prr_out is ahead: DeliveredData still goes out");
}

/* "Force a fast retransmit upon entering recovery", once; of less than a segment a segment is made.
 */
Test(tcp_prr, the_first_acknowledgement_sends)
{
    struct prr p;
    prr_start(&p, 20 * SMSS);
    cr_assert_eq(acked(&p, 1, 10, false), 11);
    prr_sent(&p, SMSS);
    cr_assert_eq(acked(&p, 1, 10, false), 10);
    struct prr_ack ack = {.delivered = SMSS, .in_flight = 9500, .sack = true};
    prr_start(&p, 20 * SMSS);
    cr_assert_eq(prr_acked(&p, &ack, 10 * SMSS, SMSS, 7), 10500);
}

/* "if (DeliveredData is 0) Return": cwnd stays. */
Test(tcp_prr, nothing_delivered)
{
    struct prr p;
    prr_start(&p, 20 * SMSS);
    cr_assert_eq(acked(&p, 0, 15, true), 99);
}

/* Without SACK no more than RecoverFS is believed. */
Test(tcp_prr, duplicates_are_not_believed_beyond_recover_fs)
{
    struct prr p;
    struct prr_ack dup = {.delivered = SMSS, .in_flight = 3 * SMSS};
    prr_start(&p, 2 * SMSS);
    cr_assert_eq(prr_acked(&p, &dup, 10 * SMSS, SMSS, 7), 4 * SMSS);
    prr_sent(&p, SMSS);
    cr_assert_eq(prr_acked(&p, &dup, 10 * SMSS, SMSS, 7), 4 * SMSS);
    cr_assert_eq(prr_acked(&p, &dup, 10 * SMSS, SMSS, 7), 7, "the third is beyond it");
}
