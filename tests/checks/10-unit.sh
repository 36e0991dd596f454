# The unit tests, built by gcc -O2 and by clang under ASan and UBSan. Criterion reports a leaking test as passed: the sanitizers' log must
# stay empty as well.
passed=0 failed=0
for variant in release asan; do
    sanlog=build/sanitizer-unit
    rm -f $sanlog.*
    out=build/unit-$variant.out
    ASAN_OPTIONS=log_path=$sanlog UBSAN_OPTIONS=log_path=$sanlog:print_stacktrace=1 build/$variant/unit --jobs 2 >$out 2>&1
    status=$?
    line=$(grep -aE 'Tested: .* Passing: ' $out | tail -1 | sed 's/\x1b\[[0-9;]*m//g')
    p=$(echo "$line" | sed 's/.*Passing: *\([0-9]*\).*/\1/') f=$(echo "$line" | sed 's/.*Failing: *\([0-9]*\).*/\1/') c=$(echo "$line" | sed 's/.*Crashing: *\([0-9]*\).*/\1/')
    echo "$variant: ${line:-the unit tests did not run (status $status)}"
    [ -n "$line" ] || { failed=$((failed + 1)); tail -20 $out; continue; }
    passed=$((passed + p)) failed=$((failed + f + c))
    [ $((f + c)) -eq 0 ] || grep -aE '\[FAIL\]|\[----\]|\[CRSH\]' $out | head -40
    if ls $sanlog.* >/dev/null 2>&1; then
        echo "$variant: the sanitizers spoke:"
        cat $sanlog.* | head -40
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
