/* DNS over UDP: RFC 1035, 1123 (6.1), 5452, 6891, 9267. */
#include <string.h>
#include "sim/monitor/inside.h"

enum { UDP = 8, HEADER = 12, LABEL_MOST = 63, NAME_MOST = 255, PLAIN_MOST = 512, OPT = 41 };

struct message {
    const uint8_t *m;
    uint32_t len;
    uint32_t id, flags, questions, records;
    bool response;
    uint32_t question_end;
    uint32_t edns; /* the sender's size; 0: none */
};

/* Behind the name at `at`; 0: it is broken, which was told. */
static uint32_t name_end(struct monitor *m, const struct message *d, uint32_t at)
{
    uint32_t begin = at, octets = 0;
    for (;;) {
        if (!HOLDS(m, at < d->len, dns_name, "a name runs over the message"))
            return 0;
        uint32_t label = d->m[at];
        if (label == 0)
            return HOLDS(m, octets + 1 <= NAME_MOST, dns_name, "a name of %u octets", octets + 1)
                       ? at + 1
                       : 0;
        if (label >= 0xc0) {
            uint32_t to = at + 1 < d->len ? get16(d->m + at) & 0x3fff : d->len;
            return HOLDS(m, to < begin && to >= HEADER, dns_pointer,
                         "a pointer at octet %u to octet %u", at, to)
                       ? at + 2
                       : 0;
        }
        if (!HOLDS(m, label <= LABEL_MOST, dns_label, "a label that begins with 0x%02x", label))
            return 0;
        at += label + 1;
        octets += label + 1;
    }
}

static bool read_records(struct monitor *m, struct message *d, uint32_t at)
{
    uint32_t opts = 0;
    for (uint32_t k = 0; k < d->records; k++) {
        uint32_t begin = at;
        if (!HOLDS(m, at < d->len, dns_counts, "%u records of %u are there", k, d->records))
            return false;
        at = name_end(m, d, at);
        if (!at)
            return false;
        if (!HOLDS(m, at + 10 <= d->len && at + 10 + get16(d->m + at + 8) <= d->len, dns_counts,
                   "record %u of %u runs over the message", k + 1, d->records))
            return false;
        if (get16(d->m + at) == OPT) {
            opts++;
            HOLDS(m, d->m[begin] == 0, dns_opt, "the owner of OPT is not the root");
            HOLDS(m, opts == 1, dns_opt, "a second OPT record");
            d->edns = get16(d->m + at + 2) < PLAIN_MOST ? PLAIN_MOST : get16(d->m + at + 2);
        }
        at += 10 + get16(d->m + at + 8);
    }
    return HOLDS(m, at == d->len, dns_trailing, "%u octets behind the last record", d->len - at);
}

static bool read_message(struct monitor *m, struct message *d)
{
    uint32_t at = HEADER;
    d->id = get16(d->m);
    d->flags = get16(d->m + 2);
    d->response = d->flags >> 15;
    d->questions = get16(d->m + 4);
    d->records = get16(d->m + 6) + get16(d->m + 8) + get16(d->m + 10);
    for (uint32_t k = 0; k < d->questions; k++) {
        at = name_end(m, d, at);
        if (!at || !HOLDS(m, at + 4 <= d->len, dns_counts, "question %u of %u is cut", k + 1,
                          d->questions))
            return false;
        at += 4;
    }
    d->question_end = at;
    return read_records(m, d, at);
}

/* Letters count alike: RFC 4343. */
static uint32_t question_sum(const struct message *d)
{
    uint32_t sum = 2166136261;
    for (uint32_t k = HEADER; k < d->question_end; k++) {
        uint8_t c = d->m[k];
        sum = (sum ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619;
    }
    return sum;
}

static void query(struct monitor *m, const struct message *d, struct host *h)
{
    const struct sight *s = &m->sight;
    uint32_t opcode = d->flags >> 11 & 15, port = get16(s->body);
    HOLDS(m, !(d->flags & 0x0040), dns_z, "the reserved bit is set");
    if (opcode == 0) {
        bool cookie = !d->questions && d->edns; /* RFC 7873 5.4 */
        HOLDS(m, !(d->flags & 0x048f), dns_query_flags, "flags 0x%04x in a query", d->flags);
        HOLDS(m, d->questions == 1 || cookie, dns_one_question, "%u questions", d->questions);
    }
    HOLDS(m, d->len <= PLAIN_MOST || d->edns, dns_size, "a query of %u octets without EDNS",
          d->len);
    uint32_t sum = question_sum(d);
    struct dns_query *again = NULL;
    for (uint32_t k = 0; k < QUERIES; k++)
        if (h->query[k].open && h->query[k].name == sum && h->query[k].server == s->dst &&
            h->query[k].id == d->id && h->query[k].port == port)
            again = &h->query[k];
    if (again)
        return;
    HOLDS(m, !guessed(&h->dns_id, d->id, 0xffff), dns_id, "number %u: the last eight were foretold",
          d->id);
    HOLDS(m, !guessed(&h->dns_port, port, 0xffff), dns_port,
          "port %u: the last eight were foretold", port);
    h->crowded |= h->query[h->queries % QUERIES].open;
    h->query[h->queries++ % QUERIES] = (struct dns_query){.port = (uint16_t)port,
                                                          .id = (uint16_t)d->id,
                                                          .server = s->dst,
                                                          .name = sum,
                                                          .edns = d->edns,
                                                          .open = true};
}

static void response(struct monitor *m, const struct message *d)
{
    const struct sight *s = &m->sight;
    struct host *asker = host_of(m, s->dst);
    uint32_t port = get16(s->body + 2);
    struct dns_query *of = NULL;
    for (uint32_t k = 0; asker && k < QUERIES; k++)
        if (asker->query[k].server == s->src && asker->query[k].port == port &&
            (!of || asker->query[k].id == d->id))
            of = &asker->query[k];
    if (!of || (asker->crowded && of->id != d->id))
        return;
    HOLDS(m, of->id == d->id, dns_response_id, "number %u, the query had %u", d->id, of->id);
    if (of->id != d->id)
        return;
    if (d->questions)
        HOLDS(m, question_sum(d) == of->name, dns_response_question,
              "the question is not the query's");
    uint32_t most = of->edns > PLAIN_MOST ? of->edns : PLAIN_MOST;
    HOLDS(m, d->len <= most, dns_size, "an answer of %u octets, the asker takes %u", d->len, most);
    of->open = false;
}

void see_dns(struct monitor *m)
{
    const struct sight *s = &m->sight;
    struct message d = {.m = s->body + UDP, .len = s->have - UDP};
    struct host *h = host_of(m, s->src);
    if (!HOLDS(m, s->body_len - UDP >= HEADER, dns_header, "a message of %u octets",
               s->body_len - UDP) ||
        !s->whole || !h || !read_message(m, &d))
        return;
    if (!d.response && get16(s->body + 2) == 53)
        query(m, &d, h);
    else if (d.response && get16(s->body) == 53)
        response(m, &d);
}
