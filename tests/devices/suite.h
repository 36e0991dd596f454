/* The conformance suite: every check of a NIC on our model and on QEMU's. */
#ifndef TESTS_DEVICES_SUITE_H
#define TESTS_DEVICES_SUITE_H

#include "tests/devices/check.h"
#include "tests/devices/deviation.h"

/* Prints a row for each check and the count. QEMU's side is passed over by name when it is not
 * installed, or not wanted. 0, or 1 when something is not as expected: our model, QEMU's without a
 * row of the table, or a row of the table that does not deviate any more. */
int suite_run(const char *nic, bool with_qemu, struct deviations *deviations);

#endif
