/* The HTTP peers: messages read strictly, and a client and a server on a link, each lie seen. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "sim/hosts/http_message.h"
#include "tests/hosts/script_rig.h"

/* --- messages --- */

/* However the stream is cut, the message is the same. */
static void read_cut(struct http_message *m, const char *text, bool request, uint32_t piece)
{
    uint32_t len = (uint32_t)strlen(text);
    http_message_begin(m, request);
    for (uint32_t at = 0; at < len && m->phase < HTTP_DONE;) {
        uint32_t n = len - at < piece ? len - at : piece;
        at += http_message_take(m, (const uint8_t *)text + at, n);
    }
    http_message_end(m);
}

static const struct {
    const char *text;
    bool request;
    const char *fault, *body; /* NULL: none */
} messages[] = {
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, NULL, ""},
    {"POST /x HTTP/1.1\r\nHost: a:80\r\nContent-Length: 3\r\n\r\nabc", true, NULL, "abc"},
    {"POST /x HTTP/1.1\r\nhost:a\r\nTransfer-Encoding: "
     "chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n"
     "A: b\r\n\r\n",
     true, NULL, "abc"},
    {"GET / HTTP/1.0\r\n\r\n", true, NULL, ""},
    {"GET / HTTP/1.1\r\n\r\n", true, "a request without Host (RFC 9112 3.2)", ""},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", true, "more than one Host (RFC 9112 3.2)", ""},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", true, "a Host that names none (RFC 9112 3.2)", ""},
    {"GET / HTTP/1.1\nHost: a\n\n", true, "a CR or LF that is alone, or a NUL (RFC 9112 2.2)", ""},
    {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", true,
     "an empty line before the message (RFC 9112 2.2)", ""},
    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", true,
     "a request line that is not METHOD TARGET HTTP/1.1 (RFC 9112 3)", ""},
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", true, "a version that is not HTTP/1.1 (RFC 9112 2.3)",
     ""},
    {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", true, "a target that is no path (RFC 9112 3.2.1)",
     ""},
    {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", true, "a method that is no token (RFC 9112 3.1)", ""},
    {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", true,
     "white space before the colon of a field (RFC 9112 5.1)", ""},
    {"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", true, "a field is folded (RFC 9112 5.2)", ""},
    {"GET / HTTP/1.1\r\nHost: a\r\nb\r\n\r\n", true, "a field without name or colon (RFC 9112 5)",
     ""},
    {"GET / HTTP/1.1\r\nHost: a\r\nb: \x01\r\n\r\n", true,
     "a control character in a field (RFC 9110 5.5)", ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", false, NULL, "ab"},
    {"HTTP/1.1 200 OK\r\n\r\nuntil the end", false, NULL, "until the end"},
    {"HTTP/1.1 204 No Content\r\n\r\n", false, NULL, ""},
    {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", false, NULL, ""},
    {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false,
     "a status line that is not HTTP/1.1 CODE REASON (RFC 9112 4)", ""},
    {"HTTP/1.1 2x0 OK\r\n\r\n", false,
     "a status line that is not HTTP/1.1 CODE REASON (RFC 9112 4)", ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\n", false,
     "a Content-Length that is no number (RFC 9110 8.6)", ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n", false,
     "two Content-Lengths (RFC 9110 8.6)", ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", false,
     "Content-Length beside Transfer-Encoding (RFC 9112 6.2)", ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", false,
     "the connection ended in a message (RFC 9112 8)", "ab"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false,
     "a chunk without size (RFC 9112 7.1)", ""},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", false,
     "a chunk is longer than its size (RFC 9112 7.1)", "a"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", false,
     "a Transfer-Encoding that is not chunked (RFC 9112 6.1)", ""},
};

Test(http, messages)
{
    static struct http_message m;
    for (size_t k = 0; k < sizeof messages / sizeof messages[0]; k++)
        for (uint32_t piece = 1; piece < 60; piece++) {
            read_cut(&m, messages[k].text, messages[k].request, piece);
            if (messages[k].fault)
                cr_assert_str_eq(m.fault ? m.fault : "none", messages[k].fault, "%s",
                                 messages[k].text);
            else
                cr_assert_null(m.fault, "%s: %s", messages[k].text, m.fault);
            cr_assert_eq(m.phase, messages[k].fault ? HTTP_BROKEN : HTTP_DONE);
            cr_assert_eq(m.sample_len, strlen(messages[k].body), "%s", messages[k].text);
            cr_assert_arr_eq(m.sample, messages[k].body, m.sample_len);
        }
}

Test(http, heads_are_bounded)
{
    static struct http_message m;
    static char text[HTTP_HEAD_MOST + 100];
    memset(text, 'a', sizeof text - 1);
    memcpy(text, "HTTP/1.1 200 OK\r\nA: ", 20);
    read_cut(&m, text, false, 1000);
    cr_assert_str_eq(m.fault, "a head of more than 16 KiB");
}

/* --- a client and a server --- */

struct row {
    const char *name, *server, *client, *call;
    const char *then[6]; /* expressions, five minutes later */
};

static void play(const struct row *row)
{
    char text[4096];
    int len = snprintf(text, sizeof text,
                       "// A test.\nlink lan latency 1ms\nsut eth0 ip 10.0.2.15/24\n"
                       "host http-server srv ip 10.0.2.2/24 page \"/\" \"hello, world\" made "
                       "\"/big\" 100000 redirect \"/old\" \"http://10.0.2.2/\" %s\n"
                       "host http-client cli ip 10.0.2.3/24 %s\n0 @cli %s\n+300 assert 1 == 1\n",
                       row->server, row->client, row->call);
    for (int k = 0; k < 6 && row->then[k]; k++)
        len += snprintf(text + len, sizeof text - (size_t)len, "+0 assert %s\n", row->then[k]);
    script_must_pass(row->name, text);
}

#define SRV(what)          "state(\"srv\", \"" what "\")"
#define CLI(what)          "state(\"cli\", \"" what "\")"
#define GET(path)          "get(\"http://10.0.2.2" path "\")"
#define CORRECT            SRV("violations") " == 0", CLI("violations") " == 0"
#define BODY(text)         CLI("status") " == 200", CLI("body") " == \"" text "\""
#define BLAMED(host, text) host("violations") " == 1", host("last-violation") " == \"" text "\""

static const struct row exchanges[] = {
    {"a page", "", "", GET("/"), {CORRECT, BODY("hello, world")}},
    {"a page, to the end",
     "close",
     "",
     GET("/"),
     {CORRECT, BODY("hello, world"), SRV("connections") " == 0"}},
    {"a page, then the end",
     "",
     "close",
     GET("/"),
     {CORRECT, BODY("hello, world"), SRV("field connection") " == \"close\""}},
    {"HTTP/1.0",
     "",
     "http10",
     GET("/"),
     {CORRECT, BODY("hello, world"), SRV("connections") " == 0"}},
    {"many octets", "", "", GET("/big"), {CORRECT, CLI("body-pattern") " == 100000"}},
    {"many octets, chunked",
     "chunked 999",
     "",
     GET("/big"),
     {CORRECT, CLI("body-pattern") " == 100000"}},
    {"HEAD",
     "",
     "",
     "head(\"http://10.0.2.2/big\")",
     {CORRECT, CLI("status") " == 200", CLI("body-octets") " == 0",
      CLI("field content-length") " == \"100000\""}},
    {"POST", "", "", "post(\"http://10.0.2.2/\", \"a=b\")", {CORRECT, BODY("a=b")}},
    {"POST, many octets",
     "",
     "",
     "post(\"http://10.0.2.2/\", 70000)",
     {CORRECT, SRV("body-pattern") " == 70000"}},
    {"redirection",
     "",
     "",
     GET("/old"),
     {CORRECT, CLI("status") " == 301", CLI("field location") " == \"http://10.0.2.2/\""}},
    {"nothing there", "", "", GET("/none"), {CORRECT, CLI("status") " == 404"}},
    {"another method",
     "",
     "",
     "ask(\"http://10.0.2.2/\", \"PUT / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\")",
     {CORRECT, CLI("status") " == 501", CLI("field allow") " == \"GET, HEAD, POST\""}},
    {"two at once",
     "",
     "",
     "ask(\"http://10.0.2.2/\", \"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nHEAD / "
     "HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\")",
     {SRV("violations") " == 0", SRV("answers") " == 2"}},
    {"an octet at a time", "split 1", "split 1", GET("/"), {CORRECT, BODY("hello, world")}},
    /* lies of the server */
    {"wrong-length, short",
     "wrong-length 5",
     "",
     GET("/"),
     {CLI("body") " == \"hello\"", BLAMED(CLI, "octets that answer nothing (RFC 9112 9.2)")}},
    {"wrong-length, long",
     "wrong-length 50, close",
     "",
     GET("/"),
     {BLAMED(CLI, "the connection ended in a message (RFC 9112 8)")}},
    {"length-text",
     "length-text \"-1\"",
     "",
     GET("/"),
     {BLAMED(CLI, "a Content-Length that is no number (RFC 9110 8.6)")}},
    {"no-length", "no-length", "", GET("/"), {CORRECT, BODY("hello, world")}},
    {"two-lengths",
     "two-lengths",
     "",
     GET("/"),
     {BLAMED(CLI, "two Content-Lengths (RFC 9110 8.6)")}},
    {"both",
     "both, chunked 5",
     "",
     GET("/"),
     {BLAMED(CLI, "Content-Length beside Transfer-Encoding (RFC 9112 6.2)")}},
    {"bad-chunk",
     "chunked 5 bad-chunk \"zz\"",
     "",
     GET("/"),
     {BLAMED(CLI, "a chunk without size (RFC 9112 7.1)")}},
    {"extension and trailer",
     "chunked 5 chunk-extension \";a=b\" trailer \"A: b\"",
     "",
     GET("/"),
     {CORRECT, BODY("hello, world")}},
    {"field", "field \"Server: x\"", "", GET("/"), {CORRECT, CLI("field server") " == \"x\""}},
    {"giant-head", "giant-head 20000", "", GET("/"), {BLAMED(CLI, "a head of more than 16 KiB")}},
    {"many-fields", "many-fields 500", "", GET("/"), {CORRECT, CLI("field x-499") " == \"x\""}},
    {"slow-head",
     "slow-head 1s",
     "",
     GET("/"),
     {CORRECT, BODY("hello, world"), CLI("segments-out") " > 60"}},
    {"late", "late 200s", "", GET("/"), {CORRECT, BODY("hello, world")}},
    {"silent", "silent", "", GET("/"), {CORRECT, SRV("requests") " == 1", CLI("answers") " == 0"}},
    {"cut",
     "cut 60",
     "",
     GET("/"),
     {BLAMED(CLI, "the connection ended in a message (RFC 9112 8)")}},
    {"cut before the answer",
     "cut 0",
     "",
     GET("/"),
     {CORRECT, CLI("answers") " == 0", CLI("lost") " == 1"}},
    {"reset-after",
     "reset-after 70",
     "",
     GET("/"),
     {CORRECT, CLI("lost") " == 1", CLI("resets") " == 1"}},
    {"continue", "continue 3", "", GET("/"), {CORRECT, BODY("hello, world")}},
    {"bare-lf",
     "bare-lf",
     "",
     GET("/"),
     {BLAMED(CLI, "a CR or LF that is alone, or a NUL (RFC 9112 2.2)")}},
    {"twice",
     "twice",
     "",
     GET("/"),
     {CLI("body") " == \"hello, world\"",
      BLAMED(CLI, "octets that answer nothing (RFC 9112 9.2)")}},
    {"raw",
     "raw \"hello\\r\\n\\r\\n\"",
     "",
     GET("/"),
     {BLAMED(CLI, "a status line that is not HTTP/1.1 CODE REASON (RFC 9112 4)")}},
    {"status and version",
     "status 418 version \"HTTP/1.0\" 1",
     "",
     GET("/"),
     {CORRECT, CLI("status") " == 418", SRV("last-status") " == 418"}},
    /* and of the client */
    {"no-host",
     "",
     "no-host",
     GET("/"),
     {BLAMED(SRV, "a request without Host (RFC 9112 3.2)"), CLI("status") " == 400"}},
};

Test(http, exchanges_and_lies)
{
    for (size_t k = 0; k < sizeof exchanges / sizeof exchanges[0]; k++)
        play(&exchanges[k]);
}
