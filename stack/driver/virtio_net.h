/*
 * virtio-net (virtio 1.2, "Network Device"), so far over the legacy PCI interface. Nothing is
 * negotiated but the MAC and the link's status: each packet is one buffer, checksums are ours.
 */
#ifndef STACK_DRIVER_VIRTIO_NET_H
#define STACK_DRIVER_VIRTIO_NET_H

#include "stack/core/netif.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct netif_driver virtio_net_driver;

#ifdef __cplusplus
}
#endif

#endif
