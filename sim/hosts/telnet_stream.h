/*
 * What comes over a telnet connection, taken apart: octets of data, commands, options' requests and
 * subnegotiations (RFC 854, 855). It shares nothing with stack/.
 */
#ifndef SIM_HOSTS_TELNET_STREAM_H
#define SIM_HOSTS_TELNET_STREAM_H

#include <stdbool.h>
#include <stdint.h>

enum telnet_code {
    TELNET_SE = 240,
    TELNET_NOP = 241,
    TELNET_DM = 242,
    TELNET_BRK = 243,
    TELNET_IP = 244,
    TELNET_AO = 245,
    TELNET_AYT = 246,
    TELNET_EC = 247,
    TELNET_EL = 248,
    TELNET_GA = 249,
    TELNET_SB = 250,
    TELNET_WILL = 251,
    TELNET_WONT = 252,
    TELNET_DO = 253,
    TELNET_DONT = 254,
    TELNET_IAC = 255,
};

enum telnet_option {
    TELNET_BINARY = 0,         /* RFC 856 */
    TELNET_ECHO = 1,           /* RFC 857 */
    TELNET_GO_AHEAD = 3,       /* suppressed: RFC 858 */
    TELNET_TERMINAL_TYPE = 24, /* RFC 1091 */
    TELNET_WINDOW = 31,        /* RFC 1073 */
};

enum { TELNET_SUBNEGOTIATION = 256 };

enum telnet_event {
    TELNET_NOTHING, /* the octet is a part of something */
    TELNET_DATA,    /* octet */
    TELNET_LINE,    /* CR LF, or CR NUL */
    TELNET_COMMAND, /* octet: one without an argument */
    TELNET_REQUEST, /* octet is WILL, WONT, DO or DONT, of option */
    TELNET_SUB,     /* a subnegotiation of option, sub[0..sub_len) */
};

struct telnet_stream {
    enum { AT_DATA, AT_CR, AT_IAC, AT_OPTION, AT_SUB_OPTION, AT_SUB, AT_SUB_IAC } at;
    uint8_t octet, option;
    uint8_t sub[TELNET_SUBNEGOTIATION];
    uint32_t sub_len;
    const char *fault; /* of this octet; NULL: none */
};

enum telnet_event telnet_stream_take(struct telnet_stream *t, uint8_t octet);

#endif
