/* Numbers for symbols of scripts that Linux does not have: what FreeBSD calls its own. A stack
 * under test that has such an option knows it by these. */
#ifndef SIM_BASE_NUMBERS_H
#define SIM_BASE_NUMBERS_H

enum {
    NUMBER_TCP_NOOPT = 0x10008,    /* no options, and the peer's are passed over */
    NUMBER_TCP_NOPUSH = 0x10004,   /* as TCP_CORK */
    NUMBER_TCP_KEEPINIT = 0x10080, /* seconds that connect tries */
    NUMBER_MSG_EOF = 0x1000000,    /* the last octets: FIN goes with them */
    NUMBER_TCP_LOG = 0x10022,
    NUMBER_TCP_FUNCTION_BLK = 0x12000,
    NUMBER_TCP_REMOTE_UDP_ENCAPS_PORT = 0x10047,
    NUMBER_SO_USELOOPBACK = 0x10040,
    NUMBER_SO_NOSIGPIPE = 0x10800,
    NUMBER_TCP_DELACK = 0x10048,
};

#endif
