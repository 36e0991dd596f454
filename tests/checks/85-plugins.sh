# Plug-ins: the examples build and do what they say, lwIP runs twice the same, a driver's wrong plug-in gets a sentence.
. tests/checks/count.sh
wiredrill=build/release/wiredrill
examples=build/release/examples
work=build/plugins
mkdir -p $work
make --no-print-directory examples >$work/make.log 2>&1 || { tail -20 $work/make.log; bad "the examples do not build"; finish; exit 1; }

# expect STATUS TEXT COMMAND...
expect() {
    want=$1 text=$2; shift 2
    "$@" >$work/out 2>&1
    status=$?
    if [ $status -ne "$want" ] || ! grep -qF -- "$text" $work/out; then
        bad "$(echo "$*" | cut -c 1-300): exit $status, expected $want and \"$text\":"; tail -30 $work/out
    else
        ok
    fi
}
# What asserts counters of the drivers in stack/, or goes by their rings (own_driver), is passed over for drivers of others. Every eighth script here, all of them in
# `make plugins`.
some=$(find scenarios -name '*.pkt' | sort | awk -v every="${EVERY:-8}" 'NR % every == 0')
for driver in rtl8139_portio e1000_mmio; do
    expect 0 ' 0 failed' $wiredrill run --quiet --driver $examples/driver/$driver.so $some
    ok $(sed -n 's/^\([0-9]*\) passed, .*/\1/p' $work/out) # each case is one
done
# One that takes one NIC is no wrong one: what has two is skipped.
sed 's/count == 4/count == 1/' examples/driver/e1000_mmio.c >$work/one.c
cc -w -shared -fPIC -Iexamples/driver -o $work/one.so $work/one.c
expect 2 '0 passed, 0 failed, 1 skipped' $wiredrill run --driver $work/one.so scenarios/e1000/two-interfaces-alternating.pkt
expect 2 'has 1 interface, the script wants 2' $wiredrill run --driver $work/one.so scenarios/e1000/two-interfaces-alternating.pkt
# This one leaves filtering to the stack: what counts the NIC's own filters (ethernet) is not for it.
expect 0 ' 0 failed' $wiredrill run --quiet --driver $examples/driver/virtio_pci.so $(echo "$some" | grep -E "^scenarios/(arp|icmp|udp|dhcp)/")
ok $(sed -n 's/^\([0-9]*\) passed, .*/\1/p' $work/out)
expect 0 ' 0 failed' $wiredrill run --quiet --driver $examples/driver/virtio_mmio.so $(echo "$some" | grep -E "^scenarios/(arp|icmp)/")
ok $(sed -n 's/^\([0-9]*\) passed, .*/\1/p' $work/out)
expect 0 '1 passed' $wiredrill run --sut $examples/stack/blocking.so scenarios/slirp/request-gateway-pong.pkt
expect 0 '1 passed' $wiredrill run --sut $examples/stack/eth_receive.so scenarios/arp/request-host-reply.pkt
expect 0 '1 passed, 0 failed, 0 skipped' $wiredrill run --sut $examples/stack/own_driver.so scenarios/arp/request-host-reply.pkt
# A stack that has nothing but frames: what a peer can ask of it, and each lack told by its name.
expect 0 ' 0 failed' $wiredrill run --needs frames --sut $examples/stack/eth_receive.so scenarios
ran=$(sed -n 's/^\([0-9]*\) passed, .*/\1/p' $work/out)
[ "${ran:-0}" -ge 950 ]
verdict $? "a stack of frames alone runs $ran cases"
[ "$(sed -n '/^skipped, by/,/^$/p' $work/out | wc -l)" -le 24 ]
verdict $? "what it lacks stands on one screen"
expect 0 ' 0 failed' $wiredrill run --quiet --sut $examples/stack/eth_receive.so scenarios
expect 0 ' 0 failed' $wiredrill run --quiet --sut $examples/stack/own_driver.so scenarios
expect 2 'nothing is called "fragment"' $wiredrill run --needs frames --lacks fragment scenarios/arp
expect 2 'eth_receive lacks fragments' $wiredrill run --sut $examples/stack/eth_receive.so scenarios/fragments/bounded-parts.pkt
# The figures of the docs are what the command prints.
tab='|'
grep -E '^\| .* \| [0-9]+ \| ' docs/your-stack-or-driver.md | while IFS=$tab read -r none what cases lacks; do
    lacks=$(echo "$lacks" | tr -d '`|')
    n=$($wiredrill list --needs frames --lacks "$lacks" scenarios | tail -1 | cut -d ' ' -f 1)
    [ "$n" = "$(echo $cases)" ] || echo "docs/your-stack-or-driver.md says $cases of \"$what\": it is $n"
done >$work/figures
[ ! -s $work/figures ]
verdict $? "what a right stack of each kind passes: $(cat $work/figures)"
expect 2 'drives rtl8139, not e1000' $wiredrill run --sut $examples/stack/own_driver.so --nic e1000 scenarios/arp
expect 2 'drives rtl8139, not e1000' $wiredrill run --driver $examples/driver/rtl8139_portio.so --nic e1000 scenarios/arp
expect 2 'WIREDRILL_DRIVER' $wiredrill run --driver $examples/stack/blocking.so scenarios/arp
expect 2 'wiredrill_sut' $wiredrill run --sut $examples/driver/rtl8139_portio.so scenarios/arp
printf '#include "wiredrill_driver.h"\nWIREDRILL_DRIVER(.name = "none");\n' | cc -shared -fPIC -Iexamples/driver -x c - -o $work/none.so
expect 2 'attach is not set' $wiredrill run --driver $work/none.so scenarios/arp
# What a stack can do wrong: wrong STATUS TEXT DEFINITION.
printf '// Twice the same.\ncovers RFC826-packet-reception-8\nparam k = 1, 2\nsut eth0 ip 10.0.2.15/24\nhost raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2\n0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 < arp request who-has 10.0.2.15 tell 10.0.2.2\n' >$work/bad.pkt
wrong() {
    cc -w -shared -fPIC -I. "-D$3" -o $work/bad.so tests/checks/bad_plugin.c || { bad "$3 does not compile"; return; }
    expect "$1" "$2" timeout 300 $wiredrill run --jobs 1 --sut $work/bad.so $work/bad.pkt
}
wrong 0 '2 passed, 0 failed' WRONG=NOTHING
wrong 2 'was built for version 7 of sim/hosts/sut.h' ABI=7
wrong 2 'wiredrill_sut.name is NULL' NAME=NULL
wrong 2 'one of SUT_FRAMES' FLAGS=0
wrong 2 'one of SUT_FRAMES' FLAGS=3
wrong 2 'the stack bad did not open' WRONG=NOT_OPEN
wrong 2 'the stack bad did not attach eth0: it returned -5' WRONG=NOT_ATTACHED
wrong 2 'its constructors end in "Aborted"' WRONG=CONSTRUCTOR
wrong 0 '2 passed, 0 failed' WRONG=STATICS
expect 0 'it is loaded anew for each; SUT_SINGLETON says so at once' $wiredrill run --jobs 1 --sut $work/bad.so $work/bad.pkt
# Loaded anew, its constructors run again; where that can't be, each case gets a process.
singleton='-DFLAGS=(SUT_FRAMES|SUT_SINGLETON)'
for what in CONSTRUCTS THREADS; do
    cc -w -shared -fPIC -I. -DWRONG=$what "$singleton" -o $work/bad.so tests/checks/bad_plugin.c
    expect 0 '6 passed, 0 failed' $wiredrill run --jobs 1 --sut $work/bad.so $work/bad.pkt $work/bad.pkt $work/bad.pkt
done
wrong 1 'sut sent a frame of 1519 bytes on interface 0' WRONG=LONG
wrong 1 'sut sent a frame of 0 bytes on interface 0' WRONG=EMPTY
wrong 1 'sut sent a frame of 0 bytes on interface 0' WRONG=NULL_FRAME
wrong 1 'there are interfaces 0 to 0' WRONG=NO_PORT
wrong 1 'the stack bad waits where it must not' WRONG=WAITS
# What brings the process down is a verdict at the line that was played, with the calls that led there and the way into gdb. addr2line names their lines.
place=
command -v addr2line >/dev/null && place=bad_plugin.c:
down() { # TEXT WRONG CC...: the text, and where it came down
    text=$1 what=$2; shift 2
    "$@" -g -w -shared -fPIC -I. "-DWRONG=$what" -o $work/bad.so tests/checks/bad_plugin.c || { bad "$what does not compile"; return; }
    expect 1 "$text" timeout 300 $wiredrill run --jobs 1 --patience 1 --sut $work/bad.so $work/bad.pkt@k=1
    grep -qE "^  #[0-9]+ +(do_wrong|bad_input|bad_poll), .*$place" $work/out || { bad "$what: no backtrace"; cat $work/out; return; }
    ok
}
down 'bad.pkt:7:1: the process died (Segmentation fault at address 0x10)' READS_NOWHERE cc
grep -qF "  debug     gdb -ex 'set follow-fork-mode child' -ex run --args $wiredrill run" $work/out
verdict $? "a crash says how gdb is started"
down 'bad.pkt:7:1: the process died (Aborted)' ASSERTS cc
down 'bad.pkt:7:1: the process hung (1 seconds of computing without an event or a step)' SPINS cc
down 'bad.pkt:7:1: the process hung (it waits, and nothing comes)' SLEEPS cc
# The runtime of a sanitized plug-in comes first in its process: the program begins anew with it.
down 'bad.pkt:7:1: the process died (AddressSanitizer: heap-use-after-free on address' USES_FREED gcc -fsanitize=address
down 'bad.pkt:7:1: the process died (AddressSanitizer: heap-use-after-free on address' USES_FREED clang -fsanitize=address
wrong 1 'the process died (Aborted)' WRONG=CRASHES
wrong 1 'the process died (exit status 3)' WRONG=EXITS
wrong 1 'a million events at one instant' WRONG=PAST
wrong 1 'ended a call that is not open (token' WRONG=UNKNOWN_TOKEN
wrong 1 'ended a call that is not open (token' WRONG=TWICE
wrong 1 'a call that done() ends returns SUT_PENDING' WRONG=ENDS_AND_RETURNS
wrong 0 '2 passed, 0 failed' WRONG=NULL_OUT
wrong 0 '2 passed, 0 failed' WRONG=NULL_BYTES
# The same plug-ins as peers, beside the host under test: a file's name counts from the script's folder. Frame hooks answer a ping, blocking calls ping
# back on a coroutine, a driver of its own stands behind the one NIC that it is for.
cat >$work/peers.pkt <<'END'
// Plug-ins stand as peers, each with calls of its own.
sut    eth0 ip 10.0.2.15/24
host   ../release/examples/stack/eth_receive.so a ip 10.0.2.3/24
host   "../release/examples/stack/blocking.so" b ip 10.0.2.4/24
host   ../release/examples/stack/own_driver.so c ip 10.0.2.5/24
host   ./mine.so d ip 10.0.2.6/24
0      ping(10.0.2.3, 1, 8) = 1
+0     > arp request who-has 10.0.2.3
+0     @a > arp reply 10.0.2.3 is-at a
+0     > icmp echo-request
+0     @a > icmp echo-reply
+1     @b ping(10.0.2.15, 1) = 1
+0     @b > arp request who-has 10.0.2.15
+0     > arp reply 10.0.2.15 is-at eth0
+0     @b > icmp echo-request
+0     > icmp echo-reply
+1     socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
+0     sendto(3, "a", 1, 0, {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("10.0.2.5")}, ...) = 1
+0     > arp request who-has 10.0.2.5
+0     @c > arp reply 10.0.2.5 is-at c
+0     > udp * > 7
+0     @d socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
END
cc -w -shared -fPIC -I. -DWRONG=NOTHING -o $work/mine.so tests/checks/bad_plugin.c
expect 0 '3 passed, 0 failed, 0 skipped' $wiredrill run $work/peers.pkt
expect 0 '2 passed, 0 failed, 0 skipped' $wiredrill run --driver $examples/driver/rtl8139_portio.so --jobs 1 $work/peers.pkt $work/peers.pkt
expect 2 'blocking keeps state outside the world: it can be forked, not saved' $wiredrill run --snapshot $work/peers.pkt
expect 2 '0 passed, 0 failed, 3 skipped' $wiredrill run --snapshot $work/peers.pkt
for run in 1 2; do $wiredrill fingerprint --jobs $run $work/peers.pkt $work/peers.pkt >$work/peers.$run 2>&1; done
grep -qE '^[0-9a-f]{32} ' $work/peers.1 && cmp $work/peers.1 $work/peers.2
verdict $? "two runs with plug-ins as peers are the same"
# peer WRONG STATUS TEXT [SECOND]: one of them, or two, does wrong as a peer.
peer() {
    cc -w -shared -fPIC -I. "-D$1" ${5:+"$5"} -o $work/bad.so tests/checks/bad_plugin.c
    { printf '// A peer that does wrong.\nsut eth0 ip 10.0.2.15/24\nhost ./bad.so a ip 10.0.2.3/24\n'
      [ -z "$4" ] || echo 'host ./bad.so b ip 10.0.2.4/24'
      printf 'host raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2\nparam k = 1, 2\n0 @a socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 < arp request who-has 10.0.2.15 tell 10.0.2.2\n+0 > arp reply\n'; } >$work/wrong.pkt
    expect "$2" "$3" timeout 300 $wiredrill run --nic e1000 --jobs 1 $work/wrong.pkt
}
peer WRONG=NOTHING 0 '2 passed, 0 failed, 0 skipped' twice
peer WRONG=NOT_OPEN 2 'wrong.pkt:3:15: a: the stack bad did not open'
peer WRONG=NOT_ATTACHED 2 'wrong.pkt:3:15: a: the stack bad did not attach eth0: it returned -5'
peer WRONG=STATICS 0 'SUT_SINGLETON says so at once'
peer WRONG=STATICS 0 '2 passed, 0 failed, 0 skipped' '' "$singleton"
peer WRONG=STATICS 2 'wrong.pkt:4:15: b: bad keeps its state in static variables: a world holds one, which is a' twice "$singleton"
peer WRONG=LONG 1 'a sent a frame of 1519 bytes on interface 0'
peer WRONG=UNKNOWN_TOKEN 1 'ended a call that is not open (token'
peer WRONG=CRASHES 1 'the process died (Aborted)'
cc -w -shared -fPIC -I. -DWRONG=OVERFLOWS '-DFLAGS=(SUT_FRAMES|SUT_BLOCKS)' -o $work/bad.so tests/checks/bad_plugin.c
expect 1 'the process died' $wiredrill run --jobs 1 --sut $work/bad.so $work/bad.pkt
cc -w -shared -fPIC -I. -DWRONG=PRINTS -o $work/bad.so tests/checks/bad_plugin.c
$wiredrill run --json --sut $work/bad.so $work/bad.pkt 2>/dev/null | grep -vq '^{' && bad "what a plug-in prints is in the report"
sed '/^param/d' $work/bad.pkt >$work/once.pkt
# It writes into its copy: the record of the run is as it was.
cc -w -shared -fPIC -I. -DWRONG=WRITES -o $work/bad.so tests/checks/bad_plugin.c
expect 0 'arp request who-has 10.0.2.15 tell 10.0.2.2' $wiredrill run --sut $work/bad.so $work/once.pkt
# The one that never ends takes as long as it is given.
cc -w -shared -fPIC -I. -DWRONG=SPINS -o $work/bad.so tests/checks/bad_plugin.c
expect 1 'the process hung (2 seconds of computing' timeout 300 $wiredrill run --patience 2 --sut $work/bad.so $work/once.pkt

# A driver that loops: on a register, on a port that is no device's, on the clock, on nothing at all.
cat >$work/loop.c <<'END'
#include "wiredrill_driver.h"
#define PORT(offset) ((uint16_t)(dev->bar[0].base + (offset)))
static int attach(struct wiredrill_device *dev, uint8_t mac[6])
{
    for (int i = 0; i < 6; i++)
        mac[i] = inb(PORT(i));
    wd_link(1);
    return 0;
}
static int send(struct wiredrill_device *dev, const void *frame, size_t len)
{
    (void)dev, (void)frame, (void)len;
    while (LOOP)
        ;
    return 0;
}
static int interrupt(struct wiredrill_device *dev)
{
    (void)dev;
    return 0;
}
WIREDRILL_DRIVER(.name = "loop", .vendor = 0x10ec, .device = 0x8139, .attach = attach, .send = send, .interrupt = interrupt);
END
cat >$work/loop.pkt <<'END'
// A datagram is sent.
host   raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2
sut    eth0 ip 10.0.2.15/24
1      ping(10.0.2.2) = 1
END
# loops CONDITION TEXT OPTIONS: a verdict with the line, the virtual time and the command that repeats it.
loops() {
    condition=$1 text=$2; shift 2
    cc -shared -fPIC -Iexamples/driver "-DLOOP=$condition" $work/loop.c -o $work/loop.so || bad "the loop on $condition does not compile"
    expect 1 "$text" $wiredrill run --driver $work/loop.so "$@" $work/loop.pkt
    grep -qF "  repeat    $wiredrill run --nic rtl8139 --driver $work/loop.so" $work/out || { bad "no command repeats it:"; cat $work/out; }
}
loops '!(inl(PORT(0x10)) & 0x8000)' "$work/loop.pkt:4:1: sut: the driver of stack over loop waits in a loop for what never comes: ten million accesses within one event, of the last thousand 1000 read TSD0 of sut.rtl8139, I/O offset 0x10"
grep -qF "  at        1s of virtual time" $work/out || { bad "no virtual time:"; cat $work/out; }
loops 'inb(0x80) == 0xff' 'the driver loop touches port 0x80'
loops 'wd_now_ns() < 2000000000' 'stack over loop asked for the time ten million times at one instant'
loops 1 'the process hung (1 seconds of computing' --patience 1

printf '// A call that the peer lacks.\nsut eth0 ip 10.0.2.15/24\nhost lwip b ip 10.0.2.3/24\n0 @b dhcp_start("eth0") = 0\n' >$work/lack.pkt
printf '// Two of one with globals.\nsut eth0 ip 10.0.2.15/24\nhost lwip b ip 10.0.2.3/24\nhost lwip c ip 10.0.2.4/24\n0 assert now() == 0\n' >$work/two.pkt
# lwip STATUS TEXT SCENARIO...
lwip() {
    want=$1 text=$2; shift 2
    if [ -e build/release/wiredrill-lwip.so ]; then
        expect "$want" "$text" $wiredrill run --sut lwip "$@"
    else
        skip "lwip: $*" "built without liblwip-dev"
    fi
}
# As a peer it is opened once in a process: cases of one worker get one each, and what opens it a second time says so and is no pass.
pair=scenarios/hosts/datagrams-peer_stack-both_ways.pkt@kind=lwip
if [ -e build/release/wiredrill-lwip.so ]; then
    expect 0 '6 passed, 0 failed, 0 skipped' $wiredrill run --jobs 1 $pair $pair
    expect 2 'lwip keeps state outside the world: it can be forked, not saved' $wiredrill run --snapshot $pair
    expect 2 '0 passed, 0 failed, 3 skipped' $wiredrill run --snapshot $pair
    expect 2 'a world holds one, which is the host under test' $wiredrill run --sut lwip $pair
    expect 2 '0 passed, 0 failed, 1 skipped' $wiredrill run --sut lwip $pair
    expect 2 'b (lwip) has no dhcp_start' $wiredrill run $work/lack.pkt
    expect 2 'two.pkt:4:11: c: lwip keeps its state in static variables: a world holds one, which is b' $wiredrill run $work/two.pkt
else
    skip "lwip: as a peer" "built without liblwip-dev"
fi
# Debian's lwIP has no DHCP in it: each of those scenarios is skipped and says why, and none of the others kills or hangs it.
lwip 2 ' 0 failed' scenarios/dhcp
lwip 2 'lwip lacks dhcp' scenarios/dhcp/offer-selecting-lost.pkt
lwip 2 '0 passed' scenarios/dhcp
for one in ipv4/source-own ipv4/multicast-all-hosts udp/receive-two-waiters udp/echo-service-loop sockets/raw-send-only; do
    lwip 0 ' 0 failed, 0 skipped' scenarios/$one.pkt
done
lwip 1 "2 passed, 2 failed" scenarios/udp/send-to-ourselves.pkt # it takes in 127.0.0.1 alone
lwip 1 'failed, by requirement:' scenarios/arp scenarios/icmp scenarios/udp
if [ -e build/release/wiredrill-lwip.so ]; then
    ! grep -E 'the process (died|hung)' $work/out
    verdict $? "lwIP neither dies nor hangs"
    for run in 1 2; do $wiredrill fingerprint --sut lwip --jobs $run scenarios/routing >$work/lwip.$run 2>&1; done
    grep -qE '^[0-9a-f]{32} ' $work/lwip.1 && cmp $work/lwip.1 $work/lwip.2
    verdict $? "two runs of lwIP are the same"
else
    skip "lwip: neither dies nor hangs" "built without liblwip-dev"
    skip "lwip: twice the same" "built without liblwip-dev"
fi
finish
