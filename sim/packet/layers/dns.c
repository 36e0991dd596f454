/* DNS over UDP (RFC 1035, section 4). */
#include <string.h>
#include "sim/packet/layers/dns_name.h"
#include "sim/packet/layers/dns_record.h"

enum { DNS_HEADER = 12, SECTIONS = 4, DNS_PORT = 53, NAMES = 64 };

static const char *const sections[SECTIONS] = {"question", "answer", "authority", "additional"};
static const char *const counts[SECTIONS] = {"qdcount", "ancount", "nscount", "arcount"};

static const struct field *named(const char *name)
{
    return field_named(&layer_dns, name);
}

static int section_of(const struct field *f)
{
    for (int k = 0; k < SECTIONS; k++)
        if (!strcmp(f->name, sections[k]))
            return k;
    return -1;
}

static bool is_response(const struct shape *s, int i)
{
    return shape_number(s, i, "qr");
}

static int asked(const struct builder *b, int i)
{
    return is_response(&b->shape, i) ? build_answered(b, &layer_dns) : -1;
}

static bool dns_id(struct builder *b, int i, struct value *out)
{
    int a = asked(b, i);
    *out = (struct value){.kind = VALUE_NUMBER,
                          .number = a < 0 ? 0 : (int64_t)shape_number(&b->answered, a, "id")};
    return true;
}

static bool dns_port(const struct shape *s, int i, bool source, uint32_t *port)
{
    if (is_response(s, i) != source)
        return false;
    *port = DNS_PORT;
    return true;
}

static bool dns_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                     const char **problem)
{
    (void)s, (void)next;
    if (limit - v->at < DNS_HEADER) {
        *problem = "dns: shorter than its header of 12 octets";
        return false;
    }
    v->body = v->end = limit;
    return true;
}

/* Lines. */

static int parse_name(struct compiler *c, struct match *m)
{
    const struct word *w = peek(c, 0);
    if (word_is(w, "hex") && peek(c, 1)->kind == WORD_HEX) {
        m->name = "hex";
        m->value =
            (struct value){.kind = VALUE_BYTES, .bytes = peek(c, 1)->bytes, .len = peek(c, 1)->len};
        c->at += 2;
        return 0;
    }
    if (take(c, ".")) {
        m->value = (struct value){.kind = VALUE_BYTES, .bytes = (const uint8_t *)""};
        return 0;
    }
    if (w->kind == WORD_IPV4) /* a name of four numbers */
        m->value = (struct value){.kind = VALUE_BYTES,
                                  .bytes = (const uint8_t *)w->text,
                                  .len = (uint32_t)strlen(w->text)};
    else if (compile_match(c, &dns_field_name, m) < 0)
        return -1;
    c->at += w->kind == WORD_IPV4;
    uint8_t octets[DNS_NAME_OCTETS];
    uint32_t len = m->value.len;
    if (m->kind == MATCH_VALUE && len && m->value.bytes[len - 1] == '.')
        m->value.len--;
    if (m->kind == MATCH_VALUE && dns_name_octets(m->value.bytes, m->value.len, octets) < 0)
        return wrong(c, w, "%s is no domain name: labels of 1 to 63 octets, 255 in all", w->text);
    return 0;
}

static int parse_type(struct compiler *c, struct match *m)
{
    m[RECORD_CLASS].value = (struct value){.kind = VALUE_NUMBER, .number = 1};
    if (take(c, "class") && compile_match(c, &dns_field_class, &m[RECORD_CLASS]) < 0)
        return -1;
    return compile_match(c, &dns_field_type, &m[RECORD_TYPE]);
}

static int parse_data(struct compiler *c, struct match *m, uint32_t *n)
{
    uint32_t type = (uint32_t)m[RECORD_TYPE].value.number;
    const struct field *f;
    if (m[RECORD_TYPE].kind != MATCH_VALUE)
        return 0;
    if (word_is(peek(c, 0), "hex")) {
        m[RECORD_DATA].name = dns_marks_octets(type) ? "hex" : NULL;
        *n += 1;
        return compile_match(c, dns_data_field(0xffff, 0), &m[RECORD_DATA]);
    }
    if (type == 16 && peek(c, 0)->kind == WORD_STRING) {
        const struct word *w = peek(c, 0);
        if (w->len > 255)
            return wrong(c, w, "a TXT record's string has at most 255 octets");
        uint8_t *text = pool_alloc(c->pool, w->len + 1);
        text[0] = (uint8_t)w->len;
        if (w->len)
            memcpy(text + 1, w->bytes, w->len);
        m[RECORD_DATA].name = "hex";
        m[RECORD_DATA].value =
            (struct value){.kind = VALUE_BYTES, .bytes = text, .len = w->len + 1};
        c->at++;
        *n += 1;
        return 0;
    }
    for (uint32_t k = 0; (f = dns_data_field(type, k)); k++, *n += 1)
        if ((f == &dns_field_name ? parse_name(c, &m[RECORD_DATA + k])
                                  : compile_match(c, f, &m[RECORD_DATA + k])) < 0)
            return -1;
    return 0;
}

static int parse_record(struct compiler *c, int section)
{
    struct match *m = pool_alloc(c->pool, RECORD_VALUES * sizeof *m);
    const struct word *start = peek(c, 0);
    bool octets = word_is(start, "hex") && peek(c, 1)->kind == WORD_HEX;
    const struct word *behind = peek(c, 2);
    bool typed = behind->kind == WORD_NAME &&
                 (word_is(behind, "class") || symbol_worded(&dns_field_type, behind->text, -1));
    if (parse_name(c, m) < 0)
        return -1;
    if (octets && !typed && behind->kind != WORD_NUMBER)
        return clause_add(c, named(sections[section]), m, 1) ? 1 : -1;
    if (parse_type(c, m) < 0)
        return -1;
    uint32_t n = RECORD_CLASS + 1;
    if (section) {
        n = RECORD_DATA;
        if (compile_match(c, &dns_field_ttl, &m[RECORD_TTL]) < 0 || parse_data(c, m, &n) < 0)
            return -1;
    }
    return clause_add(c, named(sections[section]), m, n) ? 1 : -1;
}

/* "www.example.com/A" is a question; "answer NAME TYPE TTL DATA" and its like are records. */
static int dns_parse(struct compiler *c)
{
    const struct word *w = peek(c, 0);
    if (word_is(peek(c, 1), "/")) {
        struct match *m = pool_alloc(c->pool, RECORD_VALUES * sizeof *m);
        if (parse_name(c, m) < 0 || !take(c, "/") || parse_type(c, m) < 0)
            return -1;
        return clause_add(c, named("question"), m, RECORD_CLASS + 1) ? 1 : -1;
    }
    for (int k = 0; k < SECTIONS; k++)
        if (word_is(w, sections[k])) {
            c->at++;
            return parse_record(c, k);
        }
    return 0;
}

static void print_name(struct printer *p, const struct match *m)
{
    if (m->kind != MATCH_VALUE)
        print_match(p, &dns_field_name, m, -1);
    else if (dns_is_raw(m)) {
        print(p, m->value.len ? "hex " : "hex");
        for (uint32_t k = 0; k < m->value.len; k++)
            print(p, "%02x", m->value.bytes[k]);
    } else
        print_quoted(p, m->value.bytes, m->value.len);
}

/* "NAME/TYPE": not for octets, which would take more of the line, nor for a variable, which would
 * be a flag's value; and what begins a comment is none either. */
static bool is_short(const struct match *m, uint32_t values)
{
    return values > 1 && m->kind == MATCH_VALUE && !dns_is_raw(m) &&
           m[RECORD_TYPE].kind != MATCH_ANY;
}

static void print_record(struct printer *p, const struct match *m, uint32_t n, bool slash)
{
    bool question = n <= RECORD_CLASS + 1;
    print_name(p, m);
    if (n == 1)
        return;
    print(p, slash ? "/" : " ");
    if (m[RECORD_CLASS].kind != MATCH_VALUE || m[RECORD_CLASS].value.number != 1) {
        print(p, "class ");
        print_match(p, &dns_field_class, &m[RECORD_CLASS], -1);
        print(p, " ");
    }
    print_match(p, &dns_field_type, &m[RECORD_TYPE], -1);
    for (uint32_t k = RECORD_TTL; k < n; k++) {
        const struct field *f = dns_value_field(m, k, question);
        print(p, " ");
        if (f == &dns_field_name || dns_is_raw(&m[k]))
            print_name(p, &m[k]);
        else if (f)
            print_match(p, f, &m[k], -1);
    }
}

static bool dns_print(struct printer *p, const struct layer_spec *l, const struct clause *cl)
{
    (void)l;
    int section = section_of(cl->field);
    if (section < 0)
        return false;
    bool slash = !section && is_short(cl->match, cl->matches);
    print(p, slash ? " " : " %s ", sections[section]);
    print_record(p, cl->match, cl->matches, slash);
    return true;
}

/* Frames. */

struct names {
    uint32_t at[NAMES];
    uint32_t count;
    bool plain;
};

/* RFC 1035, section 4.1.4: the rest of a name that stood there before is a pointer. */
static uint32_t earlier(const struct builder *b, int i, const struct names *names,
                        const uint8_t *suffix, uint32_t len)
{
    const struct view *v = &b->shape.view[i];
    for (uint32_t k = 0; k < names->count && !names->plain; k++) {
        char text[DNS_NAME_TEXT];
        uint8_t octets[DNS_NAME_OCTETS];
        bool compressed;
        uint32_t at = names->at[k];
        int n = dns_name_text(b->out + v->at, v->body - v->at, &at, text, &compressed);
        if (n >= 0 && dns_name_octets((const uint8_t *)text, (uint32_t)n, octets) == (int)len &&
            !memcmp(octets, suffix, len))
            return names->at[k];
    }
    return 0;
}

static bool emit_octets(struct builder *b, int i, const uint8_t *bytes, uint32_t len)
{
    uint8_t *at = build_append(b, i, len);
    if (at && len)
        memcpy(at, bytes, len);
    return at != NULL;
}

static bool emit_name(struct builder *b, int i, const struct match *m, struct names *names)
{
    struct value v;
    uint8_t octets[DNS_NAME_OCTETS];
    if (!build_resolve(b, i, &dns_field_name, m, &v))
        return false;
    if (dns_is_raw(m))
        return emit_octets(b, i, v.bytes, v.len);
    int len = dns_name_octets(v.bytes, v.len, octets);
    if (len < 0) {
        why_set(b->why, "dns: a value is no domain name");
        return false;
    }
    uint32_t start = b->shape.view[i].body - b->shape.view[i].at;
    uint32_t k = 0;
    while (octets[k]) {
        uint32_t pointer = earlier(b, i, names, octets + k, (uint32_t)len - k);
        if (pointer) {
            uint8_t *at = emit_octets(b, i, octets, k) ? build_append(b, i, 2) : NULL;
            if (at)
                put16(at, 0xc000 | pointer);
            return at != NULL;
        }
        if (names->count < NAMES && start + k < 0x4000)
            names->at[names->count++] = start + k;
        k += octets[k] + 1u;
    }
    return emit_octets(b, i, octets, (uint32_t)len);
}

static bool emit_value(struct builder *b, int i, const struct field *f, const struct match *m)
{
    struct value v;
    if (!f || !f->bits)
        return build_payload(b, i, dns_data_field(0xffff, 0), m);
    if (!build_resolve(b, i, f, m, &v))
        return false;
    uint8_t *at = build_append(b, i, f->bits / 8);
    return at && field_store(f, at, f->bits / 8, &v, b->why);
}

static bool emit_record(struct builder *b, int i, const struct clause *cl, bool question,
                        struct names *names)
{
    const struct match *m = cl->match;
    if (cl->matches == 1)
        return emit_octets(b, i, m->value.bytes, m->value.len);
    if (!emit_name(b, i, &m[RECORD_NAME], names) ||
        !emit_value(b, i, &dns_field_type, &m[RECORD_TYPE]) ||
        !emit_value(b, i, &dns_field_class, &m[RECORD_CLASS]))
        return false;
    if (question)
        return true;
    if (!emit_value(b, i, &dns_field_ttl, &m[RECORD_TTL]) || !build_append(b, i, 2))
        return false;
    uint32_t head = b->shape.view[i].body;
    for (uint32_t k = RECORD_DATA; k < cl->matches; k++) {
        const struct field *f = dns_value_field(m, k, false);
        bool name = f == &dns_field_name;
        struct names none = {.plain = true};
        /* RFC 2782: the target of SRV is not compressed. */
        struct names *known = m[RECORD_TYPE].value.number == 33 ? &none : names;
        if (!(name ? emit_name(b, i, &m[k], known) : emit_value(b, i, f, &m[k])))
            return false;
    }
    put16(b->out + head - 2, b->shape.view[i].body - head);
    return true;
}

/* A response repeats the question, and its names may be pointed to. */
static bool emit_question_asked(struct builder *b, int i, struct names *names)
{
    int a = asked(b, i);
    if (a < 0 || shape_number(&b->answered, a, "qdcount") != 1)
        return true;
    struct pool *pool = pool_new();
    struct match m[RECORD_VALUES];
    bool compressed = false;
    uint32_t start = b->answered.view[a].at + DNS_HEADER, at = start;
    bool ok = dns_read(&b->answered, a, &at, true, pool, m, &compressed) && !compressed;
    pool_free(pool);
    if (!ok)
        return true;
    put16(b->out + b->shape.view[i].at + 4, 1);
    const uint8_t *name = b->answered.bytes + start;
    for (uint32_t k = 0; name[k] && names->count < NAMES; k += name[k] + 1u)
        names->at[names->count++] = DNS_HEADER + k;
    return emit_octets(b, i, name, at - start);
}

static bool dns_emit(struct builder *b, int i)
{
    const struct layer_spec *l = b->part[i];
    struct names names = {.plain = clause_named(l, "plain") != NULL};
    for (int section = 0; section < SECTIONS; section++) {
        const struct clause *stated = clause_named(l, counts[section]);
        uint32_t n = 0;
        for (uint32_t k = 0; l && k < l->clauses; k++) {
            if (section_of(l->clause[k].field) != section)
                continue;
            if (!emit_record(b, i, &l->clause[k], !section, &names))
                return false;
            n++;
        }
        if (!stated)
            put16(b->out + b->shape.view[i].at + 4 + 2 * (uint32_t)section, n);
        if (!section && !n && !stated && !emit_question_asked(b, i, &names))
            return false;
    }
    return true;
}

/* The n-th record of a section; 0: there is none. *at is where it starts, or where what can be read
 * ends. */
static uint32_t nth(const struct shape *s, int i, int section, uint32_t n, struct pool *pool,
                    struct match *out, uint32_t *at)
{
    *at = s->view[i].at + DNS_HEADER;
    for (int k = 0; k <= section; k++) {
        uint32_t count = get16(s->bytes + s->view[i].at + 4 + 2 * (uint32_t)k);
        for (uint32_t r = 0; r < count; r++) {
            uint32_t behind = *at;
            bool compressed = false;
            uint32_t values = dns_read(s, i, &behind, !k, pool, out, &compressed);
            if (!values || (k == section && r == n))
                return values;
            *at = behind;
        }
    }
    return 0;
}

/* Octets that stand for a record and what follows it. */
static bool same_octets(const struct shape *s, int i, uint32_t at, const struct match *m)
{
    uint32_t len = m->value.len;
    return len <= s->view[i].end - at && !memcmp(s->bytes + at, m->value.bytes, len);
}

static bool same_record(struct matcher *m, const struct clause *cl, const struct match *have,
                        uint32_t n, bool question)
{
    for (uint32_t k = 0; k < cl->matches; k++) {
        const struct field *f = dns_value_field(cl->match, k, question);
        if (k >= n || (f && !match_value(m, f, &cl->match[k], &have[k].value)))
            return false;
    }
    return true;
}

/* Which of its section's records the clause is, in the line. */
static uint32_t position(const struct packet_spec *p, const struct clause *cl)
{
    for (uint32_t i = 0; i < p->layers; i++) {
        const struct layer_spec *l = &p->layer[i];
        if (!l->clauses || cl < l->clause || cl >= l->clause + l->clauses)
            continue;
        uint32_t n = 0;
        for (const struct clause *k = l->clause; k < cl; k++)
            n += k->field == cl->field;
        return n;
    }
    return 0;
}

static void dns_match(struct matcher *m, int i, const struct clause *cl)
{
    int section = section_of(cl->field);
    if (section < 0)
        return;
    struct pool *pool = pool_new();
    struct match have[RECORD_VALUES];
    uint32_t at, k = position(m->spec, cl), n = nth(m->shape, i, section, k, pool, have, &at);
    bool raw = cl->matches == 1 && dns_is_raw(cl->match);
    if (raw ? !same_octets(m->shape, i, at, cl->match)
            : !n || !same_record(m, cl, have, n, !section)) {
        char expected[128], actual[128], name[32];
        struct printer e = {.out = expected, .room = sizeof expected},
                       a = {.out = actual, .room = sizeof actual};
        print_record(&e, cl->match, cl->matches, !section && is_short(cl->match, cl->matches));
        if (n)
            print_record(&a, have, n, !section && is_short(have, n));
        else
            print(&a, "no such record");
        snprintf(name, sizeof name, k ? "%s %u" : "%s", sections[section], k + 1);
        match_differs(m, &layer_dns, name, NULL, expected, actual);
    }
    pool_free(pool);
}

static void describe_counts(struct describer *d, int i)
{
    for (int k = 0; k < SECTIONS; k++) {
        const struct value v = {.kind = VALUE_NUMBER,
                                .number = (int64_t)shape_number(d->shape, i, counts[k])};
        describe_clause(d, named(counts[k]), &v);
    }
}

static void describe_values(struct describer *d, const char *section, const struct match *m,
                            uint32_t n)
{
    const struct value none = {0};
    struct clause *cl = describe_clause(d, named(section), &none);
    cl->match = pool_alloc(d->pool, n * sizeof *cl->match);
    cl->matches = n;
    memcpy(cl->match, m, n * sizeof *m);
}

/* What cannot be read, or stands behind the last record, is octets, and the counts are said. */
static void dns_describe(struct describer *d, int i)
{
    const struct shape *s = d->shape;
    const struct view *v = &s->view[i];
    uint32_t at = v->at + DNS_HEADER, records = 0;
    bool compressed = false, readable = true;
    for (int k = 0; k < SECTIONS && readable; k++) {
        uint32_t count = get16(s->bytes + v->at + 4 + 2 * (uint32_t)k);
        for (uint32_t r = 0; r < count && readable; r++) {
            struct match m[RECORD_VALUES];
            uint32_t before = at, n = dns_read(s, i, &at, !k, d->pool, m, &compressed);
            readable = n > 0;
            at = readable ? at : before;
            if (readable)
                describe_values(d, sections[k], m, n);
            records += k > 0;
        }
    }
    if (!compressed && records && d->detail)
        describe_clause(d, named("plain"), &(struct value){0})->matches = 0;
    if (at == v->end && readable)
        return;
    const struct match rest = {
        .name = "hex", .value = {.kind = VALUE_BYTES, .bytes = s->bytes + at, .len = v->end - at}};
    describe_counts(d, i);
    if (at < v->end)
        describe_values(d, "additional", &rest, 1);
}

static const struct symbol directions[] = {{"query", 0, -1}, {"response", 1, -1}, {0}};
static const struct symbol opcodes[] = {
    {"iquery", 1, -1}, {"status", 2, -1}, {"notify", 4, -1}, {"update", 5, -1}, {0}};
static const struct symbol rcodes[] = {
    {"formerr", 1, -1},
    {"servfail", 2, -1},
    {"nxdomain", 3, -1},
    {"notimp", 4, -1},
    {"refused", 5, -1},
    {"noerror", 0, -1},
    {0},
};

#define FLAG(word, at)                                                                             \
    {                                                                                              \
        .name = word, .type = FIELD_FLAG, .bit = at, .bits = 1                                     \
    }
#define COUNTER(word, at)                                                                          \
    {                                                                                              \
        .name = word, .type = FIELD_UINT, .bit = at, .bits = 16, .flags = FIELD_MINE               \
    }

static const struct field fields[] = {
    {.name = "qr",
     .type = FIELD_UINT,
     .bit = 16,
     .bits = 1,
     .flags = FIELD_KEY | FIELD_HEAD,
     .symbol = directions},
    {.name = "opcode",
     .type = FIELD_UINT,
     .bit = 17,
     .bits = 4,
     .flags = FIELD_KEY | FIELD_HEAD,
     .symbol = opcodes},
    {.name = "rcode",
     .type = FIELD_UINT,
     .bit = 28,
     .bits = 4,
     .flags = FIELD_HEAD,
     .symbol = rcodes},
    {.name = "id", .type = FIELD_UINT, .bit = 0, .bits = 16, .answer = dns_id},
    FLAG("aa", 21),
    FLAG("tc", 22),
    FLAG("rd", 23),
    FLAG("ra", 24),
    FLAG("z", 25),
    FLAG("ad", 26),
    FLAG("cd", 27),
    COUNTER("qdcount", 32),
    COUNTER("ancount", 48),
    COUNTER("nscount", 64),
    COUNTER("arcount", 80),
    {.name = "plain",
     .alias = "uncompressed",
     .type = FIELD_EMPTY,
     .flags = FIELD_OPTION,
     .code = 256},
    {.name = "question", .type = FIELD_OWN},
    {.name = "answer", .type = FIELD_OWN},
    {.name = "authority", .type = FIELD_OWN},
    {.name = "additional", .type = FIELD_OWN},
};

const struct layer layer_dns = {
    .name = "dns",
    .below = "udp",
    .field = fields,
    .fields = COUNT(fields),
    .fixed = DNS_HEADER,
    .open = dns_open,
    .parse = dns_parse,
    .print = dns_print,
    .emit = dns_emit,
    .describe = dns_describe,
    .match = dns_match,
    .port = dns_port,
};
