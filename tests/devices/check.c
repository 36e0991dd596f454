/* Making checks, and holding both sides' answers against what is expected: see check.h. */
#include "tests/devices/check.h"

#include <stdio.h>
#include <string.h>

const struct check *checks_of(const char *nic)
{
    return strcmp(nic, "e1000") == 0     ? e1000_checks
           : strcmp(nic, "rtl8139") == 0 ? rtl8139_checks
                                         : virtio_checks_of(nic);
}

static struct seen *next(struct probe *p, const char *what)
{
    struct seen *s = &p->seen[p->count < SEEN_MAX ? p->count : SEEN_MAX - 1];
    p->count += p->count < SEEN_MAX;
    memset(s, 0, sizeof *s);
    s->what = what;
    return s;
}

void see(struct probe *p, const char *what, uint64_t actual, uint64_t expected)
{
    struct seen *s = next(p, what);
    snprintf(s->actual, sizeof s->actual, "0x%llx", (unsigned long long)actual);
    snprintf(s->expected, sizeof s->expected, "0x%llx", (unsigned long long)expected);
}

void see_octets(struct probe *p, const char *what, const uint8_t *actual, uint32_t len,
                const uint8_t *expected, uint32_t expected_len)
{
    struct seen *s = next(p, what);
    uint32_t at = 0, shorter = len < expected_len ? len : expected_len;
    while (at < shorter && actual[at] == expected[at])
        at++;
    snprintf(s->expected, sizeof s->expected, "%u octets", expected_len);
    if (at < shorter)
        snprintf(s->actual, sizeof s->actual, "%u octets, [%u] is 0x%02x, not 0x%02x", len, at,
                 actual[at], expected[at]);
    else
        snprintf(s->actual, sizeof s->actual, "%u octets", len);
}

void see_sent(struct probe *p, const char *what, uint32_t nth, const uint8_t *expected,
              uint32_t len)
{
    const struct side_frame *f = &p->side->sent[nth];
    if (nth < p->side->sents)
        see_octets(p, what, f->bytes, f->len, expected, len);
    else
        see_octets(p, what, f->bytes, 0, expected, len);
}

void forbidden(struct probe *p, const char *words)
{
    p->violation = words;
}

bool is_ours(const struct probe *p)
{
    return p->side->kind->models;
}
