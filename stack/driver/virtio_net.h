/*
 * virtio-net (virtio 1.2, 5.1) over legacy and modern PCI and over memory-mapped registers of both
 * versions.
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
