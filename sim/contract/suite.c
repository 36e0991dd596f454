/* The checks of a NIC, one after the other, each in a process of its own. */
#include "sim/contract/check.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAME_BYTES = 48, COMPUTING_SECONDS = 3, ASLEEP_SECONDS = 120 };

static const struct contract_check *const groups[] = {
    attach_checks, transmit_checks, receive_checks, interrupt_checks,
    link_checks,   filter_checks,   stop_checks,    mixed_checks,
};

/* --- which checks there are --- */

typedef void each_check(void *ctx, const struct contract_check *c);

static void each_patch(const struct ring_patch *p, const char *group, each_check *each, void *ctx,
                       void (*play)(struct rig *r, const struct contract_check *c), int parts)
{
    for (; p && p->name; p++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s%s", group, p->name);
        each(ctx, &(struct contract_check){
                      .name = name, .what = p->words, .play = play, .patch = p, .a = parts});
    }
}

/* A wait that begins in attach, and the same that begins later. */
static void each_wait(const struct contract_nic *n, each_check *each, void *ctx)
{
    for (const struct stuck_wait *w = n->waits; w && w->name; w++)
        for (int later = 0; later < 2; later++) {
            char name[NAME_BYTES];
            snprintf(name, sizeof name, "wait-%s%s", w->name, later ? "-later" : "");
            each(ctx, &(struct contract_check){.name = name,
                                               .what = w->words,
                                               .play = contract_play_wait,
                                               .wait = w,
                                               .a = later});
        }
}

static void each_of(const struct contract_nic *n, each_check *each, void *ctx)
{
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++)
        for (const struct contract_check *c = groups[g]; c->name; c++)
            each(ctx, c);
    for (const struct contract_check *c = n->own; c && c->name; c++)
        each(ctx, c);
    each_wait(n, each, ctx);
    each_patch(n->broken, "broken-", each, ctx, contract_play_broken, 0);
    each_patch(n->lying, "length-", each, ctx, contract_play_broken, 0);
    each_patch(n->parted, "two-", each, ctx, contract_play_parted, 1);
    each_patch(n->parted, "three-", each, ctx, contract_play_parted, 2);
}

/* --- one check --- */

static const char *missing(const struct wiredrill_driver *d, unsigned needs)
{
    const struct {
        unsigned need;
        bool there;
        const char *words;
    } parts[] = {
        {NEEDS_FILTER, d->filter != NULL, "the driver has no filter"},
        {NEEDS_DETACH, d->detach != NULL, "the driver has no detach"},
        {NEEDS_POLL, d->poll != NULL, "the driver has no poll"},
        {NEEDS_RESET, d->reset != NULL, "the driver has no reset"},
        {NEEDS_COUNTERS, d->counters != NULL, "the driver has no counters"},
        {NEEDS_INTERRUPTIBLE, (d->flags & WIREDRILL_INTERRUPTIBLE) != 0,
         "the driver does not say WIREDRILL_INTERRUPTIBLE"},
        {NEEDS_VERSION_2, d->abi >= 2,
         "version 1 of wiredrill_driver.h promised that bus mastering is on"},
    };
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
        if (needs & parts[k].need && !parts[k].there)
            return parts[k].words;
    return NULL;
}

/* A loop over memory is seen by no register: the time that it computes ends it. */
static void play(const struct contract_driver *d, const struct contract_nic *n,
                 const struct contract_check *c, struct rig_verdict *v)
{
    static struct rig rig;
    const struct itimerval patience = {{0, 0}, {COMPUTING_SECONDS, 0}};
    setitimer(ITIMER_PROF, &patience, NULL);
    alarm(ASLEEP_SECONDS);
    rig.who = d;
    rig.row = n;
    rig.verdict = v;
    c->play(&rig, c);
    v->outcome = RIG_PASSED;
    _exit(0);
}

static void say_end(struct rig_verdict *v, int status)
{
    char *text = v->text;
    size_t room = sizeof v->text;
    const char *call = v->call[0] ? v->call : "the check";
    const char *brackets = v->call[0] ? "()" : "";
    v->outcome = RIG_FAILED;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
        snprintf(
            text, room,
            "%s%s computes for %d seconds and touches %u registers: it waits in a loop without "
            "a bound, it seems for what a device may never write into memory (DD)",
            call, brackets, COMPUTING_SECONDS, v->accesses);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(text, room, "%s%s sleeps: a driver is called, and returns", call, brackets);
    else if (WIFSIGNALED(status))
        snprintf(text, room, "the process died in %s%s: %s", call, brackets,
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text, room, "%s%s ended the process with exit status %d", call, brackets,
                 WEXITSTATUS(status));
}

static void judge(const struct contract_driver *d, const struct contract_nic *n,
                  const struct contract_check *c, struct rig_verdict *v)
{
    int status = 0;
    memset(v, 0, sizeof *v);
    v->outcome = RIG_UNFINISHED;
    const char *lacks = missing(d->driver, c->needs);
    if (lacks) {
        v->outcome = RIG_SKIPPED;
        snprintf(v->text, sizeof v->text, "%s", lacks);
        return;
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        play(d, n, c, v);
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        v->outcome = RIG_FAILED;
        snprintf(v->text, sizeof v->text, "no process for the check");
    } else if (v->outcome == RIG_UNFINISHED) {
        say_end(v, status);
    }
}

/* --- the run --- */

struct suite_run {
    const struct contract_driver *driver;
    const struct contract_nic *nic;
    const char *only;
    FILE *out;
    bool quiet;
    struct contract_tally *tally;
    struct rig_verdict *verdict;
    bool exact; /* a check has the whole name */
};

/* The one of that name; where there is none, those whose first words it is. */
static bool wanted(const struct suite_run *s, const char *name)
{
    size_t len = s->only ? strlen(s->only) : 0;
    if (!s->only || strcmp(s->only, name) == 0)
        return true;
    return !s->exact && strncmp(s->only, name, len) == 0 && name[len] == '-';
}

static void look_for(void *ctx, const struct contract_check *c)
{
    struct suite_run *s = ctx;
    s->exact |= s->only && strcmp(s->only, c->name) == 0;
}

static void play_one(void *ctx, const struct contract_check *c)
{
    struct suite_run *s = ctx;
    const struct rig_verdict *v = s->verdict;
    if (!wanted(s, c->name))
        return;
    judge(s->driver, s->nic, c, s->verdict);
    switch (v->outcome) {
    case RIG_PASSED:
        s->tally->passed++;
        if (!s->quiet)
            fprintf(s->out, "ok       %-30s %s\n", c->name, c->what);
        break;
    case RIG_SKIPPED:
        s->tally->skipped++;
        if (!s->quiet)
            fprintf(s->out, "skipped  %-30s %s\n         %s\n", c->name, c->what, v->text);
        break;
    default:
        s->tally->failed++;
        fprintf(s->out, "FAILED   %-30s %s\n         %s\n", c->name, c->what, v->text);
        break;
    }
}

int contract_run(const struct contract_driver *d, const char *only, FILE *out, bool quiet,
                 struct contract_tally *tally, struct why *why)
{
    struct suite_run s = {d, contract_nic(d->nic), only, out, quiet, tally, NULL, false};
    if (!s.nic) {
        why_set(why, "there are no checks for the NIC %s", d->nic->name);
        return -1;
    }
    s.verdict =
        mmap(NULL, sizeof *s.verdict, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s.verdict == MAP_FAILED) {
        why_set(why, "no memory");
        return -1;
    }
    each_of(s.nic, look_for, &s);
    each_of(s.nic, play_one, &s);
    munmap(s.verdict, sizeof *s.verdict);
    if (tally->passed + tally->failed + tally->skipped)
        return 0;
    why_set(why, "no check is called \"%s\"; `wiredrill driver --list --nic %s` lists them", only,
            d->nic->name);
    return -1;
}

static void list_one(void *ctx, const struct contract_check *c)
{
    fprintf(ctx, "%-30s %s\n", c->name, c->what);
}

void contract_list(FILE *out, const struct nic_kind *nic)
{
    const struct contract_nic *n = contract_nic(nic);
    if (n)
        each_of(n, list_one, out);
}
