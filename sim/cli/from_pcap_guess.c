/*
 * Calls as the capture suggests them: whoever sent a SYN has connected, whoever answered one has
 * listened; what a segment with PSH ends was written at once; octets are read when they arrive; a
 * FIN is a close. Each guess says so in a comment.
 */
#include "sim/cli/from_pcap.h"
#include "sim/base/octets.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SYN = 2, FIN = 1, RST = 4, PSH = 8, ACK = 16, ETHERNET = 14, PEERS = 16 };
#define DOTTED(a) (a) >> 24, (a) >> 16 & 255, (a) >> 8 & 255, (a)&255

/* A connection, as it goes on. */
struct guessed {
    const struct captured_flow *flow;
    unsigned number, listener; /* of its descriptor, $c1; of its listener's, $l1 */
    bool server, open, finished;
    uint32_t next_in, next_out; /* sequence numbers, once they are known */
    size_t write;               /* the action that is still growing; SIZE_MAX: none */
    int64_t early_ns; /* -1, or when what is sent first was given, and before which frame */
    size_t early;
    uint32_t writing; /* octets of it, from `written` on */
    uint32_t written;
};

/* --- actions --- */

size_t guess_act(struct guesses *g, int64_t at_ns, size_t before, const char *format, ...)
{
    struct text t = {.grows = true};
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (at_ns >= 0)
        print_frame_time(&t, at_ns);
    text_add(&t, "%s\n", line);
    if (g->actions == g->room) {
        g->room = g->room ? g->room * 2 : 64;
        g->action = realloc(g->action, g->room * sizeof *g->action);
    }
    g->action[g->actions] = (struct action){at_ns, before, t.bytes};
    return g->actions++;
}

/* In front of the first frame of that time or later, and behind `frame`. */
size_t guess_place(const struct conversion *c, size_t frame, int64_t at_ns)
{
    size_t f = frame + 1;
    while (f < c->file.count && captured_time(c, f) < at_ns)
        f++;
    return f;
}

/* --- declarations --- */

/* The window scale, timestamps and SACK that the host's first SYN offers; its window. */
static void print_knobs(struct conversion *c, const struct captured_segment *g, bool alone)
{
    bool has[256] = {false};
    for (uint32_t at = 0; at < g->options_len && g->options[at] != 0;) {
        uint8_t kind = g->options[at];
        has[kind] = true;
        uint32_t len = kind == 1 ? 1 : at + 1 < g->options_len ? g->options[at + 1] : 0;
        at = len ? at + len : g->options_len;
    }
    text_add(&c->out, "// its SYN: options that it does not offer, its window, its ISS\n");
    if (!has[8])
        text_add(&c->out, "set    tcp.timestamps 0\n");
    if (!has[3])
        text_add(&c->out, "set    tcp.window_scaling 0\n");
    if (!has[4])
        text_add(&c->out, "set    tcp.sack 0\n");
    if (g->window != UINT16_MAX)
        text_add(&c->out, "set    tcp.rcvbuf %u\n", g->window);
    if (alone)
        text_add(&c->out, "set    tcp.isn %" PRIu32 "\n", g->seq);
    else
        text_add(&c->out, "// several ISSs: the stack's own are used\n");
}

static void print_syn_knobs(struct conversion *c)
{
    struct captured_segment g, syn = {0};
    bool alone = true;
    for (size_t f = 0; f < c->file.count; f++) {
        if (!captured_out(c, f) || !captured_segment(&c->file.frame[f], &g) || !(g.flags & SYN))
            continue;
        alone = alone && (!syn.flags || syn.seq == g.seq);
        syn = syn.flags ? syn : g;
    }
    if (syn.flags)
        print_knobs(c, &syn, alone);
}

static uint32_t source_address(const struct pcap_frame *f)
{
    if (f->len >= ETHERNET + 20 && octets_get(f->bytes + 12, 2) == 0x0800)
        return octets_get(f->bytes + ETHERNET + 12, 4);
    if (f->len >= ETHERNET + 28 && octets_get(f->bytes + 12, 2) == 0x0806)
        return octets_get(f->bytes + ETHERNET + 14, 4);
    return 0;
}

static void print_mac(struct text *t, const uint8_t mac[6])
{
    text_add(t, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* Every other sender is a raw peer, with the first address that it sent from. */
static void print_hosts(struct conversion *c)
{
    uint8_t known[PEERS][6];
    unsigned peers = 0;
    for (size_t f = 0; f < c->file.count && peers < PEERS; f++) {
        const struct pcap_frame *frame = &c->file.frame[f];
        bool seen = captured_out(c, f) || frame->len < ETHERNET;
        for (unsigned k = 0; k < peers && !seen; k++)
            seen = memcmp(known[k], frame->bytes + 6, 6) == 0;
        if (seen)
            continue;
        memcpy(known[peers++], frame->bytes + 6, 6);
        text_add(&c->out, "host   raw peer%u mac ", peers);
        print_mac(&c->out, frame->bytes + 6);
        uint32_t ip = source_address(frame);
        if (ip)
            text_add(&c->out, " ip %u.%u.%u.%u", DOTTED(ip));
        text_add(&c->out, "\n");
    }
    if (!peers)
        text_add(&c->out, "host   raw peer1\n");
    text_add(&c->out, "sut    eth0 mac ");
    print_mac(&c->out, c->host.mac);
    if (c->host.ipv4)
        text_add(&c->out, " ip %u.%u.%u.%u/24", DOTTED(c->host.ipv4));
    text_add(&c->out, "\n");
}

/* What comes by itself when a frame arrives: an ARP reply, or the handshake's next segment. */
static int64_t guess_latency(const struct conversion *c)
{
    for (size_t f = 0; f + 1 < c->file.count; f++) {
        const struct pcap_frame *in = &c->file.frame[f], *out = &c->file.frame[f + 1];
        struct captured_segment g, h;
        if (captured_out(c, f) || !captured_out(c, f + 1) || in->len < 22 || out->len < 22)
            continue;
        bool arp = octets_get(in->bytes + 12, 2) == 0x0806 && octets_get(in->bytes + 20, 2) == 1 &&
                   octets_get(out->bytes + 12, 2) == 0x0806 && octets_get(out->bytes + 20, 2) == 2;
        bool asked =
            octets_get(in->bytes + 12, 2) == 0x0806 && octets_get(in->bytes + 20, 2) == 2 &&
            octets_get(out->bytes + 12, 2) == 0x0800 && !memcmp(in->bytes + 6, out->bytes, 6);
        bool hand = captured_segment(in, &g) && captured_segment(out, &h) && g.flags & SYN &&
                    g.sport == h.dport && h.flags & ACK;
        if (arp || asked || hand)
            return captured_time(c, f + 1) - captured_time(c, f);
    }
    return 0;
}

/* Someone whom the host sends to without having asked for by ARP is known to it. */
static void guess_neighbours(struct guesses *g)
{
    const struct conversion *c = g->c;
    uint8_t known[PEERS][6];
    unsigned count = 0;
    for (size_t f = 0; f < c->file.count && count < PEERS; f++) {
        const struct pcap_frame *frame = &c->file.frame[f];
        bool seen = frame->len < ETHERNET + 20 || frame->bytes[0] & 1;
        const uint8_t *who = frame->bytes + (captured_out(c, f) ? 0 : 6);
        for (unsigned k = 0; k < count && !seen; k++)
            seen = memcmp(known[k], who, 6) == 0;
        if (seen)
            continue;
        bool arp = octets_get(frame->bytes + 12, 2) == 0x0806;
        if (!arp && !captured_out(c, f))
            continue;
        memcpy(known[count++], who, 6);
        uint32_t ip = octets_get(frame->bytes + ETHERNET + 16, 4);
        if (!arp && octets_get(frame->bytes + 12, 2) == 0x0800)
            guess_act(g, 0, 0,
                      "neighbour(\"eth0\", %u.%u.%u.%u, %02x:%02x:%02x:%02x:%02x:%02x) = 0 // a "
                      "guess: it "
                      "did not ask",
                      DOTTED(ip), who[0], who[1], who[2], who[3], who[4], who[5]);
    }
}

/* --- connections --- */

void guess_endpoint(char out[96], uint32_t ip, uint16_t port)
{
    snprintf(out, 96,
             "{sa_family=AF_INET, sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")}", port,
             DOTTED(ip));
}

static void guess_listen(struct guesses *g, const struct captured_flow *f, unsigned number)
{
    char at[96];
    guess_endpoint(at, 0, f->local_port);
    guess_act(g, -1, 0, "// a guess: it answers SYNs to port %u", f->local_port);
    guess_act(g, 0, 0, "socket(..., SOCK_STREAM, IPPROTO_TCP) = ?l%u", number);
    guess_act(g, 0, 0, "setsockopt($l%u, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0", number);
    guess_act(g, 0, 0, "bind($l%u, %s, ...) = 0", number, at);
    guess_act(g, 0, 0, "listen($l%u, 8) = 0", number);
}

/* ARP goes before its SYN. */
static size_t first_cause(const struct conversion *c, size_t frame)
{
    while (frame > 0 && captured_out(c, frame - 1) &&
           octets_get(c->file.frame[frame - 1].bytes + 12, 2) == 0x0806)
        frame--;
    if (frame > 1 && !captured_out(c, frame - 1) && captured_out(c, frame - 2) &&
        octets_get(c->file.frame[frame - 2].bytes + 12, 2) == 0x0806 &&
        octets_get(c->file.frame[frame - 1].bytes + 12, 2) == 0x0806)
        return frame - 2;
    return frame;
}

/* When the answer to its SYN reached it. */
static int64_t answered_ns(const struct guesses *g, const struct captured_flow *f, size_t from,
                           bool *refused)
{
    struct captured_segment s;
    for (size_t k = from + 1; k < g->c->file.count; k++) {
        if (captured_out(g->c, k) || !captured_segment(&g->c->file.frame[k], &s) ||
            captured_flow_of(g->c, &s, false) != f || !(s.flags & (SYN | RST)))
            continue;
        *refused = s.flags & RST;
        return captured_time(g->c, k) + g->latency_ns;
    }
    return -1;
}

/* Its text goes with the handshake's last ACK: it was given before. */
static bool speaks_at_once(const struct conversion *c, const struct captured_flow *f, size_t syn)
{
    struct captured_segment s;
    for (size_t k = syn + 1; k < c->file.count; k++)
        if (captured_out(c, k) && captured_segment(&c->file.frame[k], &s) &&
            captured_flow_of(c, &s, true) == f && !(s.flags & SYN))
            return s.text_len > 0;
    return false;
}

static void guess_connect(struct guesses *g, struct guessed *x, size_t frame)
{
    char to[96], local[96], ends[32] = "";
    const struct captured_flow *f = x->flow;
    size_t at = first_cause(g->c, frame);
    bool refused = false;
    int64_t from_ns = captured_time(g->c, at), done_ns = answered_ns(g, f, frame, &refused);
    guess_endpoint(to, f->remote_ip, f->remote_port);
    guess_endpoint(local, 0, f->local_port);
    guess_act(g, -1, at, "// a guess: it connects, from the port that the capture has");
    guess_act(g, from_ns, at, "socket(..., SOCK_STREAM, IPPROTO_TCP) = ?c%u", x->number);
    guess_act(g, from_ns, at, "bind($c%u, %s, ...) = 0", x->number, local);
    if (speaks_at_once(g->c, f, frame)) {
        x->early_ns = from_ns;
        x->early = at;
        guess_act(g, from_ns, at, "fcntl($c%u, F_SETFL, O_RDWR|O_NONBLOCK) = 0", x->number);
        guess_act(g, from_ns, at, "connect($c%u, %s, ...) = -1 EINPROGRESS", x->number, to);
        return;
    }
    struct text t = {.grows = true};
    if (done_ns >= 0)
        print_frame_time(&t, done_ns);
    snprintf(ends, sizeof ends, "%.*s", (int)(t.len ? t.len - 1 : 0), t.len ? t.bytes : "");
    free(t.bytes);
    t = (struct text){.grows = true};
    print_frame_time(&t, from_ns);
    guess_act(g, -1, at, "%.*s%s%s connect($c%u, %s, ...) = %s", (int)t.len - 1, t.bytes,
              done_ns >= 0 ? "..." : "", ends, x->number, to, refused ? "-1 ECONNREFUSED" : "0");
    free(t.bytes);
}

/* The octets of a write as a script writes them. */
static void finish_write(struct guesses *g, struct guessed *x, bool more)
{
    struct text t = {.grows = true};
    struct captured_segment s;
    const struct conversion *c = g->c;
    uint32_t place = x->written - x->flow->isn[0] - 1, done = 0;
    uint8_t *octets = calloc(1, (size_t)x->writing + 1);
    for (size_t k = 0; k < c->file.count && octets && done < x->writing; k++)
        if (captured_out(c, k) && captured_segment(&c->file.frame[k], &s) &&
            captured_flow_of(c, &s, true) == x->flow && s.seq == x->written + done && s.text_len) {
            memcpy(octets + done, s.text,
                   s.text_len < x->writing - done ? s.text_len : x->writing - done);
            done += s.text_len;
        }
    struct action *a = &g->action[x->write];
    print_frame_time(&t, a->at_ns);
    text_add(&t, "send($c%u, ", x->number);
    if (octets && packet_pattern_run(octets, x->writing, place) == x->writing)
        text_add(&t, "...");
    else
        text_quoted(&t, octets, x->writing);
    text_add(&t, ", %" PRIu32 ", %s) = %" PRIu32 " // a guess: up to PSH\n", x->writing,
             more ? "MSG_MORE" : "0", x->writing);
    free(octets);
    free(a->text);
    a->text = t.bytes;
    x->write = SIZE_MAX;
}

/* New octets of the host: they begin a write, or go on with it. */
static void sent_text(struct guesses *g, struct guessed *x, const struct captured_segment *s,
                      size_t frame)
{
    if (s->text_len == 0 || s->seq != x->next_out)
        return;
    if (x->write == SIZE_MAX) {
        bool early = x->early_ns >= 0;
        x->write = guess_act(g, early ? x->early_ns : captured_time(g->c, frame),
                             early ? x->early : frame, " ");
        x->early_ns = -1;
        x->written = s->seq;
        x->writing = 0;
    }
    x->writing += s->text_len;
    x->next_out += s->text_len;
    if (s->flags & (PSH | FIN))
        finish_write(g, x, s->flags & FIN);
}

/* Does the peer's text still come behind the host's FIN? */
static bool hears_on(const struct guesses *g, const struct guessed *x, size_t frame)
{
    struct captured_segment s;
    for (size_t k = frame + 1; k < g->c->file.count; k++)
        if (!captured_out(g->c, k) && captured_segment(&g->c->file.frame[k], &s) &&
            captured_flow_of(g->c, &s, false) == x->flow && s.text_len &&
            (int32_t)(s.seq + s.text_len - x->next_in) > 0)
            return true;
    return false;
}

static void sent_end(struct guesses *g, struct guessed *x, const struct captured_segment *s,
                     size_t frame)
{
    int64_t at_ns = captured_time(g->c, frame);
    if (x->finished || !(s->flags & (FIN | RST)) || !x->open)
        return;
    x->finished = true;
    if (s->flags & RST)
        guess_act(g, at_ns, frame,
                  "setsockopt($c%u, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0 // a guess: "
                  "it resets",
                  x->number);
    if (s->flags & FIN && hears_on(g, x, frame))
        guess_act(g, at_ns, frame,
                  "shutdown($c%u, SHUT_WR) = 0 // a guess: text comes after its FIN", x->number);
    else
        guess_act(g, at_ns, frame, "close($c%u) = 0 // a guess: its end", x->number);
}

static void host_sent(struct guesses *g, struct guessed *x, const struct captured_segment *s,
                      size_t frame)
{
    if (s->flags & SYN) {
        if (!(s->flags & ACK) && !x->server && x->next_out == 0)
            guess_connect(g, x, frame);
        x->next_out = s->seq + 1;
        return;
    }
    if (!x->server)
        x->open = true;
    sent_text(g, x, s, frame);
    sent_end(g, x, s, frame);
}

static void peer_sent(struct guesses *g, struct guessed *x, const struct captured_segment *s,
                      size_t frame)
{
    int64_t at_ns = captured_time(g->c, frame) + g->latency_ns;
    size_t place = guess_place(g->c, frame, at_ns);
    if (s->flags & SYN) {
        x->next_in = s->seq + 1;
        return;
    }
    if (x->server && !x->open && s->flags & ACK && s->ack == x->next_out && !(s->flags & RST)) {
        x->open = true;
        guess_act(g, at_ns, place, "accept($l%u, ..., ...) = ?c%u // a guess: at once", x->listener,
                  x->number);
    }
    if (s->text_len == 0 || s->seq != x->next_in || !x->open)
        return;
    x->next_in += s->text_len;
    if (!x->finished)
        guess_act(g, at_ns, place,
                  "recv($c%u, ..., %" PRIu32 ", 0) = %" PRIu32 " // a guess: as it comes",
                  x->number, s->text_len, s->text_len);
}

/* One listener stands on a port: it has the number of the first connection that came to it. */
static unsigned listener_of(const struct guesses *g, const struct captured_flow *f)
{
    for (size_t k = 0; k < g->c->flows; k++)
        if (g->c->flow[k].local_port == f->local_port)
            return (unsigned)k + 1;
    return 0;
}

static void guess_connection(struct guesses *g, const struct captured_flow *f, unsigned number)
{
    struct guessed x = {.flow = f, .number = number, .write = SIZE_MAX, .early_ns = -1};
    struct captured_segment s;
    bool begun = false;
    for (size_t k = 0; k < g->c->file.count; k++) {
        bool out = captured_out(g->c, k);
        if (!captured_segment(&g->c->file.frame[k], &s) || captured_flow_of(g->c, &s, out) != f)
            continue;
        if (!begun) {
            x.server = !out;
            if (!f->have_isn[0]) {
                guess_act(g, -1, k, "// port %u: it opened nothing here, and no call is guessed",
                          f->local_port);
                return;
            }
            if (!(s.flags & SYN)) {
                guess_act(g, -1, k, "// port %u: begun before the capture, no call is guessed",
                          f->local_port);
                return;
            }
            x.listener = listener_of(g, f);
            if (x.server && x.listener == number)
                guess_listen(g, f, number);
        }
        begun = true;
        if (out)
            host_sent(g, &x, &s, k);
        else
            peer_sent(g, &x, &s, k);
    }
    if (x.write != SIZE_MAX)
        finish_write(g, &x, false);
}

/* --- all of it --- */

/* Stable: what stands before one frame stays in the order in which it was guessed. */
static void put_in_order(struct guesses *g)
{
    struct action *sorted = malloc((g->actions + 1) * sizeof *sorted);
    size_t n = 0;
    for (size_t f = 0; sorted && f <= g->c->file.count; f++)
        for (size_t k = 0; k < g->actions; k++)
            if (g->action[k].before == f || (f == g->c->file.count && g->action[k].before > f))
                sorted[n++] = g->action[k];
    free(g->action);
    g->action = sorted;
    g->actions = n;
}

static void print_head(struct conversion *c, int64_t latency_ns)
{
    text_add(&c->out,
             "// What %s holds; its calls, knobs and addresses are guesses from what it sent.\n",
             c->path);
    print_syn_knobs(c);
    if (latency_ns) {
        text_add(&c->out, "// a guess, from how long an answer takes\nlink   lan latency ");
        text_add(&c->out, "%" PRId64 "ns\n", latency_ns);
    }
    print_hosts(c);
    text_add(&c->out, "end    %" PRId64 "ns because \"the capture ends there\"\n",
             captured_time(c, c->file.count - 1) + latency_ns + 1);
}

int convert_with_guesses(struct conversion *c)
{
    struct guesses g = {.c = c, .latency_ns = guess_latency(c)};
    print_head(c, g.latency_ns);
    guess_neighbours(&g);
    for (size_t k = 0; k < c->flows; k++)
        guess_connection(&g, &c->flow[k], (unsigned)k + 1);
    guess_datagrams(&g);
    put_in_order(&g);
    print_timeline(c, g.action, g.actions);
    free(g.action);
    return 0;
}
