/* The stacks of a benchmark, by name. A second instance of one that keeps its state in static
 * variables comes with a copy of its libraries (dlmopen). */
#ifndef BENCH_STACKS_H
#define BENCH_STACKS_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sim/hosts/sut_host.h"

/* wiredrill-lwip.so lies one folder above the benchmarks. */
static inline const char *lwip_path(void)
{
    static char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 64);
    path[len > 0 ? len : 0] = 0;
    char *slash = strrchr(path, '/');
    snprintf(slash ? slash + 1 : path, 64, "../wiredrill-lwip.so");
    return path;
}

/* NULL: it is not there. The kth instance in this process. */
static inline const struct sut *bench_stack(const char *name, int kth)
{
    struct why why = {{0}};
    const struct sut *s = NULL;
    bool lwip = strcmp(name, "lwip") == 0;
    if (lwip && access(lwip_path(), F_OK) != 0)
        return NULL;
    if (!lwip || kth == 0) {
        s = sut_load(lwip ? lwip_path() : name, &why);
        if (!s)
            fprintf(stderr, "%s: %s\n", name, why.text);
        return s;
    }
    void *copy = dlmopen(LM_ID_NEWLM, lwip_path(), RTLD_NOW | RTLD_LOCAL);
    if (!copy || !(s = dlsym(copy, "wiredrill_sut")))
        fprintf(stderr, "%s: %s\n", name, dlerror());
    return s;
}

/* Both of a pair. False: one is not there. */
static inline bool bench_stacks(const char *const name[2], const struct sut *out[2],
                                const struct nic_kind *nic[2], const char *kind)
{
    for (int side = 0; side < 2; side++) {
        int kth = side && strcmp(name[0], name[1]) == 0;
        out[side] = bench_stack(name[side], kth);
        nic[side] = out[side] && out[side]->flags & SUT_BUS ? nic_kind_by_name(kind) : NULL;
        if (!out[side])
            return false;
    }
    return true;
}

#endif
