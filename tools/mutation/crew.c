/* The crew of processes that tries bugs. */
#include "tools/mutation/mutation.h"
#include "sim/base/progress.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CREW_MAX = 64 };

int mutant_number;
unsigned char *mutant_reached;

void *shared(uint64_t size)
{
    void *p = mmap(NULL, size + 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        perror("mutation");
        exit(2);
    }
    return p;
}

void patience(int ms)
{
    const struct itimerval busy = {.it_value = {ms / 1000, ms % 1000 * 1000}};
    setitimer(ITIMER_PROF, &busy, NULL); /* SIGPROF ends the process */
}

static pid_t begin(uint32_t n, struct trial *t, void (*child)(uint32_t n, struct trial *t))
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        perror("mutation: fork");
        exit(2);
    }
    if (pid > 0)
        return pid;
    child(n, t);
    fflush(NULL);
    _exit(0);
}

static void end(struct trial *t, int status)
{
    if (WIFSIGNALED(status))
        t->fate = WTERMSIG(status) == SIGPROF ? HUNG : CRASHED;
    else if (WEXITSTATUS(status) != 0)
        t->fate = CRASHED;
}

void crew(const char *unit, uint32_t count, struct trial *trial,
          void (*child)(uint32_t n, struct trial *t), void (*over)(uint32_t n, struct trial *t))
{
    struct {
        pid_t pid;
        uint32_t n;
    } hand[CREW_MAX] = {{0}};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int hands = processors < 2 ? 2 : processors > CREW_MAX ? CREW_MAX : (int)processors;
    uint32_t next = 0, ended = 0, unnoticed = 0;
    struct progress progress;
    progress_begin(&progress, unit, count);
    progress.bad = "unnoticed";
    for (int h = 0; h < hands && next < count; h++, next++) {
        hand[h].n = next;
        hand[h].pid = begin(next, &trial[next], child);
    }
    while (ended < count) {
        int status, h = 0;
        pid_t pid = wait(&status);
        while (h < hands && hand[h].pid != pid)
            h++;
        if (h == hands)
            continue;
        struct trial *t = &trial[hand[h].n];
        end(t, status);
        t->again = false;
        progress_hide(&progress);
        over(hand[h].n, t);
        ended += !t->again;
        unnoticed += !t->again && t->fate == SURVIVED;
        progress_tell(&progress, ended, unnoticed, "");
        progress_show(&progress);
        hand[h].pid = 0;
        if (!t->again && next == count)
            continue;
        if (!t->again)
            hand[h].n = next++;
        hand[h].pid = begin(hand[h].n, &trial[hand[h].n], child);
    }
}

bool reaches(const unsigned char *reached, const struct mutant *m)
{
    for (const short *p = m->place; *p >= 0; p++)
        if (reached[*p])
            return true;
    return m->place[0] < 0;
}

void turn_on(uint32_t n, struct trial *t)
{
    mutant_number = (int)n + 1;
    t->bare = false;
}

bool noticed_by_hint(const struct trial *t, const char *name)
{
    if (!t->bare)
        return t->fate > SURVIVED;
    if (t->fate > SURVIVED) {
        fprintf(stderr, "%s fails with no bug on: %s\n", name, t->found);
        exit(2);
    }
    return false;
}

uint32_t mutant_count(void)
{
    uint32_t n = 0;
    while (mutants[n].name)
        n++;
    return n;
}
