/* The echo service: what it answers, and what it must not. */
#include "stack/service/udp_echo.h"
#include "tests/service/service.h"

TestSuite(echo, .init = open_rig, .fini = close_rig);

Test(echo, answers_and_what_it_must_not_answer)
{
    cr_assert_eq(udp_echo_start(s, 0, 0), 0);
    datagram_receive(r,
                     &(struct datagram){.sport = 5000, .dport = 7, .payload = "echo me", .len = 7});
    struct sent_datagram d = last_udp(r);
    cr_assert_eq(d.sport, 7);
    cr_assert_eq(d.dport, 5000);
    cr_assert_eq(d.src, RIG_ADDRESS);
    cr_assert_eq(d.len, 7);
    cr_assert_arr_eq(d.payload, "echo me", 7);
    datagram_receive(r,
                     &(struct datagram){
                         .dst = 0x0a0002ff, .sport = 5000, .dport = 7, .payload = "all", .len = 3});
    datagram_receive(r, &(struct datagram){.sport = 7, .dport = 7, .payload = "loop", .len = 4});
    datagram_receive(r, &(struct datagram){.sport = 0, .dport = 7, .payload = "none", .len = 4});
    cr_assert_eq(r->sent_count, 1);
    cr_assert_eq(rig_counter(r, "echo.drop.multi"), 1);
    cr_assert_eq(rig_counter(r, "echo.drop.loop"), 1);
    cr_assert_eq(rig_counter(r, "echo.drop.port_zero"), 1);
    cr_assert_eq(udp_echo_stop(s, 0), 0);
    datagram_receive(r, &(struct datagram){.sport = 5000, .dport = 7});
    cr_assert_eq(rig_counter(r, "udp.drop.no_port"), 1);
}

Test(echo, counted_and_stopped_once)
{
    cr_assert_eq(udp_echo_stop(s, 0), -ERR_NOENT);
    cr_assert_eq(udp_echo_start(s, 9007, 0), 0);
    datagram_receive(r, &(struct datagram){.sport = 5000, .dport = 9007});
    datagram_receive(r, &(struct datagram){.sport = 5001, .dport = 9007});
    cr_assert_eq(rig_counter(r, "echo.in"), 2);
    cr_assert_eq(r->sent_count, 2);
    cr_assert_eq(udp_echo_stop(s, 0), 0);
    cr_assert_eq(udp_echo_stop(s, 0), -ERR_NOENT);
}
