/* The command that repeats a case. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sim/suite/case.h"

void case_word(FILE *f, const char *before, const char *word)
{
    fputs(before, f);
    if (*word &&
        word[strspn(word,
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%")] ==
            0) {
        fputs(word, f);
        return;
    }
    fputc('\'', f);
    for (; *word; word++)
        fprintf(f, *word == '\'' ? "'\\''" : "%c", *word);
    fputc('\'', f);
}

void case_fault(FILE *f, const struct frame_fault *fault)
{
    static const char *const names[FAULT_KINDS] = {[FAULT_LOSE] = "lose",
                                                   [FAULT_DUP] = "dup",
                                                   [FAULT_DELAY] = "delay",
                                                   [FAULT_CORRUPT] = "corrupt"};
    unsigned long long frame = fault->frame;
    if (fault->kind == FAULT_LOSE)
        fprintf(f, " --lose %d:%llu", fault->link, frame);
    else
        fprintf(f, " --disturb %s:%d:%llu", names[fault->kind], fault->link, frame);
    if (fault->kind == FAULT_DELAY)
        fprintf(f, ":%lld", (long long)fault->delay_ns);
}

char *case_repeat(const struct suite *suite, uint32_t k, const struct options *o)
{
    const struct suite_case *c = &suite->kase[k];
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    case_word(f, "", program_invocation_name); /* as it was called: it can be called so again */
    fputs(" run", f);
    if (o->stack->flags & SUT_BUS)
        fprintf(f, " --nic %s", c->run.nic->name);
    if (o->bus)
        case_word(f, " --bus ", o->bus);
    if (o->sut)
        case_word(f, " --sut ", o->sut);
    if (o->driver)
        case_word(f, " --driver ", o->driver);
    if (o->profile)
        fprintf(f, " --profile %s", o->profile);
    if (o->judge)
        fprintf(f, " --judge %s", o->judge);
    for (int n = 0; n < o->catalogues; n++)
        case_word(f, " --catalogue ", o->catalogue[n]);
    for (int d = 0; d < o->defines; d++)
        case_word(f, " -D ", o->define[d]);
    if (o->fill)
        fprintf(f, " --fill %llu", (unsigned long long)o->fill);
    if (o->snapshot)
        fputs(" --snapshot", f);
    if (o->strict)
        fputs(" --strict", f);
    if (o->no_monitor)
        fputs(" --no-monitor", f);
    if (o->wrap)
        fputs(" --wrap", f);
    if (o->no_golden)
        fputs(" --no-golden", f);
    if (o->seed_given)
        fprintf(f, " --seed %llu", (unsigned long long)o->seed);
    for (uint32_t s = 0; s < o->sets; s++) {
        char value[64];
        value_text(&o->set[s].value, value, sizeof value);
        fprintf(f, " --set %s=%s", o->set[s].name, value);
    }
    for (uint32_t n = 0; n < o->faults; n++)
        case_fault(f, &o->fault[n]);
    case_word(f, " ", c->argument);
    fclose(f);
    return text;
}
