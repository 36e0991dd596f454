# Planted bugs: one thing changed at a time in the stack, a driver or a model; an expectation or an assertion must fail with goldens switched off, and
# its text must name scenario, line, requirement and what differs. Two at a time; each runs the folders that its line names, all of them when it names none.
cores=2
rm -rf build/mutant
mkdir -p build/mutant

# Prints the first verdict that is whole: "SCENARIO:LINE:COLUMN FIELD: expected ..., actual ...".
whole_verdict='
    /^FAILED/ { place = field = "" }
    /^[^ ]+\.pkt:[0-9]+:[0-9]+: / && !place { place = $1 }
    /^  differs / && !field { field = substr($0, 13) }
    /^  requires / && place && field { print place, field; exit }'

# try NAME FILE CHANGE WHAT FOLDERS: one line in build/mutant/NAME.verdict
try() {
    out=build/mutant/$1/out paths=
    for folder in $5; do paths="$paths scenarios/$folder"; done
    if ! tools/mutant.sh "$1" "$2" "$3" 2>"build/mutant/$1.log"; then
        echo "$1: DID NOT BUILD: $(tail -1 "build/mutant/$1.log")"
        return
    fi
    timeout 30 "build/mutant/$1/wiredrill" run --no-golden --quiet --jobs 1 ${paths:-scenarios} >"$out" 2>&1
    status=$?
    verdict=$(awk "$whole_verdict" "$out")
    if [ $status -eq 1 ] && [ -n "$verdict" ]; then
        printf '%s: caught by %s cases (%s): %s\n' "$1" "$(grep -c '^FAILED' "$out")" "$4" "$verdict"
    else
        echo "$1: NOT CAUGHT, exit $status ($4)"
    fi
    rm -rf "build/mutant/$1"
}

running=0
tab=$(printf '\t')
while IFS="$tab" read -r name file change what folders; do
    case "$name" in '#'*|'') continue ;; esac
    try "$name" "$file" "$change" "$what" "$folders" >"build/mutant/$name.verdict" &
    running=$((running + 1))
    [ $((running % cores)) -ne 0 ] || wait
done <tests/mutants/list.tsv
wait

cat build/mutant/*.verdict
passed=$(cat build/mutant/*.verdict | grep -c ': caught by ')
echo "$passed passed, $((running - passed)) failed, 0 skipped"
