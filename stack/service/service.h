/* What the services share: how they end. Services are asynchronous; none waits. */
#ifndef STACK_SERVICE_SERVICE_H
#define STACK_SERVICE_SERVICE_H

#include <stdint.h>
#include "stack/stack.h"

/* Called once when a request ends: `result` 0 or more, or a negated stack_error. `data` is the service's own result struct and lives only for the call. */
typedef void service_done(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns);

#endif
