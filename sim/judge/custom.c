/*
 * What a stack that is not ours may do otherwise without breaking a standard: it is told in the
 * ladder, and passes. Conventions of single fields are rules of the baseline (rules_table.c); here
 * are frames that no line of a script for our stack expects, and the TTL that such lines state.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include "sim/judge/private.h"
#include "sim/packet/mutate.h"

enum { OP_REQUEST = 1 };

/* How often an address is asked for before one gives up is nobody's to say: RFC 1122, section
 * 2.3.2.1, bounds the rate. And an address may be announced whenever its link comes up (RFC 5227,
 * section 3). */
const char *custom_needs_no_line(const struct judge *j, const struct judge_port *from,
                                 const struct packet_facts *f, int64_t now_ns)
{
    if (j->conventions || f->kind != FACTS_ARP || f->op != OP_REQUEST)
        return NULL;
    if (f->spa == f->tpa && memory_owns(j, from, f->spa))
        return "no line: an announcement more than ours sends";
    int64_t before = memory_sent_before(j, from, f);
    return before >= 0 && now_ns - before >= j->arp_interval_ns
               ? "no line: a request more than ours sends"
               : NULL;
}

/* RFC 1122, section 3.2.1.7: a default that is configured, of 64 at least where this is said; what
 * a call asked for is no default. */
static bool is_default_ttl(const struct judge *j, const struct seen *s)
{
    struct value ttl;
    bool asked = j->said_ttl[j->ttl / 64] >> j->ttl % 64 & 1;
    return !j->conventions && !asked && s->from->station == STATION_UNDER_TEST &&
           packet_field(j->layers, s->frame->bytes, s->frame->len, "ip.ttl", &ttl) &&
           ttl.number > (int64_t)j->ttl;
}

void custom_match(struct judge *j, const struct packet_spec *line, const struct packet_context *c,
                  const struct seen *s, struct packet_verdict *v)
{
    if (!is_default_ttl(j, s) || !packet_states(line, "ip.ttl"))
        return;
    struct packet_verdict with = {0};
    uint8_t *ours = malloc(s->frame->len);
    if (ours && packet_with(j->layers, s->frame->bytes, s->frame->len, "ip.ttl", j->ttl, ours)) {
        packet_match(line, c, ours, s->frame->len, &with);
        if (with.differences < v->differences) /* else its TTL is not what differs */
            *v = with;
    }
    free(ours);
}
