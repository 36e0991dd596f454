#include "sim/language/symbols.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/sockios.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "sim/base/numbers.h"

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
    NAMED(SO_DEBUG),
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
    NAMED(SO_OOBINLINE),
    NAMED(SO_REUSEPORT),
    NAMED(SO_ACCEPTCONN),
    NAMED(SO_RCVLOWAT),
    NAMED(SO_SNDLOWAT),
    NAMED(SO_RCVTIMEO),
    NAMED(SO_SNDTIMEO),
    NAMED(SO_PRIORITY),
    NAMED(SO_MARK),
    NAMED(SO_DOMAIN),
    NAMED(SO_PROTOCOL),
    NAMED(SO_TIMESTAMPING),
    NAMED(SO_ZEROCOPY),
    NAMED(SO_MAX_PACING_RATE),
    NAMED(SO_BUSY_POLL),
    NAMED(SOL_TCP),
    NAMED(SOL_IPV6),
    {"SOL_UDP", 17},
    NAMED(IP_BIND_ADDRESS_NO_PORT),
    NAMED(IP_RECVTOS),
    NAMED(IP_RECVTTL),
    NAMED(IPV6_V6ONLY),
    NAMED(IPV6_RECVERR),
    NAMED(IPV6_MTU_DISCOVER),
    NAMED(TCP_NODELAY),
    NAMED(TCP_MAXSEG),
    NAMED(TCP_CORK),
    NAMED(TCP_KEEPIDLE),
    NAMED(TCP_KEEPINTVL),
    NAMED(TCP_KEEPCNT),
    NAMED(TCP_SYNCNT),
    NAMED(TCP_LINGER2),
    NAMED(TCP_DEFER_ACCEPT),
    NAMED(TCP_WINDOW_CLAMP),
    NAMED(TCP_INFO),
    NAMED(TCP_QUICKACK),
    NAMED(TCP_CONGESTION),
    NAMED(TCP_MD5SIG),
    NAMED(TCP_USER_TIMEOUT),
    NAMED(TCP_FASTOPEN),
    NAMED(TCP_FASTOPEN_CONNECT),
    NAMED(TCP_FASTOPEN_KEY),
    NAMED(TCP_FASTOPEN_NO_COOKIE),
    NAMED(TCP_TIMESTAMP),
    NAMED(TCP_NOTSENT_LOWAT),
    NAMED(TCP_SAVE_SYN),
    NAMED(TCP_SAVED_SYN),
    NAMED(TCP_INQ),
    NAMED(TCP_ULP),
    NAMED(TCP_CLOSE),
    NAMED(TCP_CLOSE_WAIT),
    NAMED(TCP_CLOSING),
    NAMED(TCP_ESTABLISHED),
    NAMED(TCP_FIN_WAIT1),
    NAMED(TCP_FIN_WAIT2),
    NAMED(TCP_LAST_ACK),
    NAMED(TCP_LISTEN),
    NAMED(TCP_SYN_RECV),
    NAMED(TCP_SYN_SENT),
    NAMED(TCP_TIME_WAIT),
    NAMED(TCP_CA_Open),
    NAMED(TCP_CA_Disorder),
    NAMED(TCP_CA_CWR),
    NAMED(TCP_CA_Recovery),
    NAMED(TCP_CA_Loss),
    NAMED(TCPI_OPT_TIMESTAMPS),
    NAMED(TCPI_OPT_SACK),
    NAMED(TCPI_OPT_WSCALE),
    NAMED(TCPI_OPT_ECN),
    {"TCPI_OPT_ECN_SEEN", 16},
    {"TCPI_OPT_SYN_DATA", 32},
    /* FreeBSD's names, for Linux's numbers of the states */
    {"TCPI_CLOSED", TCP_CLOSE},
    {"TCPI_LISTEN", TCP_LISTEN},
    {"TCPI_SYN_SENT", TCP_SYN_SENT},
    {"TCPI_SYN_RECEIVED", TCP_SYN_RECV},
    {"TCPI_ESTABLISHED", TCP_ESTABLISHED},
    {"TCPI_CLOSE_WAIT", TCP_CLOSE_WAIT},
    {"TCPI_FIN_WAIT_1", TCP_FIN_WAIT1},
    {"TCPI_CLOSING", TCP_CLOSING},
    {"TCPI_LAST_ACK", TCP_LAST_ACK},
    {"TCPI_FIN_WAIT_2", TCP_FIN_WAIT2},
    {"TCPI_TIME_WAIT", TCP_TIME_WAIT},
    {"TCP_NOOPT", NUMBER_TCP_NOOPT},
    {"TCP_NOPUSH", NUMBER_TCP_NOPUSH},
    {"TCP_KEEPINIT", NUMBER_TCP_KEEPINIT},
    {"TCP_LOG", NUMBER_TCP_LOG},
    {"TCP_FUNCTION_BLK", NUMBER_TCP_FUNCTION_BLK},
    {"TCP_REMOTE_UDP_ENCAPS_PORT", NUMBER_TCP_REMOTE_UDP_ENCAPS_PORT},
    {"TCP_DELACK", NUMBER_TCP_DELACK},
    {"SO_USELOOPBACK", NUMBER_SO_USELOOPBACK},
    {"SO_NOSIGPIPE", NUMBER_SO_NOSIGPIPE},
    NAMED(MSG_OOB),
    NAMED(MSG_WAITALL),
    NAMED(MSG_MORE),
    NAMED(MSG_NOSIGNAL),
    NAMED(MSG_CTRUNC),
    NAMED(MSG_EOR),
    NAMED(MSG_ERRQUEUE),
    NAMED(MSG_FASTOPEN),
    NAMED(MSG_ZEROCOPY),
    NAMED(F_GETFD),
    NAMED(F_SETFD),
    NAMED(FD_CLOEXEC),
    NAMED(O_RDONLY),
    NAMED(O_WRONLY),
    NAMED(SIOCINQ),
    NAMED(SIOCOUTQ),
    NAMED(SIOCATMARK),
    NAMED(FIONREAD),
    {"FIONWRITE", SIOCOUTQ},
    {"FIONSPACE", 0x10078},
    {"SIOCOUTQNSD", 0x894b},
    NAMED(POLLPRI),
    NAMED(POLLNVAL),
    {"POLLRDHUP", 0x2000},
    NAMED(POLLRDNORM),
    NAMED(POLLWRNORM),
    {"POLLINIGNEOF", 0x2000},
    NAMED(EPOLLIN),
    NAMED(EPOLLPRI),
    NAMED(EPOLLOUT),
    NAMED(EPOLLERR),
    NAMED(EPOLLHUP),
    NAMED(EPOLLRDHUP),
    NAMED(EPOLLRDNORM),
    NAMED(EPOLLWRNORM),
    NAMED(EPOLLONESHOT),
    NAMED(EPOLLEXCLUSIVE),
    {"EPOLLET", INT64_C(1) << 31},
    NAMED(EPOLL_CTL_ADD),
    NAMED(EPOLL_CTL_DEL),
    NAMED(EPOLL_CTL_MOD),
    NAMED(EPOLL_CLOEXEC),
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
    NAMED(EALREADY),        NAMED(EINPROGRESS),  NAMED(EPROTO),       NAMED(ENETRESET),
    NAMED(ESHUTDOWN),       NAMED(EFAULT),       NAMED(ENOSYS),       NAMED(EDOM),
    NAMED(ENFILE),          NAMED(ENXIO),        NAMED(ENOTTY),       NAMED(EOVERFLOW),
    NAMED(ERANGE),          NAMED(ENOSPC),       NAMED(ESPIPE),
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
    *out = errno_number(name);
    return *out != 0;
}
