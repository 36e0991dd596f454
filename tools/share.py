#!/usr/bin/env python3
"""
What the stack takes of a datagram of the UDP echo: instructions in files of stack/, counted by valgrind's callgrind, for each NIC and length. The same on every run, whatever
else the machine does. What starting costs is taken out by two runs of different length.

usage: share.py [PROGRAM]   build/release/bench/echo_bench; one of another commit, to compare
"""
import re, subprocess, sys, tempfile

FEW, MANY = 1000, 11000


class Names:
    """callgrind writes a name once, with a number that stands for it afterwards."""

    def __init__(self):
        self.known = {}

    def of(self, text):
        number, name = re.match(r"\((\d+)\)(?: (.*))?$", text).groups()
        if name is not None:
            self.known[number] = name
        return self.known[number]


def count(path):
    """Instructions in stack/ and in all: a call's own lines, not what it called."""
    names, inside, home, stack, total, called = Names(), False, False, 0, 0, False
    for line in open(path, encoding="utf-8", errors="replace"):
        key, _, value = line.rstrip("\n").partition("=")
        if key in ("fl", "fi", "fe"):
            inside = bool(re.search(r"(^|/)stack/[a-z]+/", names.of(value))) and "/sim/" not in names.of(value)
            home = inside if key == "fl" else home
        elif key == "fn":
            inside = home
        elif key in ("cfi", "cfl"):
            names.of(value)
        elif key == "calls":
            called = True
        elif line[0] in "0123456789+-*":
            instructions = 0 if called else int(line.split()[1])
            called = False
            total += instructions
            stack += instructions if inside else 0
    return stack, total


def run(program, nic, length, datagrams):
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out.name, program, nic, str(length), str(datagrams)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return count(out.name)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "build/release/bench/echo_bench"
    for nic in ("e1000", "rtl8139"):
        for length in (64, 1472):
            few, many = run(program, nic, length, FEW), run(program, nic, length, MANY)
            stack, total = [(m - f) / (MANY - FEW) for f, m in zip(few, many)]
            print("UDP echo of %4d bytes, %-8s %6.0f instructions a datagram in stack/, %6.0f in all" % (length, nic, stack, total))


main()
