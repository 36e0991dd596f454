# What a run leaves for those who come after it: what failed last, results as lines of JSON, and how far it has got.
. tests/checks/count.sh
wiredrill=$PWD/build/release/wiredrill
work=build/results
rm -rf $work; mkdir -p $work/scenarios
cd $work || exit 1
XDG_CACHE_HOME=$PWD/cache HOME=/nonexistent
export XDG_CACHE_HOME HOME
good='// A request is answered.
sut eth0 ip 10.0.2.15/24
host raw peer ip 10.0.2.2
0 < arp request who-has 10.0.2.15 tell 10.0.2.2
+0 > arp reply 10.0.2.15 is-at eth0'
echo "$good" >scenarios/a.pkt
echo "$good" | sed 's/is-at eth0/is-at peer/' >scenarios/b.pkt
{ echo 'param n = 1, 2'; echo "$good"; echo '+0 assert $n != 2'; } >scenarios/c.pkt

# says STATUS TEXT WHAT COMMAND...
says() {
    want=$1 text=$2 what=$3; shift 3
    "$@" >out 2>&1
    status=$?
    [ $status -eq "$want" ] && grep -qF -- "$text" out
    verdict $? "$what (exit $status)"
}
run() { $wiredrill run --quiet --no-golden "$@"; }

# What failed last.
says 2 'nothing failed when it last ran' "--lf where nothing has failed yet" run --lf
says 1 '6 passed, 6 failed' "three cases fail on each NIC" run scenarios
says 1 '0 passed, 6 failed' "--lf runs those" run --lf
says 1 '0 passed, 3 failed' "--lf with a path runs those of it" run --lf scenarios/b.pkt
says 2 'nothing of this failed' "--lf with a path that failed nowhere" run --lf scenarios/a.pkt
says 2 'nothing failed' "what another stack fails is its own" run --lf --sut lwip
says 1 '1 failed, that is enough' "a run that stops early forgets nothing" run -x scenarios
says 1 '0 passed, 6 failed' "--lf runs what was not reached" run --lf
echo "$good" >scenarios/b.pkt
says 0 '1 passed, 0 failed' "a case that passes on a NIC" run --nic e1000 scenarios/b.pkt
says 1 '2 passed, 3 failed' "is forgotten on that one" run --lf
says 1 '0 passed, 3 failed' "and those that pass then" run --lf
echo "$good" | sed 's/arp reply/arp repyl/' >scenarios/a.pkt
says 2 '1 refused: scenarios/a.pkt:5:10' "a script that does not parse" run scenarios
says 2 '1 refused: scenarios/a.pkt:5:10' "is among them" run --lf
echo "$good" >scenarios/a.pkt
says 1 '3 passed, 3 failed' "until it does" run --lf
says 1 '0 passed, 3 failed' "and passes" run --lf
mkdir reports
says 2 'nothing failed' "a folder with reports/ has its own" run --lf
says 1 '9 passed, 3 failed' "in which" run scenarios
[ -s reports/failed.tsv ] && says 1 '0 passed, 3 failed' "they stand" run --lf
rm -r reports
chmod 500 cache/wiredrill
says 0 '3 passed' "a cache that cannot be written is no error" run scenarios/a.pkt
chmod 700 cache/wiredrill

# JSON: every case, also known ones, refused ones; whole after Ctrl-C; in a file besides the table.
says 1 'failures by cause' "--json=FILE leaves the table" run --json=out.json scenarios
says 0 '14 of 14' "a line for the run, one for each case, one for the totals" python3 -c '
import json
lines = [json.loads(l) for l in open("out.json")]
cases = [l for l in lines if "case" in l]
right = (lines[0] == {"run": {"options": ["--no-golden"]}}) + sum(
    set(c) >= {"status", "script", "nic", "frames", "wall_ns", "W", "T", "S"} and (c["status"] == "failed") == ("report" in c) for c in cases)
right += lines[-1] == {"totals": {"passed": 9, "failed": 3, "skipped": 0, "complete": True}}
print(right, "of", len(lines))'
printf 'c.pkt@n=2\tknown to fail\n' >known.tsv
says 0 '"status":"skipped"' "a failure that is known has its line" run --json --known known.tsv scenarios/c.pkt
says 2 '--json: nowhere/x.json: cannot be written: No such file' "a file that cannot be written" run --json=nowhere/x.json scenarios/a.pkt
says 2 '3 passed, 0 failed' "and the rest is told all the same" run --json=nowhere/x.json scenarios/a.pkt
says 2 '--json= wants a value' "--json= without a name" run --json= scenarios/a.pkt
for signal in INT TERM; do
    rm -f cut.json cut.xml
    $wiredrill run --jobs 1 --closure --json --json=cut.json --junit cut.xml ../../scenarios/tcp >out 2>&1 &
    while [ "$(wc -l <out)" -lt 3 ] && kill -0 $! 2>/dev/null; do sleep 0.1; done
    kill -$signal $!
    wait $!
    [ $? -eq 130 ]; verdict $? "an interrupted run ends with 130"
    python3 -c '
import json, xml.etree.ElementTree as xml
lines = [json.loads(l) for l in open("cut.json")]
told = sum("case" in l for l in lines)
assert told and lines[-1]["totals"]["complete"] is False
assert len(xml.parse("cut.xml").getroot().findall(".//testcase")) == told' 2>>out
    verdict $? "what was told is whole after SIG$signal"
done
$wiredrill run --quiet --nic e1000 --pcap ping.pcap ../../scenarios/icmp/echo-request-answered.pkt >/dev/null
says 0 '2 lines' "audit writes such a file, too" sh -c "$wiredrill audit --json=audit.json ping.pcap >table && [ -s table ] && python3 -c '
import json
print(len([json.loads(l) for l in open(\"audit.json\")]) + 1, \"lines\")'"

# Goldens that are pending: in groups of what differs first; accepted, rejected, asked for on a terminal; and those that nobody needs.
mkdir -p review/scenarios review/golden-pcaps
cp -r ../../scenarios/arp review/scenarios/
cp -r ../../golden-pcaps/arp review/golden-pcaps/
cd review || exit 1
review() { $wiredrill review "$@"; }
says 0 '0 pending: 0 accepted, 0 rejected, 0 left; 0 rejected before; 0 goldens without a scenario' "nothing is pending" review
python3 - <<'END'
import glob, os
files = sorted(glob.glob("golden-pcaps/arp/*.pcap"))
for k, f in enumerate(files[:9]):
    b = bytearray(open(f, "rb").read())
    if k % 3 == 0: b[28] ^= 1         # a nanosecond
    elif k % 3 == 1: b[24 + 16 + 3] ^= 1  # an address
    else: b = b[:24]
    open(f, "wb").write(b)
os.rename(files[20], "golden-pcaps/arp/nobodys.pcap")
END
says 1 'time: 3 goldens' "those that differ in time are a group" review
says 1 'eth.dst: 3 goldens' "and those that differ in a field" review
says 1 'frame-more: 3 goldens' "and those with a frame more" review
says 1 'new: 1 golden' "and those without a golden" review
says 1 'no scenario  golden-pcaps/arp/nobodys.pcap' "a golden without a scenario is listed" review
says 2 'no group is called "ip.ttl"' "a group that is none" review --accept ip.ttl
says 1 '10 pending: 4 accepted, 3 rejected, 3 left; 0 rejected before' "groups are accepted and rejected by name" review --accept frame-more,new --reject time
says 1 '3 pending: 0 accepted, 0 rejected, 3 left; 3 rejected before' "what was rejected is not asked for again" review
says 1 ' passed, 6 failed' "and fails as before" $wiredrill run --quiet --nic e1000 scenarios
if command -v script >/dev/null; then
    printf 'x\na\n' | script -qec "$wiredrill review" out >/dev/null 2>&1
    grep -qF 'accept, reject, skip' out && grep -qF '3 pending: 3 accepted, 0 rejected, 0 left; 3 rejected before' out
    verdict $? "a terminal is asked, until it answers"
else
    skip "review: on a terminal" "script(1) is not there"
fi
says 1 '0 pending: 0 accepted, 0 rejected, 0 left; 3 rejected before; 1 goldens' "what was accepted stands" review
rm golden-pcaps/arp/nobodys.pcap
cp ../../../golden-pcaps/arp/*.pcap golden-pcaps/arp/
says 0 '0 pending: 0 accepted, 0 rejected, 0 left; 0 rejected before' "a golden that is right again was not rejected" review
cd ..

# Replay: to a stack that has nothing but frames; what became of each; what would do better.
python3 - <<'END'
import struct
def total(d):
    d += b"\0" * (len(d) % 2)
    t = sum(struct.unpack("!%dH" % (len(d) // 2), d))
    while t >> 16: t = (t & 0xffff) + (t >> 16)
    return t
def frame(mac, to, partial):
    to, source, data = bytes(to), bytes([10, 0, 2, 2]), b"hello"
    pseudo, header = source + to + struct.pack("!HH", 17, 13), struct.pack("!HHHH", 1234, 7, 13, 0)
    right = 0xffff ^ total(pseudo + header + data)
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 33, 1, 0, 64, 17, 0) + source + to
    ip = ip[:10] + struct.pack("!H", 0xffff ^ total(ip)) + ip[12:]
    return bytes.fromhex(mac) + bytes.fromhex("52550a0002020800") + ip + header[:6] + struct.pack("!H", total(pseudo) if partial else right) + data
def write(name, frames):
    with open(name, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for k, one in enumerate(frames): f.write(struct.pack("<IIII", k, 0, len(one), len(one)) + one)
mine = "525400123456", [10, 0, 2, 15]
write("partial.pcap", [frame(*mine, True)] * 3 + [frame(*mine, False)])
write("others.pcap", [frame("525400aabbcc", [10, 9, 9, 9], False)] * 8)
END
says 0 '4 frames fed: 0 filtered by the NIC, 4 given to the stack' "a stack of frames is fed" $wiredrill replay --sut ../release/examples/stack/eth_receive.so partial.pcap
says 2 'eth_receive has no ifflags: nothing was fed' "what it lacks is told" $wiredrill replay --promiscuous --sut ../release/examples/stack/eth_receive.so partial.pcap
says 0 '3  dropped udp.drop.checksum' "sums that were left to a NIC are wrong" $wiredrill replay partial.pcap
says 0 '3 frames carry the sum of their pseudo-header alone' "and told as such" $wiredrill replay partial.pcap
says 0 '4  dropped udp.drop.no_port' "--fix-sums makes them whole" $wiredrill replay --fix-sums partial.pcap
says 0 '--to 52:54:00:aa:bb:cc/10.9.9.9 makes the stack' "--to is proposed where nearly all is filtered" $wiredrill replay others.pcap
says 0 '8  dropped udp.drop.no_port' "and does what it says" $wiredrill replay --to 52:54:00:aa:bb:cc/10.9.9.9 others.pcap
says 0 '    4  dropped   udp.drop.no_port  ip 10.0.2.2 > 10.0.2.15 udp 1234 > 7' "--verbose tells of each frame" $wiredrill replay --verbose partial.pcap
says 0 '      >  sent      ' "and what was sent" $wiredrill replay --verbose partial.pcap
says 0 '"frame":4,"time_ns":3000000000,"fate":"dropped","reason":"udp.drop.no_port"}' "--json, too" $wiredrill replay --json partial.pcap
says 0 '5' "also into a file" sh -c "$wiredrill replay --json=replay.json partial.pcap >out && grep -c . replay.json"

# Progress: on a terminal a line that is written over and gone at the end; elsewhere a plain one, when it takes long.
if command -v script >/dev/null; then
    script -qec "$wiredrill run --quiet --jobs 1 ../../scenarios/tcp" tty >/dev/null 2>&1
    tr '\r' '\n' <tty >lines
    grep -qE '^[0-9]+ of [0-9]+ cases, 0 failed, [0-9]+ s left' lines
    verdict $? "a terminal sees how far it has got"
    tail -5 lines | grep -qE ' passed, 0 failed'
    verdict $? "and at the end the count alone"
    script -qec "$wiredrill run --quiet scenarios/a.pkt" tty >/dev/null 2>&1
    ! grep -q ' of 3 cases' tty
    verdict $? "nothing is said of what takes no second"
else
    skip "progress: on a terminal" "script(1) is not there"
fi
finish
