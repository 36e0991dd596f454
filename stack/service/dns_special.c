/* Names and addresses that nobody is asked for. */
#include "stack/core/mem.h"
#include "stack/service/dns_inside.h"

static bool is_below(const struct dns_name *name, const char *parent)
{
    struct dns_name p;
    return dns_name_from_text(parent, &p) == DNS_SOUND && dns_name_below(name, &p);
}

bool dns_special(const struct dns_name *name, uint16_t type, struct dns_result *out)
{
    memset(out, 0, sizeof *out);
    if (is_below(name, "invalid")) {
        out->rcode = DNS_NXDOMAIN;
        return true;
    }
    if (!is_below(name, "localhost"))
        return false;
    if (type == DNS_A) {
        out->addr[0] = addr_ipv4(0x7f000001);
        out->count = 1;
        dns_name_to_text(name, out->name, sizeof out->name);
    }
    return true;
}

bool dns_literal(const char *text, uint16_t type, struct dns_result *out)
{
    uint32_t address;
    const char *rest = text_parse_ipv4(text, &address);
    if (!rest || *rest)
        return false;
    memset(out, 0, sizeof *out);
    if (type == DNS_A) {
        out->addr[0] = addr_ipv4(address);
        out->count = 1;
        struct text name = text_to(out->name, sizeof out->name);
        text_addr(&name, &out->addr[0]);
    }
    return true;
}

/* The octets in reverse under in-addr.arpa, or the nibbles under ip6.arpa. */
void dns_reverse_text(const struct ip_addr *a, struct text *t)
{
    static const char digits[] = "0123456789abcdef";
    if (a->family == ADDR_IPV4) {
        for (int shift = 0; shift < 32; shift += 8) {
            text_number(t, a->word[0] >> shift & 0xff);
            text_char(t, '.');
        }
        text_string(t, "in-addr.arpa");
        return;
    }
    for (int nibble = 31; nibble >= 0; nibble--) {
        text_char(t, digits[a->word[nibble / 8] >> (28 - 4 * (nibble % 8)) & 15]);
        text_char(t, '.');
    }
    text_string(t, "ip6.arpa");
}
