/* What the resolver can be told to get wrong; the list is DNS_LIES in the header. All of it works
 * on the finished message. */
#include <string.h>
#include "sim/hosts/dns_resolver.h"

#define LIE(name) static void dns_lie_##name(void *reply, const struct peer_lie *lie)
#define MESSAGE                                                                                    \
    struct dns_reply *r = reply;                                                                   \
    struct peer_answer *a = &r->answer;                                                            \
    (void)lie, (void)r

enum {
    TYPE_A = 1,
    TYPE_CNAME = 5,
    TYPE_OPT = 41,
    CLASS_IN = 1,
    CLASS_CHAOS = 3,
    RECORD_FIXED = 10,
    TTL_S = 60,
    POINTER = 0xc000
};

/* --- sections --- */

/* Header and question stay. */
static void strip(struct dns_reply *r)
{
    r->answer.len = r->question_end;
    memset(r->answer.bytes + AT_ANSWERS, 0, 6);
}

static void set_rcode(struct dns_reply *r, int64_t rcode)
{
    uint8_t *b = r->answer.bytes;
    strip(r);
    b[AT_RCODE] = (uint8_t)((b[AT_RCODE] & 0xf0) | (rcode & 15));
}

LIE(empty)
{
    MESSAGE;
    (void)a;
    set_rcode(r, 0);
}

LIE(nxdomain)
{
    MESSAGE;
    (void)a;
    set_rcode(r, 3);
}

LIE(servfail)
{
    MESSAGE;
    (void)a;
    set_rcode(r, 2);
}

LIE(refuse)
{
    MESSAGE;
    (void)a;
    set_rcode(r, 5);
}

LIE(rcode)
{
    MESSAGE;
    (void)a;
    set_rcode(r, lie->number);
}

LIE(truncate)
{
    MESSAGE;
    strip(r);
    a->bytes[AT_FLAGS] |= 2;
}

LIE(counts)
{
    MESSAGE;
    uint32_t more = lie->given ? (uint32_t)lie->number : 100;
    peer_put16(a->bytes + AT_ANSWERS, peer_get16(a->bytes + AT_ANSWERS) + more);
}

/* --- records --- */

/* Where a record's fixed part begins, behind its owner; 0: the message has no record there. */
static uint32_t behind_name(const struct peer_answer *a, uint32_t at)
{
    while (at < a->len && a->bytes[at] && a->bytes[at] < 64)
        at += 1u + a->bytes[at];
    at += at < a->len && a->bytes[at] >= 0xc0 ? 2 : 1;
    return at + RECORD_FIXED <= a->len ? at : 0;
}

/* Calls `change` for the fixed part of every record behind the question: type, class, TTL, length.
 */
static void each_record(struct dns_reply *r, void (*change)(uint8_t *fixed, int64_t number),
                        int64_t number)
{
    struct peer_answer *a = &r->answer;
    for (uint32_t at = r->question_end; at < a->len;) {
        uint32_t fixed = behind_name(a, at);
        if (!fixed)
            return;
        change(a->bytes + fixed, number);
        at = fixed + RECORD_FIXED + peer_get16(a->bytes + fixed + 8);
    }
}

static void change_ttl(uint8_t *fixed, int64_t number)
{
    if (peer_get16(fixed) != TYPE_OPT)
        peer_put32(fixed + 4, (uint32_t)number);
}

LIE(ttl)
{
    MESSAGE;
    (void)a;
    each_record(r, change_ttl, lie->number);
}

static void change_class(uint8_t *fixed, int64_t number)
{
    if (peer_get16(fixed) != TYPE_OPT)
        peer_put16(fixed + 2, (uint32_t)number);
}

LIE(wrong_class)
{
    MESSAGE;
    (void)a;
    each_record(r, change_class, CLASS_CHAOS);
}

/* --- one record made by hand in the answers' place --- */

static uint32_t put_name(struct peer_answer *a, const void *name, uint32_t len)
{
    memcpy(a->bytes + a->len, name, len);
    a->len += len;
    return a->len - len;
}

static void put_pointer(struct peer_answer *a, uint32_t to)
{
    peer_put16(a->bytes + a->len, POINTER | to);
    a->len += 2;
}

static void put_fixed(struct peer_answer *a, uint32_t type, uint32_t rdlength)
{
    uint8_t *p = a->bytes + a->len;
    peer_put16(p, type);
    peer_put16(p + 2, CLASS_IN);
    peer_put32(p + 4, TTL_S);
    peer_put16(p + 8, rdlength);
    a->len += RECORD_FIXED;
    peer_put16(a->bytes + AT_ANSWERS, 1);
}

/* 10.66.66.66: an address that no honest answer has */
static void put_address(struct peer_answer *a, uint32_t rdlength)
{
    put_fixed(a, TYPE_A, rdlength);
    memset(a->bytes + a->len, 66, 4);
    a->bytes[a->len] = 10;
    a->len += 4;
}

LIE(wrong_name)
{
    static const uint8_t evil[] = "\5other\4test";
    MESSAGE;
    strip(r);
    put_name(a, evil, sizeof evil);
    put_address(a, 4);
}

LIE(rdlength)
{
    MESSAGE;
    strip(r);
    put_pointer(a, DNS_HEADER);
    put_address(a, (uint32_t)lie->number);
}

LIE(cname_loop)
{
    MESSAGE;
    strip(r);
    put_pointer(a, DNS_HEADER);
    put_fixed(a, TYPE_CNAME, 2);
    put_pointer(a, DNS_HEADER);
}

/* --- names --- */

LIE(pointer_self)
{
    MESSAGE;
    strip(r);
    put_pointer(a, a->len);
    put_address(a, 4);
}

LIE(pointer_loop)
{
    MESSAGE;
    strip(r);
    uint32_t first = a->len;
    put_name(a, "\1a", 2);
    put_pointer(a, first + 4 + RECORD_FIXED + 4);
    put_address(a, 4);
    put_name(a, "\1b", 2);
    put_pointer(a, first);
    put_address(a, 4);
    peer_put16(a->bytes + AT_ANSWERS, 2);
}

/* RFC 1035 4.1.4: a pointer is to a prior occurrence. */
LIE(pointer_forward)
{
    MESSAGE;
    strip(r);
    put_pointer(a, a->len + 2 + RECORD_FIXED + 4);
    put_address(a, 4);
    put_name(a, a->bytes + DNS_HEADER, r->question_end - DNS_HEADER - 4);
}

LIE(pointer_past)
{
    MESSAGE;
    strip(r);
    put_pointer(a, 0x3fff);
    put_address(a, 4);
}

LIE(pointer_header)
{
    MESSAGE;
    strip(r);
    put_pointer(a, 0);
    put_address(a, 4);
}

LIE(pointer_cut)
{
    MESSAGE;
    strip(r);
    put_name(a, "\xc0", 1);
    peer_put16(a->bytes + AT_ANSWERS, 1);
}

LIE(label_reserved)
{
    MESSAGE;
    strip(r);
    a->bytes[a->len++] = 64;
    memset(a->bytes + a->len, 'a', 64);
    a->len += 64;
    a->bytes[a->len++] = 0;
    put_address(a, 4);
}

LIE(label_past)
{
    MESSAGE;
    strip(r);
    put_name(a,
             "\x3f"
             "abc",
             4);
    peer_put16(a->bytes + AT_ANSWERS, 1);
}

/* RFC 1035 2.3.4: at most 255 octets, lengths and root included; here 3 of 64, one of 63 and the
 * root. */
LIE(name_long)
{
    static const uint8_t length[] = {63, 63, 63, 62};
    MESSAGE;
    strip(r);
    for (int k = 0; k < 4; k++) {
        a->bytes[a->len++] = length[k];
        memset(a->bytes + a->len, 'a', length[k]);
        a->len += length[k];
    }
    a->bytes[a->len++] = 0;
    put_address(a, 4);
}

/* --- header and question --- */

LIE(no_qr)
{
    MESSAGE;
    a->bytes[AT_FLAGS] &= 0x7f;
}

LIE(opcode)
{
    MESSAGE;
    a->bytes[AT_FLAGS] = (uint8_t)((a->bytes[AT_FLAGS] & 0x87) | (lie->number & 15) << 3);
}

LIE(wrong_id)
{
    MESSAGE;
    peer_put16(a->bytes + AT_ID, peer_get16(a->bytes + AT_ID) + 1u);
}

/* Answers whose names point into the question keep their place: what it was stays behind, as a name
 * of its own would. */
LIE(no_question)
{
    MESSAGE;
    peer_put16(a->bytes + AT_QUESTIONS, 0);
    memset(a->bytes + AT_ANSWERS, 0, 6);
    a->len = DNS_HEADER;
}

LIE(wrong_question)
{
    MESSAGE;
    if (r->question_end > DNS_HEADER + 1)
        a->bytes[DNS_HEADER + 1] = a->bytes[DNS_HEADER + 1] == 'x' ? 'y' : 'x';
}

LIE(wrong_type)
{
    MESSAGE;
    if (r->question_end > DNS_HEADER + 4)
        a->bytes[r->question_end - 3] ^= 1;
}

LIE(upper)
{
    MESSAGE;
    for (uint32_t at = DNS_HEADER; at + 4 < r->question_end; at++)
        if (a->bytes[at] >= 'a' && a->bytes[at] <= 'z')
            a->bytes[at] = (uint8_t)(a->bytes[at] - ('a' - 'A'));
}

#define DNS_LIE_SPEC(id, name, argument, spoil, help) PEER_LIE_SPEC(name, spoil, argument),
const struct peer_lie_spec dnsd_lie_specs[DNS_LIE_COUNT] = {DNS_LIES(DNS_LIE_SPEC)};
const char *const dnsd_kind_name[DNS_KINDS + 1] = {"other", "a",  "aaaa", "ptr",
                                                   "cname", "mx", "txt",  NULL};
