#!/bin/sh
# Runs the checks that stand beside this file, in order, and adds up what they say. Each check prints what it found and ends with
# "N passed, N failed, N skipped"; one that dies without that line is one failure.
#
# usage: run.sh [NAME...]   from the repository's root; no names: all
set -u
LC_ALL=C
export LC_ALL
folder=tests/checks
mkdir -p reports build
passed=0 failed=0 skipped=0
[ $# -gt 0 ] || set -- $(ls $folder | sed -n 's/^\([0-9][0-9]-.*\)\.sh$/\1/p')
for name; do
    started=$(date +%s)
    log=build/check-$name.log
    sh "$folder/$name.sh" >"$log" 2>&1
    status=$?
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -1)
    [ -n "$line" ] || line="0 passed, 1 failed, 0 skipped"
    set -f; set -- "$@"; set +f
    p=${line%% passed*} rest=${line#*passed, } f=${rest%% failed*} rest=${rest#*failed, } s=${rest%% skipped*}
    [ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    printf '%-24s %s (%ss)\n' "$name" "$p passed, $f failed, $s skipped" "$(($(date +%s) - started))"
    if [ "$f" -gt 0 ]; then
        tail -n 60 "$log" | sed 's/^/    /'
    elif [ "$s" -gt 0 ]; then
        grep -iE 'skip' "$log" | head -10 | sed 's/^/    /'
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
