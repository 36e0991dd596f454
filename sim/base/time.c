/* Times as a script writes them, in exact decimal arithmetic. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/time.h"

static const struct {
    const char *name;
    int64_t ns;
} unit[] = {
    {"ns", 1},
    {"us", 1000},
    {"ms", 1000000},
    {"s", 1000000000},
    {"min", 60000000000},
    {"h", 3600000000000},
    {"d", 86400000000000},
};
enum { UNITS = sizeof unit / sizeof unit[0], SECOND = 3 };

const char *const time_units[] = {"ns", "us", "ms", "s", "min", "h", "d", NULL};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* whole * scale, then the digits behind the point, each worth a tenth of the one before. A digit
 * below 1 ns must be 0. */
static bool scaled(const char *whole, const char *point, const char *end, int64_t scale,
                   int64_t *ns)
{
    int64_t sum = 0;
    for (const char *c = whole; c < point; c++)
        if (__builtin_mul_overflow(sum, (int64_t)10, &sum) ||
            __builtin_add_overflow(sum, (int64_t)(*c - '0'), &sum))
            return false;
    if (__builtin_mul_overflow(sum, scale, &sum))
        return false;
    /* numerator / 10^k of the scale: exact as long as it divides */
    int64_t rest = scale;
    for (const char *c = point + 1; c < end; c++) {
        int64_t digit = *c - '0';
        if (digit && (rest * digit) % 10 != 0)
            return false;
        int64_t part = rest / 10 * digit + rest % 10 * digit / 10;
        if (__builtin_add_overflow(sum, part, &sum))
            return false;
        rest = rest % 10 == 0 ? rest / 10 : 0;
        if (rest == 0)
            for (const char *z = c + 1; z < end; z++)
                if (*z != '0')
                    return false;
    }
    *ns = sum;
    return true;
}

bool time_parse(const char *text, int64_t *ns, const char **unknown)
{
    const char *c = text;
    *unknown = NULL;
    while (is_digit(*c))
        c++;
    const char *point = c;
    if (*c == '.')
        c++;
    while (is_digit(*c))
        c++;
    const char *end = c;
    if (end - text == (*point == '.' ? 1 : 0)) /* no digit at all */
        return false;
    size_t which = SECOND;
    if (*c) {
        for (which = 0; which < UNITS && strcmp(c, unit[which].name) != 0; which++)
            ;
        if (which == UNITS) {
            *unknown = c;
            return false;
        }
    }
    return scaled(text, point, end, unit[which].ns, ns);
}

int time_print(int64_t ns, char *out, int room)
{
    size_t room_bytes = room > 0 ? (size_t)room : 0;
    if (ns == 0)
        return snprintf(out, room_bytes, "0s");
    if (ns % 1000000000 == 0 || ns >= 1000000000) {
        char part[16] = "";
        if (ns % 1000000000) {
            snprintf(part, sizeof part, ".%09" PRId64, ns % 1000000000);
            size_t n = strlen(part);
            while (part[n - 1] == '0')
                part[--n] = 0;
        }
        return snprintf(out, room_bytes, "%" PRId64 "%ss", ns / 1000000000, part);
    }
    size_t which = ns % 1000000 == 0 ? 2 : ns % 1000 == 0 ? 1 : 0;
    return snprintf(out, room_bytes, "%" PRId64 "%s", ns / unit[which].ns, unit[which].name);
}
