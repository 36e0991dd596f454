/*
 * A netbuf is one packet in one contiguous buffer, with headroom so that each layer pushes its
 * header without a copy. Two bounded size classes. Under AddressSanitizer what lies in front of the
 * bytes in use and behind them is poisoned, and all of a free one: who needs more of it pushes or
 * puts. Ownership: whoever holds the pointer; passing it
 * down (netif_send, ip_send) or up (netif_receive) passes it away, whatever the call returns.
 */
#ifndef STACK_CORE_NETBUF_H
#define STACK_CORE_NETBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stack/core/panic.h"
#include "stack/core/poison.h"

#ifdef __cplusplus
extern "C" {
#endif

struct netif;
struct stack;

/* This part of each pool is kept for reception. */
enum { NETBUF_RESERVE_PART = 8 };

enum netbuf_class { NETBUF_FRAME, NETBUF_BIG, NETBUF_CLASSES };

enum {
    NETBUF_FRAME_BYTES =
        2048, /* holds a frame of the largest Ethernet MTU we offer, 1500, and hardware's slack */
    NETBUF_BIG_BYTES = 65536 + 128, /* a whole IP datagram with headroom: reassembly, large sends */
};

enum netbuf_flag {
    NETBUF_RX = 1,             /* came from a driver: its fate is told exactly once */
    NETBUF_LINK_BROADCAST = 2, /* the link destination was the broadcast address */
    NETBUF_LINK_MULTICAST = 4,
    NETBUF_LOOPED = 8,      /* came over loopback or from ourselves */
    NETBUF_SUM_OK = 16,     /* hardware checked the transport's checksum */
    NETBUF_AT_DRIVER = 32,  /* the device owns the bytes */
    NETBUF_IS_FREE = 64,    /* lies in its pool */
    NETBUF_RAW_TAKEN = 128, /* a raw socket has a copy */
    NETBUF_CONTINUES = 256, /* a later fragment of the datagram that was sent before it */
    NETBUF_SUM_OWED = 512,  /* the checksum is still to be finished: see netbuf_owe_sum */
    NETBUF_SUM_UDP = 1024,  /* and a 0 is sent as 0xffff (RFC 768) */
    NETBUF_MORE = 2048,     /* another frame follows at once: the doorbell may wait for it */
};

struct netbuf {
    struct netbuf *next; /* for whoever owns it; NULL while passed along */
    struct netif *nif;   /* where it came from, or where it goes */
    uint8_t *base;       /* the buffer; `size` bytes */
    uint32_t size;
    uint32_t start, end;   /* the bytes in use are base[start] .. base[end - 1] */
    uint32_t net_at;       /* offset in base of the IP header (valid from IP upwards) */
    uint32_t transport_at; /* offset in base of what follows the IP header */
    uint32_t rx_number;    /* received frames are numbered from 1 */
    uint32_t sum_at;       /* NETBUF_SUM_OWED: offset in base of the first octet that is summed */
    uint16_t sum_field;    /* and of the field from there */
    uint16_t segment;      /* octets of payload in each segment to be cut from this; 0: none */
    uint16_t flags;
    uint16_t ethertype; /* of a frame without link header: loopback */
    uint8_t size_class;
    uint8_t queue; /* frames of one flow have one; netif_send takes it modulo the device's */
    uint8_t segment_header; /* with `segment`: octets of the transport's header */
};

/* A free netbuf with `headroom` bytes before its cursor and `len` bytes in use (not zeroed), or
 * NULL: the pool is dry but for the reserve. */
struct netbuf *netbuf_alloc(struct stack *s, uint32_t headroom, uint32_t len);
/* The same for what the network sends: may draw on the reserve, so that a host whose every other
 * buffer waits to be sent still hears. */
struct netbuf *netbuf_alloc_received(struct stack *s, uint32_t headroom, uint32_t len);

/*
 * Leaves the checksum to the device, or to netif_send where that cannot. The field, `field` octets
 * behind the cursor, where the sum starts, holds the sum so far (the pseudo header's); all octets
 * to the packet's end are still to be added. `udp`: a 0 is sent as 0xffff. Who cuts the packet up
 * or copies it finishes it first.
 */
void netbuf_owe_sum(struct netbuf *nb, uint16_t field, uint16_t so_far, bool udp);
/* Finishes it by software, when it is owed. */
void netbuf_finish_sum(struct netbuf *nb);

/* Leaves it to the device to cut the packet, TCP's from its header at the cursor on, into segments
 * of `segment` octets of payload behind `header` of header: netif_cuts says whether it does.
 * Sequence number and IP's identification go up from one to the next, FIN and PSH stand in the last
 * alone. The checksum is owed, `so_far` without the length. */
void netbuf_cut(struct netbuf *nb, uint8_t header, uint16_t segment);
/* How many frames it will be. */
static inline uint32_t netbuf_frames(const struct netbuf *nb)
{
    if (!nb->segment)
        return 1;
    return (nb->end - nb->sum_at - nb->segment_header + nb->segment - 1u) / nb->segment;
}

/* Gives it back. A received netbuf that nobody dropped counts as consumed. */
void netbuf_free(struct stack *s, struct netbuf *nb);

/* Gives it back and counts why: *counter is one of the module's drop counters, named `reason`
 * ("arp.drop.short"). */
void netbuf_drop(struct stack *s, struct netbuf *nb, uint64_t *counter, const char *reason);

static inline uint8_t *netbuf_data(const struct netbuf *nb)
{
    return nb->base + nb->start;
}

static inline uint32_t netbuf_len(const struct netbuf *nb)
{
    return nb->end - nb->start;
}

/* Opens `n` bytes in front and returns them; NULL when the headroom is used up. */
static inline uint8_t *netbuf_push(struct netbuf *nb, uint32_t n)
{
    if (n > nb->start)
        return NULL;
    nb->start -= n;
    STACK_UNPOISON(nb->base + nb->start, n);
    return nb->base + nb->start;
}

/* The `n` bytes in front of the packet, opened to whoever writes a header there that is not part of
 * it (a device's own); NULL when the headroom is used up. */
static inline uint8_t *netbuf_front(struct netbuf *nb, uint32_t n)
{
    if (n > nb->start)
        return NULL;
    STACK_UNPOISON(netbuf_data(nb) - n, n);
    return netbuf_data(nb) - n;
}

/* Opens `n` bytes behind the packet and returns them; NULL when the buffer ends before. */
static inline uint8_t *netbuf_put(struct netbuf *nb, uint32_t n)
{
    uint8_t *more = nb->base + nb->end;
    if (n > nb->size - nb->end)
        return NULL;
    STACK_UNPOISON(more, n);
    nb->end += n;
    return more;
}

/* Moves the cursor past `n` bytes, which stay what they are; false when there are fewer. */
static inline bool netbuf_pull(struct netbuf *nb, uint32_t n)
{
    if (n > netbuf_len(nb))
        return false;
    nb->start += n;
    return true;
}

/* Cuts the bytes in use down to `len` (padding behind an IP packet); false when there are fewer. */
static inline bool netbuf_trim(struct netbuf *nb, uint32_t len)
{
    if (len > netbuf_len(nb))
        return false;
    STACK_POISON(netbuf_data(nb) + len, netbuf_len(nb) - len);
    nb->end = nb->start + len;
    return true;
}

/* Moves the packet to the buffer's octet `start`, at or before where it is. */
void netbuf_move(struct netbuf *nb, uint32_t start);

/* A first-in first-out chain over netbuf.next. */
struct netbuf_queue {
    struct netbuf *head, *tail;
    uint32_t count;
};

/* STACK_CHECK: asserts that the count is the chain's length and the tail its end. */
static inline void netbuf_queue_check(const struct netbuf_queue *q)
{
    uint32_t count = 0;
    const struct netbuf *final = NULL;
    for (const struct netbuf *nb = q->head; nb; nb = nb->next, count++) {
        STACK_ASSERT(count < q->count && !(nb->flags & NETBUF_IS_FREE));
        final = nb;
    }
    STACK_ASSERT(count == q->count && q->tail == final);
}

static inline void netbuf_enqueue(struct netbuf_queue *q, struct netbuf *nb)
{
    STACK_INVARIANT(netbuf_queue_check(q));
    nb->next = NULL;
    if (q->tail)
        q->tail->next = nb;
    else
        q->head = nb;
    q->tail = nb;
    q->count++;
    STACK_INVARIANT(netbuf_queue_check(q));
}

/* In front of the others: what was taken out and could not go. */
static inline void netbuf_put_back(struct netbuf_queue *q, struct netbuf *nb)
{
    nb->next = q->head;
    q->head = nb;
    if (!q->tail)
        q->tail = nb;
    q->count++;
    STACK_INVARIANT(netbuf_queue_check(q));
}

static inline struct netbuf *netbuf_dequeue(struct netbuf_queue *q)
{
    struct netbuf *nb = q->head;
    if (!nb)
        return NULL;
    q->head = nb->next;
    if (!q->head)
        q->tail = NULL;
    q->count--;
    nb->next = NULL;
    STACK_INVARIANT(netbuf_queue_check(q));
    return nb;
}

#ifdef __cplusplus
}
#endif

#endif
