/* Names for the calls that brought a worker down. */
#include <string.h>
#include "sim/base/ask.h"
#include "sim/suite/crash.h"

enum { SAID_ROOM = 2048 };

struct named {
    char said[SAID_ROOM];
    const char *function, *place;
    bool known;
};

/* addr2line says the function and its place, a line each, and question marks for what it does not
 * know. */
static void ask_addr2line(const struct crash_call *call, struct named *name)
{
    char offset[24], file[CRASH_FILE];
    char *const argv[] = {"addr2line", "-f", "-e", file, offset, NULL};
    snprintf(file, sizeof file, "%s", call->file);
    snprintf(offset, sizeof offset, "0x%llx", (unsigned long long)call->offset);
    name->known = call->file[0] && ask_program(argv, name->said, sizeof name->said);
    char *line = name->known ? strchr(name->said, '\n') : NULL;
    name->known = line && name->said[0] != '?' && line[1] != '?' && line[1];
    if (!name->known)
        return;
    *line = 0;
    name->function = name->said;
    name->place = line + 1;
    line[1 + strcspn(line + 1, "\n (")] = 0;
}

static void print_call(const struct crash_call *call, const struct named *name, uint32_t number,
                       FILE *out)
{
    const char *slash = strrchr(call->file, '/');
    fprintf(out, "  #%-8u", number);
    if (!call->file[0])
        fprintf(out, "0x%llx, where nothing is loaded\n", (unsigned long long)call->offset);
    else if (name->known)
        fprintf(out, "%s, %s\n", name->function, name->place);
    else
        fprintf(out, "%s%s%s+0x%llx\n", call->symbol, call->symbol[0] ? ", " : "",
                slash ? slash + 1 : call->file, (unsigned long long)call->offset);
}

/* From the world's loop outwards it is the program's own way, the same each time. */
static bool is_the_loop(const struct named *name)
{
    static const char *const loop[] = {"fire_next", "world_run", "run_play", "case_run"};
    for (size_t k = 0; k < sizeof loop / sizeof *loop && name->known; k++)
        if (strcmp(name->function, loop[k]) == 0)
            return true;
    return false;
}

void crash_print(const struct crash *c, const char *repeat, FILE *out)
{
    struct named name = {.known = false};
    for (uint32_t k = 0; k < c->calls && !is_the_loop(&name); k++) {
        const struct crash_call *call = &c->call[k];
        ask_addr2line(call, &name);
        if (!is_the_loop(&name))
            print_call(call, &name, k, out);
    }
    if (c->signal)
        fprintf(out, "  debug     gdb -ex 'set follow-fork-mode child' -ex run --args %s\n",
                repeat);
}
