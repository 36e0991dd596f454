/* QEMU's command line: see qemu_command.h. */
#include "sim/nic/qemu_command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/nic/machine_state.h"

const char qemu_program[] = "qemu-system-x86_64";

/* Timers of QEMU's own that no chip has are off: the delay of a second interrupt, and that of
 * negotiation, which takes no time in our models either. */
static const struct qemu_device devices[] = {
    {.nic = "e1000",
     .device = "e1000,mitigation=off,autonegotiation=off",
     .deaf_at = 0x100,
     .table_at = 0x5200, /* MTA */
     .table_end = 0x5400,
     .cuts_wrong = true},
    {.nic = "rtl8139", .device = "rtl8139"},
    {.nic = "virtio", .device = "virtio-net-pci,disable-legacy=on"},
    {.nic = "virtio-legacy", .device = "virtio-net-pci,disable-modern=on"},
    {.nic = "virtio-mmio", .device = "virtio-net-device", .mmio = 2},
    {.nic = "virtio-mmio-legacy", .device = "virtio-net-device", .mmio = 1},
};

const struct qemu_device *qemu_device_of(const char *nic)
{
    for (size_t k = 0; k < sizeof devices / sizeof devices[0]; k++)
        if (strcmp(devices[k].nic, nic) == 0)
            return &devices[k];
    return NULL;
}

bool qemu_has(const char *nic)
{
    return qemu_device_of(nic) != NULL;
}

bool qemu_cuts_wrong(const char *nic)
{
    const struct qemu_device *d = qemu_device_of(nic);
    return d && d->cuts_wrong;
}

__attribute__((format(printf, 2, 3))) static void add(struct qemu_command *c, const char *format,
                                                      ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(c->text + c->len, sizeof c->text - c->len, format, args);
    va_end(args);
    if (len < 0 || c->len + (size_t)len >= sizeof c->text || c->count == QEMU_ARGUMENTS - 1)
        return; /* the plan's bounds keep it far from here */
    c->argument[c->count++] = c->text + c->len;
    c->len += (size_t)len + 1;
}

static void add_machine(struct qemu_command *c, const struct qemu_device *d)
{
    add(c, "-machine");
    if (!d->mmio) {
        add(c, "pc,hpet=off,memory-backend=ram");
        return;
    }
    add(c, "microvm,pit=off,rtc=off,ioapic2=off,memory-backend=ram");
    add(c, "-global");
    add(c, "virtio-mmio.force-legacy=%s", d->mmio == 1 ? "on" : "off");
}

static void add_memory(struct qemu_command *c, const struct qemu_ends *e)
{
    add(c, "-m");
    add(c, "%d", QEMU_RAM_BYTES >> 20);
    add(c, "-object");
    add(c, "memory-backend-file,id=ram,size=%d,mem-path=/proc/self/fd/%d,share=on", QEMU_RAM_BYTES,
        e->ram);
    add(c, "-bios");
    add(c, "/proc/self/fd/%d", e->bios);
}

static void add_sockets(struct qemu_command *c, const struct qemu_ends *e)
{
    add(c, "-chardev");
    add(c, "socket,fd=%d,id=qt", e->qtest);
    add(c, "-object");
    add(c, "qtest,id=qtest0,chardev=qt,log=none");
    add(c, "-chardev");
    add(c, "socket,fd=%d,id=qmp", e->qmp);
    add(c, "-mon");
    add(c, "chardev=qmp,mode=control");
}

static void add_nic(struct qemu_command *c, const struct qemu_device *d, uint32_t port, int wire,
                    const uint8_t *m)
{
    char place[32];
    if (d->mmio)
        snprintf(place, sizeof place, "bus=virtio-mmio-bus.%u", port);
    else
        snprintf(place, sizeof place, "addr=%u", FIRST_NIC_SLOT + port);
    add(c, "-netdev");
    add(c, "dgram,id=n%u,local.type=fd,local.str=%d", port, wire);
    add(c, "-device");
    add(c, "%s,netdev=n%u,id=nic%u,%s,mac=%02x:%02x:%02x:%02x:%02x:%02x", d->device, port, port,
        place, m[0], m[1], m[2], m[3], m[4], m[5]);
}

void qemu_command_line(struct qemu_command *c, const struct qemu_plan *plan,
                       const struct qemu_ends *e)
{
    static const char *const fixed[] = {qemu_program, "-nodefaults",      "-display",
                                        "none",       "-accel",           "tcg",
                                        "-icount",    "shift=0,sleep=off"};
    const struct qemu_device *d = qemu_device_of(plan->nic);
    for (size_t k = 0; k < sizeof fixed / sizeof fixed[0]; k++)
        add(c, "%s", fixed[k]);
    add_machine(c, d);
    add_memory(c, e);
    add_sockets(c, e);
    for (uint32_t p = 0; p < plan->ports; p++)
        add_nic(c, d, p, e->wire[p], plan->mac[p]);
}
