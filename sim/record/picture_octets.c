/* The frame that differs, and what it should have been: octet by octet, those of the field marked.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "sim/record/html.h"
#include "sim/record/ladder.h"
#include "sim/record/picture.h"

enum { OCTETS = 160, A_LINE = 16, NAME = 64 };

struct difference {
    char field[NAME], expected[128];
    uint32_t bit, bits;
    bool known; /* what it should be, as octets */
    uint8_t right[8];
};

/* The next "  differs   FIELD: expected A, actual B" behind *at. */
static bool next_difference(const char **at, struct difference *d)
{
    static const char heading[] = "\n  differs   ", wanted[] = ": expected ";
    const char *found = strstr(*at, heading), *field = found ? found + sizeof heading - 1 : "",
               *value = strstr(field, wanted);
    if (!found || !value || value - field >= NAME)
        return false;
    size_t len = (size_t)(value - field);
    memcpy(d->field, field, len);
    d->field[len] = 0;
    value += sizeof wanted - 1;
    len = strcspn(value, ",\n");
    len = len < sizeof d->expected ? len : sizeof d->expected - 1;
    memcpy(d->expected, value, len);
    d->expected[len] = 0;
    *at = value;
    return true;
}

/* A number, an IPv4 or a MAC address, as so many bits at the low end of eight octets. */
static bool octets_of(const char *text, uint32_t bits, uint8_t out[8])
{
    struct in_addr a;
    unsigned m[6];
    char *end;
    memset(out, 0, 8);
    if (bits == 32 && inet_pton(AF_INET, text, &a) == 1) {
        memcpy(out + 4, &a, 4);
        return true;
    }
    if (bits == 48 &&
        sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) == 6) {
        for (int k = 0; k < 6; k++)
            out[2 + k] = (uint8_t)m[k];
        return true;
    }
    unsigned long long n = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
    for (int k = 0; k < 8; k++)
        out[k] = (uint8_t)(n >> (56 - 8 * k));
    return end != text && *end == 0 && bits <= 64;
}

/* Puts the field's right octets into the copy of a frame. */
static void correct(uint8_t *bytes, const struct difference *d)
{
    for (uint32_t k = 0; k < d->bits; k++) {
        uint32_t to = d->bit + k, from = 64 - d->bits + k;
        uint8_t mask = (uint8_t)(0x80 >> to % 8);
        bool set = d->right[from / 8] & (0x80 >> from % 8);
        bytes[to / 8] = (uint8_t)(set ? bytes[to / 8] | mask : bytes[to / 8] & ~mask);
    }
}

static bool is_marked(const struct difference *d, int n, uint32_t octet)
{
    for (int k = 0; k < n; k++)
        if (octet >= d[k].bit / 8 && octet <= (d[k].bit + d[k].bits - 1) / 8)
            return true;
    return false;
}

static void print_octets(FILE *out, const char *title, const uint8_t *bytes, uint32_t len,
                         const struct difference *d, int n, bool all_known)
{
    fprintf(out, "<figure><figcaption>%s</figcaption><pre class=\"octets\">", title);
    for (uint32_t k = 0; k < len && k < OCTETS; k++) {
        bool marked = is_marked(d, n, k);
        if (k % A_LINE == 0)
            fprintf(out, "%s<i>%04x</i> ", k ? "\n" : "", k);
        fputs(marked ? "<mark>" : "", out);
        if (marked && !all_known)
            fputs("??", out);
        else
            fprintf(out, "%02x", bytes[k]);
        fputs(marked ? "</mark> " : " ", out);
    }
    fprintf(out, "%s</pre></figure>", len > OCTETS ? "\n..." : "");
}

static bool is_under_test(const struct picture *p, const struct ladder_rung *rung)
{
    const char *name = link_port_name(rung->link->link, rung->record->port);
    for (int k = 0; k < p->interfaces; k++)
        if (p->under_test[k] && strcmp(p->under_test[k], name) == 0)
            return true;
    return false;
}

/* The newest frame of the host under test that no line took. */
static const struct frame *failing_frame(const struct picture *p, const struct ladder_rung *rung,
                                         size_t count)
{
    for (size_t k = count; k-- > 0;)
        if (rung[k].record->time_ns == p->at_ns && rung[k].record->script_line == 0 &&
            is_under_test(p, &rung[k]))
            return rung[k].record->frame;
    return NULL;
}

void picture_octets(FILE *out, const struct picture *p, const struct ladder_rung *rung,
                    size_t count)
{
    enum { MOST = 8 };
    struct difference d[MOST] = {{{0}, {0}, 0, 0, false, {0}}};
    const char *at = p->report ? p->report : "";
    const struct frame *f = *at ? failing_frame(p, rung, count) : NULL;
    int n = 0;
    bool known = true;
    while (f && n < MOST && next_difference(&at, &d[n])) {
        struct difference *one = &d[n];
        if (!packet_field_place(p->recording->layers, f->bytes, f->len, one->field, &one->bit,
                                &one->bits) ||
            one->bits == 0)
            continue;
        one->known = octets_of(one->expected, one->bits, one->right);
        known &= one->known;
        n++;
    }
    if (n == 0)
        return;
    uint8_t *right = malloc(f->len ? f->len : 1);
    if (!right)
        return;
    memcpy(right, f->bytes, f->len);
    for (int k = 0; k < n; k++)
        if (d[k].known)
            correct(right, &d[k]);
    fputs("<div class=\"both\">", out);
    print_octets(out, "expected", right, f->len, d, n, known);
    print_octets(out, "actual", f->bytes, f->len, d, n, true);
    fputs("</div>\n", out);
    free(right);
}
