/* Registers, ring layout and state shared by the files of the RTL8139 driver (and by its tests). */
#ifndef STACK_DRIVER_RTL8139_PRIVATE_H
#define STACK_DRIVER_RTL8139_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/core/netif.h"
#include "stack/driver/bus.h"
#include "stack/driver/causes.h"

enum rtl8139_register {
    RTL_IDR0 = 0x00,
    RTL_MAR0 = 0x08,
    RTL_TSD0 = 0x10,  /* four, 32 bits */
    RTL_TSAD0 = 0x20, /* four, 32 bits */
    RTL_RBSTART = 0x30,
    RTL_CR = 0x37,   /* 8 bits */
    RTL_CAPR = 0x38, /* 16 bits, as are CBR, IMR and ISR */
    RTL_CBR = 0x3a,
    RTL_IMR = 0x3c,
    RTL_ISR = 0x3e,
    RTL_TCR = 0x40,
    RTL_RCR = 0x44,
    RTL_MPC = 0x4c,
    RTL_9346CR = 0x50,  /* 8 bits */
    RTL_CONFIG1 = 0x52, /* 8 bits */
    RTL_MSR = 0x58,     /* 8 bits */
    RTL_MULINT = 0x5c,  /* 16 bits */
};

enum { RTL_CR_BUFE = 0x01, RTL_CR_TE = 0x04, RTL_CR_RE = 0x08, RTL_CR_RST = 0x10 };
enum { RTL_MSR_LINKB = 0x04 }; /* 1: no link */
enum { RTL_9346CR_LOCKED = 0x00, RTL_9346CR_CONFIG = 0xc0 };
enum { RTL_CONFIG1_ASLEEP = 0x03 }; /* PWRDN and SLEEP of the first chips */

enum rtl8139_interrupt {
    RTL_ROK = 0x0001,
    RTL_RER = 0x0002,
    RTL_TOK = 0x0004,
    RTL_TER = 0x0008,
    RTL_ROVW = 0x0010,
    RTL_LINK = 0x0020,
    RTL_FOVW = 0x0040,
};

enum rtl8139_rcr {
    RTL_RCR_AAP = 0x01,
    RTL_RCR_APM = 0x02,
    RTL_RCR_AM = 0x04,
    RTL_RCR_AB = 0x08,
    RTL_RCR_DMA_UNLIMITED = 7 << 8,
    RTL_RCR_RING_32K = 2 << 11,
    RTL_RCR_WHOLE_FRAMES = 7 << 13, /* RXFTH: no threshold */
};

enum { RTL_TCR_CLRABT = 1, RTL_TCR_DMA_1024 = 6 << 8, RTL_TCR_IFG_STANDARD = 3 << 24 };

#define RTL_TSD_TUN  ((uint32_t)1 << 14)
#define RTL_TSD_TOK  ((uint32_t)1 << 15)
#define RTL_TSD_OWC  ((uint32_t)1 << 29)
#define RTL_TSD_TABT ((uint32_t)1 << 30)
/* ERTXTH 8: transmission starts when 256 bytes are in the FIFO. */
#define RTL_TSD_EARLY ((uint32_t)8 << 16)

enum {
    RTL_RX_RING = 32768,
    RTL_RX_SLACK = 16, /* the chip may scribble this far past the ring's end */
    RTL_RX_HEADER = 4, /* u16 status, u16 length in front of each packet */
    RTL_RX_ROK = 0x0001,
    RTL_RX_UNFINISHED = 0xfff0, /* the length while the packet is still being written */
    RTL_FCS = 4,
    RTL_TX_SLOTS = 4,
    RTL_TX_SLOT_BYTES = 1536,
    RTL_FRAME_HEADER = 14,
    RTL_FRAME_MIN = 60,   /* without FCS */
    RTL_FRAME_MAX = 1518, /* without FCS, with a VLAN tag */
    RTL_SLOTS_AT = 33024, /* RX ring and slack, up to the next 256 */
    RTL_RING_BYTES = RTL_SLOTS_AT + RTL_TX_SLOTS * RTL_TX_SLOT_BYTES,
    RTL_SPINS = 10000,
    RTL_UNFINISHED_TRIES = 8,
};

#define RTL_HANG_NS  ((int64_t)5000000000)
#define RTL_RETRY_NS ((int64_t)1000000)

_Static_assert(RTL_SLOTS_AT >= RTL_RX_RING + RTL_RX_SLACK, "the slots lie behind the receive ring");
_Static_assert(RTL_RING_BYTES % 256 == 0, "what netif_driver.ring_bytes is cut in");

enum rtl8139_counter {
    RTL_RX_OVERRUN,
    RTL_RX_MISSED,
    RTL_RX_NO_BUFFER,
    RTL_RX_ERROR,
    RTL_RX_HEADER_BAD,
    RTL_RX_OVERSIZE,
    RTL_TX_SLOTS_FULL,
    RTL_TX_UNDERRUN,
    RTL_TX_ERROR,
    RTL_TX_HANG,
    RTL_LINK_CHANGE,
    RTL_COUNTERS
};

struct rtl8139 {
    struct netif *nif;
    const struct bus *bus;
    struct bus_window regs;
    struct causes causes; /* ISR bits not yet acted on */
    int interrupt;
    bool running;
    bool masked;       /* the handler masked the device and poll has not unmasked it */
    bool tx_interrupt; /* TOK is wanted: something is in flight */
    bool link;
    bool overflowed; /* reception needs a nudge once the ring is empty */
    uint32_t rcr, rcr_wanted;
    uint32_t mar[2];
    uint8_t *ring;
    uint64_t ring_at;
    uint32_t rx_at;      /* where the next packet's header is */
    uint32_t unfinished; /* times that it was met unfinished */
    uint32_t tx_oldest, tx_next, tx_count;
    int64_t tx_since_ns; /* the last progress while something is in flight */
    struct netbuf *tx[RTL_TX_SLOTS];
    bool tx_copied[RTL_TX_SLOTS]; /* the device reads the slot's buffer, not the netbuf */
    uint32_t tx_length[RTL_TX_SLOTS];
    uint64_t counter[RTL_COUNTERS];
};

static inline uint32_t rtl_read8(const struct rtl8139 *d, uint32_t reg)
{
    return bus_read(d->bus, &d->regs, reg, 1) & 0xff;
}

static inline uint32_t rtl_read16(const struct rtl8139 *d, uint32_t reg)
{
    return bus_read(d->bus, &d->regs, reg, 2) & 0xffff;
}

static inline uint32_t rtl_read32(const struct rtl8139 *d, uint32_t reg)
{
    return bus_read(d->bus, &d->regs, reg, 4);
}

static inline void rtl_write8(const struct rtl8139 *d, uint32_t reg, uint32_t value)
{
    bus_write(d->bus, &d->regs, reg, 1, value);
}

static inline void rtl_write16(const struct rtl8139 *d, uint32_t reg, uint32_t value)
{
    bus_write(d->bus, &d->regs, reg, 2, value);
}

static inline void rtl_write32(const struct rtl8139 *d, uint32_t reg, uint32_t value)
{
    bus_write(d->bus, &d->regs, reg, 4, value);
}

/* CAPR holds the read pointer less 16, in 16 bits: 0xfff0 for a pointer of 0. (measured on
 * QEMU 7.2) */
static inline uint16_t rtl_capr(uint32_t read_at)
{
    return (uint16_t)(read_at - 16);
}

/* Where the packet behind the one at `at` starts; `length` is its header's, FCS included. */
static inline uint32_t rtl_next_packet(uint32_t at, uint32_t length)
{
    return ((at + RTL_RX_HEADER + length + 3) & ~(uint32_t)3) % RTL_RX_RING;
}

/* --- rtl8139_rx.c --- */

/* (Re)starts reception with an empty ring and d->rcr_wanted's filter; what it held is lost. */
void rtl8139_rx_start(struct rtl8139 *d);
/* Passes up to `budget` frames up; how many packets it went through. */
int rtl8139_rx_harvest(struct rtl8139 *d, int64_t now_ns, int budget);
/* After an overflow, with the ring emptied: lets the chip go on. */
void rtl8139_rx_resume(struct rtl8139 *d);
/* Copies `n` bytes at ring position `at` (below the ring's size), which may wrap around its end. */
void rtl8139_ring_copy(struct rtl8139 *d, uint32_t at, uint8_t *to, uint32_t n);

/* --- rtl8139_tx.c --- */

void rtl8139_tx_start(struct rtl8139 *d);
int rtl8139_send(void *state, struct netbuf *nb, int64_t now_ns);
/* Ends what the device has sent. */
void rtl8139_tx_reap(struct rtl8139 *d, int64_t now_ns);
/* Unhooks what is in flight; the device is stopped. */
void rtl8139_tx_take_all(struct rtl8139 *d, struct netbuf_queue *lost);
/* Ends each of `lost` with `status`. */
void rtl8139_tx_fail(struct rtl8139 *d, struct netbuf_queue *lost, int status);

#endif
