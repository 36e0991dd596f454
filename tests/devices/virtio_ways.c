/* How the registers of each virtio transport are reached: legacy PCI (virtio 1.2, 4.1.4.10), PCI
 * (4.1.4), memory-mapped of version 1 and 2 (4.2). */
#include "tests/devices/virtio_bench.h"

enum { PAGE = 4096, CHOSEN = 64, CHOSEN_CONTROL = 16 };

static uint32_t get(struct probe *p, const struct bus_window *w, uint32_t at, int width)
{
    uint32_t value = bus_read(p->side->bus, w, at, width);
    p->side->accesses++;
    return width == 4 ? value : value & ((1u << 8 * width) - 1);
}

static void put(struct probe *p, const struct bus_window *w, uint32_t at, int width, uint32_t value)
{
    p->side->accesses++;
    bus_write(p->side->bus, w, at, width, value);
}

/* Drivers here ask for this many, whatever the device has. */
static uint32_t chosen_size(struct probe *p, uint32_t queue)
{
    (void)p;
    return queue == CONTROL ? CHOSEN_CONTROL : CHOSEN;
}

/* --- legacy PCI: ports --- */

enum {
    L_OFFERED = 0,
    L_ACCEPTED = 4,
    L_QUEUE_PAGE = 8,
    L_QUEUE_SIZE = 12,
    L_QUEUE_SELECT = 14,
    L_NOTIFY = 16,
    L_STATUS = 18,
    L_ISR = 19,
    L_CONFIG = 20
};

static uint32_t l_get(struct probe *p, uint32_t at, int width)
{
    return get(p, &p->side->io, at, width);
}

static void l_put(struct probe *p, uint32_t at, int width, uint32_t value)
{
    put(p, &p->side->io, at, width, value);
}

static uint64_t l_offered(struct probe *p)
{
    return l_get(p, L_OFFERED, 4);
}

static void l_accept(struct probe *p, uint64_t features)
{
    l_put(p, L_ACCEPTED, 4, (uint32_t)features);
}

static uint32_t l_status(struct probe *p)
{
    return l_get(p, L_STATUS, 1);
}

static void l_set_status(struct probe *p, uint32_t status)
{
    l_put(p, L_STATUS, 1, status);
}

static uint32_t l_queue_most(struct probe *p, uint32_t queue)
{
    l_put(p, L_QUEUE_SELECT, 2, queue);
    return l_get(p, L_QUEUE_SIZE, 2);
}

static void l_start_queue(struct probe *p, uint32_t queue, uint64_t desc, uint64_t avail,
                          uint64_t used)
{
    (void)avail, (void)used;
    l_put(p, L_QUEUE_SELECT, 2, queue);
    l_put(p, L_QUEUE_PAGE, 4, (uint32_t)(desc / PAGE));
}

static bool l_queue_live(struct probe *p, uint32_t queue)
{
    l_put(p, L_QUEUE_SELECT, 2, queue);
    return l_get(p, L_QUEUE_PAGE, 4) != 0;
}

static void l_notify(struct probe *p, uint32_t queue)
{
    l_put(p, L_NOTIFY, 2, queue);
}

static uint32_t l_isr(struct probe *p)
{
    return l_get(p, L_ISR, 1);
}

static uint32_t l_config(struct probe *p, uint32_t off, int width)
{
    return l_get(p, L_CONFIG + off, width);
}

/* --- PCI: structures in a base address register --- */

enum { CAPABILITIES = 0x34, VENDOR = 9, ENOUGH = 48, COMMON = 1, NOTIFY, ISR, DEVICE };

enum {
    P_OFFERED_SELECT = 0,
    P_OFFERED = 4,
    P_ACCEPTED_SELECT = 8,
    P_ACCEPTED = 12,
    P_STATUS = 20,
    P_QUEUE_SELECT = 22,
    P_QUEUE_SIZE = 24,
    P_QUEUE_ENABLE = 28,
    P_QUEUE_NOTIFY = 30,
    P_QUEUE_ADDRESSES = 32
};

/* 4.1.4: once a check; all of them lie in one window here, the first of memory that there is. */
static void find(struct probe *p)
{
    static const int place[] = {0, OWN_COMMON, OWN_NOTIFY, OWN_ISR, OWN_CONFIG};
    struct side *s = p->side;
    uint32_t at = p->side->own[OWN_MULTIPLIER] ? 0 : side_config(s, CAPABILITIES, 1) & 0xfc;
    for (int k = 0; at && k < ENOUGH; k++) {
        uint32_t type = side_config(s, at + 3, 1);
        if (side_config(s, at, 1) == VENDOR && type >= COMMON && type <= DEVICE)
            p->side->own[place[type]] = side_config(s, at + 8, 4);
        if (side_config(s, at, 1) == VENDOR && type == NOTIFY)
            p->side->own[OWN_MULTIPLIER] = side_config(s, at + 16, 4);
        at = side_config(s, at + 1, 1) & 0xfc;
    }
}

static uint32_t p_get(struct probe *p, uint32_t at, int width)
{
    find(p);
    return get(p, &p->side->mem, (uint32_t)p->side->own[OWN_COMMON] + at, width);
}

static void p_put(struct probe *p, uint32_t at, int width, uint32_t value)
{
    find(p);
    put(p, &p->side->mem, (uint32_t)p->side->own[OWN_COMMON] + at, width, value);
}

static uint64_t p_offered(struct probe *p)
{
    p_put(p, P_OFFERED_SELECT, 4, 1);
    uint64_t high = p_get(p, P_OFFERED, 4);
    p_put(p, P_OFFERED_SELECT, 4, 0);
    return high << 32 | p_get(p, P_OFFERED, 4);
}

static void p_accept(struct probe *p, uint64_t features)
{
    for (uint32_t half = 0; half < 2; half++) {
        p_put(p, P_ACCEPTED_SELECT, 4, half);
        p_put(p, P_ACCEPTED, 4, (uint32_t)(features >> 32 * half));
    }
}

static uint32_t p_status(struct probe *p)
{
    return p_get(p, P_STATUS, 1);
}

static void p_set_status(struct probe *p, uint32_t status)
{
    p_put(p, P_STATUS, 1, status);
}

static uint32_t p_queue_most(struct probe *p, uint32_t queue)
{
    p_put(p, P_QUEUE_SELECT, 2, queue);
    return p_get(p, P_QUEUE_SIZE, 2);
}

static void p_start_queue(struct probe *p, uint32_t queue, uint64_t desc, uint64_t avail,
                          uint64_t used)
{
    const uint64_t at[] = {desc, avail, used};
    p_put(p, P_QUEUE_SELECT, 2, queue);
    p_put(p, P_QUEUE_SIZE, 2, chosen_size(p, queue));
    for (uint32_t k = 0; k < 3; k++) {
        p_put(p, P_QUEUE_ADDRESSES + 8 * k, 4, (uint32_t)at[k]);
        p_put(p, P_QUEUE_ADDRESSES + 8 * k + 4, 4, (uint32_t)(at[k] >> 32));
    }
    p_put(p, P_QUEUE_ENABLE, 2, 1);
}

static bool p_queue_live(struct probe *p, uint32_t queue)
{
    p_put(p, P_QUEUE_SELECT, 2, queue);
    return p_get(p, P_QUEUE_ENABLE, 2);
}

static void p_notify(struct probe *p, uint32_t queue)
{
    p_put(p, P_QUEUE_SELECT, 2, queue);
    uint32_t off = p_get(p, P_QUEUE_NOTIFY, 2) * (uint32_t)p->side->own[OWN_MULTIPLIER];
    put(p, &p->side->mem, (uint32_t)p->side->own[OWN_NOTIFY] + off, 2, queue);
}

static uint32_t p_isr(struct probe *p)
{
    find(p);
    return get(p, &p->side->mem, (uint32_t)p->side->own[OWN_ISR], 1);
}

static uint32_t p_config(struct probe *p, uint32_t off, int width)
{
    find(p);
    return get(p, &p->side->mem, (uint32_t)p->side->own[OWN_CONFIG] + off, width);
}

/* --- memory-mapped --- */

enum {
    M_OFFERED = 0x10,
    M_OFFERED_SELECT = 0x14,
    M_ACCEPTED = 0x20,
    M_ACCEPTED_SELECT = 0x24,
    M_PAGE_SIZE = 0x28,
    M_QUEUE_SELECT = 0x30,
    M_QUEUE_MOST = 0x34,
    M_QUEUE_SIZE = 0x38,
    M_QUEUE_ALIGN = 0x3c,
    M_QUEUE_PAGE = 0x40,
    M_QUEUE_READY = 0x44,
    M_NOTIFY = 0x50,
    M_ISR = 0x60,
    M_ACKNOWLEDGE = 0x64,
    M_STATUS = 0x70,
    M_QUEUE_ADDRESSES = 0x80,
    M_CONFIG = 0x100
};

static uint32_t m_get(struct probe *p, uint32_t at)
{
    return get(p, &p->side->mem, at, 4);
}

static void m_put(struct probe *p, uint32_t at, uint32_t value)
{
    put(p, &p->side->mem, at, 4, value);
}

static uint64_t m_offered(struct probe *p)
{
    m_put(p, M_OFFERED_SELECT, 1);
    uint64_t high = m_get(p, M_OFFERED);
    m_put(p, M_OFFERED_SELECT, 0);
    return high << 32 | m_get(p, M_OFFERED);
}

static void m_accept(struct probe *p, uint64_t features)
{
    for (uint32_t half = 0; half < 2; half++) {
        m_put(p, M_ACCEPTED_SELECT, half);
        m_put(p, M_ACCEPTED, (uint32_t)(features >> 32 * half));
    }
}

static uint32_t m_status(struct probe *p)
{
    return m_get(p, M_STATUS);
}

static void m_set_status(struct probe *p, uint32_t status)
{
    m_put(p, M_STATUS, status);
}

static uint32_t m_queue_most(struct probe *p, uint32_t queue)
{
    m_put(p, M_QUEUE_SELECT, queue);
    return m_get(p, M_QUEUE_MOST);
}

static void m_start_queue(struct probe *p, uint32_t queue, uint64_t desc, uint64_t avail,
                          uint64_t used)
{
    const uint64_t at[] = {desc, avail, used};
    m_put(p, M_QUEUE_SELECT, queue);
    m_put(p, M_QUEUE_SIZE, chosen_size(p, queue));
    for (uint32_t k = 0; k < 3; k++) {
        m_put(p, M_QUEUE_ADDRESSES + 16 * k, (uint32_t)at[k]);
        m_put(p, M_QUEUE_ADDRESSES + 16 * k + 4, (uint32_t)(at[k] >> 32));
    }
    m_put(p, M_QUEUE_READY, 1);
}

static bool m_queue_live(struct probe *p, uint32_t queue)
{
    m_put(p, M_QUEUE_SELECT, queue);
    return m_get(p, M_QUEUE_READY);
}

static void m_start_old_queue(struct probe *p, uint32_t queue, uint64_t desc, uint64_t avail,
                              uint64_t used)
{
    (void)avail, (void)used;
    m_put(p, M_PAGE_SIZE, PAGE);
    m_put(p, M_QUEUE_SELECT, queue);
    m_put(p, M_QUEUE_SIZE, chosen_size(p, queue));
    m_put(p, M_QUEUE_ALIGN, PAGE);
    m_put(p, M_QUEUE_PAGE, (uint32_t)(desc / PAGE));
}

static bool m_old_queue_live(struct probe *p, uint32_t queue)
{
    m_put(p, M_QUEUE_SELECT, queue);
    return m_get(p, M_QUEUE_PAGE);
}

static void m_notify(struct probe *p, uint32_t queue)
{
    m_put(p, M_NOTIFY, queue);
}

static uint32_t m_isr(struct probe *p)
{
    uint32_t causes = m_get(p, M_ISR);
    if (causes)
        m_put(p, M_ACKNOWLEDGE, causes);
    return causes;
}

static uint32_t m_config(struct probe *p, uint32_t off, int width)
{
    return get(p, &p->side->mem, M_CONFIG + off, width);
}

/* --- all of them --- */

uint32_t field_get(struct probe *p, uint32_t at, int width)
{
    if (!way_of(p)->pci)
        return get(p, &p->side->mem, at, width);
    return way_of(p)->legacy ? l_get(p, at, width) : p_get(p, at, width);
}

void field_put(struct probe *p, uint32_t at, int width, uint32_t value)
{
    if (!way_of(p)->pci)
        put(p, &p->side->mem, at, width, value);
    else if (way_of(p)->legacy)
        l_put(p, at, width, value);
    else
        p_put(p, at, width, value);
}

const struct virtio_way virtio_ways[] = {
    {"virtio", false, true, p_offered, p_accept, p_status, p_set_status, p_queue_most, chosen_size,
     p_start_queue, p_queue_live, p_notify, p_isr, p_config},
    {"virtio-legacy", true, true, l_offered, l_accept, l_status, l_set_status, l_queue_most,
     l_queue_most, l_start_queue, l_queue_live, l_notify, l_isr, l_config},
    {"virtio-mmio", false, false, m_offered, m_accept, m_status, m_set_status, m_queue_most,
     chosen_size, m_start_queue, m_queue_live, m_notify, m_isr, m_config},
    {"virtio-mmio-legacy", true, false, m_offered, m_accept, m_status, m_set_status, m_queue_most,
     chosen_size, m_start_old_queue, m_old_queue_live, m_notify, m_isr, m_config},
    {.nic = NULL},
};
