/*
 * HTTP/1.1 messages as they come over a stream (RFC 9112), for client and server: heads are bounded
 * and read line by line, bodies are handed on in the pieces in which they come. Of the fields only
 * those are kept that say where a message ends, who is asked, and where an answer points to.
 *
 * A line may end in LF alone (RFC 9112 2.2 allows it); a CR elsewhere is a fault.
 */
#ifndef STACK_SERVICE_HTTP_READER_H
#define STACK_SERVICE_HTTP_READER_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { HTTP_LINE = 512, HTTP_TEXT = 256, HTTP_TYPE = 48, HTTP_PORT = 80 };

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };

/* Why a message is none. */
enum http_fault {
    HTTP_SOUND,
    HTTP_BAD_LINE,        /* a first line or field of another form */
    HTTP_BAD_VERSION,     /* not HTTP/1.x */
    HTTP_BAD_HOST,        /* none, several, or one that cannot be */
    HTTP_BAD_LENGTH,      /* of the body: no number, or two */
    HTTP_BAD_CODING,      /* of the body: not chunked at last */
    HTTP_UNKNOWN_CODING,  /* one that is not known */
    HTTP_BAD_CHUNK,       /* its size, or what is behind it */
    HTTP_TARGET_TOO_LONG, /* HTTP_TEXT - 1 octets are kept */
    HTTP_HEAD_TOO_LONG,
    HTTP_INCOMPLETE, /* the stream ended in it */
    HTTP_FAULTS
};

enum http_phase {
    HTTP_IN_START,
    HTTP_IN_FIELDS,
    HTTP_IN_BODY,  /* `left` octets of it */
    HTTP_IN_REST,  /* until the stream ends */
    HTTP_IN_SIZE,  /* a chunk's size */
    HTTP_IN_CHUNK, /* `left` octets of it */
    HTTP_BEHIND_CHUNK,
    HTTP_IN_TRAILER,
    HTTP_COMPLETE,
    HTTP_FAULTY
};

struct http_head {
    uint16_t status; /* of an answer */
    uint8_t method;  /* of a request: enum http_method */
    uint8_t minor;   /* of the version */
    uint8_t hosts, lengths, codings;
    bool close, keep_alive; /* Connection says so */
    bool chunked;           /* the last coding */
    bool expects;           /* 100-continue */
    uint64_t length;
    char text[HTTP_TEXT]; /* a request's target; an answer's Location, "" when it has none */
    char type[HTTP_TYPE]; /* Content-Type, cut to what fits */
};

struct http_reader {
    uint8_t phase; /* enum http_phase */
    uint8_t fault; /* enum http_fault */
    bool request;  /* else an answer */
    bool bodyless; /* to HEAD: an answer has no body */
    bool ended;    /* the line has, unless the next octet continues it (RFC 9112 5.2) */
    bool cr;       /* the octet before was one */
    bool too_long; /* the line goes on behind what is kept of it */
    uint16_t line_len;
    uint32_t head_room; /* octets that head and trailer may still have */
    uint64_t left;
    struct http_head head;
    char line[HTTP_LINE];
};

/* `head_most`: octets of head and trailer together. */
void http_reader_begin(struct http_reader *r, bool request, uint32_t head_most);
/*
 * Takes up to `len` octets: how many. It stops behind a head, behind a piece of the body (which
 * *body, *body_len are then; else 0), and at the message's end.
 */
uint32_t http_reader_take(struct http_reader *r, const uint8_t *octets, uint32_t len,
                          const uint8_t **body, uint32_t *body_len);
/* The stream has ended. */
void http_reader_end(struct http_reader *r);

static inline bool http_reader_has_head(const struct http_reader *r)
{
    return r->phase >= HTTP_IN_BODY && r->phase != HTTP_FAULTY;
}

/* Whether the sender keeps the connection (RFC 9112 9.3). */
static inline bool http_head_keeps(const struct http_head *h)
{
    return !h->close && (h->minor > 0 || h->keep_alive);
}

#ifdef __cplusplus
}
#endif

#endif
