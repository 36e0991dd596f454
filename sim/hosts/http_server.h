/* What the files of the HTTP server share; see http_server.c. */
#ifndef SIM_HOSTS_HTTP_SERVER_H
#define SIM_HOSTS_HTTP_SERVER_H

#include "sim/hosts/http_message.h"
#include "sim/hosts/tcp_end.h"

enum { HTTP_PAGES = 32 };

/* Kinds of request, for lies that hold for one: silent 1 "get". */
enum http_method { HTTP_GET, HTTP_HEAD_METHOD, HTTP_POST, HTTP_OTHER };

/* X(ID, "name", kind of argument, "help") */
#define HTTP_LIES(X)                                                                               \
    X(SILENT, "silent", VALUE_NONE, "does not answer")                                             \
    X(STATUS, "status", PEER_LIE_NUMBER(999), "the status code, whatever it found")                \
    X(VERSION, "version", VALUE_BYTES, "the version: \"HTTP/2.0\"")                                \
    X(WRONG_LENGTH, "wrong-length", PEER_LIE_NUMBER(INT64_C(1) << 40), "Content-Length says so")   \
    X(LENGTH_TEXT, "length-text", VALUE_BYTES, "Content-Length is this text")                      \
    X(NO_LENGTH, "no-length", VALUE_NONE, "no Content-Length; the end of the body is its close")   \
    X(TWO_LENGTHS, "two-lengths", VALUE_NONE, "a second Content-Length, one octet longer")         \
    X(BOTH, "both", VALUE_NONE, "Content-Length beside Transfer-Encoding")                         \
    X(CHUNKED, "chunked", PEER_LIE_NUMBER(1 << 20), "chunks of so many octets")                    \
    X(BAD_CHUNK, "bad-chunk", VALUE_BYTES, "in place of a chunk's size: \"zz\"")                   \
    X(EXTENSION, "chunk-extension", VALUE_BYTES, "behind each chunk's size: \";a=b\"")             \
    X(TRAILER, "trailer", VALUE_BYTES, "a field behind the last chunk: \"A: b\"")                  \
    X(FIELD, "field", VALUE_BYTES, "a field more: \"A: b\"")                                       \
    X(GIANT, "giant-head", PEER_LIE_NUMBER(1 << 24), "a field more of so many octets")             \
    X(MANY, "many-fields", PEER_LIE_NUMBER(100000), "so many fields more")                         \
    X(SLOW, "slow-head", PEER_LIE_TIME(3600), "the head comes an octet in so long")                \
    X(LATE, "late", PEER_LIE_TIME(3600), "the answer begins so much later")                        \
    X(CUT, "cut", PEER_LIE_NUMBER(INT64_C(1) << 40), "closes after so many octets of the answer")  \
    X(RESET_AFTER, "reset-after", PEER_LIE_NUMBER(INT64_C(1) << 40), "resets after so many")       \
    X(CONTINUE, "continue", PEER_LIE_NUMBER(1000), "so many answers of 100 before the answer")     \
    X(BARE_LF, "bare-lf", VALUE_NONE, "lines of the head end in LF alone")                         \
    X(TWICE, "twice", VALUE_NONE, "answers twice")                                                 \
    X(RAW, "raw", VALUE_BYTES, "answers these octets")                                             \
    X(NOT_CLOSED, "not-closed", VALUE_NONE, "does not close when the client wants it")

#define HTTP_LIE_ENUM(id, name, argument, help) HTTP_LIE_##id,
#define HTTP_LIE_ATTR(id, name, argument, help) {name, VALUE_LIST, help},
enum http_lie { HTTP_LIES(HTTP_LIE_ENUM) HTTP_LIES_COUNT };

struct http_page {
    const char *path;
    const uint8_t *body; /* NULL: the pattern */
    uint64_t len;
    const char *location; /* of a redirection; NULL: it is none */
};

struct http_server {
    struct tcp_end end; /* first */
    struct http_page page[HTTP_PAGES];
    uint32_t pages;
    bool close;
    struct peer_lie lie[HTTP_LIES_COUNT];
    uint64_t requests, answers, bad, body_octets, body_pattern;
    int last_status;
    struct http_message last; /* the last request that was whole, or was not one */
};

/* What is being answered on a connection: a head, then a body in one piece or in chunks. */
struct http_answer {
    enum http_method kind;
    uint8_t *head;
    uint32_t head_len, head_room, head_at;
    const uint8_t *body; /* NULL: the pattern */
    uint64_t body_len, body_at;
    uint32_t chunk; /* octets; 0: not chunked */
    uint64_t chunk_left;
    bool last_chunk, close;
    uint64_t written; /* octets of the answer */
    int64_t begins_ns, slow_ns;
    int64_t cut, reset; /* after so many octets of the answer; -1: not */
    uint32_t again;     /* how often it is given once more */
};

struct peer_lies http_server_lies(struct http_server *s);
bool http_server_lies_now(struct http_server *s, enum http_lie lie, enum http_method kind);

/* http_server_answer.c: puts an answer to the request together. */
void http_answer_make(struct http_server *s, struct http_answer *a, const struct http_message *m);
/* Writes what there is room for. True: all has been written. */
bool http_answer_write(struct http_server *s, struct tcp_connection *c, struct http_answer *a);
void http_answer_release(struct host *h, struct http_answer *a);

#endif
