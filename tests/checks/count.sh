# How a check counts; `. tests/checks/count.sh` at its top. A check prints what it found, names each thing that it passes over, and ends with `finish`.
passed=0 failed=0 skipped=0
XDG_CACHE_HOME=$PWD/build/cache # what failed last is not the user's
export XDG_CACHE_HOME

ok() { # [HOW-MANY]
    passed=$((passed + ${1:-1}))
}

bad() { # WHAT
    failed=$((failed + 1))
    echo "$*"
}

# run.sh looks for "NAME: WHY" in tests/checks/skips.tsv.
skip() { # NAME WHY
    skipped=$((skipped + 1))
    echo "skipped $1: $2"
}

verdict() { # STATUS WHAT: what must hold, told when it does not
    if [ "$1" -eq 0 ]; then ok; else bad "$2: no"; fi
}

finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
}

# What `wiredrill run` printed, each skipped case with its reason in one line, "skipped NAME: WHY".
told() { # FILE
    awk '/^skipped / { name = $0; getline; $0 = name ": " $0 } { print }' "$1"
}

# What the last line of `wiredrill run` says; a run that has none, or an exit status that contradicts it, has failed.
count() { # FILE STATUS
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$1" | tail -1)
    [ -n "$line" ] || { bad "the run ended without its count (exit $2)"; return; }
    rest=${line#*passed, }
    passed=$((passed + ${line%% *})) failed=$((failed + ${rest%% *}))
    rest=${rest#*failed, }
    skipped=$((skipped + ${rest%% *}))
    case "$2 ${line#* }" in "0 passed, 0 "*|"1 passed, "[1-9]*) ;; *) bad "exit $2 with \"$line\"" ;; esac
}
