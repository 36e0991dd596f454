/*
 * The machine of a host under test: guest memory, a PCI bus and the NIC models on it. It gives the
 * driver its `struct bus`.
 *
 * Guest memory is a list of windows, each a piece of host memory (the stack's region, a plug-in's
 * DMA memory) at a device address; an access outside them fails the run with the address in it.
 * Ring stores that no fence has published may or may not be visible to the device, by the machine's
 * own random stream; two loads from one record that the device wrote need BUS_OBSERVE between them.
 * Interrupts are level-triggered; an ISR may be called at any register or ring access, never
 * nested. Everything is allocated in the world's arena.
 */
#ifndef SIM_NIC_MACHINE_H
#define SIM_NIC_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sim/world/world.h"
#include "stack/driver/bus.h"

enum {
    MACHINE_NICS = 8,
    MACHINE_WINDOWS = 16,
    MACHINE_LINES = 16,
    MACHINE_HANDLERS = 16,
    MACHINE_PENDING = 64,
    MACHINE_RECORDS = 16,
    MACHINE_WATCHED = 4,
    MACHINE_MMIO_BYTES = 0x200
};

struct machine;
struct nic;
struct virtio_kind;

/* What the registers from `at` on are called: `count` of them, each `width` bytes wide, `stride`
 * apart. */
struct nic_register {
    uint32_t at;
    uint8_t width, stride, count;
    const char *name; /* NULL ends the table */
};

/* A device model. */
struct nic_kind {
    const char *name; /* "e1000" */
    uint16_t vendor_id, device_id;
    uint8_t revision;
    uint16_t subsystem_vendor, subsystem_device; /* 0: 1af4:1100, as under QEMU */
    bool when_named; /* only --nic NAME, --nic all and scripts that name it run on it */
    bool mmio;       /* no PCI function: bar[0] lies in the machine's table (machine_mmio_base) */
    const struct virtio_kind *virtio; /* what a virtio device offers; NULL: it is none */
    size_t state_size;
    struct {
        enum bus_space space;
        uint32_t size;
        const struct nic_register *registers; /* for sentences; may be NULL */
    } bar[6];                                 /* size 0: not there; BUS_MEM or BUS_IO */
    /* Puts capabilities into the 256 bytes of configuration space; may be NULL. */
    void (*configure)(const struct nic *n, uint8_t *space);
    void (*reset)(struct nic *n); /* power-on values, MAC from nic_mac */
    uint32_t (*read)(struct nic *n, int bar, uint32_t off, int width);
    void (*write)(struct nic *n, int bar, uint32_t off, int width, uint32_t value);
    void (*receive)(struct nic *n, const uint8_t *bytes, uint32_t len, bool bad_fcs);
    void (*carrier)(struct nic *n, bool up);
    void (*due)(struct nic *n, int64_t now_ns); /* a timer set by nic_due; may be NULL */
    /* The device looks at its rings unasked, as one that polls them does, and does what it has put
     * off. May be NULL. */
    void (*look)(struct nic *n);
    /* The driver loads what the device shares with it, at that device address. May be NULL. */
    void (*loaded)(struct nic *n, uint64_t address);
    /* What a scenario makes happen to the device, by name. False: it knows no such. May be NULL. */
    bool (*event)(struct nic *n, const char *what);
    void (*explain)(struct nic *n, unsigned ways); /* see nic_explain; may be NULL */
    void (*place)(struct nic *n, uint64_t address, char *out, size_t room); /* or NULL */
    const char *const *counters; /* names, NULL-terminated; nic_counters for most */
};

/* What a scenario wants of a NIC; all zero: nothing. */
struct nic_options {
    uint32_t queue;   /* virtio: the most descriptors of a queue */
    uint64_t without; /* virtio: features that are not offered */
    uint32_t unrest;  /* virtio: how often the MAC changes while it is read, from each reset on */
    uint64_t refuses; /* virtio: features that are offered and refused when they are accepted */
};

/* What every model counts; each frame that a NIC does not take is counted under one of the rx_
 * names. */
enum nic_counter {
    NIC_RX_FRAMES,
    NIC_RX_FILTERED,
    NIC_RX_NO_DESCRIPTOR,
    NIC_RX_DISABLED,
    NIC_RX_BAD_FCS,
    NIC_RX_TOO_LONG,
    NIC_RX_LINK_DOWN,
    NIC_RX_OVERFLOW,
    NIC_TX_FRAMES,
    NIC_TX_LINK_DOWN,
    NIC_TX_DISABLED,
    NIC_INTERRUPTS,
    NIC_RESETS,
    NIC_COUNTERS
};
extern const char *const nic_counters[]; /* "rx_frames", "rx_filtered", ... */

/* NULL-terminated, in the order in which cases run. */
extern const struct nic_kind *const nic_kinds[];
const struct nic_kind *nic_kind_by_name(const char *name);

typedef void nic_transmit(void *ctx, const uint8_t *bytes, uint32_t len);

/* Bring-up happens before time 0 and delays of reset and autonegotiation are zero unless set. */
struct machine *machine_new(struct world *w, const char *name);

/* How hostile the machine is to its driver. An interrupt that is late stays up: whoever polls a
 * stack until it is idle calls machine_interrupts before it goes idle. */
struct machine_knobs {
    /* At each access, how often an interrupt that is up waits for a later one. */
    uint32_t late_permille;
    /* Ring stores may be invisible to the device (ordering.c), and loads need BUS_OBSERVE. */
    bool reorder;
    /* Payload must be given before the device touches it; off for drivers that know no bus_give. */
    bool ownership;
    /* With `reorder`: devices look at their rings unasked, and take their time (unasked.c). */
    bool unasked;
};
extern const struct machine_knobs machine_knobs_default; /* 250, and all of it */
void machine_set_knobs(struct machine *m, const struct machine_knobs *knobs);
const struct bus *machine_bus(struct machine *m);
/* Who runs on the machine: called when a NIC's own timer may have raised a line, to take interrupts
 * and do what they left to do. Without one the handlers alone are called. */
void machine_set_attendant(struct machine *m, void (*attend)(void *ctx), void *ctx);
/* Whose driver it is that runs on this machine, for sentences; `name` outlives the machine. */
void machine_set_driver(struct machine *m, const char *name);
/* Registers host memory as guest memory; returns its device address (below 3 GiB, the same offset
 * in a page as p), 0 when there are MACHINE_WINDOWS already or no address is left. */
uint64_t machine_add_memory(struct machine *m, void *p, size_t size);
/* Plugs a NIC into the next free PCI slot. */
struct nic *machine_add_nic(struct machine *m, const struct nic_kind *kind, const uint8_t mac[6],
                            nic_transmit *transmit, void *ctx);
/* A frame from the wire. The result says what became of it: true when it went into memory or is
 * queued for it, false when the NIC did not take it; then *reason names the counter
 * ("e1000.rx_filtered"). Interrupts are raised, not yet delivered. */
bool nic_receive(struct nic *n, const uint8_t *bytes, uint32_t len, bool bad_fcs,
                 const char **reason);
void nic_carrier(struct nic *n, bool up);
/* How long the transmitter takes over each frame, from the doorbell or the end of the frame before;
 * 0: it is through when the doorbell's write returns. Set before the driver runs. */
void nic_set_tx_delay(struct nic *n, int64_t delay_ns);
/* The bits of a feature by its name ("event_idx"), 0: there is no such. */
uint64_t nic_feature(const char *name);
/* Set before the driver runs. */
void nic_set_options(struct nic *n, const struct nic_options *options);
/* False: the NIC knows no such event. */
bool nic_event(struct nic *n, const char *what);
/* Where the k-th memory-mapped device of a machine would lie, MACHINE_MMIO_BYTES large, and the
 * number of its interrupt: what a board's table says. */
uint64_t machine_mmio_base(int k);
int machine_mmio_interrupt(int k);
/* The devices do what they have put off. Before anybody asks whether a line is up. */
void machine_settle(struct machine *m);
/* Calls the ISRs whose lines are up, until they are down (a line that stays up 1000 times fails the
 * run: interrupt storm). */
void machine_interrupts(struct machine *m);
/* The processor takes interrupts, or it does not: lines that go up then stay up. */
void machine_set_interruptible(struct machine *m, bool on);
uint64_t nic_count(const struct nic *n, const char *counter, bool *known);
const struct nic_kind *nic_kind_of(const struct nic *n);
/* True while a line with a handler is up, that is, while machine_interrupts would do something. */
bool machine_interrupt_pending(const struct machine *m);
/* For tests and figures. */
struct machine_figures {
    uint64_t reads, writes, ring_accesses, interrupts, dma_reads, dma_writes, dma_bytes;
};
const struct machine_figures *machine_figures(const struct machine *m);
/* Register reads and writes so far. */
uint64_t machine_accesses(const struct machine *m);

/* --- for who looks on --- */

/* What passes between a driver and its device, told as it happens. NIC_READ and NIC_RING_WRITE may
 * be changed by who looks on: so a device is made that lies. */
enum nic_event_kind {
    NIC_ACCESS,     /* a register is about to be read or written */
    NIC_READ,       /* it was: *value */
    NIC_WRITE,      /* *value is about to be written */
    NIC_RING_READ,  /* the device has read `bytes` of what it shares with the driver */
    NIC_RING_WRITE, /* or written them: `bytes` is guest memory */
    NIC_DMA_READ,   /* payload */
    NIC_DMA_WRITE,
    NIC_LINE,    /* *value: the interrupt line is up */
    NIC_OFFERED, /* a buffer of a descriptor that the device has read */
    NIC_REMARK   /* `text` */
};
struct nic_event {
    enum nic_event_kind kind;
    struct nic *nic; /* NULL: nobody's register */
    int bar, width;
    uint32_t offset; /* in the base address register's range */
    uint32_t *value;
    uint64_t address; /* the device's, of `len` bytes */
    uint32_t len;
    uint8_t *bytes;
    const char *text;
};
typedef void nic_observer(void *ctx, const struct nic_event *e);
/* One looks on at a time; NULL: nobody. */
void machine_observe(struct machine *m, nic_observer *observer, void *ctx);
/* Why nothing moves, as far as the registers tell: remarks, to who looks on. */
enum nic_way { NIC_RECEIVING = 1, NIC_SENDING = 2, NIC_INTERRUPTING = 4 };
void nic_explain(struct nic *n, unsigned ways);
/* What lies at that device address, as the device goes by it: "receive descriptor 3"; "" when it
 * does not say. */
void nic_place(struct nic *n, uint64_t address, char *out, size_t room);
/* The NIC asks for an interrupt. */
bool nic_line_is_up(const struct nic *n);
enum { NIC_REGISTER_NAME = 40 };
/* "TSD2"; "" when nothing there has a name. */
void nic_register_name(const struct nic *n, int bar, uint32_t offset, char text[NIC_REGISTER_NAME]);

/* --- for device models --- */
void *nic_state(struct nic *n);
const void *nic_state_of(const struct nic *n);
/* Zeroed memory that a model finds out to need; it is the model's as long as the machine stands. */
void *nic_memory(struct nic *n, size_t size);
const struct nic_options *nic_options(const struct nic *n);
const uint8_t *nic_mac(const struct nic *n);
bool nic_is_up(const struct nic *n);
void nic_count_up(struct nic *n, int counter);
/* A descriptor says that so much memory lies there: for who looks on. */
void nic_offered(struct nic *n, uint64_t address, uint32_t len);
/* The frame that is being received is not taken, for this reason. */
void nic_refuse(struct nic *n, int counter);
void nic_transmit_frame(struct nic *n, const uint8_t *bytes, uint32_t len);
void nic_raise(struct nic *n, bool level);
void nic_due(struct nic *n, int64_t due_ns);
int64_t nic_tx_delay(const struct nic *n);
int64_t nic_now(const struct nic *n);
void nic_state_event(struct nic *n, const char *what, int64_t value);
/* DMA; needs bus mastering on. False (and the run fails, with the address) outside guest memory,
 * and for payload that the driver has not given in that direction. */
bool nic_dma_read(struct nic *n, uint64_t address, void *to, uint32_t len);
bool nic_dma_write(struct nic *n, uint64_t address, const void *from, uint32_t len);
/* The payload itself, to be read before the next bus access; NULL when it must be copied (always
 * under ASan), or is bad. */
const uint8_t *nic_dma_view(struct nic *n, uint64_t address, uint32_t len);
/* DMA to what driver and device share (descriptors, rings): sees ring stores as far as they are
 * visible. */
bool nic_ring_read(struct nic *n, uint64_t address, void *to, uint32_t len);
bool nic_ring_write(struct nic *n, uint64_t address, const void *from, uint32_t len);
/* The next nic_ring_write belongs to the same record as the one before: what one says vouches for
 * the other. */
void nic_ring_join(struct nic *n);
/* The device may put off what it is asked to do: it looks at its rings again before the driver has
 * gone far. True now and then. */
bool nic_dawdles(struct nic *n);
/* The register that is being read vouches for what lies in memory (the RTL8139's CBR): as good as
 * BUS_OBSERVE. */
void nic_vouches(struct nic *n);
/* What is in guest memory, as it lies there; false outside. No access: nothing follows from it. */
bool nic_peek(struct nic *n, uint64_t address, void *to, uint32_t len);
/* Somebody looks on: what only a remark needs may be found out. */
bool nic_observed(const struct nic *n);
/* What is worth telling of what the driver does, short of a fault. */
__attribute__((format(printf, 2, 3))) void nic_remark(struct nic *n, const char *format, ...);
/* The driver did what the data sheet forbids: fails the run. */
__attribute__((format(printf, 2, 3))) void nic_violation(struct nic *n, const char *format, ...);

#endif
