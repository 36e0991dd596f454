/* What the files of `wiredrill live` share. */
#ifndef SIM_CLI_LIVE_INSIDE_H
#define SIM_CLI_LIVE_INSIDE_H

#include "sim/cli/cable.h"
#include "sim/cli/cli.h"
#include "sim/monitor/monitor.h"
#include "sim/play/run.h"

enum { CHANGES = 4096 }; /* that lines of the standard input can ask for */

/* One side of the wire, and who judges it. */
struct side {
    struct live *live;
    const char *name;
    struct monitor *monitor;
    uint64_t found[MONITOR_RULES], open[MONITOR_RULES]; /* open: not certain */
    unsigned lacks[MONITOR_RULES];
};

struct live {
    const struct options *options;
    struct run *run;
    struct link *link; /* of a TAP device: that it stands on, by `port` */
    int port;
    struct cable cable;
    int64_t start_ns, looked_ns; /* looked: at the clock, since the start */
    uint64_t pauses;   /* of the process, each too long for the kernel to be judged by times */
    int64_t paused_ns; /* the longest */
    uint64_t frames;
    FILE *pcap;
    struct side ours, theirs; /* ours: only where our stack plays */
    int input;                /* lines come from it; -1: no more */
    char line[256];
    size_t line_len;
    struct script *change[CHANGES]; /* what lines asked for: the run points into it */
    int changes;
};

/* --- live_judge.c --- */
/* What a monitor found, told at once: three times of each rule. */
void live_found(void *side, const struct monitor_finding *f);
/* The other side is judged as `known` allows. False: no memory. */
bool live_watch(struct side *s, unsigned known);
/* A frame at the cable. */
void live_see(struct live *l, const uint8_t *bytes, uint32_t len, bool ours);
/* This process was not run for so long: what came meanwhile came at times that nobody knows. */
void live_paused(struct live *l, int64_t paused_ns);
/* The table at the end; how many findings are against a MUST. */
uint64_t live_table(const struct side *s);

/* --- live_change.c --- */
/* What was written on the standard input: `loss 5%`, `lan down`. */
void live_read(struct live *l);
void live_changes_free(struct live *l);

/* --- live_outside.c: QEMU's kernel in the place of the host under test --- */
extern const struct sut live_outside;
/* Whose frames go to and come from the cable. */
void live_outside_begin(struct live *l);
/* A frame came by the cable. */
void live_outside_came(const uint8_t *bytes, size_t len);
/* The script of our peers, where the user gives none. */
struct script *live_peers(const char *const *define, struct diagnostic *d);
/* What stands in the network, and how QEMU comes to it. */
void live_outside_tell(const struct live *l);
/* What the peers held against it. */
void live_outside_violations(const struct live *l);

#endif
