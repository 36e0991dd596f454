# A driver's contract: the examples and our own drivers keep it, the bugs of the museum are each caught by name, what is asked wrongly gets a sentence.
. tests/checks/count.sh
wiredrill=build/release/wiredrill
examples=build/release/examples/driver
work=build/contract
mkdir -p $work/old
make --no-print-directory examples >$work/make.log 2>&1 || { tail -20 $work/make.log; bad "the examples do not build"; finish; exit 1; }

# keeps LEAST ARGUMENTS...: nothing fails, and as many checks pass.
keeps() {
    least=$1; shift
    $wiredrill driver "$@" >$work/out 2>&1
    status=$?
    line=$(grep -E '^[0-9]+ passed, 0 failed, [0-9]+ skipped$' $work/out)
    if [ $status -eq 0 ] && [ "${line%% *}" -ge "$least" ]; then ok "${line%% *}"; else bad "driver $*: exit $status, $line"; grep -A1 FAILED $work/out; fi
}
keeps 110 $examples/rtl8139_portio.so
keeps 110 $examples/e1000_mmio.so
keeps 112 $examples/virtio_pci.so
keeps 112 $examples/virtio_mmio.so
keeps 108 --nic virtio
keeps 100 --nic virtio-legacy
keeps 108 --nic virtio-mmio
keeps 104 --nic virtio-mmio-legacy
keeps 100 --nic rtl8139
keeps 100 --nic e1000

# What a driver of version 1 had is all that is read of it, and what it lacks is passed over.
sed 's/ABI 2u/ABI 1u/; s/^    int (\*poll)(struct wiredrill_device \*dev);$//; s/^    int (\*reset)(struct wiredrill_device \*dev);$//; s/^    void (\*counters).*$//' examples/driver/wiredrill_driver.h >$work/old/wiredrill_driver.h
for driver in rtl8139_portio e1000_mmio; do
    sed 's/\.poll = poll, \.reset = reset, \.counters = counters//' examples/driver/$driver.c >$work/old/$driver.c
    cc -w -shared -fPIC -I$work/old -o $work/old/$driver.so $work/old/$driver.c
    keeps 90 $work/old/$driver.so
    grep -q "version 1 of wiredrill_driver.h" $work/out && grep -qF 'the driver has no poll' $work/out
    verdict $? "$driver: version 1 is named, and what it lacks"
done
sed -i 's/ABI 1u/ABI 3u/' $work/old/wiredrill_driver.h
cc -w -shared -fPIC -I$work/old -o $work/later.so $work/old/e1000_mmio.c

# asked STATUS TEXT ARGUMENTS...
asked() {
    want=$1 text=$2; shift 2
    $wiredrill driver "$@" >$work/out 2>&1
    status=$?
    [ $status -eq "$want" ] && grep -qF -- "$text" $work/out
    verdict $? "driver $*: exit $status, \"$text\""
}
asked 2 'was built for version 3 of wiredrill_driver.h, this program knows versions 1 to 2' $work/later.so
asked 2 'one driver, FILE.so, or --nic K'
asked 2 'drives e1000, not rtl8139' --nic rtl8139 $examples/e1000_mmio.so
asked 2 'no check is called "transmit-nothing"' --only transmit-nothing --nic e1000
asked 2 'exports no symbol "wiredrill_driver"' build/release/examples/stack/blocking.so
asked 0 '4 passed, 0 failed, 0 skipped' --only receive-ring-end $examples/e1000_mmio.so
asked 0 '1 passed, 0 failed, 0 skipped' --only transmit-full $examples/e1000_mmio.so
asked 0 'transmit-lengths ' --list --nic rtl8139
asked 0 'virtio-mac-changes ' --list --nic virtio
asked 0 'virtio-notified ' --list --nic virtio-mmio

# What brings the process down is a failure of the check at hand, and of no other.
printf '#include <stdlib.h>\n#include "wiredrill_driver.h"\nstatic int attach(struct wiredrill_device *d, uint8_t m[6]) { (void)d, (void)m; return 0; }\nstatic int send(struct wiredrill_device *d, const void *f, size_t n) { (void)d, (void)f, (void)n; WRONG; return 0; }\nstatic int interrupt(struct wiredrill_device *d) { (void)d; return 0; }\nWIREDRILL_DRIVER(.name = "wrong", .vendor = 0x10ec, .device = 0x8139, .attach = attach, .send = send, .interrupt = interrupt);\n' >$work/wrong.c
wrong() { # WHAT SENTENCE
    cc -w -shared -fPIC -Iexamples/driver "-DWRONG=$1" -o $work/wrong.so $work/wrong.c
    asked 1 "$2" $work/wrong.so --only transmit-one
}
wrong '*(volatile int *)16 = 1' 'the process died in send(): Segmentation fault'
wrong 'exit(3)' 'send() ended the process with exit status 3'
wrong 'for (;;) wd_now_ns()' 'send() asked wd_now_ns a million times'
wrong 'inb(0x80)' 'the driver wrong touches port 0x80'
wrong '(void)0' 'of 1 frames that send() took, 1 never left, frame 1 first'

tools/museum.py >$work/museum.out 2>&1
count $work/museum.out $?
sed '$d' $work/museum.out
# The judge of the museum: what changes nothing, or is caught otherwise than it says, is told.
printf 'same\te1000_mmio.c\ts/RINGS = 32/RINGS = 16/\ttransmit-full\t\tno bug\ngone\te1000_mmio.c\ts/no such text//\ttransmit-full\t\tno bug\nother\te1000_mmio.c\ts/ \\| TX_RS//\ttransmit-several\tRDLEN\tno bug\n' >$work/refused.tsv
tools/museum.py --list $work/refused.tsv >$work/refused.out 2>&1
[ $? -eq 1 ] && grep -q '^same: NOT CAUGHT' $work/refused.out && grep -q '^gone: no longer applies' $work/refused.out && grep -q '^other: caught by transmit-several, which does not say' $work/refused.out
verdict $? "the museum tells what is not caught"
finish
