#!/bin/sh
# Our stack against the kernel's TCP, dnsmasq, curl and ping, on a TAP device in a network namespace of its own, which is removed afterwards. Run from the root of
# the tree: `make interop`, or QUICK=1 for the part that takes seconds. What it cannot do it says. Captures are left in build/interop.
. tests/checks/count.sh
work=build/interop
wiredrill=build/release/wiredrill
quick=${QUICK:-}
connections=${quick:+50} octets=16000000
connections=${connections:-1000}
why=
[ "$(id -u)" -eq 0 ] || why="it takes root: a network namespace and a TAP device are made"
for tool in ip curl ping python3; do
    command -v $tool >/dev/null || why="no $tool is here"
done
[ -c /dev/net/tun ] || why="there is no /dev/net/tun"
name=interop-$$
[ -n "$why" ] || ip netns add $name 2>/dev/null || why="no network namespace can be made"
if [ -n "$why" ]; then
    for step in ping long-ping page connections server server.pcap clients client.pcap; do
        skip "interop $step" "$why"
    done
    finish
    exit 0
fi
rm -rf $work; mkdir -p $work/www
server= web= names=
clean() {
    for pid in $server $web $names; do kill "$pid" 2>/dev/null; done
    ip netns del $name
}
trap clean EXIT
trap 'exit 1' INT TERM
inside() { ip netns exec $name "$@"; }
inside ip link set lo up
inside ip tuntap add tap0 mode tap
inside ip addr add 10.77.0.1/24 dev tap0
inside ip link set tap0 up

# live CAPTURE SCRIPT: in the background; ended by `over`.
live() {
    ip netns exec $name $wiredrill live --tap tap0 --pcap $work/$1.pcap $2 >$work/$1.out 2>&1 &
    server=$!
    sleep 1
}
# over NAME WHAT: it ends well, our stack broke no MUST, and tshark finds nothing malformed and no sum wrong in what was captured.
over() {
    kill -INT $server; wait $server; status=$?; server=
    [ $status -eq 0 ]; verdict $? "$2: our stack breaks no MUST (exit $status)"
    grep -E '^ +[0-9]+  (MUST|SHOULD|convention)|frames judged' $work/$1.out | sed 's/^/  /'
}
complaints() { # NAME
    command -v tshark >/dev/null || { skip "interop $1.pcap" 'no tshark is here'; return; }
    tshark -r $work/$1.pcap -o ip.check_checksum:TRUE -o udp.check_checksum:FALSE -Y '_ws.malformed || ip.checksum.status == 0' 2>/dev/null | head -3 >$work/complaints
    [ ! -s $work/complaints ]; verdict $? "tshark reads $1.pcap without a complaint: $(cat $work/complaints)"
}
# get LIMIT: the file from our stack: its hash, and how fast.
get() {
    inside curl -s -m $1 -o $work/file -w '%{speed_download}\n' http://10.77.0.15/file >$work/speed
    cmp -s $work/file $work/pattern
}

cc -I. -D_GNU_SOURCE -o $work/pattern-of tests/checks/interop_pattern.c build/release/libsim.a -ldl $(test -e /usr/include/slirp/libslirp.h && echo -lslirp) $(test -e /usr/include/ldns/ldns.h && echo -lldns) 2>$work/cc.err || { cat $work/cc.err; exit 1; }
$work/pattern-of $octets >$work/pattern
printf 'small page\n' >$work/www/small
head -c 4000000 /dev/urandom >$work/www/file

# The kernel's clients, our server.
live server tests/interop/server.pkt
inside ping -c 5 -i 0.2 -q 10.77.0.15 >$work/ping; verdict $? 'ping'
sed -n 's/^rtt/  ping: rtt/p' $work/ping
inside ping -c 1 -s 65507 -W 3 -q 10.77.0.15 >/dev/null; verdict $? 'ping of 65,507 octets'
for time in ${quick:-1 2 3 4 5 6} last; do
    [ "$time" = 1 ] && [ -n "$quick" ] && continue
    get 60; verdict $? "GET of $octets octets from our stack ($time), the same octets"
done
echo "  GET from our stack: $(awk '{printf "%.1f MB/s", $1 / 1e6}' $work/speed)"
got=$(inside python3 tests/interop/connections.py 10.77.0.15 $connections)
[ "$got" = $connections ]; verdict $? "$connections connections: $got"
over server 'the kernel asks our stack'
complaints server

# Our clients: lease, name, echo, pages.
if command -v dnsmasq >/dev/null; then
    ip netns exec $name dnsmasq --keep-in-foreground --no-ping --conf-file=/dev/null --interface=tap0 --bind-interfaces --dhcp-range=10.77.0.50,10.77.0.60,2m --dhcp-leasefile=$PWD/$work/leases \
        --no-resolv --no-hosts --address=/host.interop/10.77.0.1 --user=root --pid-file= >$work/dnsmasq.out 2>&1 &
    names=$!
    (cd $work/www && exec ip netns exec $name python3 -m http.server 80 >/dev/null 2>&1) &
    web=$!
    sleep 1
    inside timeout 60 $wiredrill live --tap tap0 --pcap $work/client.pcap tests/interop/client.pkt >$work/client.out 2>&1
    status=$?
    [ $status -eq 0 ]; verdict $? "our clients: lease, name, ping, two pages (exit $status)"
    [ $status -eq 0 ] || head -12 $work/client.out
    grep -E '^ +[0-9]+  (MUST|SHOULD|convention)|frames judged' $work/client.out | sed 's/^/  /'
    complaints client
else
    skip 'interop clients' 'no dnsmasq is here'
    skip 'interop client.pcap' 'no dnsmasq is here'
fi

# The same over a wire that is bad.
if [ -z "$quick" ]; then
    live lossy tests/interop/lossy.pkt
    get 300; verdict $? "GET of $octets octets over a bad wire, the same octets"
    echo "  GET over a bad wire: $(awk '{printf "%.2f MB/s", $1 / 1e6}' $work/speed)"
    got=$(inside python3 tests/interop/connections.py 10.77.0.15 50)
    [ "$got" = 50 ]; verdict $? "50 connections over a bad wire: $got"
    over lossy 'the kernel asks our stack over a bad wire'
fi
finish
[ "$failed" -eq 0 ]
