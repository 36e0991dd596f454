/*
 * What a packet's header leaves to the device (virtio 1.2, 5.1.6.2): the checksum, and cutting TCP
 * over IPv4 into segments; and what the device says of a received one (5.1.6.4).
 */
#include "sim/nic/sum.h"
#include "sim/nic/virtio.h"

#include <string.h>

enum { NEEDS_CSUM = 1, DATA_VALID = 2, GSO_NONE = 0, GSO_TCPV4 = 1 };
enum {
    FRAME_HEADER = 14,
    FRAME_PADDED = 60,
    FRAME_MAX = 1518,
    TCP_HEADER = 20,
    TCP_FIN = 1,
    TCP_PSH = 8,
    UDP_SUM = 6
};

/* struct virtio_net_hdr, and where the headers lie. */
struct header {
    uint8_t flags, gso;
    uint32_t header, size, start, offset, buffers;
};

static void put_be16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/* 5.1.6.2.1. NULL: it is right. */
static const char *header_fault(const struct nic *n, const struct header *h, uint32_t len)
{
    if (h->buffers && !h->flags && !h->gso)
        return "num_buffers of a packet to be sent (octets 10 and 11 of its header) is not 0: with "
               "VERSION_1 or MRG_RXBUF the header before a frame has 12 octets";
    if ((h->flags & NEEDS_CSUM) && !vnic_has(n, F_CSUM))
        return "the header's flags (octet 0) have NEEDS_CSUM, and CSUM was not negotiated";
    if (h->flags & ~(uint32_t)NEEDS_CSUM)
        return "the header's flags (octet 0) have more than NEEDS_CSUM";
    if (h->gso == GSO_NONE)
        return h->header || h->size || (!h->flags && (h->start || h->offset))
                   ? "fields of the header are set that nothing asks for: the header is to be 0"
                   : NULL;
    if (h->gso != GSO_TCPV4 || !vnic_has(n, F_HOST_TSO4))
        return "gso_type (octet 1 of the header) asks that a packet be cut up in a way that was "
               "not "
               "negotiated";
    if (!(h->flags & NEEDS_CSUM))
        return "a packet is to be cut up without NEEDS_CSUM";
    if (h->size == 0 || h->start < FRAME_HEADER + 20u || h->start + TCP_HEADER > h->header ||
        h->header >= len || h->header + h->size > FRAME_MAX)
        return "the lengths of a packet to be cut up do not fit each other";
    return NULL;
}

/* The field holds the pseudo header's sum. In UDP 0 would say that there is none; 0xffff is the
 * same number (RFC 768). */
static void insert_sum(uint8_t *p, uint32_t len, const struct header *h)
{
    uint8_t *field = p + h->start + h->offset;
    uint32_t sum = ~nic_sum(p + h->start, len - h->start, 0) & 0xffff;
    put_be16(field, sum == 0 && h->offset == UDP_SUM ? 0xffff : sum);
}

static void fix_ip(uint8_t *p, uint32_t len, uint32_t tcp, uint32_t index)
{
    uint8_t *ip = p + FRAME_HEADER;
    put_be16(ip + 2, len - FRAME_HEADER);
    put_be16(ip + 4, nic_be16(ip + 4) + index);
    put_be16(ip + 10, 0);
    put_be16(ip + 10, ~nic_sum(ip, tcp - FRAME_HEADER, 0));
}

/* The pseudo header's sum counts the whole packet's length; the segment's is another. */
static void fix_tcp(uint8_t *p, uint32_t len, const struct header *h, uint32_t whole,
                    uint32_t offset)
{
    uint8_t *tcp = p + h->start;
    uint32_t seq = (nic_be16(tcp + 4) << 16 | nic_be16(tcp + 6)) + offset;
    uint32_t pseudo = nic_be16(tcp + h->offset) + (~(whole - h->start) & 0xffff);
    put_be16(tcp + 4, seq >> 16);
    put_be16(tcp + 6, seq);
    if (h->header + offset + (len - h->header) < whole)
        tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    put_be16(tcp + h->offset, nic_fold((uint64_t)pseudo + (len - h->start)));
}

/* The wire is an Ethernet's, whoever drives it. */
static void send_padded(struct nic *n, uint8_t *frame, uint32_t len)
{
    if (len < FRAME_PADDED) {
        memset(frame + len, 0, FRAME_PADDED - len);
        len = FRAME_PADDED;
    }
    nic_transmit_frame(n, frame, len);
}

static void cut(struct nic *n, const struct header *h, const uint8_t *packet, uint32_t len)
{
    uint8_t *segment = ((struct virtio *)nic_state(n))->segment;
    uint32_t index = 0;
    for (uint32_t at = h->header; at < len; at += h->size, index++) {
        uint32_t some = len - at < h->size ? len - at : h->size;
        memcpy(segment, packet, h->header);
        memcpy(segment + h->header, packet + at, some);
        fix_ip(segment, h->header + some, h->start, index);
        fix_tcp(segment, h->header + some, h, len, at - h->header);
        insert_sum(segment, h->header + some, h);
        send_padded(n, segment, h->header + some);
    }
}

void vnic_send_packet(struct nic *n, const uint8_t *header, uint8_t *packet, uint32_t len)
{
    const struct header h = {.flags = header[0],
                             .gso = header[1],
                             .header = vnic_le(header + 2, 2),
                             .size = vnic_le(header + 4, 2),
                             .start = vnic_le(header + 6, 2),
                             .offset = vnic_le(header + 8, 2),
                             .buffers = vnic_le(header + 10, 2)};
    const char *wrong = header_fault(n, &h, len);
    if (!wrong && (h.flags & NEEDS_CSUM) && h.start + h.offset + 2 > len)
        wrong = "the sum's field lies behind the packet";
    if (!wrong && h.gso == GSO_NONE && len > FRAME_MAX)
        wrong = "a packet is longer than a frame, and is not to be cut up";
    if (wrong) {
        vnic_fault(n,
                   "%s; it has flags 0x%x, gso_type 0x%x, hdr_len %u, num_buffers %u: where no "
                   "offload is asked for all are 0",
                   wrong, h.flags, h.gso, h.header, h.buffers);
        return;
    }
    if (h.gso == GSO_TCPV4) {
        cut(n, &h, packet, len);
        return;
    }
    if (h.flags & NEEDS_CSUM)
        insert_sum(packet, len, &h);
    nic_transmit_frame(n, packet, len);
}

uint8_t vnic_received_flags(struct nic *n, const uint8_t *bytes, uint32_t len)
{
    uint32_t header, total;
    if (vnic_lies(n, LIE_SUM))
        return DATA_VALID;
    const uint8_t *ip = vnic_has(n, F_GUEST_CSUM) ? nic_ipv4_in(bytes, len, &header, &total) : NULL;
    bool right = ip && nic_check_transport(ip, header, total) == NIC_SUM_RIGHT;
    return right ? DATA_VALID : 0;
}
