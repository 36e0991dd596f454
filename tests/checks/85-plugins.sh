# Plug-ins: the examples build and do what they say, lwIP runs twice the same, a driver's wrong plug-in gets a sentence.
passed=0 failed=0 skipped=0
wiredrill=build/release/wiredrill
examples=build/release/examples
work=build/plugins
mkdir -p $work
make --no-print-directory examples >$work/make.log 2>&1 || { tail -20 $work/make.log; echo "0 passed, 1 failed, 0 skipped"; exit 1; }

# expect STATUS TEXT COMMAND...
expect() {
    want=$1 text=$2; shift 2
    "$@" >$work/out 2>&1
    status=$?
    if [ $status -ne "$want" ] || ! grep -qF -- "$text" $work/out; then
        echo "$*: exit $status, expected $want and \"$text\":"; tail -30 $work/out; failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}
# What asserts counters of the drivers in stack/ is not for drivers of others.
protocols=$(ls -d scenarios/* | grep -vE "/(e1000|rtl8139|link)$")
expect 0 ' 0 failed' $wiredrill run --driver $examples/driver/rtl8139_portio.so $protocols
expect 0 ' 0 failed' $wiredrill run --driver $examples/driver/e1000_mmio.so $protocols
expect 0 '1 passed' $wiredrill run --sut $examples/stack/blocking.so scenarios/slirp/request-gateway-pong.pkt
expect 0 '1 passed' $wiredrill run --sut $examples/stack/eth_receive.so scenarios/arp/request-host-reply.pkt
expect 2 'drives rtl8139, not e1000' $wiredrill run --driver $examples/driver/rtl8139_portio.so --nic e1000 scenarios/arp
expect 2 'WIREDRILL_DRIVER' $wiredrill run --driver $examples/stack/blocking.so scenarios/arp
expect 2 'wiredrill_sut' $wiredrill run --sut $examples/driver/rtl8139_portio.so scenarios/arp
printf '#include "wiredrill_driver.h"\nWIREDRILL_DRIVER(.name = "none");\n' | cc -shared -fPIC -Iexamples/driver -x c - -o $work/none.so
expect 2 'attach is not set' $wiredrill run --driver $work/none.so scenarios/arp
printf '#include "sim/hosts/sut.h"\nconst struct sut wiredrill_sut = {.abi = SUT_ABI, .name = "x"};\n' | cc -shared -fPIC -I. -x c - -o $work/flags.so
expect 2 'SUT_FRAMES' $wiredrill run --sut $work/flags.so scenarios/arp

if [ -e build/release/wiredrill-lwip.so ]; then
    # Debian's lwIP has no DHCP in it: each of those scenarios is skipped and says why, and none of the others kills or hangs it.
    expect 0 ' 0 failed' $wiredrill run --sut lwip scenarios/dhcp
    expect 0 'lwip has no dhcp_start' $wiredrill run --sut lwip scenarios/dhcp/offer-selecting-lost.pkt
    expect 0 '0 passed' $wiredrill run --sut lwip scenarios/dhcp
    for one in ipv4/source-own ipv4/multicast-all-hosts udp/receive-two-waiters udp/echo-service-loop sockets/raw-send-only; do
        expect 0 ' 0 failed, 0 skipped' $wiredrill run --sut lwip scenarios/$one.pkt
    done
    expect 1 "2 passed, 2 failed" $wiredrill run --sut lwip scenarios/udp/send-to-ourselves.pkt # it takes in 127.0.0.1 alone
    expect 1 'failed, by requirement:' $wiredrill run --sut lwip scenarios/arp scenarios/icmp scenarios/udp
    if grep -qE 'the process (died|hung)' $work/out; then grep -E 'the process (died|hung)' $work/out; failed=$((failed + 1)); else passed=$((passed + 1)); fi
    $wiredrill fingerprint --sut lwip scenarios/routing >$work/first 2>&1
    $wiredrill fingerprint --sut lwip --jobs 1 scenarios/routing >$work/second 2>&1
    if cmp -s $work/first $work/second; then passed=$((passed + 1)); else echo "lwip: two runs differ"; diff $work/first $work/second; failed=$((failed + 1)); fi
else
    echo "skipped: lwIP is not here"; skipped=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
