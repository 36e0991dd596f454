# clang-format, clang-tidy and cppcheck find nothing (tools/lint.mk says in what), nor does conformance/lint.py in the catalogue, and each finds what is planted.
# clang-tidy's analyzer, which takes minutes, is left to `make lint`.
. tests/checks/count.sh
work=build/lint
mkdir -p $work

# A file that each of the three has something to say about.
cat >$work/planted.c <<'PLANTED'
#include <string.h>
int  planted(const char *a, const char *b);
int  planted(const char *a, const char *b)
{
    int x[2] = {0};
    if (strcmp(a, b))
        return x[2];
    return 0;
}
PLANTED
lint() { # TOOL NAME WORDS-OF-ITS-FINDING
    if ! command -v "$1" >/dev/null; then
        skip "$1 finds nothing" "it is not here"
        skip "$1 finds what is planted" "it is not here"
        skip "$1 fails where there are no files" "it is not here"
        return
    fi
    make -j2 -k QUICK=1 "lint-$2" >$work/$2.log 2>&1
    status=$?
    verdict $status "$1 finds nothing"
    [ $status -eq 0 ] || grep -E 'error:|warning:|style:|\*\*\*' $work/$2.log | sort -u | head -40
    make QUICK=1 "lint-$2" LINT_FILES=$work/planted.c >$work/$2.planted 2>&1
    [ $? -ne 0 ] && grep -q "$3" $work/$2.planted
    verdict $? "$1 finds what is planted"
    make QUICK=1 "lint-$2" LINT_FILES= >$work/$2.empty 2>&1 </dev/null
    [ $? -ne 0 ] && grep -q 'there are no files' $work/$2.empty
    verdict $? "$1 fails where there are no files"
}
lint clang-format format 'code should be clang-formatted'
lint clang-tidy tidy 'bugprone-suspicious-string-compare'
lint cppcheck cppcheck 'arrayIndexOutOfBounds'

# The catalogue: a copy of it, with the scenarios and tests that it names, in which one thing is wrong.
tree=$work/catalogue
python3 conformance/lint.py >$work/catalogue.log 2>&1
verdict $? 'lint.py finds nothing in conformance/'
grep -v 'note: terse' $work/catalogue.log
wrong() { # FILE SED-SCRIPT WORDS-OF-THE-FINDING
    rm -rf $tree
    mkdir -p $tree
    cp -r conformance $tree/conformance
    ln -s "$PWD/scenarios" "$PWD/tests" $tree
    sed -i "$2" "$tree/conformance/$1"
    python3 conformance/lint.py $tree/conformance >$work/wrong.log 2>&1
    [ $? -eq 1 ] && grep -qF -- "$3" $work/wrong.log
    verdict $? "lint.py finds \"$3\""
}
tab=$(printf '\t')
one=$(grep -n '^RFC5227-2.4-3' conformance/bounds.tsv | cut -d: -f1)
wrong bounds.tsv "${one}s,arp/conflict-defended-interval_over,arp/nowhere," "above: there is no scenario 'arp/nowhere', and no reason"
wrong bounds.tsv "${one}s,arp/conflict-defended-interval_over,arp/request-host-reply," 'scenarios/arp/request-host-reply.pkt does not cover it'
wrong bounds.tsv "${one}s,arp/conflict-defended-interval_over,unit arp/nowhere," 'there is no unit test arp/nowhere'
wrong bounds.tsv "${one}s,${tab}arp/conflict-defended-interval_over,${tab}-," "above: there is no scenario '-', and no reason"
wrong bounds.tsv "${one}d" "RFC5227-2.4-3: bounds.tsv has no line for the bound '10s'"
wrong bounds.tsv '4,$d' 'bounds.tsv: no bounds'
wrong arp.tsv "/^RFC5227-2.4-3/s,${tab}10s\$,${tab}11s," 'RFC5227-2.4-3 '"'10s'"
wrong arp.tsv "/^RFC5227-2.4-3/s,${tab}10s\$,${tab}-," "its column \`bound\` says nothing"
wrong arp.tsv "/^RFC5227-2.4-3/s,${tab}10s\$,," '7 columns, expected 8'
wrong dns.tsv '3,$d' 'dns.tsv: no rows'
wrong icmp.tsv '5{p}' 'duplicate id'
finish
