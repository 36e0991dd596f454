/*
 * libslirp, the very code of QEMU's user network, on the virtual clock: its gateway 10.0.2.2 with
 * ARP and ping, its DHCP server.
 *
 *     host slirp net ip 10.0.2.2/24 dns 10.0.2.3 pool 10.0.2.15
 *
 * It is restricted, so it opens no connection to the world; IPv6 is off, since it draws from the
 * system's entropy. Should it open a socket all the same the run fails: its frames would then
 * depend on the machine. Its state is its own, so the world cannot be saved.
 */
#include <slirp/libslirp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "sim/hosts/peer_ip.h"

enum { TIMERS = 4, NAMES = 128 };

#define NS_PER_MS INT64_C(1000000)

struct timer {
    struct slirp_state *state; /* NULL: free */
    SlirpTimerCb callback;
    void *opaque;
    int64_t due_ns;
};

struct slirp_state {
    Slirp *slirp;
    SlirpCb callbacks;
    struct timer timer[TIMERS];
    int64_t poll_due_ns;
    uint64_t frames, guest_errors;
    char hostname[NAMES], domain[NAMES], bootfile[NAMES], tftp_server[NAMES];
};

static const struct attr_spec slirp_attrs[] = {
    {"dns", VALUE_IPV4, "the resolver's address (the network's .3)"},
    {"pool", VALUE_IPV4, "the first address that its DHCP server leases (the network's .15)"},
    {"hostname", VALUE_BYTES, "the name that its DHCP server gives"},
    {"domain", VALUE_BYTES, "the domain that its DHCP server gives"},
    {"bootfile", VALUE_BYTES, "the file that its DHCP server names"},
    {"tftp-server", VALUE_BYTES, "the server that its DHCP server names"},
    {"no-dhcp", VALUE_NONE, "its DHCP server is off"},
    {NULL, VALUE_NONE, NULL},
};

/* --- what libslirp asks of us --- */

static ssize_t send_packet(const void *bytes, size_t len, void *opaque)
{
    struct host *h = opaque;
    struct slirp_state *s = h->state;
    s->frames++;
    host_send(h, 0, frame_copy(h->world, bytes, (uint32_t)len));
    return (ssize_t)len;
}

static void guest_error(const char *message, void *opaque)
{
    struct host *h = opaque;
    struct slirp_state *s = h->state;
    (void)message;
    s->guest_errors++;
}

static int64_t clock_get_ns(void *opaque)
{
    return host_now(opaque);
}

static void rearm(struct host *h)
{
    const struct slirp_state *s = h->state;
    int64_t due = s->poll_due_ns;
    for (int k = 0; k < TIMERS; k++)
        if (s->timer[k].state && s->timer[k].due_ns < due)
            due = s->timer[k].due_ns;
    host_due(h, due);
}

static void *timer_new(SlirpTimerCb callback, void *callback_opaque, void *opaque)
{
    struct host *h = opaque;
    struct slirp_state *s = h->state;
    for (int k = 0; k < TIMERS; k++)
        if (!s->timer[k].state) {
            s->timer[k] = (struct timer){s, callback, callback_opaque, NEVER};
            return &s->timer[k];
        }
    world_fail(h->world, "%s: libslirp asks for more than %d timers", h->name, TIMERS);
    return NULL;
}

static void timer_free(void *timer, void *opaque)
{
    (void)opaque;
    if (timer)
        ((struct timer *)timer)->state = NULL;
}

static void timer_mod(void *timer, int64_t expire_ms, void *opaque)
{
    if (!timer)
        return;
    ((struct timer *)timer)->due_ns = expire_ms * NS_PER_MS;
    rearm(opaque);
}

static void register_poll_fd(int fd, void *opaque)
{
    struct host *h = opaque;
    (void)fd;
    world_fail(h->world,
               "%s: libslirp opened a socket of this machine, so the run would not be repeatable: "
               "let the script talk to the "
               "gateway, its DHCP server and nobody else",
               h->name);
}

static void unregister_poll_fd(int fd, void *opaque)
{
    (void)fd, (void)opaque;
}

static void notify(void *opaque)
{
    (void)opaque; /* it is polled after every frame */
}

static int add_poll(int fd, int events, void *opaque)
{
    (void)events;
    register_poll_fd(fd, opaque);
    return 0;
}

static int no_events(int index, void *opaque)
{
    (void)index, (void)opaque;
    return 0;
}

/* --- the host --- */

/* What its program does around poll(): frames that waited for ARP leave here, and its slow timers
 * run. */
static void pump(struct host *h)
{
    struct slirp_state *s = h->state;
    uint32_t timeout_ms = UINT32_MAX;
    slirp_pollfds_fill(s->slirp, &timeout_ms, add_poll, h);
    slirp_pollfds_poll(s->slirp, 0, no_events, h);
    timeout_ms = UINT32_MAX;
    slirp_pollfds_fill(s->slirp, &timeout_ms, add_poll, h);
    s->poll_due_ns = timeout_ms == UINT32_MAX
                         ? NEVER
                         : host_now(h) + (int64_t)(timeout_ms ? timeout_ms : 1) * NS_PER_MS;
    rearm(h);
}

static const char *name_of(const struct attrs *a, const char *name, char out[NAMES])
{
    const char *text = attr_text(a, name, NULL);
    if (!text)
        return NULL;
    snprintf(out, NAMES, "%s", text);
    return out;
}

/* Its frames come from 52:55 and its address, whatever a script would like. */
static int take_port(struct host *h, struct why *why)
{
    struct host_port *p = &h->port[0];
    if (h->ports != 1) {
        why_set(why, "slirp stands on one link");
        return -1;
    }
    if (p->mac[0] != 0x52 || (p->mac[1] != 0x55 && p->mac[1] != 0x56)) {
        why_set(
            why,
            "slirp chooses its MAC address itself: 52:55 and the four bytes of its IPv4 address");
        return -1;
    }
    if (!p->has_ipv4) {
        p->has_ipv4 = true;
        p->ipv4 = 0x0a000202;
        p->prefix = 24;
    }
    p->mac[1] = 0x55;
    peer_put32(p->mac + 2, p->ipv4);
    return 0;
}

/* What libslirp leases and names must be in its network, and no text is cut. */
static int check_sense(const struct host *h, const struct attrs *a, struct why *why)
{
    static const char *const addresses[] = {"pool", "dns"}, *const texts[] = {"hostname", "domain",
                                                                              "bootfile",
                                                                              "tftp-server"};
    const struct host_port *p = &h->port[0];
    for (size_t k = 0; k < sizeof addresses / sizeof addresses[0]; k++) {
        const struct attribute *found = attr_find(a, addresses[k], 0);
        uint32_t address = found ? (uint32_t)found->value.number : 0;
        if (found && (((address ^ p->ipv4) & peer_mask(p->prefix)) != 0 || address == p->ipv4 ||
                      !address_of_one_in(address, p->prefix)))
            return attr_refuse(a, found, why, "%s is the address of another host in its network",
                               addresses[k]);
    }
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
        if (strlen(attr_text(a, texts[k], "")) >= NAMES)
            return attr_refuse(a, attr_find(a, texts[k], 0), why, "%s has at most %d octets",
                               texts[k], NAMES - 1);
    return 0;
}

static const SlirpCb callbacks = {
    .send_packet = send_packet,
    .guest_error = guest_error,
    .clock_get_ns = clock_get_ns,
    .timer_new = timer_new,
    .timer_free = timer_free,
    .timer_mod = timer_mod,
    .register_poll_fd = register_poll_fd,
    .unregister_poll_fd = unregister_poll_fd,
    .notify = notify,
};

static int slirp_init_host(struct host *h, const struct attrs *a, struct why *why)
{
    struct slirp_state *s = h->state;
    const struct host_port *p = &h->port[0];
    if (take_port(h, why) != 0 || check_sense(h, a, why) != 0)
        return -1;
    uint32_t mask = peer_mask(p->prefix), net = p->ipv4 & mask;
    SlirpConfig config = {
        .version = 4,
        .restricted = 1,
        .in_enabled = true,
        .vnetwork.s_addr = htonl(net),
        .vnetmask.s_addr = htonl(mask),
        .vhost.s_addr = htonl(p->ipv4),
        .vdhcp_start.s_addr = htonl((uint32_t)attr_number(a, "pool", net | 15)),
        .vnameserver.s_addr = htonl((uint32_t)attr_number(a, "dns", net | 3)),
        .vhostname = name_of(a, "hostname", s->hostname),
        .vdomainname = name_of(a, "domain", s->domain),
        .bootfile = name_of(a, "bootfile", s->bootfile),
        .tftp_server_name = name_of(a, "tftp-server", s->tftp_server),
        .disable_host_loopback = true,
        .disable_dns = true,
        .disable_dhcp = attr_flag(a, "no-dhcp"),
    };
    s->callbacks = callbacks;
    s->poll_due_ns = NEVER;
    s->slirp = slirp_new(&config, &s->callbacks, h);
    if (!s->slirp)
        why_set(why, "libslirp refused its configuration");
    return s->slirp ? 0 : -1;
}

static void slirp_frame(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    struct slirp_state *s = h->state;
    (void)port, (void)now_ns;
    if (f->flags & FRAME_BAD_FCS)
        return;
    slirp_input(s->slirp, f->bytes, (int)f->len);
    pump(h);
}

static void slirp_due(struct host *h, int64_t now_ns)
{
    struct slirp_state *s = h->state;
    for (int k = 0; k < TIMERS; k++) {
        struct timer *t = &s->timer[k];
        if (!t->state || t->due_ns > now_ns)
            continue;
        t->due_ns = NEVER;
        t->callback(t->opaque);
    }
    pump(h);
}

static int slirp_query(struct host *h, const char *what, struct value *out)
{
    const struct slirp_state *s = h->state;
    *out = (struct value){.kind = VALUE_NUMBER, .number = (int64_t)s->frames};
    if (strcmp(what, "frames") == 0)
        return 0;
    out->number = (int64_t)s->guest_errors;
    return strcmp(what, "guest-errors") == 0 ? 0 : -1;
}

static void slirp_stop(struct host *h)
{
    struct slirp_state *s = h->state;
    if (s->slirp)
        slirp_cleanup(s->slirp);
    s->slirp = NULL;
}

static const char *version(const struct host *h)
{
    (void)h;
    return slirp_version_string();
}

const struct host_kind slirp_kind = {
    .name = "slirp",
    .help = "libslirp, the user network of QEMU: gateway, ping, DHCP",
    .state_size = sizeof(struct slirp_state),
    .flags = HOST_FOREIGN,
    .attrs = slirp_attrs,
    .init = slirp_init_host,
    .frame = slirp_frame,
    .due = slirp_due,
    .query = slirp_query,
    .stop = slirp_stop,
    .version = version,
};
