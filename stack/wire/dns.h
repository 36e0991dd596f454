/*
 * DNS messages (RFC 1035 section 4; AAAA: RFC 3596; AD and CD: RFC 4035). Reading follows RFC 9267:
 * a compression pointer goes backwards only, behind the header, each one further than the one
 * before, and to a label; a name ends, within 255 octets and within the message; counts and lengths
 * are checked against the octets that are there.
 *
 *                                     1  1  1  1  1  1
 *       0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     |                      ID                       |
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     |QR|   Opcode  |AA|TC|RD|RA| Z|AD|CD|   RCODE   |
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     |                    QDCOUNT                    |
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     |                    ANCOUNT                    |
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     |                    NSCOUNT                    |
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     |                    ARCOUNT                    |
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *
 *     A question: a name, then               A resource record: a name, then
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     |                QTYPE or TYPE                  |
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     |               QCLASS or CLASS                 |
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     |                      TTL                      |  resource records only
 *     |                                               |
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     |                   RDLENGTH                    |
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     /                     RDATA                     /
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 */
#ifndef STACK_WIRE_DNS_H
#define STACK_WIRE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DNS_ID = 0,
    DNS_FLAGS = 2,
    DNS_QDCOUNT = 4,
    DNS_ANCOUNT = 6,
    DNS_NSCOUNT = 8,
    DNS_ARCOUNT = 10,
    DNS_HDR_LEN = 12,
    DNS_MAX_LABEL = 63,
    DNS_MAX_NAME = 255,  /* octets on the wire, the root's zero included (RFC 1035 2.3.4) */
    DNS_MAX_TEXT = 1004, /* labels of 63, 63, 63 and 61 octets, all \DDD, three dots, NUL */
    DNS_MAX_UDP = 512,   /* RFC 1035 2.3.4 */
    DNS_PORT = 53,
};

/* What a parser finds wrong. Texts for people: dns_fault_text. */
enum dns_fault {
    DNS_SOUND,
    DNS_SHORT,
    DNS_QUESTIONS_MISSING,
    DNS_RECORDS_MISSING,
    DNS_QUESTION_SHORT,
    DNS_RECORD_SHORT,
    DNS_RECORD_OTHER_TYPE,
    DNS_RDLENGTH_BEYOND,
    DNS_A_LENGTH,
    DNS_AAAA_LENGTH,
    DNS_RDATA_NAME_LENGTH,
    DNS_MX_SHORT,
    DNS_MX_LENGTH,
    DNS_SOA_LENGTH,
    DNS_TXT_EMPTY,
    DNS_TXT_BEYOND,
    DNS_POINTER_SHORT,
    DNS_POINTER_INTO_HEADER,
    DNS_POINTER_FORWARDS,
    DNS_POINTER_TO_POINTER,
    DNS_POINTER_TO_ROOT,
    DNS_LABEL_BEYOND,
    DNS_LABEL_TYPE_UNKNOWN,
    DNS_NAME_NO_END,
    DNS_NAME_TOO_LONG,
    DNS_TEXT_EMPTY,
    DNS_TEXT_LABEL_EMPTY,
    DNS_TEXT_LABEL_TOO_LONG,
    DNS_TEXT_BACKSLASH_END,
    DNS_TEXT_BACKSLASH_DIGITS,
    DNS_TEXT_BACKSLASH_RANGE,
    DNS_FAULTS
};
extern const char *const dns_fault_text[DNS_FAULTS];

enum dns_type {
    DNS_TYPE_A = 1,
    DNS_TYPE_NS = 2,
    DNS_TYPE_CNAME = 5,
    DNS_TYPE_SOA = 6,
    DNS_TYPE_PTR = 12,
    DNS_TYPE_MX = 15,
    DNS_TYPE_TXT = 16,
    DNS_TYPE_AAAA = 28,
    DNS_TYPE_OPT = 41,
};

enum dns_class { DNS_CLASS_IN = 1, DNS_CLASS_ANY = 255 };

enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
    DNS_BADVERS = 16, /* extended: RFC 6891 9 */
};

struct dns_hdr {
    uint16_t id;
    bool qr, aa, tc, rd, ra, z, ad, cd;
    uint8_t opcode, rcode;
    uint16_t qdcount, ancount, nscount, arcount;
};

/* A name without compression, as labels on the wire: `len` octets, the last of them the root's 0.
 */
struct dns_name {
    uint8_t len;
    uint8_t wire[DNS_MAX_NAME];
};

struct dns_question {
    struct dns_name name;
    uint16_t type, class;
};

struct dns_rr {
    struct dns_name name;
    uint16_t type, class;
    uint32_t ttl;
    uint16_t rdlength;
    size_t rdata; /* offset in the message: names in it may point anywhere before */
};

struct dns_soa {
    struct dns_name mname, rname;
    uint32_t serial, refresh, retry, expire, minimum;
};

/* Reads the header. */
enum dns_fault dns_parse(const uint8_t *msg, size_t len, struct dns_hdr *out);

/* Writes DNS_HDR_LEN octets and returns their number; 0 when room is less. */
size_t dns_emit(const struct dns_hdr *hdr, uint8_t *buf, size_t room);

/*
 * The readers below take the whole message, and *at, the offset of what they read; they move *at
 * past it, and leave it when they refuse. A name that is only to be skipped has out NULL.
 */
enum dns_fault dns_name_parse(const uint8_t *msg, size_t len, size_t *at, struct dns_name *out);
enum dns_fault dns_question_parse(const uint8_t *msg, size_t len, size_t *at,
                                  struct dns_question *out);

/* The RDATA of a type that is named here is checked too; that of an A or AAAA only in class IN. */
enum dns_fault dns_rr_parse(const uint8_t *msg, size_t len, size_t *at, struct dns_rr *out);

/*
 * RDATA by type; each refuses a record of another type, and RDATA that is not filled exactly. The
 * class is the caller's to judge.
 */
enum dns_fault dns_rr_a(const uint8_t *msg, size_t len, const struct dns_rr *rr, uint32_t *addr);
enum dns_fault dns_rr_aaaa(const uint8_t *msg, size_t len, const struct dns_rr *rr,
                           uint8_t addr[16]);
/* NS, CNAME, PTR: the name alone. */
enum dns_fault dns_rr_name(const uint8_t *msg, size_t len, const struct dns_rr *rr,
                           struct dns_name *out);
enum dns_fault dns_rr_mx(const uint8_t *msg, size_t len, const struct dns_rr *rr,
                         uint16_t *preference, struct dns_name *exchange);
enum dns_fault dns_rr_soa(const uint8_t *msg, size_t len, const struct dns_rr *rr,
                          struct dns_soa *out);

/*
 * One <character-string> of a TXT record. *at starts as rr->rdata and ends at the end of the RDATA,
 * where it is DNS_SOUND with *text NULL.
 */
enum dns_fault dns_rr_txt(const uint8_t *msg, size_t len, const struct dns_rr *rr, size_t *at,
                          const uint8_t **text, uint8_t *text_len);

/*
 * Walks the whole message once: header, as many questions and records as it counts, their RDATA.
 * Octets behind the last record are left alone.
 */
enum dns_fault dns_check(const uint8_t *msg, size_t len);

/* Equal without regard to ASCII case (RFC 1035 2.3.3). */
bool dns_name_equal(const struct dns_name *a, const struct dns_name *b);

/*
 * A name from text such as "www.example.org" or "www.example.org."; \. and \\ stand for the
 * character, \DDD for an octet in decimal; "." is the root.
 */
enum dns_fault dns_name_from_text(const char *text, struct dns_name *out);

/*
 * The text of a name, NUL-terminated, without the last dot but for the root's "."; what is not
 * printable ASCII is written \DDD. DNS_MAX_TEXT octets are always enough. Returns the length
 * without the NUL, 0 when room is less.
 */
size_t dns_name_to_text(const struct dns_name *name, char *buf, size_t room);

/* Writes a name without compression; a question; return the octets written, 0 when room is less. */
size_t dns_name_emit(const struct dns_name *name, uint8_t *buf, size_t room);
size_t dns_question_emit(const struct dns_question *question, uint8_t *buf, size_t room);

/* A standard query with one question: RD as the caller says, all else 0. */
size_t dns_query_emit(uint16_t id, bool rd, const struct dns_question *question, uint8_t *buf,
                      size_t room);

/* Adds an OPT record (RFC 6891 6.1.2) of version 0 to a message of `len` octets: by UDP we take
 * messages of `udp_size` octets. Returns the new length, 0 when room is less. */
size_t dns_opt_emit(uint16_t udp_size, uint8_t *msg, size_t len, size_t room);

#endif
