/* Any bytes as an NTP packet; emit gives its 48 octets again; times survive a round trip. */
#include "fuzz/wire_fuzz.h"
#include "stack/wire/ntp.h"

/* Nanoseconds are coarser than 2^-32 s: to nanoseconds and back loses less than 5 units. */
static void check_time(uint64_t timestamp)
{
    int64_t ns = ntp_to_unix_ns(timestamp);
    uint64_t back = ntp_from_unix_ns(ns);
    CHECK(timestamp - back < 5 || back - timestamp < 5);
    CHECK(ntp_to_unix_ns(back) == ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ntp_hdr h;
    uint8_t buf[NTP_HDR_LEN];
    if (!SOUND(ntp, NTP_FAULTS, ntp_parse(data, size, &h)))
        return 0;
    CHECK(ntp_emit(&h, buf, sizeof buf) == NTP_HDR_LEN);
    CHECK(memcmp(buf, data, sizeof buf) == 0);
    check_time(h.reference_time);
    check_time(h.transmit_time);
    CHECK(ntp_difference_ns(h.receive_time, h.receive_time) == 0);
    if (h.receive_time - h.origin_time != UINT64_C(1) << 63)
        CHECK(ntp_difference_ns(h.receive_time, h.origin_time) ==
              -ntp_difference_ns(h.origin_time, h.receive_time));
    int64_t any;
    memcpy(&any, buf + NTP_RECEIVE_TIME, sizeof any);
    ntp_from_unix_ns(any);
    return 0;
}
