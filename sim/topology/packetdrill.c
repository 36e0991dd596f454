/*
 * A script without topology lines is packetdrill's: the host under test is 192.168.0.1/16 behind a
 * gateway that is a permanent neighbour, the peer is 192.0.2.1 beyond it, and there is no ARP
 * traffic. The tool's options change these; times get the tool's tolerance.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "sim/hosts/sut_host.h"
#include "sim/topology/build.h"
#include "sim/topology/command.h"
#include "sim/topology/sysctl.h"

enum { DEFAULT_PORT = 8080, DEFAULT_TOLERANCE_US = 4000, ETHERNET_MTU = 1500 };

enum option_effect {
    EFFECT_ADDRESS,
    EFFECT_PREFIX,
    EFFECT_PORT,
    EFFECT_TOLERANCE,
    EFFECT_FAMILY,
    EFFECT_MTU,
    EFFECT_PERCENT,
    EFFECT_SEGMENTS,
    EFFECT_TICK,
    EFFECT_SKIP,
    EFFECT_NONE
};

static const struct {
    const char *name;
    enum option_effect effect;
    size_t offset;
} tool_options[] = {
    {"local_ip", EFFECT_ADDRESS, offsetof(struct packetdrill, local)},
    {"remote_ip", EFFECT_ADDRESS, offsetof(struct packetdrill, remote)},
    {"gateway_ip", EFFECT_ADDRESS, offsetof(struct packetdrill, gateway)},
    {"netmask_ip", EFFECT_PREFIX, 0},
    {"bind_port", EFFECT_PORT, offsetof(struct packetdrill, bind_port)},
    {"connect_port", EFFECT_PORT, offsetof(struct packetdrill, connect_port)},
    {"tolerance_usecs", EFFECT_TOLERANCE, 0},
    {"ip_version", EFFECT_FAMILY, 0},
    {"strict_segments", EFFECT_SEGMENTS, 0},
    {"tcp_ts_tick_usecs", EFFECT_TICK, 0},
    {"udp_encapsulation", EFFECT_SKIP, 0},
    {"is_anyip", EFFECT_SKIP, 0},
    {"mtu", EFFECT_MTU, 0},
    {"mss", EFFECT_SKIP, 0},
    {"tolerance_percent", EFFECT_PERCENT, 0},
    {"non_fatal", EFFECT_NONE, 0}, /* what fails, fails */
    {"init_scripts", EFFECT_SKIP, 0},
    {"dry_run", EFFECT_SKIP, 0},
    {"define", EFFECT_NONE, 0}, /* read with the words */
    /* of the tool's own device and output, and of TCP, whose scripts are skipped as such */
    {"speed", EFFECT_NONE, 0},
    {"send_omit_free", EFFECT_NONE, 0},
    {"debug", EFFECT_NONE, 0},
    {"verbose", EFFECT_NONE, 0},
    {"tcp_ts_ecr_scaled", EFFECT_NONE, 0},
};
enum { TOOL_OPTIONS = sizeof tool_options / sizeof tool_options[0] };

static const char *option_text(const struct value *v)
{
    return v->kind == VALUE_BYTES ? (const char *)v->bytes : v->kind == VALUE_NAME ? v->text : "";
}

static bool option_address(const struct value *v, uint32_t *out)
{
    struct in_addr a;
    if (v->kind == VALUE_IPV4) {
        *out = (uint32_t)v->number;
        return true;
    }
    if (inet_pton(AF_INET, option_text(v), &a) != 1)
        return false;
    *out = ntohl(a.s_addr);
    return true;
}

static bool option_number(const struct value *v, int64_t most, int64_t *out)
{
    int64_t n = v->number;
    if (v->kind != VALUE_NUMBER) {
        const char *text = option_text(v);
        char *end;
        n = strtoll(text, &end, 10);
        if (end == text || *end)
            return false;
    }
    *out = n;
    return n >= 0 && n <= most;
}

static int bad_option(const struct setting *s, const char *right, struct why *why)
{
    why_set(why, "%s:%d:%d: not a value for --%s: what belongs there is %s", s->place.file,
            s->place.line, s->place.column, s->name, right);
    return -1;
}

/* Newer tools have more of them; what is nearly one that is known is a typo. */
static int unknown_option(struct topology *t, const struct setting *s, struct why *why)
{
    const char *names[TOOL_OPTIONS + 1] = {NULL};
    for (int k = 0; k < TOOL_OPTIONS; k++)
        names[k] = tool_options[k].name;
    const char *nearest = nearest_word(s->name, names);
    if (nearest) {
        why_set(why, "%s:%d:%d: no option --%s: did you mean --%s?", s->place.file, s->place.line,
                s->place.column, s->name, nearest);
        return -1;
    }
    topology_skip(t, "%s:%d: no option --%s is known here", t->plan.script->path, s->place.line,
                  s->name);
    return 0;
}

/* -1: the ones are not all in front. */
static int prefix_of(uint32_t mask)
{
    int prefix = 0;
    while (prefix < 32 && (mask << prefix & 0x80000000u))
        prefix++;
    return prefix < 32 && mask << prefix ? -1 : prefix;
}

static bool is_ip_version(const char *text)
{
    return strcmp(text, "ipv4") == 0 || strcmp(text, "ipv6") == 0 ||
           strcmp(text, "ipv4-mapped-ipv6") == 0;
}

static int apply(struct topology *t, const struct setting *s, size_t k, struct why *why)
{
    struct packetdrill *tool = &t->tool;
    void *at = (uint8_t *)tool + tool_options[k].offset;
    uint32_t mask;
    int64_t number = 0;
    switch (tool_options[k].effect) {
    case EFFECT_ADDRESS:
        return option_address(&s->value, at) ? 0 : bad_option(s, "an IPv4 address", why);
    case EFFECT_PREFIX:
        if (!option_address(&s->value, &mask) || prefix_of(mask) < 0)
            return bad_option(s, "a mask such as 255.255.0.0", why);
        tool->prefix = prefix_of(mask);
        return 0;
    case EFFECT_PORT:
        if (!option_number(&s->value, 65535, &number))
            return bad_option(s, "a port, 0 to 65535", why);
        *(uint16_t *)at = (uint16_t)number;
        return 0;
    case EFFECT_TOLERANCE:
        if (!option_number(&s->value, 1000000000, &number))
            return bad_option(s, "a number of microseconds", why);
        tool->tolerance_ns = number * 1000;
        return 0;
    case EFFECT_FAMILY:
        if (!is_ip_version(option_text(&s->value)))
            return bad_option(s, "ipv4, ipv6 or ipv4-mapped-ipv6", why);
        if (strcmp(option_text(&s->value), "ipv4") != 0)
            topology_skip(t, "%s:%d: IPv6 is not in this stack (--ip_version=%s)",
                          t->plan.script->path, s->place.line, option_text(&s->value));
        return 0;
    case EFFECT_MTU:
        if (!option_number(&s->value, 65535, &number) || number < 68)
            return bad_option(s, "an MTU, 68 to 65535", why);
        if (number > ETHERNET_MTU)
            topology_skip(t, "%s:%d: a link has an MTU of %d at most (--mtu=%s)",
                          t->plan.script->path, s->place.line, ETHERNET_MTU,
                          option_text(&s->value));
        tool->mtu = (uint16_t)number;
        return 0;
    case EFFECT_PERCENT:
        if (!option_number(&s->value, 100, &number))
            return bad_option(s, "a percentage", why);
        tool->share_permille = number * 10;
        return 0;
    case EFFECT_SEGMENTS:
        tool->strict_segments = true;
        return 0;
    case EFFECT_TICK:
        if (!option_number(&s->value, 1000000, &number))
            return bad_option(s, "a number of microseconds up to a second", why);
        tool->tick_ns = number * 1000;
        return 0;
    case EFFECT_SKIP:
        topology_skip(t, "%s:%d: --%s is not played yet", t->plan.script->path, s->place.line,
                      s->name);
        return 0;
    case EFFECT_NONE:
        return 0;
    }
    return 0;
}

int topology_packetdrill_options(struct topology *t, struct why *why)
{
    t->tool = (struct packetdrill){.local = 0xc0a80001,
                                   .remote = 0xc0000201,
                                   .gateway = 0xc0a80002,
                                   .prefix = 16,
                                   .bind_port = DEFAULT_PORT,
                                   .connect_port = DEFAULT_PORT,
                                   .tolerance_ns = (int64_t)DEFAULT_TOLERANCE_US * 1000,
                                   .share_permille = t->plan.share_permille};
    for (uint32_t o = 0; o < t->plan.script->options; o++) {
        const struct setting *s = &t->plan.script->option[o];
        size_t k = 0;
        while (k < TOOL_OPTIONS && strcmp(tool_options[k].name, s->name) != 0)
            k++;
        if ((k == TOOL_OPTIONS ? unknown_option(t, s, why) : apply(t, s, k, why)) != 0)
            return -1;
    }
    return 0;
}

static bool has_sockets(struct host *sut, int domain, int type)
{
    struct value out[SUT_ARGUMENTS] = {{0}}, fd = {.kind = VALUE_NUMBER};
    struct value argv[3] = {{.kind = VALUE_NUMBER, .number = domain},
                            {.kind = VALUE_NUMBER, .number = type},
                            {.kind = VALUE_NUMBER}};
    fd.number = sut_host_call(sut, 0, "socket", argv, 3, out);
    if (fd.number >= 0)
        (void)sut_host_call(sut, 0, "close", &fd, 1, out);
    return fd.number >= 0;
}

/* Packets that no socket call precedes: without the protocol they would find a stack that rightly
 * answers by ICMP, or not at all. */
static void skip_without_protocol(struct topology *t, const struct packet_spec *packet,
                                  const struct place *place)
{
    static const struct {
        const char *layer, *protocol;
        int domain, type;
    } needs[] = {{"ip6", "IPv6", AF_INET6, SOCK_DGRAM}, {"tcp", "TCP", AF_INET, SOCK_STREAM}};
    for (size_t k = 0; k < sizeof needs / sizeof needs[0] && !t->skipped; k++)
        if (packet_has_layer(packet, needs[k].layer) &&
            !has_sockets(t->sut, needs[k].domain, needs[k].type))
            topology_skip(t, "%s:%d: %s is not in the stack %s", place->file, place->line,
                          needs[k].protocol, sut_host_sut(t->sut)->name);
}

int topology_build_packetdrill(struct topology *t, struct why *why)
{
    (void)why;
    topology_each_packet(t, skip_without_protocol);
    if (t->skipped)
        return 0;
    struct host *peer = topology_new_host(t, host_kind_by_name("raw"), "peer");
    topology_new_port(t, peer, "peer", NULL, NULL);
    peer->port[0].has_ipv4 = true;
    peer->port[0].ipv4 = t->tool.remote;
    peer->port[0].prefix = 32;
    topology_attach_ports(t, peer);
    return 0;
}

static int64_t set_knob(void *ctx, const char *knob, int64_t value)
{
    return topology_set_knob(ctx, knob, value);
}

/* Before the first event nothing can be counted. */
static int set_up(void *ctx, const struct command *c, struct why *why)
{
    if (c->kind == COMMAND_SET)
        return sysctl_apply(c->name, c->value, set_knob, ctx, why);
    return 0;
}

int topology_configure_packetdrill(struct topology *t, struct why *why)
{
    const struct host *peer = t->host[t->hosts - 1];
    struct value ifname = topology_text_value(t->sut->port[0].name);
    struct value address[2] = {
        ifname, {.kind = VALUE_PREFIX, .number = t->tool.local, .prefix = t->tool.prefix}};
    struct value neighbour[3] = {ifname,
                                 {.kind = VALUE_IPV4, .number = t->tool.gateway},
                                 {.kind = VALUE_MAC, .bytes = peer->port[0].mac, .len = 6}};
    struct value route[3] = {
        {.kind = VALUE_PREFIX}, {.kind = VALUE_IPV4, .number = t->tool.gateway}, ifname};
    if (topology_configure(t, t->sut, "ifconfig", address, 2, why) != 0 ||
        topology_configure(t, t->sut, "neighbour", neighbour, 3, why) != 0)
        return -1;
    if (topology_configure(t, t->sut, "route", route, 3, why) != 0)
        return -1;
    struct why reason = {{0}};
    const char *shell = t->plan.script->init_shell;
    if (shell && command_each(shell, set_up, t, &reason) != 0)
        topology_skip(t, "%s: %s", t->plan.script->path, reason.text);
    return 0;
}

void topology_packetdrill_default(const struct topology *t, const char *call, int index,
                                  struct value *v)
{
    bool sendto = strcmp(call, "sendto") == 0 && index == 4;
    if (index != 1 && !sendto)
        return;
    if (strcmp(call, "bind") == 0)
        *v = (struct value){.kind = VALUE_ENDPOINT, .prefix = t->tool.bind_port};
    else if (strcmp(call, "connect") == 0 || sendto)
        *v = (struct value){
            .kind = VALUE_ENDPOINT, .number = t->tool.remote, .prefix = t->tool.connect_port};
}
