/*
 * wiredrill from-fuzz: a fuzzer's find becomes the shortest script that fails in the same way. It
 * is played by the engine that plays every script, so what is printed here fails for everybody.
 */
#include "sim/cli/from_fuzz.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/record/capture.h"

enum { FIND_MOST = 1 << 20, SHRINK_SECONDS = 9 };

static bool read_find(const char *path, struct find *f)
{
    FILE *in = fopen(path, "r");
    if (!in)
        return false;
    f->octets = malloc(FIND_MOST + 1);
    f->len = f->octets ? fread(f->octets, 1, FIND_MOST, in) : 0;
    bool read = f->octets && !ferror(in);
    fclose(in);
    if (read && f->target->kind == FIND_PLAN)
        plan_decode(&f->plan, f->octets, f->len);
    return read;
}

static uint32_t lines_of(const char *script)
{
    uint32_t lines = 0;
    for (const char *at = script; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    return lines;
}

/* "find.pkt" where the find is "find". */
static char *beside(const char *path, const char *extension)
{
    char *name = NULL;
    return asprintf(&name, "%s%s", path, extension) < 0 ? NULL : name;
}

/* The script and its capture stay beside the find; the last run says what is wrong. */
static int tell(struct find_judge *j, const struct options *o, const struct find *f,
                const char *path)
{
    char *pkt = beside(path, ".pkt"), *pcap = beside(path, ".pcap");
    struct why why = {{0}};
    struct options last = *o;
    struct find_failure failure;
    struct find_judge again = *j;
    last.pcap = pcap;
    again.options = &last;
    int status = EXIT_FAILED_CASE;
    char *script = find_judge(&again, f, &failure);
    if (!script || !pkt || !pcap ||
        file_write(pkt, (const uint8_t *)script, strlen(script), &why) != 0)
        status = usage_error("from-fuzz: %s", why.text[0] ? why.text : "no memory");
    fputs(script ? script : "", stdout);
    const char *report = failure.report ? failure.report : "";
    size_t len = strlen(j->path);
    bool placed = strncmp(report, j->path, len) == 0;
    size_t sentence = strcspn(report, "\n");
    printf("%s%.*s\n", placed ? pkt : "", (int)(sentence - (placed ? len : 0)),
           report + (placed ? len : 0));
    if (status == EXIT_FAILED_CASE)
        printf("  repeat    %s run --nic %s %s\n  capture   %s\n  lines     %" PRIu32 ", %" PRIu32
               " scripts were played\n",
               program_invocation_name, o->nic ? o->nic : "e1000", pkt, pcap,
               lines_of(script ? script : ""), again.played);
    free(script);
    free(failure.report);
    free(pkt);
    free(pcap);
    return status;
}

static int shorten(struct find_judge *j, struct options *o, struct find *f, const char *path)
{
    int64_t until_ns = find_clock_ns() + SHRINK_SECONDS * INT64_C(1000000000);
    struct find_failure failure;
    char *script = find_judge(j, f, &failure);
    if (!script)
        return usage_error("from-fuzz: no memory");
    while (!failure.signature[0] && f->target->kind == FIND_OCTETS &&
           find_wrap_of(f->target->name, f->wrap + 1)) {
        free(failure.report);
        free(script);
        f->wrap++;
        script = find_judge(j, f, &failure);
        if (!script)
            return usage_error("from-fuzz: no memory");
    }
    bool fails = failure.signature[0] != 0;
    if (!fails) {
        fputs(script, stdout);
        printf("from-fuzz: %s does not fail as a script%s%s\n", path,
               failure.report ? ": "
                              : ". What only a sanitizer or an invariant sees, a build with "
                                "them shows: make VARIANT=asan",
               failure.report ? failure.report : "");
    }
    free(failure.report);
    free(script);
    if (!fails)
        return EXIT_PASSED;
    find_shrink(j, f, failure.signature, until_ns);
    return tell(j, o, f, path);
}

int command_from_fuzz(int argc, char **argv)
{
    struct options o;
    struct find f = {0};
    struct find_judge judge;
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (o.paths != 1)
        return usage_error("from-fuzz: one find, `wiredrill from-fuzz FILE`");
    o.no_golden = true;
    o.jobs = 1;
    f.target = find_target_of(o.target, o.path[0]);
    if (!f.target) {
        fprintf(stderr,
                "wiredrill: --target: no target \"%s\"; finds of these become scripts: ", o.target);
        find_targets_print(stderr);
        fputs("\n", stderr);
        return EXIT_USAGE;
    }
    if (!read_find(o.path[0], &f))
        return usage_error("from-fuzz: %s cannot be read: %s", o.path[0], strerror(errno));
    if (!find_judge_open(&judge, &o))
        return usage_error("from-fuzz: no file can be made in the temporary folder: %s",
                           strerror(errno));
    int status = shorten(&judge, &o, &f, o.path[0]);
    find_judge_close(&judge);
    free(f.octets);
    return status;
}
