/* Words to logical lines: where each ends, and what it is. */
#include <stdlib.h>
#include <string.h>

#include "sim/language/parse.h"

static const struct {
    const char *word;
    enum line_kind kind;
} declaration[] = {
    {"covers", LINE_COVERS},   {"include", LINE_INCLUDE}, {"end", LINE_END},
    {"set", LINE_SET},         {"param", LINE_PARAM},     {"link", LINE_LINK},
    {"host", LINE_HOST},       {"sut", LINE_SUT},         {"format", LINE_FORMAT},
    {"ignore", LINE_IGNORE},   {"expert", LINE_EXPERT},   {"golden", LINE_GOLDEN},
    {"outcome", LINE_OUTCOME}, {"all", LINE_ALL},         {"repeat", LINE_REPEAT},
    {"one", LINE_ONE},
};
enum { DECLARATIONS = sizeof declaration / sizeof declaration[0] };

const char *const line_words[] = {"covers",  "include", "end",    "set",    "param",  "link",
                                  "host",    "sut",     "format", "ignore", "expert", "golden",
                                  "outcome", "all",     "repeat", "one",    NULL};

static const struct {
    const char *title, *form;
} about[LINE_KINDS] = {
    [LINE_OPTION] = {"option", "--name or --name=value"},
    [LINE_SHELL] = {"command", "`COMMAND`, before the first event or behind the last"},
    [LINE_COVERS] = {"covers", "covers REQUIREMENT..."},
    [LINE_END] = {"end", "end TIME [because \"REASON\"]"},
    [LINE_SET] = {"set", "set KNOB VALUE [KNOB VALUE]..."},
    [LINE_PARAM] = {"param", "param NAME = VALUE[, VALUE]... or FIRST..LAST"},
    [LINE_LINK] = {"link", "link NAME [ATTRIBUTE VALUE]..."},
    [LINE_HOST] = {"host", "host KIND NAME [ATTRIBUTE VALUE]..."},
    [LINE_SUT] = {"sut", "sut INTERFACE [ATTRIBUTE VALUE]..."},
    [LINE_FORMAT] = {"format", "format NAME on LAYER NUMBER { FIELD: TYPE [= VALUE] ... }"},
    [LINE_IGNORE] = {"ignore", "ignore [@HOST] > PACKET [until TIME]"},
    [LINE_EXPERT] = {"expert", "expert FRAME FIELD [on LINK]"},
    [LINE_GOLDEN] = {"golden", "golden fingerprint"},
    [LINE_OUTCOME] = {"outcome", "outcome TIME EXPRESSION"},
    [LINE_INCLUDE] = {"include", "include \"FILE\""},
    [LINE_ALL] = {"all", "all { LINES }"},
    [LINE_REPEAT] = {"repeat",
                     "repeat COUNT [?NAME] { LINES } or repeat LEAST..MOST [?NAME] { LINES }"},
    [LINE_ONE] = {"one", "one { LINES } or { LINES }"},
    [LINE_CLOSE] = {"closing", "}"},
    [LINE_PACKET] = {"packet", "TIME [@HOST] < PACKET or TIME [maybe] [@HOST] > PACKET"},
    [LINE_CALL] = {"call", "TIME [@HOST] NAME(ARGUMENTS) [= RESULT [ERRNO] [(NOTE)]]"},
    [LINE_ASSERT] = {"assert", "TIME assert EXPRESSION"},
    [LINE_QUIET] = {"quiet", "TIME quiet"},
    [LINE_FAULT] = {"link",
                    "TIME link NAME VERB [AMOUNT] [frame N] [every N] [from HOST] [match PACKET]"},
    [LINE_SET_EVENT] = {"set", "TIME set KNOB VALUE"},
    [LINE_LET] = {"let", "TIME let NAME = EXPRESSION"},
    [LINE_SHELL_EVENT] = {"command", "TIME `COMMAND`"},
    [LINE_CODE] = {"code", "TIME %{ assert EXPRESSION }%"},
};

bool line_is_event(enum line_kind kind)
{
    return kind >= LINE_PACKET;
}

const char *line_form(enum line_kind kind)
{
    return about[kind].form;
}

const char *line_title(enum line_kind kind)
{
    return about[kind].title;
}

static bool is(const struct word *w, const char *punct)
{
    return w->kind == WORD_PUNCT && strcmp(w->text, punct) == 0;
}

static bool is_name(const struct word *w, const char *name)
{
    return w->kind == WORD_NAME && strcmp(w->text, name) == 0;
}

/* A number, a time, or what was meant as one (60sec). */
static bool is_stamp(const struct word *w)
{
    return w->kind == WORD_NUMBER || w->kind == WORD_TIME ||
           (w->kind == WORD_NAME && w->text[0] >= '0' && w->text[0] <= '9');
}

static bool is_time(const struct word *w)
{
    return is_stamp(w) || is(w, "*") || is(w, "+");
}

static int declaration_of(const struct word *w)
{
    if (w->kind == WORD_NAME)
        for (int i = 0; i < DECLARATIONS; i++)
            if (strcmp(w->text, declaration[i].word) == 0)
                return i;
    return -1;
}

static bool starts_line(const struct word *w)
{
    return is_time(w) || w->kind == WORD_SHELL || w->kind == WORD_CODE || w->kind == WORD_OPTION ||
           is(w, "}") || declaration_of(w) >= 0;
}

/* [+]T, and ~ or ... and another: the number of words. 0: no time stands here. */
static size_t time_words(const struct word *w, size_t count)
{
    size_t n = 0;
    if (n < count && is(&w[n], "*"))
        return 1;
    for (;;) {
        size_t from = n;
        if (n < count && is(&w[n], "+"))
            n++;
        if (n < count && is_stamp(&w[n]))
            n++;
        if (n == from || n == count || !(is(&w[n], "~") || is(&w[n], "...")))
            return n;
        n++;
    }
}

/* "maybe" and "@ NAME" may stand before an arrow. */
static size_t arrow_at(const struct word *w, size_t count, size_t from)
{
    if (from < count && is_name(&w[from], "maybe"))
        from++;
    if (from + 1 < count && is(&w[from], "@"))
        from += 2;
    return from < count && (is(&w[from], "<") || is(&w[from], ">")) ? from : NO_PACKET;
}

static void classify_event(struct line *l)
{
    const struct word *w = l->word;
    l->action = time_words(w, l->words);
    const struct word *action = l->action < l->words ? &w[l->action] : NULL;
    bool called = action && l->action + 1 < l->words && is(&w[l->action + 1], "(") &&
                  !w[l->action + 1].spaced;
    l->packet = arrow_at(w, l->words, l->action);
    if (l->packet != NO_PACKET)
        l->kind = LINE_PACKET;
    else if (action && action->kind == WORD_SHELL)
        l->kind = LINE_SHELL_EVENT;
    else if (action && action->kind == WORD_CODE)
        l->kind = LINE_CODE;
    else if (action && is_name(action, "assert"))
        l->kind = LINE_ASSERT;
    else if (action && is_name(action, "quiet"))
        l->kind = LINE_QUIET;
    else if (action && is_name(action, "link") && !called)
        l->kind = LINE_FAULT;
    else if (action && is_name(action, "set") && !called)
        l->kind = LINE_SET_EVENT;
    else if (action && is_name(action, "let") && !called)
        l->kind = LINE_LET;
    else
        l->kind = LINE_CALL;
    if (l->kind != LINE_FAULT)
        return;
    for (size_t i = l->action + 3; i < l->words && l->packet == NO_PACKET; i++)
        if (is_name(&w[i], "match")) {
            l->packet = arrow_at(w, l->words, i + 1);
            if (l->packet == NO_PACKET)
                l->packet = i + 1;
        }
}

static void classify(struct line *l)
{
    const struct word *w = l->word;
    int at = declaration_of(w);
    l->action = 0;
    l->packet = NO_PACKET;
    if (w->kind == WORD_OPTION)
        l->kind = LINE_OPTION;
    else if (w->kind == WORD_SHELL)
        l->kind = LINE_SHELL;
    else if (w->kind == WORD_CODE)
        l->kind = LINE_CODE;
    else if (is(w, "}"))
        l->kind = LINE_CLOSE;
    else if (at >= 0)
        l->kind = declaration[at].kind;
    else
        classify_event(l);
    if (l->kind == LINE_IGNORE) {
        l->packet = arrow_at(w, l->words, 1);
        if (l->packet == NO_PACKET)
            l->packet = 1;
    }
}

/* The state of the split within one line. */
struct split {
    struct parse *p;
    const struct words *w;
    size_t from, at;
    const struct word *open[SCRIPT_NESTING]; /* brackets */
    int depth;
    bool options; /* inside <...> of a packet */
};

static bool open_bracket(struct split *s)
{
    const struct word *w = &s->w->word[s->at];
    if (s->depth == SCRIPT_NESTING)
        return diagnose(s->p->d, &w->place, "brackets nest too deep: at most %d", SCRIPT_NESTING);
    s->open[s->depth++] = w;
    return true;
}

/* In `mss 1460,` at a line's end more options follow; behind a complete one a time starts the next
 * line. */
static bool options_go_on(const struct split *s)
{
    const struct word *last = &s->w->word[s->at - 1];
    return s->options && (is(last, ",") || is(last, ":") || last->kind == WORD_NAME);
}

/* A name in the first column that is nearly a declaration, or a call without a time, was not meant
 * to continue the line above. */
static bool meant_as_start(struct split *s)
{
    const struct word *w = &s->w->word[s->at];
    if (w->kind != WORD_NAME || w->place.column != 1)
        return true;
    const struct word *next = w + 1; /* WORD_END at the latest */
    size_t before = s->at - s->from,
           times = time_words(&s->w->word[s->from], before < 8 ? before : 8);
    if (is(next, "(") && !next->spaced && times < before)
        return diagnose(s->p->d, &w->place, "an event starts with a time: write `+0 %s(...)`",
                        w->text);
    const char *near = strlen(w->text) > 2 ? nearest_word(w->text, line_words) : NULL;
    if (near && !is(next, "("))
        return diagnose(s->p->d, &w->place,
                        "unknown word `%s` at a line's start: did you mean `%s`?", w->text, near);
    return true;
}

/* 1: the word belongs to the line, 0: it starts the next, -1: an error. */
static int belongs(struct split *s)
{
    const struct word *w = &s->w->word[s->at];
    if (w->kind == WORD_END || (s->depth == 0 && is(w, "}")))
        return 0;
    if (s->depth || !w->first)
        return 1;
    if (starts_line(w))
        return options_go_on(s) ? 1 : 0;
    return meant_as_start(s) ? 1 : -1;
}

/* True when the word ends the line: the brace of all { and repeat N {, and a closing one. */
static bool ends_here(struct split *s, size_t arrow)
{
    const struct word *w = &s->w->word[s->at], *first = &s->w->word[s->from];
    if (is(w, "}") && s->depth == 0) /* "} or {" is one line */
        return !(is_name(w + 1, "or") && w[1].kind != WORD_END && is(w + 2, "{"));
    bool block = is_name(first, "all") || is_name(first, "repeat") || is_name(first, "one") ||
                 is(first, "}");
    if (block && is(w, "{") && s->depth == 0)
        return true;
    if (s->at > arrow && is(w, "<"))
        s->options = true;
    else if (is(w, ">"))
        s->options = false;
    return false;
}

static char closing(const struct word *open)
{
    return open->text[0] == '(' ? ')' : open->text[0] == '[' ? ']' : '}';
}

static bool follow_brackets(struct split *s)
{
    const struct word *w = &s->w->word[s->at];
    if (is(w, "(") || is(w, "[") || is(w, "{"))
        return open_bracket(s);
    if (s->depth == 0 || !(is(w, ")") || is(w, "]") || is(w, "}")))
        return true;
    const struct word *open = s->open[--s->depth];
    char close = closing(open);
    return w->text[0] == close ||
           diagnose(
               s->p->d, &w->place,
               "unexpected `%s`: the `%s` in line %d, column %d is still open: `%c` is missing",
               w->text, open->text, open->place.line, open->place.column, close);
}

/* Where the arrow of an event that starts at `from` would be. */
static size_t event_arrow(const struct split *s)
{
    const struct word *w = &s->w->word[s->from];
    size_t count = s->w->count - s->from,
           at = arrow_at(w, count, is_name(w, "ignore") ? 1 : time_words(w, count));
    return at == NO_PACKET ? NO_PACKET : s->from + at;
}

/* On a line with other words, digits do not go on a row of bytes above. */
static bool digits_behind_hex(const struct split *s)
{
    const struct word *w = &s->w->word[s->at];
    if (s->at == s->from || (w[-1].kind != WORD_HEX && !is_name(&w[-1], "hex")) ||
        w->kind > WORD_TIME)
        return false;
    size_t n = strlen(w->text);
    if (n % 2 || w->text[strspn(w->text, "0123456789abcdefABCDEF")] != 0)
        return false;
    diagnose(
        s->p->d, &w->place,
        "`%s` behind a row of bytes: write all of them on one line, or on lines of nothing else",
        w->text);
    return true;
}

/* Moves s->at behind the line that starts at s->from. */
static bool find_end(struct split *s)
{
    size_t arrow = event_arrow(s);
    s->depth = 0;
    s->options = false;
    for (s->at = s->from;; s->at++) {
        int in = s->at == s->from ? 1 : belongs(s);
        if (in < 0)
            return false;
        if (in == 0)
            break;
        if (digits_behind_hex(s))
            return false;
        if (ends_here(s, arrow)) {
            s->at++;
            break;
        }
        if (!follow_brackets(s))
            return false;
    }
    if (s->depth) {
        const struct word *open = s->open[s->depth - 1];
        return diagnose(s->p->d, &open->place, "this `%s` is never closed: `%c` is missing",
                        open->text, closing(open));
    }
    return true;
}

/* The comment lines right above. */
static const char *comment_above(struct split *s, const char *summary)
{
    const struct words *w = s->w;
    int line = w->word[s->from].place.line;
    size_t last = 0, first, len = 0;
    if (!s->p->script->summary) /* comments of an included file: printed, the first would become the
                                   summary */
        return NULL;
    while (last < w->comments && w->comment[last].before <= s->from)
        last++;
    for (first = last; first > 0; first--) {
        const struct comment *c = &w->comment[first - 1];
        if (c->before != s->from || c->last_line != line - 1 || c->text == summary)
            break;
        line = c->line;
        len += strlen(c->text) + 1;
    }
    if (first == last)
        return NULL;
    char *text = pool_alloc(s->p->pool, len), *to = text;
    for (size_t i = first; i < last; i++) {
        size_t n = strlen(w->comment[i].text);
        memcpy(to, w->comment[i].text, n);
        to[n] = i + 1 < last ? '\n' : 0;
        to += n + 1;
    }
    return text;
}

/* `host ./mine.so a`: what stands without blanks between is one name when a slash is in it. Returns
 * how many words went into the last of them. */
static size_t join_path(struct parse *p, struct word *w, size_t words)
{
    size_t n = 1, len = 1;
    bool slash = false;
    for (; n < words && (n == 1 || !w[n].spaced); n++) {
        if (w[n].kind == WORD_STRING || (w[n].kind > WORD_MAC && w[n].kind != WORD_PUNCT))
            break;
        slash = slash || is(&w[n], "/");
        len += strlen(w[n].text);
    }
    if (!slash)
        return 0;
    char *path = pool_alloc(p->pool, len);
    struct word joined = w[1];
    joined.kind = WORD_NAME;
    joined.text = path;
    joined.place.length = 0;
    for (size_t k = 1; k < n; k++) {
        joined.place.length += w[k].place.length;
        path = stpcpy(path, w[k].text);
    }
    w[n - 1] = joined;
    return n - 2;
}

static bool add_line(struct split *s, const char *summary)
{
    struct parse *p = s->p;
    struct line l = {.word = &s->w->word[s->from], .words = s->at - s->from};
    if (is_name(l.word, "host")) {
        struct word *first = &s->w->word[s->from];
        size_t joined = join_path(p, first, l.words);
        first[joined] = first[0];
        l.word += joined;
        l.words -= joined;
    }
    classify(&l);
    l.comment = comment_above(s, summary);
    if (l.kind == LINE_INCLUDE) {
        if (l.words == 2 && l.word[1].kind == WORD_STRING)
            return parse_include(p, &l.word[1]);
        return diagnose(p->d, &l.word[l.words > 1].place, "an include line reads: %s",
                        line_form(LINE_INCLUDE));
    }
    p->line = pool_grow(p->pool, p->line, p->lines, sizeof l);
    p->line[p->lines++] = l;
    return true;
}

static bool starts_strangely(struct split *s)
{
    const struct word *w = &s->w->word[s->from];
    const char *near = w->kind == WORD_NAME ? nearest_word(w->text, line_words) : NULL;
    if (is(w, "<") || is(w, ">"))
        return diagnose(s->p->d, &w->place, "a packet line starts with a time: write `+0 %s ...`",
                        w->text);
    if (w->kind == WORD_NAME && is(w + 1, "("))
        return diagnose(s->p->d, &w->place, "an event starts with a time: write `+0 %s(...)`",
                        w->text);
    if (near)
        return diagnose(s->p->d, &w->place,
                        "unknown word `%s` at a line's start: did you mean `%s`?", w->text, near);
    return diagnose(s->p->d, &w->place,
                    "unexpected `%s` at a line's start: a line starts with a time, a declaration "
                    "word, --option or `command`",
                    w->text);
}

bool lines_split(struct parse *p, const struct words *w)
{
    struct split s = {.p = p, .w = w};
    const char *summary = NULL;
    if (p->sources == 1 && w->comments) {
        /* of a comment of several lines only the first is the summary */
        summary = w->comment[0].text;
        size_t n = strcspn(summary, "\n");
        p->script->summary = pool_text(p->pool, summary, n);
        if (summary[n]) {
            w->comment[0].text = summary + n + 1;
            summary = NULL;
        }
    }
    while (w->word[s.from].kind != WORD_END) {
        if (!starts_line(&w->word[s.from]))
            return starts_strangely(&s);
        if (!find_end(&s) || !add_line(&s, summary))
            return false;
        s.from = s.at;
    }
    return true;
}
