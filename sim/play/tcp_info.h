/*
 * tcp_info, as scripts know it: names and units of a system over what a stack tells of a
 * connection. A stack answers getsockopt(fd, IPPROTO_TCP, TCP_INFO) with a structure; a field that
 * is called as the script's is taken as it is.
 */
#ifndef SIM_PLAY_TCP_INFO_H
#define SIM_PLAY_TCP_INFO_H

#include "sim/base/value.h"

struct run;

enum info_answer { INFO_KNOWN, INFO_NO_FIELD, INFO_NO_CONNECTION, INFO_NONE };

/* tcpi_snd_cwnd of the newest connection. INFO_NONE: the stack has no tcp_info. */
enum info_answer tcp_info_field(struct run *r, const char *name, struct value *out);
/* A structure of such fields, for those that `wanted` names. */
void tcp_info_like(struct run *r, const struct value *told, const struct value *wanted,
                   struct value *out);

#endif
