/* Ephemeral ports, which nobody outside can guess (RFC 6056). */
#include "stack/transport/demux.h"

/*
 * RFC 6056 3.3.2, algorithm 2: each try is a fresh random port, so that the next port cannot be
 * told from the last. When the range is nearly full the tries run out, and the rest is walked from
 * a random place (algorithm 1), which finds the last free port.
 */
uint16_t ephemeral_port(struct stack *s, const struct demux *t, const struct port_pcb *p,
                        uint32_t first, uint32_t last)
{
    enum { TRIES = 32 };
    uint32_t range = last >= first ? last - first + 1 : 1;
    uint32_t at = 0;
    for (int i = 0; i < TRIES; i++) {
        at = stack_random_below(s, RANDOM_PORT, range);
        if (!demux_port_taken(t, p, (uint16_t)(first + at), false))
            return (uint16_t)(first + at);
    }
    for (uint32_t i = 0; i < range; i++) {
        at = at + 1 < range ? at + 1 : 0;
        if (!demux_port_taken(t, p, (uint16_t)(first + at), false))
            return (uint16_t)(first + at);
    }
    return 0;
}
