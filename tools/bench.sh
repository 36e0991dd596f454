#!/bin/sh
# Prints what things cost here and now: events, links, lines, many hosts, checksums, datagrams through NIC model, driver and stack, scenarios, an idle day. Rates of one
# machine differ by rounds and by what else it does: compare only figures of one run. Each part is a program or a command that can be run alone.
#
# usage: bench.sh [world] [play] [hosts] [checksum] [echo] [sockets] [paths] [tcp] [bulk] [scenarios] [day]   no names: all
set -eu
programs=build/release/bench
[ $# -gt 0 ] || set -- world play hosts checksum echo sockets paths tcp bulk scenarios day

now_us() {
    echo $(($(date +%s%N) / 1000))
}

for part; do
    case $part in
    world) echo "--- the world and the wire"; $programs/world_bench ;;
    play)
        echo "--- a line in, the answer judged: in a warm world, and in one that is put back before each (bench/prepared.pkt)"
        $programs/play_bench
        [ ! -x build/asan/bench/play_bench ] || { echo "--- the same under ASan (make VARIANT=asan build/asan/bench/play_bench)"; build/asan/bench/play_bench; }
        ;;
    hosts) echo "--- an echo between two hosts, by the number of hosts"; $programs/hosts_bench ;;
    checksum) echo "--- Internet checksum"; $programs/checksum_bench ;;
    echo) echo "--- UDP echo through link, NIC model, driver and stack; frames of both directions"; $programs/echo_bench ;;
    sockets) echo "--- a datagram in and out of the stack alone, by the number of sockets; processor time"; $programs/sockets_bench ;;
    paths) echo "--- a datagram through the stack alone, by the number of routes and of neighbours; processor time"; $programs/paths_bench ;;
    tcp) echo "--- TCP through stacks, drivers and NIC models, and lwIP in the same world; processor time"; $programs/tcp_bench ;;
    bulk) echo "--- a stream over links that lose, double, reorder and damage"; $programs/bulk_bench ;;
    scenarios)
        echo "--- wiredrill run --jobs 1 scenarios"
        started=$(now_us)
        build/release/wiredrill run --jobs 1 scenarios | tail -2
        echo "$(($(now_us) - started)) us wall time, the program's start included"
        ;;
    day)
        echo "--- 24 h of virtual time, a DHCP lease renewed every 5 min (bench/dhcp_day.pkt)"
        started=$(now_us)
        build/release/wiredrill run --no-golden --jobs 1 --quiet bench/dhcp_day.pkt
        echo "$(($(now_us) - started)) us wall time for both NICs, the program's start included"
        ;;
    *) echo "bench.sh: no part \"$part\"; there are world, play, hosts, checksum, echo, sockets, paths, tcp, bulk, scenarios, day" >&2; exit 2 ;;
    esac
done
