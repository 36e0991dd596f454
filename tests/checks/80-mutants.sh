# Planted bugs (tests/mutants/list.tsv): each must make a scenario fail, with goldens switched off, by a verdict that names scenario, line, requirement and
# what differs. The judge of the bugs is itself judged: bugs that it must not count as caught are planted too.
tools/planted.py --beside tests/mutants/refused.tsv >build/planted.out 2>build/planted.err
cat build/planted.out build/planted.err
line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, 0 skipped$' build/planted.out | tail -1)
passed=${line%% passed*} failed=${line#*passed, } failed=${failed%% failed*}
[ -n "$line" ] || { passed=0 failed=1; echo "tools/planted.py died"; }
[ "$passed" -gt 0 ] || failed=$((failed + 1))

# Each line of the second list must be refused as its name says: what changes nothing that shows, switched and in a program of its own; what no
# longer applies; what does not build, in a function and outside; what crashes, since a crash names no requirement; what is in no folder that is played.
refused() {
    if grep -q "^$1: $2" build/planted.out; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "$1: must be told as \"$2\""; fi
}
refused unseen 'NOT CAUGHT, survived'
refused unseen-alone 'NOT CAUGHT, survived'
refused unseen-folder 'NOT CAUGHT, survived'
refused crashes 'NOT CAUGHT, crashed'
refused hangs 'NOT CAUGHT, hung'
refused gone 'no longer applies'
refused gone-file 'no longer applies'
refused unbuilt 'does not build'
refused unbuilt-alone 'does not build'
refused seen 'caught'

# A few random faults in the stack, always the same while their lines stay; `make mutants` tries thousands.
tools/faults.py --seed 1 --count 60 --floor 75 --quick >build/faults.out 2>&1 && passed=$((passed + 1)) || failed=$((failed + 1))
cat build/faults.out
echo "$passed passed, $failed failed, 0 skipped"
