/* Intel 82540EM (8086:100e), the "Intel PRO/1000 MT Desktop" that QEMU, VirtualBox and VMware
 * model. */
#ifndef STACK_DRIVER_E1000_H
#define STACK_DRIVER_E1000_H

#include "stack/core/netif.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct netif_driver e1000_driver;

#ifdef __cplusplus
}
#endif

#endif
