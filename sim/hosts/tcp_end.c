/* The TCP end as a part of a host: attributes, the table of connections, deadlines, what a script
 * can ask and tell. */
#include "sim/hosts/tcp_end.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include "sim/hosts/tcp_end_inside.h"

#define SECOND INT64_C(1000000000)
enum { FIRST_PORT = 49152 }; /* RFC 6335 6: dynamic ports */

/* --- attributes --- */

static int read_ports(struct tcp_end *end, uint16_t otherwise, const struct attrs *a,
                      struct why *why)
{
    const struct attribute *found = attr_find(a, "port", 0);
    bool list = found && found->value.kind == VALUE_LIST;
    uint32_t items = !found ? 0 : list ? found->value.items : 1;
    for (uint32_t k = 0; k < items; k++) {
        const struct value *v = list ? &found->value.item[k] : &found->value;
        if (v->kind != VALUE_NUMBER || v->number < 1 || v->number > 65535 ||
            end->listeners == END_LISTENING)
            return attr_refuse(a, found, why, "port: at most %d numbers from 1 to 65535",
                               END_LISTENING);
        end->listening[end->listeners++] = (uint16_t)v->number;
    }
    if (!end->listeners)
        end->listening[end->listeners++] = otherwise;
    return 0;
}

static int read_numbers(struct tcp_end_config *c, const struct attrs *a, struct why *why)
{
    const struct {
        const char *name;
        int64_t least, most, *to;
    } numbers[] = {
        {"mss", 0, 65535, &c->mss},         {"wscale", 0, 14, &c->wscale},
        {"window", 0, 1 << 30, &c->window}, {"send-buffer", 1, 1 << 24, &c->buffer},
        {"retries", 0, 1000, &c->retries},  {"connections", 1, 1 << 20, &c->connections},
        {"isn", 0, UINT32_MAX, &c->isn},
    };
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
        if (attr_range(a, numbers[k].name, numbers[k].least, numbers[k].most, numbers[k].to, why) !=
            0)
            return -1;
    return 0;
}

static int configure(struct tcp_end_config *c, const struct host *h, const struct attrs *a,
                     struct why *why)
{
    *c = (struct tcp_end_config){
        .mss = h->port[0].mtu - 40,
        .window = 65535,
        .buffer = 65536,
        .scale = attr_flag(a, "wscale"),
        .sack = attr_flag(a, "sack"),
        .timestamps = attr_flag(a, "timestamps"),
        .nagle = attr_flag(a, "nagle"),
        .rto_ns = SECOND,
        .time_wait_ns = 60 * SECOND,
        .retries = 8,
        .connections = 64,
        .isn = -1,
    };
    if (read_numbers(c, a, why) != 0 || attr_duration(a, "rto", &c->rto_ns, why) != 0 ||
        attr_duration(a, "ack-delay", &c->ack_delay_ns, why) != 0 ||
        attr_duration(a, "time-wait", &c->time_wait_ns, why) != 0)
        return -1;
    if (c->window > (INT64_C(65535) << c->wscale))
        return attr_refuse(a, attr_find(a, "window", 0), why,
                           "a window above 65535 wants a wscale that it fits in");
    if (c->rto_ns == 0)
        return attr_refuse(a, attr_find(a, "rto", 0), why, "an rto of nothing never ends");
    return 0;
}

int tcp_end_init(struct tcp_end *end, struct host *h, const struct tcp_app *app, uint16_t port,
                 const struct attrs *a, struct why *why)
{
    struct peer_lies lies = tcp_end_lies(end);
    end->app = app;
    end->next_port = FIRST_PORT;
    end->due_ns = NEVER;
    end->last_violation = "";
    if (peer_ip_init(&end->ip, h, a, why) != 0)
        return -1;
    if (h->ports != 1 || !h->port[0].has_ipv4) {
        why_set(why, "it wants an address, ip 10.0.2.2/24, on one link");
        return -1;
    }
    if (configure(&end->config, h, a, why) != 0 || read_ports(end, port, a, why) != 0)
        return -1;
    end->window_most = end->config.window;
    return peer_lies_init(&lies, a, why);
}

/* --- connections --- */

static struct tcp_connection **bucket_of(struct tcp_end *end, const struct tcp_connection *c)
{
    return &end->bucket[(c->remote ^ c->remote_port ^ c->local_port) % END_BUCKETS];
}

struct tcp_connection *tcp_end_new(struct tcp_end *end, const struct tcp_segment *to)
{
    if (end->connections >= end->config.connections)
        return NULL;
    struct host *h = end->ip.host;
    struct tcp_connection *c = host_alloc(h, sizeof *c);
    c->end = end;
    c->local = to->dst;
    c->remote = to->src;
    c->local_port = to->dport;
    c->remote_port = to->sport;
    c->iss = end->config.isn >= 0 ? (uint32_t)end->config.isn : (uint32_t)host_random(h);
    c->snd_una = c->snd_nxt = c->snd_claimed = c->recover = c->iss;
    c->snd_end = c->iss + 1;
    c->rto_ns = end->config.rto_ns;
    c->app = host_alloc(h, end->app->state_size + 1);
    for (int t = 0; t < END_TIMERS; t++)
        c->due_ns[t] = NEVER;
    c->next_in_bucket = *bucket_of(end, c);
    *bucket_of(end, c) = c;
    c->previous = end->last;
    *(end->last ? &end->last->next : &end->first) = c;
    end->last = c;
    end->connections++;
    tcp_end_touch(c);
    return c;
}

static void release(struct tcp_connection *c)
{
    struct tcp_end *end = c->end;
    struct host *h = end->ip.host;
    struct tcp_connection **at;
    for (at = bucket_of(end, c); *at != c; at = &(*at)->next_in_bucket)
        ;
    *at = c->next_in_bucket;
    *(c->previous ? &c->previous->next : &end->first) = c->next;
    *(c->next ? &c->next->previous : &end->last) = c->previous;
    end->connections--;
    tcp_ring_release(h, &c->sent);
    tcp_ring_release(h, &c->came);
    world_release(h->world, c->app, end->app->state_size + 1);
    world_release(h->world, c, sizeof *c);
}

void tcp_end_touch(struct tcp_connection *c)
{
    struct tcp_end *end = c->end;
    if (c->is_touched)
        return;
    c->is_touched = true;
    c->next_touched = NULL;
    *(end->touched ? &end->touched_last->next_touched : &end->touched) = c;
    end->touched_last = c;
}

static void count_end(struct tcp_end_counts *n, enum tcp_end_how how)
{
    uint64_t *of[] = {[END_DONE] = &n->done,
                      [END_RESET] = &n->resets,
                      [END_REFUSED] = &n->refused,
                      [END_TIMED_OUT] = &n->timed_out};
    ++*of[how];
}

/* Programs run, then what there is to send is sent, until nothing changes any more. */
void tcp_end_settle(struct tcp_end *end)
{
    struct tcp_connection *c;
    while ((c = end->touched) != NULL) {
        end->touched = c->next_touched;
        c->is_touched = false;
        if (tcp_connection_is_open(c))
            end->app->progress(c);
        tcp_end_output(c);
        if (c->state != END_CLOSED)
            continue;
        if (c->is_touched)
            continue; /* once more, by the program's own doing */
        count_end(&end->count, c->how);
        if (end->app->ended)
            end->app->ended(c, c->how);
        release(c);
    }
}

void tcp_end_set_state(struct tcp_connection *c, enum tcp_end_state state)
{
    c->state = c->end->last_state = state;
    c->end->last_address = c->remote;
    c->end->last_port = c->remote_port;
    world_state_event(c->end->ip.host->world, c->end->ip.host->owner.id, "tcp-end", state);
    if (state == END_TIME_WAIT)
        tcp_end_timer(c, END_WAIT, host_now(c->end->ip.host) + c->end->config.time_wait_ns);
}

void tcp_end_over(struct tcp_connection *c, enum tcp_end_how how)
{
    if (c->state == END_CLOSED)
        return;
    tcp_end_set_state(c, END_CLOSED);
    c->how = how;
    tcp_end_touch(c);
}

void tcp_end_agree(struct tcp_connection *c)
{
    c->scaled = c->said.has_scale && c->heard.has_scale;
    c->selective = c->said.sack_permitted && c->heard.sack_permitted;
    c->stamped = c->said.has_timestamps && c->heard.has_timestamps;
}

void tcp_end_violation(struct tcp_end *end, const char *what)
{
    end->violations++;
    end->last_violation = what;
}

/* RFC 7323 5.4: one tick a millisecond. It begins above 0, which stands for none. */
uint32_t tcp_end_clock(const struct tcp_end *end)
{
    return (uint32_t)(host_now(end->ip.host) / 1000000) + 1000;
}

/* --- deadlines --- */

void tcp_end_timer(struct tcp_connection *c, enum tcp_end_timer timer, int64_t due_ns)
{
    c->due_ns[timer] = due_ns;
    if (due_ns < c->end->due_ns) {
        c->end->due_ns = due_ns;
        host_due(c->end->ip.host, due_ns);
    }
}

void tcp_end_due(struct host *h, int64_t now_ns)
{
    struct tcp_end *end = h->state;
    for (struct tcp_connection *c = end->first; c; c = c->next)
        for (int t = 0; t < END_TIMERS; t++)
            if (c->due_ns[t] <= now_ns) {
                c->due_ns[t] = NEVER;
                tcp_end_touch(c);
                tcp_end_fired(c, (enum tcp_end_timer)t);
            }
    tcp_end_settle(end);
    end->due_ns = NEVER;
    for (struct tcp_connection *c = end->first; c; c = c->next)
        for (int t = 0; t < END_TIMERS; t++)
            if (c->due_ns[t] < end->due_ns)
                end->due_ns = c->due_ns[t];
    host_due(h, end->due_ns);
}

void tcp_end_frame(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    struct tcp_end *end = h->state;
    struct peer_packet p;
    (void)now_ns;
    if (peer_ip_frame(&end->ip, port, f, &p) == PEER_OTHER && p.protocol == IPPROTO_TCP) {
        tcp_end_input(end, &p);
        tcp_end_settle(end);
    }
}

/* --- what a script can ask --- */

static const char *const state_names[] = {
    [END_CLOSED] = "closed",
    [END_SYN_SENT] = "syn-sent",
    [END_SYN_RECEIVED] = "syn-received",
    [END_ESTABLISHED] = "established",
    [END_FIN_WAIT_1] = "fin-wait-1",
    [END_FIN_WAIT_2] = "fin-wait-2",
    [END_CLOSE_WAIT] = "close-wait",
    [END_CLOSING] = "closing",
    [END_LAST_ACK] = "last-ack",
    [END_TIME_WAIT] = "time-wait",
};

static int answer_text(const char *text, struct value *out)
{
    *out = (struct value){
        .kind = VALUE_BYTES, .bytes = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
    return 0;
}

int tcp_end_query(struct host *h, const char *what, struct value *out)
{
    const struct tcp_end *end = h->state;
    const struct tcp_end_counts *n = &end->count;
    const struct host_number known[] = {
        {"connections", end->connections},
        {"opened", (int64_t)n->opened},
        {"done", (int64_t)n->done},
        {"resets", (int64_t)n->resets},
        {"refused", (int64_t)n->refused},
        {"timed-out", (int64_t)n->timed_out},
        {"full", (int64_t)n->full},
        {"segments-in", (int64_t)n->segments_in},
        {"segments-out", (int64_t)n->segments_out},
        {"resets-out", (int64_t)n->resets_out},
        {"octets-in", (int64_t)n->octets_in},
        {"octets-out", (int64_t)n->octets_out},
        {"retransmissions", (int64_t)n->retransmissions},
        {"probes", (int64_t)n->probes},
        {"out-of-order", (int64_t)n->out_of_order},
        {"twice", (int64_t)n->twice},
        {"bad", (int64_t)n->bad},
        {"violations", (int64_t)end->violations},
        {"last-port", end->last_port},
        {NULL, 0},
    };
    if (strcmp(what, "last-violation") == 0)
        return answer_text(end->last_violation, out);
    if (strcmp(what, "state") == 0)
        return answer_text(state_names[end->last_state], out);
    return host_answer(known, what, out);
}

/* --- what a script can tell it --- */

static int call_connect(struct tcp_end *end, const struct value *argument, uint32_t arguments,
                        struct why *why)
{
    struct in_addr address;
    int64_t port = arguments == 2 ? argument[1].number : end->listening[0];
    if (arguments < 1 || arguments > 2 || argument[0].kind != VALUE_BYTES ||
        inet_pton(AF_INET, (const char *)argument[0].bytes, &address) != 1 || port < 1 ||
        port > 65535) {
        why_set(why, "connect(\"10.0.2.15\"[, PORT])");
        return -1;
    }
    if (tcp_end_connect(end, ntohl(address.s_addr), (uint16_t)port))
        return 0;
    why_set(why, "connect: there are %u connections already", end->connections);
    return -1;
}

static int call_window(struct tcp_end *end, const struct value *argument, uint32_t arguments,
                       struct why *why)
{
    if (arguments != 1 || argument->kind != VALUE_NUMBER || argument->number < 0 ||
        argument->number > end->window_most) {
        why_set(why, "window(N), from 0 to the %lld of its declaration",
                (long long)end->window_most);
        return -1;
    }
    end->config.window = argument->number;
    return 0;
}

/* close(), abort(), rst(OFFSET), ack(): every connection. */
static int call_all(struct tcp_end *end, const char *name, const struct value *argument,
                    uint32_t arguments)
{
    bool with = strcmp(name, "rst") == 0 && arguments == 1 && argument->kind == VALUE_NUMBER;
    if (arguments != with)
        return -1;
    for (struct tcp_connection *c = end->first; c; c = c->next) {
        if (strcmp(name, "close") == 0)
            tcp_connection_close(c);
        else if (strcmp(name, "abort") == 0)
            tcp_connection_abort(c);
        else if (strcmp(name, "rst") == 0)
            tcp_end_send_reset(c, with ? (uint32_t)argument->number : 0);
        else if (strcmp(name, "ack") == 0)
            c->ack_due = true;
        else
            return -1;
    }
    return 0;
}

int tcp_end_call(struct host *h, const char *name, const struct value *argument, uint32_t arguments,
                 struct why *why)
{
    struct tcp_end *end = h->state;
    struct peer_lies lies = tcp_end_lies(end);
    int got = strcmp(name, "connect") == 0  ? call_connect(end, argument, arguments, why)
              : strcmp(name, "window") == 0 ? call_window(end, argument, arguments, why)
                                            : call_all(end, name, argument, arguments);
    if (got != 0 && !why->text[0])
        got = peer_lies_call(&lies, name, argument, arguments, why) == 1 ? 0 : -1;
    for (struct tcp_connection *c = end->first; c; c = c->next)
        tcp_end_touch(c);
    tcp_end_settle(end);
    return got;
}

/* --- for programs --- */

struct host *tcp_connection_host(const struct tcp_connection *c)
{
    return c->end->ip.host;
}

struct tcp_end *tcp_connection_end(const struct tcp_connection *c)
{
    return c->end;
}

void *tcp_connection_app(const struct tcp_connection *c)
{
    return c->app;
}

struct tcp_connection *tcp_end_connection(const struct tcp_end *end, uint32_t k)
{
    struct tcp_connection *c = end->first;
    for (; c && (k > 0 || c->state == END_CLOSED); c = c->next)
        k -= c->state != END_CLOSED;
    return c;
}

uint16_t tcp_connection_local_port(const struct tcp_connection *c)
{
    return c->local_port;
}

struct tcp_connection *tcp_end_connect(struct tcp_end *end, uint32_t address, uint16_t port)
{
    struct tcp_segment to = {
        .src = address, .dst = end->ip.host->port[0].ipv4, .sport = port, .dport = end->next_port};
    struct tcp_connection *c = tcp_end_new(end, &to);
    if (!c)
        return NULL;
    end->next_port = end->next_port == 65535 ? FIRST_PORT : (uint16_t)(end->next_port + 1);
    tcp_end_set_state(c, END_SYN_SENT);
    c->syn_due = true;
    return c;
}

bool tcp_connection_is_open(const struct tcp_connection *c)
{
    return c->state >= END_ESTABLISHED && c->state != END_TIME_WAIT;
}

bool tcp_connection_at_end(const struct tcp_connection *c)
{
    return c->fin_taken && tcp_connection_unread(c) == 0;
}

uint32_t tcp_connection_peek(const struct tcp_connection *c, uint8_t *out, uint32_t room)
{
    uint32_t unread = tcp_connection_unread(c), len = room < unread ? room : unread;
    if (len)
        tcp_ring_get(&c->came, c->rcv_read, out, len);
    return len;
}

uint32_t tcp_connection_read(struct tcp_connection *c, uint8_t *out, uint32_t room)
{
    uint32_t len = tcp_connection_peek(c, out, room);
    c->rcv_read += len;
    if (len)
        tcp_end_touch(c);
    return len;
}

uint32_t tcp_connection_room(const struct tcp_connection *c)
{
    uint32_t waiting = c->snd_end - seq_later(c->snd_una, c->iss + 1);
    uint32_t most = (uint32_t)c->end->config.buffer;
    bool closed = c->closing || (c->state != END_ESTABLISHED && c->state != END_CLOSE_WAIT);
    return closed || waiting >= most ? 0 : most - waiting;
}

uint32_t tcp_connection_write(struct tcp_connection *c, const void *bytes, uint32_t len)
{
    uint32_t room = tcp_connection_room(c);
    len = len < room ? len : room;
    tcp_ring_put(c->end->ip.host, &c->sent, 2 * (uint32_t)c->end->config.buffer, c->snd_end, bytes,
                 len);
    c->snd_end += len;
    if (len)
        tcp_end_touch(c);
    return len;
}

uint32_t tcp_connection_write_urgent(struct tcp_connection *c, const void *bytes, uint32_t len)
{
    len = tcp_connection_write(c, bytes, len);
    c->has_urgent = true;
    c->snd_up = c->snd_end;
    return len;
}

/* With the lie no-fin its own side stays open for ever. */
void tcp_connection_close(struct tcp_connection *c)
{
    if (c->closing || tcp_end_lies_now(c->end, TCP_END_LIE_NO_FIN, END_FIN))
        return;
    if (c->state == END_SYN_SENT)
        tcp_end_over(c, END_DONE);
    c->closing = true;
    tcp_end_touch(c);
}

void tcp_connection_abort(struct tcp_connection *c)
{
    if (c->state == END_CLOSED)
        return;
    if (c->state != END_SYN_SENT)
        tcp_end_send_reset(c, 0);
    tcp_end_over(c, END_RESET);
}

void tcp_connection_wake(struct tcp_connection *c, int64_t due_ns)
{
    tcp_end_timer(c, END_WAKE, due_ns);
}
