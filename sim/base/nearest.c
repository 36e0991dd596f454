/* The nearest word to a typo: Damerau's distance (an exchange of two neighbours is one slip),
 * ignoring case. */
#include <ctype.h>
#include <string.h>

#include "sim/base/diagnostic.h"

enum { NEAREST_LONGEST = 40 };

static int at_most(int a, int b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Three rows of the matrix are enough for exchanges. */
static int distance(const char *a, size_t n, const char *b, size_t m)
{
    int row[3][NEAREST_LONGEST + 1];
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *now = row[i % 3], *above = row[(i + 2) % 3], *two_up = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            bool equal = same(a[i - 1], b[j - 1]);
            now[j] = at_most(at_most(above[j], now[j - 1]) + 1, above[j - 1] + !equal);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                now[j] = at_most(now[j], two_up[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

const char *nearest_word(const char *typo, const char *const *names)
{
    size_t n = strlen(typo);
    if (n == 0 || n > NEAREST_LONGEST)
        return NULL;
    const char *best = NULL;
    int best_distance = n <= 3 ? 2 : n <= 6 ? 3 : 4; /* a word must share most of itself */
    for (; *names; names++) {
        size_t m = strlen(*names);
        if (m == 0 || m > NEAREST_LONGEST)
            continue;
        int d = distance(typo, n, *names, m);
        if (d < best_distance && d < (int)(n > m ? n : m)) {
            best = *names;
            best_distance = d;
        }
    }
    return best;
}
