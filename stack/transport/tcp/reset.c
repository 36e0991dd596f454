/* Resets for segments that belong to no connection (RFC 9293 3.10.7.1, 3.5.2). */
#include "stack/core/checksum.h"
#include "stack/transport/tcp/inside.h"
#include "stack/wire/ipproto.h"

/* SEG.ACK says where the sender of an ACK expects us; of any other segment all is acknowledged. */
static struct tcp_hdr reset_for(const struct tcp_segment *g)
{
    struct tcp_hdr rst = {.src_port = g->hdr.dst_port, .dst_port = g->hdr.src_port};
    if (g->hdr.flags & TCP_FLAG_ACK) {
        rst.seq = g->hdr.ack;
        rst.flags = TCP_FLAG_RST;
        return rst;
    }
    uint32_t len = netbuf_len(g->nb) - g->hdr.hdr_len + ((g->hdr.flags & TCP_FLAG_SYN) != 0) +
                   ((g->hdr.flags & TCP_FLAG_FIN) != 0);
    rst.ack = g->hdr.seq + len;
    rst.flags = TCP_FLAG_RST | TCP_FLAG_ACK;
    return rst;
}

static void answer(struct stack *s, const struct tcp_segment *g, const struct tcp_hdr *rst,
                   int64_t now_ns)
{
    struct ip_path path;
    const struct ip_addr *to = &g->ip->source, *from = &g->ip->destination;
    if (ip_path(s, to, from, NULL, &path) < 0 || path.broadcast || path.multicast)
        return;
    struct netbuf *nb = ip_buffer(s, &path, 0, TCP_MIN_HDR_LEN);
    if (!nb) {
        tcp_count(s, TCP_NO_BUFFER_OUT);
        return;
    }
    tcp_emit(rst, netbuf_data(nb), TCP_MIN_HDR_LEN);
    netbuf_owe_sum(nb, TCP_CHECKSUM,
                   checksum_pseudo4(from->word[0], to->word[0], IP_PROTO_TCP, TCP_MIN_HDR_LEN),
                   false);
    struct ip_send how = {.source = *from, .destination = *to, .protocol = IP_PROTO_TCP};
    how.flags = tcp_knob(s, TCP_KNOB_PATH_MTU_DISCOVERY) ? IP_DONT_FRAGMENT : 0;
    tcp_count(s, TCP_OUT_RST);
    ip_output(s, &path, nb, &how, now_ns);
}

void tcp_answer_rst(struct stack *s, const struct tcp_segment *g, int64_t now_ns)
{
    struct tcp_hdr rst = reset_for(g);
    if (!(g->hdr.flags & TCP_FLAG_RST))
        answer(s, g, &rst, now_ns);
}

void tcp_answer_rst_at(struct stack *s, const struct tcp_segment *g, uint32_t seq, uint32_t ack,
                       int64_t now_ns)
{
    const struct tcp_hdr rst = {.src_port = g->hdr.dst_port,
                                .dst_port = g->hdr.src_port,
                                .seq = seq,
                                .ack = ack,
                                .flags = TCP_FLAG_RST | TCP_FLAG_ACK};
    answer(s, g, &rst, now_ns);
}
