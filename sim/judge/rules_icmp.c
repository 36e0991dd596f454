/* The baseline's rules of ICMP messages of a host's own. */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include "sim/judge/baseline.h"

static bool is_icmp(const struct packet_facts *f)
{
    return f->kind == FACTS_IPV4 && f->protocol == IPPROTO_ICMP && f->offset == 0 &&
           f->body_len >= 8;
}

RULE(rule_icmp_code)
{
    (void)j, (void)from, (void)now_ns;
    if (!is_icmp(f))
        return true;
    uint8_t type = f->body[0];
    bool queries = type == ICMP_ECHO || type == ICMP_ECHOREPLY || type == ICMP_TIMESTAMP ||
                   type == ICMP_TIMESTAMPREPLY;
    return rule_broken(b, !queries || f->body[1] == 0, "0", "%u", f->body[1]);
}

/* The first octet behind the sum that means nothing in a message of that type, 8: all mean
 * something. */
static uint32_t unused_from(const uint8_t *body)
{
    switch (body[0]) {
    case ICMP_DEST_UNREACH: /* RFC 1191: the next hop's MTU in the last two */
        return 4;
    case ICMP_TIME_EXCEEDED:
    case ICMP_SOURCE_QUENCH:
        return 4;
    case ICMP_PARAMETERPROB:
        return 5;
    default:
        return 8;
    }
}

RULE(rule_icmp_unused)
{
    (void)j, (void)from, (void)now_ns;
    if (!is_icmp(f))
        return true;
    bool has_mtu = f->body[0] == ICMP_DEST_UNREACH && f->body[1] == ICMP_FRAG_NEEDED;
    for (uint32_t k = unused_from(f->body); k < (has_mtu ? 6u : 8u); k++)
        if (f->body[k])
            return rule_broken(b, false, "zero", "0x%02x at octet %u", f->body[k], k);
    return true;
}
