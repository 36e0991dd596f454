/*
 * The same accesses on our model and on QEMU's: random ones, by a generator that knows rings and
 * descriptors, and their shortest part that still sets the two apart, as a script that either side
 * replays.
 */
#ifndef TESTS_DEVICES_DIFFERENTIAL_H
#define TESTS_DEVICES_DIFFERENTIAL_H

#include "tests/devices/deviation.h"
#include "tests/devices/side.h"

/* Runs of some hundred accesses each, from seeds that count up from `seed`, until `accesses` were
 * made. 0; 1 when the sides parted and no row of the table says why, after printing the script. */
int differential_fuzz(const char *nic, uint64_t seed, uint64_t accesses,
                      struct deviations *deviations);
/* Makes the script's accesses and prints what each shows. 2 when the file cannot be read. */
int differential_replay(const char *path, const struct board_kind *kind);

#endif
