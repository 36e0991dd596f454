#!/usr/bin/env python3
"""
Random one-token faults in stack/: another operator, another constant, a condition negated, a statement deleted. Each is judged by the scenarios that
reach it, with goldens, on one NIC, then by the unit tests that reach it; any failure, crash or hang counts. Prints each survivor and the score. Faults
that no test can notice are listed with their reasons in tests/mutants/equivalent.tsv; those of them that survive do not count.
"""
import argparse, collections, glob, hashlib, re, sys
from mutation import csource, hints, program, same_code, tokens

EQUIVALENT = "tests/mutants/equivalent.tsv"

# What ends a process of the asan variant ends it here: undefined behaviour, and structures that are not whole.
SANITIZED = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", "-DSTACK_CHECK"]


def one_line(text):
    return re.sub(r"\s+", " ", text).strip()


class Place:
    """A fault at its place: `key` names it as long as its function's text stays."""

    def __init__(self, file, index, function, body, fault):
        self.file, self.index, self.fault = file, index, fault
        first = body.rfind("\n", 0, fault.at) + 1
        last = body.find("\n", fault.end) if "\n" in body[fault.end:] else len(body)
        self.line = function.line + body.count("\n", 0, fault.at)
        self.before = one_line(body[first:last])
        self.after = one_line(body[first:fault.at] + fault.text + body[fault.end:last])
        self.key = (file, function.name, self.before, self.after)
        self.noticed_by, self.reached, self.hint = None, False, ""

    def bug(self, name):
        _, functions = csource.split(open(self.file, encoding="utf-8").read())
        body = "\n".join(functions[self.index].body)
        changed = body[:self.fault.at] + self.fault.text + body[self.fault.end:]
        bug = program.Bug(name, self.file, {self.index: changed.split("\n")}, at=self.fault.at)
        bug.hint = self.hint
        return bug

    def __str__(self):
        where = "%s:%d: %s: in %s%s" % (self.file, self.line, self.fault.kind, self.key[1], "" if self.reached else ", which no test executes")
        return "%s: %s  BECOMES  %s" % (where, self.before, self.after)

    def hear(self, judge, fate, what):
        self.reached |= fate != "unreached"
        if fate not in ("unreached", "survived"):
            self.noticed_by = judge, what


def places_of(file):
    _, functions = csource.split(open(file, encoding="utf-8").read())
    for k, f in enumerate(functions):
        body = "\n".join(f.body)
        for fault in tokens.faults_of(body):
            yield Place(file, k, f, body, fault)


def read_equivalent():
    """[(file, function, line, line with the fault)], each may be "*"."""
    with open(EQUIVALENT, encoding="utf-8") as f:
        rows = [l.rstrip("\n").split("\t") for l in f if l.strip() and not l.startswith("#")]
    for row in rows:
        if len(row) != 5 or not row[4]:
            raise SystemExit("%s: a row is file, function, line, line with the fault, reason: %s" % (EQUIVALENT, row))
    return [tuple(row[:4]) for row in rows]


def fits(row, place):
    return all(column in ("*", said) for column, said in zip(row, place.key))


def complaints(equivalent, everything, tried):
    """Rows that no fault fits any more, and rows of one fault that a test does notice."""
    found = ["no such fault is there any more: " + " | ".join(r) for r in equivalent if not any(fits(r, p) for p in everything)]
    exact = {p.key: p for p in tried if p.noticed_by}
    return found + ["%s notices it: %s" % (exact[r].noticed_by[1], " | ".join(r)) for r in equivalent if r in exact]


def build(places, optimise="-O1"):
    faults = program.Program("faults", [p.bug(str(n)) for n, p in enumerate(places)], SANITIZED, optimise)
    faults.compile()
    return faults


def dialects():
    """[(profile, its scripts that pass)]: those that fail or are skipped as they should tell nothing more by a fault."""
    for profile in ("freebsd", "linux"):
        scripts = sorted(glob.glob("tests/dialects/%s/*.pkt" % profile))
        yield profile, [s for s in scripts if open(s, encoding="utf-8").read().split("\n", 2)[1] == "// passes"]


def play(faults, places, options):
    """The scenarios, for what they do not notice packetdrill's scripts, then the unit tests; returns what nobody noticed."""
    play_scenarios = [faults.link("scenarios", *program.scenario_links(checked=True)), "--any", "--fill", "165"]
    for words in [["scenarios"]] + [["--profile", profile] + scripts for profile, scripts in dialects()]:
        noticed = [str(b.number) for b in faults.bugs if places[int(b.name)].noticed_by]
        for name, fate, case, *_ in program.said_by(play_scenarios + options + ["--but", ",".join(noticed)] + words):
            places[int(name)].hear("scenario", fate, case)
    left = [b for b in faults.bugs if not places[int(b.name)].noticed_by]
    for name, fate, test in program.said_by([faults.link("units", *program.unit_links())] + options + [str(b.number) for b in left]):
        places[int(name)].hear("unit test", fate, test)
    return [b for b in faults.bugs if not places[int(b.name)].noticed_by]


def judge_quickly(places, floor):
    """Those that compile, when enough of them are noticed where they were last time: the others are not tried. Otherwise None."""
    faults = build(places, "-O0")
    left = play(faults, places, ["--hinted"])
    if not floor or 100 * (len(faults.bugs) - len(left)) < floor * len(faults.bugs):
        return None
    return [places[int(b.name)] for b in faults.bugs]


def judge(places):
    """Says of each place what noticed it; returns those that count, those that the compiler refused, those of which it makes the same code."""
    faults = build(places)
    left = play(faults, places, [])
    nothing = same_code.same_code(left, faults.folder)
    same = [b for b in left if b.number in nothing]
    count = [b for b in faults.bugs if b not in same]
    return [[places[int(b.name)] for b in some] for some in (count, [b for b, _ in faults.refused], same)]


def score(places):
    """Prints the table by kind; returns the share that was noticed, in per mille."""
    table = collections.defaultdict(collections.Counter)
    for p in places:
        for kind in (p.fault.kind, "all"):
            table[kind][p.noticed_by[0] if p.noticed_by else "nobody"] += 1
    print("%-12s %7s %10s %10s %7s %7s" % ("fault", "tried", "scenarios", "unit tests", "nobody", "noticed"))
    for kind in sorted(table, key=lambda k: (k == "all", k)):
        c = table[kind]
        tried = sum(c.values())
        print("%-12s %7d %10d %10d %7d %5d.%d%%" % ((kind, tried, c["scenario"], c["unit test"], c["nobody"]) +
                                                    divmod(1000 * (tried - c["nobody"]) // tried, 10)))
    return 1000 * (len(places) - table["all"]["nobody"]) // max(1, len(places))


def choose(everything, o):
    """Faults are drawn by a hash of what they say, so that a change elsewhere in the stack leaves the others drawn."""
    def drawn(place):
        return hashlib.sha256(("%d\t" % o.seed + "\t".join(place.key)).encode()).digest()
    return everything if o.all else sorted(sorted(everything, key=drawn)[:o.count], key=lambda p: (p.file, p.line))


def main():
    arguments = argparse.ArgumentParser(description="random one-token faults in stack/, judged by scenarios and unit tests")
    arguments.add_argument("--seed", type=int, default=1, help="chooses the faults (1)")
    arguments.add_argument("--count", type=int, default=100, help="how many (100)")
    arguments.add_argument("--all", action="store_true", help="all there are")
    arguments.add_argument("--only", default="", help="only in files whose name contains this, or one of these, with commas between them")
    arguments.add_argument("--kind", default="", help="only of this kind, as the table names it")
    arguments.add_argument("--floor", type=int, default=0, help="exit status 1 when less than so many per cent are noticed")
    arguments.add_argument("--quick", action="store_true", help="only where each was noticed last time (%s), as long as that is enough for the floor" % hints.FILE)
    arguments.add_argument("--note", action="store_true", help="write down what noticed each, to be tried first")
    arguments.add_argument("--tidy", action="store_true", help="exit status 1 when a row of the list of equivalent faults is wrong")
    o = arguments.parse_args()
    files = [f for f in sorted(glob.glob("stack/**/*.c", recursive=True)) if any(word in f for word in o.only.split(","))]
    everything = [p for f in files for p in places_of(f)]
    equivalent = read_equivalent()
    chosen = choose([p for p in everything if o.kind in ("", p.fault.kind)], o)
    noticed_last = hints.read()
    for p in chosen:
        p.hint = noticed_last.get(hints.of_fault(p.key), "")
    quick = judge_quickly(chosen, o.floor) if o.quick else None
    if quick:
        score(quick)
        print("%d faults of %d; those that nobody noticed were tried only where they were noticed last time" % (len(quick), len(everything)))
        return
    compiled, refused, nothing = judge(chosen)
    if o.note:
        hints.note({hints.of_fault(p.key): p.noticed_by[1] for p in compiled if p.noticed_by}, "fault ")
    listed = [p for p in compiled if not p.noticed_by and any(fits(r, p) for r in equivalent)]
    tried = [p for p in compiled if p not in listed]
    for p in tried:
        if not p.noticed_by:
            print(p)
    wrong = [] if o.only or o.kind else complaints(equivalent, everything, tried)
    for text in wrong:
        print("%s: %s" % (EQUIVALENT, text))
    noticed = score(tried)
    print("%d faults of %d; besides, %d do not compile, %d compile to the same code, %d are listed as equivalent" % (
        len(tried), len(everything), len(refused), len(nothing), len(listed)))
    sys.exit(bool(wrong and o.tidy) or noticed < 10 * o.floor)


if __name__ == "__main__":
    main()
