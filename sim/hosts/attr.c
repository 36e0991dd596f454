/* Attributes of peers that are checked: what makes no sense gets a sentence at its place. */
#include <inttypes.h>
#include <stdarg.h>
#include "sim/hosts/host.h"

#define SECOND INT64_C(1000000000)

int attr_blame(const struct attrs *a, const struct attribute *which)
{
    if (a->blamed)
        *a->blamed = which;
    return -1;
}

int attr_refuse(const struct attrs *a, const struct attribute *which, struct why *why,
                const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    why_set(why, "%s", text);
    return attr_blame(a, which);
}

int attr_range(const struct attrs *a, const char *name, int64_t least, int64_t most, int64_t *out,
               struct why *why)
{
    const struct attribute *found = attr_find(a, name, 0);
    if (!found)
        return 0;
    if (found->value.kind != VALUE_NUMBER || found->value.number < least ||
        found->value.number > most)
        return attr_refuse(a, found, why, "%s is a number from %" PRId64 " to %" PRId64, name,
                           least, most);
    *out = found->value.number;
    return 0;
}

int attr_duration(const struct attrs *a, const char *name, int64_t *out, struct why *why)
{
    const struct attribute *found = attr_find(a, name, 0);
    if (!found)
        return 0;
    int64_t ns = found->value.number;
    bool bare = found->value.kind == VALUE_NUMBER;
    if ((!bare && found->value.kind != VALUE_TIME) ||
        (bare && __builtin_mul_overflow(ns, SECOND, &ns)) || ns < 0)
        return attr_refuse(a, found, why, "%s is a time, which is not negative", name);
    *out = ns;
    return 0;
}

bool address_of_one(uint32_t address)
{
    uint32_t first = address >> 24;
    return first != 0 && first != 127 && first < 224;
}

bool address_of_one_in(uint32_t address, int prefix)
{
    uint32_t host = prefix >= 32 ? 0 : UINT32_MAX >> (prefix < 0 ? 0 : prefix);
    return address_of_one(address) &&
           (prefix >= 31 || ((address & host) != 0 && (address & host) != host));
}

static int take_address(const struct attrs *a, const struct attribute *found, const struct value *v,
                        uint32_t *out, uint32_t room, uint32_t *count, struct why *why)
{
    char text[64];
    value_text(v, text, sizeof text);
    if (v->kind != VALUE_IPV4 || !address_of_one((uint32_t)v->number))
        return attr_refuse(a, found, why, "%s: %s is no address of one host, such as 10.0.2.3",
                           found->name, text);
    if (*count == room)
        return attr_refuse(a, found, why, "%s: at most %" PRIu32 " addresses", found->name, room);
    out[(*count)++] = (uint32_t)v->number;
    return 0;
}

int attr_addresses(const struct attrs *a, const char *name, uint32_t *out, uint32_t room,
                   uint32_t *count, struct why *why)
{
    const struct attribute *found;
    *count = 0;
    for (uint32_t k = 0; (found = attr_find(a, name, k)) != NULL; k++) {
        const struct value *v = &found->value;
        uint32_t items = v->kind == VALUE_LIST ? v->items : 1;
        for (uint32_t i = 0; i < items; i++)
            if (take_address(a, found, v->kind == VALUE_LIST ? &v->item[i] : v, out, room, count,
                             why) != 0)
                return -1;
    }
    return 0;
}
