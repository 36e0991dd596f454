/* Any bytes as a UDP datagram; emit gives its header again; a checksum that was set verifies. */
#include "fuzz/wire_fuzz.h"
#include "stack/core/bytes.h"
#include "stack/wire/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct udp_hdr h;
    uint8_t datagram[4096];
    const uint8_t src[16] = {0xfe, 0x80, [15] = 1}, dst[16] = {0xfe, 0x80, [15] = 2};
    if (size > sizeof datagram || !SOUND(udp, UDP_FAULTS, udp_parse(data, size, &h)))
        return 0;
    CHECK(h.length >= UDP_HDR_LEN && h.length <= size);
    memcpy(datagram, data, size);
    CHECK(udp_emit(&h, datagram, sizeof datagram) == UDP_HDR_LEN);
    CHECK(memcmp(datagram, data, size) == 0);
    put16(datagram + UDP_CHECKSUM, 0);
    uint16_t sum4 = udp_checksum4(0x0a00020f, 0x0a000202, datagram, h.length);
    uint16_t sum6 = udp_checksum6(src, dst, datagram, h.length);
    CHECK(sum4 != 0 && sum6 != 0);
    put16(datagram + UDP_CHECKSUM, sum4);
    CHECK(udp_checksum4_ok(0x0a00020f, 0x0a000202, datagram, h.length));
    put16(datagram + UDP_CHECKSUM, sum6);
    CHECK(udp_checksum6_ok(src, dst, datagram, h.length));
    return 0;
}
