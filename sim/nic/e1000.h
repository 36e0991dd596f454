/* State of the 82540EM model, shared by its files. */
#ifndef SIM_NIC_E1000_H
#define SIM_NIC_E1000_H

#include "sim/nic/eeprom.h"
#include "sim/nic/e1000_regs.h"
#include "sim/nic/fifo.h"
#include "sim/nic/machine.h"

enum {
    E1000_RX_CACHE = 64,  /* descriptors that the chip holds */
    E1000_TX_MAX = 16288, /* the longest packet that it sends */
    E1000_RX_MAX = 16384, /* and receives, FCS included, with RCTL.LPE */
    E1000_TX_HEADER_MAX = 256
};

struct e1000_context {
    uint8_t ipcss, ipcso, tucss, tucso, tucmd, hdrlen;
    uint16_t ipcse, tucse, mss;
    uint32_t paylen;
};

/* The packet that is being put together from descriptors. */
struct e1000_packet {
    bool open, tse;
    uint8_t popts;
    uint32_t len;      /* bytes in buf */
    uint32_t seen;     /* bytes of the whole packet so far, its header included */
    uint32_t segments; /* sent so far, with TSE */
    uint8_t header[E1000_TX_HEADER_MAX];
    uint8_t buf[E1000_TX_MAX + 4 + 60];
};

struct e1000 {
    uint32_t ctrl, ctrl_ext, fla, eerd, mdic, fcal, fcah, fct, vet, fcttv, txcw, ledctl, pba, fcrtl,
        fcrth;
    uint32_t icr, ims, itr;
    uint32_t rctl, rdbal, rdbah, rdlen, rdh, rdt, rdtr, rxdctl, radv, rsrpd, rxcsum;
    uint32_t tctl, tipg, ait, tdbal, tdbah, tdlen, tdh, tdt, tidv, txdctl, tadv;
    uint32_t wuc, wufc, manc, io_address;
    uint32_t stats[E1000_STATS_WORDS];
    uint32_t mta[E1000_MTA_WORDS], ra[E1000_RA_WORDS], vfta[E1000_VFTA_WORDS];
    uint16_t phy[PHY_REGISTERS];
    bool phy_link_was_down; /* BMSR's link bit latches low until it is read */
    uint8_t eecd;
    struct eeprom eeprom;

    bool line;
    int64_t quiet_until_ns; /* ITR */
    int64_t rx_due_ns, rx_abs_ns, tx_due_ns,
        tx_abs_ns;   /* RDTR, RADV, TIDV, TADV; NEVER: not running */
    int64_t sent_ns; /* when the packet that is being sent is out; NEVER: none is */

    uint64_t rx_cache[E1000_RX_CACHE]; /* buffer addresses of the descriptors from RDH on */
    uint32_t rx_cache_first, rx_cache_count;
    struct fifo fifo;    /* received, and not yet all in memory */
    uint32_t rx_written; /* octets of its first packet that are */
    struct e1000_context context;
    struct e1000_packet packet;
};

extern const struct nic_kind e1000_kind;
extern const struct nic_register e1000_registers[]; /* e1000_names.c */

/* e1000.c */
void e1000_cause(struct nic *n, uint32_t bits);
void e1000_stat(struct e1000 *e, int stat, uint32_t by);
void e1000_stat64(struct e1000 *e, int low, uint64_t by);
/* The six size classes from 64 bytes up; `len` without FCS. */
void e1000_stat_size(struct e1000 *e, int first, uint32_t len);
void e1000_arm(struct nic *n);
uint32_t e1000_get16(const uint8_t *p);
uint64_t e1000_get64(const uint8_t *p);
void e1000_put16(uint8_t *p, uint32_t value);

/* e1000_phy.c */
bool e1000_link_up(const struct nic *n);
bool e1000_loops_back(const struct e1000 *e);
uint32_t e1000_read_status(const struct nic *n);
void e1000_carrier(struct nic *n, bool up);
void e1000_phy_reset(struct e1000 *e);
void e1000_write_mdic(struct nic *n, uint32_t value);
void e1000_eeprom_load(struct nic *n);
uint32_t e1000_read_eecd(const struct e1000 *e);
void e1000_write_eecd(struct e1000 *e, uint32_t value);
void e1000_write_eerd(struct e1000 *e, uint32_t value);

/* e1000_rx.c */
void e1000_receive(struct nic *n, const uint8_t *bytes, uint32_t len, bool bad_fcs);
/* Fetches descriptors that the tail has released; forgets them when the ring is set up anew. */
void e1000_rx_fetch(struct nic *n);
void e1000_rx_forget(struct e1000 *e);
/* What waits in the FIFO goes into memory, as far as there are descriptors. */
void e1000_rx_drain(struct nic *n);
/* What a receive buffer holds, by RCTL. */
uint32_t e1000_rx_buffer(const struct e1000 *e);

/* e1000_tx.c */
/* What the tail has released goes out, at once or a packet at a time. */
void e1000_transmit(struct nic *n);
/* The packet whose time it was is out; the next begins. */
void e1000_transmitted(struct nic *n);

/* e1000_remarks.c */
void e1000_explain(struct nic *n, unsigned ways);
void e1000_place(struct nic *n, uint64_t address, char *out, size_t room);
/* RDT or TDT is about to be written. */
void e1000_remark_tail(struct nic *n, uint32_t at, uint32_t value);

/* e1000_offload.c */
/* Puts checksums into a packet as its context and POPTS say. False after a violation. */
bool e1000_insert_checksums(struct nic *n, uint8_t *p, uint32_t len);
/* Makes the headers of segment number `index`, whose payload begins `offset` bytes into the whole,
 * right. */
bool e1000_fix_segment(struct nic *n, uint8_t *p, uint32_t len, uint32_t index, uint32_t offset,
                       bool last);
/* Status and error bits of RXCSUM's checks for a received frame. */
void e1000_check_received(const struct e1000 *e, const uint8_t *p, uint32_t len, uint8_t *status,
                          uint8_t *errors);

#endif
