/* What is known of a DHCP client: what it sent and was told, by its hardware address. */
#ifndef SIM_MONITOR_LEASE_H
#define SIM_MONITOR_LEASE_H

#include "sim/monitor/inside.h"

enum { KEPT_OCTETS = 64, OFFERS = 8, XIDS = 8 };

/* An option that is the same in every message; the first octets of it. */
struct kept {
    bool there;
    uint8_t len;
    uint8_t octets[KEPT_OCTETS];
};

struct lease {
    struct node node;
    uint8_t last_type;
    uint32_t last_xid, discover_xid, discover_secs;
    uint32_t xid[XIDS], xids; /* of what it sent */
    uint64_t who;             /* of what it begins with: what it says it is and asks for */
    bool discovered, naked;
    int64_t sent_ns, gap_ns;
    uint32_t tries, flat; /* of one message; gaps that did not grow */
    struct kept id, asks;
    uint32_t told_options; /* of the monitor, when they were kept */
    struct {
        uint32_t server, address, xid;
    } offer[OFFERS];
    uint32_t offers;
    bool bound;
    int64_t asked_ns; /* when what was granted was asked for */
    uint32_t t1_s, lease_s, address;
};

#endif
