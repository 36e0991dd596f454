/*
 * DNS stub resolver (RFC 1034, 1035, 1123 6.1, 3596, 5452) with a small cache (RFC 2308 for what
 * does not exist).
 *
 * Names are absolute: there is no search list. Truncated answers are reported, there is no TCP
 * behind this yet. `localhost` and what is below it is this host, `invalid` does not exist (RFC
 * 6761); neither is asked.
 *
 * Every server is asked once, then all of them again with twice the patience (dns.timeout,
 * dns.retries); each question has a random id and a port of its own. A server that answers with an
 * error is not asked again. Equal questions at the same time are asked once.
 *
 * With dns.edns, the octets that a reply may have, questions carry an OPT record (RFC 6891): in
 * later rounds for less, and none to a server that refused it.
 */
#ifndef STACK_SERVICE_DNS_H
#define STACK_SERVICE_DNS_H

#include "stack/service/service.h"

#ifdef __cplusplus
extern "C" {
#endif

enum dns_query_type { DNS_A = 1, DNS_CNAME = 5, DNS_PTR = 12, DNS_AAAA = 28 };
enum { DNS_RESULTS = 8, DNS_NAME_BYTES = 256, DNS_SERVERS = 4 };

struct dns_result {
    struct ip_addr addr[DNS_RESULTS]; /* A, AAAA */
    uint32_t count;
    char name[DNS_NAME_BYTES]; /* the canonical name, or PTR's answer; text with dots, no dot at the
                                  end */
    uint32_t ttl_s;            /* of the shortest-lived record that led here: what is left of it */
    uint16_t rcode; /* RFC 1035 4.1.1, RFC 6891 6.1.3; of the last server that answered */
    bool truncated;
};

/* The user's servers in order of preference, DNS_SERVERS at most. Leases name servers of their own,
 * which go with them; who spoke last is asked first, and DNS_SERVERS are asked in all. A lookup
 * that runs goes on with the new ones; it ends with -ERR_NETUNREACH when there are none.
 * -ERR_INVAL: too many. */
int dns_set_servers(struct stack *s, const struct ip_addr *servers, unsigned count);
/* `name` as text. `done` gets 0 with a struct dns_result, -ERR_NOENT (NXDOMAIN or no data),
 * -ERR_TIMEDOUT, -ERR_IO (server failure), -ERR_MSGSIZE (truncated), or -ERR_INVAL (bad name). May
 * be called before dns_resolve returns (cache, literal address). `data` is never NULL. When this
 * returns an error `done` is not called: -ERR_NETUNREACH (no server is known), -ERR_NOBUFS
 * (dns_queries of them run), -ERR_PROTONOSUPPORT. */
int dns_resolve(struct stack *s, const char *name, enum dns_query_type type, service_done *done,
                void *ctx, int64_t now_ns);
/* PTR for an address. */
int dns_reverse(struct stack *s, const struct ip_addr *addr, service_done *done, void *ctx,
                int64_t now_ns);
/* Forgets every request with this ctx, `done` is not called. -ERR_NOENT: none. */
int dns_cancel(struct stack *s, void *ctx);
/* Empties the cache. */
void dns_flush(struct stack *s);

extern const struct module dns_module;

#ifdef __cplusplus
}
#endif

#endif
