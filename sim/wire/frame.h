/* A frame is a counted reference to immutable bytes in the arena: Ethernet header first, no FCS. */
#ifndef SIM_WIRE_FRAME_H
#define SIM_WIRE_FRAME_H

#include <stdint.h>
#include "sim/world/world.h"

enum frame_flag {
    FRAME_BAD_FCS =
        1, /* corrupted on the wire before the check sequence: a NIC drops and counts it */
    FRAME_PIECE = 2, /* of a datagram that those who look at the host see whole */
};

struct frame {
    struct world *world;
    uint32_t refs, len, flags;
    const char *teller, *note; /* for ladders: what became of it, and at whom; NULL: nothing told */
    uint8_t bytes[];
};

enum { FRAME_MAX = 65536 + 14 };

/* len bytes, zeroed, for the maker to fill before it is sent; one reference. */
struct frame *frame_new(struct world *w, uint32_t len);
struct frame *frame_copy(struct world *w, const void *bytes, uint32_t len);
struct frame *frame_ref(struct frame *f);
void frame_unref(struct frame *f);
/* Both texts live as long as the world; `teller` may be NULL. The last note stays. */
void frame_note(struct frame *f, const char *teller, const char *note);

#endif
