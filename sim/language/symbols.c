#include "sim/language/symbols.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define NAMED(x)                                                                                   \
    {                                                                                              \
#x, x                                                                                      \
    }
static const struct {
    const char *name;
    int64_t number;
} symbols[] = {
    NAMED(AF_INET),
    NAMED(AF_INET6),
    NAMED(AF_UNSPEC),
    NAMED(PF_INET),
    NAMED(PF_INET6),
    NAMED(SOCK_STREAM),
    NAMED(SOCK_DGRAM),
    NAMED(SOCK_RAW),
    NAMED(SOCK_NONBLOCK),
    NAMED(SOCK_CLOEXEC),
    NAMED(IPPROTO_IP),
    NAMED(IPPROTO_IPV6),
    NAMED(IPPROTO_ICMP),
    NAMED(IPPROTO_TCP),
    NAMED(IPPROTO_UDP),
    NAMED(IPPROTO_RAW),
    NAMED(SOL_SOCKET),
    NAMED(SOL_IP),
    NAMED(SO_BROADCAST),
    NAMED(SO_REUSEADDR),
    NAMED(SO_BINDTODEVICE),
    NAMED(SO_ERROR),
    NAMED(SO_RCVBUF),
    NAMED(SO_SNDBUF),
    NAMED(SO_TYPE),
    NAMED(SO_NO_CHECK),
    NAMED(SO_KEEPALIVE),
    NAMED(SO_LINGER),
    NAMED(IP_TTL),
    NAMED(IP_TOS),
    NAMED(IP_MTU),
    NAMED(IP_MTU_DISCOVER),
    NAMED(IP_HDRINCL),
    NAMED(IP_OPTIONS),
    NAMED(IP_RECVERR),
    NAMED(IP_MULTICAST_TTL),
    NAMED(IP_MULTICAST_LOOP),
    NAMED(IP_ADD_MEMBERSHIP),
    NAMED(IP_DROP_MEMBERSHIP),
    NAMED(IP_PMTUDISC_DONT),
    NAMED(IP_PMTUDISC_WANT),
    NAMED(IP_PMTUDISC_DO),
    NAMED(MSG_PEEK),
    NAMED(MSG_TRUNC),
    NAMED(MSG_DONTWAIT),
    NAMED(F_GETFL),
    NAMED(F_SETFL),
    NAMED(O_RDWR),
    NAMED(O_NONBLOCK),
    NAMED(SHUT_RD),
    NAMED(SHUT_WR),
    NAMED(SHUT_RDWR),
    NAMED(POLLIN),
    NAMED(POLLOUT),
    NAMED(POLLERR),
    NAMED(POLLHUP),
    NAMED(INADDR_ANY),
};

static const struct {
    const char *name;
    int number;
} errnos[] = {
    NAMED(EPERM),           NAMED(ENOENT),       NAMED(EINTR),        NAMED(EIO),
    NAMED(EBADF),           NAMED(EAGAIN),       NAMED(EWOULDBLOCK),  NAMED(ENOMEM),
    NAMED(EACCES),          NAMED(EBUSY),        NAMED(EEXIST),       NAMED(ENODEV),
    NAMED(EINVAL),          NAMED(EMFILE),       NAMED(EPIPE),        NAMED(ENOTSOCK),
    NAMED(EDESTADDRREQ),    NAMED(EMSGSIZE),     NAMED(EPROTOTYPE),   NAMED(ENOPROTOOPT),
    NAMED(EPROTONOSUPPORT), NAMED(EOPNOTSUPP),   NAMED(EAFNOSUPPORT), NAMED(EADDRINUSE),
    NAMED(EADDRNOTAVAIL),   NAMED(ENETDOWN),     NAMED(ENETUNREACH),  NAMED(ECONNABORTED),
    NAMED(ECONNRESET),      NAMED(ENOBUFS),      NAMED(EISCONN),      NAMED(ENOTCONN),
    NAMED(ETIMEDOUT),       NAMED(ECONNREFUSED), NAMED(EHOSTDOWN),    NAMED(EHOSTUNREACH),
    NAMED(EALREADY),        NAMED(EINPROGRESS),  NAMED(EPROTO),
};

int errno_number(const char *name)
{
    for (size_t e = 0; e < sizeof errnos / sizeof errnos[0]; e++)
        if (strcmp(errnos[e].name, name) == 0)
            return errnos[e].number;
    return 0;
}

const char *errno_name(int number)
{
    for (size_t e = 0; e < sizeof errnos / sizeof errnos[0]; e++)
        if (errnos[e].number == number)
            return errnos[e].name;
    return "an unknown error";
}

bool symbol_number(const char *name, int64_t *out)
{
    for (size_t s = 0; s < sizeof symbols / sizeof symbols[0]; s++) {
        if (strcmp(symbols[s].name, name) == 0) {
            *out = symbols[s].number;
            return true;
        }
    }
    return false;
}
