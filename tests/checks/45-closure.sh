# Closure of faults: each frame of each exchange that states an outcome, lost, doubled, delayed past the next and corrupted in turn. Scripts that state none
# are not counted, and what counts is a run with a frame disturbed.
. tests/checks/count.sh
build/release/wiredrill run --no-golden --closure --jobs 2 $(grep -lr '^outcome' scenarios | sort) >build/closure.out 2>&1
status=$?
grep -v '^passed ' build/closure.out >build/closure.rest
told build/closure.rest
count build/closure.out $status
lost=$(sed -nE 's/^([0-9]+) runs with a frame lost, doubled, delayed or corrupted$/\1/p' build/closure.out)
ok ${lost:-0}
# Planted: an exchange that no loss may touch is found with its first frame lost; of one that bears any, each of its two frames is lost, on each NIC.
work=build/closure
mkdir -p $work
planted() { # OUTCOME
    printf '%s\n' '// An answer, and nobody asks twice.' 'sut eth0 ip 10.0.2.15/24' 'host raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2' \
        '0 < arp request who-has 10.0.2.15 tell 10.0.2.2' '+0 > arp reply 10.0.2.15 is-at eth0' "outcome 1s $1" >$work/planted.pkt
    build/release/wiredrill run --no-golden --closure $work/planted.pkt >$work/out 2>&1
}
planted 'counter("lan.lost") == 0'
[ $? -eq 1 ] && grep -q -- '--lose 0:1$' $work/out && grep -q '^0 passed, 3 failed, 0 skipped$' $work/out
verdict $? "a loss that breaks an exchange is found"
planted 'counter("lan.lost") < 2'
[ $? -eq 0 ] && grep -q '^21 runs with a frame lost, doubled, delayed or corrupted$' $work/out
verdict $? "each of the two frames is lost, doubled, corrupted, and the first delayed"
# What a call binds is known to the lines behind it, as in the run that nothing disturbs.
cat >$work/bound.pkt <<'END'
// Whichever frame is lost, the peer is asked for: the socket has its number from a variable.
link   lan latency 1ms
host   echo peer ip 10.0.2.2/24 on lan
sut    eth0 ip 10.0.2.15/24 on lan
outcome 5s query("arp.entry 10.0.2.2") == "52:55:0a:00:02:02 reachable"
0      socket(..., SOCK_DGRAM, IPPROTO_UDP) = ?fd
+0     sendto($fd, "a", 1, 0, {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("10.0.2.2")}, ...) = 1
+0     > eth ff:ff:ff:ff:ff:ff arp request who-has 10.0.2.2 tell 10.0.2.15
1ms    @peer > arp reply 10.0.2.2 is-at peer tpa 10.0.2.15 tha eth0
2ms    > eth eth0 > peer udp * > 7 data "a"
4ms    recv($fd, "a", 100, 0) = 1
END
build/release/wiredrill run --nic e1000 --no-golden --closure $work/bound.pkt >$work/out 2>&1 && grep -q '^1 passed, 0 failed, 0 skipped$' $work/out
verdict $? "a descriptor that a variable names"
finish
