/*
 * The simulation's own view of packets, which shares nothing with stack/: layers and their fields
 * as tables; a packet line compiled against them; frames built, matched, dissected and compared
 * field by field.
 */
#ifndef SIM_PACKET_PACKET_H
#define SIM_PACKET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sim/base/pool.h"
#include "sim/base/word.h"
#include "sim/base/value.h"

struct layer_set;   /* built-in layers and a script's formats */
struct packet_spec; /* a compiled packet line */
struct diagnostic;

/* The built-in layers plus room for formats. Lives in the pool. */
struct layer_set *layer_set_new(struct pool *pool);

/* "format NAME on LAYER NUMBER { FIELD: TYPE [= VALUE] ... }"; words are all tokens behind
 * `format`. -1 and *d on error. */
int layer_set_format(struct layer_set *set, const struct word *words, size_t count,
                     struct diagnostic *d);
/* Every format of the set as script text, for printing; malloc'ed, "" when there is none. */
char *layer_set_print(const struct layer_set *set);

/* Compiles what stands behind `<` or `>` of a packet line. NULL and *d on error (unknown layer or
 * field with the nearest word, a field that its layer lacks, a value out of range, `>`-only match
 * in an injected packet, ...). */
struct packet_spec *packet_compile(struct layer_set *set, struct pool *pool, char direction,
                                   const struct word *words, size_t count, struct diagnostic *d);
/* The words of a layer for readers: how its line starts, every field with its kind, its words and
 * what it is when it is not written. layer NULL: the layers' names. 0: there is no such layer.
 * Returns the length wanted. */
int packet_help(const struct layer_set *set, const char *layer, char *out, int room);
/* Back to script text (what stands behind the arrow): malloc'ed. compile(print(p)) equals p. */
char *packet_print(const struct packet_spec *spec);
bool packet_spec_equal(const struct packet_spec *a, const struct packet_spec *b);

/* Addresses that a host's name stands for. */
struct packet_addresses {
    bool has_mac, has_ipv4, has_ipv6;
    uint8_t mac[6];
    uint32_t ipv4;
    uint8_t ipv6[16];
};

/* What the engine knows when a line is played. All pointers belong to the engine. */
struct packet_context {
    void *self;
    /* $x; false: unbound. */
    bool (*lookup)(void *self, const char *name, struct value *out);
    /* ?x; copies. */
    void (*bind)(void *self, const char *name, const struct value *value);
    /* A host's or interface's name ("peer", "eth0"); false: unknown. */
    bool (*host)(void *self, const char *name, struct packet_addresses *out);
    /* The ends of the line: for `<` source is the peer and destination the host under test, for `>`
     * the other way. Either may lack addresses. */
    struct packet_addresses source, destination;
    /* The last frame that went the other way on this link, for fields that answer it (echo id,
     * ports, ARP target, xid); NULL: none. */
    const uint8_t *answered;
    uint32_t answered_len;
    /* The connection's, which the judge keeps. Ports 0: not known. */
    uint16_t source_port, destination_port;
    uint32_t source_isn, destination_isn; /* added to what a line writes */
    bool have_source_isn, have_destination_isn;
    bool whole_syns;       /* what the host's SYN acknowledges is the peer's number as it is */
    uint32_t source_first; /* the number of the first octet of the source's stream; 0: not known */
    /* What the host under test sends as the timestamp that a line writes so; NULL: as written.
     * False: it is not known yet, and any will do. */
    bool (*stamp)(const void *stamps, uint32_t written, uint32_t *wire);
    const void *stamps;
    bool stamps_are_free; /* any timestamp of the host's will do */
    /* Octets that came of the line's payload in segments before this one, each of that size
     * (0: of any). */
    /* What no standard fixes is passed over: the order and padding of a segment's options, PSH, how
     * large a window is that is open. */
    bool relaxed;
    bool joins; /* a payload may come in several segments */
    uint32_t joined, joined_unit;
};

/* Builds the frame for `<`: unstated fields derived, lengths and checksums right unless spoiled.
 * Returns its length, or -1 with a sentence in why (room is at least 65550). */
struct why;
int packet_build(const struct packet_spec *p, const struct packet_context *c, uint8_t *out,
                 size_t room, struct why *why);

/* The same as if the line spoiled and cut nothing; packet_spoils: whether it does. */
int packet_build_right(const struct packet_spec *p, const struct packet_context *c, uint8_t *out,
                       size_t room, struct why *why);
bool packet_spoils(const struct packet_spec *p);

/* One field that differs. */
struct packet_difference {
    char field[64]; /* "udp.dport" */
    char expected[128], actual[128];
    const char *clause; /* a requirement that fixes the field, or NULL */
};
enum { PACKET_DIFFERENCES = 16 };
struct packet_verdict {
    bool matches, relaxed; /* relaxed: only so */
    uint32_t part;         /* the line's payload has more octets than came so far: so many are this
                              segment's */
    uint32_t differences;
    struct packet_difference difference[PACKET_DIFFERENCES];
};
/* Compares a frame with `>`: stated fields, layers as written (a line that starts above Ethernet or
 * IP leaves those free), and lengths and checksums of all layers always unless spoiled. Variables
 * are bound only when everything matches. */
void packet_match(const struct packet_spec *p, const struct packet_context *c, const uint8_t *bytes,
                  uint32_t len, struct packet_verdict *v);
/* Lengths, sums and padding alone, but for what `p` (NULL: nothing) states or spoils. */
void packet_verify(const struct layer_set *set, const struct packet_spec *p, const uint8_t *bytes,
                   uint32_t len, struct packet_verdict *v);
/* Whether the line states a field outside of quotations ("ip.ttl"), or has a layer ("vlan");
 * "quote": whether it says what is quoted. */
bool packet_states(const struct packet_spec *p, const char *field);
/* The number that the line writes for a field outside of quotations ("arp.spa"), a flag's 0 or 1;
 * false: it writes none, or a variable. */
bool packet_constant(const struct packet_spec *p, const char *field, int64_t *number);
/* The kth word that names a host; NULL behind the last. */
const struct word *packet_host(const struct packet_spec *p, uint32_t k);
/* Why no run plays the line: packetdrill can say more than is built here. NULL: it is played. */
const char *packet_unplayed(const struct packet_spec *p);
bool packet_has_layer(const struct packet_spec *p, const char *name);
/* True when everything that the line states agrees: for ignore and fault predicates. Lengths and
 * sums are not verified. Binds nothing; $x compares when bound. */
bool packet_matches(const struct packet_spec *p, const struct packet_context *c,
                    const uint8_t *bytes, uint32_t len);
/* True when the frame is of the line's kind: layers and constant key fields (ports, message type,
 * ARP op) agree, whatever the other fields say. To find the nearest expectation. Binds nothing. */
bool packet_alike(const struct packet_spec *p, const struct packet_context *c, const uint8_t *bytes,
                  uint32_t len);

/* One line of text for a frame, in the script's own language (it compiles back): "arp request
 * who-has 10.0.2.2 tell 10.0.2.15". `detail` 0: upper layers only with addresses, 1: every layer.
 * Damage is said ("bad udp.sum"). Returns the length wanted. */
int packet_text(const struct layer_set *set, const uint8_t *bytes, uint32_t len, int detail,
                char *out, int room);
/* Every field of every layer, a line each, for reports. */
int packet_dump(const struct layer_set *set, const uint8_t *bytes, uint32_t len, char *out,
                int room);
/* The first difference of two frames, as fields: text such as "ip.ttl: expected 64, actual 63 (byte
 * 22)"; 0 when equal. */
int packet_compare(const struct layer_set *set, const uint8_t *expected, uint32_t expected_len,
                   const uint8_t *actual, uint32_t actual_len, char *out, int room);

/* The ends that a line writes, or 0: addresses and ports of its first IP header and segment. */
struct packet_ends {
    uint32_t source, destination;
    uint16_t source_port, destination_port;
};
void packet_ends(const struct packet_spec *p, const struct packet_context *c,
                 struct packet_ends *out);
/* The timestamp that a line writes as a number for the sender's own, and the frame's; false: it
 * writes none. */
bool packet_stamp(const struct packet_spec *p, const uint8_t *bytes, uint32_t len,
                  uint32_t *written, uint32_t *wire);

/* A field of a frame by name ("ip.id", "udp.sport"); false when the frame has no such layer or
 * field. */
bool packet_field(const struct layer_set *set, const uint8_t *bytes, uint32_t len, const char *name,
                  struct value *out);

/* Where it lies, counted in bits from the frame's first; false: the frame has no such field, or not
 * at a place of its own. */
bool packet_field_place(const struct layer_set *set, const uint8_t *bytes, uint32_t len,
                        const char *name, uint32_t *bit, uint32_t *bits);

/* Rewrites link and IP destination (and source MAC) and mends checksums, for replay --to. False
 * when it is not IPv4 or ARP. */
bool packet_redirect(uint8_t *bytes, uint32_t len, const uint8_t mac[6], uint32_t ipv4);
/* Makes every sum of the frame right. */
void packet_mend(uint8_t *bytes, uint32_t len);
/* The sum of its TCP segment or UDP datagram is that of the pseudo-header alone: the sender left
 * the rest to its NIC (partial.c). */
bool packet_is_partial(const uint8_t *bytes, uint32_t len);

/* The payload that a script leaves open: a function of the position in the stream. */
uint8_t packet_pattern(uint64_t position);
/* Writes `len` octets of it, from `position` on. */
void packet_pattern_fill(uint8_t *out, uint32_t len, uint64_t position);
/* How many octets from the first on are the pattern from `position` on: `len` when all are. */
uint32_t packet_pattern_run(const uint8_t *bytes, uint32_t len, uint64_t position);

/* The plain reference: RFC 1071, one byte pair at a time. Used as the judge of every other sum. */
uint16_t packet_sum(const uint8_t *bytes, size_t len, uint32_t initial);

#endif
