#!/bin/sh
# Seeds for fuzzers, to build/seeds/TARGET. What adds coverage to the corpus that is kept, of them and of what fuzzing made in build/fuzz/TARGET, is merged
# into fuzz/corpus/TARGET.
#
# stack_frames: of each golden the frames that went to the host under test, at about their times. packet_text: every frame of a golden. wire_dns, wire_dhcp,
# wire_ntp: what is in the frame's UDP. capture: both formats in their variants. (The targets script and scenario read the scenarios themselves: tools/fuzz.sh.)
#
# usage: seeds.sh
set -eu
targets='stack_frames packet_text wire_dns wire_dhcp wire_ntp capture'
out=build/seeds/stack_frames
rm -rf build/seeds
for target in $targets; do mkdir -p build/seeds/$target fuzz/corpus/$target; done
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
    printf "%c%s", world, calls
    now = 0
    for (at = 24; at + 16 <= n; at += 16 + len) {
        us = u32(at) * 1000000 + int(u32(at + 4) / 1000)
        len = u32(at + 8)
        if (is_ours(at + 16 + 6) || len > 1518) continue
        printf "%c%c", step_of(us - now) * 32 + aim * 8 + int(len / 256), len % 256
        for (k = 0; k < len; k++) printf "%c", octet[at + 16 + k]
        now = us
    }
    printf "%s", last
}
AWK
for golden in $(find golden-pcaps -name '*.pcap' | sort); do
    name=$(echo "${golden#golden-pcaps/}" | tr '/@=' '___')
    case $golden in */dhcp/*renew*|*/dhcp/*rebind*) worlds='0 2' ;; */dhcp/*) worlds=0 ;; *) worlds=1 ;; esac
    # In the end the names are asked again: they are in the cache. Calls first: the knob dns.edns, a cache without the name, the question again.
    case $golden in */dns/*edns*|*/dns/*opt*) calls='\366\001\357\000\347\000' ;; *) calls= ;; esac
    case $golden in */dns/*) last='\347\000' ;; *) last= ;; esac
    for world in $worlds; do
        for aim in 0 1; do # as it was, and with the ids that this run's questions have
            od -An -v -tu1 -w16 "$golden" | awk -v world=$world -v aim=$aim -v calls="$calls" -v last="$last" -f build/seeds/input.awk >"$out/$name.$world$aim"
        done
    done
done
# Of calls: knobs, routes, questions about the state, options and headers of the user's own, a device that
# has no room for a while. The first octet of a call is 224 and its number.
header='\106\000\000\000\000\000\000\000\100\375\000\000\000\000\000\000\012\000\002\002\001\001\001\000'
for world in 0 1 2; do
    for argument in 0 1 2 3 4 5 6 7 10 11 14 15 20 21 34 35; do
        octal=$(printf '\\%03o' $argument)
        for call in 22 26 27; do
            printf "\\00$world$(printf '\\%03o' $((224 + call)))$octal\\347\\001\\347\\000" >$out/call_$call.$world$argument
        done
        printf "\\00$world\\371\\004\\014abc\\371\\003$octal:)\\344\\000\\356\\001" >$out/call_option.$world$argument
        printf "\\00$world\\367\\001\\347\\001\\351$octal\\367\\000\\367\\001\\351\\360\\342$octal" >$out/call_full.$world$argument
        printf "\\00$world\\370\\030$header\\370\\031${header}a\\351$octal" >$out/call_header.$world$argument
    done
done
# One file a frame, and what is in its UDP.
cat >build/seeds/frames.awk <<'AWK'
function u16(at) { return 256 * octet[at] + octet[at + 1] }
function u32(at) { return octet[at] + 256 * (octet[at + 1] + 256 * (octet[at + 2] + 256 * octet[at + 3])) }
function write(target, from, to,    k, file) {
    file = "build/seeds/" target "/" name "." frame
    for (k = from; k < to; k++) printf "%c", octet[k] >file
    close(file)
}
function service(at) { return u16(at) == 53 ? "wire_dns" : u16(at) == 67 ? "wire_dhcp" : u16(at) == 123 ? "wire_ntp" : "" }
{ for (k = 1; k <= NF; k++) octet[n++] = $k + 0 }
END {
    for (at = 24; at + 16 <= n; at += 16 + len) {
        len = u32(at + 8); eth = at + 16; udp = eth + 34
        frame++
        if (len == 0 || len > 1518) continue
        write("packet_text", eth, eth + len)
        if (len < 43 || u16(eth + 12) != 2048 || octet[eth + 14] != 69 || octet[eth + 23] != 17) continue
        target = service(udp) service(udp + 2)
        if (target != "" && target !~ /_.*_/) write(target, udp + 8, eth + len)
    }
}
AWK
for golden in $(find golden-pcaps -name '*.pcap' | sort); do
    od -An -v -tu1 -w16 "$golden" | awk -v name="$(echo "${golden#golden-pcaps/}" | tr '/@=' '___')" -f build/seeds/frames.awk
done
python3 tests/checks/captures.py make build/seeds/capture
for target in $targets; do
    echo "$(ls build/seeds/$target | wc -l) seeds for $target"
    make --no-print-directory -s -j2 VARIANT=fuzz build/fuzz/bin/$target
    build/fuzz/bin/$target -merge=1 -use_counters=0 -max_len=4096 fuzz/corpus/$target build/seeds/$target $(ls -d build/fuzz/$target 2>/dev/null || true) 2>&1 | grep -E 'MERGE-OUTER: [0-9]+ (new|files)|ERROR' || true
    echo "fuzz/corpus/$target: $(ls fuzz/corpus/$target | wc -l) files, $(du -bs fuzz/corpus/$target | cut -f1) bytes"
done
