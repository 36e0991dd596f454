/* What the files of the resolver share. */
#ifndef STACK_SERVICE_DNS_INSIDE_H
#define STACK_SERVICE_DNS_INSIDE_H

#include "stack/core/module.h"
#include "stack/service/dns.h"
#include "stack/transport/udp.h"
#include "stack/wire/dns.h"

enum { DNS_CHAIN = 16 /* CNAMEs that one lookup follows, in all its replies */ };

enum dns_knob {
    DNS_KNOB_TIMEOUT,
    DNS_KNOB_RETRIES,
    DNS_KNOB_MAX_TTL,
    DNS_KNOB_MAX_NEGATIVE_TTL,
    DNS_KNOB_FAILURE_TTL,
    DNS_KNOB_EDNS
};

enum dns_counter {
    DNS_COUNT_LOOKUPS,
    DNS_COUNT_HITS,
    DNS_COUNT_SHARED,
    DNS_OUT,
    DNS_IN,
    DNS_UNSENT,
    DNS_DROP_MALFORMED,
    DNS_DROP_NOT_REPLY,
    DNS_DROP_OPCODE,
    DNS_DROP_ID,
    DNS_DROP_QUESTION,
    DNS_COUNTERS
};

/* --- dns_reply.c --- */

enum dns_verdict {
    DNS_ANSWERED,  /* the records asked for are in `result` */
    DNS_ELSEWHERE, /* the chain of CNAMEs ends at `target`, which the reply says nothing about */
    DNS_NO_NAME,   /* it does not exist */
    DNS_NO_DATA,   /* it exists, without records of this type */
    DNS_TRUNCATED,
    DNS_SERVER_ERROR, /* rcode, or a referral: another server may know */
    DNS_LOOP,         /* the chain is longer than allowed */
    DNS_IGNORED       /* not an answer to our question; `drop` says why */
};

struct dns_answer {
    struct dns_result result;
    struct dns_name target;
    uint32_t chain;      /* CNAMEs followed */
    uint32_t negative_s; /* how long the absence may be remembered; 0: not (RFC 2308 5) */
    enum dns_counter drop;
};

/* Judges a reply to `question`, asked under `id`; follows at most `chain` CNAMEs. Reads all of the
 * message before it believes any of it. */
enum dns_verdict dns_reply_read(const uint8_t *msg, size_t len, uint16_t id,
                                const struct dns_question *question, uint32_t chain,
                                struct dns_answer *out);

/* --- dns_cache.c --- */

enum { DNS_ANY_TYPE = 0 /* of an entry that says that the name does not exist at all */ };

struct dns_entry {
    int64_t expires_ns; /* 0: free */
    int result;         /* what a lookup ends with: 0, -ERR_NOENT, -ERR_IO, -ERR_TIMEDOUT */
    uint16_t type;
    struct dns_name name;
    struct dns_result data;
};

struct dns_cache {
    struct dns_entry *entry;
    uint32_t entries;
};

/* A live entry that answers the question, or NULL. */
const struct dns_entry *dns_cache_find(const struct dns_cache *c, const struct dns_name *name,
                                       uint16_t type, int64_t now_ns);
/* Remembers a lookup's end for ttl_s seconds; 0 is not remembered. What expires first gives way. */
void dns_cache_put(struct dns_cache *c, const struct dns_name *name, uint16_t type, int result,
                   const struct dns_result *data, uint32_t ttl_s, int64_t now_ns);
void dns_cache_clear(struct dns_cache *c);
void dns_cache_forget_failures(struct dns_cache *c);
/* True when `name` is `parent` or below it. */
bool dns_name_below(const struct dns_name *name, const struct dns_name *parent);

#endif
