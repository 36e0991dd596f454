/*
 * HTTP/1.1 messages as they come over a stream (RFC 9112), for the peers that serve and ask. Read
 * strictly: what a sender must not send is a fault, although a recipient might put up with it. It
 * shares nothing with stack/.
 */
#ifndef SIM_HOSTS_HTTP_MESSAGE_H
#define SIM_HOSTS_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_HEAD_MOST = 16384, HTTP_SAMPLE = 1024, HTTP_CHUNK_LINE = 64, HTTP_WORD = 256 };

enum http_phase {
    HTTP_HEAD,
    HTTP_LENGTH,     /* octets of a known number */
    HTTP_CHUNK_SIZE, /* a line with one */
    HTTP_CHUNK,      /* its octets */
    HTTP_CHUNK_END,  /* the line end behind them */
    HTTP_TRAILER,
    HTTP_TO_THE_END, /* of the connection */
    HTTP_DONE,
    HTTP_BROKEN, /* fault says why */
};

struct http_message {
    enum http_phase phase;
    bool request;                /* else an answer */
    bool bodyless;               /* an answer to HEAD: set by who asked */
    bool close;                  /* the sender will close after it */
    bool minor_0;                /* HTTP/1.0 */
    int status;                  /* of an answer */
    uint64_t left;               /* of the body or the chunk */
    uint64_t body;               /* octets that came */
    uint64_t pattern;            /* so many of them, from the first on, are packet_pattern's */
    uint8_t sample[HTTP_SAMPLE]; /* the first of them */
    uint32_t sample_len, line_len, head_len;
    char line[HTTP_CHUNK_LINE];
    char method[HTTP_WORD], target[HTTP_WORD];
    const char *fault; /* the first; NULL: none */
    char head[HTTP_HEAD_MOST + 1];
};

void http_message_begin(struct http_message *m, bool request);
/* Takes octets until the message is done or broken: how many. */
uint32_t http_message_take(struct http_message *m, const uint8_t *octets, uint32_t len);
/* The stream has ended: a message that lasts until then is done, another one is broken. */
void http_message_end(struct http_message *m);
/* The kth field of that name (in any case), without white space around it; NULL: there is none. Not
 * ended by a NUL: *len. */
const char *http_message_field(const struct http_message *m, const char *name, uint32_t k,
                               uint32_t *len);
/* Whether a field's value is a list with that word in it, in any case. */
bool http_message_has_word(const struct http_message *m, const char *name, const char *word);

#endif
