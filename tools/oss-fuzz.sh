#!/bin/sh
# Builds the targets as OSS-Fuzz does, with its flags, into build/oss-fuzz, and lets each run its seeds: oss-fuzz.sh [TARGET...].
set -eu
export CC=${CC:-clang} OUT=$PWD/build/oss-fuzz LIB_FUZZING_ENGINE=-fsanitize=fuzzer TARGETS="$*"
export CFLAGS="-O1 -fno-omit-frame-pointer -gline-tables-only -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION -fsanitize=address -fsanitize-address-use-after-scope -fsanitize=fuzzer-no-link"
unset CXX CXXFLAGS 2>/dev/null || true
command -v zip >/dev/null || { echo "oss-fuzz: zip is missing: apt-get install zip" >&2; exit 2; }
mkdir -p "$OUT"
[ -n "$TARGETS" ] || unset TARGETS
bash fuzz/oss-fuzz/build.sh
for zip in "$OUT"/*_seed_corpus.zip; do
    name=$(basename "$zip" _seed_corpus.zip)
    "$OUT/$name" -runs=0 "fuzz/corpus/$name" >"$OUT/$name.log" 2>&1 || { echo "oss-fuzz: $name fails on its seeds: $OUT/$name.log" >&2; exit 1; }
    echo "$name: $(unzip -l "$zip" | tail -1 | awk '{print $2}') seeds"
done
