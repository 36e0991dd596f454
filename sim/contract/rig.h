/*
 * A driver on a bench: one device on its bus, a wire whose frames are written down, a kernel that
 * takes the interrupts when the check wants it to, and nothing else.
 *
 * Whatever goes wrong ends the check at once, by rig_fail, with the device's own remarks behind the
 * sentence. Frames are numbered: each has a content of its own.
 */
#ifndef SIM_CONTRACT_RIG_H
#define SIM_CONTRACT_RIG_H

#include "sim/contract/contract.h"
#include "sim/contract/nics.h"
#include "sim/hosts/driver_board.h"

enum {
    HEADER = 14,
    SHORTEST = 60,
    LONGEST = 1514,
    TAKEN_LONGEST = 1522,
    ROOM_MOST = 1024, /* no driver keeps more frames */
    SLOW_NS = 1000000 /* that a frame takes on the wire, when the check wants to see it there */
};

struct rig_frame {
    uint32_t len, number;
    uint8_t bytes[TAKEN_LONGEST];
};

struct rig_frames {
    struct rig_frame *frame;
    uint32_t count, room;
};

/* What a check's process leaves behind; the parent reads it. */
enum rig_outcome { RIG_PASSED, RIG_FAILED, RIG_SKIPPED, RIG_UNFINISHED };
struct rig_verdict {
    enum rig_outcome outcome;
    uint32_t accesses; /* of registers, in that call */
    char call[32];     /* the driver's function that was being called, "" when none was */
    char text[2048];
};

struct rig {
    struct driver_board board; /* first */
    const struct contract_driver *who;
    const struct contract_nic *row;
    struct rig_verdict *verdict;
    struct machine *machine;
    struct nic *nic;
    struct nic_options wished;
    struct wiredrill_device device;
    uint8_t mac[6], told_mac[6];
    uint32_t numbers; /* of frames so far */
    struct random_stream random;

    struct rig_frames accepted; /* by send, not yet seen on the wire */
    struct rig_frames left;     /* on the wire, not yet judged */
    struct rig_frames taken;    /* by the device, not yet handed up */
    struct rig_frames up;       /* handed up, not yet judged */
    struct rig_frame last_up;   /* the last one that was judged good */

    int link;                  /* as last told by wd_link; -1: never */
    uint32_t link_told;        /* how often */
    uint32_t claimed, refused; /* interrupts that the driver called its own, or not */
    bool deaf;                 /* what comes up is nobody's concern */
    bool held;                 /* the kernel takes no interrupts */
    bool attached;
    void *(*allocate)(void *self, size_t size, size_t align, uint64_t *at); /* the board's */
    uint64_t resets; /* of the device, until attach had returned */
    bool may_reset;  /* the check gives a reason for more */

    uint32_t accesses; /* within this call of the driver */
    /* At the access of that number the device does something: 0, no. */
    uint32_t strike_at;
    void (*strike)(struct rig *r);
    bool struck, striking;
    const struct stuck_bits *stuck;
    uint32_t stucks;
    const struct ring_patch *patch; /* for the next frame; NULL: none */
    uint64_t rom_at;                /* a boot ROM's memory; 0: none */
    uint32_t rom_size;
    const char *when; /* "after the reset", for sentences; NULL: nothing to say */
    char remarks[1000];
    uint32_t remarked;
};

/* --- ends of a check --- */
__attribute__((format(printf, 3, 4), noreturn)) void rig_fail(struct rig *r, unsigned ways,
                                                              const char *format, ...);
__attribute__((format(printf, 2, 3), noreturn)) void rig_skip(struct rig *r, const char *format,
                                                              ...);

/* --- setting up --- */
/* What the device is to be like, before rig_build or rig_start. */
void rig_wish(struct rig *r, const struct nic_options *options);
/* The device is on the bus, its BARs are assigned, bus mastering is on; nothing was called. */
void rig_build(struct rig *r, const uint8_t mac[6]);
/* attach, which must work. */
void rig_attach(struct rig *r);
/* attach; what it returned. */
int rig_try_attach(struct rig *r);
/* Built with a usual address, and attached. */
void rig_start(struct rig *r);

/* After rig_build: a boot ROM has set its own rings up and left the device running. */
void rig_boot_rom(struct rig *r);
/* The PCI command register, and reading configuration space. */
void rig_command(struct rig *r, uint16_t command);
uint32_t rig_read(struct rig *r, uint32_t at, int width);
/* A register of the device, in the BAR that shows its registers. */
uint32_t rig_register(struct rig *r, uint32_t at, int width);

/* --- frames --- */
/* The driver gets a frame of ours of `len` octets. 0 or -1, as send returned. */
int rig_send(struct rig *r, uint32_t len);
/* A frame of `len` octets for our address comes by the wire; whether the device took it. */
bool rig_come(struct rig *r, uint32_t len);
/* The same with that destination. */
bool rig_come_to(struct rig *r, const uint8_t to[6], uint32_t len);
/* The same; the device must take it. */
void rig_take(struct rig *r, uint32_t len);
/* Sends, waiting for room where there is none. */
void rig_send_surely(struct rig *r, uint32_t len);

/* --- the kernel --- */
/* While the line is up, the handler is called; a line that stays up fails. Not while held. */
void rig_interrupts(struct rig *r);
/* One call of the handler, whatever the line says: what it returned. */
int rig_interrupt_once(struct rig *r);
void rig_pass_time(struct rig *r, int64_t ns);
/* Until so many frames have come up, or half a second has passed. */
void rig_await(struct rig *r, uint32_t frames);
/* Until nothing is due any more. */
void rig_settle(struct rig *r);
void rig_carrier(struct rig *r, bool up);
void rig_filter(struct rig *r, int promiscuous, int all_groups, const uint8_t (*group)[6],
                int groups);
int rig_poll(struct rig *r);
void rig_reset(struct rig *r);
void rig_detach(struct rig *r);
const struct wiredrill_driver *rig_driver(const struct rig *r);

/* --- judging --- */
/* All that send accepted has left, octet by octet, in order, padded with zeros, and nothing else.
 */
void rig_judge_sent(struct rig *r);
/* All that the device took has come up, octet by octet, in order, once, and nothing else. */
void rig_judge_received(struct rig *r);
/* The same, but the frames before number `from` may be lost. */
void rig_judge_received_from(struct rig *r, uint32_t from);
/* What has left and come so far is not judged. */
void rig_forget(struct rig *r);
/* Both ways work: frames of several lengths go and come. `after` ends sentences: "after the reset"
 */
void rig_judge_alive(struct rig *r, const char *after);

#endif
