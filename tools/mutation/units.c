/*
 * The unit tests as judges (tests/runner/criterion.h): each bug of the table is judged by the tests
 * that reach it, each test in a process of its own, until one fails. Output is a line a bug that is
 * asked for by its number: NAME FATE SUITE/TEST, with tabs between. --hinted: the test that noticed
 * it last time is tried alone, and only what that notices is told.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tests/runner/criterion.h"
#include "tools/mutation/mutation.h"

enum { PATIENCE_MS = 500, PATIENCE_TIMES = 20, LONGEST_MS = 20000, BATCH = 16, FAILED = 77 };

static unsigned char *reached; /* a row of mutant_places octets for each test */
static int *cost_ms;
static char **asked; /* the bugs' numbers */

/* --- what the tests say --- */

void test_complains(const char *file, unsigned line, const char *message)
{
    (void)file, (void)line, (void)message;
    _exit(FAILED);
}

void test_stops(void)
{
    _exit(FAILED);
}

void test_skips(const char *why)
{
    (void)why;
    _exit(0);
}

/* --- a test in a process --- */

static void be_quiet(void)
{
    int nowhere = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++)
        dup2(nowhere, fd);
}

static enum fate fate_of(int status, const struct criterion_test_extra_data *wanted)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == wanted->signal)
        return SURVIVED;
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGPROF ? HUNG : CRASHED;
    return WEXITSTATUS(status) == wanted->exit_code && !wanted->signal ? SURVIVED : CAUGHT;
}

static enum fate run_test(uint32_t k, unsigned char *row)
{
    int status = 0;
    pid_t pid = fork();
    if (pid < 0)
        exit(2);
    if (pid == 0) {
        be_quiet();
        mutant_reached = row;
        patience(PATIENCE_MS + PATIENCE_TIMES * cost_ms[k]);
        test_run(test_at(k));
        exit(0);
    }
    while (waitpid(pid, &status, 0) != pid)
        ;
    return fate_of(status, test_at(k)->data);
}

/* --- which test reaches what, with no bug on --- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void look(uint32_t batch, struct trial *t)
{
    for (uint32_t k = batch * BATCH; k < test_count() && k < (batch + 1) * BATCH; k++) {
        int64_t before = now_ms();
        t->at = k;
        cost_ms[k] = LONGEST_MS;
        if (run_test(k, reached + (size_t)k * (size_t)mutant_places) != SURVIVED)
            _exit(FAILED);
        cost_ms[k] = (int)(now_ms() - before);
    }
}

static void look_over(uint32_t batch, struct trial *t)
{
    (void)batch;
    if (t->fate <= SURVIVED)
        return;
    fprintf(stderr, "unit test %s/%s fails with no bug on\n", test_at(t->at)->category,
            test_at(t->at)->name);
    exit(2);
}

/* --- a bug, judged by the tests that reach it --- */

static const struct mutant *bug(uint32_t n)
{
    return &mutants[atoi(asked[n]) - 1];
}

static void try_bug(uint32_t n, struct trial *t)
{
    unsigned char *nowhere = malloc((size_t)mutant_places + 1);
    mutant_number = atoi(asked[n]);
    for (uint32_t k = 0; k < test_count() && t->fate <= SURVIVED; k++) {
        if (!reaches(reached + (size_t)k * (size_t)mutant_places, bug(n)))
            continue;
        t->fate = run_test(k, nowhere);
        snprintf(t->found, sizeof t->found, "%s/%s", test_at(k)->category, test_at(k)->name);
    }
    free(nowhere);
}

static void bug_over(uint32_t n, struct trial *t)
{
    static const char *const fates[] = {"unreached", "survived", "unworded",
                                        "crashed",   "hung",     "caught"};
    printf("%s\t%s\t%s\n", bug(n)->name, fates[t->fate], t->fate <= SURVIVED ? "-" : t->found);
}

/* --- the test that noticed it last time --- */

static bool is_named(uint32_t k, const char *name)
{
    const struct criterion_test *test = test_at(k);
    size_t len = strlen(test->category);
    return strncmp(name, test->category, len) == 0 && name[len] == '/' &&
           strcmp(name + len + 1, test->name) == 0;
}

static void try_hint(uint32_t n, struct trial *t)
{
    const char *hint = bug(n)->hint;
    uint32_t k = 0;
    while (k < test_count() && !is_named(k, hint))
        k++;
    if (k == test_count())
        return;
    unsigned char *nowhere = malloc((size_t)mutant_places + 1);
    int64_t before = now_ms();
    cost_ms[k] = LONGEST_MS;
    t->bare = true;
    t->fate = run_test(k, nowhere);
    if (t->fate > SURVIVED)
        return;
    cost_ms[k] = (int)(now_ms() - before);
    turn_on((uint32_t)(bug(n) - mutants), t);
    t->fate = run_test(k, nowhere);
    snprintf(t->found, sizeof t->found, "%s", hint);
    free(nowhere);
}

static void hint_over(uint32_t n, struct trial *t)
{
    if (noticed_by_hint(t, bug(n)->hint))
        bug_over(n, t);
}

/* usage: units [--hinted] NUMBER... */
int main(int argc, char **argv)
{
    bool hinted = argc > 1 && strcmp(argv[1], "--hinted") == 0;
    uint32_t batches = (test_count() + BATCH - 1) / BATCH, count = (uint32_t)(argc - 1 - hinted);
    asked = argv + 1 + hinted;
    cost_ms = shared(test_count() * sizeof *cost_ms);
    if (hinted) {
        crew("bugs", count, shared(count * sizeof(struct trial)), try_hint, hint_over);
        return 0;
    }
    reached = shared((uint64_t)test_count() * (uint64_t)mutant_places);
    crew("batches", batches, shared(batches * sizeof(struct trial)), look, look_over);
    crew("bugs", count, shared(count * sizeof(struct trial)), try_bug, bug_over);
    return 0;
}
