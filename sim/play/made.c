#include "sim/play/made.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "sim/play/engine.h"
#include "sim/play/pipe.h"
#include "sim/play/tcp_info.h"

enum { STREAM_MOST = 1 << 24 };

static bool is_any(const char *name, const char *const *of)
{
    for (; *of; of++)
        if (strcmp(name, *of) == 0)
            return true;
    return false;
}

static bool sends(const char *name)
{
    static const char *const calls[] = {"send", "sendto", "write", "writev", "sendmsg", NULL};
    return is_any(name, calls);
}

static bool receives(const char *name)
{
    static const char *const calls[] = {"recv", "recvfrom", "read", "readv", "recvmsg", NULL};
    return is_any(name, calls);
}

/* Calls whose first argument is a descriptor. */
static bool takes_descriptor(const char *name)
{
    static const char *const calls[] = {"bind",        "connect",    "close",      "getsockname",
                                        "getpeername", "setsockopt", "getsockopt", "shutdown",
                                        "fcntl",       "listen",     "accept",     "accept4",
                                        "ioctl",       "events",     NULL};
    return is_any(name, calls) || sends(name) || receives(name);
}

/* The stream, or what else the call is about; NULL: nothing. */
static struct descriptor *about(const struct pending_call *p)
{
    bool sends_on;
    const char *name = p->step->u.call.name;
    return takes_descriptor(name) ? descriptor_of(p->on, &p->argument[0])
                                  : pipe_stream(p, &sends_on);
}

/* --- pieces --- */

/* {BASE, LEN}, {iov_base=BASE, iov_len=LEN} */
static void piece_of(const struct value *v, struct value *base, int64_t *len)
{
    const struct value *b = field_of(v, "iov_base"), *l = field_of(v, "iov_len");
    if (!b && v->items > 0)
        b = &v->item[0];
    if (!l && v->items > 1)
        l = &v->item[1];
    *base = b ? *b : (struct value){.kind = VALUE_NONE};
    *len = l && l->kind == VALUE_NUMBER ? l->number : base->kind == VALUE_BYTES ? base->len : 0;
}

/* Pieces as one: octets if all are written, nothing if all are open. The first one's that are, with
 * the rest open. */
static void join_pieces(struct run *r, struct pending_call *p, const struct value *pieces,
                        struct value *base, struct value *len)
{
    uint8_t *octets = NULL;
    bool nowhere = false; /* a piece lies at NULL */
    uint32_t have = 0, room = 0;
    int64_t total = 0;
    for (uint32_t k = 0; k < pieces->items; k++) {
        struct value b;
        int64_t n;
        piece_of(&pieces->item[k], &b, &n);
        if (b.kind == VALUE_BYTES && n >= 0 && n <= b.len && have == total) {
            uint8_t *grown = scratch_alloc(r->world, &p->memory, (size_t)room + b.len + 1);
            if (have)
                memcpy(grown, octets, have);
            memcpy(grown + have, b.bytes, (size_t)n);
            octets = grown;
            have += (uint32_t)n;
            room = have;
        }
        nowhere |= b.kind == VALUE_NUMBER && n > 0;
        total += n;
    }
    *base = (struct value){.kind = VALUE_NONE};
    if (nowhere)
        *base = (struct value){.kind = VALUE_NUMBER};
    else if (have)
        *base = (struct value){.kind = VALUE_BYTES, .bytes = octets, .len = have};
    *len = (struct value){.kind = VALUE_NUMBER, .number = total};
}

/* Control messages that a stream's reads bring: stamps, errors, how much is left. */
static bool is_told(const struct value *control)
{
    static const int64_t told[][2] = {
        {SOL_SOCKET, SO_TIMESTAMPING}, {IPPROTO_IP, IP_RECVERR}, {IPPROTO_TCP, TCP_INQ}};
    const struct value *level = field_of(control, "cmsg_level"),
                       *type = field_of(control, "cmsg_type");
    for (size_t k = 0; level && type && k < sizeof told / sizeof told[0]; k++)
        if (told[k][0] == level->number && told[k][1] == type->number)
            return true;
    return false;
}

/* sendmsg(fd, {msg_name(N)=..., msg_iov(N)=[...], msg_flags=0}, FLAGS) and recvmsg are sendto and
 * recvfrom. */
static void flatten_message(struct run *r, struct pending_call *p, struct made_call *m)
{
    const struct value *message = &p->argument[1], *iov = field_of(message, "msg_iov"),
                       *name = field_of(message, "msg_name"),
                       *control = field_of(message, "msg_control");
    struct value flags = m->argv[2];
    bool out = strcmp(m->name, "sendmsg") == 0;
    for (uint32_t k = 0; control && control->kind == VALUE_LIST && k < control->items; k++)
        if (out || !is_told(&control->item[k]))
            m->unplayed = "control messages but of the error queue and TCP_INQ";
    m->name = out ? "sendto" : "recvfrom";
    if (iov)
        join_pieces(r, p, iov, &m->argv[1], &m->argv[2]);
    else
        m->argv[1] = (struct value){0}, m->argv[2] = (struct value){.kind = VALUE_NUMBER};
    m->argv[3] = flags;
    m->argv[4] = out && name ? *name : (struct value){.kind = VALUE_NONE};
    m->argc = 6;
}

static void flatten(struct run *r, struct pending_call *p, struct made_call *m)
{
    bool message = strcmp(m->name, "sendmsg") == 0 || strcmp(m->name, "recvmsg") == 0;
    bool vector = strcmp(m->name, "writev") == 0 || strcmp(m->name, "readv") == 0;
    if (message)
        flatten_message(r, p, m);
    if (!vector)
        return;
    m->name = m->name[0] == 'w' ? "write" : "read";
    join_pieces(r, p, &p->argument[1], &m->argv[1], &m->argv[2]);
    m->argc = 3;
}

/* --- octets that are left open --- */

/* send(3, ..., 1000, 0): they follow the pattern of their place: in the stream, or in the datagram.
 * Our own stack writes a datagram's itself. */
static void fill_payload(struct run *r, struct pending_call *p, struct descriptor *d,
                         struct made_call *m)
{
    bool stream = d && d->stream, own = sut_host_sut(p->on->host)->flags & SUT_PATTERN;
    int64_t most = stream ? STREAM_MOST : FRAME_MAX;
    if ((own && !stream) || !sends(m->name) || m->argc < 3 || m->argv[2].kind != VALUE_NUMBER ||
        m->argv[2].number < 0 || m->argv[2].number > most || m->argv[1].kind == VALUE_NUMBER)
        return;
    uint32_t written = m->argv[1].kind == VALUE_BYTES ? m->argv[1].len : 0,
             len = (uint32_t)m->argv[2].number;
    uint64_t place = stream ? d->written : 0;
    if (written > len)
        written = len;
    uint8_t *octets = scratch_alloc(r->world, &p->memory, (size_t)len + 1);
    if (written)
        memcpy(octets, m->argv[1].bytes, written);
    packet_pattern_fill(octets + written, len - written, place + written);
    m->argv[1] = (struct value){.kind = VALUE_BYTES, .bytes = octets, .len = len};
    struct flow *f = stream ? descriptor_flow(r, p->on, d) : NULL;
    if (!f)
        return;
    uint8_t *kept = NULL; /* segments are sent long after the call is over */
    if (written) {
        kept = world_alloc_raw(r->world, len, 1);
        memcpy(kept, octets, len);
    }
    flow_write(&r->judge, f, place, kept, len);
}

void made_prepare(struct run *r, struct pending_call *p, struct made_call *out)
{
    const struct call_step *call = &p->step->u.call;
    *out = (struct made_call){.name = call->name, .argc = (int)call->arguments};
    memcpy(out->argv, p->argument, sizeof out->argv);
    struct descriptor *d = about(p);
    if (d)
        out->argv[0].number = d->to;
    flatten(r, p, out);
    pipe_make(p, out);
    fill_payload(r, p, d, out);
}

/* --- what came back --- */

/* The octets that a read gave must be those of their place in the stream, unless the peer sent
 * others. */
static void check_read(struct run *r, const struct pending_call *p, struct descriptor *d,
                       const struct value *got, bool written)
{
    struct flow *f = descriptor_flow(r, p->on, d);
    if (!f || f->literal || written || got->kind != VALUE_BYTES || r->verdict.over)
        return;
    uint32_t same = packet_pattern_run(got->bytes, got->len, d->read);
    if (same < got->len)
        verdict_fail(&r->verdict, &p->step->place, world_now(r->world),
                     "%s(...) gave other octets than were sent\n  differs   octet %u: expected "
                     "0x%02x, by its place in the stream, actual 0x%02x",
                     p->step->u.call.name, same, packet_pattern(d->read + same), got->bytes[same]);
}

static bool is_message(const char *name)
{
    return strcmp(name, "recvmsg") == 0 || strcmp(name, "sendmsg") == 0;
}

/* When it was, if it is a control message that says so; -1: it is none. */
static int64_t stamped_ns(const struct value *control)
{
    const struct value *data = field_of(control, "cmsg_data");
    const struct value *s = data ? field_of(data, "scm_sec") : NULL,
                       *ns = data ? field_of(data, "scm_nsec") : NULL;
    return s && ns ? s->number * 1000000000 + ns->number : -1;
}

/* The control messages that came; a time that holds within packetdrill's tolerance is the time that
 * was written. */
static struct value controls(struct run *r, struct pending_call *p, const struct value *wanted,
                             const struct value *given)
{
    struct value out = {.kind = VALUE_LIST, .field = wanted->field};
    if (given->kind != VALUE_LIST)
        return out;
    out.items = given->items;
    out.item = scratch_alloc(r->world, &p->memory, (out.items + 1) * sizeof *out.item);
    for (uint32_t k = 0; k < out.items; k++) {
        const struct value *w = k < wanted->items ? &wanted->item[k] : &given->item[k];
        int64_t want = stamped_ns(w), got = stamped_ns(&given->item[k]);
        bool same = want >= 0 && got >= 0 && llabs(want - got) <= frames_tolerance(r, want);
        out.item[k] = same ? *w : given->item[k];
    }
    return out;
}

/* The structure as the script wrote it, but for what the call says. */
static void unflatten(struct run *r, struct pending_call *p, const struct value *given,
                      struct value *out)
{
    const struct value *wanted = &p->argument[1];
    out[1] = *wanted;
    out[1].item = scratch_alloc(r->world, &p->memory, (wanted->items + 1) * sizeof *out[1].item);
    for (uint32_t k = 0; k < wanted->items; k++) {
        struct value *item = &out[1].item[k];
        *item = wanted->item[k];
        if (item->field && strcmp(item->field, "msg_flags") == 0)
            *item = (struct value){.kind = VALUE_NUMBER,
                                   .number = given[3].kind == VALUE_NUMBER ? given[3].number : 0,
                                   .field = item->field};
        if (item->field && strcmp(item->field, "msg_name") == 0 && given[4].kind != VALUE_NONE) {
            const char *field = item->field;
            *item = given[4];
            item->field = field;
        }
        if (item->field && strcmp(item->field, "msg_control") == 0)
            *item = controls(r, p, item, &given[6]);
    }
}

static int64_t flags_of(const struct pending_call *p)
{
    const struct call_step *call = &p->step->u.call;
    uint32_t at = is_message(call->name) ? 2 : 3;
    bool has = strcmp(call->name, "read") != 0 && strcmp(call->name, "readv") != 0;
    return has && at < call->arguments && p->argument[at].kind == VALUE_NUMBER
               ? p->argument[at].number
               : 0;
}

static void count_read(struct run *r, struct pending_call *p, struct descriptor *d,
                       const struct value *given, int64_t result)
{
    const struct value *wanted = &p->argument[1];
    bool plain = strcmp(p->step->u.call.name, "readv") != 0 && !is_message(p->step->u.call.name);
    int64_t flags = flags_of(p);
    if (flags & MSG_OOB)
        return;
    check_read(r, p, d, &given[1],
               plain && wanted->kind != VALUE_NONE && wanted->kind != VALUE_ANY);
    if (!(flags & MSG_PEEK))
        d->read += (uint64_t)result;
}

void made_finish(struct run *r, struct pending_call *p, int64_t result, const struct value *given,
                 struct value *out)
{
    const char *name = p->step->u.call.name;
    memcpy(out, given, SUT_ARGUMENTS * sizeof *out);
    bool vector = strcmp(name, "readv") == 0 || strcmp(name, "writev") == 0;
    if (vector)
        out[1] = (struct value){.kind = VALUE_NONE};
    if (is_message(name)) {
        memset(out, 0, SUT_ARGUMENTS * sizeof *out);
        if (strcmp(name, "recvmsg") == 0)
            unflatten(r, p, given, out);
    }
    bool sends_on, moves = pipe_stream(p, &sends_on) != NULL;
    if (moves) {
        memset(out, 0, SUT_ARGUMENTS * sizeof *out);
        pipe_moved(r, p, result, &given[1]);
    }
    const struct value *info = &p->argument[3];
    if (strcmp(name, "getsockopt") == 0 && p->argument[2].number == TCP_INFO &&
        given[3].kind == VALUE_STRUCT && info->kind == VALUE_STRUCT)
        tcp_info_like(r, &given[3], info, &out[3]);
    struct descriptor *d = about(p);
    if (!d || !d->stream || result <= 0)
        return;
    if (moves && !sends_on) {
        check_read(r, p, d, &given[1], false);
        d->read += (uint64_t)result;
    } else if (moves || sends(name))
        d->written += (uint64_t)result;
    else if (receives(name))
        count_read(r, p, d, given, result);
}
