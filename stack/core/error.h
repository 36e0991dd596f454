/* Errors of the stack's entry points: a call returns 0 or more, or one of these negated. The
 * numbers are Linux's. */
#ifndef STACK_CORE_ERROR_H
#define STACK_CORE_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

enum stack_error {
    ERR_NOENT = 2,
    ERR_INTR = 4,
    ERR_IO = 5,
    ERR_BADF = 9,
    ERR_AGAIN = 11,
    ERR_NOMEM = 12,
    ERR_ACCES = 13,
    ERR_BUSY = 16,
    ERR_EXIST = 17,
    ERR_NODEV = 19,
    ERR_INVAL = 22,
    ERR_MFILE = 24,
    ERR_PIPE = 32,
    ERR_PROTO = 71,
    ERR_NOTSOCK = 88,
    ERR_DESTADDRREQ = 89,
    ERR_MSGSIZE = 90,
    ERR_PROTOTYPE = 91,
    ERR_NOPROTOOPT = 92,
    ERR_PROTONOSUPPORT = 93,
    ERR_OPNOTSUPP = 95,
    ERR_AFNOSUPPORT = 97,
    ERR_ADDRINUSE = 98,
    ERR_ADDRNOTAVAIL = 99,
    ERR_NETDOWN = 100,
    ERR_NETUNREACH = 101,
    ERR_CONNABORTED = 103,
    ERR_CONNRESET = 104,
    ERR_NOBUFS = 105,
    ERR_ISCONN = 106,
    ERR_NOTCONN = 107,
    ERR_TIMEDOUT = 110,
    ERR_CONNREFUSED = 111,
    ERR_HOSTDOWN = 112,
    ERR_HOSTUNREACH = 113,
    ERR_ALREADY = 114,
    ERR_INPROGRESS = 115,
};

#ifdef __cplusplus
}
#endif

#endif
