#include "stack/transport/raw.h"
#include "tests/transport/datagram.h"

struct ear {
    struct raw_pcb pcb;
    uint32_t count, errors, len;
    uint8_t bytes[64];
    bool leaves;
};

static struct ear ear[2];
static struct rig *r;

static void hear(struct raw_pcb *pcb, struct stack *s, struct netbuf *nb,
                 const struct ip_received *rx, int64_t now_ns)
{
    struct ear *e = pcb->owner;
    (void)rx;
    (void)now_ns;
    e->count++;
    e->len = netbuf_len(nb);
    memcpy(e->bytes, netbuf_data(nb), e->len < sizeof e->bytes ? e->len : sizeof e->bytes);
    netbuf_free(s, nb);
    for (int i = 0; e->leaves && i < 2; i++)
        raw_unbind(s, &ear[i].pcb);
}

static void fail(struct raw_pcb *pcb, struct stack *s, const struct ip_error *e, int64_t now_ns)
{
    (void)now_ns;
    (void)s;
    (void)e;
    ((struct ear *)pcb->owner)->errors++;
}

static void bind_ear(int i, uint8_t protocol)
{
    ear[i].pcb =
        (struct raw_pcb){.protocol = protocol, .receive = hear, .error = fail, .owner = &ear[i]};
    cr_assert_eq(raw_bind(r->s, &ear[i].pcb), 0);
}

static void open_rig(void)
{
    memset(ear, 0, sizeof ear);
    r = datagram_rig();
}

static void close_rig(void)
{
    raw_unbind(r->s, &ear[0].pcb);
    raw_unbind(r->s, &ear[1].pcb);
    rig_close(r);
}

TestSuite(raw, .init = open_rig, .fini = close_rig);

static void packet_in(uint8_t protocol, const void *payload, uint32_t len)
{
    uint8_t frame[DATAGRAM_BYTES];
    const struct rig_ip ip = {.proto = protocol};
    rig_receive(r, frame, rig_ipv4(frame, &ip, payload, len));
}

/* The packet comes with its IP header; a protocol that a raw pcb takes is not unreachable. */
Test(raw, receives_the_ip_header_too)
{
    bind_ear(0, 200);
    packet_in(200, "raw!", 4);
    cr_assert_eq(ear[0].count, 1);
    cr_assert_eq(ear[0].len, 24);
    cr_assert_eq(ear[0].bytes[0], 0x45);
    cr_assert_eq(ear[0].bytes[9], 200);
    cr_assert_arr_eq(ear[0].bytes + 20, "raw!", 4);
    cr_assert_eq(r->sent_count, 0);
    packet_in(201, "raw!", 4);
    cr_assert_eq(ear[0].count, 1);
    cr_assert_eq(r->sent_count, 1); /* 3/2 */
}

/* The requests that ICMP answers stay with ICMP, which does answer; replies come. */
Test(raw, icmp_requests_are_not_given)
{
    uint8_t echo[8] = {8, 0, 0xf7, 0xff, 0, 0, 0, 0}, reply[8] = {0, 0, 0xff, 0xff, 0, 0, 0, 0};
    bind_ear(0, 1);
    packet_in(1, echo, 8);
    cr_assert_eq(ear[0].count, 0);
    cr_assert_eq(r->sent_count, 1);
    packet_in(1, reply, 8);
    cr_assert_eq(ear[0].count, 1);
}

Test(raw, unbinding_while_a_packet_is_delivered)
{
    bind_ear(0, 200);
    bind_ear(1, 200);
    ear[0].leaves = ear[1].leaves = true;
    packet_in(200, "raw!", 4);
    cr_assert_eq(ear[0].count + ear[1].count, 1);
}

Test(raw, sends_with_and_without_its_own_header)
{
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    bind_ear(0, 200);
    cr_assert_eq(raw_send(r->s, &ear[0].pcb, "out", 3, &peer, 0), 0);
    const uint8_t *ip = r->sent[0].bytes + 14;
    cr_assert_eq(ip[9], 200);
    cr_assert_eq(rig_get16(ip + 2), 23);
    cr_assert_arr_eq(ip + 20, "out", 3);
    uint8_t own[23] = {0x45, 0, 0, 23, 0,  9, 0, 0, 33,  77,  0,  0,
                       10,   0, 2, 15, 10, 0, 2, 2, 'o', 'w', 'n'};
    ear[0].pcb.ip.ip_flags = IP_HEADER_INCLUDED;
    cr_assert_eq(raw_send(r->s, &ear[0].pcb, own, 23, &peer, 0), 0);
    ip = r->sent[1].bytes + 14;
    cr_assert_eq(ip[8], 33);
    cr_assert_eq(ip[9], 77);
    cr_assert_eq(rig_sum(ip, 20), 0, "the header's checksum is wrong");
    cr_assert_eq(raw_send(r->s, &ear[0].pcb, own, 19, &peer, 0), -ERR_INVAL);
    cr_assert_eq(raw_send(r->s, &ear[0].pcb, own, 20, NULL, 0), -ERR_DESTADDRREQ);
}

/* An error about a packet of the protocol, by the quoted header. */
Test(raw, hears_errors_of_its_protocol)
{
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    bind_ear(0, 200);
    bind_ear(1, 201);
    cr_assert_eq(raw_send(r->s, &ear[0].pcb, "12345678", 8, &peer, 0), 0);
    icmp_about(r, 0, 3, 2, RIG_PEER);
    cr_assert_eq(ear[0].errors, 1);
    cr_assert_eq(ear[1].errors, 0);
}
