/* Fields whose value the sender chooses: another value is no fault, unless it must agree with a
 * frame before, or differ from it. */
#ifndef SIM_JUDGE_CHOSEN_H
#define SIM_JUDGE_CHOSEN_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/packet/packet.h"

enum choice {
    CHOICE_NONE,   /* the standards fix it */
    CHOICE_FREE,   /* any value is right */
    CHOICE_AGREES, /* any value, but the one that an exchange began with */
    CHOICE_FRESH,  /* any value but one that was used */
};

/* How the field of a frame ("ip.id", "udp.sport") is chosen. */
enum choice chosen(const struct layer_set *set, const uint8_t *bytes, uint32_t len,
                   const char *field);

#endif
