/* Registers of the Realtek RTL8139, in its plain (not C+) mode. */
#ifndef SIM_NIC_RTL8139_REGS_H
#define SIM_NIC_RTL8139_REGS_H

enum {
    RTL_IDR = 0x00,
    RTL_MAR = 0x08,
    RTL_TSD = 0x10,
    RTL_TSAD = 0x20,
    RTL_RBSTART = 0x30,
    RTL_CR = 0x37,
    RTL_CAPR = 0x38,
    RTL_CBR = 0x3a,
    RTL_IMR = 0x3c,
    RTL_ISR = 0x3e,
    RTL_TCR = 0x40,
    RTL_RCR = 0x44,
    RTL_TCTR = 0x48,
    RTL_MPC = 0x4c,
    RTL_9346CR = 0x50,
    RTL_CONFIG0 = 0x51,
    RTL_CONFIG1 = 0x52,
    RTL_TIMERINT = 0x54,
    RTL_MSR = 0x58,
    RTL_CONFIG3 = 0x59,
    RTL_CONFIG4 = 0x5a,
    RTL_MULINT = 0x5c,
    RTL_RERID = 0x5e,
    RTL_TSADS = 0x60,
    RTL_BMCR = 0x62,
    RTL_BMSR = 0x64,
    RTL_ANAR = 0x66,
    RTL_ANLPAR = 0x68,
    RTL_REC = 0x72,
    RTL_CSCR = 0x74,

    RTL_SLOTS = 4,
    RTL_RING_EXTRA = 16, /* CAPR is the read pointer less this */
    RTL_PACKET_HEADER = 4,
    RTL_TX_MAX = 1792, /* the chip's limit */
    RTL_RX_MAX = 4096, /* a longer packet is LONG */
    RTL_RX_FIFO = 2048,
    RTL_REVISION = 0x10, /* of the plain chip: PCI's, and RERID */
};

#define CR_BUFE 0x01u
#define CR_TE   0x04u
#define CR_RE   0x08u
#define CR_RST  0x10u

#define TSD_SIZE   0x00001fffu
#define TSD_OWN    0x00002000u
#define TSD_TOK    0x00008000u
#define TSD_ERTXTH 0x003f0000u

#define ISR_ROK     0x0001u
#define ISR_RER     0x0002u
#define ISR_TOK     0x0004u
#define ISR_ROVW    0x0010u
#define ISR_LINK    0x0020u
#define ISR_FOVW    0x0040u
#define ISR_TIMEOUT 0x4000u

#define TCR_VERSION      0x74000000u /* RTL8139C */
#define TCR_VERSION_BITS 0x7cc00000u
#define TCR_WRITABLE     0x030f07f0u /* gap, loopback, CRC, DMA burst, retries */
#define TCR_NO_CRC       0x00010000u
#define TCR_LOOPBACK     0x00060000u

#define RCR_AAP        0x01u
#define RCR_APM        0x02u
#define RCR_AM         0x04u
#define RCR_AB         0x08u
#define RCR_AER        0x20u
#define RCR_WRAP       0x80u
#define RCR_WRITABLE   0x0f03ffbfu
#define RCR_RBLEN(rcr) ((rcr) >> 11 & 3)

/* The packet header's status. */
#define RX_ROK 0x0001u
#define RX_CRC 0x0004u
#define RX_BAR 0x2000u
#define RX_PAM 0x4000u
#define RX_MAR 0x8000u

#define EE_DO        0x01u
#define EE_DI        0x02u
#define EE_SK        0x04u
#define EE_CS        0x08u
#define EE_MODE      0xc0u
#define EE_NORMAL    0x00u
#define EE_AUTOLOAD  0x40u
#define EE_PROGRAM   0x80u
#define EE_CONFIGURE 0xc0u

#define MSR_LINKB 0x04u

#define RTL_BMCR_RESET    0x8000u
#define RTL_BMCR_RESTART  0x0200u
#define RTL_BMCR_WRITABLE 0x3100u /* speed, negotiation, duplex; locked like CONFIG */
#define RTL_BMSR_UP       0x0024u /* link, negotiation complete */

#endif
