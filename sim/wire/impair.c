#include "sim/wire/impair.h"

#include <stdio.h>
#include <string.h>

enum { MILLION = 1000000, REORDER_NS = 1000000, ETHERNET_HEADER = 14 };

void impair_configure(struct impair *i, const struct link_config *c)
{
    i->random = c->loss_ppm || c->dup_ppm || c->corrupt_ppm || c->fcs_ppm || c->reorder_ppm ||
                c->truncate_ppm || c->burst_enter_ppm || c->jitter_ns > 0;
    if (!c->burst_enter_ppm)
        i->burst = false;
}

void impair_seed(struct impair *i, const struct link_config *config, uint64_t seed)
{
    static const char *const kind[STREAMS] = {"loss", "burst",   "dup",      "corrupt",
                                              "fcs",  "reorder", "truncate", "jitter"};
    for (int k = 0; k < STREAMS; k++) {
        char name[LINK_NAME_BYTES + 32];
        snprintf(name, sizeof name, "link/%s/%s", config->name, kind[k]);
        random_init(&i->stream[k], seed, name);
    }
}

void impair_init(struct impair *i, const struct link_config *config, uint64_t seed)
{
    impair_seed(i, config, config->seed ? config->seed : seed);
    i->last_fault = &i->fault;
    impair_configure(i, config);
}

void impair_calm(struct impair *i)
{
    i->fault = NULL;
    i->last_fault = &i->fault;
    i->burst = false;
}

/* --- which faults a frame hits --- */

bool fault_changes_state(const struct link_fault *fault)
{
    return fault->kind == FAULT_DOWN || fault->kind == FAULT_UP || fault->kind == FAULT_PARTITION ||
           fault->kind == FAULT_HEAL || fault->kind == FAULT_CALM;
}

bool fault_at_once(const struct link_fault *fault)
{
    return fault_changes_state(fault) && !fault->frame && !fault->every && !fault->mask &&
           !fault->match;
}

static bool selects(struct link_fault *fault, int port, const struct frame *f)
{
    if (fault->from_port >= 0 && fault->from_port != port)
        return false;
    if (fault->match && !fault->match(fault->ctx, f->bytes, f->len))
        return false;
    uint64_t nth = ++fault->seen;
    if (fault->frame && fault->frame != nth)
        return false;
    if (fault->every && nth % fault->every != 0)
        return false;
    if (fault->mask && (nth > 64 || !(fault->mask >> (nth - 1) & 1)))
        return false;
    return !fault->limit || fault->applied < fault->limit;
}

bool impair_select(struct impair *i, int port, const struct frame *f)
{
    bool any = false;
    for (struct link_fault *fault = i->fault; fault; fault = fault->next) {
        fault->hit = !fault_at_once(fault) && selects(fault, port, f);
        any |= fault->hit;
    }
    return any;
}

/* --- what is done to it --- */

/* Frames are immutable and shared with the capture and the sender: damage is done to a copy. */
static struct frame *own_copy(struct verdict *v, const struct frame *original)
{
    if (v->frame == original) {
        struct frame *copy = frame_copy(original->world, original->bytes, original->len);
        copy->flags = original->flags;
        frame_unref(v->frame);
        v->frame = copy;
    }
    return v->frame;
}

static void happen(struct verdict *v, enum link_event event, int line)
{
    v->happened[event] = true;
    if (line && !v->line)
        v->line = line;
}

static void truncate_to(struct verdict *v, const struct frame *original, uint32_t len, int line)
{
    struct frame *cut = frame_copy(original->world, v->frame->bytes, len);
    cut->flags = v->frame->flags;
    frame_unref(v->frame);
    v->frame = cut;
    happen(v, LINK_TRUNCATED, line);
}

static bool chance(struct impair *i, enum impair_stream stream, uint32_t ppm)
{
    return ppm && random_below(&i->stream[stream], MILLION) < ppm;
}

/* Gilbert's two states: the transition comes first, so the frame that enters the bad state is lost.
 */
static bool burst_loses(struct impair *i, const struct link_config *c)
{
    if (!c->burst_enter_ppm)
        return false;
    uint64_t draw = random_below(&i->stream[STREAM_BURST], MILLION);
    i->burst = i->burst ? draw >= c->burst_leave_ppm : draw < c->burst_enter_ppm;
    return i->burst;
}

static void break_fcs(struct impair *i, struct verdict *v, const struct frame *original)
{
    struct frame *copy = own_copy(v, original);
    uint64_t draw = random_next(&i->stream[STREAM_FCS]);
    if (copy->len)
        damage_bit(copy, (uint32_t)(draw % (copy->len * 8)));
    copy->flags |= FRAME_BAD_FCS;
    happen(v, LINK_CORRUPTED, 0);
}

/* Where no checksum above would see it, the frame check sequence does. */
static void corrupt(struct impair *i, struct verdict *v, const struct frame *original, int line)
{
    if (!damage_covered_byte(own_copy(v, original), &i->stream[STREAM_CORRUPT]))
        v->frame->flags |= FRAME_BAD_FCS;
    happen(v, LINK_CORRUPTED, line);
}

static void corrupt_randomly(struct impair *i, const struct link_config *c, struct verdict *v,
                             const struct frame *original)
{
    if (chance(i, STREAM_FCS, c->fcs_ppm))
        break_fcs(i, v, original);
    if (!chance(i, STREAM_CORRUPT, c->corrupt_ppm))
        return;
    corrupt(i, v, original, 0);
}

static void delay_randomly(struct impair *i, const struct link_config *c, struct verdict *v)
{
    if (c->jitter_ns > 0)
        v->delay_ns += (int64_t)random_below(&i->stream[STREAM_JITTER], (uint64_t)c->jitter_ns + 1);
    if (chance(i, STREAM_REORDER, c->reorder_ppm)) {
        v->delay_ns += c->reorder_ns > 0 ? c->reorder_ns : REORDER_NS;
        happen(v, LINK_REORDERED, 0);
    }
}

/* The draws are made whether or not another impairment has already taken the frame. */
static void impair_randomly(struct impair *i, const struct link_config *c, struct verdict *v,
                            const struct frame *original)
{
    bool lost = chance(i, STREAM_LOSS, c->loss_ppm);
    lost |= burst_loses(i, c);
    if (lost)
        happen(v, LINK_LOST, 0);
    v->lost |= lost;
    corrupt_randomly(i, c, v, original);
    if (chance(i, STREAM_TRUNCATE, c->truncate_ppm)) {
        uint64_t draw = random_next(&i->stream[STREAM_TRUNCATE]);
        if (v->frame->len > ETHERNET_HEADER)
            truncate_to(v, original,
                        (uint32_t)(ETHERNET_HEADER + draw % (v->frame->len - ETHERNET_HEADER)), 0);
    }
    if (chance(i, STREAM_DUP, c->dup_ppm)) {
        v->copies++;
        happen(v, LINK_DUPLICATED, 0);
    }
    delay_randomly(i, c, v);
}

/* False when the fault would change nothing (a bit or a length beyond the frame's end). */
static bool apply(struct impair *i, const struct link_fault *fault, struct verdict *v,
                  const struct frame *original)
{
    switch (fault->kind) {
    case FAULT_DUP:
        v->copies++;
        happen(v, LINK_DUPLICATED, fault->line);
        return true;
    case FAULT_FLIP:
        if (fault->bit / 8 >= v->frame->len)
            return false;
        damage_bit(own_copy(v, original), fault->bit);
        happen(v, LINK_CORRUPTED, fault->line);
        return true;
    case FAULT_CORRUPT:
        corrupt(i, v, original, fault->line);
        return true;
    case FAULT_FCS:
        own_copy(v, original)->flags |= FRAME_BAD_FCS;
        happen(v, LINK_CORRUPTED, fault->line);
        return true;
    case FAULT_DELAY:
        v->delay_ns += fault->delay_ns;
        happen(v, LINK_DELAYED, fault->line);
        return true;
    case FAULT_TRUNCATE:
        if (fault->length >= v->frame->len)
            return false;
        truncate_to(v, original, fault->length, fault->line);
        return true;
    default: /* losses and changes of state are done with */
        return false;
    }
}

static void lose_by_fault(struct impair *i, struct verdict *v)
{
    for (struct link_fault *fault = i->fault; fault; fault = fault->next)
        if (fault->hit && fault->kind == FAULT_LOSE) {
            fault->applied++;
            v->lost = true;
            happen(v, LINK_LOST, fault->line);
        }
}

static void apply_faults(struct impair *i, struct verdict *v, const struct frame *original)
{
    lose_by_fault(i, v);
    for (struct link_fault *fault = i->fault; fault && !v->lost; fault = fault->next)
        if (fault->hit && apply(i, fault, v, original))
            fault->applied++;
}

static enum link_event gravest(const struct verdict *v)
{
    static const enum link_event order[] = {LINK_LOST,       LINK_CORRUPTED, LINK_TRUNCATED,
                                            LINK_DUPLICATED, LINK_REORDERED, LINK_DELAYED};
    for (unsigned k = 0; k < sizeof order / sizeof *order; k++)
        if (v->happened[order[k]])
            return order[k];
    return LINK_SENT;
}

void impair_frame(struct impair *i, const struct link_config *config, struct frame *f,
                  struct verdict *v)
{
    *v = (struct verdict){.frame = frame_ref(f), .copies = 1};
    if (i->random)
        impair_randomly(i, config, v, f);
    if (i->fault)
        apply_faults(i, v, f);
    if (v->lost) {
        memset(v->happened, 0, sizeof v->happened);
        v->happened[LINK_LOST] = true;
    }
    v->event = gravest(v);
}
