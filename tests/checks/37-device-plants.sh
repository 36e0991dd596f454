# Planted bugs in our device models (tests/mutants/devices.tsv): each must make the check of tests/devices/ fail that its row names. The judge is judged: what
# changes nothing, what no longer applies, what does not build and what another check sees must not count as caught.
. tests/checks/count.sh
work=build/device-plants-check
rm -rf $work; mkdir -p $work
if ! make --no-print-directory devices-build >$work/make 2>&1; then
    bad "make devices-build: $(tail -1 $work/make)"
    finish
    exit 1
fi
tools/device-plants.py >$work/out 2>&1
count $work/out $?
grep -v ': caught by ' $work/out
row() { printf '%s\t%s\t%s\tnothing\te1000\t%s\n' "$@"; }
{
    row same sim/nic/e1000.c 's/^static void ring_changed/static  void ring_changed/' 'reset CTRL'
    row gone sim/nic/e1000.c 's/there is no such line//' 'reset CTRL'
    row gone-file sim/nic/none.c 's/a/b/' 'reset CTRL'
    row unbuilt sim/nic/e1000.c 's/^static void ring_changed/static void ring_changed(/' 'reset CTRL'
    row other sim/nic/e1000.c 's/ctrl, ALL, 0x00140240/ctrl, ALL, 0x00140241/' 'reset STATUS'
} >$work/refused.tsv
tools/device-plants.py --list $work/refused.tsv >$work/refused 2>&1
[ $? -eq 1 ]
verdict $? "bugs that are not caught: exit 1"
for said in 'same: NOT CAUGHT$' 'gone: no longer applies' 'gone-file: no longer applies' 'unbuilt: does not build' 'other: NOT CAUGHT by "reset STATUS" of e1000, but by: reset CTRL'; do
    grep -q "^$said" $work/refused
    verdict $? "must be told as \"$said\""
done
finish
