/* Memory for one parse: many small allocations, one release. Aborts when malloc fails (a parse of a
 * file that fits in memory). */
#ifndef SIM_BASE_POOL_H
#define SIM_BASE_POOL_H

#include <stddef.h>

struct pool;
struct pool *pool_new(void);
void pool_free(struct pool *p);
void *pool_alloc(struct pool *p, size_t size);                 /* zeroed, 16-aligned */
char *pool_text(struct pool *p, const char *text, size_t len); /* a NUL-terminated copy */
/* Grows an array that doubles: the element count before is `count`; returns the (moved) array with
 * room for one more. */
void *pool_grow(struct pool *p, void *array, size_t count, size_t element);

#endif
