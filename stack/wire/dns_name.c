/* Domain names: RFC 1035 3.1 (labels), 4.1.4 (compression), 5.1 (text); RFC 9267 (what not to do).
 */
#include "stack/wire/dns.h"
#include "stack/core/mem.h"

enum {
    LABEL_TYPE = 0xc0, /* the two top bits of a length octet */
    LABEL_PLAIN = 0x00,
    LABEL_POINTER = 0xc0,
};

/* A name on its way out of a message: `here` is the octet to read, in a run that began at `run`. */
struct walk {
    const uint8_t *msg;
    size_t len, run, here;
};

/*
 * Follows a pointer. A target in front of the run that holds the pointer is in front of all that
 * was read so far, so no octet is read twice and no loop exists; RFC 9267 section 2 asks for less,
 * a target before the pointer itself, and for a plain label there.
 */
static enum dns_fault follow(struct walk *w)
{
    if (w->len - w->here < 2)
        return DNS_POINTER_SHORT;
    size_t target = (w->msg[w->here] & 0x3fu) << 8 | w->msg[w->here + 1];
    if (target < DNS_HDR_LEN)
        return DNS_POINTER_INTO_HEADER;
    if (target >= w->run)
        return DNS_POINTER_FORWARDS;
    if ((w->msg[target] & LABEL_TYPE) == LABEL_POINTER)
        return DNS_POINTER_TO_POINTER;
    if (w->msg[target] == 0)
        return DNS_POINTER_TO_ROOT;
    w->run = w->here = target;
    return DNS_SOUND;
}

/* Copies the label at w->here, its length octet included, to offset `used` of the name. */
static enum dns_fault take_label(struct walk *w, size_t used, struct dns_name *out)
{
    size_t size = 1u + w->msg[w->here];
    if (size > w->len - w->here)
        return DNS_LABEL_BEYOND;
    if (used + size + 1 > DNS_MAX_NAME)
        return DNS_NAME_TOO_LONG;
    if (out)
        memcpy(out->wire + used, w->msg + w->here, size);
    w->here += size;
    return DNS_SOUND;
}

enum dns_fault dns_name_parse(const uint8_t *msg, size_t len, size_t *at, struct dns_name *out)
{
    struct walk w = {.msg = msg, .len = len, .run = *at, .here = *at};
    size_t used = 0, end = 0; /* end: behind the first pointer, where the record goes on */
    for (;;) {
        if (w.here >= w.len)
            return DNS_NAME_NO_END;
        uint8_t first = msg[w.here];
        if (first == 0)
            break;
        if ((first & LABEL_TYPE) == LABEL_PLAIN) {
            size_t size = 1u + first;
            enum dns_fault fault = take_label(&w, used, out);
            if (fault != DNS_SOUND)
                return fault;
            used += size;
        } else if ((first & LABEL_TYPE) == LABEL_POINTER) {
            size_t behind = w.here + 2;
            enum dns_fault fault = follow(&w);
            if (fault != DNS_SOUND)
                return fault;
            end = end ? end : behind;
        } else {
            return DNS_LABEL_TYPE_UNKNOWN;
        }
    }
    if (out) {
        out->wire[used] = 0;
        out->len = (uint8_t)(used + 1);
    }
    *at = end ? end : w.here + 1;
    return DNS_SOUND;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* Length octets are below 'A', so folding them with the rest does no harm. */
bool dns_name_equal(const struct dns_name *a, const struct dns_name *b)
{
    if (a->len != b->len)
        return false;
    for (unsigned i = 0; i < a->len; i++)
        if (lower(a->wire[i]) != lower(b->wire[i]))
            return false;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The octet that an escape stands for; *text points behind the backslash and ends behind it. */
static enum dns_fault read_escape(const char **text, uint8_t *octet)
{
    const char *p = *text;
    if (*p == '\0')
        return DNS_TEXT_BACKSLASH_END;
    if (!is_digit(*p)) {
        *octet = (uint8_t)*p;
        *text = p + 1;
        return DNS_SOUND;
    }
    if (!is_digit(p[1]) || !is_digit(p[2]))
        return DNS_TEXT_BACKSLASH_DIGITS;
    int value = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
    if (value > 255)
        return DNS_TEXT_BACKSLASH_RANGE;
    *octet = (uint8_t)value;
    *text = p + 3;
    return DNS_SOUND;
}

/* One label up to its dot or the end of the text, at out->wire[out->len], which moves behind it. */
static enum dns_fault read_label(const char **text, struct dns_name *out)
{
    size_t start = out->len, size = 0;
    while (**text != '\0' && **text != '.') {
        uint8_t octet = (uint8_t)text[0][0];
        ++*text;
        enum dns_fault fault = octet == '\\' ? read_escape(text, &octet) : DNS_SOUND;
        if (fault != DNS_SOUND)
            return fault;
        if (++size > DNS_MAX_LABEL)
            return DNS_TEXT_LABEL_TOO_LONG;
        if (start + size + 2 > DNS_MAX_NAME) /* the length octet and the root are not in size */
            return DNS_NAME_TOO_LONG;
        out->wire[start + size] = octet;
    }
    if (size == 0)
        return DNS_TEXT_LABEL_EMPTY;
    out->wire[start] = (uint8_t)size;
    out->len = (uint8_t)(start + 1 + size);
    return DNS_SOUND;
}

enum dns_fault dns_name_from_text(const char *text, struct dns_name *out)
{
    out->len = 0;
    if (*text == '\0')
        return DNS_TEXT_EMPTY;
    if (text[0] == '.' && text[1] == '\0')
        text++;
    while (*text != '\0') {
        enum dns_fault fault = read_label(&text, out);
        if (fault != DNS_SOUND)
            return fault;
        if (*text == '.')
            text++;
    }
    out->wire[out->len++] = 0;
    return DNS_SOUND;
}

/* An octet as text: itself, escaped by a backslash, or as three digits. Returns 1, 2 or 4. */
static size_t write_octet(uint8_t octet, char text[4])
{
    if (octet < '!' || octet > '~') {
        text[0] = '\\';
        text[1] = (char)('0' + octet / 100);
        text[2] = (char)('0' + octet / 10 % 10);
        text[3] = (char)('0' + octet % 10);
        return 4;
    }
    size_t n = 0;
    if (octet == '.' || octet == '\\')
        text[n++] = '\\';
    text[n++] = (char)octet;
    return n;
}

struct text {
    char *buf;
    size_t room, len; /* len counts on when room has run out */
};

static void append(struct text *t, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++, t->len++)
        if (t->len < t->room)
            t->buf[t->len] = bytes[i];
}

size_t dns_name_to_text(const struct dns_name *name, char *buf, size_t room)
{
    struct text t = {.buf = buf, .room = room};
    char octet[4];
    size_t at = 0;
    while (at < name->len && name->wire[at] != 0) {
        size_t label_end = at + 1 + name->wire[at];
        if (at > 0)
            append(&t, ".", 1);
        for (at++; at < label_end && at < name->len; at++)
            append(&t, octet, write_octet(name->wire[at], octet));
    }
    if (t.len == 0)
        append(&t, ".", 1);
    if (t.len >= room)
        return 0;
    buf[t.len] = '\0';
    return t.len;
}

size_t dns_name_emit(const struct dns_name *name, uint8_t *buf, size_t room)
{
    if (name->len > room)
        return 0;
    memcpy(buf, name->wire, name->len);
    return name->len;
}
