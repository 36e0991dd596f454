# The unit tests, built by gcc -O2 and by clang under ASan and UBSan. What the sanitizers say of a test that passes all the same counts: their log must
# stay empty.
. tests/checks/count.sh
unit() { # VARIANT
    sanlog=build/sanitizer-unit-$1 out=build/unit-$1.out
    rm -f $sanlog.*
    ASAN_OPTIONS=log_path=$sanlog UBSAN_OPTIONS=log_path=$sanlog:print_stacktrace=1 build/$1/unit --jobs 2 --verbose >/dev/null 2>$out
    set -- "$1" $? $(sed -nE 's/.*Tested: *([0-9]+) *\| *Passing: *([0-9]+) *\| *Failing: *([0-9]+) *\| *Crashing: *([0-9]+).*/\1 \2 \3 \4/p' $out | tail -1)
    [ $# -eq 6 ] || { bad "$1: the unit tests did not end (exit $2)"; tail -20 $out; return; }
    echo "$1: $3 tested, $4 passing, $5 failing, $6 crashing"
    passed=$((passed + $4)) failed=$((failed + $5 + $6))
    [ "$2" -eq 0 ] || [ $(($5 + $6)) -gt 0 ] || bad "$1: exit $2"
    grep -aE '^\[(FAIL|----|CRSH)\]' $out | grep -v '\[----\] Criterion' | head -40
    skipped=$((skipped + $(grep -ac '^\[SKIP\]' $out)))
    sed -nE "s/^\[SKIP\] ([^ ]+): (.*)/skipped $1 \1: \2/p" $out
    if cat $sanlog.* >build/sanitizer-unit 2>/dev/null && [ -s build/sanitizer-unit ]; then
        bad "$1: the sanitizers spoke:"
        head -40 build/sanitizer-unit
    fi
}
unit release
unit asan
finish
