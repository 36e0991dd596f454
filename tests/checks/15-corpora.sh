# The fuzzers' corpora, replayed: every seed and every find that was kept, through its target, under ASan and UBSan.
. tests/checks/count.sh
for source in $(grep -l LLVMFuzzerTestOneInput fuzz/*.c); do
    name=$(basename "$source" .c)
    log=build/corpus-$name.log
    files=$(find "fuzz/corpus/$name" -type f 2>/dev/null | sort)
    [ -n "$files" ] || { bad "$name: no corpus"; continue; }
    wanted=$(echo "$files" | wc -l)
    build/asan/bin/$name -runs=0 $files >$log 2>&1
    status=$?
    ran=$(grep -c '^Executed .* in [0-9]* ms' $log)
    if [ $status -eq 0 ] && [ "$ran" -eq "$wanted" ]; then ok $wanted; else bad "$name: exit $status, $ran of $wanted were run"; tail -15 $log; fi
done
finish
