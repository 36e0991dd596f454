/* Numbers of the IPv4 Protocol and IPv6 Next Header fields that the stack knows by name (IANA). */
#ifndef STACK_WIRE_IPPROTO_H
#define STACK_WIRE_IPPROTO_H

enum ip_proto {
    IP_PROTO_ICMP = 1,
    IP_PROTO_TCP = 6,
    IP_PROTO_UDP = 17,
    IP_PROTO_ICMPV6 = 58,
};

#endif
