/* One case run, compared with its golden and told (case.c); many, in worker processes
 * (workers.c). */
#ifndef SIM_SUITE_CASE_H
#define SIM_SUITE_CASE_H

#include "sim/suite/suite.h"

/* How the command, and a worker, ends. */
enum exit_status { EXIT_PASSED, EXIT_FAILED_CASE, EXIT_USAGE, EXIT_INTERRUPTED = 130 };

/* --- what a case is run with, as the command line says it --- */
#define ALLOC_ALL UINT64_MAX
enum { SETS_MAX = 64, DEFINES_MAX = 64, CATALOGUES_MAX = 16, GIVEN_MAX = 128 };

struct options {
    const char *nic, *sut, *driver, *profile, *judge, *bus, *pcap, *to, *host, *tap, *netdev,
        *breakers, *known, *waivers, *cwnd, *junit, *calls, *only, *needs, *lacks, *requirement,
        *folder, *words, *output, *target, *json_file, *accept, *reject;
    uint64_t seed, fill;
    bool every_nic; /* --nic all */
    bool seed_given, json, bless, no_golden, strict, snapshot, closure, pairs, wrap, wire_mutants,
        quiet, verbose, promiscuous, fail_on_skip, last_failed, fix_sums, no_monitor, at_host, once,
        serve, list, by_requirement, all, mermaid;
    unsigned notes_of;                               /* --trace: enum topology_note */
    uint64_t seeds_first, seeds_last, shard, shards; /* of a sweep; shards 0: it is whole */
    const char *shrink;
    uint64_t fail_alloc; /* that draw; ALLOC_ALL; 0: none */
    bool join;
    int jobs, patience;                     /* seconds of computing that a case may take */
    uint64_t max_failures;                  /* 0: any number */
    struct frame_fault fault[FRAME_FAULTS]; /* of closure, and how many */
    uint32_t faults;
    struct setting set[SETS_MAX];
    uint32_t sets;
    const char *catalogue[CATALOGUES_MAX], *breaker_file[CATALOGUES_MAX];
    int catalogues, breaker_files;
    const char *define[DEFINES_MAX];
    int defines;
    struct given {
        const char *name, *value; /* of an option, as it was given; value NULL: it takes none */
    } given[GIVEN_MAX];           /* those that say how cases are played */
    int givens;
    const char *defined[DEFINES_MAX + 8]; /* those, and the profile's words behind them; NULL */
    const char *const *path;
    int paths;
    const struct sut *stack;
    const struct board_kind *board; /* of --bus; NULL: our models */
    sut_loader *load;               /* of stacks that scripts name */
    bool (*knob_default)(const char *knob, int64_t *value);
};

/* --- one case, run in a worker --- */
enum golden_state {
    GOLDEN_NOT_COMPARED,
    GOLDEN_HELD,
    GOLDEN_BROKEN,
    GOLDEN_MISSING,
    GOLDEN_WRITTEN
};

struct outcome {
    uint32_t index, text_len; /* of the text that follows in the pipe: report, then ladder */
    enum run_status status;
    enum golden_state golden;
    struct fingerprint w, t, s;
    uint64_t frames, events;
    int64_t virtual_ns, wall_ns;
    int signal;   /* the worker died of it; 0: not */
    bool relaxed; /* passed, not judged exactly */
    bool last;    /* the worker ends with this case */
    bool statics; /* a stack keeps state in static variables, and does not say so */
    bool refused; /* an error of the script, found before the case began or as it was played */
    uint32_t closure_runs, mutant_runs;
    uint32_t runs, failures, left_out; /* of a task that plays many */
    uint64_t draws;                    /* of memory */
};

struct result {
    struct outcome outcome;
    char *report, *ladder; /* malloc'ed; "" when there is nothing to say; the report of a case that
                              passed has its wire mutants' rows */
    bool done;
};

/* A ladder also of what passed; what became of each frame, for the ladder of what failed. */
enum { WANT_LADDER = 1, WANT_FATES = 2, WANT_PICTURE = 4 /* in the ladder's place, of HTML */ };

/* Hears the result of a case whose process cannot go on; does not return. */
struct last_words {
    void (*hear)(void *ctx, struct result *r);
    void *ctx;
};

/* Runs case k and fills *out; report and ladder are malloc'ed. */
void case_run(const struct suite *suite, uint32_t k, const struct options *o, unsigned want,
              const struct last_words *last, struct result *out);
/* " --lose 0:3", " --disturb dup:0:3" */
void case_fault(FILE *f, const struct frame_fault *fault);
/* A word of a command, for a shell. */
void case_word(FILE *f, const char *before, const char *word);
/* The command that repeats case k, for a shell; malloc'ed. */
char *case_repeat(const struct suite *suite, uint32_t k, const struct options *o);

enum workers_end {
    WORKERS_DONE,
    WORKERS_ENOUGH,      /* `done` wants no more */
    WORKERS_INTERRUPTED, /* by the user (SIGINT), or SIGTERM */
    WORKERS_FAILED       /* all ran, and one left with an error after its cases: a leak, say */
};

/* What workers do: tasks by number, each in a process that may come down with it. */
struct work {
    const char *unit; /* what progress counts; NULL: it is told elsewhere */
    uint32_t count;
    int jobs, patience; /* jobs 0: the number of processors */
    /* Fills *out, whose texts are malloc'ed; outcome.last: the process ends with it. */
    void (*run)(void *ctx, uint32_t k, const struct last_words *last, struct result *out);
    char *(*repeat)(void *ctx, uint32_t k);     /* the command for it; malloc'ed */
    const char *(*path)(void *ctx, uint32_t k); /* whose fault it is when the process dies */
    void *ctx;
};

/* Does all tasks; `done` hears of each in order of their numbers, and says whether to go on. */
enum workers_end workers_do(const struct work *work,
                            bool (*done)(void *ctx, uint32_t k, struct result *r), void *ctx);

/* Runs all cases in o->jobs worker processes; `done` hears of each in order of the suite, and says
 * whether to go on. A worker that dies or hangs is one failed case. */
enum workers_end workers_run(const struct suite *suite, const struct options *o, unsigned want,
                             bool (*done)(void *ctx, uint32_t k, struct result *r), void *ctx);

#endif
