# Dependencies run downwards: nothing under sim/ reaches stack/wire/, nothing under stack/ reaches sim/, and sim/ without its stack host links
# without stack/. What the compiler itself says (cc -M) is believed.
passed=0 failed=0
reaches() { # FILE PATTERN
    cc -std=c11 -I. -Ibuild/release -D_GNU_SOURCE -DHAVE_SLIRP -DHAVE_LDNS -M "$1" 2>/dev/null | tr ' ' '\n' | grep -E "$2"
}
for file in $(find sim -name '*.c' | sort); do
    if reaches "$file" '^(\./)?stack/wire/'; then echo "$file reaches stack/wire/"; failed=$((failed + 1)); else passed=$((passed + 1)); fi
    case "$file" in
    sim/hosts/*|sim/cli/*) ;;
    *) if reaches "$file" '^(\./)?stack/' | grep -vE 'stack/(stack|port)\.h|stack/driver/bus\.h|stack/core/(addr|error|netif|netbuf)\.h'; then
           echo "$file sees more of stack/ than its front door"; failed=$((failed + 1)); fi ;;
    esac
done
for file in $(find stack -name '*.c' | sort); do
    if reaches "$file" '^(\./)?sim/'; then echo "$file reaches sim/"; failed=$((failed + 1)); else passed=$((passed + 1)); fi
done
# The simulation alone: every object but the stack host, the plug-ins' adaptors and the command, against libraries only.
objects=$(find build/release/sim -name '*.o' | grep -vE '/sim/(cli|hosts/(stack_sut|driver_plugin|suts|sut_lwip)|hosts/lwip)' | sort)
echo 'int main(void) { return 0; }' >build/alone.c
if cc -o build/alone build/alone.c -Wl,--whole-archive $objects -Wl,--no-whole-archive -Wl,--unresolved-symbols=report-all -lpcap -ldl $(test -e /usr/include/slirp/libslirp.h && echo -lslirp) $(test -e /usr/include/ldns/ldns.h && echo -lldns) 2>build/alone.err; then
    passed=$((passed + 1))
else
    grep -o 'undefined reference.*' build/alone.err | sort -u | head -20
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed, 0 skipped"
