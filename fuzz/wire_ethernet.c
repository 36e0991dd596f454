/* Any bytes as a frame; what is accepted is the same after emit and parse. */
#include "fuzz/wire_fuzz.h"
#include "stack/wire/ethernet.h"

static void check_same(const struct ethernet_hdr *a, const struct ethernet_hdr *b)
{
    CHECK(memcmp(a->dst, b->dst, 6) == 0 && memcmp(a->src, b->src, 6) == 0);
    CHECK(a->type == b->type && a->kind == b->kind && a->tci == b->tci);
    CHECK(a->inner_type == b->inner_type && a->hdr_len == b->hdr_len && a->end == b->end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ethernet_hdr first, second;
    uint8_t frame[2048];
    if (size > sizeof frame ||
        !SOUND(ethernet, ETHERNET_FAULTS, ethernet_parse(data, size, &first)))
        return 0;
    CHECK(first.hdr_len <= first.end && first.end <= size);
    memcpy(frame, data, size);
    memset(frame, 0, first.hdr_len);
    CHECK(ethernet_emit(&first, frame, sizeof frame) == first.hdr_len);
    CHECK(memcmp(frame, data, first.hdr_len) == 0);
    CHECK(ethernet_parse(frame, size, &second) == ETHERNET_SOUND);
    check_same(&first, &second);
    return 0;
}
