#include "sim/hosts/telnet_stream.h"

static enum telnet_event data(struct telnet_stream *t, uint8_t octet)
{
    t->at = AT_DATA;
    t->octet = octet;
    if (octet == TELNET_IAC)
        t->at = AT_IAC;
    else if (octet == '\r')
        t->at = AT_CR;
    else
        return TELNET_DATA;
    return TELNET_NOTHING;
}

/* RFC 854, the printer and keyboard: CR is followed by LF or NUL. */
static enum telnet_event behind_cr(struct telnet_stream *t, uint8_t octet)
{
    if (octet == '\n' || octet == '\0') {
        t->at = AT_DATA;
        return TELNET_LINE;
    }
    t->fault = "a CR without LF or NUL behind it (RFC 854)";
    return data(t, octet);
}

static enum telnet_event command(struct telnet_stream *t, uint8_t octet)
{
    t->octet = octet;
    t->at = AT_DATA;
    if (octet == TELNET_IAC)
        return TELNET_DATA;
    if (octet >= TELNET_WILL)
        t->at = AT_OPTION;
    else if (octet == TELNET_SB)
        t->at = AT_SUB_OPTION;
    else if (octet < TELNET_SE)
        t->fault = "IAC with what is no command behind it (RFC 854)";
    else if (octet == TELNET_SE)
        t->fault = "the end of a subnegotiation that has not begun (RFC 855)";
    return t->at == AT_DATA ? TELNET_COMMAND : TELNET_NOTHING;
}

static enum telnet_event subnegotiation(struct telnet_stream *t, uint8_t octet)
{
    if (t->at == AT_SUB && octet == TELNET_IAC) {
        t->at = AT_SUB_IAC;
        return TELNET_NOTHING;
    }
    if (t->at == AT_SUB_IAC && octet == TELNET_SE) {
        t->at = AT_DATA;
        return TELNET_SUB;
    }
    if (t->at == AT_SUB_IAC && octet != TELNET_IAC)
        t->fault = "IAC in a subnegotiation that is not doubled (RFC 855)";
    t->at = AT_SUB;
    if (t->sub_len < TELNET_SUBNEGOTIATION)
        t->sub[t->sub_len++] = octet;
    else
        t->fault = "a subnegotiation of more than 256 octets";
    return TELNET_NOTHING;
}

enum telnet_event telnet_stream_take(struct telnet_stream *t, uint8_t octet)
{
    t->fault = 0;
    switch (t->at) {
    case AT_DATA:
        return data(t, octet);
    case AT_CR:
        return behind_cr(t, octet);
    case AT_IAC:
        return command(t, octet);
    case AT_OPTION:
        t->at = AT_DATA;
        t->option = octet;
        return TELNET_REQUEST;
    case AT_SUB_OPTION:
        t->at = AT_SUB;
        t->option = octet;
        t->sub_len = 0;
        return TELNET_NOTHING;
    case AT_SUB:
    case AT_SUB_IAC:
        return subnegotiation(t, octet);
    }
    return TELNET_NOTHING;
}
