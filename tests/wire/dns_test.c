#include "tests/wire/dns_messages.h"

/* Every flag alone is the bit that the RFCs draw. */
Test(wire_dns, reads_and_writes_each_flag)
{
    static const char *messages[] = {
        "0001 8000 0000 0000 0000 0000", "0001 7800 0000 0000 0000 0000",
        "0001 0400 0000 0000 0000 0000", "0001 0200 0000 0000 0000 0000",
        "0001 0100 0000 0000 0000 0000", "0001 0080 0000 0000 0000 0000",
        "0001 0040 0000 0000 0000 0000", "0001 0020 0000 0000 0000 0000",
        "0001 0010 0000 0000 0000 0000", "0001 000f 0000 0000 0000 0000",
    };
    for (unsigned i = 0; i < 10; i++) {
        struct packet p = packet(messages[i]);
        struct dns_hdr h;
        uint8_t buf[12];
        ASSERT_ACCEPTED(dns_parse(p.bytes, p.len, &h));
        const bool flags[] = {h.qr, h.opcode == 15, h.aa, h.tc,         h.rd, h.ra,
                              h.z,  h.ad,           h.cd, h.rcode == 15};
        for (unsigned k = 0; k < 10; k++)
            cr_assert_eq(flags[k], k == i, "flag %u of message %u", k, i);
        ASSERT_BYTES(buf, dns_emit(&h, buf, sizeof buf), p);
    }
}

Test(wire_dns, reads_and_writes_ids_and_counts)
{
    struct packet p = packet("abcd 8180 0001 0203 0405 0607");
    struct dns_hdr h;
    uint8_t buf[12];
    ASSERT_ACCEPTED(dns_parse(p.bytes, p.len, &h));
    cr_assert(h.id == 0xabcd && h.qdcount == 1 && h.ancount == 0x203);
    cr_assert(h.nscount == 0x405 && h.arcount == 0x607);
    cr_assert_eq(dns_emit(&h, buf, 11), 0);
    ASSERT_BYTES(buf, dns_emit(&h, buf, sizeof buf), p);
}

Test(wire_dns, refuses_11_octets)
{
    struct packet p = packet("abcd 8180 0001 0001 0000 00");
    struct dns_hdr h;
    ASSERT_REFUSED(DNS_SHORT, dns_parse(p.bytes, p.len, &h));
}

/* id 1234, RD, one question: example.org A IN */
Test(wire_dns, writes_a_query)
{
    struct dns_question q = {name_of("example.org"), DNS_TYPE_A, DNS_CLASS_IN};
    uint8_t buf[29];
    cr_assert_eq(dns_query_emit(0x1234, true, &q, buf, 28), 0);
    cr_assert_eq(dns_query_emit(0x1234, true, &q, buf, 11), 0);
    ASSERT_BYTES(buf, dns_query_emit(0x1234, true, &q, buf, sizeof buf),
                 packet("1234 0100 0001 0000 0000 0000" EXAMPLE_ORG "0001 0001"));
    ASSERT_ACCEPTED(dns_check(buf, sizeof buf));
}

/* RFC 6891 6.1.2: root, type 41, the size as class, TTL and RDLENGTH 0; and it is counted. */
Test(wire_dns, adds_an_opt_record)
{
    struct dns_question q = {name_of("example.org"), DNS_TYPE_A, DNS_CLASS_IN};
    uint8_t buf[40];
    size_t len = dns_query_emit(0x1234, true, &q, buf, sizeof buf);
    cr_assert_eq(dns_opt_emit(1232, buf, len, sizeof buf - 1), 0);
    ASSERT_BYTES(
        buf, dns_opt_emit(1232, buf, len, sizeof buf),
        packet("1234 0100 0001 0000 0000 0001" EXAMPLE_ORG "0001 0001 00 0029 04d0 00000000 0000"));
    ASSERT_ACCEPTED(dns_check(buf, sizeof buf));
}

Test(wire_dns, reads_a_question_and_an_answer)
{
    struct packet p = packet(ANSWER);
    struct dns_question q;
    struct dns_rr rr;
    uint32_t addr = 0;
    size_t at = 12;
    ASSERT_ACCEPTED(dns_question_parse(p.bytes, p.len, &at, &q));
    assert_name(&q.name, "example.org");
    cr_assert(q.type == DNS_TYPE_A && q.class == DNS_CLASS_IN && at == 29);
    ASSERT_ACCEPTED(dns_rr_parse(p.bytes, p.len, &at, &rr));
    assert_name(&rr.name, "example.org");
    cr_assert(rr.type == DNS_TYPE_A && rr.class == DNS_CLASS_IN && rr.ttl == 60);
    cr_assert(rr.rdlength == 4 && rr.rdata == 41 && at == p.len);
    ASSERT_ACCEPTED(dns_rr_a(p.bytes, p.len, &rr, &addr));
    cr_assert_eq(addr, 0xc0000201);
    ASSERT_ACCEPTED(dns_check(p.bytes, p.len));
}

/* Octets behind the last counted record do no harm. */
Test(wire_dns, accepts_octets_behind_the_last_record)
{
    struct packet p = packet(ANSWER "ffff");
    ASSERT_ACCEPTED(dns_check(p.bytes, p.len));
}

/* RFC 9267 section 6: a count is not to be believed. */
Test(wire_dns, refuses_fewer_questions_than_counted)
{
    struct packet p = packet(RESPONSE("0002 0000 0000 0000") EXAMPLE_ORG "0001 0001");
    ASSERT_REFUSED(DNS_QUESTIONS_MISSING, dns_check(p.bytes, p.len));
}

Test(wire_dns, refuses_fewer_records_than_counted)
{
    struct packet p = packet(ANSWER);
    cr_assert_gt(p.len, 12);
    for (size_t count = 7; count <= 11; count += 2) {
        struct packet more = packet_of(p.bytes, p.len);
        more.bytes[count] = (uint8_t)(more.bytes[count] + 1);
        ASSERT_REFUSED(DNS_RECORDS_MISSING, dns_check(more.bytes, more.len));
    }
    p.bytes[6] = 0xff;
    ASSERT_REFUSED(DNS_RECORDS_MISSING, dns_check(p.bytes, p.len));
}

/* No prefix of a good message is good, and none is read past its end. */
Test(wire_dns, refuses_every_prefix)
{
    struct packet p = packet(ANSWER);
    for (size_t len = 0; len < p.len; len++) {
        struct packet cut = packet_prefix(p, len);
        cr_assert_neq(dns_check(cut.bytes, cut.len), DNS_SOUND, "%zu octets", len);
    }
}

Test(wire_dns, refuses_a_question_cut_short)
{
    struct packet p = packet(RESPONSE("0001 0000 0000 0000") EXAMPLE_ORG "0001 00");
    ASSERT_REFUSED(DNS_QUESTION_SHORT, dns_check(p.bytes, p.len));
}

Test(wire_dns, refuses_a_record_cut_short)
{
    struct packet p = packet(RESPONSE("0000 0001 0000 0000") "00 0001 0001 0000003c 00");
    ASSERT_REFUSED(DNS_RECORD_SHORT, dns_check(p.bytes, p.len));
}

/* RFC 9267 section 5. */
Test(wire_dns, refuses_rdata_beyond_the_message)
{
    struct packet p = packet(RESPONSE("0000 0001 0000 0000") "00 0001 0001 0000003c 0004 c00002");
    ASSERT_REFUSED(DNS_RDLENGTH_BEYOND, dns_check(p.bytes, p.len));
}
