/* The link layers' modules. */
#ifndef STACK_LINK_LINK_H
#define STACK_LINK_LINK_H

#include "stack/core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct module loopback_module; /* lo, 127.0.0.1/8 */
extern const struct module ethernet_module;
extern const struct module arp_module;
extern const struct module point_to_point_module; /* RFC 1661 2: protocol field and packet */

#ifdef __cplusplus
}
#endif

#endif
