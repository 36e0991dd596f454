/* First segments of many: what the judge remembers of them has a bound, and the connection that a
 * script made before them is judged as if they had not come. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/base/diagnostic.h"
#include "sim/play/run.h"

enum { MANY = 20000 };
_Static_assert(MANY > (int)FLOWS_WAITING, "some give way");

static const char before[] =
    "// A flood.\nset tcp.timestamps 0 tcp.window_scaling 0 tcp.sack 0\n"
    "sut eth0 ip 10.0.2.15/24\nhost raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2\n"
    "ignore > arp until 1s\n"
    "0 < arp request who-has 10.0.2.15 tell 10.0.2.2\n"
    "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
    "+0 bind(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"0.0.0.0\")}, ...) = "
    "0\n"
    "+0 listen(3, 2) = 0\n"
    "+0 < tcp 5000 > 80 S 0:0(0) win 2000 <mss 1460>\n+0 > S. 0:0(0) ack 1 <...>\n"
    "+0 < tcp 5001 > 80 S 0:0(0) win 2000 <mss 1460>\n+0 > S. 0:0(0) ack 1 <...>\n"
    "+0 < tcp 5001 > 80 . 1:1(0) ack 1 win 2000\n";
static const char after[] = "+1ms < tcp 5000 > 80 . 1:1(0) ack 1 win 2000\n"
                            "+0 accept(3, ..., ...) = 4\n+0 accept(3, ..., ...) = 5\n"
                            "+0 write(4, ..., 100) = 100\n+0 > tcp 80 > 5001 P. 1:101(100) ack 1\n"
                            "+0 write(5, ..., 100) = 100\n+0 > tcp 80 > 5000 P. 1:101(100) ack 1\n"
                            "end 30ms because \"what is not acknowledged comes again\"\n";

static char *text_of_a_flood(void)
{
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    fputs(before, f);
    for (int k = 0; k < MANY; k++)
        fprintf(f, "+1us < ip 10.1.%d.%d > 10.0.2.15 tcp 1024 > 9 S 0:0(0) win 9\n", k >> 8,
                k & 255);
    fputs(after, f);
    fclose(f);
    return text;
}

Test(flood, of_first_segments_is_remembered_within_a_bound)
{
    char *text = text_of_a_flood();
    struct diagnostic d = {0};
    struct why why = {{0}};
    struct script *script = script_parse("flood.pkt", text, strlen(text), NULL, &d);
    cr_assert(script, "%s", d.text);
    struct run_options options = {.sut = sut_load("stack", &why), .load = sut_load, .seed = 1};
    struct run_case kase = {.script = script, .nic = nic_kinds[0], .name = "flood"};
    struct run *r = run_new(&kase, &options, &why);
    cr_assert(r, "%s", why.text);
    run_play(r, NEVER);
    cr_assert_geq(r->judge.flows.count, FLOWS_WAITING);
    cr_assert_leq(r->judge.flows.count, FLOWS_WAITING + 2);
    run_finish(r);
    run_close(r);
    cr_assert_eq(r->verdict.status, RUN_PASSED, "%s", r->verdict.report);
    run_free(r);
    script_free(script);
    free(text);
}
