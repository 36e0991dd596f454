# The ladder says what became of a frame: a link's fault with its line, a drop in the host under test by its counter, one in a router.
. tests/checks/count.sh
wiredrill=build/release/wiredrill
work=build/ladder
rm -rf $work; mkdir -p $work
cat >$work/told.pkt <<'PKT'
// Frames that end in three ways, and one that arrives.
sut  eth0 ip 10.0.2.15/24
host raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2
host router gw ip 10.0.2.1/24 drop-every 1 hop 10.4.0.1 far 10.5.0.0/16
0    < arp request who-has 10.0.2.15 tell 10.0.2.2
+0   > arp reply 10.0.2.15 is-at eth0
+0   link lan lose frame 1
+1   < icmp echo-request id 1 seq 1
+1   < udp 9 > 4000 data "spoilt" bad udp.sum
+1   < eth peer > gw ip 10.0.2.2 > 10.5.0.9 udp 9 > 9 data "far"
PKT
$wiredrill run --nic e1000 --verbose $work/told.pkt >$work/out 2>&1
# line NUMBER TEXT: the ladder's line of that script line ends in that text
line() {
    if grep -E "  :$1 " $work/out | grep -qF -- "  [$2]"; then ok; else bad "line $1 is not told as [$2]:"; cat $work/out; fi
}
line 8 'lost, line 7'
line 9 'udp.drop.checksum'
line 10 'gw: dropped'
grep -E '  :6 ' $work/out >$work/reply && ! grep -q '\[' $work/reply
verdict $? "the reply is in the ladder and arrived"
finish
