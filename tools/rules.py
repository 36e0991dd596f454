#!/usr/bin/env python3
"""
rules.py [--captures FOLDER]...: the table of the monitor's rules. For each: level, clause, how certain it is, the violation that is planted and the near miss beside
it (tests/monitor/rules.txt), and how often it fired, certain findings only, over

  scenarios   every case of scenarios/ on one NIC, our stack: its own port's captures, without what tests/monitor/explained.tsv explains
  lwip        the same cases with --sut lwip
  captures    every file of the folders that --captures names
  ours, linux the captures that `make interop` left in build/interop, both sides
  ipxe        those of tests/checks/79-netdev.sh in build/netdev

A dash: there is nothing to look at here. Certainty says what must be known of a capture before the rule accuses: p, taken at the sender's own port; w, whole frames;
s, the connection's start; c, no frames missing; o, order and times the sender's; u, not before a NIC's work. Run from the root: `make rules`. The table is also left in reports/rules.tsv.
"""
import collections, glob, json, os, re, shutil, subprocess, sys

WIREDRILL = "build/release/wiredrill"
OURS = "52:54:00:12:34:56"
LETTERS = {"the capture may have been taken far from the sender's port": "p", "the capture cut the frame": "w", "the connection's SYN is not in the capture, or is cut": "s",
           "between the sender's port and the capture frames may have been lost, late or out of order": "o",
           "frames that passed are missing in the capture": "c", "the capture was taken before the sender's NIC cut and summed its frames": "u"}


def rules():
    """[[name, level, clause, certainty]]"""
    out = []
    for line in subprocess.run([WIREDRILL, "help", "rules"], capture_output=True, text=True).stdout.splitlines():
        if re.match(r"[a-z]+\.", line):
            out.append([line[:27].strip(), line[27:38].strip(), line[38:67].strip(), ""])
        elif line.strip().startswith("unless "):
            out[-1][3] += LETTERS[line.strip()[7:]]
    return out


def planted():
    """{rule: (its planted lines, its near misses)}"""
    lines, found, rule = open("tests/monitor/rules.txt").read().splitlines(), collections.defaultdict(lambda: ([], [])), None
    for line in lines:
        if re.match(r"[a-z]", line):
            rule = line.split()[0]
            if "elsewhere" in line:
                found[rule][0].append(line.split()[-1])
                found[rule][1].append(line.split()[-1])
        elif rule and line.startswith(("!", "=")):
            found[rule]["!=".index(line[0])].append(line[1:])
    return found


def audit(paths, host, spared=()):
    """{rule: how often}; None: there is nothing to look at"""
    counts = collections.Counter()
    for k in range(0, len(paths), 500):
        more = ["--host", host] if host else []
        ran = subprocess.run([WIREDRILL, "audit", "--json"] + more + paths[k : k + 500], capture_output=True, text=True)
        for line in ran.stdout.splitlines():
            row = json.loads(line)
            if row.get("certain") and not any(row["rule"] == rule and name in row["file"] for name, rule in spared):
                counts[row["rule"]] += 1
    return counts if paths else None


def files(*patterns):
    return sorted(f for p in patterns for f in glob.glob(p, recursive=True) if os.path.isfile(f))


def played(sut):
    folder = "build/rules-%s" % sut
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    subprocess.run([WIREDRILL, "run", "--sut", sut, "--nic", "e1000", "--no-golden", "--quiet", "--pcap", folder, "scenarios"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return files(folder + "/**/*.pcap")


def explained():
    rows = [line.rstrip("\n").split("\t") for line in open("tests/monitor/explained.tsv") if not line.startswith("#")][1:]
    return [(row[0].split("/", 1)[-1], row[1]) for row in rows]


def main():
    folders = [sys.argv[k + 1] for k, word in enumerate(sys.argv[:-1]) if word == "--captures"]
    away = [f for folder in folders for f in files(folder + "/*.pcap", folder + "/*.pcapng")]
    columns = {"scenarios": audit(played("stack"), OURS, explained()), "lwip": audit(played("lwip"), OURS), "captures": audit(away, None),
               "ours": audit(files("build/interop/*.pcap"), OURS), "linux": audit(files("build/interop/*.pcap"), "10.77.0.1"),
               "ipxe": audit(files("build/netdev/*.pcap"), OURS)}
    cases, table = planted(), [["rule", "level", "clause", "certainty", "planted", "near miss"] + list(columns)]
    for name, level, clause, certainty in rules():
        bad, near = cases[name]
        table.append([name, level, clause, certainty or "-", "; ".join(bad) or "none", "; ".join(near) or "none"] +
                     ["-" if c is None else str(c[name]) for c in columns.values()])
    with open("reports/rules.tsv", "w") as f:
        f.writelines("\t".join(row) + "\n" for row in table)
    short = [row[:4] + ["yes" if k and row[4] != "none" else row[4], "yes" if k and row[5] != "none" else row[5]] + row[6:] for k, row in enumerate(table)]
    widths = [max(len(row[k]) for row in short) for k in range(len(short[0]))]
    for row in short:
        print("  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip())
    print("%d rules; each with its planted violation and near miss in words: reports/rules.tsv" % (len(table) - 1))


main()
