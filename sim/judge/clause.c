#include "sim/judge/clause.h"
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/base/why.h"

/* The assembler puts each file into read-only data, found from the repository's root, where the
 * build runs. */
#define CATALOGUE(name)                                                                            \
    __asm__(".pushsection .rodata\n.global catalogue_" #name "\ncatalogue_" #name                  \
            ":\n.incbin \"conformance/" #name ".tsv\"\n.byte 0\n.popsection\n");                   \
    extern const char catalogue_##name[];

CATALOGUE(arp)
CATALOGUE(dhcp)
CATALOGUE(dns)
CATALOGUE(ethernet)
CATALOGUE(http)
CATALOGUE(icmp)
CATALOGUE(ip)
CATALOGUE(ipv6)
CATALOGUE(ntp)
CATALOGUE(ppp)
CATALOGUE(tcp)
CATALOGUE(telnet)
CATALOGUE(udp)
CATALOGUE(virtio)
CATALOGUE(waivers)

struct source {
    const char *name, *text;
    bool own;
};

enum { BUILT_IN = 14, OWN_MAX = 16 };
static struct source source[BUILT_IN + OWN_MAX] = {
    {"ethernet", catalogue_ethernet, false},
    {"arp", catalogue_arp, false},
    {"ip", catalogue_ip, false},
    {"icmp", catalogue_icmp, false},
    {"udp", catalogue_udp, false},
    {"dhcp", catalogue_dhcp, false},
    {"dns", catalogue_dns, false},
    {"ntp", catalogue_ntp, false},
    {"tcp", catalogue_tcp, false},
    {"http", catalogue_http, false},
    {"ipv6", catalogue_ipv6, false},
    {"telnet", catalogue_telnet, false},
    {"ppp", catalogue_ppp, false},
    {"virtio", catalogue_virtio, false},
};
static size_t sources = BUILT_IN;

/* --- rows --- */

/* Copies the field at *p, up to a tab or the line's end, and steps behind it. */
static void take_field(const char **p, char *out, size_t room)
{
    size_t len = strcspn(*p, "\t\r\n");
    size_t kept = len < room ? len : room - 1;
    memcpy(out, *p, kept);
    out[kept] = 0;
    *p += len + ((*p)[len] == '\t');
}

static void parse_row(const char *row, const struct source *from, struct clause *c)
{
    take_field(&row, c->id, sizeof c->id);
    take_field(&row, c->level, sizeof c->level);
    take_field(&row, c->rfc, sizeof c->rfc);
    take_field(&row, c->section, sizeof c->section);
    take_field(&row, c->scope, sizeof c->scope);
    c->text = row;
    c->text_len = (int)strcspn(row, "\t\r\n");
    c->file = from->name;
    c->own = from->own;
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

static bool is_row(const char *line)
{
    return *line && !strchr("#\r\n", *line) && strncmp(line, "id\t", 3) != 0;
}

bool clause_find(const char *id, struct clause *out)
{
    size_t len = strlen(id);
    for (size_t f = 0; f < sources; f++) {
        for (const char *line = source[f].text; *line; line = next_line(line)) {
            if (strncmp(line, id, len) != 0 || line[len] != '\t' || !is_row(line))
                continue;
            parse_row(line, &source[f], out);
            return true;
        }
    }
    return false;
}

void clause_each(void (*each)(void *ctx, const struct clause *c), void *ctx)
{
    for (size_t f = 0; f < sources; f++) {
        for (const char *line = source[f].text; *line; line = next_line(line)) {
            struct clause c;
            if (!is_row(line))
                continue;
            parse_row(line, &source[f], &c);
            each(ctx, &c);
        }
    }
}

void clause_each_waiver(void (*each)(void *ctx, const char *id, const char *reason, int len),
                        void *ctx)
{
    for (const char *line = catalogue_waivers; *line; line = next_line(line)) {
        char id[CLAUSE_FIELD];
        const char *at = line;
        if (!is_row(line))
            continue;
        take_field(&at, id, sizeof id);
        each(ctx, id, at, (int)strcspn(at, "\r\n"));
    }
}

/* --- a user's own --- */

enum { FIELDS = 6 };
static const char *const field_name[FIELDS] = {"the id",      "the level", "the RFC",
                                               "the section", "the scope", "the requirement"};
static const char *const levels[] = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", NULL};
static const char *const scopes[] = {"wire", "api", "timing", "internal", NULL};

static bool is_among(const char *const *words, const char *text, size_t len)
{
    for (; *words; words++)
        if (strlen(*words) == len && strncmp(*words, text, len) == 0)
            return true;
    return false;
}

/* What is wrong with the field; NULL: nothing. */
static const char *field_fault(int field, const char *text, size_t len, struct clause *found)
{
    char id[CLAUSE_FIELD];
    if (len == 0)
        return "it is empty";
    if (field < FIELDS - 1 && len >= CLAUSE_FIELD)
        return "it has more than 63 characters";
    if (field == 1 && !is_among(levels, text, len))
        return "expected MUST, MUST NOT, SHOULD, SHOULD NOT or MAY";
    if (field == 4 && !is_among(scopes, text, len))
        return "expected wire, api, timing or internal";
    if (field != 0)
        return NULL;
    snprintf(id, sizeof id, "%.*s", (int)len, text);
    if (strcspn(id, " ") != len)
        return "it has a blank in it";
    return clause_find(id, found) ? "there is a requirement of that id already" : NULL;
}

static int check_row(const char *path, int number, const char *line, struct why *why)
{
    const char *at = line;
    for (int field = 0; field < FIELDS; field++) {
        size_t len = strcspn(at, "\t\r\n");
        struct clause found;
        const char *fault = field_fault(field, at, len, &found);
        bool ends = at[len] != '\t' && field + 1 < FIELDS;
        if (!fault && ends) {
            why_set(why, "%s:%d:%d: the row ends behind %s: expected a tab and %s", path, number,
                    (int)(at + len - line) + 1, field_name[field], field_name[field + 1]);
            return -1;
        }
        if (fault) {
            why_set(why, "%s:%d:%d: %s, \"%.*s\": %s", path, number, (int)(at - line) + 1,
                    field_name[field], (int)(len < 80 ? len : 80), at, fault);
            return -1;
        }
        at += len + 1;
    }
    return 0;
}

/* A row is looked up among those before it, in its own file, too: the source grows by it. */
static int check_rows(struct source *s, struct why *why)
{
    char *text = (char *)(uintptr_t)s->text;
    int number = 1, rows = 0;
    for (char *line = text; *line; line = (char *)(uintptr_t)next_line(line), number++) {
        char first = *line;
        if (!is_row(line))
            continue;
        char row[4096];
        snprintf(row, sizeof row, "%.*s", (int)strcspn(line, "\n"), line);
        *line = 0;
        int err = check_row(s->name, number, row, why);
        *line = first;
        if (err)
            return -1;
        rows++;
    }
    if (rows == 0)
        why_set(why,
                "%s:%d:1: no row: a row is id, level, rfc, section, scope and requirement, a tab "
                "between two",
                s->name, number);
    return rows ? 0 : -1;
}

static char *read_whole(const char *path, struct why *why)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t len = f ? getdelim(&text, &room, 0, f) : -1;
    bool broken = !f || ferror(f);
    if (broken)
        why_set(why, "%s: %s", path, strerror(errno));
    if (f && !broken && len <= 0)
        why_set(why, "%s: the file is empty", path);
    if (f)
        fclose(f);
    if (!broken && len > 0)
        return text;
    free(text);
    return NULL;
}

int clause_add_file(const char *path, struct why *why)
{
    if (sources == BUILT_IN + OWN_MAX) {
        why_set(why, "%s: there are %d catalogues of yours already", path, OWN_MAX);
        return -1;
    }
    char *text = read_whole(path, why);
    if (!text)
        return -1;
    source[sources] = (struct source){path, text, true};
    if (check_rows(&source[sources++], why) == 0)
        return 0;
    sources--;
    free(text);
    return -1;
}
