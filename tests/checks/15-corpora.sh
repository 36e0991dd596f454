# The fuzzers' corpora, replayed: every seed and every find that was kept, through its target, under ASan and UBSan.
passed=0 failed=0
for target in build/asan/bin/*; do
    name=$(basename "$target")
    files=$(find "fuzz/corpus/$name" -type f 2>/dev/null | sort)
    [ -n "$files" ] || { echo "$name: no corpus"; failed=$((failed + 1)); continue; }
    if "$target" -runs=0 $files >build/corpus.log 2>&1; then
        passed=$((passed + $(echo "$files" | wc -l)))
    else
        failed=$((failed + 1)); echo "$name:"; tail -15 build/corpus.log
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
