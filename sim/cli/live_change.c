/*
 * Impairments of a live link, changed while it runs by lines on the standard input. A line is what
 * a script's fault line has behind `link NAME`: an attribute and its value (`loss 5%`), or a verb
 * (`down`, `lose every 3`). With several links, or anyway, the link's name may come first. It is
 * read by the script's own parser and played by its engine.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sim/cli/live_inside.h"
#include "sim/play/engine.h"

enum { TEXT = 1024 };

static const char *const verbs[] = {"lose",     "dup",     "flip", "fcs",  "delay",
                                    "truncate", "down",    "up",   "heal", "partition",
                                    "calm",     "corrupt", "set",  NULL};

static bool is_verb(const char *line)
{
    size_t len = strcspn(line, " \t");
    for (int k = 0; verbs[k]; k++)
        if (strlen(verbs[k]) == len && strncmp(verbs[k], line, len) == 0)
            return true;
    return false;
}

/* `dup 1%` and `corrupt 1%` are shares of all frames, `dup frame 3` is a fault of one. */
static bool has_share(const char *line)
{
    size_t len = strlen(line);
    return len > 0 && (line[len - 1] == '%' || (len > 3 && strcmp(line + len - 3, "ppm") == 0));
}

/* The link that the line names, and the rest of it; the first one when it names none. */
static const struct recorded_link *link_of(const struct live *l, const char **line)
{
    const struct recording *rec = &l->run->topology.recording;
    size_t len = strcspn(*line, " \t");
    for (uint32_t k = 0; k < rec->links; k++) {
        const char *name = rec->link[k].name;
        if (strlen(name) != len || strncmp(name, *line, len) != 0)
            continue;
        *line += len + strspn(*line + len, " \t");
        return &rec->link[k];
    }
    return &rec->link[0];
}

/* The sentence behind the place, which is nobody's. */
static const char *sentence(const char *text)
{
    const char *behind = strncmp(text, "stdin:", 6) == 0 ? strstr(text, ": ") : NULL;
    return behind ? behind + 2 : text;
}

static bool try_set(struct live *l, const struct step *step, struct link *link)
{
    struct why why = {{0}};
    struct link_config config = *link_config(link);
    if (topology_configure_link(&l->run->topology, &config, step->u.fault.attribute,
                                step->u.fault.attributes, &why) == 0)
        return true;
    fprintf(stderr, "wiredrill: %s\n", sentence(why.text));
    return false;
}

static void change(struct live *l, const char *line)
{
    char text[TEXT];
    struct diagnostic d;
    const char *rest = line;
    const struct recorded_link *link = link_of(l, &rest);
    bool fault = is_verb(rest) && !has_share(rest);
    int len = snprintf(text, sizeof text, "link %s\n0 link %s %s%s\n", link->name, link->name,
                       fault ? "" : "set ", rest);
    if (l->changes == CHANGES) {
        fprintf(stderr, "wiredrill: %d changes have been made: no more are read\n", CHANGES);
        return;
    }
    struct script *s = script_parse("stdin", text, (size_t)len, NULL, &d);
    if (!s || s->steps != 1) {
        fprintf(stderr, "wiredrill: %s\n",
                s ? "one change a line, such as `loss 5%` or `down`" : sentence(d.text));
        script_free(s);
        return;
    }
    if (s->step[0].kind == STEP_LINK && !try_set(l, &s->step[0], link->link)) {
        script_free(s);
        return;
    }
    l->change[l->changes++] = s;
    engine_act(l->run, &s->step[0], world_now(l->run->world));
    printf("%10.6f  link %s: %s\n", (double)world_now(l->run->world) / 1e9, link->name, rest);
}

static void take_line(struct live *l)
{
    char *line = l->line + strspn(l->line, " \t");
    for (size_t len = strlen(line); len > 0 && strchr(" \t\r", line[len - 1]); len--)
        line[len - 1] = '\0';
    if (*line)
        change(l, line);
}

void live_read(struct live *l)
{
    char bytes[256];
    ssize_t got = read(l->input, bytes, sizeof bytes);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        l->input = -1; /* closed, or a terminal's that is another's now */
    for (ssize_t k = 0; k < got; k++) {
        if (bytes[k] != '\n') {
            l->line[l->line_len] = bytes[k];
            l->line_len += l->line_len + 2 < sizeof l->line;
            continue;
        }
        l->line[l->line_len] = '\0';
        l->line_len = 0;
        take_line(l);
    }
}

void live_changes_free(struct live *l)
{
    for (int k = 0; k < l->changes; k++)
        script_free(l->change[k]);
}
