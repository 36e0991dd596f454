#!/bin/sh
# Our stack against the kernel's TCP, dnsmasq, chronyd, telnetd, lighttpd, curl and ping, on a TAP device in a network namespace of its own, which is removed afterwards.
# Run from the root of the tree: `make interop`, or QUICK=1 for the part that takes seconds. PROFILE=1: what the bulk transfers spend their time on (perf). What it
# cannot do it says. Captures are left in build/interop.
. tests/checks/count.sh
work=build/interop
wiredrill=$PWD/build/release/wiredrill
quick=${QUICK:-}
connections=${quick:+50} octets=16000000
connections=${connections:-1000}
profile=${PROFILE:-}
command -v perf >/dev/null || profile=
why=
[ "$(id -u)" -eq 0 ] || why="it takes root: a network namespace and a TAP device are made"
for tool in ip ss curl ping python3; do
    command -v $tool >/dev/null || why="no $tool is here"
done
[ -c /dev/net/tun ] || why="there is no /dev/net/tun"
name=interop-$$
[ -n "$why" ] || ip netns add $name 2>/dev/null || why="no network namespace can be made"
if [ -n "$why" ]; then
    for step in ping long-ping page connections server server.pcap waits clients time telnet client.pcap; do
        skip "interop $step" "$why"
    done
    finish
    exit 0
fi
rm -rf $work; mkdir -p $work/www
server= others=
clean() {
    for pid in $server $others; do kill "$pid" 2>/dev/null; done
    ip netns del $name
}
trap clean EXIT
trap 'exit 1' INT TERM
inside() { ip netns exec $name "$@"; }
inside ip link set lo up
inside ip tuntap add tap0 mode tap
inside ip addr add 10.77.0.1/24 dev tap0
inside ip link set tap0 up

# until_ready WHAT COMMAND...: it succeeds, within half a minute.
until_ready() {
    what=$1; shift
    for _ in $(seq 150); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.2
    done
    bad "$what: not ready after 30 s"
}
answers() { # our stack: it has a hundred megabytes to make, or no processor yet
    until_ready 'our stack' ip netns exec $name ping -c 1 -W 1 -q 10.77.0.15
}
listens() { # UDP|TCP PORT
    until_ready "$1 port $2" sh -c "ip netns exec $name ss -Hln$( [ $1 = udp ] && echo u || echo t) 'sport = :$2' | grep -q ."
}
# live CAPTURE SCRIPT: in the background; ended by `over`. Without a capture where 100 MB pass.
live() {
    capture="--pcap $work/$1.pcap"
    [ "$1" = bulk ] && capture=
    ip netns exec $name $wiredrill live --tap tap0 $capture $2 >$work/$1.out 2>&1 </dev/null &
    server=$!
    answers
}
told() { # NAME: what the monitors said
    grep -E '^ +[0-9]+  (MUST|SHOULD|convention)|frames judged' $work/$1.out | sed 's/^/  /'
}
# over NAME WHAT: it ends well, our stack broke no MUST.
over() {
    kill -INT $server; wait $server; status=$?; server=
    [ $status -eq 0 ]; verdict $? "$2: our stack breaks no MUST (exit $status)"
    told $1
}
complaints() { # NAME: tshark finds nothing malformed and no sum wrong in what was captured.
    command -v tshark >/dev/null || { skip "interop $1.pcap" 'no tshark is here'; return; }
    tshark -r $work/$1.pcap -o ip.check_checksum:TRUE -o udp.check_checksum:FALSE -Y '_ws.malformed || ip.checksum.status == 0' 2>/dev/null | head -3 >$work/complaints
    [ ! -s $work/complaints ]; verdict $? "tshark reads $1.pcap without a complaint: $(cat $work/complaints)"
}
# get LIMIT PAGE PATTERN: the page from our stack: its octets, and how fast.
get() {
    inside curl -s -m $1 -o $work/file -w '%{speed_download}\n' http://10.77.0.15/$2 >$work/speed
    cmp -s $work/file $work/$3
}
speed() { # DIGITS: of the last one
    awk -v digits=$1 '{printf "%.*f MB/s", digits, $1 / 1e6}' $work/speed
}
# play NAME SCRIPT SECONDS WHAT [OPTIONS]: our clients.
play() {
    capture="--pcap $work/$1.pcap"
    [ "$1" = bulk_client ] && capture=
    sampler=
    [ "$1" = bulk_client ] && [ -n "$profile" ] && sampler="perf record -q -o $work/bulk_client.perf --"
    script=$2 limit=$3 what=$4 as=$1; shift 4
    inside timeout $limit $sampler $wiredrill live --tap tap0 --once $capture "$@" $script >$work/$as.out 2>&1 </dev/null
    status=$?
    [ $status -eq 0 ]; verdict $? "$what (exit $status)"
    [ $status -eq 0 ] || head -12 $work/$as.out
    told $as
}
top() { # NAME: where it spent its time
    echo "  profile of $1:"
    perf report -i $work/$1.perf --no-children --stdio --percent-limit 0.5 2>/dev/null | grep -E '^ +[0-9]' | head -10
    rm -f $work/$1.perf
}
cc -I. -D_GNU_SOURCE -o $work/pattern-of tests/checks/interop_pattern.c build/release/libsim.a -ldl $(test -e /usr/include/slirp/libslirp.h && echo -lslirp) $(test -e /usr/include/ldns/ldns.h && echo -lldns) 2>$work/cc.err || { cat $work/cc.err; exit 1; }
$work/pattern-of $octets >$work/pattern
printf 'small page\n' >$work/www/small
head -c 4000000 $work/pattern >$work/www/file
if [ -z "$quick" ]; then
    $work/pattern-of 100000000 >$work/bulk
    ln $work/bulk $work/www/bulk
fi

# The kernel's clients, our server.
live server tests/interop/server.pkt
inside ping -c 5 -i 0.2 -q 10.77.0.15 >$work/ping; verdict $? 'ping'
sed -n 's/^rtt/  ping: rtt/p' $work/ping
inside ping -c 1 -s 65507 -W 3 -q 10.77.0.15 >/dev/null; verdict $? 'ping of 65,507 octets'
for time in ${quick:-1 2 3 4 5 6} last; do
    [ "$time" = 1 ] && [ -n "$quick" ] && continue
    get 60 file pattern; verdict $? "GET of $octets octets from our stack ($time), the same octets"
done
echo "  GET from our stack: $(speed 1)"
got=$(inside python3 tests/interop/connections.py 10.77.0.15 $connections)
[ "$got" = $connections ]; verdict $? "$connections connections: $got"
over server 'the kernel asks our stack'
complaints server

# What a script waits for in vain, its end names.
inside timeout 60 $wiredrill live --tap tap0 --once tests/interop/waits.pkt >$work/waits.out 2>&1 </dev/null
[ $? -eq 1 ] && grep -qx "tests/interop/waits.pkt:4: the end came before this line's time" $work/waits.out; verdict $? "a line that waits in vain is named: $(tail -1 $work/waits.out)"

# Who answers our clients.
started() { # PROGRAM ARGUMENTS...
    ip netns exec $name "$@" >$work/$(basename $1).out 2>&1 &
    others="$others $!"
}
names() {
    started dnsmasq --keep-in-foreground --no-ping --conf-file=/dev/null --interface=tap0 --bind-interfaces --dhcp-range=10.77.0.50,10.77.0.60,2m --dhcp-leasefile=$PWD/$work/leases \
        --no-resolv --no-hosts --address=/host.interop/10.77.0.1 --user=root --pid-file=
}
pages() { # lighttpd's log has the microseconds of each answer
    if ! command -v lighttpd >/dev/null; then
        started python3 -m http.server --directory $work/www 80
        return
    fi
    printf '%s\n' "server.document-root = \"$PWD/$work/www\"" 'server.port = 80' 'server.modules = ("mod_accesslog")' "accesslog.filename = \"$PWD/$work/access\"" \
        'accesslog.format = "%r %s %b %D"' >$work/lighttpd.conf
    started lighttpd -D -f $work/lighttpd.conf
}
have=
clock() {
    command -v chronyd >/dev/null || { skip 'interop time' 'no chronyd is here'; return; }
    printf '%s\n' 'local stratum 1' 'allow all' 'cmdport 0' 'bindcmdaddress /' "pidfile $PWD/$work/chronyd.pid" 'user root' >$work/chrony.conf
    started chronyd -d -x -f $PWD/$work/chrony.conf
    have="$have -D TIME"
}
lines() {
    command -v telnetd >/dev/null && command -v inetutils-inetd >/dev/null || { skip 'interop telnet' 'no telnetd is here'; return; }
    printf '%s\n' '#!/bin/sh' 'echo hello from telnetd' 'read line' 'echo "you said $line"' >$work/hello
    chmod +x $work/hello
    echo "telnet stream tcp nowait root $(command -v telnetd) telnetd -h -E $PWD/$work/hello" >$work/inetd.conf
    started inetutils-inetd -d $PWD/$work/inetd.conf
    have="$have -D TELNET"
}

# Our clients: lease, name, time, echo, telnet, pages.
if command -v dnsmasq >/dev/null; then
    names; pages; clock; lines
    listens udp 67; listens udp 53; listens tcp 80
    [ "${have#*TIME}" = "$have" ] || listens udp 123
    [ "${have#*TELNET}" = "$have" ] || listens tcp 23
    play client tests/interop/client.pkt 90 'our clients: lease, name, time, ping, telnet, two pages' $have
    complaints client
else
    for step in clients time telnet client.pcap; do
        skip "interop $step" 'no dnsmasq is here'
    done
fi

# A hundred megabytes both ways, and how often a datagram goes there and back.
bulk() {
    live bulk tests/interop/bulk_server.pkt
    if [ -n "$profile" ]; then
        perf record -q -o $work/bulk.perf -p $server &
        sampling=$!
    fi
    get 120 bulk bulk; verdict $? 'GET of 100,000,000 octets from our stack, the same octets'
    if [ -n "$profile" ]; then
        kill -INT $sampling; wait $sampling
        top bulk
    fi
    echo "  100 MB from our stack: $(speed 1), sha256 $(sha256sum <$work/file | cut -c1-16)... here, $(sha256sum <$work/bulk | cut -c1-16)... there"
    echo "  datagrams to our stack and back: $(inside python3 tests/interop/round_trips.py 10.77.0.15 3) a second"
    inside ping -f -c 20000 -q 10.77.0.15 >$work/flood; verdict $? '20,000 pings, one after the other'
    sed -n 's/.* 0% packet loss, time \([0-9]*\)ms/\1/p' $work/flood | awk '{printf "  pings of our stack: %.0f a second\n", 20000000 / $1}'
    over bulk 'a hundred megabytes from our stack'
    play bulk_client tests/interop/bulk.pkt 120 'our client gets 100,000,000 octets, each the right one'
    [ -z "$profile" ] || top bulk_client
    [ ! -f $work/access ] || awk '/GET \/bulk/ {printf "  100 MB from lighttpd: %.1f MB/s\n", $5 / $6}' $work/access
}

# The same over a wire that is bad.
lossy() {
    live lossy tests/interop/lossy.pkt
    get 300 file pattern; verdict $? "GET of $octets octets over a bad wire, the same octets"
    echo "  GET over a bad wire: $(speed 2)"
    got=$(inside python3 tests/interop/connections.py 10.77.0.15 50)
    [ "$got" = 50 ]; verdict $? "50 connections over a bad wire: $got"
    over lossy 'the kernel asks our stack over a bad wire'
    [ -n "$others" ] || return
    play lossy_client tests/interop/lossy_client.pkt 150 'our clients over a bad wire: lease, name, two pages'
}
[ -n "$quick" ] || bulk
[ -n "$quick" ] || lossy
finish
[ "$failed" -eq 0 ]
