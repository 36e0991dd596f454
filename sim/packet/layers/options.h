/* Options of type, length and value. */
#ifndef SIM_PACKET_LAYERS_OPTIONS_H
#define SIM_PACKET_LAYERS_OPTIONS_H

#include "sim/packet/spec.h"

/* One option behind view i's body. */
bool option_emit(struct builder *b, int i, const struct option_style *style,
                 const struct clause *cl);
/* The first option with that code between at and end. */
bool option_find(const struct shape *s, const struct option_style *style, uint32_t at, uint32_t end,
                 uint32_t code, struct option_view *o);
uint32_t option_values(const struct field *f, const struct option_view *o);
/* The option holds what the clause says. */
bool option_agrees(struct matcher *m, const struct option_view *o, const struct clause *cl);
void option_match(struct matcher *m, int i, const struct option_style *style, uint32_t at,
                  uint32_t end, const struct clause *cl);
/* An option as a clause of field f, or of `unknown` when it does not hold what f says. */
void option_describe(struct describer *d, const struct option_view *o, const struct field *f,
                     const struct field *unknown);

#endif
