# The fuzzers' corpora, replayed: every seed and every find that was kept, through its target, under ASan and UBSan.
. tests/checks/count.sh
for source in $(grep -l LLVMFuzzerTestOneInput fuzz/*.c); do
    name=$(basename "$source" .c)
    log=build/corpus-$name.log
    files=$(find "fuzz/corpus/$name" -type f 2>/dev/null | sort)
    [ -n "$files" ] || { bad "$name: no corpus"; continue; }
    wanted=$(echo "$files" | wc -l)
    build/asan/bin/$name -runs=0 $files >$log 2>&1
    status=$?
    ran=$(grep -c '^Executed .* in [0-9]* ms' $log)
    if [ $status -eq 0 ] && [ "$ran" -eq "$wanted" ]; then ok $wanted; else bad "$name: exit $status, $ran of $wanted were run"; tail -15 $log; fi
done

# A fault planted in the length of a DHCP option: octets that show it become a script of a few lines, which fails in the same way, and only with the fault.
work=build/mutant/dhcp-option-length
VARIANT=asan tools/mutant.sh dhcp-option-length stack/wire/dhcp.c 's/area\.bytes\[at \+ 1\] > area\.len - at - 2|option\[1\] > left - 2/0/'
verdict $? 'the fault was planted'
{ printf '\002\001\006'; head -c 233 /dev/zero; printf '\143\202\123\143\065\001\002\063\310\001\002'; } >$work/find
$work/wiredrill from-fuzz --target wire_dhcp $work/find >$work/said 2>$work/errors
grep -q 'AddressSanitizer: use-after-poison' $work/said; verdict $? "from-fuzz names what AddressSanitizer saw: $(tail -3 $work/said)"
[ "$(wc -l <$work/find.pkt)" -le 12 ]; verdict $? 'the script has at most 12 lines'
$work/wiredrill run --nic e1000 --no-golden $work/find.pkt >$work/run 2>&1; status=$?
[ $status -eq 1 ] && grep -q use-after-poison $work/run; verdict $? "the script fails with the fault (exit $status)"
build/asan/wiredrill run --nic e1000 --no-golden $work/find.pkt >$work/run 2>&1; verdict $? 'the script passes without the fault'
finish
