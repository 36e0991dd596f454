#!/bin/sh
# The main job, and then the same with one bug planted: what a verdict looks like.
set -eu
wiredrill=build/release/wiredrill
story=scenarios/boot/power-on-lossy-router.pkt
mkdir -p reports

echo "A host with nothing configured boots behind each NIC: lease, router, resolver, name, time, ping, traceroute."
echo
$wiredrill run --verbose --no-golden --pcap reports/boot.pcap --nic e1000 $story
echo
$wiredrill run --verbose --nic rtl8139 $story | tail -n 2
echo
echo "The captures: $(ls reports/boot*.pcap | tr '\n' ' ')(open them in Wireshark, or: $wiredrill show reports/boot.pcap)"
echo
echo "Now one bug is planted: packets leave with TTL 63 where they should leave with the knob's 64."
echo
tools/mutant.sh demo stack/net/ipv4.c 's/(\{"ttl", KNOB_NUMBER, )64/\163/'
status=0
build/mutant/demo/wiredrill run --no-golden --nic e1000 scenarios/ipv4/send-plain-ttl.pkt || status=$?
[ $status -eq 1 ] || { echo "demo: the planted bug was not caught (exit $status)" >&2; exit 1; }
echo
echo "The clause, the line and the field are in the verdict, and so is the command that repeats it. \`make check\` runs everything."
