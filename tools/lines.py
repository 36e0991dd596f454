#!/usr/bin/env python3
"""
How many of the cache's lines a datagram waits for, with one socket and with 10,000 in turn: what cachegrind counts of bench/sockets_bench, for a first cache of 48 KiB and
a last one of 1 MiB. The same on every run, whatever else the machine does, where times on a shared one are not. What starting costs is taken out by two runs of different length.

usage: lines.py [PROGRAM]   build/release/bench/sockets_bench; one of another commit, to compare
"""
import subprocess, sys, tempfile

ROWS = ("in-bound", "out-bound", "in-connected", "out-connected", "bind-bound", "bind-connected")
ROUND = 10000  # datagrams: bench/bare_stack.h


def run(program, row, sockets, rounds):
    """Instructions, misses of the first cache and of the last, in all."""
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["valgrind", "--tool=cachegrind", "--cache-sim=yes", "--D1=49152,12,64", "--LL=1048576,16,64", "--cachegrind-out-file=" + out.name,
                        program, row, str(sockets), str(rounds)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        events, summary = [], []
        for line in open(out.name, encoding="utf-8", errors="replace"):
            if line.startswith("events:"):
                events = line.split()[1:]
            if line.startswith("summary:"):
                summary = [int(n) for n in line.split()[1:]]
        count = dict(zip(events, summary))
        return count["Ir"], count["D1mr"] + count["D1mw"], count["DLmr"] + count["DLmw"]


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "build/release/bench/sockets_bench"
    for row in ROWS:
        for sockets in (1, 10000):
            few, many = run(program, row, sockets, 1), run(program, row, sockets, 3)
            instructions, first, last = [(m - f) / (2 * ROUND) for f, m in zip(few, many)]
            print("%-15s %6d sockets %6.0f instructions, lines missed in 48 KiB %5.2f, in 1 MiB %5.2f" % (row, sockets, instructions, first, last))


main()
