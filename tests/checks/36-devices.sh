# Our NIC models against what the hardware is to do, check by check; and, where QEMU is installed, its models against the same checks, random accesses on both, and scenarios whose host stands
# behind QEMU's NICs. What QEMU does otherwise is tests/devices/deviations.tsv, and tests/known/qemu.tsv for scenarios. `make devices` does all of it at length.
. tests/checks/count.sh
work=build/devices-check
rm -rf $work; mkdir -p $work
if ! make --no-print-directory devices-build >$work/make 2>&1; then
    bad "make devices-build: $(tail -1 $work/make)"
    finish
    exit 1
fi
devices=build/release/devices

# Ours alone.
nics='e1000 rtl8139 virtio virtio-legacy virtio-mmio virtio-mmio-legacy'
for nic in $nics; do
    $devices check $nic ours >$work/$nic.ours 2>&1
    count $work/$nic.ours $?
    grep '^  ' $work/$nic.ours
done
for nic in none ''; do
    $devices check $nic >/dev/null 2>&1
    [ $? -eq 2 ]
    verdict $? "devices check $nic: exit 2"
done
printf 'nic e1000\nread 8\n' >$work/bad.script
$devices replay $work/bad.script sim 2>$work/out >/dev/null
[ $? -eq 2 ] && grep -q 'bad.script:2: ' $work/out
verdict $? "a script that is none names its line"
printf 'nic e1000\nset-up 0 0 0\nsend 60 1 7\nread 0x3810 4\n' >$work/send.script
$devices replay $work/send.script sim >$work/sim.out 2>&1 && grep -q '^read 0x3810 4 *0x00000001 line 0, 1 sent' $work/sim.out
verdict $? "a script is replayed on our model"

if ! command -v qemu-system-x86_64 >/dev/null; then
    skip "QEMU's device models" "there is no qemu-system-x86_64"
    build/release/wiredrill run --bus qemu --nic e1000 --quiet scenarios/arp/request-host-reply.pkt >$work/out 2>&1
    grep -q 'QEMU is not installed' $work/out
    verdict $? "without QEMU a scenario is passed over by that name"
    finish
    exit 0
fi

# Both sides.
for nic in $nics; do
    $devices check $nic >$work/$nic.both 2>&1
    count $work/$nic.both $?
    grep '^  ' $work/$nic.both
done
for nic in $nics; do
    $devices fuzz $nic 1 3000 >$work/$nic.fuzz 2>&1
    [ $? -eq 0 ]
    verdict $? "$nic: 3000 random accesses part the sides: $(head -30 $work/$nic.fuzz)"
done
$devices replay $work/send.script qemu >$work/qemu.out 2>&1 && grep -q '^read 0x3810 4 *0x00000001 line 0, 1 sent' $work/qemu.out
verdict $? "a script is replayed on QEMU's"

# Scenarios: the same frames at the same times as the goldens have, twice.
known=tests/known/qemu.tsv
for turn in 1 2; do
    build/release/wiredrill run --bus qemu --strict --known $known scenarios/boot scenarios/e1000 scenarios/rtl8139 >$work/run.$turn 2>&1
    status=$?
    grep -aE '^(passed|known|skipped|FAILED)' $work/run.$turn | sort >$work/verdicts.$turn
    [ $status -eq 0 ] && grep -qE '^[1-9][0-9]* passed, 0 failed, ' $work/run.$turn
    verdict $? "scenarios behind QEMU's NICs"
done
grep -A 8 '^FAILED' $work/run.1 $work/run.2 | head -40
cmp -s $work/verdicts.1 $work/verdicts.2
verdict $? "two runs, the same verdicts"
for bus in sim qemu; do
    build/release/wiredrill fingerprint --bus $bus scenarios/boot | cut -d ' ' -f 1,2 >$work/$bus.print
done
[ -s $work/sim.print ] && cmp -s $work/sim.print $work/qemu.print
verdict $? "the boot story has the same W and T behind QEMU's NICs"

# Nothing is left behind: a worker that is killed takes its QEMU with it. Only processes of this check are looked at.
build/release/wiredrill run --bus qemu --nic e1000 --jobs 1 --quiet scenarios/arp >/dev/null 2>&1 &
run=$!
sleep 1
workers=$(ps -o pid= --ppid $run)
machines=$(for w in $workers; do ps -o pid= --ppid "$w"; done)
kill -9 $workers $run 2>/dev/null
wait $run 2>/dev/null
left=0
for try in 1 2 3 4 5 6 7 8 9 10; do
    left=0
    for m in $machines; do [ -d /proc/$m ] && ! grep -q '^State:.Z' /proc/$m/status 2>/dev/null && left=$((left + 1)); done
    [ $left -eq 0 ] && break
    sleep 0.2
done
[ -n "$machines" ] && [ $left -eq 0 ]
verdict $? "a run that is killed leaves no QEMU behind"
finish
