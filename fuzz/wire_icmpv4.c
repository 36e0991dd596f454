/* Any bytes as an ICMP message; the value is the same after emit and parse; the quote is inside. */
#include "fuzz/wire_fuzz.h"
#include "stack/wire/icmpv4.h"

static void check_same(const struct icmpv4_hdr *a, const struct icmpv4_hdr *b)
{
    CHECK(a->type == b->type && a->code == b->code && a->checksum == b->checksum);
    CHECK(a->id == b->id && a->seq == b->seq && a->pointer == b->pointer);
    CHECK(a->quote_words == b->quote_words && a->mtu == b->mtu && a->gateway == b->gateway);
    CHECK(a->originate == b->originate && a->receive == b->receive);
    CHECK(a->transmit == b->transmit && a->mask == b->mask && a->hdr_len == b->hdr_len);
    CHECK(a->addr_count == b->addr_count && a->addr_words == b->addr_words);
    CHECK(a->lifetime_s == b->lifetime_s);
}

static void check_quote(const uint8_t *data, size_t size, const struct icmpv4_hdr *h)
{
    struct ipv4_hdr quoted;
    size_t held = 0;
    bool ok = SOUND(icmpv4, ICMPV4_FAULTS, icmpv4_parse_quote(data, size, &quoted, &held));
    CHECK(!ok || icmpv4_is_error(h->type));
    if (ok)
        CHECK(8u + quoted.hdr_len + held <= size && quoted.hdr_len + held <= quoted.total_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct icmpv4_hdr first, second;
    uint8_t message[2048];
    if (size > sizeof message || !SOUND(icmpv4, ICMPV4_FAULTS, icmpv4_parse(data, size, &first)))
        return 0;
    CHECK(first.hdr_len <= size);
    memcpy(message, data, size);
    CHECK(icmpv4_emit(&first, message, size) == first.hdr_len);
    CHECK(icmpv4_parse(message, size, &second) == ICMPV4_SOUND);
    check_same(&first, &second);
    icmpv4_checksum_set(message, size);
    CHECK(icmpv4_checksum_ok(message, size));
    check_quote(data, size, &first);
    return 0;
}
