/*
 * PCI configuration space, type 0: what a BIOS-less guest sees of a host bridge and of the NICs
 * behind it. Writes are masked as the registers are wired: all-ones into a base address register
 * reads back its size.
 */
#include "sim/nic/machine_state.h"

#include <string.h>

enum {
    CFG_VENDOR = 0x00,
    CFG_DEVICE = 0x02,
    CFG_COMMAND = 0x04,
    CFG_STATUS = 0x06,
    CFG_REVISION = 0x08,
    CFG_CLASS = 0x0a,
    CFG_HEADER = 0x0e,
    CFG_BAR0 = 0x10,
    CFG_BAR_END = 0x28,
    CFG_SUBSYSTEM_VENDOR = 0x2c,
    CFG_SUBSYSTEM = 0x2e,
    CFG_IRQ_LINE = 0x3c,
    CFG_IRQ_PIN = 0x3d,

    COMMAND_IO = 0x0001,
    COMMAND_MEMORY = 0x0002,
    COMMAND_MASTER = 0x0004,
    COMMAND_INTX_OFF = 0x0400,
    /* I/O, memory, master, invalidate, parity, SERR, interrupt disable; the rest is wired to 0 */
    COMMAND_WRITABLE = 0x0557,
    STATUS_INTERRUPT = 0x0008,
    STATUS_CLEARABLE = 0xf900,
    BAR_IO = 1,
};

/* The host bridge of QEMU's `pc`, an Intel 440FX; nothing in it is writable here. */
static uint8_t bridge_byte(uint32_t off)
{
    switch (off) {
    case 0x00:
        return 0x86;
    case 0x01:
        return 0x80;
    case 0x02:
        return 0x37;
    case 0x03:
        return 0x12;
    case 0x08:
        return 0x02;
    case 0x0b:
        return 0x06;
    default:
        return 0;
    }
}

static void put16(uint8_t *config, uint32_t off, uint32_t value)
{
    config[off] = (uint8_t)value;
    config[off + 1] = (uint8_t)(value >> 8);
}

static uint32_t get16(const uint8_t *config, uint32_t off)
{
    return config[off] | (uint32_t)config[off + 1] << 8;
}

static uint32_t get32(const uint8_t *config, uint32_t off)
{
    return get16(config, off) | get16(config, off + 2) << 16;
}

/* Which bits of the dword at `off` a driver can change. */
static uint32_t writable(const struct nic *n, uint32_t off)
{
    if (off >= CFG_BAR0 && off < CFG_BAR_END) {
        uint32_t size = n->kind->bar[(off - CFG_BAR0) / 4].size;
        return size ? ~(size - 1) : 0;
    }
    switch (off) {
    case CFG_COMMAND:
        return COMMAND_WRITABLE;
    case 0x0c:
        return 0xffff; /* cache line size, latency timer */
    case CFG_IRQ_LINE:
        return 0xff;
    default:
        return 0;
    }
}

static struct nic *function_at(struct machine *m, uint64_t address)
{
    uint64_t slot = address >> 11;
    if ((address & 0x7ff) || slot < FIRST_NIC_SLOT ||
        slot >= FIRST_NIC_SLOT + (uint64_t)m->nic_count)
        return NULL;
    struct nic *n = m->nics[slot - FIRST_NIC_SLOT];
    return n->kind->mmio ? NULL : n;
}

static uint32_t bar_base(const struct nic *n, int bar)
{
    uint32_t off = CFG_BAR0 + 4 * (uint32_t)bar;
    return n->kind->bar[bar].size ? get32(n->config, off) & ~(n->kind->bar[bar].size - 1) : 0;
}

static void claim_bars(struct machine *m, struct nic *n)
{
    uint32_t command = get16(n->config, CFG_COMMAND);
    for (int bar = 0; bar < BARS; bar++) {
        enum bus_space space = n->kind->bar[bar].space;
        uint32_t base = bar_base(n, bar);
        if (base == 0 || !(command & (space == BUS_IO ? COMMAND_IO : COMMAND_MEMORY)))
            continue;
        m->claims[m->claim_count++] = (struct claim){space, base, n->kind->bar[bar].size, n, bar};
    }
}

static void command_changed(struct machine *m)
{
    m->claim_count = 0;
    for (int i = 0; i < m->nic_count; i++) {
        struct nic *n = m->nics[i];
        uint32_t command = get16(n->config, CFG_COMMAND);
        n->busmaster = command & COMMAND_MASTER;
        n->intx_off = command & COMMAND_INTX_OFF;
        claim_bars(m, n);
    }
    irq_recompute(m);
}

static void put32(uint8_t *config, uint32_t off, uint32_t value)
{
    put16(config, off, value);
    put16(config, off + 2, value >> 16);
}

/* Always on, at its place: nobody sees its configuration space. */
static void power_on_mmio(struct nic *n)
{
    put32(n->config, CFG_BAR0, (uint32_t)machine_mmio_base(n->slot - FIRST_NIC_SLOT));
    put16(n->config, CFG_COMMAND, COMMAND_MEMORY | COMMAND_MASTER);
    command_changed(n->machine);
}

void config_power_on(struct nic *n)
{
    const struct nic_kind *kind = n->kind;
    memset(n->config, 0, sizeof n->config);
    if (kind->mmio) {
        power_on_mmio(n);
        return;
    }
    put16(n->config, CFG_VENDOR, kind->vendor_id);
    put16(n->config, CFG_DEVICE, kind->device_id);
    n->config[CFG_REVISION] = kind->revision;
    put16(n->config, CFG_CLASS, 0x0200); /* network, Ethernet */
    put16(n->config, CFG_SUBSYSTEM_VENDOR,
          kind->subsystem_vendor ? kind->subsystem_vendor : 0x1af4);
    put16(n->config, CFG_SUBSYSTEM, kind->subsystem_device ? kind->subsystem_device : 0x1100);
    for (int bar = 0; bar < BARS; bar++)
        if (kind->bar[bar].size && kind->bar[bar].space == BUS_IO)
            n->config[CFG_BAR0 + 4 * bar] = BAR_IO;
    n->config[CFG_IRQ_LINE] = n->line;
    n->config[CFG_IRQ_PIN] = 1;
    if (kind->configure)
        kind->configure(n, n->config);
    command_changed(n->machine);
}

uint32_t config_read(struct machine *m, uint64_t address, uint32_t off, int width)
{
    struct nic *n = function_at(m, address);
    uint32_t value = 0;
    if ((!n && address != 0) || off >= CONFIG_BYTES)
        return UINT32_MAX;
    for (uint32_t i = 0; i < (uint32_t)width; i++) {
        uint8_t byte = n ? n->config[off + i] : bridge_byte(off + i);
        if (n && off + i == CFG_STATUS && n->irq)
            byte |= STATUS_INTERRUPT;
        value |= (uint32_t)byte << (8 * i);
    }
    return value;
}

void config_write(struct machine *m, uint64_t address, uint32_t off, int width, uint32_t value)
{
    struct nic *n = function_at(m, address);
    if (!n || off >= CONFIG_BYTES)
        return;
    for (uint32_t i = 0; i < (uint32_t)width; i++) {
        uint32_t at = off + i;
        uint8_t byte = (uint8_t)(value >> (8 * i));
        uint8_t mask = (uint8_t)(writable(n, at & ~3u) >> (8 * (at & 3)));
        n->config[at] = (uint8_t)((n->config[at] & ~mask) | (byte & mask));
        if (at == CFG_STATUS + 1)
            n->config[at] &= (uint8_t) ~(byte & STATUS_CLEARABLE >> 8);
    }
    if (off < CFG_BAR_END)
        command_changed(m);
}

bool config_assigned(const struct machine *m, enum bus_space space, uint64_t base, uint32_t size)
{
    for (int i = 0; i < m->nic_count; i++)
        for (int bar = 0; bar < BARS; bar++) {
            uint32_t at = bar_base(m->nics[i], bar), have = m->nics[i]->kind->bar[bar].size;
            if (at && m->nics[i]->kind->bar[bar].space == space && base >= at && size <= have &&
                base - at <= have - size)
                return true;
        }
    return false;
}
