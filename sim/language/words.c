/* What a word that starts with a digit, holds colons or is a string stands for. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/time.h"
#include "sim/language/lexer.h"

static bool all_digits(const char *text)
{
    return text[strspn(text, "0123456789")] == 0;
}

/* Four numbers up to 255, three dots. */
static bool ipv4_parse(const char *text, const char *end, uint32_t *out)
{
    uint32_t address = 0;
    for (int part = 0; part < 4; part++) {
        uint32_t n = 0;
        const char *from = text;
        while (text < end && *text >= '0' && *text <= '9' && n <= 255)
            n = 10 * n + (uint32_t)(*text++ - '0');
        if (n > 255 || text == from || (part < 3 ? *text++ != '.' : text != end))
            return false;
        address = address << 8 | n;
    }
    *out = address;
    return true;
}

/* "/24" or "" at `slash`. */
static bool prefix_parse(struct lexing *l, struct word *w, const char *slash, int most)
{
    if (!*slash)
        return true;
    size_t digits = strlen(slash + 1);
    w->prefix = digits > 3 ? 999 : (int)strtol(slash + 1, NULL, 10);
    if (w->prefix > most)
        return diagnose(l->d, &w->place, "`%s`: a prefix of %s is 0 to %d bits long", w->text,
                        most == 32 ? "IPv4" : "IPv6", most);
    w->kind = WORD_PREFIX;
    return true;
}

static bool number_parse(const char *text, int64_t *out)
{
    uint64_t n = 0;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && text[2];
    if (hex && text[2 + strspn(text + 2, "0123456789abcdefABCDEF")] != 0)
        return false;
    if (!hex && !all_digits(text))
        return false;
    for (const char *c = hex ? text + 2 : text; *c; c++) {
        uint64_t digit = *c <= '9' ? (uint64_t)(*c - '0') : (uint64_t)((*c | 32) - 'a' + 10);
        if (__builtin_mul_overflow(n, hex ? 16U : 10U, &n) || __builtin_add_overflow(n, digit, &n))
            return false;
    }
    if (!hex && n > INT64_MAX)
        return false;
    *out = (int64_t)n;
    return true;
}

static int dots_in(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '.';
    return n;
}

bool word_numeric(struct lexing *l, struct word *w)
{
    const char *unknown, *slash = w->text + strcspn(w->text, "/");
    uint32_t address;
    int dots = dots_in(w->text);
    if (dots == 3 && ipv4_parse(w->text, slash, &address)) {
        w->kind = WORD_IPV4;
        w->number = address;
        return prefix_parse(l, w, slash, 32);
    }
    if (*slash || (dots > 1 && w->text[strspn(w->text, "0123456789.")] == 0))
        return diagnose(
            l->d, &w->place,
            "`%s` is no number, time or address: an IPv4 address is four numbers up to 255",
            w->text);
    if (number_parse(w->text, &w->number))
        w->kind = WORD_NUMBER;
    else if (!l->code && !all_digits(w->text) && time_parse(w->text, &w->number, &unknown))
        w->kind = WORD_TIME;
    else
        w->kind = WORD_NAME;
    return true;
}

static bool is_mac(const char *text)
{
    if (strlen(text) != 17)
        return false;
    for (int i = 0; i < 17; i++)
        if (i % 3 == 2 ? text[i] != ':' : !strchr("0123456789abcdefABCDEF", text[i]))
            return false;
    return true;
}

static uint8_t hex_byte(const char *text)
{
    char two[3] = {text[0], text[1], 0};
    return (uint8_t)strtoul(two, NULL, 16);
}

/* Groups before and behind one `::`; the last 32 bits may be written as IPv4. */
static bool ipv6_parse(const char *text, const char *end, uint8_t out[16])
{
    uint8_t bytes[16] = {0};
    int at = 0, gap = -1;
    if (end - text >= 2 && text[0] == ':' && text[1] == ':')
        text++; /* the loop takes the second */
    else if (*text == ':')
        return false;
    while (text < end) {
        if (*text == ':') { /* the second of two */
            if (gap >= 0)
                return false;
            gap = at;
            text++;
            continue;
        }
        const char *stop = text;
        while (stop < end && *stop != ':')
            stop++;
        uint32_t address;
        if (stop == end && memchr(text, '.', (size_t)(end - text))) {
            if (at > 12 || !ipv4_parse(text, end, &address))
                return false;
            for (int i = 0; i < 4; i++)
                bytes[at++] = (uint8_t)(address >> (24 - 8 * i));
            break;
        }
        if (at > 14 || stop - text > 4)
            return false;
        unsigned long group = strtoul(text, NULL, 16);
        bytes[at++] = (uint8_t)(group >> 8);
        bytes[at++] = (uint8_t)group;
        text = stop < end ? stop + 1 : end;
        if (stop < end && text == end)
            return false; /* a single ':' at the end */
    }
    if (gap < 0 ? at != 16 : at > 14)
        return false;
    memset(out, 0, 16);
    int head = gap < 0 ? at : gap;
    memcpy(out, bytes, (size_t)head);
    memcpy(out + 16 - (at - head), bytes + head, (size_t)(at - head));
    return true;
}

bool word_colons(struct lexing *l, struct word *w)
{
    uint8_t *bytes = pool_alloc(l->pool, 16);
    const char *slash = w->text + strcspn(w->text, "/");
    w->bytes = bytes;
    if (is_mac(w->text)) {
        for (int i = 0; i < 6; i++)
            bytes[i] = hex_byte(w->text + 3 * i);
        w->kind = WORD_MAC;
        w->len = 6;
        return true;
    }
    if (!ipv6_parse(w->text, slash, bytes))
        return diagnose(
            l->d, &w->place,
            "`%s` is neither a MAC address (six pairs of hexadecimal digits) nor an IPv6 address",
            w->text);
    w->len = 16;
    return prefix_parse(l, w, slash, 128);
}

static int digit_of(char c, int base)
{
    int v = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : 99;
    return v < base ? v : -1;
}

/* The character behind a backslash; *at is moved behind the escape. -1: there is no such escape. */
static int escape(const char **at)
{
    static const char letters[] = "nrtabfve\\\"'", codes[] = "\n\r\t\a\b\f\v\x1b\\\"'";
    const char *c = *at;
    const char *known = strchr(letters, *c);
    if (*c && known) {
        *at = c + 1;
        return (unsigned char)codes[known - letters];
    }
    int base = *c == 'x' ? 16 : 8, most = *c == 'x' ? 2 : 3, value = 0, n = 0;
    if (*c == 'x')
        c++;
    for (; n < most && digit_of(*c, base) >= 0; n++)
        value = base * value + digit_of(*c++, base);
    *at = c;
    return n == 0 || value > 255 ? -1 : value;
}

bool word_string(struct lexing *l, struct word *w)
{
    size_t n = strlen(w->text);
    uint8_t *bytes = pool_alloc(l->pool, n);
    const char *c = w->text + 1, *end = w->text + n - 1;
    while (c < end) {
        const char *from = c;
        int byte = (unsigned char)*c++;
        if (byte == '\\')
            byte = escape(&c);
        if (byte < 0 || c > end) {
            struct place place = w->place;
            place.column += text_columns(w->text, (size_t)(from - w->text));
            place.length = 2;
            return diagnose(l->d, &place,
                            "unknown escape `\\%c` in a string: there are \\n \\r \\t \\\\ \\\" "
                            "\\xHH and \\OOO",
                            from[1]);
        }
        bytes[w->len++] = (uint8_t)byte;
    }
    w->bytes = bytes;
    return true;
}

bool sign_is(const struct word *w, const char *sign)
{
    return w->kind == WORD_PUNCT && strcmp(w->text, sign) == 0;
}

bool word_like_time(const struct word *w)
{
    return w->kind == WORD_NUMBER || w->kind == WORD_TIME ||
           (w->kind == WORD_NAME && w->text[0] >= '0' && w->text[0] <= '9');
}
