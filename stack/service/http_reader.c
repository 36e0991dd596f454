#include "stack/service/http_reader.h"
#include "stack/core/mem.h"

static void broken(struct http_reader *r, enum http_fault fault)
{
    r->phase = HTTP_FAULTY;
    r->fault = (uint8_t)fault;
}

void http_reader_begin(struct http_reader *r, bool request, uint32_t head_most)
{
    memset(r, 0, sizeof *r);
    r->request = request;
    r->head_room = head_most;
}

/* --- words: RFC 9110 5.6 --- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* A stretch of the line, in any case, is `word`. */
static bool is_word(const char *at, uint32_t len, const char *word)
{
    uint32_t k = 0;
    while (k < len && word[k] && lower(at[k]) == word[k])
        k++;
    return k == len && !word[k];
}

static bool is_token_char(char c)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    if (is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'))
        return true;
    for (const char *o = others; *o; o++)
        if (*o == c)
            return true;
    return false;
}

struct stretch {
    const char *at;
    uint32_t len;
};

static struct stretch trimmed(const char *at, uint32_t len)
{
    while (len && is_space(*at))
        at++, len--;
    while (len && is_space(at[len - 1]))
        len--;
    return (struct stretch){at, len};
}

/* The next element of a list; len 0: there is none. */
static struct stretch next_element(struct stretch *rest)
{
    struct stretch found = {rest->at, 0};
    while (!found.len && rest->len) {
        uint32_t n = 0;
        while (n < rest->len && rest->at[n] != ',')
            n++;
        found = trimmed(rest->at, n);
        n += n < rest->len;
        rest->at += n;
        rest->len -= n;
    }
    return found;
}

static bool keep_text(char *out, uint32_t room, struct stretch v)
{
    uint32_t len = v.len < room ? v.len : room - 1;
    memcpy(out, v.at, len);
    out[len] = '\0';
    return len == v.len;
}

/* --- first lines: RFC 9112 3 and 4 --- */

/* RFC 9112 2.3. The eight octets "HTTP/1.1". */
static bool read_version(struct http_reader *r, const char *at, uint32_t len)
{
    if (len < 8 || memcmp(at, "HTTP/", 5) != 0 || !is_digit(at[5]) || at[6] != '.' ||
        !is_digit(at[7]))
        broken(r, HTTP_BAD_LINE);
    else if (at[5] != '1')
        broken(r, HTTP_BAD_VERSION);
    r->head.minor = (uint8_t)(at[7] - '0');
    return r->phase != HTTP_FAULTY;
}

static bool read_status_line(struct http_reader *r)
{
    const char *l = r->line;
    if (r->line_len < 12) {
        broken(r, HTTP_BAD_LINE);
        return false;
    }
    if (!read_version(r, l, r->line_len))
        return false;
    bool digits = is_digit(l[9]) && is_digit(l[10]) && is_digit(l[11]);
    if (l[8] != ' ' || !digits || l[9] == '0' || (r->line_len > 12 && l[12] != ' '))
        broken(r, HTTP_BAD_LINE);
    r->head.status = (uint16_t)((l[9] - '0') * 100 + (l[10] - '0') * 10 + (l[11] - '0'));
    return r->phase != HTTP_FAULTY;
}

/* RFC 9110 9.1: methods are case-sensitive. */
static uint8_t method_of(struct stretch v)
{
    static const char *const names[] = {"GET", "HEAD", "POST"};
    for (unsigned m = 0; m < HTTP_OTHER; m++) {
        uint32_t k = 0;
        while (k < v.len && names[m][k] == v.at[k])
            k++;
        if (k == v.len && !names[m][k])
            return (uint8_t)m;
    }
    return HTTP_OTHER;
}

/* RFC 9112 3.2.2: a server takes the whole address, too; what counts is its path. */
static struct stretch origin_form(struct stretch t)
{
    if (t.len < 7 || !is_word(t.at, 7, "http://"))
        return t;
    uint32_t k = 7;
    while (k < t.len && t.at[k] != '/')
        k++;
    return k < t.len ? (struct stretch){t.at + k, t.len - k} : (struct stretch){"/", 1};
}

static bool is_target(struct stretch t)
{
    for (uint32_t k = 0; k < t.len; k++)
        if ((uint8_t)t.at[k] <= ' ' || t.at[k] == 0x7f)
            return false;
    return t.len && (t.at[0] == '/' || is_word(t.at, t.len, "*"));
}

static bool read_request_line(struct http_reader *r)
{
    struct stretch method = {r->line, 0}, target;
    const char *end = r->line + r->line_len;
    if (r->too_long) {
        broken(r, HTTP_TARGET_TOO_LONG);
        return false;
    }
    while (method.at + method.len < end && is_token_char(method.at[method.len]))
        method.len++;
    target = (struct stretch){method.at + method.len + 1, 0};
    while (target.at + target.len < end && target.at[target.len] != ' ')
        target.len++;
    const char *version = target.at + target.len + 1;
    if (!method.len || version + 8 != end || method.at[method.len] != ' ') {
        broken(r, HTTP_BAD_LINE);
        return false;
    }
    if (!read_version(r, version, 8))
        return false;
    r->head.method = method_of(method);
    target = origin_form(target);
    if (!is_target(target))
        broken(r, HTTP_BAD_LINE);
    else if (!keep_text(r->head.text, HTTP_TEXT, target))
        broken(r, HTTP_TARGET_TOO_LONG);
    return r->phase != HTTP_FAULTY;
}

/* --- fields: RFC 9112 5 --- */

/* RFC 9110 8.6: digits; 15 of them are more than anybody sends. */
static void field_length(struct http_reader *r, struct stretch v)
{
    r->head.lengths++;
    if (!v.len || v.len > 15 || r->head.lengths > 1)
        broken(r, HTTP_BAD_LENGTH);
    for (uint32_t k = 0; k < v.len && r->phase != HTTP_FAULTY; k++) {
        if (!is_digit(v.at[k]))
            broken(r, HTTP_BAD_LENGTH);
        r->head.length = r->head.length * 10 + (uint64_t)(v.at[k] - '0');
    }
}

/* RFC 9112 6.1, 7. */
static void field_coding(struct http_reader *r, struct stretch v)
{
    struct stretch e;
    while ((e = next_element(&v)).len) {
        bool chunked = is_word(e.at, e.len, "chunked");
        if (r->head.chunked) /* something behind it, or it twice */
            broken(r, HTTP_BAD_CODING);
        else if (!chunked && r->request)
            broken(r, HTTP_UNKNOWN_CODING);
        r->head.chunked = chunked;
        r->head.codings = 1;
    }
}

static void field_connection(struct http_reader *r, struct stretch v)
{
    struct stretch e;
    while ((e = next_element(&v)).len) {
        r->head.close = r->head.close || is_word(e.at, e.len, "close");
        r->head.keep_alive = r->head.keep_alive || is_word(e.at, e.len, "keep-alive");
    }
}

/* RFC 9112 3.2. */
static void field_host(struct http_reader *r, struct stretch v)
{
    r->head.hosts++;
    for (uint32_t k = 0; k < v.len; k++)
        if (is_space(v.at[k]) || v.at[k] == '/' || v.at[k] == ',' || v.at[k] == '@')
            broken(r, HTTP_BAD_HOST);
    if (r->head.hosts > 1)
        broken(r, HTTP_BAD_HOST);
}

static void field_expect(struct http_reader *r, struct stretch v)
{
    r->head.expects = is_word(v.at, v.len, "100-continue");
}

static void field_location(struct http_reader *r, struct stretch v)
{
    if (!r->request && !keep_text(r->head.text, HTTP_TEXT, v))
        r->head.text[0] = '\0'; /* half of one leads elsewhere */
}

static void field_type(struct http_reader *r, struct stretch v)
{
    keep_text(r->head.type, HTTP_TYPE, v);
}

static const struct {
    const char *name;
    void (*read)(struct http_reader *r, struct stretch value);
    bool whole; /* of no use when it is longer than a line */
} fields[] = {
    {"content-length", field_length, true}, {"transfer-encoding", field_coding, true},
    {"connection", field_connection, true}, {"host", field_host, true},
    {"expect", field_expect, false},        {"location", field_location, false},
    {"content-type", field_type, false},
};

/* RFC 9112 5.1, RFC 9110 5.5. */
static void read_field(struct http_reader *r)
{
    uint32_t name = 0;
    while (name < r->line_len && is_token_char(r->line[name]))
        name++;
    if (!name || name == r->line_len || r->line[name] != ':') {
        broken(r, r->too_long && name == r->line_len ? HTTP_HEAD_TOO_LONG : HTTP_BAD_LINE);
        return;
    }
    struct stretch value = trimmed(r->line + name + 1, r->line_len - name - 1u);
    for (uint32_t k = 0; k < sizeof fields / sizeof fields[0]; k++) {
        if (!is_word(r->line, name, fields[k].name))
            continue;
        if (!r->too_long)
            fields[k].read(r, value);
        else if (fields[k].whole)
            broken(r, HTTP_HEAD_TOO_LONG);
    }
}

/* --- where the body ends: RFC 9112 6.3 --- */

static enum http_phase body_of_request(struct http_reader *r)
{
    const struct http_head *h = &r->head;
    if (h->minor > 0 && h->hosts == 0)
        broken(r, HTTP_BAD_HOST);
    else if (h->codings && (h->lengths || h->minor == 0))
        broken(r, HTTP_BAD_LENGTH);
    else if (h->codings && !h->chunked)
        broken(r, HTTP_BAD_CODING);
    if (r->phase == HTTP_FAULTY)
        return HTTP_FAULTY;
    return h->chunked ? HTTP_IN_SIZE : h->length ? HTTP_IN_BODY : HTTP_COMPLETE;
}

static enum http_phase body_of_answer(struct http_reader *r)
{
    const struct http_head *h = &r->head;
    if (r->bodyless || h->status < 200 || h->status == 204 || h->status == 304)
        return HTTP_COMPLETE;
    if (h->codings && (h->lengths || h->minor == 0)) {
        broken(r, HTTP_BAD_LENGTH);
        return HTTP_FAULTY;
    }
    if (h->codings)
        return h->chunked ? HTTP_IN_SIZE : HTTP_IN_REST;
    if (!h->lengths)
        return HTTP_IN_REST;
    return h->length ? HTTP_IN_BODY : HTTP_COMPLETE;
}

static void head_ended(struct http_reader *r)
{
    r->left = r->head.length;
    enum http_phase next = r->request ? body_of_request(r) : body_of_answer(r);
    if (r->phase != HTTP_FAULTY)
        r->phase = (uint8_t)next;
}

/* --- lines --- */

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 9112 7.1: digits, then perhaps an extension, which is passed over. */
static void read_size(struct http_reader *r)
{
    uint32_t n = 0;
    r->left = 0;
    for (; n < r->line_len && hex_digit(r->line[n]) >= 0 && n < 16; n++)
        r->left = r->left << 4 | (uint64_t)hex_digit(r->line[n]);
    bool ends = n == r->line_len || r->line[n] == ';' || is_space(r->line[n]);
    if (!n || n > 15 || !ends)
        broken(r, HTTP_BAD_CHUNK);
    else
        r->phase = r->left ? HTTP_IN_CHUNK : HTTP_IN_TRAILER;
}

/* RFC 9112 2.2: an empty line before a request is passed over. */
static void read_start(struct http_reader *r)
{
    if (!r->line_len && r->request)
        return;
    if (r->request ? read_request_line(r) : read_status_line(r))
        r->phase = HTTP_IN_FIELDS;
}

static void line_ended(struct http_reader *r)
{
    switch ((enum http_phase)r->phase) {
    case HTTP_IN_START:
        read_start(r);
        break;
    case HTTP_IN_FIELDS:
        if (r->line_len)
            read_field(r);
        else
            head_ended(r);
        break;
    case HTTP_IN_SIZE:
        read_size(r);
        break;
    case HTTP_BEHIND_CHUNK:
        r->phase = HTTP_IN_SIZE;
        if (r->line_len)
            broken(r, HTTP_BAD_CHUNK);
        break;
    case HTTP_IN_TRAILER:
        if (!r->line_len)
            r->phase = HTTP_COMPLETE;
        break;
    case HTTP_IN_BODY:
    case HTTP_IN_REST:
    case HTTP_IN_CHUNK:
    case HTTP_COMPLETE:
    case HTTP_FAULTY:
        break;
    }
    r->line_len = 0;
    r->too_long = r->ended = r->cr = false;
}

static void keep_octet(struct http_reader *r, char c)
{
    if (((uint8_t)c < ' ' && c != '\t') || c == 0x7f)
        broken(r, HTTP_BAD_LINE); /* RFC 9110 5.5 */
    else if (r->line_len < HTTP_LINE)
        r->line[r->line_len++] = c;
    else
        r->too_long = true;
}

/* A field's line has ended when the next does not begin with white space, unless it is empty. */
static bool may_continue(const struct http_reader *r)
{
    return r->phase == HTTP_IN_FIELDS && r->line_len;
}

static void take_octet(struct http_reader *r, char c)
{
    if (r->ended && is_space(c)) { /* RFC 9112 5.2: folded, which no request may be */
        r->ended = false;
        if (r->request)
            broken(r, HTTP_BAD_LINE);
    } else if (r->ended) {
        line_ended(r);
    }
    if (r->phase == HTTP_FAULTY)
        return;
    if (r->phase <= HTTP_IN_FIELDS || r->phase == HTTP_IN_TRAILER) {
        if (r->head_room-- == 0) {
            r->head_room = 0;
            broken(r, HTTP_HEAD_TOO_LONG);
            return;
        }
    }
    if (c == '\n') {
        r->cr = false;
        if (may_continue(r))
            r->ended = true;
        else
            line_ended(r);
    } else if (r->cr) {
        broken(r, HTTP_BAD_LINE); /* RFC 9112 2.2: a CR that is alone */
    } else if (c == '\r') {
        r->cr = true;
    } else {
        keep_octet(r, c);
    }
}

/* --- the stream --- */

static bool in_body(const struct http_reader *r)
{
    return r->phase == HTTP_IN_BODY || r->phase == HTTP_IN_REST || r->phase == HTTP_IN_CHUNK;
}

static uint32_t take_body(struct http_reader *r, uint32_t len)
{
    if (r->phase == HTTP_IN_REST)
        return len;
    if (len > r->left)
        len = (uint32_t)r->left;
    r->left -= len;
    if (!r->left)
        r->phase = r->phase == HTTP_IN_BODY ? HTTP_COMPLETE : HTTP_BEHIND_CHUNK;
    return len;
}

uint32_t http_reader_take(struct http_reader *r, const uint8_t *octets, uint32_t len,
                          const uint8_t **body, uint32_t *body_len)
{
    uint32_t at = 0;
    *body = octets;
    *body_len = 0;
    if (in_body(r)) {
        *body_len = take_body(r, len);
        return *body_len;
    }
    while (at < len && r->phase < HTTP_COMPLETE && !in_body(r)) {
        bool head = !http_reader_has_head(r);
        take_octet(r, (char)octets[at++]);
        if (head && http_reader_has_head(r))
            break;
    }
    return at;
}

void http_reader_end(struct http_reader *r)
{
    if (r->phase == HTTP_IN_REST)
        r->phase = HTTP_COMPLETE;
    else if (r->phase < HTTP_COMPLETE)
        broken(r, HTTP_INCOMPLETE);
}
