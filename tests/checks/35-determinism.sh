# What the fingerprints see. One bit of a frame, each in turn, moves W, T and S; one nanosecond moves T and S, not W. And a byte that nobody wrote,
# planted in the stack, is found by filling its memory with two values. Without that, equal fingerprints would prove nothing.
. tests/checks/count.sh
work=build/determinism
rm -rf $work; mkdir -p $work/bits $work/times

# A frame of 60 octets to the host, of the ethertype for local experiments (IEEE 802's 88b5), sent at 1 ms with one bit the other way round, and as it is at
# five moments.
awk -v head='82 84 0 18 52 86 82 85 10 0 2 2 136 181' -v work=$work '
    function script(file, at, bit,    k, v, one) {
        file = work "/" file ".pkt"
        print "// A frame that nobody answers.\nsut eth0 ip 10.0.2.15/24\nhost raw peer ip 10.0.2.2\nend 1s because \"nobody answers\"" >file
        printf "%sns < hex", at >file
        for (k = 0; k < 60; k++) {
            v = k < n ? octet[k + 1] : k
            if (int(bit / 8) == k && bit >= 0) {
                one = 2 ^ (bit % 8)
                v += int(v / one) % 2 ? -one : one
            }
            printf " %02x", v >file
        }
        print "" >file
        close(file)
    }
    BEGIN {
        n = split(head, octet, " ")
        script("plain", 1000000, -1)
        for (bit = 0; bit < 480; bit++) script("bits/" bit, 1000000, bit)
        split("1000001 1000002 1001000 2000000", at, " ")
        for (k in at) script("times/" at[k], at[k], -1)
    }'
build/release/wiredrill fingerprint --nic e1000 --jobs 2 $work/plain.pkt $work/bits >$work/bits.out
for column in 1 2 3; do
    distinct=$(cut -d ' ' -f $column $work/bits.out | sort -u | wc -l)
    [ "$distinct" -eq 481 ]
    verdict $? "481 frames that differ in a bit have 481 prints in column $column (W, T, S), not $distinct"
done
build/release/wiredrill fingerprint --nic e1000 --jobs 2 $work/plain.pkt $work/times >$work/times.out
for expected in 1:1 2:5 3:5; do
    column=${expected%:*} want=${expected#*:}
    distinct=$(cut -d ' ' -f $column $work/times.out | sort -u | wc -l)
    [ "$distinct" -eq "$want" ]
    verdict $? "five moments, the first two a nanosecond apart, have $want prints in column $column (W, T, S), not $distinct"
done

# Planted: NAME FILE SED FOLDER, a place that leaves a byte of a fresh buffer as it was. Unplanted, both fills agree; planted, they differ.
fills() { # COMMAND NAME FOLDER
    for fill in 0 165; do "$1" fingerprint --fill $fill --jobs 2 "$3" >$work/$2.$fill; done
    cmp -s $work/$2.0 $work/$2.165
}
for folder in arp dhcp; do # of all, 30-fingerprints asks it
    fills build/release/wiredrill stack scenarios/$folder
    verdict $? "memory that held other bytes shows in no fingerprint of $folder"
done
planted() {
    tools/mutant.sh "$1" "$2" "$3" || { bad "$1: did not build"; return; }
    fills "build/mutant/$1/wiredrill" "$1" "$4"
    [ $? -ne 0 ]
    verdict $? "$1, planted, shows between --fill 0 and --fill 165"
    echo "$1: $(diff $work/$1.0 $work/$1.165 | grep -c '^>') cases show it"
    rm -f "build/mutant/$1/wiredrill"
}
planted padding-not-cleared stack/link/ethernet.c 's/^        memset\(more, 0, missing\);/        return true;/' scenarios/arp
planted arp-target-not-written stack/wire/arp.c 's/^    memcpy\(buf \+ ARP_THA, .*//' scenarios/arp
planted dhcp-header-not-cleared stack/wire/dhcp.c 's/^    memset\(buf, 0, len\);//' scenarios/dhcp
finish
