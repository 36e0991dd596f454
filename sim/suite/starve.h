/* Out of memory: see starve.c. */
#ifndef SIM_SUITE_STARVE_H
#define SIM_SUITE_STARVE_H

#include "sim/suite/case.h"

/* Of every site of all cases: a bit by its hash; shared by the workers. */
enum { STARVE_BITS = 1 << 16 };
void starve_share(void);
uint32_t starve_sites(void); /* how many there were */

/* Plays the case with one draw of memory refused after the other; `only`: that draw alone, 0: all
 * that are to be tried. out's status and report say the first that it does not survive. */
void starve_run(const struct run_case *kase, const struct run_options *options, uint64_t only,
                struct result *out);

#endif
