/* A ring of the 82540EM's transmitter, written by hand. */
#ifndef TESTS_NIC_E1000_TRANSMIT_H
#define TESTS_NIC_E1000_TRANSMIT_H

#include "tests/nic/bench.h"

enum {
    RING = 0x1000,
    DATA = 0x4000,
    COUNT = 8,
    TCTL = 0x400,
    TDH = 0x3810,
    TDT = 0x3818,
    ICR = 0xc0
};
enum {
    EOP = 1,
    IFCS = 2,
    IC = 4,
    TSE = 4,
    RS = 8,
    DEXT = 0x20,
    VLE = 0x40,
    IDE = 0x80,
    IXSM = 1,
    TXSM = 2
};
#define EN  2u
#define PSP 8u

static uint32_t tail;
static uint8_t frame[16384];

static inline void open_ring(uint32_t tctl)
{
    bench_open("e1000");
    tail = 0;
    frame_make(frame, bench_mac, sizeof frame);
    ram_put(DATA, frame, sizeof frame);
    give_to_read(DATA, sizeof frame);
    reg_write(0x3800, (uint32_t)bench.ram_at + RING);
    reg_write(0x3808, 16 * COUNT);
    reg_write(TCTL, tctl);
}

/* Data comes from offset `at` of the frame. `extra` is byte 13 and up. */
static inline void descriptor(uint32_t at, uint32_t len, uint32_t cso, uint32_t command,
                              uint32_t extra)
{
    uint32_t d = RING + 16 * (tail++ % COUNT);
    ram_put64(d, bench.ram_at + DATA + at);
    ram_put64(d + 8, len | (uint64_t)cso << 16 | (uint64_t)command << 24 | (uint64_t)extra << 40);
}

static inline void legacy(uint32_t at, uint32_t len, uint32_t command)
{
    descriptor(at, len, 0, command, 0);
}

static inline void data(uint32_t at, uint32_t len, uint32_t command, uint32_t popts)
{
    descriptor(at, len, 0x10, command | DEXT, popts);
}

struct context {
    uint32_t ipcss, ipcso, ipcse, tucss, tucso, tucse, paylen, command, hdrlen, mss;
};

static inline void context(struct context c)
{
    uint32_t d = RING + 16 * (tail++ % COUNT);
    ram_put64(d, c.ipcss | c.ipcso << 8 | c.ipcse << 16 |
                     (uint64_t)(c.tucss | c.tucso << 8 | c.tucse << 16) << 32);
    ram_put64(d + 8, c.paylen | (uint64_t)(c.command | DEXT) << 24 | (uint64_t)c.hdrlen << 40 |
                         (uint64_t)c.mss << 48);
}

static inline void doorbell(void)
{
    reg_write(TDT, tail % COUNT);
}

static inline uint32_t done(uint32_t i)
{
    return bench.ram[RING + 16 * i + 12];
}

#endif
