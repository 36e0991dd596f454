# Bad input gets a sentence: each case says one clear thing on stderr or stdout, exits with the status that is due, and leaves nothing behind.
. tests/checks/count.sh
wiredrill=$PWD/build/asan/wiredrill
work=build/errors
rm -rf $work; mkdir -p $work/scenarios/x $work/golden-pcaps/x $work/empty
root=$PWD
cd $work || exit 1
good='// A request is answered.
sut eth0 ip 10.0.2.15/24
host raw peer ip 10.0.2.2
0 < arp request who-has 10.0.2.15 tell 10.0.2.2
+0 > arp reply 10.0.2.15 is-at eth0'

# expect STATUS TEXT COMMAND...: the output holds TEXT, no sanitizer speaks, no file appears or changes.
expect() {
    want=$1 text=$2; shift 2
    before=$(find . -type f ! -name out -exec cksum {} + | sort)
    "$@" >out 2>&1
    status=$?
    after=$(find . -type f ! -name out -exec cksum {} + | sort)
    if [ $status -ne "$want" ]; then
        bad "$*: exit $status, expected $want"; cat out
    elif ! grep -qF -- "$text" out; then
        bad "$*: does not say \"$text\":"; cat out
    elif grep -qE 'AddressSanitizer|runtime error' out; then
        bad "$*: a sanitizer spoke"; head -20 out
    elif [ "$before" != "$after" ]; then
        bad "$*: files changed"
    else
        ok
    fi
}
script() { # NAME: the script from standard input
    cat >"scenarios/x/$1.pkt"
}

printf '// A pool of another network.\nsut eth0\nhost dhcp-server srv ip 10.0.2.2/24 pool 10.9.0.5 lease 60\n0 assert now() == 0\n' | script pool
expect 2 'scenarios/x/pool.pkt:3:37: srv: pool 10.9.0.5: no host' $wiredrill run scenarios/x/pool.pkt
printf '// Links whose networks overlap.\nlink a\nlink b\nsut eth0 on a\nhost router gw on a ip 10.0.2.2/24 on b ip 10.0.3.1/16\n0 assert now() == 0\n' | script overlap
expect 2 'scenarios/x/overlap.pkt:5:' $wiredrill run scenarios/x/overlap.pkt
expect 2 'the networks of two links overlap' $wiredrill run scenarios/x/overlap.pkt
# One bad file keeps no other from its run, and is told once, whatever runs it.
mkdir -p mixed/scenarios
echo "$good" >mixed/scenarios/a.pkt
echo "$good" | sed 's/+0 >/+0 asert 1 == 1\n+0 >/' >mixed/scenarios/b.pkt
cp scenarios/x/pool.pkt mixed/scenarios/c.pkt
expect 2 '2 refused: mixed/scenarios/b.pkt:5:4, mixed/scenarios/c.pkt:3:37' $wiredrill run mixed
expect 2 '3 passed, 0 failed, 0 skipped' $wiredrill run mixed
expect 2 'wiredrill: mixed/scenarios/b.pkt:5:4: unknown word' $wiredrill run mixed
expect 2 'mixed/scenarios/a.pkt on rtl8139' $wiredrill fingerprint mixed
expect 2 '0 passed, 0 failed, 0 skipped' $wiredrill run mixed/scenarios/b.pkt
expect 2 '"case":"mixed/scenarios/b.pkt","status":"error"' $wiredrill run --json mixed
for command in 'run mixed' 'fingerprint mixed'; do
    told=$($wiredrill $command 2>&1 | grep -c 'no host of the server')
    if [ "$told" -eq 1 ]; then passed=$((passed + 1)); else echo "$command tells an error $told times"; failed=$((failed + 1)); fi
done
echo "$good" | sed 's/+0 >/+0 asert 1 == 1\n+0 >/' | script typo
expect 2 'scenarios/x/typo.pkt:5:4:' $wiredrill run scenarios/x/typo.pkt
expect 2 'assert' $wiredrill run scenarios/x/typo.pkt
echo "$good" | sed 's/host raw/host dhcp-sever/' | script kind
expect 2 'dhcp-server' $wiredrill run scenarios/x/kind.pkt
expect 2 'scenarios/x/kind.pkt:3:' $wiredrill run scenarios/x/kind.pkt
echo "$good" | sed 's/arp reply/arp repyl/' | script packet
expect 2 'scenarios/x/packet.pkt:5:' $wiredrill run scenarios/x/packet.pkt
echo "$good" | sed 's/is-at eth0/is-at eth0 nosuchfield 3/' | script field
expect 2 'nosuchfield' $wiredrill run scenarios/x/field.pkt
echo "$good" | sed 's/tell 10.0.2.2/tell $who/' | script unbound
expect 2 'who' $wiredrill run scenarios/x/unbound.pkt
(echo "$good"; echo '+1 link lan lose frame 7') | script fault
expect 1 'never applied' $wiredrill run scenarios/x/fault.pkt
(echo "$good"; echo 'ignore > udp') | script ignored
expect 1 'never applied' $wiredrill run scenarios/x/ignored.pkt
: | script nothing
expect 2 'scenarios/x/nothing.pkt' $wiredrill run scenarios/x/nothing.pkt
expect 2 'no script' $wiredrill run empty
expect 2 'nowhere' $wiredrill run nowhere
echo "$good" | script good
$wiredrill run --bless --quiet scenarios/x/good.pkt >/dev/null || bad "the good script does not pass"
expect 0 '3 passed' $wiredrill run --strict scenarios/x/good.pkt
head -c 70 golden-pcaps/x/good.pcap >cut && mv cut golden-pcaps/x/good.pcap
expect 2 'golden-pcaps/x/good.pcap' $wiredrill run scenarios/x/good.pkt
expect 2 'the file ends inside a record' $wiredrill run scenarios/x/good.pkt
head -c 10 golden-pcaps/x/good.pcap >cut && mv cut golden-pcaps/x/good.pcap
expect 2 'golden-pcaps/x/good.pcap' $wiredrill run scenarios/x/good.pkt
rm golden-pcaps/x/good.pcap
expect 1 'there is no golden' $wiredrill run --strict scenarios/x/good.pkt
mkdir scenarios/x/folder.pkt
expect 2 'folder.pkt' $wiredrill run scenarios/x/folder.pkt
expect 2 'is no number' $wiredrill run --seed x scenarios/x/good.pkt
expect 2 'did you mean --seed' $wiredrill run --sed 3 scenarios/x/good.pkt
expect 2 'no NIC' $wiredrill run --nic e1001 scenarios/x/good.pkt
expect 2 'did you mean run' $wiredrill rum scenarios/x/good.pkt
expect 2 'no such knob' $wiredrill run --set arp.expirey=3s scenarios/x/good.pkt
expect 2 'which scenarios' $wiredrill run
expect 2 'which captures' $wiredrill replay
expect 2 'no-such.pcap' $wiredrill replay no-such.pcap
expect 2 'nofile.so' $wiredrill run --sut ./nofile.so scenarios/x/good.pkt
echo 'not a shared object' >text.so
expect 2 'text.so' $wiredrill run --sut ./text.so scenarios/x/good.pkt
echo 'int nothing_here;' | cc -shared -fPIC -x c - -o bare.so
expect 2 'wiredrill_sut' $wiredrill run --sut ./bare.so scenarios/x/good.pkt
printf '#include "sim/hosts/sut.h"\nconst struct sut wiredrill_sut = {.abi = SUT_ABI + 1, .name = "old"};\n' | cc -shared -fPIC -I"$root" -x c - -o old.so
expect 2 'version' $wiredrill run --sut ./old.so scenarios/x/good.pkt
expect 2 'text.so' $wiredrill show text.so
expect 2 'one capture' $wiredrill show
ping='\377\377\377\377\377\377\122\125\012\000\002\002\010\000'
(printf '\115\074\262\241\002\000\004\000\000\000\000\000\000\000\000\000\000\000\004\000\001\000\000\000'
 for n in 1 2; do printf '\000\000\000\000\000\000\000\000\016\000\000\000\074\000\000\000'; printf "$ping"; done) >snapped.pcap
head -c 80 snapped.pcap >short.pcap
expect 0 '2 of these frames had been cut short by the capture itself' $wiredrill replay snapped.pcap
expect 0 'short.pcap: warning: the file ends inside a record at octet 54, after 1 frames: 26 of its 30 octets are there' $wiredrill replay short.pcap
expect 0 '1 frames fed' $wiredrill replay short.pcap
expect 0 'warning: the file ends inside' $wiredrill show short.pcap
gzip -c snapped.pcap >snapped.pcap.gz
expect 2 'snapped.pcap.gz: not a capture: compressed by gzip' $wiredrill replay snapped.pcap.gz
expect 2 'editcap -F pcapng' $wiredrill replay scenarios/x/good.pkt
# Numbers, options that contradict each other, cases and losses that are not there.
expect 2 'is no number from 0' $wiredrill run --seed 18446744073709551616 scenarios/x/good.pkt
expect 2 'from 1 to 256' $wiredrill run --jobs 0 scenarios/x/good.pkt
expect 2 'neither NAME nor NAME=value' $wiredrill run -D =1 scenarios/x/good.pkt
expect 2 'leave --seed out' $wiredrill run --bless --seed 3 scenarios/x/good.pkt
expect 2 'contradict each other' $wiredrill run --quiet --verbose scenarios/x/good.pkt
expect 2 'frames count from 1' $wiredrill run --lose 0 scenarios/x/good.pkt
expect 2 'it has none' $wiredrill run --lose 1 scenarios/x/good.pkt
(echo "$good"; echo 'outcome 1s counter("lan.lost") == 0') | script outcome
expect 1 'was never lost: 2 came' $wiredrill run --lose 9 scenarios/x/outcome.pkt
expect 2 'no combination of its parameters is @seed=3' $wiredrill run scenarios/x/good.pkt@seed=3
expect 0 '3 passed' $wiredrill run -- scenarios/x/good.pkt
expect 2 'x: No such file or directory' $wiredrill list x
expect 2 'no address of one host' $wiredrill replay --to 01:00:5e:00:00:01/10.0.2.15 no-such.pcap
# What shows only while the world is built has its line, a caret, and what belongs there.
echo "$good" | sed '1a link lan latency abc' | script latency
expect 2 'latency cannot be abc: a time, such as 5ms belongs there' $wiredrill run scenarios/x/latency.pkt
expect 2 '    link lan latency abc' $wiredrill run scenarios/x/latency.pkt
echo "$good" | sed 's/tell 10.0.2.2/tell per/' | script name
expect 2 'unknown host `per`: did you mean `peer`?' $wiredrill run scenarios/x/name.pkt
(echo "$good"; echo '+0 sokcet(..., SOCK_DGRAM, IPPROTO_UDP) = 3') | script call
expect 2 'unknown call `sokcet`: did you mean `socket`?' $wiredrill run scenarios/x/call.pkt
(echo "$good"; echo '+0 buzy(10ms) = 0') | script buzy
expect 2 'unknown call `buzy`: did you mean `busy`?' $wiredrill run scenarios/x/buzy.pkt
(echo "$good"; echo '+0 assert 99999999999999999999 == 1') | script number
expect 2 'at most 64 bits' $wiredrill run scenarios/x/number.pkt
# Stacks as peers: a file that is not there, a name that stands already, a call that is none, a host that nobody declared.
peer() { # DECLARATION EVENT
    (echo "$good" | sed "2a $1"; echo "$2") | script peer
}
peer 'host ./nofile.so a ip 10.0.2.3/24' '+0 assert now() == 0'
expect 2 'scenarios/x/peer.pkt:3:18: a: scenarios/x/./nofile.so cannot be loaded' $wiredrill run scenarios/x/peer.pkt
peer 'host ../../text.so a ip 10.0.2.3/24' '+0 assert now() == 0'
expect 2 'scenarios/x/../../text.so cannot be loaded' $wiredrill run scenarios/x/peer.pkt
peer 'host stack peer ip 10.0.2.3/24' '+0 assert now() == 0'
expect 2 'the name `peer` stands already on line 3: choose another' $wiredrill run scenarios/x/peer.pkt
peer 'host stack sut ip 10.0.2.3/24' '+0 assert now() == 0'
expect 2 'the name `sut` is the host under test' $wiredrill run scenarios/x/peer.pkt
peer 'host stack a ip 10.0.2.3/24' '+0 @b socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3'
expect 2 'scenarios/x/peer.pkt:7:5: unknown host `b`' $wiredrill run scenarios/x/peer.pkt
peer 'host stack a ip 10.0.2.3/24' '+0 @a sokcet(..., SOCK_DGRAM, IPPROTO_UDP) = 3'
expect 2 'unknown call `sokcet`: did you mean `socket`?' $wiredrill run scenarios/x/peer.pkt
peer 'host stack a ip 10.0.2.3/24' '+0 @a frobnicate(1) = 3'
expect 2 'peer.pkt:7: a (stack) has no frobnicate' $wiredrill run scenarios/x/peer.pkt
peer 'host stak a ip 10.0.2.3/24' '+0 assert now() == 0'
expect 2 'no kind of host "stak"; did you mean stack?' $wiredrill run scenarios/x/peer.pkt
peer 'host stack a nik e1000' '+0 assert now() == 0'
expect 2 'peer.pkt:3:14: this kind of host has no attribute "nik"; did you mean nic?' $wiredrill run scenarios/x/peer.pkt
peer 'host stack a nic e1001' '+0 assert now() == 0'
expect 2 'nic cannot be e1001' $wiredrill run scenarios/x/peer.pkt
peer 'host stack a set arp.expirey 5s' '+0 assert now() == 0'
expect 2 'peer.pkt:3:14: set arp.expirey: there is no such knob' $wiredrill run scenarios/x/peer.pkt
peer 'host stack a set arp.expiry' '+0 assert now() == 0'
expect 2 'a knob and its value, such as arp.expiry 60s belongs there' $wiredrill run scenarios/x/peer.pkt
peer 'host stack a ip 10.0.2.3/24' '+0 assert counter("a.udp.im") == 0'
expect 1 'no counter "a.udp.im"' $wiredrill run scenarios/x/peer.pkt
peer 'host stack a ip 10.0.2.3/24' '+0 assert ifaddr("a.eth0") == 10.0.2.3/24'
expect 0 '3 passed' $wiredrill run scenarios/x/peer.pkt
(echo "$good"; echo '106000d assert 1 == 1'; echo '+106000d assert 1 == 1') | script years
expect 0 '3 passed' $wiredrill run scenarios/x/years.pkt
printf '%s\n' '--tolerence_usecs=3' '0 assert 1 == 1' | script option
expect 2 'did you mean --tolerance_usecs?' $wiredrill run scenarios/x/option.pkt
printf '%s\n' '--fastopen_cookie_rounds=3' '0 assert 1 == 1' | script newer
expect 2 'newer.pkt:1: no option --fastopen_cookie_rounds is known here' $wiredrill run scenarios/x/newer.pkt
printf '%s\n' '0 < S 0:0(0) win 1000' '+0 > R. 0:0(0) ack 1' | script segment
expect 0 '3 passed' $wiredrill run scenarios/x/segment.pkt
printf '%s\n' 'all {' '  0 < udp 9 > 77 data "a"' '  +0 > ipv6 fe80::1 > fe80::2 udp' '}' | script block
expect 2 'block.pkt:3: IPv6 is not in the stack stack' $wiredrill run scenarios/x/block.pkt
printf '%s\n' '0 < ipv6 fe80::1 > fe80::2 udp 9 > 77 data "a"' | script six
expect 2 'six.pkt:1: IPv6 is not in the stack stack' $wiredrill run scenarios/x/six.pkt
(echo "$good"; echo '+0 socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP) = 3') | script socket6
expect 2 'socket6.pkt:6: IPv6 is not in the stack stack' $wiredrill run scenarios/x/socket6.pkt
(echo "$good"; echo '+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3') | script stream
expect 0 '3 passed' $wiredrill run scenarios/x/stream.pkt
echo "$good" | sed 's/sut eth0/sut eth0 nic virtio-net/' | script virtio
expect 2 'virtio-net is not in this version' $wiredrill run scenarios/x/virtio.pkt
echo "$good" | sed 's/^sut .*/sut eth0 nic e1000\nsut eth1 nic rtl8139/' | script models
expect 2 'scenarios/x/models.pkt:3:10: nic cannot be rtl8139' $wiredrill run scenarios/x/models.pkt
echo "$good" | sed 's/sut eth0/sut eth0 nic e1001/' | script model
expect 2 'model.pkt:2:10: nic cannot be e1001' $wiredrill run scenarios/x/model.pkt
(echo '--mtu=1400'; echo "$good") | script options
expect 2 'for scripts without link, host and sut lines' $wiredrill run scenarios/x/options.pkt
printf '%s\n' '+0 < . 1:1(0) ack 1 win 3/udp(9899 > 1234)' | script udp
expect 2 'udp.pkt:1: TCP in UDP is not played' $wiredrill run scenarios/x/udp.pkt
printf '%s\n' '--ip_version=ipv6' '0 assert 1 == 1' | script warn
expect 2 '3 skipped' $wiredrill run scenarios/x/warn.pkt
printf '%s\n' 'host dhcp-server srv ip 10.0.2.2/24 pool 10.0.2.15..10.0.2.20' 'sut eth0' '0 @srv < arp request' | script alive
expect 2 'srv is alive' $wiredrill run scenarios/x/alive.pkt
(echo 'set arp.expiry 60'; echo "$good"; echo '+0 assert knob("arp.expiry") == 60s') | script seconds
expect 0 '3 passed' $wiredrill run scenarios/x/seconds.pkt
# The margin of a ladder names the drop; the line that repeats a case names the case.
(echo "$good" | head -3; echo 'ignore > arp'; echo '0 < udp 9 > 77 data "a"'; echo '+0 > icmp') | script closed
expect 1 '[udp.drop.no_port]' $wiredrill run --nic e1000 scenarios/x/closed.pkt
(echo "$good"; echo 'param n = 1, 2'; echo '+0 assert $n != 2') | script values
expect 1 'wiredrill run --nic e1000 --judge exact -D A=1 scenarios/x/values.pkt@n=2' $wiredrill run --judge exact -D A=1 scenarios/x/values.pkt
expect 1 '0 passed, 1 failed' $wiredrill run --nic e1000 scenarios/x/values.pkt@n=2
# Files that are none, a folder that is not there, output that goes nowhere.
mkfifo scenarios/x/fifo.pkt
expect 2 'not a file' $wiredrill run scenarios/x/fifo.pkt
rm scenarios/x/fifo.pkt
expect 2 'nowhere/x.pcap: cannot be written' $wiredrill run --pcap nowhere/x.pcap scenarios/x/good.pkt
mkfifo pipe # a device or a pipe is written to, never replaced by a file
cat pipe >/dev/null & reader=$!
expect 0 '1 passed' $wiredrill run --nic e1000 --pcap pipe scenarios/x/good.pkt
[ -p pipe ] || bad "--pcap made a file of a pipe"
kill $reader 2>/dev/null
rm pipe
expect 2 '--known: nowhere.tsv: No such file' $wiredrill run --known nowhere.tsv scenarios/x/good.pkt
echo 'x/good.pkt and no reason' >known.tsv
expect 2 '--known: known.tsv:1:1: expected WHICH, a tab, and the reason' $wiredrill run --known known.tsv scenarios/x/good.pkt
expect 2 '--known lists what fails' $wiredrill run --bless --known known.tsv scenarios/x/good.pkt
rm known.tsv
expect 2 '--breakers: nowhere/b.tsv: No such file' $wiredrill run --wire-mutants --breakers nowhere/b.tsv scenarios/x/good.pkt
expect 2 'it wants --wire-mutants' $wiredrill run --breakers b.tsv scenarios/x/good.pkt
expect 2 'the standard output cannot be written' sh -c "$wiredrill list >/dev/full"
expect 2 'the standard output cannot be written' sh -c "$wiredrill run scenarios/x/good.pkt >&-"
# A reader that leaves early is nobody's error.
{ sleep 0.2; $wiredrill run scenarios/x/good.pkt; } 2>told | true
[ ! -s told ]; verdict $? "a pipe whose reader left is silent"
rm told
# XML stays UTF-8, whatever a name holds.
mkdir reports
(echo "$good"; printf '+0 assert "\\303 <&" == 1\n') >"$(printf 'scenarios/x/odd\377.pkt')"
$wiredrill run scenarios/x/odd* >/dev/null
expect 0 'odd?.pkt on rtl8139' iconv -f UTF-8 -t UTF-8 reports/junit.xml
if [ "$(id -u)" != 0 ]; then
    chmod 000 scenarios/x/good.pkt
    expect 2 'good.pkt' $wiredrill run scenarios/x/good.pkt
    chmod 644 scenarios/x/good.pkt
fi
# A run that stops early, or passes something over, says so: six cases that fail; three that pass beside three that are skipped.
rm -rf reports; mkdir -p stop/scenarios/x some/scenarios/x
for k in 1 2; do echo "$good" | sed 's/is-at eth0/is-at peer/' >stop/scenarios/x/$k.pkt; done
expect 1 '1 failed, that is enough; 5 cases were not run' $wiredrill run -x stop
expect 1 '3 failed, that is enough; 3 cases were not run' $wiredrill run --max-failures 3 --jobs 4 stop
expect 1 '0 passed, 6 failed, 0 skipped' $wiredrill run --max-failures 7 stop
expect 2 '--max-failures: a number from 1 on' $wiredrill run --max-failures 0 stop
echo "$good" >some/scenarios/x/1.pkt
{ echo "$good"; echo '+0 frobnicate6() = 0'; } | sed 's/.*frobnicate6.*/+0 `tc qdisc replace dev tun0 root pfifo limit 0`/' >some/scenarios/x/2.pkt
expect 0 '3 passed, 0 failed, 3 skipped' $wiredrill run some
expect 1 '3 passed, 0 failed, 3 skipped' $wiredrill run --fail-on-skip some
expect 0 'skipped, by what was missing first:' $wiredrill run some
expect 2 'nothing ran: every case was skipped' $wiredrill run some/scenarios/x/2.pkt
expect 2 '--junit: nowhere/x.xml cannot be written: No such file or directory' $wiredrill run --junit nowhere/x.xml some
$wiredrill run --quiet --junit stop.xml stop >out 2>&1
expect 0 '<testsuite name="wiredrill" tests="6" failures="6" errors="0" skipped="0"' cat stop.xml
finish
