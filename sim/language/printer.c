/* A script's structures back to its text: what parses again to the same. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/language/parse.h"

#include "sim/base/time.h"
#include "sim/language/lexer.h"
#include "sim/base/text.h"

static void print_time(struct text *t, int64_t ns)
{
    char out[40];
    time_print(ns, out, sizeof out);
    text_add(t, "%s", ns ? out : "0");
}

static void print_comment(struct text *t, const char *comment, int indent)
{
    while (comment && *comment) {
        size_t n = strcspn(comment, "\n");
        text_add(t, "%*s// ", indent, "");
        text_bytes(t, comment, n);
        text_add(t, "\n");
        comment += comment[n] ? n + 1 : n;
    }
}

static void print_packet(struct text *t, const char *at, char direction,
                         const struct packet_spec *packet)
{
    char *words = packet_print(packet);
    if (at)
        text_add(t, "@%s ", at);
    if (direction)
        text_add(t, "%c ", direction);
    text_bytes(t, words, strlen(words));
    free(words);
}

/* Values behind a name: several stand without brackets. */
static void print_values(struct text *t, const struct value *v)
{
    if (v->kind != VALUE_LIST) {
        text_value(t, v);
        return;
    }
    for (uint32_t i = 0; i < v->items; i++) {
        text_add(t, "%s", i ? " " : "");
        text_value(t, &v->item[i]);
    }
}

/* A comma keeps what follows from being read as a flag's value, or as octets behind `hex`. */
static bool wants_comma(const struct attribute *a, bool on_starts)
{
    if (a->value.kind == VALUE_NAME && strcmp(a->value.text, "hex") == 0)
        return true;
    return a->value.kind == VALUE_NONE && !(on_starts && strcmp(a[1].name, "on") == 0);
}

static void print_attributes(struct text *t, const struct attribute *a, uint32_t count,
                             bool on_starts)
{
    for (uint32_t i = 0; i < count; i++) {
        text_add(t, " %s", a[i].name);
        if (a[i].value.kind != VALUE_NONE) {
            text_add(t, " ");
            print_values(t, &a[i].value);
        }
        if (i + 1 < count && wants_comma(&a[i], on_starts))
            text_add(t, ",");
    }
}

/* A file's name is a text in quotes; so is a kind that a word could not be. */
static void print_kind(struct text *t, const char *kind)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    size_t len = strlen(kind);
    bool letter = strchr(plain, kind[0]) && (kind[0] > '9' && kind[len - 1] != '-');
    bool word = letter && strspn(kind, plain) == len && !strstr(kind, "--");
    if ((word || kind[0] == '$') && strcmp(kind, "hex") != 0)
        text_add(t, "%s ", kind);
    else {
        text_quoted(t, kind, len);
        text_add(t, " ");
    }
}

static void print_declarations(struct text *t, const char *word, const struct declaration *d,
                               uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        text_add(t, "%-6s ", word);
        if (d[i].kind)
            print_kind(t, d[i].kind);
        text_add(t, "%s", d[i].name);
        print_attributes(t, d[i].attribute, d[i].attributes, true);
        text_add(t, "\n");
    }
}

/* Runs of three numbers or more as FIRST..LAST. */
static void print_parameter(struct text *t, const struct parameter *p)
{
    text_add(t, "param  %s = ", p->name);
    for (uint32_t i = 0; i < p->values; i++) {
        uint32_t last = i;
        while (last + 1 < p->values && p->value[i].kind == VALUE_NUMBER &&
               p->value[last + 1].kind == VALUE_NUMBER && p->value[last].number < INT64_MAX &&
               p->value[last + 1].number == p->value[last].number + 1)
            last++;
        text_add(t, "%s", i ? ", " : "");
        text_value(t, &p->value[i]);
        if (last >= i + 2) {
            text_add(t, "..");
            text_value(t, &p->value[last]);
            i = last;
        }
    }
    text_add(t, "\n");
}

/* Expressions: parentheses stand only where the grammar needs them, so that a text does not nest
 * deeper once it is printed than brackets may. */

/* How close an operator binds, in the grammar's order. */
enum level {
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_COMPARISON,
    LEVEL_BITOR,
    LEVEL_BITAND,
    LEVEL_SHIFT,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_UNARY,
    LEVEL_ATOM
};

const char *expr_sign(enum expr_op op)
{
    static const char *const sign[] = {
        [OP_EQ] = "==",  [OP_NE] = "!=",  [OP_LT] = "<",  [OP_LE] = "<=",    [OP_GT] = ">",
        [OP_GE] = ">=",  [OP_AND] = "&&", [OP_OR] = "||", [OP_ADD] = "+",    [OP_SUB] = "-",
        [OP_MUL] = "*",  [OP_DIV] = "/",  [OP_MOD] = "%", [OP_BITAND] = "&", [OP_BITOR] = "|",
        [OP_SHL] = "<<", [OP_SHR] = ">>",
    };
    return sign[op];
}

static void print_at(struct text *t, const struct expr *e, enum level least);

static bool compares(const struct expr *e)
{
    return e->kind == EXPR_BINARY && e->op <= OP_GE;
}

/* a < b < c: both comparisons hold the same b. */
static bool is_chain(const struct expr *e)
{
    if (e->kind != EXPR_BINARY || e->op != OP_AND || !compares(e->right))
        return false;
    const struct expr *before = compares(e->left)                                   ? e->left
                                : e->left->kind == EXPR_BINARY && is_chain(e->left) ? e->left->right
                                                                                    : NULL;
    return before && before->right == e->right->left;
}

static enum level level_of(const struct expr *e)
{
    static const enum level level[] = {
        [OP_EQ] = LEVEL_COMPARISON, [OP_NE] = LEVEL_COMPARISON, [OP_LT] = LEVEL_COMPARISON,
        [OP_LE] = LEVEL_COMPARISON, [OP_GT] = LEVEL_COMPARISON, [OP_GE] = LEVEL_COMPARISON,
        [OP_AND] = LEVEL_AND,       [OP_OR] = LEVEL_OR,         [OP_ADD] = LEVEL_SUM,
        [OP_SUB] = LEVEL_SUM,       [OP_MUL] = LEVEL_PRODUCT,   [OP_DIV] = LEVEL_PRODUCT,
        [OP_MOD] = LEVEL_PRODUCT,   [OP_BITAND] = LEVEL_BITAND, [OP_BITOR] = LEVEL_BITOR,
        [OP_SHL] = LEVEL_SHIFT,     [OP_SHR] = LEVEL_SHIFT,
    };
    if (e->kind == EXPR_VALUE || e->kind == EXPR_CALL)
        return LEVEL_ATOM;
    if (e->kind != EXPR_BINARY)
        return LEVEL_UNARY;
    return is_chain(e) ? LEVEL_COMPARISON : level[e->op];
}

static void print_chain(struct text *t, const struct expr *e)
{
    if (compares(e)) {
        print_at(t, e->left, LEVEL_BITOR);
        text_add(t, " %s ", expr_sign(e->op));
        print_at(t, e->right, LEVEL_BITOR);
        return;
    }
    print_chain(t, e->left);
    text_add(t, " %s ", expr_sign(e->right->op));
    print_at(t, e->right->right, LEVEL_BITOR);
}

/* A row of one level groups from the left. */
static void print_binary(struct text *t, const struct expr *e)
{
    enum level level = level_of(e);
    if (level == LEVEL_COMPARISON) {
        print_chain(t, e);
        return;
    }
    print_at(t, e->left, level);
    text_add(t, " %s ", expr_sign(e->op));
    print_at(t, e->right, (enum level)(level + 1));
}

/* `not` takes a comparison, `!` and `-` what has no operator between its parts. */
static void print_unary(struct text *t, const struct expr *e, enum level least)
{
    bool word = e->kind == EXPR_NOT && least <= LEVEL_NOT &&
                level_of(e->left) >= LEVEL_COMPARISON && level_of(e->left) < LEVEL_UNARY;
    text_add(t, "%s",
             word                           ? "not "
             : e->kind == EXPR_NOT          ? "!"
             : e->left->kind == EXPR_NEGATE ? "- "
                                            : "-");
    print_at(t, e->left, word ? LEVEL_NOT : LEVEL_UNARY);
}

static void print_call_expr(struct text *t, const struct expr *e)
{
    text_add(t, "%s(", e->value.text);
    for (uint32_t i = 0; i < e->arguments; i++) {
        text_add(t, "%s", i ? ", " : "");
        print_at(t, e->argument[i], LEVEL_OR);
    }
    text_add(t, ")");
}

static void print_at(struct text *t, const struct expr *e, enum level least)
{
    bool brackets = level_of(e) < least;
    text_add(t, "%s", brackets ? "(" : "");
    switch (e->kind) {
    case EXPR_VALUE:
        text_value(t, &e->value);
        break;
    case EXPR_CALL:
        print_call_expr(t, e);
        break;
    case EXPR_NOT:
    case EXPR_NEGATE:
        print_unary(t, e, least);
        break;
    case EXPR_BINARY:
        print_binary(t, e);
        break;
    }
    text_add(t, "%s", brackets ? ")" : "");
}

static void print_expr(struct text *t, const struct expr *e)
{
    print_at(t, e, LEVEL_OR);
}

char *expr_print(const struct expr *e)
{
    struct text t = {.grows = true};
    print_expr(&t, e);
    return t.bytes;
}

/* Steps */

static void print_when(struct text *t, const struct when *w)
{
    struct text stamp = {.grows = true};
    const char *sign = w->kind == WHEN_RELATIVE ? "+" : "";
    if (w->kind == WHEN_ANY) {
        text_add(&stamp, "*");
    } else {
        text_add(&stamp, "%s", sign);
        print_time(&stamp, w->from_ns);
    }
    if (w->range) {
        text_add(&stamp, "~%s", w->to_relative ? "+" : "");
        print_time(&stamp, w->to_ns);
    }
    if (w->blocks) {
        text_add(&stamp, "...");
        print_time(&stamp, w->ends_ns);
    }
    text_add(t, "%-6s ", stamp.bytes);
    free(stamp.bytes);
}

/* 5..7 is no call that a value would print as. */
static void print_result(struct text *t, const struct value *v)
{
    bool range = v->kind == VALUE_CALL && strcmp(v->text, "..") == 0;
    text_value(t, range ? &v->item[0] : v);
    if (!range)
        return;
    text_add(t, "..");
    text_value(t, &v->item[1]);
}

static void print_call(struct text *t, const struct call_step *c)
{
    struct value arguments = {
        .kind = VALUE_CALL, .text = c->name, .item = c->argument, .items = c->arguments};
    if (c->on)
        text_add(t, "@%s ", c->on);
    text_value(t, &arguments);
    if (c->result.kind == VALUE_NONE && !c->error && !c->note)
        return;
    text_add(t, " = ");
    print_result(t, &c->result);
    if (c->error)
        text_add(t, " %s", c->error);
    if (c->note)
        text_add(t, " (%s)", c->note);
}

static void print_fault(struct text *t, const struct fault_step *f)
{
    const struct {
        const char *name;
        uint64_t number;
    } option[] = {{"frame", f->frame}, {"every", f->every}, {"mask", f->mask}, {"limit", f->limit}};
    text_add(t, "link %s %s", f->link, f->verb);
    print_attributes(t, f->attribute, f->attributes, false);
    if (f->amount.kind != VALUE_NONE) {
        text_add(t, " ");
        text_value(t, &f->amount);
    }
    for (size_t i = 0; i < sizeof option / sizeof option[0]; i++)
        if (option[i].number)
            text_add(t, i == 2 ? " %s 0x%" PRIx64 : " %s %" PRIu64, option[i].name,
                     option[i].number);
    if (f->from)
        text_add(t, " from %s", f->from);
    if (f->match) {
        text_add(t, " match ");
        print_packet(t, f->match_at, f->match_direction, f->match);
    }
}

static void print_step(struct text *t, const struct step *s, int indent);

static void print_repeat(struct text *t, const struct step *s, int indent)
{
    uint32_t least = s->u.block.least, most = s->u.block.times;
    text_add(t, "%*srepeat %" PRIu32, indent, "", least);
    if (most == SCRIPT_WEIGHT && least != most)
        text_add(t, "..");
    else if (least != most)
        text_add(t, "..%" PRIu32, most);
    if (s->u.block.counter)
        text_add(t, " ?%s", s->u.block.counter);
    text_add(t, " {\n");
}

static void print_one(struct text *t, const struct step *s, int indent)
{
    for (uint32_t i = 0; i < s->u.block.steps; i++) {
        const struct step *either = &s->u.block.step[i];
        text_add(t, "%*s%s {\n", indent, "", i ? "} or" : "one");
        for (uint32_t k = 0; k < either->u.block.steps; k++)
            print_step(t, &either->u.block.step[k], indent + 2);
    }
    text_add(t, "%*s}\n", indent, "");
}

static void print_block(struct text *t, const struct step *s, int indent)
{
    if (s->kind == STEP_ONE) {
        print_one(t, s, indent);
        return;
    }
    if (s->kind == STEP_REPEAT) {
        print_repeat(t, s, indent);
    } else if (s->kind == STEP_IF) {
        text_add(t, "%*sif ", indent, "");
        print_expr(t, s->u.block.condition);
        text_add(t, " {\n");
    } else
        text_add(t, "%*sall {\n", indent, "");
    for (uint32_t i = 0; i < s->u.block.steps; i++)
        print_step(t, &s->u.block.step[i], indent + 2);
    text_add(t, "%*s}\n", indent, "");
}

static void print_action(struct text *t, const struct step *s)
{
    switch (s->kind) {
    case STEP_PACKET:
        text_add(t, "%s", s->u.packet.optional ? "maybe " : "");
        print_packet(t, s->u.packet.at, s->u.packet.direction, s->u.packet.packet);
        if (s->u.packet.inert) {
            text_add(t, " inert because ");
            text_quoted(t, s->u.packet.inert, strlen(s->u.packet.inert));
        }
        break;
    case STEP_CALL:
        print_call(t, &s->u.call);
        break;
    case STEP_QUIET:
        text_add(t, "quiet");
        break;
    case STEP_ASSERT:
        text_add(t, "assert ");
        print_expr(t, s->u.expr);
        break;
    case STEP_FAULT:
    case STEP_LINK:
        print_fault(t, &s->u.fault);
        break;
    case STEP_SHELL:
        text_add(t, "`%s`", s->u.code.text);
        break;
    case STEP_CODE:
        text_add(t, "%%{%s}%%", s->u.code.text);
        break;
    case STEP_SET:
        text_add(t, "set %s ", s->u.setting.name);
        print_values(t, &s->u.setting.value);
        break;
    case STEP_LET:
        text_add(t, "let %s = ", s->u.let.name);
        print_expr(t, s->u.let.expr);
        break;
    case STEP_ALL:
    case STEP_REPEAT:
    case STEP_ONE:
    case STEP_EITHER:
    case STEP_IF:
        break;
    }
}

static void print_step(struct text *t, const struct step *s, int indent)
{
    print_comment(t, s->comment, indent);
    if (step_is_block(s)) {
        print_block(t, s, indent);
        return;
    }
    text_add(t, "%*s", indent, "");
    print_when(t, &s->when);
    print_action(t, s);
    text_add(t, "\n");
}

static void print_head(struct text *t, const struct script *s)
{
    print_comment(t, s->summary, 0);
    for (uint32_t i = 0; i < s->options; i++)
        text_add(t, "--%s%s%s\n", s->option[i].name, s->option[i].value.text ? "=" : "",
                 s->option[i].value.text ? s->option[i].value.text : "");
    for (uint32_t i = 0; i < s->covers; i++)
        text_add(t, "%s%s%s", i ? " " : "covers ", s->cover[i].id, i + 1 == s->covers ? "\n" : "");
    for (uint32_t i = 0; i < s->parameters; i++)
        print_parameter(t, &s->parameter[i]);
    for (uint32_t i = 0; i < s->sets; i++) {
        text_add(t, "set    %s ", s->set[i].name);
        print_values(t, &s->set[i].value);
        text_add(t, "\n");
    }
}

static void print_declared(struct text *t, const struct script *s)
{
    char *formats = layer_set_print(s->layers);
    print_declarations(t, "link", s->link, s->links);
    print_declarations(t, "host", s->host, s->hosts);
    print_declarations(t, "sut", s->sut, s->suts);
    text_bytes(t, formats, strlen(formats));
    if (formats[0] && formats[strlen(formats) - 1] != '\n')
        text_add(t, "\n");
    free(formats);
    for (uint32_t i = 0; i < s->ignores; i++) {
        text_add(t, "ignore ");
        print_packet(t, s->ignore[i].at, s->ignore[i].direction, s->ignore[i].packet);
        if (s->ignore[i].until_ns >= 0) {
            text_add(t, " until ");
            print_time(t, s->ignore[i].until_ns);
        }
        text_add(t, "\n");
    }
    for (uint32_t i = 0; i < s->experts; i++)
        text_add(t, "expert %" PRIu32 " %s%s%s\n", s->expert[i].frame, s->expert[i].field,
                 s->expert[i].link ? " on " : "", s->expert[i].link ? s->expert[i].link : "");
    for (uint32_t i = 0; i < s->outcomes; i++) {
        text_add(t, "outcome %s", s->outcome[i].after ? "+" : "");
        print_time(t, s->outcome[i].by_ns);
        text_add(t, " ");
        print_expr(t, s->outcome[i].expr);
        text_add(t, "\n");
    }
    if (s->by_outcome)
        text_add(t, "judge  outcome\n");
    if (s->golden_fingerprint)
        text_add(t, "golden fingerprint\n");
}

char *script_print(const struct script *s)
{
    struct text t = {.grows = true};
    print_head(&t, s);
    print_declared(&t, s);
    if (s->end_ns >= 0) {
        text_add(&t, "end    ");
        print_time(&t, s->end_ns);
        if (s->end_because) {
            text_add(&t, " because ");
            text_quoted(&t, s->end_because, strlen(s->end_because));
        }
        text_add(&t, "\n");
    }
    if (s->init_shell)
        text_add(&t, "`%s`\n", s->init_shell);
    for (uint32_t i = 0; i < s->steps; i++)
        print_step(&t, &s->step[i], 0);
    if (s->cleanup_shell)
        text_add(&t, "`%s`\n", s->cleanup_shell);
    return t.bytes;
}
