/*
 * A TFTP server (RFC 1350) with the options of RFC 2347 to 2349: blocks of another size, a timeout,
 * the file's size. It serves files that its attributes name, takes files that are written, and
 * keeps what came for a script to look at. One transfer a client's port.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "sim/hosts/peer_ip.h"
#include "sim/hosts/peer_lies.h"

#define SECOND INT64_C(1000000000)
enum {
    TFTP_PORT = 69,
    TFTP_FILES = 16,
    TFTP_TRANSFERS = 8,
    TFTP_BLOCK = 512,
    TFTP_BLOCK_MOST = 1468, /* of what fits into a frame */
    TFTP_TRIES = 5,
    TFTP_FIRST_PORT = 50000,
    TFTP_KEPT = 1024,
    TFTP_WORD = 128,
};

/* RFC 1350 5, RFC 2347 */
enum tftp_opcode { TFTP_RRQ = 1, TFTP_WRQ, TFTP_DATA, TFTP_ACK, TFTP_ERROR, TFTP_OACK };
enum tftp_error { TFTP_NOT_FOUND = 1, TFTP_ILLEGAL = 4, TFTP_UNKNOWN_ID = 5 };

/* Lies hold for one kind of packet when it is named: "data", "ack", "oack", "error". */
static const char *const tftp_kinds[] = {"data", "ack", "oack", "error", NULL};
enum tftp_kind { KIND_DATA, KIND_ACK, KIND_OACK, KIND_ERROR };

#define TFTP_LIES(X)                                                                               \
    X(SILENT, "silent", VALUE_NONE, "does not send packets that it should")                        \
    X(NO_OPTIONS, "no-options", VALUE_NONE, "knows no options: answers as RFC 1350 has it")        \
    X(DUPLICATE, "duplicate", PEER_LIE_NUMBER(1000), "sends so many copies more")                  \
    X(WRONG_BLOCK, "wrong-block", PEER_LIE_NUMBER(65535), "the block's number is so much higher")  \
    X(OTHER_PORT, "other-port", VALUE_NONE, "sends from another port than the transfer's")         \
    X(BLKSIZE, "oack-blksize", PEER_LIE_NUMBER(100000), "agrees to a block of so many octets")     \
    X(ERROR, "error", PEER_LIE_NUMBER(65535), "answers a request with this error")

#define LIE_ENUM(id, name, argument, help) LIE_##id,
#define LIE_SPEC(id, name, argument, help) PEER_LIE_SPEC(name, NULL, argument),
#define LIE_ATTR(id, name, argument, help) {name, VALUE_LIST, help},
enum tftp_lie { TFTP_LIES(LIE_ENUM) TFTP_LIE_COUNT };
static const struct peer_lie_spec tftp_specs[] = {TFTP_LIES(LIE_SPEC)};

struct tftp_file {
    const char *name;
    const uint8_t *bytes; /* NULL: the pattern */
    uint64_t len;
};

struct tftp_transfer {
    bool used, writing, done; /* done: the last packet has been sent, and may be sent again */
    uint32_t client, server;
    uint16_t client_port, port;
    const struct tftp_file *file;
    uint32_t block_size;
    uint64_t block; /* the last sent, or the last that came */
    uint64_t octets;
    int64_t timeout_ns, due_ns;
    int tries, link_port;
    uint8_t packet[4 + TFTP_BLOCK_MOST]; /* the last, for again */
    uint32_t len;
};

struct tftp_server {
    struct peer_ip ip;
    struct tftp_file file[TFTP_FILES];
    uint32_t files;
    struct peer_lie lie[TFTP_LIE_COUNT];
    struct tftp_transfer transfer[TFTP_TRANSFERS];
    uint16_t next_port;
    uint64_t reads, writes, done, failed, retransmissions, violations, octets_in, pattern;
    const char *last_violation;
    char last_file[TFTP_WORD], last_mode[TFTP_WORD];
    uint8_t kept[TFTP_KEPT];
    uint32_t kept_len;
};

static struct tftp_server *server_of(struct host *h)
{
    return h->state;
}

static void violation(struct tftp_server *s, const char *what)
{
    s->violations++;
    s->last_violation = what;
}

static bool lies(struct tftp_server *s, enum tftp_lie lie, enum tftp_kind kind)
{
    return peer_lie_now(&s->lie[lie], kind);
}

/* --- sending --- */

static enum tftp_kind kind_of(const uint8_t *packet)
{
    switch (packet[1]) {
    case TFTP_DATA:
        return KIND_DATA;
    case TFTP_ACK:
        return KIND_ACK;
    default:
        return packet[1] == TFTP_OACK ? KIND_OACK : KIND_ERROR;
    }
}

static void send_packet(struct tftp_server *s, const struct tftp_transfer *t, const uint8_t *packet,
                        uint32_t len)
{
    uint8_t copy[4 + TFTP_BLOCK_MOST];
    enum tftp_kind kind = kind_of(packet);
    memcpy(copy, packet, len);
    if (lies(s, LIE_SILENT, kind))
        return;
    if ((kind == KIND_DATA || kind == KIND_ACK) && lies(s, LIE_WRONG_BLOCK, kind))
        peer_put16(copy + 2, peer_get16(copy + 2) + (uint32_t)s->lie[LIE_WRONG_BLOCK].number);
    bool other = lies(s, LIE_OTHER_PORT, kind);
    int64_t copies = lies(s, LIE_DUPLICATE, kind) ? s->lie[LIE_DUPLICATE].number : 0;
    for (int64_t k = 0; k <= copies; k++)
        peer_send_udp(&s->ip, t->link_port,
                      &(struct peer_datagram){.src = t->server,
                                              .dst = t->client,
                                              .sport = (uint16_t)(t->port + (other ? 1 : 0)),
                                              .dport = t->client_port,
                                              .payload = copy,
                                              .len = len});
}

static void arm(struct host *h)
{
    const struct tftp_server *s = server_of(h);
    int64_t due_ns = NEVER;
    for (int k = 0; k < TFTP_TRANSFERS; k++)
        if (s->transfer[k].used && s->transfer[k].due_ns < due_ns)
            due_ns = s->transfer[k].due_ns;
    host_due(h, due_ns);
}

/* The packet stays until it is answered. */
static void send_kept(struct tftp_server *s, struct tftp_transfer *t)
{
    t->due_ns = host_now(s->ip.host) + t->timeout_ns;
    send_packet(s, t, t->packet, t->len);
    arm(s->ip.host);
}

static void send_error(struct tftp_server *s, const struct tftp_transfer *t, uint32_t code,
                       const char *text)
{
    uint8_t packet[64] = {0, TFTP_ERROR};
    peer_put16(packet + 2, code);
    int len = snprintf((char *)packet + 4, sizeof packet - 4, "%s", text);
    send_packet(s, t, packet, (uint32_t)len + 5);
}

static void fail(struct tftp_server *s, struct tftp_transfer *t)
{
    s->failed++;
    t->used = false;
    arm(s->ip.host);
}

/* RFC 1350 2: a block that is not full is the last. */
static void send_block(struct tftp_server *s, struct tftp_transfer *t, uint64_t block)
{
    uint64_t at = (block - 1) * t->block_size, left = at < t->file->len ? t->file->len - at : 0;
    uint32_t len = left < t->block_size ? (uint32_t)left : t->block_size;
    t->block = block;
    t->tries = 0;
    peer_put16(t->packet, TFTP_DATA);
    peer_put16(t->packet + 2, (uint32_t)block & 0xffff);
    if (t->file->bytes)
        memcpy(t->packet + 4, t->file->bytes + at, len);
    else
        packet_pattern_fill(t->packet + 4, len, at);
    t->len = 4 + len;
    send_kept(s, t);
}

static void send_ack(struct tftp_server *s, struct tftp_transfer *t)
{
    peer_put16(t->packet, TFTP_ACK);
    peer_put16(t->packet + 2, (uint32_t)t->block & 0xffff);
    t->len = 4;
    t->tries = 0;
    send_kept(s, t);
}

/* --- requests --- */

struct tftp_request {
    char file[TFTP_WORD], mode[TFTP_WORD];
    bool has_blksize, has_timeout, has_tsize;
    uint32_t blksize, timeout;
    uint64_t tsize;
};

/* The next string with its NUL; false: there is none. */
static bool next_word(const uint8_t **at, const uint8_t *end, char *out)
{
    const uint8_t *nul = memchr(*at, 0, (size_t)(end - *at));
    if (!nul || nul - *at >= TFTP_WORD)
        return false;
    memcpy(out, *at, (size_t)(nul - *at) + 1);
    *at = nul + 1;
    return true;
}

/* RFC 2348: 8 to 65464; RFC 2349: 1 to 255 seconds, and the size, 0 in a request to read. */
static const char *take_option(struct tftp_request *r, const char *name, const char *text)
{
    char *end;
    uint64_t number = strtoull(text, &end, 10);
    bool digits = *text >= '0' && *text <= '9' && *end == '\0';
    if (strcasecmp(name, "blksize") == 0) {
        if (!digits || number < 8 || number > 65464)
            return "a blksize that is not from 8 to 65464 (RFC 2348)";
        r->has_blksize = true;
        r->blksize = number < TFTP_BLOCK_MOST ? (uint32_t)number : TFTP_BLOCK_MOST;
    } else if (strcasecmp(name, "timeout") == 0) {
        if (!digits || number < 1 || number > 255)
            return "a timeout that is not from 1 to 255 (RFC 2349)";
        r->has_timeout = true;
        r->timeout = (uint32_t)number;
    } else if (strcasecmp(name, "tsize") == 0) {
        if (!digits)
            return "a tsize that is no number (RFC 2349)";
        r->has_tsize = true;
        r->tsize = number;
    }
    return NULL;
}

/* NULL, or what is wrong with it. */
static const char *read_request(struct tftp_request *r, const uint8_t *packet, uint32_t len)
{
    const uint8_t *at = packet + 2, *end = packet + len;
    char name[TFTP_WORD], text[TFTP_WORD];
    const char *wrong = NULL;
    memset(r, 0, sizeof *r);
    if (!next_word(&at, end, r->file) || !next_word(&at, end, r->mode) || !r->file[0])
        return "a request without file or mode (RFC 1350 5)";
    if (strcasecmp(r->mode, "octet") != 0 && strcasecmp(r->mode, "netascii") != 0)
        return "a mode that is neither octet nor netascii (RFC 1350 1)";
    while (at < end && !wrong) {
        if (!next_word(&at, end, name) || !next_word(&at, end, text))
            return "an option without value (RFC 2347)";
        wrong = take_option(r, name, text);
    }
    return wrong;
}

static void put_option(struct tftp_transfer *t, const char *name, uint64_t number)
{
    t->len +=
        (uint32_t)snprintf((char *)t->packet + t->len, 64, "%s%c%" PRIu64, name, '\0', number) + 1;
}

/* False: none was agreed on. */
static bool send_oack(struct tftp_server *s, struct tftp_transfer *t, const struct tftp_request *r)
{
    if (!(r->has_blksize || r->has_timeout || r->has_tsize) || lies(s, LIE_NO_OPTIONS, KIND_OACK))
        return false;
    peer_put16(t->packet, TFTP_OACK);
    t->len = 2;
    if (r->has_blksize) {
        bool other = lies(s, LIE_BLKSIZE, KIND_OACK);
        t->block_size = r->blksize;
        put_option(t, "blksize", other ? (uint64_t)s->lie[LIE_BLKSIZE].number : r->blksize);
    }
    if (r->has_timeout) {
        t->timeout_ns = r->timeout * SECOND;
        put_option(t, "timeout", r->timeout);
    }
    if (r->has_tsize)
        put_option(t, "tsize", t->writing ? r->tsize : t->file->len);
    t->tries = 0;
    send_kept(s, t);
    return true;
}

static const struct tftp_file *find_file(const struct tftp_server *s, const char *name)
{
    for (uint32_t k = 0; k < s->files; k++)
        if (strcmp(s->file[k].name, name) == 0)
            return &s->file[k];
    return NULL;
}

/* A request that comes again gets its answer again: the transfer that it began is forgotten. */
static struct tftp_transfer *new_transfer(struct tftp_server *s, const struct peer_packet *p)
{
    struct tftp_transfer *t = NULL;
    for (int k = TFTP_TRANSFERS; k-- > 0;) {
        struct tftp_transfer *old = &s->transfer[k];
        if (old->used && old->client == p->src && old->client_port == p->sport)
            old->used = false;
        if (!old->used || (old->done && !t))
            t = old;
    }
    if (!t)
        return NULL;
    *t = (struct tftp_transfer){.used = true,
                                .client = p->src,
                                .server = p->dst,
                                .client_port = p->sport,
                                .port = s->next_port,
                                .block_size = TFTP_BLOCK,
                                .timeout_ns = SECOND,
                                .due_ns = NEVER,
                                .link_port = p->port};
    s->next_port = s->next_port == 65000 ? TFTP_FIRST_PORT : (uint16_t)(s->next_port + 2);
    return t;
}

static void begin(struct tftp_server *s, struct tftp_transfer *t, const struct tftp_request *r)
{
    if (t->writing) {
        s->writes++;
        s->kept_len = 0;
        s->pattern = 0;
        if (!send_oack(s, t, r))
            send_ack(s, t);
        return;
    }
    s->reads++;
    if (!send_oack(s, t, r))
        send_block(s, t, 1);
}

static void request_came(struct tftp_server *s, const struct peer_packet *p)
{
    struct tftp_request r;
    struct tftp_transfer *t = new_transfer(s, p);
    if (!t)
        return;
    const char *wrong = read_request(&r, p->payload, p->len);
    memcpy(s->last_file, r.file, sizeof r.file);
    memcpy(s->last_mode, r.mode, sizeof r.mode);
    t->writing = p->payload[1] == TFTP_WRQ;
    t->file = find_file(s, r.file);
    if (wrong)
        violation(s, wrong);
    if (lies(s, LIE_ERROR, KIND_ERROR))
        send_error(s, t, (uint32_t)s->lie[LIE_ERROR].number, "told to");
    else if (wrong)
        send_error(s, t, TFTP_ILLEGAL, "that was no request");
    else if (!t->file && !t->writing)
        send_error(s, t, TFTP_NOT_FOUND, "there is no such file");
    else {
        begin(s, t, &r);
        return;
    }
    fail(s, t);
}

/* --- transfers --- */

/* RFC 1350 4, RFC 2347: block 0 answers OACK. What was acknowledged already is not sent again: two
 * of each would go on to the end. */
static void ack_came(struct tftp_server *s, struct tftp_transfer *t, uint32_t block)
{
    if (t->writing)
        return;
    if (block != (t->block & 0xffff)) {
        if (block > (t->block & 0xffff) && block - (t->block & 0xffff) < 0x8000)
            violation(s, "an acknowledgement of a block that was never sent (RFC 1350 2)");
        return;
    }
    if (t->block && t->len < 4 + t->block_size) {
        s->done++;
        t->used = false;
        arm(s->ip.host);
        return;
    }
    send_block(s, t, t->block + 1);
}

static void keep(struct tftp_server *s, const struct tftp_transfer *t, const uint8_t *bytes,
                 uint32_t len)
{
    uint32_t room = TFTP_KEPT - s->kept_len;
    memcpy(s->kept + s->kept_len, bytes, len < room ? len : room);
    s->kept_len += len < room ? len : room;
    if (s->pattern == t->octets)
        s->pattern += packet_pattern_run(bytes, len, t->octets);
    s->octets_in += len;
}

static void data_came(struct tftp_server *s, struct tftp_transfer *t, const struct peer_packet *p)
{
    uint32_t block = peer_get16(p->payload + 2), len = p->len - 4;
    if (!t->writing)
        return;
    if (len > t->block_size)
        violation(s, "a block longer than was agreed on (RFC 2348)");
    if (block == (t->block & 0xffff)) { /* again: so is its acknowledgement */
        send_kept(s, t);
        return;
    }
    if (block != ((t->block + 1) & 0xffff) || t->done || len > t->block_size) {
        violation(s, "a block out of order (RFC 1350 2)");
        return;
    }
    keep(s, t, p->payload + 4, len);
    t->block++;
    t->octets += len;
    send_ack(s, t);
    if (len == t->block_size)
        return;
    s->done++;
    t->done = true; /* RFC 1350 6: it stays, to acknowledge the last block again */
}

static struct tftp_transfer *find_transfer(struct tftp_server *s, uint16_t port)
{
    for (int k = 0; k < TFTP_TRANSFERS; k++)
        if (s->transfer[k].used && s->transfer[k].port == port)
            return &s->transfer[k];
    return NULL;
}

/* RFC 1350 4: from another port than the transfer's: an error for it, and the transfer goes on. */
static void stranger(struct tftp_server *s, const struct tftp_transfer *t,
                     const struct peer_packet *p)
{
    struct tftp_transfer to = *t;
    to.client = p->src;
    to.client_port = p->sport;
    violation(s, "a packet from another port than the transfer's (RFC 1350 4)");
    send_error(s, &to, TFTP_UNKNOWN_ID, "unknown transfer id");
}

static void packet_came(struct tftp_server *s, struct tftp_transfer *t, const struct peer_packet *p)
{
    if (t->client != p->src || t->client_port != p->sport) {
        stranger(s, t, p);
    } else if (p->payload[1] == TFTP_ERROR) {
        fail(s, t);
    } else if (p->payload[1] == TFTP_ACK) {
        ack_came(s, t, peer_get16(p->payload + 2));
    } else if (p->payload[1] == TFTP_DATA) {
        data_came(s, t, p);
    } else {
        violation(s, "an opcode that has no place in a transfer (RFC 1350 5)");
        send_error(s, t, TFTP_ILLEGAL, "illegal operation");
        fail(s, t);
    }
}

static void tftp_frame(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    struct tftp_server *s = server_of(h);
    struct peer_packet p;
    (void)now_ns;
    if (peer_ip_frame(&s->ip, port, f, &p) != PEER_UDP || !peer_ip_is_own(&s->ip, p.dst))
        return;
    struct tftp_transfer *t = find_transfer(s, p.dport);
    if (p.dport != TFTP_PORT && !t)
        return;
    if (p.len < 4 || p.payload[0] != 0)
        violation(s, "a packet without opcode (RFC 1350 5)");
    else if (t)
        packet_came(s, t, &p);
    else if (p.payload[1] == TFTP_RRQ || p.payload[1] == TFTP_WRQ)
        request_came(s, &p);
    else
        violation(s, "what is no request, on port 69 (RFC 1350 4)");
}

static void tftp_due(struct host *h, int64_t now_ns)
{
    struct tftp_server *s = server_of(h);
    for (int k = 0; k < TFTP_TRANSFERS; k++) {
        struct tftp_transfer *t = &s->transfer[k];
        if (!t->used || t->due_ns > now_ns)
            continue;
        t->due_ns = NEVER;
        if (t->done) {
            t->used = false;
        } else if (t->tries++ == TFTP_TRIES) {
            fail(s, t);
        } else {
            s->retransmissions++;
            send_kept(s, t);
        }
    }
    arm(h);
}

/* --- attributes, and what a script can ask and tell --- */

static const struct attr_spec tftp_attrs[] = {
    {"file", VALUE_LIST, "name and content; as often as written"},
    {"made", VALUE_LIST, "name and length: a file of that many octets of the pattern"},
    PEER_IP_ATTRS,
    TFTP_LIES(LIE_ATTR){NULL, VALUE_NONE, NULL},
};

static int add_file(struct tftp_server *s, const struct attrs *a, const struct attribute *found,
                    struct why *why)
{
    const struct value *v = found->value.item;
    bool made = strcmp(found->name, "made") == 0;
    if (found->value.kind != VALUE_LIST || found->value.items != 2 || v[0].kind != VALUE_BYTES ||
        v[1].kind != (made ? VALUE_NUMBER : VALUE_BYTES) ||
        (made && (v[1].number < 0 || v[1].number > INT64_C(1) << 40)))
        return attr_refuse(a, found, why, "%s wants a name and %s", found->name,
                           made ? "a length" : "text");
    if (s->files == TFTP_FILES)
        return attr_refuse(a, found, why, "at most %d files", TFTP_FILES);
    s->file[s->files++] = (struct tftp_file){.name = (const char *)v[0].bytes,
                                             .bytes = made ? NULL : v[1].bytes,
                                             .len = made ? (uint64_t)v[1].number : v[1].len};
    return 0;
}

static struct peer_lies lies_of(struct tftp_server *s)
{
    return (struct peer_lies){tftp_specs, TFTP_LIE_COUNT, tftp_kinds, s->lie};
}

static int tftp_init(struct host *h, const struct attrs *a, struct why *why)
{
    static const char *const names[] = {"file", "made"};
    struct tftp_server *s = server_of(h);
    struct peer_lies told = lies_of(s);
    const struct attribute *found;
    s->next_port = TFTP_FIRST_PORT;
    s->last_violation = "";
    for (size_t n = 0; n < 2; n++)
        for (uint32_t k = 0; (found = attr_find(a, names[n], k)) != NULL; k++)
            if (add_file(s, a, found, why) != 0)
                return -1;
    return peer_ip_init(&s->ip, h, a, why) != 0 ? -1 : peer_lies_init(&told, a, why);
}

static int answer_text(const void *text, size_t len, struct value *out)
{
    *out = (struct value){.kind = VALUE_BYTES, .bytes = text, .len = (uint32_t)len};
    return 0;
}

static int tftp_query(struct host *h, const char *what, struct value *out)
{
    const struct tftp_server *s = server_of(h);
    const struct host_number known[] = {
        {"reads", (int64_t)s->reads},
        {"writes", (int64_t)s->writes},
        {"done", (int64_t)s->done},
        {"failed", (int64_t)s->failed},
        {"retransmissions", (int64_t)s->retransmissions},
        {"violations", (int64_t)s->violations},
        {"octets-in", (int64_t)s->octets_in},
        {"pattern", (int64_t)s->pattern},
        {NULL, 0},
    };
    if (strcmp(what, "last-violation") == 0)
        return answer_text(s->last_violation, strlen(s->last_violation), out);
    if (strcmp(what, "last-file") == 0)
        return answer_text(s->last_file, strlen(s->last_file), out);
    if (strcmp(what, "last-mode") == 0)
        return answer_text(s->last_mode, strlen(s->last_mode), out);
    if (strcmp(what, "content") == 0)
        return answer_text(s->kept, s->kept_len, out);
    return host_answer(known, what, out);
}

static int tftp_call(struct host *h, const char *name, const struct value *argument,
                     uint32_t arguments, struct why *why)
{
    struct peer_lies told = lies_of(server_of(h));
    return peer_lies_call(&told, name, argument, arguments, why) == 1 ? 0 : -1;
}

const struct host_kind tftp_server_kind = {
    .name = "tftp-server",
    .help = "serves and takes files over TFTP (RFC 1350, 2347 to 2349), and lies when told to",
    .state_size = sizeof(struct tftp_server),
    .attrs = tftp_attrs,
    .init = tftp_init,
    .frame = tftp_frame,
    .due = tftp_due,
    .query = tftp_query,
    .call = tftp_call,
};
