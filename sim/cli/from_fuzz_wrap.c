/*
 * Octets that a parser was given, as a script in which the stack is given them: in a frame as they
 * are, and fitted to what the stack waits for - its transaction's number, its port, its checksums -
 * without which it would not look at them. What is tried first is what changes them least.
 */
#include <string.h>
#include "sim/cli/from_fuzz.h"
#include "sim/packet/packet.h"

enum { PIECE = 1460, PIECES_MOST = 40, FRAME_MOST = 2048 };

static const char peer[] = "host   raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2\n";
static const char known[] = "0      neighbour(\"eth0\", 10.0.2.2, 52:55:0a:00:02:02) = 0\n";
static const uint8_t host_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static void hex(FILE *out, const uint8_t *octets, size_t from, size_t to)
{
    for (size_t k = from; k < to; k++)
        fprintf(out, " %02x", octets[k]);
}

static void put16(uint8_t *at, uint32_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static void put32(uint8_t *at, uint32_t v)
{
    put16(at, v >> 16);
    put16(at + 2, v & 0xffff);
}

/* The sum at `at` made right, over a pseudo-header of that protocol; 0: over none. */
static void mend(uint8_t *octets, size_t len, size_t at, unsigned protocol)
{
    enum { PSEUDO = 0x0a00 + 0x0202 + 0x0a00 + 0x020f };
    if (at + 2 > len)
        return;
    put16(octets + at, 0);
    put16(octets + at, packet_sum(octets, len, protocol ? PSEUDO + protocol + (uint32_t)len : 0));
}

static void simple(FILE *out, const char *line, const uint8_t *octets, size_t len)
{
    fprintf(out, "sut    eth0 ip 10.0.2.15/24\n%sjudge  outcome\n0      %s", peer, line);
    hex(out, octets, 0, len);
    fputs("\n", out);
}

/* --- the layers --- */

static void as_frame(FILE *out, uint8_t *o, size_t len)
{
    simple(out, "< hex", o, len);
}

static void frame_to_us(FILE *out, uint8_t *o, size_t len)
{
    memcpy(o, host_mac, len < 6 ? len : 6);
    simple(out, "< hex", o, len);
}

static void arp(FILE *out, uint8_t *o, size_t len)
{
    simple(out, "< eth ff:ff:ff:ff:ff:ff type 0x806 data hex", o, len);
}

/* In a frame that says its own length (RFC 1042): no padding stands behind it. */
static void arp_snap(FILE *out, uint8_t *o, size_t len)
{
    uint8_t snap[] = {0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 6};
    put16(snap, (uint32_t)(sizeof snap - 2 + len));
    fprintf(out, "sut    eth0 ip 10.0.2.15/24\n%sjudge  outcome\n0      < hex", peer);
    fputs(" ff ff ff ff ff ff 52 55 0a 00 02 02", out);
    hex(out, snap, 0, sizeof snap);
    hex(out, o, 0, len);
    fputs("\n", out);
}

static void ipv4(FILE *out, uint8_t *o, size_t len)
{
    simple(out, "< eth 52:54:00:12:34:56 type 0x800 data hex", o, len);
}

static void ipv4_to_us(FILE *out, uint8_t *o, size_t len)
{
    size_t header = len ? (o[0] & 15u) * 4u : 0;
    if (len >= 20)
        put32(o + 16, 0x0a00020f);
    mend(o, header <= len ? header : len, 10, 0);
    ipv4(out, o, len);
}

static void icmpv4(FILE *out, uint8_t *o, size_t len)
{
    simple(out, "< ip peer > eth0 proto 1 data hex", o, len);
}

static void icmpv4_summed(FILE *out, uint8_t *o, size_t len)
{
    mend(o, len, 2, 0);
    icmpv4(out, o, len);
}

static void udp(FILE *out, uint8_t *o, size_t len)
{
    simple(out, "< ip peer > eth0 proto 17 data hex", o, len);
}

static void udp_summed(FILE *out, uint8_t *o, size_t len)
{
    mend(o, len, 6, 17);
    udp(out, o, len);
}

static void tcp(FILE *out, uint8_t *o, size_t len)
{
    simple(out, "< ip peer > eth0 proto 6 data hex", o, len);
}

static void tcp_summed(FILE *out, uint8_t *o, size_t len)
{
    mend(o, len, 16, 6);
    tcp(out, o, len);
}

/* To a listener. */
static void tcp_listened(FILE *out, uint8_t *o, size_t len)
{
    if (len >= 4)
        put32(o, 5000u << 16 | 80);
    mend(o, len, 16, 6);
    fprintf(out, "sut    eth0 ip 10.0.2.15/24\n%sjudge  outcome\n%s", peer, known);
    fputs("+0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
          "+0     bind(3, {sa_family=AF_INET, sin_port=htons(80), "
          "sin_addr=inet_addr(\"0.0.0.0\")}, ...) = 0\n"
          "+0     listen(3, 1) = 0\n"
          "+0     < ip peer > eth0 proto 6 data hex",
          out);
    hex(out, o, 0, len);
    fputs("\n", out);
}

/* --- over UDP: what ties an answer to its question is the question's --- */

static void dhcp(FILE *out, uint8_t *o, size_t len, bool offered)
{
    static const uint8_t reply[] = {2, 1, 6};
    enum { XID = 4, XID_END = 8, CHADDR = 28 };
    memcpy(o, reply, len < sizeof reply ? len : sizeof reply);
    if (len >= CHADDR + sizeof host_mac)
        memcpy(o + CHADDR, host_mac, sizeof host_mac);
    if (len <= XID_END) { /* there is no number to be fitted */
        fprintf(out, "sut    eth0\n%s0      dhcp_start(\"eth0\") = 0\n", peer);
        fputs("+0     < eth 52:54:00:12:34:56 ip 10.0.2.2 > 255.255.255.255 udp 67 > 68 data hex",
              out);
        hex(out, o, 0, len);
        fputs("\n", out);
        return;
    }
    fprintf(out,
            "set    dhcp.start_delay 0\n"
            "format message on udp 65535 { head: bytes[4]  xid: u32  rest: bytes }\n"
            "sut    eth0\n%s"
            "0      dhcp_start(\"eth0\") = 0\n"
            "+0     > dhcp discover xid ?xid\n",
            peer);
    if (offered)
        fputs("+1ms   < dhcp offer yiaddr 10.0.2.15 server 10.0.2.2 lease 3600\n"
              "+0     > dhcp request\n",
              out);
    fputs(
        "+1ms   < eth 52:54:00:12:34:56 ip 10.0.2.2 > 255.255.255.255 udp 67 > 68 message head hex",
        out);
    hex(out, o, 0, XID);
    fputs(" xid $xid rest hex", out);
    hex(out, o, XID_END, len);
    fputs("\n", out);
}

static void dhcp_offered(FILE *out, uint8_t *o, size_t len)
{
    dhcp(out, o, len, false);
}

static void dhcp_asked(FILE *out, uint8_t *o, size_t len)
{
    dhcp(out, o, len, true);
}

static void dns(FILE *out, const uint8_t *o, size_t len)
{
    fprintf(out,
            "format message on udp 65535 { id: u16  rest: bytes }\n"
            "sut    eth0 ip 10.0.2.15/24\n%s%s"
            "+0     nameserver(10.0.2.2) = 0\n"
            "+0...20s resolve(\"a.example\") = ?result\n"
            "+0     > udp ?port > 53 dns id ?id\n"
            "+1ms   < udp 53 > $port ",
            peer, known);
    fputs(len > 2 ? "message id $id rest hex" : "data hex", out);
    hex(out, o, len > 2 ? 2 : 0, len);
    fputs("\n", out);
}

static void dns_id(FILE *out, uint8_t *o, size_t len)
{
    dns(out, o, len);
}

/* An answer to one question, which is ours: what stood behind the header stands behind it. */
static void dns_answer(FILE *out, uint8_t *o, size_t len)
{
    enum { HEADER = 12, QUESTION = 15 };
    static const uint8_t question[QUESTION] = "\1a\7example\0\0\1\0";
    uint8_t fitted[FRAME_MOST];
    if (len < HEADER || len > FRAME_MOST - QUESTION) {
        dns(out, o, len);
        return;
    }
    memcpy(fitted, o, HEADER);
    memcpy(fitted + HEADER, question, QUESTION);
    fitted[HEADER + QUESTION - 1] = 1;
    memcpy(fitted + HEADER + QUESTION, o + HEADER, len - HEADER);
    put16(fitted + 2, 0x8180);
    put16(fitted + 4, 1);
    dns(out, fitted, len + QUESTION);
}

static void ntp(FILE *out, uint8_t *o, size_t len)
{
    enum { ORIGIN = 24, ORIGIN_END = 32 };
    bool whole = len > ORIGIN_END;
    fprintf(out,
            "format message on udp 65535 { head: bytes[24]  origin: u64  rest: bytes }\n"
            "sut    eth0 ip 10.0.2.15/24\n%s%s"
            "+0...20s sntp(10.0.2.2, ...) = ?result\n"
            "+0     > udp ?port > 123 ntp client xmt ?x\n"
            "+1ms   < udp 123 > $port %s",
            peer, known, whole ? "message head hex" : "data hex");
    hex(out, o, 0, whole ? ORIGIN : len);
    if (whole) {
        fputs(" origin $x rest hex", out);
        hex(out, o, ORIGIN_END, len);
    }
    fputs("\n", out);
}

/* --- over TCP: a stream, in pieces --- */

static void pieces(FILE *out, const uint8_t *o, size_t len, size_t piece)
{
    size_t least = len / PIECES_MOST + 1;
    piece = piece < least ? least : piece;
    piece = piece < PIECE ? piece : PIECE;
    for (size_t at = 0; at < len; at += piece) {
        size_t part = len - at < piece ? len - at : piece;
        fprintf(out, "+10ms  < P. %zu:%zu(%zu) ack 1 win 65535 data hex", at + 1, at + 1 + part,
                part);
        hex(out, o, at, at + part);
        fputs("\n", out);
    }
    fprintf(out, "+10ms  < F. %zu:%zu(0) ack 1 win 65535\n", len + 1, len + 1);
}

static void served(FILE *out, const char *serve, unsigned port)
{
    fprintf(out, "sut    eth0 ip 10.0.2.15/24\n%sjudge  outcome\n%s+0     %s = 0\n", peer, known,
            serve);
    fprintf(out,
            "+10ms  < tcp 5000 > %u S 0:0(0) win 65535 <mss 1460>\n"
            "+10ms  < . 1:1(0) ack 1 win 65535\n",
            port);
}

/* Octet 0 says whether it is a request, octet 1 how long its pieces are (fuzz/http.c). */
static void http(FILE *out, uint8_t *o, size_t len, size_t piece)
{
    if (len < 2)
        return;
    if (o[0] & 1) {
        served(out, "http_serve(80, \"/\", \"x\")", 80);
    } else {
        fprintf(out,
                "sut    eth0 ip 10.0.2.15/24\n%sjudge  outcome\n%s+0     %s(10.0.2.2, \"/\")\n",
                peer, known, o[0] & 2 ? "http_head" : "http_get");
        fputs("+10ms  < S. 0:0(0) ack 1 win 65535 <mss 1460>\n", out);
    }
    pieces(out, o + 2, len - 2, piece);
}

static void http_whole(FILE *out, uint8_t *o, size_t len)
{
    http(out, o, len, PIECE);
}

static void http_pieces(FILE *out, uint8_t *o, size_t len)
{
    http(out, o, len, len > 1 ? 1u + o[1] % 16 : 1);
}

static void telnet(FILE *out, uint8_t *o, size_t len)
{
    served(out, "telnet_serve()", 23);
    pieces(out, o, len, PIECE);
}

/* --- which --- */

static const struct {
    const char *name;
    find_wrap *wrap[4];
} wraps[] = {
    {"wire_ethernet", {as_frame, frame_to_us}},
    {"wire_arp", {arp, arp_snap}},
    {"wire_ipv4", {ipv4, ipv4_to_us}},
    {"wire_icmpv4", {icmpv4, icmpv4_summed}},
    {"wire_udp", {udp, udp_summed}},
    {"wire_tcp", {tcp, tcp_summed, tcp_listened}},
    {"wire_dhcp", {dhcp_offered, dhcp_asked}},
    {"wire_dns", {dns_id, dns_answer}},
    {"wire_ntp", {ntp}},
    {"http", {http_whole, http_pieces}},
    {"telnet", {telnet}},
};

find_wrap *find_wrap_of(const char *target, uint32_t number)
{
    for (size_t k = 0; k < sizeof wraps / sizeof wraps[0]; k++)
        if (strcmp(wraps[k].name, target) == 0)
            return number < 4 ? wraps[k].wrap[number] : NULL;
    return NULL;
}
