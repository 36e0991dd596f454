#include "sim/judge/verdict.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "sim/judge/clause.h"

static void vsay(struct verdict *v, const char *format, va_list args)
{
    int room = (int)(VERDICT_ROOM - v->report_len);
    int wanted = vsnprintf(v->report + v->report_len, (size_t)room, format, args);
    if (wanted > 0)
        v->report_len += (uint32_t)(wanted < room ? wanted : room - 1);
}

__attribute__((format(printf, 2, 3))) static void say(struct verdict *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsay(v, format, args);
    va_end(args);
}

/* Every requirement that the script covers, with its level and text. */
static void say_clauses(struct verdict *v)
{
    for (uint32_t c = 0; c < v->requirements; c++) {
        struct clause clause;
        if (clause_find(v->requirement[c], &clause))
            say(v, "  requires  %s: %s (%s section %s) %.*s\n", clause.id, clause.level, clause.rfc,
                clause.section, clause.text_len, clause.text);
    }
}

static void vfail(struct verdict *v, enum run_status status, const struct place *place,
                  int64_t at_ns, const char *format, va_list args)
{
    char time[TIME_TEXT_BYTES];
    if (v->over && v->status != RUN_PASSED)
        return;
    v->report_len = 0;
    say(v, "%s:", place->file ? place->file : v->path);
    if (place->line)
        say(v, "%d:%d:", place->line, place->column);
    say(v, " ");
    vsay(v, format, args);
    say(v, "\n  at        %s of virtual time, %s\n", time_text(at_ns, time), v->name);
    say_clauses(v);
    if (v->repeat)
        say(v, "  repeat    %s\n", v->repeat);
    v->status = status;
    v->at = *place;
    v->at_ns = at_ns;
    v->over = true;
    world_stop(v->world);
}

void verdict_fail(struct verdict *v, const struct place *place, int64_t at_ns, const char *format,
                  ...)
{
    va_list args;
    va_start(args, format);
    vfail(v, RUN_FAILED, place, at_ns, format, args);
    va_end(args);
}

void verdict_error(struct verdict *v, const struct place *place, int64_t at_ns, const char *format,
                   ...)
{
    va_list args;
    va_start(args, format);
    vfail(v, RUN_ERROR, place, at_ns, format, args);
    va_end(args);
}

void verdict_skip(struct verdict *v, const char *format, ...)
{
    va_list args;
    if (v->over && v->status != RUN_PASSED)
        return;
    v->report_len = 0;
    va_start(args, format);
    vsay(v, format, args);
    va_end(args);
    v->status = RUN_SKIPPED;
    v->over = true;
    world_stop(v->world);
}
