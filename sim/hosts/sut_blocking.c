/*
 * A stack whose calls block, behind one whose calls do not. Each call runs on a coroutine with a
 * stack of its own; in env->wait it hands the thread back, and gets it again when its time has come
 * or a frame has been taken in. Nothing runs at the same time as anything else, so runs are as
 * repeatable as without. A coroutine's stack cannot be saved, so a world with it cannot be either.
 */
#include "sim/hosts/sut_plugin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "sim/hosts/plugin_object.h"
#include "sim/hosts/sut_host.h"

#if defined(__SANITIZE_ADDRESS__)
#define FIBERS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBERS 1
#endif
#endif
#ifdef FIBERS
#include <sanitizer/common_interface_defs.h>
#endif

enum { COROUTINES = 16, STACK_BYTES = 256 * 1024, GUARD_BYTES = 64 * 1024, ROUNDS = 1000 };

enum state { IDLE, RUNNING, ASLEEP, ENDED };

struct coroutine {
    enum state state;
    struct blocking *owner;
    ucontext_t context;
    void *stack, *fake; /* the sanitizer's, of this coroutine */
    int64_t until_ns;
    uint64_t token;
    const char *name;
    const struct value *argv;
    int argc;
    int64_t result;
    struct value out[SUT_ARGUMENTS];
};

struct blocking {
    const struct sut *sut;
    const struct sut_env *outer;
    struct sut_env env;
    void *instance;
    ucontext_t main;
    void *main_fake;
    const void *main_stack;
    size_t main_bytes;
    struct coroutine coroutine[COROUTINES];
    struct coroutine *now;
    int64_t poll_due_ns;
    bool frame_came;
};

/* What sut_host sees; inner is what it wraps. */
struct wrapped {
    struct sut sut; /* first */
    const struct sut *inner;
};

/* --- switching --- */

static void enter(struct blocking *b, struct coroutine *c)
{
    b->now = c;
    c->state = RUNNING;
#ifdef FIBERS
    __sanitizer_start_switch_fiber(&b->main_fake, c->stack, STACK_BYTES);
#endif
    swapcontext(&b->main, &c->context);
#ifdef FIBERS
    __sanitizer_finish_switch_fiber(b->main_fake, NULL, NULL);
#endif
    b->now = NULL;
}

static void leave(struct blocking *b, struct coroutine *c, enum state state)
{
    c->state = state;
#ifdef FIBERS
    __sanitizer_start_switch_fiber(state == ENDED ? NULL : &c->fake, b->main_stack, b->main_bytes);
#endif
    swapcontext(&c->context, &b->main);
#ifdef FIBERS
    __sanitizer_finish_switch_fiber(c->fake, &b->main_stack, &b->main_bytes);
#endif
}

/* makecontext passes ints, so the pointer comes in two. */
static void run(unsigned high, unsigned low)
{
    struct coroutine *c =
        (struct coroutine *)(uintptr_t)((uint64_t)high << 32 |
                                        low); /* NOLINT(performance-no-int-to-ptr) */
    struct blocking *b = c->owner;
#ifdef FIBERS
    __sanitizer_finish_switch_fiber(NULL, &b->main_stack, &b->main_bytes);
#endif
    c->result = b->sut->call(b->instance, c->token, c->name, c->argv, c->argc, c->out);
    leave(b, c, ENDED);
}

/* Below it lies a page that nobody may touch: whoever needs more than there is dies there, and does
 * not write over what is not his. */
static void *new_stack(void)
{
    uint8_t *at = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED || mprotect(at, GUARD_BYTES, PROT_NONE) != 0)
        return NULL;
    return at + GUARD_BYTES;
}

static bool begin(struct blocking *b, struct coroutine *c)
{
    if (!c->stack)
        c->stack = new_stack();
    if (!c->stack || getcontext(&c->context) != 0)
        return false;
    c->owner = b;
    c->context.uc_stack.ss_sp = c->stack;
    c->context.uc_stack.ss_size = STACK_BYTES;
    c->context.uc_link = NULL;
    uint64_t at = (uint64_t)(uintptr_t)c;
    makecontext(&c->context, (void (*)(void))run, 2, (unsigned)(at >> 32), (unsigned)at);
    enter(b, c);
    return true;
}

/* --- what the stack asks of us --- */

/* Outside a call there is nobody who could wait, which the host says. */
static int64_t wait_until(void *self, int64_t until_ns)
{
    struct blocking *b = self;
    struct coroutine *c = b->now;
    if (!c)
        return b->outer->wait(b->outer->self, until_ns);
    c->until_ns = until_ns;
    leave(b, c, ASLEEP);
    return b->outer->now(b->outer->self);
}

static void set_due(void *self, int64_t due_ns)
{
    ((struct blocking *)self)->poll_due_ns = due_ns;
}

static void transmit(void *self, int port, const void *frame, size_t len)
{
    struct blocking *b = self;
    b->outer->transmit(b->outer->self, port, frame, len);
}

static void done(void *self, uint64_t token, int64_t result, const struct value *out, int outs)
{
    struct blocking *b = self;
    b->outer->done(b->outer->self, token, result, out, outs);
}

static void draw(void *self, int purpose, void *out, size_t len)
{
    struct blocking *b = self;
    b->outer->random(b->outer->self, purpose, out, len);
}

static int64_t now_of(void *self)
{
    struct blocking *b = self;
    return b->outer->now(b->outer->self);
}

static void *memory(void *self, size_t size, uint64_t *device_address)
{
    struct blocking *b = self;
    return b->outer->memory(b->outer->self, size, device_address);
}

static void fate(void *self, uint32_t frame, bool consumed, const char *reason)
{
    struct blocking *b = self;
    b->outer->fate(b->outer->self, frame, consumed, reason);
}

static void trace(void *self, const char *what, int64_t value)
{
    struct blocking *b = self;
    b->outer->trace(b->outer->self, what, value);
}

static void fail(void *self, const char *sentence)
{
    struct blocking *b = self;
    b->outer->fail(b->outer->self, sentence);
}

/* --- the plug --- */

static void *blocking_open(const struct sut_env *env)
{
    const struct wrapped *w = (const struct wrapped *)sut_host_sut(env->self);
    struct blocking *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->sut = w->inner;
    b->outer = env;
    b->poll_due_ns = INT64_MAX;
    b->env = *env;
    b->env.self = b;
    b->env.transmit = transmit;
    b->env.due = set_due;
    b->env.done = done;
    b->env.random = draw;
    b->env.now = now_of;
    b->env.wait = wait_until;
    b->env.memory = memory;
    b->env.fate = fate;
    b->env.trace = trace;
    b->env.fail = fail;
    b->instance = b->sut->open(&b->env);
    if (b->instance)
        return b;
    free(b);
    return NULL;
}

static int blocking_attach(void *s, int port, const char *ifname, const uint8_t mac[6], int mtu,
                           const struct bus *bus)
{
    struct blocking *b = s;
    return b->sut->attach(b->instance, port, ifname, mac, mtu, bus);
}

static void blocking_input(void *s, int port, const void *frame, size_t len)
{
    struct blocking *b = s;
    b->frame_came = true;
    b->sut->input(b->instance, port, frame, len);
}

static void blocking_carrier(void *s, int port, bool up)
{
    struct blocking *b = s;
    b->frame_came = true; /* whoever waits may want to know */
    if (b->sut->carrier)
        b->sut->carrier(b->instance, port, up);
}

/* Wakes whoever waits, in the order of the calls' slots; a call that ended tells its result. */
static bool wake(struct blocking *b, bool frame_came)
{
    bool woken = false;
    int64_t now_ns = now_of(b);
    for (int k = 0; k < COROUTINES; k++) {
        struct coroutine *c = &b->coroutine[k];
        if (c->state != ASLEEP || (!frame_came && c->until_ns > now_ns))
            continue;
        woken = true;
        enter(b, c);
        if (c->state != ENDED)
            continue;
        c->state = IDLE;
        done(b, c->token, c->result, c->out, SUT_ARGUMENTS);
    }
    return woken;
}

static void blocking_poll(void *s)
{
    struct blocking *b = s;
    int rounds = 0;
    bool frame_came =
        b->frame_came || b->sut->flags & SUT_BUS; /* behind a NIC every poll may have brought one */
    b->frame_came = false;
    if (b->poll_due_ns <= now_of(b))
        b->poll_due_ns =
            INT64_MAX; /* it came: as with other stacks, a deadline is asked for once */
    do {
        b->sut->poll(b->instance);
        bool woken = wake(b, frame_came);
        frame_came = b->frame_came;
        b->frame_came = false;
        if (!woken)
            break;
    } while (++rounds < ROUNDS);
    int64_t due_ns = b->poll_due_ns;
    for (int k = 0; k < COROUTINES; k++)
        if (b->coroutine[k].state == ASLEEP && b->coroutine[k].until_ns < due_ns)
            due_ns = b->coroutine[k].until_ns;
    b->outer->due(b->outer->self, due_ns);
}

static int64_t blocking_call(void *s, uint64_t token, const char *name, const struct value *argv,
                             int argc, struct value *out)
{
    struct blocking *b = s;
    for (int k = 0; k < COROUTINES; k++) {
        struct coroutine *c = &b->coroutine[k];
        if (c->state != IDLE)
            continue;
        c->token = token;
        c->name = name;
        c->argv = argv;
        c->argc = argc;
        memset(c->out, 0, sizeof c->out);
        if (!begin(b, c))
            return -12; /* ENOMEM */
        if (c->state == ASLEEP)
            return SUT_PENDING;
        c->state = IDLE;
        memcpy(out, c->out, sizeof c->out);
        return c->result;
    }
    return -11; /* EAGAIN: more calls wait than there are coroutines */
}

static int blocking_query(void *s, const char *what, struct value *out)
{
    struct blocking *b = s;
    return b->sut->query ? b->sut->query(b->instance, what, out) : -1;
}

/* What still waits is never woken: its stack is thrown away. */
static void blocking_close(void *s)
{
    struct blocking *b = s;
    b->sut->close(b->instance);
    for (int k = 0; k < COROUTINES; k++)
        if (b->coroutine[k].stack)
            munmap((uint8_t *)b->coroutine[k].stack - GUARD_BYTES, GUARD_BYTES + STACK_BYTES);
    free(b);
}

const struct sut *sut_blocking(const struct sut *inner)
{
    struct wrapped *w = plugin_memory(sizeof *w);
    if (!w)
        return NULL;
    w->inner = inner;
    w->sut = (struct sut){
        .abi = SUT_ABI,
        .flags = inner->flags & ~(unsigned)SUT_SAVES,
        .name = inner->name,
        .version = inner->version,
        .open = blocking_open,
        .attach = blocking_attach,
        .input = inner->input ? blocking_input : NULL,
        .carrier = blocking_carrier,
        .poll = blocking_poll,
        .call = blocking_call,
        .query = blocking_query,
        .close = blocking_close,
        .lacks = inner->lacks,
    };
    return &w->sut;
}
