/* QEMU's processes: see qemu.h. Nothing of them is in the file system: firmware, guest memory and
 * standard error are memory files, everything else are socket pairs. */
#include "sim/nic/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "sim/base/fd.h"
#include "sim/base/text.h"
#include "sim/nic/machine_state.h"
#include "sim/nic/qemu_command.h"

enum {
    POOL = 8, /* NICs alternate from case to case */
    BIOS_BYTES = 64 << 10,
    RESET_VECTOR = 0xfff0,
    FIRST_FD = 3,
    LAST_FD = 1023,
    SOCKET_BYTES = 1 << 20
};

static struct qemu pool[POOL];
static uint64_t ages;
static pid_t starter;

bool qemu_present(struct why *why)
{
    char path[4096];
    const char *at = getenv("PATH");
    for (size_t len; at && *at; at += len + (at[len] == ':')) {
        len = strcspn(at, ":");
        snprintf(path, sizeof path, "%.*s/%s", (int)len, at, qemu_program);
        if (access(path, X_OK) == 0)
            return true;
    }
    why_set(why, "QEMU is not installed: there is no %s", qemu_program);
    return false;
}

/* --- starting --- */

/* Both ends of everything that QEMU is given. */
struct ends {
    int qtest[2], qmp[2], wire[MACHINE_NICS][2], ram, bios, errors;
};

static int memory_file(const char *name, off_t size)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    return fd >= 0 && ftruncate(fd, size) == 0 ? fd : -1;
}

/* cli; hlt; jmp -4 at the reset vector, hlt everywhere else. */
static bool fill_bios(int fd)
{
    static const uint8_t halt[] = {0xfa, 0xf4, 0xeb, 0xfd};
    uint8_t bios[BIOS_BYTES];
    memset(bios, halt[1], sizeof bios);
    memcpy(bios + RESET_VECTOR, halt, sizeof halt);
    return pwrite(fd, bios, sizeof bios, 0) == sizeof bios;
}

static bool make_ends(struct ends *e, uint32_t ports)
{
    const int stream = SOCK_STREAM | SOCK_CLOEXEC, datagram = SOCK_DGRAM | SOCK_CLOEXEC;
    e->ram = memory_file("ram", QEMU_RAM_BYTES);
    e->bios = memory_file("bios", BIOS_BYTES);
    e->errors = memory_file("errors", 0);
    bool good = e->ram >= 0 && e->bios >= 0 && e->errors >= 0 && fill_bios(e->bios) &&
                socketpair(AF_UNIX, stream, 0, e->qtest) == 0 &&
                socketpair(AF_UNIX, stream, 0, e->qmp) == 0;
    for (uint32_t p = 0; p < ports && good; p++) {
        const int room = SOCKET_BYTES;
        good = socketpair(AF_UNIX, datagram, 0, e->wire[p]) == 0 &&
               fcntl(e->wire[p][0], F_SETFL, O_NONBLOCK) == 0;
        for (int end = 0; end < 2 && good; end++)
            setsockopt(e->wire[p][end], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    }
    return good;
}

/* Of all descriptors of this process QEMU keeps those that it is told of. */
static void keep_open(const struct ends *e, uint32_t ports)
{
    for (int fd = FIRST_FD; fd <= LAST_FD; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(e->ram, F_SETFD, 0);
    fcntl(e->bios, F_SETFD, 0);
    fcntl(e->qtest[1], F_SETFD, 0);
    fcntl(e->qmp[1], F_SETFD, 0);
    for (uint32_t p = 0; p < ports; p++)
        fcntl(e->wire[p][1], F_SETFD, 0);
}

/* A session of its own keeps a terminal's Ctrl-C from it; it dies with its parent. */
__attribute__((noreturn)) static void become(const struct qemu_plan *plan, const struct ends *e,
                                             pid_t parent)
{
    struct qemu_command c = {.count = 0};
    struct qemu_ends far = {e->ram, e->bios, e->qtest[1], e->qmp[1], {0}};
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    for (uint32_t p = 0; p < plan->ports; p++)
        far.wire[p] = e->wire[p][1];
    qemu_command_line(&c, plan, &far);
    keep_open(e, plan->ports);
    dup2(e->errors, STDERR_FILENO);
    dup2(e->errors, STDOUT_FILENO);
    signal(SIGPIPE, SIG_DFL);
    execvp(qemu_program, c.argument);
    _exit(EXIT_FAILURE);
}

static void close_ends(const struct ends *e, int side, uint32_t ports)
{
    close(e->qtest[side]);
    close(e->qmp[side]);
    for (uint32_t p = 0; p < ports; p++)
        close(e->wire[p][side]);
}

/* --- the monitor (QMP): one command, its answer, and events in between --- */

static bool qmp_line(struct qemu *q, char *line, size_t room)
{
    size_t len = 0;
    while (read(q->qmp, line + len, 1) == 1) {
        if (line[len] == '\n' || len == room - 2) {
            line[len] = 0;
            return true;
        }
        len++;
    }
    q->qtest.dead = true;
    return false;
}

/* Waits for what holds `a` and for what holds `b` (NULL: nothing), in whatever order. */
static void qmp_wait(struct qemu *q, const char *a, const char *b)
{
    char line[2048];
    while ((a || b) && qmp_line(q, line, sizeof line)) {
        if (a && strstr(line, a))
            a = NULL;
        else if (b && strstr(line, b))
            b = NULL;
        else if (strstr(line, "\"error\""))
            q->qtest.dead = true;
    }
}

static void qmp(struct qemu *q, const char *command, const char *event)
{
    if (q->qtest.dead || !fd_write_all(q->qmp, command, strlen(command)))
        q->qtest.dead = true;
    else
        qmp_wait(q, "\"return\"", event);
}

void qemu_set_link(struct qemu *q, uint32_t port, bool up)
{
    char text[128];
    if (q->down[port] != up)
        return;
    q->down[port] = !up;
    snprintf(text, sizeof text,
             "{\"execute\":\"set_link\",\"arguments\":{\"name\":\"nic%u\",\"up\":%s}}\n", port,
             up ? "true" : "false");
    qmp(q, text, NULL);
}

/* A machine that is stopped tries the packets that wait in it once more and gives them up, which
 * leaves the receiver of those deaf; stopped again, with none left, it listens. */
void qemu_drop_waiting(struct qemu *q)
{
    for (int k = 0; k < 2; k++) {
        qmp(q, "{\"execute\":\"stop\"}\n", NULL);
        qmp(q, "{\"execute\":\"cont\"}\n", NULL);
    }
}

/* --- life --- */

static void stop(struct qemu *q)
{
    if (q->pid > 0) {
        kill(q->pid, SIGKILL);
        while (waitpid(q->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        munmap(q->ram, QEMU_RAM_BYTES);
        close(q->qtest.fd);
        close(q->qmp);
        for (uint32_t p = 0; p < q->plan.ports; p++)
            close(q->wire[p]);
    }
    memset(q, 0, sizeof *q);
}

void qemu_stop_all(void)
{
    if (getpid() != starter) /* a child that was forked later: they are its parent's */
        return;
    for (int k = 0; k < POOL; k++)
        stop(&pool[k]);
}

static int errors_fd = -1; /* of the last that was started */

void qemu_last_words(const struct qemu *q, char *out, size_t room)
{
    char text[1024] = "";
    (void)q;
    ssize_t len = errors_fd >= 0 ? pread(errors_fd, text, sizeof text - 1, 0) : 0;
    text[len > 0 ? len : 0] = 0;
    snprintf(out, room, "%.*s", (int)strcspn(text, "\n"), text);
}

/* SeaBIOS's routing: pins of slots 2, 3, 4, 5 on lines 11, 10, 9, 5, as our own machine has it. The
 * PIIX3 in slot 1 routes its four wires by a byte each; slot 2's pin is the second. */
static void route_interrupts(struct qemu *q)
{
    static const uint8_t lines[] = {11, 10, 9, 5};
    qtest_config_write(&q->qtest, 1 << 11, 0x60, 4, 0x090a0b05);
    for (uint32_t p = 0; p < q->plan.ports; p++)
        qtest_config_write(&q->qtest, (uint64_t)(FIRST_NIC_SLOT + p) << 11, 0x3c, 1, lines[p % 4]);
}

uint64_t qemu_address(const struct qemu *q, uint64_t address)
{
    uint64_t ours = machine_mmio_base(0);
    bool slot = address >= ours && address < machine_mmio_base(QEMU_SLOTS);
    return q->device->mmio && slot ? address - ours + QEMU_SLOTS_AT : address;
}

uint32_t qemu_lines(const struct qemu *q)
{
    uint32_t up = 0;
    if (!q->device->mmio)
        return q->qtest.lines;
    for (uint32_t p = 0; p < q->plan.ports; p++)
        if (q->qtest.lines >> (QEMU_SLOTS_LINE + p) & 1)
            up |= 1u << machine_mmio_interrupt((int)p);
    return up;
}

/* --- QEMU's clock --- */

enum { PM_FUNCTION = 1 << 11 | 3 << 8, PM_BASE = 0x600, PM_TIMER = 8, TICKS_MASK = 0xffffff };
enum { WAITS = 100000 };
static const int64_t ticks_per_second = 3579545;

/* The PIIX4's power management function, for its timer. */
static void enable_ticks(struct qemu *q)
{
    qtest_config_write(&q->qtest, PM_FUNCTION, 0x40, 4, PM_BASE | 1);
    qtest_config_write(&q->qtest, PM_FUNCTION, 0x80, 1, 1);
}

uint32_t qemu_ticks(struct qemu *q)
{
    return qtest_in(&q->qtest, PM_BASE + PM_TIMER, 4) & TICKS_MASK;
}

bool qemu_is_deafened(const struct qemu *q, uint32_t off)
{
    return q->device->deaf_at && off == q->device->deaf_at;
}

bool qemu_is_table(const struct qemu *q, uint32_t off)
{
    return off >= q->device->table_at && off < q->device->table_end;
}

/*
 * QEMU's timers run in the thread of the processor, whenever that gets to it; that the clock stands
 * behind their time is no proof that they have. The interval timer's only shot, which is due later
 * than all that is due now, is the proof: it raises line 0.
 */
enum { PIT_CHANNEL = 0x40, PIT_CONTROL = 0x43, PIT_ONE_SHOT = 0x30 };

static void wait_for_timers(struct qemu *q)
{
    qtest_out(&q->qtest, PIT_CONTROL, 1, PIT_ONE_SHOT);
    qtest_out(&q->qtest, PIT_CHANNEL, 1, 1);
    qtest_out(&q->qtest, PIT_CHANNEL, 1, 0);
    for (int k = 0; k < WAITS && !q->qtest.dead; k++) {
        if (q->qtest.lines & 1)
            return;
        qtest_round_trip(&q->qtest);
    }
    q->qtest.dead = true;
}

void qemu_listens(struct qemu *q, uint32_t before)
{
    const uint32_t most = (uint32_t)(ticks_per_second * 9 / 10);
    int k = 0;
    while (((qemu_ticks(q) - before) & TICKS_MASK) < most && ++k < WAITS && !q->qtest.dead)
        ;
    wait_for_timers(q);
}

/* What a PC's firmware would do. A microvm's devices are where they are, and have no timers. */
static void set_up_pc(struct qemu *q)
{
    route_interrupts(q);
    enable_ticks(q);
    wait_for_timers(q);
}

static bool start(struct qemu *q, const struct qemu_plan *plan, struct why *why)
{
    struct ends e;
    static bool at_exit;
    pid_t parent = getpid();
    if (!at_exit)
        atexit(qemu_stop_all);
    at_exit = true;
    starter = parent;
    if (!make_ends(&e, plan->ports)) {
        why_set(why, "no memory or sockets for a QEMU: %s", strerror(errno));
        return false;
    }
    q->pid = fork();
    if (q->pid == 0)
        become(plan, &e, parent);
    q->plan = *plan;
    q->device = qemu_device_of(plan->nic);
    close_ends(&e, 1, plan->ports);
    close(e.bios);
    if (errors_fd >= 0)
        close(errors_fd);
    errors_fd = e.errors;
    q->ram = mmap(NULL, QEMU_RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, e.ram, 0);
    close(e.ram);
    qtest_begin(&q->qtest, e.qtest[0]);
    q->qmp = e.qmp[0];
    for (uint32_t p = 0; p < plan->ports; p++)
        q->wire[p] = e.wire[p][0];
    if (q->pid > 0 && q->ram != MAP_FAILED) {
        qmp_wait(q, "\"QMP\"", NULL);
        qmp(q, "{\"execute\":\"qmp_capabilities\"}\n", NULL);
        qtest_command(&q->qtest, "irq_intercept_in ioapic");
    }
    return true;
}

static void drain(struct qemu *q)
{
    uint8_t byte;
    for (uint32_t p = 0; p < q->plan.ports; p++)
        while (recv(q->wire[p], &byte, 1, 0) >= 0)
            ;
}

/* Frames that it has not read yet would reach the next user. */
static bool has_backlog(const struct qemu *q)
{
    for (uint32_t p = 0; p < q->plan.ports; p++) {
        int waiting = 0;
        if (ioctl(q->wire[p], SIOCOUTQ, &waiting) != 0 || waiting)
            return true;
    }
    return false;
}

static void power_on_again(struct qemu *q)
{
    for (uint32_t p = 0; p < q->plan.ports; p++)
        qemu_set_link(q, p, true);
    qemu_drop_waiting(q);
    qmp(q, "{\"execute\":\"system_reset\"}\n", "\"RESET\"");
    qtest_round_trip(&q->qtest);
    qtest_round_trip(&q->qtest);
    drain(q);
    memset(q->ram + QEMU_RAM_FIRST, 0, q->ram_used);
    q->ram_used = 0;
}

static bool same_plan(const struct qemu_plan *a, const struct qemu_plan *b)
{
    return a->ports == b->ports && strcmp(a->nic, b->nic) == 0 &&
           memcmp(a->mac, b->mac, a->ports * sizeof a->mac[0]) == 0;
}

/* One that has the plan's NICs; else one that is not in use, the oldest of them. */
static struct qemu *choose(const struct qemu_plan *plan)
{
    struct qemu *best = NULL;
    for (int k = 0; k < POOL; k++) {
        struct qemu *q = &pool[k];
        if (q->taken)
            continue;
        if (q->pid > 0 && same_plan(&q->plan, plan))
            return q;
        if (!best || q->age < best->age)
            best = q;
    }
    return best;
}

struct qemu *qemu_acquire(const struct qemu_plan *plan, struct why *why)
{
    struct qemu *q = choose(plan);
    if (!q) {
        why_set(why, "%d QEMUs are in use, no more are started", POOL);
        return NULL;
    }
    if (q->pid > 0 && same_plan(&q->plan, plan) && !has_backlog(q))
        power_on_again(q);
    if (q->pid <= 0 || !same_plan(&q->plan, plan) || q->qtest.dead || has_backlog(q)) {
        stop(q);
        if (!start(q, plan, why))
            return NULL;
    }
    if (!q->device->mmio)
        set_up_pc(q);
    if (q->qtest.dead) {
        char words[256];
        qemu_last_words(q, words, sizeof words);
        stop(q);
        why_set(why, "QEMU did not start: %s", words);
        return NULL;
    }
    q->taken = true;
    q->age = ++ages;
    return q;
}

void qemu_release(struct qemu *q)
{
    q->taken = false;
    if (q->qtest.dead)
        stop(q);
}
