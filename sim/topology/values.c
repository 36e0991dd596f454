/* Variables, and the values of declarations and calls. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include "sim/hosts/sut_host.h"
#include "sim/language/symbols.h"
#include "sim/topology/topology.h"

/* --- variables --- */

struct value value_in_scratch(struct topology *t, struct scratch *s, const struct value *v)
{
    struct value copy = *v;
    if (v->bytes) {
        uint8_t *bytes = scratch_alloc(t->world, s, (size_t)v->len + 1);
        memcpy(bytes, v->bytes, v->len);
        copy.bytes = bytes;
    }
    if (v->item) {
        copy.item = scratch_alloc(t->world, s, v->items * sizeof *v->item);
        for (uint32_t i = 0; i < v->items; i++)
            copy.item[i] = value_in_scratch(t, s, &v->item[i]);
    }
    return copy;
}

struct value value_in_arena(struct topology *t, const struct value *v)
{
    struct scratch kept = {NULL};
    return value_in_scratch(t, &kept, v);
}

struct binding {
    struct value value;
    struct scratch memory;
};

void scope_bind(struct topology *t, const char *name, const struct value *v)
{
    struct binding *b = names_find(&t->bindings, name);
    struct scratch memory = {NULL};
    if (!b) {
        b = world_alloc(t->world, sizeof *b, 16);
        names_put(t->world, &t->bindings, world_text(t->world, name), b);
    }
    b->value = value_in_scratch(t, &memory, v);
    scratch_release(t->world, &b->memory); /* not before: it may be bound to itself */
    b->memory = memory;
}

const struct value *scope_lookup(const struct topology *t, const char *name)
{
    const struct binding *b = names_find(&t->bindings, name);
    return b ? &b->value : NULL;
}

/* --- values --- */

const struct value *field_of(const struct value *v, const char *name)
{
    for (uint32_t i = 0; i < v->items; i++)
        /* Counted, so it is there: NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
        if (v->item[i].field && strcmp(v->item[i].field, name) == 0)
            return &v->item[i];
    return NULL;
}

static int eval_items(struct topology *t, const struct value *in, struct value *out,
                      struct why *why)
{
    *out = *in;
    out->item =
        in->items ? scratch_alloc(t->world, &t->scratch, in->items * sizeof *in->item) : NULL;
    for (uint32_t i = 0; i < in->items; i++) {
        if (eval_value(t, &in->item[i], &out->item[i], why) != 0)
            return -1;
        out->item[i].field = in->item[i].field;
    }
    return 0;
}

/* {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("10.0.2.2")} is an endpoint; other
 * structures stay. */
static int eval_struct(struct topology *t, const struct value *in, struct value *out,
                       struct why *why)
{
    if (eval_items(t, in, out, why) != 0)
        return -1;
    const struct value *family = field_of(out, "sa_family"), *port = field_of(out, "sin_port"),
                       *addr = field_of(out, "sin_addr");
    if (!family && !port && !addr)
        return 0;
    if (family && family->kind == VALUE_NUMBER && family->number == AF_UNSPEC) {
        *out = (struct value){.kind = VALUE_NONE};
        return 0;
    }
    if ((port && port->kind == VALUE_BIND) || (addr && addr->kind == VALUE_BIND))
        return 0; /* an answer to match field by field */
    *out = (struct value){.kind = VALUE_ENDPOINT,
                          .number = addr ? addr->number : 0,
                          .prefix = port ? (int)port->number : 0};
    return 0;
}

static bool text_is_address(const struct value *v, int64_t *address)
{
    struct in_addr a;
    if (v->kind != VALUE_BYTES || inet_pton(AF_INET, (const char *)v->bytes, &a) != 1)
        return false;
    *address = ntohl(a.s_addr);
    return true;
}

/* Ports and addresses stay in host order here: htons(7) is 7, inet_addr("10.0.2.2") is 10.0.2.2. */
static int eval_function(struct topology *t, const struct value *in, struct value *out,
                         struct why *why)
{
    static const char *const same[] = {"htons", "ntohs", "htonl", "ntohl"};
    struct value argument = {0};
    if (in->items != 1 || eval_value(t, &in->item[0], &argument, why) != 0) {
        why_set(why, "%s takes one argument", in->text);
        return -1;
    }
    for (size_t f = 0; f < 4; f++) {
        if (strcmp(in->text, same[f]) == 0) {
            *out = argument;
            return 0;
        }
    }
    if (strcmp(in->text, "inet_addr") == 0) {
        *out = (struct value){.kind = VALUE_IPV4, .number = argument.number};
        if (argument.kind == VALUE_IPV4 || argument.kind == VALUE_BIND ||
            text_is_address(&argument, &out->number)) {
            if (argument.kind == VALUE_BIND)
                *out = argument;
            return 0;
        }
        why_set(why, "inet_addr: not an IPv4 address");
        return -1;
    }
    why_set(why, "no function %s here; there are htons, htonl and inet_addr", in->text);
    return -1;
}

static int eval_or(struct topology *t, const struct value *in, struct value *out, struct why *why)
{
    *out = (struct value){.kind = VALUE_NUMBER};
    for (uint32_t i = 0; i < in->items; i++) {
        struct value part;
        if (eval_value(t, &in->item[i], &part, why) != 0)
            return -1;
        if (part.kind == VALUE_NAME) {
            why_set(why, "%s is the name of no number", part.text);
            return -1;
        }
        out->number |= part.number;
    }
    return 0;
}

static void eval_name(struct topology *t, const struct value *in, struct value *out)
{
    *out = *in;
    int64_t number;
    int port;
    if (symbol_number(in->text, &number)) {
        *out = (struct value){.kind = VALUE_NUMBER, .number = number};
        return;
    }
    struct host *h = topology_host(t, in->text, &port);
    if (h && h->kind != &sut_kind && h->port[port].has_ipv4)
        *out = (struct value){.kind = VALUE_IPV4, .number = h->port[port].ipv4};
}

int eval_value(struct topology *t, const struct value *in, struct value *out, struct why *why)
{
    const struct value *bound;
    switch (in->kind) {
    case VALUE_USE:
        bound = scope_lookup(t, in->text);
        if (!bound) {
            why_set(why, "$%s is not bound here", in->text);
            return -1;
        }
        *out = value_in_scratch(t, &t->scratch, bound); /* it may be bound anew meanwhile */
        return 0;
    case VALUE_NAME:
        eval_name(t, in, out);
        return 0;
    case VALUE_LIST:
        return eval_items(t, in, out, why);
    case VALUE_STRUCT:
        return eval_struct(t, in, out, why);
    case VALUE_CALL:
        return eval_function(t, in, out, why);
    case VALUE_OR:
        return eval_or(t, in, out, why);
    default:
        *out = *in;
        return 0;
    }
}
