# The same fingerprints from gcc -O2 and from clang under ASan and UBSan, at one job and at sixteen, with memory that held other bytes; again with the address
# space randomised no more and under another locale; and with TCP's fast path off. Each case of each is counted. And W and T are the same on each NIC.
. tests/checks/count.sh
work=build/prints
mkdir -p $work
prints() { # HOW NAME COMMAND...
    how=$1 name=$2; shift 2
    "$@" scenarios >$work/$name 2>$work/err
    status=$?
    [ $status -eq 0 ] || { bad "$how: exit $status"; head -5 $work/err; }
    while read -r case; do [ -z "$case" ] || skip "$case, $how" "no fingerprint"; done <<END
$(sed -n 's/^[ -]* - \(.*\) (skipped)$/\1/p' $work/$name)
END
}
compare() { # HOW NAME COMMAND...
    prints "$@"
    if cmp -s $work/first $work/$2; then
        ok $(grep -cE '^[0-9a-f]{32} [0-9a-f]{32} [0-9a-f]{32} ' $work/$2)
    else
        bad "$1: other fingerprints"
        diff $work/first $work/$2 | head -10
    fi
}
ASAN_OPTIONS=detect_leaks=1
export ASAN_OPTIONS
prints "one job" first build/release/wiredrill fingerprint --jobs 1
compare "16 jobs" jobs build/release/wiredrill fingerprint --jobs 16
compare "clang under sanitizers" asan build/asan/wiredrill fingerprint --jobs 2
compare "memory that held other bytes" fill build/release/wiredrill fingerprint --fill 165 --jobs 2
if setarch -R true 2>/dev/null; then
    compare "no address randomisation, another locale" fixed env LC_ALL=tr_TR.UTF-8 TZ=Asia/Kathmandu setarch -R build/release/wiredrill fingerprint --jobs 2
else
    skip "no address randomisation" "setarch -R is refused here"
fi
# TCP's fast path (the knob tcp.fast_path) is the same as all its steps.
compare "TCP step by step" steps build/release/wiredrill fingerprint --set tcp.fast_path=0 --jobs 2

# The wire, times included, is the same behind every NIC; what the device does is not.
awk '/ on [a-z0-9-]+$/ && !/skipped/ {
        name = $0; sub(/^[^ ]+ +[^ ]+ +[^ ]+ /, "", name); sub(/ on [a-z0-9-]+$/, "", name)
        if (!(name in wire)) { wire[name] = $1 " " $2; state[name] = $3; next }
        pairs++
        if (wire[name] != $1 " " $2) { print name ": W or T differs between NICs"; bad = 1 }
        told += state[name] != $3
    }
    END { print pairs + 0 " cases on two NICs, " told + 0 " with another S"; exit bad || pairs < 10 || told < pairs * 9 / 10 }' $work/first
verdict $? "W and T are equal on both NICs, and S is not, but where no frame crosses them"
finish
