# Captures become scenarios. With the calls of the script that a golden is of: the scenario passes, and what it captures is the golden, of every scenario over TCP. Without: so do
# those of one exchange, where nothing else is tried. Captures that say too little, or nothing, get a sentence.
# The sanitizers watch what is read and written; what comes of it is played without.
. tests/checks/count.sh
wiredrill=build/asan/wiredrill player=build/release/wiredrill
work=build/from_pcap
rm -rf $work; mkdir -p $work

# again GOLDEN [--calls SCRIPT]: the golden as a scenario, played, and its capture compared
again() {
    golden=$1; shift
    if ! $wiredrill from-pcap "$@" "$golden" >$work/again.pkt 2>$work/err; then
        bad "$golden is not converted: $(head -1 $work/err)"
    elif ! $player run --nic e1000 --quiet --no-golden --pcap $work/again.pcap $work/again.pkt >$work/out 2>&1; then
        bad "$golden: its scenario fails:"; head -5 $work/out
    elif ! $player diff $work/again.pcap "$golden" >$work/out 2>&1; then
        bad "$golden: its scenario's capture differs:"; head -3 $work/out
    else
        ok
    fi
    rm -f $work/again.pcap
}
for golden in $(find golden-pcaps/tcp golden-pcaps/http -name '*.pcap' -not -name '*@link=*' | sort); do
    stem=${golden#golden-pcaps/} stem=${stem%.pcap} script=${golden#golden-pcaps/}
    script=scenarios/${stem%%@*}.pkt${stem#"${stem%%@*}"}
    again "$golden" --calls "$script"
done
for one in tcp/ahead-established-sack tcp/lost-established-sack tcp/lost_two-established-no_sack http/osdev-exchange-77-1009 http/get-page-kept \
    http/post-body-sent http/connect-refused http/redirection-refused http/server-request-refused http/connection-close-honoured \
    udp/receive-echo arp/receive-request-our-address icmp/echo-reply-same_data; do
    [ ! -e golden-pcaps/$one.pcap ] || again golden-pcaps/$one.pcap
done

# What a guess says, and what is written of numbers and payload.
$wiredrill from-pcap golden-pcaps/http/osdev-exchange-77-1009.pcap >$work/osdev.pkt
for text in 'set    tcp.isn 254663581' 'link   lan latency' 'connect($c1' '// a guess' 'P. 1:78(77) ack 1' 'data "GET /index.html'; do
    grep -qF -- "$text" $work/osdev.pkt
    verdict $? "a guess has \"$text\""
done
! grep -qE '^[0-9.]+ > .* id [0-9]' $work/osdev.pkt
verdict $? "identifications of the host under test are left open"

# refuses TEXT ARGUMENT...: with a sentence, status 2, and no script
refuses() {
    text=$1; shift
    $wiredrill from-pcap "$@" >$work/out 2>$work/err
    [ $? -eq 2 ] && grep -qF -- "$text" $work/err && [ ! -s $work/out ] && ! grep -qE 'AddressSanitizer|runtime error' $work/err
    verdict $? "it says \"$text\""
}
one=golden-pcaps/tcp/lost_two-established-no_sack.pcap
printf 'no capture at all' >$work/no.pcap
head -c 24 $one >$work/empty.pcap
head -c 100 $one >$work/cut.pcap
refuses 'one capture' $one $one
refuses 'no.pcap' $work/no.pcap
refuses 'there is no frame in it' $work/empty.pcap
refuses 'whose frames' golden-pcaps/icmp/type-unknown@type=6.pcap
refuses 'comes from 10.9.9.9' --host 10.9.9.9 $one
refuses 'neither a MAC address nor an IPv4 address' --host me $one
refuses 'no combination' --calls scenarios/tcp/lost_two-established-no_sack.pkt@n=2 $one
refuses 'name the one' --calls scenarios/tcp $one
refuses 'nothing.pkt' --calls $work/nothing.pkt $one
finish
