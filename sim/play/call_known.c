/* The calls that scripts may make, by name. */
#include <string.h>
#include "sim/play/engine.h"

/* What the language's scripts call; a name that is near one of them and that no stack has is a
 * typo, not a stack that lacks a call. */
static const struct {
    const char *name;
    uint32_t most; /* arguments */
} known_calls[] = {
    {"socket", 3},
    {"bind", 3},
    {"listen", 2},
    {"accept", 3},
    {"accept4", 4},
    {"connect", 3},
    {"read", 3},
    {"readv", 3},
    {"write", 3},
    {"writev", 3},
    {"recv", 4},
    {"recvfrom", 6},
    {"recvmsg", 3},
    {"send", 4},
    {"sendto", 6},
    {"sendmsg", 3},
    {"close", 1},
    {"shutdown", 2},
    {"getsockopt", 5},
    {"setsockopt", 5},
    {"getsockname", 3},
    {"getpeername", 3},
    {"fcntl", 3},
    {"ioctl", 3},
    {"poll", 3},
    {"epoll_create", 1},
    {"epoll_create1", 1},
    {"epoll_ctl", 4},
    {"epoll_wait", 4},
    {"sendfile", 4},
    {"splice", 6},
    {"pipe", 1},
    {"open", 3},
    {"usleep", 1},
    {"dup", 1},
    {"tcp_drop", 1},
    {"events", 2},
    {"peek_header", 5},
    {"busy", 1},
    {"ifconfig", 3},
    {"ifdelete", 2},
    {"ifup", 1},
    {"ifdown", 1},
    {"ifflags", 3},
    {"ifmtu", 8},
    {"own_driver", 1},
    {"route", 3},
    {"unroute", 3},
    {"neighbour", 3},
    {"join", 2},
    {"leave", 2},
    {"set", 2},
    {"fail_allocation", 1},
    {"dhcp_start", 2},
    {"dhcp_option", 3},
    {"dhcp_lease", 1},
    {"dhcp_release", 1},
    {"dhcp_stop", 1},
    {"dhcp_inform", 1},
    {"nameserver", 4},
    {"resolve", 4},
    {"reverse", 2},
    {"dns_flush", 0},
    {"ping", 5},
    {"traceroute", 4},
    {"sntp", 4},
    {"udp_echo", 1},
    {"udp_echo_stop", 0},
    {"tcp_echo", 1},
    {"tcp_echo_stop", 0},
    {"telnet_serve", 1},
    {"telnet_serve_stop", 0},
    {"http_serve", 17},
    {"http_serve_stop", 0},
    {"http_get", 5},
    {"http_head", 2},
    {"http_post", 4},
};
enum { KNOWN_CALLS = sizeof known_calls / sizeof known_calls[0] };

const char *call_nearest(const char *name)
{
    const char *names[KNOWN_CALLS + 1] = {NULL};
    for (int k = 0; k < KNOWN_CALLS; k++)
        names[k] = known_calls[k].name;
    return nearest_word(name, names);
}

/* More arguments than a call of that name has are looked at by nobody. */
bool call_surplus(struct run *r, const struct step *step, int64_t now_ns)
{
    const struct call_step *call = &step->u.call;
    for (int k = 0; k < KNOWN_CALLS; k++) {
        if (strcmp(known_calls[k].name, call->name) != 0 || call->arguments <= known_calls[k].most)
            continue;
        verdict_error(&r->verdict, &step->place, now_ns,
                      "%s takes %u argument%s at most, %u are written", call->name,
                      known_calls[k].most, known_calls[k].most == 1 ? "" : "s", call->arguments);
        return true;
    }
    return false;
}
