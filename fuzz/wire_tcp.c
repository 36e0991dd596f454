/*
 * Any bytes as a TCP segment; emit gives its header again; options mean the same after emit and
 * parse, where their NOPs leave room.
 */
#include "fuzz/wire_fuzz.h"
#include "stack/core/bytes.h"
#include "stack/wire/tcp.h"

static void check_same(const struct tcp_options *a, const struct tcp_options *b)
{
    CHECK(a->has_mss == b->has_mss && a->mss == b->mss);
    CHECK(a->has_wscale == b->has_wscale && a->wscale == b->wscale);
    CHECK(a->sack_permitted == b->sack_permitted && a->has_timestamps == b->has_timestamps);
    CHECK(a->ts_val == b->ts_val && a->ts_ecr == b->ts_ecr && a->sack_count == b->sack_count);
    for (unsigned i = 0; i < a->sack_count; i++)
        CHECK(a->sack[i].left == b->sack[i].left && a->sack[i].right == b->sack[i].right);
}

static void check_options(const struct tcp_hdr *h)
{
    struct tcp_options first, second;
    uint8_t buf[40];
    if (!SOUND(tcp_option, TCP_OPTION_FAULTS,
               tcp_options_parse(h->options, h->options_len, &first)))
        return;
    size_t len = tcp_options_emit(&first, buf, sizeof buf);
    bool none = !first.has_mss && !first.has_wscale && !first.sack_permitted &&
                !first.has_timestamps && first.sack_count == 0;
    if (len == 0 && !none)
        return; /* packed more tightly than 32-bit alignment allows */
    CHECK(len % 4 == 0 && tcp_options_parse(buf, len, &second) == TCP_OPTION_SOUND);
    check_same(&first, &second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tcp_hdr h;
    uint8_t segment[2048];
    if (size > sizeof segment || !SOUND(tcp, TCP_FAULTS, tcp_parse(data, size, &h)))
        return 0;
    CHECK(h.hdr_len >= 20 && h.hdr_len <= size && h.options_len == h.hdr_len - 20);
    memcpy(segment, data, size);
    memset(segment, 0, h.hdr_len);
    CHECK(tcp_emit(&h, segment, sizeof segment) == h.hdr_len);
    CHECK(memcmp(segment, data, size) == 0);
    put16(segment + TCP_CHECKSUM, 0);
    put16(segment + TCP_CHECKSUM, tcp_checksum4(1, 2, segment, (uint16_t)size));
    CHECK(tcp_checksum4_ok(1, 2, segment, (uint16_t)size));
    check_options(&h);
    return 0;
}
