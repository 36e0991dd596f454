/* The stacks under test that are built in. */
#include <string.h>
#include "sim/hosts/sut.h"

extern const struct sut stack_sut;

static const struct sut *const suts[] = {&stack_sut, NULL};

const struct sut *sut_by_name(const char *name)
{
    for (int s = 0; suts[s]; s++)
        if (strcmp(suts[s]->name, name) == 0)
            return suts[s];
    return NULL;
}
