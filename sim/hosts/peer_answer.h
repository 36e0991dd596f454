/* A UDP answer to a UDP question, and the lies about it that have nothing to do with what it says.
 */
#ifndef SIM_HOSTS_PEER_ANSWER_H
#define SIM_HOSTS_PEER_ANSWER_H

#include "sim/hosts/peer_ip.h"
#include "sim/hosts/peer_lies.h"

enum { PEER_ANSWER_ROOM = 4096 };

struct peer_answer {
    int port;
    uint32_t src, dst;
    uint16_t sport, dport;
    int64_t delay_ns;
    uint32_t copies; /* how often more it is sent */
    uint32_t len;
    uint8_t bytes[PEER_ANSWER_ROOM];
};

/* Back to where the question came from, with nothing in it. */
void peer_answer_to(struct peer_answer *a, const struct peer_packet *question);
void peer_answer_send(struct peer_ip *ip, const struct peer_answer *a);

/* X(NAME, "name", kind of argument, function, "help"); each spoils a struct peer_answer, which a
 * larger reply has first. */
#define PEER_ANSWER_LIES(X)                                                                        \
    X(DELAY, "late", PEER_LIE_TIME(PEER_LIE_LATEST_S), peer_lie_late,                              \
      "the answer is so much longer under way")                                                    \
    X(DUPLICATE, "duplicate", PEER_LIE_NUMBER(1000), peer_lie_duplicate,                           \
      "sends so many copies more")                                                                 \
    X(FROM, "from", VALUE_IPV4, peer_lie_from, "IP source address")                                \
    X(FROM_PORT, "from-port", PEER_LIE_NUMBER(65535), peer_lie_from_port, "UDP source port")       \
    X(TO_PORT, "to-port", PEER_LIE_NUMBER(65535), peer_lie_to_port, "UDP destination port")        \
    X(LENGTH, "length", PEER_LIE_NUMBER(PEER_ANSWER_ROOM), peer_lie_length,                        \
      "the message is cut or padded to so many octets")

void peer_lie_late(void *answer, const struct peer_lie *lie);
void peer_lie_duplicate(void *answer, const struct peer_lie *lie);
void peer_lie_from(void *answer, const struct peer_lie *lie);
void peer_lie_from_port(void *answer, const struct peer_lie *lie);
void peer_lie_to_port(void *answer, const struct peer_lie *lie);
void peer_lie_length(void *answer, const struct peer_lie *lie);

#endif
