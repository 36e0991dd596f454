/* What the services share: how they end. Services are asynchronous; none waits. */
#ifndef STACK_SERVICE_SERVICE_H
#define STACK_SERVICE_SERVICE_H

#include <stdint.h>
#include "stack/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Called once when a request ends: `result` 0 or more, or a negated stack_error. `data` is the
 * service's own result struct and lives only for the call. */
typedef void service_done(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns);

/*
 * What a name resolver offers to those that learn of name servers. The state of the module
 * MODULE_DNS begins with one, so that a DHCP client finds it without linking to a resolver, and
 * finds nothing when there is none.
 */
struct name_service {
    /* The name servers that came by `nif`, in place of those that came by it before; `count` 0:
     * none any more. Those of others stay. At most as many as DHCP_DNS_SERVERS, in order of
     * preference.
     */
    void (*set_servers)(struct stack *s, const struct netif *nif, const struct ip_addr *servers,
                        unsigned count);
};

#ifdef __cplusplus
}
#endif

#endif
