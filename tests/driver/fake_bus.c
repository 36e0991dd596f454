#include "tests/driver/fake_bus.h"

#include <string.h>

void fake_put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

uint32_t fake_get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t get(const uint8_t *at, int width)
{
    uint32_t value = 0;
    for (int i = 0; i < width; i++)
        value |= (uint32_t)at[i] << (8 * i);
    return value;
}

static void put(uint8_t *at, int width, uint32_t value)
{
    for (int i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static struct fake_function *at_address(struct fake_bus *f, uint64_t base)
{
    for (int i = 0; i < f->functions; i++) {
        struct fake_function *fn = &f->function[i];
        if (base == ((uint64_t)fn->bus << 16 | fn->device << 11 | fn->function << 8))
            return fn;
    }
    return NULL;
}

static int fake_map(void *self, struct bus_window *w)
{
    struct fake_bus *f = self;
    return w->space == BUS_CONFIG && !at_address(f, w->base) ? -1 : 0;
}

static void config_write(struct fake_function *fn, uint32_t off, int width, uint32_t value)
{
    if (off < 0x10 || off >= 0x28) {
        put(fn->config + off, width, value);
        return;
    }
    if (width != 4)
        return;
    uint32_t writable = fn->bar_writable[(off - 0x10) / 4], old = fake_get32(fn->config + off);
    if (value == UINT32_MAX && (fn->config[4] & 3))
        fn->sized_while_decoding = true;
    fake_put32(fn->config + off, (old & ~writable) | (value & writable));
}

static uint32_t fake_read(void *self, const struct bus_window *w, uint32_t off, int width)
{
    struct fake_bus *f = self;
    f->accesses++;
    if (w->space == BUS_CONFIG) {
        struct fake_function *fn = at_address(f, w->base);
        return fn ? get(fn->config + off, width) : UINT32_MAX;
    }
    if (f->before_read)
        f->before_read(f, off, width);
    return get(f->reg + off, width);
}

static void fake_write(void *self, const struct bus_window *w, uint32_t off, int width,
                       uint32_t value)
{
    struct fake_bus *f = self;
    f->accesses++;
    if (w->space == BUS_CONFIG) {
        struct fake_function *fn = at_address(f, w->base);
        if (fn)
            config_write(fn, off, width, value);
        return;
    }
    put(f->reg + off, width, value);
    if (f->after_write)
        f->after_write(f, off, width, value);
}

static int fake_dma_map(void *self, void *p, size_t size, uint64_t limit, uint64_t *address)
{
    (void)self, (void)size, (void)limit;
    *address = (uint64_t)(uintptr_t)p;
    return 0;
}

static void fake_fence(void *self, enum bus_fence_kind kind)
{
    struct fake_bus *f = self;
    f->publishes += kind == BUS_PUBLISH || kind == BUS_FULL;
}

static void fake_give(void *self, void *p, size_t size, enum bus_direction direction)
{
    (void)p, (void)direction;
    ((struct fake_bus *)self)->given += (int64_t)size;
}

static void fake_take(void *self, void *p, size_t size, enum bus_direction direction)
{
    (void)p, (void)direction;
    ((struct fake_bus *)self)->given -= (int64_t)size;
}

static int fake_attach(void *self, int line, int (*isr)(void *), void *ctx)
{
    struct fake_bus *f = self;
    (void)line;
    f->isr = isr;
    f->isr_ctx = ctx;
    return 0;
}

static void fake_detach(void *self, int line, void *ctx)
{
    (void)self, (void)line, (void)ctx;
}

static const struct bus_ops fake_ops = {
    .map = fake_map,
    .read = fake_read,
    .write = fake_write,
    .dma_map = fake_dma_map,
    .fence = fake_fence,
    .give = fake_give,
    .take = fake_take,
    .irq_attach = fake_attach,
    .irq_detach = fake_detach,
};

void fake_bus_init(struct fake_bus *f)
{
    memset(f, 0, sizeof *f);
    f->bus = (struct bus){&fake_ops, f};
}

struct fake_function *fake_function_add(struct fake_bus *f, unsigned bus, unsigned device,
                                        unsigned function, uint16_t vendor, uint16_t id)
{
    struct fake_function *fn = &f->function[f->functions++];
    fn->bus = bus;
    fn->device = device;
    fn->function = function;
    put(fn->config, 2, vendor);
    put(fn->config + 2, 2, id);
    return fn;
}
