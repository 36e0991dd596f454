#!/usr/bin/env python3
"""
The museum of driver bugs: each line of tests/museum/list.tsv is planted in its example, built, and judged by the check that it names, which must fail with
a sentence that says what the line says. `tools/museum.py NAME...` plays those alone and prints the sentences; --all plays every check.
"""
import argparse, concurrent.futures, os, subprocess, sys

WIREDRILL = "build/release/wiredrill"
WORK = "build/museum"


def rows(path):
    for line in open(path, encoding="utf-8"):
        if not line.startswith("#"):
            yield line.rstrip("\n").split("\t")


def build(name, file, expression):
    """The plug-in's path, or None and why."""
    source, out = "examples/driver/" + file, "%s/%s" % (WORK, name)
    told = subprocess.run(["sed", "-E", "-z", expression, source], capture_output=True, text=True)
    if told.returncode or told.stdout == open(source, encoding="utf-8").read():
        return None, "no longer applies: " + (told.stderr.strip() or "it changes nothing")
    with open(out + ".c", "w", encoding="utf-8") as f:
        f.write(told.stdout)
    told = subprocess.run(["cc", "-w", "-shared", "-fPIC", "-Iexamples/driver", "-o", out + ".so", out + ".c"], capture_output=True, text=True)
    return (None, "does not build: " + told.stderr) if told.returncode else (out + ".so", "")


def judge(row, every):
    name, file, expression, check, says, _ = row
    plugin, wrong = build(name, file, expression)
    if not plugin:
        return name, False, wrong
    only = [] if every else ["--only", check]
    told = subprocess.run([WIREDRILL, "driver", plugin, "--quiet", *only], capture_output=True, text=True)
    lines = told.stdout.splitlines()
    at = next((k for k, line in enumerate(lines) if line.split()[:2] == ["FAILED", check]), None)
    if told.returncode != 1 or at is None:
        return name, False, "NOT CAUGHT by %s (exit %d)\n%s" % (check, told.returncode, told.stdout + told.stderr)
    if says not in lines[at + 1]:
        return name, False, "caught by %s, which does not say \"%s\":\n%s" % (check, says, lines[at + 1])
    return name, True, lines[at + 1].strip() if not every else told.stdout


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--list", default="tests/museum/list.tsv")
    p.add_argument("--all", action="store_true", help="every check, not only the one that is named")
    p.add_argument("names", nargs="*")
    o = p.parse_args()
    os.makedirs(WORK, exist_ok=True)
    wanted = [r for r in rows(o.list) if not o.names or r[0] in o.names]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, good, text in pool.map(lambda r: judge(r, o.all), wanted):
            passed, failed = passed + good, failed + (not good)
            if not good or o.names:
                print("%s: %s" % (name, text))
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return failed > 0 or not passed


sys.exit(main())
