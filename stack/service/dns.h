/* DNS stub resolver (RFC 1034, 1035, 1123 6.1, 3596, 5452) with a small cache. */
#ifndef STACK_SERVICE_DNS_H
#define STACK_SERVICE_DNS_H

#include "stack/service/service.h"

enum dns_query_type { DNS_A = 1, DNS_CNAME = 5, DNS_PTR = 12, DNS_AAAA = 28 };
enum { DNS_RESULTS = 8, DNS_NAME_BYTES = 256 };

struct dns_result {
    struct ip_addr addr[DNS_RESULTS]; /* A, AAAA */
    uint32_t count;
    char name[DNS_NAME_BYTES];        /* the canonical name, or PTR's answer; text with dots, no dot at the end */
    uint32_t ttl_s;
    uint8_t rcode;
    bool truncated;
};

/* Servers in order of preference; DHCP sets them too. */
int dns_set_servers(struct stack *s, const struct ip_addr *servers, unsigned count);
/* `name` as text. `done` gets 0 with a struct dns_result, -ERR_NOENT (NXDOMAIN or no data), -ERR_TIMEDOUT, -ERR_IO (server failure), -ERR_MSGSIZE (truncated),
 * or -ERR_INVAL (bad name). May be called before dns_resolve returns (cache, literal address). */
int dns_resolve(struct stack *s, const char *name, enum dns_query_type type, service_done *done, void *ctx, int64_t now_ns);
/* PTR for an address. */
int dns_reverse(struct stack *s, const struct ip_addr *addr, service_done *done, void *ctx, int64_t now_ns);
int dns_cancel(struct stack *s, void *ctx);
void dns_flush(struct stack *s);

extern const struct module dns_module;

#endif
