/* Captures in memory and as files. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sim/record/capture.h"
#include "tests/wire_sim/lan.h"

static const char *temporary(const char *name)
{
    static char path[4][256];
    static int used;
    char *p = path[used++ % 4];
    snprintf(p, sizeof path[0], "/tmp/wiredrill-test-%ld-%s", (long)getpid(), name);
    return p;
}

static const char *with_bytes(const char *name, const void *bytes, size_t len)
{
    const char *path = temporary(name);
    struct why why = {""};
    cr_assert_eq(file_write(path, bytes, len, &why), 0, "%s", why.text);
    return path;
}

static void cr_assert_why(const char *path, const char *expected)
{
    struct pcap_file file;
    struct why why = {""};
    cr_assert_eq(pcap_load(path, &file, &why), -1);
    cr_assert_eq(strncmp(why.text, path, strlen(path)), 0, "names the file: %s", why.text);
    cr_assert(strstr(why.text, expected), "%s", why.text);
    cr_assert(file.count == 0 && file.frame == NULL);
}

/* Two frames, one lost: header and records byte by byte as the pcap file format has them,
 * little-endian. */
Test(capture, a_pcap_is_byte_exact)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan"}, 1, 2);
    struct capture *c = capture_new(lan->world, lan->link);
    struct link_fault fault = lan_fault(FAULT_LOSE);
    fault.frame = 2;
    fault.line = 12;
    link_add_fault(lan->link, &fault);
    lan_send(lan, 0, 14, 0x11);
    lan_run(lan, INT64_C(3000000007));
    lan_send(lan, 1, 15, 0x22);
    cr_assert_eq(c->count, 2);
    cr_assert_eq(c->record[1].event, LINK_LOST);
    cr_assert_eq(c->record[1].line, 12);
    cr_assert_eq(c->record[1].port, 1);
    static const uint8_t expected[24 + 16 + 14 + 16 + 15] = {
        0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0,    0,  0, 0, 0, 0,  0, 0, 0, 4,    0, 1, 0,
        0,    0,    0,    0,    0, 0, 0, 0, 0, 0,    14, 0, 0, 0, 14, 0, 0, 0, 0,    0, 0, 0,
        0,    0,    0,    0,    0, 0, 0, 0, 0, 0x11, 3,  0, 0, 0, 7,  0, 0, 0, 15,   0, 0, 0,
        15,   0,    0,    0,    0, 0, 0, 0, 0, 0,    0,  0, 0, 0, 0,  0, 0, 0, 0x22,
    };
    size_t len;
    uint8_t *bytes = capture_pcap(c, &len);
    cr_assert_eq(len, sizeof expected);
    cr_assert_arr_eq(bytes, expected, sizeof expected);
    free(bytes);
}

/* What is damaged on the way is captured as it was sent. */
Test(capture, frames_are_taken_where_they_enter)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan"}, 1, 2);
    struct capture *c = capture_new(lan->world, lan->link);
    struct link_fault fault = lan_fault(FAULT_FLIP);
    link_add_fault(lan->link, &fault);
    lan_send(lan, 0, 60, 'a');
    lan_run(lan, NEVER);
    cr_assert_eq(lan->arrival[0].bytes[0], 0x80);
    cr_assert_eq(capture_at(c, 0)->frame->bytes[0], 0);
    cr_assert_eq(c->record[0].event, LINK_CORRUPTED);
}

Test(capture, an_empty_capture_is_a_header)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan"}, 1, 2);
    size_t len;
    uint8_t *bytes = capture_pcap(capture_new(lan->world, lan->link), &len);
    cr_assert_eq(len, 24);
    free(bytes);
}

/* Written, read: the same frames at the same nanoseconds. */
Test(capture, round_trip)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan"}, 1, 2);
    struct capture *c = capture_new(lan->world, lan->link);
    for (int i = 0; i < 300; i++) {
        lan_send(lan, i % 2, (uint32_t)(14 + i * 5), i);
        lan_run(lan, world_now(lan->world) + 999999937);
    }
    size_t len;
    uint8_t *bytes = capture_pcap(c, &len);
    const char *path = with_bytes("round.pcap", bytes, len), *again = temporary("again.pcap");
    struct pcap_file file, copy;
    struct why why = {""};
    cr_assert_eq(pcap_load(path, &file, &why), 0, "%s", why.text);
    cr_assert_eq(file.count, 300);
    for (unsigned i = 0; i < 300; i++) {
        cr_assert_eq(file.frame[i].time_ns, c->record[i].time_ns);
        cr_assert_eq(file.frame[i].len, c->record[i].frame->len);
        cr_assert_eq(file.frame[i].original_len, file.frame[i].len);
        cr_assert_arr_eq(file.frame[i].bytes, c->record[i].frame->bytes, file.frame[i].len);
    }
    file.frame[7].original_len = 9000;
    cr_assert_eq(pcap_save(again, file.frame, file.count, &why), 0, "%s", why.text);
    cr_assert_eq(pcap_load(again, &copy, &why), 0, "%s", why.text);
    cr_assert_eq(copy.count, 300);
    cr_assert_eq(copy.frame[7].original_len, 9000);
    cr_assert_eq(copy.frame[299].time_ns, file.frame[299].time_ns);
    pcap_unload(&file);
    pcap_unload(&copy);
    free(bytes);
    unlink(path);
    unlink(again);
}

/* A pcapng section, an Ethernet interface with if_tsresol 9, one enhanced packet at 5.000000001 s.
 */
Test(capture, pcapng_is_read)
{
    static const uint8_t bytes[] = {
        0x0a, 0x0d, 0x0d, 0x0a, 28,   0,    0,    0,  0x4d, 0x3c, 0x2b, 0x1a, 1,  0,  0,  0,  0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0,    0,    0,    1,    0,  0,  0,  32, 0,
        0,    0,    1,    0,    0,    0,    0,    0,  4,    0,    9,    0,    1,  0,  9,  0,  0,
        0,    0,    0,    0,    0,    32,   0,    0,  0,    6,    0,    0,    0,  48, 0,  0,  0,
        0,    0,    0,    0,    1,    0,    0,    0,  0x01, 0xf2, 0x05, 0x2a, 14, 0,  0,  0,  60,
        0,    0,    0,    1,    2,    3,    4,    5,  6,    7,    8,    9,    10, 11, 12, 13, 14,
        0,    0,    48,   0,    0,    0,
    };
    const char *path = with_bytes("one.pcapng", bytes, sizeof bytes);
    struct pcap_file file;
    struct why why = {""};
    cr_assert_eq(pcap_load(path, &file, &why), 0, "%s", why.text);
    cr_assert_eq(file.count, 1);
    cr_assert_eq(file.frame[0].time_ns, INT64_C(5000000001));
    cr_assert_eq(file.frame[0].len, 14);
    cr_assert_eq(file.frame[0].original_len, 60);
    cr_assert_eq(file.frame[0].bytes[13], 14);
    pcap_unload(&file);
    unlink(path);
}

static const uint8_t two_frames[24 + 2 * (16 + 14)] = {
    [0] = 0x4d,    0x3c,           0xb2,          0xa1,           2, [6] = 4, [18] = 4, [20] = 1,
    [24 + 8] = 14, [24 + 12] = 14, [54 + 8] = 14, [54 + 12] = 14,
};

/* Cut anywhere in a record: what is whole is there, and a sentence says where the file ends. */
Test(capture, a_file_that_is_cut_gives_its_frames)
{
    for (size_t len = 24; len <= sizeof two_frames; len++) {
        struct pcap_file file;
        struct why why = {""};
        bool cut = len != 24 && len != 54 && len != 84;
        char at[32];
        cr_assert_eq(pcap_parse(two_frames, len, &file, &why), 0, "%s", why.text);
        cr_assert_eq(file.count, (len - 24) / 30);
        cr_assert_eq(file.cut.text[0] != 0, cut, "%s", file.cut.text);
        snprintf(at, sizeof at, "octet %d, after %zu", len < 54 ? 24 : 54, file.count);
        cr_assert(!cut || strstr(file.cut.text, at), "%s", file.cut.text);
        pcap_unload(&file);
    }
}

/* The classic format in both orders and both units, seconds beyond 2^31. */
Test(capture, orders_and_units_of_the_classic_format)
{
    static const struct {
        uint8_t magic[4];
        bool big;
        int64_t ns;
    } kinds[] = {
        {{0xd4, 0xc3, 0xb2, 0xa1}, false, 7000},
        {{0xa1, 0xb2, 0xc3, 0xd4}, true, 7000},
        {{0x4d, 0x3c, 0xb2, 0xa1}, false, 7},
        {{0xa1, 0xb2, 0x3c, 0x4d}, true, 7},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        static const uint32_t words[] = {0, 0, 262144, 1, 0xfffffffe, 7, 14, 60};
        uint8_t bytes[24 + 16 + 14] = {0};
        struct pcap_file file;
        struct why why = {""};
        memcpy(bytes, kinds[k].magic, 4);
        bytes[kinds[k].big ? 5 : 4] = 2;
        bytes[kinds[k].big ? 7 : 6] = 4;
        for (int i = 0; i < 32; i++)
            bytes[8 + i] = (uint8_t)(words[i / 4] >> 8 * (kinds[k].big ? 3 - i % 4 : i % 4));
        cr_assert_eq(pcap_parse(bytes, sizeof bytes, &file, &why), 0, "%s", why.text);
        cr_assert_eq(file.count, 1);
        cr_assert_eq(file.frame[0].time_ns, INT64_C(4294967294000000000) + kinds[k].ns);
        cr_assert_eq(file.frame[0].len, 14);
        cr_assert_eq(file.frame[0].original_len, 60);
        pcap_unload(&file);
    }
}

/* Bit 26 of the link type: a check sequence was captured, its length in 16-bit words above. */
Test(capture, a_check_sequence_is_taken_off)
{
    uint8_t bytes[sizeof two_frames];
    struct pcap_file file;
    struct why why = {""};
    memcpy(bytes, two_frames, sizeof bytes);
    bytes[23] = 0x24;
    bytes[24 + 12] = 16; /* two of the four octets were captured */
    cr_assert_eq(pcap_parse(bytes, sizeof bytes, &file, &why), 0, "%s", why.text);
    cr_assert_eq(file.frame[0].len, 12);
    cr_assert_eq(file.frame[0].original_len, 12);
    cr_assert_eq(file.frame[1].len, 10);
    pcap_unload(&file);
}

Test(capture, a_length_that_lies_is_refused)
{
    uint8_t bytes[sizeof two_frames];
    memcpy(bytes, two_frames, sizeof bytes);
    memset(bytes + 24 + 8, 0x7f, 4);
    const char *path = with_bytes("lie.pcap", bytes, sizeof bytes);
    cr_assert_why(path, "damaged at octet 24, after 0 frames: a packet of 2139062143 octets");
    unlink(path);
}

Test(capture, other_link_types_are_refused_by_name)
{
    uint8_t bytes[sizeof two_frames];
    memcpy(bytes, two_frames, sizeof bytes);
    bytes[20] = 113; /* LINKTYPE_LINUX_SLL */
    const char *path = with_bytes("sll.pcap", bytes, sizeof bytes);
    cr_assert_why(path, "LINUX_SLL (113), only Ethernet");
    unlink(path);
}

Test(capture, what_is_no_capture_is_refused)
{
    const char *path = with_bytes("text.pcap", "this is no capture file at all, it is text", 42);
    cr_assert_why(path, "not a capture");
    unlink(path);
    path = with_bytes("modified.pcap", "\x34\xcd\xb2\xa1", 4);
    cr_assert_why(path, "modified (Kuznetzov) kind; `editcap");
    unlink(path);
    path = with_bytes("zip.pcap", "\x1f\x8b\x08\0", 4);
    cr_assert_why(path, "compressed by gzip");
    unlink(path);
    path = with_bytes("snoop.pcap", "snoop\0\0\0\0\0\0\2", 12);
    cr_assert_why(path, "snoop file (RFC 1761): `editcap");
    unlink(path);
    path = with_bytes("three.pcap", "\xd4\xc3\xb2\xa1\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 24);
    cr_assert_why(path, "version 3.0");
    unlink(path);
    path = with_bytes("empty.pcap", "", 0);
    cr_assert_why(path, "not a capture");
    unlink(path);
    cr_assert_why("/nowhere/at/all.pcap", "cannot be opened: No such file or directory");
}

Test(capture, a_file_is_written_whole_or_not_at_all)
{
    struct why why = {""};
    struct stat status;
    const char *path = with_bytes("whole", "old", 3);
    mode_t mask = umask(0);
    umask(mask);
    cr_assert_eq(stat(path, &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0666 & ~mask);
    unlink(path);
    cr_assert_eq(file_write("/nowhere/at/all", "x", 1, &why), -1);
    cr_assert_str_eq(why.text, "/nowhere/at/all: cannot be written: No such file or directory");
}

/* A bound: the newest are kept under their numbers, the memory stays that of a short run, and a
 * ring that is already full still grows when frames become shorter. */
Test(capture, a_bound_keeps_the_newest)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan"}, 1, 2);
    struct capture *c = capture_new(lan->world, lan->link);
    capture_bound(c, 100000);
    size_t after_some = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        lan_send(lan, 0, i < 10000 ? 1514 : 60, (int)i);
        lan_run(lan, world_now(lan->world) + 1);
        if (i == 9000)
            after_some = world_bytes_used(lan->world);
        if (i == 9999)
            cr_assert_eq(world_bytes_used(lan->world), after_some);
    }
    cr_assert_eq(c->count, 20000);
    cr_assert(c->first > 19000 && c->first < 19900, "%u", c->first);
    cr_assert_null(capture_at(c, c->first - 1));
    cr_assert_null(capture_at(c, c->count));
    for (uint32_t k = c->first; k < c->count; k++) {
        cr_assert_eq(capture_at(c, k)->time_ns, k);
        cr_assert_eq(capture_at(c, k)->frame->bytes[59], (uint8_t)k);
    }
}

/* Frames are compared as they enter, those that entered before the golden was opened as well. */
static uint32_t first_difference(uint32_t bent, uint32_t frames, const struct pcap_file *golden)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan"}, 1, 2);
    struct capture *c = capture_new(lan->world, lan->link);
    capture_bound(c, 1000);
    for (uint32_t i = 0; i < frames; i++) {
        if (i == 3)
            capture_expect(c, golden);
        lan_send(lan, 0, 60, i == bent ? 99 : (int)i);
        lan_run(lan, world_now(lan->world) + 1);
    }
    if (c->differs != CAPTURE_SAME) {
        cr_assert_eq(c->other->bytes[59], c->differs == bent ? 99 : c->differs);
        cr_assert_eq(c->other_ns, c->differs);
    }
    uint32_t differs = c->differs;
    world_free(lan->world);
    return differs;
}

Test(capture, the_first_difference_is_remembered)
{
    enum { FRAMES = 50, NONE = 1000 };
    struct lan *lan = lan_new(&(struct link_config){.name = "lan"}, 1, 2);
    struct capture *c = capture_new(lan->world, lan->link);
    struct pcap_file golden;
    struct why why = {""};
    for (int i = 0; i < FRAMES; i++) {
        lan_send(lan, 0, 60, i);
        lan_run(lan, world_now(lan->world) + 1);
    }
    size_t len;
    uint8_t *bytes = capture_pcap(c, &len);
    cr_assert_eq(pcap_parse(bytes, len, &golden, &why), 0, "%s", why.text);
    cr_assert_eq(first_difference(NONE, FRAMES, &golden), CAPTURE_SAME);
    cr_assert_eq(first_difference(NONE, FRAMES - 1, &golden), CAPTURE_SAME, "one is missing");
    cr_assert_eq(first_difference(NONE, FRAMES + 2, &golden), FRAMES, "one too many");
    cr_assert_eq(first_difference(0, FRAMES, &golden), 0);
    cr_assert_eq(first_difference(FRAMES - 1, FRAMES, &golden), FRAMES - 1);
    golden.frame[7].time_ns++;
    cr_assert_eq(first_difference(20, FRAMES, &golden), 7);
    pcap_unload(&golden);
    free(bytes);
}
