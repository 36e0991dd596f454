/* The qtest protocol: see qtest.h. */
#include "sim/nic/qtest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/fd.h"

enum { COMMAND_ROOM = 128, LINES_KEPT = 32, MOST_OWED = 64 };

void qtest_begin(struct qtest *q, int fd)
{
    memset(q, 0, sizeof *q);
    q->fd = fd;
}

/* The next line without its end, in q->buffer until the next call; NULL: there is none, for good.
 */
static char *next_line(struct qtest *q)
{
    for (;;) {
        char *end = memchr(q->buffer + q->at, '\n', q->len - q->at);
        if (end) {
            char *line = q->buffer + q->at;
            *end = 0;
            q->at = (size_t)(end + 1 - q->buffer);
            return line;
        }
        memmove(q->buffer, q->buffer + q->at, q->len - q->at);
        q->len -= q->at;
        q->at = 0;
        ssize_t got = q->len < sizeof q->buffer
                          ? read(q->fd, q->buffer + q->len, sizeof q->buffer - q->len)
                          : 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return NULL;
        q->len += (size_t)got;
    }
}

/* "IRQ raise 11": true when the line was one of these. */
static bool interrupt_changed(struct qtest *q, const char *line)
{
    bool raised = strncmp(line, "IRQ raise ", 10) == 0;
    if (!raised && strncmp(line, "IRQ lower ", 10) != 0)
        return false;
    unsigned long n = strtoul(line + 10, NULL, 10);
    if (n < LINES_KEPT && raised)
        q->lines |= 1u << n;
    else if (n < LINES_KEPT)
        q->lines &= ~(1u << n);
    return true;
}

static uint64_t reply(struct qtest *q)
{
    char *line = NULL;
    while (!q->dead) {
        line = next_line(q);
        q->dead = !line;
        if (line && !interrupt_changed(q, line))
            break;
    }
    q->round_trips++;
    if (!q->dead && strncmp(line, "OK", 2) != 0)
        q->dead = true;
    if (q->dead)
        return UINT64_MAX;
    return line[2] == ' ' ? strtoull(line + 3, NULL, 0) : 0;
}

static void say(struct qtest *q, const char *format, va_list args)
{
    char text[COMMAND_ROOM];
    int len = vsnprintf(text, sizeof text - 1, format, args);
    if (len < 0 || len >= (int)sizeof text - 1)
        q->dead = true;
    if (q->dead)
        return;
    text[len++] = '\n';
    if (!fd_write_all(q->fd, text, (size_t)len))
        q->dead = true;
}

static void settle_debt(struct qtest *q)
{
    for (; q->owed && !q->dead; q->owed--)
        reply(q);
}

uint64_t qtest_command(struct qtest *q, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(q, format, args);
    va_end(args);
    settle_debt(q);
    return reply(q);
}

/* As qtest_command, and nobody waits. */
__attribute__((format(printf, 2, 3))) static void post(struct qtest *q, const char *format, ...)
{
    va_list args;
    if (q->owed == MOST_OWED)
        settle_debt(q);
    va_start(args, format);
    say(q, format, args);
    va_end(args);
    q->owed++;
}

void qtest_round_trip(struct qtest *q)
{
    qtest_command(q, "endianness");
}

static char letter(int width)
{
    return width == 1 ? 'b' : width == 2 ? 'w' : 'l';
}

uint32_t qtest_in(struct qtest *q, uint32_t port, int width)
{
    return (uint32_t)qtest_command(q, "in%c 0x%x", letter(width), port & 0xffff);
}

void qtest_out(struct qtest *q, uint32_t port, int width, uint32_t value)
{
    qtest_command(q, "out%c 0x%x 0x%x", letter(width), port & 0xffff, value);
}

uint32_t qtest_read(struct qtest *q, uint64_t address, int width)
{
    return (uint32_t)qtest_command(q, "read%c 0x%llx", letter(width), (unsigned long long)address);
}

void qtest_write(struct qtest *q, uint64_t address, int width, uint32_t value)
{
    qtest_command(q, "write%c 0x%llx 0x%x", letter(width), (unsigned long long)address, value);
}

void qtest_post(struct qtest *q, uint64_t address, int width, uint32_t value)
{
    post(q, "write%c 0x%llx 0x%x", letter(width), (unsigned long long)address, value);
}

enum { CONFIG_ADDRESS = 0xcf8, CONFIG_DATA = 0xcfc };

static void select_config(struct qtest *q, uint64_t base, uint32_t off)
{
    qtest_out(q, CONFIG_ADDRESS, 4, 0x80000000u | (uint32_t)base | (off & 0xfc));
}

uint32_t qtest_config_read(struct qtest *q, uint64_t base, uint32_t off, int width)
{
    select_config(q, base, off);
    return qtest_in(q, CONFIG_DATA + (off & 3), width);
}

void qtest_config_write(struct qtest *q, uint64_t base, uint32_t off, int width, uint32_t value)
{
    select_config(q, base, off);
    qtest_out(q, CONFIG_DATA + (off & 3), width, value);
}
