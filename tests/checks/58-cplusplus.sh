# What a kernel in C++ needs: each public header reads as C++ by itself, and with all of them a program links with the objects of C, and runs.
. tests/checks/count.sh
dir=build/cplusplus
rm -rf $dir
mkdir -p $dir
# All but what is shared inside a folder; of core/, net/ and transport/, what names a module.
public=$({ ls stack/*.h stack/driver/*.h stack/socket/*.h stack/service/*.h stack/link/*.h; echo stack/core/module.h stack/core/neighbour.h stack/core/route.h \
    stack/net/net.h stack/transport/raw.h stack/transport/udp.h; } | tr ' ' '\n' | grep -vE '_(private|inside)\.h$')
for header in $public; do echo "#include \"$header\""; done >$dir/public.h
for compiler in g++ clang++; do
    command -v $compiler >$dir/which || { skip $compiler "the compiler is not here"; continue; }
    flags="-std=c++17 -I. -I$dir -O1 -g -Wall -Wextra -Wno-unused-function -Werror"
    for header in $public; do
        if $compiler $flags -fsyntax-only -x c++ "$header" >$dir/log 2>&1; then ok; else bad "$header is no C++ for $compiler: $(grep -m1 error $dir/log)"; fi
    done
    if ! $compiler $flags -o $dir/$compiler tests/checks/public.cpp build/release/libstack.a >$dir/log 2>&1; then bad "$compiler does not build or link"; head -20 $dir/log
    elif ! $dir/$compiler >$dir/log 2>&1; then bad "what $compiler built does not run: $(cat $dir/log)"
    else echo "$compiler: $(cat $dir/log)"; ok
    fi
done
finish
