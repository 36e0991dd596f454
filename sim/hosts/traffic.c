#include "sim/hosts/traffic.h"
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { CALL_OCTETS = 65535, BACKLOG = 1024, ACCEPT_TOKEN = 1 };

/* One end of a connection, and what its program does next. */
enum end_state { END_IDLE, END_CONNECTING, END_SENDING, END_DRAINING, END_READING, END_CLOSED };

struct traffic_end {
    uint8_t state;
    bool waits, queued; /* for a call; for its turn */
    int fd;
    uint64_t moved; /* octets */
    uint8_t *bytes; /* what a send that waits sends */
    uint32_t bytes_len;
};

struct traffic {
    struct owner owner; /* first */
    struct traffic_config config;
    struct world *world;
    struct link *link;
    struct host *host[2];
    struct traffic_end *end[2]; /* `connections` of the client's, and of the server's */
    uint32_t started, accepted;
    bool go;
    int listener;
    bool accept_waits, accept_due;
    uint32_t *turn; /* a ring of ends whose program may go on: number * 2 + side */
    uint32_t turn_first, turns;
    const uint8_t *zeros;
    struct traffic_hash hash[2];
    struct traffic_result result;
};

/* --- calls --- */

static struct value number(int64_t n)
{
    return (struct value){.kind = VALUE_NUMBER, .number = n};
}

static struct value text(const char *t)
{
    return (struct value){
        .kind = VALUE_BYTES, .bytes = (const uint8_t *)t, .len = (uint32_t)strlen(t)};
}

static struct value server_at(uint32_t address)
{
    return (struct value){.kind = VALUE_ENDPOINT, .number = address, .prefix = TRAFFIC_PORT};
}

static int64_t call(struct traffic *t, int side, uint64_t token, const char *name,
                    const struct value *argv, int argc, struct value *out)
{
    struct value unused[SUT_ARGUMENTS];
    out = out ? out : unused;
    memset(out, 0, sizeof unused);
    return sut_host_call(t->host[side], token, name, argv, argc, out);
}

static void failed(struct traffic *t, const char *what, int64_t result)
{
    if (!t->result.error) {
        t->result.error = what;
        t->result.errno_of_it = -result;
    }
}

static uint64_t token_of(uint32_t k, int side)
{
    return ACCEPT_TOKEN + 1 + (uint64_t)k * 2 + (unsigned)side;
}

/* --- whose turn it is --- */

static uint32_t turns_room(const struct traffic *t)
{
    return t->config.connections * 2;
}

static void wake(struct traffic *t)
{
    world_due(t->world, &t->owner, world_now(t->world));
}

static void put_turn(struct traffic *t, uint32_t k, int side)
{
    struct traffic_end *e = &t->end[side][k];
    if (e->queued)
        return;
    e->queued = true;
    t->turn[(t->turn_first + t->turns++) % turns_room(t)] = k * 2 + (unsigned)side;
    wake(t);
}

/* --- octets --- */

static void hash_octets(struct traffic_hash *h, const uint8_t *bytes, uint32_t len)
{
    while (len > 0) {
        uint32_t room = sizeof h->block - h->filled, n = len < room ? len : room;
        memcpy(h->block + h->filled, bytes, n);
        h->filled += n;
        bytes += n;
        len -= n;
        if (h->filled < sizeof h->block)
            return;
        fingerprint_bytes(&h->print, h->block, sizeof h->block);
        h->filled = 0;
    }
}

static struct fingerprint hash_of(const struct traffic_hash *h)
{
    struct fingerprint print = h->print;
    fingerprint_bytes(&print, h->block, h->filled);
    return print;
}

static void prepare(struct traffic *t, struct traffic_end *e, uint32_t len)
{
    if (!t->config.verify)
        return;
    if (!e->bytes)
        e->bytes = world_alloc(t->world, t->config.call_octets, 64);
    packet_pattern_fill(e->bytes, len, e->moved);
}

static void note_sent(struct traffic *t, struct traffic_end *e, int64_t n)
{
    e->waits = false;
    if (n < 0) {
        failed(t, "send", n);
        e->state = END_DRAINING;
        return;
    }
    if (t->config.verify && t->config.connections == 1)
        hash_octets(&t->hash[0], e->bytes, (uint32_t)n);
    e->moved += (uint64_t)n;
    t->result.sent += (uint64_t)n;
}

static void note_time(struct traffic *t)
{
    int64_t now_ns = world_now(t->world);
    struct traffic_result *r = &t->result;
    if (r->received == 0)
        r->first_ns = r->last_ns = now_ns;
    if (now_ns - r->last_ns > r->longest_gap_ns)
        r->longest_gap_ns = now_ns - r->last_ns;
    r->last_ns = now_ns;
}

static void note_received(struct traffic *t, struct traffic_end *e, const struct value *v,
                          uint32_t n)
{
    note_time(t);
    if (t->config.verify) {
        uint32_t right = packet_pattern_run(v->bytes, n, e->moved);
        if (right != n && t->result.wrong == 0)
            t->result.wrong = n - right;
        if (t->config.connections == 1)
            hash_octets(&t->hash[1], v->bytes, n);
    }
    e->moved += n;
    t->result.received += n;
}

/* --- the client --- */

static void start_more(struct traffic *t)
{
    uint32_t open = t->started - t->result.closed - t->result.failed;
    while (t->started < t->config.connections && open < t->config.at_once) {
        put_turn(t, t->started++, 0);
        open++;
    }
}

static void client_close(struct traffic *t, uint32_t k)
{
    struct traffic_end *e = &t->end[0][k];
    call(t, 0, 0, "close", &(struct value){.kind = VALUE_NUMBER, .number = e->fd}, 1, NULL);
    e->state = END_CLOSED;
    t->result.closed++;
    start_more(t);
}

static void client_failed(struct traffic *t, uint32_t k, const char *what, int64_t result)
{
    struct traffic_end *e = &t->end[0][k];
    failed(t, what, result);
    if (e->fd >= 0)
        call(t, 0, 0, "close", (struct value[]){number(e->fd)}, 1, NULL);
    e->state = END_CLOSED;
    t->result.failed++;
    start_more(t);
}

static void client_connected(struct traffic *t, uint32_t k, int64_t result)
{
    struct traffic_end *e = &t->end[0][k];
    e->waits = false;
    if (result < 0) {
        client_failed(t, k, "connect", result);
        return;
    }
    t->result.opened++;
    e->state = END_SENDING;
}

static void client_connect(struct traffic *t, uint32_t k)
{
    struct traffic_end *e = &t->end[0][k];
    const struct value kind[] = {number(AF_INET), number(SOCK_STREAM), number(IPPROTO_TCP)};
    int64_t fd = call(t, 0, 0, "socket", kind, 3, NULL);
    e->fd = (int)fd;
    if (fd < 0) {
        client_failed(t, k, "socket", fd);
        return;
    }
    e->state = END_CONNECTING;
    e->waits = true;
    const struct value to[] = {number(fd), server_at(TRAFFIC_SERVER)};
    int64_t result = call(t, 0, token_of(k, 0), "connect", to, 2, NULL);
    if (result != SUT_PENDING)
        client_connected(t, k, result);
}

/* One send; false: it waits, or there is nothing more to send. */
static bool client_send(struct traffic *t, uint32_t k)
{
    struct traffic_end *e = &t->end[0][k];
    uint64_t left = t->config.octets - e->moved;
    uint32_t len = left < t->config.call_octets ? (uint32_t)left : t->config.call_octets;
    if (len == 0)
        return false;
    prepare(t, e, len);
    const struct value argv[] = {
        number(e->fd),
        {.kind = VALUE_BYTES, .bytes = t->config.verify ? e->bytes : t->zeros, .len = len},
        number(len),
        number(0)};
    int64_t n = call(t, 0, token_of(k, 0), "send", argv, 4, NULL);
    if (n == SUT_PENDING)
        e->waits = true;
    else
        note_sent(t, e, n);
    return n != SUT_PENDING && n >= 0;
}

static void client_finish(struct traffic *t, uint32_t k)
{
    struct traffic_end *e = &t->end[0][k];
    struct value linger[] = {number(1), number(0)};
    linger[0].field = "onoff", linger[1].field = "linger";
    if (t->config.ending == TRAFFIC_RST) {
        const struct value argv[] = {number(e->fd),
                                     number(SOL_SOCKET),
                                     number(SO_LINGER),
                                     {.kind = VALUE_STRUCT, .item = linger, .items = 2}};
        int64_t got = call(t, 0, 0, "setsockopt", argv, 4, NULL);
        if (got < 0)
            failed(t, "setsockopt", got);
        client_close(t, k);
        return;
    }
    int64_t got =
        call(t, 0, 0, "shutdown", (struct value[]){number(e->fd), number(SHUT_WR)}, 2, NULL);
    if (got < 0)
        failed(t, "shutdown", got);
    e->state = END_DRAINING;
}

static void client_drained(struct traffic *t, uint32_t k, int64_t n)
{
    t->end[0][k].waits = false;
    if (n < 0)
        failed(t, "recv", n);
    if (n <= 0)
        client_close(t, k);
}

static void client_drain(struct traffic *t, uint32_t k)
{
    struct traffic_end *e = &t->end[0][k];
    const struct value argv[] = {number(e->fd), {.kind = VALUE_NONE}, number(1)};
    int64_t n;
    do {
        n = call(t, 0, token_of(k, 0), "recv", argv, 3, NULL);
        if (n == SUT_PENDING)
            e->waits = true;
        else
            client_drained(t, k, n);
    } while (n > 0);
}

/* --- the server --- */

static void server_read(struct traffic *t, uint32_t k, int64_t n, const struct value *v)
{
    struct traffic_end *e = &t->end[1][k];
    e->waits = false;
    if (n > 0) {
        note_received(t, e, v, (uint32_t)n);
        return;
    }
    if (n < 0 && !(n == -ECONNRESET && t->config.ending == TRAFFIC_RST))
        failed(t, "recv at the server", n);
    call(t, 1, 0, "close", (struct value[]){number(e->fd)}, 1, NULL);
    e->state = END_CLOSED;
    t->result.served++;
}

static void server_receive(struct traffic *t, uint32_t k)
{
    struct traffic_end *e = &t->end[1][k];
    const struct value argv[] = {
        number(e->fd), {.kind = VALUE_NONE}, number(t->config.call_octets)};
    struct value out[SUT_ARGUMENTS];
    while (e->state == END_READING && !e->waits) {
        int64_t n = call(t, 1, token_of(k, 1), "recv", argv, 3, out);
        if (n == SUT_PENDING)
            e->waits = true;
        else
            server_read(t, k, n, &out[1]);
    }
}

static void server_accepted(struct traffic *t, int64_t fd)
{
    t->accept_waits = false;
    if (fd < 0 || t->accepted == t->config.connections) {
        failed(t, "accept", fd);
        return;
    }
    uint32_t k = t->accepted++;
    t->end[1][k].fd = (int)fd;
    t->end[1][k].state = END_READING;
    put_turn(t, k, 1);
    t->accept_due = true;
}

static void server_accept(struct traffic *t)
{
    const struct value argv[] = {number(t->listener), {.kind = VALUE_NONE}, {.kind = VALUE_NONE}};
    while (t->accept_due && t->accepted < t->config.connections) {
        t->accept_due = false;
        int64_t fd = call(t, 1, ACCEPT_TOKEN, "accept", argv, 3, NULL);
        if (fd == SUT_PENDING)
            t->accept_waits = true;
        else
            server_accepted(t, fd);
    }
}

/* --- turns --- */

static void client_go_on(struct traffic *t, uint32_t k)
{
    struct traffic_end *e = &t->end[0][k];
    if (e->state == END_IDLE)
        client_connect(t, k);
    if (e->state == END_SENDING && !e->waits && t->go) {
        while (client_send(t, k))
            ;
        if (e->state == END_SENDING && !e->waits)
            client_finish(t, k);
    }
    if (e->state == END_DRAINING && !e->waits)
        client_drain(t, k);
}

static void fire(struct owner *o, int64_t now_ns)
{
    struct traffic *t = (struct traffic *)(void *)o;
    (void)now_ns;
    server_accept(t);
    while (t->turns > 0) {
        uint32_t turn = t->turn[t->turn_first];
        t->turn_first = (t->turn_first + 1) % turns_room(t);
        t->turns--;
        t->end[turn % 2][turn / 2].queued = false;
        if (turn % 2)
            server_receive(t, turn / 2);
        else
            client_go_on(t, turn / 2);
        server_accept(t);
    }
}

/* A call that waited has ended: what came is taken now, what is next waits for its turn. */
static void call_done(void *ctx, struct host *from, uint64_t token, int64_t result,
                      const struct value *out, int outs)
{
    struct traffic *t = ctx;
    uint32_t k = (uint32_t)((token - ACCEPT_TOKEN - 1) / 2);
    (void)from;
    if (token == ACCEPT_TOKEN) {
        server_accepted(t, result);
        wake(t);
        return;
    }
    int side = (int)((token - ACCEPT_TOKEN - 1) % 2);
    struct traffic_end *e = &t->end[side][k];
    if (side == 1 && result > 0)
        server_read(t, k, result, outs > 1 ? &out[1] : NULL);
    else if (side == 0 && e->state == END_CONNECTING)
        client_connected(t, k, result);
    else if (side == 0 && e->state == END_SENDING)
        note_sent(t, e, result);
    else
        e->waits = false; /* it asks again, and is told the same */
    put_turn(t, k, side);
}

/* --- building --- */

static void to_host(void *ctx, int port, struct frame *f, int64_t now_ns)
{
    struct host *h = ctx;
    (void)port;
    h->kind->frame(h, 0, f, now_ns);
}

static void host_fire(struct owner *o, int64_t now_ns)
{
    struct host *h = (struct host *)(void *)o;
    h->kind->due(h, now_ns);
}

static const uint8_t mac_of[2][6] = {{0x52, 0x54, 0, 0, 0, 1}, {0x52, 0x54, 0, 0, 0, 2}};

static struct host *open_host(struct traffic *t, int side, struct why *why)
{
    static const char *const names[] = {"client", "server"};
    struct world *w = t->world;
    struct host *h = world_alloc(w, sizeof *h, 64);
    *h = (struct host){.world = w, .kind = &sut_peer_kind, .name = names[side]};
    h->state = world_alloc(w, sut_peer_kind.state_size, 64);
    h->owner.fire = host_fire;
    h->owner.name = h->name;
    world_own(w, &h->owner, RANK_HOST);
    *host_add_port(h) =
        (struct host_port){.link = t->link, .mtu = 1500, .host = h, .name = h->name};
    memcpy(h->port[0].mac, mac_of[side], 6);
    h->port[0].number = link_attach(t->link, h->name, to_host, NULL, h);
    const struct sut_config config = {.sut = t->config.sut[side],
                                      .nic = t->config.nic[side],
                                      .listener = {.ctx = t, .done = call_done},
                                      .sockets = t->config.at_once + 2};
    return sut_host_open(h, &config, why) == 0 ? h : NULL;
}

static void set_buffers(struct traffic *t, int side)
{
    if (!t->config.buffer)
        return;
    traffic_set(t, side, "tcp.rcvbuf", t->config.buffer);
    traffic_set(t, side, "tcp.sndbuf", t->config.buffer);
}

static int configure(struct traffic *t, int side, struct why *why)
{
    set_buffers(t, side);
    uint32_t own = side ? TRAFFIC_SERVER : TRAFFIC_CLIENT,
             other = side ? TRAFFIC_CLIENT : TRAFFIC_SERVER;
    const struct value address[] = {text("eth0"),
                                    {.kind = VALUE_PREFIX, .number = own, .prefix = 24}};
    const struct value neighbour[] = {text("eth0"),
                                      {.kind = VALUE_IPV4, .number = other},
                                      {.kind = VALUE_MAC, .bytes = mac_of[!side], .len = 6}};
    int64_t got = call(t, side, 0, "ifconfig", address, 2, NULL);
    got = got < 0 ? got : call(t, side, 0, "neighbour", neighbour, 3, NULL);
    if (got < 0)
        why_set(why, "the %s's interface: error %" PRId64, t->host[side]->name, -got);
    return got < 0 ? -1 : 0;
}

static int start_listening(struct traffic *t, struct why *why)
{
    const struct value kind[] = {number(AF_INET), number(SOCK_STREAM), number(IPPROTO_TCP)};
    int64_t got = call(t, 1, 0, "socket", kind, 3, NULL);
    t->listener = (int)got;
    if (got >= 0)
        got = call(t, 1, 0, "bind", (struct value[]){number(t->listener), server_at(0)}, 2, NULL);
    if (got >= 0)
        got = call(t, 1, 0, "listen", (struct value[]){number(t->listener), number(BACKLOG)}, 2,
                   NULL);
    if (got < 0)
        why_set(why, "the server does not listen: error %" PRId64, -got);
    return got < 0 ? -1 : 0;
}

static void begin(struct traffic *t)
{
    t->result = (struct traffic_result){0};
    for (int side = 0; side < 2; side++) {
        fingerprint_init(&t->hash[side].print);
        t->hash[side].filled = 0;
    }
    t->started = t->accepted = 0;
    t->go = !t->config.hold;
    t->accept_due = !t->accept_waits;
    start_more(t);
    wake(t);
}

static int build(struct traffic *t, struct why *why)
{
    struct world *w = t->world;
    t->link = link_new(w, &t->config.link);
    for (int side = 0; side < 2; side++) {
        t->end[side] = world_alloc(w, t->config.connections * sizeof *t->end[side], 64);
        t->host[side] = open_host(t, side, why);
        if (!t->host[side] || configure(t, side, why) != 0)
            return -1;
    }
    t->turn = world_alloc(w, turns_room(t) * sizeof *t->turn, 64);
    t->zeros = world_alloc(w, t->config.call_octets, 64);
    t->owner.fire = fire;
    t->owner.name = "programs";
    world_own(w, &t->owner, RANK_SCRIPT);
    if (start_listening(t, why) != 0)
        return -1;
    begin(t);
    return 0;
}

struct traffic *traffic_new(const struct traffic_config *config, struct why *why)
{
    size_t arena = config->arena_bytes ? config->arena_bytes : (size_t)256 << 20;
    struct world *w = world_new(arena, config->seed);
    if (!w) {
        why_set(why, "no memory for a world of %zu bytes", arena);
        return NULL;
    }
    struct traffic *t = world_alloc(w, sizeof *t, 64);
    t->world = w;
    t->config = *config;
    if (!t->config.at_once)
        t->config.at_once = t->config.connections;
    if (!t->config.call_octets)
        t->config.call_octets = CALL_OCTETS;
    if (build(t, why) == 0)
        return t;
    world_free(w);
    return NULL;
}

int64_t traffic_set(struct traffic *t, int side, const char *knob, int64_t value)
{
    const struct value argv[] = {text(knob), {.kind = VALUE_TIME, .number = value}};
    return call(t, side, 0, "set", argv, 2, NULL);
}

void traffic_go(struct traffic *t)
{
    t->go = true;
    for (uint32_t k = 0; k < t->started; k++)
        put_turn(t, k, 0);
}

void traffic_again(struct traffic *t)
{
    for (int side = 0; side < 2; side++)
        for (uint32_t k = 0; k < t->config.connections; k++)
            t->end[side][k] = (struct traffic_end){.bytes = t->end[side][k].bytes};
    begin(t);
}

int traffic_run(struct traffic *t, int64_t until_ns, struct why *why)
{
    return world_run(t->world, until_ns, why);
}

bool traffic_done(const struct traffic *t)
{
    return t->result.closed + t->result.failed == t->config.connections &&
           t->result.served == t->accepted;
}

const struct traffic_result *traffic_result(struct traffic *t)
{
    for (int side = 0; side < 2; side++)
        t->result.hash[side] = hash_of(&t->hash[side]);
    return &t->result;
}

int64_t traffic_query(struct traffic *t, int side, const char *what)
{
    struct value v = {0};
    if (sut_host_query(t->host[side], what, &v) != 0 || v.kind != VALUE_NUMBER)
        return -1;
    return v.number;
}

int64_t traffic_info(struct traffic *t, uint32_t k, const char *field)
{
    const struct value argv[] = {
        number(t->end[0][k].fd), number(IPPROTO_TCP), number(TCP_INFO), {.kind = VALUE_NONE}};
    struct value out[SUT_ARGUMENTS];
    if (t->end[0][k].state == END_IDLE || t->end[0][k].state == END_CLOSED ||
        call(t, 0, 0, "getsockopt", argv, 4, out) < 0)
        return -1;
    for (uint32_t f = 0; f < out[3].items; f++)
        if (strcmp(out[3].item[f].field, field) == 0)
            return out[3].item[f].number;
    return -1;
}

struct world *traffic_world(struct traffic *t)
{
    return t->world;
}

struct link *traffic_link(struct traffic *t)
{
    return t->link;
}

struct host *traffic_host(struct traffic *t, int side)
{
    return t->host[side];
}

int traffic_free(struct traffic *t, struct why *why)
{
    struct world *w = t->world;
    struct why found = {{0}};
    for (int side = 0; side < 2; side++)
        sut_host_close(t->host[side]);
    bool bad = world_failed(w, &found);
    if (bad)
        why_set(why, "%s", found.text);
    world_free(w);
    return bad ? -1 : 0;
}
