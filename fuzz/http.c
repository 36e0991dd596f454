/*
 * HTTP's reader: a stream of octets as requests or as answers. What it makes of them does not
 * depend on the pieces in which they come, and it takes no more than there is.
 */
#include "fuzz/wire_fuzz.h"
#include "stack/service/http_reader.h"

enum { ROOM = 4096, HEADS_MOST = 2048 };

/* All that a message says. */
struct said {
    struct http_head head;
    uint8_t phase, fault;
    uint32_t body_len, taken;
    uint8_t body[ROOM];
};

static bool is_over(const struct http_reader *r)
{
    return r->phase == HTTP_COMPLETE || r->phase == HTTP_FAULTY;
}

/* In pieces of `step` octets, of which each is where no other octet is. */
static void read_message(const uint8_t *octets, uint32_t len, uint32_t step, uint8_t how,
                         struct said *out)
{
    struct http_reader r;
    uint32_t at = 0, idle = 0;
    memset(out, 0, sizeof *out);
    http_reader_begin(&r, how & 1, HEADS_MOST);
    r.bodyless = !(how & 1) && how & 2;
    while (at < len && !is_over(&r)) {
        const uint8_t *body = NULL;
        uint32_t body_len = 0, room = len - at < step ? len - at : step;
        uint32_t took = http_reader_take(&r, octets + at, room, &body, &body_len);
        CHECK(took <= room && body_len <= room);
        CHECK(body_len == 0 || (body >= octets + at && body + body_len <= octets + at + room));
        CHECK(r.phase <= HTTP_FAULTY && r.fault < HTTP_FAULTS && r.line_len <= HTTP_LINE);
        CHECK((r.phase == HTTP_FAULTY) == (r.fault != HTTP_SOUND));
        CHECK(body_len <= ROOM - out->body_len);
        if (body_len)
            memcpy(out->body + out->body_len, body, body_len);
        out->body_len += body_len;
        at += took;
        idle = took ? 0 : idle + 1;
        CHECK(idle < 4); /* it goes on */
    }
    if (!is_over(&r))
        http_reader_end(&r);
    out->head = r.head;
    out->phase = r.phase;
    out->fault = r.fault;
    out->taken = at;
    CHECK(memchr(r.head.text, 0, HTTP_TEXT) && memchr(r.head.type, 0, HTTP_TYPE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct said whole, pieces;
    if (size < 2 || size - 2 > ROOM)
        return 0;
    read_message(data + 2, (uint32_t)size - 2, UINT32_MAX, data[0], &whole);
    read_message(data + 2, (uint32_t)size - 2, 1u + data[1] % 16, data[0], &pieces);
    CHECK(whole.phase == pieces.phase && whole.fault == pieces.fault);
    CHECK(whole.phase == HTTP_FAULTY || whole.taken == pieces.taken);
    CHECK(whole.phase == HTTP_FAULTY || (whole.body_len == pieces.body_len &&
                                         memcmp(whole.body, pieces.body, whole.body_len) == 0));
    CHECK(whole.phase == HTTP_FAULTY ||
          (strcmp(whole.head.text, pieces.head.text) == 0 &&
           whole.head.status == pieces.head.status && whole.head.length == pieces.head.length));
    return 0;
}
