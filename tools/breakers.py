#!/usr/bin/env python3
"""
One claim, one breaker: for each MUST and MUST NOT of conformance/ that a scenario covers, what makes a scenario fail by a verdict that names it. Reads
files of lines "ID <tab> BREAKER <tab> SCENARIO:LINE:COLUMN <tab> LAYERS" (tools/planted.py --breakers and wiredrill run --wire-mutants --breakers write
them) and tests/mutants/unbroken.tsv, the list of those that nothing breaks, with reasons.

A verdict names all that its scenario covers. So what breaks a requirement must be about its own layer (that of the file of conformance/ in which it
stands), or have swallowed or repaired a `<` line of a scenario that covers it; --any takes every verdict.

Exit status 1 when a requirement has neither breaker nor reason, when a row of that list is not needed, and when the list has more rows than it says.
"""
import argparse, collections, glob, os, re, sys

UNBROKEN = "tests/mutants/unbroken.tsv"
# The layers of a file of conformance/, where they are not called as it is.
LAYERS = {"ethernet": {"eth", "vlan", "snap", "llc"}}
# Requirements that are about another layer than the file in which they stand.
BESIDES = [("RFC3927-", {"ip"}), ("RFC1122-3.2.2.9-1", {"ip"})]


MUSTS = "MUST", "MUST NOT"


def requirements():
    """{id: (level, what it requires, its layers)}"""
    found = {}
    for path in sorted(glob.glob("conformance/*.tsv")):
        name = os.path.basename(path)[:-4]
        for line in open(path, encoding="utf-8"):
            columns = line.rstrip("\n").split("\t")
            if len(columns) > 5 and columns[0] != "id":
                about = set.union(LAYERS.get(name, {name}), *(layers for begin, layers in BESIDES if columns[0].startswith(begin)))
                found[columns[0]] = columns[1], columns[5], about
    return found


def covered():
    """{id: [scenario]}"""
    found = collections.defaultdict(list)
    for path in sorted(glob.glob("scenarios/**/*.pkt", recursive=True)):
        for line in open(path, encoding="utf-8"):
            if line.startswith("covers "):
                for one in re.sub("//.*|#.*", "", line).split()[1:]:
                    found[one].append(path)
    return found


def rows_of(path):
    with open(path, encoding="utf-8") as f:
        return [l.rstrip("\n").split("\t") for l in f if l.strip() and not l.startswith("#")]


def most():
    """How many rows the list of what nothing breaks may have."""
    with open(UNBROKEN, encoding="utf-8") as f:
        return int(re.search(r"^# at most (\d+)$", f.read(), re.M).group(1))


def main():
    arguments = argparse.ArgumentParser(description="what breaks each requirement that a scenario covers")
    arguments.add_argument("--quiet", action="store_true", help="only what is wrong, and the sum")
    arguments.add_argument("--out", metavar="FILE", help="write the first breaker of each requirement, of any level: id, what, where (wiredrill conformance)")
    arguments.add_argument("--any", action="store_true", help="a verdict about any layer counts")
    arguments.add_argument("file", nargs="+", help="breakers: id, what, where, layers")
    o = arguments.parse_args()
    levels, scenarios, reasons = requirements(), covered(), dict(r[:2] for r in rows_of(UNBROKEN))
    breakers = collections.defaultdict(list)
    for path in o.file:
        for one, what, where, layers in rows_of(path):
            if one in levels and (o.any or levels[one][2] & set(layers.split(",")) or layers == "<"):
                breakers[one].append((what, where))
    if o.out:
        with open(o.out, "w", encoding="utf-8") as f:
            f.writelines("%s\t%s\t%s\n" % (one, *breakers[one][0]) for one in levels if one in breakers)
    claims = [one for one in levels if one in scenarios and levels[one][0] in MUSTS]
    bare = [one for one in claims if one not in breakers and one not in reasons]
    needless = [one for one in reasons if one in breakers or one not in claims]
    for one in claims if not o.quiet else []:
        if one in breakers:
            print("%-34s %-9s %3d  %s" % (one, levels[one][0], len(breakers[one]), ", ".join(breakers[one][0])))
        elif one in reasons:
            print("%-34s %-9s   -  %s" % (one, levels[one][0], reasons[one]))
    for one in bare:
        print("%s: nothing breaks it: %s (%s)" % (one, levels[one][1], " ".join(scenarios[one])))
    for one in needless:
        print("%s: %s lists what is broken, or covered no more" % (one, UNBROKEN))
    print("%d requirements (MUST, MUST NOT) covered: %d have a breaker, %d are listed with a reason, %d have neither" % (
        len(claims), len([c for c in claims if c in breakers]), len([c for c in claims if c in reasons]), len(bare)))
    grown = len(reasons) - most()
    if grown:
        print("%s: %d rows, and it says at most %d: rows may only go, and the number goes with them" % (UNBROKEN, len(reasons), most()))
    sys.exit(bool(bare or needless or grown))


if __name__ == "__main__":
    main()
