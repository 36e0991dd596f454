/* NTP (RFC 5905, section 7.3). */
#include "sim/packet/spec.h"

enum { NTP_HEADER = 48, MODE_CLIENT = 3, MODE_SERVER = 4 };

static bool ntp_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                     const char **problem)
{
    (void)s, (void)next;
    if (limit - v->at < NTP_HEADER) {
        *problem = "ntp: shorter than its header of 48 octets";
        return false;
    }
    v->body = v->at + NTP_HEADER;
    v->end = limit;
    return true;
}

/* RFC 5905, section 8: the reply's origin timestamp is the request's transmit timestamp. */
static bool ntp_org(struct builder *b, int i, struct value *out)
{
    int a = build_answered(b, &layer_ntp);
    bool reply = shape_number(&b->shape, i, "mode") == MODE_SERVER;
    *out = (struct value){.kind = VALUE_NUMBER,
                          .number =
                              a < 0 || !reply ? 0 : (int64_t)shape_number(&b->answered, a, "xmt")};
    return true;
}

static const struct symbol modes[] = {
    {"active", 1, -1},
    {"passive", 2, -1},
    {"client", MODE_CLIENT, -1},
    {"server", MODE_SERVER, -1},
    {"broadcast", 5, -1},
    {"control", 6, -1},
    {0},
};

#define BITS(at, size) .type = FIELD_UINT, .bit = at, .bits = size

static const struct field fields[] = {
    {.name = "mode",
     BITS(5, 3),
     .flags = FIELD_KEY | FIELD_HEAD,
     .preset = MODE_CLIENT,
     .symbol = modes},
    {.name = "li", .alias = "leap", BITS(0, 2)},
    {.name = "vn", .alias = "version", BITS(2, 3), .preset = 4},
    {.name = "stratum", BITS(8, 8)},
    {.name = "poll", BITS(16, 8)},
    {.name = "precision", BITS(24, 8)},
    {.name = "root-delay", BITS(32, 32), .flags = FIELD_HEX},
    {.name = "root-dispersion", BITS(64, 32), .flags = FIELD_HEX},
    {.name = "refid", BITS(96, 32), .flags = FIELD_HEX},
    {.name = "ref", BITS(128, 64), .flags = FIELD_HEX},
    {.name = "org", BITS(192, 64), .flags = FIELD_HEX, .answer = ntp_org},
    {.name = "rec", BITS(256, 64), .flags = FIELD_HEX},
    {.name = "xmt", BITS(320, 64), .flags = FIELD_HEX},
};

const struct layer layer_ntp = {
    .name = "ntp",
    .below = "udp",
    .field = fields,
    .fields = COUNT(fields),
    .fixed = NTP_HEADER,
    .open = ntp_open,
};
