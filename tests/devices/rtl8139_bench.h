/* The Realtek RTL8139 on the bench, and a driver's hands for it. "RTL8139" is what Realtek's data
 * sheet and programming guide and the drivers written from them have in common, "RTL8139C" what
 * tells that chip from others; "measured" is QEMU 7.2's value where no data sheet was at hand to
 * say it. */
#ifndef TESTS_DEVICES_RTL8139_BENCH_H
#define TESTS_DEVICES_RTL8139_BENCH_H

#include "sim/nic/rtl8139_regs.h"
#include "tests/devices/check.h"

#define SHEET    "RTL8139"
#define MEASURED "measured"

enum { RING = 0x10000, TX_BUF = 0x1000, TX_STEP = 0x2000, PAST = 8192 + 16 + 1500 };
enum { AAP = 1, APM = 2, AM = 4, AB = 8, WRAP = 0x80, ALL_FRAMES = AAP | APM | AM | AB };
static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
static const uint8_t other[6] = {0x52, 0x54, 0x00, 0x99, 0x88, 0x76};

static inline uint32_t get(struct probe *p, uint32_t at, int width)
{
    return side_read(p->side, at, width);
}

static inline void put(struct probe *p, uint32_t at, int width, uint32_t value)
{
    side_write(p->side, at, width, value);
}

static inline void begin(struct probe *p, uint32_t rcr)
{
    put(p, RTL_CR, 1, CR_RST);
    put(p, RTL_CR, 1, CR_TE | CR_RE);
    put(p, RTL_RBSTART, 4, (uint32_t)p->side->ram_at + RING);
    put(p, RTL_RCR, 4, rcr);
    put(p, RTL_ISR, 2, 0xffff);
}

static inline uint32_t header_status(const struct probe *p, uint32_t at)
{
    return (uint32_t)side_get(p->side, RING + at, 2);
}

static inline uint32_t header_length(const struct probe *p, uint32_t at)
{
    return (uint32_t)side_get(p->side, RING + at + 2, 2);
}

static inline void send(struct probe *p, uint32_t slot, uint32_t len)
{
    uint32_t at = TX_BUF + TX_STEP * slot;
    side_make(p->side->ram + at, side_broadcast, len, (uint8_t)(slot + 1));
    put(p, RTL_TSAD + 4 * slot, 4, (uint32_t)p->side->ram_at + at);
    put(p, RTL_TSD + 4 * slot, 4, len);
    side_settle(p->side);
}

#endif
