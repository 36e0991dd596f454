#include "sim/hosts/peer_lies.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

bool peer_lie_now(struct peer_lie *lie, unsigned message)
{
    if (lie->left == 0 || (lie->only && !(lie->only >> message & 1)))
        return false;
    if (lie->left > 0)
        lie->left--;
    return true;
}

void peer_lies_spoil(const struct peer_lies *lies, unsigned message, void *reply)
{
    for (uint32_t k = 0; k < lies->count; k++)
        if (lies->spec[k].spoil && peer_lie_now(&lies->lie[k], message))
            lies->spec[k].spoil(reply, &lies->lie[k]);
}

static bool read_message(const struct peer_lies *lies, const char *text, size_t len,
                         struct peer_lie *lie)
{
    for (unsigned k = 0; lies->message && lies->message[k]; k++)
        if (strlen(lies->message[k]) == len && memcmp(lies->message[k], text, len) == 0) {
            lie->only |= 1u << k;
            return true;
        }
    return false;
}

static bool read_argument(enum value_kind wanted, const struct value *v, struct peer_lie *lie)
{
    if (lie->given || wanted == VALUE_NONE)
        return false;
    struct in_addr address;
    if (wanted == VALUE_IPV4 && v->kind == VALUE_BYTES &&
        inet_pton(AF_INET, (const char *)v->bytes, &address) == 1) {
        lie->given = true;
        lie->number = ntohl(address.s_addr);
        return true;
    }
    bool seconds = wanted == VALUE_TIME && v->kind == VALUE_NUMBER;
    if (v->kind != wanted && !seconds)
        return false;
    lie->given = true;
    lie->number = v->number;
    if (seconds && __builtin_mul_overflow(v->number, INT64_C(1000000000), &lie->number))
        return false;
    lie->bytes = v->bytes;
    lie->len = v->len;
    return true;
}

/* What does not fit the field would become another value there. */
static int check_argument(const struct peer_lie_spec *spec, const struct peer_lie *lie,
                          struct why *why)
{
    int64_t unit = spec->argument == VALUE_TIME ? INT64_C(1000000000) : 1;
    if (!lie->given || !spec->most || (lie->number >= 0 && lie->number <= spec->most))
        return 0;
    why_set(why, "%s: its argument is a %s from 0 to %" PRId64 "%s", spec->name,
            unit == 1 ? "number" : "time", spec->most / unit, unit == 1 ? "" : "s");
    return -1;
}

static int read_value(const struct peer_lies *lies, uint32_t k, const struct value *v,
                      struct peer_lie *lie, struct why *why)
{
    if (read_argument(lies->spec[k].argument, v, lie))
        return check_argument(&lies->spec[k], lie, why);
    if (v->kind == VALUE_NUMBER && v->number >= 0) {
        lie->left = v->number;
        return 0;
    }
    if (v->kind == VALUE_BYTES && read_message(lies, (const char *)v->bytes, v->len, lie))
        return 0;
    if (v->kind == VALUE_NAME && read_message(lies, v->text, strlen(v->text), lie))
        return 0;
    char text[64];
    value_text(v, text, sizeof text);
    why_set(why,
            "%s: what does %s mean? %show often (a number) and the kind of message (a string) may "
            "stand there",
            lies->spec[k].name, text,
            lies->spec[k].argument == VALUE_NONE ? "" : "its argument, then ");
    return -1;
}

static int read_lie(const struct peer_lies *lies, uint32_t k, const struct value *v, uint32_t count,
                    struct why *why)
{
    struct peer_lie lie = {.left = -1};
    bool off = count == 1 && v->kind == VALUE_NUMBER && v->number == 0 &&
               lies->spec[k].argument != VALUE_NUMBER;
    for (uint32_t i = 0; i < count && !off; i++)
        if (read_value(lies, k, &v[i], &lie, why) != 0)
            return -1;
    if (off)
        lie.left = 0;
    lies->lie[k] = lie;
    return 0;
}

int peer_lies_init(const struct peer_lies *lies, const struct attrs *a, struct why *why)
{
    for (uint32_t k = 0; k < lies->count; k++) {
        const struct attribute *found = attr_find(a, lies->spec[k].name, 0);
        if (!found)
            continue;
        const struct value *v = &found->value;
        bool list = v->kind == VALUE_LIST;
        if (read_lie(lies, k, list ? v->item : v, list ? v->items : v->kind != VALUE_NONE, why) !=
            0)
            return attr_blame(a, found);
    }
    return 0;
}

int peer_lies_call(const struct peer_lies *lies, const char *name, const struct value *argument,
                   uint32_t arguments, struct why *why)
{
    for (uint32_t k = 0; k < lies->count; k++)
        if (strcmp(lies->spec[k].name, name) == 0)
            return read_lie(lies, k, argument, arguments, why) == 0 ? 1 : -1;
    return 0;
}
