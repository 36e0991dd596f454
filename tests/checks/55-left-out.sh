# A build with a module left out (DNS, DHCP, TCP, UDP with all that stands on it) links without its objects, and starts; where the objects are there all the
# same, every call answers that the protocol is not supported. A call of what is left out does not link, which shows that it is out.
. tests/checks/count.sh
dir=build/left-out
rm -rf $dir
mkdir -p $dir
stack=$(find stack -name '*.c' | sed 's,^,build/release/,; s,c$,o,' | sort)
flags="-std=c11 -I. -O1 -g -Wall -Wextra -Werror"
# build NAME OBJECTS FLAGS...
build() {
    out=$dir/$1 linked=$2; shift 2
    cc $flags "$@" -o "$out" tests/checks/left_out.c $linked >"$out.log" 2>&1
}
complain() { bad "$1"; [ -z "${2:-}" ] || head -20 "$2"; }
runs() { # NAME OBJECTS FLAGS...
    if ! build "$@"; then complain "$1 does not link" "$dir/$1.log"
    elif ! "$dir/$1" >"$dir/$1.log" 2>&1; then complain "$1 does not answer as it should" "$dir/$1.log"
    else echo "$1: links and answers"; ok
    fi
}
without() { echo "$stack" | grep -vE "/stack/full\.o|$1"; }
dns='/service/dns|/wire/dns'
dhcp='/service/dhcp|/wire/dhcp'
udp="$dns|$dhcp|/transport/udp|/wire/udp|/socket/(socket_udp|kinds)\.o|/service/(sntp|traceroute|udp_echo)|/wire/ntp"
tcp='/service/(http|line|telnet)|/transport/tcp/|/wire/tcp|/socket/(socket_tcp.*|kinds)\.o'
runs everything "$stack"
for module in dns dhcp udp tcp; do
    define=-DNO_$(echo $module | tr a-z A-Z)
    eval "pattern=\$$module"
    objects=$(without "$pattern")
    runs "no-$module" "$objects" $define
    runs "no-$module-in-the-table" "$stack" $define -DLINKED
    if build "no-$module-but-called" "$objects" $define -DWANTED; then
        complain "no-$module-but-called links: it was not left out"
    elif grep -q 'undefined reference' "$dir/no-$module-but-called.log"; then
        echo "no-$module-but-called: does not link, as it should"; ok
    else
        complain "no-$module-but-called fails for another reason" "$dir/no-$module-but-called.log"
    fi
done
finish
