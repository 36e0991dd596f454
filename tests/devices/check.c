/* Making checks, and holding both sides' answers against what is expected: see check.h. */
#include "tests/devices/check.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 200 };

static const struct check_lists own[] = {
    {"e1000", {e1000_register_checks, e1000_receive_checks, e1000_send_checks}},
    {"rtl8139", {rtl8139_register_checks, rtl8139_packet_checks}},
    {NULL, {NULL}},
};

static const struct check_lists *lists_of(const struct check_lists *lists, const char *nic)
{
    for (; lists->nic; lists++)
        if (strcmp(lists->nic, nic) == 0)
            return lists;
    return NULL;
}

const struct check *checks_of(const char *nic)
{
    static struct check joined[ROOM];
    const struct check_lists *lists = lists_of(own, nic);
    uint32_t count = 0;
    lists = lists ? lists : lists_of(virtio_check_lists, nic);
    for (int l = 0; lists && l < CHECK_LISTS; l++)
        for (const struct check *c = lists->list[l]; c && c->name; c++) {
            assert(count < ROOM - 1);
            joined[count++] = *c;
        }
    joined[count] = (struct check){0};
    return count ? joined : NULL;
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
