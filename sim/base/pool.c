#include "sim/base/pool.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOL_ALIGN = 16, POOL_CHUNK = 32 * 1024 };

struct chunk {
    struct chunk *next;
    size_t size, used;
    _Alignas(POOL_ALIGN) unsigned char bytes[];
};

struct pool {
    struct chunk *chunks; /* the first one has room */
};

static void *must(void *memory)
{
    if (!memory) {
        fputs("wiredrill: out of memory\n", stderr);
        abort();
    }
    return memory;
}

struct pool *pool_new(void)
{
    return must(calloc(1, sizeof(struct pool)));
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    for (struct chunk *c = p->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(p);
}

static struct chunk *chunk_new(size_t size)
{
    struct chunk *c = must(calloc(1, sizeof(struct chunk) + size));
    c->size = size;
    return c;
}

/* A large block gets a chunk of its own behind the first, which keeps its room. */
static void *alloc_large(struct pool *p, size_t size)
{
    struct chunk *c = chunk_new(size);
    c->used = size;
    if (p->chunks) {
        c->next = p->chunks->next;
        p->chunks->next = c;
    } else {
        p->chunks = c;
    }
    return c->bytes;
}

void *pool_alloc(struct pool *p, size_t size)
{
    if (size > SIZE_MAX - sizeof(struct chunk) - POOL_ALIGN)
        must(NULL);
    size = (size + POOL_ALIGN - 1) & ~(size_t)(POOL_ALIGN - 1);
    if (size > POOL_CHUNK / 4)
        return alloc_large(p, size);
    struct chunk *c = p->chunks;
    if (!c || c->size - c->used < size) {
        c = chunk_new(POOL_CHUNK);
        c->next = p->chunks;
        p->chunks = c;
    }
    void *memory = c->bytes + c->used;
    c->used += size;
    return memory;
}

char *pool_text(struct pool *p, const char *text, size_t len)
{
    char *copy = pool_alloc(p, len + 1);
    if (len)
        memcpy(copy, text, len);
    return copy;
}

void *pool_grow(struct pool *p, void *array, size_t count, size_t element)
{
    enum { FIRST = 4 };
    if (count == 0)
        return pool_alloc(p, FIRST * element);
    if (count < FIRST || (count & (count - 1)) != 0)
        return array;
    void *moved = pool_alloc(p, 2 * count * element);
    memcpy(moved, array, count * element);
    return moved;
}
