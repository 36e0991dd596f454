/* Frames: `<` lines become frames on links, `>` lines expectations before the judge. */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stddef.h>
#include <string.h>
#include "sim/hosts/cwnd_trace.h"
#include "sim/packet/facts.h"
#include "sim/packet/fragment.h"
#include "sim/play/engine.h"
#include "sim/play/stand_in.h"
#include "sim/play/watch.h"

/* --- who is who --- */

static bool name_lookup(void *self, const char *name, struct value *out)
{
    struct run *r = self;
    const struct value *v = scope_lookup(&r->topology, name);
    if (v)
        *out = *v;
    return v != NULL;
}

static void name_bind(void *self, const char *name, const struct value *value)
{
    struct run *r = self;
    scope_bind(&r->topology, name, value);
}

static struct judge_port *judged(const struct run *r, const struct host *h, int port)
{
    const struct host_port *p = &h->port[port];
    return judge_port_of(&r->judge, link_number(p->link), p->number);
}

static bool name_host(void *self, const char *name, struct packet_addresses *out)
{
    struct run *r = self;
    int port;
    struct host *h = topology_host(&r->topology, name, &port);
    if (!h || h->ports == 0)
        return false;
    judge_addresses(judged(r, h, port), out);
    return true;
}

static void mark_record(void *self, const struct seen *s, const struct expectation *line)
{
    struct run *r = self;
    const struct bend_hooks *bend = r->options->bend;
    r->taken_ns[0] = r->taken_ns[1];
    r->taken_ns[1] = s->time_ns;
    uint32_t link = judge_link_of(&r->judge, s->from);
    struct capture_record *at = capture_at(r->topology.recording.link[link].capture, s->record);
    if (at)
        at->script_line = line->place.line;
    if (bend && bend->taken && s->sent)
        bend->taken(bend->ctx, s->sent, line->place.line, line->to_ns);
}

static void introduce_host(struct run *r, const struct host *h)
{
    enum station station = h == r->topology.sut          ? STATION_UNDER_TEST
                           : (h->kind->flags & HOST_RAW) ? STATION_SCRIPT
                                                         : STATION_PEER;
    for (uint32_t p = 0; p < h->ports; p++) {
        const struct host_port *port = &h->port[p];
        struct judge_port seen = {.name = port->name,
                                  .number = port->number,
                                  .station = station,
                                  .host = h,
                                  .has_ipv4 = port->has_ipv4,
                                  .ipv4 = port->ipv4,
                                  .prefix = port->prefix};
        memcpy(seen.mac, port->mac, sizeof seen.mac);
        judge_add_port(&r->judge, link_number(port->link), &seen);
    }
}

static void introduce_ignores(struct run *r)
{
    const struct script *s = r->script;
    r->judge.ignore = world_alloc(r->world, (s->ignores + 1) * sizeof *r->judge.ignore, 16);
    r->judge.ignores = s->ignores;
    for (uint32_t i = 0; i < s->ignores; i++) {
        int port = 0;
        const struct ignore *ig = &s->ignore[i];
        struct host *at = ig->at ? topology_host(&r->topology, ig->at, &port) : NULL;
        r->judge.ignore[i] = (struct judge_ignore){.packet = ig->packet,
                                                   .at = at ? judged(r, at, port) : NULL,
                                                   .place = ig->place,
                                                   .until_ns = ig->until_ns};
    }
}

static void hear_addresses(struct run *r, const struct value *v)
{
    if (v->kind == VALUE_IPV4 || v->kind == VALUE_ENDPOINT || v->kind == VALUE_PREFIX)
        judge_said_ipv4(&r->judge, (uint32_t)v->number);
    struct in_addr a;
    if (v->kind == VALUE_BYTES && inet_pton(AF_INET, (const char *)v->bytes, &a) == 1)
        judge_said_ipv4(&r->judge, ntohl(a.s_addr));
    for (uint32_t k = 0; k < v->items; k++)
        hear_addresses(r, &v->item[k]);
}

/* In a run without lines of its own a frame may be what some `>` line says of frames of its kind.
 */
static void collect_excuses(struct run *r, const struct step *step, uint32_t steps)
{
    struct judge *j = &r->judge;
    for (uint32_t s = 0; s < steps; s++) {
        if (step_is_block(&step[s]))
            collect_excuses(r, step[s].u.block.step, step[s].u.block.steps);
        if (step[s].kind != STEP_PACKET || step[s].u.packet.direction != '>')
            continue;
        if (j->excuses == j->excuse_room)
            j->excuse = world_grow(r->world, j->excuse, &j->excuse_room, sizeof *j->excuse);
        j->excuse[j->excuses++] = step[s].u.packet.packet;
    }
}

/* Addresses that declarations name: of peers, gateways, servers, pools. */
static void hear_declarations(struct run *r, const struct declaration *d, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++)
        for (uint32_t a = 0; a < d[k].attributes; a++)
            hear_addresses(r, &d[k].attribute[a].value);
}

/* Of peers, the frames of those are kept that some `>` line observes. */
static void watch_observed(struct run *r, const struct step *step, uint32_t steps)
{
    for (uint32_t s = 0; s < steps; s++) {
        if (step_is_block(&step[s]))
            watch_observed(r, step[s].u.block.step, step[s].u.block.steps);
        if (step[s].kind != STEP_PACKET || !step[s].u.packet.at ||
            step[s].u.packet.direction != '>')
            continue;
        int port;
        const struct host *h = topology_host(&r->topology, step[s].u.packet.at, &port);
        for (uint32_t p = 0; h != r->topology.sut && p < h->ports; p++)
            judge_watch(&r->judge, judged(r, h, (int)p), judged(r, h, 0));
    }
}

void frames_introduce(void *run)
{
    struct run *r = run;
    struct judge *j = &r->judge;
    judge_init(j, r->world, r->topology.recording.links);
    watch_begin(r);
    j->verdict = &r->verdict;
    j->layers = r->script->layers;
    j->names = (struct judge_names){r, name_lookup, name_bind, name_host};
    j->player = &r->owner;
    j->mark = mark_record;
    j->calls_heard = true;
    j->unlined = r->by_outcome;
    for (uint32_t k = 0; k < r->options->faults; k++)
        j->disturbed |= r->options->fault[k].kind != FAULT_LOSE;
    j->relaxed = r->options->judge_rfc || (r->script->packetdrill && !r->options->judge_exact &&
                                           r->options->system == SYSTEM_NONE);
    j->script_space = j->any_size = r->script->packetdrill;
    j->stamps_are_free = r->script->packetdrill && !r->topology.tool.tick_ns;
    for (uint32_t h = 0; h < r->topology.hosts; h++)
        introduce_host(r, r->topology.host[h]);
    introduce_ignores(r);
    if (j->unlined)
        collect_excuses(r, r->script->step, r->script->steps);
    hear_declarations(r, r->script->sut, r->script->suts);
    hear_declarations(r, r->script->host, r->script->hosts);
    bend_begin(r);
    j->conventions = r->options->sut->flags & SUT_INSIDE;
    for (uint32_t k = 0; k < r->script->sets; k++)
        if (r->script->set[k].value.kind == VALUE_NUMBER ||
            r->script->set[k].value.kind == VALUE_TIME)
            frames_hear_knob(r, r->script->set[k].name, r->script->set[k].value.number);
    watch_observed(r, r->script->step, r->script->steps);
}

/* Addresses, numbers and neighbours that the script gives and takes are the judge's to know. */
struct heard {
    const char *call;
    void (*hear)(struct run *r, const struct value *argv);
};

static struct judge_port *port_named(const struct run *r, const struct value *ifname)
{
    int port;
    struct host *h = ifname->kind == VALUE_BYTES
                         ? topology_host(&r->topology, (const char *)ifname->bytes, &port)
                         : NULL;
    return h && h->ports ? judged(r, h, port) : NULL;
}

static void hear_ifconfig(struct run *r, const struct value *argv)
{
    struct judge_port *p = port_named(r, &argv[0]);
    if (p)
        judge_given(&r->judge, p, (uint32_t)argv[1].number,
                    argv[1].kind == VALUE_PREFIX ? argv[1].prefix : 0);
}

static void hear_ifdelete(struct run *r, const struct value *argv)
{
    struct judge_port *p = port_named(r, &argv[0]);
    if (p)
        judge_taken(&r->judge, p, (uint32_t)argv[1].number);
}

static void hear_neighbour(struct run *r, const struct value *argv)
{
    struct judge_port *p = port_named(r, &argv[0]);
    if (p && argv[2].kind == VALUE_MAC)
        judge_heard_mac(&r->judge, judge_link_of(&r->judge, p), argv[2].bytes);
}

static void hear_setsockopt(struct run *r, const struct value *argv)
{
    const struct value *v = argv[3].kind == VALUE_LIST && argv[3].items ? argv[3].item : &argv[3];
    if (argv[1].number == SOL_SOCKET && argv[2].number == SO_RCVBUF)
        r->judge.rcvbuf = 0;
    if (argv[1].number != IPPROTO_IP)
        return;
    if (argv[2].number == IP_TTL || argv[2].number == IP_MULTICAST_TTL)
        judge_said_ttl(&r->judge, (uint8_t)v->number);
    if (argv[2].number == IP_TOS)
        judge_said_tos(&r->judge, (uint8_t)v->number);
    if (argv[2].number == IP_MTU_DISCOVER || argv[2].number == IP_HDRINCL)
        r->judge.said_df = true;
}

static void hear_ping(struct run *r, const struct value *argv)
{
    if (argv[3].kind == VALUE_NUMBER)
        judge_said_ttl(&r->judge, (uint8_t)argv[3].number);
}

static void hear_traceroute(struct run *r, const struct value *argv)
{
    int64_t hops = argv[1].kind == VALUE_NUMBER ? argv[1].number : 30;
    for (int64_t ttl = 1; ttl <= hops && ttl < 256; ttl++)
        judge_said_ttl(&r->judge, (uint8_t)ttl);
}

static void hear_socket(struct run *r, const struct value *argv)
{
    (void)argv;
    r->judge.sockets++;
}

/* The octets lie in the call's arguments, which go with it: a copy of as many as are sent. */
static void hear_send(struct run *r, const struct value *argv)
{
    if (argv[1].kind == VALUE_NONE && argv[2].number > r->judge.said_pattern)
        r->judge.said_pattern = (uint32_t)argv[2].number;
    if (argv[1].kind != VALUE_BYTES)
        return;
    uint32_t len =
        argv[2].kind == VALUE_NUMBER && argv[2].number >= 0 && argv[2].number < (int64_t)argv[1].len
            ? (uint32_t)argv[2].number
            : argv[1].len;
    uint8_t *copy = world_alloc_raw(r->world, len ? len : 1, 1);
    memcpy(copy, argv[1].bytes, len);
    judge_said_octets(&r->judge, copy, len);
}

static void hear_service(struct run *r, const struct value *argv)
{
    (void)argv;
    r->judge.ports_open = true;
}

static void hear_resolve(struct run *r, const struct value *argv)
{
    r->judge.ports_open = true;
    if (argv[0].kind == VALUE_BYTES)
        judge_said_name(&r->judge, (const char *)argv[0].bytes);
}

static void hear_reverse(struct run *r, const struct value *argv)
{
    char name[64];
    uint32_t a = (uint32_t)argv[0].number;
    snprintf(name, sizeof name, "%u.%u.%u.%u.in-addr.arpa", a & 255, a >> 8 & 255, a >> 16 & 255,
             a >> 24);
    r->judge.ports_open = true;
    judge_said_name(&r->judge, name);
}

static void hear_option(struct run *r, const struct value *argv)
{
    struct judge_port *p = port_named(r, &argv[0]);
    if (p)
        p->dhcp_option = NULL;
}

void frames_hear(struct run *r, const char *call, const struct value *argv, uint32_t arguments)
{
    static const struct heard heard[] = {
        {"ifconfig", hear_ifconfig},   {"ifdelete", hear_ifdelete},
        {"neighbour", hear_neighbour}, {"setsockopt", hear_setsockopt},
        {"ping", hear_ping},           {"traceroute", hear_traceroute},
        {"socket", hear_socket},       {"send", hear_send},
        {"sendto", hear_send},         {"write", hear_send},
        {"resolve", hear_resolve},     {"reverse", hear_reverse},
        {"sntp", hear_service},        {"traceroute", hear_service},
        {"udp_echo", hear_service},    {"dhcp_option", hear_option},
        {"http_get", hear_service},    {"http_head", hear_service},
        {"http_post", hear_service},   {"http_serve", hear_service},
        {"telnet", hear_service},
    };
    for (size_t k = 0; k < sizeof heard / sizeof heard[0]; k++)
        if (strcmp(heard[k].call, call) == 0)
            heard[k].hear(r, argv);
    for (uint32_t a = 0; a < arguments; a++)
        hear_addresses(r, &argv[a]);
    watch_call(r, call, argv, arguments);
}

void frames_hear_peer(struct run *r, const struct host *h, const char *call,
                      const struct value *argv)
{
    bool given = strcmp(call, "ifconfig") == 0, taken = strcmp(call, "ifdelete") == 0;
    int port = (given || taken) && argv[0].kind == VALUE_BYTES
                   ? sut_host_port(h, (const char *)argv[0].bytes)
                   : -1;
    if (port >= 0 && given)
        judge_given(&r->judge, judged(r, h, port), (uint32_t)argv[1].number,
                    argv[1].kind == VALUE_PREFIX ? argv[1].prefix : 0);
    else if (port >= 0)
        judge_taken(&r->judge, judged(r, h, port), (uint32_t)argv[1].number);
}

void frames_hear_knob(struct run *r, const char *knob, int64_t value)
{
    if (strcmp(knob, "ipv4.ttl") == 0)
        r->judge.ttl = (uint32_t)value;
    else if (strcmp(knob, "ipv4.multicast_ttl") == 0)
        judge_said_ttl(&r->judge, (uint8_t)value);
    else if (strcmp(knob, "socket.dont_fragment") == 0 && value)
        r->judge.said_df = true;
    else if (strcmp(knob, "tcp.path_mtu_discovery") == 0)
        r->judge.no_discovery = !value;
    else if (strcmp(knob, "tcp.rcvbuf") == 0)
        r->judge.rcvbuf = (uint32_t)value;
    else if (strcmp(knob, "dhcp.broadcast") == 0 && value)
        r->judge.said_broadcast = true;
    else if (strcmp(knob, "arp.retry") == 0)
        r->judge.arp_interval_ns = value;
}

/* The port's host, if the frame is one that it sent. */
static void trace_frame(struct run *r, uint32_t link, int port, const struct frame *f,
                        int64_t now_ns)
{
    for (uint32_t k = 0; k < r->topology.hosts; k++) {
        struct host *h = r->topology.host[k];
        for (uint32_t p = 0; p < h->ports; p++)
            if (link_number(h->port[p].link) == link && h->port[p].number == port)
                cwnd_trace_frame(r->options->cwnd, h, f->bytes, f->len, now_ns);
    }
}

void frames_watch(void *ctx, uint32_t link, int port, struct frame *f, enum link_event event,
                  uint32_t record, int64_t now_ns)
{
    struct run *r = ctx;
    if (!r->judge.links)
        return; /* a host that comes up while the others are still being built */
    if (f->flags & FRAME_PIECE) {
        if (f != r->last_piece)
            return;
        f = r->whole;
    }
    bool stood_in = stand_in_sends(r) || stand_in_takes(r, link, port, f);
    if (!r->options->live && !stood_in)
        judge_frame(&r->judge, link, port, f, event, record, now_ns);
    if (r->options->cwnd)
        trace_frame(r, link, port, f, now_ns);
    watch_sent(r, judge_port_of(&r->judge, link, port), f, record, now_ns);
}

void frames_note(struct run *r, const char *reason)
{
    struct frame *f = sut_host_current(r->topology.sut);
    if (f) /* the text is the teller's for the length of the call */
        frame_note(f, NULL, names_text(r->world, &r->reasons, reason));
}

/* --- `<` --- */

static void script_port_frame(void *ctx, int port, struct frame *f, int64_t now_ns)
{
    (void)ctx, (void)port, (void)f, (void)now_ns;
}

/* The connection whose segments the line's are: by the ports and addresses that it writes, else the
 * one whose segment was seen last. */
static struct flow *flow_of_line(struct run *r, uint32_t link, const struct packet_spec *p,
                                 const struct packet_context *c)
{
    struct packet_ends e;
    struct flow *last = judge_flow(&r->judge, link);
    packet_ends(p, c, &e);
    if (!e.source && !e.destination && !e.source_port && !e.destination_port)
        return last;
    uint32_t host = e.destination ? e.destination : c->destination.ipv4,
             peer = e.source ? e.source : c->source.ipv4;
    uint16_t host_port = e.destination_port ? e.destination_port
                         : last             ? last->host.port
                                            : 0,
             peer_port = e.source_port ? e.source_port
                         : last        ? last->peer.port
                                       : 0;
    return flow_find(&r->judge, host, host_port, peer, peer_port);
}

static void fill_context(struct run *r, uint32_t link, const struct packet_spec *p,
                         const struct judge_port *to, const struct judge_port *from,
                         struct packet_context *c)
{
    const struct frame *answered = judge_last_out(&r->judge, link);
    judge_context(&r->judge, c);
    judge_addresses(to, &c->destination);
    if (from)
        judge_addresses(from, &c->source);
    if (answered) {
        c->answered = answered->bytes;
        c->answered_len = answered->len;
    } else if (r->script->packetdrill) { /* nothing came out yet whose ports could be answered */
        c->source_port = r->topology.tool.connect_port;
        c->destination_port = r->topology.tool.bind_port;
    }
    if (packet_has_layer(p, "tcp") || packet_has_layer(p, "icmp")) {
        struct flow_base base;
        flow_now(flow_of_line(r, link, p, c), &base);
        flow_context(&r->judge, &base, false, c);
    }
}

/* On the link, as of that line of the script. */
static void send_frame(struct run *r, uint32_t link, int port, struct frame *f, int line)
{
    const struct recorded_link *l = &r->topology.recording.link[link];
    uint32_t entered = l->capture->count;
    link_send(l->link, port, f);
    struct capture_record *at = capture_at(l->capture, entered);
    if (at)
        at->script_line = line;
    frame_unref(f);
}

/* packetdrill's tun device takes datagrams of any length; no Ethernet does: they go in fragments.
 */
static bool goes_in_pieces(const struct run *r, const uint8_t *bytes, uint32_t len)
{
    struct packet_facts facts;
    if (!r->script->packetdrill || len <= FRAGMENT_MTU_MOST + ETHER_HDR_LEN)
        return false;
    packet_facts(bytes, len, &facts);
    return facts.kind == FACTS_IPV4 && facts.ip == bytes + ETHER_HDR_LEN;
}

static void send_pieces(struct run *r, uint32_t link, int port, struct frame *whole, int line)
{
    uint8_t one[FRAGMENT_MTU_MOST];
    struct packet_fragments pieces = {.datagram = whole->bytes + ETHER_HDR_LEN,
                                      .len = whole->len - ETHER_HDR_LEN,
                                      .mtu = FRAGMENT_MTU_MOST};
    whole->bytes[ETHER_HDR_LEN + offsetof(struct ip, ip_off)] &= (uint8_t) ~(IP_DF >> 8);
    if (r->whole)
        frame_unref(r->whole);
    r->whole = whole;
    for (uint32_t len; (len = packet_fragment_next(&pieces, one)) != 0;) {
        struct frame *f = frame_new(r->world, ETHER_HDR_LEN + len);
        memcpy(f->bytes, whole->bytes, ETHER_HDR_LEN);
        memcpy(f->bytes + ETHER_HDR_LEN, one, len);
        f->flags = FRAME_PIECE;
        r->last_piece = packet_fragments_gone(&pieces) ? f : NULL;
        send_frame(r, link, port, f, line);
    }
}

static void send_built(struct run *r, uint32_t link, int port, const uint8_t *bytes, uint32_t len,
                       int line)
{
    struct frame *f = frame_copy(r->world, bytes, len);
    if (goes_in_pieces(r, bytes, len))
        send_pieces(r, link, port, f, line);
    else
        send_frame(r, link, port, f, line);
}

/* The raw host's, or one of nobody's. */
static int script_port(struct run *r, uint32_t link)
{
    struct topology *t = &r->topology;
    if (t->raw[link])
        return t->raw[link]->number;
    if (t->script_port[link] < 0)
        t->script_port[link] =
            link_attach(t->recording.link[link].link, "script", script_port_frame, NULL, r);
    return t->script_port[link];
}

void frames_send(struct run *r, uint32_t link, const uint8_t *bytes, uint32_t len)
{
    send_built(r, link, script_port(r, link), bytes, len, 0);
}

void frames_inject(struct run *r, const struct step *step, int64_t now_ns)
{
    int port = 0;
    struct topology *t = &r->topology;
    struct host *h = step->u.packet.at ? topology_host(t, step->u.packet.at, &port) : t->sut;
    uint32_t link = link_number(h->port[port].link);
    const struct host_port *raw = t->raw[link];
    struct packet_context c;
    struct why why = {{0}};
    if (h != t->sut && !(h->kind->flags & HOST_RAW)) {
        verdict_error(&r->verdict, &step->place, now_ns,
                      "%s is alive: its frames come over the link, none is injected into it",
                      h->name);
        return;
    }
    int from = script_port(r, link);
    const struct bend_hooks *bend = r->options->bend;
    enum inject how = bend ? bend->inject(bend->ctx, ++r->injected_lines, step) : INJECT_PLAIN;
    if (how == INJECT_SWALLOW)
        return;
    fill_context(r, link, step->u.packet.packet, judged(r, h, port),
                 raw ? judge_port_of(&r->judge, link, raw->number) : NULL, &c);
    uint8_t bytes[PACKET_ROOM]; /* not of the world, which is the smaller to save */
    int len = (how == INJECT_REPAIR ? packet_build_right : packet_build)(step->u.packet.packet, &c,
                                                                         bytes, PACKET_ROOM, &why);
    if (len < 0 && r->by_outcome)
        return; /* what it answers never came */
    if (len < 0)
        verdict_fail(&r->verdict, &step->place, now_ns, "this packet cannot be built: %s",
                     why.text);
    else
        send_built(r, link, from, bytes, (uint32_t)len, step->place.line);
}

/* --- `>` --- */

/* How long a line without a time waits: a stack whose timers never stop would keep the world going
 * for ever. */
#define LINE_PATIENCE_NS (INT64_C(86400) * 1000000000)

/* Times are exact; packetdrill's scripts get that tool's tolerance: so many microseconds, or a
 * share of the interval. */
int64_t frames_tolerance(const struct run *r, int64_t interval_ns)
{
    const struct packetdrill *tool = &r->topology.tool;
    if (!r->script->packetdrill)
        return 0;
    int64_t share = interval_ns > 0 ? interval_ns / 1000 * tool->share_permille : 0;
    return share > tool->tolerance_ns ? share : tool->tolerance_ns;
}

static struct bounds tolerated(const struct run *r, struct bounds b)
{
    if (b.to_ns == NEVER)
        return b;
    int64_t tolerance = frames_tolerance(r, b.from_ns - r->last_event_ns);
    return (struct bounds){b.from_ns - tolerance, run_later(b.to_ns, tolerance)};
}

static void expect_line(struct run *r, const struct step *step, uint32_t steps,
                        struct expectation *out)
{
    int port = 0;
    struct host *h =
        step->u.packet.at ? topology_host(&r->topology, step->u.packet.at, &port) : r->topology.sut;
    struct bounds b = tolerated(r, engine_bounds_of(&step->when, r->last_event_ns));
    bool any_time = b.to_ns == NEVER;
    if (any_time && r->script->packetdrill)
        b.from_ns = 0; /* what came before the last event, too */
    if (any_time)      /* `*`: until the end, or for a day */
        b.to_ns = r->script->end_ns >= 0 ? r->script->end_ns
                                         : run_later(r->last_event_ns, LINE_PATIENCE_NS);
    *out = (struct expectation){.packet = step->u.packet.packet,
                                .at = judged(r, h, port),
                                .place = step->place,
                                .from_ns = b.from_ns,
                                .to_ns = b.to_ns,
                                .optional = steps == 1 && step->u.packet.optional,
                                .joins = steps == 1 && !r->topology.tool.strict_segments,
                                .any_time = any_time};
}

enum progress frames_choose(struct run *r, const struct step *either, uint32_t alternatives,
                            int64_t now_ns, uint32_t *which)
{
    int64_t at_ns = 0;
    if (!r->expecting) {
        r->expecting = judge_block(&r->judge, alternatives);
        for (uint32_t k = 0; k < alternatives; k++)
            expect_line(r, either[k].u.block.step, 1, &r->expecting->line[k]);
    }
    switch (judge_choose(&r->judge, r->expecting, now_ns, &at_ns, which)) {
    case JUDGED_WAITS:
        return engine_wait_until(r, at_ns);
    case JUDGED_DONE:
        r->expecting = NULL;
        return ADVANCED;
    case JUDGED_FAILED:
    case JUDGED_ABSENT:
        break;
    }
    return WAITING;
}

enum progress frames_expect(struct run *r, const struct step *step, uint32_t steps, bool optional,
                            int64_t now_ns, bool *absent)
{
    int64_t at_ns = 0;
    *absent = false;
    if (!r->expecting) {
        r->expecting = judge_block(&r->judge, steps);
        for (uint32_t k = 0; k < steps; k++)
            expect_line(r, &step[k], steps, &r->expecting->line[k]);
        r->expecting->line[0].optional |= optional;
    }
    int64_t to_ns = r->expecting->line[0].to_ns;
    switch (judge_expect(&r->judge, r->expecting, now_ns, &at_ns)) {
    case JUDGED_WAITS:
        return engine_wait_until(r, at_ns);
    case JUDGED_DONE:
        r->expecting = NULL;
        r->last_event_ns = at_ns > r->last_event_ns ? at_ns : r->last_event_ns;
        return ADVANCED;
    case JUDGED_ABSENT: /* waited for to its end, that is when it was */
        r->expecting = NULL;
        r->last_event_ns = now_ns >= to_ns && to_ns > r->last_event_ns ? to_ns : r->last_event_ns;
        *absent = true;
        return ADVANCED;
    case JUDGED_FAILED:
        break;
    }
    return WAITING;
}
