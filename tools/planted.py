#!/usr/bin/env python3
"""
The planted bugs of tests/mutants/list.tsv: each must make a scenario fail, without goldens, by a verdict that names scenario and line, requirement, and
the field that differs. What can be switched stands in one program (tools/mutation/program.py); what cannot (a bug in a table, a constant, a macro)
gets a program of its own. Prints a line a bug; exit status 1 when one was not caught.
"""
import argparse, os, re, sys
from mutation import csource, hints, program

LIST = "tests/mutants/list.tsv"
# The layers whose requirements a bug in a file can break; the first that fits.
LAYERS = [
    ("stack/link/arp", "arp"), ("stack/core/neighbour", "arp"), ("stack/core/netif", "eth,arp,ip"), ("stack/core/route", "ip,icmp"),
    ("stack/core/checksum", "ip,icmp,udp,tcp"), ("stack/link/", "eth"), ("stack/driver/", "eth"), ("sim/nic/", "eth"), ("sim/wire/", "eth"),
    ("stack/net/icmp", "icmp"), ("stack/net/ipv4_input", "ip,icmp"), ("stack/net/path_mtu", "ip,icmp"), ("stack/net/", "ip"), ("stack/transport/udp", "udp"), ("stack/transport/tcp", "tcp"),
    ("stack/transport/", "udp,tcp"), ("stack/socket/", "ip,udp,tcp"), ("stack/service/dhcp", "dhcp"), ("stack/service/dns", "dns"),
    ("stack/service/sntp", "ntp"), ("stack/service/ping", "icmp"), ("stack/service/traceroute", "icmp"), ("stack/service/udp", "udp"),
]


class Row:
    def __init__(self, line):
        columns = line.rstrip("\n").split("\t")
        self.name, self.file, self.change, self.what = columns[:4]
        self.folders = columns[4].split() if len(columns) > 4 else []
        self.nic = columns[5] if len(columns) > 5 else None
        self.refused = self.bug = self.own = None


def read_list(path):
    with open(path, encoding="utf-8") as f:
        return [Row(l) for l in f if l.strip() and not l.startswith("#")]


def prepare(row):
    """Applies the row's change: row.bug for the common program, or row.own, a text for a program of its own; or why not."""
    if not os.path.exists(row.file):
        row.refused = "no longer applies: there is no " + row.file
        return
    text = open(row.file, encoding="utf-8").read()
    sed = program.run(["sed", "-E", row.change, row.file])
    if sed.returncode or sed.stdout == text:
        row.refused = sed.stderr.strip() or "no longer applies: %s has moved on" % row.file
        return
    bodies = csource.changed_functions(text, sed.stdout)
    if bodies and program.can_switch(text, bodies):
        row.bug = program.Bug(row.name, row.file, bodies, row.folders, row.nic)
    else:
        row.own, row.bug = sed.stdout, program.Bug(row.name, row.file, {}, row.folders, row.nic)


def judge(executable, options, folders=()):
    return program.said_by([executable] + options + ["--no-golden"] + (["scenarios/" + f for f in folders] or ["scenarios"]))


def judge_alone(row, links, options):
    """A program of its own for a bug that cannot be switched."""
    alone = program.Program("own/" + row.name, [row.bug])
    alone.emit()
    program.write(os.path.join(alone.folder, row.file), row.own)
    r = program.run(program.compile_command(row.file, os.path.join(alone.folder, row.file), ["-c", "-o", alone.object(row.file)]))
    if r.returncode:
        row.refused = "does not build: " + r.stderr.splitlines()[0]
        return []
    return judge(alone.link("scenarios", *links), options, row.folders)


def judge_all(rows, options):
    """The lines that the judge says, by bug."""
    noticed = hints.read()
    program.side_by_side(rows, prepare)
    for row in rows:
        if row.bug:
            row.bug.hint = noticed.get("planted " + row.name, "")
    links = program.scenario_links()
    together = program.Program("planted", [r.bug for r in rows if r.bug and r.own is None])
    together.compile()
    for bug, said in together.refused:
        next(r for r in rows if r.bug is bug).refused = "does not build: " + said
    said = judge(together.link("scenarios", *links), options) if together.bugs else []
    alone = [r for r in rows if r.own is not None]
    for lines in program.side_by_side(alone, lambda r: judge_alone(r, links, options)):
        said += lines
    verdicts = {r.name: [] for r in rows}
    for line in said:
        verdicts[line[0]].append(line[1:])
    return verdicts, len(alone)


def tell(row, verdicts):
    """Prints what became of a planted bug; true when it was caught as it must be."""
    if row.refused:
        print("%s: %s (%s)" % (row.name, row.refused, row.what))
        return False
    fate, case, place, field, ids = verdicts[0]
    if fate == "caught":
        print("%s: caught (%s): %s: %s; %s" % (row.name, row.what, place, field, ids))
    else:
        print("%s: NOT CAUGHT, %s (%s)" % (row.name, fate, row.what))
    return fate == "caught"


def layers_of(path, field):
    """What a verdict is about: the layers of the file that the bug is in, and that of the field that differs."""
    about = next((layers for begin, layers in LAYERS if path.startswith(begin)), "").split(",")
    about += re.findall(r"^stack/wire/([a-z]+?)(?:v[46])?(?:_|\.)", path)
    about += re.findall(r"^([a-z0-9]+)[. ]", field.replace("quote.", "icmp."))
    return ",".join(sorted({"eth" if layer == "ethernet" else layer for layer in about} - {""}))


def write_breakers(rows, verdicts, path):
    """A line for each requirement, bug and layers whose verdict names it: id, "planted NAME", SCENARIO:LINE:COLUMN, LAYERS."""
    found = {}
    for row in rows:
        for fate, case, place, field, ids in verdicts[row.name]:
            for one in ids.split() if fate == "caught" else []:
                found.setdefault((one, row.name, layers_of(row.file, field)), place)
    program.write(path, "".join("%s\tplanted %s\t%s\t%s\n" % (one, name, place, layers) for (one, name, layers), place in sorted(found.items())))


def note(rows, verdicts, all_of_them):
    caught = {"planted " + r.name: verdicts[r.name][0][1] for r in rows if not r.refused and verdicts[r.name][0][0] == "caught"}
    hints.note(caught, "planted " if all_of_them else None)


def main():
    arguments = argparse.ArgumentParser(description="planted bugs, judged by scenarios")
    arguments.add_argument("--list", default=LIST, help="the list of planted bugs")
    arguments.add_argument("--beside", metavar="FILE", help="another list, whose bugs are tried too and told behind the count")
    arguments.add_argument("--note", action="store_true", help="write down what noticed each (%s), to be tried first" % hints.FILE)
    arguments.add_argument("--breakers", metavar="FILE", help="play every case, and write which requirements the verdicts name (tools/breakers.py)")
    arguments.add_argument("name", nargs="*", help="only these")
    o = arguments.parse_args()
    rows = [r for r in read_list(o.list) if not o.name or r.name in o.name]
    beside = read_list(o.beside) if o.beside else []
    for row in rows if o.breakers else []:
        row.folders = []
    for unknown in set(o.name) - {r.name for r in rows}:
        arguments.error("no planted bug is called " + unknown)
    verdicts, alone = judge_all(rows + beside, ["--every"] if o.breakers else [])
    if o.breakers:
        write_breakers(rows, verdicts, o.breakers)
        return
    caught = sum([tell(r, verdicts[r.name]) for r in rows])
    print("%d planted bugs, %d programs besides the one of most" % (len(rows), alone))
    print("%d passed, %d failed, 0 skipped" % (caught, len(rows) - caught))
    for r in beside:
        tell(r, verdicts[r.name])
    if o.note:
        note(rows, verdicts, not o.name)
    sys.exit(caught != len(rows))


if __name__ == "__main__":
    main()
