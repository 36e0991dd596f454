/* Path MTU discovery (RFC 1191; RFC 8201 for IPv6): what routers say about packets that were too
 * long for a hop behind them. */
#ifndef STACK_NET_PATH_MTU_H
#define STACK_NET_PATH_MTU_H

#include "stack/core/module.h"

/* The MTU to `destination`, of which the first link carries link_mtu. *gave_up: the path is
 * narrower than the lowest estimate that we believe, so that packets to it go without DF. */
uint16_t path_mtu(struct stack *s, const struct ip_addr *destination, uint16_t link_mtu,
                  bool *gave_up);

/* A router says that a packet of ours of `length` octets to `destination` was too long for a next
 * hop of `mtu` (0: an old router does not say). The caller has tied it to a packet that was sent.
 * False when it teaches nothing. */
bool path_mtu_learn(struct stack *s, const struct ip_addr *destination, uint16_t length,
                    uint16_t mtu, int64_t now_ns);

#endif
