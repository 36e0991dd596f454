#include "stack/socket/socket_inside.h"
#include "stack/wire/ipv4.h"

/* --- options of every socket --- */

static int set_receive_buffer(struct stack *s, struct socket *k, int64_t value)
{
    enum { LEAST = 256 };
    (void)s;
    if (value < 0)
        return -ERR_INVAL;
    k->queue.limit_bytes = value < LEAST ? LEAST : value > INT32_MAX ? INT32_MAX : (uint32_t)value;
    return 0;
}

int socket_set_common(struct stack *s, struct socket *k, enum socket_option option, int64_t value)
{
    switch (option) {
    case SO_OPT_RCVBUF:
        return set_receive_buffer(s, k, value);
    case SO_OPT_BINDTODEVICE:
        if (value < -1 || value >= (int64_t)s->netifs)
            return -ERR_NODEV;
        return k->ops->bind_device(s, k, value < 0 ? NULL : &s->netif[value]);
    case IP_OPT_MTU_DISCOVER:
        if (value < 0 || value > 2)
            return -ERR_INVAL;
        k->mtu_discover = (uint8_t)value;
        return 0;
    case IP_OPT_RECVERR:
        k->report_errors = value != 0;
        return 0;
    default:
        return -ERR_NOPROTOOPT;
    }
}

int socket_get_common(struct stack *s, struct socket *k, enum socket_option option, int64_t *value)
{
    (void)s;
    switch (option) {
    case SO_OPT_RCVBUF:
        *value = k->queue.limit_bytes;
        return 0;
    case SO_OPT_TYPE:
        *value = k->type;
        return 0;
    case SO_OPT_ERROR:
        *value = -socket_take_error(k);
        return 0;
    case IP_OPT_MTU_DISCOVER:
        *value = k->mtu_discover;
        return 0;
    case IP_OPT_RECVERR:
        *value = k->report_errors;
        return 0;
    default:
        return -ERR_NOPROTOOPT;
    }
}

/* --- fields that several kinds have --- */

/* -1 asks for the default again, as on Linux. */
int socket_set_ttl(uint8_t *field, int64_t value)
{
    if (value == -1)
        value = 0;
    else if (value < 1 || value > 255)
        return -ERR_INVAL;
    *field = (uint8_t)value;
    return 0;
}

int socket_get_ttl(const struct stack *s, uint8_t field, int64_t *value)
{
    *value = field;
    return field ? 0 : stack_knob_get(s, "ipv4.ttl", value);
}

int socket_set_flag(uint8_t *flags, uint8_t flag, int64_t value)
{
    *flags = (uint8_t)(value ? *flags | flag : *flags & ~flag);
    return 0;
}

/* "As the knob" means: DF where the datagram fits, so that a router that cannot pass it says so,
 * and fragments where it does not. */
bool socket_dont_fragment(struct stack *s, const struct socket *k, uint32_t len, uint16_t mtu)
{
    if (k->mtu_discover != 1)
        return k->mtu_discover == 2;
    return stack_knob(s, MODULE_SOCKET, SOCKET_KNOB_DONT_FRAGMENT) && len + IPV4_MIN_HDR_LEN <= mtu;
}

/* --- memberships --- */

static struct socket_membership *membership(struct socket *k, const struct netif *nif,
                                            uint32_t group)
{
    for (int m = 0; m < SOCKET_MEMBERSHIPS; m++)
        if (k->membership[m].nif == nif && (!nif || k->membership[m].group == group))
            return &k->membership[m];
    return NULL;
}

/* The interface that a datagram to the group would leave by, unless the socket is bound to one. */
static struct netif *group_netif(struct stack *s, struct netif *nif, uint32_t group)
{
    struct ip_addr to = addr_ipv4(group);
    struct ip_path path;
    return nif ? nif : ip_path(s, &to, NULL, NULL, &path) < 0 ? NULL : path.nif;
}

int socket_join(struct stack *s, struct socket *k, struct netif *nif, uint32_t group)
{
    if (!ipv4_is_multicast(group))
        return -ERR_INVAL;
    nif = group_netif(s, nif, group);
    if (!nif)
        return -ERR_NODEV;
    if (membership(k, nif, group))
        return -ERR_ADDRINUSE;
    struct socket_membership *m = membership(k, NULL, 0);
    if (!m)
        return -ERR_NOBUFS;
    struct ip_addr address = addr_ipv4(group);
    int err = ip_join(s, nif, &address);
    if (err >= 0)
        *m = (struct socket_membership){nif, group};
    return err < 0 ? err : 0;
}

static void leave(struct stack *s, struct socket_membership *m)
{
    struct ip_addr address = addr_ipv4(m->group);
    ip_leave(s, m->nif, &address);
    *m = (struct socket_membership){0};
}

int socket_leave(struct stack *s, struct socket *k, struct netif *nif, uint32_t group)
{
    nif = group_netif(s, nif, group);
    struct socket_membership *m = nif ? membership(k, nif, group) : NULL;
    if (!m)
        return -ERR_ADDRNOTAVAIL;
    leave(s, m);
    return 0;
}

void socket_leave_all(struct stack *s, struct socket *k)
{
    for (int m = 0; m < SOCKET_MEMBERSHIPS; m++)
        if (k->membership[m].nif)
            leave(s, &k->membership[m]);
}
