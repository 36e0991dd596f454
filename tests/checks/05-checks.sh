# The checks, checked: each has what it must find planted in a small tree of its own, and finds it. Every way in which one was fooled stands here: programs
# that do nothing or die, lists that are empty, tools that crash, names that are written another way.
. tests/checks/count.sh
root=$PWD

# plant CHECK: a tree in which that check is the only one, asks for one pass at least and allows no skip; what it is to find comes in by the functions below.
plant() {
    check=$1 tree=$root/build/planted/$1
    rm -rf "$tree"
    mkdir -p "$tree/tests/checks" "$tree/bin" "$tree/build/release" "$tree/build/asan/bin"
    cp tests/checks/*.* "$tree/tests/checks"
    rm "$tree"/tests/checks/[0-9]*
    [ ! -f "tests/checks/$1.sh" ] || cp "tests/checks/$1.sh" "$tree/tests/checks"
    printf '%s\t1\t0\t1\tplanted\n' "$1" >"$tree/tests/checks/expected.tsv"
    : >"$tree/tests/checks/skips.tsv"
}
bring() { # PATH...: as they are in the repository
    for path; do mkdir -p "$tree/$(dirname "$path")"; ln -sfn "$root/$path" "$tree/$path"; done
}
script() { # PATH: a program of the tree, from the standard input
    mkdir -p "$tree/$(dirname "$1")"
    { echo '#!/bin/sh'; cat; } >"$tree/$1"
    chmod +x "$tree/$1"
}
play() {
    (cd "$tree" && PATH=$tree/bin:$PATH sh tests/checks/run.sh "$check") >"$tree/out" 2>&1
    status=$?
}
finds() { # TEXT...: the check fails, and each text stands in what is told
    play
    [ $status -ne 0 ]
    verdict $? "$check fails where \"$1\" is planted"
    told=$(cat "$tree/out" "$tree/build/check-$check.log")
    for text; do
        echo "$told" | grep -qF -- "$text" || { bad "$check does not find \"$text\":"; tail -8 "$tree/out"; continue; }
        ok
    done
}
passes() { # WHAT
    play
    verdict $status "$check passes where $1"
    [ $status -eq 0 ] || tail -8 "$tree/out"
}

# run.sh: a check that says what its arguments are, with this status.
says() { # STATUS LINE...
    plant 99-planted
    { printf 'cat <<"END"\n'; want=$1; shift; printf '%s\n' "$@"; printf 'END\nexit %s\n' "$want"; } >"$tree/tests/checks/99-planted.sh"
}
row() { # FILE FIELD...: a row of expected.tsv or skips.tsv
    file=$tree/tests/checks/$1; shift
    { printf '%s' "$1"; shift; printf '\t%s' "$@"; echo; } >>"$file"
}
says 0 '1 passed, 0 failed, 0 skipped'; passes 'one passes'
says 0 '0 passed, 0 failed, 0 skipped'; finds '0 passed, at least 1 must'
says 0 'passed'; finds 'it ended without its count (exit 0)'
says 3 '1 passed, 0 failed, 0 skipped'; finds 'exit 3'
says 0 '1 passed, 1 failed, 0 skipped'; finds '1 passed, 1 failed, 0 skipped'
says 0 '1 passed, 0 failed, 1 skipped'; finds '1 skipped, 0 of them by name' '1 skipped, at most 0 may be'
says 0 'skipped one: for this' '1 passed, 0 failed, 1 skipped'; finds 'no row of skips.tsv names it: one: for this'
row skips.tsv 99-planted 'one: *' true 'as here'; passes 'the row of a skip holds'
says 0 'skipped one: for this' '1 passed, 0 failed, 1 skipped'; row skips.tsv 99-planted 'one: *' false 'elsewhere'; finds 'no row of skips.tsv names it'
says 0 'skipped one: for this' '1 passed, 0 failed, 1 skipped'; row skips.tsv 99-planted 'one: *' - 'always'; finds '1 skipped, at most 0 may be'
says 0 '1 passed, 0 failed, 0 skipped'; row skips.tsv 99-planted 'one: *' - 'always'; finds 'names what is not skipped: one: *'
says 0 'skipped o.e: for this' '1 passed, 0 failed, 1 skipped'; row skips.tsv 99-planted 'o?e: *' true 'a dot is a dot, and so is a question mark'; finds 'no row of skips.tsv names it'
says 0 '1 passed, 0 failed, 0 skipped'; : >"$tree/tests/checks/expected.tsv"; finds 'expected.tsv has no row'
says 0; echo 'kill -9 $$' >"$tree/tests/checks/99-planted.sh"; finds 'it ended without its count (exit 137)'

unit() { # WHAT IT DOES: both builds of the unit tests
    plant 10-unit
    for variant in release asan; do echo "$1" | script build/$variant/unit; done
}
synthesis='echo "[====] Synthesis: Tested: 5 | Passing: 5 | Failing: 0 | Crashing: 0" >&2'
unit "$synthesis"; passes 'all tests pass'
unit 'exit 0'; finds 'release: the unit tests did not end (exit 0)' 'asan: the unit tests did not end'
unit "$synthesis; exit 1"; finds 'asan: exit 1'
unit "$synthesis; kill -9 \$\$"; finds 'release: exit 137'
unit 'echo "[====] Synthesis: Tested: 0 | Passing: 0 | Failing: 0 | Crashing: 0" >&2'; finds '0 passed, at least 1'
unit "echo '[SKIP] some::test: not here' >&2; $synthesis"; finds 'no row of skips.tsv names it: asan some::test: not here'
unit "$synthesis; echo leak >\"\${ASAN_OPTIONS#log_path=}.1\""; finds 'asan: the sanitizers spoke'
unit 'echo "[====] Synthesis: Tested: 5 | Passing: 3 | Failing: 1 | Crashing: 1" >&2; exit 1'; finds '6 passed, 4 failed'
# The runner itself, with tests that do what tests do; a leak shows under ASan alone, and where nothing was looked for beforehand.
plant 10-unit
mkdir -p "$tree/unit"
cat >"$tree/unit/planted.c" <<'END'
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
static char *volatile lost, *held;
static void up(void) { held = malloc(5); }
static void down(void) { free(held); held = NULL; }
TestSuite(suite, .init = up, .fini = down);
Test(planted, leaks) { lost = malloc(7); lost = NULL; }
#ifndef ONLY_LEAKS
Test(suite, has_what_it_holds) { cr_assert_not_null(held); }
Test(planted, keeps) { lost = malloc(7); }
Test(planted, fails) { cr_assert_eq(1 + 1, 3, "not %d", 3); }
Test(planted, goes_on) { cr_expect(0, "first"); cr_expect(0, "second"); }
Test(planted, crashes) { abort(); }
Test(planted, aborts, .signal = SIGABRT) { abort(); }
Test(planted, does_not_abort, .signal = SIGABRT) {}
Test(planted, exits, .exit_code = 3) { exit(3); }
Test(planted, does_not_exit, .exit_code = 3) {}
Test(planted, hangs, .timeout = 1) { for (;;) lost = NULL; }
Test(planted, skips) { cr_skip("not here"); }
#endif
END
runner="$root/tests/runner/main.c $root/tests/runner/criterion.c -I$root -std=gnu11 -w -lcriterion"
cc "$tree/unit/planted.c" $runner -o "$tree/build/release/unit" && clang -g -fsanitize=address "$tree/unit/planted.c" $runner -o "$tree/build/asan/unit"
verdict $? "the runner of unit tests builds"
finds 'release: 11 tested, 5 passing, 4 failing, 2 crashing' 'asan: 11 tested, 4 passing, 5 failing, 2 crashing' '[FAIL] planted::leaks: it leaks memory' 'asan: the sanitizers spoke' \
    'planted.c:12: not 3' ': first' ': second' '[CRSH] planted::crashes: Aborted' '[FAIL] planted::does_not_abort: did not end in "Aborted"' '[FAIL] planted::does_not_exit: exit status 0, not 3' \
    '[CRSH] planted::hangs: hung' 'no row of skips.tsv names it: release planted::skips: not here'
cc -DONLY_LEAKS "$tree/unit/planted.c" $runner -o "$tree/build/release/unit" && clang -DONLY_LEAKS -g -fsanitize=address "$tree/unit/planted.c" $runner -o "$tree/build/asan/unit"
finds '1 passed, ' '[FAIL] planted::leaks: it leaks memory'

corpus() { # WHAT THE TARGET DOES
    plant 15-corpora
    mkdir -p "$tree/fuzz/corpus/planted"
    echo 'int LLVMFuzzerTestOneInput();' >"$tree/fuzz/planted.c"
    echo seed | tee "$tree/fuzz/corpus/planted/1" >"$tree/fuzz/corpus/planted/2"
    [ -z "$1" ] || echo "$1" | script build/asan/bin/planted
}
executed='for f; do case $f in -*) ;; *) echo "Executed $f in 0 ms" ;; esac; done'
corpus "$executed"; passes 'each file is run'
corpus ''; finds 'planted: exit 127'
corpus 'exit 0'; finds 'planted: exit 0, 0 of 2 were run'
corpus "$executed; exit 77"; finds 'planted: exit 77'
corpus "$executed"; rm "$tree"/fuzz/corpus/planted/*; finds 'planted: no corpus'
corpus "$executed"; rm "$tree/fuzz/planted.c"; finds '0 passed, at least 1'

# A wiredrill of the tree, both builds.
wiredrill() { # CHECK WHAT-IT-DOES
    plant "$1"
    mkdir -p "$tree/scenarios/planted"
    printf 'outcome 1s 1 == 1\n' >"$tree/scenarios/planted/one.pkt"
    for variant in release asan; do printf '%s\n' "$2" | script build/$variant/wiredrill; done
}
skips='for k in $(seq 838); do echo "skipped scenarios/$k.pkt on e1000"; echo "it refuses"; done; echo "0 passed, 0 failed, 838 skipped"'
for one in 20-scenarios 40-snapshot 45-closure; do
    wiredrill $one "$skips"; finds 'no row of skips.tsv names it: scenarios/1.pkt on e1000: it refuses' '838 skipped, at most 0'
    wiredrill $one 'exit 0'; finds 'the run ended without its count (exit 0)'
    wiredrill $one 'echo "1 passed, 0 failed, 0 skipped"; exit 1'; finds 'exit 1 with "1 passed, 0 failed'
    wiredrill $one 'echo "1 passed, 1 failed, 0 skipped"; exit 0'; finds 'exit 0 with "1 passed, 1 failed'
    wiredrill $one 'echo "0 passed, 0 failed, 0 skipped"'; finds '0 passed'
done
wiredrill 45-closure 'echo "9 passed, 0 failed, 0 skipped"'; finds 'a loss that breaks an exchange is found: no' 'each of the two frames is lost, doubled, corrupted, and the first delayed: no'
wiredrill 48-sweep 'exit 0'; finds 'seeds 1..1200 have at least 1100 runs: no' 'thousands of draws are refused: no' 'a sweep finds what is planted: no'

# What must show in a snapshot: a byte of the stack's that lies outside of the world.
plant 40-snapshot
bring scenarios/arp
if tools/mutant.sh static stack/net/ipv4_output.c 's/^    uint16_t first = \(uint16_t\)\(f\.start \+ (.*)\);/    static unsigned char told;\n    uint16_t first = (uint16_t)(f.start + \1 + ((told++ \& 1) << 7));/' 2>"$tree/err"; then
    ln -s "$root/build/mutant/static/wiredrill" "$tree/build/release/wiredrill"
    finds 'restored at its middle, the run ended with other fingerprints'
    rm -rf build/mutant/static
else
    bad "40-snapshot: $(cat "$tree/err")"
fi

wiredrill 22-verdicts 'exit 0'; bring tests/verdicts examples; echo 'exit 0' | script bin/cc
finds 'tests/verdicts/' 'an ignored frame with a wrong sum is told: no' 'an early end says why where --strict asks: no'

# Scripts of another's dialect, each with what it says of itself.
dialect() { # WHAT THE SCRIPT SAYS, WHAT WIREDRILL DOES
    wiredrill 23-dialects "$2"
    mkdir -p "$tree/tests/dialects/linux"
    printf '// Planted.\n// %s\n' "$1" >"$tree/tests/dialects/linux/planted.pkt"
}
dialect passes 'echo "1 passed, 0 failed, 0 skipped"'; passes 'a script passes'
dialect passes 'exit 0'; finds 'planted.pkt: passes: no'
dialect passes 'echo "0 passed, 0 failed, 1 skipped"'; finds 'planted.pkt: passes: no'
dialect 'fails: the word' 'echo "1 passed, 0 failed, 0 skipped"'; finds 'planted.pkt: fails: the word: no'
dialect 'fails: the word' 'echo "another word"; exit 1'; finds 'planted.pkt: fails: the word: no'
dialect 'fails: the word' 'echo "here is the word"; exit 1'; passes 'a script fails with its word'
dialect 'skipped: the word' 'echo "the word"; echo "0 passed, 0 failed, 1 skipped"'; finds 'planted.pkt: skipped: the word: no'
dialect 'skipped: the word' 'echo "the word"; echo "0 passed, 0 failed, 1 skipped"; exit 2'; passes 'a script is skipped with its word'
dialect 'nothing of the kind' 'echo "1 passed, 0 failed, 0 skipped"'; finds 'planted.pkt: nothing of the kind: no'
dialect passes 'exit 0'; rm "$tree/tests/dialects/linux/planted.pkt"; finds '0 passed, 1 failed'

wiredrill 25-ladder 'exit 0'; finds 'line 8 is not told as [lost, line 7]' 'the reply is in the ladder and arrived: no'

# Ten cases on two NICs, whose S is the NIC's.
print='for k in $(seq 10); do for nic in e1000 rtl8139; do printf "%032d %032d %032d scenarios/%s.pkt on %s\n" 0 0 ${#nic} $k $nic; done; done'
wiredrill 30-fingerprints "$print"; passes 'all prints are equal'
wiredrill 30-fingerprints "if [ -e second ]; then kill -9 \$\$; fi; touch second; $print"; finds '16 jobs: exit 137' '16 jobs: other fingerprints'
wiredrill 30-fingerprints "$print; exit 1"; finds 'clang under sanitizers: exit 1'
wiredrill 30-fingerprints "$print; date +%N"; finds 'memory that held other bytes: other fingerprints' 'no address randomisation, another locale: other fingerprints'
wiredrill 30-fingerprints "case \"\$*\" in *fast_path=0*) echo other ;; *) $print ;; esac"; finds 'TCP step by step: other fingerprints'
wiredrill 30-fingerprints "$(echo "$print" | sed 's/ 0 0 / ${#nic} 0 /')"; finds 'scenarios/1.pkt: W or T differs between NICs'
wiredrill 30-fingerprints "$(echo "$print" | sed 's/{#nic}/k/')"; finds 'W and T are equal on both NICs, and S is not'
wiredrill 30-fingerprints 'exit 0'; finds '0 passed, at least 1'
wiredrill 30-fingerprints 'echo " - - - scenarios/one.pkt on e1000 (skipped)"'; finds 'no row of skips.tsv names it: scenarios/one.pkt on e1000, 16 jobs'

wiredrill 35-determinism "$print"; bring tools; finds '481 frames that differ in a bit have 481 prints in column 1' 'five moments' 'padding-not-cleared: did not build'

plant 37-device-plants; echo 'exit 1' | script bin/make; finds 'make devices-build: '
plant 37-device-plants; echo 'exit 0' | script bin/make; bring tests/devices; echo 'exit 0' | script tools/device-plants.py; finds 'the run ended without its count (exit 0)' 'bugs that are not caught: exit 1: no'

wiredrill 33-conformance 'exit 0'; bring conformance; finds 'hundreds of requirements have scenarios that pass: no' 'without the catalogue its ids are none: no'

wiredrill 47-wire 'exit 0'; finds '99 % of wire mutants are noticed: 0 of 0: no' 'a port that no line states survives: no' 'a line without effect is named: no'
wiredrill 47-wire 'echo "wire mutants: 98999 of 100000 noticed"; exit 1'; finds 'every line has an effect or says why: no' '99 % of wire mutants are noticed: 98999 of 100000: no'

# The stack, with what its objects may not have.
plant 50-objects
bring Makefile tools examples
mkdir -p "$tree/stack"
cat >"$tree/stack/planted.c" <<'END'
int planted_data = 1, planted_bss, printf(const char *, ...);
__attribute__((weak)) int planted_weak(void) { return planted_bss++ + printf("%d", planted_data++); }
__attribute__((weak)) extern int planted_nowhere(void);
int (*planted(void))(void) { return planted_nowhere; }
END
finds 'gcc-x86_64:' 'clang-i386:' 'class W: planted_weak' 'class D: planted_data' 'class B: planted_bss' 'undefined: printf' 'class w: planted_nowhere' 'kernel on gcc-x86_64 links: no'
plant 50-objects
bring Makefile tools examples
mkdir -p "$tree/stack"
finds 'gcc-x86_64: '

plant 55-left-out; finds 'everything does not link'
cat >"$tree/tests/checks/left_out.c" <<'END'
int main(void) { return 1; }
END
finds 'everything does not answer as it should' 'no-dns-but-called links: it was not left out'

# One header is enough.
plant 58-cplusplus; bring build/release/libstack.a
mkdir -p "$tree/stack"; cp stack/port.h "$tree/stack"; echo 'int class;' >>"$tree/stack/port.h"; finds 'stack/port.h is no C++ for g++'

# Includes, written in every way.
plant 60-includes
mkdir -p "$tree/sim/hosts" "$tree/sim/wire" "$tree/stack/wire" "$tree/stack/driver" "$tree/build/release/sim/hosts"
echo 'int arp;' >"$tree/stack/wire/arp.h"
echo '#include "../../sim/wire/link.h"' >"$tree/stack/driver/bus.h"
echo 'int link;' >"$tree/sim/wire/link.h"
echo '#include "stack/wire/arp.h"' >"$tree/sim/hosts/plain.c"
echo '#include "../../stack/wire/arp.h"' >"$tree/sim/hosts/dots.c"
echo '#include "../hosts/.././../stack//wire/arp.h"' >"$tree/sim/hosts/slashes.c"
ln -s ../../stack/wire/arp.h "$tree/sim/hosts/alias.h"
echo '#include "alias.h"' >"$tree/sim/hosts/link.c"
echo '#include "nowhere.h"' >"$tree/sim/hosts/unread.c"
printf '#define HEADER "stack/wire/arp.h"\n#include HEADER\n' >"$tree/sim/hosts/macro.c"
printf '/* no\n#include "nowhere.h"\n*/ char *a = "/*";\n%%: \\\ninclude "stack/wire/arp.h"\n' >"$tree/sim/hosts/digraph.c"
echo 'int stack_open(void); int main_of(void); int main_of(void) { return stack_open(); }' >"$tree/sim/hosts/links.c"
cc -c "$tree/sim/hosts/links.c" -o "$tree/build/release/sim/hosts/links.o"
finds 'sim/hosts/plain.c is not the stack host' 'sim/hosts/dots.c is not the stack host' 'sim/hosts/slashes.c is not the stack host' 'sim/hosts/link.c is not the stack host' \
    'sim/hosts/unread.c: what it reaches cannot be read' 'sim/hosts/macro.c includes HEADER' 'sim/hosts/digraph.c is not the stack host' 'stack/driver/bus.h reaches out of stack/' 'the simulation links without the stack: no' "undefined reference to \`stack_open"
plant 60-includes
mkdir -p "$tree/stack/core" "$tree/stack/net"
echo 'int ip;' >"$tree/stack/net/ip.h"
echo '#include "../net/ip.h"' >"$tree/stack/core/upwards.c"
finds 'stack/core/upwards.c reaches out of stack/, or up in it'
plant 60-includes
finds 'the simulation links without the stack: no'

# tshark, and goldens that it must object to.
goldens() {
    plant 70-tshark
    mkdir -p "$tree/scenarios/arp" "$tree/golden-pcaps/arp"
    for one in request-host-reply entry-expires; do
        cp golden-pcaps/arp/$one.pcap "$tree/golden-pcaps/arp"
        cp scenarios/arp/$one.pkt "$tree/scenarios/arp"
    done
}
goldens; passes 'Wireshark has nothing to say'
goldens; echo 'kill -11 $$' | script bin/sharkd; finds 'sharkd: exit -11'
goldens; echo 'exit 0' | script bin/sharkd; finds 'sharkd: exit 0'
goldens; script bin/sharkd <<'END'
while read -r asked; do
    case $asked in
    *'"tap"'*) echo '{"result":{"taps":[{"details":[]}]}}' ;;
    *'"frames"'*) echo '{"result":[]}' ;;
    *) echo '{"result":{"status":"OK"}}' ;;
    esac
done
END
finds 'sharkd does not find what is planted'
goldens; echo 'while read -r asked; do echo "{\"result\":{\"status\":\"no\"}}"; done' | script bin/sharkd; finds 'sharkd does not read golden-pcaps/arp/'
goldens; echo 'exit 1' | script bin/python3; finds 'the run ended without its count (exit 1)'
goldens; printf 'expert 1 _ws.malformed\n' >>"$tree/scenarios/arp/entry-expires.pkt"; finds 'declared, but not there: 1 _ws.malformed'
goldens; cp golden-pcaps/arp/receive-truncated.pcap "$tree/golden-pcaps/arp/entry-expires.pcap"; finds 'not declared: 1 _ws.malformed'
goldens; echo 'no capture' >"$tree/golden-pcaps/arp/entry-expires.pcap"; finds "not a golden's header"
goldens; rm "$tree/scenarios/arp/entry-expires.pkt"; finds 'golden-pcaps/arp/entry-expires.pcap: no scenario of that name'
goldens; echo 0 >"$tree/golden-pcaps/arp/nothing.fingerprint"; finds 'golden-pcaps/arp/nothing.fingerprint: no scenario of that name'
plant 70-tshark; finds '0 passed, at least 1'

# A reader and a tshark that say what they are told to: TEXT each.
readers() { # WHAT THE READER DOES, WHAT TSHARK DOES
    plant 75-captures
    bring golden-pcaps
    for tool in editcap mergecap; do echo 'while [ $# -gt 0 ]; do case $1 in -w) shift; last=$1 ;; *.pcap) last=${last:-} to=$1 ;; esac; shift; done; : >"${last:-$to}"' | script bin/$tool; done
    echo 'for to; do :; done; : >"$to"' | script bin/text2pcap
    { printf 'while [ "$1" != -o ]; do shift; done\ncat >"$2" <<"END"\n#!/bin/sh\n%s\nEND\nchmod +x "$2"\n' "$1"; } | script bin/clang
    echo "$2" | script bin/tshark
}
readers 'exit 2' 'exit 1'; finds '0 passed, at least 1'
readers 'exit 0' 'printf "%s\\t" 1.5 60 60 md5; echo 1'; finds '0 frames, tshark 1; first difference'
readers 'exit 2' 'exit 1'; echo 'exit 1' | script bin/python3; finds 'captures were made, 90 at least are due'

wiredrill 77-monitor 'exit 0'; bring tests/monitor; echo 'exit 0' | script bin/python3
finds 'the run ended without its count (exit 0)' 'every row of explained.tsv explains something' 'there are goldens to look at: no' 'five faults: exit 1: no' 'audit of no capture: exit 2: no'

wiredrill 79-netdev 'exit 0'; bring tests/interop; finds 'live --netdev tap0: exit 0, "neither dgram:PATH nor stream:PATH"' 'no row of skips.tsv names it: iPXE on a dgram socket'

plant 80-mutants; finds 'tools/planted.py died'

wiredrill 85-plugins 'echo "0 passed, 0 failed, 0 skipped"'; echo 'exit 0' | script bin/make; bring sim examples
finds 'exit 0, expected 2 and "attach is not set"' 'exit 0, expected 1 and "the process hung (2 seconds' 'no row of skips.tsv names it: lwip: scenarios/dhcp: built without liblwip-dev'
wiredrill 85-plugins 'echo "0 passed, 0 failed, 0 skipped"'; echo 'exit 2' | script bin/make; finds 'the examples do not build'

wiredrill 82-driver 'echo "0 passed, 0 failed, 0 skipped"'; echo 'exit 0' | script bin/make; bring sim examples tests/museum
finds '.so: exit 0, 0 passed, 0 failed, 0 skipped' 'version 1 is named, and what it lacks: no' 'exit 0, "drives e1000, not rtl8139": no' 'exit 0, "the process died in send()' 'the run ended without its count' 'the museum tells what is not caught: no'

# lwIP's list, and a wiredrill that does as if.
lwip() { # WHAT WIREDRILL DOES
    wiredrill 86-lwip "$1"
    mkdir -p "$tree/tests/known" "$tree/conformance"
    : >"$tree/build/release/wiredrill-lwip.so"
    cp tests/known/lwip.tsv "$tree/tests/known"
    cp conformance/*.tsv "$tree/conformance"
}
lwip 'exit 0'; finds 'lwIP fails what tests/known/lwip.tsv says, and nothing else: no' 'the list is read, and used: no' 'a failure that is not listed fails: no' 'an entry that passes fails: no'
lwip 'echo "9 failed as tests/known/lwip.tsv says"; echo "700 passed, 1 failed, 0 skipped"; exit 1'; finds 'lwIP fails what tests/known/lwip.tsv says, and nothing else: no'
lwip 'echo "400 failed as tests/known/lwip.tsv says"; echo "700 passed, 0 failed, 0 skipped"'
finds 'a failure that is not listed fails: no' 'an entry that passes fails: no' 'a requirement of which nothing fails any more fails: no'
lwip 'echo "tests/known/lwip.tsv:3: it passes, and is listed as failing"; echo "400 failed as tests/known/lwip.tsv says"; echo "700 passed, 1 failed, 0 skipped"; exit 1'
finds 'lwIP fails what tests/known/lwip.tsv says, and nothing else: no'
lwip 'echo "3 failed as tests/known/lwip.tsv says"; echo "700 passed, 0 failed, 0 skipped"'; finds 'the list is read, and used: no'
lwip 'exit 0'; printf 'arp/x.pkt\tNEVER\tRFC0-1-1\tplanted\n' >>"$tree/tests/known/lwip.tsv"; finds 'not CASES, LEVEL, CLAUSE, CAUSE: arp/x.pkt'
wiredrill 86-lwip 'exit 0'; finds 'no row of skips.tsv names it: lwip: its failures are those of tests/known/lwip.tsv: built without liblwip-dev'

captures() { # WHAT WIREDRILL DOES
    wiredrill 87-replay "$1"
    mkdir -p "$tree/golden-pcaps"
    cp golden-pcaps/arp/entry-expires.pcap "$tree/golden-pcaps"
}
captures 'for f; do :; done; echo "$f: 3 frames fed"'; passes 'each capture is told of'
captures 'exit 0'; finds '0 told of 1'
captures 'for f; do :; done; echo "$f: 3 frames fed, not accounted for"; echo "1 not accounted for"'; finds 'complaints'
captures 'for f; do :; done; echo "$f: link type 9" >&2'; finds '1 refused'
captures 'echo "3 frames fed"; date +%N'; finds '0 complaints, 1 told of 1'
captures 'exit 0'; rm "$tree"/golden-pcaps/*; finds '0 passed, at least 1'

# Of the goldens one of TCP, and those that are named.
wiredrill 91-from_pcap 'exit 0'; bring golden-pcaps/tcp/lost_two-established-no_sack.pcap; finds 'a guess has "connect($c1": no' 'it says "one capture": no'
wiredrill 91-from_pcap 'case $1 in diff) exit 1 ;; esac'; bring golden-pcaps/tcp/lost_two-established-no_sack.pcap; finds "its scenario's capture differs"

wiredrill 88-traces 'exit 0'; finds 'the table begins with its columns'"'"' names: no' 'many cases are refused, and leave no file: no'

wiredrill 90-errors 'exit 0'; finds 'exit 0, expected 2' 'does not say'
finish
