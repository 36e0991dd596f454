/* A find as a script: a plan is walked, octets are wrapped (from_fuzz_wrap.c), a text is what
 * it is. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sim/cli/from_fuzz.h"
#include "sim/fuzz/walk.h"
#include "sim/hosts/sut.h"

extern const struct sut stack_wire_sut; /* sim/hosts/stack_sut_wire.c */

static const struct find_target targets[] = {
    {"tcp", FIND_PLAN},         {"wire_ethernet", FIND_OCTETS}, {"wire_arp", FIND_OCTETS},
    {"wire_ipv4", FIND_OCTETS}, {"wire_icmpv4", FIND_OCTETS},   {"wire_tcp", FIND_OCTETS},
    {"wire_udp", FIND_OCTETS},  {"wire_dhcp", FIND_OCTETS},     {"wire_dns", FIND_OCTETS},
    {"wire_ntp", FIND_OCTETS},  {"http", FIND_OCTETS},          {"telnet", FIND_OCTETS},
    {"script", FIND_TEXT},      {"scenario", FIND_TEXT},        {NULL, FIND_TEXT},
};

const struct find_target *find_target_of(const char *given, const char *path)
{
    char folder[256];
    const char *slash = strrchr(path, '/'), *start = slash;
    while (start && start > path && start[-1] != '/')
        start--;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - start) : 0, slash ? start : "");
    for (const struct find_target *t = targets; t->name; t++)
        if (strcmp(t->name, given ? given : folder) == 0 ||
            (given && strncmp(t->name, "wire_", 5) == 0 && strcmp(t->name + 5, given) == 0 &&
             strcmp(given, "tcp") != 0))
            return t;
    return given ? NULL : &targets[0];
}

void find_targets_print(FILE *out)
{
    for (const struct find_target *t = targets; t->name; t++)
        fprintf(out, "%s%s", t == targets ? "" : ", ", t->name);
}

/* --- a plan: what is written until the process ends --- */

/* What the process that walks shares with the command. */
struct told {
    int64_t clock[2]; /* the time, and how much of it passed since the last line */
    char sentence[FIND_SENTENCE];
};

static void ends(void *ctx, const char *sentence)
{
    struct told *told = ctx;
    snprintf(told->sentence, sizeof told->sentence, "%s", sentence);
    _exit(EXIT_SUCCESS); /* the lines were flushed */
}

static void walk_it(const struct find *f, struct told *told, FILE *out)
{
    const struct walk_config config = {
        .sut = &stack_wire_sut, .failed = ends, .ctx = told, .lively = true, .clock = told->clock};
    setvbuf(out, NULL, _IOLBF, BUFSIZ);
    walk_print(&config, &f->plan, out);
}

static char *read_all(int fd)
{
    char *text = NULL, bytes[4096];
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    for (ssize_t got; out && (got = read(fd, bytes, sizeof bytes)) > 0;)
        fwrite(bytes, 1, (size_t)got, out);
    if (out)
        fclose(out);
    return text;
}

/* What it was in the middle of when it died is the last line; what happened later than that, the
 * clock says. */
static char *walked(const struct find *f, struct told *told)
{
    int ends_of[2];
    if (pipe(ends_of) != 0)
        return NULL;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends_of[0]);
        if (!freopen("/dev/null", "w", stderr))
            _exit(EXIT_FAILURE);
        FILE *out = fdopen(ends_of[1], "w");
        alarm(5);
        if (out)
            walk_it(f, told, out);
        if (out)
            fflush(out);
        _exit(EXIT_SUCCESS);
    }
    close(ends_of[1]);
    char *text = read_all(ends_of[0]);
    close(ends_of[0]);
    waitpid(child, NULL, 0);
    return text;
}

/* Times begin with the first event, not with a plus. */
static void begin_at_zero(char *text)
{
    char *first = strstr(text, "\n+0     ");
    if (first)
        memcpy(first + 1, "0      ", 7);
}

/* The run goes on for as long as the walk did. */
static char *finished(const char *body, const int64_t *clock)
{
    char end[64] = "";
    char *text = NULL;
    size_t len = strlen(body);
    const char *neighbour = "+0     neighbour(\"eth0\", 10.0.2.2, 52:55:0a:00:02:02) = 0\n";
    const char *rest = strstr(body, "ignore > tcp\n");
    if (!rest)
        return strdup(body);
    rest += strlen("ignore > tcp\n");
    if (clock[1] > 0)
        snprintf(end, sizeof end, "end    %lld.%09llds\n", (long long)(clock[0] / 1000000000),
                 (long long)(clock[0] % 1000000000));
    if (asprintf(&text, "// A fuzzer's find, shortened.\n%.*s%s%s%s%s", (int)(rest - body), body,
                 neighbour, rest, len && body[len - 1] != '\n' ? "\n" : "", end) < 0)
        return NULL;
    begin_at_zero(text);
    return text;
}

/* --- octets --- */

static char *wrapped(const struct find *f)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    uint8_t *octets = malloc(f->len + 1);
    if (out && octets) {
        if (f->len)
            memcpy(octets, f->octets, f->len);
        fputs("// A fuzzer's find, shortened.\n", out);
        find_wrap_of(f->target->name, f->wrap)(out, octets, f->len);
    }
    if (out)
        fclose(out);
    free(octets);
    return text;
}

char *find_script(const struct find *f, char sentence[FIND_SENTENCE])
{
    sentence[0] = 0;
    if (f->target->kind == FIND_TEXT)
        return strndup((const char *)f->octets, f->len);
    if (f->target->kind == FIND_OCTETS)
        return wrapped(f);
    struct told *told =
        mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED)
        return NULL;
    char *body = walked(f, told), *text = body ? finished(body, told->clock) : NULL;
    snprintf(sentence, FIND_SENTENCE, "%s", told->sentence);
    munmap(told, sizeof *told);
    free(body);
    return text;
}
