#!/bin/sh
# Seeds for the fuzzer of whole frames (fuzz/stack_frames.c) from the goldens: of each capture the frames that went to the host under test, at about their
# times. They go to build/seeds/stack_frames; what adds coverage to the corpus that is kept is merged into fuzz/corpus/stack_frames.
#
# usage: seeds.sh
set -eu
out=build/seeds/stack_frames
rm -rf build/seeds
mkdir -p $out fuzz/corpus/stack_frames
LC_ALL=C
export LC_ALL

# pcap with nanoseconds, little-endian, as the goldens are -> one input. Worlds: 0 looks for a lease, 1 has an address, 2 renews its lease.
cat >build/seeds/input.awk <<'AWK'
function u32(at) { return octet[at] + 256 * (octet[at + 1] + 256 * (octet[at + 2] + 256 * octet[at + 3])) }
function is_ours(at,    k) { # 52:54:00:12:34:56
    return octet[at] == 82 && octet[at + 1] == 84 && octet[at + 2] == 0 && octet[at + 3] == 18 && octet[at + 4] == 52 && octet[at + 5] == 86
}
function step_of(us) { return us < 1 ? 0 : us < 1000 ? 1 : us < 100000 ? 2 : us < 1000000 ? 3 : us < 10000000 ? 4 : us < 60000000 ? 5 : 6 }
{ for (k = 1; k <= NF; k++) octet[n++] = $k + 0 }
END {
    printf "%c", world
    now = 0
    for (at = 24; at + 16 <= n; at += 16 + len) {
        us = u32(at) * 1000000 + int(u32(at + 4) / 1000)
        len = u32(at + 8)
        if (is_ours(at + 16 + 6) || len > 1518) continue
        printf "%c%c", step_of(us - now) * 32 + aim * 8 + int(len / 256), len % 256
        for (k = 0; k < len; k++) printf "%c", octet[at + 16 + k]
        now = us
    }
}
AWK
for golden in $(find golden-pcaps -name '*.pcap' | sort); do
    name=$(echo "${golden#golden-pcaps/}" | tr '/@=' '___')
    case $golden in */dhcp/*renew*|*/dhcp/*rebind*) worlds='0 2' ;; */dhcp/*) worlds=0 ;; *) worlds=1 ;; esac
    for world in $worlds; do
        for aim in 0 1; do # as it was, and with the ids that this run's questions have
            od -An -v -tu1 -w16 "$golden" | awk -v world=$world -v aim=$aim -f build/seeds/input.awk >"$out/$name.$world$aim"
        done
    done
done
echo "$(ls $out | wc -l) seeds from goldens, $(du -bs $out | cut -f1) bytes"
make --no-print-directory -s -j2 VARIANT=fuzz build/fuzz/bin/stack_frames
build/fuzz/bin/stack_frames -merge=1 -use_counters=0 -max_len=4096 fuzz/corpus/stack_frames "$@" $out 2>&1 | grep -E 'MERGE-OUTER: [0-9]+ (new|files)|ERROR' || true
echo "fuzz/corpus/stack_frames: $(ls fuzz/corpus/stack_frames | wc -l) files, $(du -bs fuzz/corpus/stack_frames | cut -f1) bytes"
