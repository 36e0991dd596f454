/* The reader of HTTP messages against RFC 9110 and 9112: however a stream is cut, heads, bodies and
 * faults are the same. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "stack/service/http_reader.h"

static char body[256];
static uint32_t body_len;

static void read_cut(struct http_reader *r, const char *text, bool request, uint32_t piece)
{
    uint32_t len = (uint32_t)strlen(text);
    http_reader_begin(r, request, 600);
    body_len = 0;
    for (uint32_t at = 0; at < len && r->phase < HTTP_COMPLETE;) {
        uint32_t n = len - at < piece ? len - at : piece, got;
        const uint8_t *from;
        uint32_t took = http_reader_take(r, (const uint8_t *)text + at, n, &from, &got);
        cr_assert_gt(took, 0);
        cr_assert_leq(took, n);
        memcpy(body + body_len, from, got);
        body_len += got;
        at += took;
    }
    http_reader_end(r);
}

static void each_cut(const char *text, bool request, enum http_fault fault, const char *expected)
{
    struct http_reader r;
    for (uint32_t piece = 1; piece < 80; piece++) {
        read_cut(&r, text, request, piece);
        cr_assert_eq(r.fault, fault, "%s (pieces of %u): fault %d", text, piece, r.fault);
        cr_assert_eq(r.phase, fault ? HTTP_FAULTY : HTTP_COMPLETE, "%s", text);
        cr_assert_eq(body_len, strlen(expected), "%s: %u octets", text, body_len);
        cr_assert_arr_eq(body, expected, body_len);
    }
}

#define HOST "Host: a\r\n"

static const struct {
    const char *text;
    enum http_fault fault;
    const char *body;
} requests[] =
    {
        {"GET / HTTP/1.1\r\n" HOST "\r\n", HTTP_SOUND, ""},
        {"\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", HTTP_SOUND, ""}, /* RFC 9112 2.2 */
        {"GET / HTTP/1.1\nHost: a\n\n", HTTP_SOUND, ""},
        {"GET http://a/x HTTP/1.1\r\n" HOST "\r\n", HTTP_SOUND, ""}, /* 3.2.2 */
        {"GET / HTTP/1.0\r\n\r\n", HTTP_SOUND, ""},
        {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", HTTP_SOUND, ""},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", HTTP_SOUND, "abc"},
        {"POST / HTTP/1.1\r\nhOsT:\t a \r\nCONTENT-LENGTH:3 \r\n\r\nabc", HTTP_SOUND, "abc"},
        {"POST / HTTP/1.1\r\n" HOST
         "Transfer-Encoding: chunked\r\n\r\n2;x=\"y\"\r\nab\r\n01 \r\nc\r\n0"
         "\r\nA: b\r\n\r\n",
         HTTP_SOUND, "abc"},
        {"GET  / HTTP/1.1\r\n" HOST "\r\n", HTTP_BAD_LINE, ""},
        {"GET / HTTP/1.1 \r\n" HOST "\r\n", HTTP_BAD_LINE, ""},
        {"GET /\r\n" HOST "\r\n", HTTP_BAD_LINE, ""},
        {"GET x HTTP/1.1\r\n" HOST "\r\n", HTTP_BAD_LINE, ""},
        {"G@T / HTTP/1.1\r\n" HOST "\r\n", HTTP_BAD_LINE, ""},
        {"GET / http/1.1\r\n" HOST "\r\n", HTTP_BAD_LINE, ""},
        {"GET / HTTP/2.0\r\n" HOST "\r\n", HTTP_BAD_VERSION, ""},
        {"GET / HTTP/1.1\r\n" HOST "a\rb: c\r\n\r\n", HTTP_BAD_LINE, ""},
        {"GET / HTTP/1.1\r\n a: b\r\n" HOST "\r\n", HTTP_BAD_LINE, ""},
        {"GET / HTTP/1.1\r\n" HOST "b : c\r\n\r\n", HTTP_BAD_LINE, ""},
        {"GET / HTTP/1.1\r\n" HOST "b: c\r\n d\r\n\r\n", HTTP_BAD_LINE, ""},
        {"GET / HTTP/1.1\r\n" HOST "b: \x01\r\n\r\n", HTTP_BAD_LINE, ""},
        {"GET / HTTP/1.1\r\n" HOST ": c\r\n\r\n", HTTP_BAD_LINE, ""},
        {"GET / HTTP/1.1\r\n\r\n", HTTP_BAD_HOST, ""},
        {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", HTTP_BAD_HOST, ""},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", HTTP_BAD_HOST, ""},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 6\r\n\r\n", HTTP_BAD_LENGTH, ""},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", HTTP_BAD_LENGTH, ""},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n", HTTP_BAD_LENGTH, ""},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", HTTP_BAD_LENGTH,
         ""},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
         HTTP_BAD_LENGTH, ""},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
         HTTP_BAD_LENGTH, ""},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n", HTTP_BAD_CODING,
         ""},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", HTTP_UNKNOWN_CODING,
         ""},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", HTTP_BAD_CHUNK,
         ""},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
         HTTP_BAD_CHUNK, ""},
        /* A length of fifteen digits fits into 60 bits; more are refused, whatever they say. */
        {"POST / HTTP/1.1\r\n" HOST
         "Transfer-Encoding: chunked\r\n\r\n000000000000001\r\na\r\n0\r\n\r\n",
         HTTP_SOUND, "a"},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0000000000000001\r\n",
         HTTP_BAD_CHUNK, ""},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", HTTP_BAD_CHUNK,
         "a"},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nab", HTTP_INCOMPLETE, "ab"},
        {"GET / HT", HTTP_INCOMPLETE, ""},
},
  answers[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", HTTP_SOUND, "abc"},
      {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", HTTP_SOUND, ""},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", HTTP_SOUND, ""},
      {"HTTP/1.0 200 OK\r\n\r\nto the end", HTTP_SOUND, "to the end"},
      {"HTTP/1.1 204 x\r\nContent-Length: 3\r\n\r\n", HTTP_SOUND, ""},
      {"HTTP/1.1 304 x\r\nContent-Length: 3\r\n\r\n", HTTP_SOUND, ""},
      {"HTTP/1.1 100 Continue\r\n\r\n", HTTP_SOUND, ""},
      {"HTTP/1.1 200 OK\r\nContent-Length:\r\n 3\r\n\r\nabc", HTTP_SOUND, "abc"}, /* 5.2 */
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxyz", HTTP_SOUND, "xyz"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding:, chunked ,\r\n\r\n3\r\nabc\r\n0\r\n\r\n", HTTP_SOUND,
       "abc"},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_BAD_LENGTH, ""},
      {"HTTP/1.1  200 OK\r\n\r\n", HTTP_BAD_LINE, ""},
      {"HTTP/1.1 099 x\r\n\r\n", HTTP_BAD_LINE, ""},
      {"HTTP/1.1 2000 x\r\n\r\n", HTTP_BAD_LINE, ""},
      {"HTTP/3.1 200 OK\r\n\r\n", HTTP_BAD_VERSION, ""},
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", HTTP_BAD_LINE, ""},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", HTTP_INCOMPLETE, "ab"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", HTTP_INCOMPLETE, "abc"},
};

Test(http_reader, requests)
{
    for (size_t k = 0; k < sizeof requests / sizeof requests[0]; k++)
        each_cut(requests[k].text, true, requests[k].fault, requests[k].body);
}

Test(http_reader, answers)
{
    for (size_t k = 0; k < sizeof answers / sizeof answers[0]; k++)
        each_cut(answers[k].text, false, answers[k].fault, answers[k].body);
}

Test(http_reader, what_is_kept)
{
    struct http_reader r;
    read_cut(&r,
             "HEAD /a%20b?c=d HTTP/1.1\r\nhost: x\r\nConnection: foo , Close\r\n"
             "Expect: 100-Continue\r\nContent-Type: text/plain\r\n\r\n",
             true, 7);
    cr_assert_eq(r.head.method, HTTP_HEAD);
    cr_assert_str_eq(r.head.text, "/a%20b?c=d");
    cr_assert_str_eq(r.head.type, "text/plain");
    cr_assert(r.head.close && r.head.expects && !http_head_keeps(&r.head));
    read_cut(&r, "GET http://b HTTP/1.1\r\nHost: x\r\n\r\n", true, 9);
    cr_assert_str_eq(r.head.text, "/");
    read_cut(&r, "get / HTTP/1.1\r\nHost: x\r\n\r\n", true, 9);
    cr_assert_eq(r.head.method, HTTP_OTHER, "methods are case-sensitive");
    read_cut(&r, "HTTP/1.0 302 x\r\nLocation: /there\r\nConnection: keep-alive\r\n\r\n", false, 5);
    cr_assert_eq(r.head.status, 302);
    cr_assert_str_eq(r.head.text, "/there");
    cr_assert(http_head_keeps(&r.head));
    read_cut(&r, "HTTP/1.0 200 x\r\n\r\n", false, 5);
    cr_assert(!http_head_keeps(&r.head));
}

/* 600 octets, of whatever fields; 256 of a target. */
Test(http_reader, bounds)
{
    struct http_reader r;
    char text[2048];
    for (uint32_t len = 500; len < 620; len++) {
        int n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\n" HOST "A: %0*d\r\n\r\n",
                         (int)len - 32, 0);
        read_cut(&r, text, true, 100);
        cr_assert_eq((uint32_t)n, len);
        cr_assert_eq(r.fault, len <= 600 ? HTTP_SOUND : HTTP_HEAD_TOO_LONG, "%u", len);
    }
    for (int len = 250; len < 260; len++) {
        snprintf(text, sizeof text, "GET /%0*d HTTP/1.1\r\n" HOST "\r\n", len - 1, 0);
        read_cut(&r, text, true, 100);
        cr_assert_eq(r.fault, len < HTTP_TEXT ? HTTP_SOUND : HTTP_TARGET_TOO_LONG, "%d", len);
    }
    snprintf(text, sizeof text, "GET /%0*d HTTP/1.1\r\n", 560, 0);
    read_cut(&r, text, true, 100);
    cr_assert_eq(r.fault, HTTP_TARGET_TOO_LONG);
    http_reader_begin(&r, true, 5000);
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nContent-Length: %0*d\r\n", 600, 0);
    const uint8_t *from;
    uint32_t got;
    for (const char *c = text; *c && r.phase < HTTP_COMPLETE; c++)
        http_reader_take(&r, (const uint8_t *)c, 1, &from, &got);
    http_reader_take(&r, (const uint8_t *)"a", 1, &from, &got);
    cr_assert_eq(r.fault, HTTP_HEAD_TOO_LONG, "a length that is cut is none");
}
