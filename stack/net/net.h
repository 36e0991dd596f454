/* The modules of the network layer. */
#ifndef STACK_NET_NET_H
#define STACK_NET_NET_H

#include "stack/core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct module ipv4_module;
extern const struct module reassembly_module; /* without it fragments are dropped */
extern const struct module path_mtu_module;   /* without it the interface's MTU is the path's */
extern const struct module icmpv4_module;

#ifdef __cplusplus
}
#endif

#endif
