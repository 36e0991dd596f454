#include "sim/base/value.h"

#include <inttypes.h>
#include <string.h>

#include "sim/base/time.h"
#include "sim/base/text.h"

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_items(const struct value *a, const struct value *b)
{
    if (a->items != b->items)
        return false;
    for (uint32_t i = 0; i < a->items; i++)
        if (!same_text(a->item[i].field, b->item[i].field) ||
            !value_equal(&a->item[i], &b->item[i]))
            return false;
    return true;
}

static bool same_bytes(const struct value *a, const struct value *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0);
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_NONE:
    case VALUE_ANY:
        return true;
    case VALUE_NUMBER:
    case VALUE_TIME:
    case VALUE_IPV4:
        return a->number == b->number;
    case VALUE_ENDPOINT:
        return a->number == b->number && a->prefix == b->prefix;
    case VALUE_PREFIX:
        return a->prefix == b->prefix && a->number == b->number && same_bytes(a, b);
    case VALUE_IPV6:
    case VALUE_MAC:
    case VALUE_BYTES:
        return same_bytes(a, b);
    case VALUE_NAME:
    case VALUE_USE:
    case VALUE_BIND:
        return same_text(a->text, b->text);
    case VALUE_LIST:
    case VALUE_STRUCT:
    case VALUE_OR:
        return same_items(a, b);
    case VALUE_CALL:
        return same_text(a->text, b->text) && same_items(a, b);
    }
    return false;
}

void text_quoted(struct text *t, const void *bytes, size_t len)
{
    const unsigned char *b = bytes;
    text_add(t, "\"");
    for (size_t i = 0; i < len; i++) {
        if (b[i] == '"' || b[i] == '\\')
            text_add(t, "\\%c", b[i]);
        else if (b[i] == '\n')
            text_add(t, "\\n");
        else if (b[i] == '\r')
            text_add(t, "\\r");
        else if (b[i] == '\t')
            text_add(t, "\\t");
        else if (b[i] < ' ' || b[i] >= 0x7f)
            text_add(t, "\\x%02x", b[i]);
        else
            text_add(t, "%c", b[i]);
    }
    text_add(t, "\"");
}

static void text_ipv4(struct text *t, int64_t a)
{
    text_add(t, "%d.%d.%d.%d", (int)(a >> 24 & 255), (int)(a >> 16 & 255), (int)(a >> 8 & 255),
             (int)(a & 255));
}

/* RFC 5952: the first longest run of two or more zero groups becomes `::`. */
void text_ipv6(struct text *t, const unsigned char address[16])
{
    unsigned group[8];
    int best = -1, longest = 1;
    for (int i = 0; i < 8; i++)
        group[i] = (unsigned)address[2 * i] << 8 | address[2 * i + 1];
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && group[i + n] == 0)
            n++;
        if (n > longest) {
            best = i;
            longest = n;
        }
        i += n ? n - 1 : 0;
    }
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            text_add(t, "::");
            i += longest - 1;
        } else {
            text_add(t, "%s%x", i && i != best + longest ? ":" : "", group[i]);
        }
    }
}

static void text_mac(struct text *t, const uint8_t *mac)
{
    for (int i = 0; i < 6; i++)
        text_add(t, "%s%02x", i ? ":" : "", mac[i]);
}

/* The lowest number has no decimal form that reads back: its digits without the sign do not fit. */
static void text_number(struct text *t, int64_t n)
{
    if (n == INT64_MIN)
        text_add(t, "0x8000000000000000");
    else
        text_add(t, "%" PRId64, n);
}

static void text_time(struct text *t, int64_t ns)
{
    char out[40];
    time_print(ns < 0 ? -ns : ns, out, sizeof out);
    text_add(t, "%s%s", ns < 0 ? "-" : "", out);
}

static void text_items(struct text *t, const struct value *v, const char *open, const char *between,
                       const char *close)
{
    text_add(t, "%s", open);
    for (uint32_t i = 0; i < v->items; i++) {
        const struct value *item = &v->item[i];
        text_add(t, "%s", i ? between : "");
        if (item->field && item->kind == VALUE_LIST && item->prefix)
            text_add(t, "%s(%d)=", item->field, item->prefix);
        else if (item->field)
            text_add(t, "%s=", item->field);
        text_value(t, item);
    }
    text_add(t, "%s", close);
}

static void text_prefix(struct text *t, const struct value *v)
{
    if (v->len == 16)
        text_ipv6(t, v->bytes);
    else
        text_ipv4(t, v->number);
    text_add(t, "/%d", v->prefix);
}

static void text_call(struct text *t, const struct value *v)
{
    if (strcmp(v->text, "..") == 0 && v->items == 2) {
        text_items(t, v, "", "..", "");
        return;
    }
    text_add(t, "%s", v->text);
    text_items(t, v, "(", ", ", ")");
}

void text_value(struct text *t, const struct value *v)
{
    switch (v->kind) {
    case VALUE_NONE:
        text_add(t, "...");
        break;
    case VALUE_NUMBER:
        text_number(t, v->number);
        break;
    case VALUE_TIME:
        text_time(t, v->number);
        break;
    case VALUE_IPV4:
        text_ipv4(t, v->number);
        break;
    case VALUE_PREFIX:
        text_prefix(t, v);
        break;
    case VALUE_IPV6:
        text_ipv6(t, v->bytes);
        break;
    case VALUE_MAC:
        text_mac(t, v->bytes);
        break;
    case VALUE_BYTES:
        text_quoted(t, v->bytes, v->len);
        break;
    case VALUE_NAME:
        text_add(t, "%s", v->text);
        break;
    case VALUE_USE:
        text_add(t, "$%s", v->text);
        break;
    case VALUE_BIND:
        text_add(t, "?%s", v->text);
        break;
    case VALUE_LIST:
        text_items(t, v, "[", ", ", "]");
        break;
    case VALUE_STRUCT:
        text_items(t, v, "{", ", ", "}");
        break;
    case VALUE_CALL:
        text_call(t, v);
        break;
    case VALUE_OR:
        text_items(t, v, "", "|", "");
        break;
    case VALUE_ANY:
        text_add(t, "*");
        break;
    case VALUE_ENDPOINT:
        text_ipv4(t, v->number);
        text_add(t, ":%d", v->prefix);
        break;
    }
}

int value_text(const struct value *v, char *out, int room)
{
    struct text t = {.bytes = out, .room = room > 0 ? (size_t)room : 0};
    if (t.room)
        out[0] = 0;
    text_value(&t, v);
    return (int)t.len;
}
