/* Things by name. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "sim/world/names.h"

Test(names, a_thousand_are_found_and_others_are_not)
{
    struct world *w = world_new(1 << 20, 1);
    static int thing[1000];
    struct names n = {0};
    char text[16];
    cr_assert_null(names_find(&n, "h0"));
    for (int k = 0; k < 1000; k++) {
        snprintf(text, sizeof text, "h%d", k);
        names_put(w, &n, world_text(w, text), &thing[k]);
    }
    names_put(w, &n, "h7", &thing[8]);
    for (int k = 0; k < 1000; k++) {
        snprintf(text, sizeof text, "h%d", k);
        cr_assert_eq(names_find(&n, text), &thing[k], "of one name the first stays");
    }
    cr_assert_null(names_find(&n, "h1000"));
    cr_assert_null(names_find(&n, ""));
    cr_assert_eq(n.count, 1000);
    world_free(w);
}

Test(names, a_text_is_kept_once)
{
    struct world *w = world_new(1 << 20, 1);
    struct names n = {0};
    char text[] = "e1000.rx_filtered";
    const char *copy = names_text(w, &n, text);
    cr_assert_neq(copy, (const char *)text);
    cr_assert_str_eq(copy, text);
    size_t used = world_bytes_used(w);
    cr_assert_eq(names_text(w, &n, "e1000.rx_filtered"), copy);
    cr_assert_eq(world_bytes_used(w), used);
    world_free(w);
}
