/* What the files of stream sockets share. */
#ifndef STACK_SOCKET_SOCKET_TCP_INSIDE_H
#define STACK_SOCKET_SOCKET_TCP_INSIDE_H

#include "stack/core/div.h"
#include "stack/socket/socket_inside.h"
#include "stack/transport/tcp/tcp.h"

int socket_tcp_set(struct stack *s, struct socket *k, enum socket_option option, int64_t value,
                   int64_t now_ns);
int socket_tcp_get(struct stack *s, struct socket *k, enum socket_option option, int64_t *value);
int socket_tcp_tell(struct stack *s, const struct socket *k, struct socket_tcp_info *out,
                    int64_t now_ns);

#endif
