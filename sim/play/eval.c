/* Values and expressions of a script, evaluated against a run. */
#include "sim/play/engine.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include "sim/hosts/sut_host.h"
#include "sim/play/tcp_info.h"

static bool is_numeric(const struct value *v)
{
    return v->kind == VALUE_NUMBER || v->kind == VALUE_TIME || v->kind == VALUE_IPV4;
}

static bool match_items(struct run *r, const struct value *expected, const struct value *actual)
{
    for (uint32_t i = 0; i < expected->items; i++) {
        const struct value *e = &expected->item[i];
        const struct value *a = e->field            ? field_of(actual, e->field)
                                : i < actual->items ? &actual->item[i]
                                                    : NULL;
        if (!a || !eval_match(r, e, a))
            return false;
    }
    return expected->field || expected->kind == VALUE_STRUCT || expected->items == actual->items;
}

/* A sockaddr with ?x in it, against an endpoint. */
static bool match_endpoint(struct run *r, const struct value *expected, const struct value *actual)
{
    const struct value port = {.kind = VALUE_NUMBER, .number = actual->prefix};
    const struct value addr = {.kind = VALUE_IPV4, .number = actual->number};
    const struct value *e = field_of(expected, "sin_port");
    if (e && !eval_match(r, e, &port))
        return false;
    e = field_of(expected, "sin_addr");
    return !e || eval_match(r, e, &addr);
}

bool eval_match(struct run *r, const struct value *expected, const struct value *actual)
{
    switch (expected->kind) {
    case VALUE_NONE:
    case VALUE_ANY:
        return true;
    case VALUE_BIND:
        scope_bind(&r->topology, expected->text, actual);
        return true;
    case VALUE_STRUCT:
        if (actual->kind == VALUE_ENDPOINT)
            return match_endpoint(r, expected, actual);
        return actual->kind == VALUE_STRUCT && match_items(r, expected, actual);
    case VALUE_LIST:
        return actual->kind == VALUE_LIST && match_items(r, expected, actual);
    case VALUE_PREFIX:
        if (actual->kind == VALUE_IPV4)
            return false;
        break;
    default:
        break;
    }
    if (is_numeric(expected) && is_numeric(actual))
        return expected->number == actual->number;
    if (expected->kind == VALUE_NAME && actual->kind == VALUE_BYTES)
        return strlen(expected->text) == actual->len &&
               memcmp(expected->text, actual->bytes, actual->len) == 0;
    return value_equal(expected, actual);
}

/* --- expressions --- */

bool eval_true(const struct value *v)
{
    return is_numeric(v) ? v->number != 0 : v->kind != VALUE_NONE;
}

static int link_counter(struct run *r, const char *name, struct value *out)
{
    const char *dot = strchr(name, '.');
    char link[LINK_NAME_BYTES];
    if (!dot || (size_t)(dot - name) >= sizeof link)
        return -1;
    memcpy(link, name, (size_t)(dot - name));
    link[dot - name] = 0;
    int k = topology_link(&r->topology, link);
    int event = k >= 0 ? link_event_by_name(dot + 1) : -1;
    if (event < 0)
        return -1;
    *out = (struct value){
        .kind = VALUE_NUMBER,
        .number = (int64_t)link_count(r->topology.recording.link[k].link, (enum link_event)event)};
    return 0;
}

/* "eth0.nic.COUNTER": the NIC model's. */
static int nic_counter(struct host *h, const char *name, struct value *out)
{
    const char *dot = strstr(name, ".nic.");
    for (uint32_t p = 0; dot && p < h->ports; p++) {
        const char *ifname = sut_host_ifname(h, (int)p);
        uint64_t count = 0;
        if (strncmp(name, ifname, strlen(ifname)) != 0 || name + strlen(ifname) != dot)
            continue;
        if (sut_host_nic_count(h, (int)p, dot + 5, &count) != 0)
            return -1;
        *out = (struct value){.kind = VALUE_NUMBER, .number = (int64_t)count};
        return 0;
    }
    return -1;
}

/* Questions about the inside of a stack are for ours; another one is judged by what it sends. */
static void ask_in_vain(struct run *r, const struct host *h)
{
    r->asked_in_vain = !(sut_host_sut(h)->flags & SUT_INSIDE);
}

/* "eth0.rx_overrun", "eth0.nic.rx_filtered": a driver's counter, and what the NIC counts, which
 * hangs on the driver's rings and filter. */
static bool is_of_others_driver(const struct host *h, const char *name)
{
    size_t len = strcspn(name, ".");
    for (uint32_t p = 0; sut_host_sut(h)->flags & SUT_OTHERS_DRIVER && p < h->ports; p++) {
        const char *ifname = sut_host_ifname(h, (int)p);
        if (strlen(ifname) == len && strncmp(ifname, name, len) == 0)
            return true;
    }
    return false;
}

/* "a.udp.in" is peer a's "udp.in", where a stack moves it; else the host under test's. */
static struct host *asked(struct run *r, const char **name)
{
    char first[128];
    int port;
    size_t len = strcspn(*name, ".");
    if (!(*name)[len] || len >= sizeof first)
        return r->topology.sut;
    snprintf(first, sizeof first, "%.*s", (int)len, *name);
    struct host *h = topology_host(&r->topology, first, &port);
    if (!h || !(h->kind->flags & HOST_STACK) || h == r->topology.sut)
        return r->topology.sut;
    *name += len + 1;
    return h;
}

static int eval_counter(struct run *r, const char *name, struct value *out, struct why *why)
{
    char what[128];
    const char *own = name;
    struct host *h = asked(r, &own);
    snprintf(what, sizeof what, "counter %s", own);
    if (is_of_others_driver(h, own)) {
        r->asked_in_vain = true;
        why_set(why, "counter \"%s\": the driver is not ours", name);
        return -1;
    }
    if (link_counter(r, name, out) == 0 || nic_counter(h, own, out) == 0 ||
        sut_host_query(h, what, out) == 0)
        return 0;
    ask_in_vain(r, h);
    why_set(why,
            "no counter \"%s\": a link's (lan.lost), a NIC's (eth0.nic.rx_filtered) or the stack's "
            "(arp.drop.short)",
            name);
    return -1;
}

static const char *text_of(const struct value *v)
{
    return v->kind == VALUE_BYTES ? (const char *)v->bytes : v->kind == VALUE_NAME ? v->text : "";
}

static int eval_state(struct run *r, const struct value *argv, struct value *out, struct why *why)
{
    int port;
    struct host *h = topology_host(&r->topology, text_of(&argv[0]), &port);
    r->asked_violations = r->asked_violations || strcmp(text_of(&argv[1]), "violations") == 0;
    if (h && h->kind->query && h->kind->query(h, text_of(&argv[1]), out) == 0) {
        *out = value_in_scratch(&r->topology, &r->topology.scratch, out);
        return 0;
    }
    if (h && h->kind->flags & HOST_STACK)
        ask_in_vain(r, h);
    why_set(why, "state: %s does not know \"%s\"", h ? h->name : "no such host", text_of(&argv[1]));
    return -1;
}

/* counter(name), ifaddr(if), knob(name), state(host, what), query(text), now(): everything else is
 * asked of the stack by its name. */
static int eval_call(struct run *r, const struct expr *e, struct value *out, struct why *why)
{
    struct value argv[4] = {{0}};
    if (e->arguments > 4) {
        why_set(why, "%s: too many arguments", e->value.text);
        return -1;
    }
    for (uint32_t a = 0; a < e->arguments; a++)
        if (eval_expr(r, e->argument[a], &argv[a], why) != 0)
            return -1;
    const char *name = e->value.text;
    uint32_t most = strcmp(name, "state") == 0                             ? 2
                    : strcmp(name, "now") == 0 || strcmp(name, "gap") == 0 ? 0
                                                                           : 1;
    if (e->arguments > most) {
        why_set(why, "%s() takes %u argument%s, %u are written", name, most, most == 1 ? "" : "s",
                e->arguments);
        return -1;
    }
    if (strcmp(name, "counter") == 0)
        return eval_counter(r, text_of(&argv[0]), out, why);
    if (strcmp(name, "state") == 0)
        return eval_state(r, argv, out, why);
    if (strcmp(name, "gap") == 0) {
        *out = (struct value){.kind = VALUE_TIME, .number = r->taken_ns[1] - r->taken_ns[0]};
        return 0;
    }
    if (strcmp(name, "now") == 0) {
        *out = (struct value){.kind = VALUE_TIME, .number = world_now(r->world)};
        return 0;
    }
    char what[256];
    const char *of = text_of(&argv[0]);
    struct host *h = strcmp(name, "query") == 0 ? r->topology.sut : asked(r, &of);
    if (strcmp(name, "query") == 0)
        snprintf(what, sizeof what, "%s", of);
    else
        snprintf(what, sizeof what, "%s %s", name, of);
    if (sut_host_query(h, what, out) == 0) {
        *out = value_in_scratch(&r->topology, &r->topology.scratch, out);
        return 0;
    }
    static const char *const functions[] = {"counter", "state",  "now",  "gap",
                                            "query",   "ifaddr", "knob", NULL};
    const char *nearest = nearest_word(name, functions);
    ask_in_vain(r, h);
    why_set(why, "the stack cannot answer \"%s\"%s%s%s", what,
            nearest && strcmp(nearest, name) != 0 ? "; did you mean " : "",
            nearest && strcmp(nearest, name) != 0 ? nearest : "",
            nearest && strcmp(nearest, name) != 0 ? "()?" : "");
    return -1;
}

static const char *kind_words(const struct value *v)
{
    switch (v->kind) {
    case VALUE_NONE:
        return "nothing";
    case VALUE_NUMBER:
    case VALUE_TIME:
        return "a number";
    case VALUE_IPV4:
        return "an address";
    case VALUE_PREFIX:
        return "a prefix";
    case VALUE_BYTES:
        return "a text";
    case VALUE_MAC:
        return "a MAC address";
    default:
        return "another kind of value";
    }
}

/* What can be equal at all: numbers, things of one kind, and anything that is not there. */
static bool comparable(const struct value *a, const struct value *b)
{
    bool numbers = is_numeric(a) && is_numeric(b);
    bool either = a->kind == VALUE_ANY || b->kind == VALUE_ANY || a->kind == VALUE_BIND;
    bool structure = a->kind == VALUE_STRUCT && b->kind == VALUE_ENDPOINT;
    return numbers || either || structure || a->kind == b->kind || a->kind == VALUE_NONE ||
           b->kind == VALUE_NONE;
}

static int eval_compare(struct run *r, enum expr_op op, const struct value *a,
                        const struct value *b, struct value *out, struct why *why)
{
    *out = (struct value){.kind = VALUE_NUMBER};
    if (!comparable(a, b)) {
        why_set(why, "%s is never compared with %s: %s", kind_words(a), kind_words(b),
                "both sides are of one kind");
        return -1;
    }
    if (op == OP_EQ || op == OP_NE) {
        bool equal = a->kind == VALUE_NONE ? b->kind == VALUE_NONE
                                           : b->kind != VALUE_NONE && eval_match(r, a, b);
        out->number = equal == (op == OP_EQ);
        return 0;
    }
    if (!is_numeric(a) || !is_numeric(b)) {
        why_set(why, "only numbers and times have an order");
        return -1;
    }
    out->number = op == OP_LT   ? a->number < b->number
                  : op == OP_LE ? a->number <= b->number
                  : op == OP_GT ? a->number > b->number
                                : a->number >= b->number;
    return 0;
}

/* Two's complement throughout: a script's arithmetic never traps. */
static int eval_arithmetic(enum expr_op op, const struct value *a, const struct value *b,
                           struct value *out, struct why *why)
{
    uint64_t x = (uint64_t)a->number, y = (uint64_t)b->number, z = 0;
    if (!is_numeric(a) || !is_numeric(b)) {
        why_set(why, "%s does not count: only numbers and times do",
                kind_words(is_numeric(a) ? b : a));
        return -1;
    }
    if ((op == OP_DIV || op == OP_MOD) && (y == 0 || (a->number == INT64_MIN && b->number == -1))) {
        why_set(why, "division by zero");
        return -1;
    }
    switch (op) {
    case OP_ADD:
        z = x + y;
        break;
    case OP_SUB:
        z = x - y;
        break;
    case OP_MUL:
        z = x * y;
        break;
    case OP_DIV:
        z = (uint64_t)(a->number / b->number);
        break;
    case OP_MOD:
        z = (uint64_t)(a->number % b->number);
        break;
    case OP_BITAND:
        z = x & y;
        break;
    case OP_BITOR:
        z = x | y;
        break;
    case OP_SHL:
        z = y < 64 ? x << y : 0;
        break;
    case OP_SHR:
        z = y < 64 ? x >> y : 0;
        break;
    default:
        break;
    }
    *out = (struct value){.kind = a->kind == VALUE_TIME || b->kind == VALUE_TIME ? VALUE_TIME
                                                                                 : VALUE_NUMBER,
                          .number = (int64_t)z};
    return 0;
}

/* A truth is a number, or what may not be there; a text is neither true nor false. */
int eval_truth(const struct value *v, struct why *why)
{
    if (is_numeric(v) || v->kind == VALUE_NONE || v->kind == VALUE_PREFIX || v->kind == VALUE_MAC)
        return 0;
    why_set(why, "%s is neither true nor false: compare it with something", kind_words(v));
    return -1;
}

static int eval_binary(struct run *r, const struct expr *e, struct value *out, struct why *why)
{
    struct value a, b;
    if (eval_expr(r, e->left, &a, why) != 0)
        return -1;
    if (e->op == OP_AND || e->op == OP_OR) {
        if (eval_truth(&a, why) != 0)
            return -1;
        if (eval_true(&a) == (e->op == OP_OR)) {
            *out = (struct value){.kind = VALUE_NUMBER, .number = e->op == OP_OR};
            return 0;
        }
        if (eval_expr(r, e->right, &b, why) != 0 || eval_truth(&b, why) != 0)
            return -1;
        *out = (struct value){.kind = VALUE_NUMBER, .number = eval_true(&b)};
        return 0;
    }
    if (eval_expr(r, e->right, &b, why) != 0)
        return -1;
    return e->op <= OP_GE ? eval_compare(r, e->op, &a, &b, out, why)
                          : eval_arithmetic(e->op, &a, &b, out, why);
}

/* A word that no symbol is called by: a field of tcp_info, or nothing. */
static int eval_unknown(struct run *r, const char *name, struct value *out, struct why *why)
{
    const struct value *named = scope_lookup(&r->topology, name); /* by a statement of %{ }% */
    if (named) {
        *out = *named;
        return 0;
    }
    if (strncmp(name, "tcpi_", 5) != 0) {
        why_set(why, "nothing is called %s; a text stands in quotes", name);
        return -1;
    }
    switch (tcp_info_field(r, name, out)) {
    case INFO_KNOWN:
        return 0;
    case INFO_NO_CONNECTION:
        why_set(why, "%s: there is no connection here whose state this is", name);
        return -1;
    case INFO_NO_FIELD:
    case INFO_NONE:
        break;
    }
    verdict_skip(&r->verdict, "%s: %s has no %s", r->script->path,
                 sut_host_sut(r->topology.sut)->name, name);
    why_set(why, "%s is not known", name);
    return -1;
}

int eval_expr(struct run *r, const struct expr *e, struct value *out, struct why *why)
{
    switch (e->kind) {
    case EXPR_VALUE:
        if (eval_value(&r->topology, &e->value, out, why) != 0)
            return -1;
        return out->kind == VALUE_NAME ? eval_unknown(r, out->text, out, why) : 0;
    case EXPR_CALL:
        return eval_call(r, e, out, why);
    case EXPR_NOT:
    case EXPR_NEGATE:
        if (eval_expr(r, e->left, out, why) != 0 || eval_truth(out, why) != 0)
            return -1;
        *out = (struct value){.kind = e->kind == EXPR_NOT ? VALUE_NUMBER : out->kind,
                              .number = e->kind == EXPR_NOT ? !eval_true(out)
                                                            : (int64_t)(0 - (uint64_t)out->number)};
        return 0;
    case EXPR_BINARY:
        return eval_binary(r, e, out, why);
    }
    return -1;
}
