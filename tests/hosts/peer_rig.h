/* One peer, built from a line of a script, on a link that the test listens on. Frames to the peer
 * are put together here, by hand. */
#ifndef TESTS_HOSTS_PEER_RIG_H
#define TESTS_HOSTS_PEER_RIG_H

#include "sim/hosts/host.h"

enum { RIG_SEEN = 128, RIG_BYTES = 2048 };

struct rig_seen {
    int64_t time_ns;
    uint32_t len;
    uint8_t bytes[RIG_BYTES];
};

struct peer_rig {
    struct world *world;
    struct link *link;
    int port; /* the test's */
    struct script *script;
    struct host host;
    struct rig_seen seen[RIG_SEEN];
    int frames;
};

extern const uint8_t rig_client[6]; /* 52:54:00:12:34:56 */
#define RIG_CLIENT 0x0a00020fu      /* 10.0.2.15 */
#define RIG_SERVER 0x0a000202u      /* 10.0.2.2 */

/* `line` is what a script would say: "host dhcp-server srv ip 10.0.2.2/24 pool 10.0.2.15". NULL and
 * *why when it is refused. */
struct peer_rig *peer_rig_try(const char *line, struct why *why);
struct peer_rig *peer_rig_open(const char *line);
/* The same with a kind that is not registered. */
struct peer_rig *peer_rig_kind(const char *line, const struct host_kind *kind);
void peer_rig_close(struct peer_rig *r);

/* A frame to the peer; runs the world for 1 ms. Returns how many frames came back since. */
int peer_rig_give(struct peer_rig *r, const void *frame, uint32_t len);
void peer_rig_run(struct peer_rig *r, int64_t ns);
/* A datagram from the client to the peer; dst may be 255.255.255.255. */
int peer_rig_udp(struct peer_rig *r, uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport,
                 const void *payload, uint32_t len);
/* The kth frame that came, as an UDP datagram: its payload, *len long. Checks Ethernet, IPv4 and
 * UDP: lengths and sums. */
const uint8_t *peer_rig_payload(const struct peer_rig *r, int k, uint32_t *len);
/* One call of a script: "forget(\"10.0.2.15\")". 0, or -1. */
int peer_rig_call(struct peer_rig *r, const char *call);
/* The peer's answer to a query, as a number. */
int64_t peer_rig_number(struct peer_rig *r, const char *what);
bool peer_rig_says(struct peer_rig *r, const char *what, const char *text);

void put16(uint8_t *p, uint32_t v);
void put32(uint8_t *p, uint32_t v);
uint32_t get16(const uint8_t *p);
uint32_t get32(const uint8_t *p);
/* RFC 1071, complemented. */
uint32_t sum16(const uint8_t *p, uint32_t len, uint32_t start);

#endif
