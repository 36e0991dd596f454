/* The pcapng reader, on blocks made here, in both byte orders. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "sim/record/capture.h"

struct made {
    uint8_t bytes[4096];
    size_t len;
    bool big;
};

static void put(struct made *m, uint64_t value, int octets)
{
    for (int i = 0; i < octets; i++)
        m->bytes[m->len++] = (uint8_t)(value >> 8 * (m->big ? octets - 1 - i : i));
}

static void put_bytes(struct made *m, const void *bytes, size_t len)
{
    memcpy(m->bytes + m->len, bytes, len);
    m->len += len;
    while (m->len % 4)
        m->bytes[m->len++] = 0;
}

static void block(struct made *m, uint32_t type, const struct made *body)
{
    uint32_t total = (uint32_t)body->len + 12;
    put(m, type, 4);
    put(m, total, 4);
    put_bytes(m, body->bytes, body->len);
    put(m, total, 4);
}

static void section(struct made *m, bool big)
{
    struct made body = {.big = m->big = big};
    put(&body, 0x1a2b3c4d, 4);
    put(&body, 1, 2);
    put(&body, 0, 2);
    put(&body, UINT64_MAX, 8);
    block(m, 0x0a0d0d0a, &body);
}

static void option(struct made *body, uint16_t code, uint64_t value, int octets)
{
    put(body, code, 2);
    put(body, (uint64_t)octets, 2);
    put(body, value, octets);
    put_bytes(body, "", 0);
}

struct interface_options {
    int tsresol, fcslen; /* 0: not given */
    int64_t tsoffset;
};

static void interface(struct made *m, uint16_t link, uint32_t snaplen, struct interface_options o)
{
    struct made body = {.big = m->big};
    put(&body, link, 2);
    put(&body, 0, 2);
    put(&body, snaplen, 4);
    option(&body, 2, 0x657468, 3); /* if_name, of three octets */
    if (o.tsresol)
        option(&body, 9, (uint64_t)o.tsresol, 1);
    if (o.fcslen)
        option(&body, 13, (uint64_t)o.fcslen, 1);
    if (o.tsoffset)
        option(&body, 14, (uint64_t)o.tsoffset, 8);
    option(&body, 0, 0, 0);
    block(m, 1, &body);
}

static const char octets[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static void enhanced(struct made *m, uint32_t interface, uint64_t units, uint32_t len,
                     uint32_t original, uint32_t flags)
{
    struct made body = {.big = m->big};
    put(&body, interface, 4);
    put(&body, units >> 32, 4);
    put(&body, units & UINT32_MAX, 4);
    put(&body, len, 4);
    put(&body, original, 4);
    put_bytes(&body, octets, len);
    if (flags)
        option(&body, 2, flags, 4);
    block(m, 6, &body);
}

static void simple(struct made *m, uint32_t len, uint32_t original)
{
    struct made body = {.big = m->big};
    put(&body, original, 4);
    put_bytes(&body, octets, len);
    block(m, 3, &body);
}

static struct pcap_file read_made(const struct made *m)
{
    struct pcap_file file;
    struct why why = {""};
    cr_assert_eq(pcap_parse(m->bytes, m->len, &file, &why), 0, "%s", why.text);
    return file;
}

static void cr_assert_refused(const struct made *m, const char *expected)
{
    struct pcap_file file;
    struct why why = {""};
    cr_assert_eq(pcap_parse(m->bytes, m->len, &file, &why), -1, "expected: %s", expected);
    cr_assert(strstr(why.text, expected), "%s", why.text);
    cr_assert(file.count == 0 && file.frame == NULL);
}

static const struct interface_options plain = {0, 0, 0};

/* Each section has its own order, and interfaces of its own, counted from 0. */
Test(pcapng, sections_of_both_orders)
{
    struct made m = {.len = 0};
    section(&m, true);
    interface(&m, 1, 0, plain);
    enhanced(&m, 0, 5, 14, 60, 0);
    section(&m, false);
    interface(&m, 101, 0, plain);
    interface(&m, 1, 0, plain);
    enhanced(&m, 1, 6, 15, 15, 0);
    section(&m, true);
    interface(&m, 1, 0, plain);
    enhanced(&m, 0, 7, 16, 16, 0);
    struct pcap_file file = read_made(&m);
    cr_assert_eq(file.count, 3);
    cr_assert_eq(file.frame[0].time_ns, 5000);
    cr_assert_eq(file.frame[0].original_len, 60);
    cr_assert_eq(file.frame[1].time_ns, 6000);
    cr_assert_eq(file.frame[2].time_ns, 7000);
    cr_assert_eq(file.frame[2].len, 16);
    cr_assert_arr_eq(file.frame[2].bytes, octets, 16);
    pcap_unload(&file);
}

/* Interfaces of other snaplens and link types do not matter; frames of other links are counted. */
Test(pcapng, several_interfaces)
{
    struct made m = {.len = 0};
    section(&m, false);
    interface(&m, 1, 96, plain);
    interface(&m, 228, 65535, plain);
    interface(&m, 1, 262144, (struct interface_options){.tsresol = 9});
    enhanced(&m, 0, 1, 14, 1514, 0);
    enhanced(&m, 1, 2, 20, 20, 0);
    enhanced(&m, 2, 3, 14, 14, 0);
    struct pcap_file file = read_made(&m);
    cr_assert_eq(file.count, 2);
    cr_assert_eq(file.other_links, 1);
    cr_assert_eq(file.frame[0].time_ns, 1000);
    cr_assert_eq(file.frame[1].time_ns, 3);
    pcap_unload(&file);
}

Test(pcapng, no_ethernet_at_all_is_refused)
{
    struct made m = {.len = 0};
    section(&m, false);
    interface(&m, 228, 0, plain);
    enhanced(&m, 0, 1, 20, 20, 0);
    cr_assert_refused(&m, "link type is IPV4 (228), only Ethernet");
}

/* if_tsresol: the top bit, a power of 2, else of 10; if_tsoffset: seconds more. */
Test(pcapng, resolutions)
{
    static const struct {
        int tsresol;
        int64_t offset;
        uint64_t units;
        int64_t ns; /* -1: beyond what can be said */
    } rows[] = {
        {0, 0, 1, 1000},
        {6, 0, 4294967296000000, INT64_C(4294967296000000000)}, /* 2106 */
        {9, 0, 7258118400000000001, INT64_C(7258118400000000001)},
        {3, 2, 1500, INT64_C(3500000000)},
        {9, -3, 5000000001, INT64_C(2000000001)},
        {1, 0, 15, INT64_C(1500000000)},
        {12, 0, 1999, 1},
        {28, 0, UINT64_MAX, 1},
        {29, 0, UINT64_MAX, 0},
        {127, 0, UINT64_MAX, 0},
        {0x80, 0, 7, INT64_C(7000000000)},
        {0x81, 0, 3, INT64_C(1500000000)},
        {0xa0, 0, (UINT64_C(2) << 32) + (UINT64_C(1) << 31), INT64_C(2500000000)},
        {0xbf, 0, UINT64_MAX, INT64_C(1999999999)},
        {0xc0, 0, UINT64_MAX, 999999999},
        {0xc1, 0, UINT64_MAX, 499999999},
        {0xff, 0, UINT64_MAX, 0},
        {6, 0, UINT64_MAX, -1},
        {9, 0, UINT64_MAX, -1},
        {0x80, 0, 9223372037, -1},
        {6, INT64_MAX, 1, -1},
        {6, INT64_MIN, 1, -1},
        {6, 9223372037, 0, -1},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct made m = {.len = 0};
        section(&m, k % 2);
        interface(
            &m, 1, 0,
            (struct interface_options){.tsresol = rows[k].tsresol, .tsoffset = rows[k].offset});
        enhanced(&m, 0, rows[k].units, 14, 14, 0);
        if (rows[k].ns < 0) {
            cr_assert_refused(&m, "292 years");
            continue;
        }
        struct pcap_file file = read_made(&m);
        cr_assert_eq(file.frame[0].time_ns, rows[k].ns, "row %zu: %ld", k,
                     (long)file.frame[0].time_ns);
        pcap_unload(&file);
    }
}

/* Bits in if_fcslen, octets where some wrote 4; the flags of a packet count more. */
Test(pcapng, check_sequences_are_taken_off)
{
    static const struct {
        int fcslen;
        uint32_t flags, len, original, kept, was;
    } rows[] = {
        {0, 0, 20, 20, 20, 20},
        {32, 0, 20, 20, 16, 16},
        {4, 0, 20, 20, 16, 16},
        {32, 0, 18, 20, 16, 16},
        {32, 0, 15, 20, 15, 16},
        {0, 4 << 5 | 1, 20, 20, 16, 16},
        {32, 2 << 5 | 2, 20, 20, 18, 18},
        {32, 1, 20, 20, 16, 16},
        {32, 0, 3, 3, 0, 0},
        {32, 0, 20, 10, 6, 6},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct made m = {.len = 0};
        section(&m, k % 2);
        interface(&m, 1, 0, (struct interface_options){.fcslen = rows[k].fcslen});
        enhanced(&m, 0, 1, rows[k].len, rows[k].original, rows[k].flags);
        struct pcap_file file = read_made(&m);
        cr_assert_eq(file.frame[0].len, rows[k].kept, "row %zu: %u", k, file.frame[0].len);
        cr_assert_eq(file.frame[0].original_len, rows[k].was, "row %zu", k);
        pcap_unload(&file);
    }
}

/* A simple packet has no time: that of its neighbour; the snaplen says how much is there. */
Test(pcapng, simple_packets)
{
    struct made m = {.len = 0};
    section(&m, true);
    interface(&m, 1, 18, plain);
    simple(&m, 18, 36);
    enhanced(&m, 0, 9, 14, 14, 0);
    simple(&m, 15, 15);
    struct pcap_file file = read_made(&m);
    cr_assert_eq(file.count, 3);
    cr_assert_eq(file.frame[0].time_ns, 9000);
    cr_assert_eq(file.frame[0].len, 18);
    cr_assert_eq(file.frame[0].original_len, 36);
    cr_assert_eq(file.frame[2].time_ns, 9000);
    cr_assert_eq(file.frame[2].len, 15);
    pcap_unload(&file);
}

/* The packet block of old writers: 16 bits of interface, 16 of drops. Others are skipped. */
Test(pcapng, old_and_unknown_blocks)
{
    struct made m = {.len = 0}, body = {.big = true}, unknown = {.big = true, .len = 64};
    section(&m, true);
    interface(&m, 101, 0, plain);
    interface(&m, 1, 0, plain);
    block(&m, 0x80000001, &unknown);
    put(&body, 1, 2);
    put(&body, 0xffff, 2);
    put(&body, 8, 8);
    put(&body, 14, 4);
    put(&body, 60, 4);
    put_bytes(&body, octets, 14);
    block(&m, 2, &body);
    block(&m, 5, &unknown);
    struct pcap_file file = read_made(&m);
    cr_assert_eq(file.count, 1);
    cr_assert_eq(file.frame[0].time_ns, 8000);
    cr_assert_eq(file.frame[0].original_len, 60);
    pcap_unload(&file);
}

/* Cut anywhere: the packets that are whole, and where the file ends. */
Test(pcapng, a_file_that_is_cut_gives_its_frames)
{
    struct made m = {.len = 0};
    section(&m, false);
    size_t header = m.len;
    interface(&m, 1, 0, plain);
    size_t first = m.len;
    enhanced(&m, 0, 1, 14, 14, 0);
    size_t second = m.len;
    enhanced(&m, 0, 2, 14, 14, 0);
    for (size_t len = 0; len <= m.len; len++) {
        struct made part = m;
        part.len = len;
        if (len < header) {
            cr_assert_refused(&part, "not a capture");
            continue;
        }
        struct pcap_file file = read_made(&part);
        bool whole = len == header || len == first || len == second || len == m.len;
        cr_assert_eq(file.count, len == m.len ? 2 : len >= second ? 1 : 0);
        cr_assert_eq(file.cut.text[0] == 0, whole, "%zu: %s", len, file.cut.text);
        pcap_unload(&file);
    }
}

/* One thing is wrong with a file that is right otherwise. */
Test(pcapng, what_is_damaged_is_refused)
{
    static const struct {
        size_t at;
        uint8_t octet;
        const char *expected;
    } rows[] = {
        {8, 0, "without the mark of a byte order"},
        {12, 2, "version 2.0"},
        {4, 30, "a block of 30 octets, a multiple of 4"},
        {24, 32, "a block of 28 octets that ends with 32"},
        {28 + 4, 8, "a block of 8 octets"},
        {28 + 18, 250, "option 2 of 250 octets goes beyond its block"},
        {28 + 26, 2, "option 9 has 2 octets, 1 are right"},
        {68 + 8, 1, "a packet of interface 1, 1 are described"},
        {68 + 20, 17, "a packet of 17 octets, its block holds 16"},
    };
    struct made m = {.len = 0};
    section(&m, false);
    interface(&m, 1, 0, (struct interface_options){.tsresol = 9});
    cr_assert_eq(m.len, 68);
    enhanced(&m, 0, 1, 14, 14, 0);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct made bad = m;
        bad.bytes[rows[k].at] = rows[k].octet;
        cr_assert_refused(&bad, rows[k].expected);
    }
}

Test(pcapng, simple_packets_want_an_interface)
{
    struct made m = {.len = 0};
    section(&m, false);
    simple(&m, 14, 14);
    cr_assert_refused(&m, "before any interface");
    m.len = 0;
    section(&m, false);
    interface(&m, 1, 0, plain);
    simple(&m, 14, 60);
    cr_assert_refused(&m, "a packet of 60 octets, its block holds 16");
}
