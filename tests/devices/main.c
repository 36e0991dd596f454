/*
 * Our NIC models and QEMU's, side by side: `devices check` makes every check of a NIC on both,
 * `devices fuzz` makes random accesses on both, `devices replay` makes those of a file on one.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/devices/deviation.h"
#include "tests/devices/differential.h"
#include "tests/devices/suite.h"

static const char table[] = "tests/devices/deviations.tsv";

static int usage(void)
{
    fputs("usage: devices check NIC [ours]\n"
          "       devices fuzz NIC SEED ACCESSES\n"
          "       devices replay FILE sim|qemu\n",
          stderr);
    return 2;
}

static bool number(const char *text, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end;
}

int main(int argc, char **argv)
{
    static struct deviations deviations;
    struct why why = {{0}};
    uint64_t seed, accesses;
    signal(SIGPIPE, SIG_IGN);
    if (argc < 3)
        return usage();
    if (!deviations_load(&deviations, table))
        return 2;
    bool ours_alone = argc == 4 && strcmp(argv[3], "ours") == 0;
    if (strcmp(argv[1], "check") == 0 && (argc == 3 || ours_alone)) {
        if (!checks_of(argv[2])) {
            fprintf(stderr, "devices: there are no checks of %s\n", argv[2]);
            return 2;
        }
        return suite_run(argv[2], !ours_alone, &deviations);
    }
    if (strcmp(argv[1], "replay") == 0 && argc == 4 && board_kind_by_name(argv[3]))
        return differential_replay(argv[2], board_kind_by_name(argv[3]));
    if (strcmp(argv[1], "fuzz") != 0 || argc != 5 || !number(argv[3], &seed) ||
        !number(argv[4], &accesses))
        return usage();
    if (!board_qemu.present(&why)) {
        printf("skipped %s: %s\n0 passed, 0 failed, 1 skipped\n", argv[2], why.text);
        return 0;
    }
    return differential_fuzz(argv[2], seed, accesses, &deviations);
}
