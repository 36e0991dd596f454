/* Among the files that build a run: run.c, run_links.c, run_hosts.c, run_sut.c, run_packetdrill.c.
 * All return 0, or -1 with the reason in *why. */
#ifndef SIM_TOPOLOGY_TOPOLOGY_H
#define SIM_TOPOLOGY_TOPOLOGY_H

#include "sim/play/run.h"

/* Attributes with their variables evaluated, in the arena. */
int run_resolve(struct run *r, const struct attribute *in, uint32_t count, struct attribute **out,
                struct why *why);
void run_bad_attribute(const struct attribute *a, struct why *why, const char *what,
                       const char *nearest);
/* "latency cannot be abc: a time, such as 5ms belongs there" */
void run_bad_value(const struct attribute *a, const char *right, struct why *why);
int run_build_links(struct run *r, struct why *why);

struct host *run_new_host(struct run *r, const struct host_kind *kind, const char *name);
/* A port on `link` (NULL: the first); attach once all ports are known. */
int run_new_port(struct run *r, struct host *h, const char *name, struct link *link,
                 const uint8_t mac[6], struct why *why);
int run_set_port(struct run *r, struct host *h, struct host_port *p, const struct attribute *a,
                 struct why *why);
bool run_is_port_attribute(const char *name);
int run_check_attribute(const struct host_kind *kind, const struct attribute *a, struct why *why);
int run_attach_ports(struct host *h, struct why *why);
int run_build_host(struct run *r, const struct declaration *d, struct why *why);

int run_build_sut(struct run *r, struct attribute **attribute, struct why *why);
int run_configure_sut(struct run *r, struct attribute *const *attribute, struct why *why);
/* A configuration call of the stack under test; one that it lacks skips the script. */
int run_configure(struct run *r, const char *call, struct value *argv, int argc, struct why *why);
struct value run_text_value(const char *text);

/* Every packet that the script's lines state: those of events, faults and ignores. */
typedef void run_packet(struct run *r, const struct packet_spec *packet, const struct place *place);
void run_each_packet(struct run *r, run_packet *see);

/* Packetdrill's own topology, addresses and options: for scripts without links, hosts and suts. */
int run_build_packetdrill(struct run *r, struct why *why);
/* What `...` stands for in a call's argument there. */
void run_packetdrill_default(const struct run *r, const char *call, int index, struct value *v);

#endif
