#!/bin/sh
# Runs the checks that stand beside this file, two at a time, and tells in order what they say. Each check prints what it found, a line "skipped NAME: WHY" for
# each thing that it passes over, and ends with "N passed, N failed, N skipped"; one that dies without that line is one failure.
#
# A check that looks at less than it did is not a check that passes: expected.tsv says how many must pass at least and be passed over at most, and skips.tsv
# names what may be passed over. A time is told beside its budget, and fails nothing.
#
# usage: run.sh [NAME...]   from the repository's root; no names: all; JOBS=2
set -u
LC_ALL=C
export LC_ALL
folder=tests/checks
mkdir -p reports build

if [ "${1:-}" = --one ]; then
    log=build/check-$2.log
    started=$(date +%s)
    sh "$folder/$2.sh" >"$log" 2>&1
    status=$? seconds=$(($(date +%s) - started))
    times >"build/check-$2.times" # the last line is of what has ended: "0m1.5s 0m0.2s"
    processor=$(sed -n '$s/[ms]/ /gp' "build/check-$2.times" | awk '{ printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }')
    echo "$status $seconds $processor" >"$log.new" && mv "$log.new" "build/check-$2.done"
    exit 0
fi

# "NAME: WHY" of what was passed over, by standard input -> how many are excused, by a condition, and a line for each that no row names.
excuse() { # CHECK
    awk -F '\t' -v check="$1" -v rows="build/check-$1.rows" '
        function regex(glob) { # * stands for anything, the rest for itself
            gsub(/[].+?^${}()|\\[]/, "\\\\&", glob); gsub(/\*/, ".*", glob)
            return "^" glob "$"
        }
        BEGIN {
            while ((getline <rows) > 0) { n++; what[n] = $2; pattern[n] = regex($2); always[n] = $3 == "-" }
        }
        {
            for (k = 1; k <= n && $0 !~ pattern[k]; k++)
                ;
            if (k > n) { print "skipped, and no row of skips.tsv names it: " $0; next }
            used[k] = 1; excused += !always[k]
        }
        END {
            for (k = 1; k <= n; k++)
                if (always[k] && !used[k]) print "skips.tsv names what is not skipped: " what[k]
            print excused + 0 # the last line
        }'
}

# The rows of the check whose condition holds here.
rows() { # CHECK
    tab=$(printf '\t')
    while IFS="$tab" read -r check what condition reason; do
        [ "$check" = "$1" ] || continue
        [ "$condition" = - ] || sh -c "$condition" >/dev/null 2>&1 || continue
        printf '%s\t%s\t%s\n' "$check" "$what" "$condition"
    done <$folder/skips.tsv >"build/check-$1.rows"
}

complain() { # WHAT
    echo "$1" >>"$complaints"
    f=$((f + 1))
}

judge() { # NAME: sets p, f, s and budget from the log; writes what is wrong to $complaints
    log=build/check-$1.log complaints=build/check-$1.bad
    : >"$complaints"
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -1)
    p=0 f=0 s=0 budget='?'
    if [ -n "$line" ]; then
        p=${line%% *} rest=${line#*passed, } f=${rest%% *} rest=${rest#*failed, } s=${rest%% *}
    else
        complain "it ended without its count (exit $2)"
    fi
    [ "$2" -eq 0 ] || [ "$f" -gt 0 ] || complain "exit $2"
    set -- "$1" $(awk -F '\t' -v name="$1" '$1 == name { print $2, $3, $4 }' $folder/expected.tsv)
    [ $# -eq 4 ] || { complain "expected.tsv has no row for it, or more than one"; return; }
    budget=$4
    named=$(grep -c '^skipped .*: ' "$log")
    [ "$named" -eq "$s" ] || complain "$s skipped, $named of them by name"
    rows "$1"
    grep '^skipped .*: ' "$log" | sed 's/^skipped //' | excuse "$1" >"build/check-$1.skips"
    excused=$(tail -1 "build/check-$1.skips")
    unnamed=$(($(wc -l <"build/check-$1.skips") - 1))
    [ "$unnamed" -eq 0 ] || { sed '$d' "build/check-$1.skips" | head -20 >>"$complaints"; f=$((f + unnamed)); }
    [ $((p + excused)) -ge "$2" ] || complain "$p passed, at least $2 must (expected.tsv)"
    [ $((s - excused)) -le "$3" ] || complain "$s skipped, at most $3 may be (expected.tsv)"
}

tell() { # NAME STATUS SECONDS PROCESSOR
    judge "$1" "$2"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s)) processor=$((processor + $4))
    printf '%-16s %-42s %4ss of %ss, processor %ss\n' "$1" "$p passed, $f failed, $s skipped" "$3" "$budget" "$4"
    if [ "$f" -gt 0 ]; then
        { tail -n 60 "$log"; cat "$complaints"; } | sed 's/^/    /'
    elif [ "$s" -gt 0 ]; then
        grep '^skipped .*: ' "$log" | head -10 | sed 's/^/    /'
    fi
}

passed=0 failed=0 skipped=0 processor=0 began=$(date +%s)
[ $# -gt 0 ] || set -- $(ls $folder | sed -n 's/^\([0-9][0-9]-.*\)\.sh$/\1/p')
for name; do
    [ -f "$folder/$name.sh" ] || { echo "run.sh: there is no check \"$name\"" >&2; exit 2; }
    rm -f "build/check-$name.done"
done
# The longest start first: those that come last have company then.
for name; do
    printf '%s %s\n' "$(awk -F '\t' -v name="$name" '$1 == name { print $4 }' $folder/expected.tsv)" "$name"
done | sort -k 1,1nr -s | sed 's/.* //' | xargs -P "${JOBS:-2}" -n 1 sh $folder/run.sh --one &
pool=$!
for name; do
    while [ ! -f "build/check-$name.done" ] && kill -0 $pool 2>/dev/null; do sleep 0.1; done
    [ -f "build/check-$name.done" ] || echo "1 0 0" >"build/check-$name.done"
    tell "$name" $(cat "build/check-$name.done")
done
wait
echo "$(($(date +%s) - began)) s, processor $processor s"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
