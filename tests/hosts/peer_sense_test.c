/* Declarations of peers that make no sense are refused with a sentence; their neighbours that make
 * sense are taken. */
#include <criterion/criterion.h>
#include <string.h>
#include "tests/hosts/peer_rig.h"

#define DHCP   "host dhcp-server srv ip 10.0.2.2/24 "
#define ROUTER "host router srv ip 10.0.2.2/24 "
#define NTP    "host ntp-server srv ip 10.0.2.2/24 "
#define ECHO   "host echo srv ip 10.0.2.2/24 "
#define DNS    "host dns-resolver srv ip 10.0.2.2/24 "
#define SLIRP  "host slirp srv ip 10.0.2.2/24 "

struct row {
    const char *line, *said; /* NULL: it is taken */
};

static const struct row rows[] = {
    /* addresses of any peer */
    {"host echo srv ip 10.0.2.0/24", "ip wants the address of one host"},
    {"host echo srv ip 10.0.2.255/24", "ip wants the address of one host"},
    {"host echo srv ip 224.0.0.1/24", "ip wants the address of one host"},
    {"host echo srv ip 10.0.2.0/31", NULL},
    {"host echo srv ip 10.0.2.255/32", NULL},
    {ECHO "gateway 10.0.3.1", "the gateway is not another host"},
    {ECHO "gateway 10.0.2.2", "the gateway is not another host"},
    {ECHO "gateway 10.0.2.3", NULL},
    {ECHO "alias 255.255.255.255", "alias: 255.255.255.255 is no address of one host"},
    {ECHO "alias 10.0.2.3 \"x\"", "is no address of one host"},
    {ECHO "alias 10.0.2.3 10.0.2.4 10.0.2.5 10.0.2.6 10.0.2.7 10.0.2.8 10.0.2.9 10.0.2.10 "
          "10.0.2.11",
     "alias: at most 8 addresses"},
    {ECHO "delay -1s", "delay is a time, which is not negative"},
    {ECHO "delay 9223372037", "delay is a time"},
    {ECHO "ports 0", "ports: at most 15 numbers from 1 to 65535"},
    /* a pool, and what is reserved */
    {DHCP "pool 10.0.2.15 10.0.2.30", NULL},
    {DHCP "pool 10.9.0.5", "pool 10.9.0.5: no host of the server's network"},
    {DHCP "pool 10.0.2.15 10.0.3.2", "pool 10.0.3.2: no host of the server's network"},
    {DHCP "pool 10.0.2.0 10.0.2.9", "pool 10.0.2.0: no host"},
    {DHCP "pool 10.0.2.1 10.0.2.255", "pool 10.0.2.255: no host"},
    {DHCP "pool 10.0.2.9 10.0.2.8", "a pool is one address, or the first and the last"},
    {DHCP "reserve 52:54:00:12:34:56 10.0.3.1", "reserve 10.0.3.1: no host"},
    {DHCP "reserve 01:00:5e:00:00:01 10.0.2.9", "reserve wants a MAC and an address"},
    {DHCP "reserve 52:54:00:12:34:56 10.0.2.9 reserve 52:54:00:12:34:57 10.0.2.9",
     "reserved twice"},
    /* times: RFC 2131 4.4.5 */
    {DHCP "lease 0", "a lease has a second at least"},
    {DHCP "lease 500ms", "lease is a time of whole seconds"},
    {DHCP "lease 1", NULL},
    {DHCP "lease 100 t2 100", "t2 is before the end of the lease of 100 s"},
    {DHCP "lease 100 t2 99 t1 98", NULL},
    {DHCP "lease 100 t2 50 t1 50", "t1 is before t2"},
    {DHCP "lease 100 t1 100", "t1 is before t2 and the end of the lease"},
    {DHCP "lease infinite t1 100 t2 200", NULL},
    {DHCP "lease 4294967295", "lease is a time of whole seconds up to 4294967294"},
    /* options */
    {DHCP "mask 255.0.255.0", "mask is ones, then zeros"},
    {DHCP "mask 0.0.0.0", "mask is ones, then zeros"},
    {DHCP "mask 255.255.255.255", NULL},
    {DHCP "router 0.0.0.0", "router: 0.0.0.0 is no address of one host"},
    {DHCP "dns 127.0.0.1", "dns: 127.0.0.1 is no address of one host"},
    {DHCP "ntp 10.0.2.3 10.0.2.4 10.0.2.5 10.0.2.6 10.0.2.7 10.0.2.8 10.0.2.9 10.0.2.10 10.0.2.11",
     "ntp: at most 8 addresses"},
    {DHCP "server-id 224.0.0.1", "server-id: 224.0.0.1 is no address of one host"},
    {DHCP "mtu-option 67", "mtu-option is a number from 68 to 65535"},
    {DHCP "mtu-option 65536", "mtu-option is a number from 68 to 65535"},
    {DHCP "domain \"\"", "domain has 1 to 255 octets"},
    {DHCP "option 0 \"a\"", "option wants a code from 1 to 254"},
    {DHCP "option 255 \"a\"", "option wants a code from 1 to 254"},
    /* lies whose argument does not fit its field */
    {DHCP "htype 256", "htype: its argument is a number from 0 to 255"},
    {DHCP "to-port 65536", "to-port: its argument is a number from 0 to 65535"},
    {DHCP "delay -1s", "delay: its argument is a time from 0 to 1000000000s"},
    {DHCP "wrong-xid -1", "wrong-xid: what does -1 mean?"},
    {NTP "stratum 256", "stratum: its argument is a number from 0 to 255"},
    {NTP "stratum 255", NULL},
    {NTP "leap 4", "leap: its argument is a number from 0 to 3"},
    {NTP "root-delay 65536", "root-delay: its argument is a time from 0 to 65535s"},
    {NTP "offset -5s", NULL},
    {NTP "reference \"LOCAL\"", "reference has 1 to 4 letters"},
    {NTP "time \"2026-13-01\"", "time is a date"},
    {DNS "rcode 16", "rcode: its argument is a number from 0 to 15"},
    {DNS "unreachable 16", "unreachable: its argument is a number from 0 to 15"},
    /* zones */
    {DNS "zone \"a..test A 10.0.2.80\"", "could not parse the RR"},
    {DNS "zone \"a.test A 10.0.2.80 10.0.2.81\"", "superfluous text present"},
    {DNS "zone \"a.test CH A 10.0.2.80\"", "the class is IN"},
    {DNS "zone \"a.test TYPE0 \\\\# 0\"", "no zone has records of that type"},
    {DNS "zone \"a.test MX 65536 b.test\"", "a number does not fit its field"},
    {DNS "zone \"a.test 2147483648 A 10.0.2.80\"", "a number does not fit its field"},
    {DNS "zone \"12 2147483647 MX 65535 34\"", NULL},
    {DNS "zone \"a.test 1h TXT \\\"12 3\\\" 4\"", NULL},
    {DNS "zone \"a.test A 10.0.2.80\" \"a.test A 10.0.2.81\" \"b.test CNAME a.test\"", NULL},
    {DNS "zone \"a.test A 10.0.2.80\" \"A.test A 10.0.2.80\"", "stands there already"},
    {DNS "zone \"a.test A 10.0.2.80\" \"a.test CNAME b.test\"", "a name with a CNAME"},
    {DNS "zone \"a.test CNAME b.test\" \"a.test A 10.0.2.80\"", "a name with a CNAME"},
    {DNS "raw \"a.test\"", "raw wants a name and strings"},
    /* routers */
    {ROUTER "route 10.9.0.1/16 via 10.0.2.3", "10.9.0.1/16 is no network"},
    {ROUTER "route 10.9.0.0/16 via 10.0.3.3", "the next hop 10.0.3.3 is no other host"},
    {ROUTER "route 10.9.0.0/16 via 10.0.2.2", "the next hop 10.0.2.2 is no other host"},
    {ROUTER "route 10.9.0.0/16 via 10.0.2.3 far 10.9.0.0/16",
     "there is a link or a route to 10.9.0.0/16 already"},
    {ROUTER "far 10.0.2.0/24", "there is a link or a route to 10.0.2.0/24 already"},
    {ROUTER "route 10.9.0.0/16 via 10.0.2.3 far 10.9.1.0/24", NULL},
    {ROUTER "hop 10.4.0.1 10.4.0.1", "each hop has an address of its own"},
    {ROUTER "hop 10.0.2.2", "each hop has an address of its own"},
    {ROUTER "hop 10.4.0.1 hop-mtu 576 576", "2 MTUs, there are 1 hops"},
    {ROUTER "hop 10.4.0.1 hop-mtu 67", "an MTU is 68 at least"},
    {ROUTER "hop 10.4.0.1 hop-mtu 68", NULL},
    {ROUTER "hop 10.4.0.1 silent 2", "silent 2: there are 1 hops"},
    {ROUTER "hop-latency -1ms", "hop-latency is a time"},
    {ROUTER "loss 1000001", "loss is a number from 0 to 1000000"},
    {ROUTER "drop-every 0", "drop-every is a number from 1"},
    {ROUTER "quote 7", "quote is a number from 8"},
};

Test(peer_sense, each_declaration_is_taken_or_refused)
{
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct why why = {{0}};
        struct peer_rig *r = peer_rig_try(rows[k].line, &why);
        if (!rows[k].said) {
            cr_assert_not_null(r, "%s: %s", rows[k].line, why.text);
            peer_rig_close(r);
            continue;
        }
        cr_assert_null(r, "%s is taken", rows[k].line);
        cr_assert(strstr(why.text, rows[k].said), "%s: %s", rows[k].line, why.text);
    }
}
