/*
 * Any bytes as a frame: text, dump, fields and redirection read nothing beyond them; the text of
 * detail 1 compiles, prints as itself and builds the same bytes; that of detail 0 compiles; and the
 * frame compared with itself does not differ.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/language/lexer.h"
#include "sim/packet/packet.h"
#include "sim/language/script.h"
#include "sim/base/why.h"

enum { FRAME = 2048, TEXT = 16 * FRAME };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void stop(const char *what, const char *text, const char *why)
{
    fprintf(stderr, "%s\n%s\n%s\n", what, text, why);
    __builtin_trap();
}

static struct packet_spec *compile(struct pool *pool, struct layer_set *set, char direction,
                                   const char *text)
{
    struct diagnostic d = {0};
    struct word *words;
    int n = words_of(pool, "fuzz", text, &words, &d);
    struct packet_spec *p =
        n < 0 ? NULL : packet_compile(set, pool, direction, words, (size_t)n, &d);
    if (!p)
        stop("a frame's text does not compile", text, d.text);
    return p;
}

static void check_print(struct pool *pool, struct layer_set *set, const struct packet_spec *p)
{
    char *printed = packet_print(p);
    if (!packet_spec_equal(p, compile(pool, set, '<', printed)))
        stop("a line's print is another line", printed, "");
    free(printed);
}

/* Without sums the frame matches its own text. */
static void check_match(struct pool *pool, struct layer_set *set, const char *text,
                        const uint8_t *data, uint32_t len)
{
    struct packet_context nothing = {0};
    struct packet_verdict v;
    struct packet_spec *p = compile(pool, set, '>', text);
    packet_match(p, &nothing, data, len, &v);
    if (!packet_matches(p, &nothing, data, len))
        stop("a frame does not match its own text", text,
             v.differences ? v.difference[0].field : "");
}

static void check_text(struct pool *pool, struct layer_set *set, const uint8_t *data, uint32_t len)
{
    static char text[TEXT];
    static uint8_t built[65550];
    struct packet_context nothing = {0};
    struct why why = {0};
    packet_text(set, data, len, 0, text, sizeof text);
    compile(pool, set, '<', text);
    packet_text(set, data, len, 1, text, sizeof text);
    struct packet_spec *p = compile(pool, set, '<', text);
    int n = packet_build(p, &nothing, built, sizeof built, &why);
    if (n < 0 || (uint32_t)n != len || (len && memcmp(built, data, len) != 0))
        stop("a frame's text builds another frame", text, why.text);
    check_print(pool, set, p);
    if (!strstr(text, " cut "))
        check_match(pool, set, text, data, len);
}

static void check_reading(const struct layer_set *set, const uint8_t *data, uint32_t len)
{
    static const char *const names[] = {"ip.id",      "quote.udp.sport", "dhcp.lease",
                                        "dns.answer", "tcp.TS",          "data",
                                        "frame.len",  "ip.options"};
    static char text[TEXT];
    struct value v;
    packet_dump(set, data, len, text, sizeof text);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        packet_field(set, data, len, names[i], &v);
    if (packet_compare(set, data, len, data, len, text, sizeof text))
        stop("a frame differs from itself", text, "");
    packet_compare(set, data, len, data, len / 2, text, sizeof text);
    if (len && !*text)
        stop("half a frame does not differ", text, "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > FRAME)
        return 0;
    struct pool *pool = pool_new();
    struct layer_set *set = layer_set_new(pool);
    uint8_t *copy = malloc(size + !size);
    memcpy(copy, data, size);
    check_text(pool, set, copy, (uint32_t)size);
    check_reading(set, copy, (uint32_t)size);
    packet_redirect(copy, (uint32_t)size, (const uint8_t *)"\2\0\0\0\0\1", 0x0a000001);
    free(copy);
    pool_free(pool);
    return 0;
}
