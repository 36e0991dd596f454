#include "tests/wire/packet.h"
#include "stack/wire/dhcp.h"

/*
 * The fixed part of an ACK: xid 12345678, ciaddr 10.0.2.16, yiaddr 10.0.2.15, siaddr 10.0.2.2,
 * giaddr 10.0.2.3, 52:54:00:12:34:56
 */
#define FIXED                                                                                      \
    "02 01 06 00 12345678 0001 8000 0a000210 0a00020f 0a000202 0a000203 "                          \
    "525400123456 00000000000000000000"
#define COOKIE "63825363"

enum { COOKIE_AT = 236, OPTIONS_AT = 240, SNAME_AT = 44, FILE_AT = 108 };

/* A message with these octets of options, exactly as long as they need. */
static struct packet message(const char *options)
{
    uint8_t bytes[2000] = {0};
    struct packet fixed = packet(FIXED), cookie = packet(COOKIE), o = packet(options);
    memcpy(bytes, fixed.bytes, fixed.len);
    memcpy(bytes + COOKIE_AT, cookie.bytes, cookie.len);
    memcpy(bytes + OPTIONS_AT, o.bytes, o.len);
    return packet_of(bytes, OPTIONS_AT + o.len);
}

static void put(struct packet p, size_t at, const char *hex)
{
    struct packet bytes = packet(hex);
    memcpy(p.bytes + at, bytes.bytes, bytes.len);
}

Test(wire_dhcp, reads_the_fixed_part)
{
    struct packet p = message("350105 ff");
    struct dhcp_msg m;
    p.bytes[SNAME_AT] = 's';
    p.bytes[FILE_AT] = 'f';
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert(m.op == DHCP_BOOTREPLY && m.htype == 1 && m.hlen == 6 && m.hops == 0);
    cr_assert(m.xid == 0x12345678 && m.secs == 1 && m.flags == DHCP_FLAG_BROADCAST);
    cr_assert(m.ciaddr == 0x0a000210 && m.yiaddr == 0x0a00020f);
    cr_assert(m.siaddr == 0x0a000202 && m.giaddr == 0x0a000203);
    cr_assert_arr_eq(m.chaddr, "\x52\x54\x00\x12\x34\x56\0\0\0\0\0\0\0\0\0\0", 16);
    cr_assert(m.sname[0] == 's' && m.file[0] == 'f');
    cr_assert(m.options == p.bytes + 240 && m.options_len == 3 && m.overload == 0);
}

/* DISCOVER, padded with zeros from End to 300 octets (RFC 951's 64 octets of vendor area). */
Test(wire_dhcp, writes_a_message_of_300_octets)
{
    uint8_t options[16], buf[301], expected[300] = {0};
    struct dhcp_writer w = {.buf = options, .room = sizeof options};
    dhcp_put8(&w, DHCP_OPT_MESSAGE_TYPE, DHCP_DISCOVER);
    dhcp_put16(&w, DHCP_OPT_MAX_MESSAGE_SIZE, 1500);
    dhcp_put32(&w, DHCP_OPT_REQUESTED_ADDRESS, 0x0a00020f);
    cr_assert_not(w.full);
    struct dhcp_msg m = {.op = DHCP_BOOTREPLY,
                         .htype = 1,
                         .hlen = 6,
                         .xid = 0x12345678,
                         .secs = 1,
                         .flags = DHCP_FLAG_BROADCAST,
                         .ciaddr = 0x0a000210,
                         .yiaddr = 0x0a00020f,
                         .siaddr = 0x0a000202,
                         .giaddr = 0x0a000203,
                         .chaddr = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
                         .options = options,
                         .options_len = w.len};
    struct packet p = message("350101 390205dc 32040a00020f ff");
    memcpy(expected, p.bytes, p.len);
    memset(buf, 0xee, sizeof buf);
    cr_assert_eq(dhcp_emit(&m, buf, 299), 0);
    ASSERT_BYTES(buf, dhcp_emit(&m, buf, sizeof buf), packet_of(expected, 300));
    cr_assert_eq(buf[300], 0xee);
}

/* 60 octets of options and End make 301: no padding then. */
Test(wire_dhcp, writes_a_message_above_300_octets)
{
    uint8_t options[60] = {0}, buf[400];
    struct dhcp_msg m = {.op = DHCP_BOOTREQUEST, .options = options, .options_len = 60};
    cr_assert_eq(dhcp_emit(&m, buf, 300), 0);
    cr_assert_eq(dhcp_emit(&m, buf, 301), 301);
    cr_assert_eq(buf[300], DHCP_OPT_END);
    m.options_len = 58;
    cr_assert_eq(dhcp_emit(&m, buf, sizeof buf), 300);
    m.options_len = 59;
    cr_assert_eq(dhcp_emit(&m, buf, sizeof buf), 300);
    cr_assert_eq(buf[299], DHCP_OPT_END);
}

Test(wire_dhcp, writes_sname_and_file_where_they_are_given)
{
    uint8_t sname[64], file[128], buf[300];
    memset(sname, 's', sizeof sname);
    memset(file, 'f', sizeof file);
    struct dhcp_msg m = {.op = DHCP_BOOTREQUEST, .sname = sname, .file = file};
    cr_assert_eq(dhcp_emit(&m, buf, sizeof buf), 300);
    cr_assert_arr_eq(buf + SNAME_AT, sname, 64);
    cr_assert_arr_eq(buf + FILE_AT, file, 128);
    cr_assert_arr_eq(buf + COOKIE_AT, "\x63\x82\x53\x63\xff", 5);
}

Test(wire_dhcp, refuses_235_octets)
{
    struct packet p = packet_prefix(message(""), 235);
    struct dhcp_msg m;
    ASSERT_REFUSED(DHCP_SHORT, dhcp_parse(p.bytes, p.len, &m));
}

Test(wire_dhcp, refuses_a_message_that_ends_in_its_cookie)
{
    struct packet p = packet_prefix(message(""), 239);
    struct dhcp_msg m;
    ASSERT_REFUSED(DHCP_COOKIE_SHORT, dhcp_parse(p.bytes, p.len, &m));
}

Test(wire_dhcp, refuses_another_op)
{
    struct packet p = message("ff");
    struct dhcp_msg m;
    p.bytes[0] = 3;
    ASSERT_REFUSED(DHCP_OP_UNKNOWN, dhcp_parse(p.bytes, p.len, &m));
}

Test(wire_dhcp, refuses_an_hlen_of_17)
{
    struct packet p = message("ff");
    struct dhcp_msg m;
    p.bytes[2] = 17;
    ASSERT_REFUSED(DHCP_HLEN_ABOVE_16, dhcp_parse(p.bytes, p.len, &m));
}

Test(wire_dhcp, accepts_an_hlen_of_16)
{
    struct packet p = message("ff");
    struct dhcp_msg m;
    p.bytes[2] = 16;
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
}

Test(wire_dhcp, accepts_a_message_without_options)
{
    struct packet p = message("");
    struct dhcp_msg m;
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert_eq(m.options_len, 0);
}

Test(wire_dhcp, refuses_another_cookie)
{
    struct packet p = message("ff");
    struct dhcp_msg m;
    p.bytes[COOKIE_AT + 3] = 0x64;
    ASSERT_REFUSED(DHCP_COOKIE_WRONG, dhcp_parse(p.bytes, p.len, &m));
}

Test(wire_dhcp, refuses_an_option_without_a_length_octet)
{
    struct packet p = message("00 35");
    struct dhcp_msg m;
    ASSERT_REFUSED(DHCP_OPTION_NO_LENGTH, dhcp_parse(p.bytes, p.len, &m));
}

Test(wire_dhcp, refuses_an_option_beyond_the_message)
{
    struct packet p = message("360401020304 3503 0105");
    struct dhcp_msg m;
    ASSERT_REFUSED(DHCP_OPTION_BEYOND, dhcp_parse(p.bytes, p.len, &m));
}

/* RFC 2131 4.1: an option lies entirely in its field; one that leaves file for the cookie does not.
 */
Test(wire_dhcp, refuses_an_option_beyond_an_overloaded_file)
{
    struct packet p = message("340101 ff");
    struct dhcp_msg m;
    put(p, FILE_AT, "0cfe");
    memset(p.bytes + FILE_AT + 2, 'x', 126);
    ASSERT_REFUSED(DHCP_OPTION_BEYOND, dhcp_parse(p.bytes, p.len, &m));
    p.bytes[FILE_AT + 1] = 126;
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
}

Test(wire_dhcp, refuses_an_option_beyond_an_overloaded_sname)
{
    struct packet p = message("340102 ff");
    struct dhcp_msg m;
    put(p, SNAME_AT, "0c3f");
    memset(p.bytes + SNAME_AT + 2, 'x', 62);
    ASSERT_REFUSED(DHCP_OPTION_BEYOND, dhcp_parse(p.bytes, p.len, &m));
}

/* Not overloaded, file and sname are text, in which nothing is malformed. */
Test(wire_dhcp, does_not_look_for_options_in_text)
{
    struct packet p = message("ff");
    struct dhcp_msg m;
    memset(p.bytes + SNAME_AT, 0xfe, 64 + 128);
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
}

/* An options field without End is taken to end with the message. */
Test(wire_dhcp, accepts_options_without_end)
{
    struct packet p = message("350105");
    struct dhcp_msg m;
    uint8_t type = 0;
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert(dhcp_option_get8(&m, DHCP_OPT_MESSAGE_TYPE, &type) && type == DHCP_ACK);
}

/* An empty option may be the last two octets. */
Test(wire_dhcp, accepts_an_empty_option_at_the_very_end)
{
    struct packet p = message("350105 5000");
    struct dhcp_msg m;
    size_t len = 77;
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert(dhcp_option_get(&m, 80, NULL, 0, &len) && len == 0);
}

/* Pads between options are passed over, and nothing behind End is an option. */
Test(wire_dhcp, iterates_options_up_to_end)
{
    struct packet p = message("0000 350105 00 0100 ff 0c0161");
    struct dhcp_msg m;
    struct dhcp_option o;
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    struct dhcp_option_iter iter = dhcp_option_iter(&m);
    cr_assert(dhcp_option_next(&iter, &o));
    cr_assert(o.code == 53 && o.len == 1 && o.data[0] == DHCP_ACK);
    cr_assert(dhcp_option_next(&iter, &o));
    cr_assert(o.code == 1 && o.len == 0);
    cr_assert_not(dhcp_option_next(&iter, &o));
    cr_assert_not(dhcp_option_next(&iter, &o));
}

/* A message that never was parsed: reading stops where an option would leave its field. */
Test(wire_dhcp, reads_no_option_of_a_handmade_message_past_its_end)
{
    struct packet p = packet("350105 0c02 61");
    const struct dhcp_msg m = {.options = p.bytes, .options_len = p.len};
    struct dhcp_option_iter iter = dhcp_option_iter(&m);
    struct dhcp_option o;
    cr_assert(dhcp_option_next(&iter, &o) && o.code == 53);
    cr_assert_not(dhcp_option_next(&iter, &o));
}

/* RFC 3396 section 5: options, then file, then sname, though sname comes first in the message. */
Test(wire_dhcp, iterates_file_before_sname)
{
    struct packet p = message("340103 0c0131 ff");
    struct dhcp_msg m;
    struct dhcp_option o;
    put(p, FILE_AT, "0c0132 ff 0c0139");
    put(p, SNAME_AT, "00 0c0133 ff");
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert_eq(m.overload, 3);
    struct dhcp_option_iter iter = dhcp_option_iter(&m);
    cr_assert(dhcp_option_next(&iter, &o) && o.code == DHCP_OPT_OVERLOAD);
    for (int expected = '1'; expected <= '3'; expected++)
        cr_assert(dhcp_option_next(&iter, &o) && o.code == 12 && o.data[0] == (uint8_t)expected);
    cr_assert_not(dhcp_option_next(&iter, &o));
}

Test(wire_dhcp, overloads_one_field_only)
{
    struct packet p = message("340102 ff");
    struct dhcp_msg m;
    uint8_t name[4];
    size_t len = 0;
    put(p, FILE_AT, "0c0166 ff");
    put(p, SNAME_AT, "0c0173 ff");
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert(dhcp_option_get(&m, DHCP_OPT_HOST_NAME, name, sizeof name, &len));
    cr_assert(len == 1 && name[0] == 's');
}

/* RFC2132-9.3-1: with value 4, 0 or of two octets the option is ignored, the rest is used. */
Test(wire_dhcp, ignores_an_overload_without_meaning)
{
    const char *options[] = {"340104 ff", "340100 ff", "34020101 ff", "340101 340102 ff"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct packet p = message(options[i]);
        struct dhcp_msg m;
        memset(p.bytes + SNAME_AT, 0xfe, 64 + 128);
        ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
        cr_assert_eq(m.overload, 0);
    }
}

/* The same option twice is one; as pieces of one it would be of a length that overload never has.
 */
Test(wire_dhcp, takes_an_overload_twice_for_one)
{
    struct packet p = message("340101 340101 ff");
    struct dhcp_msg m;
    put(p, FILE_AT, "ff");
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert_eq(m.overload, 1);
}

/* RFC 2131 4.1: overload stands in the options field; one in file does not overload sname. */
Test(wire_dhcp, ignores_an_overload_in_file)
{
    struct packet p = message("340101 ff");
    struct dhcp_msg m;
    put(p, FILE_AT, "340103 ff");
    memset(p.bytes + SNAME_AT, 0xfe, 64);
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert_eq(m.overload, 1);
}

/* RFC 3396 section 8: "/diskless/foo" in two options of code 67. */
Test(wire_dhcp, joins_the_split_option_of_rfc_3396)
{
    struct packet p = message("43072f6469736b6c65 350105 430673732f666f6f ff");
    struct dhcp_msg m;
    uint8_t name[13];
    size_t len = 0;
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert(dhcp_option_get(&m, DHCP_OPT_BOOT_FILE_NAME, name, sizeof name, &len));
    cr_assert_eq(len, 13);
    cr_assert_arr_eq(name, "/diskless/foo", 13);
}

/* The same split over two fields: the first piece in the options, the second in sname. */
Test(wire_dhcp, joins_an_option_split_over_two_fields)
{
    struct packet p = message("43072f6469736b6c65 340102 ff");
    struct dhcp_msg m;
    uint8_t name[13];
    size_t len = 0;
    put(p, SNAME_AT, "430673732f666f6f ff");
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert(dhcp_option_get(&m, DHCP_OPT_BOOT_FILE_NAME, name, sizeof name, &len));
    cr_assert_eq(len, 13);
    cr_assert_arr_eq(name, "/diskless/foo", 13);
}

/* A buffer that is too small gets what fits; the length says what there was. */
Test(wire_dhcp, copies_no_more_than_there_is_room_for)
{
    struct packet p = message("0c036162630c03646566 ff");
    struct dhcp_msg m;
    uint8_t name[5] = {0, 0, 0, 0, 0xee};
    size_t len = 0;
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert(dhcp_option_get(&m, DHCP_OPT_HOST_NAME, name, 4, &len));
    cr_assert_eq(len, 6);
    cr_assert_arr_eq(name, "abcd\xee", 5);
}

Test(wire_dhcp, finds_no_option_that_is_absent)
{
    struct packet p = message("350105 ff");
    struct dhcp_msg m;
    size_t len = 77;
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert_not(dhcp_option_get(&m, DHCP_OPT_ROUTER, NULL, 0, &len));
    cr_assert_eq(len, 77);
}

/* RFC2131-4.3.1-1: an option is used only when its length is right. */
Test(wire_dhcp, reads_numbers_of_the_right_length_only)
{
    struct packet p = message("350105 39020240 33040000 0e10 3402 0101 1a03010203 3a03010203 ff");
    struct dhcp_msg m;
    uint8_t v8 = 0;
    uint16_t v16 = 0;
    uint32_t v32 = 0;
    ASSERT_ACCEPTED(dhcp_parse(p.bytes, p.len, &m));
    cr_assert(dhcp_option_get8(&m, DHCP_OPT_MESSAGE_TYPE, &v8) && v8 == 5);
    cr_assert(dhcp_option_get16(&m, DHCP_OPT_MAX_MESSAGE_SIZE, &v16) && v16 == 576);
    cr_assert(dhcp_option_get32(&m, DHCP_OPT_LEASE_TIME, &v32) && v32 == 3600);
    cr_assert_not(dhcp_option_get8(&m, DHCP_OPT_OVERLOAD, &v8));
    cr_assert_not(dhcp_option_get16(&m, DHCP_OPT_INTERFACE_MTU, &v16));
    cr_assert_not(dhcp_option_get32(&m, DHCP_OPT_RENEWAL_TIME, &v32));
    cr_assert_not(dhcp_option_get32(&m, DHCP_OPT_ROUTER, &v32));
    cr_assert(v8 == 5 && v16 == 576 && v32 == 3600);
}

/* 256 octets go out as 255 and 1; RFC 3396 section 6. */
Test(wire_dhcp, splits_an_option_above_255_octets)
{
    uint8_t data[256], buf[260];
    memset(data, 'x', sizeof data);
    data[0] = 'a';
    data[255] = 'z';
    struct dhcp_writer w = {.buf = buf, .room = 259};
    dhcp_put(&w, 121, data, 256);
    cr_assert(w.full && w.len == 0, "259 octets are one too few");
    w = (struct dhcp_writer){.buf = buf, .room = 260};
    dhcp_put(&w, 121, data, 256);
    cr_assert(!w.full && w.len == 260);
    cr_assert(buf[0] == 121 && buf[1] == 255 && buf[257] == 121 && buf[258] == 1);
    cr_assert(buf[2] == 'a' && buf[256] == 'x' && buf[259] == 'z');
    w = (struct dhcp_writer){.buf = buf, .room = 257};
    dhcp_put(&w, 121, data, 255);
    cr_assert(w.len == 257 && buf[1] == 255, "255 octets need no second piece");
}

Test(wire_dhcp, writes_an_empty_option)
{
    uint8_t buf[2];
    struct dhcp_writer w = {.buf = buf, .room = 2};
    dhcp_put(&w, 80, NULL, 0);
    cr_assert(!w.full && w.len == 2 && buf[0] == 80 && buf[1] == 0);
}

/* Once an option did not fit, a smaller one is not written either: the message would lack the
 * first. */
Test(wire_dhcp, stays_full)
{
    uint8_t buf[5];
    struct dhcp_writer w = {.buf = buf, .room = 5};
    dhcp_put32(&w, DHCP_OPT_SERVER_ID, 1);
    cr_assert(w.full);
    dhcp_put8(&w, DHCP_OPT_MESSAGE_TYPE, 1);
    cr_assert(w.full && w.len == 0);
}
