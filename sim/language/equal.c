/* Whether two scripts are the same, wherever their words stand. */
#include <stdlib.h>
#include <string.h>

#include "sim/language/script.h"

/* A list of either script against the other's, one by one. */
typedef bool same_one(const void *a, const void *b);

static bool same_rows(const void *a, uint32_t as, const void *b, uint32_t bs, size_t size,
                      same_one *same)
{
    bool equal = as == bs;
    for (size_t i = 0; equal && i < as; i++)
        equal = same((const char *)a + i * size, (const char *)b + i * size);
    return equal;
}

#define SAME_ROWS(a, b, list, count, same)                                                         \
    same_rows((a)->list, (a)->count, (b)->list, (b)->count, sizeof *(a)->list, same)

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_packet(const struct packet_spec *a, const struct packet_spec *b)
{
    return a == b || (a && b && packet_spec_equal(a, b));
}

static bool same_value(const void *a, const void *b)
{
    return value_equal(a, b);
}

/* Lists of expressions hold pointers. */
static bool same_expr(const void *a, const void *b)
{
    return expr_equal(*(struct expr *const *)a, *(struct expr *const *)b);
}

bool expr_equal(const struct expr *a, const struct expr *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case EXPR_VALUE:
        return value_equal(&a->value, &b->value);
    case EXPR_CALL:
        return same(a->value.text, b->value.text) &&
               SAME_ROWS(a, b, argument, arguments, same_expr);
    case EXPR_NOT:
    case EXPR_NEGATE:
        return expr_equal(a->left, b->left);
    case EXPR_BINARY:
        return a->op == b->op && expr_equal(a->left, b->left) && expr_equal(a->right, b->right);
    }
    return false;
}

static bool same_attribute(const void *a, const void *b)
{
    const struct attribute *x = a, *y = b;
    return same(x->name, y->name) && value_equal(&x->value, &y->value);
}

static bool same_setting(const void *a, const void *b)
{
    const struct setting *x = a, *y = b;
    return same(x->name, y->name) && value_equal(&x->value, &y->value);
}

static bool same_declaration(const void *a, const void *b)
{
    const struct declaration *x = a, *y = b;
    return same(x->kind, y->kind) && same(x->name, y->name) &&
           SAME_ROWS(x, y, attribute, attributes, same_attribute);
}

static bool same_parameter(const void *a, const void *b)
{
    const struct parameter *x = a, *y = b;
    return same(x->name, y->name) && SAME_ROWS(x, y, value, values, same_value);
}

static bool same_cover(const void *a, const void *b)
{
    return same(((const struct cover *)a)->id, ((const struct cover *)b)->id);
}

static bool same_ignore(const void *a, const void *b)
{
    const struct ignore *x = a, *y = b;
    return same(x->at, y->at) && x->direction == y->direction && x->until_ns == y->until_ns &&
           same_packet(x->packet, y->packet);
}

static bool same_outcome(const void *a, const void *b)
{
    const struct outcome_declaration *x = a, *y = b;
    return x->by_ns == y->by_ns && x->after == y->after && expr_equal(x->expr, y->expr);
}

static bool same_expert(const void *a, const void *b)
{
    const struct expert *x = a, *y = b;
    return x->frame == y->frame && same(x->field, y->field) && same(x->link, y->link);
}

static bool same_when(const struct when *a, const struct when *b)
{
    return a->kind == b->kind && a->from_ns == b->from_ns && a->to_ns == b->to_ns &&
           a->range == b->range && a->to_relative == b->to_relative && a->blocks == b->blocks &&
           a->ends_ns == b->ends_ns;
}

static bool same_call(const struct call_step *a, const struct call_step *b)
{
    return same(a->name, b->name) && SAME_ROWS(a, b, argument, arguments, same_value) &&
           value_equal(&a->result, &b->result) && same(a->error, b->error) &&
           same(a->note, b->note) && same(a->on, b->on);
}

static bool same_fault(const struct fault_step *a, const struct fault_step *b)
{
    return same(a->link, b->link) && same(a->verb, b->verb) &&
           value_equal(&a->amount, &b->amount) && a->frame == b->frame && a->every == b->every &&
           a->mask == b->mask && a->limit == b->limit && same(a->from, b->from) &&
           same_packet(a->match, b->match) && a->match_direction == b->match_direction &&
           same(a->match_at, b->match_at) && SAME_ROWS(a, b, attribute, attributes, same_attribute);
}

static bool same_step(const void *one, const void *other)
{
    const struct step *a = one, *b = other;
    if (a->kind != b->kind || !same(a->comment, b->comment) || !same_when(&a->when, &b->when))
        return false;
    switch (a->kind) {
    case STEP_PACKET:
        return same(a->u.packet.at, b->u.packet.at) &&
               a->u.packet.direction == b->u.packet.direction &&
               a->u.packet.optional == b->u.packet.optional &&
               same(a->u.packet.inert, b->u.packet.inert) &&
               same_packet(a->u.packet.packet, b->u.packet.packet);
    case STEP_CALL:
        return same_call(&a->u.call, &b->u.call);
    case STEP_QUIET:
        return true;
    case STEP_ASSERT:
        return expr_equal(a->u.expr, b->u.expr);
    case STEP_FAULT:
    case STEP_LINK:
        return same_fault(&a->u.fault, &b->u.fault);
    case STEP_SHELL:
    case STEP_CODE:
        return same(a->u.code.text, b->u.code.text);
    case STEP_LET:
        return same(a->u.let.name, b->u.let.name) && expr_equal(a->u.let.expr, b->u.let.expr);
    case STEP_ALL:
    case STEP_REPEAT:
    case STEP_ONE:
    case STEP_EITHER:
    case STEP_IF:
        if (a->kind == STEP_IF && !expr_equal(a->u.block.condition, b->u.block.condition))
            return false;
        return a->u.block.times == b->u.block.times && a->u.block.least == b->u.block.least &&
               same(a->u.block.counter, b->u.block.counter) &&
               SAME_ROWS(&a->u.block, &b->u.block, step, steps, same_step);
    case STEP_SET:
        return same_setting(&a->u.setting, &b->u.setting);
    }
    return false;
}

static bool same_formats(const struct script *a, const struct script *b)
{
    char *p = layer_set_print(a->layers), *q = layer_set_print(b->layers);
    bool equal = strcmp(p, q) == 0;
    free(p);
    free(q);
    return equal;
}

static bool same_declarations(const struct script *a, const struct script *b)
{
    return SAME_ROWS(a, b, cover, covers, same_cover) &&
           SAME_ROWS(a, b, parameter, parameters, same_parameter) &&
           SAME_ROWS(a, b, option, options, same_setting) &&
           SAME_ROWS(a, b, set, sets, same_setting) &&
           SAME_ROWS(a, b, link, links, same_declaration) &&
           SAME_ROWS(a, b, host, hosts, same_declaration) &&
           SAME_ROWS(a, b, sut, suts, same_declaration) &&
           SAME_ROWS(a, b, ignore, ignores, same_ignore) &&
           SAME_ROWS(a, b, expert, experts, same_expert) &&
           SAME_ROWS(a, b, outcome, outcomes, same_outcome) && same_formats(a, b);
}

bool script_equal(const struct script *a, const struct script *b)
{
    return same(a->summary, b->summary) && a->packetdrill == b->packetdrill &&
           same_declarations(a, b) && same(a->init_shell, b->init_shell) &&
           same(a->cleanup_shell, b->cleanup_shell) && a->end_ns == b->end_ns &&
           same(a->end_because, b->end_because) && a->golden_fingerprint == b->golden_fingerprint &&
           a->by_outcome == b->by_outcome && SAME_ROWS(a, b, step, steps, same_step);
}
