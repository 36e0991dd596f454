#include "sim/world/world.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/world/arena.h"

enum {
    INSTANT_EVENTS = 1000000, /* at one instant: more is a loop that no clock will end */
    FLOOD_WATCHED = 1000,     /* the last of them tell who takes part */
    FLOOD_OWNERS = 8,
    FIRST_ROOM = 8, /* to begin with */
};

/* What orders an owner lies beside the pointer to it: sifting touches no owner but those it moves.
 */
struct entry {
    int64_t due_ns;
    uint64_t key; /* rank, id */
    struct owner *owner;
};

struct world {
    struct arena arena; /* first: the world lies at the start of its own arena */
    uint64_t seed;
    int64_t now_ns;
    struct entry *heap; /* 4-ary: half the depth of a binary one, and the children share a cache
                           line or two */
    uint32_t count, room, owners;
    uint64_t events, stop_event;
    uint32_t at_instant; /* events fired at now_ns */
    bool stopping, failed;
    const struct owner *last;
    const struct owner *flood[FLOOD_OWNERS];
    uint32_t flooding;
    struct fingerprint state_print;
    struct restore_hook *hooks, **last_hook;
    const char *foreign;
    void *root;
    void (*last_words)(struct world *w, const char *why);
    struct why why;
};

struct image {
    const struct world *of;
    size_t used;
    uint64_t bytes[];
};

struct world *world_new(size_t arena_bytes, uint64_t seed)
{
    struct world *w = (struct world *)(void *)arena_new(arena_bytes, sizeof(struct world));
    if (!w)
        return NULL;
    w->seed = seed;
    w->last_hook = &w->hooks;
    fingerprint_init(&w->state_print);
    return w;
}

void world_free(struct world *w)
{
    if (w)
        arena_delete(&w->arena);
}

/* --- memory --- */

void world_on_fail_hard(struct world *w, void (*last_words)(struct world *w, const char *why))
{
    w->last_words = last_words;
}

/* Last words need memory too: they are asked for once. */
void world_fail_hard(struct world *w, const char *format, ...)
{
    void (*last_words)(struct world * w, const char *why) = w->last_words;
    char at[TIME_TEXT_BYTES], text[WHY_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (w->failed)
        snprintf(text, sizeof text, "%s", w->why.text);
    w->last_words = NULL;
    if (last_words)
        last_words(w, text);
    fprintf(stderr, "wiredrill: at %s: %s\n", time_text(w->now_ns, at), text);
    exit(1);
}

static void *checked(struct world *w, void *p, size_t size)
{
    if (!p)
        world_fail_hard(w, "the world's arena is full: %zu bytes asked, %zu of %zu in use%s%s",
                        size, w->arena.used, w->arena.reserved, w->last ? ", the event is of " : "",
                        w->last ? w->last->name : "");
    return p;
}

void *world_alloc(struct world *w, size_t size, size_t align)
{
    return checked(w, arena_alloc(&w->arena, size, align), size);
}

void *world_alloc_raw(struct world *w, size_t size, size_t align)
{
    return checked(w, arena_raw(&w->arena, size, align), size);
}

void world_release(struct world *w, void *p, size_t size)
{
    if (p)
        arena_release(&w->arena, p, size);
}

void *world_grow(struct world *w, void *array, uint32_t *room, size_t size)
{
    uint32_t more = *room ? *room * 2 : FIRST_ROOM;
    void *grown = world_alloc_raw(w, more * size, 64);
    if (*room)
        memcpy(grown, array, *room * size);
    world_release(w, array, *room * size);
    *room = more;
    return grown;
}

const char *world_text(struct world *w, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(world_alloc_raw(w, size, 1), text, size);
}

/* --- the queue --- */

static bool before(const struct entry *x, const struct entry *y)
{
    return x->due_ns != y->due_ns ? x->due_ns < y->due_ns : x->key < y->key;
}

/* heap_at counts from 1, so that an owner of zeroes is in no queue. */
static void put(struct world *w, uint32_t at, const struct entry *e)
{
    w->heap[at] = *e;
    e->owner->heap_at = at + 1;
}

static void sift_up(struct world *w, uint32_t at, const struct entry *e)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / 4;
        if (!before(e, &w->heap[parent]))
            break;
        put(w, at, &w->heap[parent]);
        at = parent;
    }
    put(w, at, e);
}

static void sift_down(struct world *w, uint32_t at, const struct entry *e)
{
    for (;;) {
        uint32_t first = at * 4 + 1;
        if (first >= w->count)
            break;
        uint32_t end = first + 4 < w->count ? first + 4 : w->count, least = first;
        for (uint32_t child = first + 1; child < end; child++)
            if (before(&w->heap[child], &w->heap[least]))
                least = child;
        if (!before(&w->heap[least], e))
            break;
        put(w, at, &w->heap[least]);
        at = least;
    }
    put(w, at, e);
}

static void move(struct world *w, uint32_t at, const struct entry *e)
{
    if (at > 0 && before(e, &w->heap[(at - 1) / 4]))
        sift_up(w, at, e);
    else
        sift_down(w, at, e);
}

static void take_out(struct world *w, struct owner *o)
{
    uint32_t at = o->heap_at - 1;
    struct entry last = w->heap[--w->count];
    o->heap_at = 0;
    if (at < w->count)
        move(w, at, &last);
}

void world_own(struct world *w, struct owner *o, enum rank rank)
{
    o->id = ++w->owners;
    o->rank = (uint8_t)rank;
    o->heap_at = 0;
    o->due_ns = NEVER;
}

void world_due(struct world *w, struct owner *o, int64_t due_ns)
{
    assert(o->id > 0 && o->id <= w->owners && o->fire);
    if (due_ns < w->now_ns)
        due_ns = w->now_ns;
    if (due_ns == o->due_ns)
        return;
    o->due_ns = due_ns;
    if (due_ns == NEVER) {
        if (o->heap_at)
            take_out(w, o);
        return;
    }
    struct entry e = {due_ns, (uint64_t)o->rank << 32 | o->id, o};
    if (o->heap_at) {
        move(w, o->heap_at - 1, &e);
        return;
    }
    if (w->count == w->room)
        w->heap = world_grow(w, w->heap, &w->room, sizeof *w->heap);
    sift_up(w, w->count++, &e);
}

/* --- running --- */

static void flood_note(struct world *w, const struct owner *o)
{
    for (uint32_t i = 0; i < w->flooding; i++)
        if (w->flood[i] == o)
            return;
    if (w->flooding < FLOOD_OWNERS)
        w->flood[w->flooding++] = o;
}

static const char *rank_name(unsigned rank)
{
    static const char *const name[] = {"wire", "nic", "host", "script"};
    return rank < sizeof name / sizeof *name ? name[rank] : "?";
}

static void flood_fail(struct world *w)
{
    char at[TIME_TEXT_BYTES], who[400];
    size_t len = 0;
    for (uint32_t i = 0; i < w->flooding && len < sizeof who; i++) {
        const struct owner *o = w->flood[i];
        int n = snprintf(who + len, sizeof who - len, "%s%s (%s %" PRIu32 ")", i ? ", " : "",
                         o->name ? o->name : "unnamed", rank_name(o->rank), o->id);
        len += n > 0 ? (size_t)n : 0;
    }
    world_fail(w, "a million events at one instant, %s: the clock cannot move on because of %s%s",
               time_text(w->now_ns, at), who, w->flooding == FLOOD_OWNERS ? ", ..." : "");
}

static void count_instant(struct world *w, const struct owner *o)
{
    if (++w->at_instant > INSTANT_EVENTS - FLOOD_WATCHED)
        flood_note(w, o);
    if (w->at_instant >= INSTANT_EVENTS)
        flood_fail(w);
}

static void fire_next(struct world *w)
{
    struct owner *o = w->heap[0].owner;
    if (o->due_ns > w->now_ns) {
        w->now_ns = o->due_ns;
        w->at_instant = w->flooding = 0;
    }
    fingerprint_u64(&w->state_print, (uint64_t)w->now_ns);
    fingerprint_u64(&w->state_print, w->heap[0].key);
    take_out(w, o);
    o->due_ns = NEVER;
    w->events++;
    w->last = o;
    count_instant(w, o);
    o->fire(o, w->now_ns);
}

static bool may_run(const struct world *w, int64_t until_ns)
{
    return !w->failed && !w->stopping && w->count && w->heap[0].due_ns <= until_ns;
}

int world_run(struct world *w, int64_t until_ns, struct why *why)
{
    w->stopping = false;
    while (may_run(w, until_ns)) {
        fire_next(w);
        if (w->events == w->stop_event)
            w->stopping = true;
    }
    if (world_failed(w, why))
        return -1;
    if (!w->stopping && until_ns != NEVER && until_ns > w->now_ns) {
        w->now_ns = until_ns;
        w->at_instant = w->flooding = 0;
    }
    return 0;
}

void world_stop(struct world *w)
{
    w->stopping = true;
}

void world_stop_at_event(struct world *w, uint64_t event)
{
    w->stop_event = event;
}

const struct owner *world_last(const struct world *w)
{
    return w->last;
}

int64_t world_next(const struct world *w)
{
    return w->count ? w->heap[0].due_ns : NEVER;
}

void world_fail(struct world *w, const char *format, ...)
{
    if (w->failed)
        return;
    w->failed = true;
    va_list args;
    va_start(args, format);
    vsnprintf(w->why.text, sizeof w->why.text, format, args);
    va_end(args);
}

bool world_failed(const struct world *w, struct why *why)
{
    if (w->failed)
        why_set(why, "%s", w->why.text);
    return w->failed;
}

int64_t world_now(const struct world *w)
{
    return w->now_ns;
}

uint64_t world_seed(const struct world *w)
{
    return w->seed;
}

uint64_t world_events(const struct world *w)
{
    return w->events;
}

size_t world_bytes_used(const struct world *w)
{
    return w->arena.used;
}

void world_set_root(struct world *w, void *root)
{
    w->root = root;
}

void *world_root(const struct world *w)
{
    return w->root;
}

/* As scripts write it: no more decimals than it takes. */
const char *time_text(int64_t ns, char out[TIME_TEXT_BYTES])
{
    uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    int len = snprintf(out, TIME_TEXT_BYTES, "%s%" PRIu64 ".%09" PRIu64, ns < 0 ? "-" : "",
                       size / 1000000000, size % 1000000000);
    while (out[len - 1] == '0')
        len--;
    len -= out[len - 1] == '.';
    memcpy(out + len, "s", 2);
    return out;
}

/* --- the S fingerprint --- */

static uint64_t little_endian(uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap64(value);
#else
    return value;
#endif
}

/* In one piece, for they are many: numbers, and the name behind them. */
void world_state_event(struct world *w, uint32_t who, const char *what, int64_t value)
{
    enum { NAME = 40 };
    struct {
        uint64_t now, value, who;
        char name[NAME];
    } event;
    size_t len = strlen(what);
    event.now = little_endian((uint64_t)w->now_ns);
    event.value = little_endian((uint64_t)value);
    event.who = little_endian(who);
    if (len > NAME) {
        fingerprint_bytes(&w->state_print, what, len);
        len = 0;
    }
    memcpy(event.name, what, len);
    fingerprint_bytes(&w->state_print, &event, 3 * sizeof event.now + len);
}

struct fingerprint *world_state_print(struct world *w)
{
    return &w->state_print;
}

/* --- snapshots --- */

void world_on_restore(struct world *w, struct restore_hook *hook)
{
    hook->next = NULL;
    *w->last_hook = hook;
    w->last_hook = &hook->next;
}

void world_foreign(struct world *w, const char *name)
{
    if (!w->foreign)
        w->foreign = world_text(w, name);
}

struct image *world_save(struct world *w, struct why *why)
{
    if (w->foreign) {
        why_set(why, "%s keeps state outside the world: it can be forked, not saved", w->foreign);
        return NULL;
    }
    struct image *image = malloc(sizeof *image + w->arena.used);
    if (!image) {
        why_set(why, "no memory for an image of %zu bytes", w->arena.used);
        return NULL;
    }
    image->of = w;
    image->used = w->arena.used;
    arena_save(&w->arena, image->bytes);
    return image;
}

void world_restore(struct world *w, const struct image *image)
{
    assert(image->of == w);
    arena_restore(&w->arena, image->bytes, image->used);
    for (struct restore_hook *hook = w->hooks; hook; hook = hook->next)
        hook->restored(hook->ctx);
}

void image_free(struct image *image)
{
    free(image);
}
