#!/bin/sh
# Same inputs, same bytes: builds the command with every compiler and level that there is, each in build/matrix-NAME/, and lets each print the
# fingerprints of all scenarios: ten times, at 1 and at 16 jobs in turn, then without address randomisation, under another locale and time zone,
# and with memory that held other bytes. Every line must equal the first build's. Then builds for other machines, run by qemu-user: of 32 bits (i386), of
# another kind (aarch64), and big-endian (s390x). They stand on the C library alone; the scripts with a host that needs another library are left out, and counted.
# The last line is "N passed, N failed, N skipped".
#
# usage: matrix.sh [NAME...]   gcc-O0 gcc-O3 gcc-san clang-O0 clang-O3 clang-san i386 aarch64 s390x; ROUNDS=10, SCENARIOS=scenarios
set -u
rounds=${ROUNDS:-10} scenarios=${SCENARIOS:-scenarios}
[ $# -gt 0 ] || set -- gcc-O0 gcc-O3 gcc-san clang-O0 clang-O3 clang-san i386 aarch64 s390x
passed=0 failed=0 skipped=0
san='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
out=build/matrix
mkdir -p $out
rm -f $out/first
ASAN_OPTIONS=detect_leaks=1
export ASAN_OPTIONS

# Turkish has its own idea of i and I, and a decimal comma. Where the C library's sources of locales are not there, the name alone is set.
if [ ! -d $out/locale/tr_TR.utf8 ] && command -v localedef >/dev/null; then
    mkdir -p $out/locale
    localedef -i tr_TR -f UTF-8 $out/locale/tr_TR.utf8 >/dev/null 2>&1 || true
fi

compare() { # VARIANT, HOW, COMMAND...: its output is the first build's
    variant=$1 how=$2; shift 2
    "$@" >$out/now 2>$out/err || { echo "$variant, $how: exit $?"; head -5 $out/err; failed=$((failed + 1)); return; }
    [ -f $out/first ] || { cp $out/now $out/first; echo "$variant: $(wc -l <$out/first) cases, the first build; the others are compared with it"; }
    if cmp -s $out/first $out/now; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$variant, $how: other fingerprints"
        diff $out/first $out/now | head -8
    fi
}

# Another machine's prints beside the first build's: each case that it plays is equal, and what it leaves out names a host that stands on a library.
beside() { # HOW COMMAND...
    how=$1; shift
    "$@" >$out/now 2>$out/err || { echo "$how: exit $?"; head -5 $out/err; failed=$((failed + 1)); return; }
    grep -rlE '^host +(slirp|dns-resolver) ' $scenarios >$out/libraries
    awk -v how="$how" 'FILENAME == ARGV[1] { may[$1] = 1; next }
        { print_ = $1 " " $2 " " $3; name = $0; sub(/^ *[^ ]+ +[^ ]+ +[^ ]+ /, "", name); left = sub(/ \(skipped\)$/, "", name) }
        FILENAME == ARGV[2] { first[name] = print_; cases++; next }
        { seen++; script = name; sub(/\.pkt.*/, ".pkt", script) }
        left { out++; if (!(script in may)) { print how ": left out without need: " name; bad++ } next }
        first[name] != print_ { print how ": other fingerprints: " $0; if (++bad > 8) exit }
        END { if (seen != cases) { print how ": " seen + 0 " cases, not " cases + 0; bad++ }
            print how ": " seen - out " cases as in the first build, " out + 0 " left out for want of libslirp or libldns"; exit bad > 0 || seen == out }' \
        $out/libraries $out/first $out/now
    if [ $? -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

foreign() { # NAME, the triple that Debian's cross packages have for it
    triple=$2-linux-gnu
    if ! command -v "$triple-gcc" >/dev/null || ! command -v "qemu-$1" >/dev/null; then
        echo "$1: skipped, no $triple-gcc with qemu-$1"
        skipped=$((skipped + 1))
        return
    fi
    [ -f $out/first ] || compare gcc-O2 "as make builds it" build/release/wiredrill fingerprint --jobs 2 $scenarios
    if ! make --no-print-directory -j2 "VARIANT=matrix-$1" "CC=$triple-gcc" "OPT=-O2 -g" HAVE_SLIRP= HAVE_LDNS= HAVE_LWIP= "build/matrix-$1/wiredrill" >$out/make.log 2>&1; then
        echo "$1: does not build"
        tail -5 $out/make.log
        failed=$((failed + 1))
        return
    fi
    # The loader would look into this machine's own cache of libraries first.
    set -- "$1" "qemu-$1" -L "/usr/$triple" -E "LD_LIBRARY_PATH=/usr/$triple/lib" "build/matrix-$1/wiredrill" fingerprint
    name=$1; shift
    beside "$name, --jobs 1" "$@" --jobs 1 $scenarios
    beside "$name, --jobs 16" "$@" --jobs 16 $scenarios
    beside "$name, memory that held other bytes" "$@" --fill 165 --jobs 2 $scenarios
}

for name; do
    case $name in
    i386) foreign i386 i686; continue ;;
    aarch64|s390x) foreign $name $name; continue ;;
    esac
    compiler=${name%%-*} level=${name#*-}
    case $level in san) opt=$san ;; *) opt=-$level ;; esac
    # gcc's view of what may be uninitialised or overflow is another at each level: the warnings are the default build's business.
    [ "$compiler" = gcc ] && opt="$opt -Wno-error"
    if ! echo 'int main(void) { return 0; }' | $compiler $opt -x c - -o $out/probe 2>/dev/null; then
        echo "$name: skipped, no $compiler that can $opt"
        skipped=$((skipped + 1))
        continue
    fi
    if ! make --no-print-directory -j2 "VARIANT=matrix-$name" "CC=$compiler" "OPT=$opt" "build/matrix-$name/wiredrill" >$out/make.log 2>&1; then
        echo "$name: does not build"
        tail -5 $out/make.log
        failed=$((failed + 1))
        continue
    fi
    wiredrill=build/matrix-$name/wiredrill
    round=0
    while [ $round -lt "$rounds" ]; do
        jobs=$((round % 2 * 15 + 1)) round=$((round + 1))
        compare "$name" "round $round, --jobs $jobs" $wiredrill fingerprint --jobs $jobs $scenarios
    done
    if setarch -R true 2>/dev/null; then
        compare "$name" "addresses not randomised" setarch -R $wiredrill fingerprint --jobs 2 $scenarios
    else
        echo "$name, addresses not randomised: skipped, setarch -R is refused"
        skipped=$((skipped + 1))
    fi
    compare "$name" "Turkish locale, Kathmandu" env LOCPATH="$PWD/$out/locale" LC_ALL=tr_TR.utf8 TZ=Asia/Kathmandu $wiredrill fingerprint --jobs 2 $scenarios
    compare "$name" "memory that held other bytes" $wiredrill fingerprint --fill 165 --jobs 2 $scenarios
    echo "$name: done, $passed passed so far"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
