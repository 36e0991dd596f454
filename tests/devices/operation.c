/* The fuzzer's operations: see operation.h. */
#include "tests/devices/operation.h"

#include <stdio.h>
#include <string.h>

#include "sim/nic/e1000_regs.h"
#include "sim/nic/rtl8139_regs.h"

enum { TEXT = 128, RX_RING = 0x1000, TX_RING = 0x2000, TX_BUF = 0x8000, RX_BUF = 0x20000 };
enum {
    RX_COUNT = 32,
    TX_COUNT = 8,
    RX_STEP = 2048,
    OCTET_RING = 0x20000,
    OCTET_RING_BYTES = 11000
};
enum { UNREFILLED = 10 };

static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
static const uint8_t other[6] = {0x52, 0x54, 0x00, 0x99, 0x88, 0x76};

uint64_t hash_more(uint64_t h, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3);
    return h;
}

static uint64_t hash_of(const uint8_t *p, size_t len)
{
    return hash_more(HASH_OF_NOTHING, p, len);
}

/* --- text --- */

static const char *const names[] = {"read", "write",  "set-up",  "receive",
                                    "send", "refill", "carrier", "command"};

const char *operation_text(const struct operation *op, char *out)
{
    switch (op->kind) {
    case OP_READ:
        snprintf(out, TEXT, "read 0x%04x %u", op->a, op->b);
        break;
    case OP_WRITE:
        snprintf(out, TEXT, "write 0x%04x %u 0x%x", op->a, op->b, op->c);
        break;
    default:
        snprintf(out, TEXT, "%s %u %u %u", names[op->kind], op->a, op->b, op->c);
        break;
    }
    return out;
}

bool operation_read(struct operation *op, const char *text)
{
    char name[16];
    memset(op, 0, sizeof *op);
    if (sscanf(text, "%15s %i %i %i", name, (int *)&op->a, (int *)&op->b, (int *)&op->c) < 3)
        return false;
    for (int k = 0; k <= OP_COMMAND; k++)
        if (strcmp(name, names[k]) == 0) {
            op->kind = (enum operation_kind)k;
            return (op->kind > OP_WRITE || op->b == 1 || op->b == 2 || op->b == 4) &&
                   (op->kind != OP_SEND || op->a <= SIDE_FRAME_BYTES) &&
                   (op->kind != OP_RECEIVE || op->a <= SIDE_FRAME_BYTES);
        }
    return false;
}

const char *shown_text(const struct shown *s, const char *field, char *out)
{
    if (!field)
        snprintf(out, TEXT, "0x%08x line %d, %u sent, %016llx, memory %016llx", s->value, s->line,
                 s->sents, (unsigned long long)s->sent, (unsigned long long)s->memory);
    else if (strcmp(field, "value") == 0)
        snprintf(out, TEXT, "0x%x", s->value);
    else if (strcmp(field, "interrupt line") == 0)
        snprintf(out, TEXT, "%s", s->line ? "up" : "down");
    else if (strcmp(field, "frames sent") == 0)
        snprintf(out, TEXT, "%u", s->sents);
    else
        snprintf(out, TEXT, "%016llx",
                 (unsigned long long)(strcmp(field, "memory") == 0 ? s->memory : s->sent));
    return out;
}

/* --- the E1000's driver --- */

static void e1000_set_up(struct side *s, uint32_t filters)
{
    for (uint32_t k = 0; k < RX_COUNT; k++) {
        side_put(s, RX_RING + 16 * k, s->ram_at + RX_BUF + k * RX_STEP, 8);
        side_put(s, RX_RING + 16 * k + 8, 0, 8);
    }
    side_write(s, E1000_RCTL, 4, 0);
    side_write(s, E1000_TCTL, 4, 0);
    side_write(s, E1000_RDBAL, 4, (uint32_t)s->ram_at + RX_RING);
    side_write(s, E1000_RDLEN, 4, 16 * RX_COUNT);
    side_write(s, E1000_RDH, 4, 0);
    side_write(s, E1000_RDT, 4, RX_COUNT - 1);
    side_write(s, E1000_TDBAL, 4, (uint32_t)s->ram_at + TX_RING);
    side_write(s, E1000_TDLEN, 4, 16 * TX_COUNT);
    side_write(s, E1000_TDH, 4, 0);
    side_write(s, E1000_TDT, 4, 0);
    side_write(s, E1000_TCTL, 4, TCTL_EN | TCTL_PSP);
    side_write(s, E1000_RCTL, 4,
               RCTL_EN | RCTL_SECRC | (filters & (RCTL_UPE | RCTL_MPE | RCTL_BAM)));
}

/* b: bit 0 RS, bit 1 a second descriptor. */
static void e1000_send(struct side *s, const struct operation *op)
{
    uint32_t tail = side_read(s, E1000_TDT, 4) % TX_COUNT, first = op->b & 2 ? op->a / 2 : op->a;
    uint32_t command = TXD_CMD_IFCS | (op->b & 1 ? TXD_CMD_RS : 0);
    side_make(s->ram + TX_BUF, side_broadcast, op->a, (uint8_t)op->c);
    for (uint32_t at = 0; at < op->a; at += first, first = op->a - at) {
        bool last = at + first >= op->a;
        side_put(s, TX_RING + 16 * tail, s->ram_at + TX_BUF + at, 8);
        side_put(s, TX_RING + 16 * tail + 8,
                 first | (uint64_t)(command | (last ? TXD_CMD_EOP : 0)) << 24, 8);
        tail = (tail + 1) % TX_COUNT;
        if (last)
            break;
    }
    side_write(s, E1000_TDT, 4, tail);
}

/* QEMU sets IXSM and leaves the checksum; PIF it never sets: deviations.tsv has these of the
 * suite's checks. They are left out of what is compared. */
static void e1000_memory(struct side *s, struct shown *shown)
{
    static uint8_t copy[16 * RX_COUNT];
    memcpy(copy, s->ram + RX_RING, sizeof copy);
    for (uint32_t k = 0; k < RX_COUNT; k++) {
        copy[16 * k + RXD_CHECKSUM] = copy[16 * k + RXD_CHECKSUM + 1] = 0;
        copy[16 * k + RXD_STATUS] &= (uint8_t) ~(RXD_STAT_PIF | RXD_STAT_IXSM);
        memset(copy + 16 * k, 0, 8); /* addresses are each side's own */
    }
    shown->memory = hash_of(copy, sizeof copy) ^ hash_of(s->ram + RX_BUF, RX_COUNT * RX_STEP);
}

static void e1000_refill(struct side *s)
{
    uint32_t head = side_read(s, E1000_RDH, 4) % RX_COUNT, tail = side_read(s, E1000_RDT, 4);
    for (uint32_t k = (tail + 1) % RX_COUNT; k != head; k = (k + 1) % RX_COUNT)
        side_put(s, RX_RING + 16 * k + 8, 0, 8);
    side_write(s, E1000_RDT, 4, (head + RX_COUNT - 1) % RX_COUNT);
}

/* --- the RTL8139's driver --- */

static void rtl8139_set_up(struct side *s, uint32_t filters)
{
    side_write(s, RTL_CR, 1, CR_RST);
    side_write(s, RTL_MULINT, 2, 0); /* nobody says whether a reset clears it */
    side_write(s, RTL_CR, 1, CR_TE | CR_RE);
    side_write(s, RTL_RBSTART, 4, (uint32_t)s->ram_at + OCTET_RING);
    side_write(s, RTL_RCR, 4, RCR_WRAP | (filters & 0xf) | 1 << 11);
}

/* The slot whose turn it is: as many as were sent since the reset; the device's own count is asked
 * by whose OWN is set and TOK is not, then by the oldest. */
static void rtl8139_send(struct side *s, const struct operation *op)
{
    uint32_t slot = side_get(s, TX_RING, 1) & 3, at = TX_BUF + 0x800 * slot;
    side_put(s, TX_RING, slot + 1, 1);
    side_make(s->ram + at, side_broadcast, op->a, (uint8_t)op->c);
    side_write(s, RTL_TSAD + 4 * slot, 4, (uint32_t)s->ram_at + at);
    side_write(s, RTL_TSD + 4 * slot, 4, op->a | (op->b & 0x3f) << 16);
}

static void rtl8139_refill(struct side *s)
{
    side_write(s, RTL_CAPR, 2, (side_read(s, RTL_CBR, 2) - 16) & 0xffff);
}

/* --- doing --- */

static bool is_e1000(const struct side *s)
{
    return strcmp(s->nic->name, "e1000") == 0;
}

static const uint8_t *destination(uint32_t to)
{
    static const uint8_t *const all[] = {side_mac, other, side_broadcast, group};
    return all[to & 3];
}

static void set_up(struct side *s, uint32_t filters)
{
    if (is_e1000(s))
        e1000_set_up(s, filters);
    else
        rtl8139_set_up(s, filters);
    if (is_e1000(s))
        side_read(s, E1000_ICR, 4); /* QEMU tells of an empty ring that it was empty */
    else
        side_put(s, TX_RING, 0, 1);
}

static void act(struct side *s, const struct operation *op, struct shown *shown)
{
    static uint8_t frame[SIDE_FRAME_BYTES];
    switch (op->kind) {
    case OP_READ:
        shown->value = side_read(s, op->a, (int)op->b);
        if (!is_e1000(s) && op->a == RTL_TCR)
            shown->value &= ~TCR_VERSION_BITS; /* QEMU's is a C+: deviations.tsv */
        break;
    case OP_WRITE:
        side_write(s, op->a, (int)op->b, op->c);
        break;
    case OP_SET_UP:
        set_up(s, op->a);
        break;
    case OP_RECEIVE:
        side_receive(s, frame, side_make(frame, destination(op->b), op->a, (uint8_t)op->c));
        break;
    case OP_SEND:
        if (is_e1000(s))
            e1000_send(s, op);
        else
            rtl8139_send(s, op);
        break;
    case OP_REFILL:
        if (is_e1000(s))
            e1000_refill(s);
        else
            rtl8139_refill(s);
        break;
    case OP_CARRIER:
        side_carrier(s, op->a);
        break;
    case OP_COMMAND: /* virtio's */
        break;
    }
}

void operation_do(struct side *s, const struct operation *op, struct shown *shown)
{
    bool virtio = is_virtio(s->nic->name);
    memset(shown, 0, sizeof *shown);
    if (virtio)
        virtio_do(s, op, shown);
    else
        act(s, op, shown);
    shown->line = side_line(s);
    shown->sents = s->sents;
    const struct side_frame *last = &s->sent[s->sents ? s->sents - 1 : 0];
    shown->sent = hash_of(last->bytes, last->len);
    if (op->kind != OP_REFILL && op->kind != OP_RECEIVE)
        return;
    if (virtio)
        virtio_memory(s, shown);
    else if (is_e1000(s))
        e1000_memory(s, shown);
    else
        shown->memory = hash_of(s->ram + OCTET_RING, 2 * OCTET_RING_BYTES);
}

/* --- making --- */

static const struct target e1000_targets[] = {
    {E1000_CTRL, 4, 0},
    {E1000_STATUS, 4, 0},
    {E1000_EERD, 4, 0x0201},
    {E1000_MDIC, 4, 0},
    {E1000_VET, 4, 0xffff},
    {E1000_ICR, 4, ICR_CAUSES},
    {E1000_ICS, 4, ICR_CAUSES},
    {E1000_IMS, 4, ICR_CAUSES},
    {E1000_IMC, 4, ICR_CAUSES},
    {E1000_RCTL, 4, 0},
    {E1000_TCTL, 4, 0},
    {E1000_TIPG, 4, 0},
    {E1000_PBA, 4, 0},
    {E1000_LEDCTL, 4, UINT32_MAX},
    {E1000_RDBAH, 4, 0},
    {E1000_RDLEN, 4, 0},
    {E1000_RDH, 4, 0},
    {E1000_RDT, 4, 0},
    {E1000_TDLEN, 4, 0},
    {E1000_TDH, 4, 0},
    {E1000_TDT, 4, 0},
    {0x4074, 4, 0},
    {0x4080, 4, 0},
    {0x40d4, 4, 0},
    {0x40d8, 4, 0},
    {0x4088, 4, 0},
    {E1000_MTA, 4, UINT32_MAX},
    {E1000_MTA + 0x100, 4, UINT32_MAX},
    {E1000_RA + 8, 4, UINT32_MAX},
    {E1000_RA + 12, 4, 0x8000ffff},
    {E1000_VFTA, 4, UINT32_MAX},
    {E1000_MANC, 4, 0},
    {E1000_WUFC, 4, 0},
};

static const struct target rtl8139_targets[] = {
    {RTL_IDR, 4, 0},          {RTL_IDR + 4, 1, 0},
    {RTL_MAR, 4, UINT32_MAX}, {RTL_MAR + 4, 4, UINT32_MAX},
    {RTL_MAR + 3, 1, 0xff},   {RTL_TSD, 4, 0},
    {RTL_TSD + 4, 4, 0},      {RTL_TSD + 12, 4, 0},
    {RTL_CR, 1, 0},           {RTL_CAPR, 2, 0},
    {RTL_CBR, 2, 0},          {RTL_IMR, 2, 0xffff},
    {RTL_ISR, 2, 0xffff},     {RTL_TCR, 4, 0x03000700},
    {RTL_RCR, 4, 0},          {RTL_MPC, 4, 0xffffff},
    {RTL_CONFIG1, 1, 0},      {RTL_MSR, 1, 0},
    {RTL_MULINT, 2, 0xffff},  {RTL_TSADS, 2, 0},
    {RTL_BMSR, 2, 0},         {RTL_ANAR, 2, 0},
    {RTL_CSCR, 2, 0},
};

struct generator {
    struct random_stream random;
    const struct target *target;
    uint32_t targets;
    bool e1000, virtio;
    uint32_t received; /* since the last refill */
};

static uint32_t below(struct generator *g, uint32_t bound)
{
    return (uint32_t)random_below(&g->random, bound);
}

static struct operation access_of(struct generator *g)
{
    const struct target *t = &g->target[below(g, g->targets)];
    if (!t->mask || below(g, 2))
        return (struct operation){OP_READ, t->at, t->width, 0};
    uint32_t value = (uint32_t)random_next(&g->random) & t->mask;
    for (int k = 0; k < 2 && below(g, 2); k++) /* few bits, as drivers write them */
        value &= (uint32_t)random_next(&g->random);
    if (g->e1000 && t->at == E1000_EERD)
        value |= 1;
    return (struct operation){OP_WRITE, t->at, t->width, value};
}

static uint32_t octets(struct generator *g)
{
    static const uint32_t edges[] = {60, 61, 62, 63, 64, 65, 127, 128, 1513, 1514};
    uint32_t count = sizeof edges / sizeof edges[0];
    return below(g, 3) ? edges[below(g, count)] : 60 + below(g, 1455);
}

static struct operation next(struct generator *g)
{
    uint32_t pick = below(g, 100), filters = (uint32_t)random_next(&g->random);
    if (g->received >= UNREFILLED || pick < 6) {
        g->received = 0;
        return (struct operation){OP_REFILL, 0, 0, 0};
    }
    if (pick < 20) {
        g->received++;
        return (struct operation){OP_RECEIVE, octets(g), below(g, 4), below(g, 256)};
    }
    if (pick < 32)
        return (struct operation){OP_SEND, octets(g), below(g, 4), below(g, 256)};
    if (pick < 35 && g->virtio)
        return (struct operation){OP_COMMAND, below(g, 2), below(g, 2), below(g, 4)};
    if ((pick < 33 && !g->e1000) || (pick < 36 && g->virtio)) {
        g->received = 0;
        return (struct operation){OP_SET_UP, filters & 0xf, 0, 0};
    }
    return access_of(g);
}

int operations_make(struct operation *op, const char *nic, uint64_t seed)
{
    struct generator g = {.e1000 = strcmp(nic, "e1000") == 0, .virtio = is_virtio(nic)};
    if (!g.e1000 && !g.virtio && strcmp(nic, "rtl8139") != 0)
        return 0;
    g.target = g.e1000 ? e1000_targets : rtl8139_targets;
    g.targets = g.e1000 ? sizeof e1000_targets / sizeof e1000_targets[0]
                        : sizeof rtl8139_targets / sizeof rtl8139_targets[0];
    if (g.virtio)
        g.target = virtio_targets(nic, &g.targets);
    random_init(&g.random, seed, nic);
    op[0] = (struct operation){OP_SET_UP, (uint32_t)random_next(&g.random) & 0xffff, 0, 0};
    for (int k = 1; k < RUN_OPERATIONS; k++)
        op[k] = next(&g);
    return RUN_OPERATIONS;
}
