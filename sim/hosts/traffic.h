/*
 * Two stacks on one link, and programs over them that open connections, send and read by the same
 * calls that scripts make: a client on the first host, a server on the second. For long runs and
 * for figures, where a script would have a line for each call.
 */
#ifndef SIM_HOSTS_TRAFFIC_H
#define SIM_HOSTS_TRAFFIC_H

#include "sim/hosts/sut_host.h"

enum { TRAFFIC_PORT = 5001, TRAFFIC_CLIENT = 0x0a000001, TRAFFIC_SERVER = 0x0a000002 };

/* How a client ends a connection. */
enum traffic_ending {
    TRAFFIC_FIN, /* half close, then the server's FIN is waited for */
    TRAFFIC_RST  /* close with SO_LINGER of 0 */
};

struct traffic_config {
    const struct sut *sut[2];      /* the client's, the server's */
    const struct nic_kind *nic[2]; /* of a stack that wants one */
    struct link_config link;
    uint32_t connections; /* in all */
    uint32_t at_once;     /* of them; 0: all */
    uint64_t octets;      /* of each, from client to server */
    uint32_t call_octets; /* of one send, and of one receive; 0: 65535 */
    uint32_t buffer; /* of each socket, both ways, where a stack has knobs for it; 0: its own */
    bool verify;     /* octets are the pattern by their place, compared as they come, and hashed */
    bool hold;       /* open connections wait for traffic_go before they send */
    enum traffic_ending ending;
    uint64_t seed;
    size_t arena_bytes; /* of the world; 0: 256 MiB */
};

/* Of a stream, however it was cut: fingerprints take whole blocks. */
struct traffic_hash {
    struct fingerprint print;
    uint32_t filled;
    uint8_t block[4096];
};

struct traffic_result {
    uint32_t opened, closed, failed; /* connections, at the client */
    uint32_t served;                 /* ended at the server */
    uint64_t sent, received;         /* octets */
    uint64_t wrong;                  /* octets that are not the pattern, of the first such read */
    int64_t first_ns, last_ns;       /* when octets came */
    int64_t longest_gap_ns;          /* between octets */
    struct fingerprint hash[2]; /* of all octets sent, received; when there is one connection */
    const char *error;          /* what failed first; NULL: nothing */
    int64_t errno_of_it;
};

struct traffic;

/* A world with both hosts, connected to a link, their addresses and neighbours set, the server
 * listening. NULL, and why. Owned by the caller: traffic_free. */
struct traffic *traffic_new(const struct traffic_config *config, struct why *why);
/* A knob of that host's stack (0 the client's): 0, or a negated errno. Before traffic_run. */
int64_t traffic_set(struct traffic *t, int side, const char *knob, int64_t value);
/* Connections that `hold` keeps waiting may send. */
void traffic_go(struct traffic *t);
/* As many connections once more, with all that is known of the first forgotten. */
void traffic_again(struct traffic *t);
/* Plays until that time, or until nothing is left to do: 0, or -1 and why. */
int traffic_run(struct traffic *t, int64_t until_ns, struct why *why);
/* All connections have ended at both ends, as far as programs see it. */
bool traffic_done(const struct traffic *t);
const struct traffic_result *traffic_result(struct traffic *t);
/* A counter or a query of that host's stack; -1: it has none of that name. */
int64_t traffic_query(struct traffic *t, int side, const char *what);
/* tcp_info's field of the kth connection, at the client; -1: there is none. */
int64_t traffic_info(struct traffic *t, uint32_t k, const char *field);
struct world *traffic_world(struct traffic *t);
struct link *traffic_link(struct traffic *t);
struct host *traffic_host(struct traffic *t, int side);
/* Closes the stacks, which tell what has not come back: 0, or -1 and why. Frees the world. */
int traffic_free(struct traffic *t, struct why *why);

#endif
