/* Registers, descriptors and state shared by the files of the E1000 driver (and by its tests). */
#ifndef STACK_DRIVER_E1000_PRIVATE_H
#define STACK_DRIVER_E1000_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/core/netif.h"
#include "stack/driver/bus.h"
#include "stack/driver/causes.h"

enum e1000_register {
    E1000_CTRL = 0x0000,
    E1000_STATUS = 0x0008,
    E1000_EERD = 0x0014,
    E1000_FCAL = 0x0028,
    E1000_FCAH = 0x002c,
    E1000_FCT = 0x0030,
    E1000_ICR = 0x00c0,
    E1000_ITR = 0x00c4,
    E1000_IMS = 0x00d0,
    E1000_IMC = 0x00d8,
    E1000_RCTL = 0x0100,
    E1000_FCTTV = 0x0170,
    E1000_TCTL = 0x0400,
    E1000_TIPG = 0x0410,
    E1000_RDBAL = 0x2800,
    E1000_RDBAH = 0x2804,
    E1000_RDLEN = 0x2808,
    E1000_RDH = 0x2810,
    E1000_RDT = 0x2818,
    E1000_RDTR = 0x2820,
    E1000_RADV = 0x282c,
    E1000_TDBAL = 0x3800,
    E1000_TDBAH = 0x3804,
    E1000_TDLEN = 0x3808,
    E1000_TDH = 0x3810,
    E1000_TDT = 0x3818,
    E1000_TIDV = 0x3820,
    E1000_CRCERRS = 0x4000,
    E1000_MPC = 0x4010,
    E1000_RLEC = 0x4040,
    E1000_RNBC = 0x40a0,
    E1000_RUC = 0x40a4,
    E1000_ROC = 0x40ac,
    E1000_RXCSUM = 0x5000,
    E1000_MTA = 0x5200,
    E1000_RAL0 = 0x5400,
    E1000_RAH0 = 0x5404,
};

#define E1000_CTRL_LRST    ((uint32_t)1 << 3)
#define E1000_CTRL_ASDE    ((uint32_t)1 << 5)
#define E1000_CTRL_SLU     ((uint32_t)1 << 6)
#define E1000_CTRL_ILOS    ((uint32_t)1 << 7)
#define E1000_CTRL_RST     ((uint32_t)1 << 26)
#define E1000_CTRL_VME     ((uint32_t)1 << 30)
#define E1000_CTRL_PHY_RST ((uint32_t)1 << 31)
#define E1000_STATUS_LU    ((uint32_t)1 << 1)
#define E1000_RAH_AV       ((uint32_t)1 << 31)

enum { E1000_EERD_START = 1, E1000_EERD_DONE = 1 << 4 };

enum e1000_interrupt {
    E1000_TXDW = 1 << 0,
    E1000_LSC = 1 << 2,
    E1000_RXDMT0 = 1 << 4,
    E1000_RXO = 1 << 6,
    E1000_RXT0 = 1 << 7,
};

enum e1000_rctl {
    E1000_RCTL_EN = 1 << 1,
    E1000_RCTL_UPE = 1 << 3,
    E1000_RCTL_MPE = 1 << 4,
    E1000_RCTL_BAM = 1 << 15,
    E1000_RCTL_SECRC = 1 << 26,
};

/*
 * The legacy receive descriptor:          The legacy transmit descriptor:
 *    +--------------------------------+       +--------------------------------+
 *  0 |         buffer address         |     0 |         buffer address         |
 *    +--------+--------+------+------+       +--------+-----+-----+-----------+
 *  8 | length |  sum   |status|errors|..   8 | length | CSO | CMD | STA | ... |
 *    +--------+--------+------+------+       +--------+-----+-----+-----------+
 */
enum {
    E1000_DESC_BYTES = 16,
    E1000_DESC_ADDRESS = 0,
    E1000_DESC_REST = 8,
    E1000_RX_LENGTH = 8,
    E1000_RX_STATUS = 12,
    E1000_RX_ERRORS = 13,
    E1000_TX_STATUS = 12,
};

/*
 * In front of a packet whose checksum the device is to insert stands a context descriptor, which
 * holds for those behind it as well, and the packet's own is then of the data kind:
 *    +------+------+------+------+------+------+------+------+
 *  0 |IPCSS |IPCSO |    IPCSE    |TUCSS |TUCSO |    TUCSE    |     TUCSE 0: to the packet's end
 *    +------+------+------+------+------+------+------+------+
 *  8 |     PAYLEN      | 0 |TUCMD| STA  |HDRLEN|     MSS     |
 *    +------+------+------+------+------+------+------+------+
 * With TSE the device cuts the packet into segments: the first HDRLEN octets go in front of each
 * MSS of the PAYLEN behind them, with lengths, identification, sequence number and both sums made
 * anew.
 */
enum { /* bits of the first 64 */
       E1000_CONTEXT_IPCSO = 8,
       E1000_CONTEXT_IPCSE = 16,
       E1000_CONTEXT_TUCSS = 32,
       E1000_CONTEXT_TUCSO = 40,
};
enum { E1000_CONTEXT_HDRLEN = 8, E1000_CONTEXT_MSS = 16 }; /* of the last 32 */

enum { E1000_RX_DD = 1, E1000_RX_EOP = 2, E1000_TX_DD = 1, E1000_TX_EC = 2, E1000_TX_LC = 4 };
/* CE, SE, SEQ, CXE, RXE: the frame is spoilt. The other two bits are of checksums. */
enum { E1000_RX_BAD = 0x97 };
/* Status: the checksum indication means nothing; TCP's or UDP's was looked at. Error: it is wrong.
 */
enum { E1000_RX_IXSM = 0x04, E1000_RX_TCPCS = 0x20, E1000_RX_TCPE = 0x20 };
enum { E1000_RXCSUM_TUOFL = 1 << 9 };
#define E1000_TX_EOP  ((uint32_t)1 << 24)
#define E1000_TX_IFCS ((uint32_t)1 << 25)
#define E1000_TX_RS   ((uint32_t)1 << 27)
#define E1000_TX_DEXT ((uint32_t)1 << 29)
#define E1000_TX_DATA ((uint32_t)1 << 20) /* DTYP of a data descriptor; a context's is 0 */
#define E1000_TX_TCP  ((uint32_t)1 << 24) /* TUCMD: a sum of 0 stays 0 */
#define E1000_TX_IP   ((uint32_t)1 << 25) /* TUCMD: IPv4 */
#define E1000_TX_TSE  ((uint32_t)1 << 26)
#define E1000_TX_IXSM ((uint32_t)1 << 8) /* POPTS, in the data descriptor's last 32 bits */
#define E1000_TX_TXSM ((uint32_t)1 << 9)

enum {
    E1000_RX_RING = 32, /* RDLEN and TDLEN count in 128 bytes: multiples of 8 descriptors */
    E1000_TX_RING = 32,
    E1000_RX_ROOM = 1536,   /* without RCTL.LPE nothing longer than 1522 bytes is stored */
    E1000_FRAME_MIN = 60,   /* without FCS */
    E1000_FRAME_MAX = 1518, /* without FCS, with a VLAN tag */
    E1000_HEADER = 14,
    E1000_SEGMENTS = 64, /* in one packet, at most: 64 KiB of the smallest that are usual */
    E1000_SEGMENT_BYTES = E1000_HEADER + 65535, /* of that packet: as IP counts its length */
    E1000_TX_PIECE = 8192, /* in one descriptor: half of what the length field is good for */
    E1000_MTA_WORDS = 128,
    E1000_EEPROM_WORDS = 64,
    E1000_EEPROM_SUM = 0xbaba,
    E1000_SPINS = 10000,  /* register reads before a bit that never comes is given up */
    E1000_RX_PUBLISH = 8, /* harvested descriptors between two writes of RDT */
    E1000_RING_BYTES = (E1000_RX_RING + E1000_TX_RING) * E1000_DESC_BYTES,
};

#define E1000_HANG_NS ((int64_t)5000000000)

enum e1000_counter {
    E1000_RX_OVERRUN,
    E1000_RX_MISSED,
    E1000_RX_NO_DESCRIPTOR,
    E1000_RX_NO_BUFFER,
    E1000_RX_ERROR,
    E1000_RX_FRAGMENT,
    E1000_RX_LENGTH_BAD,
    E1000_RX_CRC,
    E1000_RX_LENGTH_ERROR,
    E1000_RX_UNDERSIZE,
    E1000_RX_OVERSIZE,
    E1000_TX_RING_FULL,
    E1000_TX_ERROR,
    E1000_TX_HANG,
    E1000_LINK_CHANGE,
    E1000_EEPROM_BAD,
    E1000_TX_SUMMED,
    E1000_TX_CUT,
    E1000_RX_SUMMED,
    E1000_COUNTERS
};

struct e1000 {
    struct netif *nif;
    const struct bus *bus;
    struct bus_window regs;
    struct causes causes; /* ICR bits not yet acted on */
    int interrupt;
    bool running;
    bool masked;       /* the handler masked the device and poll has not unmasked it */
    bool tx_interrupt; /* TXDW is wanted: something is in flight */
    bool link;
    bool rx_skipping; /* inside a frame that did not fit one buffer */
    uint32_t rctl;
    uint32_t hashes;
    uint16_t hash[NETIF_MULTICASTS]; /* positions in the multicast table */
    uint8_t *rx_ring, *tx_ring;
    uint64_t rx_ring_at, tx_ring_at;       /* the device's addresses */
    uint32_t rx_next;                      /* the next descriptor that the device fills */
    uint32_t tx_oldest, tx_next, tx_count; /* of descriptors */
    bool tx_unrung;                        /* some are filled in and not yet the device's */
    uint64_t tx_context;                   /* the first 64 bits of the last context; 0: none */
    int64_t tx_since_ns;                   /* the last progress while something is in flight */
    struct netbuf *rx[E1000_RX_RING];
    struct netbuf *tx[E1000_TX_RING]; /* NULL at a context, and at all pieces but the last */
    uint64_t counter[E1000_COUNTERS];
};

static inline uint32_t e1000_read(const struct e1000 *d, uint32_t reg)
{
    return bus_read(d->bus, &d->regs, reg, 4);
}

static inline void e1000_write(const struct e1000 *d, uint32_t reg, uint32_t value)
{
    bus_write(d->bus, &d->regs, reg, 4, value);
}

/* --- e1000_eeprom.c --- */

/* Reads word `at`; false when the EEPROM does not answer within the bound. */
bool e1000_eeprom_word(const struct e1000 *d, uint32_t at, uint16_t *word);
/* The MAC address from the EEPROM when its checksum holds, else from RAL0/RAH0; false when neither
 * has one. */
bool e1000_read_mac(struct e1000 *d, uint8_t mac[NETIF_MAC_BYTES]);

/* --- e1000_rx.c --- */

/* Draws a buffer for every descriptor; false when the pool is dry (the ones drawn are kept for
 * e1000_rx_free). */
bool e1000_rx_fill(struct e1000 *d);
/* Writes every descriptor afresh and points the device at the ring. */
void e1000_rx_start(struct e1000 *d);
/* Passes up to `budget` frames up; how many descriptors it went through. */
int e1000_rx_harvest(struct e1000 *d, int64_t now_ns, int budget);
/* Takes every buffer back and frees it; the device is stopped. */
void e1000_rx_free(struct e1000 *d);

/* --- e1000_tx.c --- */

void e1000_tx_start(struct e1000 *d);
int e1000_send(void *state, struct netbuf *nb, int64_t now_ns);
void e1000_kick(void *state, int64_t now_ns);
/* Ends what the device has sent. */
void e1000_tx_reap(struct e1000 *d, int64_t now_ns);
/* Unhooks what is in flight; the device is stopped. */
void e1000_tx_take_all(struct e1000 *d, struct netbuf_queue *lost);
/* Ends each of `lost` with `status`. */
void e1000_tx_fail(struct e1000 *d, struct netbuf_queue *lost, int status);

#endif
