/* Any bytes as an IPv4 packet; its options walked; emit gives the header's octets again. */
#include "fuzz/wire_fuzz.h"
#include "stack/wire/ipv4.h"

static void walk_options(const struct ipv4_hdr *h)
{
    struct ipv4_option_iter iter = ipv4_option_iter(h);
    struct ipv4_option option;
    unsigned count = 0;
    while (ipv4_option_next(&iter, &option)) {
        CHECK(option.len >= 1 && option.at >= 20 && option.at + option.len <= h->hdr_len);
        CHECK(option.bytes == h->options + option.at - 20);
        CHECK(++count <= 40);
        if (option.entry_len && !ipv4_option_full(&option))
            CHECK(option.pointer >= 4 && option.pointer - 1 + option.entry_len <= option.len);
    }
    CHECK(iter.fault == IPV4_OPTION_SOUND || (iter.bad_at >= 20 && iter.bad_at < h->hdr_len));
    uint8_t bad_at = 0;
    bool ok = SOUND(ipv4_option, IPV4_OPTION_FAULTS, ipv4_options_check(h, &bad_at));
    CHECK(ok || (bad_at >= 20 && bad_at < h->hdr_len));
    CHECK(!ok || iter.fault == IPV4_OPTION_SOUND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ipv4_hdr h, quoted;
    uint8_t buf[60];
    bool is_quote = ipv4_parse_quoted(data, size, &quoted) == IPV4_SOUND;
    bool is_packet = SOUND(ipv4, IPV4_FAULTS, ipv4_parse(data, size, &h));
    CHECK(is_quote || !is_packet);
    CHECK(!is_packet || h.total_len <= size);
    if (!is_quote)
        return 0;
    CHECK(quoted.hdr_len >= 20 && quoted.hdr_len <= size && quoted.total_len >= quoted.hdr_len);
    CHECK(ipv4_emit(&quoted, buf, sizeof buf) == quoted.hdr_len);
    CHECK(memcmp(buf, data, quoted.hdr_len) == 0);
    ipv4_checksum_set(buf, quoted.hdr_len);
    CHECK(ipv4_checksum_ok(buf, quoted.hdr_len));
    walk_options(&quoted);
    return 0;
}
