/* Among the files that build a topology. All return 0, or -1 with the reason in *why. */
#ifndef SIM_TOPOLOGY_BUILD_H
#define SIM_TOPOLOGY_BUILD_H

#include "sim/topology/topology.h"

/* Attributes with their variables evaluated, in the arena. */
int topology_resolve(struct topology *t, const struct attribute *in, uint32_t count,
                     struct attribute **out, struct why *why);
void topology_bad_attribute(const struct attribute *a, struct why *why, const char *what,
                            const char *nearest);
/* "latency cannot be abc: a time, such as 5ms belongs there" */
void topology_bad_value(const struct attribute *a, const char *right, struct why *why);
int topology_build_links(struct topology *t, struct why *why);

struct host *topology_new_host(struct topology *t, const struct host_kind *kind, const char *name);
/* A port on `link` (NULL: the first); attach once all ports are known. */
void topology_new_port(struct topology *t, struct host *h, const char *name, struct link *link,
                       const uint8_t mac[6]);
int topology_set_port(struct topology *t, struct host *h, struct host_port *p,
                      const struct attribute *a, struct why *why);
/* Refuses the attribute at `at` when one of its name stands between it and `from`. */
int topology_once(const struct attribute *attribute, uint32_t from, uint32_t at, struct why *why);
bool topology_is_port_attribute(const char *name);
int topology_check_attribute(const struct host_kind *kind, const struct attribute *a,
                             struct why *why);
void topology_attach_ports(struct topology *t, struct host *h);
int topology_build_host(struct topology *t, const struct declaration *d, struct why *why);

int topology_build_sut(struct topology *t, struct attribute **attribute, struct why *why);
int topology_configure_sut(struct topology *t, struct attribute *const *attribute, struct why *why);
/* A configuration call of the stack under test; one that it lacks skips the script. */
int topology_configure(struct topology *t, const char *call, struct value *argv, int argc,
                       struct why *why);

/* Packetdrill's own topology, addresses and options: for scripts without links, hosts and suts. */
/* The tool's options, before anything is built. */
int topology_packetdrill_options(struct topology *t, struct why *why);
int topology_build_packetdrill(struct topology *t, struct why *why);
int topology_configure_packetdrill(struct topology *t, struct why *why);

#endif
