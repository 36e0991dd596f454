#include "sim/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void room_for(struct text *t, size_t more)
{
    if (!t->grows || t->len + more < t->room)
        return;
    size_t room = t->room ? t->room : 256;
    while (room <= t->len + more)
        room *= 2;
    t->bytes = realloc(t->bytes, room);
    if (!t->bytes) {
        fputs("wiredrill: out of memory\n", stderr);
        abort();
    }
    t->room = room;
}

void text_bytes(struct text *t, const char *bytes, size_t len)
{
    room_for(t, len + 1);
    for (size_t i = 0; i < len; i++)
        if (t->len + i + 1 < t->room)
            t->bytes[t->len + i] = bytes[i];
    t->len += len;
    if (t->room)
        t->bytes[t->len < t->room ? t->len : t->room - 1] = 0;
}

void text_add(struct text *t, const char *format, ...)
{
    char small[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n < 0)
        return;
    if ((size_t)n < sizeof small) {
        text_bytes(t, small, (size_t)n);
        return;
    }
    char *large = malloc((size_t)n + 1);
    if (!large) {
        fputs("wiredrill: out of memory\n", stderr);
        abort();
    }
    va_start(args, format);
    vsnprintf(large, (size_t)n + 1, format, args);
    va_end(args);
    text_bytes(t, large, (size_t)n);
    free(large);
}

int text_character(const char *text)
{
    const unsigned char *t = (const unsigned char *)text;
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    int len = t[0] < 0x80   ? 1
              : t[0] < 0xc2 ? 0
              : t[0] < 0xe0 ? 2
              : t[0] < 0xf0 ? 3
              : t[0] < 0xf5 ? 4
                            : 0;
    unsigned c = len < 2 ? t[0] : t[0] & (0x7fu >> len);
    for (int k = 1; k < len; k++) {
        if ((t[k] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (t[k] & 0x3fu);
    }
    bool surrogate = c >= 0xd800 && c < 0xe000, none = c == 0xfffe || c == 0xffff;
    return c < least[len] || c > 0x10ffff || surrogate || none ? 0 : len;
}
