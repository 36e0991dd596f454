/* The TFTP server against RFC 1350, 2347, 2348 and 2349, packet by packet; and its lies. */
#include <criterion/criterion.h>
#include <string.h>
#include "tests/hosts/peer_rig.h"

#define SERVER "host tftp-server srv ip 10.0.2.2/24 file \"a\" \"hello\" made \"big\" 1000 "
enum { CLIENT_PORT = 3000 };

static uint16_t transfer; /* the server's port of the last packet */

/* Sends `packet` to `port`; how many came back. */
static int send(struct peer_rig *r, uint16_t port, const void *packet, uint32_t len)
{
    r->frames = 0;
    return peer_rig_udp(r, RIG_CLIENT, RIG_SERVER, CLIENT_PORT, port, packet, len);
}
#define SEND(r, port, text) send(r, port, text, sizeof(text) - 1)

static void heard(struct peer_rig *r, const void *packet, uint32_t len)
{
    uint32_t got;
    const uint8_t *p = peer_rig_payload(r, r->frames - 1, &got);
    transfer = (uint16_t)get16(r->seen[r->frames - 1].bytes + 34);
    cr_assert_eq(get16(r->seen[r->frames - 1].bytes + 36), CLIENT_PORT);
    cr_assert_eq(got, len, "%u octets came, %u expected", got, len);
    cr_assert_arr_eq(p, packet, len);
}
#define HEARD(r, text) heard(r, text, sizeof(text) - 1)

static void heard_data(struct peer_rig *r, uint32_t block, uint32_t at, uint32_t len)
{
    uint8_t packet[1500] = {0, 3};
    put16(packet + 2, block);
    packet_pattern_fill(packet + 4, len, at);
    heard(r, packet, 4 + len);
}

static void end(struct peer_rig *r, int64_t done, int64_t violations, const char *last)
{
    cr_expect_eq(peer_rig_number(r, "done"), done);
    cr_expect_eq(peer_rig_number(r, "violations"), violations);
    peer_rig_says(r, "last-violation", last);
    peer_rig_close(r);
}

Test(tftp, a_file_is_read)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    cr_assert_eq(SEND(r, 69, "\0\1big\0octet\0"), 1);
    heard_data(r, 1, 0, 512);
    cr_assert_neq(transfer, 69);
    cr_assert_eq(SEND(r, transfer, "\0\4\0\1"), 1);
    heard_data(r, 2, 512, 488);
    cr_assert_eq(SEND(r, transfer, "\0\4\0\1"), 0, "acknowledged again: not sent again");
    cr_assert_eq(SEND(r, transfer, "\0\4\0\2"), 0);
    end(r, 1, 0, "");
}

Test(tftp, a_lost_block_goes_again)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    SEND(r, 69, "\0\1a\0octet\0");
    HEARD(r, "\0\3\0\1hello");
    r->frames = 0;
    peer_rig_run(r, INT64_C(20000000000));
    cr_assert_eq(r->frames, 5);
    cr_assert_eq(peer_rig_number(r, "failed"), 1);
    end(r, 0, 0, "");
}

Test(tftp, options)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    SEND(r, 69,
         "\0\1big\0octet\0tsize\0000\0blksize\0"
         "900\0timeout\0003\0unknown\0x\0");
    HEARD(r, "\0\6blksize\0"
             "900\0timeout\0003\0tsize\0"
             "1000\0");
    SEND(r, transfer, "\0\4\0\0");
    heard_data(r, 1, 0, 900);
    peer_rig_run(r, INT64_C(2990000000));
    cr_assert_eq(r->frames, 1);
    peer_rig_run(r, INT64_C(20000000));
    cr_assert_eq(r->frames, 2, "the timeout that was agreed on");
    SEND(r, transfer, "\0\4\0\1");
    heard_data(r, 2, 900, 100);
    SEND(r, transfer, "\0\4\0\2");
    end(r, 1, 0, "");
}

/* A file of whole blocks ends with an empty one (RFC 1350 2). */
Test(tftp, whole_blocks)
{
    struct peer_rig *r = peer_rig_open("host tftp-server srv ip 10.0.2.2/24 made \"b\" 512");
    SEND(r, 69, "\0\1b\0octet\0");
    heard_data(r, 1, 0, 512);
    SEND(r, transfer, "\0\4\0\1");
    heard_data(r, 2, 512, 0);
    SEND(r, transfer, "\0\4\0\2");
    end(r, 1, 0, "");
}

Test(tftp, a_file_is_written)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    SEND(r, 69, "\0\2new\0octet\0");
    HEARD(r, "\0\4\0\0");
    uint8_t packet[516] = {0, 3, 0, 1};
    packet_pattern_fill(packet + 4, 512, 0);
    send(r, transfer, packet, 516);
    HEARD(r, "\0\4\0\1");
    send(r, transfer, packet, 516);
    HEARD(r, "\0\4\0\1");
    packet[3] = 2;
    packet_pattern_fill(packet + 4, 10, 512);
    send(r, transfer, packet, 14);
    HEARD(r, "\0\4\0\2");
    send(r, transfer, packet, 14); /* the last acknowledgement was lost */
    HEARD(r, "\0\4\0\2");
    cr_assert_eq(peer_rig_number(r, "pattern"), 522);
    cr_assert_eq(peer_rig_number(r, "octets-in"), 522);
    peer_rig_says(r, "last-file", "new");
    end(r, 1, 0, "");
}

Test(tftp, what_it_minds)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    SEND(r, 69, "\0\1none\0octet\0");
    HEARD(r, "\0\5\0\1there is no such file\0");
    SEND(r, 69, "\0\1a\0mail\0");
    HEARD(r, "\0\5\0\4that was no request\0");
    peer_rig_says(r, "last-violation", "a mode that is neither octet nor netascii (RFC 1350 1)");
    SEND(r, 69, "\0\1ab");
    peer_rig_says(r, "last-violation", "a request without file or mode (RFC 1350 5)");
    SEND(r, 69, "\0\1a\0octet\0blksize\0007\0");
    peer_rig_says(r, "last-violation", "a blksize that is not from 8 to 65464 (RFC 2348)");
    cr_assert_eq(SEND(r, 69, "\0\4\0\1"), 0);
    peer_rig_says(r, "last-violation", "what is no request, on port 69 (RFC 1350 4)");
    SEND(r, 69, "\0\1big\0octet\0");
    heard_data(r, 1, 0, 512);
    cr_assert_eq(SEND(r, transfer, "\0\4\0\7"), 0);
    peer_rig_says(r, "last-violation",
                  "an acknowledgement of a block that was never sent (RFC 1350 2)");
    r->frames = 0;
    peer_rig_udp(r, RIG_CLIENT, RIG_SERVER, CLIENT_PORT + 1, transfer, "\0\4\0\1", 4);
    cr_assert_eq(r->seen[0].bytes[43], 5, "an error, for the stranger");
    cr_assert_eq(SEND(r, transfer, "\0\4\0\1"), 1, "and the transfer goes on");
    end(r, 0, 6, "a packet from another port than the transfer's (RFC 1350 4)");
}

Test(tftp, lies)
{
    struct peer_rig *r = peer_rig_open(SERVER "no-options, wrong-block 1 1, duplicate 1 1");
    cr_assert_eq(SEND(r, 69, "\0\1a\0octet\0tsize\0000\0"), 2);
    HEARD(r, "\0\3\0\2hello");
    peer_rig_close(r);
    r = peer_rig_open(SERVER "error 3");
    SEND(r, 69, "\0\1a\0octet\0");
    HEARD(r, "\0\5\0\3told to\0");
    peer_rig_close(r);
    r = peer_rig_open(SERVER "silent 1 \"data\" oack-blksize 2000 other-port \"oack\"");
    SEND(r, 69,
         "\0\1a\0octet\0blksize\0"
         "600\0");
    HEARD(r, "\0\6blksize\0"
             "2000\0");
    cr_assert_eq(SEND(r, (uint16_t)(transfer - 1), "\0\4\0\0"), 0);
    peer_rig_close(r);
}
