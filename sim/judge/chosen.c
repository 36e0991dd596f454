#include "sim/judge/chosen.h"
#include <string.h>

enum { EPHEMERAL = 1024, ECHO_REQUEST = 8, TRACEROUTE = 33434 };

static int64_t number(const struct layer_set *set, const uint8_t *bytes, uint32_t len,
                      const char *field)
{
    struct value v;
    return packet_field(set, bytes, len, field, &v) ? v.number : -1;
}

static bool asks_echo(const struct layer_set *set, const uint8_t *bytes, uint32_t len)
{
    return number(set, bytes, len, "icmp.type") == ECHO_REQUEST;
}

/* Of a client that answers an offer (RFC 2131, section 4.4.1): its number is the offer's. */
static bool answers_offer(const struct layer_set *set, const uint8_t *bytes, uint32_t len)
{
    return number(set, bytes, len, "dhcp.requested") > 0 &&
           number(set, bytes, len, "dhcp.server") > 0;
}

/* Traceroute's probes carry what they like (van Jacobson's has no standard). */
static bool probes(const struct layer_set *set, const uint8_t *bytes, uint32_t len)
{
    int64_t port = number(set, bytes, len, "udp.dport");
    return port >= TRACEROUTE && port < TRACEROUTE + 255;
}

static bool is_ephemeral(const struct layer_set *set, const uint8_t *bytes, uint32_t len)
{
    return number(set, bytes, len, "udp.sport") >= EPHEMERAL;
}

/* A row holds for frames that `when` accepts; NULL: for all. */
static const struct {
    const char *field;
    enum choice choice;
    bool (*when)(const struct layer_set *set, const uint8_t *bytes, uint32_t len);
    const char *source;
} table[] = {
    {"ip.id", CHOICE_FRESH, NULL, "RFC 6864, section 4"},
    {"udp.sport", CHOICE_AGREES, is_ephemeral, "RFC 6056, section 2.1"},
    {"icmp.id", CHOICE_AGREES, asks_echo, "RFC 792, echo"},
    {"icmp.seq", CHOICE_AGREES, asks_echo, "RFC 792, echo"},
    {"icmp octets", CHOICE_FREE, asks_echo, "RFC 792, echo: the data is the asker's"},
    {"data octets", CHOICE_FREE, asks_echo, "RFC 792, echo: the data is the asker's"},
    {"data octets", CHOICE_FREE, probes,
     "traceroute: of a probe nothing but its header comes back"},
    {"dhcp.params", CHOICE_AGREES, NULL, "RFC 2131, section 3.5: what it likes to know"},
    {"dhcp.message", CHOICE_FREE, NULL, "RFC 2132, section 9.9: for people"},
    {"dhcp.max-size", CHOICE_FREE, NULL, "RFC 2132, section 9.10: what it can take"},
    {"dhcp.client-id", CHOICE_AGREES, NULL, "RFC 2131, section 4.2"},
    {"dhcp.hostname", CHOICE_AGREES, NULL, "RFC 2132, section 3.14"},
    {"dhcp.xid", CHOICE_AGREES, answers_offer, "RFC 2131, section 4.4.1"},
    {"dhcp.xid", CHOICE_FREE, NULL, "RFC 2131, section 4.1: a new one for each try if it likes"},
    {"dhcp.secs", CHOICE_FREE, NULL, "RFC 2131, section 2: begun when the client likes"},
    {"dns.id", CHOICE_FREE, NULL, "RFC 5452, section 4.3"},
    {"ntp.transmit", CHOICE_FREE, NULL, "RFC 5905, section 14: may be random"},
    {"ntp.xmt", CHOICE_FREE, NULL, "RFC 5905, section 14: may be random"},
};

enum choice chosen(const struct layer_set *set, const uint8_t *bytes, uint32_t len,
                   const char *field)
{
    for (size_t k = 0; k < sizeof table / sizeof table[0]; k++)
        if (strcmp(table[k].field, field) == 0 &&
            (!table[k].when || table[k].when(set, bytes, len)))
            return table[k].choice;
    return CHOICE_NONE;
}
