/* Any bytes as an ARP packet; an accepted one is all in its value: emit gives its octets again. */
#include "fuzz/wire_fuzz.h"
#include "stack/wire/arp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arp_hdr h;
    uint8_t buf[ARP_LEN];
    if (!SOUND(arp, ARP_FAULTS, arp_parse(data, size, &h)))
        return 0;
    CHECK(arp_emit(&h, buf, sizeof buf) == ARP_LEN);
    CHECK(memcmp(buf, data, ARP_LEN) == 0);
    return 0;
}
