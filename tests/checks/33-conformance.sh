# What the scenarios say of the catalogue: nothing fails, and what is without scenario, or waived, may only become less. And what the command says of bad input.
. tests/checks/count.sh
wiredrill=build/release/wiredrill
work=build/conformance
rm -rf $work; mkdir -p $work

$wiredrill conformance --quiet >$work/out 2>$work/err
verdict $? "the report is whole: $(head -3 $work/err)"
cp reports/conformance.tsv $work/all.tsv
# How many rows of a catalogue have the level and the verdict.
rows() { # FILE LEVEL VERDICT SCOPES
    awk -F '\t' -v level="$2" -v verdict="$3" -v scopes="$4" 'NR == FNR { of[$1]; next } ($1 in of) && index($2, level) == 1 && $6 == verdict && index(scopes, $5) { n++ } END { print n + 0 }' \
        "conformance/$1.tsv" $work/all.tsv
}
tab=$(printf '\t')
while IFS="$tab" read -r file level what scopes most; do
    case $file in ''|'#'*) continue ;; esac
    n=$(rows "$file" "$level" "$what" "$scopes")
    [ "$n" -le "$most" ]
    verdict $? "$file.tsv, $level, $scopes: $n $what, at most $most (tests/checks/conformance.tsv)"
    [ "$n" -eq "$most" ] || echo "$file.tsv, $level, $scopes: $n $what now: the pin may fall from $most"
done <tests/checks/conformance.tsv
[ "$(awk -F '\t' '$6 == "FAILED"' $work/all.tsv | wc -l)" -eq 0 ]
verdict $? "no requirement fails"
[ "$(awk -F '\t' 'NR > 1 && $6 == "passed"' $work/all.tsv | wc -l)" -ge 690 ]
verdict $? "hundreds of requirements have scenarios that pass"

# A breaker makes it proven, of its own layer alone; one that is about another does not.
printf 'MUST-1\tplanted\tsomewhere\tudp\nRFC2883-4-1\tplanted x\ta.pkt:1:1\ttcp\n' >$work/breakers.tsv
$wiredrill conformance --quiet --breakers $work/breakers.tsv >$work/out 2>&1
verdict $? "breakers are read"
grep -q "^RFC2883-4-1$tab.*${tab}proven$tab.*${tab}planted x$tab" reports/conformance.tsv && ! grep -q "^MUST-1$tab.*${tab}proven" reports/conformance.tsv
verdict $? "a breaker of the requirement's layer proves it"
printf 'RFC2883-4-1 planted\n' >$work/bad.tsv
$wiredrill conformance --quiet --breakers $work/bad.tsv scenarios/tcp >$work/out 2>&1
[ $? -eq 2 ] && grep -qF "$work/bad.tsv:1:1: expected ID" $work/out
verdict $? "a line that is no breaker is told"

# A catalogue of one's own.
{ printf '// A request for our address is answered.\ncovers ACME-1 ACME-2\nsut eth0 ip 10.0.2.15/24\nhost raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2\n'
  printf '0 < arp request who-has 10.0.2.15 tell 10.0.2.2\n+0 > arp reply 10.0.2.15 is-at eth0\n'; } >$work/own.pkt
printf '# Ours.\nACME-1\tMUST\tACME 7\t2.1\twire\tIt answers.\nACME-2\tMAY\tACME 7\t2.2\ttiming\tAt once.\tsee the trace\n' >$work/own.tsv
$wiredrill conformance --catalogue $work/own.tsv $work/own.pkt >$work/out 2>&1
[ $? -eq 0 ] && grep -q '^ACME 7  *MUST  *1 ' $work/out && grep -q "^ACME-2${tab}MAY${tab}ACME 7${tab}2.2${tab}timing${tab}passed$tab$work/own.pkt" reports/conformance.tsv
verdict $? "requirements of a catalogue of one's own are covered"
sed 's/is-at eth0/is-at peer/' $work/own.pkt >$work/wrong.pkt
$wiredrill conformance --quiet --catalogue $work/own.tsv $work/wrong.pkt >$work/out 2>&1
[ $? -eq 1 ] && grep -q "^ACME-1$tab.*${tab}FAILED" reports/conformance.tsv && grep -q "^failed  $work/wrong.pkt" $work/out
verdict $? "one whose scenario fails has failed"
$wiredrill run --catalogue $work/own.tsv $work/wrong.pkt >$work/out 2>&1
[ $? -eq 1 ] && grep -q 'requires  ACME-1: MUST (ACME 7 section 2.1) It answers.' $work/out && grep -q "repeat .* --catalogue $work/own.tsv " $work/out
verdict $? "a verdict quotes it, and says how to repeat the run"
$wiredrill run $work/own.pkt >$work/out 2>&1
[ $? -eq 2 ] && grep -qF "own.pkt:2:8: the catalogue (conformance/) has no requirement ACME-1" $work/out
verdict $? "without the catalogue its ids are none"
refused() { # TEXT ROW
    printf '# Ours.\nACME-1\tMUST\tACME 7\t2.1\twire\tIt answers.\n%b\n' "$2" >$work/own.tsv
    $wiredrill conformance --catalogue $work/own.tsv $work/own.pkt >$work/out 2>&1
    [ $? -eq 2 ] && grep -qF "$work/own.tsv:3:$1" $work/out
    verdict $? "$2: $1"
}
refused '8: the level, "MIGHT": expected MUST, MUST NOT' 'ACME-2\tMIGHT\tACME 7\t2.1\twire\tIt answers.'
refused '24: the scope, "wires": expected wire, api' 'ACME-2\tMUST\tACME 7\t2.1\twires\tIt answers.'
refused '1: the id, "ACME-1": there is a requirement of that id already' 'ACME-1\tMUST\tACME 7\t2.1\twire\tIt answers.'
refused '1: the id, "MUST-1": there is a requirement of that id already' 'MUST-1\tMUST\tACME 7\t2.1\twire\tIt answers.'
refused '28: the row ends behind the scope: expected a tab and the requirement' 'ACME-2\tMUST\tACME 7\t2.1\twire'
refused '13: the RFC, "": it is empty' 'ACME-2\tMUST\t\t2.1\twire\tIt answers.'
refused '1: the id, "ACME 2": it has a blank' 'ACME 2\tMUST\tACME 7\t2.1\twire\tIt answers.'
$wiredrill conformance --catalogue $work/none.tsv >$work/out 2>&1
[ $? -eq 2 ] && grep -qF "$work/none.tsv: No such file" $work/out
verdict $? "a file that is not there is told"

# A waiver of what a scenario shows, and of nothing.
printf '# Ours.\nACME-1\tMUST\tACME 7\t2.1\twire\tIt answers.\nACME-2\tMAY\tACME 7\t2.2\ttiming\tAt once.\nACME-3\tMUST\tACME 7\t3\twire\tIt is green.\n' >$work/own.tsv
waive() { # STATUS TEXT ROW
    printf "$3\\n" >$work/waivers.tsv
    $wiredrill conformance --catalogue $work/own.tsv --waivers $work/waivers.tsv $work/own.pkt >$work/out 2>&1
    [ $? -eq "$1" ] && grep -qF -- "$2" $work/out
    verdict $? "waiver $3: exit $1, $2"
}
waive 0 'waived: no colour is on the wire' 'ACME-3\tno colour is on the wire'
waive 2 "ACME-1 is waived, and $work/own.pkt shows it: the row is to go" 'ACME-1\tnobody can see it'
waive 2 'the catalogue has no requirement ACME-9' 'ACME-9\tnobody can see it'
waive 2 "$work/waivers.tsv:1:1: expected ID, a tab, and the reason" 'ACME-3'
finish
