#!/usr/bin/env python3
"""
The planted bugs of tests/mutants/devices.tsv, in our device models: each must make the check of tests/devices/ that its row names fail, on the NIC that it
names, without QEMU. Prints a line a bug; exit status 1 when one was not caught. --all shows all checks that fail, for rows that do not name one yet.
"""
import argparse, os, re, sys
from mutation import program

LIST = "tests/mutants/devices.tsv"
BUILD = "build/device-plants"


class Row:
    def __init__(self, line):
        self.name, self.file, self.change, self.what, self.nic, self.check = line.rstrip("\n").split("\t")
        self.said, self.caught, self.names = "", False, []


def read_list(path):
    with open(path, encoding="utf-8") as f:
        return [Row(l) for l in f if l.strip() and not l.startswith("#")]


def build(row):
    """The path of a `devices` with the bug in it; None, and row.said, when there is none."""
    text = open(row.file, encoding="utf-8").read() if os.path.exists(row.file) else ""
    sed = program.run(["sed", "-E", row.change, row.file])
    if sed.returncode or sed.stdout == text:
        row.said = "no longer applies" + (": " + sed.stderr.strip() if sed.stderr else "")
        return None
    folder = os.path.join(BUILD, row.name)
    source, object_, executable = (os.path.join(folder, n) for n in (os.path.basename(row.file), "bug.o", "devices"))
    program.write(source, sed.stdout)
    r = program.run(program.compile_command(row.file, source, ["-c", "-o", object_]))
    if r.returncode:
        row.said = "does not build: " + r.stderr.splitlines()[0]
        return None
    parts = sorted("build/release/tests/devices/" + f[:-2] + ".o" for f in os.listdir("tests/devices") if f.endswith(".c"))
    r = program.run(["cc", "-o", executable, object_] + parts + ["build/release/libsim.a", "build/release/libstack.a"] + program.said_by_make()["libs"])
    if r.returncode:
        row.said = "does not link: " + r.stderr.splitlines()[-1]
        return None
    return executable


def failing(executable, nic):
    r = program.run(["timeout", "60", executable, "check", nic, "ours"])
    names = [m.group(1).rstrip() for m in re.finditer(r"^(.{38,}?) +WRONG", r.stdout, re.M)]
    return names, r.returncode


def judge(row):
    executable = build(row)
    if not executable:
        return
    names, status = failing(executable, row.nic)
    os.remove(executable)
    row.names, row.caught = names, row.check in names
    if row.caught:
        row.said = "caught by %s: %s" % (row.nic, row.check)
    elif names:
        row.said = "NOT CAUGHT by \"%s\" of %s, but by: %s" % (row.check, row.nic, "; ".join(names))
    else:
        row.said = "NOT CAUGHT" + (", exit status %d" % status if status else "")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--list", default=LIST)
    options.add_argument("--all", action="store_true")
    options.add_argument("names", nargs="*")
    o = options.parse_args()
    rows = [r for r in read_list(o.list) if not o.names or r.name in o.names]
    program.side_by_side(rows, judge)
    for r in rows:
        print("%s: %s" % (r.name, r.said))
        if o.all and r.names:
            print("    " + "; ".join(r.names))
    missed = sum(not r.caught for r in rows)
    print("%d passed, %d failed, 0 skipped" % (len(rows) - missed, missed))
    return missed != 0 or not rows


if __name__ == "__main__":
    sys.exit(main())
