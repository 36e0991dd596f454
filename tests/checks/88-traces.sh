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
[ $? -eq 2 ] && grep -q 'neither cwnd nor cwnd=FILE' $work/out
verdict $? "another trace is refused"
finish
