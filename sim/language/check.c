/* Names that are used must be there: hosts behind @, links of faults, variables behind $. Resolved
 * when all declarations are read. */
#include <stdlib.h>
#include <string.h>

#include "sim/language/build.h"

void mention(struct parse *p, enum mention_kind kind, const char *name, const struct place *place)
{
    p->mention = pool_grow(p->pool, p->mention, p->mentions, sizeof(struct mention));
    uint32_t repeat = 0; /* the innermost */
    for (int b = 1; b <= p->blocks; b++)
        if (p->block[b].head.kind == STEP_REPEAT || p->block[b].head.kind == STEP_EITHER ||
            p->block[b].head.kind == STEP_IF)
            repeat = p->block[b].serial;
    p->mention[p->mentions++] = (struct mention){kind, name, *place, p->in_all, repeat};
}

void mention_words(struct parse *p, const struct word *word, size_t count, enum mention_kind use)
{
    for (size_t i = 0; i < count; i++)
        if (word[i].kind == WORD_USE || word[i].kind == WORD_BIND)
            mention(p, word[i].kind == WORD_USE ? use : MENTION_BIND, word[i].text, &word[i].place);
}

/* A sorted set of names; grows by doubling. */
struct names {
    const char **name;
    uint32_t *all, *repeat; /* the blocks in which each was bound; 0: in none */
    size_t count;
};

static size_t position(const struct names *n, const char *name, bool *found)
{
    size_t low = 0, high = n->count;
    *found = false;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(n->name[middle], name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Always one NULL behind the last, for nearest_word. */
static void names_add_in(struct pool *pool, struct names *n, const char *name, uint32_t all,
                         uint32_t repeat)
{
    bool found;
    size_t at = position(n, name, &found);
    if (found)
        return;
    if (n->count >= 2 * SCRIPT_NAMES) /* more than any list that passed its own limit */
        return;
    n->name = pool_grow(pool, n->name, n->count, sizeof *n->name);
    n->all = pool_grow(pool, n->all, n->count, sizeof *n->all);
    n->repeat = pool_grow(pool, n->repeat, n->count, sizeof *n->repeat);
    memmove(&n->name[at + 1], &n->name[at], (n->count - at) * sizeof *n->name);
    memmove(&n->all[at + 1], &n->all[at], (n->count - at) * sizeof *n->all);
    memmove(&n->repeat[at + 1], &n->repeat[at], (n->count - at) * sizeof *n->repeat);
    n->name[at] = name;
    n->all[at] = all;
    n->repeat[at] = repeat;
    n->count++;
}

static void names_add(struct pool *pool, struct names *n, const char *name)
{
    names_add_in(pool, n, name, 0, 0);
}

static const char *nearest(struct pool *pool, const struct names *n, const char *name)
{
    enum { MOST = 1000 };
    size_t count = n->count < MOST ? n->count : MOST;
    const char **list = pool_alloc(pool, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = n->name[i];
    return nearest_word(name, list);
}

static bool missing(struct parse *p, const struct mention *m, const struct names *n,
                    const char *sentence, const char *none)
{
    const char *near = nearest(p->pool, n, m->name);
    if (near)
        return diagnose(p->d, &m->place, "%s `%s`: did you mean `%s`?", sentence, m->name, near);
    return diagnose(p->d, &m->place, "%s `%s`: %s", sentence, m->name, none);
}

static bool resolve(struct parse *p, const struct mention *m, struct names *bound,
                    const struct names *params, const struct names *hosts,
                    const struct names *links)
{
    bool found = true;
    size_t at;
    switch (m->kind) {
    case MENTION_BIND: /* each turn of a repeat binds anew, and so may the turns of one that stand
                          in a row */
        at = position(bound, m->name, &found);
        if (found && bound->repeat[at] == m->repeat && !p->script->by_outcome)
            return diagnose(p->d, &m->place,
                            "?%s is bound already: $%s uses it, another value needs another name",
                            m->name, m->name);
        if (found)
            bound->repeat[at] = m->repeat;
        names_add_in(p->pool, bound, m->name, m->all, m->repeat);
        return bound->count <= SCRIPT_NAMES ||
               diagnose(p->d, &m->place, "too many variables: at most %d", SCRIPT_NAMES);
    case MENTION_USE:
    case MENTION_USE_ANY: /* bound later, or never: it is compared once it is bound */
        at = position(bound, m->name, &found);
        if (found && m->all && bound->all[at] == m->all)
            return diagnose(p->d, &m->place,
                            "$%s is bound in this all { }, whose lines come in any order: none may "
                            "use what another binds",
                            m->name);
        found |= p->script->by_outcome; /* what it stands in is not played until it is bound */
        return found || missing(p, m, bound, "unbound variable",
                                "a ?name in a packet or a call before it binds, or a param line");
    case MENTION_USE_EARLY:
        position(params, m->name, &found);
        return found || missing(p, m, params, "unknown parameter",
                                "a declaration can use only what a param line names");
    case MENTION_HOST:
        position(hosts, m->name, &found);
        return found || missing(p, m, hosts, "unknown host", "declare it with a host or sut line");
    case MENTION_LINK:
        position(links, m->name, &found);
        return found || missing(p, m, links, "unknown link", "declare it with a link line");
    }
    return true;
}

/* Without link lines there is one link, of this name. */
static const char implied_link[] = "lan";

bool check_script(struct parse *p)
{
    const struct script *s = p->script;
    struct names params = {0}, bound = {0}, hosts = {0}, links = {0}, all = {0};
    for (uint32_t i = 0; i < s->parameters; i++) {
        names_add(p->pool, &params, s->parameter[i].name);
        names_add(p->pool, &bound, s->parameter[i].name);
        names_add(p->pool, &all, s->parameter[i].name);
    }
    for (uint32_t i = 0; i < s->hosts; i++)
        names_add(p->pool, &hosts, s->host[i].name);
    for (uint32_t i = 0; i < s->suts; i++)
        names_add(p->pool, &hosts, s->sut[i].name);
    names_add(p->pool, &hosts, "sut");
    if (s->suts == 0)
        names_add(p->pool, &hosts, "eth0");
    if (s->packetdrill)
        names_add(p->pool, &hosts, "peer");
    for (uint32_t i = 0; i < s->links; i++)
        names_add(p->pool, &links, s->link[i].name);
    if (s->links == 0)
        names_add(p->pool, &links, implied_link);
    for (size_t i = 0; i < p->mentions; i++)
        if (p->mention[i].kind == MENTION_BIND)
            names_add(p->pool, &all, p->mention[i].name);
    for (size_t i = 0; i < p->mentions; i++) {
        const struct mention *m = &p->mention[i];
        if (!resolve(p, m, m->kind == MENTION_USE_ANY ? &all : &bound, &params, &hosts, &links))
            return false;
    }
    return true;
}
