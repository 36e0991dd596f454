/*
 * QEMU's qtest protocol, the side of the program that drives: lines of text through a socket, one
 * reply for each command, and before a reply the changes of interrupt lines that the command
 * caused. Debian's QEMU 7.2 serves it beside any accelerator.
 */
#ifndef SIM_NIC_QTEST_H
#define SIM_NIC_QTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QTEST_BUFFER = 4096 };

struct qtest {
    int fd;
    uint32_t lines;       /* interrupt lines that are up, by number; those above 31 are not kept */
    uint64_t round_trips; /* so far */
    uint32_t owed;        /* replies to posted writes, still to be read */
    bool dead;            /* the other side has gone, or speaks another language */
    size_t at, len;       /* of what was read and not yet looked at */
    char buffer[QTEST_BUFFER];
};

void qtest_begin(struct qtest *q, int fd);
/* Sends one command and waits for its reply: the number in it, 0 when it has none. Once q->dead
 * nothing is sent and the answer is all ones, as of a bus without a device. */
__attribute__((format(printf, 2, 3))) uint64_t qtest_command(struct qtest *q, const char *format,
                                                             ...);
/* A command that does nothing: the device's main loop has gone round once. */
void qtest_round_trip(struct qtest *q);
/* Register accesses of 1, 2 or 4 bytes. */
uint32_t qtest_in(struct qtest *q, uint32_t port, int width);
void qtest_out(struct qtest *q, uint32_t port, int width, uint32_t value);
uint32_t qtest_read(struct qtest *q, uint64_t address, int width);
void qtest_write(struct qtest *q, uint64_t address, int width, uint32_t value);
/* A write whose reply is read before the next command's that has to wait for one: for what nothing
 * follows from at once. */
void qtest_post(struct qtest *q, uint64_t address, int width, uint32_t value);
/* PCI configuration space of bus 0 and up by the ports 0xcf8 and 0xcfc; `base` as of a bus_window.
 */
uint32_t qtest_config_read(struct qtest *q, uint64_t base, uint32_t off, int width);
void qtest_config_write(struct qtest *q, uint64_t base, uint32_t off, int width, uint32_t value);

#endif
