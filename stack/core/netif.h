/*
 * An interface is a value: hardware type, addresses, MTU, flags and a driver. Loopback always
 * exists. What it does with ARP, broadcast and neighbours follows from its flags, never from its
 * name.
 */
#ifndef STACK_CORE_NETIF_H
#define STACK_CORE_NETIF_H

#include <stdbool.h>
#include <stdint.h>
#include "stack/core/addr.h"
#include "stack/core/netbuf.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bus;
struct device;
struct link_layer;
struct stack;

enum netif_flag {
    NETIF_UP = 1,      /* brought up by its owner */
    NETIF_RUNNING = 2, /* the link has carrier */
    NETIF_BROADCAST = 4,
    NETIF_ARP = 8, /* resolves neighbours; a broadcast interface may say that it does not */
    NETIF_POINT_TO_POINT = 16,
    NETIF_LOOPBACK = 32,
    NETIF_PROMISCUOUS = 64,
    NETIF_ALL_MULTICAST = 128,
};

enum netif_hardware { NETIF_ETHERNET = 1, NETIF_LOOP = 772, NETIF_PPP = 512 };

/* Transmit queues of a device, at most, and frames that wait for room in each: the fragments of the
 * longest datagram. */
enum { NETIF_QUEUES = 4, NETIF_TX_QUEUE = 64 };
/* Loopback holds at most this part of the frames between two polls. */
enum { NETIF_LOOP_PART = 4 };
enum { NETIF_NAME_BYTES = 8, NETIF_ADDRESSES = 4, NETIF_MULTICASTS = 8, NETIF_MAC_BYTES = 6 };
/* Groups of all families together: each may need a link-layer group of its own. */
enum { NETIF_GROUPS = NETIF_MULTICASTS };

struct netif_address {
    struct ip_addr addr;
    uint8_t prefix;      /* bits; 0 in an unused slot's family */
    bool tentative;      /* not yet defended (RFC 5227): neither source nor destination */
    struct ip_addr peer; /* point-to-point: the other end */
};

/* A group that the interface has joined (ip_join): RFC 1112, RFC 4291 2.7. */
struct netif_group {
    struct ip_addr addr; /* of family ADDR_NONE: free */
    uint32_t refs;
};

/*
 * A driver. `d` is its state: state_size zeroed bytes, 64-aligned, from the stack's region. All
 * calls are made from the stack's own context. The interrupt handlers that probe attaches only
 * acknowledge, mask, post causes (stack/driver/causes.h) and wake.
 */
struct netif_driver {
    const char *name;
    uint32_t state_size;
    /* DMA memory that probe gets, 256-aligned, zeroed; see netif_ring_memory. */
    uint32_t ring_bytes;
    /* Is it one of the driver's? NULL: an interface that the embedder drives. */
    bool (*match)(const struct device *device);
    /* Finds the device, reads the MAC into nif->mac, brings rings and link up. 0 or a negated
     * stack_error. */
    int (*probe)(void *d, struct netif *nif, const struct device *device, int64_t now_ns);
    /* Harvests up to `budget` frames, reaps sent ones, acts on link changes, runs its watchdog.
     * Returns the next deadline in ns (INT64_MAX for none, now_ns when work is left over). */
    int64_t (*poll)(void *d, int64_t now_ns, int budget);
    /* Octets that the driver itself writes in front of a frame. */
    uint16_t headroom;
    /* Takes nb, for transmit queue nb->queue: 0 and netif_sent comes later (or before the return),
     * or a negated stack_error and nb stays the caller's. */
    int (*send)(void *d, struct netbuf *nb, int64_t now_ns);
    /* Tells the device of what send has left for later, since it carried NETBUF_MORE. NULL: send
     * leaves nothing. */
    void (*kick)(void *d, int64_t now_ns);
    /* nif's flags (promiscuous, all multicast) or multicast list changed. */
    int (*filter)(void *d, unsigned flags, const uint8_t (*mac)[NETIF_MAC_BYTES], int count);
    /* Stops the device, takes back every buffer that it owns. */
    void (*stop)(void *d, int64_t now_ns);
    /* Brings up to date the counters that the device keeps, before they are read. May be NULL. */
    void (*statistics)(void *d);
    /* A driver's own counter by name ("rx_overrun"); NULL ends the table. */
    const char *const *counters;
    uint32_t counter_at; /* offset in the state of uint64_t[] in the order of `counters` */
    uint64_t dma_limit;  /* the highest address that the device can form; 0: 64 bits */
};

/* What a device does by itself, set by probe; the knob core.offload switches it off. */
struct netif_offload {
    bool sums_on_send;      /* finishes what netbuf_owe_sum left, whatever the protocol */
    bool sums_on_receive;   /* says NETBUF_SUM_OK of a TCP or UDP checksum that it has verified */
    bool tags;              /* inserts and takes out 802.1Q tags */
    uint16_t segments;      /* that it cuts out of one packet (netbuf.segment), at most; 0: none */
    uint32_t segment_bytes; /* of that packet, at most, link header included */
};

struct netif {
    char name[NETIF_NAME_BYTES];
    struct stack *stack;
    const struct netif_driver *driver; /* NULL for loopback */
    void *state;                       /* the driver's */
    void *ring;                        /* ring_bytes for the driver */
    const struct bus *bus;             /* the device's, NULL without one */
    uint16_t hardware;
    uint16_t mtu; /* what we send in one packet */
    uint16_t mru; /* what the link can bring: a neighbour need not know of our MTU */
    uint32_t flags;
    uint32_t index; /* its place: another's, once this one is detached */
    uint16_t zone;  /* RFC 4007 6, of its link-local addresses: another's 65,535 later at best */
    /* Somebody asks for an address (DHCP): UDP to one that is not ours yet is taken, whatever other
     * addresses there are (RFC 2131 4.1, RFC 1542 3.1.1). */
    bool configuring;
    /* At NETIF_EVENT_UP and NETIF_EVENT_CARRIER: this may be another network than before. A carrier
     * that was gone for less than the knob core.carrier_loss has not led elsewhere. */
    bool new_link;
    /* At NETIF_EVENT_NO_ADDRESS: another host has the address (RFC 5227 2.4); else it was taken
     * off, or found no room. */
    bool conflict;
    bool was_down; /* since the link was last in use */
    int64_t carrier_lost_ns;
    uint8_t mac[NETIF_MAC_BYTES];
    struct netif_address address[NETIF_ADDRESSES];
    /* Joined link-layer groups, in use from the front. */
    uint8_t multicast[NETIF_MULTICASTS][NETIF_MAC_BYTES];
    uint16_t multicast_refs[NETIF_MULTICASTS];
    uint32_t multicasts;
    struct netif_group group[NETIF_GROUPS];
    const struct link_layer *link;
    struct netif_offload offload;
    uint16_t headroom; /* for the link's header and the driver's, so that IP's is 4-aligned */
    uint64_t pool_device[NETBUF_CLASSES]; /* the device's addresses of the pools' slabs */
    /* Loopback: sent, not yet received; see NETIF_LOOP_PART. */
    struct netbuf_queue loop;
    /* The device's transmit queues, set by probe; 0 counts as 1. What was sent and found no room in
     * the driver waits by queue, at most NETIF_TX_QUEUE: a full one holds no other up. */
    uint8_t queues;
    struct netbuf_queue waiting[NETIF_QUEUES];
    int64_t driver_due_ns;
    uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes, tx_errors;
};

/* The interface of that zone, NULL: none (any more). */
struct netif *netif_of_zone(const struct stack *s, uint32_t zone);

/* False for what was detached, until its place is another's. */
static inline bool netif_is_there(const struct netif *nif)
{
    return nif->name[0] != '\0';
}

/* --- for drivers --- */

/* A receive buffer: `len` bytes at the cursor, in the device's reach, the frame 2 bytes past a
 * 4-byte boundary; NULL when the pool is dry. */
struct netbuf *netif_buffer(struct netif *nif, uint32_t len);

/* The device's address of the netbuf's byte at its cursor. */
uint64_t netif_device_address(const struct netif *nif, const struct netbuf *nb);

/* A frame arrived, Ethernet header first, without FCS. Takes nb. */
void netif_receive(struct netif *nif, struct netbuf *nb, int64_t now_ns);

/* The device is done with nb: frees it. status 0 or a negated stack_error, which is counted. */
void netif_sent(struct netif *nif, struct netbuf *nb, int status);

/* Carrier came or went. */
void netif_link(struct netif *nif, bool running, int64_t now_ns);

/* The machine has moved (a virtual one to another host): neighbours are to hear where it is. */
void netif_announce(struct netif *nif, int64_t now_ns);

/* An interrupt left work: poll soon. Safe in interrupt context. */
void netif_wake(struct netif *nif);

/* --- for the layers above --- */

/* A buffer for a packet of `len` bytes to go out by nif, the cursor at its first, with `headers`
 * bytes of headroom besides what the link and the driver want; NULL when the pool is dry. */
struct netbuf *netif_packet(struct netif *nif, uint32_t headers, uint32_t len);
/* How many segments the device cuts out of one packet by itself; 0: none. */
uint32_t netif_cuts(const struct netif *nif);
/* After the last frame of a batch that carried NETBUF_MORE, and after a batch that broke off. */
void netif_kick(struct netif *nif, int64_t now_ns);

/* Sends a whole link-layer frame; takes nb. What finds the driver's ring full waits its turn. 0 or
 * a negated stack_error. */
int netif_send(struct netif *nif, struct netbuf *nb, int64_t now_ns);
/* The driver may have room again: what waits goes on, in order. */
void netif_flush(struct netif *nif, int64_t now_ns);
/* Drops what waits: the interface is down, or without carrier. */
void netif_drop_waiting(struct netif *nif);

/* A tentative address has proved free (RFC 5227), or was not checked: from now on it is a source
 * and a destination, and has its on-link route. When there is no room for that any more the address
 * goes: -ERR_NOBUFS. */
int netif_address_ready(struct netif *nif, unsigned slot, int64_t now_ns);

/* Has its on-link route a place? */
bool netif_address_has_room(struct netif *nif, unsigned slot);

/* Another host has the address: it goes, and who hears of that hears why. */
void netif_address_conflict(struct netif *nif, const struct ip_addr *addr, int64_t now_ns);

/* The address of `family` to send from; the one whose prefix holds `towards` is preferred. NULL
 * when there is none. */
const struct netif_address *netif_source(const struct netif *nif, const struct ip_addr *towards);

#ifdef __cplusplus
}
#endif

#endif
