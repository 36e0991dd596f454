/*
 * Packets as the plain words of their lines, for tests of the language alone: weak, so that the real compiler takes its place
 * where it is linked.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/packet/packet.h"
#include "sim/script/script.h"
#include "sim/script/text.h"

struct layer_set {
    struct pool *pool;
    struct text formats;
};

struct packet_spec {
    const char *text;
};

#define WEAK __attribute__((weak))

static void add_words(struct text *t, const struct word *words, size_t count)
{
    static const char *const sigil[] = {[WORD_BIND] = "?", [WORD_USE] = "$", [WORD_END] = ""};
    for (size_t i = 0; i < count; i++)
        text_add(t, "%s%s%s", i && words[i].spaced ? " " : "", sigil[words[i].kind] ? sigil[words[i].kind] : "", words[i].text);
}

static const char *pooled(struct pool *pool, const struct word *words, size_t count)
{
    struct text t = {.grows = true};
    add_words(&t, words, count);
    const char *text = pool_text(pool, t.bytes ? t.bytes : "", t.len);
    free(t.bytes);
    return text;
}

WEAK struct layer_set *layer_set_new(struct pool *pool)
{
    struct layer_set *set = pool_alloc(pool, sizeof *set);
    set->pool = pool;
    return set;
}

WEAK int layer_set_format(struct layer_set *set, const struct word *words, size_t count, struct diagnostic *d)
{
    (void)d;
    struct text t = {.grows = true};
    text_add(&t, "%sformat %s\n", set->formats.bytes ? set->formats.bytes : "", pooled(set->pool, words, count));
    set->formats.bytes = pool_text(set->pool, t.bytes, t.len);
    free(t.bytes);
    return 0;
}

WEAK char *layer_set_print(const struct layer_set *set)
{
    return strdup(set->formats.bytes ? set->formats.bytes : "");
}

WEAK struct packet_spec *packet_compile(struct layer_set *set, struct pool *pool, char direction, const struct word *words, size_t count,
                                        struct diagnostic *d)
{
    (void)set, (void)direction, (void)d;
    struct packet_spec *p = pool_alloc(pool, sizeof *p);
    p->text = pooled(pool, words, count);
    return p;
}

WEAK char *packet_print(const struct packet_spec *p)
{
    return strdup(p->text);
}

WEAK bool packet_spec_equal(const struct packet_spec *a, const struct packet_spec *b)
{
    return strcmp(a->text, b->text) == 0;
}
