#include "stack/core/text.h"
#include "stack/core/div.h"
#include "stack/core/error.h"

struct text text_to(char *out, size_t room)
{
    if (room > 0)
        out[0] = '\0';
    return (struct text){out, room, 0};
}

void text_char(struct text *t, char c)
{
    if (t->len + 1 < t->room) {
        t->out[t->len] = c;
        t->out[t->len + 1] = '\0';
    }
    t->len++;
}

void text_string(struct text *t, const char *s)
{
    while (*s)
        text_char(t, *s++);
}

void text_number(struct text *t, int64_t value)
{
    char digits[20];
    int n = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        uint64_t digit;
        rest = div_u64(rest, 10, &digit);
        digits[n++] = (char)('0' + digit);
    } while (rest);
    if (value < 0)
        text_char(t, '-');
    while (n > 0)
        text_char(t, digits[--n]);
}

void text_hex8(struct text *t, uint8_t value)
{
    text_char(t, "0123456789abcdef"[value >> 4]);
    text_char(t, "0123456789abcdef"[value & 15]);
}

void text_mac(struct text *t, const uint8_t mac[6])
{
    for (int i = 0; i < 6; i++) {
        if (i > 0)
            text_char(t, ':');
        text_hex8(t, mac[i]);
    }
}

static void text_ipv6_plain(struct text *t, const struct ip_addr *a)
{
    for (int i = 0; i < 8; i++) {
        if (i > 0)
            text_char(t, ':');
        uint16_t group = (uint16_t)(a->word[i / 2] >> (i % 2 ? 0 : 16));
        text_hex8(t, (uint8_t)(group >> 8));
        text_hex8(t, (uint8_t)group);
    }
}

void text_addr(struct text *t, const struct ip_addr *a)
{
    if (a->family == ADDR_IPV6) {
        text_ipv6_plain(t, a);
        return;
    }
    for (int shift = 24; shift >= 0; shift -= 8) {
        text_number(t, a->word[0] >> shift & 0xff);
        if (shift > 0)
            text_char(t, '.');
    }
}

int text_done(const struct text *t)
{
    return t->len < t->room ? (int)t->len : -ERR_MSGSIZE;
}

const char *text_parse_ipv4(const char *s, uint32_t *address)
{
    *address = 0;
    for (int part = 0; part < 4; part++) {
        unsigned octet = 0, digits = 0;
        for (; *s >= '0' && *s <= '9' && digits < 3; s++, digits++)
            octet = octet * 10 + (unsigned)(*s - '0');
        if (digits == 0 || octet > 255)
            return NULL;
        *address = *address << 8 | octet;
        if (part < 3 && *s++ != '.')
            return NULL;
    }
    return *s == '\0' || *s == ' ' || *s == '/' ? s : NULL;
}

const char *text_after(const char *s, const char *prefix)
{
    while (*prefix)
        if (*s++ != *prefix++)
            return NULL;
    return s;
}

bool text_equal(const char *a, const char *b)
{
    const char *rest = text_after(a, b);
    return rest && *rest == '\0';
}
