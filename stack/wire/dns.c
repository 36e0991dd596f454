#include "stack/wire/dns.h"
#include "stack/core/bytes.h"
#include "stack/core/mem.h"

enum {
    FLAG_QR = 0x8000,
    FLAG_AA = 0x0400,
    FLAG_TC = 0x0200,
    FLAG_RD = 0x0100,
    FLAG_RA = 0x0080,
    FLAG_Z = 0x0040,
    FLAG_AD = 0x0020,
    FLAG_CD = 0x0010,
    OPCODE_SHIFT = 11,
    QUESTION_FIXED_LEN = 4, /* type, class */
    RR_FIXED_LEN = 10,      /* type, class, TTL, RDLENGTH */
    SOA_FIXED_LEN = 20,
};

enum dns_fault dns_parse(const uint8_t *msg, size_t len, struct dns_hdr *out)
{
    if (len < DNS_HDR_LEN)
        return DNS_SHORT;
    uint16_t flags = get16(msg + DNS_FLAGS);
    out->id = get16(msg + DNS_ID);
    out->qr = (flags & FLAG_QR) != 0;
    out->opcode = (uint8_t)(flags >> OPCODE_SHIFT & 0xf);
    out->aa = (flags & FLAG_AA) != 0;
    out->tc = (flags & FLAG_TC) != 0;
    out->rd = (flags & FLAG_RD) != 0;
    out->ra = (flags & FLAG_RA) != 0;
    out->z = (flags & FLAG_Z) != 0;
    out->ad = (flags & FLAG_AD) != 0;
    out->cd = (flags & FLAG_CD) != 0;
    out->rcode = (uint8_t)(flags & 0xf);
    out->qdcount = get16(msg + DNS_QDCOUNT);
    out->ancount = get16(msg + DNS_ANCOUNT);
    out->nscount = get16(msg + DNS_NSCOUNT);
    out->arcount = get16(msg + DNS_ARCOUNT);
    return DNS_SOUND;
}

static uint16_t flags_of(const struct dns_hdr *hdr)
{
    unsigned flags = (hdr->opcode & 0xfu) << OPCODE_SHIFT | (hdr->rcode & 0xfu);
    flags |= hdr->qr ? FLAG_QR : 0u;
    flags |= hdr->aa ? FLAG_AA : 0u;
    flags |= hdr->tc ? FLAG_TC : 0u;
    flags |= hdr->rd ? FLAG_RD : 0u;
    flags |= hdr->ra ? FLAG_RA : 0u;
    flags |= hdr->z ? FLAG_Z : 0u;
    flags |= hdr->ad ? FLAG_AD : 0u;
    flags |= hdr->cd ? FLAG_CD : 0u;
    return (uint16_t)flags;
}

size_t dns_emit(const struct dns_hdr *hdr, uint8_t *buf, size_t room)
{
    if (room < DNS_HDR_LEN)
        return 0;
    put16(buf + DNS_ID, hdr->id);
    put16(buf + DNS_FLAGS, flags_of(hdr));
    put16(buf + DNS_QDCOUNT, hdr->qdcount);
    put16(buf + DNS_ANCOUNT, hdr->ancount);
    put16(buf + DNS_NSCOUNT, hdr->nscount);
    put16(buf + DNS_ARCOUNT, hdr->arcount);
    return DNS_HDR_LEN;
}

enum dns_fault dns_question_parse(const uint8_t *msg, size_t len, size_t *at,
                                  struct dns_question *out)
{
    size_t here = *at;
    enum dns_fault fault = dns_name_parse(msg, len, &here, &out->name);
    if (fault != DNS_SOUND)
        return fault;
    if (len - here < QUESTION_FIXED_LEN)
        return DNS_QUESTION_SHORT;
    out->type = get16(msg + here);
    out->class = get16(msg + here + 2);
    *at = here + QUESTION_FIXED_LEN;
    return DNS_SOUND;
}

size_t dns_question_emit(const struct dns_question *question, uint8_t *buf, size_t room)
{
    size_t len = question->name.len;
    if (room < len + QUESTION_FIXED_LEN)
        return 0;
    dns_name_emit(&question->name, buf, room);
    put16(buf + len, question->type);
    put16(buf + len + 2, question->class);
    return len + QUESTION_FIXED_LEN;
}

size_t dns_query_emit(uint16_t id, bool rd, const struct dns_question *question, uint8_t *buf,
                      size_t room)
{
    const struct dns_hdr hdr = {.id = id, .rd = rd, .qdcount = 1};
    if (!dns_emit(&hdr, buf, room))
        return 0;
    size_t len = dns_question_emit(question, buf + DNS_HDR_LEN, room - DNS_HDR_LEN);
    return len ? DNS_HDR_LEN + len : 0;
}

/* The end of the RDATA, which dns_rr_parse saw to lie in the message. */
static size_t rdata_end(const struct dns_rr *rr)
{
    return rr->rdata + rr->rdlength;
}

static enum dns_fault check_rr(size_t len, const struct dns_rr *rr, bool type_matches)
{
    if (!type_matches)
        return DNS_RECORD_OTHER_TYPE;
    if (rr->rdata > len || rr->rdlength > len - rr->rdata)
        return DNS_RDLENGTH_BEYOND;
    return DNS_SOUND;
}

enum dns_fault dns_rr_a(const uint8_t *msg, size_t len, const struct dns_rr *rr, uint32_t *addr)
{
    enum dns_fault fault = check_rr(len, rr, rr->type == DNS_TYPE_A);
    if (fault != DNS_SOUND)
        return fault;
    if (rr->rdlength != 4)
        return DNS_A_LENGTH;
    *addr = get32(msg + rr->rdata);
    return DNS_SOUND;
}

enum dns_fault dns_rr_aaaa(const uint8_t *msg, size_t len, const struct dns_rr *rr,
                           uint8_t addr[16])
{
    enum dns_fault fault = check_rr(len, rr, rr->type == DNS_TYPE_AAAA);
    if (fault != DNS_SOUND)
        return fault;
    if (rr->rdlength != 16)
        return DNS_AAAA_LENGTH;
    memcpy(addr, msg + rr->rdata, 16);
    return DNS_SOUND;
}

enum dns_fault dns_rr_name(const uint8_t *msg, size_t len, const struct dns_rr *rr,
                           struct dns_name *out)
{
    bool matches =
        rr->type == DNS_TYPE_NS || rr->type == DNS_TYPE_CNAME || rr->type == DNS_TYPE_PTR;
    enum dns_fault fault = check_rr(len, rr, matches);
    if (fault != DNS_SOUND)
        return fault;
    size_t at = rr->rdata;
    fault = dns_name_parse(msg, len, &at, out);
    if (fault != DNS_SOUND)
        return fault;
    if (at != rdata_end(rr))
        return DNS_RDATA_NAME_LENGTH;
    return DNS_SOUND;
}

enum dns_fault dns_rr_mx(const uint8_t *msg, size_t len, const struct dns_rr *rr,
                         uint16_t *preference, struct dns_name *exchange)
{
    enum dns_fault fault = check_rr(len, rr, rr->type == DNS_TYPE_MX);
    if (fault != DNS_SOUND)
        return fault;
    if (rr->rdlength < 3)
        return DNS_MX_SHORT;
    size_t at = rr->rdata + 2;
    fault = dns_name_parse(msg, len, &at, exchange);
    if (fault != DNS_SOUND)
        return fault;
    if (at != rdata_end(rr))
        return DNS_MX_LENGTH;
    *preference = get16(msg + rr->rdata);
    return DNS_SOUND;
}

/* Both names, skipped where mname and rname are NULL; *numbers is where the five of 32 bits start.
 */
static enum dns_fault read_soa_names(const uint8_t *msg, size_t len, const struct dns_rr *rr,
                                     struct dns_name *mname, struct dns_name *rname,
                                     size_t *numbers)
{
    enum dns_fault fault = check_rr(len, rr, rr->type == DNS_TYPE_SOA);
    if (fault != DNS_SOUND)
        return fault;
    size_t at = rr->rdata;
    if ((fault = dns_name_parse(msg, len, &at, mname)) != DNS_SOUND ||
        (fault = dns_name_parse(msg, len, &at, rname)) != DNS_SOUND)
        return fault;
    if (at > rdata_end(rr) || rdata_end(rr) - at != SOA_FIXED_LEN)
        return DNS_SOA_LENGTH;
    *numbers = at;
    return DNS_SOUND;
}

enum dns_fault dns_rr_soa(const uint8_t *msg, size_t len, const struct dns_rr *rr,
                          struct dns_soa *out)
{
    size_t at;
    enum dns_fault fault = read_soa_names(msg, len, rr, &out->mname, &out->rname, &at);
    if (fault != DNS_SOUND)
        return fault;
    out->serial = get32(msg + at);
    out->refresh = get32(msg + at + 4);
    out->retry = get32(msg + at + 8);
    out->expire = get32(msg + at + 12);
    out->minimum = get32(msg + at + 16);
    return DNS_SOUND;
}

enum dns_fault dns_rr_txt(const uint8_t *msg, size_t len, const struct dns_rr *rr, size_t *at,
                          const uint8_t **text, uint8_t *text_len)
{
    *text = NULL;
    enum dns_fault fault = check_rr(len, rr, rr->type == DNS_TYPE_TXT);
    if (fault != DNS_SOUND)
        return fault;
    if (rr->rdlength == 0)
        return DNS_TXT_EMPTY;
    if (*at < rr->rdata || *at >= rdata_end(rr))
        return DNS_SOUND;
    if (msg[*at] > rdata_end(rr) - *at - 1)
        return DNS_TXT_BEYOND;
    *text = msg + *at + 1;
    *text_len = msg[*at];
    *at += 1u + *text_len;
    return DNS_SOUND;
}

static enum dns_fault check_txt(const uint8_t *msg, size_t len, const struct dns_rr *rr)
{
    const uint8_t *text;
    uint8_t text_len;
    size_t at = rr->rdata;
    enum dns_fault fault;
    do
        fault = dns_rr_txt(msg, len, rr, &at, &text, &text_len);
    while (fault == DNS_SOUND && text);
    return fault;
}

/* RFC 9267 section 5: the format of RDATA must conform to type and class. */
static enum dns_fault check_rdata(const uint8_t *msg, size_t len, const struct dns_rr *rr)
{
    uint32_t addr4;
    uint8_t addr6[16];
    uint16_t preference;
    size_t numbers;
    switch (rr->type) {
    case DNS_TYPE_A:
        return rr->class == DNS_CLASS_IN ? dns_rr_a(msg, len, rr, &addr4) : DNS_SOUND;
    case DNS_TYPE_AAAA:
        return rr->class == DNS_CLASS_IN ? dns_rr_aaaa(msg, len, rr, addr6) : DNS_SOUND;
    case DNS_TYPE_NS:
    case DNS_TYPE_CNAME:
    case DNS_TYPE_PTR:
        return dns_rr_name(msg, len, rr, NULL);
    case DNS_TYPE_MX:
        return dns_rr_mx(msg, len, rr, &preference, NULL);
    case DNS_TYPE_SOA:
        return read_soa_names(msg, len, rr, NULL, NULL, &numbers);
    case DNS_TYPE_TXT:
        return check_txt(msg, len, rr);
    default:
        return DNS_SOUND;
    }
}

enum dns_fault dns_rr_parse(const uint8_t *msg, size_t len, size_t *at, struct dns_rr *out)
{
    size_t here = *at;
    enum dns_fault fault = dns_name_parse(msg, len, &here, &out->name);
    if (fault != DNS_SOUND)
        return fault;
    if (len - here < RR_FIXED_LEN)
        return DNS_RECORD_SHORT;
    out->type = get16(msg + here);
    out->class = get16(msg + here + 2);
    out->ttl = get32(msg + here + 4);
    out->rdlength = get16(msg + here + 8);
    out->rdata = here + RR_FIXED_LEN;
    if (out->rdlength > len - out->rdata)
        return DNS_RDLENGTH_BEYOND;
    fault = check_rdata(msg, len, out);
    if (fault != DNS_SOUND)
        return fault;
    *at = rdata_end(out);
    return DNS_SOUND;
}

enum dns_fault dns_check(const uint8_t *msg, size_t len)
{
    struct dns_hdr hdr;
    struct dns_question question;
    struct dns_rr rr;
    enum dns_fault fault = dns_parse(msg, len, &hdr);
    if (fault != DNS_SOUND)
        return fault;
    size_t at = DNS_HDR_LEN;
    for (unsigned i = 0; i < hdr.qdcount; i++) {
        if (at == len)
            return DNS_QUESTIONS_MISSING;
        fault = dns_question_parse(msg, len, &at, &question);
        if (fault != DNS_SOUND)
            return fault;
    }
    unsigned records = (unsigned)hdr.ancount + hdr.nscount + hdr.arcount;
    for (unsigned i = 0; i < records; i++) {
        if (at == len)
            return DNS_RECORDS_MISSING;
        fault = dns_rr_parse(msg, len, &at, &rr);
        if (fault != DNS_SOUND)
            return fault;
    }
    return DNS_SOUND;
}

size_t dns_opt_emit(uint16_t udp_size, uint8_t *msg, size_t len, size_t room)
{
    if (room - len < 1 + RR_FIXED_LEN)
        return 0;
    uint8_t *opt = msg + len;
    memset(opt, 0, 1 + RR_FIXED_LEN); /* the root; extended RCODE, version, flags; no options */
    put16(opt + 1, DNS_TYPE_OPT);
    put16(opt + 3, udp_size);
    put16(msg + DNS_ARCOUNT, (uint16_t)(get16(msg + DNS_ARCOUNT) + 1));
    return len + 1 + RR_FIXED_LEN;
}
