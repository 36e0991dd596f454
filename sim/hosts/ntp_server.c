/*
 * A time server (RFC 5905): its clock is the virtual one, set to `time` at virtual time 0, and lies
 * when told to. T2 is when the request came, T3 is T2 and `delay`, and the reply leaves at T3;
 * `late` is the time it then spends under way.
 */
#include <string.h>
#include "sim/hosts/peer_answer.h"

#define SECOND INT64_C(1000000000)

/* RFC 5905, figure 8 */
enum {
    AT_FIRST = 0, /* LI, VN, mode */
    AT_STRATUM = 1,
    AT_POLL = 2,
    AT_PRECISION = 3,
    AT_ROOT_DELAY = 4,
    AT_ROOT_DISPERSION = 8,
    AT_REFERENCE_ID = 12,
    AT_REFERENCE = 16,
    AT_ORIGIN = 24,
    AT_RECEIVE = 32,
    AT_TRANSMIT = 40,
    NTP_HEADER = 48,
    NTP_PORT = 123,
    MODE_CLIENT = 3,
    MODE_SERVER = 4,
};

#define UNIX_1970  INT64_C(2208988800) /* seconds from 1900 to 1970: RFC 5905 figure 4 */
#define START_2026 INT64_C(1767225600)

/* --- lies --- */

static uint8_t *bytes_of(void *reply)
{
    return ((struct peer_answer *)reply)->bytes;
}

/* RFC 5905 6: seconds since 1900 modulo 2^32, and fractions of 2^-32. */
static void put_time(uint8_t *p, int64_t unix_ns)
{
    int64_t s = unix_ns / SECOND, ns = unix_ns % SECOND;
    if (ns < 0) {
        s--;
        ns += SECOND;
    }
    peer_put32(p, (uint32_t)(s + UNIX_1970));
    peer_put32(p + 4, (uint32_t)(((uint64_t)ns << 32) / (uint64_t)SECOND));
}

/* 16.16 seconds */
static void put_short(uint8_t *p, int64_t ns)
{
    peer_put32(p, (uint32_t)(((uint64_t)ns << 16) / (uint64_t)SECOND));
}

#define LIE(name) static void ntp_lie_##name(void *reply, const struct peer_lie *lie)

/* RFC 5905 7.4: stratum 0, and the code in the place of the reference. */
LIE(kiss)
{
    uint8_t *b = bytes_of(reply);
    b[AT_FIRST] |= 0xc0;
    b[AT_STRATUM] = 0;
    for (uint32_t k = 0; k < 4; k++)
        b[AT_REFERENCE_ID + k] = k < lie->len ? lie->bytes[k] : 0;
}

LIE(unsynchronised)
{
    (void)lie;
    bytes_of(reply)[AT_FIRST] |= 0xc0;
    bytes_of(reply)[AT_STRATUM] = 16;
}

LIE(mode)
{
    uint8_t *b = bytes_of(reply);
    b[AT_FIRST] = (uint8_t)((b[AT_FIRST] & 0xf8) | (lie->number & 7));
}

LIE(version)
{
    uint8_t *b = bytes_of(reply);
    b[AT_FIRST] = (uint8_t)((b[AT_FIRST] & 0xc7) | (lie->number & 7) << 3);
}

LIE(leap)
{
    uint8_t *b = bytes_of(reply);
    b[AT_FIRST] = (uint8_t)((b[AT_FIRST] & 0x3f) | (lie->number & 3) << 6);
}

LIE(stratum)
{
    bytes_of(reply)[AT_STRATUM] = (uint8_t)lie->number;
}

LIE(root_delay)
{
    put_short(bytes_of(reply) + AT_ROOT_DELAY, lie->number);
}

LIE(root_dispersion)
{
    put_short(bytes_of(reply) + AT_ROOT_DISPERSION, lie->number);
}

LIE(wrong_origin)
{
    (void)lie;
    bytes_of(reply)[AT_ORIGIN + 7] ^= 1;
}

LIE(zero_origin)
{
    (void)lie;
    memset(bytes_of(reply) + AT_ORIGIN, 0, 8);
}

LIE(zero_receive)
{
    (void)lie;
    memset(bytes_of(reply) + AT_RECEIVE, 0, 8);
}

LIE(zero_transmit)
{
    (void)lie;
    memset(bytes_of(reply) + AT_TRANSMIT, 0, 8);
}

/* Key identifier and digest behind the header (RFC 5905 7.3): 20 octets. */
LIE(digest)
{
    struct peer_answer *a = reply;
    (void)lie;
    memset(a->bytes + a->len, 0x5a, 20);
    a->len += 20;
}

#define NTP_LIES(X)                                                                                \
    X(SILENT, "silent", VALUE_NONE, NULL, "does not answer")                                       \
    X(UNREACHABLE, "unreachable", PEER_LIE_NUMBER(15), NULL,                                       \
      "answers with ICMP destination unreachable of this code; 3: port")                           \
    X(OFFSET, "offset", VALUE_TIME, NULL, "its clock is ahead by so much; negative: behind")       \
    X(BEHIND, "behind", VALUE_TIME, NULL, "its clock is behind by so much")                        \
    X(PROCESSING, "delay", PEER_LIE_TIME(PEER_LIE_LATEST_S), NULL,                                 \
      "from T2 to T3; the reply leaves at T3")                                                     \
    X(KISS, "kiss", VALUE_BYTES, ntp_lie_kiss, "kiss of death: \"DENY\", \"RSTR\", \"RATE\", ...") \
    X(UNSYNCHRONISED, "unsynchronised", VALUE_NONE, ntp_lie_unsynchronised, "leap 3, stratum 16")  \
    X(MODE, "mode", PEER_LIE_NUMBER(7), ntp_lie_mode, "mode of the reply; else 4")                 \
    X(VERSION, "version", PEER_LIE_NUMBER(7), ntp_lie_version,                                     \
      "version of the reply; else the request's")                                                  \
    X(LEAP, "leap", PEER_LIE_NUMBER(3), ntp_lie_leap, "leap indicator; else 0")                    \
    X(STRATUM, "stratum", PEER_LIE_NUMBER(255), ntp_lie_stratum, "stratum; else 1")                \
    X(ROOT_DELAY, "root-delay", PEER_LIE_TIME(65535), ntp_lie_root_delay, "root delay; else 0")    \
    X(ROOT_DISPERSION, "root-dispersion", PEER_LIE_TIME(65535), ntp_lie_root_dispersion,           \
      "root dispersion; else 0")                                                                   \
    X(WRONG_ORIGIN, "wrong-origin", VALUE_NONE, ntp_lie_wrong_origin,                              \
      "the origin timestamp's last bit differs")                                                   \
    X(ZERO_ORIGIN, "zero-origin", VALUE_NONE, ntp_lie_zero_origin, "the origin timestamp is 0")    \
    X(ZERO_RECEIVE, "zero-receive", VALUE_NONE, ntp_lie_zero_receive, "T2 is 0")                   \
    X(ZERO_TRANSMIT, "zero-transmit", VALUE_NONE, ntp_lie_zero_transmit, "T3 is 0")                \
    X(DIGEST, "digest", VALUE_NONE, ntp_lie_digest,                                                \
      "20 octets of key identifier and digest behind the header")                                  \
    PEER_ANSWER_LIES(X)

#define LIE_ENUM(id, name, argument, spoil, help) LIE_##id,
#define LIE_SPEC(id, name, argument, spoil, help) PEER_LIE_SPEC(name, spoil, argument),
#define LIE_ATTR(id, name, argument, spoil, help) {name, VALUE_LIST, help},
enum ntp_lie { NTP_LIES(LIE_ENUM) NTP_LIE_COUNT };
static const struct peer_lie_spec ntp_specs[] = {NTP_LIES(LIE_SPEC)};

static const struct attr_spec ntp_attrs[] = {
    {"time", VALUE_ANY,
     "the clock at virtual time 0: \"2026-01-01T00:00:00Z\", or seconds since 1970"},
    {"reference", VALUE_BYTES, "reference identifier: \"GPS\""},
    PEER_IP_ATTRS,
    NTP_LIES(LIE_ATTR){NULL, VALUE_NONE, NULL},
};

struct ntp_server {
    struct peer_ip ip;
    int64_t start_ns; /* of its clock at virtual time 0, from 1970 */
    uint8_t reference[4];
    struct peer_lie lie[NTP_LIE_COUNT];
    uint64_t queries, replies, violations;
    uint8_t last[NTP_HEADER]; /* the last request */
    uint16_t last_port;
    struct peer_answer answer; /* being made; the last one, for again() */
};

static struct ntp_server *server_of(struct host *h)
{
    return h->state;
}

static struct peer_lies lies_of(struct ntp_server *s)
{
    return (struct peer_lies){ntp_specs, NTP_LIE_COUNT, NULL, s->lie};
}

/* --- the clock --- */

static bool digits(const char *text, int count, int64_t *out)
{
    *out = 0;
    for (int k = 0; k < count; k++) {
        if (text[k] < '0' || text[k] > '9')
            return false;
        *out = *out * 10 + (text[k] - '0');
    }
    return true;
}

/* Days from 1970 to a date of the Gregorian calendar: years begin in March, so that the leap day is
 * the last. */
static int64_t days_to(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1, m = (month + 9) % 12;
    int64_t days = 365 * y + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 1;
    return days - 719468; /* the 1st of January 1970 by the same count */
}

/* "2036-02-07T06:28:16Z", the time of day and the Z may be left out. */
static bool date_seconds(const char *text, int64_t *out)
{
    int64_t year, month, day, hour = 0, minute = 0, second = 0;
    size_t len = strlen(text);
    if (len < 10 || text[4] != '-' || text[7] != '-' || !digits(text, 4, &year) ||
        !digits(text + 5, 2, &month) || !digits(text + 8, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    if (len > 10) {
        bool shaped = (len == 19 || (len == 20 && text[19] == 'Z')) &&
                      (text[10] == 'T' || text[10] == ' ') && text[13] == ':' && text[16] == ':';
        if (!shaped || !digits(text + 11, 2, &hour) || !digits(text + 14, 2, &minute) ||
            !digits(text + 17, 2, &second))
            return false;
    }
    *out = ((days_to(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return hour < 24 && minute < 60 && second < 61;
}

static int read_time(struct ntp_server *s, const struct value *v, struct why *why)
{
    enum {
        LATEST = 9000000
    }; /* thousands of seconds: what ns in 64 bits hold, with room for the virtual clock */
    int64_t seconds = v->number;
    bool good = v->kind == VALUE_NUMBER ||
                (v->kind == VALUE_BYTES && date_seconds((const char *)v->bytes, &seconds));
    if (!good || seconds < 0 || seconds / 1000 > LATEST) {
        why_set(
            why,
            "time is a date from 1970 to 2255, \"2026-01-01T00:00:00Z\", or seconds since 1970");
        return -1;
    }
    s->start_ns = seconds * SECOND;
    return 0;
}

static int ntp_init(struct host *h, const struct attrs *a, struct why *why)
{
    struct ntp_server *s = server_of(h);
    struct peer_lies lies = lies_of(s);
    const struct attribute *time = attr_find(a, "time", 0), *name = attr_find(a, "reference", 0);
    const char *reference = attr_text(a, "reference", "GPS");
    size_t len = strlen(reference);
    s->start_ns = START_2026 * SECOND;
    if (time && read_time(s, &time->value, why) != 0)
        return attr_blame(a, time);
    if (len < 1 || len > sizeof s->reference) /* RFC 5905 7.3: four octets, padded with zeros */
        return attr_refuse(a, name, why, "reference has 1 to 4 letters, such as \"GPS\"");
    memcpy(s->reference, reference, len);
    return peer_ip_init(&s->ip, h, a, why) != 0 || peer_lies_init(&lies, a, why) != 0 ? -1 : 0;
}

/* --- requests --- */

static bool lies_now(struct ntp_server *s, enum ntp_lie lie)
{
    return peer_lie_now(&s->lie[lie], 0);
}

static void fill(struct ntp_server *s, const uint8_t *request, int64_t clock_ns,
                 int64_t processing_ns)
{
    enum { PRECISION = -20 };
    uint8_t *b = s->answer.bytes;
    b[AT_FIRST] = (uint8_t)((request[AT_FIRST] & 0x38) | MODE_SERVER);
    b[AT_STRATUM] = 1;
    b[AT_POLL] = request[AT_POLL];
    b[AT_PRECISION] = (uint8_t)PRECISION;
    memcpy(b + AT_REFERENCE_ID, s->reference, 4);
    put_time(b + AT_REFERENCE, clock_ns - 16 * SECOND); /* when it was set last: RFC 5905 7.3 */
    memcpy(b + AT_ORIGIN, request + AT_TRANSMIT, 8);
    put_time(b + AT_RECEIVE, clock_ns);
    put_time(b + AT_TRANSMIT, clock_ns + processing_ns);
    s->answer.len = NTP_HEADER;
}

static void answer(struct host *h, const struct peer_packet *p, int64_t now_ns)
{
    struct ntp_server *s = server_of(h);
    struct peer_lies lies = lies_of(s);
    int64_t clock_ns = s->start_ns + now_ns, processing_ns = 0;
    if (lies_now(s, LIE_OFFSET))
        clock_ns += s->lie[LIE_OFFSET].number;
    if (lies_now(s, LIE_BEHIND))
        clock_ns -= s->lie[LIE_BEHIND].number;
    if (lies_now(s, LIE_PROCESSING))
        processing_ns = s->lie[LIE_PROCESSING].number;
    peer_answer_to(&s->answer, p);
    fill(s, p->payload, clock_ns, processing_ns);
    s->answer.delay_ns = processing_ns;
    peer_lies_spoil(&lies, 0, &s->answer);
    s->replies++;
    peer_answer_send(&s->ip, &s->answer);
}

static void ntp_frame(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    struct ntp_server *s = server_of(h);
    struct peer_packet p;
    if (peer_ip_frame(&s->ip, port, f, &p) != PEER_UDP || p.dport != NTP_PORT)
        return;
    unsigned version = p.len ? p.payload[AT_FIRST] >> 3 & 7 : 0;
    if (p.len < NTP_HEADER || (p.payload[AT_FIRST] & 7) != MODE_CLIENT || version < 1 ||
        version > 4) {
        s->violations++;
        return;
    }
    s->queries++;
    s->last_port = p.sport;
    memcpy(s->last, p.payload, NTP_HEADER);
    if (lies_now(s, LIE_SILENT))
        return;
    if (lies_now(s, LIE_UNREACHABLE))
        peer_send_unreachable(
            &s->ip, &p,
            s->lie[LIE_UNREACHABLE].given ? (uint8_t)s->lie[LIE_UNREACHABLE].number : 3);
    else
        answer(h, &p, now_ns);
}

static void ntp_due(struct host *h, int64_t now_ns)
{
    peer_ip_due(&server_of(h)->ip, now_ns);
}

/* --- what a script can ask and tell --- */

static int ntp_query(struct host *h, const char *what, struct value *out)
{
    const struct ntp_server *s = server_of(h);
    const struct host_number known[] = {
        {"queries", (int64_t)s->queries},
        {"replies", (int64_t)s->replies},
        {"violations", (int64_t)s->violations},
        {"last-port", s->last_port},
        {"last-version", s->last[AT_FIRST] >> 3 & 7},
        {"last-leap", s->last[AT_FIRST] >> 6},
        {"last-transmit", (int64_t)((uint64_t)peer_get32(s->last + AT_TRANSMIT) << 32 |
                                    peer_get32(s->last + AT_TRANSMIT + 4))},
        {"clock", (s->start_ns + host_now(h)) / SECOND},
        {NULL, 0},
    };
    return host_answer(known, what, out);
}

/* time("2036-02-07T06:28:10Z"): the clock now; again(): the last reply once more. */
static int ntp_call(struct host *h, const char *name, const struct value *argument,
                    uint32_t arguments, struct why *why)
{
    struct ntp_server *s = server_of(h);
    struct peer_lies lies = lies_of(s);
    if (strcmp(name, "time") == 0 && arguments == 1) {
        if (read_time(s, argument, why) != 0)
            return -1;
        s->start_ns -= host_now(h);
        return 0;
    }
    if (strcmp(name, "again") == 0 && arguments == 0 && s->replies) {
        s->answer.delay_ns = 0;
        s->answer.copies = 0;
        peer_answer_send(&s->ip, &s->answer);
        return 0;
    }
    return peer_lies_call(&lies, name, argument, arguments, why) == 1 ? 0 : -1;
}

const struct host_kind ntp_server_kind = {
    .name = "ntp-server",
    .help = "tells the virtual time (RFC 5905), and lies when told to",
    .state_size = sizeof(struct ntp_server),
    .attrs = ntp_attrs,
    .init = ntp_init,
    .frame = ntp_frame,
    .due = ntp_due,
    .query = ntp_query,
    .call = ntp_call,
};
