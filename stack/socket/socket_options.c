#include "stack/socket/socket_inside.h"
#include "stack/core/addr_class.h"

/* --- memberships --- */

/* Where k's membership stands in its list; NULL: it has none. */
static struct socket_membership **membership(struct socket *k, const struct netif *nif,
                                             const struct ip_addr *group)
{
    for (struct socket_membership **m = &k->memberships; *m; m = &(*m)->next)
        if ((*m)->nif == nif && addr_equal(&(*m)->group, group))
            return m;
    return NULL;
}

/* The interface that a datagram to the group would leave by, unless the socket is bound to one or
 * the group names its zone. */
static struct netif *group_netif(struct stack *s, const struct socket *k, struct ip_addr *group)
{
    struct ip_path path;
    struct netif *nif = k->pcb->nif;
    if (ip_resolve_zone(s, group, &nif) < 0)
        return NULL;
    return nif ? nif : ip_path(s, group, NULL, NULL, &path) < 0 ? NULL : path.nif;
}

static int join(struct stack *s, struct socket *k, struct ip_addr group, int64_t now_ns)
{
    if (!addr_is_multicast(&group))
        return -ERR_INVAL;
    struct netif *nif = group_netif(s, k, &group);
    if (!nif)
        return -ERR_NODEV;
    if (membership(k, nif, &group))
        return -ERR_ADDRINUSE;
    struct socket_membership *m = pool_take(&socket_state(s)->memberships);
    if (!m)
        return -ERR_NOBUFS;
    int err = ip_join(s, nif, &group, now_ns);
    if (err < 0) {
        pool_give(&socket_state(s)->memberships, m);
        return err;
    }
    *m = (struct socket_membership){k->memberships, nif, group};
    k->memberships = m;
    return 0;
}

static void end_membership(struct stack *s, struct socket_membership **at, int64_t now_ns)
{
    struct socket_membership *m = *at;
    ip_leave(s, m->nif, &m->group, now_ns);
    *at = m->next;
    pool_give(&socket_state(s)->memberships, m);
}

static int leave(struct stack *s, struct socket *k, struct ip_addr group, int64_t now_ns)
{
    struct netif *nif = group_netif(s, k, &group);
    struct socket_membership **m = nif ? membership(k, nif, &group) : NULL;
    if (!m)
        return -ERR_ADDRNOTAVAIL;
    end_membership(s, m, now_ns);
    return 0;
}

int socket_change_membership(struct stack *s, struct socket *k, const struct ip_addr *group,
                             bool joins, int64_t now_ns)
{
    if (group->family != k->family)
        return -ERR_AFNOSUPPORT;
    return joins ? join(s, k, *group, now_ns) : leave(s, k, *group, now_ns);
}

void socket_leave_all(struct stack *s, struct socket *k, int64_t now_ns)
{
    while (k->memberships)
        end_membership(s, &k->memberships, now_ns);
}

void socket_netif_gone(struct stack *s, struct socket *k, const struct netif *nif, int64_t now_ns)
{
    for (struct socket_membership **m = &k->memberships; *m;) {
        if ((*m)->nif == nif)
            end_membership(s, m, now_ns);
        else
            m = &(*m)->next;
    }
    if (k->pcb->nif == nif)
        k->pcb->nif = s->gone;
}

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

static int set_device(struct stack *s, struct socket *k, int64_t index)
{
    if (index < -1 || index >= (int64_t)s->netifs ||
        (index >= 0 && !netif_is_there(&s->netif[index])))
        return -ERR_NODEV;
    k->pcb->nif = index < 0 ? NULL : &s->netif[index];
    return 0;
}

/* -1 asks for the default again, as on Linux. */
static int set_ttl(uint8_t *field, int64_t value)
{
    if (value == -1)
        value = 0;
    else if (value < 1 || value > 255)
        return -ERR_INVAL;
    *field = (uint8_t)value;
    return 0;
}

int socket_set_flag(uint8_t *flags, uint8_t flag, int64_t value)
{
    *flags = (uint8_t)(value ? *flags | flag : *flags & ~flag);
    return 0;
}

static int change_membership4(struct stack *s, struct socket *k, uint32_t address, bool joins,
                              int64_t now_ns)
{
    struct ip_addr group = addr_ipv4(address);
    return socket_change_membership(s, k, &group, joins, now_ns);
}

int socket_set_common(struct stack *s, struct socket *k, enum socket_option option, int64_t value,
                      int64_t now_ns)
{
    struct ip_pcb *ip = k->pcb;
    switch (option) {
    case SO_OPT_RCVBUF:
        return k->type == SOCKET_STREAM ? -ERR_NOPROTOOPT : set_receive_buffer(s, k, value);
    case SO_OPT_BROADCAST:
        return socket_set_flag(&ip->ip_flags, IP_BROADCAST_OK, value);
    case SO_OPT_BINDTODEVICE:
        return set_device(s, k, value);
    case IP_OPT_TTL:
        return set_ttl(&ip->ttl, value);
    case IP_OPT_MULTICAST_TTL:
        return set_ttl(&ip->multicast_ttl, value);
    case IP_OPT_TOS:
        ip->tos = (uint8_t)value;
        return 0;
    case IP_OPT_ADD_MEMBERSHIP:
        return change_membership4(s, k, (uint32_t)value, true, now_ns);
    case IP_OPT_DROP_MEMBERSHIP:
        return change_membership4(s, k, (uint32_t)value, false, now_ns);
    case IP_OPT_MTU_DISCOVER:
        if (value < 0 || value > 2)
            return -ERR_INVAL;
        k->mtu_discover = (uint8_t)value;
        return 0;
    case IP_OPT_RECVERR:
        k->report_errors = value != 0;
        return k->type == SOCKET_STREAM ? -ERR_NOPROTOOPT : 0; /* TCP is to know of it */
    default:
        return -ERR_NOPROTOOPT;
    }
}

int socket_get_common(struct stack *s, struct socket *k, enum socket_option option, int64_t *value)
{
    const struct ip_pcb *ip = k->pcb;
    switch (option) {
    case SO_OPT_RCVBUF:
        if (k->type == SOCKET_STREAM)
            return -ERR_NOPROTOOPT;
        *value = k->queue.limit_bytes;
        return 0;
    case SO_OPT_TYPE:
        *value = k->type;
        return 0;
    case SO_OPT_ERROR:
        *value = -socket_take_error(k);
        return 0;
    case SO_OPT_BROADCAST:
        *value = (ip->ip_flags & IP_BROADCAST_OK) != 0;
        return 0;
    case SO_OPT_BINDTODEVICE:
        *value = ip->nif ? (int64_t)ip->nif->index : -1;
        return ip->nif == s->gone ? -ERR_NODEV : 0;
    case IP_OPT_TTL:
        *value = ip->ttl;
        return ip->ttl ? 0 : stack_knob_get(s, "ipv4.ttl", value);
    case IP_OPT_MULTICAST_TTL:
        *value = ip->multicast_ttl ? ip->multicast_ttl : 1;
        return 0;
    case IP_OPT_TOS:
        *value = ip->tos;
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

/* --- fragments --- */

/* "As the knob" means: DF where the datagram fits, so that a router that cannot pass it says so,
 * and fragments where it does not. */
void socket_choose_fragmenting(struct stack *s, struct socket *k)
{
    bool knob = stack_knob(s, MODULE_SOCKET, SOCKET_KNOB_DONT_FRAGMENT);
    enum ip_fragmenting how = k->mtu_discover == 2 ? IP_WHOLE_OR_NOT : IP_MAY_FRAGMENT;
    if (k->mtu_discover == 1 && knob)
        how = IP_WHOLE_IF_IT_FITS;
    if (k->pcb->fragmenting != how) /* what only reads a block leaves its line of the cache clean */
        k->pcb->fragmenting = (uint8_t)how;
}
