/* Words to logical lines: where each ends, and what it is. */
#include <stdlib.h>
#include <string.h>

#include "sim/language/keyword.h"

static bool is_time(const struct word *w)
{
    return word_like_time(w) || sign_is(w, "*") || sign_is(w, "+");
}

static bool starts_line(const struct word *w)
{
    return is_time(w) || w->kind == WORD_SHELL || w->kind == WORD_CODE || w->kind == WORD_OPTION ||
           sign_is(w, "}") || keyword_of(AT_LINE, w);
}

/* [+]T, and ~ or ... and another: the number of words. 0: no time stands here. */
static size_t time_words(const struct word *w, size_t count)
{
    size_t n = 0;
    if (n < count && sign_is(&w[n], "*"))
        return 1;
    for (;;) {
        size_t from = n;
        if (n < count && sign_is(&w[n], "+"))
            n++;
        if (n < count && word_like_time(&w[n]))
            n++;
        if (n == from || n == count || !(sign_is(&w[n], "~") || sign_is(&w[n], "...")))
            return n;
        n++;
    }
}

/* "maybe" and "@ NAME" may stand before an arrow. */
static size_t arrow_at(const struct word *w, size_t count, size_t from)
{
    if (from < count && keyword_of(AT_PACKET, &w[from]))
        from++;
    if (from + 1 < count && sign_is(&w[from], "@"))
        from += 2;
    return from < count && (sign_is(&w[from], "<") || sign_is(&w[from], ">")) ? from : NO_PACKET;
}

static void classify_event(struct line *l)
{
    const struct word *w = l->word;
    l->action = time_words(w, l->words);
    const struct word *action = l->action < l->words ? &w[l->action] : NULL;
    const struct keyword *own = action ? keyword_of(AT_ACTION, action) : NULL;
    bool called =
        action && l->action + 1 < l->words && sign_is(action + 1, "(") && !action[1].spaced;
    l->packet = arrow_at(w, l->words, l->action);
    if (l->packet != NO_PACKET)
        l->kind = LINE_PACKET;
    else if (action && action->kind == WORD_SHELL)
        l->kind = LINE_SHELL_EVENT;
    else if (action && action->kind == WORD_CODE)
        l->kind = LINE_CODE;
    else
        l->kind = own && !(called && own->callable) ? own->line : LINE_CALL;
    if (l->kind != LINE_FAULT)
        return;
    for (size_t i = l->action + 3; i < l->words && l->packet == NO_PACKET; i++)
        if (keyword_of(AT_FAULT, &w[i])) {
            l->packet = arrow_at(w, l->words, i + 1);
            if (l->packet == NO_PACKET)
                l->packet = i + 1;
        }
}

static void classify(struct line *l)
{
    const struct word *w = l->word;
    const struct keyword *own = keyword_of(AT_LINE, w);
    l->action = 0;
    l->packet = NO_PACKET;
    if (w->kind == WORD_OPTION)
        l->kind = LINE_OPTION;
    else if (w->kind == WORD_SHELL)
        l->kind = LINE_SHELL;
    else if (w->kind == WORD_CODE)
        l->kind = LINE_CODE;
    else if (sign_is(w, "}"))
        l->kind = LINE_CLOSE;
    else if (own)
        l->kind = own->line;
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
    return s->options && (sign_is(last, ",") || sign_is(last, ":") || last->kind == WORD_NAME);
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
    if (sign_is(next, "(") && !next->spaced && times < before)
        return diagnose(s->p->d, &w->place, "an event starts with a time: write `+0 %s(...)`",
                        w->text);
    const char *near = strlen(w->text) > 2 ? keyword_nearest(AT_LINE, w->text) : NULL;
    if (near && !sign_is(next, "("))
        return diagnose(s->p->d, &w->place,
                        "unknown word `%s` at a line's start: did you mean `%s`?", w->text, near);
    return true;
}

/* 1: the word belongs to the line, 0: it starts the next, -1: an error. */
static int belongs(struct split *s)
{
    const struct word *w = &s->w->word[s->at];
    if (w->kind == WORD_END || (s->depth == 0 && sign_is(w, "}")))
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
    if (sign_is(w, "}") && s->depth == 0) /* "} or {" is one line */
        return !(keyword_of(AT_CLOSE, w + 1) && sign_is(w + 2, "{"));
    const struct keyword *own = keyword_of(AT_LINE, first);
    bool block = sign_is(first, "}") || (own && (own->line == LINE_ALL || own->line == LINE_ONE ||
                                                 own->line == LINE_REPEAT || own->line == LINE_IF));
    if (block && sign_is(w, "{") && s->depth == 0)
        return true;
    if (s->at > arrow && sign_is(w, "<"))
        s->options = true;
    else if (sign_is(w, ">"))
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
    if (sign_is(w, "(") || sign_is(w, "[") || sign_is(w, "{"))
        return open_bracket(s);
    if (s->depth == 0 || !(sign_is(w, ")") || sign_is(w, "]") || sign_is(w, "}")))
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
    const struct keyword *own = keyword_of(AT_LINE, w);
    size_t count = s->w->count - s->from,
           at = arrow_at(w, count, own && own->line == LINE_IGNORE ? 1 : time_words(w, count));
    return at == NO_PACKET ? NO_PACKET : s->from + at;
}

/* On a line with other words, digits do not go on a row of bytes above. */
static bool digits_behind_hex(const struct split *s)
{
    const struct word *w = &s->w->word[s->at];
    if (s->at == s->from ||
        (w[-1].kind != WORD_HEX && !(w[-1].kind == WORD_NAME && strcmp(w[-1].text, "hex") == 0)) ||
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
        slash = slash || sign_is(&w[n], "/");
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
    classify(&l);
    if (l.kind == LINE_HOST) {
        struct word *first = &s->w->word[s->from];
        size_t joined = join_path(p, first, l.words);
        first[joined] = first[0];
        l.word += joined;
        l.words -= joined;
    }
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
    const char *near = w->kind == WORD_NAME ? keyword_nearest(AT_LINE, w->text) : NULL;
    if (sign_is(w, "<") || sign_is(w, ">"))
        return diagnose(s->p->d, &w->place, "a packet line starts with a time: write `+0 %s ...`",
                        w->text);
    if (w->kind == WORD_NAME && sign_is(w + 1, "("))
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
