#include "stack/socket/socket_inside.h"
#include "stack/wire/ipproto.h"

/* --- descriptors --- */

/* The two lines that sending reads; the socket itself comes meanwhile. */
static void fetch(const struct ip_pcb *block)
{
    if (!block)
        return;
    __builtin_prefetch(block);
    __builtin_prefetch((const uint8_t *)block + POOL_ALIGN);
}

static struct socket *find(struct stack *s, int fd)
{
    struct socket_state *t = socket_state(s);
    if (!t || fd < SOCKET_FIRST || (uint32_t)(fd - SOCKET_FIRST) >= t->sockets)
        return NULL;
    struct socket *k = &t->socket[fd - SOCKET_FIRST];
    fetch(t->block[fd - SOCKET_FIRST]);
    return k->ops ? k : NULL;
}

/* The kind, or NULL with the reason. A transport that is not loaded is a protocol that is not
 * supported. */
static const struct socket_ops *kind(const struct stack *s, enum addr_family family,
                                     enum socket_type type, int protocol, int *why)
{
    *why = -ERR_AFNOSUPPORT;
    if (family != ADDR_IPV4)
        return NULL;
    bool known = type == SOCKET_STREAM || type == SOCKET_DGRAM || type == SOCKET_RAW;
    *why = known ? -ERR_PROTONOSUPPORT : -ERR_PROTOTYPE;
    for (const struct socket_ops *const *ops = socket_kinds; *ops; ops++)
        if ((*ops)->type == type && s->state[(*ops)->module] && (*ops)->serves(protocol))
            return *ops;
    return NULL;
}

/* With its defaults, but without ops: it is not open yet. */
static struct socket *prepare(struct stack *s, enum addr_family family, enum socket_type type,
                              int protocol)
{
    struct socket *k = socket_take(s);
    if (!k)
        return NULL;
    k->family = (uint8_t)family;
    k->type = (uint8_t)type;
    k->protocol = (uint8_t)protocol;
    k->mtu_discover = 1;
    k->queue.limit_bytes = (uint32_t)stack_knob(s, MODULE_SOCKET, SOCKET_KNOB_RCVBUF);
    return k;
}

/* The descriptor of a socket that got its block, or its error. */
static int finish_open(struct stack *s, struct socket *k, const struct socket_ops *ops, int err)
{
    if (err < 0) {
        socket_give_back(s, k);
        return err;
    }
    k->ops = ops;
    socket_state(s)->block[k->index] = k->pcb;
    STACK_INVARIANT(socket_check(s, k));
    return socket_fd(k);
}

int socket_open(struct stack *s, enum addr_family family, enum socket_type type, int protocol)
{
    if (!socket_state(s))
        return -ERR_PROTONOSUPPORT;
    int err;
    const struct socket_ops *ops = kind(s, family, type, protocol, &err);
    if (!ops)
        return err;
    struct socket *k = prepare(s, family, type, protocol);
    return k ? finish_open(s, k, ops, ops->open(s, k)) : -ERR_MFILE;
}

int socket_close(struct stack *s, int fd, int64_t now_ns)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    STACK_INVARIANT(socket_check(s, k));
    socket_leave_all(s, k, now_ns);
    k->ops->close(s, k, now_ns);
    socket_queue_drop_all(s, k);
    socket_give_back(s, k);
    return 0;
}

/* --- readiness and errors --- */

void socket_grew(struct stack *s, struct socket *k, unsigned before)
{
    unsigned grown = k->ops->events(s, k) & ~before;
    if (grown && s->port.ready)
        s->port.ready(s->port.self, socket_fd(k), grown);
}

void socket_fail(struct stack *s, struct socket *k, int error)
{
    unsigned before = k->ops->events(s, k);
    k->pending_error = (uint8_t)error;
    socket_grew(s, k, before);
}

int socket_take_error(struct socket *k)
{
    int error = k->pending_error;
    k->pending_error = 0;
    return -error;
}

unsigned socket_events(struct stack *s, int fd)
{
    struct socket *k = find(s, fd);
    return k ? k->ops->events(s, k) : 0;
}

/* --- calls --- */

static bool address_ok(const struct socket *k, const struct socket_address *a)
{
    return a->addr.family == k->family;
}

int socket_bind(struct stack *s, int fd, const struct socket_address *local)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    if (!address_ok(k, local))
        return -ERR_AFNOSUPPORT;
    return k->ops->bind(s, k, local);
}

int socket_connect(struct stack *s, int fd, const struct socket_address *peer, int64_t now_ns)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    if (!peer || peer->addr.family == ADDR_NONE)
        return k->ops->connect(s, k, NULL, now_ns);
    if (!address_ok(k, peer))
        return -ERR_AFNOSUPPORT;
    return k->ops->connect(s, k, peer, now_ns);
}

int socket_listen(struct stack *s, int fd, int backlog, int64_t now_ns)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    return k->ops->listen ? k->ops->listen(s, k, backlog, now_ns) : -ERR_OPNOTSUPP;
}

int socket_accept(struct stack *s, int fd, struct socket_address *from, int64_t now_ns)
{
    struct socket *k = find(s, fd);
    struct socket_address ignored;
    if (!k)
        return -ERR_BADF;
    if (!k->ops->accept)
        return -ERR_OPNOTSUPP;
    struct socket *child =
        prepare(s, (enum addr_family)k->family, (enum socket_type)k->type, k->protocol);
    if (!child)
        return -ERR_MFILE;
    return finish_open(s, child, k->ops,
                       k->ops->accept(s, k, child, from ? from : &ignored, now_ns));
}

static bool fails_now(const struct stack *s, const struct socket *k, bool sends)
{
    return k->pending_error && !(k->ops->error_waits && k->ops->error_waits(s, k, sends));
}

int socket_send(struct stack *s, int fd, const void *bytes, size_t len, int flags,
                const struct socket_address *to, int64_t now_ns)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    if (to && !address_ok(k, to))
        return -ERR_AFNOSUPPORT;
    if (fails_now(s, k, true))
        return socket_take_error(k);
    if (k->shut_write)
        return -ERR_PIPE;
    return k->ops->send(s, k, bytes, len, flags, to, now_ns);
}

int socket_receive(struct stack *s, int fd, void *out, size_t room, int flags,
                   struct socket_address *from, int64_t now_ns)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    if (fails_now(s, k, false) && !(k->ops->has_left && k->ops->has_left(s, k)))
        return socket_take_error(k);
    return k->ops->receive(s, k, out, room, flags, from, now_ns);
}

int socket_name(struct stack *s, int fd, struct socket_address *out)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    k->ops->name(s, k, out);
    out->addr.family = k->family;
    return 0;
}

int socket_peer(struct stack *s, int fd, struct socket_address *out)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    return k->ops->peer(s, k, out);
}

int socket_shutdown(struct stack *s, int fd, int how, int64_t now_ns)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    if (how < SOCKET_SHUT_READ || how > SOCKET_SHUT_BOTH)
        return -ERR_INVAL;
    return k->ops->shutdown(s, k, how, now_ns);
}

int socket_bind_device(struct stack *s, int fd, const char *ifname)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    struct netif *nif = ifname && *ifname ? stack_netif(s, ifname) : NULL;
    if (!nif && ifname && *ifname)
        return -ERR_NODEV;
    k->pcb->nif = nif;
    return 0;
}

int socket_join(struct stack *s, int fd, const struct ip_addr *group, int64_t now_ns)
{
    struct socket *k = find(s, fd);
    return k ? socket_change_membership(s, k, group, true, now_ns) : -ERR_BADF;
}

int socket_leave(struct stack *s, int fd, const struct ip_addr *group, int64_t now_ns)
{
    struct socket *k = find(s, fd);
    return k ? socket_change_membership(s, k, group, false, now_ns) : -ERR_BADF;
}

int socket_set(struct stack *s, int fd, enum socket_option option, int64_t value, int64_t now_ns)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    int err = socket_set_common(s, k, option, value, now_ns);
    return err == -ERR_NOPROTOOPT ? k->ops->set(s, k, option, value, now_ns) : err;
}

int socket_get(struct stack *s, int fd, enum socket_option option, int64_t *value)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    int err = socket_get_common(s, k, option, value);
    return err == -ERR_NOPROTOOPT ? k->ops->get(s, k, option, value) : err;
}

int socket_set_ip_options(struct stack *s, int fd, const void *options, size_t len)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    return k->ops->set_ip_options ? k->ops->set_ip_options(s, k, options, len) : -ERR_NOPROTOOPT;
}

int socket_peek_packet(struct stack *s, int fd, struct socket_packet *out)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    if (!k->queue.count)
        return -ERR_AGAIN;
    socket_queue_describe(k, out);
    return 0;
}

int socket_set_fastopen_key(struct stack *s, int fd, const uint8_t key[16])
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    return k->ops->set_fastopen_key ? k->ops->set_fastopen_key(s, k, key) : -ERR_OPNOTSUPP;
}

int socket_tcp_info(struct stack *s, int fd, struct socket_tcp_info *out, int64_t now_ns)
{
    struct socket *k = find(s, fd);
    if (!k)
        return -ERR_BADF;
    return k->ops->tcp_info ? k->ops->tcp_info(s, k, out, now_ns) : -ERR_OPNOTSUPP;
}

/* --- what kinds share --- */

struct ip_addr socket_destination(const struct ip_addr *a)
{
    return a->family == ADDR_IPV4 && addr_is_any(a) ? addr_ipv4(0x7f000001) : *a;
}

void socket_dissolve(struct socket *k)
{
    k->connected = k->shut_read = k->shut_write = false;
}

int socket_shutdown_queue(struct stack *s, struct socket *k, int how, int64_t now_ns)
{
    (void)now_ns;
    if (!k->connected)
        return -ERR_NOTCONN;
    unsigned before = k->ops->events(s, k);
    k->shut_read = k->shut_read || how != SOCKET_SHUT_WRITE;
    k->shut_write = k->shut_write || how != SOCKET_SHUT_READ;
    socket_grew(s, k, before);
    return 0;
}

/* --- the module --- */

static int socket_init(struct stack *s, void *state, int64_t now_ns)
{
    (void)now_ns;
    socket_table_init(s, state);
    return 0;
}

static const struct knob knobs[] = {
    [SOCKET_KNOB_RCVBUF] = {"rcvbuf", KNOB_NUMBER, 65536, 256, 16 << 20},
    [SOCKET_KNOB_DONT_FRAGMENT] = {"dont_fragment", KNOB_BOOL, 0, 0, 1},
};

static const char *const counters[] = {
    [SOCKET_DROP_QUEUE_FULL] = "drop.queue_full", [SOCKET_DROP_BUFFER_FULL] = "drop.buffer_full",
    [SOCKET_DROP_POOL_LOW] = "drop.pool_low",     [SOCKET_DROP_SHUT] = "drop.shut",
    [SOCKET_DROP_CLOSED] = "drop.closed",
};

static void on_netif(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                     int64_t now_ns)
{
    struct socket_state *t = state;
    for (uint32_t i = 0; event == NETIF_EVENT_GONE && i < t->sockets; i++)
        if (t->socket[i].ops)
            socket_netif_gone(s, &t->socket[i], nif, now_ns);
}

const struct module socket_module = {
    .name = "socket",
    .id = MODULE_SOCKET,
    .state_size = socket_state_size,
    .init = socket_init,
    .netif = on_netif,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof *knobs,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
};
