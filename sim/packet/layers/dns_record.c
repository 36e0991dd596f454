#include "sim/packet/layers/dns_record.h"

#include <string.h>
#include "sim/packet/layers/dns_name.h"

enum {
    A = 1,
    NS = 2,
    CNAME = 5,
    SOA = 6,
    PTR = 12,
    MX = 15,
    TXT = 16,
    AAAA = 28,
    SRV = 33,
    DNAME = 39,
    OPT = 41
};

static const struct symbol types[] = {
    {"A", A, -1},      {"NS", NS, -1},       {"CNAME", CNAME, -1},
    {"SOA", SOA, -1},  {"PTR", PTR, -1},     {"HINFO", 13, -1},
    {"MX", MX, -1},    {"TXT", TXT, -1},     {"AAAA", AAAA, -1},
    {"SRV", SRV, -1},  {"DNAME", DNAME, -1}, {"OPT", OPT, -1},
    {"AXFR", 252, -1}, {"ANY", 255, -1},     {0},
};

static const struct symbol classes[] = {{"IN", 1, -1}, {"CH", 3, -1}, {"HS", 4, -1}, {0}};

const struct field dns_field_name = {.name = "name", .type = FIELD_TEXT};
const struct field dns_field_type = {
    .name = "type", .type = FIELD_UINT, .bits = 16, .symbol = types};
const struct field dns_field_class = {
    .name = "class", .type = FIELD_UINT, .bits = 16, .symbol = classes};
const struct field dns_field_ttl = {
    .name = "ttl", .type = FIELD_UINT, .bits = 32, .flags = FIELD_SECONDS};

static const struct field part_ipv4 = {.name = "address", .type = FIELD_IPV4, .bits = 32};
static const struct field part_ipv6 = {.name = "address", .type = FIELD_IPV6, .bits = 128};
static const struct field part_16 = {.name = "number", .type = FIELD_UINT, .bits = 16};
static const struct field part_32 = {
    .name = "number", .type = FIELD_UINT, .bits = 32, .flags = FIELD_SECONDS};
static const struct field part_octets = {.name = "data", .type = FIELD_BYTES};

/* RFC 1035, section 3.3; RFC 3596, section 2.2; RFC 2782. Text records are octets: their strings
 * carry lengths. */
static const struct {
    uint32_t type;
    const struct field *part[7];
} layouts[] = {
    {A, {&part_ipv4}},
    {AAAA, {&part_ipv6}},
    {NS, {&dns_field_name}},
    {CNAME, {&dns_field_name}},
    {PTR, {&dns_field_name}},
    {DNAME, {&dns_field_name}},
    {MX, {&part_16, &dns_field_name}},
    {SOA, {&dns_field_name, &dns_field_name, &part_32, &part_32, &part_32, &part_32, &part_32}},
    {SRV, {&part_16, &part_16, &part_16, &dns_field_name}},
};

const struct field *dns_data_field(uint32_t type, uint32_t k)
{
    for (size_t i = 0; i < COUNT(layouts); i++)
        if (layouts[i].type == type)
            return k < COUNT(layouts[i].part) ? layouts[i].part[k] : NULL;
    return k == 0 ? &part_octets : NULL;
}

bool dns_marks_octets(uint32_t type)
{
    return type == TXT || dns_data_field(type, 0) != &part_octets;
}

/* Values that are octets where the type would have parts are written and printed as octets. */
const struct field *dns_value_field(const struct match *m, uint32_t k, bool question)
{
    static const struct field *const heads[] = {&dns_field_name, &dns_field_type, &dns_field_class,
                                                &dns_field_ttl};
    if (k < RECORD_DATA)
        return heads[k];
    if (question)
        return NULL;
    const struct field *f = dns_data_field((uint32_t)m[RECORD_TYPE].value.number, k - RECORD_DATA);
    bool octets = k == RECORD_DATA && dns_is_raw(&m[k]);
    return octets ? &part_octets : f;
}

bool dns_is_raw(const struct match *name)
{
    return name->kind == MATCH_VALUE && name->name;
}

static bool read_name(const struct shape *s, int i, uint32_t *at, uint32_t end, struct pool *pool,
                      struct value *out, bool *compressed)
{
    const struct view *v = &s->view[i];
    char text[DNS_NAME_TEXT];
    uint32_t p = *at - v->at;
    int len = dns_name_text(s->bytes + v->at, end - v->at, &p, text, compressed);
    if (len < 0)
        return false;
    *at = v->at + p;
    *out = (struct value){.kind = VALUE_BYTES,
                          .bytes = (const uint8_t *)pool_text(pool, text, (size_t)len),
                          .len = (uint32_t)len};
    return true;
}

static bool read_part(const struct shape *s, int i, const struct field *f, uint32_t *at,
                      uint32_t end, struct pool *pool, struct match *out, bool *compressed)
{
    out->kind = MATCH_VALUE;
    if (f == &dns_field_name)
        return read_name(s, i, at, end, pool, &out->value, compressed);
    uint32_t len = f->bits ? f->bits / 8 : end - *at;
    if (end - *at < len)
        return false;
    bool ok = field_value(f, s->bytes + *at, len, &out->value);
    *at += len;
    return ok;
}

/* Parts by the type's table; octets when they do not fit it. Returns the number of values. */
static uint32_t read_data(const struct shape *s, int i, uint32_t at, uint32_t end,
                          struct pool *pool, struct match *out, bool *compressed)
{
    uint32_t type = (uint32_t)out[RECORD_TYPE].value.number, k = 0, p = at;
    const struct field *f;
    while ((f = dns_data_field(type, k)) &&
           read_part(s, i, f, &p, end, pool, &out[RECORD_DATA + k], compressed))
        k++;
    if (!f && p == end) {
        out[RECORD_DATA].name = type == TXT ? "hex" : NULL;
        return RECORD_DATA + k;
    }
    if (at == end) /* no octets where parts belong: a line has no word for it */
        return 0;
    memset(out + RECORD_DATA, 0, (RECORD_VALUES - RECORD_DATA) * sizeof *out);
    out[RECORD_DATA].name = "hex";
    out[RECORD_DATA].value =
        (struct value){.kind = VALUE_BYTES, .bytes = s->bytes + at, .len = end - at};
    return RECORD_DATA + 1;
}

uint32_t dns_read(const struct shape *s, int i, uint32_t *at, bool question, struct pool *pool,
                  struct match *out, bool *compressed)
{
    uint32_t end = s->view[i].end;
    memset(out, 0, RECORD_VALUES * sizeof *out);
    if (!read_part(s, i, &dns_field_name, at, end, pool, &out[RECORD_NAME], compressed) ||
        !read_part(s, i, &dns_field_type, at, end, pool, &out[RECORD_TYPE], compressed) ||
        !read_part(s, i, &dns_field_class, at, end, pool, &out[RECORD_CLASS], compressed))
        return 0;
    if (question)
        return RECORD_CLASS + 1;
    if (!read_part(s, i, &dns_field_ttl, at, end, pool, &out[RECORD_TTL], compressed) ||
        end - *at < 2)
        return 0;
    uint32_t len = get16(s->bytes + *at);
    *at += 2;
    if (len > end - *at)
        return 0;
    *at += len;
    return read_data(s, i, *at - len, *at, pool, out, compressed);
}
