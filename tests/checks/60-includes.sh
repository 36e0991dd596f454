# Dependencies run downwards: nothing under sim/ reaches stack/wire/, and of stack/ only bus.h but for the stack host; nothing under stack/
# reaches sim/, nor a folder above its own (includes.py has the house); and sim/ without its stack host links without stack/.
. tests/checks/count.sh
mkdir -p build
python3 tests/checks/includes.py >build/includes.log 2>&1
count build/includes.log $?
sed '$d' build/includes.log
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
