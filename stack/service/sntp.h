/* SNTP client (RFC 5905 14). */
#ifndef STACK_SERVICE_SNTP_H
#define STACK_SERVICE_SNTP_H

#include "stack/service/service.h"

struct sntp_time {
    int64_t unix_s;         /* seconds since 1970 at now_ns of the callback, era resolved (RFC 4330 3: MSB clear is 2036 on) */
    uint32_t unix_ns;
    int64_t offset_ns, delay_ns; /* RFC 5905 8, against the local clock handed in as now_ns */
    uint8_t stratum, leap;
};

/* One exchange with retries: done gets 0 and a struct sntp_time, -ERR_TIMEDOUT, -ERR_CONNREFUSED, or -ERR_ACCES after a kiss of death. */
int sntp_query(struct stack *s, const struct ip_addr *server, service_done *done, void *ctx, int64_t now_ns);

extern const struct module sntp_module;

#endif
