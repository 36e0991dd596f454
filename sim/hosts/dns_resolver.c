/*
 * A recursive resolver whose world is its script's zone lines. Records are kept as bytes in the
 * arena; ldns reads them, reads queries and writes answers, and keeps nothing between two calls.
 * (What is used of it draws no randomness and asks no clock: seen under strace.)
 */
#include "sim/hosts/dns_resolver.h"
#include <ldns/ldns.h>
#include <string.h>

enum { PLAIN_SIZE = 512 /* RFC 1035 4.2.1 */, CHAIN = 8, DEFAULT_TTL_S = 3600, RAW_HEADER = 10 };

struct dns_record {
    const uint8_t *wire; /* not compressed */
    uint32_t len;
    ldns_pkt_section section; /* ANSWER: the zone; AUTHORITY, ADDITIONAL: in every answer */
};

/* A name whose answer is the script's bytes. */
struct dns_raw {
    const char *name;
    const uint8_t *header; /* flags and counts: 10 octets */
    const uint8_t *rest;   /* behind the question */
    uint32_t rest_len;
};

struct dns_resolver {
    struct peer_ip ip;
    struct peer_lie lie[DNS_LIE_COUNT];
    struct dns_record record[DNS_RECORDS];
    uint32_t records;
    struct dns_raw raw[DNS_RAWS];
    uint32_t raws;
    uint64_t queries, replies, bad, violations;
    const char *last_violation;
    uint16_t last_id, last_port, last_type, last_flags;
    char last_name[DNS_NAME];
    uint16_t id[DNS_LOG], port[DNS_LOG];
    struct dns_reply reply; /* being made; the last one, for again() */
};

static struct dns_resolver *resolver_of(struct host *h)
{
    return h->state;
}

static struct peer_lies lies_of(struct dns_resolver *s)
{
    return (struct peer_lies){dnsd_lie_specs, DNS_LIE_COUNT, dnsd_kind_name, s->lie};
}

/* --- the zone --- */

#define DNS_LIE_ATTR(id, name, argument, spoil, help) {name, VALUE_LIST, help},
static const struct attr_spec dns_attrs[] = {
    {"zone", VALUE_LIST,
     "records as in a zone file: \"www.example.test A 10.0.2.80\" ..., as often as written"},
    {"authority", VALUE_LIST, "records in the authority section of every answer"},
    {"additional", VALUE_LIST, "records in the additional section of every answer"},
    {"raw", VALUE_LIST,
     "a name, then the answer's bytes: flags and counts (10), and what follows the question"},
    PEER_IP_ATTRS,
    DNS_LIES(DNS_LIE_ATTR){NULL, VALUE_NONE, NULL},
};

static ldns_rr *record(const struct dns_record *r)
{
    ldns_rr *rr = NULL;
    size_t at = 0;
    return ldns_wire2rr(&rr, r->wire, r->len, &at, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK ? rr
                                                                                          : NULL;
}

/* Is there such a word, quoted, or with a name's dot, among those of `text`? */
static bool has_word(const char *text, const char *word, size_t len)
{
    for (text += strspn(text, " \t\""); *text; text += strspn(text, " \t\"")) {
        size_t size = strcspn(text, " \t\"\n");
        if ((size == len || (size == len + 1 && text[len] == '.')) && memcmp(text, word, len) == 0)
            return true;
        text += size;
        text += *text == '\n';
    }
    return false;
}

/* ldns makes 34463 of a preference of 99999: whatever number stands in the line must stand in what
 * was made of it, too. Not so in data that is hexadecimal (RFC 3597 5). */
static bool numbers_fit(const char *line, const ldns_rr *rr)
{
    char *made = strstr(line, "\\#") ? NULL : ldns_rr2str(rr);
    bool fit = true;
    for (line += strspn(line, " \t\""); made && *line; line += strspn(line, " \t\"")) {
        size_t size = strcspn(line, " \t\"");
        if (strspn(line, "0123456789") == size)
            fit = fit && has_word(made, line, size);
        line += size;
    }
    LDNS_FREE(made);
    return fit;
}

/* RFC 2181 5: no record twice; 10.1: beside a CNAME there is nothing else. */
static const char *at_odds(const struct dns_resolver *s, const ldns_rr *rr)
{
    bool alias = ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME;
    const char *bad = NULL;
    for (uint32_t k = 0; k < s->records && !bad; k++) {
        ldns_rr *other = s->record[k].section == LDNS_SECTION_ANSWER ? record(&s->record[k]) : NULL;
        bool same = other && ldns_dname_compare(ldns_rr_owner(other), ldns_rr_owner(rr)) == 0;
        if (same && ldns_rr_compare(other, rr) == 0)
            bad = "the record stands there already";
        else if (same && (alias || ldns_rr_get_type(other) == LDNS_RR_TYPE_CNAME))
            bad = "a name with a CNAME has no other record (RFC 2181 10.1)";
        ldns_rr_free(other);
    }
    return bad;
}

/* NULL: the record can stand in a zone. */
static const char *bad_record(const struct dns_resolver *s, const ldns_rr *rr, const char *line,
                              ldns_pkt_section section)
{
    enum { META_FIRST = 128, META_LAST = 255 }; /* RFC 6895 3.1 */
    uint16_t type = (uint16_t)ldns_rr_get_type(rr);
    if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
        return "the class is IN";
    if (type == 0 || type == LDNS_RR_TYPE_OPT || (type >= META_FIRST && type <= META_LAST))
        return "no zone has records of that type";
    if (!numbers_fit(line, rr) || ldns_rr_ttl(rr) > INT32_MAX)
        return "a number does not fit its field (a TTL is 2147483647 at most: RFC 2181 8)";
    return section == LDNS_SECTION_ANSWER ? at_odds(s, rr) : NULL;
}

static int add_record(struct host *h, const struct value *v, ldns_pkt_section section,
                      struct why *why)
{
    struct dns_resolver *s = resolver_of(h);
    ldns_rr *rr = NULL;
    uint8_t *wire = NULL;
    size_t len = 0;
    if (v->kind != VALUE_BYTES || s->records == DNS_RECORDS) {
        why_set(
            why,
            "a zone is strings, at most %d records in all: zone \"www.example.test A 10.0.2.80\"",
            DNS_RECORDS);
        return -1;
    }
    ldns_status got = ldns_rr_new_frm_str(&rr, (const char *)v->bytes, DEFAULT_TTL_S, NULL, NULL);
    const char *bad =
        got == LDNS_STATUS_OK ? bad_record(s, rr, (const char *)v->bytes, section) : NULL;
    if (got == LDNS_STATUS_OK)
        got = ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &len);
    ldns_rr_free(rr);
    if (got != LDNS_STATUS_OK || bad) {
        why_set(why, "\"%s\": %s", (const char *)v->bytes,
                bad ? bad : ldns_get_errorstr_by_id(got));
        LDNS_FREE(wire);
        return -1;
    }
    uint8_t *copy = host_alloc(h, len);
    memcpy(copy, wire, len);
    LDNS_FREE(wire);
    s->record[s->records++] = (struct dns_record){copy, (uint32_t)len, section};
    return 0;
}

static int add_records(struct host *h, const struct attrs *a, const char *name,
                       ldns_pkt_section section, struct why *why)
{
    const struct attribute *found;
    for (uint32_t k = 0; (found = attr_find(a, name, k)) != NULL; k++) {
        const struct value *v = &found->value;
        bool list = v->kind == VALUE_LIST;
        for (uint32_t i = 0; i < (list ? v->items : 1); i++)
            if (add_record(h, list ? &v->item[i] : v, section, why) != 0)
                return attr_blame(a, found);
    }
    return 0;
}

/* The strings behind the name are one after the other: 10 octets of header and whatever follows the
 * question. */
static int add_raw(struct host *h, const struct value *v, uint32_t count, struct why *why)
{
    struct dns_resolver *s = resolver_of(h);
    uint32_t len = 0;
    for (uint32_t i = 0; i < count; i++)
        len += v[i].kind == VALUE_BYTES && i > 0 ? v[i].len : 0;
    if (count < 2 || v[0].kind != VALUE_BYTES || len < RAW_HEADER || len > PEER_ANSWER_ROOM / 2 ||
        s->raws == DNS_RAWS) {
        why_set(why,
                "raw wants a name and strings of at least %d octets, at most %d times: "
                "raw \"www.example.test\" \"\\x81\\x80\\0\\1\\0\\1\\0\\0\\0\\0\" \"\\xc0\\x0c\"",
                RAW_HEADER, DNS_RAWS);
        return -1;
    }
    uint8_t *bytes = host_alloc(h, len), *p = bytes;
    for (uint32_t i = 1; i < count; i++) {
        memcpy(p, v[i].bytes, v[i].len);
        p += v[i].len;
    }
    const char *name = world_text(h->world, (const char *)v[0].bytes);
    s->raw[s->raws++] = (struct dns_raw){name, bytes, bytes + RAW_HEADER, len - RAW_HEADER};
    return 0;
}

static int add_raws(struct host *h, const struct attrs *a, struct why *why)
{
    const struct attribute *found;
    for (uint32_t k = 0; (found = attr_find(a, "raw", k)) != NULL; k++) {
        bool list = found->value.kind == VALUE_LIST;
        if (add_raw(h, found->value.item, list ? found->value.items : 0, why) != 0)
            return attr_blame(a, found);
    }
    return 0;
}

static int dns_init(struct host *h, const struct attrs *a, struct why *why)
{
    struct dns_resolver *s = resolver_of(h);
    struct peer_lies lies = lies_of(s);
    s->last_violation = "";
    return peer_ip_init(&s->ip, h, a, why) != 0 ||
                   add_records(h, a, "zone", LDNS_SECTION_ANSWER, why) != 0 ||
                   add_records(h, a, "authority", LDNS_SECTION_AUTHORITY, why) != 0 ||
                   add_records(h, a, "additional", LDNS_SECTION_ADDITIONAL, why) != 0 ||
                   add_raws(h, a, why) != 0 || peer_lies_init(&lies, a, why) != 0
               ? -1
               : 0;
}

/* --- answers --- */

/* What the zone has for a name: records of the type go into the answer; else its CNAME does, and
 * *next is where that leads. */
static bool look_up(const struct dns_resolver *s, ldns_pkt *answer, const ldns_rdf *name,
                    ldns_rr_type type, ldns_rdf **next)
{
    bool exists = false, pushed = false;
    for (uint32_t k = 0; k < s->records; k++) {
        ldns_rr *rr = s->record[k].section == LDNS_SECTION_ANSWER ? record(&s->record[k]) : NULL;
        bool same = rr && ldns_dname_compare(ldns_rr_owner(rr), name) == 0;
        bool cname =
            same && ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME && type != LDNS_RR_TYPE_CNAME;
        exists = exists || same;
        if (same && (ldns_rr_get_type(rr) == type || type == LDNS_RR_TYPE_ANY ||
                     (cname && !pushed && !*next))) {
            if (cname)
                *next = ldns_rdf_clone(ldns_rr_rdf(rr, 0));
            pushed = true;
            ldns_pkt_push_rr(answer, LDNS_SECTION_ANSWER, rr);
        } else {
            ldns_rr_free(rr);
        }
    }
    return exists;
}

/* RFC 2308 2: a negative answer carries the SOA of the zone. */
static void push_soa(const struct dns_resolver *s, ldns_pkt *answer, const ldns_rdf *name)
{
    for (uint32_t k = 0; k < s->records; k++) {
        ldns_rr *rr = s->record[k].section == LDNS_SECTION_ANSWER ? record(&s->record[k]) : NULL;
        bool fits = rr && ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA &&
                    (ldns_dname_compare(ldns_rr_owner(rr), name) == 0 ||
                     ldns_dname_is_subdomain(name, ldns_rr_owner(rr)));
        if (fits) {
            ldns_pkt_push_rr(answer, LDNS_SECTION_AUTHORITY, rr);
            return;
        }
        ldns_rr_free(rr);
    }
}

/* RFC 1034 4.3.2: an alias is followed; NXDOMAIN speaks of the last name. */
static void answer_question(const struct dns_resolver *s, ldns_pkt *answer, const ldns_rr *question)
{
    ldns_rdf *name = ldns_rdf_clone(ldns_rr_owner(question));
    ldns_rr_type type = ldns_rr_get_type(question);
    bool exists = false, data = false;
    for (int hop = 0; name && hop < CHAIN; hop++) {
        ldns_rdf *next = NULL;
        uint16_t before = ldns_pkt_ancount(answer);
        exists = look_up(s, answer, name, type, &next);
        data = ldns_pkt_ancount(answer) > before && !next;
        if (!next)
            break;
        ldns_rdf_deep_free(name);
        name = next;
    }
    if (!exists)
        ldns_pkt_set_rcode(answer, LDNS_RCODE_NXDOMAIN);
    if (!data)
        push_soa(s, answer, name);
    ldns_rdf_deep_free(name);
}

static void push_always(const struct dns_resolver *s, ldns_pkt *answer)
{
    for (uint32_t k = 0; k < s->records; k++)
        if (s->record[k].section != LDNS_SECTION_ANSWER) {
            ldns_rr *rr = record(&s->record[k]);
            if (rr)
                ldns_pkt_push_rr(answer, s->record[k].section, rr);
        }
}

static void write_answer(struct dns_resolver *s, const ldns_pkt *query, const ldns_rr *question)
{
    struct peer_answer *a = &s->reply.answer;
    ldns_pkt *answer = ldns_pkt_new();
    uint8_t *wire = NULL;
    size_t len = 0, most = ldns_pkt_edns(query) && ldns_pkt_edns_udp_size(query) > PLAIN_SIZE
                               ? ldns_pkt_edns_udp_size(query)
                               : PLAIN_SIZE;
    ldns_pkt_set_id(answer, ldns_pkt_id(query));
    ldns_pkt_set_qr(answer, true);
    ldns_pkt_set_rd(answer, ldns_pkt_rd(query));
    ldns_pkt_set_ra(answer, true);
    ldns_pkt_push_rr(answer, LDNS_SECTION_QUESTION, ldns_rr_clone(question));
    answer_question(s, answer, question);
    push_always(s, answer);
    if (ldns_pkt_edns(query))
        ldns_pkt_set_edns_udp_size(answer, PEER_ANSWER_ROOM);
    if (ldns_pkt2wire(&wire, answer, &len) == LDNS_STATUS_OK && len <= PEER_ANSWER_ROOM) {
        memcpy(a->bytes, wire, len);
        a->len = (uint32_t)len;
    }
    if (len > most) { /* RFC 1035 4.1.1: cut to what fits, here to nothing, and TC says so */
        a->bytes[AT_FLAGS] |= 2;
        memset(a->bytes + AT_ANSWERS, 0, 6);
        a->len = s->reply.question_end;
    }
    LDNS_FREE(wire);
    ldns_pkt_free(answer);
}

static void write_raw(struct dns_resolver *s, const struct dns_raw *raw, const uint8_t *query)
{
    struct peer_answer *a = &s->reply.answer;
    memcpy(a->bytes, query, s->reply.question_end);
    memcpy(a->bytes + AT_FLAGS, raw->header, RAW_HEADER);
    memcpy(a->bytes + s->reply.question_end, raw->rest, raw->rest_len);
    a->len = s->reply.question_end + raw->rest_len;
}

static const struct dns_raw *raw_for(const struct dns_resolver *s)
{
    for (uint32_t k = s->raws; k-- > 0;)
        if (strcasecmp(s->raw[k].name, s->last_name) == 0)
            return &s->raw[k];
    return NULL;
}

/* --- queries --- */

static enum dns_kind kind_of(uint16_t type)
{
    switch (type) {
    case LDNS_RR_TYPE_A:
        return DNS_KIND_A;
    case LDNS_RR_TYPE_AAAA:
        return DNS_KIND_AAAA;
    case LDNS_RR_TYPE_PTR:
        return DNS_KIND_PTR;
    case LDNS_RR_TYPE_CNAME:
        return DNS_KIND_CNAME;
    case LDNS_RR_TYPE_MX:
        return DNS_KIND_MX;
    case LDNS_RR_TYPE_TXT:
        return DNS_KIND_TXT;
    default:
        return DNS_OTHER;
    }
}

static void remember(struct dns_resolver *s, const struct peer_packet *p, const ldns_pkt *query,
                     const ldns_rr *question)
{
    char *text = ldns_rdf2str(ldns_rr_owner(question));
    s->id[s->queries % DNS_LOG] = s->last_id = ldns_pkt_id(query);
    s->port[s->queries % DNS_LOG] = s->last_port = p->sport;
    s->queries++;
    s->last_type = (uint16_t)ldns_rr_get_type(question);
    s->last_flags = peer_get16(p->payload + AT_FLAGS);
    snprintf(s->last_name, sizeof s->last_name, "%s", text ? text : "");
    size_t len = strlen(s->last_name);
    if (len > 1 && s->last_name[len - 1] == '.')
        s->last_name[len - 1] = '\0';
    LDNS_FREE(text);
}

static void answer_query(struct host *h, const struct peer_packet *p, const ldns_pkt *query,
                         const ldns_rr *question)
{
    struct dns_resolver *s = resolver_of(h);
    struct peer_lies lies = lies_of(s);
    const struct dns_raw *raw = raw_for(s);
    unsigned kind = kind_of(s->last_type);
    s->reply.question_end = DNS_HEADER + (uint32_t)ldns_rdf_size(ldns_rr_owner(question)) + 4;
    if (raw && s->reply.question_end <= p->len)
        write_raw(s, raw, p->payload);
    else
        write_answer(s, query, question);
    peer_lies_spoil(&lies, kind, &s->reply);
    s->replies++;
    peer_answer_send(&s->ip, &s->reply.answer);
}

static void violation(struct dns_resolver *s, const char *what)
{
    s->violations++;
    s->last_violation = what;
}

/* Only id and opcode come back; RFC 1035 4.1.1. */
static void refuse(struct dns_resolver *s, const struct peer_packet *p, uint8_t rcode)
{
    struct peer_answer *a = &s->reply.answer;
    s->bad++;
    violation(s, rcode == LDNS_RCODE_NOTIMPL
                     ? "a query of another opcode than QUERY"
                     : "a query that does not parse, or not with one question");
    memcpy(a->bytes, p->payload, 2);
    a->bytes[AT_FLAGS] = (uint8_t)(0x80 | (p->payload[AT_FLAGS] & 0x79));
    a->bytes[AT_RCODE] = rcode;
    a->len = DNS_HEADER;
    peer_answer_send(&s->ip, a);
}

/* What RFC 1035 4.1.1 and 4.1.2 say of a query; whoever breaks it is answered all the same. */
static void judge_query(struct dns_resolver *s, const struct peer_packet *p, const ldns_pkt *query)
{
    enum { AA = 0x0400, TC = 0x0200, RA = 0x0080, Z = 0x0040, RCODE = 0x000f };
    uint16_t flags = peer_get16(p->payload + AT_FLAGS);
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
    if (flags & Z)
        violation(s, "a query with Z set");
    if (flags & (AA | TC | RA | RCODE))
        violation(s, "a query with AA, TC, RA or RCODE, which are an answer's");
    if (ldns_pkt_ancount(query) || ldns_pkt_nscount(query))
        violation(s, "a query with records in its answer or authority section");
    if (ldns_rr_get_class(question) != LDNS_RR_CLASS_IN)
        violation(s, "a query of another class than IN");
}

static void receive(struct host *h, const struct peer_packet *p, const ldns_pkt *query)
{
    struct dns_resolver *s = resolver_of(h);
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
    remember(s, p, query, question);
    unsigned kind = kind_of(s->last_type);
    if (peer_lie_now(&s->lie[LIE_SILENT], kind))
        return;
    if (peer_lie_now(&s->lie[LIE_UNREACHABLE], kind))
        peer_send_unreachable(
            &s->ip, p, s->lie[LIE_UNREACHABLE].given ? (uint8_t)s->lie[LIE_UNREACHABLE].number : 3);
    else
        answer_query(h, p, query, question);
}

static void dns_frame(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    struct dns_resolver *s = resolver_of(h);
    struct peer_packet p;
    ldns_pkt *query = NULL;
    (void)now_ns;
    if (peer_ip_frame(&s->ip, port, f, &p) != PEER_UDP || p.dport != DNS_PORT)
        return;
    if (p.len < DNS_HEADER || p.payload[AT_FLAGS] & 0x80) {
        violation(s, "no query: too short, or QR is set");
        return;
    }
    peer_answer_to(&s->reply.answer, &p);
    bool sound = ldns_wire2pkt(&query, p.payload, p.len) == LDNS_STATUS_OK;
    if (!sound || ldns_pkt_qdcount(query) != 1)
        refuse(s, &p, LDNS_RCODE_FORMERR);
    else if (ldns_pkt_get_opcode(query) != LDNS_PACKET_QUERY)
        refuse(s, &p, LDNS_RCODE_NOTIMPL);
    else {
        judge_query(s, &p, query);
        receive(h, &p, query);
    }
    if (sound)
        ldns_pkt_free(query);
}

static void dns_due(struct host *h, int64_t now_ns)
{
    peer_ip_due(&resolver_of(h)->ip, now_ns);
}

/* --- what a script can ask and tell --- */

/* How many different values there are among the last queries. */
static int64_t distinct(const struct dns_resolver *s, const uint16_t *value)
{
    uint32_t count = s->queries < DNS_LOG ? (uint32_t)s->queries : DNS_LOG;
    int64_t different = 0;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t j = 0;
        while (j < k && value[j] != value[k])
            j++;
        different += j == k;
    }
    return different;
}

static int dns_query(struct host *h, const char *what, struct value *out)
{
    const struct dns_resolver *s = resolver_of(h);
    const struct host_number known[] = {
        {"queries", (int64_t)s->queries},
        {"replies", (int64_t)s->replies},
        {"bad", (int64_t)s->bad},
        {"violations", (int64_t)s->violations},
        {"last-id", s->last_id},
        {"last-port", s->last_port},
        {"last-type", s->last_type},
        {"last-flags", s->last_flags},
        {"last-rd", s->last_flags >> 8 & 1},
        {"distinct-ids", distinct(s, s->id)},
        {"distinct-ports", distinct(s, s->port)},
        {NULL, 0},
    };
    const char *text = strcmp(what, "last-name") == 0        ? s->last_name
                       : strcmp(what, "last-violation") == 0 ? s->last_violation
                                                             : NULL;
    if (text) {
        *out = (struct value){
            .kind = VALUE_BYTES, .bytes = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
        return 0;
    }
    return host_answer(known, what, out);
}

/* drop("www.example.test"): all its records and raw answers are gone. */
static int call_drop(struct dns_resolver *s, const struct value *v, uint32_t count, struct why *why)
{
    ldns_rdf *name = count == 1 && v->kind == VALUE_BYTES
                         ? ldns_dname_new_frm_str((const char *)v->bytes)
                         : NULL;
    uint32_t kept = 0;
    if (!name) {
        why_set(why, "drop(\"www.example.test\")");
        return -1;
    }
    for (uint32_t k = 0; k < s->records; k++) {
        ldns_rr *rr = record(&s->record[k]);
        if (!rr || ldns_dname_compare(ldns_rr_owner(rr), name) != 0)
            s->record[kept++] = s->record[k];
        ldns_rr_free(rr);
    }
    s->records = kept;
    for (uint32_t k = kept = 0; k < s->raws; k++)
        if (strcasecmp(s->raw[k].name, (const char *)v->bytes) != 0)
            s->raw[kept++] = s->raw[k];
    s->raws = kept;
    ldns_rdf_deep_free(name);
    return 0;
}

static int dns_call(struct host *h, const char *name, const struct value *argument,
                    uint32_t arguments, struct why *why)
{
    struct dns_resolver *s = resolver_of(h);
    struct peer_lies lies = lies_of(s);
    if (strcmp(name, "zone") == 0 && arguments == 1)
        return add_record(h, argument, LDNS_SECTION_ANSWER, why);
    if (strcmp(name, "drop") == 0)
        return call_drop(s, argument, arguments, why);
    if (strcmp(name, "raw") == 0)
        return add_raw(h, argument, arguments, why);
    if (strcmp(name, "again") == 0 && arguments == 0 && s->replies) {
        s->reply.answer.delay_ns = 0;
        s->reply.answer.copies = 0;
        peer_answer_send(&s->ip, &s->reply.answer);
        return 0;
    }
    return peer_lies_call(&lies, name, argument, arguments, why) == 1 ? 0 : -1;
}

const struct host_kind dns_resolver_kind = {
    .name = "dns-resolver",
    .help = "answers from the script's zone lines (RFC 1034, 1035), and lies when told to",
    .state_size = sizeof(struct dns_resolver),
    .attrs = dns_attrs,
    .init = dns_init,
    .frame = dns_frame,
    .due = dns_due,
    .query = dns_query,
    .call = dns_call,
};
