/* The monitor (sim/monitor) of a run: it sees what leaves and reaches the ports of the host under
 * test, and what it finds is told. */
#ifndef SIM_PLAY_WATCH_H
#define SIM_PLAY_WATCH_H

#include "sim/play/run.h"

/* Unless the options say that nobody looks. */
void watch_begin(struct run *r);
/* At the end of a run: fails one that passed but for what the monitor found. */
void watch_finish(struct run *r);
/* The monitor itself; NULL: nobody looks. */
struct monitor *watch_monitor(const struct run *r);
/* A call of the script, of the host under test. */
void watch_call(struct run *r, const char *call, const struct value *argv, uint32_t arguments);
/* From now on the host may be given frames that it does not see, or sees late. */
void watch_losses(struct run *r);
/* Before it begins, too. */
void watch_knob(struct run *r, const char *knob, int64_t value);
/* A frame enters a link by that port. */
void watch_sent(struct run *r, const struct judge_port *from, struct frame *f, uint32_t record,
                int64_t now_ns);
/* A frame has come to a port of the host under test; ctx is the run. */
void watch_came(void *ctx, struct host *at, int port, const struct frame *f, int64_t now_ns);

#endif
