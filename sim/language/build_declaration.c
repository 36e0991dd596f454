/* Declarations from their words. */
#include <stdio.h>
#include <string.h>

#include "sim/language/build.h"

#define ADD(p, array, count)                                                                       \
    (*(void **)&(array) = pool_grow((p)->pool, (array), (count), sizeof *(array)),                 \
     &(array)[(count)++])

/* A value of one plain word reads as what it looks like, anything else as text. */
static struct value option_value(struct parse *p, const struct word *w)
{
    struct diagnostic none = {0};
    struct word *word;
    struct value v = {.kind = VALUE_BYTES};
    int n = words_of(p->pool, w->place.file, w->text, &word, &none);
    if (n == 1 && word->kind <= WORD_MAC)
        v = value_of(word);
    if (v.kind == VALUE_BYTES && !v.bytes) {
        v.bytes = (const uint8_t *)w->text;
        v.len = w->len;
    }
    v.text = w->text;
    return v;
}

bool build_option(struct parse *p, const struct word *name, const struct word *value)
{
    struct script *s = p->script;
    struct value v = value ? option_value(p, value) : (struct value){0};
    *ADD(p, s->option, s->options) = (struct setting){name->text, v, name->place};
    return true;
}

/* Commands before the first event are one, those behind the last another. */
static const char *joined(struct parse *p, const char *before, const char *text)
{
    if (!before)
        return text;
    size_t n = strlen(before), m = strlen(text);
    char *both = pool_alloc(p->pool, n + m + 2);
    memcpy(both, before, n);
    both[n] = '\n';
    memcpy(both + n + 1, text, m + 1);
    return both;
}

bool build_shell(struct parse *p, const struct word *shell)
{
    struct script *s = p->script;
    if (p->block[0].steps == 0) {
        s->init_shell = joined(p, s->init_shell, shell->text);
        return true;
    }
    p->cleanup = shell;
    s->cleanup_shell = joined(p, s->cleanup_shell, shell->text);
    return true;
}

void build_cover(struct parse *p, const struct word *id)
{
    *ADD(p, p->script->cover, p->script->covers) = (struct cover){id->text, id->place};
}

bool build_end(struct parse *p, const struct word *time, const struct word *because,
               const struct word *why)
{
    struct stamp stamp;
    if (because && strcmp(because->text, "because") != 0)
        return diagnose(p->d, &because->place,
                        "unexpected `%s`, expected the line's end or because; a line of this kind "
                        "reads: end TIME [because \"REASON\"]",
                        because->text);
    if (because && !why)
        return diagnose(p->d, &because->place,
                        "a reason in quotes belongs behind because; a line of this kind reads: end "
                        "TIME [because \"REASON\"]");
    if (why && why->len == 0)
        return diagnose(p->d, &why->place, "an empty reason");
    if (!stamp_of(p, time, false, &stamp))
        return false;
    if (p->script->end_ns >= 0)
        return diagnose(p->d, &time->place, "a second `end`: a script ends once");
    p->script->end_ns = stamp.ns;
    p->script->end_place = time->place;
    p->script->end_because = why ? (const char *)why->bytes : NULL;
    return true;
}

/* Of a declaration, or of an event, where further knobs are steps at the same time. */
void build_setting(struct parse *p, const struct word *knob, struct value value)
{
    struct script *s = p->script;
    struct setting setting = {knob->text, value, knob->place};
    if (p->in->kind != LINE_SET_EVENT) {
        *ADD(p, s->set, s->sets) = setting;
        return;
    }
    struct step *step = step_last(p);
    if (step->kind == STEP_SET && step->u.setting.name) {
        event_begin(p, (struct when){.kind = WHEN_RELATIVE});
        step = step_last(p);
        step->comment = NULL;
    }
    step->kind = STEP_SET;
    step->u.setting = setting;
}

/* Parameters */

bool build_param(struct parse *p, const struct word *name)
{
    struct script *s = p->script;
    for (uint32_t i = 0; i < s->parameters; i++)
        if (strcmp(s->parameter[i].name, name->text) == 0)
            return diagnose(
                p->d, &name->place,
                "parameter `%s` stands already on line %d: give it all its values there",
                name->text, s->parameter[i].place.line);
    if (s->parameters >= SCRIPT_NAMES / 10)
        return diagnose(p->d, &name->place, "too many parameters: at most %d", SCRIPT_NAMES / 10);
    *ADD(p, s->parameter, s->parameters) =
        (struct parameter){.name = name->text, .place = name->place};
    return true;
}

static uint64_t cases(const struct script *s)
{
    uint64_t n = 1;
    for (uint32_t i = 0; i < s->parameters; i++)
        if (s->parameter[i].values && n <= SCRIPT_CASES)
            n *= s->parameter[i].values;
    return n;
}

bool param_add(struct parse *p, struct value value)
{
    struct parameter *last = &p->script->parameter[p->script->parameters - 1];
    *ADD(p, last->value, last->values) = value;
    if (cases(p->script) > SCRIPT_CASES)
        return diagnose(p->d, &last->place,
                        "the parameters make more than %d cases: give them fewer values",
                        SCRIPT_CASES);
    return true;
}

bool param_range(struct parse *p, struct value first, struct value last)
{
    if (last.number < first.number)
        return diagnose(p->d, &p->at->place,
                        "the range %lld..%lld is empty: write the lower number first",
                        (long long)first.number, (long long)last.number);
    for (struct value v = {.kind = VALUE_NUMBER, .number = first.number};; v.number++) {
        if (!param_add(p, v))
            return false;
        if (v.number == last.number)
            return true;
    }
}

/* Links, hosts, stacks under test */

static bool declared_twice(struct parse *p, const struct declaration *list, uint32_t count,
                           const struct word *name)
{
    if (count >= SCRIPT_NAMES) {
        diagnose(p->d, &name->place, "too many of these lines: at most %d", SCRIPT_NAMES);
        return true;
    }
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name->text) == 0) {
            diagnose(p->d, &name->place, "the name `%s` stands already on line %d: choose another",
                     name->text, list[i].place.line);
            return true;
        }
    return false;
}

/* A kind, or the file of a stack: a text of its own; $x is a parameter. */
static const char *kind_of(struct parse *p, const struct word *kind)
{
    if (kind->kind == WORD_USE) {
        size_t len = strlen(kind->text) + 2;
        char *text = pool_alloc(p->pool, len);
        snprintf(text, len, "$%s", kind->text);
        mention(p, MENTION_USE_EARLY, kind->text, &kind->place);
        return text;
    }
    const char *text = kind->kind == WORD_STRING ? (const char *)kind->bytes : kind->text;
    if (kind->kind != WORD_STRING || (kind->len && strlen(text) == kind->len))
        return text;
    diagnose(p->d, &kind->place, "a kind of host, or the name of a file, belongs in these quotes");
    return NULL;
}

bool build_declaration(struct parse *p, enum line_kind what, const struct word *kind,
                       const struct word *name)
{
    struct script *s = p->script;
    struct declaration d = {
        .kind = kind ? kind_of(p, kind) : NULL, .name = name->text, .place = name->place};
    if (kind && !d.kind)
        return false;
    if (what == LINE_HOST && strcmp(name->text, "sut") == 0)
        return diagnose(p->d, &name->place,
                        "the name `sut` is the host under test's: choose another");
    if (what == LINE_LINK ? declared_twice(p, s->link, s->links, name)
                          : declared_twice(p, s->host, s->hosts, name) ||
                                declared_twice(p, s->sut, s->suts, name))
        return false;
    if (what == LINE_LINK)
        p->declared = ADD(p, s->link, s->links);
    else if (what == LINE_HOST)
        p->declared = ADD(p, s->host, s->hosts);
    else
        p->declared = ADD(p, s->sut, s->suts);
    *p->declared = d;
    return true;
}

void attribute_add(struct parse *p, const struct word *name, struct value value)
{
    struct attribute a = {name->text, value, name->place};
    if (p->declared) {
        *ADD(p, p->declared->attribute, p->declared->attributes) = a;
        return;
    }
    struct fault_step *f = &step_last(p)->u.fault;
    *ADD(p, f->attribute, f->attributes) = a;
}

void attribute_on(struct parse *p, const struct word *link)
{
    struct word on = {.text = "on", .place = link->place};
    mention(p, MENTION_LINK, link->text, &link->place);
    attribute_add(p, &on, value_of(link));
}

bool build_format(struct parse *p, struct packet_words words)
{
    return layer_set_format(p->script->layers, words.word, words.count, p->d) == 0;
}

bool build_ignore(struct parse *p, struct packet_part part)
{
    struct script *s = p->script;
    int64_t until_ns = -1;
    size_t n = part.words.count;
    const struct word *w = part.words.word;
    if (n > 2 && w[n - 2].kind == WORD_NAME && strcmp(w[n - 2].text, "until") == 0) {
        struct stamp at;
        if (!stamp_of(p, &w[n - 1], false, &at))
            return false;
        until_ns = at.ns;
        part.words.count = n - 2;
    }
    mention_words(p, part.words.word, part.words.count, MENTION_USE_ANY);
    struct packet_spec *packet =
        packet_compile(s->layers, p->pool, '>', part.words.word, part.words.count, p->d);
    mention_hosts(p, packet);
    if (!packet)
        return false;
    *ADD(p, s->ignore, s->ignores) =
        (struct ignore){part.at, part.direction, until_ns, packet, part.place};
    return true;
}

bool build_expert(struct parse *p, const struct word *frame, const struct word *field,
                  const struct word *link)
{
    struct script *s = p->script;
    if (frame->number < 1 || frame->number > UINT32_MAX)
        return diagnose(p->d, &frame->place, "frame %s: a capture's frames are numbered from 1",
                        frame->text);
    if (link)
        mention(p, MENTION_LINK, link->text, &link->place);
    *ADD(p, s->expert, s->experts) = (struct expert){(uint32_t)frame->number, field->text,
                                                     link ? link->text : NULL, frame->place};
    return true;
}

/* Outcomes are judged in the order of their times, those behind a plus last. */
bool build_outcome(struct parse *p, const struct word *time, bool after, struct expr *expr)
{
    struct script *s = p->script;
    struct stamp stamp;
    if (!stamp_of(p, time, false, &stamp))
        return false;
    const struct outcome_declaration *last = s->outcomes ? &s->outcome[s->outcomes - 1] : NULL;
    if (last && (last->after == after ? last->by_ns > stamp.ns : last->after))
        return diagnose(p->d, &time->place,
                        "this outcome's time is before that of the last one: outcomes stand in the "
                        "order of their times");
    *ADD(p, s->outcome, s->outcomes) =
        (struct outcome_declaration){stamp.ns, after, expr, time->place};
    return true;
}

bool build_judge(struct parse *p, const struct word *what)
{
    if (strcmp(what->text, "outcome") != 0)
        return diagnose(p->d, &what->place, "unknown word `%s`: the line reads judge outcome",
                        what->text);
    p->script->by_outcome = true;
    return true;
}

bool build_golden(struct parse *p, const struct word *what)
{
    if (strcmp(what->text, "fingerprint") != 0)
        return diagnose(p->d, &what->place, "unknown word `%s`: the line reads golden fingerprint",
                        what->text);
    p->script->golden_fingerprint = true;
    return true;
}
