/* TCP segments by hand for one peer, from RIG_CLIENT's port 40000; and a conversation of octets. */
#ifndef TESTS_HOSTS_TCP_RIG_H
#define TESTS_HOSTS_TCP_RIG_H

#include "tests/hosts/peer_rig.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };
enum { TCP_CLIENT_PORT = 40000, TALK_ROOM = 8192 };

struct tcp_seg {
    uint32_t flags, seq, ack, window;
    const char *payload;
    const uint8_t *options;
    uint32_t options_len;
    uint16_t port; /* of the peer; 0: 7 */
    uint32_t len;  /* of the payload; 0: it is text */
};

/* One segment from the client; how many frames came back. */
int tcp_give(struct peer_rig *r, struct tcp_seg s);
/* The last frame that came is this segment. */
void tcp_last_is(const struct peer_rig *r, uint32_t flags, uint32_t seq, uint32_t ack,
                 const char *payload);

/* A connection of which only the octets count. */
struct tcp_talk {
    struct peer_rig *r;
    uint16_t port;
    uint32_t seq, ack;
    uint8_t got[TALK_ROOM]; /* what came since the last tcp_say */
    uint32_t len;
    bool ended;      /* a FIN came */
    uint32_t urgent; /* the last urgent pointer; 0: none came */
};

void tcp_talk_begin(struct tcp_talk *t, const char *line, uint16_t port);
/* Sends octets (none: only listens for a millisecond) and takes what comes. */
void tcp_say(struct tcp_talk *t, const void *octets, uint32_t len);
/* What came is exactly this. */
void tcp_heard(const struct tcp_talk *t, const void *octets, uint32_t len);

#endif
