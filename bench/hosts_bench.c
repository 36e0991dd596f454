/*
 * What an event costs when there are many hosts: a switch with a link to each, and two of them
 * that echo one datagram between them for ever.
 */
#include <stdlib.h>
#include <unistd.h>
#include "bench/bench.h"
#include "sim/suite/suite.h"

enum { WARM_UP_NS = 10000000, MEASURED_NS = 500000000 };

/* Where `hosts` echo hosts stand, each on a link of its own to one switch. */
static void write_script(FILE *f, int hosts)
{
    fprintf(f, "// An echo that never ends, among %d hosts.\n", hosts);
    for (int h = 1; h <= hosts; h++)
        fprintf(f, "link l%d latency 500ns\n", h);
    fprintf(f, "host switch sw");
    for (int h = 1; h <= hosts; h++)
        fprintf(f, " on l%d", h);
    fprintf(f, "\n");
    for (int h = 1; h <= hosts; h++)
        fprintf(f, "host echo h%d ip 10.1.%d.%d/16 on l%d\n", h, h / 250, h % 250 + 1, h);
    fprintf(f,
            "host raw spark on l1\nsut eth0 ip 10.1.255.1/16 on l1\n"
            "0 < eth h1 > h%d ip h1 > h%d udp 7 > 7 data \"x\"\nend 3600s\n",
            hosts, hosts);
}

static void bench_hosts(int hosts)
{
    char path[] = "/tmp/hosts_bench.XXXXXX.pkt", what[64];
    const char *paths[] = {path};
    struct why why = {{0}};
    const struct run_options options = {.sut = sut_load("stack", &why), .seed = 1};
    int fd = mkstemps(path, 4);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f || !options.sut)
        exit(1);
    write_script(f, hosts);
    fclose(f);
    int64_t start_ns = wall_ns();
    struct suite *suite =
        suite_load(paths, 1, &(struct suite_options){.nic = "e1000", .sut = options.sut}, &why);
    unlink(path);
    struct run *r = suite && suite->cases ? run_new(&suite->kase[0].run, &options, &why) : NULL;
    snprintf(what, sizeof what, "events, %d hosts on a switch", hosts);
    if (!r) {
        printf("%-46s %s\n", what, why.text);
        suite_free(suite);
        return;
    }
    int64_t built_ns = wall_ns();
    run_play(r, WARM_UP_NS);
    uint64_t before = world_events(r->world);
    int64_t since_ns = wall_ns();
    run_play(r, MEASURED_NS);
    if (r->verdict.status != RUN_PASSED || world_events(r->world) - before < 1000) {
        fprintf(stderr, "hosts_bench: %" PRIu64 " events %s\n", world_events(r->world),
                r->verdict.report);
        exit(1);
    }
    say(what, world_events(r->world) - before, "events", since_ns);
    printf("%-46s %12zu KiB, built in %" PRId64 " us\n", "its world",
           world_bytes_used(r->world) >> 10, (built_ns - start_ns) / 1000);
    run_free(r);
    suite_free(suite);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        bench_hosts(atoi(argv[1]));
        return 0;
    }
    bench_hosts(2);
    bench_hosts(64);
    bench_hosts(1000);
    return 0;
}
