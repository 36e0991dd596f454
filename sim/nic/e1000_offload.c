/*
 * What the 82540EM computes on a packet: checksums out and in, and the headers of segments. It
 * knows offsets from the context descriptor, and on the receive side just enough of IPv4, TCP and
 * UDP to find their sums.
 */
#include "sim/nic/e1000.h"
#include "sim/nic/sum.h"

#include <string.h>

enum { TCP_FIN = 0x01, TCP_PSH = 0x08 };

static void put_be16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/* --- transmit --- */

/* `end` 0 means to the packet's end, otherwise it is the last byte's offset. */
static bool insert_sum(struct nic *n, uint8_t *p, uint32_t len, uint32_t start, uint32_t at,
                       uint32_t end)
{
    uint32_t stop = end ? end + 1 : len;
    if (start >= stop || stop > len || at + 2 > len) {
        nic_violation(n, "checksum from %u to %u at %u in a packet of %u bytes", start, end, at,
                      len);
        return false;
    }
    put_be16(p + at, ~nic_sum(p + start, stop - start, 0));
    return true;
}

/* In UDP a sum of 0 would say that there is none; 0xffff is the same number (RFC 768). */
static void never_zero(uint8_t *field)
{
    if (nic_be16(field) == 0)
        put_be16(field, 0xffff);
}

bool e1000_insert_checksums(struct nic *n, uint8_t *p, uint32_t len)
{
    const struct e1000 *e = nic_state(n);
    const struct e1000_context *c = &e->context;
    if (e->packet.popts & TXD_POPTS_TXSM) {
        if (!insert_sum(n, p, len, c->tucss, c->tucso, c->tucse))
            return false;
        if (!(c->tucmd & TXC_TUCMD_TCP))
            never_zero(p + c->tucso);
    }
    return !(e->packet.popts & TXD_POPTS_IXSM) ||
           insert_sum(n, p, len, c->ipcss, c->ipcso, c->ipcse);
}

static void fix_ip(const struct e1000_context *c, uint8_t *p, uint32_t len, uint32_t index)
{
    uint8_t *ip = p + c->ipcss;
    if (c->tucmd & TXC_TUCMD_IP) {
        put_be16(ip + 2, len - c->ipcss);
        put_be16(ip + 4, nic_be16(ip + 4) + index);
    } else {
        put_be16(ip + 4, len - c->ipcss - 40);
    }
}

/* The transport's field holds the pseudo header's sum without the length, which differs from
 * segment to segment. */
static void fix_transport(const struct e1000_context *c, uint8_t *p, uint32_t len, uint32_t offset,
                          bool last)
{
    uint8_t *transport = p + c->tucss;
    uint32_t length = len - c->tucss;
    if (c->tucmd & TXC_TUCMD_TCP) {
        uint32_t seq = (nic_be16(transport + 4) << 16 | nic_be16(transport + 6)) + offset;
        put_be16(transport + 4, seq >> 16);
        put_be16(transport + 6, seq);
        if (!last)
            transport[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    } else {
        put_be16(transport + 4, length);
    }
    put_be16(p + c->tucso, nic_fold(nic_be16(p + c->tucso) + length));
}

bool e1000_fix_segment(struct nic *n, uint8_t *p, uint32_t len, uint32_t index, uint32_t offset,
                       bool last)
{
    const struct e1000_context *c = &((struct e1000 *)nic_state(n))->context;
    uint32_t transport_header = (c->tucmd & TXC_TUCMD_TCP) ? 20 : 8;
    if (c->ipcss + 20u > c->tucss || c->tucss + transport_header > c->hdrlen ||
        c->tucso + 2u > c->hdrlen) {
        nic_violation(n, "TSE with IPCSS %u, TUCSS %u, TUCSO %u in a header of %u bytes", c->ipcss,
                      c->tucss, c->tucso, c->hdrlen);
        return false;
    }
    fix_ip(c, p, len, index);
    fix_transport(c, p, len, offset, last);
    return true;
}

/* --- receive --- */

void e1000_check_received(const struct e1000 *e, const uint8_t *p, uint32_t len, uint8_t *status,
                          uint8_t *errors)
{
    uint32_t header, total;
    if (!(e->rxcsum & (RXCSUM_IPOFL | RXCSUM_TUOFL))) {
        *status |= RXD_STAT_IXSM;
        return;
    }
    const uint8_t *ip = nic_ipv4_in(p, len, &header, &total);
    if (!ip) {
        *status |= RXD_STAT_IXSM;
        return;
    }
    if (e->rxcsum & RXCSUM_IPOFL) {
        *status |= RXD_STAT_IPCS;
        if (nic_sum(ip, header, 0) != 0xffff)
            *errors |= RXD_ERR_IPE;
    }
    enum nic_sum_verdict sum = nic_check_transport(ip, header, total);
    if (!(e->rxcsum & RXCSUM_TUOFL) || sum == NIC_SUM_NONE)
        return;
    *status |= RXD_STAT_TCPCS;
    *errors |= sum == NIC_SUM_WRONG ? RXD_ERR_TCPE : 0;
}
