# TCP's fast path is the same as all its steps: every case ends with the same W, T and S with the knob tcp.fast_path on and off.
. tests/checks/count.sh
wiredrill=build/release/wiredrill
work=build/fast_path
rm -rf $work; mkdir -p $work
for fast in 0 1; do
    $wiredrill fingerprint --set tcp.fast_path=$fast scenarios >$work/$fast 2>$work/$fast.err
    verdict $? "fingerprints with tcp.fast_path $fast"
done
differ=$(diff $work/0 $work/1 | grep -c '^<')
cases=$(wc -l <$work/0)
[ "$cases" -gt 0 ] && [ "$cases" -eq "$(wc -l <$work/1)" ]
verdict $? "there are cases, as many with it as without"
ok $((cases - differ))
[ "$differ" -eq 0 ] || { bad "$differ cases differ:"; diff $work/0 $work/1 | head -10; }
finish
