# Captures, fed to the stack as they are, promiscuous and rewritten to reach it, on both NICs: every golden of the tree, and every capture of the folders
# that CAPTURES names. No sanitizer speaks, every frame ends in exactly one way under a name that is not "other", and twice is the same. A capture of
# another link type is refused; of the goldens none is. What counts is a capture that was told of.
. tests/checks/count.sh
find golden-pcaps ${CAPTURES:-} -name '*.pcap' -o -name '*.pcapng' | sort >build/replay.files
replay() { # OPTIONS...
    xargs -d '\n' build/asan/wiredrill replay "$@" <build/replay.files >build/replay.first 2>build/replay.err
    xargs -d '\n' build/release/wiredrill replay "$@" <build/replay.files >build/replay.second 2>/dev/null
    complaints=$(grep -cE 'accounted for$|FAILED|runtime error|Sanitizer|hung|^ +[0-9]+  (filtered|dropped|held) *(other)?$' build/replay.first build/replay.err | awk -F: '{ n += $2 } END { print n }')
    refused=$(grep -c 'link type' build/replay.err)
    told=$(grep -c 'frames fed' build/replay.first)
    wanted=$(wc -l <build/replay.files)
    ok $told
    if [ "$complaints" -gt 0 ] || ! cmp -s build/replay.first build/replay.second || [ $((told + refused)) -ne "$wanted" ] || grep -q '^golden-pcaps.*link type' build/replay.err; then
        bad "replay $*: $complaints complaints, $told told of $wanted, $refused refused"
        grep -E 'accounted for$|FAILED|runtime error|Sanitizer|link type' build/replay.first build/replay.err | head
        diff build/replay.first build/replay.second | head -5
    fi
}
for nic in e1000 rtl8139; do
    replay --nic $nic
    replay --nic $nic --promiscuous
    replay --nic $nic --to 52:54:00:12:34:56/10.0.2.15
done
finish
