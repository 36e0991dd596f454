#include "sim/hosts/stack_sut_wrap.h"
#include "stack/core/keyed_hash.h"
#include "stack/core/module.h"
#include "stack/stack.h"

struct tcp_pcb;

/* How far before the wrap: a handshake and a few segments, a round trip, a datagram. */
#define SEQUENCE_BEFORE UINT32_C(100)
#define STAMP_BEFORE_MS UINT32_C(150)
#define ID_BEFORE       UINT64_C(2)
#define CLOCK_BEFORE_NS INT64_C(100000000)
#define CLOCK_WRAPS_NS  (INT64_C(4294967296) * 1000000)

enum { IP_FLOW_OCTETS = 9, ID_SHIFT = 32 };

static struct {
    bool on, begun;
    uint32_t shift; /* of sequence numbers, so that the first is where it should be */
    int64_t (*now)(void *self);
    void (*due)(void *self, int64_t due_ns);
} wrap;

void stack_wrap(bool on)
{
    wrap.on = on;
    wrap.begun = false;
}

/* --- the clock --- */

static int64_t late_now(void *self)
{
    return wrap.now(self) + CLOCK_WRAPS_NS - CLOCK_BEFORE_NS;
}

static void early_due(void *self, int64_t due_ns)
{
    wrap.due(self, due_ns == INT64_MAX || due_ns < CLOCK_WRAPS_NS - CLOCK_BEFORE_NS
                       ? due_ns
                       : due_ns - (CLOCK_WRAPS_NS - CLOCK_BEFORE_NS));
}

const struct sut_env *stack_wrap_env(const struct sut_env *env, struct sut_env *shifted)
{
    if (!wrap.on)
        return env;
    *shifted = *env;
    wrap.now = env->now;
    wrap.due = env->due;
    shifted->now = late_now;
    shifted->due = early_due;
    return shifted;
}

/* --- numbers: what ld puts in place of the stack's functions --- */

/* NOLINTBEGIN: the names are ld's */
__attribute__((weak)) uint32_t __real_tcp_first_sequence(struct stack *s, const struct tcp_pcb *pcb,
                                                         int64_t now_ns);
uint32_t __wrap_tcp_first_sequence(struct stack *s, const struct tcp_pcb *pcb, int64_t now_ns);
__attribute__((weak)) uint32_t __real_tcp_first_timestamp(struct stack *s,
                                                          const struct tcp_pcb *pcb);
uint32_t __wrap_tcp_first_timestamp(struct stack *s, const struct tcp_pcb *pcb);
__attribute__((weak)) uint64_t __real_keyed_hash(const uint8_t key[KEYED_HASH_KEY_BYTES],
                                                 const void *octets, size_t len);
uint64_t __wrap_keyed_hash(const uint8_t key[KEYED_HASH_KEY_BYTES], const void *octets, size_t len);

/* All by the same distance, so that later ones are later. A script that places it has its way. */
uint32_t __wrap_tcp_first_sequence(struct stack *s, const struct tcp_pcb *pcb, int64_t now_ns)
{
    uint32_t first = __real_tcp_first_sequence(s, pcb, now_ns);
    int64_t placed = -1;
    if (!wrap.on || (stack_knob_get(s, "tcp.isn", &placed) == 0 && placed >= 0))
        return first;
    if (!wrap.begun)
        wrap.shift = (0 - SEQUENCE_BEFORE) - first;
    wrap.begun = true;
    return first + wrap.shift;
}

uint32_t __wrap_tcp_first_timestamp(struct stack *s, const struct tcp_pcb *pcb)
{
    return wrap.on ? 0 - STAMP_BEFORE_MS : __real_tcp_first_timestamp(s, pcb);
}

/* Of IP's flows: where their identifications begin. */
uint64_t __wrap_keyed_hash(const uint8_t key[KEYED_HASH_KEY_BYTES], const void *octets, size_t len)
{
    uint64_t hash = __real_keyed_hash(key, octets, len);
    if (!wrap.on || len != IP_FLOW_OCTETS)
        return hash;
    return (hash & ~(UINT64_C(0xffff) << ID_SHIFT)) | (UINT64_C(0x10000) - ID_BEFORE) << ID_SHIFT;
}
/* NOLINTEND */
