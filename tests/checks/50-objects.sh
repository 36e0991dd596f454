# The stack depends on nothing: all of stack/ with -O2 -fno-pie, joined, has no data or bss symbol and none undefined but memcpy, memmove, memset and memcmp, on four architectures.
passed=0 failed=0 skipped=0
build=build/objects
check() { # NAME COMPILER...
    name=$1; shift
    dir=$build/$name
    mkdir -p "$dir"
    if ! echo 'int x;' | "$@" -x c -c - -o "$dir/probe.o" 2>/dev/null; then
        echo "$name: skipped, the compiler is not here"
        skipped=$((skipped + 1))
        return
    fi
    rm -f "$dir"/*.o
    # Two at a time; the object of stack/net/ip.c is stack_net_ip.o.
    find stack -name '*.c' | sort | xargs -P 2 -I {} sh -c 'c=$1 dir=$2; shift 2; "$@" -std=c11 -I. -O2 -fno-pie -ffreestanding -c "$c" -o "$dir/$(echo "${c%.c}" | tr / _).o"' sh {} "$dir" "$@" ||
        { failed=$((failed + 1)); echo "$name: does not compile"; return; }
    nm=$(command -v llvm-nm-14 || command -v llvm-nm || command -v nm)
    if ld.lld -r -o "$dir/joined" "$dir"/*.o 2>/dev/null || ld -r -o "$dir/joined" "$dir"/*.o 2>/dev/null; then
        objects=$dir/joined
    else
        objects=$(ls "$dir"/*.o)
    fi
    $nm $objects 2>/dev/null | awk '$(NF-1) ~ /^[BbDdCc]$/ { print "  data: " $NF }' | sort -u >"$dir/data"
    $nm $objects 2>/dev/null | awk '$(NF-1) !~ /^[Uu]$/ && NF == 3 { print $NF }' | sort -u >"$dir/defined"
    $nm $objects 2>/dev/null | awk '$(NF-1) == "U" { print $NF }' | sort -u | grep -vxE 'memcpy|memmove|memset|memcmp' | grep -vxF -f "$dir/defined" | sed 's/^/  undefined: /' >"$dir/undefined"
    if [ -s "$dir/data" ] || [ -s "$dir/undefined" ]; then
        echo "$name:"; cat "$dir/data" "$dir/undefined"
        failed=$((failed + 1))
    else
        echo "$name: $(wc -l <"$dir/defined") symbols defined, none of B, D, C, none undefined but the four"
        passed=$((passed + 1))
    fi
}
check gcc-x86_64 gcc -m64
check gcc-i386 gcc -m32
check gcc-aarch64 aarch64-linux-gnu-gcc
check gcc-riscv64 riscv64-linux-gnu-gcc
for arch in x86_64 i386 aarch64 riscv64; do check clang-$arch clang --target=$arch-linux-gnu; done
# The smallest kernel is whole with that: linked without any library, for both that it can run on.
kernel() { # OF COMPILER...
    of=$build/$1 name="kernel on $1"; shift
    [ -e "$of/stack_full.o" ] || { echo "$name: skipped, the compiler is not here"; skipped=$((skipped + 1)); return; }
    mkdir -p $build/kernel
    if "$@" -std=c11 -I. -O2 -fno-pie -ffreestanding -fno-stack-protector -mno-red-zone -mgeneral-regs-only -Wall -Wextra -Werror -c examples/kernel/kernel.c -o $build/kernel/main.o &&
        "$@" -nostdlib -static -no-pie -Wl,--no-undefined -Wl,-e,kernel_main -o $build/kernel/kernel.elf $build/kernel/main.o $(ls "$of"/stack_*.o); then
        passed=$((passed + 1))
    else
        echo "$name does not link"; failed=$((failed + 1))
    fi
}
kernel gcc-x86_64 gcc -m64
kernel gcc-i386 gcc -m32
echo "$passed passed, $failed failed, $skipped skipped"
