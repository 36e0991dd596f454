/* The page on peer hosts shows a kind that compiles and works. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "tests/hosts/peer_rig.h"

extern const struct host_kind daytime_kind;

Test(peer_example, answers)
{
    struct peer_rig *r =
        peer_rig_kind("host daytime srv ip 10.0.2.2/24 text \"noon\"", &daytime_kind);
    uint32_t len;
    cr_assert_eq(peer_rig_udp(r, RIG_CLIENT, RIG_SERVER, 5000, 13, "?", 1), 1);
    const uint8_t *p = peer_rig_payload(r, 0, &len);
    cr_assert(len == 4 && memcmp(p, "noon", 4) == 0);
    cr_assert_eq(peer_rig_number(r, "asked"), 1);
    peer_rig_close(r);
}

static char *contents(const char *path)
{
    char *text = calloc(1, 1 << 16);
    FILE *f = fopen(path, "r");
    if (!f)
        cr_skip("not run from the repository's root");
    cr_assert_gt(fread(text, 1, (1 << 16) - 1, f), 0);
    fclose(f);
    return text;
}

Test(peer_example, page_shows_it)
{
    char *page = contents("docs/peer-host.md"), *code = contents("tests/hosts/peer_daytime.c");
    char *block = strstr(page, "```c\n");
    cr_assert_not_null(block);
    cr_assert_eq(strncmp(block + 5, code, strlen(code)), 0,
                 "docs/peer-host.md and tests/hosts/peer_daytime.c differ");
    free(page);
    free(code);
}
