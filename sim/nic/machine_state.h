/* What the parts of the machine share among themselves; device models see machine.h only. */
#ifndef SIM_NIC_MACHINE_STATE_H
#define SIM_NIC_MACHINE_STATE_H

#include "sim/nic/machine.h"

enum { CONFIG_BYTES = 256, FIRST_NIC_SLOT = 2, BARS = 6 };

struct nic {
    struct owner owner;
    struct machine *machine;
    const struct nic_kind *kind;
    const char *name;
    uint8_t mac[6], slot, line;
    bool up, irq, busmaster, intx_off;
    bool dawdling; /* it has put off what it was asked to do */
    nic_transmit *transmit;
    void *transmit_ctx;
    void *state;
    uint64_t *counts;
    const char **reasons; /* "e1000.rx_filtered", by counter */
    int64_t tx_delay_ns;
    struct nic_options options;
    uint64_t ring_read; /* the place that was read last: a descriptor, perhaps */
    int refused;        /* the counter of the frame that is being received, -1: taken */
    uint8_t config[CONFIG_BYTES];
};

/* A base address register that is assigned and switched on. */
struct claim {
    enum bus_space space;
    uint32_t base, size;
    struct nic *nic;
    int bar;
};

/* What a driver had mapped, in that order: by it the S fingerprint names an address, since where in
 * its region a stack keeps a ring depends on how wide its pointers are. */
enum { MACHINE_MAPPINGS = 64 };

struct guest_mapping {
    uint64_t address, size;
};

struct guest_window {
    uint8_t *p;
    size_t size;
    uint64_t address;
    uint8_t *owners; /* one enum payload_owner a granule */
};

/* A ring store that the device may not see yet: the bytes that were there before. */
struct pending_store {
    uint8_t *p;
    uint32_t epoch;
    uint8_t width, old[8];
    bool hidden; /* during one read by the device */
};

/* What the device wrote since the last BUS_OBSERVE, and what the driver has loaded of it. */
struct ring_record {
    const uint8_t *p, *loaded;
    uint32_t len, group;
    uint8_t loaded_width;
};

/* One access of the driver's: where in its space, or (load, store) in our own memory. */
enum access_kind { ACCESS_READ, ACCESS_WRITE, ACCESS_LOAD, ACCESS_STORE };
struct access {
    enum access_kind kind;
    enum bus_space space;
    uint64_t address;
    uint32_t times;
};

struct irq_handler {
    int line;
    int (*isr)(void *ctx);
    void *ctx;
};

struct machine {
    struct bus bus;
    struct world *world;
    const char *name, *driver;
    void (*attend)(void *ctx);
    void *attend_ctx;
    struct machine_knobs knobs;
    struct machine_figures figures;
    struct random_stream visibility, lateness;
    struct restore_hook restored;

    struct nic *nics[MACHINE_NICS];
    int nic_count;
    struct claim claims[MACHINE_NICS * BARS];
    int claim_count;

    struct guest_window windows[MACHINE_WINDOWS];
    int window_count, last_window;
    struct guest_mapping mapping[MACHINE_MAPPINGS];
    int mappings;
    uint64_t next_address;
    struct pending_store pending[MACHINE_PENDING];
    int pending_count;
    uint32_t store_epoch; /* goes up with each BUS_PUBLISH */
    struct ring_record records[MACHINE_RECORDS];
    int record_count;
    uint32_t record_group;
    bool join_next;

    struct irq_handler handlers[MACHINE_HANDLERS];
    int handler_count;
    uint32_t lines_up, lines_attached;
    bool in_isr, storming, uninterruptible;

    nic_observer *observer;
    void *observer_ctx;

    uint64_t event;      /* the world's count when the accesses below began */
    uint32_t at_instant; /* accesses at instant_ns */
    struct access watched[MACHINE_WATCHED];
    int watched_count;
};

/* Which device's registers lie there; NULL: nobody's. */
const struct claim *machine_claim(const struct machine *m, enum bus_space space, uint64_t address);

/* observe.c */
void observe(struct machine *m, const struct nic_event *e);

/* spin.c */
void spin_count(struct machine *m, const struct access *a);

/* config.c */
void config_power_on(struct nic *n);
uint32_t config_read(struct machine *m, uint64_t address, uint32_t off, int width);
void config_write(struct machine *m, uint64_t address, uint32_t off, int width, uint32_t value);
/* The first BAR, enabled or not, that holds the whole range. */
bool config_assigned(const struct machine *m, enum bus_space space, uint64_t base, uint32_t size);

/* memory.c */
void memory_init(struct machine *m);
int memory_map(struct machine *m, void *p, size_t size, uint64_t limit, uint64_t *address);
void memory_give(struct machine *m, void *p, size_t size, enum bus_direction direction);
void memory_take(struct machine *m, void *p, size_t size, enum bus_direction direction);
/* The device address of guest memory at p, 0 outside. */
uint64_t memory_address(struct machine *m, const void *p);
bool memory_holds(struct machine *m, const void *p, size_t size);

/* ordering.c */
/* A register write is behind what BUS_PUBLISH has ordered before it. */
void order_register_write(struct machine *m);
void memory_store(struct machine *m, void *p, int width);
void memory_load(struct machine *m, const void *p, int width);
void memory_fence(struct machine *m, enum bus_fence_kind kind);
/* `copy` is what the device read at p; it gets what the device may see of it. */
void order_device_read(struct machine *m, const uint8_t *p, uint8_t *copy, uint32_t len);
void order_device_write(struct machine *m, const uint8_t *p, uint32_t len);

/* unasked.c */
/* While the driver is at work on a ring: a device may look at what it sees there. */
void unasked_step(struct machine *m);
/* The driver loads from a ring. */
void unasked_loaded(struct machine *m, const void *p);

/* irq.c */
void irq_recompute(struct machine *m);
int irq_attach(struct machine *m, int line, int (*isr)(void *), void *ctx);
void irq_detach(struct machine *m, int line, void *ctx);
/* At each access: an interrupt may come. */
void irq_step(struct machine *m);

#endif
