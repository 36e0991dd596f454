/* What the files of the resolver share. */
#ifndef STACK_SERVICE_DNS_INSIDE_H
#define STACK_SERVICE_DNS_INSIDE_H

#include "stack/core/module.h"
#include "stack/core/text.h"
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

/* --- dns_servers.c --- */

/* The servers that one source named: the user, or what an interface's lease brought. */
struct dns_source {
    struct ip_addr server[DNS_SERVERS]; /* in its order of preference */
    uint32_t servers;
    uint32_t order; /* when it last named others: the latest is asked first */
};

struct dns_servers {
    struct ip_addr list[DNS_SERVERS]; /* who is asked: of all sources, each address once */
    uint32_t count;
    struct dns_source *source; /* [0] is the user, [1 + i] the interface of index i */
    uint32_t sources, order;
};

/* What `source` names from now on, in place of what it named before. True when that changes who is
 * asked. */
bool dns_servers_name(struct dns_servers *d, uint32_t source, const struct ip_addr *server,
                      uint32_t servers);
/* The place of this server in the list, or -1. */
int dns_servers_find(const struct dns_servers *d, const struct ip_addr *server);
/* STACK_CHECK: the list is what the sources say. */
void dns_servers_check(const struct dns_servers *d);

/* --- dns_cache.c --- */

enum { DNS_ANY_TYPE = 0 /* of an entry that says that the name does not exist at all */ };

struct dns_entry {
    bool used;
    int64_t expires_ns;
    int result; /* what a lookup ends with: 0, -ERR_NOENT, -ERR_IO, -ERR_TIMEDOUT */
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
/* Whole seconds that an entry still has: what is told of its TTL (RFC 1034 3.6, RFC 1035 3.2.1). */
uint32_t dns_cache_left(const struct dns_entry *e, int64_t now_ns);
void dns_cache_clear(struct dns_cache *c);
void dns_cache_forget_failures(struct dns_cache *c);
/* STACK_CHECK: what an entry says goes together, and nothing is remembered twice. */
void dns_cache_check(const struct dns_cache *c);
/* True when `name` is `parent` or below it. */
bool dns_name_below(const struct dns_name *name, const struct dns_name *parent);

/* --- dns_special.c: what is answered without asking; out->count 0: there is none --- */

/* A literal address is its own answer; other types of it do not exist. */
bool dns_literal(const char *text, uint16_t type, struct dns_result *out);
/* `localhost` and `invalid` (RFC 6761 6.3, 6.4). */
bool dns_special(const struct dns_name *name, uint16_t type, struct dns_result *out);
/* The name under which an address is looked up: RFC 1035 3.5, RFC 3596 2.5. */
void dns_reverse_text(const struct ip_addr *a, struct text *t);

/* --- dns.c --- */

/* One request of a caller. The first for its question leads: it asks; the others wait for it. */
struct dns_query {
    bool used;
    struct dns_query *leader; /* itself, or the one that asks */
    /* What the caller wants to know; the question may have moved on along CNAMEs. */
    struct dns_name asked;
    service_done *done; /* NULL: cancelled */
    void *ctx;
    /* of a leader: */
    struct dns_question question;
    struct udp_pcb pcb;
    struct deadline timer;
    uint16_t id;
    struct ip_addr server; /* the one being asked; perhaps named by nobody any more */
    uint32_t next;         /* index of the one to ask after it */
    uint32_t round;        /* 0: everyone's first time */
    /* By the server's place in the list; they do not outlive it. */
    uint32_t failed; /* bit i: server i answered with an error */
    uint32_t plain;  /* bit i: server i is asked without OPT */
    uint32_t chain;  /* CNAMEs followed so far */
    uint32_t ttl_s;  /* the lowest so far */
    uint16_t rcode;
};

struct dns_state {
    struct name_service service; /* first: see service.h */
    struct dns_servers servers;
    struct dns_query *query;
    uint32_t queries;
    struct dns_cache cache;
};

#endif
