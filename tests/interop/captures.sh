#!/bin/sh
# Captures of Linux's own TCP, made by tcpdump, before the audit: at both ends of a veth with and without the work of NICs (offloads), on loopback, with a cut snap
# length, begun in mid-connection, and over a wire that loses where the kernel has netem. Linux is well behaved: nothing certain may be said of it but what
# explained_linux.tsv explains. Root; namespaces of its own, removed afterwards.
. tests/checks/count.sh
work=build/captures
wiredrill=build/release/wiredrill
a=cap-a-$$ b=cap-b-$$
why=
[ "$(id -u)" -eq 0 ] || why="it takes root: network namespaces are made"
for tool in ip tcpdump python3 curl ping ethtool; do
    command -v $tool >/dev/null || why="no $tool is here"
done
[ -n "$why" ] || ip netns add $a 2>/dev/null || why="no network namespace can be made"
if [ -n "$why" ]; then
    for step in veth plain loopback cut midway lossy; do
        skip "captures $step" "$why"
    done
    finish
    exit 0
fi
rm -rf $work; mkdir -p $work/www
pids=
clean() {
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    ip netns del $a
    ip netns del $b 2>/dev/null
}
trap clean EXIT
trap 'exit 1' INT TERM
ip netns add $b
ip -n $a link add veth0 type veth peer name veth1 netns $b
ip -n $a addr add 10.88.0.1/24 dev veth0
ip -n $b addr add 10.88.0.2/24 dev veth1
for ns in $a $b; do ip -n $ns link set lo up; done
ip -n $a link set veth0 up
ip -n $b link set veth1 up
printf 'small page\n' >$work/www/small
head -c 4000000 /dev/urandom >$work/www/file
ip netns exec $b python3 -m http.server --directory $work/www 80 >/dev/null 2>&1 &
pids="$pids $!"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    ip netns exec $a curl -s -m 2 http://10.88.0.2/small >/dev/null && break
    sleep 0.2
done

# capture NAME NAMESPACE INTERFACE OPTIONS...: begins one.
capture() {
    file=$work/$1.pcap ns=$2 interface=$3; shift 3
    ip netns exec $ns tcpdump -q -U -B 16384 -i $interface -w $file "$@" 2>$file.err &
    sniffers="$sniffers $!"
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        grep -q listening $file.err && break
        sleep 0.1
    done
}
stop() {
    sleep 0.3
    for pid in $sniffers; do kill -INT $pid; wait $pid; done
    sniffers=
}
sniffers=
# traffic NAMESPACE ADDRESS: pages, many connections, a port that nobody listens on, an upload that is reset, pings.
traffic() {
    ip netns exec $1 curl -s -m 60 -o /dev/null http://$2/file
    ip netns exec $1 curl -s -m 60 -o /dev/null -o /dev/null http://$2/small http://$2/none
    ip netns exec $1 python3 tests/interop/connections.py $2 30 >/dev/null
    ip netns exec $1 curl -s -m 5 http://$2:81/ >/dev/null
    ip netns exec $1 curl -s -m 0.02 -o /dev/null http://$2/file
    ip netns exec $1 ping -c 2 -i 0.2 -s 5000 -q $2 >/dev/null
}
judge() { # NAME
    [ "$(wc -c <$work/$1.pcap)" -gt 10000 ]; verdict $? "$1: a capture was made"
    $wiredrill audit --json $work/$1.pcap >$work/$1.json
    sed -n 's/.*"rule":"\([^"]*\)".*"certain":true.*/\1/p' $work/$1.json | sort -u | grep -vxF -f $work/explained >$work/$1.false
    [ ! -s $work/$1.false ]; verdict $? "$1: nobody is accused: $(tr '\n' ' ' <$work/$1.false)"
    echo "  $1: $(tail -1 $work/$1.json | sed 's/.*"frames":\([0-9]*\),"judged":\([0-9]*\),"connections":\([0-9]*\),.*"uncertain":\([0-9]*\).*/\1 frames, \3 connections, \4 findings not judged/')"
}
sed '/^#/d' tests/interop/explained_linux.tsv | cut -f1 >$work/explained

capture veth $a veth0
capture veth-far $b veth1
capture cut $a veth0 -s 96
capture loopback $b lo
traffic $a 10.88.0.2
traffic $b 127.0.0.1
stop
judge veth; judge veth-far; judge cut; judge loopback

ip netns exec $a ethtool -K veth0 tso off gso off gro off tx off rx off >/dev/null 2>&1
ip netns exec $b ethtool -K veth1 tso off gso off gro off tx off rx off >/dev/null 2>&1
capture plain $a veth0
capture plain-far $b veth1
capture plain-any $b any
traffic $a 10.88.0.2
stop
judge plain; judge plain-far; judge plain-any

ip netns exec $a curl -s -m 20 --limit-rate 2M -o /dev/null http://10.88.0.2/file &
fetch=$!
sleep 0.5
capture midway $a veth0
traffic $a 10.88.0.2
wait $fetch
stop
judge midway

if ip netns exec $b tc qdisc add dev veth1 root netem loss 3% delay 2ms reorder 5% duplicate 1% 2>/dev/null; then
    capture lossy $a veth0
    capture lossy-far $b veth1
    traffic $a 10.88.0.2
    stop
    judge lossy; judge lossy-far
else
    skip 'captures lossy' 'the kernel has no netem'
fi
finish
[ "$failed" -eq 0 ]
