/* What the files of `wiredrill audit` share. */
#ifndef SIM_CLI_AUDIT_INSIDE_H
#define SIM_CLI_AUDIT_INSIDE_H

#include "sim/cli/cli.h"
#include "sim/cli/json.h"
#include "sim/monitor/monitor.h"

enum { AROUND = 3, AROUND_OCTETS = 2048 };

/* A frame that findings are shown with. */
struct around {
    uint64_t number;
    int64_t time_ns;
    uint32_t len, wire_len;
    uint8_t bytes[AROUND_OCTETS];
};

struct audit {
    const struct options *options;
    const char *path;
    struct json_lines *json[2]; /* on the standard output, in a file; NULL: not there */
    const struct layer_set *layers;
    struct monitor *monitor;
    int64_t first_ns, last_ns;
    uint64_t frames, unread; /* of link types that nobody reads here */
    int unread_link;
    struct around around[AROUND]; /* a ring, the newest last */
    uint64_t arounds;
    uint32_t waited[MONITOR_RULES];
    uint64_t certain[MONITOR_RULES], open[MONITOR_RULES]; /* findings; open: not certain */
    unsigned lacks[MONITOR_RULES];
    uint64_t broken[3]; /* certain findings, by level */
};

/* The frames before a finding that waits, as text; malloc'ed. NULL: enough of the rule were told.
 */
void *audit_context(void *self, enum monitor_rule rule);
void audit_finding(struct audit *a, const struct monitor_finding *f);
void audit_summary(const struct audit *a);

#endif
