#!/bin/sh
# Fuzzes one target for some seconds: fuzz.sh TARGET [SECONDS]. Finds and new inputs go to build/fuzz/TARGET; the seeds in fuzz/corpus (and,
# for scripts, the scenarios) are read, not written.
set -eu
targets=$(ls fuzz/*.c | sed 's|fuzz/||; s|\.c$||')
name=${1:-} seconds=${2:-60}
[ -n "$name" ] || { echo "make fuzz TARGET=name TIME=60, where name is one of:"; echo $targets; exit 2; }
[ -f "fuzz/$name.c" ] || name=wire_$name
[ -f "fuzz/$name.c" ] || { echo "fuzz: no target \"$1\"; there are:" $targets >&2; exit 2; }
make --no-print-directory -j2 VARIANT=fuzz "build/fuzz/bin/$name"
mkdir -p "build/fuzz/$name"
seeds=$(ls -d "fuzz/corpus/$name" 2>/dev/null || true)
case $name in script|scenario) seeds="$seeds scenarios" ;; esac
dictionary=$(ls "fuzz/dictionary/$name.dict" 2>/dev/null || true)
exec "build/fuzz/bin/$name" ${dictionary:+"-dict=$dictionary"} -max_total_time="$seconds" -artifact_prefix="build/fuzz/$name/" "build/fuzz/$name" $seeds
