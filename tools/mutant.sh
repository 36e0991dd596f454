#!/bin/sh
# Builds wiredrill with one thing changed: FILE goes through sed, is compiled, and takes its object's place; nothing in the tree is touched. The
# command that results is build/mutant/NAME/wiredrill.
#
# usage: mutant.sh NAME FILE SED-EXPRESSION
set -eu
name=$1 file=$2 change=$3
dir=build/mutant/$name
mkdir -p "$dir/$(dirname "$file")"
sed -E "$change" "$file" >"$dir/$file"
if cmp -s "$file" "$dir/$file"; then
    echo "mutant $name changes nothing: $file has moved on" >&2
    exit 2
fi
case "$file" in
stack/*) flags=-ffreestanding ;;
*) flags=-D_GNU_SOURCE ;;
esac
cc -std=c11 -I. -Ibuild/release -O1 -w $flags -c "$dir/$file" -o "$dir/mutant.o"
# What is linked before a library takes the place of what is in it.
command=$(for source in sim/cli/*.c; do [ "$source" = "$file" ] || echo "build/release/${source%.c}.o"; done)
cc -rdynamic -o "$dir/wiredrill" "$dir/mutant.o" $command build/release/libsim.a build/release/libstack.a -ldl $(test -e /usr/include/slirp/libslirp.h && echo -lslirp) $(test -e /usr/include/ldns/ldns.h && echo -lldns)
