#!/bin/sh
# The main job, and then the same with one bug planted: what a verdict looks like.
set -eu
wiredrill=build/release/wiredrill
story=scenarios/boot/power-on-lossy-router.pkt
mkdir -p reports

echo "A host with nothing configured boots behind each NIC: lease, router, resolver, name, time, ping, traceroute,"
echo "and a page by HTTP, though the router loses the SYN and two segments of it."
echo
$wiredrill run --nic e1000 $story
echo
$wiredrill run --quiet --no-golden --nic e1000 --pcap reports/boot-e1000.pcap $story >reports/demo.log
$wiredrill run --quiet --no-golden --nic rtl8139 --pcap reports/boot-rtl8139.pcap $story >>reports/demo.log
for link in lan wan; do cmp "reports/boot-e1000@link=$link.pcap" "reports/boot-rtl8139@link=$link.pcap"; done
echo "Behind the RTL8139 the same story gives the same bytes at the same times. The captures of both links: reports/boot-e1000@link=lan.pcap and so on"
echo "(open them in Wireshark, or: $wiredrill show 'reports/boot-e1000@link=lan.pcap')"
echo
echo "Now one bug is planted: an ARP entry still serves at the very instant at which it expires."
echo
tools/mutant.sh demo stack/core/neighbour.c 's/if \(now_ns < e->expiry_ns\)/if (now_ns <= e->expiry_ns)/'
status=0
build/mutant/demo/wiredrill run --nic e1000 scenarios/arp/entry-expires.pkt || status=$?
[ $status -eq 1 ] || { echo "demo: the planted bug was not caught (exit $status)" >&2; exit 1; }
echo
echo "The verdict names the line, the clause, the field and the command that repeats it. \`make check\` runs everything."
