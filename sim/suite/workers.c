/*
 * Cases run in worker processes: a crash, a hang or an exit in one is one failed case with its
 * repeat line, and the next case gets a new worker. Workers take the case with the lowest number;
 * results are told in the order of the suite, whatever the number of jobs.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "sim/base/fd.h"
#include "sim/base/progress.h"
#include "sim/suite/case.h"
#include "sim/suite/crash.h"

/* A case takes milliseconds. One that computes for --patience seconds without playing an event or a
 * step will not end, nor will one that does nothing at all for so many times that. How long one
 * takes that gets on is the machine's affair. */
enum { ASLEEP = 12, AWAKE_NS = 500000 /* a second */, ANSWER_MS = 10000, NOTHING = -1 };

struct worker {
    pid_t pid;
    int to, from;        /* case numbers out, results in */
    int64_t kase;        /* what it is at; NOTHING */
    time_t since;        /* when it was last seen to have computed */
    int64_t computed_ns; /* so much until then */
};

struct crew {
    const struct work *work;
    struct worker *worker;
    int workers;
    uint32_t next; /* case to hand out */
    uint32_t told; /* cases told in order */
    uint32_t ended, failed;
    struct progress progress;
    struct result *result;
    struct crash *crash; /* of each worker, shared with it */
    bool (*done)(void *ctx, uint32_t k, struct result *r);
    void *ctx;
    bool enough; /* said it */
    bool statics_told;
};

static volatile sig_atomic_t interrupted;
static const int ends[] = {SIGINT, SIGTERM}; /* the user, or who runs us for one */

static void interrupt(int signal_number)
{
    interrupted = signal_number;
}

static void send_text(int fd, const char *text)
{
    uint32_t len = text ? (uint32_t)strlen(text) : 0;
    if (!fd_write_all(fd, &len, sizeof len) || (len && !fd_write_all(fd, text, len)))
        _exit(EXIT_USAGE);
}

static bool receive_text(int fd, char **text)
{
    uint32_t len;
    if (!fd_read_all(fd, &len, sizeof len))
        return false;
    *text = calloc(1, (size_t)len + 1);
    return *text && fd_read_all(fd, *text, len);
}

static void send_result(int fd, const struct result *r)
{
    if (!fd_write_all(fd, &r->outcome, sizeof r->outcome))
        _exit(EXIT_USAGE);
    send_text(fd, r->report);
    send_text(fd, r->ladder);
}

static void say_and_end(void *ctx, struct result *r)
{
    send_result(*(const int *)ctx, r);
    _exit(EXIT_FAILED_CASE);
}

static struct crash *mine; /* of the worker that this process is */
static uint64_t heard = UINT64_MAX;

/* For a signal's handler: it reads two words. */
static bool got_nowhere(void)
{
    uint64_t progress = run_progress();
    bool stuck = progress == heard;
    heard = progress;
    return stuck;
}

static void worker_loop(const struct crew *crew, int in, int out)
{
    const struct last_words last = {say_and_end, &out};
    uint32_t k;
    const struct itimerval busy = {.it_value.tv_sec = crew->work->patience,
                                   .it_interval.tv_sec = crew->work->patience};
    crash_watch(mine, crew->work->patience, got_nowhere, run_die);
    signal(SIGINT, SIG_IGN); /* the command hears it, and ends us */
    signal(SIGTERM, SIG_DFL);
    dup2(STDERR_FILENO, STDOUT_FILENO); /* what a plug-in prints is no part of our report */
    while (fd_read_all(in, &k, sizeof k)) {
        struct result r = {0};
        heard = UINT64_MAX;
        setitimer(ITIMER_PROF, &busy, NULL);
        crew->work->run(crew->work->ctx, k, &last, &r);
        send_result(out, &r);
        free(r.report);
        free(r.ladder);
    }
    alarm(ASLEEP * (unsigned)crew->work->patience); /* a plug-in's exit handlers may hang, too */
    exit(EXIT_PASSED); /* not _exit: the leak checker of a sanitizer build speaks at exit */
}

/* Processor time of a worker. */
static int64_t computed_by(const struct worker *w)
{
    clockid_t clock;
    struct timespec t = {0};
    if (clock_getcpuclockid(w->pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct crash *crash_of(const struct crew *crew, const struct worker *w)
{
    return &crew->crash[w - crew->worker];
}

static void hire(struct crew *crew, struct worker *w)
{
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0) {
        perror("wiredrill: pipe");
        exit(EXIT_USAGE);
    }
    fflush(NULL);
    *crash_of(crew, w) = (struct crash){.signal = 0};
    w->pid = fork();
    if (w->pid < 0) {
        perror("wiredrill: fork");
        exit(EXIT_USAGE);
    }
    if (w->pid == 0) {
        for (int k = 0; k < crew->workers; k++) {
            if (&crew->worker[k] != w && crew->worker[k].pid > 0) {
                close(crew->worker[k].to);
                close(crew->worker[k].from);
            }
        }
        close(to[1]);
        close(from[0]);
        mine = crash_of(crew, w);
        worker_loop(crew, to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    w->to = to[1];
    w->from = from[0];
    w->kase = NOTHING;
}

/* Returns the status that the worker ended with. */
static int dismiss(struct worker *w, bool kill_it)
{
    int status = 0;
    if (kill_it)
        kill(w->pid, SIGKILL);
    close(w->to);
    close(w->from);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    w->pid = 0;
    return status;
}

static bool is_due(const struct crew *crew)
{
    return !crew->enough && crew->told < crew->work->count && crew->result[crew->told].done;
}

static void tell_in_order(struct crew *crew)
{
    if (is_due(crew))
        progress_hide(&crew->progress);
    while (is_due(crew)) {
        struct result *r = &crew->result[crew->told];
        crew->enough = !crew->done(crew->ctx, crew->told++, r);
        crew->failed += r->outcome.status == RUN_FAILED || r->outcome.status == RUN_ERROR;
        free(r->report);
        free(r->ladder);
        r->report = r->ladder = NULL;
    }
    progress_tell(&crew->progress, crew->ended, crew->failed, "");
    progress_show(&crew->progress);
}

/* Behind the report of a case that brought its worker down: how it came to that. */
static void tell_crash(const struct crew *crew, const struct worker *w, struct result *r)
{
    const struct crash *c = crash_of(crew, w);
    char *before = r->report, *repeat = crew->work->repeat(crew->work->ctx, r->outcome.index);
    size_t len;
    FILE *f = open_memstream(&r->report, &len);
    fputs(before ? before : "", f);
    crash_print(c, repeat, f);
    fclose(f);
    free(before);
    free(repeat);
    r->outcome.signal = c->signal;
}

/* The worker died with case k in hand, and without last words. */
static void bury(struct crew *crew, struct worker *w, const char *how)
{
    uint32_t k = (uint32_t)w->kase;
    int status = dismiss(w, true);
    struct crash *c = crash_of(crew, w);
    struct result *r = &crew->result[k];
    char *repeat = crew->work->repeat(crew->work->ctx, k);
    free(r->report);
    free(r->ladder);
    r->report = r->ladder = NULL;
    size_t len;
    FILE *f = open_memstream(&r->report, &len);
    fprintf(f, "%s: ", crew->work->path(crew->work->ctx, k));
    if (c->text[0])
        fprintf(f, "%s", c->text);
    else if (WIFSIGNALED(status))
        fprintf(f, "the process %s (%s)", how, strsignal(WTERMSIG(status)));
    else
        fprintf(f, "the process %s (exit status %d)", how, WEXITSTATUS(status));
    fprintf(f, "\n  repeat    %s\n", repeat);
    fclose(f);
    free(repeat);
    c->signal = WIFSIGNALED(status) ? WTERMSIG(status) : c->signal;
    r->outcome = (struct outcome){.index = k, .status = RUN_FAILED};
    tell_crash(crew, w, r);
    r->done = true;
    crew->ended++;
}

static void hand(struct crew *crew, struct worker *w, uint32_t k)
{
    if (w->pid <= 0)
        hire(crew, w);
    w->kase = k;
    w->since = time(NULL);
    w->computed_ns = computed_by(w);
    if (!fd_write_all(w->to, &k, sizeof k))
        bury(crew, w, "would not start");
}

static void give(struct crew *crew, struct worker *w)
{
    if (crew->next < crew->work->count)
        hand(crew, w, crew->next++);
}

static void tell_statics(struct crew *crew)
{
    if (!crew->statics_told)
        fprintf(
            stderr,
            "wiredrill: the stack keeps state in static variables, which a case has changed: it "
            "is loaded anew for each; SUT_SINGLETON says so at once\n");
    crew->statics_told = true;
}

static void hear(struct crew *crew, struct worker *w)
{
    struct outcome outcome;
    uint32_t k = (uint32_t)w->kase;
    struct result *r = &crew->result[k];
    if (!fd_read_all(w->from, &outcome, sizeof outcome) || !receive_text(w->from, &r->report) ||
        !receive_text(w->from, &r->ladder)) {
        bury(crew, w, "died");
    } else {
        r->outcome = outcome;
        r->done = true;
        crew->ended++;
        w->kase = NOTHING;
        if (outcome.statics)
            tell_statics(crew);
        if (crash_of(crew, w)->text[0])
            tell_crash(crew, w, r);
        if (outcome.last)
            dismiss(w, false);
    }
    give(crew, w);
}

/* What waits for another process, as for QEMU, computes a little all the time, and gets on. */
static bool sleeps(struct worker *w)
{
    int64_t before = w->computed_ns, waited_s = time(NULL) - w->since;
    w->since = time(NULL);
    w->computed_ns = computed_by(w);
    return w->computed_ns - before < waited_s * AWAKE_NS;
}

/* It sleeps: it is asked where, and what does not answer is killed. */
static void wake(struct crew *crew, struct worker *w, struct pollfd *fd)
{
    kill(w->pid, crash_question());
    if (poll(fd, 1, ANSWER_MS) > 0) {
        hear(crew, w);
        return;
    }
    bury(crew, w, "hung");
    give(crew, w);
}

static void wait_for_one(struct crew *crew, struct pollfd *fds, struct worker **of)
{
    nfds_t count = 0;
    for (int k = 0; k < crew->workers; k++) {
        struct worker *w = &crew->worker[k];
        if (w->pid <= 0 || w->kase == NOTHING)
            continue;
        of[count] = w;
        fds[count++] = (struct pollfd){.fd = w->from, .events = POLLIN};
    }
    if (poll(fds, count, 1000) < 0 && errno != EINTR)
        return;
    for (nfds_t k = 0; k < count; k++) {
        if (fds[k].revents) {
            hear(crew, of[k]);
        } else if (time(NULL) - of[k]->since > ASLEEP * crew->work->patience && sleeps(of[k])) {
            wake(crew, of[k], &fds[k]);
        }
    }
}

enum workers_end workers_do(const struct work *work,
                            bool (*done)(void *ctx, uint32_t k, struct result *r), void *ctx)
{
    int failed = 0, jobs = work->jobs ? work->jobs : (int)sysconf(_SC_NPROCESSORS_ONLN);
    struct crew crew = {.work = work, .workers = jobs, .done = done, .ctx = ctx};
    if (crew.workers > (int)work->count)
        crew.workers = (int)work->count;
    crew.worker = calloc((size_t)crew.workers + 1, sizeof *crew.worker);
    size_t crashes = ((size_t)crew.workers + 1) * sizeof *crew.crash;
    crew.crash = mmap(NULL, crashes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (crew.crash == MAP_FAILED) {
        perror("wiredrill: mmap");
        exit(EXIT_USAGE);
    }
    crew.result = calloc((size_t)work->count + 1, sizeof *crew.result);
    struct pollfd *fds = calloc((size_t)crew.workers + 1, sizeof *fds);
    struct worker **of = calloc((size_t)crew.workers + 1, sizeof *of);
    struct sigaction before[2];
    interrupted = 0; /* without SA_RESTART: poll ends */
    for (int k = 0; k < 2; k++)
        sigaction(ends[k], &(struct sigaction){.sa_handler = interrupt}, &before[k]);
    signal(SIGPIPE, SIG_IGN);
    progress_begin(&crew.progress, work->unit, work->count);
    crash_prepare();
    for (int k = 0; k < crew.workers; k++)
        give(&crew, &crew.worker[k]);
    while (crew.told < work->count && !crew.enough && !interrupted) {
        wait_for_one(&crew, fds, of);
        tell_in_order(&crew);
    }
    bool early = crew.told < work->count;
    progress_hide(&crew.progress);
    for (int k = 0; k < crew.workers; k++) {
        if (crew.worker[k].pid <= 0)
            continue;
        int status = dismiss(&crew.worker[k], early);
        if (status != 0 && !early)
            failed =
                fprintf(stderr, "wiredrill: a worker ended with status %d\n", WEXITSTATUS(status));
    }
    for (uint32_t k = crew.told; k < work->count; k++) {
        free(crew.result[k].report);
        free(crew.result[k].ladder);
    }
    munmap(crew.crash, crashes);
    free(of);
    free(fds);
    free(crew.result);
    free(crew.worker);
    for (int k = 0; k < 2; k++)
        sigaction(ends[k], &before[k], NULL);
    return interrupted ? WORKERS_INTERRUPTED
           : early     ? WORKERS_ENOUGH
           : failed    ? WORKERS_FAILED
                       : WORKERS_DONE;
}

/* --- the cases of a suite --- */

struct cases {
    const struct suite *suite;
    const struct options *options;
    unsigned want;
};

static void run_case_of(void *ctx, uint32_t k, const struct last_words *last, struct result *out)
{
    const struct cases *c = ctx;
    case_run(c->suite, k, c->options, c->want, last, out);
}

static char *repeat_of(void *ctx, uint32_t k)
{
    const struct cases *c = ctx;
    return case_repeat(c->suite, k, c->options);
}

static const char *path_of(void *ctx, uint32_t k)
{
    const struct cases *c = ctx;
    return c->suite->kase[k].run.script->path;
}

enum workers_end workers_run(const struct suite *suite, const struct options *o, unsigned want,
                             bool (*done)(void *ctx, uint32_t k, struct result *r), void *ctx)
{
    struct cases c = {suite, o, want};
    const struct work work = {.unit = "cases",
                              .count = suite->cases,
                              .jobs = o->jobs,
                              .patience = o->patience,
                              .run = run_case_of,
                              .repeat = repeat_of,
                              .path = path_of,
                              .ctx = &c};
    return workers_do(&work, done, ctx);
}
