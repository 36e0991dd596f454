/*
 * The baseline: what every frame of a host under test satisfies unless its line says otherwise. The
 * rules are one table (rules.c), each with the clause that it comes from and the fields by which a
 * line speaks for itself. What a rule needs to know - whose addresses are whose, what came in, what
 * went out before - is kept here (memory.c), and comes from the wire and the script alone.
 */
#ifndef SIM_JUDGE_BASELINE_H
#define SIM_JUDGE_BASELINE_H

#include "sim/judge/judge.h"
#include "sim/packet/facts.h"

enum rule_level {
    RULE_MUST,
    RULE_CONVENTION, /* another stack may differ: it is told, and passes */
};

enum { BREACH_TEXT = 96, BREACHES = 6, RULE_FIELDS = 6 };

struct rule;
struct breach {
    const struct rule *rule;
    char expected[BREACH_TEXT], actual[BREACH_TEXT];
};

struct rule {
    const char *name;
    enum rule_level level;
    const char *clause; /* of conformance/; NULL: common sense */
    const char *what;   /* for readers */
    const char
        *field[RULE_FIELDS]; /* a line that states one of them speaks for itself; NULL ends */
    /* False: the frame breaks it, expected and actual say how. */
    bool (*holds)(struct judge *j, const struct judge_port *from, const struct packet_facts *f,
                  int64_t now_ns, struct breach *b);
    /* Of rules about a number at a fixed place: where in what UDP carries, its octets, the bits
     * that count (0: all), and what it is. */
    uint32_t at, octets, mask, value;
};

/* The table, in the order in which a reader goes through it; a NULL name ends it. */
extern const struct rule baseline_rules[];

/* What a frame breaks; returns how many. */
uint32_t baseline_breaches(struct judge *j, const struct judge_port *from,
                           const struct packet_facts *f, int64_t now_ns,
                           struct breach out[BREACHES]);
/* A line speaks for the field that the rule is about. */
bool baseline_excused(const struct rule *r, const struct packet_spec *line);

/* It looks back at what came, or at what left and was lost: where links lose, double, delay or bend
 * frames, or the host has no memory, it accuses nobody. */
bool baseline_looks_back(const struct rule *r);

/* --- for rules --- */
/* False, with the words, unless it holds. */
__attribute__((format(printf, 4, 5))) bool
rule_broken(struct breach *b, bool holds, const char *expected, const char *actual, ...);
/* The functions of rules of protocols; f has the frame. */
#define RULE(name)                                                                                 \
    bool name(struct judge *j, const struct judge_port *from, const struct packet_facts *f,        \
              int64_t now_ns, struct breach *b)
RULE(rule_tcp_df);
RULE(rule_tcp_no_ack);
RULE(rule_tcp_edge);
RULE(rule_tcp_buffer);
RULE(rule_hardware_source);
RULE(rule_untagged);
RULE(rule_hardware_destination);
RULE(rule_arp_sender);
RULE(rule_arp_hardware);
RULE(rule_arp_form);
RULE(rule_arp_target);
RULE(rule_arp_again);
RULE(rule_arp_answers);
RULE(rule_ip_source);
RULE(rule_ip_destination);
RULE(rule_ip_reserved);
RULE(rule_ip_ttl_zero);
RULE(rule_ip_ttl);
RULE(rule_ip_df);
RULE(rule_ip_tos);
RULE(rule_ip_identification);
RULE(rule_echo_asked);
RULE(rule_echo_data);
RULE(rule_echo_source);
RULE(rule_echo_destination);
RULE(rule_error_quotes);
RULE(rule_error_destination);
RULE(rule_icmp_code);
RULE(rule_icmp_unused);
RULE(rule_payload);
RULE(rule_source_port);
RULE(rule_tcp_flags);
RULE(rule_tcp_reserved);
RULE(rule_tcp_urgent);
RULE(rule_tcp_from_nothing);
RULE(rule_tcp_sequence);
RULE(rule_tcp_acknowledges);
RULE(rule_tcp_window);
RULE(rule_tcp_size);
RULE(rule_tcp_options);
RULE(rule_tcp_syn_options);
RULE(rule_tcp_answers_options);
RULE(rule_tcp_timestamps);
RULE(rule_tcp_payload);
RULE(rule_dhcp_fixed);
RULE(rule_dhcp_ports);
RULE(rule_dhcp_broadcast);
RULE(rule_dhcp_secs);
RULE(rule_dns_question);
RULE(rule_dns_whole);
RULE(rule_dhcp_request);
RULE(rule_arp_asked);
RULE(rule_fragment);
RULE(rule_dhcp_hardware);
RULE(rule_dhcp_client_address);
RULE(rule_dhcp_options);
RULE(rule_dhcp_same);
RULE(rule_dns_fixed);
RULE(rule_ntp_fixed);
/* A message of a DHCP client went out: what later ones must repeat is remembered. */
void dhcp_sent(struct judge *j, struct judge_port *from, const struct packet_facts *f);

/* --- memory.c --- */
struct memory;
struct memory *memory_new(struct judge *j);
/* After the rules have seen it. */
void memory_sent(struct judge *j, const struct judge_port *from, const struct packet_facts *f,
                 int64_t now_ns);
void memory_came(struct judge *j, struct judge_link *l, struct frame *f,
                 const struct packet_facts *facts, int64_t now_ns);
/* The octets that a call handed over have those at `at`, and end with them when `whole`. */
bool memory_was_written(const struct judge *j, const uint8_t *octets, uint32_t len, uint32_t at,
                        bool whole);
/* A call asked for that name, whatever the case of its letters. */
bool memory_was_named(const struct judge *j, const char *name);
/* Where the next fragment of the datagram must begin, in octets; 0: none of it went out before. */
uint32_t memory_fragment_end(const struct judge *j, const struct packet_facts *f);
/* They stand in something that came. */
bool memory_came_as(const struct judge *j, const uint8_t *octets, uint32_t len);
void memory_own(struct judge *j, uint32_t ipv4);
void memory_disown(struct judge *j, uint32_t ipv4);
/* Someone on the link has that hardware address, or said so. */
bool memory_knows_mac(const struct judge_link *l, const uint8_t mac[6]);
/* A host has the address, a call named it, or its octets stand in something that came. */
bool memory_knows_ipv4(const struct judge *j, uint32_t ipv4);
/* The host under test may call itself so: the script, a server or a probe said it. */
bool memory_owns(const struct judge *j, const struct judge_port *from, uint32_t ipv4);
/* A frame that came, newest first; NULL behind the last that is remembered. */
const struct frame *memory_came_before(const struct judge *j, uint32_t back);
/* When the same octets were sent last, by that port; -1: not that is remembered. */
int64_t memory_sent_before(const struct judge *j, const struct judge_port *from,
                           const struct packet_facts *f);
/* A request for `asked` by that hardware and protocol address came. */
bool memory_asked_by(const struct judge *j, uint32_t asked, uint32_t by, const uint8_t mac[6]);
/* A request for that address came since; an ARP packet whose sender claims it. */
bool memory_asked_since(const struct judge *j, uint32_t ipv4, int64_t since_ns);
bool memory_claimed_since(const struct judge *j, uint32_t ipv4, int64_t since_ns);

#endif
