/* What happens to a link: "link lan lose frame 2". */
#include <stdio.h>
#include <string.h>

#include "sim/language/build.h"

enum amount { NO_AMOUNT, AN_AMOUNT, A_TIME };

static const struct {
    const char *verb;
    enum amount amount;
    const char *what;
} verb[] = {
    {"lose", NO_AMOUNT, ""},
    {"dup", NO_AMOUNT, ""},
    {"flip", AN_AMOUNT, "the number of the bit"},
    {"fcs", NO_AMOUNT, ""},
    {"delay", A_TIME, "a time"},
    {"truncate", AN_AMOUNT, "the length that is left"},
    {"down", NO_AMOUNT, ""},
    {"up", NO_AMOUNT, ""},
    {"partition", NO_AMOUNT, ""},
    {"heal", NO_AMOUNT, ""},
    {"corrupt", NO_AMOUNT, ""},
    {"calm", NO_AMOUNT, ""},
    {"set", NO_AMOUNT, ""},
};
enum { VERBS = sizeof verb / sizeof verb[0] };

const char *const fault_verbs[] = {"lose",     "dup",  "flip", "fcs",       "delay",
                                   "truncate", "down", "up",   "partition", "heal",
                                   "corrupt",  "calm", "set",  NULL};
const char *const fault_options[] = {"frame", "every", "mask", "limit", "from", "match", NULL};

static int verb_at(const char *name)
{
    for (int i = 0; i < VERBS; i++)
        if (strcmp(name, verb[i].verb) == 0)
            return i;
    return -1;
}

static struct fault_step *fault(struct parse *p)
{
    return &step_last(p)->u.fault;
}

/* Of a link that changes as a whole, no frames are chosen. */
static bool of_the_link(const struct fault_step *f)
{
    static const char *const whole[] = {"down", "up", "partition", "heal", "calm", "set", NULL};
    for (const char *const *w = whole; *w; w++)
        if (strcmp(f->verb, *w) == 0)
            return true;
    return false;
}

static bool unknown(struct parse *p, const struct word *w, const char *what,
                    const char *const *names)
{
    char all[160] = "";
    size_t n = 0;
    const char *near = nearest_word(w->text, names);
    if (near)
        return diagnose(p->d, &w->place, "unknown %s `%s`: did you mean `%s`?", what, w->text,
                        near);
    for (const char *const *name = names; *name && n < sizeof all; name++)
        n += (size_t)snprintf(all + n, sizeof all - n, "%s%s",
                              n == 0    ? ""
                              : name[1] ? ", "
                                        : " and ",
                              *name);
    return diagnose(p->d, &w->place, "unknown %s `%s`: there are %s", what, w->text, all);
}

bool fault_begin(struct parse *p, const struct word *link, const struct word *name)
{
    struct step *s = step_last(p);
    int at = verb_at(name->text);
    mention(p, MENTION_LINK, link->text, &link->place);
    if (at < 0)
        return unknown(p, name, "fault", fault_verbs);
    s->kind = STEP_FAULT;
    s->u.fault.link = link->text;
    s->u.fault.verb = verb[at].verb;
    return true;
}

bool fault_set(struct parse *p, const struct word *link)
{
    struct word set = {.text = "set", .place = link->place};
    if (!fault_begin(p, link, &set))
        return false;
    step_last(p)->kind = STEP_LINK;
    return true;
}

bool fault_amount(struct parse *p, const struct word *w)
{
    struct fault_step *f = fault(p);
    int at = verb_at(f->verb);
    if (verb[at].amount == NO_AMOUNT || f->amount.kind != VALUE_NONE)
        return diagnose(p->d, &w->place, "unexpected `%s`: %s takes no %samount", w->text, f->verb,
                        f->amount.kind ? "second " : "");
    if (w->kind == WORD_TIME && verb[at].amount != A_TIME)
        return diagnose(p->d, &w->place, "`%s` is a time: %s takes %s", w->text, f->verb,
                        verb[at].what);
    f->amount = value_used(p, w);
    if (w->kind == WORD_NUMBER && verb[at].amount == A_TIME) { /* bare: seconds, as everywhere */
        struct stamp stamp;
        if (!stamp_of(p, w, false, &stamp))
            return false;
        f->amount = (struct value){.kind = VALUE_TIME, .number = stamp.ns, .text = w->text};
    }
    return true;
}

static bool fault_number(struct parse *p, const struct word *name, const struct word *value,
                         uint64_t *out)
{
    bool mask = strcmp(name->text, "mask") == 0;
    if (value->kind != WORD_NUMBER || (mask ? value->number == 0 : value->number < 1))
        return diagnose(p->d, &value->place, "%s %s: it takes a number, %s", name->text,
                        value->text,
                        mask ? "whose bit n-1 stands for the nth frame" : "counting from 1");
    *out = (uint64_t)value->number;
    return true;
}

bool fault_option(struct parse *p, const struct word *name, const struct word *value)
{
    struct fault_step *f = fault(p);
    if (of_the_link(f))
        return diagnose(p->d, &name->place, "unexpected `%s`: %s is done to the whole link",
                        name->text, f->verb);
    if (strcmp(name->text, "frame") == 0)
        return fault_number(p, name, value, &f->frame);
    if (strcmp(name->text, "every") == 0)
        return fault_number(p, name, value, &f->every);
    if (strcmp(name->text, "mask") == 0)
        return fault_number(p, name, value, &f->mask);
    if (strcmp(name->text, "limit") == 0)
        return fault_number(p, name, value, &f->limit);
    if (strcmp(name->text, "from") != 0)
        return unknown(p, name, "word", fault_options);
    if (value->kind != WORD_NAME)
        return diagnose(p->d, &value->place, "from %s: it takes the name of a host or an interface",
                        value->text);
    mention(p, MENTION_HOST, value->text, &value->place);
    f->from = value->text;
    return true;
}

bool fault_match(struct parse *p, struct packet_part part)
{
    struct fault_step *f = fault(p);
    if (of_the_link(f))
        return diagnose(p->d, &part.place, "unexpected `match`: %s is done to the whole link",
                        f->verb);
    mention_words(p, part.words.word, part.words.count, MENTION_USE_ANY);
    f->match =
        packet_compile(p->script->layers, p->pool, '>', part.words.word, part.words.count, p->d);
    mention_hosts(p, f->match);
    f->match_direction = part.direction;
    f->match_at = part.at;
    return f->match != NULL;
}

bool fault_end(struct parse *p)
{
    const struct fault_step *f = fault(p);
    int at = verb_at(f->verb);
    struct place place = p->in->word[p->in->action + 2].place;
    if (verb[at].amount != NO_AMOUNT && f->amount.kind == VALUE_NONE)
        return diagnose(p->d, &place, "%s needs %s: link %s %s %s", f->verb, verb[at].what, f->link,
                        f->verb, verb[at].amount == A_TIME ? "5ms" : "100");
    if (step_last(p)->kind == STEP_LINK && f->attributes == 0)
        return diagnose(p->d, &place, "nothing to set: write link %s set ATTRIBUTE VALUE", f->link);
    return true;
}
