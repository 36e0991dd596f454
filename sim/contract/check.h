/* A check: a row of a group's table. */
#ifndef SIM_CONTRACT_CHECK_H
#define SIM_CONTRACT_CHECK_H

#include "sim/contract/rig.h"

/* What a driver may lack: the check is then passed over. */
enum contract_need {
    NEEDS_FILTER = 1,
    NEEDS_DETACH = 2,
    NEEDS_POLL = 4,
    NEEDS_RESET = 8,
    NEEDS_COUNTERS = 16,
    NEEDS_INTERRUPTIBLE = 32,
    NEEDS_VERSION_2 = 64
};

struct contract_check {
    const char *name, *what;
    void (*play)(struct rig *r, const struct contract_check *c);
    unsigned needs;
    int a, b; /* the check's own parameters */
    const struct stuck_wait *wait;
    const struct ring_patch *patch;
};

/* Each table ends with a NULL name. */
extern const struct contract_check attach_checks[], transmit_checks[], receive_checks[],
    interrupt_checks[], link_checks[], filter_checks[], stop_checks[], mixed_checks[],
    virtio_checks[], virtio_old_checks[];

/* For the rows that a NIC's own tables make. */
void contract_play_wait(struct rig *r, const struct contract_check *c);
void contract_play_broken(struct rig *r, const struct contract_check *c);
void contract_play_parted(struct rig *r, const struct contract_check *c);

#endif
