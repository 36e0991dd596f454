#include "sim/base/source_route.h"
#include <netinet/ip.h>
#include <stdbool.h>

enum { DESTINATION = 16, LEAST = 7 /* a route of one address */, ADDRESS = 4 };

const uint8_t *source_route_end(const uint8_t *ip, uint32_t header)
{
    for (uint32_t at = sizeof(struct ip); at + 2 < header && ip[at] != IPOPT_EOL;) {
        if (ip[at] == IPOPT_NOP) {
            at++;
            continue;
        }
        uint32_t len = ip[at + 1];
        if (len < 2 || at + len > header)
            break;
        bool route = ip[at] == IPOPT_LSRR || ip[at] == IPOPT_SSRR;
        if (route && len >= LEAST && ip[at + 2] <= len)
            return ip + at + len - ADDRESS;
        at += len;
    }
    return ip + DESTINATION;
}
