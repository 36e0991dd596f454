/* Registers and descriptors of the Intel 8254x family, as far as the 82540EM has them and the model
 * answers. */
#ifndef SIM_NIC_E1000_REGS_H
#define SIM_NIC_E1000_REGS_H

enum {
    E1000_CTRL = 0x0000,
    E1000_CTRL_ALIAS = 0x0004,
    E1000_STATUS = 0x0008,
    E1000_EECD = 0x0010,
    E1000_EERD = 0x0014,
    E1000_CTRL_EXT = 0x0018,
    E1000_FLA = 0x001c,
    E1000_MDIC = 0x0020,
    E1000_FCAL = 0x0028,
    E1000_FCAH = 0x002c,
    E1000_FCT = 0x0030,
    E1000_VET = 0x0038,
    E1000_ICR = 0x00c0,
    E1000_ITR = 0x00c4,
    E1000_ICS = 0x00c8,
    E1000_IMS = 0x00d0,
    E1000_IMC = 0x00d8,
    E1000_RCTL = 0x0100,
    E1000_FCTTV = 0x0170,
    E1000_TXCW = 0x0178,
    E1000_TCTL = 0x0400,
    E1000_TIPG = 0x0410,
    E1000_AIT = 0x0458,
    E1000_LEDCTL = 0x0e00,
    E1000_PBA = 0x1000,
    E1000_FCRTL = 0x2160,
    E1000_FCRTH = 0x2168,
    E1000_RDBAL = 0x2800,
    E1000_RDBAH = 0x2804,
    E1000_RDLEN = 0x2808,
    E1000_RDH = 0x2810,
    E1000_RDT = 0x2818,
    E1000_RDTR = 0x2820,
    E1000_RXDCTL = 0x2828,
    E1000_RADV = 0x282c,
    E1000_RSRPD = 0x2c00,
    E1000_TDBAL = 0x3800,
    E1000_TDBAH = 0x3804,
    E1000_TDLEN = 0x3808,
    E1000_TDH = 0x3810,
    E1000_TDT = 0x3818,
    E1000_TIDV = 0x3820,
    E1000_TXDCTL = 0x3828,
    E1000_TADV = 0x382c,
    E1000_STATS = 0x4000,
    E1000_STATS_END = 0x4100,
    E1000_RXCSUM = 0x5000,
    E1000_MTA = 0x5200,
    E1000_RA = 0x5400,
    E1000_VFTA = 0x5600,
    E1000_WUC = 0x5800,
    E1000_WUFC = 0x5808,
    E1000_MANC = 0x5820,

    E1000_MTA_WORDS = 128,
    E1000_RA_WORDS = 32, /* 16 pairs of low and high */
    E1000_VFTA_WORDS = 128,
};

/* Statistics: index into the block at E1000_STATS. */
#define E1000_STAT(offset) (((offset)-E1000_STATS) / 4)
enum {
    STAT_CRCERRS = E1000_STAT(0x4000),
    STAT_MPC = E1000_STAT(0x4010),
    STAT_PRC64 = E1000_STAT(0x405c),
    STAT_GPRC = E1000_STAT(0x4074),
    STAT_BPRC = E1000_STAT(0x4078),
    STAT_MPRC = E1000_STAT(0x407c),
    STAT_GPTC = E1000_STAT(0x4080),
    STAT_GORCL = E1000_STAT(0x4088),
    STAT_GOTCL = E1000_STAT(0x4090),
    STAT_RNBC = E1000_STAT(0x40a0),
    STAT_ROC = E1000_STAT(0x40ac),
    STAT_TORL = E1000_STAT(0x40c0),
    STAT_TOTL = E1000_STAT(0x40c8),
    STAT_TPR = E1000_STAT(0x40d0),
    STAT_TPT = E1000_STAT(0x40d4),
    STAT_PTC64 = E1000_STAT(0x40d8),
    STAT_MPTC = E1000_STAT(0x40f0),
    STAT_BPTC = E1000_STAT(0x40f4),
    STAT_TSCTC = E1000_STAT(0x40f8),
    E1000_STATS_WORDS = E1000_STAT(E1000_STATS_END),
};

#define CTRL_SLU     0x00000040u
#define CTRL_RST     0x04000000u
#define CTRL_VME     0x40000000u
#define CTRL_PHY_RST 0x80000000u

#define STATUS_LU 0x00000002u

#define EECD_SK    0x01u
#define EECD_CS    0x02u
#define EECD_DI    0x04u
#define EECD_DO    0x08u
#define EECD_REQ   0x40u
#define EECD_GNT   0x80u
#define EECD_PRES  0x100u
#define EERD_START 0x01u
#define EERD_DONE  0x10u

#define MDIC_WRITE 0x04000000u
#define MDIC_READ  0x08000000u
#define MDIC_READY 0x10000000u
#define MDIC_INTR  0x20000000u
#define MDIC_ERROR 0x40000000u

#define ICR_TXDW   0x00001u
#define ICR_TXQE   0x00002u
#define ICR_LSC    0x00004u
#define ICR_RXDMT0 0x00010u
#define ICR_RXO    0x00040u
#define ICR_RXT0   0x00080u
#define ICR_MDAC   0x00200u
#define ICR_CAUSES 0x1ffffu

#define RCTL_EN          0x00000002u
#define RCTL_SBP         0x00000004u
#define RCTL_UPE         0x00000008u
#define RCTL_MPE         0x00000010u
#define RCTL_LPE         0x00000020u
#define RCTL_LBM         0x000000c0u
#define RCTL_BAM         0x00008000u
#define RCTL_VFE         0x00040000u
#define RCTL_BSEX        0x02000000u
#define RCTL_SECRC       0x04000000u
#define RCTL_RDMTS(rctl) ((rctl) >> 8 & 3)
#define RCTL_MO(rctl)    ((rctl) >> 12 & 3)
#define RCTL_BSIZE(rctl) ((rctl) >> 16 & 3)

#define TCTL_EN  0x02u
#define TCTL_PSP 0x08u

#define DELAY_FPD 0x80000000u /* RDTR, TIDV */

#define PBA_RXA 0x7fu
#define PBA_KIB 64

#define RXCSUM_IPOFL 0x100u
#define RXCSUM_TUOFL 0x200u

#define RAH_AV 0x80000000u

/* A receive descriptor: address 0..7, length 8, packet checksum 10, status 12, errors 13,
 * special 14. */
enum {
    DESCRIPTOR_BYTES = 16,
    RXD_LENGTH = 8,
    RXD_CHECKSUM = 10,
    RXD_STATUS = 12,
    RXD_ERRORS = 13,
    RXD_SPECIAL = 14,

    RXD_STAT_DD = 0x01,
    RXD_STAT_EOP = 0x02,
    RXD_STAT_IXSM = 0x04,
    RXD_STAT_VP = 0x08,
    RXD_STAT_TCPCS = 0x20,
    RXD_STAT_IPCS = 0x40,
    RXD_STAT_PIF = 0x80,
    RXD_ERR_CE = 0x01,
    RXD_ERR_TCPE = 0x20,
    RXD_ERR_IPE = 0x40,
};

/* Transmit descriptors: legacy, context and data. */
enum {
    TXD_LENGTH = 8,
    TXD_CSO = 10,
    TXD_CMD = 11,
    TXD_STATUS = 12,
    TXD_CSS = 13,
    TXD_POPTS = 13,
    TXD_SPECIAL = 14,

    TXC_IPCSS = 0,
    TXC_IPCSO = 1,
    TXC_IPCSE = 2,
    TXC_TUCSS = 4,
    TXC_TUCSO = 5,
    TXC_TUCSE = 6,
    TXC_HDRLEN = 13,
    TXC_MSS = 14,

    TXD_CMD_EOP = 0x01,
    TXD_CMD_IFCS = 0x02,
    TXD_CMD_IC = 0x04,  /* legacy: insert a checksum */
    TXD_CMD_TSE = 0x04, /* data: segment */
    TXD_CMD_RS = 0x08,
    TXD_CMD_DEXT = 0x20,
    TXD_CMD_VLE = 0x40,
    TXD_CMD_IDE = 0x80,
    TXD_STAT_DD = 0x01,
    TXD_POPTS_IXSM = 0x01,
    TXD_POPTS_TXSM = 0x02,
    TXC_TUCMD_TCP = 0x01,
    TXC_TUCMD_IP = 0x02,
};

/* The PHY, an 88E1011 at address 1. */
enum {
    PHY_ADDRESS = 1,
    PHY_BMCR = 0,
    PHY_BMSR = 1,
    PHY_ID1 = 2,
    PHY_ID2 = 3,
    PHY_ANAR = 4,
    PHY_ANLPAR = 5,
    PHY_1000T_CTRL = 9,
    PHY_1000T_STATUS = 10,
    PHY_PSCR = 16,
    PHY_PSSR = 17,
    PHY_REGISTERS = 32,

    BMCR_RESET = 0x8000,
    BMCR_LOOPBACK = 0x4000,
    BMCR_RESTART = 0x0200,
    BMSR_LINK = 0x0004,
    BMSR_DONE = 0x0020,
    PSSR_LINK = 0x0400,
};

#endif
