/* State of the RTL8139 model, shared by its files. */
#ifndef SIM_NIC_RTL8139_H
#define SIM_NIC_RTL8139_H

#include "sim/nic/eeprom.h"
#include "sim/nic/fifo.h"
#include "sim/nic/machine.h"
#include "sim/nic/rtl8139_regs.h"

struct rtl8139 {
    uint8_t idr[8], mar[8]; /* six of the first are used */
    uint32_t tsd[RTL_SLOTS], tsad[RTL_SLOTS];
    uint32_t slot;                       /* whose turn it is */
    uint32_t rbstart, rx_read, rx_write; /* offsets in the ring: CAPR + 16, CBR */
    uint32_t went_round;                 /* octets of the last packet that lie at the beginning */
    uint16_t last_status, last_length;   /* in its head */
    uint8_t command;                     /* TE and RE */
    struct fifo fifo;                    /* received, and without room in the ring so far */
    uint16_t imr, isr;
    uint16_t isr_seen; /* what the driver has read of it */
    uint32_t tcr, rcr, missed, timer_interrupt;
    int64_t timer_start_ns, timer_due_ns;
    int64_t sent_ns; /* when the packet that is being sent is out; NEVER: none is */
    uint8_t ee_control, config[5];
    uint16_t multiple_interrupt, bmcr, anar, receive_errors;
    struct eeprom eeprom;
};

extern const struct nic_kind rtl8139_kind;
extern const struct nic_register rtl8139_registers[]; /* rtl8139_names.c */

/* rtl8139.c */
void rtl8139_cause(struct nic *n, uint32_t bits);
void rtl8139_arm(struct nic *n);

/* rtl8139_rx.c */
void rtl8139_receive(struct nic *n, const uint8_t *bytes, uint32_t len, bool bad_fcs);
uint32_t rtl8139_ring_bytes(const struct rtl8139 *r);
/* CAPR was written: what waits in the FIFO goes into the ring, as far as there is room. */
void rtl8139_rx_drain(struct nic *n);

/* rtl8139_remarks.c */
void rtl8139_explain(struct nic *n, unsigned ways);
void rtl8139_place(struct nic *n, uint64_t address, char *out, size_t room);
/* CAPR, ISR is about to be written. */
void rtl8139_remark_capr(struct nic *n, uint32_t value);
void rtl8139_remark_isr(struct nic *n, uint32_t value);

/* rtl8139_tx.c */
void rtl8139_write_tsad(struct nic *n, uint32_t slot, uint32_t value);
void rtl8139_write_tsd(struct nic *n, uint32_t slot, uint32_t value);
/* The packet whose time it was is out; the next begins. */
void rtl8139_transmitted(struct nic *n);
uint16_t rtl8139_tsads(const struct rtl8139 *r);

#endif
