/* The grammar's stream of tokens, and what is said when a token does not fit. */
#include <stdio.h>
#include <string.h>

#include "sim/language/build.h"
#include "sim/language/grammar.tab.h"
#include "sim/language/keyword.h"

int script_yylex(SCRIPT_YYSTYPE *value, struct parse *p);

static const struct {
    const char *text;
    int token;
} sign[] = {
    {"...", ELLIPSIS}, {"..", DOTS}, {"==", EQ},  {"!=", NE},  {"<=", LE},  {">=", GE},
    {"<", LT},         {">", GT},    {"<<", SHL}, {">>", SHR}, {"&&", AND}, {"||", OR},
};

static int sign_token(const char *text)
{
    for (size_t i = 0; i < sizeof sign / sizeof sign[0]; i++)
        if (strcmp(text, sign[i].text) == 0)
            return sign[i].token;
    return text[1] ? SCRIPT_YYUNDEF : text[0];
}

/* A word that is none of the language's own there. */
static int word_token(const struct word *w)
{
    switch (w->kind) {
    case WORD_NAME:
        return NAME;
    case WORD_NUMBER:
        return NUMBER;
    case WORD_TIME:
        return TIME;
    case WORD_STRING:
        return STRING;
    case WORD_IPV4:
        return IPV4;
    case WORD_PREFIX:
        return PREFIX;
    case WORD_IPV6:
        return IPV6;
    case WORD_MAC:
        return MAC;
    case WORD_BIND:
        return BIND;
    case WORD_USE:
        return USE;
    case WORD_HEX:
        return HEX;
    case WORD_PUNCT:
        return sign_token(w->text);
    case WORD_SHELL:
        return SHELL;
    case WORD_CODE:
        return CODE;
    case WORD_OPTION:
        return OPTION;
    case WORD_NEWLINE:
        return NEWLINE;
    case WORD_END:
        return END;
    }
    return SCRIPT_YYUNDEF;
}

/* A declaration inside braces would be played with each repetition, which means nothing. */
static bool misplaced(struct parse *p, const struct line *l)
{
    if (p->blocks == 0 || p->word_at != 0 || line_is_event(l->kind) || l->kind == LINE_ALL ||
        l->kind == LINE_REPEAT || l->kind == LINE_ONE || l->kind == LINE_IF ||
        l->kind == LINE_CLOSE)
        return false;
    diagnose(
        p->d, &l->word->place,
        "a %s line stands inside a block: declarations stand outside of all { } and repeat N { }",
        line_title(l->kind));
    return true;
}

/* A packet and a note are plain words. */
static bool holds_other(struct parse *p, const struct line *l)
{
    for (size_t i = p->word_at; i < l->words; i++)
        if (l->word[i].kind > WORD_PUNCT) {
            diagnose(p->d, &l->word[i].place,
                     "a %s stands inside a %s line: give it a line and a time of its own",
                     l->word[i].kind == WORD_CODE ? "code block" : "command", line_title(l->kind));
            return true;
        }
    return false;
}

/* What stands in parentheses behind a call's result, as one text. */
static int take_note(struct parse *p, const struct line *l, SCRIPT_YYSTYPE *value)
{
    size_t from = p->word_at, to = from, len = 1;
    if (holds_other(p, l))
        return SCRIPT_YYerror;
    for (int depth = 0; to < l->words; to++) {
        depth += sign_is(&l->word[to], "(") - sign_is(&l->word[to], ")");
        len += strlen(l->word[to].text) + 2;
        if (depth == 0)
            break;
    }
    char *text = pool_alloc(p->pool, len);
    size_t n = 0;
    for (size_t i = from + 1; i < to; i++) {
        const struct word *w = &l->word[i];
        const char *sigil = w->kind == WORD_BIND ? "?" : w->kind == WORD_USE ? "$" : "";
        n += (size_t)snprintf(text + n, len - n, "%s%s%s", i > from + 1 && w->spaced ? " " : "",
                              sigil, w->text);
    }
    struct word *note = pool_alloc(p->pool, sizeof *note);
    *note = l->word[from];
    note->text = text;
    value->NOTE = note;
    p->word_at = to < l->words ? to + 1 : to;
    return NOTE;
}

/* A '(' behind a complete result opens a note; behind a name without a blank it opens a call's
 * arguments, unless the name is the error's (-1 EAGAIN(...)). */
static bool is_note(const struct parse *p, const struct line *l, const struct word *w)
{
    if (l->kind != LINE_CALL || p->depth || !p->result_at || p->word_at <= p->result_at ||
        !sign_is(w, "("))
        return false;
    return w->spaced || w[-1].kind != WORD_NAME || w[-2].kind == WORD_NUMBER;
}

static void follow(struct parse *p, const struct line *l, const struct word *w)
{
    if (sign_is(w, "(") || sign_is(w, "[") || sign_is(w, "{"))
        p->depth++;
    else if (p->depth && (sign_is(w, ")") || sign_is(w, "]") || sign_is(w, "}")))
        p->depth--;
    else if (l->kind == LINE_CALL && sign_is(w, "=") && !p->depth)
        p->result_at = p->word_at + 1;
}

static int take_packet(struct parse *p, const struct line *l, SCRIPT_YYSTYPE *value)
{
    if (holds_other(p, l))
        return SCRIPT_YYerror;
    value->PACKET = (struct packet_words){&l->word[p->word_at], l->words - p->word_at};
    p->word_at = l->words;
    p->arrow = false;
    return PACKET;
}

/* Word `at` of the line, if the language keeps it for itself there. */
static const struct keyword *own_word(const struct line *l, size_t at)
{
    const struct word *w = &l->word[at];
    if (l->kind == LINE_PACKET)
        return at == l->action ? keyword_of(AT_PACKET, w) : NULL;
    if (l->kind == LINE_CLOSE)
        return keyword_of(AT_CLOSE, w);
    if (at == l->action) {
        const struct keyword *own = keyword_of(line_is_event(l->kind) ? AT_ACTION : AT_LINE, w);
        return own && own->line == l->kind ? own : NULL;
    }
    switch (l->kind) {
    case LINE_FAULT:
        if (at == l->action + 2 && keyword_of(AT_VERB, w))
            return keyword_of(AT_VERB, w);
        return l->packet != NO_PACKET && at < l->packet ? keyword_of(AT_FAULT, w) : NULL;
    case LINE_LINK:
    case LINE_HOST:
    case LINE_SUT:
    case LINE_EXPERT:
        return keyword_of(AT_ATTRIBUTE, w);
    case LINE_ASSERT:
    case LINE_OUTCOME:
    case LINE_LET:
    case LINE_IF:
        return keyword_of(AT_EXPRESSION, w);
    default:
        return NULL;
    }
}

/* outcome +60s */
static bool is_plus(const struct line *l, size_t at)
{
    return at == 2 && sign_is(&l->word[1], "+");
}

static int take_word(struct parse *p, const struct line *l, SCRIPT_YYSTYPE *value)
{
    const struct word *w = &l->word[p->word_at];
    p->at = value->NAME = w; /* all words lie at the same place of the union */
    if (misplaced(p, l))
        return SCRIPT_YYerror;
    if (p->word_at == l->packet && (sign_is(w, "<") || sign_is(w, ">"))) {
        p->arrow = true;
        p->word_at++;
        return ARROW;
    }
    if (p->word_at == l->packet || (l->kind == LINE_FORMAT && p->word_at == 1))
        return take_packet(p, l, value);
    if (is_note(p, l, w))
        return take_note(p, l, value);
    follow(p, l, w);
    size_t at = p->word_at++;
    if (word_like_time(w) && ((line_is_event(l->kind) && at < l->action) || l->kind == LINE_END ||
                              (l->kind == LINE_OUTCOME && (at == 1 || is_plus(l, at)))))
        return STAMP;
    if (l->kind == LINE_OPTION && at == 1 && w->kind == WORD_STRING && !w->spaced)
        return OPTION_VALUE;
    const struct keyword *own = own_word(l, at);
    return own ? own->token : word_token(w);
}

static int take_code(struct parse *p, SCRIPT_YYSTYPE *value)
{
    if (p->word_at == 0) {
        p->word_at = 1;
        return CODE_START;
    }
    const struct word *w = &p->code[p->word_at - 1];
    p->at = value->NAME = w;
    if (w->kind == WORD_END)
        return END;
    p->word_at++;
    const struct keyword *own = keyword_of(AT_STATEMENT, w);
    own = own ? own : keyword_of(AT_EXPRESSION, w);
    return own ? own->token : word_token(w);
}

int script_yylex(SCRIPT_YYSTYPE *value, struct parse *p)
{
    if (p->code)
        return take_code(p, value);
    if (p->line_at == p->lines)
        return END;
    const struct line *l = &p->line[p->line_at];
    p->in = l;
    if (p->arrow)
        return take_packet(p, l, value);
    if (p->word_at < l->words)
        return take_word(p, l, value);
    p->line_at++;
    p->word_at = 0;
    p->depth = 0;
    p->result_at = 0;
    return EOL;
}

/* What would be right: up to three tokens, and how the line reads. */
static void expected_text(const struct parse *p, const char *const *expected, int n, char *out,
                          size_t room)
{
    size_t at = 0;
    out[0] = 0;
    for (int i = 0; i < n && i < 3 && n <= 3 && at < room; i++) {
        const char *name = expected[i];
        bool quoted = name[0] == '"' || name[0] == '\'';
        int len = (int)strlen(name) - (quoted ? 2 : 0);
        bool phrase = memchr(name, ' ', strlen(name)) || memchr(name, '`', strlen(name)) ||
                      strstr(name, "'s end");
        at += (size_t)snprintf(out + at, room - at, "%s%s%.*s%s", i == 0 ? ", expected " : " or ",
                               phrase ? "" : "`", len, name + quoted, phrase ? "" : "`");
    }
    if (p->in && at < room)
        snprintf(out + at, room - at, "; a line of this kind reads: %s", line_form(p->in->kind));
}

/* An event's first word that is nearly one of the language's own. */
static const char *meant(const struct parse *p)
{
    const struct line *l = p->in;
    if (!l || l->kind != LINE_CALL || l->action >= l->words || l->word[l->action].kind != WORD_NAME)
        return NULL;
    const struct word *first = &l->word[l->action];
    if (p->at == first || (l->action + 1 < l->words && sign_is(first + 1, "(")))
        return NULL;
    return keyword_nearest(AT_ACTION, first->text);
}

void syntax_error(struct parse *p, bool end, const char *const *expected, int n)
{
    char right[400];
    if (p->d->text[0] || !p->at)
        return;
    if (p->blocks && p->line_at == p->lines) {
        diagnose(p->d, &p->block[p->blocks].head.place,
                 "this block is never closed: `}` is missing");
        return;
    }
    if (p->in && p->in->kind == LINE_CLOSE && !p->blocks) {
        diagnose(p->d, &p->at->place, "`}` without all {, one { or repeat N { before it");
        return;
    }
    const char *near = meant(p);
    if (near) {
        const struct word *w = &p->in->word[p->in->action];
        diagnose(p->d, &w->place, "unknown word `%s`: did you mean `%s`?", w->text, near);
        return;
    }
    expected_text(p, expected, n, right, sizeof right);
    if (end) {
        struct place place = p->at->place;
        place.column += place.length;
        place.length = 1;
        diagnose(p->d, &place, "the line ends too early%s", right);
        return;
    }
    bool continued = p->in && p->at->first && p->at != p->in->word;
    diagnose(p->d, &p->at->place, "unexpected `%s`%s%s", p->at->text,
             continued ? ", which continues the line above" : "", right);
}
