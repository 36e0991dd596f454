/* What a stack may ask of its host: the wire, the clock, random numbers, memory. */
#include <string.h>
#include "sim/hosts/sut_inside.h"

enum { INSTANT_QUESTIONS = 10000000 };

static struct sut_state *state_of(struct host *h)
{
    return h->state;
}

void sut_env_transmit(void *self, int port, const void *frame, size_t len)
{
    struct host *h = self;
    /* A stack that gives whole frames stands behind a NIC that pads them; a model of a NIC does
     * what its chip does. */
    size_t least = state_of(h)->board ? 1 : ETHERNET_HEADER,
           most = state_of(h)->board ? FRAME_MAX : LONGEST_FRAME;
    if (port < 0 || port >= (int)h->ports || !frame || len < least || len > most) {
        world_fail(h->world,
                   "%s sent a frame of %zu bytes on interface %d: there are interfaces 0 to %u, "
                   "and frames of %zu to %zu bytes",
                   h->name, frame ? len : 0, port, h->ports - 1, least, most);
        return;
    }
    uint32_t padded = !state_of(h)->board && len < SHORTEST_FRAME ? SHORTEST_FRAME : (uint32_t)len;
    struct frame *f = host_frame(h, padded);
    memcpy(f->bytes, frame, len);
    host_send(h, port, f);
}

static void env_due(void *self, int64_t due_ns)
{
    struct host *h = self;
    struct sut_state *s = state_of(h);
    s->due_ns = due_ns;
    if (!s->busy)
        host_due(h, due_ns);
}

struct value sut_sane(const struct value *v)
{
    bool bytes = v->kind == VALUE_BYTES || v->kind == VALUE_MAC || v->kind == VALUE_IPV6;
    bool items = v->kind == VALUE_STRUCT || v->kind == VALUE_LIST;
    if (v->kind < VALUE_NONE || v->kind > VALUE_ENDPOINT || (bytes && v->len && !v->bytes) ||
        (v->kind == VALUE_NAME && !v->text) || (items && v->items && !v->item))
        return (struct value){.kind = VALUE_NONE};
    return *v;
}

static void env_done(void *self, uint64_t token, int64_t result, const struct value *out, int outs)
{
    const struct sut_listener *l = &state_of(self)->config.listener;
    struct value given[SUT_ARGUMENTS];
    outs = !out || outs < 0 ? 0 : outs > SUT_ARGUMENTS ? SUT_ARGUMENTS : outs;
    for (int k = 0; k < outs; k++)
        given[k] = sut_sane(&out[k]);
    if (l->done)
        l->done(l->ctx, self, token, result, given, outs);
}

static void env_random(void *self, int purpose, void *out, size_t len)
{
    struct sut_state *s = state_of(self);
    random_bytes(&s->purpose[purpose >= 0 && purpose < SUT_PURPOSES ? purpose : SUT_PURPOSES - 1],
                 out, len);
}

/* A loop that waits for a time to come: none passes while the host runs. */
int64_t sut_host_now(struct host *h)
{
    struct sut_state *s = state_of(h);
    int64_t now_ns = host_now(h);
    s->questions = now_ns == s->asked_ns ? s->questions + 1 : 0;
    s->asked_ns = now_ns;
    if (s->questions == INSTANT_QUESTIONS)
        world_fail_hard(h->world,
                        "%s: %s asked for the time ten million times at one instant: no time "
                        "passes while it runs",
                        h->name, s->config.sut->name);
    return now_ns;
}

static int64_t env_now(void *self)
{
    return sut_host_now(self);
}

static int64_t env_wait(void *self, int64_t until_ns)
{
    const struct host *h = self;
    (void)until_ns;
    /* Whoever waits does so in a loop, which would never end. sut_blocking.c puts a function of its
     * own here. */
    world_fail_hard(h->world,
                    "the stack %s waits where it must not: only a call of a stack with SUT_BLOCKS "
                    "may, not open, input or poll",
                    sut_host_sut(h)->name);
}

static void *env_memory(void *self, size_t size, uint64_t *device_address)
{
    struct host *h = self;
    struct sut_state *s = state_of(h);
    if (s->memories == SUT_MEMORIES)
        return NULL;
    struct sut_memory *m = &s->memory[s->memories++];
    m->at = s->board ? s->board->kind->memory(s->board, size, &m->device_address)
                     : world_alloc(h->world, size, 64);
    m->size = size;
    if (device_address)
        *device_address = m->device_address;
    return m->at;
}

void sut_tell(struct host *h, uint32_t frame, enum sut_fate fate, const char *reason)
{
    const struct sut_listener *l = &state_of(h)->config.listener;
    if (l->fate)
        l->fate(l->ctx, frame, fate, reason);
}

/* Frames older than the one being delivered were held (a fragment, say) and are looked up. */
static void env_fate(void *self, uint32_t stack_frame, bool consumed, const char *reason)
{
    struct host *h = self;
    struct sut_state *s = state_of(h);
    if (!s->config.watch_fates)
        return;
    uint32_t frame = s->current;
    for (uint32_t i = 0; i < s->pendings; i++) {
        if (s->pending[i].stack_frame != stack_frame)
            continue;
        frame = s->pending[i].frame;
        s->pending[i] = s->pending[--s->pendings];
        break;
    }
    if (frame == s->current)
        s->told = true;
    sut_tell(h, frame, consumed ? SUT_FATE_CONSUMED : SUT_FATE_DROPPED, reason);
}

static void env_fail(void *self, const char *sentence)
{
    struct host *h = self;
    world_fail(h->world, "%s: %s", state_of(h)->config.sut->name, sentence);
}

static void env_trace(void *self, const char *what, int64_t value)
{
    struct host *h = self;
    const struct sut_config *c = &state_of(h)->config;
    if (c->traced && what)
        c->traced(c->looks_on_ctx, what, value);
    world_state_event(h->world, h->owner.id, what ? what : "", value);
}

void sut_env_fill(struct host *h)
{
    const struct nic_kind *nic = state_of(h)->config.nic;
    state_of(h)->env = (struct sut_env){
        .self = h,
        .fill = state_of(h)->config.fill,
        .transmit = sut_env_transmit,
        .due = env_due,
        .done = env_done,
        .random = env_random,
        .now = env_now,
        .wait = env_wait,
        .memory = env_memory,
        .fate = env_fate,
        .trace = env_trace,
        .fail = env_fail,
        .needs = {.ports = (int)h->ports,
                  .nic = nic ? nic->name : NULL,
                  .sockets = state_of(h)->config.sockets,
                  .small = state_of(h)->config.small},
    };
}
