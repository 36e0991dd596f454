/* Realtek RTL8139 (10ec:8139), revisions up to the 8139C+ in its 8139 mode. */
#ifndef STACK_DRIVER_RTL8139_H
#define STACK_DRIVER_RTL8139_H

#include "stack/core/netif.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct netif_driver rtl8139_driver;

#ifdef __cplusplus
}
#endif

#endif
