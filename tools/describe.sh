#!/bin/sh
# What is installed beside the command and made of what it says of itself:
#   describe.sh man COMMAND VERSION FOLDER           wiredrill.1, and a page for each subcommand
#   describe.sh completion COMMAND SHARE             bash-completion/completions/wiredrill, zsh/site-functions/_wiredrill
#   describe.sh pkgconfig PREFIX LIBDIR VERSION FOLDER
set -e

# The names of the subcommands, as `help` lists them.
subcommands() { # COMMAND
    "$1" help | sed -n 's/^  wiredrill \([a-z][a-z-]*\) .*/\1/p'
}

# A page of roff from lines of text on standard input, which stay as they are.
page() { # NAME SUMMARY VERSION
    printf '.TH %s 1 "" "wiredrill %s" "User Commands"\n.SH NAME\n%s \\- %s\n.SH DESCRIPTION\n.nf\n' \
        "$(echo "$1" | tr a-z A-Z)" "$3" "$1" "$2"
    sed 's/\\/\\e/g; s/-/\\-/g; s/^\([.'"'"']\)/\\\&\1/'
    printf '.fi\n.SH SEE ALSO\nthe pages in /usr/share/doc/wiredrill\n'
}

man() { # COMMAND VERSION FOLDER
    mkdir -p "$3"
    "$1" help | page wiredrill 'a deterministic network, and the suite that a TCP/IP stack has to survive in it' "$2" >"$3/wiredrill.1"
    for s in $(subcommands "$1"); do
        summary=$("$1" help "$s" | sed -n '2s/^ *//p')
        "$1" help "$s" | page "wiredrill-$s" "$summary" "$2" >"$3/wiredrill-$s.1"
    done
}

options() { # COMMAND SUBCOMMAND
    "$1" help "$2" | sed -n 's/^  \(--*[A-Za-z][a-z-]*\).*/\1/p' | tr '\n' ' '
}

completion() { # COMMAND SHARE
    mkdir -p "$2/bash-completion/completions" "$2/zsh/site-functions"
    {
        echo '# Of bash, for wiredrill: subcommands, their options, files.'
        echo '_wiredrill() {'
        echo '    local word=${COMP_WORDS[COMP_CWORD]} words='
        echo '    if [ "$COMP_CWORD" -eq 1 ]; then'
        echo "        words='$(subcommands "$1" | tr '\n' ' ')help --version --help'"
        echo '    else'
        echo '        case ${COMP_WORDS[1]} in'
        for s in $(subcommands "$1"); do echo "        $s) words='$(options "$1" "$s")' ;;"; done
        echo '        esac'
        echo '    fi'
        echo '    COMPREPLY=($(compgen -W "$words" -- "$word"))'
        echo '    [ "$COMP_CWORD" -eq 1 ] || COMPREPLY+=($(compgen -f -- "$word"))'
        echo '}'
        echo 'complete -o filenames -F _wiredrill wiredrill'
    } >"$2/bash-completion/completions/wiredrill"
    {
        echo '#compdef wiredrill'
        echo 'local -a words'
        echo 'if (( CURRENT == 2 )); then'
        echo "    words=($(subcommands "$1" | tr '\n' ' ')help)"
        echo '    compadd -a words'
        echo 'else'
        echo '    case $words[2] in'
        for s in $(subcommands "$1"); do echo "    $s) compadd -- $(options "$1" "$s") ;;"; done
        echo '    esac'
        echo '    _files'
        echo 'fi'
    } | sed 's/^local -a words/local -a names/; s/    words=(/    names=(/; s/compadd -a words/compadd -a names/' >"$2/zsh/site-functions/_wiredrill"
}

pkgconfig() { # PREFIX LIBDIR VERSION FOLDER
    mkdir -p "$4"
    printf 'prefix=%s\nName: wiredrill\nDescription: headers for plug-ins of wiredrill\nVersion: %s\nCflags: -I${prefix}/include/wiredrill\n' "$1" "$3" >"$4/wiredrill.pc"
    printf 'prefix=%s\nlibdir=%s\nName: wiredrill-stack\nDescription: the freestanding TCP/IP stack of wiredrill\nVersion: %s\nCflags: -I${prefix}/include/wiredrill\nLibs: -L${libdir} -lwiredrill-stack\n' "$1" "$2" "$3" >"$4/wiredrill-stack.pc"
}

"$@"
