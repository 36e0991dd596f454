#include "tests/wire/packet.h"
#include "stack/wire/ntp.h"

/* ntp v4 server, leap none, stratum 2, poll 6, precision -24; each timestamp different */
#define SERVER                                                                                     \
    "24 02 06 e8 00000102 00000304 c0a80001 "                                                      \
    "83aa7e80 00000001 83aa7e80 00000002 83aa7e80 00000003 83aa7e80 00000004"

Test(wire_ntp, reads_a_header)
{
    struct packet p = packet(SERVER);
    struct ntp_hdr h;
    ASSERT_ACCEPTED(ntp_parse(p.bytes, p.len, &h));
    cr_assert(h.leap == NTP_LEAP_NONE && h.version == 4 && h.mode == NTP_MODE_SERVER);
    cr_assert(h.stratum == 2 && h.poll == 6 && h.precision == -24);
    cr_assert(h.root_delay == 0x102 && h.root_dispersion == 0x304);
    cr_assert_eq(h.reference_id, 0xc0a80001);
    cr_assert_eq(h.reference_time, 0x83aa7e8000000001);
    cr_assert_eq(h.origin_time, 0x83aa7e8000000002);
    cr_assert_eq(h.receive_time, 0x83aa7e8000000003);
    cr_assert_eq(h.transmit_time, 0x83aa7e8000000004);
}

/* A client's request: LI 0, VN 4, mode 3 is 0x23, all else but the transmit timestamp 0. */
Test(wire_ntp, writes_a_request)
{
    const struct ntp_hdr h = {
        .version = 4, .mode = NTP_MODE_CLIENT, .transmit_time = 0x83aa7e8080000000};
    uint8_t buf[48];
    cr_assert_eq(ntp_emit(&h, buf, 47), 0);
    ASSERT_BYTES(buf, ntp_emit(&h, buf, sizeof buf),
                 packet("23 00 00 00 00000000 00000000 00000000 0000000000000000 0000000000000000 "
                        "0000000000000000 83aa7e80 80000000"));
}

/* LI 3, VN 3, mode 7: all bits but one of the first octet. */
Test(wire_ntp, reads_and_writes_the_first_octet)
{
    struct packet p = packet(SERVER);
    struct ntp_hdr h;
    uint8_t buf[48];
    p.bytes[0] = 0xdf;
    ASSERT_ACCEPTED(ntp_parse(p.bytes, p.len, &h));
    cr_assert(h.leap == NTP_LEAP_UNSYNCHRONIZED && h.version == 3 && h.mode == NTP_MODE_PRIVATE);
    ASSERT_BYTES(buf, ntp_emit(&h, buf, sizeof buf), p);
}

/* Extension fields and a MAC may follow. */
Test(wire_ntp, accepts_octets_behind_the_header)
{
    struct packet p = packet(SERVER "00000001 000102030405060708090a0b0c0d0e0f");
    struct ntp_hdr h;
    ASSERT_ACCEPTED(ntp_parse(p.bytes, p.len, &h));
}

Test(wire_ntp, refuses_47_octets)
{
    struct packet p = packet_prefix(packet(SERVER), 47);
    struct ntp_hdr h;
    ASSERT_REFUSED(NTP_SHORT, ntp_parse(p.bytes, p.len, &h));
}

Test(wire_ntp, refuses_versions_0_and_5)
{
    struct packet p = packet(SERVER);
    struct ntp_hdr h;
    p.bytes[0] = 0x04;
    ASSERT_REFUSED(NTP_VERSION_UNKNOWN, ntp_parse(p.bytes, p.len, &h));
    p.bytes[0] = 0x2c;
    ASSERT_REFUSED(NTP_VERSION_UNKNOWN, ntp_parse(p.bytes, p.len, &h));
}

#define S INT64_C(1000000000)

/* RFC 5905 figure 4: 1 Jan 1970 is 2,208,988,800 and 1 Jan 1972 is 2,272,060,800 in era 0. */
Test(wire_ntp, converts_the_dates_of_rfc_5905)
{
    cr_assert_eq(ntp_to_unix_ns(UINT64_C(2208988800) << 32), 0);
    cr_assert_eq(ntp_to_unix_ns(UINT64_C(2272060800) << 32), 2 * 365 * 86400 * S);
    cr_assert_eq(ntp_from_unix_ns(0), UINT64_C(2208988800) << 32);
    cr_assert_eq(ntp_from_unix_ns(2 * 365 * 86400 * S), UINT64_C(2272060800) << 32);
}

/* The era ends 2^32 s after 1900: 2085978496 s after 1970, 7 Feb 2036 06:28:16 UTC. */
Test(wire_ntp, goes_on_behind_the_end_of_era_0)
{
    cr_assert_eq(ntp_to_unix_ns(0xffffffff00000000), 2085978495 * S);
    cr_assert_eq(ntp_to_unix_ns(0x0000000000000000), 2085978496 * S);
    cr_assert_eq(ntp_from_unix_ns(2085978495 * S), 0xffffffff00000000);
    cr_assert_eq(ntp_from_unix_ns(2085978496 * S), 0x0000000000000000);
    cr_assert_eq(ntp_to_unix_ns(UINT64_C(63104) << 32), 24144 * 86400 * S); /* 8 Feb 2036 */
    cr_assert_eq(ntp_to_unix_ns(0x7fffffff00000000), (2085978496 + INT64_C(0x7fffffff)) * S);
    cr_assert_eq(ntp_to_unix_ns(0x8000000000000000), (INT64_C(0x80000000) - 2208988800) * S);
}

/* Half a second is 80000000; a nanosecond is 4.29 units, rounded up to 5. */
Test(wire_ntp, converts_fractions)
{
    cr_assert_eq(ntp_to_unix_ns((UINT64_C(2208988800) << 32) + 0x80000000), 500000000);
    cr_assert_eq(ntp_to_unix_ns((UINT64_C(2208988800) << 32) + 0xffffffff), 999999999);
    cr_assert_eq(ntp_from_unix_ns(1), (UINT64_C(2208988800) << 32) + 5);
}

/* Before 1970 as well, where division must round down. */
Test(wire_ntp, keeps_nanoseconds_over_a_round_trip)
{
    const int64_t times[] = {0,
                             1,
                             2,
                             999999999,
                             1000000000,
                             -1,
                             -2,
                             -S,
                             -S - 1,
                             86400 * S + 123456789,
                             7,
                             S - 1,
                             S + 1,
                             1700000000 * S + 1,
                             4000000000 * S + 999999999,
                             -S + 1};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        cr_assert_eq(ntp_to_unix_ns(ntp_from_unix_ns(times[i])), times[i], "time %zu", i);
}

/* Across the end of an era, in both directions. */
Test(wire_ntp, subtracts_modulo_the_era)
{
    cr_assert_eq(ntp_difference_ns(0x0000000180000000, 0xffffffff80000000), 2 * S);
    cr_assert_eq(ntp_difference_ns(0xffffffff80000000, 0x0000000180000000), -2 * S);
    cr_assert_eq(ntp_difference_ns(5, 5), 0);
    cr_assert_eq(ntp_difference_ns(0x83aa7e8080000000, 0x83aa7e8000000000), S / 2);
    cr_assert_eq(ntp_difference_ns(0x83aa7e8000000000, 0x83aa7e8080000000), -S / 2);
}
