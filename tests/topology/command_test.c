/* Commands in backticks, and sysctls as knobs: what is read of them. */
#include <stdarg.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "sim/topology/command.h"
#include "sim/hosts/stack_sut.h"
#include "sim/topology/profile.h"
#include "sim/topology/sysctl.h"
#include "stack/core/module.h"

static char heard[4096];

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    va_list values;
    size_t len = strlen(heard);
    va_start(values, format);
    vsnprintf(heard + len, sizeof heard - len, format, values);
    va_end(values);
}

static int hear(void *ctx, const struct command *c, struct why *why)
{
    static const char *const kinds[] = {"nothing", "set", "count", "drop"};
    (void)ctx, (void)why;
    note("%s ", kinds[c->kind]);
    note("%s=%s", c->name, c->value);
    if (c->kind == COMMAND_COUNT)
        note("%lld", (long long)c->count);
    note(";");
    return 0;
}

static const char *commands(const char *text)
{
    struct why why = {{0}};
    heard[0] = 0;
    if (command_each(text, hear, NULL, &why) != 0)
        note("%s", why.text);
    return heard;
}

Test(topology_command, sysctls_with_white_space_of_all_kinds)
{
    cr_assert_str_eq(commands("sysctl -w a.b=1"), "set a.b=1;");
    cr_assert_str_eq(commands("sysctl -w a.b = 1"), "set a.b=1;");
    cr_assert_str_eq(commands("sysctl -w a.b= 1 c=2"), "set a.b=1;set c=2;");
    cr_assert_str_eq(commands("sysctl -w a.b =1"), "set a.b=1;");
    cr_assert_str_eq(commands("sysctl -q a=\"1 2 3\"; sysctl b='4'"), "set a=1 2 3;set b=4;");
    cr_assert_str_eq(commands("sysctl -q \\\n  a=1 && sysctl b=2\nsysctl c=3 > /dev/null 2>&1"),
                     "set a=1;set b=2;set c=3;");
    cr_assert_str_eq(commands("# why\nsudo sysctl a=1 # so"), "set a=1;");
    cr_assert_str_eq(commands("../common/set_sysctls.py /proc/sys/net/ipv4/x=5"),
                     "set /proc/sys/net/ipv4/x=5;");
}

Test(topology_command, connections_are_counted_and_dropped)
{
    cr_assert_str_eq(commands("sockstat -4 -P tcp -s | grep -c TIME_WAIT | grep 1"),
                     "count TIME_WAIT=1;");
    cr_assert_str_eq(commands("sockstat -s -P tcp | grep 8080 | grep -c SYN_RCVD | grep -q 2"),
                     "count SYN_RCVD=2;");
    cr_assert_str_eq(commands("tcpdrop -s TIME_WAIT"), "drop TIME_WAIT=;");
    cr_assert_str_eq(commands("setkey -F"), "nothing setkey=;");
}

Test(topology_command, others_are_named)
{
    cr_assert_str_eq(commands("tc qdisc add x"),
                     "no knob stands for the shell command `tc qdisc add x`");
    cr_assert_str_eq(commands("sysctl a=1; rm -rf /"),
                     "set a=1;no knob stands for the shell command `rm -rf /`");
    cr_assert_str_eq(commands("sysctl -w a"), "no knob stands for the shell command `sysctl -w a`");
}

static int64_t set(void *ctx, const char *knob, int64_t value)
{
    (void)ctx;
    note("%s=%lld;", knob, (long long)value);
    return strcmp(knob, "tcp.blackhole") == 0 ? -ENOENT : 0;
}

static const char *sysctl(const char *name, const char *value)
{
    struct why why = {{0}};
    heard[0] = 0;
    if (sysctl_apply(name, value, set, NULL, &why) != 0)
        note("%s", why.text);
    return heard;
}

static bool is_knob(const char *name)
{
    for (int m = 0; stack_full_config.modules[m]; m++) {
        const struct module *module = stack_full_config.modules[m];
        size_t n = strlen(module->name);
        for (uint32_t k = 0; k < module->knob_count; k++)
            if (strncmp(name, module->name, n) == 0 && name[n] == '.' &&
                strcmp(name + n + 1, module->knobs[k].name) == 0)
                return true;
    }
    return false;
}

/* What the tables say is a knob of the stack is one. */
Test(topology_command, every_knob_is_there)
{
    static const char *const profiles[] = {"rfc", "linux", "freebsd"};
    for (unsigned n = 0; sysctl_knob(n); n++)
        cr_expect(is_knob(sysctl_knob(n)), "%s", sysctl_knob(n));
    for (int p = 0; p < 3; p++)
        for (const struct profile_knob *k = profile_knobs(profiles[p]); k->name; k++)
            cr_expect(is_knob(k->name), "%s of %s", k->name, profiles[p]);
}

Test(topology_command, sysctls_become_knobs)
{
    cr_assert_str_eq(sysctl("net.inet.tcp.rfc1323", "2"), "tcp.timestamps=1;tcp.window_scaling=1;");
    cr_assert_str_eq(sysctl("net.inet.tcp.delacktime", "40"), "tcp.delayed_ack=40000000;");
    cr_assert_str_eq(sysctl("kern.ipc.maxsockbuf", "2097152"), "tcp.wscale=6;");
    cr_assert_str_eq(sysctl("kern.ipc.maxsockbuf", "73728"), "tcp.wscale=1;");
    cr_assert_str_eq(sysctl("net.ipv4.tcp_rmem", "4096 540000 15728640"),
                     "tcp.rcvbuf=270000;tcp.wscale=8;");
    cr_assert_str_eq(sysctl("/proc/sys/net/ipv4/tcp_congestion_control", "reno"),
                     "tcp.congestion_control=0;");
    cr_assert_str_eq(sysctl("net.ipv4.tcp_syn_retries", "5"), "tcp.r2_syn=63000000000;");
    cr_assert_str_eq(sysctl("net.ipv4.tcp_retries2", "15"), "tcp.r2=924600000000;");
    cr_assert_str_eq(sysctl("net.inet.tcp.delayed_ack", "0"), "tcp.delayed_ack=0;");
    cr_assert_str_eq(sysctl("net.inet.tcp.delayed_ack", "1"), "");
    cr_assert_str_eq(sysctl("net.inet.tcp.hostcache.purgenow", "1"), "");
    cr_assert_str_eq(sysctl("net.inet.tcp.blackhole", "0"), "tcp.blackhole=0;");
    cr_assert_str_eq(sysctl("net.inet.tcp.blackhole", "1"),
                     "tcp.blackhole=1;the stack has no knob tcp.blackhole, for "
                     "net.inet.tcp.blackhole=1");
    cr_assert_str_eq(sysctl("net.inet.tcp.sack.enable", "yes"),
                     "net.inet.tcp.sack.enable=yes has no meaning here");
    cr_assert_str_eq(sysctl("net.inet.tcp.nonsense", "1"),
                     "no knob stands for net.inet.tcp.nonsense");
}
