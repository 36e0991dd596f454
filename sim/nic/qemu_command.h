/* Which of QEMU's devices stands for which of our NICs, and the command line that makes them. */
#ifndef SIM_NIC_QEMU_COMMAND_H
#define SIM_NIC_QEMU_COMMAND_H

#include "sim/nic/qemu.h"

/* The eight places of a microvm's memory-mapped devices (measured), and their interrupts. */
enum { QEMU_SLOTS = 8, QEMU_SLOTS_LINE = 16 };
#define QEMU_SLOTS_AT UINT64_C(0xfeb00000)

struct qemu_device {
    const char *nic, *device;
    /* A write of this register makes it deaf for a second. The E1000 does so with RCTL. */
    uint32_t deaf_at;
    /* A table of registers that are looked at when a frame comes, and by nothing before. */
    uint32_t table_at, table_end;
    bool cuts_wrong;
    int mmio; /* 0: a PCI function, of a PC; else the version of its registers, on a microvm */
};

/* NULL: there is none for our NIC of that name. */
const struct qemu_device *qemu_device_of(const char *nic);

/* Descriptors that QEMU is given. */
struct qemu_ends {
    int ram, bios, qtest, qmp, wire[MACHINE_NICS];
};

enum { QEMU_ARGUMENTS = 80 };

struct qemu_command {
    char text[4096];
    size_t len;
    char *argument[QEMU_ARGUMENTS]; /* ended by NULL */
    int count;
};

extern const char qemu_program[];
/* `c` is zeroed, the plan's NIC one that there is. */
void qemu_command_line(struct qemu_command *c, const struct qemu_plan *plan,
                       const struct qemu_ends *e);

#endif
