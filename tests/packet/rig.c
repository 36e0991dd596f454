#include "sim/language/lexer.h"
#include "tests/packet/rig.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

struct rig rig;

static bool lookup(void *self, const char *name, struct value *out)
{
    (void)self;
    for (int i = 0; i < rig.variables; i++)
        if (!strcmp(rig.variable[i].name, name)) {
            *out = rig.variable[i].value;
            return true;
        }
    return false;
}

static void bind_variable(void *self, const char *name, const struct value *value)
{
    (void)self;
    snprintf(rig.variable[rig.variables].name, sizeof rig.variable[0].name, "%s", name);
    rig.variable[rig.variables++].value = *value;
}

static void set_addresses(struct packet_addresses *a, uint8_t last)
{
    const uint8_t mac[6] = {0x52, 0x55, 0x0a, 0x00, 0x02, last};
    *a = (struct packet_addresses){.has_mac = true, .has_ipv4 = true, .ipv4 = 0x0a000200u | last};
    memcpy(a->mac, mac, 6);
}

static bool host(void *self, const char *name, struct packet_addresses *out)
{
    (void)self;
    set_addresses(out, !strcmp(name, "eth0") ? 15 : 2);
    return !strcmp(name, "eth0") || !strcmp(name, "peer");
}

void rig_up(void)
{
    memset(&rig, 0, sizeof rig);
    rig.pool = pool_new();
    rig.set = layer_set_new(rig.pool);
    rig.context = (struct packet_context){.lookup = lookup, .bind = bind_variable, .host = host};
}

void rig_down(void)
{
    pool_free(rig.pool);
}

static struct packet_spec *compile(const char *text, struct diagnostic *d)
{
    struct word *words;
    int n = words_of(rig.pool, "test", text + 1, &words, d);
    return n < 0 ? NULL : packet_compile(rig.set, rig.pool, text[0], words, (size_t)n, d);
}

struct packet_spec *line(const char *text)
{
    struct diagnostic d = {0};
    struct packet_spec *p = compile(text, &d);
    cr_assert(p, "%s: column %d: %s", text, d.place.column, d.text);
    bool in = text[0] == '<';
    set_addresses(&rig.context.source, in ? 2 : 15);
    set_addresses(&rig.context.destination, in ? 15 : 2);
    return p;
}

const char *complaint(const char *text)
{
    struct diagnostic d = {0};
    rig.why[0] = 0;
    if (!compile(text, &d)) {
        int n = snprintf(rig.why, sizeof rig.why, "%d: ", d.place.column + 1);
        snprintf(rig.why + n, sizeof rig.why - (size_t)n, "%s", d.text);
    }
    return rig.why;
}

int build(const char *text)
{
    struct why why = {0};
    rig.len = packet_build(line(text), &rig.context, rig.frame, sizeof rig.frame, &why);
    snprintf(rig.why, sizeof rig.why, "%s", why.text);
    return rig.len;
}

void answer_it(void)
{
    memcpy(rig.answered, rig.frame, (size_t)rig.len);
    rig.context.answered = rig.answered;
    rig.context.answered_len = (uint32_t)rig.len;
}

static int digits(const char *hex, uint8_t *out)
{
    int n = 0;
    for (; *hex; hex++) {
        if (isspace((unsigned char)*hex))
            continue;
        char pair[3] = {hex[0], hex[1], 0};
        out[n++] = (uint8_t)strtoul(pair, NULL, 16);
        hex++;
    }
    return n;
}

void octets(const char *hex)
{
    rig.len = digits(hex, rig.frame);
}

bool has_at(uint32_t at, const char *hex)
{
    static uint8_t want[65550];
    int n = digits(hex, want);
    bool same = (int)at + n <= rig.len && !memcmp(rig.frame + at, want, (size_t)n);
    for (int i = 0; !same && i < rig.len; i++)
        fprintf(stderr, "%02x%s", rig.frame[i], i + 1 == rig.len ? "\n" : " ");
    return same;
}

bool is_frame(const char *hex)
{
    static uint8_t want[65550];
    return digits(hex, want) == rig.len && has_at(0, hex);
}

bool matches(const char *text)
{
    packet_match(line(text), &rig.context, rig.frame, (uint32_t)rig.len, &rig.verdict);
    for (uint32_t i = 0; i < rig.verdict.differences; i++)
        fprintf(stderr, "%s: expected %s, actual %s\n", rig.verdict.difference[i].field,
                rig.verdict.difference[i].expected, rig.verdict.difference[i].actual);
    return rig.verdict.matches;
}

bool differs(const char *text, const char *field, const char *expected, const char *actual)
{
    packet_match(line(text), &rig.context, rig.frame, (uint32_t)rig.len, &rig.verdict);
    const struct packet_difference *d = rig.verdict.difference;
    bool as_said = !rig.verdict.matches && rig.verdict.differences == 1 &&
                   !strcmp(d->field, field) && !strcmp(d->expected, expected) &&
                   !strcmp(d->actual, actual);
    for (uint32_t i = 0; !as_said && i < rig.verdict.differences; i++)
        fprintf(stderr, "%s: expected %s, actual %s\n", d[i].field, d[i].expected, d[i].actual);
    return as_said;
}

const char *text_of(int detail)
{
    static char text[200000];
    packet_text(rig.set, rig.frame, (uint32_t)rig.len, detail, text, sizeof text);
    return text;
}

bool prints(const char *text, const char *printed)
{
    struct packet_spec *p = line(text);
    char *out = packet_print(p);
    char again[4096];
    snprintf(again, sizeof again, "%c %s", text[0], out);
    bool same = packet_spec_equal(p, line(again)) && (!printed || !strcmp(out, printed));
    if (!same)
        fprintf(stderr, "%s\n", out);
    free(out);
    return same;
}

bool comes_back(const char *text)
{
    static uint8_t first[65550];
    int len = build(text);
    if (len < 0) {
        fprintf(stderr, "%s\n", rig.why);
        return false;
    }
    memcpy(first, rig.frame, (size_t)len);
    static char again[200001];
    snprintf(again, sizeof again, "<%s", text_of(1));
    bool raw = !strncmp(again, "<hex", 4);
    bool same = build(again) == len && !memcmp(first, rig.frame, (size_t)len) && !raw;
    if (!same)
        fprintf(stderr, "%s\n%s\n", text, again);
    return same;
}

void set_variable(const char *name, int64_t number)
{
    bind_variable(NULL, name, &(struct value){.kind = VALUE_NUMBER, .number = number});
}

int64_t variable(const char *name)
{
    struct value v = {0};
    cr_assert(lookup(NULL, name, &v), "%s is not bound", name);
    return v.number;
}
