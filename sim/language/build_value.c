/* Values and expressions from their words. */
#include <string.h>

#include "sim/language/build.h"
#include "sim/language/keyword.h"

struct value value_of(const struct word *w)
{
    struct value v = {.text = w->text,
                      .number = w->number,
                      .prefix = w->prefix,
                      .bytes = w->bytes,
                      .len = w->len};
    switch (w->kind) {
    case WORD_NUMBER:
        v.kind = VALUE_NUMBER;
        break;
    case WORD_TIME:
        v.kind = VALUE_TIME;
        break;
    case WORD_STRING:
    case WORD_HEX:
        v.kind = VALUE_BYTES;
        break;
    case WORD_IPV4:
        v.kind = VALUE_IPV4;
        break;
    case WORD_PREFIX:
        v.kind = VALUE_PREFIX;
        break;
    case WORD_IPV6:
        v.kind = VALUE_IPV6;
        break;
    case WORD_MAC:
        v.kind = VALUE_MAC;
        break;
    case WORD_BIND:
        v.kind = VALUE_BIND;
        break;
    case WORD_USE:
        v.kind = VALUE_USE;
        break;
    default:
        v.kind = VALUE_NAME;
    }
    return v;
}

struct value value_used(struct parse *p, const struct word *w)
{
    bool early = p->in && !line_is_event(p->in->kind) && p->in->kind != LINE_IF;
    if (w->kind == WORD_USE)
        mention(p, early ? MENTION_USE_EARLY : MENTION_USE, w->text, &w->place);
    else if (w->kind == WORD_BIND)
        mention(p, MENTION_BIND, w->text, &w->place);
    return value_of(w);
}

struct value value_negative(const struct word *w)
{
    struct value v = value_of(w);
    v.number = (int64_t)(0 - (uint64_t)w->number);
    v.text = NULL;
    return v;
}

struct values values_start(struct parse *p, struct value first)
{
    return values_add(p, (struct values){0}, first);
}

struct values values_add(struct parse *p, struct values list, struct value next)
{
    list.value = pool_grow(p->pool, list.value, list.values, sizeof next);
    list.value[list.values++] = next;
    return list;
}

struct values values_join(struct parse *p, struct value first, struct values rest)
{
    struct values all = values_start(p, first);
    for (uint32_t i = 0; i < rest.values; i++)
        all = values_add(p, all, rest.value[i]);
    return all;
}

struct value values_one(struct parse *p, struct values list)
{
    (void)p;
    return list.values == 1 ? list.value[0] : value_list(VALUE_LIST, list);
}

struct value value_list(enum value_kind kind, struct values items)
{
    return (struct value){.kind = kind, .item = items.value, .items = items.values};
}

struct value value_call(const struct word *name, struct values arguments)
{
    return (struct value){
        .kind = VALUE_CALL, .text = name->text, .item = arguments.value, .items = arguments.values};
}

struct value value_address(struct parse *p, const struct word *name)
{
    size_t len = strlen(name->text);
    char *text = pool_alloc(p->pool, len + 2);
    text[0] = '&';
    memcpy(text + 1, name->text, len + 1);
    return (struct value){.kind = VALUE_NAME, .text = text};
}

struct value value_range(struct parse *p, struct value a, struct value b)
{
    struct values both = values_add(p, values_start(p, a), b);
    return (struct value){
        .kind = VALUE_CALL, .text = "..", .item = both.value, .items = both.values};
}

/* msg_iov(1)=[...]: the tool's count of a list stands in the list's prefix. */
struct value value_field(const struct word *name, const struct values *count, struct value value)
{
    value.field = name->text;
    if (count && count->values == 1 && count->value[0].kind == VALUE_NUMBER &&
        value.kind == VALUE_LIST && count->value[0].number > 0 &&
        count->value[0].number < INT32_MAX)
        value.prefix = (int)count->value[0].number;
    return value;
}

static struct expr *expr_new(struct parse *p, enum expr_kind kind, struct expr *left,
                             struct expr *right)
{
    struct expr *e = pool_alloc(p->pool, sizeof *e);
    e->kind = kind;
    e->left = left;
    e->right = right;
    e->depth = 1 + (left && left->depth > (right ? right->depth : 0) ? left->depth
                    : right                                          ? right->depth
                                                                     : 0);
    e->place = left ? left->place : p->at->place;
    if (e->depth > EXPR_DEPTH) {
        diagnose(p->d, &e->place, "this expression nests too deep: at most %d levels", EXPR_DEPTH);
        return NULL;
    }
    return e;
}

struct expr *expr_word(struct parse *p, const struct word *w)
{
    struct expr *e = expr_new(p, EXPR_VALUE, NULL, NULL);
    if (w->kind == WORD_NAME && w->text[0] >= '0' && w->text[0] <= '9')
        diagnose(p->d, &w->place, "`%s` is no number: one has at most 64 bits", w->text);
    e->value = value_used(p, w);
    e->place = w->place;
    return e;
}

struct expr *expr_binary(struct parse *p, enum expr_op op, struct expr *left, struct expr *right)
{
    struct expr *e = expr_new(p, EXPR_BINARY, left, right);
    if (e)
        e->op = op;
    return e;
}

/* A minus sign before a number makes a number. */
struct expr *expr_unary(struct parse *p, enum expr_kind kind, struct expr *of)
{
    if (kind == EXPR_NEGATE && of->kind == EXPR_VALUE && of->value.kind == VALUE_NUMBER) {
        of->value.number = (int64_t)(0 - (uint64_t)of->value.number);
        of->value.text = NULL;
        return of;
    }
    return expr_new(p, kind, of, NULL);
}

struct expr *expr_call(struct parse *p, const struct word *name, struct exprs arguments)
{
    struct expr deepest = {.depth = 0, .place = name->place};
    for (uint32_t i = 0; i < arguments.exprs; i++)
        if (arguments.expr[i]->depth > deepest.depth)
            deepest.depth = arguments.expr[i]->depth;
    struct expr *e = expr_new(p, EXPR_CALL, &deepest, NULL);
    if (!e)
        return NULL;
    e->left = NULL;
    e->value = (struct value){.kind = VALUE_NAME, .text = name->text};
    e->argument = arguments.expr;
    e->arguments = arguments.exprs;
    return e;
}

/*
 * In a < b < c the middle is shared by both comparisons. A middle that holds such chains itself
 * would be evaluated 2^depth times, so it may not be deep.
 */
struct expr *expr_compare(struct parse *p, struct expr *chain, struct expr *left, enum expr_op op,
                          struct expr *right)
{
    enum { MIDDLE_DEPTH = 6 };
    if (!chain)
        return expr_binary(p, op, left, right);
    struct expr *last = chain->op == OP_AND ? chain->right : chain;
    if (last->right->depth > MIDDLE_DEPTH) {
        diagnose(p->d, &last->right->place,
                 "the middle of a chain of comparisons is too deep: at most %d levels",
                 MIDDLE_DEPTH);
        return NULL;
    }
    struct expr *next = expr_binary(p, op, last->right, right);
    return next ? expr_binary(p, OP_AND, chain, next) : NULL;
}

struct exprs exprs_add(struct parse *p, struct exprs list, struct expr *next)
{
    list.expr = pool_grow(p->pool, list.expr, list.exprs, sizeof next);
    list.expr[list.exprs++] = next;
    return list;
}

void code_add(struct parse *p, const struct word *name, struct expr *e)
{
    p->statement = pool_grow(p->pool, p->statement, p->statements, sizeof *p->statement);
    p->statement[p->statements++] = (struct code_statement){name ? name->text : NULL, e};
}

bool code_add_to(struct parse *p, const struct word *name, struct expr *e)
{
    struct expr *sum = expr_binary(p, OP_ADD, expr_word(p, name), e);
    if (sum)
        code_add(p, name, sum);
    return sum != NULL;
}

bool code_print(struct parse *p, const struct word *name)
{
    return strcmp(name->text, "print") == 0 ||
           diagnose(p->d, &name->place, "`%s` is Python that is not played", name->text);
}
