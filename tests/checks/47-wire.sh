# How much of the wire the lines hold: every frame of every case bent, dropped, doubled, held back; every `<` line swallowed and repaired; goldens off. 99 % of
# what is wrong must be noticed, and no `<` line be without effect that does not say why. Some folders here, all of them in `make mutants`.
. tests/checks/count.sh
work=build/wire
rm -rf $work; mkdir -p $work
build/release/wiredrill run --wire-mutants --breakers $work/breakers.tsv --quiet ${WIRE:-scenarios/arp scenarios/dns scenarios/icmp scenarios/ntp} >$work/all 2>&1
verdict $? "every case passes undisturbed, every line has an effect or says why"
sum=$(grep -E '^wire mutants: ' $work/all)
echo "$sum"
set -- $(echo "$sum" | tr -cs '0-9' ' ')
caught=${1:-0} mutants=${2:-0}
[ "$mutants" -gt 50000 ] && [ $((caught * 100)) -ge $((mutants * 99)) ]
verdict $? "99 % of wire mutants are noticed: $caught of $mutants"
sed -n '/^field  /,/^wire mutants/p' $work/all | awk '$4 > 0' | head -20
# Planted: a line that states nothing lets a field survive, a `<` line that nothing depends on is named, and so is one that says so and is wrong.
planted() { # NAME: the script's lines from standard input
    { printf '%s\n' '// Planted.' 'sut eth0 ip 10.0.2.15/24' 'host raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2'; cat; } >$work/$1.pkt
    build/release/wiredrill run --wire-mutants --quiet $work/$1.pkt >$work/out 2>&1
}
planted open <<'END'
0 < arp request who-has 10.0.2.15 tell 10.0.2.2
+0 > arp reply
+0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
+0 sendto(3, "a", 1, 0, {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("10.0.2.2")}, ...) = 1
+0 > ip 10.0.2.15 > 10.0.2.2 udp
END
grep -qE '^survived  .*open.pkt.*: udp.dport$' $work/out
verdict $? "a port that no line states survives"
planted idle <<'END'
0 < arp request who-has 10.0.2.99 tell 10.0.2.98
+0 assert counter("arp.requests_sent") == 0
END
[ $? -eq 1 ] && grep -qF "no effect $work/idle.pkt:4" $work/out
verdict $? "a line without effect is named"
planted inert <<'END'
0 < arp request who-has 10.0.2.15 tell 10.0.2.2 inert because "it is not"
+0 > arp reply
END
grep -qF "inert?    $work/inert.pkt:4" $work/out
verdict $? "a line that says it is inert and has an effect is named"
finish
