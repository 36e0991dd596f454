/*
 * What a worker leaves behind when foreign code brings it down: signal, address and the calls that
 * led there, in memory that it shares with the command. A worker that is able to tells its last
 * words first (crash.c); the command puts names to the addresses (backtrace.c).
 */
#ifndef SIM_SUITE_CRASH_H
#define SIM_SUITE_CRASH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { CRASH_CALLS = 24, CRASH_FILE = 256, CRASH_SYMBOL = 64, CRASH_TEXT = 512 };

/* One call: an offset in a file that was loaded. */
struct crash_call {
    uint64_t offset;
    char file[CRASH_FILE];     /* "": nothing is loaded there */
    char symbol[CRASH_SYMBOL]; /* "": it has no name */
};

struct crash {
    int signal;            /* 0: none came */
    uint64_t address;      /* what it touched */
    bool has_address;      /* the signal has one */
    char text[CRASH_TEXT]; /* "the process died (Segmentation fault at address 0x0)" */
    uint32_t calls;
    struct crash_call call[CRASH_CALLS]; /* innermost first */
};

/* Before workers are made: loads once what each of them needs. */
void crash_prepare(void);
/* In a worker: from now on *c is filled when the process comes down, by a signal, by exit() or by a
 * sanitizer's report, and `tell` is given its text; where tell returns the process goes its way. c
 * is shared memory. `stuck` is asked at each SIGPROF, every `patience` seconds of computing: true
 * brings the process down as well. */
void crash_watch(struct crash *c, int patience, bool (*stuck)(void),
                 void (*tell)(const char *text));
/* The signal by which the command asks a worker that sleeps where it does. */
int crash_question(void);

/* In the command: the calls, a line each, with their lines of source where addr2line finds any, and
 * the line that starts gdb on `repeat`. */
void crash_print(const struct crash *c, const char *repeat, FILE *out);

#endif
