/*
 * Runs the unit tests: each in a process of its own, forked and not started anew, some at a time.
 * Under AddressSanitizer a test that ended well is looked through for leaks before its process
 * ends, and one that leaks has failed.
 *
 * A line a test that fails, crashes or is skipped, with the assertions that failed before it, and
 * one line that counts, in Criterion's words. The exit status is 0 if no test failed.
 */
#include <fnmatch.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/runner/criterion.h"

/* Exit statuses of a test's process that no test asks for. */
enum { STOPPED = 77, SKIPPED, LEAKED };
/* Seconds of computing: a test that takes longer hangs. The machine's other work does not count. */
enum { PATIENCE_S = 300, JOBS = 64 };

/* Of the sanitizers, where they are built in. */
extern int look_for_leaks(void) __asm__("__lsan_do_recoverable_leak_check") __attribute__((weak));
extern size_t allocated_bytes(void) __asm__("__sanitizer_get_current_allocated_bytes")
    __attribute__((weak));

static struct {
    const char *filter; /* of SUITE/TEST */
    uint32_t jobs;
    bool quiet, verbose;
} options = {"*", 2, false, false};

static struct {
    pid_t pid;
    const struct criterion_test *test;
} running[JOBS];

static unsigned tested, passing, failing, crashing;

/* --- in the test's process --- */

static const char *name; /* SUITE::TEST */
static bool complained;

/* One write a line: those of several processes do not mix. */
void test_complains(const char *file, unsigned line, const char *message)
{
    char text[2000];
    int n = snprintf(text, sizeof text, "[----] %s: %s:%u: %s\n", name, file, line, message);
    if (n >= (int)sizeof text) {
        n = (int)sizeof text;
        text[n - 1] = '\n';
    }
    if (write(STDERR_FILENO, text, (size_t)n) < 0)
        abort();
    complained = true;
}

/* What stdio holds is written; nothing else that an exit does is the test's. */
static _Noreturn void leave(int status)
{
    fflush(NULL);
    _exit(status);
}

void test_stops(void)
{
    leave(STOPPED);
}

void test_skips(const char *why)
{
    fprintf(stderr, "[SKIP] %s: %s\n", name, why);
    leave(SKIPPED);
}

static size_t allocated(void)
{
    return allocated_bytes ? allocated_bytes() : 0;
}

/* What leaks is allocated still, so a test after which as much is allocated as before needs no
   search, which takes 30 ms. */
static bool leaks(size_t before)
{
    return look_for_leaks && allocated() != before && look_for_leaks() != 0;
}

static _Noreturn void be(const struct criterion_test *t)
{
    char own_name[200];
    rlim_t patience = t->data->timeout > 0 ? (rlim_t)t->data->timeout : PATIENCE_S;
    setrlimit(RLIMIT_CPU, &(struct rlimit){patience, patience + 1});
    snprintf(own_name, sizeof own_name, "%s::%s", t->category, t->name);
    name = own_name;
    size_t before = allocated();
    test_run(t);
    leave(complained ? STOPPED : leaks(before) ? LEAKED : 0);
}

/* --- in the runner's --- */

static void tell(const char *what, const struct criterion_test *t, const char *why)
{
    fprintf(stderr, "[%s] %s::%s%s\n", what, t->category, t->name, why);
}

static void crashed(const struct criterion_test *t, int number)
{
    char why[100];
    snprintf(why, sizeof why, ": %s", number == SIGXCPU ? "hung" : strsignal(number));
    crashing++;
    tell("CRSH", t, why);
}

static void exited(const struct criterion_test *t, int status)
{
    char why[100];
    failing++;
    if (t->data->signal)
        snprintf(why, sizeof why, ": did not end in \"%s\"", strsignal(t->data->signal));
    else if (status == LEAKED)
        snprintf(why, sizeof why, ": it leaks memory");
    else if (status == STOPPED)
        why[0] = '\0';
    else
        snprintf(why, sizeof why, ": exit status %d, not %d", status, t->data->exit_code);
    tell("FAIL", t, why);
}

static bool ended_well(const struct criterion_test *t, int status)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == t->data->signal;
    return !t->data->signal && WEXITSTATUS(status) == t->data->exit_code;
}

/* With the processor time that it took. */
static void passed(const struct criterion_test *t, const struct rusage *used)
{
    char seconds[60];
    double s = (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) +
               (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1e6;
    snprintf(seconds, sizeof seconds, ": (%.3fs)", s);
    passing++;
    if (options.verbose)
        tell("PASS", t, seconds);
}

static void ended(const struct criterion_test *t, int status, const struct rusage *used)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        return;
    tested++;
    if (ended_well(t, status)) {
        passed(t, used);
    } else if (WIFSIGNALED(status)) {
        crashed(t, WTERMSIG(status));
    } else {
        exited(t, WEXITSTATUS(status));
    }
}

/* Waits for one of those that run; true if there was one. */
static bool wait_for_one(void)
{
    int status;
    struct rusage used;
    pid_t pid = wait4(-1, &status, 0, &used);
    if (pid < 0)
        return false;
    for (uint32_t j = 0; j < options.jobs; j++)
        if (running[j].pid == pid) {
            running[j].pid = 0;
            ended(running[j].test, status, &used);
        }
    return true;
}

static uint32_t free_place(void)
{
    for (;;) {
        for (uint32_t j = 0; j < options.jobs; j++)
            if (!running[j].pid)
                return j;
        wait_for_one();
    }
}

static void start(const struct criterion_test *t)
{
    uint32_t j = free_place();
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        exit(2);
    }
    if (pid == 0)
        be(t);
    running[j].pid = pid;
    running[j].test = t;
}

static bool chosen(const struct criterion_test *t)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", t->category, t->name);
    return fnmatch(options.filter, path, 0) == 0;
}

/* By name, whatever order the linker took. */
static int by_name(const void *a, const void *b)
{
    const struct criterion_test *const *x = a, *const *y = b;
    int suite = strcmp((*x)->category, (*y)->category);
    return suite ? suite : strcmp((*x)->name, (*y)->name);
}

static int usage(void)
{
    fputs("usage: unit [--filter SUITE/TEST] [--jobs N] [--quiet] [--verbose]; * and ? stand for "
          "what they do in a shell\n",
          stderr);
    return 2;
}

static bool read_options(int argc, char **argv)
{
    for (int k = 1; k < argc; k++) {
        if (strcmp(argv[k], "--quiet") == 0)
            options.quiet = true;
        else if (strcmp(argv[k], "--verbose") == 0)
            options.verbose = true;
        else if (strcmp(argv[k], "--filter") == 0 && k + 1 < argc)
            options.filter = argv[++k];
        else if (strcmp(argv[k], "--jobs") == 0 && k + 1 < argc)
            options.jobs = (uint32_t)strtoul(argv[++k], NULL, 10);
        else
            return false;
    }
    return options.jobs >= 1 && options.jobs <= JOBS;
}

int main(int argc, char **argv)
{
    if (!read_options(argc, argv))
        return usage();
    const struct criterion_test **all = malloc((test_count() + 1) * sizeof *all);
    uint32_t n = 0;
    if (!all)
        return 2;
    mallopt(M_TRIM_THRESHOLD, 64 << 20); /* what is freed is wanted again soon */
    mallopt(M_TOP_PAD, 1 << 20);
    for (uint32_t k = 0; k < test_count(); k++)
        if (test_at(k) && chosen(test_at(k)))
            all[n++] = test_at(k);
    qsort(all, n, sizeof all[0], by_name);
    for (uint32_t k = 0; k < n; k++)
        start(all[k]);
    while (wait_for_one())
        ;
    free(all);
    bool good = tested > 0 && passing == tested;
    if (!options.quiet || !good)
        fprintf(stderr, "[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | Crashing: %u\n",
                tested, passing, failing, crashing);
    return good ? 0 : 1;
}
