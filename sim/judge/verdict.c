/* Wording of verdicts: the line, the clause, what was expected, what came, when, and how to see it
 * again. */
#include <stdarg.h>
#include <string.h>
#include "sim/judge/clause.h"
#include "sim/play/run.h"

static void vsay(struct run *r, const char *format, va_list args)
{
    int room = (int)(RUN_REPORT - r->report_len);
    int wanted = vsnprintf(r->report + r->report_len, (size_t)room, format, args);
    if (wanted > 0)
        r->report_len += (uint32_t)(wanted < room ? wanted : room - 1);
}

void run_say(struct run *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsay(r, format, args);
    va_end(args);
}

void run_note(struct run *r, const char *reason)
{
    struct frame *f = sut_host_current(r->sut);
    size_t size = strlen(reason) + 1; /* the teller's for the length of the call */
    if (f)
        frame_note(f, NULL, memcpy(world_alloc_raw(r->world, size, 1), reason, size));
}

/* Every requirement that the script covers, with its level and text. */
static void say_clauses(struct run *r)
{
    for (uint32_t c = 0; c < r->script->covers; c++) {
        struct clause clause;
        if (clause_find(r->script->cover[c].id, &clause))
            run_say(r, "  requires  %s: %s (%s section %s) %.*s\n", clause.id, clause.level,
                    clause.rfc, clause.section, clause.text_len, clause.text);
    }
}

void run_fail(struct run *r, const struct place *place, int64_t at_ns, const char *format, ...)
{
    if (r->finished && r->status != RUN_PASSED)
        return;
    char time[32];
    va_list args;
    r->report_len = 0;
    run_say(r, "%s:", place->file ? place->file : r->script->path);
    if (place->line) /* else it is no line's fault */
        run_say(r, "%d:%d:", place->line, place->column);
    run_say(r, " ");
    va_start(args, format);
    vsay(r, format, args);
    va_end(args);
    run_say(r, "\n  at        %s of virtual time, %s\n", time_text(at_ns, time), r->kase->name);
    say_clauses(r);
    if (r->options->repeat)
        run_say(r, "  repeat    %s\n", r->options->repeat);
    r->status = RUN_FAILED;
    r->failed_at = *place;
    r->failed_ns = at_ns;
    r->finished = true;
    world_stop(r->world);
}

void run_skip(struct run *r, const char *format, ...)
{
    if (r->finished && r->status != RUN_PASSED)
        return;
    va_list args;
    r->report_len = 0;
    va_start(args, format);
    vsay(r, format, args);
    va_end(args);
    r->status = RUN_SKIPPED;
    r->finished = true;
    world_stop(r->world);
}
