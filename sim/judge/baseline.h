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

enum { BREACH_TEXT = 96, BREACHES = 6, RULE_FIELDS = 4 };

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
};

/* The table, in the order in which a reader goes through it; a NULL name ends it. */
extern const struct rule baseline_rules[];

/* What a frame breaks; returns how many. */
uint32_t baseline_breaches(struct judge *j, const struct judge_port *from,
                           const struct packet_facts *f, int64_t now_ns,
                           struct breach out[BREACHES]);
/* A line speaks for the field that the rule is about. */
bool baseline_excused(const struct rule *r, const struct packet_spec *line);

/* --- memory.c --- */
struct memory;
struct memory *memory_new(struct judge *j);
/* After the rules have seen it. */
void memory_sent(struct judge *j, const struct judge_port *from, const struct packet_facts *f,
                 int64_t now_ns);
void memory_came(struct judge *j, struct judge_link *l, struct frame *f,
                 const struct packet_facts *facts, int64_t now_ns);
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
/* A request for that address came since. */
bool memory_asked_since(const struct judge *j, uint32_t ipv4, int64_t since_ns);

#endif
