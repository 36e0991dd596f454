/* The bench's frames: what goes in, what comes out, and how the two compare. */
#include "sim/contract/rig.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t peer[6] = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02};

/* The content follows from the number; the first octets are the number itself. */
static void fill(uint8_t *bytes, uint32_t len, const uint8_t to[6], const uint8_t from[6],
                 uint32_t number)
{
    memcpy(bytes, to, 6);
    memcpy(bytes + 6, from, 6);
    bytes[12] = 0x88; /* IEEE 802: for local experiments */
    bytes[13] = 0xb5;
    for (uint32_t i = HEADER; i < len; i++)
        bytes[i] = (uint8_t)(number * 31 + i * 7 + (i >> 8) + 1);
    for (uint32_t i = 0; i < 4 && HEADER + i < len; i++)
        bytes[HEADER + i] = (uint8_t)(number >> 8 * i);
}

static struct rig_frame *append(struct rig_frames *f)
{
    if (f->count == f->room)
        f->frame = realloc(f->frame, (f->room += 256) * sizeof *f->frame);
    struct rig_frame *frame = &f->frame[f->count++];
    memset(frame->bytes, 0, SHORTEST);
    return frame;
}

int rig_send(struct rig *r, uint32_t len)
{
    struct rig_frame *f = append(&r->accepted);
    uint8_t *lent = malloc(len); /* that a read behind its end is seen by a sanitizer */
    fill(f->bytes, len, peer, r->mac, ++r->numbers);
    f->number = r->numbers;
    f->len = len < SHORTEST ? SHORTEST : len;
    memcpy(lent, f->bytes, len);
    snprintf(r->verdict->call, sizeof r->verdict->call, "send");
    *r->who->machine_at = &r->board.machine;
    r->verdict->accesses = r->accesses = 0;
    int status = rig_driver(r)->send(&r->device, lent, len);
    r->verdict->call[0] = 0;
    memset(lent, 0xa5, len);
    free(lent);
    struct why why = {{0}};
    if (world_failed(r->board.world, &why))
        rig_fail(r, 0, "send() of %u octets: %s", len, why.text);
    if (status != 0)
        r->accepted.count--;
    return status;
}

void rig_send_surely(struct rig *r, uint32_t len)
{
    bool last = false;
    for (uint32_t tries = 0; rig_send(r, len) != 0; tries++) {
        if ((last || tries > 4 * ROOM_MOST) && len > SHORTEST && rig_send(r, SHORTEST) == 0)
            rig_fail(r, NIC_SENDING,
                     "send() refuses a frame of %u octets and takes one of %d: its buffers must "
                     "hold frames of up to %d",
                     len, SHORTEST, LONGEST);
        if (last || tries > 4 * ROOM_MOST)
            rig_fail(r, NIC_SENDING | NIC_INTERRUPTING,
                     "send() refuses a frame for want of room although all %u before it have left "
                     "and no interrupt is pending: slots that the device is through with are not "
                     "taken back",
                     r->left.count);
        last = world_next(r->board.world) == NEVER && !nic_line_is_up(r->nic);
        if (world_next(r->board.world) != NEVER)
            rig_pass_time(r, world_next(r->board.world) - world_now(r->board.world));
        rig_interrupts(r);
    }
}

bool rig_come_to(struct rig *r, const uint8_t to[6], uint32_t len)
{
    struct rig_frame *f = append(&r->taken);
    const char *reason = NULL;
    fill(f->bytes, len, to, peer, ++r->numbers);
    f->number = r->numbers;
    f->len = len < SHORTEST ? SHORTEST : len;
    bool taken = nic_receive(r->nic, f->bytes, len, false, &reason);
    if (!taken)
        r->taken.count--;
    if (!r->striking && !r->held)
        rig_interrupts(r);
    return taken;
}

bool rig_come(struct rig *r, uint32_t len)
{
    return rig_come_to(r, r->mac, len);
}

void rig_take(struct rig *r, uint32_t len)
{
    const char *reason = "";
    struct rig_frame *f = append(&r->taken);
    fill(f->bytes, len, r->mac, peer, ++r->numbers);
    f->number = r->numbers;
    f->len = len < SHORTEST ? SHORTEST : len;
    bool taken = nic_receive(r->nic, f->bytes, len, false, &reason);
    if (!taken && !r->held) {
        rig_await(r, UINT32_MAX);
        f = &r->taken.frame[r->taken.count - 1];
        taken = nic_receive(r->nic, f->bytes, len, false, &reason);
    }
    if (!taken)
        rig_fail(r, NIC_RECEIVING | NIC_INTERRUPTING,
                 "the device could not take frame %u, of %u octets, though the driver had time to "
                 "make room (it counts %s)",
                 f->number, len, reason);
    rig_interrupts(r);
}

/* --- judging --- */

static bool same(const struct rig_frame *a, const struct rig_frame *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

enum { SHIFT_MOST = 16, SHIFT_LEAST = 24 };

/* By how many octets `got` begins late (< 0) or early in `want`; 0: by none. */
static int shift_of(const struct rig_frame *want, const struct rig_frame *got)
{
    for (uint32_t by = 1; by <= SHIFT_MOST; by++) {
        if (got->len > by + SHIFT_LEAST && memcmp(want->bytes, got->bytes + by, SHIFT_LEAST) == 0)
            return (int)by;
        if (want->len > by + SHIFT_LEAST && memcmp(want->bytes + by, got->bytes, SHIFT_LEAST) == 0)
            return -(int)by;
    }
    return 0;
}

static bool is_zero(const uint8_t *bytes, uint32_t len)
{
    while (len && bytes[len - 1] == 0)
        len--;
    return len == 0;
}

/* How `got` differs from `want`; `before` a frame that lies in its buffer, NULL: nothing does. */
static void say_difference(const struct rig_frame *want, const struct rig_frame *got,
                           const struct contract_nic *row, bool came, char *out, size_t room)
{
    const char *before = row->before;
    int shift = shift_of(want, got);
    if (shift && before) {
        snprintf(out, room, "%s %d octets%s: before each frame stands %s",
                 shift > 0 ? "begins" : "lacks its first", shift > 0 ? shift : -shift,
                 shift > 0 ? " early" : "", before);
        return;
    }
    uint32_t at = 0, both = want->len < got->len ? want->len : got->len;
    while (at < both && want->bytes[at] == got->bytes[at])
        at++;
    if (at == both && got->len == want->len + 4)
        snprintf(out, room, "has %u octets in place of %u: the last 4 are the frame check sequence",
                 got->len, want->len);
    else if (at == 0 && is_zero(got->bytes, got->len))
        snprintf(out, room, "is all zeros: what was %s lies in another buffer%s",
                 came ? "received" : "to be sent",
                 came ? "" : ", or was written there after the device was told");
    else if (at == both && came && got->len + 4 == want->len)
        snprintf(out, room, "lacks its last 4 octets: the check sequence had %s",
                 row->sequence ? row->sequence : "been taken off already");
    else if (at == both && came && got->len < want->len)
        snprintf(out, room, "has %u octets in place of %u: it is cut", got->len, want->len);
    else if (at == both && got->len < SHORTEST)
        snprintf(out, room,
                 "has %u octets: a frame on Ethernet has 60 at least (IEEE 802.3 4.2.3.3), the "
                 "driver must pad it where the device does not",
                 got->len);
    else if (at == both && got->len + 4 == want->len)
        snprintf(out, room,
                 "lacks its last 4 octets: the frame check sequence is no part of the length that "
                 "the device is given");
    else if (at == both)
        snprintf(out, room, "has %u octets in place of %u", got->len, want->len);
    else if (got->len == SHORTEST && want->len == SHORTEST && is_zero(got->bytes + at, both - at))
        snprintf(out, room,
                 "ends after %u octets, what follows is padding: the device was given a shorter "
                 "length (the frame check sequence is no part of it)",
                 at);
    else
        snprintf(out, room, "has octet %u 0x%02x in place of 0x%02x (%u octets, expected %u)", at,
                 got->bytes[at], want->bytes[at], got->len, want->len);
}

static uint32_t number_of(const struct rig_frame *f)
{
    const uint8_t *p = f->bytes + HEADER;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void rig_judge_sent(struct rig *r)
{
    char how[240];
    uint32_t k = 0;
    for (; k < r->left.count; k++) {
        const struct rig_frame *got = &r->left.frame[k];
        if (k == r->accepted.count)
            rig_fail(r, NIC_SENDING, "a frame of %u octets left that was not given to send()%s",
                     got->len, number_of(got) <= r->numbers ? ": one that had left before" : "");
        const struct rig_frame *want = &r->accepted.frame[k];
        if (same(want, got))
            continue;
        if (got->len >= SHORTEST && want->len > 17 && number_of(got) > want->number &&
            number_of(got) <= r->numbers)
            rig_fail(r, NIC_SENDING,
                     "frame %u never left, frame %u left in its place: send() took it, and its "
                     "slot or descriptor was used again before the device had sent it",
                     want->number, number_of(got));
        if (got->len >= SHORTEST && number_of(want) == want->number && number_of(got) &&
            number_of(got) < want->number)
            rig_fail(
                r, NIC_SENDING,
                "frame %u left again in place of frame %u: what the device found there - entry, "
                "address, buffer - is the old one's; all of it is written before the device is "
                "told, and each place has its own",
                number_of(got), want->number);
        say_difference(want, got, r->row, false, how, sizeof how);
        uint32_t padded = 0;
        while (padded < SHORTEST && want->bytes[SHORTEST - 1 - padded] == 0)
            padded++;
        rig_fail(r, NIC_SENDING, "frame %u left otherwise than it was given to send(): it %s%s",
                 want->number, how,
                 got->len == want->len && want->len == SHORTEST && padded > 1
                     ? "; what pads it is to be zeros, it may be the rest of another frame"
                     : "");
    }
    if (k < r->accepted.count)
        rig_fail(r, NIC_SENDING | NIC_INTERRUPTING,
                 "of %u frames that send() took, %u never left, frame %u first", r->accepted.count,
                 r->accepted.count - k, r->accepted.frame[k].number);
    r->left.count = r->accepted.count = 0;
}

/* The first of the frames taken that equals this one, from `from` on. */
static uint32_t find(const struct rig_frames *f, uint32_t from, const struct rig_frame *one)
{
    while (from < f->count && !same(&f->frame[from], one))
        from++;
    return from;
}

__attribute__((noreturn)) static void foreign(struct rig *r, uint32_t at,
                                              const struct rig_frame *got)
{
    char how[240] = "";
    if (same(got, &r->last_up) || find(&r->taken, 0, got) < r->taken.count)
        rig_fail(
            r, NIC_RECEIVING,
            "frame %u came up twice: what was handed up is marked as free, or the ring's place "
            "is moved on, before the ring is looked at again",
            number_of(got));
    if (number_of(got) && number_of(got) <= r->numbers && at < r->taken.count &&
        number_of(got) < r->taken.frame[at].number && got->len >= SHORTEST)
        rig_fail(
            r, NIC_RECEIVING,
            "frame %u, which came long before or was not for us, came up only now: each call of "
            "interrupt() hands up all that lies in the ring, not one frame",
            number_of(got));
    if (at == r->taken.count)
        rig_fail(r, NIC_RECEIVING,
                 "wd_receive was given a frame of %u octets though none had come that is to be "
                 "handed up: what the descriptor or the packet's head says was not looked at, or "
                 "misread",
                 got->len);
    say_difference(&r->taken.frame[at], got, r->row, true, how, sizeof how);
    rig_fail(r, NIC_RECEIVING, "frame %u came up otherwise than it came by the wire: it %s",
             r->taken.frame[at].number, how);
}

static bool has_reset(const struct rig *r)
{
    return nic_count(r->nic, "resets", NULL) != r->resets;
}

void rig_judge_received_from(struct rig *r, uint32_t from)
{
    uint32_t at = 0;
    rig_await(r, r->taken.count);
    for (uint32_t k = 0; k < r->up.count; k++) {
        const struct rig_frame *got = &r->up.frame[k];
        uint32_t found = find(&r->taken, at, got);
        if (found == r->taken.count)
            foreign(r, at, got);
        for (; at < found; at++)
            if (r->taken.frame[at].number >= from)
                rig_fail(r, NIC_RECEIVING | NIC_INTERRUPTING,
                         "frame %u, of %u octets, was taken by the device and did not come up "
                         "before frame %u did",
                         r->taken.frame[at].number, r->taken.frame[at].len,
                         r->taken.frame[found].number);
        r->last_up = *got;
        at++;
    }
    for (; at < r->taken.count; at++)
        if (r->taken.frame[at].number >= from)
            rig_fail(r, NIC_RECEIVING | NIC_INTERRUPTING,
                     "frame %u, of %u octets, lies in the device's ring and never came up: "
                     "wd_receive was called for %u of %u frames%s",
                     r->taken.frame[at].number, r->taken.frame[at].len, r->up.count, r->taken.count,
                     has_reset(r) && !r->may_reset
                         ? "; the driver has reset the device since attach(): it took what the "
                           "descriptor or the packet's head says (little-endian) for wrong"
                         : "");
    r->taken.count = r->up.count = 0;
}

void rig_judge_received(struct rig *r)
{
    rig_judge_received_from(r, 0);
    uint64_t resets = nic_count(r->nic, "resets", NULL) - r->resets;
    if (resets && !r->may_reset)
        rig_fail(r, NIC_RECEIVING,
                 "the driver has reset the device %llu times though every frame was whole and had "
                 "room: it lost its place in the ring",
                 (unsigned long long)resets);
}

void rig_forget(struct rig *r)
{
    if (r->attached)
        rig_await(r, UINT32_MAX);
    r->accepted.count = r->left.count = r->taken.count = r->up.count = 0;
}

void rig_judge_alive(struct rig *r, const char *after)
{
    static const uint32_t lengths[] = {60, 61, 590, 1514};
    const char *was = r->when;
    r->when = after ? after : r->when;
    for (int round = 0; round < 3; round++)
        for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
            rig_take(r, lengths[k]);
            rig_judge_received(r);
            rig_send_surely(r, lengths[k]);
            rig_settle(r);
            rig_judge_sent(r);
        }
    r->when = was;
}
