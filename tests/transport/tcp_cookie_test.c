/* SYN cookies: what comes back is what went out, and nothing else does. */
#include <criterion/criterion.h>
#include "stack/transport/tcp/cookie.h"

#define MINUTE 60000000000LL

static const uint8_t key[KEYED_HASH_KEY_BYTES] = {7, 1, 2};
static const uint8_t other_key[KEYED_HASH_KEY_BYTES] = {7, 1, 3};
static struct tcp_ends ends;
static const struct cookie_options none;
static struct cookie_options told;

static void start(void)
{
    ends = (struct tcp_ends){addr_ipv4(0x0a00020f), addr_ipv4(0x0a000202), 80, 4000};
}

TestSuite(tcp_cookie, .init = start);

/* The largest of the sizes that is not above the peer's MSS. */
Test(tcp_cookie, keeps_the_mss)
{
    const uint16_t in[] = {64, 535, 536, 1219, 1300, 1459, 1460, 1500, 8960, 65535};
    const uint16_t out[] = {64, 64, 536, 1024, 1220, 1440, 1460, 1460, 8960, 8960};
    for (unsigned i = 0; i < sizeof in / sizeof *in; i++) {
        uint16_t mss = 0;
        uint32_t iss = cookie_make(key, &ends, 1000, in[i], &none, MINUTE);
        cr_assert(cookie_check(key, &ends, 1000, iss, MINUTE, &mss, &told));
        cr_assert_eq(mss, out[i]);
    }
}

/* All options but ECN survive in the cookie itself. */
Test(tcp_cookie, keeps_the_options)
{
    for (unsigned all = 0; all < 32; all++) {
        uint16_t mss;
        struct cookie_options in = {
            .wscale = (all & 15) != 15, .shift = all & 15, .sack = all & 16, .ecn = true};
        uint32_t iss = cookie_make(key, &ends, 1000, 1460, &in, MINUTE);
        cr_assert(cookie_check(key, &ends, 1000, iss, MINUTE, &mss, &told));
        cr_assert(told.wscale == in.wscale && told.sack == in.sack && !told.ecn);
        cr_assert(!in.wscale || told.shift == in.shift);
    }
}

/* Good in its minute and the next one. */
Test(tcp_cookie, grows_old)
{
    uint16_t mss;
    uint32_t iss = cookie_make(key, &ends, 1000, 1460, &none, 10 * MINUTE);
    cr_assert(cookie_check(key, &ends, 1000, iss, 12 * MINUTE - 1, &mss, &told));
    cr_assert(!cookie_check(key, &ends, 1000, iss, 12 * MINUTE, &mss, &told));
    cr_assert(!cookie_check(key, &ends, 1000, iss, 10 * MINUTE - 1, &mss, &told), "not yet made");
    cr_assert(!cookie_check(key, &ends, 1000, iss, 42 * MINUTE, &mss, &told), "32 minutes later");
}

/* Every number counts, the key, and every bit. */
Test(tcp_cookie, is_for_one_syn)
{
    uint16_t mss;
    uint32_t iss = cookie_make(key, &ends, 1000, 1460, &none, MINUTE);
    cr_assert(!cookie_check(other_key, &ends, 1000, iss, MINUTE, &mss, &told));
    cr_assert(!cookie_check(key, &ends, 1001, iss, MINUTE, &mss, &told));
    struct tcp_ends x[4] = {ends, ends, ends, ends};
    x[0].local.word[0]++;
    x[1].remote.word[0]++;
    x[2].local_port++;
    x[3].remote_port++;
    for (int i = 0; i < 4; i++)
        cr_assert(!cookie_check(key, &x[i], 1000, iss, MINUTE, &mss, &told));
    for (int bit = 0; bit < 32; bit++)
        cr_assert(!cookie_check(key, &ends, 1000, iss ^ 1u << bit, MINUTE, &mss, &told), "bit %d",
                  bit);
}

/* Of a million guesses hardly one is right: of 2^23 one is (24 bits, two minutes). */
Test(tcp_cookie, is_not_guessed)
{
    uint16_t mss;
    unsigned right = 0;
    for (uint32_t i = 0; i < 1000000; i++)
        right += cookie_check(key, &ends, 1000, i * 4294967u, MINUTE, &mss, &told);
    cr_assert_leq(right, 1);
}

/* All options survive a timestamp, which never runs ahead and at most 64 ticks behind. */
Test(tcp_cookie, options_in_the_timestamp)
{
    for (unsigned all = 0; all < 64; all++)
        for (uint32_t ts = 0xffffffc0u; ts != 200; ts++) {
            struct cookie_options in = {
                .wscale = (all & 15) != 15, .shift = all & 15, .sack = all & 16, .ecn = all & 32};
            uint32_t out = cookie_timestamp(ts, &in);
            cr_assert_lt(ts - out, 64);
            struct cookie_options back = cookie_options_of(out);
            cr_assert(back.wscale == in.wscale && back.sack == in.sack && back.ecn == in.ecn);
            cr_assert_eq(back.shift, in.wscale ? in.shift : 0);
        }
}
