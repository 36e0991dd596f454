#include "sim/language/needs.h"
#include <netinet/ip_icmp.h>
#include <string.h>
#include <net/if_arp.h>

enum kind {
    ARP,
    ARP_REQUESTS,
    CONFLICT_DEFENCE,
    DHCP,
    ERROR_LIMITS,
    FRAGMENTS,
    GROUPS,
    ICMP_ERRORS,
    IP,
    LINK_LOCAL,
    LONG_QUOTES,
    OPTIONS,
    PING,
    PROBING,
    RECORDS,
    SECOND_ADDRESS,
    SNAP,
    TCP,
    TIMESTAMP,
    UDP,
    UDP_ECHO,
};

const struct need needs[] = {
    [ARP] = {"arp", "it answers requests for its address"},
    [ARP_REQUESTS] = {"arp-requests", "it asks for addresses that it does not know"},
    [CONFLICT_DEFENCE] = {"conflict-defence", "it sees another host use its address (RFC 5227)"},
    [DHCP] = {"dhcp", "it asks for a lease by itself when it comes up without an address"},
    [ERROR_LIMITS] = {"error-limits", "of ICMP errors it sends 50 at once, then one in 20 ms"},
    [FRAGMENTS] = {"fragments", "it puts datagrams together, and takes them apart"},
    [GROUPS] = {"groups", "it hears datagrams to groups"},
    [ICMP_ERRORS] = {"icmp-errors", "it sends destination unreachable, and other errors"},
    [IP] = {"ip", "it takes datagrams, and sends some"},
    [LINK_LOCAL] = {"link-local", "it has addresses of 169.254/16 (RFC 3927)"},
    [LONG_QUOTES] = {"long-quotes", "its errors quote more than eight octets behind the header"},
    [OPTIONS] = {"options", "it reads options of the IP header"},
    [PING] = {"ping", "it answers echo requests"},
    [PROBING] = {"probing", "it asks whether an address is in use before it uses it (RFC 5227)"},
    [RECORDS] = {"records", "it records routes and times in IP options, and follows source routes"},
    [SECOND_ADDRESS] = {"second-address", "an interface has several addresses"},
    [SNAP] = {"snap", "it takes frames in IEEE 802's encapsulation, too (RFC 1042)"},
    [TCP] = {"tcp", "it answers segments"},
    [TIMESTAMP] = {"timestamp", "it answers timestamp requests"},
    [UDP] = {"udp", "it takes datagrams"},
    [UDP_ECHO] = {"udp-echo", "it has an echo service at port 7 (RFC 862)"},
    {NULL, NULL},
};

struct reader {
    const struct script *script;
    struct script_needs *out;
    uint32_t own; /* the first interface's address; 0: none */
    bool parted;  /* what came last is a part of a datagram */
};

static uint32_t bit(enum kind k)
{
    return 1u << k;
}

static void add_name(struct pool *pool, const char ***list, uint32_t *count, const char *name)
{
    for (uint32_t k = 0; k < *count; k++)
        if (strcmp((*list)[k], name) == 0)
            return;
    *list = pool_grow(pool, *list, *count, sizeof **list);
    (*list)[(*count)++] = name;
}

/* --- packets --- */

static uint32_t kinds_of_arp(const struct reader *r, const struct packet_spec *p, char direction)
{
    int64_t sender = -1, op = ARPOP_REQUEST, target = -1;
    packet_constant(p, "arp.spa", &sender);
    packet_constant(p, "arp.op", &op);
    packet_constant(p, "arp.tpa", &target);
    if (direction == '<')
        return r->own && sender == r->own ? bit(CONFLICT_DEFENCE) : 0;
    if (op != ARPOP_REQUEST)
        return bit(ARP);
    bool own = r->own && target == r->own;
    return sender == 0 ? bit(PROBING) : own ? bit(CONFLICT_DEFENCE) : bit(ARP_REQUESTS);
}

enum { LEAST_QUOTED = 8 }; /* RFC 1122, 3.2.2: more is as one likes, until RFC 1812's SHOULD */

static uint32_t kinds_of_icmp(const struct packet_spec *p, char direction)
{
    int64_t type = -1, quoted = 0;
    packet_constant(p, "icmp.type", &type);
    if (direction == '<')
        return type == ICMP_TIMESTAMP ? bit(TIMESTAMP) : 0;
    if (type == ICMP_ECHOREPLY)
        return bit(PING);
    if (packet_constant(p, "icmp.quotes", &quoted) && quoted > LEAST_QUOTED)
        return bit(ICMP_ERRORS) | bit(LONG_QUOTES);
    return type == ICMP_UNREACH || type == ICMP_TIMXCEED || type == ICMP_PARAMPROB
               ? bit(ICMP_ERRORS)
               : 0;
}

static bool is_part(const struct packet_spec *p, char direction)
{
    int64_t more = 0;
    return packet_states(p, "ip.frag") || (direction == '<' && packet_states(p, "ip.off")) ||
           (packet_constant(p, "ip.mf", &more) && more);
}

/* Parts that came ask for being put together when something is to leave behind them; of others
 * every host does right that takes no notice. */
static uint32_t kinds_of_parts(struct reader *r, const struct packet_spec *p, char direction)
{
    bool part = is_part(p, direction), before = r->parted;
    if (direction == '<')
        r->parted = part;
    return direction == '>' && (part || before) ? bit(FRAGMENTS) : 0;
}

static uint32_t kinds_of_ip(const struct packet_spec *p, char direction)
{
    uint32_t kinds = 0;
    int64_t to = 0;
    packet_constant(p, "ip.dst", &to);
    if (packet_states(p, "ip.options"))
        kinds |= direction == '<' ? bit(OPTIONS) : bit(OPTIONS) | bit(RECORDS);
    if (direction == '<' && to >> 28 == 0xe)
        kinds |= bit(GROUPS);
    return kinds;
}

static void read_packet(struct reader *r, const struct packet_spec *p, char direction)
{
    uint32_t *kinds = &r->out->kinds;
    if (packet_has_layer(p, "arp"))
        *kinds |= kinds_of_arp(r, p, direction);
    if (packet_states(p, "ip") || packet_has_layer(p, "icmp") || packet_has_layer(p, "udp") ||
        packet_has_layer(p, "tcp"))
        *kinds |= bit(IP);
    if (packet_states(p, "tcp"))
        *kinds |= bit(TCP);
    if (packet_states(p, "udp"))
        *kinds |= bit(UDP);
    if (packet_states(p, "icmp"))
        *kinds |= kinds_of_icmp(p, direction);
    if (packet_has_layer(p, "snap") || packet_has_layer(p, "llc"))
        *kinds |= bit(SNAP);
    if (packet_states(p, "dhcp"))
        *kinds |= bit(DHCP);
    *kinds |= kinds_of_ip(p, direction) | kinds_of_parts(r, p, direction);
}

/* --- calls --- */

static const struct {
    const char *call;
    uint32_t arguments; /* at most: echo at another port is no set-up */
    uint32_t kinds;
} setups[] = {
    {"neighbour", 3, 0},
    {"ifconfig", 2, 1u << SECOND_ADDRESS},
    {"dhcp_start", 1, 1u << DHCP},
    {"udp_echo", 0, 1u << UDP | 1u << UDP_ECHO},
};
enum { SETUPS = sizeof setups / sizeof setups[0] };

static int setup_of(const struct step *step)
{
    if (step->kind != STEP_CALL || step->u.call.on)
        return -1;
    for (int k = 0; k < SETUPS; k++)
        if (strcmp(setups[k].call, step->u.call.name) == 0 &&
            step->u.call.arguments <= setups[k].arguments)
            return k;
    return -1;
}

bool needs_is_setup(const struct step *step)
{
    return setup_of(step) >= 0 && step->u.call.error == NULL;
}

/* A call to an interface of the script's host, or to nobody in particular, is the host's. */
static bool is_hosts(const struct script *s, const char *on)
{
    if (!on)
        return true;
    for (uint32_t k = 0; k < s->suts; k++)
        if (strcmp(s->sut[k].name, on) == 0)
            return true;
    return false;
}

/* `first`: nothing is on the wire yet. */
static void read_call(struct reader *r, const struct step *step, bool first)
{
    const struct call_step *call = &step->u.call;
    int setup = setup_of(step);
    if (!is_hosts(r->script, call->on))
        return;
    if (setup >= 0)
        r->out->kinds |= setups[setup].kinds;
    if (setup < 0 || (setup > 0 && !first) || call->error)
        add_name(r->script->pool, &r->out->call, &r->out->calls, call->name);
}

/* Whoever counts the errors that were held back asks for our limits. */
static void read_expression(struct reader *r, const struct expr *e)
{
    static const char limited[] = "icmpv4.refused.rate";
    if (!e)
        return;
    if (e->kind == EXPR_CALL && e->arguments == 1 && e->argument[0]->value.kind == VALUE_BYTES &&
        e->argument[0]->value.len == sizeof limited - 1 &&
        memcmp(e->argument[0]->value.bytes, limited, sizeof limited - 1) == 0)
        r->out->kinds |= bit(ERROR_LIMITS);
    read_expression(r, e->left);
    read_expression(r, e->right);
}

static void read_steps(struct reader *r, const struct step *step, uint32_t steps, bool *first)
{
    for (uint32_t k = 0; k < steps; k++) {
        const struct step *s = &step[k];
        if (step_is_block(s))
            read_steps(r, s->u.block.step, s->u.block.steps, first);
        else if (s->kind == STEP_CALL)
            read_call(r, s, *first);
        else if (s->kind == STEP_PACKET && is_hosts(r->script, s->u.packet.at))
            read_packet(r, s->u.packet.packet, s->u.packet.direction);
        else if (s->kind == STEP_ASSERT)
            read_expression(r, s->u.expr);
        else if (s->kind == STEP_SET)
            add_name(r->script->pool, &r->out->knob, &r->out->knobs, s->u.setting.name);
        else if (s->kind == STEP_SHELL || s->kind == STEP_CODE)
            add_name(r->script->pool, &r->out->call, &r->out->calls, "packetdrill's code");
        *first &= s->kind != STEP_PACKET && !step_is_block(s);
    }
}

/* What a stack without a NIC has no place for. */
static bool is_of_a_nic(const char *attribute)
{
    static const char *const names[] = {"tx-delay", "queue", "without", "refuses", "unrest"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        if (strcmp(names[k], attribute) == 0)
            return true;
    return false;
}

static void read_interface(struct reader *r, const struct declaration *d)
{
    for (uint32_t a = 0; a < d->attributes; a++) {
        const struct attribute *one = &d->attribute[a];
        uint32_t address = (uint32_t)one->value.number;
        r->out->nic |= is_of_a_nic(one->name);
        r->out->gateway |= strcmp(one->name, "gateway") == 0 || strcmp(one->name, "dns") == 0;
        if (strcmp(one->name, "check") == 0)
            r->out->kinds |= bit(PROBING);
        if (strcmp(one->name, "ip") == 0 && address >> 16 == 0xa9fe)
            r->out->kinds |= bit(LINK_LOCAL);
        if (strcmp(one->name, "ip") == 0 && !r->own)
            r->own = address;
    }
}

void script_needs(const struct script *s, struct script_needs *out)
{
    struct reader r = {.script = s, .out = out};
    bool first = true;
    memset(out, 0, sizeof *out);
    out->interfaces = s->suts ? s->suts : 1;
    for (uint32_t k = 0; k < s->suts; k++)
        read_interface(&r, &s->sut[k]);
    for (uint32_t k = 0; k < s->sets; k++)
        add_name(s->pool, &out->knob, &out->knobs, s->set[k].name);
    read_steps(&r, s->step, s->steps, &first);
    if (s->packetdrill && !out->calls)
        add_name(s->pool, &out->call, &out->calls, "packetdrill's set-up");
}

/* --- who has what --- */

/* A knob of on and off is 1 and 0. */
static bool is_default(const struct setting *set,
                       bool (*knob_default)(const char *knob, int64_t *value))
{
    int64_t usual, value = set->value.number;
    if (set->value.kind == VALUE_NAME)
        value = strcmp(set->value.text, "on") == 0;
    return knob_default && knob_default(set->name, &usual) && usual == value;
}

const char *needs_knob(const struct script *s,
                       bool (*knob_default)(const char *knob, int64_t *value))
{
    for (uint32_t k = 0; k < s->sets; k++) {
        enum value_kind kind = s->set[k].value.kind;
        if ((kind == VALUE_NUMBER || kind == VALUE_TIME) && !is_default(&s->set[k], knob_default))
            return s->set[k].name;
    }
    return NULL;
}

bool needs_frames_only(const struct script *s, const struct script_needs *n,
                       bool (*knob_default)(const char *knob, int64_t *value))
{
    uint32_t unusual = 0;
    for (uint32_t k = 0; k < s->sets; k++)
        unusual += !is_default(&s->set[k], knob_default);
    for (uint32_t k = 0; k < s->steps; k++) /* knobs that are set on the way */
        unusual += s->step[k].kind == STEP_SET;
    return n->calls == 0 && unusual == 0 && n->interfaces == 1 && !n->gateway && !n->nic;
}

/* The next word of a list, cut to 63 octets; false at its end. */
static bool next_word(const char **list, char word[64])
{
    const char *at = *list + strspn(*list, ", ");
    size_t len = strcspn(at, ", ");
    *list = at + len;
    memcpy(word, at, len < 64 ? len : 63);
    word[len < 64 ? len : 63] = 0;
    return len > 0;
}

static int kind_named(const char *word)
{
    for (int k = 0; needs[k].name; k++)
        if (strcmp(needs[k].name, word) == 0)
            return k;
    return -1;
}

bool needs_lacked(const struct script *s, const char *list, char name[64])
{
    struct script_needs n;
    if (!list || !*list)
        return false;
    script_needs(s, &n);
    while (next_word(&list, name)) {
        int k = kind_named(name);
        if (k >= 0 && n.kinds & 1u << k)
            return true;
    }
    return false;
}

const char *needs_unknown(const char *list, char word[64])
{
    while (list && next_word(&list, word))
        if (kind_named(word) < 0)
            return word;
    return NULL;
}
