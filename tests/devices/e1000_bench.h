/* The Intel 82540EM on the bench, and a driver's hands for it. "8254x" is Intel's manual of the
 * family (PCI/PCI-X Family of Gigabit Ethernet Controllers, Software Developer's Manual), with the
 * section where it was looked up; "measured" is QEMU 7.2's value where the manual leaves the value
 * to the EEPROM or was not at hand. */
#ifndef TESTS_DEVICES_E1000_BENCH_H
#define TESTS_DEVICES_E1000_BENCH_H

#include "sim/nic/e1000_regs.h"
#include "tests/devices/check.h"

#define MANUAL   "8254x"
#define MEASURED "measured"

/* Guest memory: two rings of 128 descriptors at most, then buffers. */
enum {
    RX_RING = 0x1000,
    TX_RING = 0x2000,
    TX_BUF = 0x8000,
    RX_BUF = 0x20000,
    RX_STEP = 0x4000,
    NONE = 0,
};
enum { EOP_IFCS_RS = TXD_CMD_EOP | TXD_CMD_IFCS | TXD_CMD_RS };
static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
static const uint8_t other[6] = {0x52, 0x54, 0x00, 0x99, 0x88, 0x76};

static inline uint32_t get(struct probe *p, uint32_t at)
{
    return side_read(p->side, at, 4);
}

static inline void put(struct probe *p, uint32_t at, uint32_t value)
{
    side_write(p->side, at, 4, value);
}

static inline void rx_ring(struct probe *p, uint32_t count, uint32_t tail, uint32_t rctl)
{
    struct side *s = p->side;
    for (uint32_t k = 0; k < count; k++) {
        side_put(s, RX_RING + 16 * k, s->ram_at + RX_BUF + k % 16 * RX_STEP, 8);
        side_put(s, RX_RING + 16 * k + 8, 0, 8);
    }
    put(p, E1000_RDBAL, (uint32_t)s->ram_at + RX_RING);
    put(p, E1000_RDBAH, 0);
    put(p, E1000_RDLEN, 16 * count);
    put(p, E1000_RDH, 0);
    put(p, E1000_RDT, tail);
    put(p, E1000_RCTL, RCTL_EN | rctl);
    side_settle(s);
}

static inline void tx_ring(struct probe *p, uint32_t count)
{
    struct side *s = p->side;
    put(p, E1000_TDBAL, (uint32_t)s->ram_at + TX_RING);
    put(p, E1000_TDBAH, 0);
    put(p, E1000_TDLEN, 16 * count);
    put(p, E1000_TDH, 0);
    put(p, E1000_TDT, 0);
    put(p, E1000_TCTL, TCTL_EN | TCTL_PSP);
}

static inline void tx_descriptor(struct probe *p, uint32_t index, uint32_t buffer, uint32_t len,
                                 uint32_t command)
{
    struct side *s = p->side;
    side_put(s, TX_RING + 16 * index, s->ram_at + buffer, 8);
    side_put(s, TX_RING + 16 * index + 8, len | command << 24, 8);
}

static inline uint32_t tx_frame(struct probe *p, uint32_t buffer, uint32_t len, uint8_t salt)
{
    return side_make(p->side->ram + buffer, side_broadcast, len, salt);
}

static inline void tell(struct probe *p, uint32_t tail)
{
    put(p, E1000_TDT, tail);
    side_settle(p->side);
}

static inline uint32_t rx_status(const struct probe *p, uint32_t index)
{
    return (uint32_t)side_get(p->side, RX_RING + 16 * index + RXD_STATUS, 1);
}

static inline uint32_t rx_length(const struct probe *p, uint32_t index)
{
    return (uint32_t)side_get(p->side, RX_RING + 16 * index + RXD_LENGTH, 2);
}

#endif
