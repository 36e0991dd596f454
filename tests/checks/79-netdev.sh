# Kernels in QEMU on our peers, over a socket of each kind: Debian's iPXE gets its lease, a script and a file by TFTP, a script and a file by HTTP; GRUB's network stack
# a lease, a page and a file. What the monitor says of them is what tests/interop/ipxe.tsv and grub.tsv explain, live and in the audit of the capture. And what is said
# where the socket cannot be made.
. tests/checks/count.sh
work=build/netdev
wiredrill=$PWD/build/release/wiredrill
image=/usr/lib/ipxe/ipxe.lkrn
rm -rf $work; mkdir -p $work
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null' EXIT
trap 'exit 1' INT TERM
trap '' PIPE # who reads lines may be gone

# refused TEXT ARGUMENTS...: exit 2, and the sentence.
refused() {
    text=$1; shift
    timeout 10 $wiredrill live "$@" </dev/null >$work/out 2>&1
    status=$?
    [ $status -eq 2 ] && grep -qF -- "$text" $work/out
    verdict $? "live $*: exit $status, \"$text\": $(head -1 $work/out)"
}
refused 'neither dgram:PATH nor stream:PATH' --netdev tap0
refused 'neither dgram:PATH nor stream:PATH' --netdev dgram:
refused "at $work/none/s: No such file or directory" --netdev dgram:$work/none/s
refused "$work/out is there already, and is no socket" --netdev stream:$work/out
refused 'path has at most 107 octets' --netdev dgram:$work/$(printf '%0120d' 0)
refused 'a TAP device or a socket for QEMU' --netdev dgram:$work/s --tap tap0
refused 'a TAP device or a socket for QEMU'
refused "cannot read $work/none.pkt" --netdev dgram:$work/s $work/none.pkt
[ ! -e $work/s ]; verdict $? 'what is refused leaves no socket'

begin() { # NAME SOCKET: our peers, in the background, with lines of the standard input
    rm -f $work/$1.lines; mkfifo $work/$1.lines
    $wiredrill live --netdev $2 --pcap $work/$1.pcap tests/interop/boot.pkt <$work/$1.lines >$work/$1.out 2>&1 &
    server=$!
    exec 7>$work/$1.lines
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ -S $work/socket ] && break
        sleep 0.1
    done
}
over() { # NAME
    exec 7>&-
    kill -INT $server; wait $server; status=$?; server=
    ! grep -q 'AddressSanitizer\|runtime error' $work/$1.out; verdict $? "$1: no sanitizer speaks"
}
# Rules of findings that are certain, and not explained.
accused() { # TEXT
    sed -n 's/.*: \([a-z]*\.[a-z-]*\) (\(MUST\|SHOULD\|convention\), .*/\1/p' | sort -u | grep -vxF -f $work/explained | tr '\n' ' '
}
sed '/^#/d' tests/interop/ipxe.tsv | cut -f1 >$work/explained

boot() { # NAME SOCKET NETDEV CARD
    begin $1 $2
    echo 'lan latency 5ms' >&7
    echo 'loss 300%' >&7
    timeout 60 qemu-system-i386 -M pc -m 128 -display none -vga none -serial none -monitor none -no-reboot -netdev "$3" -device $4,netdev=net0,romfile= \
        -kernel $image -append 'ifconf -c dhcp && chain tftp://10.0.2.5/first.ipxe || reboot' >$work/qemu.out 2>&1
    verdict $? "$1: iPXE ends by itself: $(head -1 $work/qemu.out)"
    over $1
    [ $status -eq 1 ]; verdict $? "$1: exit $status, for dhcp.secs is a MUST"
    grep -qF 'link lan: latency 5ms' $work/$1.out; verdict $? "$1: a line is read while it runs"
    late=$($wiredrill show $work/$1.pcap | awk '/dhcp discover/ && !asked { asked = $1 } /dhcp offer/ { printf "%d", ($1 - asked) * 1000 + 0.5; exit }')
    [ "${late:-0}" -ge 10 ]; verdict $? "$1: and the wire is slower from then on, an offer $late ms behind its DISCOVER"
    grep -qF 'loss cannot be 300%' $work/$1.out; verdict $? "$1: not every line is a change"
    for seen in 'GET /big HTTP/1.1' 'GET /second.ipxe HTTP/1.1' 'GET /done HTTP/1.1'; do
        grep -aqF "$seen" $work/$1.pcap; verdict $? "$1: iPXE asks: $seen"
    done
    grep -q '^the kernel: [0-9]* frames judged by [0-9]* rules, 1 connections$' $work/$1.out; verdict $? "$1: the table comes at the end"
    ! grep -q 'violation' $work/$1.out; verdict $? "$1: our peers find nothing wrong: $(grep violation $work/$1.out)"
    grep -qE '^ +1  MUST +dhcp.secs +RFC2131-3.1-4$' $work/$1.out; verdict $? "$1: secs of iPXE's REQUEST is another than its DISCOVER's"
    false=$(accused <$work/$1.out)
    [ -z "$false" ]; verdict $? "$1: nothing else is said of iPXE: $false"
    $wiredrill audit --at-host --host 52:54:00:12:34:56 --verbose $work/$1.pcap >$work/$1.audit
    false=$(sed 's/ breaks /: /' $work/$1.audit | accused)
    [ $? -eq 0 ] && [ -z "$false" ] && grep -q 'breaks dhcp.secs (MUST' $work/$1.audit; verdict $? "$1: nor by the audit: $false"
    for peer in 1 2 3 5 80; do # tcp.flight: the peers' TCP has no congestion window
        $wiredrill audit --host 10.0.2.$peer $work/$1.pcap
    done | grep ' breaks ' | grep -v ' breaks tcp.flight ' >$work/$1.peers
    [ ! -s $work/$1.peers ]; verdict $? "$1: nothing is said of our peers: $(head -1 $work/$1.peers)"
}

# GRUB's network stack, which iPXE's card drives: its own TCP and HTTP, a lease asked for again, a file of each server.
grub() {
    grub-mkimage -O i386-pc-pxe -c tests/interop/grub.cfg -p '(pxe)' -o $work/grub.pxe net tftp http pxe echo cat serial terminal reboot normal 2>$work/mkimage
    verdict $? "grub: an image is made: $(head -1 $work/mkimage)"
    cat tests/interop/grub.tsv tests/interop/ipxe.tsv | sed '/^#/d' | cut -f1 >$work/explained
    begin grub dgram:$work/socket
    timeout 60 qemu-system-i386 -M pc -m 128 -display none -vga none -serial file:$work/serial -monitor none -no-reboot \
        -netdev dgram,id=net0,local.type=unix,local.path=$work/socket.qemu,remote.type=unix,remote.path=$work/socket -device e1000,netdev=net0,romfile= \
        -kernel $image -initrd $work/grub.pxe -append 'ifconf -c dhcp && chain <INITRD>' >$work/qemu.out 2>&1
    verdict $? "grub: it ends by itself: $(head -1 $work/qemu.out)"
    over grub
    grep -qa 'pxe:dhcp 52:54:00:12:34:56 10.0.2.15' $work/serial; verdict $? 'grub: it has its lease'
    tr -d '\r' <$work/serial | grep -qax done; verdict $? 'grub: a page by HTTP'
    grep -qa 'GET /done HTTP/1.1' $work/grub.pcap; verdict $? 'grub: and asked for it'
    grep -qa 'hello by TFTP' $work/serial; verdict $? 'grub: a file by TFTP'
    grep -qa 'GRUB is done' $work/serial; verdict $? 'grub: it comes to its end'
    false=$(accused <$work/grub.out)
    [ -z "$false" ]; verdict $? "grub: nothing else is said of it: $false"
    ! grep -q 'violation' $work/grub.out; verdict $? "grub: our peers find nothing wrong: $(grep violation $work/grub.out)"
    $wiredrill audit --at-host --host 52:54:00:12:34:56 --verbose $work/grub.pcap >$work/grub.audit
    false=$(sed 's/ breaks /: /' $work/grub.audit | accused)
    [ -z "$false" ]; verdict $? "grub: nor by the audit: $false"
}

if ! command -v qemu-system-i386 >/dev/null; then
    why='no qemu-system-i386 is here'
elif [ ! -r $image ]; then
    why="no $image is here"
elif $wiredrill list | grep -q 'dns-resolver'; then
    why=
else
    why='built without ldns'
fi
if [ -n "$why" ]; then
    skip 'iPXE on a dgram socket' "$why"
    skip 'iPXE on a stream socket' "$why"
    skip 'GRUB' "$why"
else
    boot dgram dgram:$work/socket dgram,id=net0,local.type=unix,local.path=$work/socket.qemu,remote.type=unix,remote.path=$work/socket e1000
    boot stream stream:$work/socket stream,id=net0,server=off,addr.type=unix,addr.path=$work/socket virtio-net-pci
    if command -v grub-mkimage >/dev/null && [ -e /usr/lib/grub/i386-pc/http.mod ]; then
        grub
    else
        skip 'GRUB' 'no grub-mkimage with network modules is here'
    fi
fi
[ ! -e $work/socket ]; verdict $? 'the socket is gone'
finish
