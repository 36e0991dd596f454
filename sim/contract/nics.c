/* The NICs' rows. What a card has not, its row leaves empty, and those checks are passed over. */
#include "sim/contract/check.h"

#include <stddef.h>
#include <string.h>

#define SAME                                                                                       \
    {                                                                                              \
        0, 0xff, 0                                                                                 \
    }
#define NONE                                                                                       \
    {                                                                                              \
        NULL, NULL, 0, 0,                                                                          \
        {                                                                                          \
            {                                                                                      \
                0                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

/* --- 82540EM: registers of the manual of the 8254x family --- */

static const struct stuck_wait e1000_waits[] = {
    {"reset", "CTRL.RST stays 1", {0x0000, 0x04000000, 0x04000000}},
    {"phy", "MDIC.R stays 0", {0x0020, 0x10000000, 0}},
    {"eeprom", "EERD.DONE stays 0", {0x0014, 0x10, 0}},
    {"eeprom_grant", "EECD.GNT stays 0", {0x0010, 0x80, 0}},
    {"link", "STATUS.LU stays 0", {0x0008, 0x02, 0}},
    {"transmit_head", "TDH stays 0", {0x3810, 0xffff, 0}},
    {"receive_head", "RDH stays 0", {0x2810, 0xffff, 0}},
    {"causes", "ICR reads as 0", {0x00c0, 0xffffffff, 0}},
    {"gone",
     "every register reads all ones, as when the card is gone",
     {STUCK_EVERYWHERE, 0xffffffff, 0xffffffff}},
    {NULL, NULL, {0}},
};

static const struct left_bit e1000_left[] = {
    {0x0000, 0x80000000, 4, "CTRL.PHY_RST is 1: the PHY is held in its reset until it is 0"},
    {0x0100, 0x000000c0, 4, "RCTL.LBM is not 0: what is sent comes back, and does not leave"},
    {0, 0, 0, NULL},
};

/* The second half of a receive descriptor: length 0..1, checksum 2..3, status 4, errors 5. */
static const struct ring_patch e1000_broken[] = {
    {"crc", "the descriptor's errors have CE", 8, 0, {{5, 0xff, 0x01}, SAME, SAME, SAME}},
    {"symbol", "the descriptor's errors have SE", 8, 0, {{5, 0xff, 0x02}, SAME, SAME, SAME}},
    {"sequence", "the descriptor's errors have SEQ", 8, 0, {{5, 0xff, 0x04}, SAME, SAME, SAME}},
    {"data", "the descriptor's errors have RXE", 8, 0, {{5, 0xff, 0x80}, SAME, SAME, SAME}},
    NONE,
};
static const struct ring_patch e1000_lying[] = {
    {"zero", "the descriptor's length is 0", 8, 0, {{0, 0, 0}, {1, 0, 0}, SAME, SAME}},
    {"short", "the descriptor's length is 13", 8, 0, {{0, 0, 13}, {1, 0, 0}, SAME, SAME}},
    {"beyond_buffer",
     "the descriptor's length is 4096, more than its buffer",
     8,
     0,
     {{0, 0, 0}, {1, 0, 0x10}, SAME, SAME}},
    {"longest", "the descriptor's length is 65535", 8, 0, {{0, 0, 0xff}, {1, 0, 0xff}, SAME, SAME}},
    NONE,
};
static const struct ring_patch e1000_parted[] = {
    {"parted", "the descriptor has no EOP", 8, 0, {{4, 0xfd, 0}, SAME, SAME, SAME}},
    NONE,
};

/* --- RTL8139 --- */

static const struct stuck_wait rtl8139_waits[] = {
    {"reset", "CR.RST stays 1", {0x37, 0x10, 0x10}},
    {"own", "TSD0.OWN stays 0", {0x10, 0x2000, 0}},
    {"buffer_empty", "CR.BUFE stays 0", {0x37, 0x01, 0}},
    {"eeprom", "9346CR.EEDO stays 0", {0x50, 0x01, 0}},
    {"autoload", "9346CR.EEM stays at autoload", {0x50, 0xc0, 0x40}},
    {"link", "MSR.LINKB stays 1", {0x58, 0x04, 0x04}},
    {"negotiation", "BMSR says that negotiation is not complete", {0x64, 0x20, 0}},
    {"causes", "ISR reads as 0", {0x3e, 0xffff, 0}},
    {"gone",
     "every register reads all ones, as when the card is gone",
     {STUCK_EVERYWHERE, 0xffffffff, 0xffffffff}},
    {NULL, NULL, {0}},
};

static const struct left_bit rtl8139_left[] = {
    {0x40, 0x00060000, 4, "TCR.LBK is not 0: what is sent comes back, and does not leave"},
    {0x50, 0xc0, 1, "9346CR.EEM is not 0: configuration registers are left open to writes"},
    {0, 0, 0, NULL},
};

/* A packet's head in the ring: status 0..1 (ROK 1, FAE 2, CRC 4, LONG 8, RUNT 0x10, ISE 0x20),
 * length 2..3. */
static const struct ring_patch rtl8139_broken[] = {
    {"crc", "the packet's status has CRC and no ROK", 4, 0, {{0, 0xfe, 0x04}, SAME, SAME, SAME}},
    {"alignment",
     "the packet's status has FAE and no ROK",
     4,
     0,
     {{0, 0xfe, 0x02}, SAME, SAME, SAME}},
    {"symbol", "the packet's status has ISE and no ROK", 4, 0, {{0, 0xfe, 0x20}, SAME, SAME, SAME}},
    {"runt", "the packet's status has RUNT and no ROK", 4, 0, {{0, 0xfe, 0x10}, SAME, SAME, SAME}},
    NONE,
};
static const struct ring_patch rtl8139_lying[] = {
    {"zero", "the packet's length is 0", 4, 0, {{2, 0, 0}, {3, 0, 0}, SAME, SAME}},
    {"short", "the packet's length is 7", 4, 0, {{2, 0, 7}, {3, 0, 0}, SAME, SAME}},
    {"beyond_ring", "the packet's length is 61440", 4, 0, {{2, 0, 0}, {3, 0, 0xf0}, SAME, SAME}},
    {"longest", "the packet's length is 65535", 4, 0, {{2, 0, 0xff}, {3, 0, 0xff}, SAME, SAME}},
    {"unfinished",
     "the packet's head is all 0",
     4,
     0,
     {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}, {3, 0, 0}}},
    NONE,
};

/* --- virtio-net over PCI: the layout of BAR 4 is the model's own (virtio 1.2, 4.1.4) --- */

static const struct stuck_wait virtio_waits[] = {
    {"reset", "device_status stays 15 behind the reset", {0x14, 0xff, 0x0f}},
    {"queue_size", "queue_size is 0, as when there is no such queue", {0x18, 0xffff, 0}},
    {"queue_enable", "queue_enable stays 0", {0x1c, 0xffff, 0}},
    {"needs_reset", "device_status has DEVICE_NEEDS_RESET", {0x14, 0x40, 0x40}},
    {"link", "status in the configuration space has no LINK_UP", {0x2006, 0x01, 0}},
    {"causes", "ISR status reads as 0", {0x1000, 0xff, 0}},
    {"gone",
     "every register reads all ones, as when the card is gone",
     {STUCK_EVERYWHERE, 0xffffffff, 0xffffffff}},
    {NULL, NULL, {0}},
};

/* --- virtio-net over the legacy interface, BAR 0 (virtio 1.2, 4.1.4.10), and over memory-mapped
 * registers (4.2) --- */

static const struct stuck_wait virtio_legacy_waits[] = {
    {"reset", "device_status stays 7 behind the reset", {0x12, 0xff, 0x07}},
    {"queue_size", "queue_size is 0, as when there is no such queue", {0x0c, 0xffff, 0}},
    {"link", "status in the configuration space has no LINK_UP", {0x1a, 0x01, 0}},
    {"causes", "ISR status reads as 0", {0x13, 0xff, 0}},
    {"gone",
     "every register reads all ones, as when the card is gone",
     {STUCK_EVERYWHERE, 0xffffffff, 0xffffffff}},
    {NULL, NULL, {0}},
};

static const struct stuck_wait virtio_mmio_waits[] = {
    {"magic", "MagicValue is 0", {0x000, 0xffffffff, 0}},
    {"reset", "Status stays 15 behind the reset", {0x070, 0xff, 0x0f}},
    {"queue_size", "QueueNumMax is 0, as when there is no such queue", {0x034, 0xffffffff, 0}},
    {"queue_ready", "QueueReady stays 0", {0x044, 0xffffffff, 0}},
    {"needs_reset", "Status has DEVICE_NEEDS_RESET", {0x070, 0x40, 0x40}},
    {"link", "status in the configuration space has no LINK_UP", {0x106, 0x01, 0}},
    {"causes", "InterruptStatus reads as 0", {0x060, 0xffffffff, 0}},
    {"gone",
     "every register reads all ones, as when the device is gone",
     {STUCK_EVERYWHERE, 0xffffffff, 0xffffffff}},
    {NULL, NULL, {0}},
};

/* An entry of the used ring: id 0..3, length 4..7, which counts the header's 12 octets. */
static const struct ring_patch virtio_lying[] = {
    {"zero", "the used length is 0", 8, 0, {{4, 0, 0}, {5, 0, 0}, SAME, SAME}},
    {"short",
     "the used length is 11, less than the header's 12",
     8,
     0,
     {{4, 0, 11}, {5, 0, 0}, SAME, SAME}},
    {"header",
     "the used length is 12, the header alone",
     8,
     0,
     {{4, 0, 12}, {5, 0, 0}, SAME, SAME}},
    {"beyond_buffer",
     "the used length is 65535, more than the buffer's",
     8,
     0,
     {{4, 0, 0xff}, {5, 0, 0xff}, SAME, SAME}},
    {"longest",
     "the used length is 4294967295",
     8,
     0,
     {{4, 0, 0xff}, {5, 0, 0xff}, {6, 0, 0xff}, {7, 0, 0xff}}},
    {"foreign_id",
     "the used id is 65535, of which there is no descriptor",
     8,
     1,
     {{0, 0, 0xff}, {1, 0, 0xff}, SAME, SAME}},
    NONE,
};

/* The same where the header has 10 octets: without MRG_RXBUF and VERSION_1. */
static const struct ring_patch virtio_lying_old[] = {
    {"zero", "the used length is 0", 8, 0, {{4, 0, 0}, {5, 0, 0}, SAME, SAME}},
    {"short",
     "the used length is 9, less than the header's 10",
     8,
     0,
     {{4, 0, 9}, {5, 0, 0}, SAME, SAME}},
    {"header",
     "the used length is 10, the header alone",
     8,
     0,
     {{4, 0, 10}, {5, 0, 0}, SAME, SAME}},
    {"beyond_buffer",
     "the used length is 65535, more than the buffer's",
     8,
     0,
     {{4, 0, 0xff}, {5, 0, 0xff}, SAME, SAME}},
    {"longest",
     "the used length is 4294967295",
     8,
     0,
     {{4, 0, 0xff}, {5, 0, 0xff}, {6, 0, 0xff}, {7, 0, 0xff}}},
    {"foreign_id",
     "the used id is 65535, of which there is no descriptor",
     8,
     1,
     {{0, 0, 0xff}, {1, 0, 0xff}, SAME, SAME}},
    NONE,
};

extern const struct nic_kind e1000_kind, rtl8139_kind, virtio_pci_kind, virtio_legacy_kind,
    virtio_mmio_kind, virtio_mmio_legacy_kind;

static const struct contract_nic rows[] = {
    {
        .kind = &e1000_kind,
        .bar = 0,
        .waits = e1000_waits,
        .broken = e1000_broken,
        .lying = e1000_lying,
        .parted = e1000_parted,
        .empty_eeprom = {{0x5400, 0xffffffff, 0xffffffff},
                         {0x5404, 0x0000ffff, 0x0000ffff},
                         {0x0014, 0xffff0000, 0xffff0000},
                         {0x0010, 0x08, 0x08}},
        /* CTRL.SLU; a receive ring of 8 in use, its head at 3; a transmit ring; promiscuous;
         * everything unmasked. */
        .boot = {{0x0000, 4, 0x00140240, 0},
                 {0x2804, 4, 0, 0},
                 {0x2800, 4, 0, 1},
                 {0x2808, 4, 128, 0},
                 {0x2810, 4, 3, 0},
                 {0x2818, 4, 2, 0},
                 {0x3800, 4, 128, 1},
                 {0x3808, 4, 128, 0},
                 {0x3810, 4, 5, 0},
                 {0x3818, 4, 5, 0},
                 {0x0400, 4, 0x0004010a, 0},
                 {0x0100, 4, 0x0400801a, 0},
                 {0x00d0, 4, 0x000000d5, 0}},
        .where = "RAL0 and RAH0, or words 0 to 2 of the EEPROM",
        .sequence = "been taken off already (RCTL.SECRC is 1)",
        .carrier = "STATUS.LU (bit 1)",
        .left = e1000_left,
    },
    {
        .kind = &rtl8139_kind,
        .bar = 0,
        .waits = rtl8139_waits,
        .broken = rtl8139_broken,
        .lying = rtl8139_lying,
        .empty_eeprom = {{0x00, 0xffffffff, 0xffffffff},
                         {0x04, 0x0000ffff, 0x0000ffff},
                         {0x50, 0x01, 0x01}},
        /* RE and TE on, a ring of 8 KiB, every frame taken, everything unmasked. */
        .boot = {{0x37, 1, 0x0c, 0},
                 {0x30, 4, 0, 1},
                 {0x44, 4, 0x0000078f, 0},
                 {0x08, 4, 0xffffffff, 0},
                 {0x0c, 4, 0xffffffff, 0},
                 {0x3c, 2, 0xe07f, 0}},
        .where = "IDR0 to IDR5, or words 7 to 9 of the EEPROM",
        .sequence = "been taken off already: the length in the packet's head counts its 4 octets, "
                    "and not the 4 of the head",
        .before = "its head in the ring, 4 octets of status and length",
        .carrier = "MSR.LINKB (bit 2), which is 0 where there is a link,",
        .left = rtl8139_left,
    },
    {
        .kind = &virtio_pci_kind,
        .bar = 4,
        .waits = virtio_waits,
        .lying = virtio_lying,
        /* Reset and its 0 read; ACKNOWLEDGE, DRIVER; VERSION_1; FEATURES_OK, read back; a receive
         * queue of 8 in its memory; DRIVER_OK. */
        .boot = {{0x14, 1, 0, 0},
                 {0x14, 1, 0, BOOT_READS},
                 {0x14, 1, 1, 0},
                 {0x14, 1, 3, 0},
                 {0x08, 4, 1, 0},
                 {0x0c, 4, 1, 0},
                 {0x14, 1, 11, 0},
                 {0x14, 1, 0, BOOT_READS},
                 {0x16, 2, 0, 0},
                 {0x18, 2, 8, 0},
                 {0x20, 4, 0, BOOT_ADDRESS},
                 {0x24, 4, 0, 0},
                 {0x28, 4, 512, BOOT_ADDRESS},
                 {0x2c, 4, 0, 0},
                 {0x30, 4, 1024, BOOT_ADDRESS},
                 {0x34, 4, 0, 0},
                 {0x1c, 2, 1, 0},
                 {0x14, 1, 15, 0}},
        .avail_at = 512,
        .passes_all = true,
        .counts_no_drops = true,
        .own = virtio_checks,
        .where = "mac in the device's configuration space",
        .carrier = "status in the configuration space (bit 0, at 6)",
        .before = "struct virtio_net_hdr, of 12 octets with VERSION_1 or MRG_RXBUF (virtio 1.2, "
                  "5.1.6.1)",
    },
    {
        .kind = &virtio_legacy_kind,
        .bar = 0,
        .waits = virtio_legacy_waits,
        .lying = virtio_lying_old,
        /* Reset; ACKNOWLEDGE, DRIVER; no features; a receive queue of the device's 64 in its
         * memory; DRIVER_OK. */
        .boot = {{0x12, 1, 0, 0},
                 {0x12, 1, 1, 0},
                 {0x12, 1, 3, 0},
                 {0x04, 4, 0, 0},
                 {0x0e, 2, 0, 0},
                 {0x08, 4, 0, BOOT_PAGE},
                 {0x12, 1, 7, 0}},
        .avail_at = 1024,
        .header_apart = true,
        .passes_all = true,
        .counts_no_drops = true,
        .own = virtio_old_checks,
        .where = "mac in the device's configuration space, at 20 in BAR 0",
        .carrier = "status in the configuration space (bit 0, at 26 in BAR 0)",
        .before = "struct virtio_net_hdr, of 10 octets, or 12 with MRG_RXBUF (virtio 1.2, 5.1.6.1)",
    },
    {
        .kind = &virtio_mmio_kind,
        .bar = 0,
        .waits = virtio_mmio_waits,
        .lying = virtio_lying,
        /* As over PCI: QueueSel, QueueNum, the three addresses, QueueReady. */
        .boot = {{0x070, 4, 0, 0},
                 {0x070, 4, 0, BOOT_READS},
                 {0x070, 4, 1, 0},
                 {0x070, 4, 3, 0},
                 {0x024, 4, 1, 0},
                 {0x020, 4, 1, 0},
                 {0x070, 4, 11, 0},
                 {0x070, 4, 0, BOOT_READS},
                 {0x030, 4, 0, 0},
                 {0x038, 4, 8, 0},
                 {0x080, 4, 0, BOOT_ADDRESS},
                 {0x084, 4, 0, 0},
                 {0x090, 4, 512, BOOT_ADDRESS},
                 {0x094, 4, 0, 0},
                 {0x0a0, 4, 1024, BOOT_ADDRESS},
                 {0x0a4, 4, 0, 0},
                 {0x044, 4, 1, 0},
                 {0x070, 4, 15, 0}},
        .avail_at = 512,
        .passes_all = true,
        .counts_no_drops = true,
        .own = virtio_checks,
        .where = "mac in the device's configuration space, at 0x100",
        .carrier = "status in the configuration space (bit 0, at 0x106)",
        .before = "struct virtio_net_hdr, of 12 octets with VERSION_1 or MRG_RXBUF (virtio 1.2, "
                  "5.1.6.1)",
    },
    {
        .kind = &virtio_mmio_legacy_kind,
        .bar = 0,
        .waits = virtio_mmio_waits,
        .lying = virtio_lying_old,
        /* GuestPageSize, QueueSel, QueueNum, QueueAlign, QueuePFN. */
        .boot = {{0x070, 4, 0, 0},
                 {0x070, 4, 1, 0},
                 {0x070, 4, 3, 0},
                 {0x024, 4, 0, 0},
                 {0x020, 4, 0, 0},
                 {0x028, 4, 4096, 0},
                 {0x030, 4, 0, 0},
                 {0x038, 4, 64, 0},
                 {0x03c, 4, 4096, 0},
                 {0x040, 4, 0, BOOT_PAGE},
                 {0x070, 4, 7, 0}},
        .avail_at = 1024,
        .header_apart = true,
        .passes_all = true,
        .counts_no_drops = true,
        .own = virtio_old_checks,
        .where = "mac in the device's configuration space, at 0x100",
        .carrier = "status in the configuration space (bit 0, at 0x106)",
        .before = "struct virtio_net_hdr, of 10 octets, or 12 with MRG_RXBUF (virtio 1.2, 5.1.6.1)",
    },
};

const struct contract_nic *contract_nic(const struct nic_kind *kind)
{
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        if (rows[k].kind == kind)
            return &rows[k];
    return NULL;
}
