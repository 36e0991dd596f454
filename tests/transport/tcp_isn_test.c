/* What the four numbers of a connection choose. */
#include <criterion/criterion.h>
#include "stack/transport/tcp/isn.h"

static const uint8_t key[KEYED_HASH_KEY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
static const uint8_t other_key[KEYED_HASH_KEY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1};

static struct tcp_ends ends(void)
{
    return (struct tcp_ends){addr_ipv4(0x0a00020f), addr_ipv4(0x0a000202), 4000, 80};
}

/* RFC 9293 3.4.1: the clock of the same four numbers ticks every 4 us: 25,000 in 100 ms. */
Test(tcp_isn, ticks_every_four_microseconds)
{
    struct tcp_ends e = ends();
    uint32_t at = isn_of_ends(key, &e, 0);
    cr_assert_eq(isn_of_ends(key, &e, 3999), at);
    cr_assert_eq(isn_of_ends(key, &e, 4000), at + 1);
    cr_assert_eq(isn_of_ends(key, &e, 100000000), at + 25000);
    /* 2^32 ticks of 4 us are 17179.869184 s: it wraps to where it was. */
    cr_assert_eq(isn_of_ends(key, &e, 17179869184000), at);
}

/* Each of the four numbers counts, and the key. */
Test(tcp_isn, each_number_counts)
{
    struct tcp_ends e = ends(), x[5] = {e, e, e, e, e};
    x[0].local.word[0]++;
    x[1].remote.word[0]++;
    x[2].local_port++;
    x[3].remote_port++;
    x[4].local.family = ADDR_IPV6;
    for (int i = 0; i < 5; i++) {
        cr_assert_neq(isn_of_ends(key, &x[i], 0), isn_of_ends(key, &e, 0), "number %d", i);
        cr_assert_neq(timestamp_offset_of_ends(key, &x[i]), timestamp_offset_of_ends(key, &e));
    }
    cr_assert_neq(isn_of_ends(other_key, &e, 0), isn_of_ends(key, &e, 0));
}

/* The uses of one key know nothing of each other. */
Test(tcp_isn, purposes_are_apart)
{
    struct tcp_ends e = ends();
    cr_assert_neq(isn_of_ends(key, &e, 0), timestamp_offset_of_ends(key, &e));
    cr_assert_neq(hash_of_ends(key, &e, 3, 0), hash_of_ends(key, &e, 4, 0));
    cr_assert_neq(hash_of_ends(key, &e, 3, 0), hash_of_ends(key, &e, 3, 1));
}
