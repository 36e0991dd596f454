# What is written beside the verdict: --trace cwnd has a row for each change that a segment shows, in columns that add up.
. tests/checks/count.sh
wiredrill=build/asan/wiredrill
work=build/traces
rm -rf $work; mkdir -p $work
# On the NIC that is given one segment at a time: what an E1000 cuts out of one packet is one row.
$wiredrill run --quiet --nic rtl8139 --trace cwnd=$work/cwnd.tsv scenarios/tcp/lost_two-established-no_sack.pkt >$work/out 2>&1
verdict $? "the case passes with --trace"
# A loss of two: ten segments of slow start, then recovery with ssthresh at 0.7 of them, and back.
[ "$(head -1 $work/cwnd.tsv)" = "$(printf 'time\tconnection\tcwnd\tssthresh\tflight\tsrtt\trto\tstate')" ]
verdict $? "the table begins with its columns' names"
awk -F'\t' 'NR > 1 && (NF != 8 || $2 != "10.0.2.15:80-10.0.2.2:5000" || $1 < last || $3 % 1000 || $5 % 1000) { exit 1 } NR > 1 { last = $1 } END { exit NR < 10 }' $work/cwnd.tsv
verdict $? "each row has eight columns, of that connection, in the order of time, windows in whole segments"
[ "$(cut -f8 $work/cwnd.tsv | uniq | sed 1d | tr '\n' ' ')" = 'idle slow-start fast ' ]
verdict $? "the states are those of a loss"
[ "$(awk -F'\t' '$8 == "fast" { print $3, $4 }' $work/cwnd.tsv | sort -u | tail -1)" = '9000 7000' ]
verdict $? "ssthresh is 0.7 of what was in flight"
# A host that is no stack of ours has no such table, and a run of many cases no file.
$wiredrill run --quiet --nic e1000 --trace cwnd=$work/none.tsv scenarios/arp/entry-expires.pkt >$work/out 2>&1 && [ "$(wc -l <$work/none.tsv)" -eq 1 ]
verdict $? "a case without TCP has the line of names alone"
$wiredrill run --trace cwnd=$work/many.tsv scenarios/tcp >$work/out 2>&1
[ $? -eq 2 ] && grep -q 'many.tsv holds one case' $work/out && [ ! -e $work/many.tsv ]
verdict $? "many cases are refused, and leave no file"
$wiredrill run --trace rtt scenarios/tcp >$work/out 2>&1
[ $? -eq 2 ] && grep -q 'none of nic, stack, timer, cwnd, cwnd=FILE' $work/out
verdict $? "another trace is refused"
# --trace nic, stack, timer: between the frames of the ladder, in order.
$wiredrill run --nic rtl8139 --trace nic scenarios/arp/request-host-reply.pkt >$work/out 2>&1
verdict $? "the case passes with --trace nic"
in_order() { # FILE TEXT...: each stands in a line behind the one before
    from=1 file=$1; shift
    for text; do
        at=$(tail -n +$from "$file" | grep -nF -- "$text" | head -1 | cut -d: -f1)
        [ -n "$at" ] || { echo "not behind line $from: $text"; return 1; }
        from=$((from + at))
    done
}
in_order $work/out 'driver writes RCR = ' 'arp request who-has 10.0.2.15' 'device writes the ring at 0x0: 68 octets' 'device raises its interrupt line' 'driver reads ISR = 0x1 (ROK)' 'device lowers its interrupt line' 'driver writes CAPR = 0x34' 'driver writes TSD0 = ' 'device reads a buffer: 60 octets' 'arp reply 10.0.2.15'
verdict $? "registers, DMA and interrupts stand between the frames"
$wiredrill run --nic e1000 --trace stack --trace timer scenarios/arp/entry-expires.pkt >$work/out 2>&1
in_order $work/out 'stack neighbour.state 1' 'timer neighbour.timer is set for 1s' 'arp request' 'stack neighbour.state 2' '61.001000000                  | timer neighbour.timer fires'
verdict $? "so do states and timers"
[ "$($wiredrill fingerprint --nic e1000 scenarios/arp/entry-expires.pkt)" ] && ! grep -q 'driver reads' $work/out
verdict $? "and nothing that was not asked for"
# Unasked where a driver of somebody else's sends nothing: the last stretch, and the NIC's own remarks.
sed 's/TX_EOP | TX_IFCS/TX_IFCS/' examples/driver/e1000_mmio.c >$work/no_eop.c
cc -w -shared -fPIC -Iexamples/driver -o $work/no_eop.so $work/no_eop.c
build/release/wiredrill run --driver $work/no_eop.so scenarios/arp/request-host-reply.pkt >$work/out 2>&1
[ $? -eq 1 ] && in_order $work/out 'no packet came' 'arp request' 'driver writes TDT = 0x1' 'device reads transmit descriptor 0' '! transmit descriptor 0 was taken without EOP' '! TDT equals TDH (1 of 32): the transmit ring is empty'
verdict $? "a packet that did not come: the last stretch, with the NIC's remarks"
finish
