#include "sim/hosts/peer_answer.h"
#include <string.h>

void peer_answer_to(struct peer_answer *a, const struct peer_packet *question)
{
    memset(a, 0, sizeof *a);
    a->port = question->port;
    a->src = question->dst;
    a->dst = question->src;
    a->sport = question->dport;
    a->dport = question->sport;
}

void peer_answer_send(struct peer_ip *ip, const struct peer_answer *a)
{
    uint32_t src = peer_ip_is_broadcast(ip, a->port, a->src) ? 0 : a->src;
    const struct peer_datagram d = {.src = src,
                                    .dst = a->dst,
                                    .sport = a->sport,
                                    .dport = a->dport,
                                    .payload = a->bytes,
                                    .len = a->len};
    for (uint32_t copy = 0; copy <= a->copies; copy++)
        peer_send_udp_later(ip, a->port, &d, a->delay_ns);
}

void peer_lie_late(void *answer, const struct peer_lie *lie)
{
    ((struct peer_answer *)answer)->delay_ns += lie->number;
}

void peer_lie_duplicate(void *answer, const struct peer_lie *lie)
{
    ((struct peer_answer *)answer)->copies = lie->given ? (uint32_t)lie->number : 1;
}

void peer_lie_from(void *answer, const struct peer_lie *lie)
{
    ((struct peer_answer *)answer)->src = (uint32_t)lie->number;
}

void peer_lie_from_port(void *answer, const struct peer_lie *lie)
{
    ((struct peer_answer *)answer)->sport = (uint16_t)lie->number;
}

void peer_lie_to_port(void *answer, const struct peer_lie *lie)
{
    ((struct peer_answer *)answer)->dport = (uint16_t)lie->number;
}

void peer_lie_length(void *answer, const struct peer_lie *lie)
{
    struct peer_answer *a = answer;
    if (lie->number >= 0 && lie->number <= PEER_ANSWER_ROOM)
        a->len = (uint32_t)lie->number;
}
