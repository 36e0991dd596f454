/* Whether two scripts are the same, wherever their words stand. */
#include <stdlib.h>
#include <string.h>

#include "sim/script/script.h"

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_packet(const struct packet_spec *a, const struct packet_spec *b)
{
    return a == b || (a && b && packet_spec_equal(a, b));
}

bool expr_equal(const struct expr *a, const struct expr *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case EXPR_VALUE:
        return value_equal(&a->value, &b->value);
    case EXPR_CALL:
        if (!same(a->value.text, b->value.text) || a->arguments != b->arguments)
            return false;
        for (uint32_t i = 0; i < a->arguments; i++)
            if (!expr_equal(a->argument[i], b->argument[i]))
                return false;
        return true;
    case EXPR_NOT:
    case EXPR_NEGATE:
        return expr_equal(a->left, b->left);
    case EXPR_BINARY:
        return a->op == b->op && expr_equal(a->left, b->left) && expr_equal(a->right, b->right);
    }
    return false;
}

static bool same_attributes(const struct attribute *a, uint32_t as, const struct attribute *b,
                            uint32_t bs)
{
    if (as != bs)
        return false;
    for (uint32_t i = 0; i < as; i++)
        if (!same(a[i].name, b[i].name) || !value_equal(&a[i].value, &b[i].value))
            return false;
    return true;
}

static bool same_settings(const struct setting *a, uint32_t as, const struct setting *b,
                          uint32_t bs)
{
    if (as != bs)
        return false;
    for (uint32_t i = 0; i < as; i++)
        if (!same(a[i].name, b[i].name) || !value_equal(&a[i].value, &b[i].value))
            return false;
    return true;
}

static bool same_declarations(const struct declaration *a, uint32_t as, const struct declaration *b,
                              uint32_t bs)
{
    if (as != bs)
        return false;
    for (uint32_t i = 0; i < as; i++)
        if (!same(a[i].kind, b[i].kind) || !same(a[i].name, b[i].name) ||
            !same_attributes(a[i].attribute, a[i].attributes, b[i].attribute, b[i].attributes))
            return false;
    return true;
}

static bool same_when(const struct when *a, const struct when *b)
{
    return a->kind == b->kind && a->from_ns == b->from_ns && a->to_ns == b->to_ns &&
           a->range == b->range && a->to_relative == b->to_relative && a->blocks == b->blocks &&
           a->ends_ns == b->ends_ns;
}

static bool same_call(const struct call_step *a, const struct call_step *b)
{
    if (!same(a->name, b->name) || a->arguments != b->arguments)
        return false;
    for (uint32_t i = 0; i < a->arguments; i++)
        if (!value_equal(&a->argument[i], &b->argument[i]))
            return false;
    return value_equal(&a->result, &b->result) && same(a->error, b->error) &&
           same(a->note, b->note) && same(a->on, b->on);
}

static bool same_fault(const struct fault_step *a, const struct fault_step *b)
{
    return same(a->link, b->link) && same(a->verb, b->verb) &&
           value_equal(&a->amount, &b->amount) && a->frame == b->frame && a->every == b->every &&
           a->mask == b->mask && a->limit == b->limit && same(a->from, b->from) &&
           same_packet(a->match, b->match) && a->match_direction == b->match_direction &&
           same(a->match_at, b->match_at) &&
           same_attributes(a->attribute, a->attributes, b->attribute, b->attributes);
}

static bool same_steps(const struct step *a, uint32_t as, const struct step *b, uint32_t bs);

static bool same_step(const struct step *a, const struct step *b)
{
    if (a->kind != b->kind || !same(a->comment, b->comment) || !same_when(&a->when, &b->when))
        return false;
    switch (a->kind) {
    case STEP_PACKET:
        return same(a->u.packet.at, b->u.packet.at) &&
               a->u.packet.direction == b->u.packet.direction &&
               same_packet(a->u.packet.packet, b->u.packet.packet);
    case STEP_CALL:
        return same_call(&a->u.call, &b->u.call);
    case STEP_ASSERT:
        return expr_equal(a->u.expr, b->u.expr);
    case STEP_FAULT:
    case STEP_LINK:
        return same_fault(&a->u.fault, &b->u.fault);
    case STEP_SHELL:
    case STEP_CODE:
        return same(a->u.code.text, b->u.code.text);
    case STEP_ALL:
    case STEP_REPEAT:
        return a->u.block.times == b->u.block.times &&
               same_steps(a->u.block.step, a->u.block.steps, b->u.block.step, b->u.block.steps);
    case STEP_SET:
        return same(a->u.setting.name, b->u.setting.name) &&
               value_equal(&a->u.setting.value, &b->u.setting.value);
    }
    return false;
}

static bool same_steps(const struct step *a, uint32_t as, const struct step *b, uint32_t bs)
{
    if (as != bs)
        return false;
    for (uint32_t i = 0; i < as; i++)
        if (!same_step(&a[i], &b[i]))
            return false;
    return true;
}

static bool same_parameters(const struct script *a, const struct script *b)
{
    if (a->parameters != b->parameters)
        return false;
    for (uint32_t i = 0; i < a->parameters; i++) {
        const struct parameter *p = &a->parameter[i], *q = &b->parameter[i];
        if (!same(p->name, q->name) || p->values != q->values)
            return false;
        for (uint32_t v = 0; v < p->values; v++)
            if (!value_equal(&p->value[v], &q->value[v]))
                return false;
    }
    return true;
}

static bool same_lists(const struct script *a, const struct script *b)
{
    if (a->covers != b->covers || a->outcomes != b->outcomes || a->ignores != b->ignores ||
        a->experts != b->experts)
        return false;
    for (uint32_t i = 0; i < a->covers; i++)
        if (!same(a->cover[i].id, b->cover[i].id))
            return false;
    for (uint32_t i = 0; i < a->ignores; i++)
        if (!same(a->ignore[i].at, b->ignore[i].at) ||
            a->ignore[i].direction != b->ignore[i].direction ||
            !same_packet(a->ignore[i].packet, b->ignore[i].packet))
            return false;
    for (uint32_t i = 0; i < a->outcomes; i++)
        if (a->outcome[i].by_ns != b->outcome[i].by_ns ||
            !expr_equal(a->outcome[i].expr, b->outcome[i].expr))
            return false;
    for (uint32_t i = 0; i < a->experts; i++)
        if (a->expert[i].frame != b->expert[i].frame ||
            !same(a->expert[i].field, b->expert[i].field) ||
            !same(a->expert[i].link, b->expert[i].link))
            return false;
    return true;
}

static bool same_formats(const struct script *a, const struct script *b)
{
    char *p = layer_set_print(a->layers), *q = layer_set_print(b->layers);
    bool equal = strcmp(p, q) == 0;
    free(p);
    free(q);
    return equal;
}

bool script_equal(const struct script *a, const struct script *b)
{
    return same(a->summary, b->summary) && a->packetdrill == b->packetdrill && same_lists(a, b) &&
           same_parameters(a, b) && same_settings(a->option, a->options, b->option, b->options) &&
           same_settings(a->set, a->sets, b->set, b->sets) &&
           same_declarations(a->link, a->links, b->link, b->links) &&
           same_declarations(a->host, a->hosts, b->host, b->hosts) &&
           same_declarations(a->sut, a->suts, b->sut, b->suts) && same_formats(a, b) &&
           same(a->init_shell, b->init_shell) && same(a->cleanup_shell, b->cleanup_shell) &&
           a->end_ns == b->end_ns && a->golden_fingerprint == b->golden_fingerprint &&
           same_steps(a->step, a->steps, b->step, b->steps);
}
