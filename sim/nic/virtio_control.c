/* The control queue (virtio 1.2, 5.1.6.5): receive modes, MAC tables, announcements. */
#include "sim/nic/virtio.h"

#include <string.h>

enum { CLASS_RX = 0, CLASS_MAC = 1, CLASS_ANNOUNCE = 3 };
enum { MAC_TABLE_SET = 0, ANNOUNCE_ACK = 0, ACK_OK = 0, ACK_ERR = 1 };
enum { HEAD = 2, ENTRIES = 4, MAC = 6, COMMAND_ROOM = 2048 };

/* 5.1.6.5.1: NOMULTI, NOUNI and NOBCAST come with CTRL_RX_EXTRA, which is not offered. */
static bool set_mode(struct nic *n, uint8_t command, const uint8_t *data, uint32_t len)
{
    struct virtio *v = nic_state(n);
    bool *const mode[] = {&v->promiscuous, &v->all_groups};
    if (!vnic_has(n, F_CTRL_RX) || command >= sizeof mode / sizeof mode[0])
        return false;
    if (len != 1 || *data > 1) {
        vnic_fault(n, "receive mode %u is set by %u octets: one of 0 or 1 is right", command, len);
        return false;
    }
    *mode[command] = *data;
    return true;
}

/* One table: its number of entries and the entries. Its octets, 0: they are not all there. */
static uint32_t take_table(struct nic *n, const uint8_t *data, uint32_t len, bool keep)
{
    struct virtio *v = nic_state(n);
    uint32_t entries = len >= ENTRIES ? vnic_le(data, ENTRIES) : 0;
    if (len < ENTRIES || entries > (len - ENTRIES) / MAC)
        return 0;
    for (uint32_t i = 0; i < entries && keep; i++) {
        if (v->macs == FILTER_MACS) { /* 5.1.6.5.2.2: what does not fit is taken without a look */
            v->all_groups = true;
            break;
        }
        memcpy(v->mac[v->macs++], data + ENTRIES + (size_t)MAC * i, MAC);
    }
    return ENTRIES + MAC * entries;
}

/* 5.1.6.5.2: unicast addresses first, then groups; both at once. */
static bool set_tables(struct nic *n, const uint8_t *data, uint32_t len)
{
    struct virtio *v = nic_state(n);
    uint32_t first = take_table(n, data, len, false);
    uint32_t second = first ? take_table(n, data + first, len - first, false) : 0;
    if (!second || first + second != len) {
        vnic_fault(n, "the MAC tables of %u octets do not hold what their numbers say", len);
        return false;
    }
    v->macs = 0;
    take_table(n, data, len, true);
    take_table(n, data + first, len - first, true);
    return true;
}

static bool execute(struct nic *n, const uint8_t *command, uint32_t len)
{
    struct virtio *v = nic_state(n);
    const uint8_t *data = command + HEAD;
    switch (command[0]) {
    case CLASS_RX:
        return set_mode(n, command[1], data, len - HEAD);
    case CLASS_MAC:
        return command[1] == MAC_TABLE_SET && vnic_has(n, F_CTRL_RX) &&
               set_tables(n, data, len - HEAD);
    case CLASS_ANNOUNCE:
        if (command[1] != ANNOUNCE_ACK || !vnic_has(n, F_ANNOUNCE))
            return false;
        v->announcing = false;
        return true;
    default:
        return false;
    }
}

static bool run_next(struct nic *n)
{
    struct virtio_chain c;
    uint8_t command[COMMAND_ROOM];
    if (!vnic_peek(n, QUEUE_CONTROL, &c))
        return false;
    if (c.readable < HEAD || c.readable > COMMAND_ROOM || c.writable < 1) {
        vnic_fault(n,
                   "a command of %llu octets with room for %llu of answer: class, command and "
                   "an octet of answer are the least",
                   (unsigned long long)c.readable, (unsigned long long)c.writable);
        return false;
    }
    if (!vnic_gather(n, &c, 0, command, (uint32_t)c.readable))
        return false;
    uint8_t ack = execute(n, command, (uint32_t)c.readable) ? ACK_OK : ACK_ERR;
    if (!vnic_lives(n) || !vnic_scatter(n, &c, 0, &ack, 1))
        return false;
    nic_state_event(n, "command", command[0] << 8 | command[1]);
    vnic_take(n, QUEUE_CONTROL);
    vnic_fill_used(n, QUEUE_CONTROL, c.head, 1, 0);
    vnic_give(n, QUEUE_CONTROL, 1);
    return true;
}

void vnic_run_control(struct nic *n)
{
    do {
        while (run_next(n))
            ;
        vnic_want_notification(n, QUEUE_CONTROL, true);
    } while (vnic_lives(n) && vnic_offered_buffers(n, QUEUE_CONTROL));
}

static bool is_listed(const struct virtio *v, const uint8_t *dst)
{
    for (uint32_t i = 0; i < v->macs; i++)
        if (memcmp(v->mac[i], dst, MAC) == 0)
            return true;
    return false;
}

bool vnic_wants_frame(const struct nic *n, const uint8_t *dst)
{
    static const uint8_t broadcast[MAC] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const struct virtio *v = nic_state_of(n);
    if (v->promiscuous || memcmp(dst, broadcast, MAC) == 0)
        return true;
    if (dst[0] & 1)
        return v->all_groups || is_listed(v, dst);
    return memcmp(dst, nic_mac(n), MAC) == 0 || is_listed(v, dst);
}
