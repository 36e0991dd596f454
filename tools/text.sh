#!/bin/sh
# The code and constants of all of stack/, and of each folder, compiled with -O2 for this machine.
dir=build/text
rm -rf $dir
mkdir -p $dir
for source in $(find stack -name '*.c' | sort); do
    ${CC:-cc} -std=c11 -I. -O2 -fno-pie -ffreestanding -fno-asynchronous-unwind-tables -c "$source" -o "$dir/$(echo "${source%.c}" | tr / _).o" || exit 1
done
bytes() { size -t "$@" | awk 'END { print $1 }'; }
printf 'code and constants of stack/       %10d bytes\n' "$(bytes $dir/*.o)"
for folder in core wire link net transport socket service driver; do
    printf '  %-32s %10d\n' "$folder" "$(bytes $dir/stack_${folder}_*.o)"
done
