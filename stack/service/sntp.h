/*
 * SNTP client (RFC 5905 14, RFC 4330).
 *
 * No server is asked more often than every sntp.interval (16 s; RFC 4330 section 10 forbids less
 * than 15 s), whoever asks: a query that comes earlier waits. Each request without a usable answer
 * doubles the wait. RFC 4330's delay of 1 to 5 minutes before the first request is for clients that
 * start at once in large numbers, and is the caller's.
 */
#ifndef STACK_SERVICE_SNTP_H
#define STACK_SERVICE_SNTP_H

#include "stack/service/service.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SNTP_QUERIES = 4, SNTP_SERVERS = 8 /* remembered for their pace */ };

struct sntp_time {
    int64_t unix_s; /* seconds since 1970 at now_ns of the callback, era resolved (RFC 4330 3: MSB
                       clear is 2036 on) */
    uint32_t unix_ns;
    int64_t offset_ns, delay_ns; /* RFC 5905 8, against the local clock handed in as now_ns */
    uint8_t stratum, leap;
};

/*
 * One exchange with retries: done gets 0 and a struct sntp_time, -ERR_TIMEDOUT, -ERR_CONNREFUSED
 * (or another hard ICMP error), or -ERR_ACCES after a kiss of death (DENY, RSTR), which holds for
 * later queries of that server as well: they return -ERR_ACCES at once. -ERR_BUSY: this server is
 * being asked already. -ERR_NOBUFS: SNTP_QUERIES are running.
 */
int sntp_query(struct stack *s, const struct ip_addr *server, service_done *done, void *ctx,
               int64_t now_ns);

extern const struct module sntp_module;

#ifdef __cplusplus
}
#endif

#endif
