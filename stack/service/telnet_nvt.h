/*
 * The server's end of a telnet connection as a machine of octets (RFC 854, 855, 857, 858; RFC 1123
 * 3): what comes is taken one octet at a time, what is to be sent is written to a text. It knows no
 * TCP. It offers ECHO and SUPPRESS-GO-AHEAD, lets the other side suppress, too, and refuses all
 * else; every line is answered, and `quit` ends it.
 */
#ifndef STACK_SERVICE_TELNET_NVT_H
#define STACK_SERVICE_TELNET_NVT_H

#include "stack/core/text.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TELNET_LINE = 80 }; /* of a line; more octets of it are lost */
/* What one octet adds to the answer at most: a line that is said again, and the prompt. */
enum { TELNET_ANSWER = TELNET_LINE + 120 };

enum telnet_option { TELNET_ECHO = 1, TELNET_SUPPRESS_GO_AHEAD = 3 };

struct telnet_nvt {
    uint8_t phase, verb;
    uint8_t ours[2], theirs; /* of ECHO and SUPPRESS-GO-AHEAD; of the second, the other side's */
    bool after_cr;
    bool synch; /* RFC 854, the Synch: data is thrown away up to a DM. The caller sets it, when
                   urgent data is announced */
    bool over;  /* the connection is to be closed */
    uint8_t line_len;
    uint32_t lines;
    char line[TELNET_LINE + 1];
};

/* Writes the offers, a greeting and the prompt. */
void telnet_nvt_begin(struct telnet_nvt *n, struct text *out);
void telnet_nvt_take(struct telnet_nvt *n, uint8_t octet, struct text *out);

#ifdef __cplusplus
}
#endif

#endif
