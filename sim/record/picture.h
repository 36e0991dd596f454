/* A case as a piece of an HTML page: its ladder as a sequence diagram with a lane for each port and
 * link, the failing field in both packets' octets, plots of TCP, its script with the line lit. */
#ifndef SIM_RECORD_PICTURE_H
#define SIM_RECORD_PICTURE_H

#include "sim/record/recording.h"

enum { PICTURE_INTERFACES = 8 };

struct picture {
    const struct recording *recording;
    const char *script;                         /* its text */
    const char *report;                         /* of the verdict; NULL or "": it passed */
    int line;                                   /* that is to blame; 0: none */
    int64_t at_ns;                              /* when it failed */
    const char *under_test[PICTURE_INTERFACES]; /* the names of its interfaces */
    int interfaces;
};

enum { PICTURE_FRAMES = 80 /* a diagram's, the newest */, PICTURE_PLOTS = 4 };

/* malloc'ed; NULL: no memory. */
char *picture_text(const struct picture *p);

/* Of picture_*.c alone: the octets of the frame that differs, and the plots. */
struct ladder_rung;
void picture_octets(FILE *out, const struct picture *p, const struct ladder_rung *rung,
                    size_t count);
void picture_plots(FILE *out, const struct picture *p, const struct ladder_rung *rung,
                   size_t count);

#endif
