/* The services as calls that a script makes: dhcp_start("eth0"), resolve("name", ?ip),
 * ping(10.0.2.2), traceroute(...), sntp(...). */
#include "sim/hosts/stack_sut.h"
#include <string.h>
#include "stack/service/dhcp.h"
#include "stack/service/dns.h"
#include "stack/service/ping.h"
#include "stack/service/sntp.h"
#include "stack/service/traceroute.h"
#include "stack/service/line_server.h"
#include "stack/service/udp_echo.h"

static int64_t now_of(struct stack_sut *u)
{
    return u->env->now(u->env->self);
}

static struct netif *interface(struct stack_sut *u, const struct value *v)
{
    return stack_netif(u->stack, stack_argument_text(v));
}

static struct value *fresh_out(struct stack_sut *u)
{
    memset(u->out, 0, sizeof u->out);
    return u->out;
}

static int64_t started(struct stack_waiter *w, int got)
{
    if (got < 0)
        stack_wait_free(w);
    return got < 0 ? got : SUT_PENDING;
}

/* --- DHCP: `dhcp_start` returns at once; `dhcp_wait` ends when the lease is there. --- */

static int64_t call_dhcp_start(struct stack_sut *u, uint64_t token, const struct value *argv,
                               int argc, struct value *out)
{
    (void)token, (void)out;
    struct netif *nif = interface(u, &argv[0]);
    uint32_t remembered = argc > 1 && argv[1].kind == VALUE_IPV4 ? (uint32_t)argv[1].number : 0;
    return nif ? dhcp_start(u->stack, nif, remembered, NULL, NULL, now_of(u)) : -ERR_NODEV;
}

static void dhcp_bound(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    (void)s, (void)data, (void)now_ns;
    struct stack_waiter *w = ctx;
    if (w->token) /* later binds of the same client find the waiter gone */
        stack_wait_done(w, result, NULL, 0);
}

/* dhcp_lease("eth0"): starts and ends with the first lease. */
static int64_t call_dhcp_lease(struct stack_sut *u, uint64_t token, const struct value *argv,
                               int argc, struct value *out)
{
    (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    if (!nif || nif->index >= sizeof u->lease / sizeof u->lease[0])
        return -ERR_NODEV;
    struct stack_waiter *w = &u->lease[nif->index];
    *w = (struct stack_waiter){.token = token, .fd = -1, .sut = u, .own = true};
    return started(w, dhcp_start(u->stack, nif, 0, dhcp_bound, w, now_of(u)));
}

static int64_t call_dhcp_release(struct stack_sut *u, uint64_t token, const struct value *argv,
                                 int argc, struct value *out)
{
    (void)token, (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    return nif ? dhcp_release(u->stack, nif, now_of(u)) : -ERR_NODEV;
}

static int64_t call_dhcp_stop(struct stack_sut *u, uint64_t token, const struct value *argv,
                              int argc, struct value *out)
{
    (void)token, (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    return nif ? dhcp_stop(u->stack, nif, now_of(u)) : -ERR_NODEV;
}

static int64_t call_dhcp_inform(struct stack_sut *u, uint64_t token, const struct value *argv,
                                int argc, struct value *out)
{
    (void)token, (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    return nif ? dhcp_inform(u->stack, nif, NULL, NULL, now_of(u)) : -ERR_NODEV;
}

/* dhcp_option("eth0", 12, "myhost") */
static int64_t call_dhcp_option(struct stack_sut *u, uint64_t token, const struct value *argv,
                                int argc, struct value *out)
{
    (void)token, (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    if (argv[1].number < 0 || argv[1].number > 255 || argv[2].kind != VALUE_BYTES)
        return -ERR_INVAL;
    return nif ? dhcp_set_option(u->stack, nif, (uint8_t)argv[1].number, argv[2].bytes, argv[2].len)
               : -ERR_NODEV;
}

/* --- DNS: resolve(name, ADDRESSES [, A or AAAA [, SECONDS]]), reverse(address, NAME) --- */

static int64_t call_nameserver(struct stack_sut *u, uint64_t token, const struct value *argv,
                               int argc, struct value *out)
{
    (void)token, (void)out;
    struct ip_addr server[4];
    unsigned count = 0;
    for (int a = 0; a < argc && count < 4; a++)
        count += stack_argument_address(&argv[a], &server[count]);
    return dns_set_servers(u->stack, server, count);
}

static struct value value_of_address(const struct ip_addr *a, uint8_t *room)
{
    if (a->family == ADDR_IPV4)
        return (struct value){.kind = VALUE_IPV4, .number = a->word[0]};
    for (int b = 0; b < 16; b++)
        room[b] = (uint8_t)(a->word[b / 4] >> (24 - b % 4 * 8));
    return (struct value){.kind = VALUE_IPV6, .bytes = room, .len = 16};
}

static void resolved(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    (void)s, (void)now_ns;
    struct stack_waiter *w = ctx;
    struct stack_sut *u = w->sut;
    struct value *out = fresh_out(u);
    const struct dns_result *r = data;
    if (result < 0 || !r) {
        stack_wait_done(w, result, NULL, 0);
        return;
    }
    for (uint32_t a = 0; a < r->count; a++)
        u->list[a] = value_of_address(&r->addr[a], u->scratch + 512 + 16 * (size_t)a);
    out[1] = r->count == 1 ? u->list[0]
                           : (struct value){.kind = VALUE_LIST, .item = u->list, .items = r->count};
    out[3] = (struct value){.kind = VALUE_NUMBER, .number = r->ttl_s};
    stack_wait_done(w, (int64_t)r->count, out, STACK_OUTS);
}

static int64_t call_resolve(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                            struct value *out)
{
    (void)out;
    struct stack_waiter *w = stack_wait(u, token);
    if (!w)
        return -ERR_NOMEM;
    bool six = argc > 2 && strcmp(stack_argument_text(&argv[2]), "AAAA") == 0;
    return started(w, dns_resolve(u->stack, stack_argument_text(&argv[0]), six ? DNS_AAAA : DNS_A,
                                  resolved, w, now_of(u)));
}

static void reversed(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    (void)s, (void)now_ns;
    struct stack_waiter *w = ctx;
    struct value *out = fresh_out(w->sut);
    const struct dns_result *r = data;
    if (result >= 0 && r) {
        size_t len = strnlen(r->name, sizeof r->name - 1);
        memcpy(w->sut->scratch, r->name, len + 1);
        out[1] =
            (struct value){.kind = VALUE_BYTES, .bytes = w->sut->scratch, .len = (uint32_t)len};
    }
    stack_wait_done(w, result, out, STACK_OUTS);
}

static bool address_of_value6(const struct value *v, struct ip_addr *out)
{
    if (v->kind != VALUE_IPV6)
        return false;
    *out = (struct ip_addr){.family = ADDR_IPV6};
    for (int b = 0; b < 16; b++)
        out->word[b / 4] = out->word[b / 4] << 8 | v->bytes[b];
    return true;
}

static int64_t call_reverse(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                            struct value *out)
{
    (void)out, (void)argc;
    struct ip_addr a;
    bool known = address_of_value6(&argv[0], &a) || stack_argument_address(&argv[0], &a);
    struct stack_waiter *w = known ? stack_wait(u, token) : NULL;
    return w ? started(w, dns_reverse(u->stack, &a, reversed, w, now_of(u))) : -ERR_INVAL;
}

static int64_t call_dns_flush(struct stack_sut *u, uint64_t token, const struct value *argv,
                              int argc, struct value *out)
{
    (void)token, (void)argv, (void)argc, (void)out;
    dns_flush(u->stack);
    return 0;
}

/* --- ping(to [, count [, size [, ttl]]]) = echoes received; out[4] is the statistics as a struct
 * --- */

static void pinged(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    (void)s, (void)now_ns;
    struct stack_waiter *w = ctx;
    struct value *out = fresh_out(w->sut);
    const struct ping_result *r = data;
    if (r) {
        const struct value fields[] = {
            {.kind = VALUE_NUMBER, .field = "sent", .number = r->sent},
            {.kind = VALUE_NUMBER, .field = "received", .number = r->received},
            {.kind = VALUE_NUMBER, .field = "duplicates", .number = r->duplicates},
            {.kind = VALUE_NUMBER, .field = "errors", .number = r->errors},
            {.kind = VALUE_NUMBER, .field = "corrupt", .number = r->corrupt},
            {.kind = VALUE_TIME, .field = "min", .number = r->min_ns},
            {.kind = VALUE_TIME, .field = "max", .number = r->max_ns},
            {.kind = VALUE_TIME, .field = "total", .number = r->total_ns},
        };
        memcpy(w->sut->list, fields, sizeof fields);
        out[4] = (struct value){
            .kind = VALUE_STRUCT, .item = w->sut->list, .items = sizeof fields / sizeof fields[0]};
    }
    stack_wait_done(w, result, out, STACK_OUTS);
}

static int64_t call_ping(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)out;
    struct ip_addr to;
    if (!stack_argument_address(&argv[0], &to))
        return -ERR_INVAL;
    struct ping_options o;
    ping_defaults(&o, &to);
    if (argc > 1 && argv[1].kind == VALUE_NUMBER)
        o.count = (uint32_t)argv[1].number;
    if (argc > 2 && argv[2].kind == VALUE_NUMBER)
        o.size = (uint32_t)argv[2].number;
    if (argc > 3 && argv[3].kind == VALUE_NUMBER)
        o.ttl = (uint8_t)argv[3].number;
    struct stack_waiter *w = stack_wait(u, token);
    return w ? started(w, ping_start(u->stack, &o, pinged, w, now_of(u))) : -ERR_NOMEM;
}

/* --- traceroute(to, [HOPS] [, probes]) = number of hops; a silent hop is 0.0.0.0 --- */

static void traced(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    (void)s, (void)now_ns;
    struct stack_waiter *w = ctx;
    struct value *out = fresh_out(w->sut);
    const struct traceroute_result *r = data;
    if (r) {
        for (uint32_t h = 0; h < r->hops; h++)
            w->sut->list[h] = (struct value){.kind = VALUE_IPV4, .number = r->hop[h].addr.word[0]};
        out[1] = (struct value){.kind = VALUE_LIST, .item = w->sut->list, .items = r->hops};
    }
    stack_wait_done(w, result, out, STACK_OUTS);
}

static int64_t call_traceroute(struct stack_sut *u, uint64_t token, const struct value *argv,
                               int argc, struct value *out)
{
    (void)out;
    struct ip_addr to;
    if (!stack_argument_address(&argv[0], &to))
        return -ERR_INVAL;
    struct traceroute_options o;
    traceroute_defaults(&o, &to);
    if (argc > 2 && argv[2].kind == VALUE_NUMBER)
        o.probes = (uint8_t)argv[2].number;
    if (argc > 3 && argv[3].kind == VALUE_NUMBER)
        o.max_hops = (uint8_t)argv[3].number;
    struct stack_waiter *w = stack_wait(u, token);
    return w ? started(w, traceroute_start(u->stack, &o, traced, w, now_of(u))) : -ERR_NOMEM;
}

/* --- sntp(server, UNIX_SECONDS [, OFFSET]) = 0 --- */

static void timed(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    (void)s, (void)now_ns;
    struct stack_waiter *w = ctx;
    struct value *out = fresh_out(w->sut);
    const struct sntp_time *t = data;
    if (result >= 0 && t) {
        out[1] = (struct value){.kind = VALUE_NUMBER, .number = t->unix_s};
        out[2] = (struct value){.kind = VALUE_TIME, .number = t->unix_ns};
        out[3] = (struct value){.kind = VALUE_TIME, .number = t->delay_ns};
    }
    stack_wait_done(w, result, out, STACK_OUTS);
}

static int64_t call_sntp(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)out, (void)argc;
    struct ip_addr server;
    struct stack_waiter *w =
        stack_argument_address(&argv[0], &server) ? stack_wait(u, token) : NULL;
    return w ? started(w, sntp_query(u->stack, &server, timed, w, now_of(u))) : -ERR_INVAL;
}

static int64_t call_udp_echo(struct stack_sut *u, uint64_t token, const struct value *argv,
                             int argc, struct value *out)
{
    (void)token, (void)out;
    return udp_echo_start(u->stack, argc > 0 ? (uint16_t)argv[0].number : 7, now_of(u));
}

static int64_t call_udp_echo_stop(struct stack_sut *u, uint64_t token, const struct value *argv,
                                  int argc, struct value *out)
{
    (void)token, (void)out, (void)argv, (void)argc;
    return udp_echo_stop(u->stack, now_of(u));
}

static int64_t serve(struct stack_sut *u, enum line_service service, const struct value *argv,
                     int argc)
{
    return line_serve(u->stack, service, argc > 0 ? (uint16_t)argv[0].number : 0, now_of(u));
}

static int64_t call_tcp_echo(struct stack_sut *u, uint64_t token, const struct value *argv,
                             int argc, struct value *out)
{
    (void)token, (void)out;
    return serve(u, LINE_ECHO, argv, argc);
}

static int64_t call_tcp_echo_stop(struct stack_sut *u, uint64_t token, const struct value *argv,
                                  int argc, struct value *out)
{
    (void)token, (void)out, (void)argv, (void)argc;
    return line_serve_stop(u->stack, LINE_ECHO, now_of(u));
}

static int64_t call_telnet_serve(struct stack_sut *u, uint64_t token, const struct value *argv,
                                 int argc, struct value *out)
{
    (void)token, (void)out;
    return serve(u, LINE_TELNET, argv, argc);
}

static int64_t call_telnet_serve_stop(struct stack_sut *u, uint64_t token, const struct value *argv,
                                      int argc, struct value *out)
{
    (void)token, (void)out, (void)argv, (void)argc;
    return line_serve_stop(u->stack, LINE_TELNET, now_of(u));
}

const struct stack_call_entry stack_service_calls[] = {
    {"dhcp_start", call_dhcp_start, 1},
    {"dhcp_lease", call_dhcp_lease, 1},
    {"dhcp_release", call_dhcp_release, 1},
    {"dhcp_stop", call_dhcp_stop, 1},
    {"dhcp_inform", call_dhcp_inform, 1},
    {"dhcp_option", call_dhcp_option, 3},
    {"nameserver", call_nameserver, 0},
    {"resolve", call_resolve, 1},
    {"reverse", call_reverse, 1},
    {"dns_flush", call_dns_flush, 0},
    {"ping", call_ping, 1},
    {"traceroute", call_traceroute, 1},
    {"sntp", call_sntp, 1},
    {"udp_echo", call_udp_echo, 0},
    {"udp_echo_stop", call_udp_echo_stop, 0},
    {"tcp_echo", call_tcp_echo, 0},
    {"tcp_echo_stop", call_tcp_echo_stop, 0},
    {"telnet_serve", call_telnet_serve, 0},
    {"telnet_serve_stop", call_telnet_serve_stop, 0},
    {NULL, NULL, 0},
};
