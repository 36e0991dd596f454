#!/bin/sh
# Builds wiredrill with one thing changed: FILE goes through sed, is compiled, and takes its object's place; nothing in the tree is touched. The
# command that results is build/mutant/NAME/wiredrill. VARIANT is the build whose other objects it has (release when it is not set).
#
# usage: [VARIANT=asan] mutant.sh NAME FILE SED-EXPRESSION
set -eu
name=$1 file=$2 change=$3
dir=build/mutant/$name
mkdir -p "$dir/$(dirname "$file")"
sed -E "$change" "$file" >"$dir/$file"
if cmp -s "$file" "$dir/$file"; then
    echo "mutant $name changes nothing: $file has moved on" >&2
    exit 2
fi
make -s --no-print-directory VARIANT="${VARIANT:=release}" mutation-build >"$dir/build"
said() { sed -n "s/^$1 //p" "$dir/build"; }
case "$file" in
stack/*) flags=$(said stack-flags) ;;
*) flags=$(said sim-flags) ;;
esac
$(said cc) $flags -O1 -w -c "$dir/$file" -o "$dir/mutant.o"
objects=$(said sim | tr ' ' '\n' | grep -vx "build/$VARIANT/${file%.c}.o")
$(said cc) $(said opt) -rdynamic -o "$dir/wiredrill" $objects "$dir/mutant.o" $(said libs)
