/* What a world can hold comes from its script: a thousand hosts, ten thousand descriptors; and
 * little where it asks for little. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/base/diagnostic.h"
#include "sim/play/run.h"

enum { HOSTS = 1000, DESCRIPTORS = 10000 };

static struct script *script; /* of the run that goes on */

static struct run *begin(const char *text, const struct nic_kind *nic)
{
    static struct run_options options;
    static struct run_case kase;
    struct diagnostic d = {0};
    struct why why = {{0}};
    script = script_parse("many.pkt", text, strlen(text), NULL, &d);
    cr_assert_not_null(script);
    options = (struct run_options){.sut = sut_load("stack", &why), .load = sut_load, .seed = 1};
    kase = (struct run_case){.script = script, .nic = nic, .name = "many"};
    struct run *r = run_new(&kase, &options, &why);
    cr_assert(r, "%s", why.text);
    return r;
}

static void end(struct run *r)
{
    run_free(r);
    script_free(script);
}

static void must_pass(struct run *r)
{
    run_play(r, NEVER);
    run_finish(r);
    run_close(r);
    cr_assert_eq(r->verdict.status, RUN_PASSED, "%s", r->verdict.report);
}

/* What watches a process that plays one run after the other asks between two of them, too. */
Test(many, runs_of_one_process_are_progress)
{
    uint64_t before = run_progress();
    for (int k = 0; k < 3; k++) {
        struct run *r =
            begin("// Nothing.\nsut eth0 ip 10.0.2.15/24\n0 assert 1 == 1\n", nic_kinds[0]);
        must_pass(r);
        end(r);
        uint64_t now = run_progress();
        cr_assert_gt(now, before);
        before = now;
    }
}

/* One link to each of the hosts, one switch between all. */
static void write_links(FILE *f)
{
    fprintf(f, "// Many.\nlink s\n");
    for (int h = 0; h < HOSTS; h++)
        fprintf(f, "link l%d\n", h);
    fprintf(f, "host switch sw on s");
    for (int h = 0; h < HOSTS; h++)
        fprintf(f, " on l%d", h);
}

/* One link to each host, one switch between all; ten of them, from the first to the last, are asked
 * by name. */
Test(many, a_thousand_hosts_links_and_ports)
{
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    write_links(f);
    for (int h = 0; h < HOSTS; h++)
        fprintf(f, "\nhost echo h%d ip 10.1.%d.%d/16 on l%d", h, h / 250, h % 250 + 1, h);
    fprintf(f, "\nsut eth0 ip 10.1.255.1/16 on s\nignore > arp\n"
               "end 20s because \"nothing more is asked\"\n"
               "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n");
    for (int h = 0; h < HOSTS; h += (HOSTS - 1) / 9)
        fprintf(f,
                "+10ms sendto(3, \"a\", 1, 0, {sa_family=AF_INET, sin_port=htons(7), "
                "sin_addr=inet_addr(\"10.1.%d.%d\")}, ...) = 1\n"
                "+0 > ip eth0 > h%d udp * > 7 data \"a\"\n"
                "+0 recv(3, \"a\", 10, 0) = 1\n",
                h / 250, h % 250 + 1, h);
    fclose(f);
    struct run *r = begin(text, nic_kinds[0]);
    cr_assert_eq(r->topology.hosts, HOSTS + 2);
    cr_assert_eq(r->topology.recording.links, HOSTS + 1);
    must_pass(r);
    end(r);
    free(text);
}

/* A thousand of our stacks, each behind a link and a NIC of its own, with a service of its own; ten
 * of them, from the first to the last, have a datagram echoed by the next. */
Test(many, a_thousand_stacks)
{
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    write_links(f);
    for (int h = 0; h < HOSTS; h++)
        fprintf(f, "\nhost stack h%d small, ip 10.1.%d.%d/16 on l%d", h, h / 250, h % 250 + 1, h);
    fprintf(f, "\nsut eth0 ip 10.1.255.1/16 on s\nend 20s because \"nothing more is asked\"\n0 "
               "quiet\n");
    for (int h = 0; h < HOSTS; h++)
        fprintf(f, "+0 @h%d udp_echo() = 0\n", h);
    for (int h = 0; h < HOSTS; h += (HOSTS - 1) / 9) {
        int to = (h + 1) % HOSTS;
        fprintf(f,
                "+10ms @h%d socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n"
                "+0 @h%d sendto(3, \"a\", 1, 0, {sa_family=AF_INET, sin_port=htons(7), "
                "sin_addr=inet_addr(\"10.1.%d.%d\")}, ...) = 1\n"
                "+0 @h%d recv(3, \"a\", 10, 0) = 1\n"
                "+1ms assert counter(\"h%d.udp.in\") >= 1\n",
                h, h, to / 250, to % 250 + 1, h, to);
    }
    fclose(f);
    struct run *r = begin(text, nic_kinds[0]);
    cr_assert_eq(r->topology.hosts, HOSTS + 2);
    must_pass(r);
    cr_assert_leq(world_bytes_used(r->world), (size_t)HOSTS * (256u << 10));
    end(r);
    free(text);
}

Test(many, ten_thousand_descriptors_with_a_call_pending_on_each)
{
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    fprintf(f,
            "// Many.\nhost raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2\n"
            "sut eth0 ip 10.0.2.15/24 sockets %d\n",
            DESCRIPTORS);
    for (int k = 0; k < DESCRIPTORS; k++)
        fprintf(f, "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = %d\n", k + 3);
    for (int k = 0; k < DESCRIPTORS; k++)
        fprintf(f,
                "0 bind(%d, {sa_family=AF_INET, sin_port=htons(%d), "
                "sin_addr=inet_addr(\"0.0.0.0\")}, ...) = 0\n"
                "0...1 recv(%d, \"x\", 10, 0) = 1\n",
                k + 3, 20000 + k, k + 3);
    for (int k = 0; k < DESCRIPTORS; k++)
        fprintf(f, "1 < udp 9 > %d data \"x\"\n", 20000 + k);
    fclose(f);
    struct run *r = begin(text, nic_kinds[0]);
    run_play(r, 500000000);
    cr_assert_eq(r->calls.open, DESCRIPTORS, "%s", r->verdict.report);
    must_pass(r);
    cr_assert_eq(r->calls.open, 0);
    end(r);
    free(text);
}

/* Everything included, after a first exchange; and it can be saved and put back. A virtio device
 * may insist on queues of 256 (legacy PCI), for which its driver sets memory aside. */
Test(many, a_small_world_has_200_kib)
{
    static const char text[] =
        "// Small.\nhost raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2\n"
        "sut eth0 small, ip 10.0.2.15/24\n0 < icmp echo-request id 1 seq 0\n"
        "+0 > arp request who-has 10.0.2.2 tell 10.0.2.15\n"
        "+0 < arp reply 10.0.2.2 is-at peer\n+0 > icmp echo-reply id 1 seq 0\n"
        "+1s < icmp echo-request id 1 seq 1\n+0 > icmp echo-reply id 1 seq 1\n";
    for (int k = 0; nic_kinds[k]; k++) {
        struct fingerprint w, t, s[2];
        struct why why = {{0}};
        struct run *r = begin(text, nic_kinds[k]);
        run_play(r, 500000000);
        size_t most = strncmp(nic_kinds[k]->name, "virtio", 6) == 0 ? 240u << 10 : 200u << 10;
        cr_assert_leq(world_bytes_used(r->world), most, "%zu octets behind %s",
                      (size_t)world_bytes_used(r->world), nic_kinds[k]->name);
        struct image *image = world_save(r->world, &why);
        cr_assert(image, "%s", why.text);
        for (int round = 0; round < 2; round++) {
            run_play(r, NEVER);
            cr_assert_eq(r->verdict.status, RUN_PASSED, "%s", r->verdict.report);
            run_fingerprints(r, &w, &t, &s[round]);
            if (round == 0)
                world_restore(r->world, image);
        }
        cr_assert_eq(memcmp(&s[0], &s[1], sizeof s[0]), 0);
        image_free(image);
        end(r);
    }
}
