/*
 * The DNS resolver among the peers (RFC 1034, 1035): dns_resolver.c knows the zone and builds
 * answers with ldns, dns_resolver_lies.c spoils them, byte by byte.
 */
#ifndef SIM_HOSTS_DNS_RESOLVER_H
#define SIM_HOSTS_DNS_RESOLVER_H

#include "sim/hosts/peer_answer.h"

enum {
    DNS_RECORDS = 64,
    DNS_RAWS = 16,
    DNS_LOG = 64,    /* queries whose ids and ports are remembered */
    DNS_NAME = 1025, /* a name as text: 255 octets, each perhaps as \DDD */
    DNS_PORT = 53,
    DNS_HEADER = 12,
};

/* RFC 1035 4.1.1 */
enum dns_at {
    AT_ID = 0,
    AT_FLAGS = 2,
    AT_RCODE = 3,
    AT_QUESTIONS = 4,
    AT_ANSWERS = 6,
    AT_AUTHORITY = 8,
    AT_ADDITIONAL = 10
};

/* What the lies' strings call kinds of query. */
enum dns_kind {
    DNS_OTHER,
    DNS_KIND_A,
    DNS_KIND_AAAA,
    DNS_KIND_PTR,
    DNS_KIND_CNAME,
    DNS_KIND_MX,
    DNS_KIND_TXT,
    DNS_KINDS
};
extern const char *const dnsd_kind_name[DNS_KINDS + 1];

struct dns_reply {
    struct peer_answer answer; /* first: the lies about answers apply */
    uint32_t question_end;     /* behind the question; DNS_HEADER when there is none */
};

/* X(NAME, "name", kind of argument, function that spoils a struct dns_reply or NULL, "help") */
#define DNS_LIES(X)                                                                                \
    X(SILENT, "silent", VALUE_NONE, NULL,                                                          \
      "does not answer; \"a\", \"aaaa\", ...: queries of that type")                               \
    X(UNREACHABLE, "unreachable", PEER_LIE_NUMBER(15), NULL,                                       \
      "answers with ICMP destination unreachable of this code; 3: port")                           \
    X(LATER, "delay", PEER_LIE_TIME(PEER_LIE_LATEST_S), peer_lie_late, "answers so much later")    \
    X(EMPTY, "empty", VALUE_NONE, dns_lie_empty, "no error and no data")                           \
    X(NXDOMAIN, "nxdomain", VALUE_NONE, dns_lie_nxdomain, "RCODE 3, no data")                      \
    X(SERVFAIL, "servfail", VALUE_NONE, dns_lie_servfail, "RCODE 2, no data")                      \
    X(REFUSE, "refuse", VALUE_NONE, dns_lie_refuse, "RCODE 5, no data")                            \
    X(RCODE, "rcode", PEER_LIE_NUMBER(15), dns_lie_rcode, "this RCODE, no data")                   \
    X(TRUNCATE, "truncate", VALUE_NONE, dns_lie_truncate, "TC set, no data")                       \
    X(TTL, "ttl", PEER_LIE_NUMBER(UINT32_MAX), dns_lie_ttl, "the TTL of all records")              \
    X(OTHER_NAME, "wrong-name", VALUE_NONE, dns_lie_wrong_name,                                    \
      "the answer's record is of another name")                                                    \
    X(WRONG_CLASS, "wrong-class", VALUE_NONE, dns_lie_wrong_class,                                 \
      "the answer's records are of class CH")                                                      \
    X(RDLENGTH, "rdlength", PEER_LIE_NUMBER(65535), dns_lie_rdlength,                              \
      "one A record, whose RDLENGTH says this and whose data has four octets")                     \
    X(COUNTS, "counts", PEER_LIE_NUMBER(65535), dns_lie_counts,                                    \
      "ANCOUNT says so many more than there are; else 100")                                        \
    X(POINTER_SELF, "pointer-self", VALUE_NONE, dns_lie_pointer_self,                              \
      "a name that points at itself")                                                              \
    X(POINTER_LOOP, "pointer-loop", VALUE_NONE, dns_lie_pointer_loop,                              \
      "two names that point at each other")                                                        \
    X(POINTER_FORWARD, "pointer-forward", VALUE_NONE, dns_lie_pointer_forward,                     \
      "a name that points forward")                                                                \
    X(POINTER_PAST, "pointer-past-end", VALUE_NONE, dns_lie_pointer_past,                          \
      "a name that points past the message")                                                       \
    X(POINTER_HEADER, "pointer-header", VALUE_NONE, dns_lie_pointer_header,                        \
      "a name that points into the header")                                                        \
    X(POINTER_CUT, "pointer-cut", VALUE_NONE, dns_lie_pointer_cut,                                 \
      "the message ends behind a pointer's first octet")                                           \
    X(LABEL_LONG, "label-reserved", VALUE_NONE, dns_lie_label_reserved,                            \
      "a label of length 64, whose bits are reserved")                                             \
    X(LABEL_PAST, "label-past-end", VALUE_NONE, dns_lie_label_past,                                \
      "a label that leads past the message")                                                       \
    X(NAME_LONG, "name-too-long", VALUE_NONE, dns_lie_name_long, "a name of 256 octets")           \
    X(CNAME_LOOP, "cname-loop", VALUE_NONE, dns_lie_cname_loop,                                    \
      "a CNAME record that names itself")                                                          \
    X(NO_QR, "no-qr", VALUE_NONE, dns_lie_no_qr, "QR is 0")                                        \
    X(OPCODE, "opcode", PEER_LIE_NUMBER(15), dns_lie_opcode, "OPCODE")                             \
    X(NO_QUESTION, "no-question", VALUE_NONE, dns_lie_no_question, "no question section")          \
    X(WRONG_QUESTION, "wrong-question", VALUE_NONE, dns_lie_wrong_question,                        \
      "the question's first letter differs")                                                       \
    X(WRONG_TYPE, "wrong-question-type", VALUE_NONE, dns_lie_wrong_type,                           \
      "the question's type differs")                                                               \
    X(UPPER, "upper-case", VALUE_NONE, dns_lie_upper, "the question comes back in upper case")     \
    X(WRONG_ID, "wrong-id", VALUE_NONE, dns_lie_wrong_id, "the id is the query's + 1")             \
    PEER_ANSWER_LIES(X)

#define DNS_LIE_ENUM(id, name, argument, spoil, help) LIE_##id,
enum dns_lie { DNS_LIES(DNS_LIE_ENUM) DNS_LIE_COUNT };
extern const struct peer_lie_spec dnsd_lie_specs[DNS_LIE_COUNT];

#endif
