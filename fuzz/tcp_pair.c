/*
 * Two of our stacks, one at each end of a hostile wire. Octets say what the users write, read and
 * close, and what becomes of each frame: passed on, lost, doubled, held back, one bit of it turned.
 * In the end the wire is whole: each user reads what the other wrote, octet by octet, and both
 * connections end.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include "fuzz/wire_fuzz.h"
#include "sim/base/poison.h"
#include "sim/hosts/stack_sut.h"
#include "sim/packet/packet.h"
#include "sim/world/world.h"

enum {
    SIDES = 2,
    ARENA = 1 << 19,
    HELD = 64,
    FRAME = 1514,
    MOST = 20000,
    EVENTS = 3000,
    PURPOSES = 16,
    ROUNDS = 1000,
    PORT = 80
};
static const int64_t ms_ns = 1000000, whole_ns = 900 * INT64_C(1000000000);

struct side {
    const struct sut_env *env;
    void *stack;
    int64_t due_ns;
    int fd;
    uint32_t written, read, ip;
    bool shut, ended, reset;
    struct random_stream purpose[PURPOSES];
};

/* A frame on its way. */
struct held {
    int64_t at_ns;
    uint32_t order, to, len;
    uint8_t bytes[FRAME];
};

/* All that a run changes; a copy of it is where each begins. */
struct pair {
    struct side side[SIDES];
    struct sut_env env[SIDES];
    struct held held[HELD];
    uint32_t helds, order, arena_used;
    int64_t now_ns;
    const uint8_t *fate;
    size_t fates;
    bool whole;
    uint8_t arena[ARENA] __attribute__((aligned(64)));
};

static struct pair pair, *image;
static const uint8_t mac[SIDES][6] = {{0x52, 0x54, 0, 0x12, 0x34, 1},
                                      {0x52, 0x54, 0, 0x12, 0x34, 2}};

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* --- what the stacks may ask for --- */

static uint32_t side_of(const void *self)
{
    return (uint32_t)((const struct side *)self - pair.side);
}

static int64_t env_now(void *self)
{
    (void)self;
    return pair.now_ns;
}

static void env_due(void *self, int64_t due_ns)
{
    ((struct side *)self)->due_ns = due_ns;
}

static void env_done(void *self, uint64_t token, int64_t result, const struct value *out, int outs)
{
    (void)self, (void)token, (void)result, (void)out, (void)outs;
}

static void env_random(void *self, int purpose, void *out, size_t len)
{
    random_bytes(&((struct side *)self)->purpose[purpose & (PURPOSES - 1)], out, len);
}

static void *env_memory(void *self, size_t size, uint64_t *device_address)
{
    (void)self, (void)device_address;
    size = (size + 63) & ~(size_t)63;
    CHECK(size <= ARENA - pair.arena_used);
    void *p = pair.arena + pair.arena_used;
    pair.arena_used += (uint32_t)size;
    memset(p, 0, size);
    return p;
}

static void env_fate(void *self, uint32_t frame, bool consumed, const char *reason)
{
    (void)self, (void)frame, (void)consumed, (void)reason;
}

static void env_trace(void *self, const char *what, int64_t value)
{
    (void)self, (void)what, (void)value;
}

static void env_fail(void *self, const char *sentence)
{
    (void)self;
    fprintf(stderr, "pair: %s\n", sentence);
    __builtin_trap();
}

/* --- the wire --- */

static uint8_t next_fate(void)
{
    if (pair.whole || pair.fates == 0)
        return 0;
    pair.fates--;
    return *pair.fate++;
}

static void hold(uint32_t to, const void *frame, size_t len, int64_t delay_ns)
{
    if (pair.helds == HELD)
        return; /* a queue that is full */
    struct held *h = &pair.held[pair.helds++];
    *h = (struct held){.at_ns = pair.now_ns + delay_ns, .order = pair.order++, .to = to};
    h->len = (uint32_t)len;
    memcpy(h->bytes, frame, len);
}

static void env_transmit(void *self, int port, const void *frame, size_t len)
{
    uint32_t to = !side_of(self);
    uint8_t fate = next_fate();
    CHECK(port == 0 && len <= FRAME);
    if ((fate & 7) == 1)
        return;
    hold(to, frame, len, (fate & 7) == 2 ? (1 + (fate >> 3)) * 10 * ms_ns : 5 * ms_ns);
    if ((fate & 7) == 3)
        hold(to, frame, len, (6 + (fate >> 3)) * ms_ns);
    struct held *h = &pair.held[pair.helds - 1];
    if ((fate & 7) == 4 && h->len > 34) /* past the frame's own check, before TCP's */
        h->bytes[34 + (fate >> 3) % (h->len - 34)] ^= 1;
}

static void poll_side(struct side *s)
{
    for (int round = 0;; round++) {
        stack_wire_sut.poll(s->stack);
        if (s->due_ns > pair.now_ns)
            return;
        CHECK(round < ROUNDS); /* it comes to rest */
    }
}

/* The next frame or deadline up to then; false: there is none. */
static bool step(int64_t until_ns)
{
    struct held *first = NULL;
    for (uint32_t k = 0; k < pair.helds; k++) {
        struct held *h = &pair.held[k];
        if (!first || h->at_ns < first->at_ns ||
            (h->at_ns == first->at_ns && h->order < first->order))
            first = h;
    }
    int64_t at = until_ns;
    for (int k = 0; k < SIDES; k++)
        at = pair.side[k].due_ns < at ? pair.side[k].due_ns : at;
    bool frame = first && first->at_ns <= at;
    if (!frame && at == until_ns) {
        pair.now_ns = until_ns;
        return false;
    }
    pair.now_ns = frame ? first->at_ns : at > pair.now_ns ? at : pair.now_ns;
    if (frame) {
        struct held h = *first;
        *first = pair.held[--pair.helds];
        stack_wire_sut.input(pair.side[h.to].stack, 0, h.bytes, h.len);
    }
    for (int k = 0; k < SIDES; k++)
        poll_side(&pair.side[k]);
    return true;
}

/* --- the users --- */

static struct value number(int64_t n)
{
    return (struct value){.kind = VALUE_NUMBER, .number = n};
}

static int64_t call(struct side *s, const char *name, const struct value *argv, int argc,
                    struct value *out)
{
    memset(out, 0, SUT_ARGUMENTS * sizeof *out);
    int64_t got = stack_wire_sut.call(s->stack, 1, name, argv, argc, out);
    poll_side(s);
    return got;
}

static void write_some(struct side *s, uint32_t len)
{
    uint8_t octets[MOST];
    struct value out[SUT_ARGUMENTS];
    packet_pattern_fill(octets, len, s->written);
    const struct value argv[] = {number(s->fd),
                                 {.kind = VALUE_BYTES, .bytes = octets, .len = len},
                                 number(len),
                                 number(MSG_DONTWAIT)};
    int64_t got = s->fd < 0 || s->shut ? 0 : call(s, "send", argv, 4, out);
    CHECK(got <= (int64_t)len);
    s->written += got > 0 ? (uint32_t)got : 0;
}

static void read_some(struct side *s, uint32_t len)
{
    struct value out[SUT_ARGUMENTS];
    const struct value argv[] = {
        number(s->fd), {.kind = VALUE_NONE}, number(len), number(MSG_DONTWAIT)};
    if (s->fd < 0 || s->ended || s->reset)
        return;
    int64_t got = call(s, "recv", argv, 4, out);
    if (got > 0) {
        CHECK(packet_pattern_run(out[1].bytes, (uint32_t)got, s->read) == got);
        s->read += (uint32_t)got;
        CHECK(s->read <= pair.side[!side_of(s)].written);
    }
    s->ended = got == 0 && len > 0;
    s->reset = got < 0 && got != -ERR_AGAIN;
}

static void shut(struct side *s)
{
    struct value out[SUT_ARGUMENTS];
    const struct value argv[] = {number(s->fd), number(SHUT_WR)};
    if (s->fd >= 0 && !s->shut)
        call(s, "shutdown", argv, 2, out);
    s->shut = s->fd >= 0;
}

static void close_side(struct side *s)
{
    struct value out[SUT_ARGUMENTS];
    const struct value argv[] = {number(s->fd)};
    if (s->fd >= 0)
        call(s, "close", argv, 1, out);
    s->fd = -1;
}

/* --- a run --- */

static void configure(struct side *s)
{
    struct value out[SUT_ARGUMENTS];
    struct value argv[] = {{.kind = VALUE_BYTES, .bytes = (const uint8_t *)"eth0", .len = 4},
                           {.kind = VALUE_PREFIX, .number = s->ip, .prefix = 24},
                           {.kind = VALUE_MAC, .bytes = mac[!side_of(s)], .len = 6}};
    call(s, "ifconfig", argv, 2, out);
    argv[1] = (struct value){.kind = VALUE_IPV4, .number = pair.side[!side_of(s)].ip};
    call(s, "neighbour", argv, 3, out);
}

static void open_side(struct side *s)
{
    uint32_t k = side_of(s);
    for (int p = 0; p < PURPOSES; p++)
        random_init(&s->purpose[p], k + 1, "pair");
    pair.env[k] = (struct sut_env){.self = s,
                                   .transmit = env_transmit,
                                   .due = env_due,
                                   .done = env_done,
                                   .random = env_random,
                                   .now = env_now,
                                   .memory = env_memory,
                                   .fate = env_fate,
                                   .trace = env_trace,
                                   .fail = env_fail,
                                   .needs = {.ports = 1, .small = true}};
    s->ip = 0x0a000201 + k;
    s->fd = -1;
    s->stack = stack_wire_sut.open(&pair.env[k]);
    CHECK(s->stack && stack_wire_sut.attach(s->stack, 0, "eth0", mac[k], 1500, NULL) == 0);
}

/* A connection from the first to the second, which the wire leaves alone. */
static void connect_sides(void)
{
    struct side *a = &pair.side[0], *b = &pair.side[1];
    struct value out[SUT_ARGUMENTS],
        type[] = {{.kind = VALUE_NONE}, number(SOCK_STREAM | SOCK_NONBLOCK), number(6)};
    int64_t listener = call(b, "socket", type, 3, out);
    struct value at[] = {number(listener), {.kind = VALUE_ENDPOINT, .prefix = PORT}};
    CHECK(call(b, "bind", at, 2, out) == 0);
    at[1] = number(1);
    CHECK(call(b, "listen", at, 2, out) == 0);
    a->fd = (int)call(a, "socket", type, 3, out);
    const struct value to[] = {number(a->fd),
                               {.kind = VALUE_ENDPOINT, .number = b->ip, .prefix = PORT}};
    call(a, "connect", to, 2, out);
    while (step(pair.now_ns + 100 * ms_ns))
        ;
    const struct value from[] = {
        number(listener), {.kind = VALUE_NONE}, {.kind = VALUE_NONE}, number(SOCK_NONBLOCK)};
    b->fd = (int)call(b, "accept4", from, 4, out);
    CHECK(b->fd >= 0 && call(b, "close", at, 1, out) == 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    pair.whole = true;
    for (int k = 0; k < SIDES; k++)
        open_side(&pair.side[k]);
    for (int k = 0; k < SIDES; k++)
        configure(&pair.side[k]);
    connect_sides();
    image = malloc(sizeof pair);
    CHECK(image);
    UNPOISON(&pair, sizeof pair);
    memcpy(image, &pair, sizeof pair);
    return 0;
}

/* The first half of the octets is what the users do, the second what becomes of frames. */
static void play(const uint8_t *data, size_t size)
{
    static const uint32_t sizes[8] = {1, 100, 1000, 1460, 3000, 8000, MOST, 7};
    for (size_t k = 0; k < size; k++) {
        struct side *s = &pair.side[data[k] & 1];
        uint32_t what = data[k] >> 1 & 7, how = data[k] >> 4;
        if (what < 3)
            write_some(s, sizes[how & 7]);
        else if (what < 5)
            read_some(s, sizes[how & 7]);
        else if (what == 5 && how == 15)
            shut(s);
        for (int64_t until = pair.now_ns + (1 + how * how) * 4 * ms_ns; what > 5 && step(until);)
            ;
    }
}

/* Its user timeout was over before the wire was whole: the other end need not hear of it. */
static bool gave_up(const struct side *s)
{
    struct value out = {0};
    CHECK(stack_wire_sut.query(s->stack, "counter tcp.ended.timeout", &out) == 0);
    return out.number > 0;
}

/* What was written is what is read, unless somebody was told that it was not. */
static void heal(void)
{
    pair.whole = true;
    int64_t until_ns = pair.now_ns + whole_ns;
    for (int k = 0; k < SIDES; k++)
        shut(&pair.side[k]);
    for (int n = 0; n < EVENTS && step(until_ns); n++)
        for (int k = 0; k < SIDES; k++)
            read_some(&pair.side[k], MOST);
    for (int k = 0; k < SIDES; k++) {
        struct side *s = &pair.side[k];
        for (int n = 0; n < HELD; n++) /* the end may stand behind the last octets */
            read_some(s, MOST);
        if (gave_up(s) || gave_up(&pair.side[!k]))
            continue;
        CHECK(s->ended || s->reset);
        CHECK(s->reset || s->read == pair.side[!k].written);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct value out;
    UNPOISON(&pair, sizeof pair);
    memcpy(&pair, image, sizeof pair.side + sizeof pair.env);
    pair.arena_used = image->arena_used;
    memcpy(pair.arena, image->arena, pair.arena_used);
    pair.now_ns = image->now_ns;
    pair.helds = pair.order = 0;
    pair.whole = false;
    pair.fate = data + size / 2;
    pair.fates = size - size / 2;
    play(data, size / 2);
    heal();
    for (int k = 0; k < SIDES; k++)
        close_side(&pair.side[k]);
    for (int64_t until_ns = pair.now_ns + whole_ns; step(until_ns);)
        ;
    for (int k = 0; k < SIDES; k++) {
        CHECK(stack_wire_sut.query(pair.side[k].stack, "tcp.chunks", &out) == 0 && out.number == 0);
        stack_wire_sut.close(pair.side[k].stack);
    }
    return 0;
}
