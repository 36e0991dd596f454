/*
 * The table through which a host reaches its machine: a bus, memory that devices reach, frames in
 * and out, interrupts. Behind one such table are our own models (board.c), behind another QEMU's
 * (qemu_board.c); whoever drives the host under test, or tries a device by itself, sees no
 * difference.
 */
#ifndef SIM_NIC_BOARD_H
#define SIM_NIC_BOARD_H

#include "sim/base/why.h"
#include "sim/nic/machine.h"

struct board_port {
    uint8_t mac[6];
    bool up;                    /* the carrier, at the beginning */
    int64_t tx_delay_ns;        /* 0 on a board whose NICs take no time of the world's */
    struct nic_options options; /* of our models only */
    nic_transmit *transmit;
    void *ctx;
};

/* What a board is made of. */
struct board_plan {
    const char *name;   /* of the host */
    const char *driver; /* whose it is, for sentences; outlives the board */
    const struct nic_kind *nic;
    struct machine_knobs knobs;
    void (*attend)(void *ctx); /* see machine_set_attendant */
    void *attend_ctx;
    nic_observer *looks_on; /* see machine_observe; at our own models alone */
    void *looks_on_ctx;
    uint32_t ports; /* at most MACHINE_NICS */
    struct board_port port[MACHINE_NICS];
};

struct board {
    const struct board_kind *kind; /* first in what a board really is */
};

struct board_kind {
    const char *name; /* "sim", "qemu" */
    bool models;      /* its NICs are our models: they count, take time, and lose what overruns */
    /* Whether this machine has what the board needs; else why not. NULL: always. */
    bool (*present)(struct why *why);
    /* In the world's arena. NULL, and why. */
    struct board *(*open)(struct world *w, const struct board_plan *plan, struct why *why);
    const struct bus *(*bus)(struct board *b);
    /* Zeroed memory that devices reach, aligned to 64; NULL when there is none left.
     * *device_address is 0 when devices cannot reach it. */
    void *(*memory)(struct board *b, size_t size, uint64_t *device_address);
    /* As nic_receive. A board that cannot see what became of a frame says true. */
    bool (*receive)(struct board *b, int port, const uint8_t *bytes, uint32_t len, bool bad_fcs,
                    const char **reason);
    void (*carrier)(struct board *b, int port, bool up);
    /* Lets the devices do what they still have to, and calls the handlers of lines that are up. */
    void (*interrupts)(struct board *b);
    /* The same, without the handlers: true while interrupts would call one. */
    bool (*pending)(struct board *b);
    void (*interruptible)(struct board *b, bool on);
    /* A counter of the model: 0, or -1 when it has none of that name. */
    int (*count)(struct board *b, int port, const char *counter, uint64_t *value);
    /* An interrupt line's level, 0 to MACHINE_LINES - 1, as of the last call above. */
    bool (*line)(const struct board *b, int line);
    /* Nobody uses it any more; its memory is the arena's. May be NULL. */
    void (*close)(struct board *b);
};

extern const struct board_kind board_sim, board_qemu;
/* NULL: there is none of that name. */
const struct board_kind *board_kind_by_name(const char *name);

/* The NIC of a port of our own models' board. */
struct nic *board_nic(struct board *b, int port);
struct machine *board_machine(struct board *b);

#endif
