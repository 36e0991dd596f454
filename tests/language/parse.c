/* What each construct of a script becomes. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/language/help.h"

Test(parse, topology_and_events)
{
    struct script *s =
        parsed("// A datagram.\n"
               "covers RFC768-1 MUST-3\n"
               "param nic = e1000, rtl8139\n"
               "param n = 1..3, 7\n"
               "link lan latency 1ms mtu 1500\n"
               "host dhcp-server srv ip 10.0.2.2/24 pool 10.0.2.15..10.0.2.20 silent on lan\n"
               "sut eth0 nic $nic on lan\n"
               "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n");
    cr_assert_str_eq(s->summary, "A datagram.");
    cr_assert_eq(s->covers, 2);
    cr_assert_str_eq(s->cover[1].id, "MUST-3");
    cr_assert_eq(s->parameters, 2);
    cr_assert_eq(s->parameter[1].values, 4);
    cr_assert_eq(s->parameter[1].value[3].number, 7);
    const struct declaration *srv = &s->host[0];
    cr_assert_str_eq(srv->kind, "dhcp-server");
    cr_assert_eq(srv->attributes, 4);
    cr_assert_eq(srv->attribute[0].value.kind, VALUE_PREFIX);
    cr_assert_eq(srv->attribute[0].value.prefix, 24);
    cr_assert_str_eq(srv->attribute[1].value.text, "..");
    cr_assert_eq(srv->attribute[1].value.item[1].number, 0x0a000214);
    cr_assert_eq(srv->attribute[2].value.kind, VALUE_NONE);
    cr_assert_str_eq(srv->attribute[3].name, "on");
    cr_assert_str_eq(srv->attribute[3].value.text, "lan");
    cr_assert_eq(s->sut[0].attribute[0].value.kind, VALUE_USE);
    cr_assert_not(s->packetdrill);
    cr_assert_eq(s->steps, 1);
    const struct call_step *call = &s->step[0].u.call;
    cr_assert_str_eq(call->name, "socket");
    cr_assert_eq(call->arguments, 3);
    cr_assert_eq(call->argument[0].kind, VALUE_NONE);
    cr_assert_eq(call->result.number, 3);
    script_free(s);
}

Test(parse, an_empty_script_has_no_events)
{
    refused("", "t.pkt:1:1: no events: a script plays at least one packet, call or assert at a "
                "time, such as `0 socket(...) = 3`\n");
}

static void when_is(const char *time, struct when expected)
{
    char text[80] = "";
    strcat(strcat(text, time), expected.range ? " > arp\n" : " f()\n");
    struct script *s = parsed(text);
    const struct when *w = &s->step[0].when;
    cr_assert(w->kind == expected.kind && w->from_ns == expected.from_ns &&
                  w->to_ns == expected.to_ns && w->range == expected.range &&
                  w->to_relative == expected.to_relative && w->blocks == expected.blocks &&
                  w->ends_ns == expected.ends_ns,
              "%s", time);
    script_free(s);
}

Test(parse, times)
{
    const int64_t second = 1000000000;
    when_is("1.5",
            (struct when){.kind = WHEN_ABSOLUTE, .from_ns = 1500000000, .to_ns = 1500000000});
    when_is("5.", (struct when){.kind = WHEN_ABSOLUTE, .from_ns = 5 * second, .to_ns = 5 * second});
    when_is("+.1",
            (struct when){.kind = WHEN_RELATIVE, .from_ns = second / 10, .to_ns = second / 10});
    when_is("+3ms", (struct when){.kind = WHEN_RELATIVE, .from_ns = 3000000, .to_ns = 3000000});
    when_is("*", (struct when){.kind = WHEN_ANY});
    when_is("1~2",
            (struct when){
                .kind = WHEN_ABSOLUTE, .from_ns = second, .to_ns = 2 * second, .range = true});
    when_is("+1~+2", (struct when){.kind = WHEN_RELATIVE,
                                   .from_ns = second,
                                   .to_ns = 2 * second,
                                   .range = true,
                                   .to_relative = true});
    when_is("1~+2", (struct when){.kind = WHEN_ABSOLUTE,
                                  .from_ns = second,
                                  .to_ns = 2 * second,
                                  .range = true,
                                  .to_relative = true});
    when_is("0~+10",
            (struct when){
                .kind = WHEN_ABSOLUTE, .to_ns = 10 * second, .range = true, .to_relative = true});
    when_is("+0...0.200",
            (struct when){.kind = WHEN_RELATIVE, .blocks = true, .ends_ns = 200000000});
    when_is("1...1.5", (struct when){.kind = WHEN_ABSOLUTE,
                                     .from_ns = second,
                                     .to_ns = second,
                                     .blocks = true,
                                     .ends_ns = 1500000000});
    when_is("+.21~+.215", (struct when){.kind = WHEN_RELATIVE,
                                        .from_ns = 210000000,
                                        .to_ns = 215000000,
                                        .range = true,
                                        .to_relative = true});
    when_is("2min",
            (struct when){.kind = WHEN_ABSOLUTE, .from_ns = 120 * second, .to_ns = 120 * second});
}

Test(parse, a_call_with_every_form_of_argument)
{
    struct script *s =
        parsed("0 connect(3, {sa_family = AF_INET, sin_port = htons(8080), sin_addr = "
               "inet_addr(\"192.0.2.1\")}, ...) "
               "= -1 ECONNREFUSED (Connection (really) refused)\n"
               "+0 f(O_A|O_B|4, [1, [2, 3]], ?x, \"ab\", -7, 0xffffffffffffffff) = ?y\n");
    const struct call_step *c = &s->step[0].u.call;
    cr_assert_eq(c->arguments, 3);
    cr_assert_eq(c->argument[1].kind, VALUE_STRUCT);
    cr_assert_str_eq(c->argument[1].item[1].field, "sin_port");
    cr_assert_eq(c->argument[1].item[1].kind, VALUE_CALL);
    cr_assert_eq(c->argument[1].item[1].item[0].number, 8080);
    cr_assert_eq(c->argument[2].kind, VALUE_NONE);
    cr_assert_eq(c->result.number, -1);
    cr_assert_str_eq(c->error, "ECONNREFUSED");
    cr_assert_str_eq(c->note, "Connection (really) refused");
    c = &s->step[1].u.call;
    cr_assert_eq(c->argument[0].kind, VALUE_OR);
    cr_assert_eq(c->argument[0].items, 3);
    cr_assert_eq(c->argument[1].item[1].item[1].number, 3);
    cr_assert_eq(c->argument[2].kind, VALUE_BIND);
    cr_assert_eq(c->argument[3].len, 2);
    cr_assert_eq(c->argument[4].number, -7);
    cr_assert_eq(c->argument[5].number, -1);
    cr_assert_eq(c->result.kind, VALUE_BIND);
    cr_assert_null(c->error);
    script_free(s);
}

Test(parse, lists_of_structs_over_several_lines)
{
    struct script *s = parsed("0 recvmsg(4, {msg_name(...)=...,\n"
                              "   msg_iov(2)=[{..., 10},\n"
                              "   {..., 20}], msg_flags=0},\n"
                              "0) = 10\n"
                              "+0 g()\n");
    cr_assert_eq(s->steps, 2);
    const struct value *header = &s->step[0].u.call.argument[1];
    cr_assert_eq(header->items, 3);
    cr_assert_str_eq(header->item[1].field, "msg_iov");
    cr_assert_eq(header->item[1].prefix, 2);
    cr_assert_eq(header->item[1].item[1].item[1].number, 20);
    script_free(s);
}

Test(parse, a_call_on_a_peer)
{
    struct script *s = parsed("host raw peer ip 10.0.0.1\n0 @peer listen(7) = 0\n");
    cr_assert_str_eq(s->step[0].u.call.on, "peer");
    script_free(s);
}

Test(parse, faults)
{
    struct script *s = parsed("host raw srv ip 10.0.0.1\n"
                              "0 link lan delay 5ms every 3 limit 2 from srv\n"
                              "+0 link lan flip 13 mask 0x8000000000000001\n"
                              "+0 link lan lose match @srv > arp request\n"
                              "+0 link lan delay 2\n"
                              "+0 link lan set loss 10% latency 1ms\n"
                              "+0 link lan down\n");
    const struct fault_step *f = &s->step[0].u.fault;
    cr_assert_str_eq(f->verb, "delay");
    cr_assert_eq(f->amount.kind, VALUE_TIME);
    cr_assert_eq(f->amount.number, 5000000);
    cr_assert(f->every == 3 && f->limit == 2 && f->frame == 0);
    cr_assert_str_eq(f->from, "srv");
    cr_assert_eq(s->step[1].u.fault.mask, 0x8000000000000001);
    cr_assert_eq(s->step[1].u.fault.amount.number, 13);
    cr_assert_not_null(s->step[2].u.fault.match);
    cr_assert_eq(s->step[2].u.fault.match_direction, '>');
    cr_assert_str_eq(s->step[2].u.fault.match_at, "srv");
    cr_assert_eq(s->step[3].u.fault.amount.number, 2000000000);
    cr_assert_eq(s->step[4].kind, STEP_LINK);
    cr_assert_eq(s->step[4].u.fault.attributes, 2);
    cr_assert_str_eq(s->step[4].u.fault.attribute[0].value.text, "10%");
    cr_assert_str_eq(s->step[5].u.fault.verb, "down");
    script_free(s);
}

Test(parse, a_set_event_is_a_step_for_each_knob)
{
    struct script *s = parsed("set a 1 2 3 b on\n1 set c 5s d off\n");
    cr_assert_eq(s->sets, 2);
    cr_assert_eq(s->set[0].value.kind, VALUE_LIST);
    cr_assert_eq(s->set[0].value.items, 3);
    cr_assert_eq(s->steps, 2);
    cr_assert_eq(s->step[1].kind, STEP_SET);
    cr_assert_str_eq(s->step[1].u.setting.name, "d");
    cr_assert(s->step[1].when.kind == WHEN_RELATIVE && s->step[1].when.from_ns == 0);
    script_free(s);
}

Test(parse, blocks)
{
    struct script *s = parsed("repeat 3 { +0 f()\n all { +0 g()\n +0 h() } }\n+0 i()\n");
    cr_assert_eq(s->steps, 2);
    cr_assert_eq(s->step[0].kind, STEP_REPEAT);
    cr_assert_eq(s->step[0].u.block.times, 3);
    cr_assert_eq(s->step[0].u.block.steps, 2);
    cr_assert_eq(s->step[0].u.block.step[1].kind, STEP_ALL);
    cr_assert_eq(s->step[0].u.block.step[1].u.block.steps, 2);
    script_free(s);
}

/* Python's order: not a < b <= c is not (a < b and b <= c), and & binds closer than ==. */
Test(parse, expressions_bind_as_in_python)
{
    struct script *s = parsed("0 assert not a < b <= c\n+0 assert x & 3 == 2\n");
    const struct expr *e = s->step[0].u.expr;
    cr_assert_eq(e->kind, EXPR_NOT);
    cr_assert_eq(e->left->op, OP_AND);
    cr_assert_eq(e->left->left->op, OP_LT);
    cr_assert_eq(e->left->right->op, OP_LE);
    cr_assert_eq(e->left->left->right, e->left->right->left);
    e = s->step[1].u.expr;
    cr_assert_eq(e->op, OP_EQ);
    cr_assert_eq(e->left->op, OP_BITAND);
    script_free(s);
}

Test(parse, code_blocks)
{
    struct script *s = parsed("0 %{ assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd }%\n"
                              "+0 %{\nassert (tcpi_options & 3) != 0, 'x'  # why\nassert "
                              "(tcpi_unacked == 1,\n  'y'); assert a\n}%\n"
                              "+0 %{ import sys\nprint(1) }%\n"
                              "+0 %{ assert x[3] }%\n");
    cr_assert_eq(s->step[0].u.code.statements, 1);
    cr_assert_eq(s->step[0].u.code.statement[0].expr->op, OP_EQ);
    cr_assert_eq(s->step[1].u.code.statements, 3);
    cr_assert_eq(s->step[1].u.code.statement[1].expr->op, OP_EQ);
    cr_assert_null(s->step[1].u.code.unsupported);
    cr_assert_str_eq(
        s->step[2].u.code.unsupported,
        "line 7: `import` is Python that is not played: asserts, NAME = E and print are");
    cr_assert_not_null(s->step[3].u.code.unsupported);
    script_free(s);
}

Test(parse, packetdrill_scripts_have_options_and_commands)
{
    struct script *s = parsed("--ip_version=ipv4 --tolerance_usecs=10000\n--flag // a "
                              "comment\n--local_ip=10.1.1.1\n--x=a,b\n"
                              "`sysctl \\` -w\n a=1`\n0 f()\n+0 `tc`\n+0 g()\n`rm`\n");
    cr_assert(s->packetdrill);
    cr_assert_eq(s->options, 5);
    cr_assert_eq(s->option[1].value.number, 10000);
    cr_assert_eq(s->option[2].value.kind, VALUE_NONE);
    cr_assert_eq(s->option[3].value.kind, VALUE_IPV4);
    cr_assert_eq(s->option[4].value.kind, VALUE_BYTES);
    cr_assert_str_eq(s->option[4].value.text, "a,b");
    cr_assert_str_eq(s->init_shell, "sysctl \\` -w\n a=1");
    cr_assert_str_eq(s->cleanup_shell, "rm");
    cr_assert_eq(s->step[1].kind, STEP_SHELL);
    cr_assert_str_eq(s->step[1].u.code.text, "tc");
    script_free(s);
}

Test(parse, lines_of_one_system)
{
    static const char text[] =
        "#ifdef FreeBSD\n0 f()\n#else\n0 g()\n#endif\n#ifndef Linux\n+0 h()\n#endif\n# a remark\n";
    static const char *const freebsd[] = {"FreeBSD", NULL}, *const linux_too[] = {"Linux=1", NULL};
    struct diagnostic d;
    struct script *s = script_parse("t.pkt", text, strlen(text), freebsd, &d);
    cr_assert_not_null(s, "%s", d.text);
    cr_assert_eq(s->steps, 2);
    cr_assert_str_eq(s->step[0].u.call.name, "f");
    script_free(s);
    s = script_parse("t.pkt", text, strlen(text), linux_too, &d);
    cr_assert_not_null(s, "%s", d.text);
    cr_assert_eq(s->steps, 1);
    cr_assert_str_eq(s->step[0].u.call.name, "g");
    script_free(s);
}

Test(parse, words_are_substituted)
{
    static const char *const define[] = {"PORT=8080", "CALL=listen", "CMD=`sysctl`", "LIST=[1, 2]",
                                         NULL};
    static const char text[] = "CMD\n0 CALL(PORT, LIST, XPORT) = 0\n";
    struct diagnostic d;
    struct script *s = script_parse("t.pkt", text, strlen(text), define, &d);
    cr_assert_not_null(s, "%s", d.text);
    cr_assert_str_eq(s->init_shell, "sysctl");
    cr_assert_str_eq(s->step[0].u.call.name, "listen");
    cr_assert_eq(s->step[0].u.call.argument[0].number, 8080);
    cr_assert_eq(s->step[0].u.call.argument[1].items, 2);
    cr_assert_str_eq(s->step[0].u.call.argument[2].text, "XPORT");
    script_free(s);
}

Test(parse, lines_go_on)
{
    struct script *s = parsed("host raw peer\n  ip 10.0.0.1\n  mac 52:55:0a:00:02:02\n"
                              "0\n f(1,\n2)\n= 3\n"
                              "+0 < S 0:0(0) win 1000\n   <mss 1460,\n   nop,wscale 7>\n"
                              "+0 > S. 0:0(0) ack 1 <...>\n");
    cr_assert_eq(s->host[0].attributes, 2);
    cr_assert_eq(s->steps, 3);
    cr_assert_eq(s->step[0].u.call.result.number, 3);
    cr_assert_eq(s->step[1].u.packet.direction, '<');
    cr_assert_eq(s->step[2].u.packet.direction, '>');
    script_free(s);
}

/* A path is one word, written with or without quotes. */
Test(parse, a_kind_may_be_a_file)
{
    static const char *const define[] = {"MINE=/tmp/a-b/9.so", NULL};
    static const char text[] = "host ./mine.so a\nhost ../x/y.so b small\nhost \"./a b.so\" c\n"
                               "host MINE d\nhost mine.so e\n0 f()\n";
    static const char *const kinds[] = {"./mine.so", "../x/y.so", "./a b.so", "/tmp/a-b/9.so",
                                        "mine.so"};
    struct diagnostic d;
    struct script *s = script_parse("t.pkt", text, strlen(text), define, &d);
    cr_assert_not_null(s, "%s", d.text);
    for (int k = 0; k < 5; k++) {
        cr_assert_str_eq(s->host[k].kind, kinds[k]);
        cr_assert_str_eq(s->host[k].name, ((const char *[]){"a", "b", "c", "d", "e"})[k]);
    }
    cr_assert_eq(s->host[1].attributes, 1);
    script_free(s);
    refused("host \"\" a\n0 f()\n", "t.pkt:1:6: a kind of host, or the name of a file, belongs in");
    refused("host ./a . so a\n0 f()\n", "t.pkt:1:10: unexpected `.`");
    refused("host $k a\n0 f()\n", "t.pkt:1:6: unknown parameter `k`");
    refused("host raw sut\n0 f()\n", "t.pkt:1:10: the name `sut` is the host under test's");
}

Test(parse, comments_above_a_step)
{
    struct script *s = parsed("// What must hold.\n// Part of it.\n0 f() // behind\n\n// too "
                              "far\n\n// near\n/* nearer\n * nearest */\n+0 g()\n");
    cr_assert_str_eq(s->summary, "What must hold.");
    cr_assert_str_eq(s->step[0].comment, "Part of it.");
    cr_assert_str_eq(s->step[1].comment, "near\nnearer\nnearest");
    script_free(s);
}

Test(parse, variables_bind_before_they_are_used)
{
    struct script *s = parsed("param port = 7\n0 f() = ?fd\n+0 > udp ?p > $port\n+0 < udp $port > "
                              "$p\n+0 g($fd)\n+0 assert $p > 1024\n");
    cr_assert_eq(s->steps, 5);
    script_free(s);
    refused("0 assert $p > 1\n", "t.pkt:1:10: unbound variable `p`");
    refused("0 %{ assert $p }%\n+0 f($q)\n", "t.pkt:2:6: unbound variable `q`");
    refused("0 f() = ?x\nset a $x\n", "t.pkt:2:7: unknown parameter `x`");
}

Test(parse, without_links_the_one_link_is_lan)
{
    struct script *s = parsed("sut eth0 on lan\n0 link lan down\n");
    script_free(s);
    refused("0 link wan down\n", "t.pkt:1:8: unknown link `wan`: did you mean `lan`?\n");
    refused("link wan\n0 link lan down\n", "t.pkt:2:8: unknown link `lan`: did you mean `wan`?\n");
}
