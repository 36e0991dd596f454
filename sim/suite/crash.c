/* How a worker comes down: what it writes into shared memory, and its last words. */
#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include "sim/suite/crash.h"

enum {
    DEEPEST = 64,
    STACK_BYTES = 1 << 18, /* a ladder is written on it */
    WORDS_SECONDS = 5      /* last words may not end: what they need may be what is broken */
};

static struct crash *mine;
static void (*tell_words)(const char *text);
static bool (*is_stuck)(void);
static int patience_s;

/* A sanitizer's runtime, where the program or a plug-in was built with one. */
union runtime {
    void *symbol;
    void (*on_death)(void (*callback)(void));
    void (*on_report)(void (*callback)(const char *report));
};

/* --- what is written down --- */

static void copy(char *to, size_t room, const char *from)
{
    size_t len = strlen(from);
    len = len < room ? len : room - 1;
    memcpy(to, from, len);
    to[len] = 0;
}

/* A call returns behind itself, which may be another line's. */
static void note_call(const void *at, bool returns)
{
    struct crash_call *call = &mine->call[mine->calls++];
    Dl_info info;
    call->offset = (uint64_t)(uintptr_t)at - returns;
    if (!dladdr(at, &info) || !info.dli_fname)
        return;
    call->offset -= (uint64_t)(uintptr_t)info.dli_fbase;
    copy(call->file, sizeof call->file, info.dli_fname);
    if (info.dli_sname)
        copy(call->symbol, sizeof call->symbol, info.dli_sname);
}

/* What a sanitizer does to report is its own affair. */
static bool is_sanitizers(const void *at)
{
    Dl_info info;
    if (!dladdr(at, &info) || !info.dli_fname)
        return false;
    const char *slash = strrchr(info.dli_fname, '/');
    return strstr(slash ? slash : info.dli_fname, "asan") ||
           (info.dli_sname && (strncmp(info.dli_sname, "__asan", 6) == 0 ||
                               strncmp(info.dli_sname, "__interceptor", 13) == 0));
}

/* The instruction that the signal came at; NULL: no machine that this knows. */
static void *instruction(const ucontext_t *context)
{
#if defined __x86_64__
    return context ? (void *)(uintptr_t)context->uc_mcontext.gregs[REG_RIP] : NULL;
#elif defined __aarch64__
    return context ? (void *)(uintptr_t)context->uc_mcontext.pc : NULL;
#else
    (void)context;
    return NULL;
#endif
}

/* The calls of this handler stand in front of what it came for. */
static void note_calls(const ucontext_t *context)
{
    void *at[DEEPEST], *pc = instruction(context);
    int depth = backtrace(at, DEEPEST), from = 0;
    for (int k = 0; k < depth; k++)
        if (pc ? at[k] == pc : is_sanitizers(at[k]))
            from = pc ? k : k + 1;
    for (int k = from; k < depth && mine->calls < CRASH_CALLS; k++)
        note_call(at[k], at[k] != pc);
}

/* --- last words --- */

static void default_action(int signal_number)
{
    signal(signal_number, SIG_DFL);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal_number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
}

/* What fails on the way to them ends the process as it would have. */
static void last_words(void)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};
    for (size_t k = 0; k < sizeof fatal / sizeof *fatal; k++)
        default_action(fatal[k]);
    alarm(WORDS_SECONDS);
    tell_words(mine->text);
    alarm(0);
}

/* It calls what no handler may: the process is lost already, and an alarm is set.
 * NOLINTBEGIN(bugprone-signal-handler,cert-sig30-c) */
static void come_down(int signal_number, siginfo_t *info, void *context)
{
    bool has_address = signal_number != SIGABRT && info->si_code > 0;
    mine->signal = signal_number;
    mine->has_address = has_address;
    mine->address = has_address ? (uint64_t)(uintptr_t)info->si_addr : 0;
    int len =
        snprintf(mine->text, sizeof mine->text, "the process died (%s", strsignal(signal_number));
    snprintf(mine->text + len, sizeof mine->text - (size_t)len,
             has_address && (signal_number == SIGSEGV || signal_number == SIGBUS)
                 ? " at address 0x%llx)"
                 : ")",
             (unsigned long long)mine->address);
    note_calls(context);
    last_words();
    raise(signal_number);
}

static void answer(int signal_number, siginfo_t *info, void *context)
{
    (void)info;
    mine->signal = signal_number;
    snprintf(mine->text, sizeof mine->text, "the process hung (it waits, and nothing comes)");
    note_calls(context);
    last_words();
    _exit(EXIT_FAILURE);
}
/* So much processor time has gone: the process ends unless it got on. */
static void look(int signal_number, siginfo_t *info, void *context)
{
    (void)info;
    if (!is_stuck())
        return;
    mine->signal = signal_number;
    snprintf(mine->text, sizeof mine->text,
             "the process hung (%d seconds of computing without an event or a step)", patience_s);
    note_calls(context);
    last_words();
    default_action(signal_number);
    raise(signal_number);
}
/* NOLINTEND(bugprone-signal-handler,cert-sig30-c) */

int crash_question(void)
{
    return SIGUSR1;
}

static void at_exit(int status, void *nothing)
{
    (void)nothing;
    snprintf(mine->text, sizeof mine->text, "the process died (exit status %d)", status);
    tell_words(mine->text);
}

/* The report's first sentence: "ERROR: AddressSanitizer: heap-use-after-free on address 0x602000 at
 * pc ...". */
static void hear_report(const char *report)
{
    const char *said = strstr(report, "ERROR: ");
    said = said ? said + strlen("ERROR: ") : report;
    const char *registers = strstr(said, " at pc ");
    int len = (int)strcspn(said, "\n");
    if (registers && registers - said < len)
        len = (int)(registers - said);
    snprintf(mine->text, sizeof mine->text, "the process died (%.*s)", len, said);
}

static void sanitizer_ends(void)
{
    if (!mine->text[0])
        snprintf(mine->text, sizeof mine->text, "the process died (of a sanitizer's report)");
    note_calls(NULL);
    last_words();
}

static void on_signal(int signal_number, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(signal_number, &action, NULL);
}

void crash_prepare(void)
{
    void *one[1];
    backtrace(one, 1); /* it loads a library the first time, which a handler should not */
}

void crash_watch(struct crash *c, int patience, bool (*stuck)(void), void (*tell)(const char *text))
{
    mine = c;
    tell_words = tell;
    is_stuck = stuck;
    patience_s = patience;
    static void *room; /* a leak checker finds it here */
    room = malloc(STACK_BYTES);
    if (!room)
        return;
    sigaltstack(&(stack_t){.ss_sp = room, .ss_size = STACK_BYTES}, NULL);
    on_exit(at_exit, NULL);
    on_signal(SIGABRT, come_down);
    on_signal(SIGPROF, look);
    on_signal(crash_question(), answer);
    union runtime report = {dlsym(RTLD_DEFAULT, "__asan_set_error_report_callback")},
                  death = {dlsym(RTLD_DEFAULT, "__sanitizer_set_death_callback")};
    if (report.symbol)
        report.on_report(hear_report);
    if (death.symbol) {
        death.on_death(sanitizer_ends);
        return; /* its own handlers see the other signals */
    }
    on_signal(SIGSEGV, come_down);
    on_signal(SIGBUS, come_down);
    on_signal(SIGFPE, come_down);
    on_signal(SIGILL, come_down);
}
