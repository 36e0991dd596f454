/* Events and blocks from their words. */
#include <stdio.h>
#include <string.h>

#include "sim/base/time.h"
#include "sim/language/build.h"

/* Times */

bool stamp_of(struct parse *p, const struct word *word, bool relative, struct stamp *out)
{
    const char *unknown = NULL;
    *out = (struct stamp){word->number, relative, word->place};
    if (word->kind == WORD_TIME)
        return true;
    if (time_parse(word->text, &out->ns, &unknown))
        return true;
    if (unknown) {
        const char *near = nearest_word(unknown, time_units);
        struct place place = word->place;
        place.column += (int)(unknown - word->text);
        place.length -= (int)(unknown - word->text);
        if (near)
            return diagnose(p->d, &place, "unknown unit of time `%s`: did you mean `%s`?", unknown,
                            near);
        return diagnose(p->d, &place,
                        "unknown unit of time `%s`: there are ns, us, ms, s, min, h and d",
                        unknown);
    }
    return diagnose(p->d, &word->place,
                    "the time `%s` is no whole number of nanoseconds below 292 years", word->text);
}

struct when when_at(struct stamp from)
{
    return (struct when){.kind = from.relative ? WHEN_RELATIVE : WHEN_ABSOLUTE,
                         .from_ns = from.ns,
                         .to_ns = from.ns};
}

/* The end of a range or of a blocking call counts from the same instant as its start; only 1~+2
 * counts from the start itself. */
static bool second(struct parse *p, struct stamp from, struct stamp to, int64_t *ns)
{
    *ns = to.ns;
    if (from.relative && !to.relative)
        return diagnose(p->d, &to.place,
                        "the start has a + and the end has none: write both with it, or neither");
    int64_t end;
    if (!from.relative && to.relative && __builtin_add_overflow(from.ns, to.ns, &end))
        return diagnose(p->d, &to.place, "this time is later than 292 years");
    if (from.relative == to.relative && *ns < from.ns)
        return diagnose(p->d, &to.place, "the range ends before it starts");
    return true;
}

bool when_range(struct parse *p, struct stamp from, struct stamp to, struct when *out)
{
    *out = when_at(from);
    out->range = true;
    out->to_relative = to.relative;
    return second(p, from, to, &out->to_ns);
}

/* packetdrill writes +0...0.200 with one +, both ends counting from the last event. */
bool when_blocks(struct parse *p, struct stamp from, struct stamp to, struct when *out)
{
    *out = when_at(from);
    out->blocks = true;
    to.relative = from.relative;
    return second(p, from, to, &out->ends_ns);
}

/* Blocks */

static bool outside(struct parse *p, const struct place *place)
{
    return diagnose(p->d, place, "blocks nest too deep: at most %d", SCRIPT_NESTING);
}

static bool block_open(struct parse *p, enum step_kind kind)
{
    const struct place *place = &p->in->word[0].place;
    if (p->blocks == SCRIPT_NESTING)
        return outside(p, place);
    struct block *b = &p->block[p->blocks + 1];
    *b = (struct block){.head = {.kind = kind, .place = *place}};
    if (kind != STEP_EITHER)
        b->head.comment = p->in->comment;
    p->blocks++;
    b->serial = ++p->block_serial;
    return true;
}

bool block_all(struct parse *p)
{
    if (!block_open(p, STEP_ALL))
        return false;
    p->in_all = p->block[p->blocks].serial;
    return true;
}

static bool count_of(struct parse *p, const struct word *w, int64_t least, uint32_t *out)
{
    if (w->number < least || w->number > SCRIPT_WEIGHT)
        return diagnose(p->d, &w->place, "repeat %s: the count is %d to %d", w->text, (int)least,
                        SCRIPT_WEIGHT);
    *out = (uint32_t)w->number;
    return true;
}

bool block_repeat(struct parse *p, const struct word *least, const struct word *most,
                  const struct word *counter)
{
    if (!block_open(p, STEP_REPEAT))
        return false;
    struct step *head = &p->block[p->blocks].head;
    head->u.block.times = SCRIPT_WEIGHT;
    if (!count_of(p, least, most == least, &head->u.block.least) ||
        (most && !count_of(p, most, 1, &head->u.block.times)))
        return false;
    if (head->u.block.times < head->u.block.least)
        return diagnose(p->d, &most->place, "repeat %s..%s: the range ends before it starts",
                        least->text, most->text);
    head->u.block.counter = counter ? counter->text : NULL;
    if (counter)
        mention(p, MENTION_BIND, counter->text, &counter->place);
    return true;
}

bool block_if(struct parse *p, struct expr *condition)
{
    if (!block_open(p, STEP_IF))
        return false;
    p->block[p->blocks].head.u.block.condition = condition;
    return true;
}

bool block_one(struct parse *p)
{
    return block_open(p, STEP_ONE) && block_open(p, STEP_EITHER);
}

bool block_either(struct parse *p)
{
    return block_open(p, STEP_EITHER);
}

static struct step *step_add(struct parse *p, uint64_t weight)
{
    struct block *b = &p->block[p->blocks];
    b->weight += weight;
    b->step = pool_grow(p->pool, b->step, b->steps, sizeof(struct step));
    return &b->step[b->steps++];
}

bool block_close(struct parse *p)
{
    struct block *b = &p->block[p->blocks];
    if (b->steps == 0)
        return diagnose(p->d, &b->head.place, "this block is empty: put an event into it");
    b->head.u.block.step = b->step;
    b->head.u.block.steps = b->steps;
    bool counted = b->head.kind == STEP_REPEAT, chosen = b->head.kind == STEP_EITHER;
    bool fixed = counted && b->head.u.block.least == b->head.u.block.times;
    uint64_t weight = b->weight * (fixed ? b->head.u.block.times : 1);
    const struct step *first = &b->step[0];
    bool expected =
        first->kind == STEP_PACKET && first->u.packet.direction == '>' && !first->u.packet.optional;
    if ((chosen || (counted && !fixed)) && !expected)
        return diagnose(p->d, &first->place,
                        chosen ? "an alternative begins with a > line, which tells whether it is "
                                 "the one"
                               : "a counted block begins with a > line, which tells whether it "
                                 "goes on");
    p->blocks--;
    if (b->head.kind == STEP_ALL)
        p->in_all = 0;
    if (weight > SCRIPT_WEIGHT)
        return diagnose(p->d, &b->head.place,
                        "this block plays more than %d events: repeat it less often",
                        SCRIPT_WEIGHT);
    *step_add(p, weight) = b->head;
    return true;
}

/* Events */

void event_begin(struct parse *p, struct when when)
{
    if (p->script->cleanup_shell)
        diagnose(p->d, &p->cleanup->place,
                 "a command between events needs a time: write +0 before it");
    struct step *s = step_add(p, 1);
    *s = (struct step){.when = when, .place = p->in->word[0].place, .comment = p->in->comment};
    p->declared = NULL;
}

struct step *step_last(struct parse *p)
{
    struct block *b = &p->block[p->blocks];
    return &b->step[b->steps - 1];
}

bool packet_of(struct parse *p, const struct word *at, const struct word *arrow,
               struct packet_words words, struct packet_part *out)
{
    *out = (struct packet_part){.at = at ? at->text : NULL,
                                .direction = arrow ? arrow->text[0] : 0,
                                .words = words,
                                .place = p->at->place};
    if (at)
        mention(p, MENTION_HOST, at->text, &at->place);
    if (arrow)
        out->place = arrow->place;
    if (words.count == 0)
        return diagnose(
            p->d, &out->place,
            "no packet stands behind `%s`: write its layers, or TCP flags and sequence numbers",
            arrow ? arrow->text : "match");
    return true;
}

void mention_hosts(struct parse *p, const struct packet_spec *packet)
{
    const struct word *w;
    for (uint32_t k = 0; packet && (w = packet_host(packet, k)); k++)
        mention(p, MENTION_HOST, w->text, &w->place);
}

/* Only what is awaited may come within a range; what the script does, it does at a time. */
static bool at_one_time(struct parse *p, const struct step *s)
{
    return !s->when.range ||
           diagnose(
               p->d, &s->place,
               "only a packet that is awaited has a range for its time: write when this happens");
}

/* `inert because "REASON"` at the end of a `<` line is ours, not the packet's. */
static const char *take_inert(struct packet_part *part)
{
    size_t n = part->words.count;
    const struct word *w = part->words.word;
    if (part->direction != '<' || n < 4 || w[n - 1].kind != WORD_STRING ||
        strcmp(w[n - 2].text, "because") != 0 || strcmp(w[n - 3].text, "inert") != 0)
        return NULL;
    part->words.count = n - 3;
    return (const char *)w[n - 1].bytes;
}

bool build_packet(struct parse *p, struct packet_part part)
{
    struct step *s = step_last(p);
    s->u.packet.inert = take_inert(&part);
    if (part.direction == '<' && !at_one_time(p, s))
        return false;
    mention_words(p, part.words.word, part.words.count, MENTION_USE);
    s->kind = STEP_PACKET;
    s->u.packet.at = part.at;
    s->u.packet.direction = part.direction;
    s->u.packet.packet = packet_compile(p->script->layers, p->pool, part.direction, part.words.word,
                                        part.words.count, p->d);
    mention_hosts(p, s->u.packet.packet);
    return s->u.packet.packet != NULL;
}

void call_on(struct parse *p, const struct word *host)
{
    mention(p, MENTION_HOST, host->text, &host->place);
    step_last(p)->u.call.on = host->text;
}

bool build_call(struct parse *p, const struct word *name, struct values arguments)
{
    struct step *s = step_last(p);
    s->kind = STEP_CALL;
    s->u.call.name = name->text;
    s->u.call.argument = arguments.value;
    s->u.call.arguments = arguments.values;
    return at_one_time(p, s);
}

void call_result(struct parse *p, const struct value *result, const char *error,
                 const struct word *note)
{
    struct call_step *call = &step_last(p)->u.call;
    call->result = *result;
    call->error = error;
    call->note = note ? note->text : NULL;
}

const char *error_text(struct parse *p, const char *before, const char *sign,
                       const struct word *name)
{
    char text[256];
    int n = snprintf(text, sizeof text, "%s%s%s", before ? before : "", sign, name->text);
    return pool_text(p->pool, text, n < 255 ? (size_t)n : 255);
}

bool packet_optional(struct parse *p)
{
    struct step *s = step_last(p);
    if (s->u.packet.direction != '>')
        return diagnose(p->d, &s->place, "maybe: only a packet that is awaited may stay away");
    s->u.packet.optional = true;
    return true;
}

bool build_let(struct parse *p, const struct word *name, struct expr *expr)
{
    struct step *s = step_last(p);
    s->kind = STEP_LET;
    s->u.let.name = name->text;
    s->u.let.expr = expr;
    mention(p, MENTION_BIND, name->text, &name->place);
    return at_one_time(p, s);
}

bool build_assert(struct parse *p, struct expr *expr)
{
    struct step *s = step_last(p);
    s->kind = STEP_ASSERT;
    s->u.expr = expr;
    return at_one_time(p, s);
}

bool build_quiet(struct parse *p)
{
    struct step *s = step_last(p);
    s->kind = STEP_QUIET;
    return at_one_time(p, s);
}

void build_command(struct parse *p, const struct word *shell)
{
    struct step *s = step_last(p);
    s->kind = STEP_SHELL;
    s->u.code.text = shell->text;
}

void build_code(struct parse *p, const struct word *code)
{
    struct step *s = step_last(p);
    s->kind = STEP_CODE;
    s->u.code.text = code->text;
    code_parse(p, code, s);
}
