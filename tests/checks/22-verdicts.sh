# The judge, judged: scripts whose verdict is known (tests/verdicts/, "verdict EXIT: TEXT" in the second line), and a small stack bent in one way after the other,
# each of which the baseline must name though the line leaves the field open.
. tests/checks/count.sh
work=build/verdicts
rm -rf $work; mkdir -p $work
for script in tests/verdicts/*.pkt; do
    want=$(sed -n '2s/^\/\/ verdict \([0-9]\): .*/\1/p' "$script") text=$(sed -n '2s/^\/\/ verdict [0-9]: //p' "$script")
    timeout 60 build/release/wiredrill run --quiet "$script" >$work/out 2>&1
    status=$?
    [ -n "$text" ] && [ "$status" = "$want" ] && grep -qF -- "$text" $work/out
    verdict $? "$script: exit $want, $text"
done

cat >$work/ping.pkt <<'END'
// A ping is answered.
sut  eth0 ip 10.0.2.15/24
host raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2
0    < arp request who-has 10.0.2.15 tell 10.0.2.2
+0   > arp reply
+0   < icmp echo-request id 1 seq 1 data "abcdefghijkl"
+0   > icmp echo-reply id 1 seq 1
END
# Two pings, the second just within and just past the two minutes for which a datagram may live.
for gap in 119.999999999 120; do
    { cat $work/ping.pkt; printf '+%s < icmp echo-request id 1 seq 2 data "abcdefghijkl"\n+0 > icmp echo-reply id 1 seq 2\n' $gap; } >$work/after-$gap.pkt
done
# bent STATUS TEXT CHANGE [SCRIPT]: the example stack after sed, under the script above or another.
bent() {
    sed "$3" examples/stack/eth_receive.c >$work/bent.c
    [ "$3" = '' ] || ! cmp -s $work/bent.c examples/stack/eth_receive.c || { bad "$3 changes nothing"; return; }
    cc -shared -fPIC -I. -o $work/bent.so $work/bent.c || { bad "$3 does not build"; return; }
    build/release/wiredrill run --sut $work/bent.so $work/${4:-ping}.pkt >$work/out 2>&1
    status=$?
    [ $status -eq "$1" ] && grep -qF -- "$2" $work/out
    verdict $? "bent by $3: exit $1, $2"
}
ttl='ip\[8\] = 64;'
bent 0 '1 passed' ''
bent 1 'differs   ttl zero: expected at least 1, actual 0, RFC1122-3.2.1.7-1' "s/$ttl/ip[8] = 0;/"
bent 0 'ttl: expected 64, actual 63' "s/$ttl/ip[8] = 63;/"
bent 1 'differs   tos: expected 0' "s/$ttl/ip[8] = 64; ip[1] = 0xff;/"
bent 1 'differs   identification: expected another than in the last two minutes, actual 7, as at 0s, RFC6864-4.3-1' "s/$ttl/ip[8] = 64; ip[4] = 0; ip[5] = 7;/" after-119.999999999
bent 0 '1 passed' "s/$ttl/ip[8] = 64; ip[4] = 0; ip[5] = 7;/" after-120
bent 0 '1 passed' "s/$ttl/ip[8] = 64; ip[4] = 0; ip[5] = 7; ip[6] |= 0x40;/" after-119.999999999
bent 1 'differs   reserved flag: ' "s/$ttl/ip[8] = 64; ip[6] |= 0x80;/"
bent 1 'differs   source: expected an address of its own, actual 10.0.2.77' 's/memcpy(ip + 12, s->ip, 4);/&ip[15] = 77;/'
bent 1 'differs   echo destination: expected 10.0.2.2, actual 10.0.2.77' 's/memcpy(ip + 16, to->ip + 12, 4);/&ip[19] = 77;/'
bent 1 'differs   hardware destination: ' 's/memcpy(out, to->frame + 6, 6);/&out[5] ^= 9;/'
bent 1 'differs   hardware destination: ' 's/memcpy(out, to->frame + 6, 6);/memset(out, 255, 6);/'
bent 1 'differs   hardware source: ' 's/memcpy(out + 6, s->mac, 6);/&out[9] ^= 3;/'
bent 1 'differs   echo data: ' 's/memset(icmp, 0, 4);/&icmp[10] ^= 1;/'
bent 1 'differs   eth.padding: ' 's/s->transmit(s->ctx, out, all < 60/out[59] = 7;&/'
bent 1 'no line expects this packet' 's/    s->transmit(s->ctx, out, all < 60.*/&&/'
bent 1 'differs   layers: expected icmp, actual eth arp' 's/    s->transmit(s->ctx, out, sizeof out);/&&/'
bent 1 'differs   no tag: expected no tag, actual tagged' 's/    s->transmit(s->ctx, out, sizeof out);/    memmove(out + 16, out + 12, 44); out[12] = 0x81; out[13] = out[14] = 0; out[15] = 5;&/'
bent 1 'differs   arp hardware: ' 's/memcpy(arp + 8, s->mac, 6);/&arp[9] ^= 1;/'
bent 1 'differs   arp target: ' 's/memcpy(arp + 18, arp + 8, 10);/&arp[20] ^= 1;/'
# A frame under `ignore` is verified, and held to the baseline.
printf '%s\n' '// Ignored.' 'sut eth0 ip 10.0.2.15/24' 'host raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2' 'ignore > icmp' '0 < icmp echo-request id 1 seq 1 data "x"' >$work/ignored.pkt
sed 's/put16(icmp + 2, sum(icmp, d->len));/put16(icmp + 2, 7);/' examples/stack/eth_receive.c >$work/bent.c
cc -shared -fPIC -I. -o $work/bent.so $work/bent.c && build/release/wiredrill run --sut $work/bent.so $work/ignored.pkt >$work/out 2>&1
[ $? -eq 1 ] && grep -q 'needs no line, but is not as every packet must be' $work/out && grep -q 'differs   icmp.sum' $work/out
verdict $? "an ignored frame with a wrong sum is told"
# An early end without its reason, where reasons are asked for.
printf '%s\n' '// An end that cuts the look beyond the last line short.' 'sut eth0 ip 10.0.2.15/24' 'end 5s' '0 assert now() == 0' >$work/early.pkt
build/release/wiredrill run --strict --nic e1000 $work/early.pkt >$work/out 2>&1
[ $? -eq 2 ] && grep -qF 'an end before 10s says why: end TIME because' $work/out && build/release/wiredrill run --quiet $work/early.pkt >/dev/null 2>&1
verdict $? "an early end says why where --strict asks"
# A line that states our default TTL takes another stack's, if it is no less; and what that says more than ours needs no line.
sed 's/^+0   > icmp.*/+0   > ip ttl 64 icmp echo-reply id 1 seq 1/' $work/ping.pkt >$work/ttl.pkt
mv $work/ttl.pkt $work/ping.pkt
bent 0 '1 passed' "s/$ttl/ip[8] = 255;/"
bent 1 'differs   ip.ttl: expected 64, actual 63' "s/$ttl/ip[8] = 63;/"
sed -i 's/ip ttl 64 icmp/ip ttl 70 icmp/' $work/ping.pkt
bent 1 'differs   ip.ttl: expected 70, actual 255' "s/$ttl/ip[8] = 255;/"
finish
