/*
 * A stack that does wrong what -DWRONG says: 85-plugins.sh builds it once for each, and expects a
 * sentence or a failed case, never a crash or a hang of the run. Without WRONG it is a stack that
 * does nothing.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sim/hosts/sut.h"

#define NOTHING          0
#define LONG             1
#define EMPTY            2
#define NULL_FRAME       3
#define NO_PORT          4
#define WAITS            5
#define CRASHES          6
#define EXITS            7
#define SPINS            8
#define PRINTS           9
#define WRITES           10
#define PAST             11
#define UNKNOWN_TOKEN    12
#define TWICE            13
#define ENDS_AND_RETURNS 14
#define NULL_OUT         15
#define NULL_BYTES       16
#define NOT_OPEN         17
#define NOT_ATTACHED     18
#define STATICS          19
#define CONSTRUCTOR      20
#define OVERFLOWS        21
#define READS_NOWHERE    22
#define ASSERTS          23
#define SLEEPS           24
#define USES_FREED       25
#define CONSTRUCTS       26
#define THREADS          27
#ifndef WRONG
#define WRONG NOTHING
#endif
#ifndef ABI
#define ABI SUT_ABI
#endif
#ifndef NAME
#define NAME "bad"
#endif
#ifndef FLAGS
#define FLAGS SUT_FRAMES
#endif

#if WRONG == STATICS
static int opened;
#endif
#if WRONG == CONSTRUCTS || WRONG == THREADS
#include <pthread.h>
/* It opens once, until its constructor has run again. */
static int *instances;

static void *wait_for_ever(void *arg)
{
    for (;;)
        usleep(10);
    return arg;
}

__attribute__((constructor)) static void construct(void)
{
    instances = calloc(1, sizeof *instances);
}

__attribute__((destructor)) static void destruct(void)
{
    free(instances);
}

static int open_once(void)
{
    pthread_t thread;
    if (WRONG == THREADS && pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
        return 0;
    return (*instances)++ == 0;
}
#else
static int open_once(void)
{
    return 1;
}
#endif

/* Where a backtrace must lead. */
static void do_wrong(void)
{
    char *freed = malloc(8);
    free(freed);
    if (WRONG == READS_NOWHERE)
        *(volatile int *)(uintptr_t)16 = 1;
    assert(WRONG != ASSERTS);
    if (WRONG == SLEEPS)
        sleep(1000);
    if (WRONG == USES_FREED)
        *(volatile char *)freed = 1;
}

static void *bad_open(const struct sut_env *env)
{
#if WRONG == STATICS
    opened++;
#endif
    return WRONG == NOT_OPEN || !open_once() ? NULL : (void *)(uintptr_t)env;
}

static int bad_attach(void *s, int port, const char *ifname, const uint8_t mac[6], int mtu,
                      const struct bus *b)
{
    (void)s, (void)port, (void)ifname, (void)mac, (void)mtu, (void)b;
    return WRONG == NOT_ATTACHED ? -5 : 0;
}

static void bad_input(void *s, int port, const void *frame, size_t len)
{
    const struct sut_env *env = s;
    static const uint8_t zeros[2000];
    (void)port;
    if (WRONG == LONG || WRONG == EMPTY)
        env->transmit(env->self, 0, zeros, WRONG == LONG ? 1519 : 0);
    if (WRONG == NULL_FRAME || WRONG == NO_PORT)
        env->transmit(env->self, WRONG == NO_PORT, WRONG == NO_PORT ? zeros : NULL, 60);
    if (WRONG == WAITS)
        env->wait(env->self, env->now(env->self) + 1000);
    if (WRONG == CRASHES)
        abort();
    if (WRONG == EXITS)
        exit(3);
    for (volatile int k = 0; WRONG == SPINS;)
        k = 0;
    do_wrong();
    if (WRONG == PRINTS)
        puts("printed");
    if (WRONG == WRITES)
        memset((void *)(uintptr_t)frame, 0xff, len);
}

static void bad_poll(void *s)
{
    const struct sut_env *env = s;
    if (WRONG == PAST)
        env->due(env->self, env->now(env->self) - 1);
}

static int deep(int n)
{
    volatile uint8_t room[4096];
    room[n % 4096] = 1;
    return n ? deep(n - 1) + room[1] : 0;
}

static int64_t bad_call(void *s, uint64_t token, const char *name, const struct value *argv,
                        int argc, struct value *out)
{
    const struct sut_env *env = s;
    (void)argv, (void)argc;
    if (strcmp(name, "ifconfig") == 0)
        return 0;
    if (WRONG == UNKNOWN_TOKEN)
        env->done(env->self, token + 1, 3, NULL, 0);
    for (int k = 0;
         k < (WRONG == TWICE) + (WRONG == TWICE || WRONG == ENDS_AND_RETURNS || WRONG == NULL_OUT);
         k++)
        env->done(env->self, token, 3, NULL, 6);
    if (WRONG == NULL_BYTES)
        out[1] = (struct value){.kind = VALUE_BYTES, .len = 100};
    if (WRONG == OVERFLOWS)
        deep(1000);
    return WRONG == TWICE || WRONG == NULL_OUT ? SUT_PENDING : 3;
}

static void bad_close(void *s)
{
    (void)s;
}

#if WRONG == CONSTRUCTOR
__attribute__((constructor)) static void crash(void)
{
    abort();
}
#endif

extern const struct sut wiredrill_sut;
const struct sut wiredrill_sut = {
    .abi = ABI,
    .flags = FLAGS,
    .name = NAME,
    .version = "1",
    .open = bad_open,
    .attach = bad_attach,
    .input = bad_input,
    .poll = bad_poll,
    .call = bad_call,
    .close = bad_close,
};
