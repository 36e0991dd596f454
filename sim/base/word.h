/*
 * Tokens of a script, and where each stands. The grammar handles declarations, times, calls and
 * expressions; what a packet line says is a run of tokens that sim/packet compiles against its
 * table of layers.
 *
 * How a line becomes words (the rules are the same everywhere but in %{ }% blocks):
 *  - `text` is always exactly what was written; `kind` says what it looks like. Where a format
 * gives a word a meaning of its own (TCP flags, hexadecimal cookies), read the text, whatever the
 * kind is: `12ab` is a NAME, `1234` a NUMBER, `1d` a TIME of one day.
 *  - NAME: [A-Za-z_] then letters, digits and _, with '-' and '.' inside (who-has, tcp.sum,
 * www.example.com), and one '.' at the end unless another follows (S. FP. SEW. but the two words
 * `a` `..` in a..b). Also '.' followed by letters (.P), and whatever starts with a digit and is no
 * number, time or address (12ab, 8. , 5P. , 10Mbit, 5%).
 *  - NUMBER: decimal or 0x..., in `number` (up to 64 bits: 0xffffffffffffffff is -1; a decimal that
 * does not fit is a NAME). A sign is PUNCT of its own.
 *  - TIME: a number with ns us ms s min h d behind it, or a bare decimal (1.5, .5), which is in
 * seconds; `number` is in ns. A decimal with more than nine digits behind the point (or too large)
 * is a NAME.
 *  - STRING: "..." with the escapes \n \r \t \0 \a \b \f \v \e \\ \" \' \xHH and \OOO: bytes, len;
 * text is with the quotes.
 *  - IPV4: number, host order. PREFIX: with /n: prefix; of IPv4: number, len 0; of IPv6: bytes,
 * len 16. IPV6: bytes, len 16; a single ':' behind an address is a PUNCT (ipv6 a::1 > b::1: ...).
 * MAC: six pairs of hexadecimal digits: bytes, len 6.
 *  - BIND ?x and USE $x: text is without the sigil.
 *  - HEX: behind the NAME `hex` (which is a word too), all following groups of an even number of
 * hexadecimal digits on this line, and on the lines below that consist of nothing else, together
 * one word: bytes, len. With none there, `hex` stands alone.
 *  - PUNCT: the longest of  ... .. == != <= >= << >> && || and single characters  > < = ( ) [ ] { }
 * , : ; . * / | & + - ! ~ @ ^ %
 *  - `spaced` tells `S.5` apart from `S. 5`.
 * Lines: the words behind the arrow run to the end of the logical line (a line that starts with no
 * time, declaration word, --, `, %{ or } continues the last one, as do lines inside open brackets);
 * comments are gone.
 *
 * Word lists, as kind:text (PUNCT as the bare character):
 *  > S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 7>
 *      NAME:S. NUMBER:0 : NUMBER:0 ( NUMBER:0 ) NAME:ack NUMBER:1 NAME:win NUMBER:65535 < NAME:mss
 * NUMBER:1460 , NAME:nop , NAME:wscale NUMBER:7 > > . 1:1(0) ack 1 <...>      . NUMBER:1 : NUMBER:1
 * ( NUMBER:0 ) NAME:ack NUMBER:1 < ... > < [ect0] - 1:11(10)!        [ NAME:ect0 ] - NUMBER:1 :
 * NUMBER:11 ( NUMBER:10 ) ! > .5 1:1(0)                 TIME:.5 (flags: ACK, ACE number 5) NUMBER:1
 * ... > 8. 1:1(0)                 NAME:8. NUMBER:1 ... > udp * > 7 data "a"        NAME:udp * >
 * NUMBER:7 NAME:data STRING:"a" < (tos 0x10, ttl 3) 7 > 8 S 0:0(0)    ( NAME:tos NUMBER:0x10 ,
 * NAME:ttl NUMBER:3 ) NUMBER:7 > NUMBER:8 NAME:S ... > eth ff:ff:ff:ff:ff:ff arp request
 * who-has 10.0.2.2 tell 10.0.2.15 NAME:eth MAC:ff:ff:ff:ff:ff:ff NAME:arp NAME:request NAME:who-has
 * IPV4:10.0.2.2 NAME:tell IPV4:10.0.2.15 > dhcp discover xid ?x secs [0..3]    NAME:dhcp
 * NAME:discover NAME:xid BIND:x NAME:secs [ NUMBER:0 .. NUMBER:3 ] < ipv4 1.1.1.1 > 2.2.2.2: gre: .
 * 1:1(0)/udp(6 > 7) NAME:ipv4 IPV4:1.1.1.1 > IPV4:2.2.2.2 : NAME:gre : . NUMBER:1 : NUMBER:1 (
 * NUMBER:0 ) / NAME:udp ( NUMBER:6 > NUMBER:7 ) < hex 00 11 2233 bad eth.type         NAME:hex
 * HEX:00112233 NAME:bad NAME:eth.type
 */
#ifndef SIM_BASE_WORD_H
#define SIM_BASE_WORD_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/base/place.h"

enum word_kind {
    WORD_NAME,
    WORD_NUMBER,
    WORD_TIME,   /* number in ns */
    WORD_STRING, /* escapes resolved: bytes, len */
    WORD_IPV4,   /* number */
    WORD_PREFIX, /* number, prefix; or bytes, len 16, prefix */
    WORD_IPV6,   /* bytes, 16 */
    WORD_MAC,    /* bytes, 6 */
    WORD_BIND,   /* ?x: text without the sigil */
    WORD_USE,    /* $x */
    WORD_HEX,    /* bytes, len */
    WORD_PUNCT,  /* text */
    /* Never in a packet's words: */
    WORD_SHELL,   /* `...`: text without the backticks */
    WORD_CODE,    /* %{ ... }%: text without the brackets */
    WORD_OPTION,  /* --name: text without the dashes; an = and the value as one STRING follow, if
                     given */
    WORD_NEWLINE, /* in %{ }% blocks only */
    WORD_END,     /* of the text */
};

struct word {
    enum word_kind kind;
    const char *text; /* as written, NUL-terminated */
    int64_t number;
    int prefix;
    const uint8_t *bytes;
    uint32_t len;
    bool spaced; /* white space, a comment or a line's start stands before it */
    bool first;  /* first on its line */
    struct place place;
};

#endif
