/* What TCP's two files share. */
#ifndef SIM_PACKET_LAYERS_TCP_H
#define SIM_PACKET_LAYERS_TCP_H

#include "sim/packet/layers/options.h"

enum {
    TCP_HEADER = 20,
    TCP_EOL = 0,
    TCP_NOP = 1,
    TCP_TIMESTAMPS = 8,
    TCP_RAW_OCTETS = 300, /* no option: octets among them */
    TCP_ANY_OPTIONS = 301,
    TCP_SYN = 0x02,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_LAST = 0x09, /* FIN and PSH */
};

extern const struct option_style segment_options;

int segment_parse(struct compiler *c);
int segment_parse_options(struct compiler *c);
int segment_close(struct compiler *c);
bool segment_print(struct printer *p, const struct layer_spec *l, const struct clause *cl);
void segment_say_flags(struct printer *p, uint64_t flags);
/* A frame's options as a list. */
void segment_print_options(struct printer *p, const struct shape *s, int i);
/* A line's. */
void segment_print_list(struct printer *p, const struct layer_spec *l);

#endif
