#include "sim/judge/clause.h"
#include <stddef.h>
#include <string.h>

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

static const char *const catalogue[] = {
    catalogue_ethernet, catalogue_arp,    catalogue_ip,  catalogue_icmp, catalogue_udp,
    catalogue_dhcp,     catalogue_dns,    catalogue_ntp, catalogue_tcp,  catalogue_http,
    catalogue_ipv6,     catalogue_telnet, catalogue_ppp,
};

/* Copies the field at *p, up to a tab or the line's end, and steps behind it. */
static void take_field(const char **p, char *out, size_t room)
{
    size_t len = strcspn(*p, "\t\n");
    size_t kept = len < room ? len : room - 1;
    memcpy(out, *p, kept);
    out[kept] = 0;
    *p += len + ((*p)[len] == '\t');
}

static void parse_row(const char *row, struct clause *c)
{
    take_field(&row, c->id, sizeof c->id);
    take_field(&row, c->level, sizeof c->level);
    take_field(&row, c->rfc, sizeof c->rfc);
    take_field(&row, c->section, sizeof c->section);
    take_field(&row, c->scope, sizeof c->scope);
    c->text = row;
    c->text_len = (int)strcspn(row, "\t\n");
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

static bool is_row(const char *line)
{
    return *line != '#' && *line != '\n' && strncmp(line, "id\t", 3) != 0;
}

bool clause_find(const char *id, struct clause *out)
{
    size_t len = strlen(id);
    for (size_t f = 0; f < sizeof catalogue / sizeof catalogue[0]; f++) {
        for (const char *line = catalogue[f]; *line; line = next_line(line)) {
            if (strncmp(line, id, len) != 0 || line[len] != '\t' || !is_row(line))
                continue;
            parse_row(line, out);
            return true;
        }
    }
    return false;
}

void clause_each(void (*each)(void *ctx, const struct clause *c), void *ctx)
{
    for (size_t f = 0; f < sizeof catalogue / sizeof catalogue[0]; f++) {
        for (const char *line = catalogue[f]; *line; line = next_line(line)) {
            struct clause c;
            if (!is_row(line))
                continue;
            parse_row(line, &c);
            each(ctx, &c);
        }
    }
}
