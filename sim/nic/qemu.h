/*
 * A QEMU process whose processor stands still and whose NICs are driven from here: registers
 * through qtest.h, guest memory shared, frames through a pair of sockets for each NIC.
 *
 * A process is started when first wanted and kept for those who want the same NICs again: what is
 * acquired is as after power-on. It dies with the process that started it, however that ends.
 */
#ifndef SIM_NIC_QEMU_H
#define SIM_NIC_QEMU_H

#include <sys/types.h>

#include "sim/base/why.h"
#include "sim/nic/machine.h"
#include "sim/nic/qtest.h"

/* Guest memory that callers may hand out, and where the device sees it; below are a PC's holes. */
enum { QEMU_RAM_BYTES = 128 << 20, QEMU_RAM_FIRST = 1 << 20 };

struct qemu_plan {
    const char *nic; /* as our models are called: "e1000" */
    uint32_t ports;
    uint8_t mac[MACHINE_NICS][6];
};

struct qemu_device;

struct qemu {
    struct qemu_plan plan;
    const struct qemu_device *device;
    pid_t pid;
    struct qtest qtest;
    int qmp;
    int wire[MACHINE_NICS]; /* our end: a datagram is a frame, nothing blocks */
    bool down[MACHINE_NICS];
    uint8_t *ram;
    size_t ram_used; /* the caller's, from QEMU_RAM_FIRST on: zeroed for the next */
    bool taken;
    uint64_t age;
};

/* False, and why: there is no QEMU on this machine. Looks in PATH. */
bool qemu_present(struct why *why);
/* Its segmentation appends an empty segment to a payload of whole ones, so that a stack which lets
 * the NIC cut sends other frames than it would by itself. */
bool qemu_cuts_wrong(const char *nic);
/* True when it has a device for our NIC of that name. */
bool qemu_has(const char *nic);
/* NULL, and why: it did not start. NIC k of the plan is in slot FIRST_NIC_SLOT + k, its pin routed
 * to the line that our own machine would give it; or, memory-mapped, in the k-th place. */
struct qemu *qemu_acquire(const struct qemu_plan *plan, struct why *why);
void qemu_release(struct qemu *q);
/* All that this process started. */
void qemu_stop_all(void);
void qemu_set_link(struct qemu *q, uint32_t port, bool up);
/* Where a device register lies that our own machine has at `address`, and which of our machine's
 * interrupt lines are up: memory-mapped devices have other places and numbers here. */
uint64_t qemu_address(const struct qemu *q, uint64_t address);
uint32_t qemu_lines(const struct qemu *q);
/* QEMU's clock, in ticks of 1/3579545 s, 24 bits (the ACPI timer). It runs ahead to what is due
 * next while the processor stands still, and stays where it is when nothing is. */
uint32_t qemu_ticks(struct qemu *q);
/* A write of this register of the NIC's memory window makes it deaf for a second of that time. */
bool qemu_is_deafened(const struct qemu *q, uint32_t off);
/* Nothing follows from a write there until a frame comes. */
bool qemu_is_table(const struct qemu *q, uint32_t off);
/* Waits until that second is over; `before` are the ticks before the write. */
void qemu_listens(struct qemu *q, uint32_t before);
/* Frames that wait for a NIC which cannot take them are lost, as on a wire; QEMU would keep them.
 */
void qemu_drop_waiting(struct qemu *q);
/* What it said last on its standard error, without the newline; "" for nothing. */
void qemu_last_words(const struct qemu *q, char *out, size_t room);

#endif
