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
/* "on lan ip A on wan ip B": each `on` after a port's link begins the next port. */
int topology_read_ports(struct topology *t, struct host *h, const struct attribute *attribute,
                        uint32_t count, struct why *why);
bool topology_is_port_attribute(const char *name);
int topology_check_attribute(const struct host_kind *kind, const struct attribute *a,
                             struct why *why);
void topology_attach_ports(struct topology *t, struct host *h);
int topology_build_host(struct topology *t, const struct declaration *d, struct why *why);

int topology_build_sut(struct topology *t, struct attribute **attribute, struct why *why);
/* Skips a script that asks what only our own device models do, when others are behind the host
 * under test; true when it did (board.c). */
bool board_lacks(struct topology *t, const struct nic_kind *nic);
/* Keeps the stack from what is known to be wrong there. The script's own knobs come later. */
void board_adjust(struct topology *t, const struct nic_kind *nic);
int topology_configure_sut(struct topology *t, struct attribute *const *attribute, struct why *why);

/* What the host under test and peers that a stack moves have in common (stack.c): attributes, the
 * NIC model, and what they say of `config`. */
#define STACK_ATTRS                                                                                \
    {"nic", VALUE_NAME, "the NIC model behind which it stands"},                                   \
        {"tx-delay", VALUE_TIME, "how long the NIC takes over each frame it sends (0)"},           \
        {"queue", VALUE_NUMBER, "the most descriptors in a queue of its NIC (virtio)"},            \
        {"unrest", VALUE_NUMBER, "how often its NIC's MAC changes while it is read (virtio)"},     \
        {"without", VALUE_LIST, "features that its NIC does not offer (virtio): event_idx"},       \
        {"refuses", VALUE_LIST, "features that its NIC offers and refuses then (virtio)"},         \
        {"gateway", VALUE_IPV4, "its default route"}, {"dns", VALUE_LIST, "its resolvers"},        \
        {"check", VALUE_NONE, "probe the address before use (RFC 5227)"},                          \
        {"sockets", VALUE_NUMBER, "how many its stack can have open at a time (64)"},              \
    {                                                                                              \
        "small", VALUE_NONE,                                                                       \
            "a stack of little memory, for worlds that are saved and put back often: exchanges "   \
            "of single "                                                                           \
            "packets, one after the other"                                                         \
    }
extern const struct attr_spec stack_attrs[];
int stack_nic(struct topology *t, const struct attrs *attrs, const struct nic_kind **nic,
              struct why *why);
int stack_tx_delay(struct topology *t, const struct attrs *attrs, uint32_t port,
                   struct sut_config *config, struct why *why);
/* What is wanted of a NIC that negotiates: queue sizes, features. */
int stack_device(struct topology *t, const struct attrs *attrs, struct sut_config *config,
                 struct why *why);
int stack_sockets(const struct attrs *attrs, struct sut_config *config, struct why *why);
/* A configuration call; one that the stack lacks skips the script. */
int topology_configure(struct topology *t, struct host *h, const char *call, struct value *argv,
                       int argc, struct why *why);
/* Its address, and what the attributes say of it: gateway, resolvers. */
int stack_configure_port(struct topology *t, struct host *h, uint32_t port,
                         const struct attrs *attrs, struct why *why);
int stack_set_knob(struct topology *t, struct host *h, const struct setting *s, struct why *why);

/* Peers that a stack moves (peer_stack.c): `host stack a`, `host lwip b`, `host ./mine.so c`. */
bool topology_is_stack(const char *kind);
int topology_build_stack(struct topology *t, const struct declaration *d, struct why *why);
/* When all hosts are there to hear their first frames. */
int topology_configure_stacks(struct topology *t, struct why *why);

/* Packetdrill's own topology, addresses and options: for scripts without links, hosts and suts. */
/* The tool's options, before anything is built. */
int topology_packetdrill_options(struct topology *t, struct why *why);
int topology_build_packetdrill(struct topology *t, struct why *why);
int topology_configure_packetdrill(struct topology *t, struct why *why);

#endif
