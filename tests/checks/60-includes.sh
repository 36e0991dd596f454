# Dependencies run downwards: nothing under sim/ reaches stack/wire/, and of stack/ only bus.h but for the stack host; nothing under stack/
# reaches sim/, nor a folder above its own; and sim/ without its stack host links without stack/. What the compiler itself says (cc -M) is believed, of each file, header
# and generated file, by the file that a path ends at, however it was written; a file that it cannot read is a failure, not an empty list.
. tests/checks/count.sh
here=$(pwd -P)
# What FILE reaches, one a line; asked once.
rm -rf build/reached; mkdir -p build/reached
reaches() {
    kept=build/reached/$(echo "$1" | tr / %)
    [ -s "$kept" ] || ask "$1" >"$kept"
    cat "$kept"
}
ask() {
    cc -std=c11 -I. -Ibuild/release -Iexamples/driver -isystem /usr/include/lwip -D_GNU_SOURCE -DHAVE_SLIRP -DHAVE_LDNS -M -x c "$1" 2>build/includes.err |
        sed 's/^[^:]*://' | tr ' \\' '\n\n' | grep . | xargs -d '\n' realpath | sed "s,^$here/,,"
}
judge() { # FILE FORBIDDEN ALLOWED WHAT
    list=$(reaches "$1")
    echo "$list" | grep -qxF "$1" || { bad "$1: the compiler does not say what it reaches: $(head -1 build/includes.err)"; return; }
    wrong=$(echo "$list" | grep -E "$2" | grep -vE "$3" | grep -vxF "$1" | tr '\n' ' ')
    if [ -n "$wrong" ]; then bad "$1 $4: $wrong"; else ok; fi
}
# On a machine without a library the files that stand on it cannot be read, and are not built.
absent='^$'
[ -e /usr/include/slirp/libslirp.h ] || absent="$absent|/slirp\.c$"
[ -e /usr/include/ldns/ldns.h ] || absent="$absent|/dns_resolver\.c$"
[ -e /usr/include/lwip/lwip/init.h ] || absent="$absent|/lwip/"
sources=$(find sim -name '*.[ch]'; for made in $(find sim -name '*.l' | sed 's/\.l$/.lex/') $(find sim -name '*.y' | sed 's/\.y$/.tab/'); do echo build/release/$made.[ch]; done | tr ' ' '\n')
for file in $(echo "$sources" | grep -vE "$absent" | sort); do
    case "$file" in
    sim/hosts/stack_sut*|sim/hosts/driver_plugin.*) judge "$file" '^(stack/wire|stack/(link|net|transport)/)' '^$' "sees what is inside the stack" ;;
    *) judge "$file" '^stack/' '^stack/driver/bus\.h$' "is not the stack host and sees more of stack/ than its bus" ;;
    esac
done
# The simulation's house, from the bottom; what stands in one row sees nothing of its own row.
#   base < world < wire < packet, nic < record, hosts, judge, language < topology < play < suite < cli
beyond() { # FILE: the folders of sim/ that it must not reach
    case "$1" in
    */sim/base/*|sim/base/*) echo 'world|wire|packet|nic|record|hosts|judge|language|topology|play|suite|cli' ;;
    */sim/world/*|sim/world/*) echo 'wire|packet|nic|record|hosts|judge|language|topology|play|suite|cli' ;;
    */sim/wire/*|sim/wire/*) echo 'packet|nic|record|hosts|judge|language|topology|play|suite|cli' ;;
    */sim/packet/*|sim/packet/*) echo 'world|wire|nic|record|hosts|judge|language|topology|play|suite|cli' ;;
    */sim/nic/*|sim/nic/*) echo 'wire|packet|record|hosts|judge|language|topology|play|suite|cli' ;;
    */sim/record/*|sim/record/*) echo 'nic|hosts|judge|language|topology|play|suite|cli' ;;
    */sim/hosts/*|sim/hosts/*) echo 'record|judge|language|topology|play|suite|cli' ;;
    */sim/judge/*|sim/judge/*) echo 'nic|record|hosts|language|topology|play|suite|cli' ;;
    */sim/language/*|sim/language/*) echo 'world|wire|nic|record|hosts|judge|topology|play|suite|cli' ;;
    */sim/topology/*|sim/topology/*) echo 'judge|play|suite|cli' ;;
    */sim/play/*|sim/play/*) echo 'suite|cli' ;;
    */sim/suite/*|sim/suite/*) echo 'cli' ;;
    *) echo '-' ;;
    esac
}
for file in $(echo "$sources" | grep -vE "$absent" | sort); do
    judge "$file" "^sim/($(beyond "$file"))/" '^$' "reaches up in the simulation's house"
done
# The house, from the bottom: core; wire, and link on it; net; transport; socket; service. Drivers stand beside link.
above() { # FILE: the folders of stack/ that it must not reach
    case "$1" in
    stack/core/*) echo 'wire|link|driver|net|transport|socket|service' ;;
    stack/wire/*) echo 'link|driver|net|transport|socket|service' ;;
    stack/driver/*) echo 'wire|link|net|transport|socket|service' ;;
    stack/link/*) echo 'driver|net|transport|socket|service' ;;
    stack/net/*) echo 'driver|transport|socket|service' ;;
    stack/transport/*) echo 'driver|socket|service' ;;
    stack/socket/*) echo 'driver|service' ;;
    stack/service/*) echo 'driver' ;;
    *) echo '-' ;;
    esac
}
for file in $(find stack -name '*.[ch]' | sort); do
    judge "$file" "^(sim|tests|fuzz|examples|build)/|^stack/($(above "$file"))/" '^$' "reaches out of stack/, or up in it"
done
# A service stands on the transports; of net/ it sees what their headers show, ip.h.
for file in $(find stack/service -name '*.[ch]' | sort); do judge "$file" '^stack/net/' '^stack/net/(ip|net)\.h$' "sees a private header of net/"; done
# The examples are what users have: the plug's header, the driver's alone, and stack/ for a kernel.
for file in examples/stack/*.c; do judge "$file" '^(sim|stack|examples)/' '^(sim/hosts/sut|sim/base/value|stack/driver/bus)\.h$' "needs more than sut.h"; done
for file in examples/driver/*.c; do judge "$file" '^(sim|stack|examples)/' '^examples/driver/' "needs more than its header"; done
judge examples/kernel/kernel.c '^(sim|examples)/' '^$' "needs more than stack/"
# The simulation alone: every object but the stack host, the plug-ins' adaptors and the command, against libraries only. What is left in build/ of a
# source that is gone is not looked at.
objects=
for object in $(find build/release/sim -name '*.o' | grep -vE '/sim/(cli|hosts/(stack_sut|driver_plugin|suts)|hosts/lwip)' | sort); do
    source=${object#build/release/} source=${source%.o}
    case "$source" in *.lex) source=${source%.lex}.l ;; *.tab) source=${source%.tab}.y ;; *) source=$source.c ;; esac
    [ ! -e "$source" ] || objects="$objects $object"
done
echo 'int main(void) { return 0; }' >build/alone.c
[ -n "$objects" ] && cc -o build/alone build/alone.c -Wl,--whole-archive $objects -Wl,--no-whole-archive -Wl,--unresolved-symbols=report-all -ldl $(test -e /usr/include/slirp/libslirp.h && echo -lslirp) $(test -e /usr/include/ldns/ldns.h && echo -lldns) 2>build/alone.err
verdict $? "the simulation links without the stack"
[ ! -s build/alone.err ] || grep -o 'undefined reference.*' build/alone.err | sort -u | head -20
finish
