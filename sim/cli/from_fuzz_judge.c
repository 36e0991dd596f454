/* A script is played as `wiredrill run` plays it, in a worker of its own, and its failure put into
 * words that the same failure has again. */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "sim/cli/from_fuzz.h"

bool find_judge_open(struct find_judge *j, const struct options *o)
{
    *j = (struct find_judge){.options = o};
    const char *folder = getenv("TMPDIR");
    int len = snprintf(j->path, sizeof j->path, "%s/wiredrill-find-XXXXXX.pkt",
                       folder && strlen(folder) < 30 ? folder : "/tmp");
    int fd = len < (int)sizeof j->path ? mkstemps(j->path, 4) : -1;
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

void find_judge_close(struct find_judge *j)
{
    unlink(j->path);
}

int64_t find_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t); /* how long to go on shrinking; no run can see it */
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Behind "path:line:column: ". */
static const char *behind_place(const char *text, const char *path)
{
    size_t len = strlen(path);
    if (strncmp(text, path, len) != 0 || text[len] != ':')
        return text;
    const char *colon = strstr(text + len, ": ");
    return colon ? colon + 2 : text;
}

/* Numbers are no part of it, nor are addresses. */
static size_t add_sentence(char *out, size_t at, size_t room, const char *text)
{
    for (; *text && *text != '\n' && at + 1 < room; text++) {
        if (strncmp(text, "0x", 2) == 0)
            text += 1 + strspn(text + 2, "0123456789abcdefABCDEF");
        if (isdigit((unsigned char)*text) && at && out[at - 1] == '#')
            continue;
        out[at++] = isdigit((unsigned char)*text) ? '#' : *text;
    }
    out[at] = 0;
    return at;
}

/* Where it was when it died: the innermost function of ours. */
static const char *innermost(const char *report)
{
    const char *at = strstr(report, "stack/");
    return at ? at : "";
}

static void sign(const char *report, const char *path, char *out, size_t room)
{
    const char *sentence = behind_place(report, path);
    const char *breaks = strstr(sentence, " breaks "), *end = breaks ? strchr(breaks, '(') : NULL;
    if (breaks && end && end - breaks < (int)room) {
        snprintf(out, room, "%.*s", (int)(end - breaks), breaks);
        return;
    }
    size_t at = add_sentence(out, 0, room, sentence);
    if (strncmp(sentence, "the process ", 12) == 0) {
        char line[128];
        snprintf(line, sizeof line, "%s", innermost(report));
        line[strcspn(line, "\n)")] = 0;
        snprintf(out + at, room - at, " %s", line);
    }
}

/* Octets that a parser was given are no exchange: that a call fails, or a frame leaves that nobody
 * expects, is no failure of it. */
static bool is_fault(const char *report, const char *path)
{
    const char *sentence = behind_place(report, path);
    return strncmp(sentence, "the process ", 12) == 0 || strstr(sentence, " breaks ") ||
           strstr(sentence, "stack/");
}

struct heard {
    struct find_judge *judge;
    bool octets;
    struct find_failure *out;
};

static bool hear(void *ctx, uint32_t k, struct result *r)
{
    const struct heard *h = ctx;
    (void)k;
    if (r->outcome.status != RUN_FAILED)
        return true;
    const char *report = r->report ? r->report : "";
    if (h->octets && !is_fault(report, h->judge->path))
        return true;
    h->out->report = strdup(report);
    sign(h->out->report, h->judge->path, h->out->signature, FIND_SENTENCE);
    return true;
}

/* What a sanitizer says of each script that is tried is more than anybody reads: the sentence has
 * what matters. */
static int hush(void)
{
    int said = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (said >= 0 && nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
    if (nowhere >= 0)
        close(nowhere);
    return said;
}

static void speak(int said)
{
    if (said < 0)
        return;
    dup2(said, STDERR_FILENO);
    close(said);
}

static void play(struct find_judge *j, const char *script, bool octets, struct find_failure *out)
{
    struct why why = {{0}};
    const char *path = j->path;
    FILE *f = fopen(j->path, "w");
    if (!f)
        return;
    fputs(script, f);
    fclose(f);
    j->played++;
    struct suite *suite =
        suite_load(&path, 1,
                   &(struct suite_options){.nic = j->options->nic ? j->options->nic : "e1000",
                                           .sut = j->options->stack,
                                           .define = j->options->defined},
                   &why);
    if (!suite)
        return;
    struct heard heard = {j, octets, out};
    int said = suite->cases ? hush() : -1;
    if (suite->cases)
        workers_run(suite, j->options, 0, hear, &heard);
    else if (suite->refusals)
        out->report = strdup(suite->refused[0].text);
    speak(said);
    suite_free(suite);
}

char *find_judge(struct find_judge *j, const struct find *f, struct find_failure *out)
{
    char sentence[FIND_SENTENCE];
    *out = (struct find_failure){{0}, NULL};
    char *script = find_script(f, sentence);
    if (!script)
        return NULL;
    play(j, script, f->target->kind == FIND_OCTETS, out);
    size_t len = strlen(out->signature);
    if (len && len + 2 < sizeof out->signature) {
        out->signature[len] = '|';
        add_sentence(out->signature, len + 1, sizeof out->signature, sentence);
    }
    return script;
}
