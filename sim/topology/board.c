/* What a script may ask of the host under test's NIC that only our own models do: a run on other
 * device models passes over such a script, by name. */
#include <string.h>

#include "sim/nic/qemu.h"
#include "sim/topology/build.h"

static bool expr_asks_model(const struct expr *e)
{
    if (!e)
        return false;
    const char *text = e->value.kind == VALUE_BYTES  ? (const char *)e->value.bytes
                       : e->value.kind == VALUE_NAME ? e->value.text
                                                     : NULL;
    if (e->kind == EXPR_VALUE && text && strstr(text, ".nic."))
        return true;
    for (uint32_t a = 0; a < e->arguments; a++)
        if (expr_asks_model(e->argument[a]))
            return true;
    return expr_asks_model(e->left) || expr_asks_model(e->right);
}

static const char *const counts = "it asks our NIC model's counters",
                         *const overruns =
                             "busy(): what piles up at a NIC is lost or kept as its model does it",
                         *const slow = "its NIC takes its time over each frame",
                         *const special = "it makes its NIC a special one";

static bool is_special(const char *attribute)
{
    static const char *const names[] = {"queue", "unrest", "without", "refuses", NULL};
    for (const char *const *name = names; *name; name++)
        if (strcmp(attribute, *name) == 0)
            return true;
    return false;
}

static const char *steps_ask(const struct step *step, uint32_t steps)
{
    const char *why = NULL;
    for (uint32_t k = 0; k < steps && !why; k++) {
        const struct step *s = &step[k];
        if (step_is_block(s))
            why = s->kind == STEP_IF && expr_asks_model(s->u.block.condition)
                      ? counts
                      : steps_ask(s->u.block.step, s->u.block.steps);
        else if (s->kind == STEP_CALL && !s->u.call.on && strcmp(s->u.call.name, "busy") == 0)
            why = overruns;
        else if (s->kind == STEP_CALL && !s->u.call.on && strcmp(s->u.call.name, "nic") == 0)
            why = special;
        else if ((s->kind == STEP_ASSERT && expr_asks_model(s->u.expr)) ||
                 (s->kind == STEP_LET && expr_asks_model(s->u.let.expr)))
            why = counts;
    }
    return why;
}

static const char *script_asks(const struct script *s)
{
    for (uint32_t i = 0; i < s->suts; i++)
        for (uint32_t a = 0; a < s->sut[i].attributes; a++)
            if (strcmp(s->sut[i].attribute[a].name, "tx-delay") == 0)
                return slow;
            else if (is_special(s->sut[i].attribute[a].name))
                return special;
    for (uint32_t k = 0; k < s->outcomes; k++)
        if (expr_asks_model(s->outcome[k].expr))
            return counts;
    return steps_ask(s->step, s->steps);
}

bool board_lacks(struct topology *t, const struct nic_kind *nic)
{
    const struct board_kind *board = t->plan.board;
    struct why why = {{0}};
    if (!board || board->models)
        return false;
    if (!(t->plan.sut->flags & SUT_BUS)) {
        topology_skip(t, "--bus %s: %s has no NIC", board->name, t->plan.sut->name);
        return true;
    }
    const char *asks = script_asks(t->plan.script);
    if (board->present && !board->present(&why))
        topology_skip(t, "--bus %s: %s", board->name, why.text);
    else if (!qemu_has(nic->name))
        topology_skip(t, "--bus %s: it has no %s here", board->name, nic->name);
    else if (asks)
        topology_skip(t, "--bus %s: %s", board->name, asks);
    return t->skipped;
}

void board_adjust(struct topology *t, const struct nic_kind *nic)
{
    const struct board_kind *board = t->plan.board;
    if (!t->skipped && board && !board->models && qemu_cuts_wrong(nic->name)) {
        struct value argv[2] = {topology_text_value("core.offload"), {.kind = VALUE_NUMBER}},
                     out[SUT_ARGUMENTS] = {{0}};
        sut_host_call(t->sut, 0, "set", argv, 2, out); /* a stack without that knob has no need */
    }
}
