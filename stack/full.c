/* Everything in this tree, with middling limits. A module's author adds its line, lower layers
 * first. */
#include "stack/core/module.h"
#include "stack/core/neighbour.h"
#include "stack/core/route.h"
#include "stack/driver/e1000.h"
#include "stack/driver/rtl8139.h"
#include "stack/driver/virtio_net.h"
#include "stack/link/link.h"
#include "stack/net/net.h"
#include "stack/service/dhcp.h"
#include "stack/service/dns.h"
#include "stack/service/http_client.h"
#include "stack/service/http_server.h"
#include "stack/service/line_server.h"
#include "stack/service/ping.h"
#include "stack/service/sntp.h"
#include "stack/service/traceroute.h"
#include "stack/service/udp_echo.h"
#include "stack/socket/socket.h"
#include "stack/transport/raw.h"
#include "stack/transport/tcp/tcp.h"
#include "stack/transport/udp.h"

static const struct module *const modules[] = {
    &neighbour_module,
    &route_module,
    &loopback_module,
    &ethernet_module,
    &point_to_point_module,
    &arp_module,
    &ipv4_module,
    &reassembly_module,
    &path_mtu_module,
    &icmpv4_module,
    &udp_module,
    &tcp_module,
    &raw_module,
    &socket_module,
    &dhcp_module,
    &dns_module,
    &sntp_module,
    &ping_module,
    &traceroute_module,
    &udp_echo_module,
    &http_client_module,
    &http_server_module,
    &line_server_module,
    NULL,
};

static const struct netif_driver *const drivers[] = {
    &e1000_driver,
    &rtl8139_driver,
    &virtio_net_driver,
    NULL,
};

const struct stack_config stack_full_config = {
    .limits =
        {
            .frames = 512,
            .big_buffers = 12,
            .netifs = 5,
            .routes = 32,
            .neighbours = 64,
            .neighbour_queue = 4,
            .sockets = 64,
            .udp_pcbs = 64,
            .raw_pcbs = 16,
            .tcp_pcbs = 64,
            .tcp_chunks = 256,
            .memberships = 32,
            .socket_datagrams = 32,
            .reassemblies = 8,
            .path_mtus = 32,
            .dns_cache = 32,
            .dns_queries = 8,
            .pings = 4,
            .http_connections = 4,
            .http_sessions = 8,
            .line_sessions = 4,
            .driver_bytes = 512 * 1024,
        },
    .modules = modules,
    .drivers = drivers,
};
