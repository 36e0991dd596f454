#include "stack/service/dns_inside.h"
#include "stack/core/bytes.h"
#include "stack/core/mem.h"

struct reply {
    const uint8_t *msg;
    size_t len;
    struct dns_hdr hdr;
    size_t answers; /* where the first record stands */
    const struct dns_question *question;
};

/* RFC 2181 8: the top bit set means 0. */
static uint32_t ttl_of(const struct dns_rr *rr)
{
    return rr->ttl >> 31 ? 0 : rr->ttl;
}

/* --- is it an answer to our question? RFC 5452 9.1; addresses and ports were UDP's business --- */

static bool question_matches(const struct reply *r, size_t *at)
{
    struct dns_question q;
    *at = DNS_HDR_LEN;
    if (r->hdr.qdcount != 1 || dns_question_parse(r->msg, r->len, at, &q) != DNS_SOUND)
        return false;
    return q.type == r->question->type && q.class == r->question->class &&
           dns_name_equal(&q.name, &r->question->name);
}

/* -1: it is; else the reason to drop it. */
static int refusal(struct reply *r, uint16_t id)
{
    if (dns_parse(r->msg, r->len, &r->hdr) != DNS_SOUND)
        return DNS_DROP_MALFORMED;
    if (!r->hdr.qr)
        return DNS_DROP_NOT_REPLY;
    if (r->hdr.id != id)
        return DNS_DROP_ID;
    if (r->hdr.opcode != 0)
        return DNS_DROP_OPCODE;
    if (!question_matches(r, &r->answers))
        return DNS_DROP_QUESTION;
    /* RFC 1035 7.3: the format is verified before anything is used. A truncated message may end
     * anywhere. */
    return r->hdr.tc || dns_check(r->msg, r->len) == DNS_SOUND ? -1 : DNS_DROP_MALFORMED;
}

/* --- records --- */

struct walk {
    size_t at;
    uint32_t left;
};

static struct walk answer_section(const struct reply *r)
{
    return (struct walk){r->answers, r->hdr.ancount};
}

/* The next record of class IN; dns_check has accepted them all. */
static bool next_record(const struct reply *r, struct walk *w, struct dns_rr *rr)
{
    while (w->left > 0) {
        w->left--;
        if (dns_rr_parse(r->msg, r->len, &w->at, rr) != DNS_SOUND)
            return false;
        if (rr->class == DNS_CLASS_IN)
            return true;
    }
    return false;
}

static struct walk authority_section(const struct reply *r)
{
    struct dns_rr rr;
    struct walk w = answer_section(r);
    for (; w.left > 0; w.left--)
        if (dns_rr_parse(r->msg, r->len, &w.at, &rr) != DNS_SOUND)
            return (struct walk){0, 0};
    w.left = r->hdr.nscount;
    return w;
}

static void keep_lowest(uint32_t *ttl, const struct dns_rr *rr)
{
    if (ttl_of(rr) < *ttl)
        *ttl = ttl_of(rr);
}

static bool take_address(const struct reply *r, const struct dns_rr *rr, struct ip_addr *out)
{
    uint8_t octets[16];
    *out = (struct ip_addr){.family = rr->type == DNS_TYPE_A ? ADDR_IPV4 : ADDR_IPV6};
    if (rr->type == DNS_TYPE_A)
        return dns_rr_a(r->msg, r->len, rr, &out->word[0]) == DNS_SOUND;
    if (dns_rr_aaaa(r->msg, r->len, rr, octets) != DNS_SOUND)
        return false;
    for (int i = 0; i < 4; i++)
        out->word[i] = get32(octets + 4 * i);
    return true;
}

static bool name_text(const struct dns_name *name, char out[DNS_NAME_BYTES])
{
    if (dns_name_to_text(name, out, DNS_NAME_BYTES) > 0)
        return true;
    out[0] = 0;
    return false;
}

/* One record of the type that was asked for; true when it is of use. */
static bool take(const struct reply *r, const struct dns_rr *rr, struct dns_result *out)
{
    struct dns_name name;
    if (rr->type == DNS_TYPE_A || rr->type == DNS_TYPE_AAAA) {
        if (out->count == DNS_RESULTS || !take_address(r, rr, &out->addr[out->count]))
            return false;
        out->count++;
        return true;
    }
    if (out->count > 0 || dns_rr_name(r->msg, r->len, rr, &name) != DNS_SOUND ||
        !name_text(&name, out->name))
        return false;
    out->count = 1;
    return true;
}

/* All records of the wanted type at `name`; RFC 2181 5.2: their lowest TTL holds for all. */
static bool collect(const struct reply *r, const struct dns_name *name, struct dns_answer *out)
{
    struct dns_rr rr;
    for (struct walk w = answer_section(r); next_record(r, &w, &rr);)
        if (rr.type == r->question->type && dns_name_equal(&rr.name, name) &&
            take(r, &rr, &out->result))
            keep_lowest(&out->result.ttl_s, &rr);
    return out->result.count > 0;
}

/* The alias at `name`, which is replaced by what it points to. */
static bool follow(const struct reply *r, struct dns_name *name, struct dns_answer *out)
{
    struct dns_rr rr;
    for (struct walk w = answer_section(r); next_record(r, &w, &rr);) {
        if (rr.type != DNS_TYPE_CNAME || !dns_name_equal(&rr.name, name) ||
            dns_rr_name(r->msg, r->len, &rr, name) != DNS_SOUND)
            continue;
        keep_lowest(&out->result.ttl_s, &rr);
        return true;
    }
    return false;
}

/* RFC 2308 5: the SOA's TTL or its MINIMUM, whichever is less; *negative stays 0 without a SOA.
 * False when there is none. */
static bool read_soa(const struct reply *r, const struct dns_name *name, uint32_t *negative)
{
    struct dns_rr rr;
    struct dns_soa soa;
    for (struct walk w = authority_section(r); next_record(r, &w, &rr);) {
        if (rr.type != DNS_TYPE_SOA || !dns_name_below(name, &rr.name) ||
            dns_rr_soa(r->msg, r->len, &rr, &soa) != DNS_SOUND)
            continue;
        uint32_t minimum = soa.minimum >> 31 ? 0 : soa.minimum;
        *negative = ttl_of(&rr) < minimum ? ttl_of(&rr) : minimum;
        return true;
    }
    return false;
}

/* The upper eight bits of the RCODE are in the OPT record (RFC 6891 6.1.3), of which there is one
 * at most, at the root (6.1.1, 6.1.2); else false. A truncated message may end in front of it. */
static bool read_rcode(const struct reply *r, uint16_t *rcode)
{
    struct dns_rr rr;
    unsigned records = (unsigned)r->hdr.ancount + r->hdr.nscount + r->hdr.arcount, opts = 0;
    size_t at = r->answers;
    *rcode = r->hdr.rcode;
    for (; records > 0 && dns_rr_parse(r->msg, r->len, &at, &rr) == DNS_SOUND; records--) {
        if (rr.type != DNS_TYPE_OPT)
            continue;
        if (++opts > 1 || rr.name.len != 1)
            return false;
        *rcode |= (uint16_t)(rr.ttl >> 24 << 4);
    }
    return true;
}

static bool is_referral(const struct reply *r)
{
    struct dns_rr rr;
    for (struct walk w = authority_section(r); next_record(r, &w, &rr);)
        if (rr.type == DNS_TYPE_NS)
            return !r->hdr.aa;
    return false;
}

/* The end of the chain has no records here: is it that there are none, or that this server does not
 * know? */
static enum dns_verdict absence(const struct reply *r, struct dns_answer *out)
{
    bool soa = read_soa(r, &out->target, &out->negative_s);
    if (r->hdr.rcode == DNS_NXDOMAIN)
        return DNS_NO_NAME; /* of the last name of the chain: RFC 2308 2.1 */
    if (soa)
        return DNS_NO_DATA;
    if (out->chain > 0)
        return DNS_ELSEWHERE; /* RFC 1034 3.6.2 */
    return is_referral(r) ? DNS_SERVER_ERROR : DNS_NO_DATA;
}

enum dns_verdict dns_reply_read(const uint8_t *msg, size_t len, uint16_t id,
                                const struct dns_question *question, uint32_t chain,
                                struct dns_answer *out)
{
    struct reply r = {.msg = msg, .len = len, .question = question};
    memset(out, 0, sizeof *out);
    out->result.ttl_s = UINT32_MAX;
    out->target = question->name;
    int drop = refusal(&r, id);
    if (drop >= 0) {
        out->drop = (enum dns_counter)drop;
        return DNS_IGNORED;
    }
    if (!read_rcode(&r, &out->result.rcode)) {
        out->drop = DNS_DROP_MALFORMED;
        return DNS_IGNORED;
    }
    if (out->result.rcode != DNS_NOERROR && out->result.rcode != DNS_NXDOMAIN)
        return DNS_SERVER_ERROR;
    if (r.hdr.tc) {
        out->result.truncated = true;
        return DNS_TRUNCATED;
    }
    /* RFC 2181 10.1: where there is data of the type, an alias beside it is not followed. */
    while (!collect(&r, &out->target, out)) {
        if (question->type == DNS_TYPE_CNAME || !follow(&r, &out->target, out))
            return absence(&r, out);
        if (++out->chain > chain)
            return DNS_LOOP;
    }
    if (question->type != DNS_TYPE_PTR && question->type != DNS_TYPE_CNAME)
        name_text(&out->target, out->result.name);
    return DNS_ANSWERED;
}
