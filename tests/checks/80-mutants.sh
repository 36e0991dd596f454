# Planted bugs: one thing changed at a time in the stack, a driver or a model; an expectation or an assertion must fail with goldens switched off, and
# its text must name scenario, line and requirement.
passed=0 failed=0
tab=$(printf '\t')
while IFS="$tab" read -r name file change what; do
    case "$name" in '#'*|'') continue ;; esac
    if ! tools/mutant.sh "$name" "$file" "$change"; then
        echo "$name: did not build"
        failed=$((failed + 1))
        continue
    fi
    "build/mutant/$name/wiredrill" run --no-golden --quiet --jobs 2 scenarios >"build/mutant/$name/out" 2>&1
    status=$?
    if [ $status -eq 1 ] && grep -q '^  requires ' "build/mutant/$name/out"; then
        passed=$((passed + 1))
        echo "$name: caught by $(grep -c '^FAILED' "build/mutant/$name/out") cases ($what)"
    else
        failed=$((failed + 1))
        echo "$name: NOT CAUGHT, exit $status ($what)"
    fi
    rm -f "build/mutant/$name/wiredrill"
done <tests/mutants/list.tsv
echo "$passed passed, $failed failed, 0 skipped"
