/*
 * The fast sum, the copy, the joined pieces, the incremental updates, and what the E1000's model
 * computes for packets that it sends, against a sum of octet pairs that shares nothing with them.
 * The first octets choose alignments, split and the changed word.
 */
#include <stdlib.h>
#include "fuzz/wire_fuzz.h"
#include "sim/nic/e1000.h"
#include "sim/nic/sum.h"
#include "sim/nic/machine_state.h"
#include "sim/packet/packet.h"
#include "stack/core/checksum.h"

static uint16_t reference(const uint8_t *bytes, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    if (len % 2)
        sum += (uint32_t)bytes[len - 1] << 8;
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static uint16_t field_of(const uint8_t *bytes, size_t len)
{
    return (uint16_t)~reference(bytes, len);
}

/* Memory of exactly these octets, so that a read or write of one too many is seen. */
static uint8_t *aligned_copy(const uint8_t *data, size_t size, size_t align, uint8_t **memory)
{
    *memory = malloc(align + size + 1);
    CHECK(*memory);
    uint8_t *bytes = *memory + align + 1;
    if (size)
        memcpy(bytes, data, size);
    return bytes;
}

static void check_sums(const uint8_t *data, size_t size, uint16_t expected)
{
    uint8_t *from_memory, *to_memory;
    for (size_t align = 0; align < 8; align++) {
        const uint8_t *from = aligned_copy(data, size, align, &from_memory);
        uint8_t *to = aligned_copy(data, size, 7 - align, &to_memory);
        CHECK(checksum_sum(from, size) == expected);
        if (size)
            memset(to, 0, size);
        CHECK(checksum_copy(to, from, size) == expected);
        CHECK(size == 0 || memcmp(to, data, size) == 0);
        CHECK(nic_sum(from, (uint32_t)size, 0) == expected);
        CHECK(packet_sum(from, size, 0) == (uint16_t)~expected);
        free(from_memory);
        free(to_memory);
    }
}

static void check_splits(const uint8_t *data, size_t size, uint16_t expected)
{
    for (size_t cut = 0; cut <= size; cut++) {
        uint16_t head = checksum_sum(data, cut), tail = checksum_sum(data + cut, size - cut);
        CHECK(checksum_join(head, cut, tail) == expected);
        if (cut % 2 == 0)
            CHECK(nic_sum(data + cut, (uint32_t)(size - cut), head) == expected);
    }
}

/* A packet whose checksum from `start` to `end` (0: its end) the device puts at `at`: the field's
 * own content counts, as a driver leaves the pseudo header's sum there. */
static void check_inserted(const uint8_t *data, size_t size, uint32_t start, uint32_t end,
                           uint32_t at)
{
    static struct e1000 e;
    struct nic n = {.state = &e};
    uint8_t *memory, *packet = aligned_copy(data, size, at % 8, &memory);
    size_t stop = end ? end + 1 : size;
    uint16_t sum = field_of(packet + start, stop - start);
    e.packet.popts = TXD_POPTS_TXSM;
    e.context = (struct e1000_context){.tucss = (uint8_t)start,
                                       .tucso = (uint8_t)at,
                                       .tucse = (uint16_t)end,
                                       .tucmd = at % 2 ? TXC_TUCMD_TCP : 0};
    CHECK(e1000_insert_checksums(&n, packet, (uint32_t)size));
    if (sum == 0 && at % 2 == 0)
        sum = 0xffff; /* UDP's rule (RFC 768) */
    CHECK(packet[at] == sum >> 8 && packet[at + 1] == (sum & 0xff));
    CHECK(memcmp(packet, data, at) == 0 &&
          memcmp(packet + at + 2, data + at + 2, size - at - 2) == 0);
    free(memory);
}

static void check_device(const uint8_t *data, size_t size)
{
    if (size > 2048)
        return;
    for (uint32_t start = 0; start < size && start < 64; start++)
        for (uint32_t at = start; at + 2 <= size && at < start + 4; at++) {
            check_inserted(data, size, start, 0, at);
            check_inserted(data, size, start,
                           (uint32_t)size - 1 - (start + at) % (uint32_t)(size - start), at);
        }
}

/* Data with a word of its own in front, so that no sum is of zeros only (RFC 1624 section 3). */
static void check_updates(const uint8_t *data, size_t size, size_t at, uint32_t word)
{
    uint8_t before[2 + 512] = {0x45, 0x00}, after[sizeof before];
    size_t len = size < 512 ? size & ~(size_t)1 : 512;
    if (len < 4)
        return;
    at = 2 + at % (len - 3) / 2 * 2;
    memcpy(before + 2, data, len);
    memcpy(after, before, sizeof after);
    uint16_t field = field_of(before, 2 + len);
    uint16_t old_high = (uint16_t)(before[at] << 8 | before[at + 1]);
    uint16_t old_low = (uint16_t)(before[at + 2] << 8 | before[at + 3]);
    after[at] = (uint8_t)(word >> 24);
    after[at + 1] = (uint8_t)(word >> 16);
    CHECK(checksum_update16(field, old_high, (uint16_t)(word >> 16)) == field_of(after, 2 + len));
    after[at + 2] = (uint8_t)(word >> 8);
    after[at + 3] = (uint8_t)word;
    CHECK(checksum_update32(field, (uint32_t)old_high << 16 | old_low, word) ==
          field_of(after, 2 + len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 6)
        return 0;
    size_t at = (size_t)data[0] << 8 | data[1];
    uint32_t word =
        (uint32_t)data[2] << 24 | (uint32_t)data[3] << 16 | (uint32_t)data[4] << 8 | data[5];
    data += 6;
    size -= 6;
    uint16_t expected = reference(data, size);
    check_sums(data, size, expected);
    if (size <= 1024)
        check_splits(data, size, expected);
    check_updates(data, size, at, word);
    check_device(data, size);
    return 0;
}
