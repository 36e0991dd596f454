/* A direction's octets, against a plain array: whatever is put, cut and dropped in whatever order.
 */
#include <criterion/criterion.h>
#include <string.h>
#include "stack/core/checksum.h"
#include "stack/transport/tcp/stream.h"

enum { CHUNKS = 16, SPAN = 3 * TCP_CHUNK_BYTES };

static _Alignas(64) uint8_t memory[CHUNKS * sizeof(struct tcp_chunk)];
static struct tcp_chunks pool;
static uint64_t seed;

static void open_pool(void)
{
    tcp_chunks_init(&pool, memory, CHUNKS);
    seed = 1;
}

static void close_pool(void)
{
    cr_assert_eq(pool.available, pool.total, "chunks are missing");
}

TestSuite(tcp_stream, .init = open_pool, .fini = close_pool);

static uint32_t draw(uint32_t bound)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % bound;
}

/* Across the wrap: begin is moved on as if it were acknowledged or read. */
Test(tcp_stream, octets_keep_their_places_across_the_wrap)
{
    static uint8_t model[1 << 16], got[1 << 16];
    struct tcp_stream t = {NULL};
    const uint32_t base = 0xffff0000u; /* of the model's octet 0 */
    uint32_t begin = 40000, end = begin;
    for (uint32_t i = 0; i < sizeof model; i++)
        model[i] = (uint8_t)draw(256);
    for (int step = 0; step < 3000; step++) {
        uint32_t len = 1 + draw(1500), at = draw(end - begin + 1);
        if (end + len < sizeof model && end - begin + len < SPAN) {
            cr_assert_eq(tcp_stream_put(&pool, &t, base + end, model + end, len, TCP_CLAIM_FIRST),
                         len);
            end += len;
        }
        len = draw(end - begin - at + 1);
        if (at + len <= end - begin && len > 0) {
            uint16_t sum = tcp_stream_get_sum(&t, base + begin + at, got, len);
            cr_assert_arr_eq(got, model + begin + at, len);
            cr_assert_eq(sum, checksum_sum(got, len));
            memset(got, 0, len);
            tcp_stream_get(&t, base + begin + at, got, len);
            cr_assert_arr_eq(got, model + begin + at, len);
        }
        begin += draw(end - begin + 1);
        tcp_stream_drop(&pool, &t, base + begin, base + end);
        cr_assert_leq(tcp_stream_chunks(&t), (end - begin) / TCP_CHUNK_BYTES + 2);
        tcp_stream_check(&t);
        if (end > 62000) { /* once more, over the same octets */
            tcp_stream_clear(&pool, &t);
            begin = end = 30000 + draw(5000);
        }
    }
    tcp_stream_clear(&pool, &t);
}

/* What came ahead of its turn leaves a gap, which closes later; and gives way by its tail. */
Test(tcp_stream, gaps_and_their_cutting)
{
    struct tcp_stream t = {NULL};
    uint8_t a[TCP_CHUNK_BYTES], got[TCP_CHUNK_BYTES];
    uint32_t begin = 0u - TCP_CHUNK_BYTES;
    memset(a, 'a', sizeof a);
    tcp_stream_put(&pool, &t, begin + 4 * TCP_CHUNK_BYTES, a, sizeof a, TCP_CLAIM_AHEAD);
    tcp_stream_put(&pool, &t, begin, a, sizeof a, TCP_CLAIM_MORE);
    memset(a, 'b', sizeof a);
    tcp_stream_put(&pool, &t, begin + 2 * TCP_CHUNK_BYTES, a, sizeof a, TCP_CLAIM_AHEAD);
    cr_assert_eq(tcp_stream_chunks(&t), 3);
    tcp_stream_get(&t, begin + 2 * TCP_CHUNK_BYTES, got, sizeof got);
    cr_assert_arr_eq(got, a, sizeof a);
    tcp_stream_cut(&pool, &t, begin, begin + 3 * TCP_CHUNK_BYTES);
    cr_assert_eq(tcp_stream_chunks(&t), 2);
    tcp_stream_cut(&pool, &t, begin, begin + 1);
    cr_assert_eq(tcp_stream_chunks(&t), 1);
    tcp_stream_cut(&pool, &t, begin, begin);
    cr_assert_eq(tcp_stream_chunks(&t), 0);
}

/* What is left when all is lent: a quarter is not for what came ahead, an eighth for who has
 * nothing yet. */
Test(tcp_stream, claims)
{
    static uint8_t a[CHUNKS * TCP_CHUNK_BYTES];
    struct tcp_stream first = {NULL}, second = {NULL};
    cr_assert_eq(tcp_stream_put(&pool, &first, 0, a, sizeof a, TCP_CLAIM_AHEAD),
                 12 * TCP_CHUNK_BYTES);
    cr_assert_eq(tcp_stream_put(&pool, &first, 0, a, sizeof a, TCP_CLAIM_MORE),
                 14 * TCP_CHUNK_BYTES);
    cr_assert_eq(tcp_stream_put(&pool, &second, 10, a, 5000, TCP_CLAIM_MORE), TCP_CHUNK_BYTES - 10);
    cr_assert_eq(pool.available, 1);
    tcp_stream_clear(&pool, &first);
    tcp_stream_clear(&pool, &second);
    cr_assert_gt(pool.failed, 0);
    cr_assert_eq(pool.lowest, 1);
}
