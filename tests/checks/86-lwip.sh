# A stack that nobody here wrote, under the strict judge: lwIP fails what tests/known/lwip.tsv lists, each cause with its clause, and nothing else; nothing on the
# list passes. What is no fault by a clause is a note, or stands there as a convention.
. tests/checks/count.sh
list=tests/known/lwip.tsv
work=build/lwip
rm -rf $work; mkdir -p $work
if [ ! -e build/release/wiredrill-lwip.so ]; then
    skip "lwip: its failures are those of $list" "built without liblwip-dev"
    finish
    exit 0
fi
run() { # LIST PATH...
    known=$1; shift
    build/release/wiredrill run --sut lwip --quiet --known "$known" "$@" >$work/out 2>&1
}
run $list scenarios
status=$?
[ $status -eq 0 ] && grep -aqE '^[0-9]+ passed, 0 failed, ' $work/out
verdict $? "lwIP fails what $list says, and nothing else"
[ $status -eq 0 ] || { grep -a -A 4 '^FAILED' $work/out | head -40; sed -n '/^failures by cause/,/^$/p' $work/out; }
ok $(sed -n 's/^\([0-9]*\) passed, .*/\1/p' $work/out) 0 # each case is one; the 0: none was told
grep -aE '^[0-9]+ (failed as|passed)' $work/out
[ "$(sed -n "s,^\([0-9]*\) failed as $list says\$,\1,p" $work/out)" -ge 200 ] 2>/dev/null
verdict $? "the list is read, and used"
! grep -aq 'name no case' $work/out
verdict $? "each entry names a case"
causes=$(grep -vc '^#' $list)
[ "$causes" -ge 1 ] && [ "$causes" -le 40 ]
verdict $? "$causes causes, at most 40"
cat conformance/*.tsv | cut -f1 >$work/ids
grep -v '^#' $list >$work/rows
awk -F '\t' 'NR == FNR { id[$1]; next } NF != 4 || $2 !~ /^(MUST|MUST NOT|SHOULD|SHOULD NOT|MAY|convention)$/ || !($3 in id) { print "not CASES, LEVEL, CLAUSE, CAUSE: " $0; bad = 1 } END { exit bad }' $work/ids $work/rows
verdict $? "each cause has its level and a clause of conformance/"

# Planted: a cause less, and one that is none any more.
grep -v 'RFC3927-2.5-2\|RFC5227-2.4-1' $list >$work/less.tsv
run $work/less.tsv scenarios/arp
[ $? -eq 1 ] && grep -aq '^FAILED  scenarios/arp/conflict-defended-once.pkt' $work/out && grep -aq '^failures by cause:' $work/out
verdict $? "a failure that is not listed fails"
{ cat $list; printf 'arp/request-host-reply.pkt\tMUST\tRFC826-packet-reception-8\tplanted\n'; } >$work/more.tsv
run $work/more.tsv scenarios/arp
[ $? -eq 1 ] && grep -aq "more.tsv:[0-9]*: it passes, and is listed as failing" $work/out
verdict $? "an entry that passes fails"
printf 'RFC826-packet-reception-8\tplanted\n' >$work/id.tsv
run $work/id.tsv scenarios/arp/request-host-reply.pkt
[ $? -eq 1 ] && grep -aq 'id.tsv:1: nothing fails of RFC826-packet-reception-8 any more: planted' $work/out
verdict $? "a requirement of which nothing fails any more fails"
finish
