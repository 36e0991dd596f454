/*
 * What congestion control does, as a table for plotting: a row whenever a segment of a connection
 * leaves a host of ours and something has changed since the last. Columns, parted by tabs: time
 * (s), connection ("10.0.2.15:80-10.0.2.2:5000", its host's end first), cwnd, ssthresh ("-": none
 * yet) and flight (octets), srtt and rto (s), state (slow-start, avoidance, reduced, fast, timeout,
 * idle).
 */
#ifndef SIM_HOSTS_CWND_TRACE_H
#define SIM_HOSTS_CWND_TRACE_H

#include <stdio.h>
#include "sim/hosts/host.h"

struct cwnd_trace;

/* Begins with the line of the columns' names. `out` stays the caller's. NULL: no memory. */
struct cwnd_trace *cwnd_trace_new(FILE *out);
/* A frame enters a link by a port of this host: one that is no stack with such a query is passed
 * over, as is a frame that is no TCP segment. */
void cwnd_trace_frame(struct cwnd_trace *t, struct host *h, const uint8_t *bytes, uint32_t len,
                      int64_t now_ns);
void cwnd_trace_free(struct cwnd_trace *t);

#endif
