#!/bin/sh
# Installs the Debian packages that the build and the checks need and that are not there; on a terminal it asks first. Where it can't, it
# lists them by name and stops. What stands behind `--` is welcome, not needed: where it can't be installed, checks skip what wants it, by name.
#
# usage: install-missing.sh PACKAGE... [-- PACKAGE...]
set -eu

needed= missing= welcome=
for package in "$@"; do
    if [ "$package" = -- ]; then welcome=yes; continue; fi
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' && continue
    missing="$missing $package"
    [ -n "$welcome" ] || needed="$needed $package"
done
[ -n "$missing" ] || exit 0

cannot() {
    [ -n "$needed" ] || exit 0
    echo "These Debian packages are missing:$needed" >&2
    echo "$1" >&2
    exit 1
}

command -v apt-get >/dev/null || cannot "There is no apt-get here: install what corresponds to them, or run plain \`make\`."
as_root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null && as_root=sudo
    [ -n "$as_root" ] || { [ -t 0 ] && command -v sudo >/dev/null && as_root=sudo; }
    [ -n "$as_root" ] || cannot "Install them as root: apt-get install$missing"
fi
if [ -t 0 ] && [ -t 1 ]; then
    printf 'Install the Debian packages%s? [Y/n] ' "$missing"
    read -r answer
    case "$answer" in [nN]*) cannot "They were not installed." ;; esac
fi
echo "installing$missing"
log=$(mktemp)
if ! { DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends $missing >"$log" 2>&1 ||
       { $as_root apt-get update >"$log" 2>&1 && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends $missing >"$log" 2>&1; }; }; then
    tail -5 "$log" >&2
    rm -f "$log"
    cannot "apt-get could not install them."
fi
rm -f "$log"
