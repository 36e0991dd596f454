# Scripts in packetdrill's two dialects, written from the inventory of that language: each under its system's profile passes, fails with the words, or is
# skipped with the reason, that its second line tells ("// passes", "// fails: TEXT", "// skipped: TEXT").
. tests/checks/count.sh
work=build/dialects
rm -rf $work; mkdir -p $work
for script in tests/dialects/*/*.pkt; do
    system=$(basename "$(dirname "$script")") want=$(sed -n '2s/^\/\/ //p' "$script")
    timeout 60 build/release/wiredrill run --nic e1000 --profile "$system" "$script" >$work/out 2>&1
    status=$?
    case "$want" in
    passes) [ $status -eq 0 ] && grep -q '^1 passed, 0 failed, 0 skipped$' $work/out ;;
    'fails: '?*) [ $status -eq 1 ] && grep -qF -- "${want#fails: }" $work/out ;;
    'skipped: '?*) [ $status -eq 2 ] && grep -q '^0 passed, 0 failed, 1 skipped$' $work/out && grep -qF -- "${want#skipped: }" $work/out ;;
    *) false ;;
    esac
    verdict $? "$script: $want"
done
# Those that pass do so with the stack's invariants looked at, under sanitizers.
for system in linux freebsd; do
    scripts=$(grep -lx '// passes' tests/dialects/$system/*.pkt 2>/dev/null) || continue
    timeout 300 build/asan/wiredrill run --nic e1000 --quiet --profile $system $scripts >$work/out 2>&1
    status=$?
    verdict $status "tests/dialects/$system under sanitizers"
    [ $status -eq 0 ] || grep -A 12 '^FAILED' $work/out | head -40
done
finish
