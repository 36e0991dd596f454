/* What the checks have to know of a NIC: a row each. */
#ifndef SIM_CONTRACT_NICS_H
#define SIM_CONTRACT_NICS_H

#include <stdint.h>
#include "sim/nic/machine.h"

/* What a register reads while a bit of it is stuck: `mask` of the four octets at `at`. */
#define STUCK_EVERYWHERE UINT32_MAX
struct stuck_bits {
    uint32_t at, mask, value;
};

/* Bits of a register that may not be set behind attach. */
struct left_bit {
    uint32_t at, mask;
    int width;
    const char *words;
};

enum { STUCK_BITS = 12, PATCH_EDITS = 4, BOOT_WRITES = 40 };

/* A wait that may never end. */
struct stuck_wait {
    const char *name, *words; /* "CTRL.RST stays 1" */
    struct stuck_bits bits;
};

/* What the device writes wrongly into the ring, once: octet := (octet & keep) | set, `at` octets
 * from the beginning of a write of `least` or more. */
struct ring_patch {
    const char *name, *words;
    uint32_t least;
    int rounds; /* that a driver has to bear; 0: 40 */
    struct {
        uint8_t at, keep, set;
    } edit[PATCH_EDITS]; /* keep 0xff and set 0: no edit */
};

/* A boot ROM's register write; `memory` is added: 0, or where its own rings lie. */
struct boot_write {
    uint32_t at;
    int width;
    uint32_t value, memory; /* BOOT_ADDRESS: add the address of its memory; BOOT_READS: it is read,
                               not written; BOOT_PAGE: add the number of its memory's page */
};
enum { BOOT_VALUE, BOOT_ADDRESS, BOOT_READS, BOOT_PAGE };

struct contract_check;
struct contract_nic {
    const struct nic_kind *kind;
    int bar;                         /* that shows the registers below */
    const struct stuck_wait *waits;  /* ends with a NULL name */
    const struct ring_patch *broken; /* frames that came with an error; NULL: not told that way */
    const struct ring_patch *lying;  /* lengths that lie */
    const struct ring_patch *parted; /* a frame that goes on in the next descriptor; or NULL */
    struct stuck_bits empty_eeprom[STUCK_BITS]; /* until mask 0 */
    struct boot_write boot[BOOT_WRITES];        /* until width 0: it receives into its memory */
    bool header_apart;                          /* a legacy device's buffers */
    uint32_t avail_at;    /* where in the boot ROM's memory virtio's available ring is; 0: none */
    bool counts_no_drops; /* nothing in it tells how many frames had no room */
    bool passes_all;      /* until filter() was called it lets every frame pass */
    const struct contract_check *own; /* checks of this NIC alone; ends with a NULL name; or NULL */
    const char *where;                /* the MAC address comes from */
    const char *carrier;              /* says whether there is a link */
    const char *before;               /* what lies before a frame in its buffer; NULL: nothing */
    const char *sequence; /* "been taken off": what says where the check sequence is; or NULL */
    const struct left_bit *left; /* what may not stay so once it is attached; ends with mask 0 */
};

/* NULL: there is no row for this NIC. */
const struct contract_nic *contract_nic(const struct nic_kind *kind);

#endif
