/* What passes between driver and device, in words: registers by name and field, descriptors, DMA,
 * interrupts, the device's remarks. */
#ifndef SIM_NIC_TRACE_H
#define SIM_NIC_TRACE_H

#include "sim/nic/machine.h"

enum { NIC_EVENT_TEXT = 240 };

/* False: there is nothing to tell of it (an access that is about to be made). */
bool nic_event_text(const struct nic_event *e, char out[NIC_EVENT_TEXT]);

#endif
