# Bad input gets a sentence: each case says one clear thing on stderr or stdout, exits with the status that is due, and leaves nothing behind.
passed=0 failed=0
wiredrill=$PWD/build/asan/wiredrill
work=build/errors
rm -rf $work; mkdir -p $work/scenarios/x $work/golden-pcaps/x $work/empty
root=$PWD
cd $work || exit 1
good='// A request is answered.
sut eth0 ip 10.0.2.15/24
host raw peer ip 10.0.2.2
0 < arp request who-has 10.0.2.15 tell 10.0.2.2
+0 > arp reply 10.0.2.15 is-at eth0'

# expect STATUS TEXT COMMAND...: the output holds TEXT, no sanitizer speaks, no file appears or changes.
expect() {
    want=$1 text=$2; shift 2
    before=$(find . -type f ! -name out -exec cksum {} + | sort)
    "$@" >out 2>&1
    status=$?
    after=$(find . -type f ! -name out -exec cksum {} + | sort)
    if [ $status -ne "$want" ]; then
        echo "$*: exit $status, expected $want"; cat out; failed=$((failed + 1))
    elif ! grep -qF -- "$text" out; then
        echo "$*: does not say \"$text\":"; cat out; failed=$((failed + 1))
    elif grep -qE 'AddressSanitizer|runtime error' out; then
        echo "$*: a sanitizer spoke"; head -20 out; failed=$((failed + 1))
    elif [ "$before" != "$after" ]; then
        echo "$*: files changed"; failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}
script() { # NAME: the script from standard input
    cat >"scenarios/x/$1.pkt"
}

echo "$good" | sed 's/+0 >/+0 asert 1 == 1\n+0 >/' | script typo
expect 2 'scenarios/x/typo.pkt:5:4:' $wiredrill run scenarios/x/typo.pkt
expect 2 'assert' $wiredrill run scenarios/x/typo.pkt
echo "$good" | sed 's/host raw/host dhcp-sever/' | script kind
expect 2 'dhcp-server' $wiredrill run scenarios/x/kind.pkt
expect 2 'scenarios/x/kind.pkt:3:' $wiredrill run scenarios/x/kind.pkt
echo "$good" | sed 's/arp reply/arp repyl/' | script packet
expect 2 'scenarios/x/packet.pkt:5:' $wiredrill run scenarios/x/packet.pkt
echo "$good" | sed 's/is-at eth0/is-at eth0 nosuchfield 3/' | script field
expect 2 'nosuchfield' $wiredrill run scenarios/x/field.pkt
echo "$good" | sed 's/tell 10.0.2.2/tell $who/' | script unbound
expect 2 'who' $wiredrill run scenarios/x/unbound.pkt
(echo "$good"; echo '+1 link lan lose frame 7') | script fault
expect 1 'never applied' $wiredrill run scenarios/x/fault.pkt
(echo "$good"; echo 'ignore > udp') | script ignored
expect 1 'never applied' $wiredrill run scenarios/x/ignored.pkt
: | script nothing
expect 2 'scenarios/x/nothing.pkt' $wiredrill run scenarios/x/nothing.pkt
expect 2 'no script' $wiredrill run empty
expect 2 'nowhere' $wiredrill run nowhere
echo "$good" | script good
$wiredrill run --bless --quiet scenarios/x/good.pkt >/dev/null || { echo "the good script does not pass"; failed=$((failed + 1)); }
expect 0 '2 passed' $wiredrill run --strict scenarios/x/good.pkt
head -c 70 golden-pcaps/x/good.pcap >cut && mv cut golden-pcaps/x/good.pcap
expect 2 'golden-pcaps/x/good.pcap' $wiredrill run scenarios/x/good.pkt
head -c 10 golden-pcaps/x/good.pcap >cut && mv cut golden-pcaps/x/good.pcap
expect 2 'golden-pcaps/x/good.pcap' $wiredrill run scenarios/x/good.pkt
rm golden-pcaps/x/good.pcap
expect 1 'there is no golden' $wiredrill run --strict scenarios/x/good.pkt
mkdir scenarios/x/folder.pkt
expect 2 'folder.pkt' $wiredrill run scenarios/x/folder.pkt
expect 2 'is no number' $wiredrill run --seed x scenarios/x/good.pkt
expect 2 'did you mean --seed' $wiredrill run --sed 3 scenarios/x/good.pkt
expect 2 'no NIC' $wiredrill run --nic e1001 scenarios/x/good.pkt
expect 2 'did you mean run' $wiredrill rum scenarios/x/good.pkt
expect 2 'no such knob' $wiredrill run --set arp.expirey=3s scenarios/x/good.pkt
expect 2 'which scenarios' $wiredrill run
expect 2 'which captures' $wiredrill replay
expect 2 'no-such.pcap' $wiredrill replay no-such.pcap
expect 2 'nofile.so' $wiredrill run --sut ./nofile.so scenarios/x/good.pkt
echo 'not a shared object' >text.so
expect 2 'text.so' $wiredrill run --sut ./text.so scenarios/x/good.pkt
echo 'int nothing_here;' | cc -shared -fPIC -x c - -o bare.so
expect 2 'wiredrill_sut' $wiredrill run --sut ./bare.so scenarios/x/good.pkt
printf '#include "sim/hosts/sut.h"\nconst struct sut wiredrill_sut = {.abi = SUT_ABI + 1, .name = "old"};\n' | cc -shared -fPIC -I"$root" -x c - -o old.so
expect 2 'version' $wiredrill run --sut ./old.so scenarios/x/good.pkt
expect 2 'text.so' $wiredrill show text.so
expect 2 'one capture' $wiredrill show
if [ "$(id -u)" != 0 ]; then
    chmod 000 scenarios/x/good.pkt
    expect 2 'good.pkt' $wiredrill run scenarios/x/good.pkt
    chmod 644 scenarios/x/good.pkt
fi
cd "$root" && echo "$passed passed, $failed failed, 0 skipped"
