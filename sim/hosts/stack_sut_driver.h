/* The drivers in stack/, each presented as a user's would be, for the checks of a driver's
 * contract.
 */
#ifndef SIM_HOSTS_STACK_SUT_DRIVER_H
#define SIM_HOSTS_STACK_SUT_DRIVER_H

#include "examples/driver/wiredrill_driver.h"
#include "sim/nic/machine.h"

/* The driver for that NIC; NULL: there is none. It keeps one device, its memory is of wd_dma_alloc:
 * *dma_bytes of it. */
const struct wiredrill_driver *stack_sut_driver(const struct nic_kind *nic,
                                                const struct wiredrill_machine ***machine_at,
                                                size_t *dma_bytes);

#endif
