/* Telnet: octets as what comes over a connection, told one by one. */
#include "fuzz/wire_fuzz.h"
#include "sim/hosts/telnet_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct telnet_stream t = {0};
    size_t told = 0;
    for (size_t k = 0; k < size; k++) {
        enum telnet_event event = telnet_stream_take(&t, data[k]);
        CHECK(event <= TELNET_SUB && t.sub_len <= TELNET_SUBNEGOTIATION);
        CHECK(event != TELNET_DATA || t.octet == data[k]);
        CHECK(event != TELNET_COMMAND || t.fault || (t.octet > TELNET_SE && t.octet <= TELNET_GA));
        CHECK(event != TELNET_REQUEST ||
              (t.octet >= TELNET_WILL && t.octet <= TELNET_DONT && t.option == data[k]));
        CHECK(!t.fault || *t.fault);
        told += event != TELNET_NOTHING;
    }
    CHECK(told <= size);
    return 0;
}
