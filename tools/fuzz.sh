#!/bin/sh
# make fuzz: fuzz.sh [TARGET [TIME [JOBS]]]. TIME is seconds, or 8h, 30m. Seeds in fuzz/corpus (and, for scripts, the scenarios) are read,
# not written; what is new goes to build/fuzz/TARGET, finds to reports/fuzz/TARGET, each with its script where one can be made of it.
set -eu
sentence() { sed -n '1,/\*\//p' "fuzz/$1.c" | tr '\n' ' ' | sed 's|^/\*[ *]*||; s|[ ]*\*/.*||; s| \* | |g; s|\([^.:]*[.:]\).*|\1|; s|[.:]$||; s|  *| |g'; }
targets() { grep -l LLVMFuzzerTestOneInput fuzz/*.c | sed 's|fuzz/||; s|\.c$||'; }
list() { for t in $(targets); do printf '  %-16s %s\n' "$t" "$(sentence "$t")"; done; }
seconds() {
    case $1 in
        *h) echo $((${1%h} * 3600)) ;;
        *m) echo $((${1%m} * 60)) ;;
        *s) echo "${1%s}" ;;
        *) echo "$1" ;;
    esac
}

given=${1:-} time=${2:-} jobs=${3:-}
if [ -z "$given" ]; then
    echo "make fuzz TARGET=name TIME=8h JOBS=2, where name is one of"
    list
    exit 0
fi
name=$given
[ -f "fuzz/$name.c" ] || name=wire_$name
[ -f "fuzz/$name.c" ] || { echo "fuzz: no target \"$given\"; there are" >&2; list >&2; exit 2; }
total=$(seconds "${time:-60}") jobs=${jobs:-1}
case $total$jobs in '' | *[!0-9]*) echo "fuzz: TIME is a number of seconds, or 30m, or 8h; JOBS a number" >&2; exit 2 ;; esac

bin=build/fuzz/bin/$name work=build/fuzz/$name finds=reports/fuzz/$name
[ -x "$bin" ] || echo "building $bin and build/fuzz/wiredrill with AddressSanitizer, UBSan and coverage: two to five minutes the first time"
make --no-print-directory -j2 VARIANT=fuzz "$bin" build/fuzz/wiredrill
mkdir -p "$work" "$finds"
seeds=$(ls -d "fuzz/corpus/$name" 2>/dev/null || true)
case $name in script | scenario) seeds="$seeds scenarios" ;; esac
dictionary=$(ls "fuzz/dictionary/$name.dict" 2>/dev/null || true)
case $name in tcp | tcp_pair) length="-max_len=162 -entropic=0" ;; *) length= ;; esac
ends=$(($(date +%s) + total))
echo "fuzzing $name for $total s in $jobs processes; finds go to $finds"

# One line a minute of all processes: runs, a second, what is reached, finds.
progress() {
    awk -v name="$name" '/^#[0-9]+/ { sub("#", "", $1); runs = $1
            for (k = 1; k < NF; k++) { if ($k == "cov:") cov = $(k + 1); if ($k == "ft:") ft = $(k + 1); if ($k == "corp:") corp = $(k + 1); if ($k == "exec/s:") rate = $(k + 1) } }
        END { printf "%d runs, %d a second, %d edges, %d features (cells among them), corpus %s", runs, rate, cov, ft, corp }' "$1"
}
one() {
    k=$1 log=$work.$k.log
    while left=$((ends - $(date +%s))); [ "$left" -gt 0 ]; do
        : >"$log"
        "$bin" ${dictionary:+"-dict=$dictionary"} $length -timeout=25 -rss_limit_mb=4096 -print_final_stats=1 -max_total_time="$left" \
            -reload=10 -artifact_prefix="$finds/" "$work" $seeds >"$log" 2>&1 && return 0
        find=$(sed -n "s|.*Test unit written to \($finds/[^ ]*\)\$|\1|p" "$log" | tail -1)
        [ -n "$find" ] || { echo "fuzz: $bin ended without a find: $log"; tail -5 "$log"; return 1; }
        turn "$find" "$log"
        [ -z "${FUZZ_FIRST:-}" ] || return 0
    done
}
# A find is told in words, as a script where that can be; the same one twice is told once.
turn() {
    words=$(grep -aE '^walk: |: [a-z_. ()]+: .*|ERROR: AddressSanitizer|runtime error|^fuzz/.*: ' "$2" | grep -av '^INFO\|^#' | head -1)
    echo
    echo "find: ${words:-$(tail -1 "$2")}"
    cp "$2" "$1.log"
    build/fuzz/wiredrill from-fuzz --target "$name" "$1" >"$1.txt" 2>&1 || true
    cat "$1.txt"
    touch "$finds/index.tsv"
    signature=$(printf '%s' "$words" | tr -s '0-9' '#')
    grep -qF "$signature" "$finds/index.tsv" && { echo "(known: $finds/index.tsv)"; return 0; }
    printf '%s\t%s\t%s\n' "$signature" "$1" "$([ -f "$1.pkt" ] && echo "$1.pkt")" >>"$finds/index.tsv"
}
pids=
for k in $(seq "$jobs"); do one "$k" & pids="$pids $!"; done
trap 'for p in $pids; do kill "$p" 2>/dev/null || true; done' INT TERM
while :; do
    n=0; alive=0
    while [ $n -lt 60 ] && [ "$(date +%s)" -lt $((ends + 2)) ]; do
        alive=0; for p in $pids; do kill -0 "$p" 2>/dev/null && alive=1; done
        [ $alive = 1 ] || break
        sleep 1; n=$((n + 1))
        [ ! -t 2 ] || printf '\r%s of %s s, %s finds\033[K' $((total - ends + $(date +%s))) "$total" "$(wc -l <"$finds/index.tsv" 2>/dev/null || echo 0)" >&2
    done
    [ ! -t 2 ] || printf '\r\033[K' >&2
    for k in $(seq "$jobs"); do echo "$(date +%H:%M:%S) process $k: $(progress "$work.$k.log"), $(wc -l <"$finds/index.tsv" 2>/dev/null || echo 0) finds, $((ends > $(date +%s) ? ends - $(date +%s) : 0)) s left"; done
    [ $alive = 1 ] && [ "$(date +%s)" -lt $((ends + 2)) ] || break
done
wait || true
found=$(wc -l <"$finds/index.tsv" 2>/dev/null || echo 0)
echo "$found different finds${found:+ in $finds/index.tsv}"
[ "$found" -eq 0 ]
