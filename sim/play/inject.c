/* `<` lines: frames are built as they say and put on their link. */
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stddef.h>
#include <string.h>
#include "sim/packet/facts.h"
#include "sim/packet/fragment.h"
#include "sim/play/engine.h"

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

void inject_bytes(struct run *r, uint32_t link, const uint8_t *bytes, uint32_t len)
{
    send_built(r, link, script_port(r, link), bytes, len, 0);
}

void inject_line(struct run *r, const struct step *step, int64_t now_ns)
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
    fill_context(r, link, step->u.packet.packet, run_port(r, h, port),
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
