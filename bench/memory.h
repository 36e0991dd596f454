/*
 * Configurations whose memory is told (make memory) and held to a bound (tests/core/memory_test.c):
 * the default, the smallest that leases an address and has sockets, and the default with 10,000
 * idle sockets.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include "stack/core/module.h"
#include "stack/core/neighbour.h"
#include "stack/core/route.h"
#include "stack/link/link.h"
#include "stack/net/net.h"
#include "stack/service/dhcp.h"
#include "stack/socket/socket.h"
#include "stack/transport/udp.h"

enum { IDLE_SOCKETS = 10000 };

/* One NIC, its address by DHCP, UDP sockets: no name resolver, no raw sockets, no reassembly. */
static const struct module *const smallest_modules[] = {
    &neighbour_module, &route_module, &loopback_module, &ethernet_module, &arp_module, &ipv4_module,
    &icmpv4_module,    &udp_module,   &socket_module,   &dhcp_module,     NULL,
};

/* Without the NIC's rings: as large as its driver wants them, `driver_bytes` on top. */
static inline struct stack_config smallest_config(void)
{
    return (struct stack_config){
        .limits = {.frames = 16,
                   .netifs = 2,
                   .routes = 4,
                   .neighbours = 4,
                   .neighbour_queue = 1,
                   .sockets = 4,
                   .udp_pcbs = 4,
                   .socket_datagrams = 4},
        .modules = smallest_modules,
    };
}

static inline struct stack_config with_connections(uint16_t connections)
{
    struct stack_config config = stack_full_config;
    config.limits.sockets = config.limits.tcp_pcbs = connections;
    return config;
}

static inline struct stack_config with_sockets(uint16_t sockets)
{
    struct stack_config config = stack_full_config;
    config.limits.sockets = config.limits.udp_pcbs = sockets;
    return config;
}

#endif
