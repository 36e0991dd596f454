#!/bin/sh
# Our NIC models and QEMU's, side by side, at length: every check on both, 100,000 random accesses a device, and all scenarios with their host behind QEMU's NICs.
# Workers wait for their QEMU most of the time, so that more of them than there are processors are busy.
# usage: devices.sh BUILD-FOLDER; ACCESSES=100000 SEED=1 JOBS=6
build=${1:-build/release} status=0
nics='e1000 rtl8139 virtio virtio-legacy virtio-mmio virtio-mmio-legacy'
if ! command -v qemu-system-x86_64 >/dev/null; then
    echo "skipped: QEMU is not installed: there is no qemu-system-x86_64 (Debian: qemu-system-x86); our models alone:"
    for nic in $nics; do $build/devices check $nic ours || status=1; done
    exit $status
fi
for nic in $nics; do $build/devices check $nic || status=1; done
for nic in $nics; do
    $build/devices fuzz $nic "${SEED:-1}" "${ACCESSES:-100000}" || status=1
done
$build/wiredrill run --bus qemu --nic all --quiet --jobs "${JOBS:-6}" --known tests/known/qemu.tsv scenarios >build/devices-scenarios.log 2>&1 || status=1
grep -A 8 '^FAILED' build/devices-scenarios.log
sed -n '/^skipped, by what was missing first/,$p' build/devices-scenarios.log
exit $status
