#!/bin/bash -eu
# As OSS-Fuzz calls it, in the tree's root: $CC, $CFLAGS and $LIB_FUZZING_ENGINE are given; each target goes to $OUT as one program, with its
# seeds in TARGET_seed_corpus.zip and its dictionary. TARGETS names some of them; all are built without it.
targets=${TARGETS:-$(grep -l LLVMFuzzerTestOneInput fuzz/*.c | sed 's|fuzz/||; s|\.c$||')}
flags="VARIANT=ossfuzz HAVE_SLIRP= HAVE_LDNS= HAVE_LWIP="
make -j"$(nproc)" $flags CC="$CC" OPT="$CFLAGS -DSTACK_CHECK" build/ossfuzz/libsim.a build/ossfuzz/libstack.a
for name in $targets; do
    $CC $CFLAGS -std=c11 -I. -Ibuild/ossfuzz -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -c "fuzz/$name.c" -o "build/ossfuzz/$name.o"
    ${CXX:-$CC} ${CXXFLAGS:-$CFLAGS} $LIB_FUZZING_ENGINE "build/ossfuzz/$name.o" build/ossfuzz/libsim.a build/ossfuzz/libstack.a -ldl -o "$OUT/$name"
    [ ! -d "fuzz/corpus/$name" ] || zip -q -j -r "$OUT/${name}_seed_corpus.zip" "fuzz/corpus/$name"
    [ ! -f "fuzz/dictionary/$name.dict" ] || cp "fuzz/dictionary/$name.dict" "$OUT/$name.dict"
    case $name in tcp) printf '[libfuzzer]\nmax_len = 162\nentropic = 0\n' >"$OUT/$name.options" ;; esac
done
