/*
 * How much of the wire the lines hold: a case that passes is played again and again, each time with
 * one thing wrong with one frame of the host under test, or one `<` line swallowed or repaired;
 * goldens are not looked at. What passes all the same is a survivor.
 */
#ifndef SIM_SUITE_WIRE_MUTANTS_H
#define SIM_SUITE_WIRE_MUTANTS_H

#include <stdio.h>
#include "sim/suite/suite.h"

/* Plays the case's mutants. What came of them, as rows of text for the process that adds up,
 * malloc'ed; *runs: how many there were. */
char *wire_mutants_run(const struct run_case *kase, const struct run_options *options,
                       uint32_t *runs);

/* Adds up what cases said. Into `breakers` (NULL: nowhere; the caller's) goes a line for each
 * requirement whose name stood in the verdict that caught a mutant, the first of each kind of layer
 * and case: "ID <tab> wire MUTANT <tab> CASE:LINE:1 <tab> LAYERS", the layers of the frame that the
 * mutant was of, or "<" for a `<` line. tools/breakers.py reads it. */
struct wire_tally;
struct wire_tally *wire_tally_new(FILE *breakers);
void wire_tally_add(struct wire_tally *t, const struct run_case *kase, const char *rows);
/* Prints the survivors, the table by field, the lines without effect and the score. Returns how
 * many `<` lines are without effect and do not say why. */
uint32_t wire_tally_print(const struct wire_tally *t, FILE *out);
void wire_tally_free(struct wire_tally *t);

#endif
