/* What each construct of a script becomes. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "tests/script/help.h"

Test(parse, topology_and_events)
{
    struct script *s = parsed("// A datagram.\n"
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
    refused("", "t.pkt:1:1: no events: a script plays at least one packet, call or assert at a time, such as `0 socket(...) = 3`\n");
}
