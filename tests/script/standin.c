/* Until formats are compiled: weak, so that the real functions take their place where they are linked. */
#include <stdlib.h>
#include <string.h>

#include "sim/packet/packet.h"
#include "sim/script/script.h"

__attribute__((weak)) int layer_set_format(struct layer_set *set, const struct word *words, size_t count, struct diagnostic *d)
{
    (void)set, (void)count;
    d->place = words[0].place;
    strcpy(d->text, "formats are not compiled yet");
    return -1;
}

__attribute__((weak)) char *layer_set_print(const struct layer_set *set)
{
    (void)set;
    return strdup("");
}
