/*
 * Every kind of socket in this tree. Who leaves a transport out links his own, shorter table in
 * this file's place, and nothing of that transport.
 */
#include "stack/socket/socket_inside.h"

const struct socket_ops *const socket_kinds[] = {&socket_tcp_ops, &socket_udp_ops, &socket_raw_ops,
                                                 NULL};
