#include "sim/hosts/http_message.h"
#include <string.h>
#include <strings.h>
#include "sim/packet/packet.h"

static bool broken(struct http_message *m, const char *fault)
{
    if (!m->fault)
        m->fault = fault;
    m->phase = HTTP_BROKEN;
    return false;
}

void http_message_begin(struct http_message *m, bool request)
{
    memset(m, 0, sizeof *m);
    m->request = request;
}

/* --- characters: RFC 9110 5.6 --- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_token(char c)
{
    return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* --- fields: RFC 9112 5 --- */

/* Behind a line's CR LF. */
static const char *line_after(const char *line)
{
    return strstr(line, "\r\n") + 2;
}

static uint32_t line_length(const char *line)
{
    return (uint32_t)(strstr(line, "\r\n") - line);
}

static const char *value_of(const char *line, uint32_t *len)
{
    const char *end = line + line_length(line), *value = strchr(line, ':') + 1;
    while (value < end && is_space(*value))
        value++;
    while (end > value && is_space(end[-1]))
        end--;
    *len = (uint32_t)(end - value);
    return value;
}

const char *http_message_field(const struct http_message *m, const char *name, uint32_t k,
                               uint32_t *len)
{
    size_t size = strlen(name);
    if (m->phase == HTTP_HEAD || !strstr(m->head, "\r\n\r\n"))
        return NULL;
    for (const char *line = line_after(m->head); line_length(line); line = line_after(line))
        if (strncasecmp(line, name, size) == 0 && line[size] == ':' && k-- == 0)
            return value_of(line, len);
    return NULL;
}

static bool next_word(const char **at, const char *end, const char **word, uint32_t *len)
{
    while (*at < end && (is_space(**at) || **at == ','))
        ++*at;
    *word = *at;
    while (*at < end && **at != ',')
        ++*at;
    const char *last = *at;
    while (last > *word && is_space(last[-1]))
        last--;
    *len = (uint32_t)(last - *word);
    return *len > 0;
}

bool http_message_has_word(const struct http_message *m, const char *name, const char *word)
{
    uint32_t len, size;
    const char *value, *found;
    for (uint32_t k = 0; (value = http_message_field(m, name, k, &len)) != NULL; k++)
        for (const char *at = value; next_word(&at, value + len, &found, &size);)
            if (size == strlen(word) && strncasecmp(found, word, size) == 0)
                return true;
    return false;
}

static bool check_field(struct http_message *m, const char *line, uint32_t len)
{
    uint32_t at = 0;
    if (is_space(line[0]))
        return broken(m, "a field is folded (RFC 9112 5.2)");
    while (at < len && is_token(line[at]))
        at++;
    if (at < len && is_space(line[at]))
        return broken(m, "white space before the colon of a field (RFC 9112 5.1)");
    if (at == 0 || at == len || line[at] != ':')
        return broken(m, "a field without name or colon (RFC 9112 5)");
    for (; at < len; at++)
        if ((uint8_t)line[at] < ' ' && line[at] != '\t')
            return broken(m, "a control character in a field (RFC 9110 5.5)");
    return true;
}

/* --- first lines: RFC 9112 3, 4 --- */

static bool copy_word(char *to, const char *from, const char *end)
{
    size_t len = (size_t)(end - from);
    if (len >= HTTP_WORD)
        return false;
    memcpy(to, from, len);
    to[len] = '\0';
    return len > 0;
}

static bool read_version(struct http_message *m, const char *at)
{
    if (strncmp(at, "HTTP/1.", 7) != 0 || !is_digit(at[7]))
        return broken(m, "a version that is not HTTP/1.1 (RFC 9112 2.3)");
    m->minor_0 = at[7] == '0';
    return true;
}

static bool read_request_line(struct http_message *m)
{
    const char *end = m->head + line_length(m->head);
    const char *target = memchr(m->head, ' ', (size_t)(end - m->head));
    const char *version = target ? memchr(target + 1, ' ', (size_t)(end - target - 1)) : NULL;
    if (!version || !copy_word(m->method, m->head, target) ||
        !copy_word(m->target, target + 1, version) || end - version != 9)
        return broken(m, "a request line that is not METHOD TARGET HTTP/1.1 (RFC 9112 3)");
    for (const char *c = m->method; *c; c++)
        if (!is_token(*c))
            return broken(m, "a method that is no token (RFC 9112 3.1)");
    bool form = m->target[0] == '/' || strcmp(m->target, "*") == 0;
    if (!form && strcmp(m->method, "CONNECT") != 0)
        return broken(m, "a target that is no path (RFC 9112 3.2.1)");
    return read_version(m, version + 1);
}

static bool read_status_line(struct http_message *m)
{
    const char *h = m->head;
    if (line_length(h) < 13 || h[8] != ' ' || h[12] != ' ' || !is_digit(h[9]) || !is_digit(h[10]) ||
        !is_digit(h[11]))
        return broken(m, "a status line that is not HTTP/1.1 CODE REASON (RFC 9112 4)");
    m->status = (h[9] - '0') * 100 + (h[10] - '0') * 10 + (h[11] - '0');
    return read_version(m, h);
}

/* --- the body's length: RFC 9112 6.3 --- */

static bool read_length(struct http_message *m)
{
    uint32_t len, again_len;
    const char *value = http_message_field(m, "Content-Length", 0, &len);
    const char *again = http_message_field(m, "Content-Length", 1, &again_len);
    if (!len || len > 15)
        return broken(m, "a Content-Length of no or too many digits (RFC 9110 8.6)");
    for (uint32_t k = 0; k < len; k++) {
        if (!is_digit(value[k]))
            return broken(m, "a Content-Length that is no number (RFC 9110 8.6)");
        m->left = m->left * 10 + (uint64_t)(value[k] - '0');
    }
    if (again)
        return broken(m, "two Content-Lengths (RFC 9110 8.6)");
    m->phase = m->left ? HTTP_LENGTH : HTTP_DONE;
    return true;
}

static bool find_body(struct http_message *m)
{
    uint32_t len;
    bool coded = http_message_field(m, "Transfer-Encoding", 0, &len) != NULL;
    bool length = http_message_field(m, "Content-Length", 0, &len) != NULL;
    if (coded && length)
        return broken(m, "Content-Length beside Transfer-Encoding (RFC 9112 6.2)");
    if (m->bodyless ||
        (!m->request && (m->status / 100 == 1 || m->status == 204 || m->status == 304)))
        m->phase = HTTP_DONE;
    else if (coded && !http_message_has_word(m, "Transfer-Encoding", "chunked"))
        return broken(m, "a Transfer-Encoding that is not chunked (RFC 9112 6.1)");
    else if (coded)
        m->phase = HTTP_CHUNK_SIZE;
    else if (length)
        return read_length(m);
    else
        m->phase = m->request ? HTTP_DONE : HTTP_TO_THE_END;
    return true;
}

/* RFC 9112 3.2: one Host, with something in it. */
static bool check_host(struct http_message *m)
{
    uint32_t len;
    const char *host = http_message_field(m, "Host", 0, &len);
    if (!host)
        return m->minor_0 || broken(m, "a request without Host (RFC 9112 3.2)");
    for (uint32_t k = 0; k < len; k++)
        if (is_space(host[k]) || host[k] == '/' || host[k] == ',')
            return broken(m, "a Host that names none (RFC 9112 3.2)");
    return !http_message_field(m, "Host", 1, &len) ||
           broken(m, "more than one Host (RFC 9112 3.2)");
}

/* The head is there, from the first line to the empty one. */
static void read_head(struct http_message *m)
{
    if (!(m->request ? read_request_line(m) : read_status_line(m)))
        return;
    for (const char *line = line_after(m->head); line_length(line); line = line_after(line))
        if (!check_field(m, line, line_length(line)))
            return;
    m->phase = HTTP_DONE; /* fields can be asked for */
    if ((m->request && !check_host(m)) || !find_body(m))
        return;
    m->close = m->minor_0 ? !http_message_has_word(m, "Connection", "keep-alive")
                          : http_message_has_word(m, "Connection", "close");
}

/* --- octets --- */

static bool take_head_octet(struct http_message *m, char c)
{
    char before = m->head_len ? m->head[m->head_len - 1] : '\0';
    if ((c == '\n') != (before == '\r') || c == '\0')
        return broken(m, "a CR or LF that is alone, or a NUL (RFC 9112 2.2)");
    if (m->head_len == HTTP_HEAD_MOST)
        return broken(m, "a head of more than 16 KiB");
    m->head[m->head_len++] = c;
    m->head[m->head_len] = '\0';
    if (m->head_len == 2 && c == '\n')
        return broken(m, "an empty line before the message (RFC 9112 2.2)");
    if (m->head_len >= 4 && memcmp(m->head + m->head_len - 4, "\r\n\r\n", 4) == 0)
        read_head(m);
    return true;
}

static uint32_t take_body(struct http_message *m, const uint8_t *octets, uint32_t len)
{
    uint32_t room = HTTP_SAMPLE - m->sample_len;
    if (m->phase != HTTP_TO_THE_END && len > m->left)
        len = (uint32_t)m->left;
    memcpy(m->sample + m->sample_len, octets, len < room ? len : room);
    m->sample_len += len < room ? len : room;
    if (m->pattern == m->body)
        m->pattern += packet_pattern_run(octets, len, m->body);
    m->body += len;
    if (m->phase == HTTP_TO_THE_END)
        return len;
    m->left -= len;
    if (m->left == 0)
        m->phase = m->phase == HTTP_CHUNK ? HTTP_CHUNK_END : HTTP_DONE;
    return len;
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* RFC 9112 7.1: a size in hexadecimal digits; extensions behind a semicolon are passed over. */
static void read_chunk_size(struct http_message *m)
{
    uint32_t at = 0;
    m->left = 0;
    for (; at < m->line_len && hex_digit(m->line[at]) >= 0; at++)
        m->left = m->left << 4 | (uint64_t)hex_digit(m->line[at]);
    bool ended = at == m->line_len || m->line[at] == ';' || is_space(m->line[at]);
    if (at == 0 || at > 12 || !ended)
        broken(m, "a chunk without size (RFC 9112 7.1)");
    else
        m->phase = m->left ? HTTP_CHUNK : HTTP_TRAILER;
}

/* A line of the chunked coding has come, without its end. */
static void take_line(struct http_message *m)
{
    if (m->phase == HTTP_CHUNK_SIZE)
        read_chunk_size(m);
    else if (m->phase == HTTP_CHUNK_END && m->line_len)
        broken(m, "a chunk is longer than its size (RFC 9112 7.1)");
    else if (m->phase == HTTP_CHUNK_END)
        m->phase = HTTP_CHUNK_SIZE;
    else if (m->line_len == 0)
        m->phase = HTTP_DONE;
    m->line_len = 0;
}

static void take_line_octet(struct http_message *m, char c)
{
    bool cr = m->line_len && m->line[m->line_len - 1] == '\r';
    if ((c == '\n') != cr) {
        broken(m, "a CR or LF that is alone (RFC 9112 2.2)");
    } else if (c == '\n') {
        m->line_len--;
        take_line(m);
    } else if (m->line_len == HTTP_CHUNK_LINE) {
        broken(m, "a line of the chunked coding of more than 64 octets");
    } else {
        m->line[m->line_len++] = c;
    }
}

uint32_t http_message_take(struct http_message *m, const uint8_t *octets, uint32_t len)
{
    uint32_t at = 0;
    while (at < len && m->phase < HTTP_DONE) {
        bool body =
            m->phase == HTTP_LENGTH || m->phase == HTTP_CHUNK || m->phase == HTTP_TO_THE_END;
        if (body)
            at += take_body(m, octets + at, len - at);
        else if (m->phase == HTTP_HEAD)
            take_head_octet(m, (char)octets[at++]);
        else
            take_line_octet(m, (char)octets[at++]);
    }
    return at;
}

void http_message_end(struct http_message *m)
{
    if (m->phase == HTTP_TO_THE_END)
        m->phase = HTTP_DONE;
    else if (m->phase < HTTP_DONE)
        broken(m, "the connection ended in a message (RFC 9112 8)");
}
