/*
 * Any bytes as a DNS message: every question, record and RDATA read; names are the same after emit
 * and parse, and through text; dns_check agrees with the reading one by one.
 */
#include "fuzz/wire_fuzz.h"
#include "stack/wire/dns.h"

static void check_name(const struct dns_name *name)
{
    struct dns_name again;
    uint8_t message[DNS_HDR_LEN + DNS_MAX_NAME] = {0};
    char text[DNS_MAX_TEXT];
    size_t at = DNS_HDR_LEN, room = sizeof message - DNS_HDR_LEN;
    CHECK(name->len >= 1 && name->len <= DNS_MAX_NAME && name->wire[name->len - 1] == 0);
    CHECK(dns_name_emit(name, message + DNS_HDR_LEN, room) == name->len);
    CHECK(dns_name_parse(message, DNS_HDR_LEN + name->len, &at, &again) == DNS_SOUND);
    CHECK(at == DNS_HDR_LEN + (size_t)name->len && again.len == name->len);
    CHECK(memcmp(again.wire, name->wire, name->len) == 0);
    CHECK(dns_name_to_text(name, text, sizeof text) > 0);
    CHECK(dns_name_from_text(text, &again) == DNS_SOUND);
    CHECK(again.len == name->len && memcmp(again.wire, name->wire, name->len) == 0);
    CHECK(dns_name_equal(name, &again));
}

/* The reader of each type takes what dns_rr_parse took, and refuses the other types. */
static void check_rdata(const uint8_t *data, size_t size, const struct dns_rr *rr)
{
    uint32_t addr4;
    uint8_t addr6[16], text_len;
    uint16_t preference;
    struct dns_name name;
    struct dns_soa soa;
    const uint8_t *text;
    bool in = rr->class == DNS_CLASS_IN;
    bool a = dns_rr_a(data, size, rr, &addr4) == DNS_SOUND;
    bool aaaa = dns_rr_aaaa(data, size, rr, addr6) == DNS_SOUND;
    CHECK(!in || a == (rr->type == DNS_TYPE_A));
    CHECK(!in || aaaa == (rr->type == DNS_TYPE_AAAA));
    bool is_name =
        rr->type == DNS_TYPE_NS || rr->type == DNS_TYPE_CNAME || rr->type == DNS_TYPE_PTR;
    CHECK((dns_rr_name(data, size, rr, &name) == DNS_SOUND) == is_name);
    if (is_name)
        check_name(&name);
    CHECK((dns_rr_mx(data, size, rr, &preference, &name) == DNS_SOUND) ==
          (rr->type == DNS_TYPE_MX));
    CHECK((dns_rr_soa(data, size, rr, &soa) == DNS_SOUND) == (rr->type == DNS_TYPE_SOA));
    size_t at = rr->rdata;
    enum dns_fault fault;
    while ((fault = dns_rr_txt(data, size, rr, &at, &text, &text_len)) == DNS_SOUND && text)
        CHECK(text + text_len <= data + rr->rdata + rr->rdlength);
    CHECK((fault == DNS_SOUND) == (rr->type == DNS_TYPE_TXT));
}

/* True when all that the header counts is there. */
static bool read_all(const uint8_t *data, size_t size)
{
    struct dns_hdr h;
    struct dns_question q;
    struct dns_rr rr;
    uint8_t buf[DNS_HDR_LEN];
    size_t at = DNS_HDR_LEN, before;
    if (!SOUND(dns, DNS_FAULTS, dns_parse(data, size, &h)))
        return false;
    CHECK(dns_emit(&h, buf, sizeof buf) == DNS_HDR_LEN && memcmp(buf, data, DNS_HDR_LEN) == 0);
    for (unsigned i = 0; i < h.qdcount; i++) {
        before = at;
        if (!SOUND(dns, DNS_FAULTS, dns_question_parse(data, size, &at, &q)))
            return false;
        CHECK(at > before && at <= size);
        check_name(&q.name);
    }
    for (unsigned i = 0; i < (unsigned)h.ancount + h.nscount + h.arcount; i++) {
        before = at;
        if (!SOUND(dns, DNS_FAULTS, dns_rr_parse(data, size, &at, &rr)))
            return false;
        CHECK(at > before && at <= size);
        check_name(&rr.name);
        check_rdata(data, size, &rr);
    }
    return true;
}

/* The input as text, which a user may type. */
static void read_text(const uint8_t *data, size_t size)
{
    char text[1100];
    struct dns_name name;
    size_t len = size < sizeof text - 1 ? size : sizeof text - 1;
    memcpy(text, data, len);
    text[len] = '\0';
    if (SOUND(dns, DNS_FAULTS, dns_name_from_text(text, &name)))
        check_name(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool ok = SOUND(dns, DNS_FAULTS, dns_check(data, size));
    CHECK(ok == read_all(data, size));
    read_text(data, size);
    return 0;
}
