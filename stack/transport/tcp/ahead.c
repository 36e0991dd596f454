/* What arrives ahead of its turn: kept, told by SACK (RFC 2018), and by D-SACK (RFC 2883) when it
 * came before. */
#include "stack/transport/tcp/inside.h"

/* Behind the last octet of text that `in` holds. */
uint32_t tcp_in_end(const struct tcp_pcb *pcb)
{
    if (!pcb->ahead.first)
        return pcb->rcv_nxt - pcb->fin_received;
    return ranges_end(&pcb->ahead) - pcb->fin_ahead;
}

/* Before a segment is trimmed: was some of its text here already? The latest is told. */
void tcp_note_duplicate(const struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    struct seq_range d;
    uint32_t left = g->hdr.seq, right = left + g->hdr_text_len,
             nxt = pcb->rcv_nxt - pcb->fin_received; /* the place of a FIN is no text's */
    if (g->hdr_text_len > 0 && seq_before(left, pcb->rcv_nxt))
        tcp_soon_lost(s, pcb);
    if (!pcb->sack || pcb->state <= TCP_SYN_RECEIVED || g->hdr_text_len == 0 ||
        !tcp_knob(s, TCP_KNOB_DSACK) ||
        g->hdr.flags & (TCP_FLAG_SYN | TCP_FLAG_RST)) /* their text is not read */
        return;
    if (seq_before(left, nxt) && nxt - left > nxt - (pcb->irs + 1))
        left = pcb->irs + 1; /* before the stream nothing came */
    if (!seq_before(left, right))
        return;
    if (ranges_duplicate(&pcb->ahead, nxt, left, right, &d))
        pcb->dsack = d;
}

/* Nothing stands behind a FIN: of a peer that sent some the first FIN counts, what is kept behind
 * it is let go. */
static void end_ahead_at(struct stack *s, struct tcp_pcb *pcb, uint32_t fin)
{
    if (!pcb->ahead.first || !seq_before(fin, tcp_in_end(pcb)))
        return;
    ranges_cut_after(&pcb->ahead, &tcp_of(s)->ranges, fin);
    pcb->fin_ahead = false;
    tcp_stream_cut_ahead(s, pcb);
}

/* What it could keep; a FIN counts when all before it in the segment was kept. */
tcp_step tcp_take_ahead(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    struct tcp *t = tcp_of(s);
    pcb->ack_now = true; /* RFC 5681 4.2 */
    pcb->tally.ahead++;
    uint32_t end = g->seq + g->text_len;
    bool fin = (g->flags & TCP_FLAG_FIN) != 0;
    if (pcb->fin_ahead && seq_after(end, tcp_in_end(pcb)))
        return TCP_DROP_AHEAD;
    if (fin)
        end_ahead_at(s, pcb, end);
    pcb->ahead.limit = (uint16_t)tcp_knob(s, TCP_KNOB_RANGES);
    uint32_t taken = g->text_len;
    if (!pcb->deaf)
        taken = tcp_stream_put(&t->chunks, &pcb->in, g->seq, g->text, taken, TCP_CLAIM_AHEAD);
    uint32_t right = g->seq + taken + (fin && taken == g->text_len);
    if (right == g->seq)
        return TCP_DROP_AHEAD;
    if (ranges_add(&pcb->ahead, &t->ranges, g->seq, right) == RANGES_REFUSED) {
        tcp_stream_cut_ahead(s, pcb);
        return TCP_DROP_AHEAD;
    }
    if (right == end + 1)
        pcb->fin_ahead = true;
    return taken == g->text_len ? TCP_COUNTERS : TCP_DROP_NO_CHUNK;
}

/* RCV.NXT moved: on over what waits there. True: a gap was filled, in part or whole (RFC 5681 4.2).
 * `fin`: the FIN that waits comes next. */
bool tcp_absorb_ahead(struct stack *s, struct tcp_pcb *pcb, bool *fin)
{
    if (!pcb->ahead.first)
        return false;
    const struct range *at = ranges_at(&pcb->ahead, pcb->rcv_nxt);
    if (at)
        pcb->rcv_nxt = at->at.right;
    ranges_cut_before(&pcb->ahead, &tcp_of(s)->ranges, pcb->rcv_nxt);
    *fin = pcb->fin_ahead && !pcb->ahead.first;
    if (*fin)
        pcb->rcv_nxt--;
    return true;
}

void tcp_stream_cut_ahead(struct stack *s, struct tcp_pcb *pcb)
{
    tcp_stream_cut(&tcp_of(s)->chunks, &pcb->in, pcb->rcv_user, tcp_in_end(pcb));
}

void tcp_forget_ahead(struct stack *s, struct tcp_pcb *pcb)
{
    ranges_clear(&pcb->ahead, &tcp_of(s)->ranges);
    pcb->fin_ahead = false;
}

/* --- what is told --- */

static bool has_dsack(const struct tcp_pcb *pcb)
{
    return pcb->dsack.left != pcb->dsack.right;
}

static bool has_list(const struct tcp_pcb *pcb)
{
    return pcb->wishes && pcb->wishes->told.in_use;
}

static unsigned blocks_of(const struct tcp_pcb *pcb)
{
    unsigned most = pcb->timestamps ? TCP_MAX_SACK_BLOCKS - 1 : TCP_MAX_SACK_BLOCKS;
    bool tells = pcb->sack && pcb->state > TCP_SYN_RECEIVED;
    unsigned have = has_list(pcb) ? pcb->wishes->told.count : pcb->ahead.count + has_dsack(pcb);
    have = tells ? have : 0;
    return have < most ? have : most;
}

/* Octets of the option with the NOPs before it. */
uint32_t tcp_sack_len(const struct tcp_pcb *pcb)
{
    unsigned blocks = blocks_of(pcb);
    return blocks ? 4 + TCP_OPT_SACK_BLOCK_LEN * blocks : 0;
}

void tcp_sack_option(const struct tcp_pcb *pcb, struct tcp_options *o)
{
    struct seq_range at[TCP_MAX_SACK_BLOCKS];
    const struct seq_range *told = has_list(pcb) ? pcb->wishes->told.at : at;
    unsigned room = blocks_of(pcb);
    if (told != at)
        o->sack_count = (uint8_t)room;
    else if (has_dsack(pcb) && room)
        o->sack_count = (uint8_t)ranges_recent_dsack(&pcb->ahead, &pcb->dsack, at, room);
    else
        o->sack_count = (uint8_t)ranges_recent(&pcb->ahead, at, room);
    for (unsigned i = 0; i < o->sack_count; i++)
        o->sack[i] = (struct tcp_sack_block){told[i].left, told[i].right};
}
