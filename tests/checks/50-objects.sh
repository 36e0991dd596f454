# The stack depends on nothing: all of stack/ with -O2 -fno-pie, joined, has symbols of nm's classes T and R alone (no data, no bss, nothing weak or common) and
# none undefined but memcpy, memmove, memset and memcmp, on four architectures. Each is compiled by one compiler of two; with OBJECTS=all, which `make matrix` asks
# for, by both.
. tests/checks/count.sh
build=build/objects
check() { # NAME COMPILER...
    name=$1; shift
    dir=$build/$name
    mkdir -p "$dir"
    echo 'int x;' | "$@" -x c -c - -o "$dir/probe.o" 2>/dev/null || { rm -f "$dir/probe.o"; skip "$name" "the compiler is not here"; return; }
    make --no-print-directory -j2 VARIANT="objects/$name" CC="$*" OPT='-O2 -fno-pie' "$dir/libstack.a" >"$dir/make.log" 2>&1 ||
        { bad "$name: does not compile"; grep -E 'error|\*\*\*' "$dir/make.log" | head; return; }
    nm=$(command -v llvm-nm-14 || command -v llvm-nm || command -v nm)
    objects=$dir/joined
    ld.lld -r -o "$objects" --whole-archive "$dir/libstack.a" 2>/dev/null || ld -r -o "$objects" --whole-archive "$dir/libstack.a" 2>/dev/null || objects=$dir/libstack.a
    $nm $objects >"$dir/symbols" 2>/dev/null || { bad "$name: $nm cannot read what was compiled"; return; }
    awk 'NF == 3 && $2 ~ /^[TtRr]$/ { print $3 }' "$dir/symbols" | sort -u >"$dir/defined"
    { # Each object's own line, of those that were not joined, has one word.
        awk 'NF > 1 && $(NF-1) !~ /^[TtRrU]$/ { print "  class " $(NF-1) ": " $NF }' "$dir/symbols"
        awk 'NF == 2 && $1 == "U" { print $2 }' "$dir/symbols" | sort -u | grep -vxE 'memcpy|memmove|memset|memcmp' | grep -vxF -f "$dir/defined" | sed 's/^/  undefined: /'
    } | sort -u >"$dir/wrong"
    if [ -s "$dir/wrong" ]; then
        bad "$name:"; cat "$dir/wrong"
    elif [ ! -s "$dir/defined" ]; then
        bad "$name: it defines nothing"
    else
        echo "$name: $(wc -l <"$dir/defined") symbols, of classes T and R alone, none undefined but the four"
        ok
    fi
}
both() { [ "${OBJECTS:-}" != all ] || check "$@"; }
check gcc-x86_64 gcc -m64
check gcc-aarch64 aarch64-linux-gnu-gcc
check clang-i386 clang --target=i386-linux-gnu
# Without the option clang 14 keeps the constants that a division needs in .sdata, which is writable.
check clang-riscv64 clang --target=riscv64-linux-gnu -msmall-data-limit=0
both clang-x86_64 clang --target=x86_64-linux-gnu
both clang-aarch64 clang --target=aarch64-linux-gnu
both gcc-i386 gcc -m32
both gcc-riscv64 riscv64-linux-gnu-gcc
# The smallest kernel is whole with that: linked without any library, for both that it can run on.
kernel() { # OF COMPILER...
    of=$build/$1 name="kernel on $1"; shift
    [ -e "$of/probe.o" ] || { skip "$name" "the compiler is not here"; return; }
    mkdir -p $build/kernel
    "$@" -std=c11 -I. -O2 -fno-pie -ffreestanding -fno-stack-protector -mno-red-zone -mgeneral-regs-only -Wall -Wextra -Werror -c examples/kernel/kernel.c -o $build/kernel/main.o &&
        "$@" -nostdlib -static -Wl,--no-undefined -Wl,-e,kernel_main -o $build/kernel/kernel.elf $build/kernel/main.o "$of/libstack.a"
    verdict $? "$name links"
}
kernel gcc-x86_64 gcc -m64
kernel clang-i386 clang --target=i386-linux-gnu
finish
