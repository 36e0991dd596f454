#include "tests/wire/packet.h"
#include "stack/wire/ipv4.h"

/* The first option of a header that carries these. */
static enum ipv4_option_fault first(const char *hex, struct ipv4_option_iter *iter,
                                    struct ipv4_option *option)
{
    struct packet p = packet(hex);
    *iter = (struct ipv4_option_iter){.options = p.bytes, .len = (uint8_t)p.len};
    bool there = ipv4_option_next(iter, option);
    cr_assert_eq(there, iter->fault == IPV4_OPTION_SOUND);
    return iter->fault;
}

/* Refused for the fault `why`, at octet `at` of the IPv4 header. */
#define ASSERT_BAD_OPTION(hex, why, at)                                                            \
    do {                                                                                           \
        struct ipv4_option_iter iter;                                                              \
        struct ipv4_option option;                                                                 \
        ASSERT_REFUSED(why, first(hex, &iter, &option));                                           \
        cr_assert_eq(iter.bad_at, at, "octet %u", iter.bad_at);                                    \
    } while (0)

#define ASSERT_GOOD_OPTION(hex)                                                                    \
    do {                                                                                           \
        struct ipv4_option_iter iter;                                                              \
        ASSERT_ACCEPTED(first(hex, &iter, &option));                                               \
    } while (0)

Test(wire_ipv4_options, none_are_iterated_to_an_end_at_once)
{
    const struct ipv4_hdr h = {0};
    struct ipv4_option_iter iter = ipv4_option_iter(&h);
    struct ipv4_option option;
    cr_assert_not(ipv4_option_next(&iter, &option));
    cr_assert_eq(iter.fault, IPV4_OPTION_SOUND);
}

/* nop, router alert 0, end; what follows End is padding, whatever it holds. */
Test(wire_ipv4_options, are_iterated_in_order_up_to_end)
{
    struct packet p = packet("01 94040000 00 94ff");
    const struct ipv4_hdr h = {.options = p.bytes, .options_len = (uint8_t)p.len};
    struct ipv4_option_iter iter = ipv4_option_iter(&h);
    struct ipv4_option option;
    cr_assert(ipv4_option_next(&iter, &option));
    cr_assert(option.type == IPV4_OPT_NOP && option.len == 1 && option.at == 20);
    cr_assert(ipv4_option_next(&iter, &option));
    cr_assert(option.type == IPV4_OPT_ROUTER_ALERT && option.len == 4 && option.at == 21);
    cr_assert_eq(option.value, 0);
    cr_assert_not(ipv4_option_next(&iter, &option));
    cr_assert_eq(iter.fault, IPV4_OPTION_SOUND);
    cr_assert_not(ipv4_option_next(&iter, &option), "the end stays the end");
}

/* RFC 2113 has but the value 0; another is the caller's to judge. */
Test(wire_ipv4_options, router_alert_carries_its_value)
{
    struct ipv4_option option;
    ASSERT_GOOD_OPTION("94041234");
    cr_assert_eq(option.value, 0x1234);
}

/* RFC1122-3.2.1.8-3: an option nobody knows (0x99, length 4) is returned, for the caller to ignore.
 */
Test(wire_ipv4_options, unknown_ones_are_stepped_over)
{
    struct ipv4_option option;
    ASSERT_GOOD_OPTION("9904abcd");
    cr_assert_eq(option.type, 0x99);
    cr_assert_eq(option.len, 4);
}

Test(wire_ipv4_options, without_a_length_octet_are_refused)
{
    ASSERT_BAD_OPTION("07", IPV4_OPTION_NO_LENGTH, 20);
}

Test(wire_ipv4_options, of_length_0_and_1_are_refused)
{
    ASSERT_BAD_OPTION("99000000", IPV4_OPTION_LENGTH_BELOW_2, 21);
    ASSERT_BAD_OPTION("99010000", IPV4_OPTION_LENGTH_BELOW_2, 21);
}

Test(wire_ipv4_options, longer_than_the_header_are_refused)
{
    ASSERT_BAD_OPTION("99050000", IPV4_OPTION_LENGTH_BEYOND, 21);
}

/* A refusal does not move on: the same one is found again. */
Test(wire_ipv4_options, stay_at_a_malformed_one)
{
    struct ipv4_option_iter iter;
    struct ipv4_option option;
    ASSERT_ACCEPTED(first("01 9900", &iter, &option));
    for (int twice = 0; twice < 2; twice++) {
        cr_assert_not(ipv4_option_next(&iter, &option));
        cr_assert_eq(iter.fault, IPV4_OPTION_LENGTH_BELOW_2);
    }
    cr_assert_eq(iter.bad_at, 22);
}

/* rr: length 11, two addresses, the first filled in, the pointer at the second. */
Test(wire_ipv4_options, record_route_is_read)
{
    struct ipv4_option option;
    ASSERT_GOOD_OPTION("070b08 0a000201 00000000 00");
    cr_assert_eq(option.pointer, 8);
    cr_assert_eq(option.entry_len, 4);
    cr_assert_not(ipv4_option_full(&option));
}

/* RFC 791: a pointer greater than the length says that the route is full. */
Test(wire_ipv4_options, a_full_record_route_is_read)
{
    struct ipv4_option option;
    ASSERT_GOOD_OPTION("070708 0a000201 00");
    cr_assert(ipv4_option_full(&option));
    ASSERT_GOOD_OPTION("070304 00"); /* no entry at all */
    cr_assert(ipv4_option_full(&option));
}

Test(wire_ipv4_options, record_route_of_length_2_is_refused)
{
    ASSERT_BAD_OPTION("07020000", IPV4_OPTION_RECORD_ROUTE_LENGTH, 21);
}

Test(wire_ipv4_options, record_route_with_pointer_3_is_refused)
{
    ASSERT_BAD_OPTION("070703 00000000 00", IPV4_OPTION_RECORD_ROUTE_POINTER, 22);
}

Test(wire_ipv4_options, record_route_with_pointer_5_is_refused)
{
    ASSERT_BAD_OPTION("070b05 00000000 00000000 00", IPV4_OPTION_RECORD_ROUTE_BETWEEN, 22);
}

/* RFC 791: "some room but not enough room" is an error. Length 6 has 3 octets of it. */
Test(wire_ipv4_options, record_route_with_room_for_less_than_an_address_is_refused)
{
    ASSERT_BAD_OPTION("070604 000000 0000", IPV4_OPTION_RECORD_ROUTE_NO_ROOM, 21);
}

/* lsrr and ssrr: pointer at the first of one address. */
Test(wire_ipv4_options, source_routes_are_read)
{
    struct ipv4_option option;
    ASSERT_GOOD_OPTION("830704 0a000201 00");
    cr_assert_eq(option.type, IPV4_OPT_LSRR);
    cr_assert_eq(option.pointer, 4);
    ASSERT_GOOD_OPTION("890708 0a000201 00");
    cr_assert_eq(option.type, IPV4_OPT_SSRR);
    cr_assert(ipv4_option_full(&option));
}

Test(wire_ipv4_options, source_route_of_length_2_is_refused)
{
    ASSERT_BAD_OPTION("83020000", IPV4_OPTION_SOURCE_ROUTE_LENGTH, 21);
}

Test(wire_ipv4_options, source_route_with_pointer_0_is_refused)
{
    ASSERT_BAD_OPTION("890700 0a000201 00", IPV4_OPTION_SOURCE_ROUTE_POINTER, 22);
}

Test(wire_ipv4_options, source_route_with_pointer_6_is_refused)
{
    ASSERT_BAD_OPTION("830b06 0a000201 0a000202 00", IPV4_OPTION_SOURCE_ROUTE_BETWEEN, 22);
}

Test(wire_ipv4_options, source_route_with_room_for_less_than_an_address_is_refused)
{
    ASSERT_BAD_OPTION("830504 0a00 000000", IPV4_OPTION_SOURCE_ROUTE_NO_ROOM, 21);
}

/* ts: overflow 2, flag 0: one of two 32-bit stamps made. */
Test(wire_ipv4_options, timestamp_is_read)
{
    struct ipv4_option option;
    ASSERT_GOOD_OPTION("440c0920 00000001 00000000");
    cr_assert_eq(option.pointer, 9);
    cr_assert_eq(option.overflow, 2);
    cr_assert_eq(option.flag, IPV4_TS_ONLY);
    cr_assert_eq(option.entry_len, 4);
}

/* Flags 1 and 3 have entries of address and stamp. */
Test(wire_ipv4_options, timestamp_with_addresses_is_read)
{
    struct ipv4_option option;
    ASSERT_GOOD_OPTION("440c0501 0a000201 00000000");
    cr_assert(option.flag == IPV4_TS_AND_ADDRESS && option.entry_len == 8);
    ASSERT_GOOD_OPTION("440c0d03 0a000201 00000001");
    cr_assert(option.flag == IPV4_TS_PRESPECIFIED && ipv4_option_full(&option));
}

Test(wire_ipv4_options, timestamp_without_an_entry_is_read)
{
    struct ipv4_option option;
    ASSERT_GOOD_OPTION("44040500");
    cr_assert(ipv4_option_full(&option));
}

Test(wire_ipv4_options, timestamp_of_length_3_is_refused)
{
    ASSERT_BAD_OPTION("44030500", IPV4_OPTION_TIMESTAMP_LENGTH, 21);
}

Test(wire_ipv4_options, timestamp_with_flag_2_is_refused)
{
    ASSERT_BAD_OPTION("44080502 00000000", IPV4_OPTION_TIMESTAMP_FLAG, 23);
}

Test(wire_ipv4_options, timestamp_with_pointer_4_is_refused)
{
    ASSERT_BAD_OPTION("44080400 00000000", IPV4_OPTION_TIMESTAMP_POINTER, 22);
}

Test(wire_ipv4_options, timestamp_with_pointer_inside_an_entry_is_refused)
{
    ASSERT_BAD_OPTION("440c0901 0a000201 00000000", IPV4_OPTION_TIMESTAMP_BETWEEN, 22);
}

Test(wire_ipv4_options, timestamp_with_room_for_less_than_an_entry_is_refused)
{
    ASSERT_BAD_OPTION("44080501 0a000201", IPV4_OPTION_TIMESTAMP_NO_ROOM, 21);
}

/* security: the 11 octets of RFC 791, unclassified; and a shorter form, which RFC 1108 has. */
Test(wire_ipv4_options, security_is_read)
{
    struct ipv4_option option;
    ASSERT_GOOD_OPTION("820b 0000 0000 0000 000000 00");
    cr_assert(option.type == IPV4_OPT_SECURITY && option.len == 11);
    ASSERT_GOOD_OPTION("8203ab00");
}

Test(wire_ipv4_options, security_of_length_2_is_refused)
{
    ASSERT_BAD_OPTION("82020000", IPV4_OPTION_SECURITY_LENGTH, 21);
}

Test(wire_ipv4_options, router_alert_of_another_length_is_refused)
{
    ASSERT_BAD_OPTION("9403000000", IPV4_OPTION_ROUTER_ALERT_LENGTH, 21);
    ASSERT_BAD_OPTION("9405000000", IPV4_OPTION_ROUTER_ALERT_LENGTH, 21);
}

/* The whole list: good, malformed in the middle, and each option that may stand only once. */
static enum ipv4_option_fault check(const char *hex, uint8_t *bad_at)
{
    struct packet p = packet(hex);
    const struct ipv4_hdr h = {.options = p.bytes, .options_len = (uint8_t)p.len};
    return ipv4_options_check(&h, bad_at);
}

Test(wire_ipv4_options, check_accepts_several_different_ones)
{
    uint8_t bad_at;
    ASSERT_ACCEPTED(
        check("01 830704 0a000201 070704 00000000 44080500 00000000 94040000 00", &bad_at));
    ASSERT_ACCEPTED(check("9904abcd 9904abcd", &bad_at));
    ASSERT_ACCEPTED(check("830704 0a000201 070704 00000000 44080500 00000000 8203ab", &bad_at));
}

Test(wire_ipv4_options, check_finds_a_malformed_one_behind_others)
{
    uint8_t bad_at = 0;
    ASSERT_REFUSED(IPV4_OPTION_RECORD_ROUTE_POINTER, check("01010101 070700 00000000 00", &bad_at));
    cr_assert_eq(bad_at, 26);
}

/* RFC 791: each "appears at most once in a datagram"; RFC1122-3.2.1.8c-4: nor one of each route. */
Test(wire_ipv4_options, check_refuses_a_second_source_route)
{
    uint8_t bad_at = 0;
    ASSERT_REFUSED(IPV4_OPTION_SOURCE_ROUTE_SECOND,
                   check("830704 0a000201 01 890704 0a000201", &bad_at));
    cr_assert_eq(bad_at, 28);
}

Test(wire_ipv4_options, check_refuses_a_second_record_route)
{
    uint8_t bad_at = 0;
    ASSERT_REFUSED(IPV4_OPTION_RECORD_ROUTE_SECOND,
                   check("070704 00000000 070704 00000000", &bad_at));
    cr_assert_eq(bad_at, 27);
}

Test(wire_ipv4_options, check_refuses_a_second_timestamp)
{
    uint8_t bad_at = 0;
    ASSERT_REFUSED(IPV4_OPTION_TIMESTAMP_SECOND,
                   check("44080500 00000000 44080500 00000000", &bad_at));
    cr_assert_eq(bad_at, 28);
}

Test(wire_ipv4_options, check_refuses_a_second_security_option)
{
    uint8_t bad_at = 0;
    ASSERT_REFUSED(IPV4_OPTION_SECURITY_SECOND, check("8203ab 8203ab", &bad_at));
    cr_assert_eq(bad_at, 23);
}
