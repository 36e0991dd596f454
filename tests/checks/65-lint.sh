# clang-format, clang-tidy and cppcheck find nothing (tools/lint.mk says in what), and each finds what is planted. clang-tidy's analyzer, which takes minutes, is
# left to `make lint`.
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
        return
    fi
    make -j2 -k QUICK=1 "lint-$2" >$work/$2.log 2>&1
    status=$?
    verdict $status "$1 finds nothing"
    [ $status -eq 0 ] || grep -E 'error:|warning:|style:|\*\*\*' $work/$2.log | sort -u | head -40
    make QUICK=1 "lint-$2" LINT_FILES=$work/planted.c >$work/$2.planted 2>&1
    [ $? -ne 0 ] && grep -q "$3" $work/$2.planted
    verdict $? "$1 finds what is planted"
}
lint clang-format format 'code should be clang-formatted'
lint clang-tidy tidy 'bugprone-suspicious-string-compare'
lint cppcheck cppcheck 'arrayIndexOutOfBounds'
finish
