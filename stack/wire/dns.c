#include "stack/wire/dns.h"
#include "stack/core/bytes.h"
#include "stack/core/mem.h"
#include "stack/wire/why.h"

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

bool dns_parse(const uint8_t *msg, size_t len, struct dns_hdr *out, const char **why)
{
    if (len < DNS_HDR_LEN)
        return refuse(why, "dns: shorter than 12 octets");
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
    return true;
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

bool dns_question_parse(const uint8_t *msg, size_t len, size_t *at, struct dns_question *out,
                        const char **why)
{
    size_t here = *at;
    if (!dns_name_parse(msg, len, &here, &out->name, why))
        return false;
    if (len - here < QUESTION_FIXED_LEN)
        return refuse(why, "dns question: cut short");
    out->type = get16(msg + here);
    out->class = get16(msg + here + 2);
    *at = here + QUESTION_FIXED_LEN;
    return true;
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

static bool check_rr(size_t len, const struct dns_rr *rr, bool type_matches, const char **why)
{
    if (!type_matches)
        return refuse(why, "dns record: not of the type that is read");
    if (rr->rdata > len || rr->rdlength > len - rr->rdata)
        return refuse(why, "dns record: RDLENGTH beyond the message");
    return true;
}

bool dns_rr_a(const uint8_t *msg, size_t len, const struct dns_rr *rr, uint32_t *addr,
              const char **why)
{
    if (!check_rr(len, rr, rr->type == DNS_TYPE_A, why))
        return false;
    if (rr->rdlength != 4)
        return refuse(why, "dns A: RDLENGTH is not 4");
    *addr = get32(msg + rr->rdata);
    return true;
}

bool dns_rr_aaaa(const uint8_t *msg, size_t len, const struct dns_rr *rr, uint8_t addr[16],
                 const char **why)
{
    if (!check_rr(len, rr, rr->type == DNS_TYPE_AAAA, why))
        return false;
    if (rr->rdlength != 16)
        return refuse(why, "dns AAAA: RDLENGTH is not 16");
    memcpy(addr, msg + rr->rdata, 16);
    return true;
}

bool dns_rr_name(const uint8_t *msg, size_t len, const struct dns_rr *rr, struct dns_name *out,
                 const char **why)
{
    bool matches =
        rr->type == DNS_TYPE_NS || rr->type == DNS_TYPE_CNAME || rr->type == DNS_TYPE_PTR;
    if (!check_rr(len, rr, matches, why))
        return false;
    size_t at = rr->rdata;
    if (!dns_name_parse(msg, len, &at, out, why))
        return false;
    if (at != rdata_end(rr))
        return refuse(why, "dns NS, CNAME or PTR: name and RDLENGTH disagree");
    return true;
}

bool dns_rr_mx(const uint8_t *msg, size_t len, const struct dns_rr *rr, uint16_t *preference,
               struct dns_name *exchange, const char **why)
{
    if (!check_rr(len, rr, rr->type == DNS_TYPE_MX, why))
        return false;
    if (rr->rdlength < 3)
        return refuse(why, "dns MX: RDLENGTH below 3");
    size_t at = rr->rdata + 2;
    if (!dns_name_parse(msg, len, &at, exchange, why))
        return false;
    if (at != rdata_end(rr))
        return refuse(why, "dns MX: exchange and RDLENGTH disagree");
    *preference = get16(msg + rr->rdata);
    return true;
}

/* Both names, skipped where mname and rname are NULL; *numbers is where the five of 32 bits start.
 */
static bool read_soa_names(const uint8_t *msg, size_t len, const struct dns_rr *rr,
                           struct dns_name *mname, struct dns_name *rname, size_t *numbers,
                           const char **why)
{
    if (!check_rr(len, rr, rr->type == DNS_TYPE_SOA, why))
        return false;
    size_t at = rr->rdata;
    if (!dns_name_parse(msg, len, &at, mname, why) || !dns_name_parse(msg, len, &at, rname, why))
        return false;
    if (at > rdata_end(rr) || rdata_end(rr) - at != SOA_FIXED_LEN)
        return refuse(why, "dns SOA: fields and RDLENGTH disagree");
    *numbers = at;
    return true;
}

bool dns_rr_soa(const uint8_t *msg, size_t len, const struct dns_rr *rr, struct dns_soa *out,
                const char **why)
{
    size_t at;
    if (!read_soa_names(msg, len, rr, &out->mname, &out->rname, &at, why))
        return false;
    out->serial = get32(msg + at);
    out->refresh = get32(msg + at + 4);
    out->retry = get32(msg + at + 8);
    out->expire = get32(msg + at + 12);
    out->minimum = get32(msg + at + 16);
    return true;
}

bool dns_rr_txt(const uint8_t *msg, size_t len, const struct dns_rr *rr, size_t *at,
                const uint8_t **text, uint8_t *text_len, const char **why)
{
    *why = NULL;
    if (!check_rr(len, rr, rr->type == DNS_TYPE_TXT, why))
        return false;
    if (rr->rdlength == 0)
        return refuse(why, "dns TXT: no string");
    if (*at < rr->rdata || *at >= rdata_end(rr))
        return false;
    if (msg[*at] > rdata_end(rr) - *at - 1)
        return refuse(why, "dns TXT: string beyond RDATA");
    *text = msg + *at + 1;
    *text_len = msg[*at];
    *at += 1u + *text_len;
    return true;
}

static bool check_txt(const uint8_t *msg, size_t len, const struct dns_rr *rr, const char **why)
{
    const uint8_t *text;
    uint8_t text_len;
    size_t at = rr->rdata;
    const char *reason;
    while (dns_rr_txt(msg, len, rr, &at, &text, &text_len, &reason))
        ;
    return reason ? refuse(why, reason) : true;
}

/* RFC 9267 section 5: the format of RDATA must conform to type and class. */
static bool check_rdata(const uint8_t *msg, size_t len, const struct dns_rr *rr, const char **why)
{
    uint32_t addr4;
    uint8_t addr6[16];
    uint16_t preference;
    size_t numbers;
    switch (rr->type) {
    case DNS_TYPE_A:
        return rr->class != DNS_CLASS_IN || dns_rr_a(msg, len, rr, &addr4, why);
    case DNS_TYPE_AAAA:
        return rr->class != DNS_CLASS_IN || dns_rr_aaaa(msg, len, rr, addr6, why);
    case DNS_TYPE_NS:
    case DNS_TYPE_CNAME:
    case DNS_TYPE_PTR:
        return dns_rr_name(msg, len, rr, NULL, why);
    case DNS_TYPE_MX:
        return dns_rr_mx(msg, len, rr, &preference, NULL, why);
    case DNS_TYPE_SOA:
        return read_soa_names(msg, len, rr, NULL, NULL, &numbers, why);
    case DNS_TYPE_TXT:
        return check_txt(msg, len, rr, why);
    default:
        return true;
    }
}

bool dns_rr_parse(const uint8_t *msg, size_t len, size_t *at, struct dns_rr *out, const char **why)
{
    size_t here = *at;
    if (!dns_name_parse(msg, len, &here, &out->name, why))
        return false;
    if (len - here < RR_FIXED_LEN)
        return refuse(why, "dns record: cut short");
    out->type = get16(msg + here);
    out->class = get16(msg + here + 2);
    out->ttl = get32(msg + here + 4);
    out->rdlength = get16(msg + here + 8);
    out->rdata = here + RR_FIXED_LEN;
    if (out->rdlength > len - out->rdata)
        return refuse(why, "dns record: RDLENGTH beyond the message");
    if (!check_rdata(msg, len, out, why))
        return false;
    *at = rdata_end(out);
    return true;
}

bool dns_check(const uint8_t *msg, size_t len, const char **why)
{
    struct dns_hdr hdr;
    struct dns_question question;
    struct dns_rr rr;
    if (!dns_parse(msg, len, &hdr, why))
        return false;
    size_t at = DNS_HDR_LEN;
    for (unsigned i = 0; i < hdr.qdcount; i++) {
        if (at == len)
            return refuse(why, "dns: fewer questions than QDCOUNT");
        if (!dns_question_parse(msg, len, &at, &question, why))
            return false;
    }
    unsigned records = (unsigned)hdr.ancount + hdr.nscount + hdr.arcount;
    for (unsigned i = 0; i < records; i++) {
        if (at == len)
            return refuse(why, "dns: fewer records than the header counts");
        if (!dns_rr_parse(msg, len, &at, &rr, why))
            return false;
    }
    return true;
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
