/*
 * The smallest kernel port: all that stack/ wants from a PC. It gets its address by DHCP and
 * answers ping and UDP echo.
 *
 * What is missing is what every kernel has already: memory mapped one to one (on i386 or x86-64),
 * an interrupt table, which calls interrupt(line) and then acknowledges the controller, and a
 * timer. Compile it and stack/ with -ffreestanding -mno-red-zone -mgeneral-regs-only, link them
 * with what you have.
 */
#include <stdint.h>
#include "stack/core/div.h"
#include "stack/driver/bus.h"
#include "stack/service/dhcp.h"
#include "stack/service/udp_echo.h"
#include "stack/stack.h"

enum { REGION_BYTES = 8 << 20, LINES = 16, PCI_ADDRESS = 0xcf8, PCI_DATA = 0xcfc };

/* Of your clock: how many ticks of the time stamp counter a microsecond has. */
#define TICKS_PER_US 1000u

/* --- the four functions that a compiler expects --- */

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    uint8_t *t = to;
    for (const uint8_t *f = from; n; n--)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if (t <= f)
        return memcpy(to, from, n);
    while (n--)
        t[n] = f[n];
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    for (uint8_t *t = to; n; n--)
        *t++ = (uint8_t)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;
    for (; n; n--, p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}

/* --- the bus: ports by instruction, memory by pointer, one to one --- */

static uint32_t port_in(uint16_t port, int width)
{
    uint32_t v = 0;
    if (width == 1)
        __asm__ volatile("inb %1, %b0" : "=a"(v) : "Nd"(port));
    else if (width == 2)
        __asm__ volatile("inw %1, %w0" : "=a"(v) : "Nd"(port));
    else
        __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return width == 1 ? v & 0xff : width == 2 ? v & 0xffff : v;
}

static void port_out(uint16_t port, int width, uint32_t v)
{
    if (width == 1)
        __asm__ volatile("outb %b0, %1" : : "a"(v), "Nd"(port));
    else if (width == 2)
        __asm__ volatile("outw %w0, %1" : : "a"(v), "Nd"(port));
    else
        __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

/* A window's base is bus, device and function, as the address register wants them, without the
 * enable bit. */
static uint16_t select(const struct bus_window *w, uint32_t off)
{
    port_out(PCI_ADDRESS, 4, 0x80000000u | (uint32_t)w->base | (off & 0xfc));
    return (uint16_t)(PCI_DATA + (off & 3));
}

static int map(void *self, struct bus_window *w)
{
    (void)self;
    w->cookie = w->space == BUS_MEM ? (void *)(uintptr_t)w->base
                                    : 0; /* a kernel with other page tables maps it uncached here */
    return 0;
}

static uint32_t read(void *self, const struct bus_window *w, uint32_t off, int width)
{
    (void)self;
    if (w->space == BUS_CONFIG)
        return port_in(select(w, off), width);
    if (w->space == BUS_IO)
        return port_in((uint16_t)(w->base + off), width);
    volatile uint8_t *at = (volatile uint8_t *)w->cookie + off;
    return width == 1   ? *at
           : width == 2 ? *(volatile uint16_t *)(volatile void *)at
                        : *(volatile uint32_t *)(volatile void *)at;
}

static void write(void *self, const struct bus_window *w, uint32_t off, int width, uint32_t v)
{
    (void)self;
    volatile uint8_t *at = (volatile uint8_t *)w->cookie + off;
    if (w->space == BUS_CONFIG)
        port_out(select(w, off), width, v);
    else if (w->space == BUS_IO)
        port_out((uint16_t)(w->base + off), width, v);
    else if (width == 1)
        *at = (uint8_t)v;
    else if (width == 2)
        *(volatile uint16_t *)(volatile void *)at = (uint16_t)v;
    else
        *(volatile uint32_t *)(volatile void *)at = v;
}

static int dma_map(void *self, void *p, size_t size, uint64_t limit, uint64_t *device_address)
{
    (void)self;
    *device_address = (uintptr_t)p;
    return *device_address + size - 1 <= limit ? 0 : -1;
}

/* x86 lets a load overtake an earlier store and keeps all else in order; the compiler must as well.
 */
static void fence(void *self, enum bus_fence_kind kind)
{
    (void)self;
    if (kind == BUS_FULL)
        __asm__ volatile("mfence" : : : "memory");
    else
        __asm__ volatile("" : : : "memory");
}

static struct {
    int (*isr)(void *ctx);
    void *ctx;
} handlers[LINES];

static int irq_attach(void *self, int line, int (*isr)(void *ctx), void *ctx)
{
    (void)self;
    if (line < 0 || line >= LINES || handlers[line].isr)
        return -1;
    handlers[line].ctx = ctx;
    handlers[line].isr = isr; /* then unmask the line in the interrupt controller */
    return 0;
}

static void irq_detach(void *self, int line, void *ctx)
{
    (void)self, (void)ctx;
    handlers[line].isr = 0;
}

static const struct bus_ops ops = {
    .map = map,
    .read = read,
    .write = write,
    .dma_map = dma_map,
    .fence = fence,
    .irq_attach = irq_attach,
    .irq_detach = irq_detach,
};

/* From the interrupt table, for a line of the interrupt controller. */
void interrupt(int line);
void interrupt(int line)
{
    if (line >= 0 && line < LINES && handlers[line].isr)
        handlers[line].isr(handlers[line].ctx);
}

/* --- time, chance, and the loop --- */

static int64_t now_ns(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (int64_t)div_u64((uint64_t)high << 32 | low, TICKS_PER_US, 0) *
           1000; /* `/` on 64 bits would want a library on i386 */
}

/* RDRAND, as many bytes at a time as a register has. */
static void random(void *self, enum random_purpose purpose, void *out, size_t len)
{
    uint8_t *to = out;
    uintptr_t word = 0;
    (void)self, (void)purpose;
    for (size_t i = 0; i < len; i++, word >>= 8) {
        uint8_t good = i % sizeof word != 0;
        while (!good) /* the instruction sets it: NOLINT(bugprone-infinite-loop) */
            __asm__ volatile("rdrand %0; setc %1" : "=r"(word), "=qm"(good) : : "cc");
        to[i] = (uint8_t)word;
    }
}

static volatile bool woken;

static void wake(void *self)
{
    (void)self;
    woken = true;
}

static _Alignas(4096) uint8_t region[REGION_BYTES];

/* Halts until an interrupt, unless there is something to do. A timer's interrupt ends the wait for
 * `due`. */
static void sleep_until(int64_t due)
{
    __asm__ volatile("cli");
    if (!woken && due > now_ns())
        __asm__ volatile("sti; hlt");
    else
        __asm__ volatile("sti");
    woken = false;
}

void kernel_main(void);
void kernel_main(void)
{
    const struct port port = {.random = random, .wake = wake};
    const struct bus bus = {.ops = &ops};
    struct stack *s = stack_init(region, sizeof region, &stack_full_config, &port, now_ns(), 0);
    if (!s || stack_probe_pci(s, &bus, 0 /* firmware has set it up */, now_ns()) == 0)
        return; /* no memory, or no NIC that a driver knows */
    struct netif *eth0 = stack_netif(s, "eth0");
    netif_up(eth0, now_ns());
    dhcp_start(s, eth0, 0, 0, 0, now_ns());
    udp_echo_start(s, 7, now_ns());
    for (;;)
        sleep_until(stack_poll(s, now_ns()));
}
