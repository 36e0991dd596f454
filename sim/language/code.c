/*
 * %{ }%: the tool hands these blocks to Python. Nearly all are asserts over fields of tcp_info,
 * which the grammar's expressions cover, some name a value (NAME = E, NAME += E) or print one;
 * whatever else stands there is kept as text with the reason why it cannot be played.
 */
#include <stdio.h>
#include <string.h>

#include "sim/language/build.h"
#include "sim/language/grammar.tab.h"

static bool too_deep(const struct words *w)
{
    int depth = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct word *word = &w->word[i];
        if (word->kind == WORD_PUNCT && strchr("([{", word->text[0]) && ++depth > SCRIPT_NESTING)
            return true;
        if (word->kind == WORD_PUNCT && strchr(")]}", word->text[0]))
            depth--;
    }
    return false;
}

/* By its first word, when that is none that the grammar begins a statement with. */
static const char *reason(struct parse *p, const struct diagnostic *d, const struct words *all,
                          const struct word *at)
{
    char text[400];
    while (at && at > all->word && !at->first)
        at--;
    if (at && at->kind == WORD_NAME && strcmp(at->text, "assert") != 0)
        snprintf(text, sizeof text,
                 "line %d: `%s` is Python that is not played: asserts, NAME = E and print are",
                 at->place.line, at->text);
    else
        snprintf(text, sizeof text, "line %d: %.300s", d->place.line, d->text);
    return pool_text(p->pool, text, strlen(text));
}

void code_parse(struct parse *p, const struct word *code, struct step *step)
{
    struct diagnostic d = {0};
    struct lexing l = {.pool = p->pool,
                       .file = code->place.file,
                       .define = p->define,
                       .d = &d,
                       .code = true,
                       .line = code->place.line,
                       .column = code->place.column + 2,
                       .budget = &p->budget};
    struct parse inner = {.pool = p->pool, .script = p->script, .d = &d, .budget = p->budget};
    bool good = lex_text(&l, code->text, strlen(code->text));
    if (good && too_deep(&l.out))
        good = diagnose(&d, &code->place, "brackets nest too deep");
    if (good) {
        inner.code = l.out.word;
        inner.mention = p->mention;
        inner.mentions = p->mentions;
        good = script_yyparse(&inner) == 0 && !d.text[0];
    }
    if (!good) {
        step->u.code.unsupported = reason(p, &d, &l.out, inner.at);
        return;
    }
    p->mention = inner.mention;
    p->mentions = inner.mentions;
    step->u.code.statement = inner.statement;
    step->u.code.statements = inner.statements;
}
