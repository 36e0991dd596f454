#!/usr/bin/env python3
"""
Cases of the monitor's rules (rules.txt): for each rule a planted violation, which the audit must name at its frame and as certain, and a near miss, which it
must let pass without a word. A rule that needs to know something of the capture must accuse nobody where that is not known: the violation is shown once more
from far away (PORT), cut (WHOLE), and without the connection's beginning (START).

A case is the rule's name and lines below it, "TIME EXPRESSION" in the words of frames.py; "!" before a line puts it into the violation alone, "=" into the near
miss alone. The last "!" line is the frame that breaks the rule. Behind the rule's name: "all", every host is judged; "with RULE", which is broken as well;
"elsewhere FILE", what no capture can show.
"""
import json, os, re, struct, subprocess, sys

sys.path.insert(0, os.path.dirname(__file__))
import frames

WORK = "build/monitor"
AUDIT, ONE = ["build/release/wiredrill", "audit", "--json"], ["--host", "02:00:00:00:00:01"]
NEEDS = {"the capture may have been taken far from the sender's port": "far", "the capture cut the frame": "cut",
         "between the sender's port and the capture frames may have been lost, late or out of order": "far",
         "the connection's SYN is not in the capture, or is cut": "midway"}


def read(path):
    """[({rule, all, with, elsewhere}, [(mark, time, frames)])]"""
    cases = []
    for number, line in enumerate(open(path), 1):
        text = line.split("#", 1)[0].rstrip()
        if not text:
            continue
        if re.match(r"[a-z]", text):
            words = text.split()
            cases.append((dict({"rule": words[0], "all": "all" in words}, **dict(zip(words[1::2], words[2::2]))), []))
            continue
        mark, rest = (text[0], text[1:]) if text[0] in "!=" else (" ", text)
        time, expression = rest.split(None, 1)
        try:
            cases[-1][1].append((mark, float(time), eval(expression, dict(vars(frames)))))
        except Exception as error:
            sys.exit("%s:%d: %s: %s" % (path, number, expression, error))
    return cases


def flat(lines, mark):
    """[(time, frame, is it the case's own)] of the lines without a mark and with that one."""
    out = []
    for m, time, made in lines:
        if m in (" ", mark):
            out += [(time, f, m == mark) for f in (made if isinstance(made, list) else [made])]
    return out


def write(path, packets, snap=65535):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for time, frame, _ in packets:
            ns, cut = round(time * 1e9), frame[:snap]
            f.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(cut), len(frame)) + cut)


def audit(paths, more):
    """{path: [findings]}"""
    found = {p: [] for p in paths}
    ran = subprocess.run(AUDIT + list(more) + paths, capture_output=True, text=True)
    if ran.returncode == 2 or ran.stderr:
        sys.exit("audit: %s" % ran.stderr)
    for line in ran.stdout.splitlines():
        row = json.loads(line)
        if "rule" in row:
            found[row["file"]].append(row)
    return found


def rules():
    """{rule: what it needs}"""
    out, last = {}, None
    for line in subprocess.run(["build/release/wiredrill", "help", "rules"], capture_output=True, text=True).stdout.splitlines():
        if re.match(r"[a-z]+\.", line):
            last = line.split()[0]
            out[last] = set()
        elif line.strip().startswith("unless "):
            out[last].add(NEEDS.get(line.strip()[7:], "other"))
    return out


def judge_near(paths, more, bad):
    good = 0
    for path, found in audit(paths, more).items() if paths else []:
        good += not found
        bad += ["%s: a near miss, and %s at frame %d: %s" % (path, f["rule"], f["frame"], f["found"]) for f in found]
    return good


def judge_planted(planted, more, bad):
    """{path: (case, frame)}"""
    good = 0
    for path, found in audit(list(planted), more).items() if planted else []:
        case, frame = planted[path]
        named = [f for f in found if f["rule"] == case["rule"] and f["frame"] == frame and f["certain"]]
        extra = [f for f in found if f["rule"] not in (case["rule"], case.get("with"))]
        good += bool(named) and not extra
        if not named:
            bad.append("%s: not named at frame %d, but %s" % (path, frame, [(f["rule"], f["frame"], f["certain"]) for f in found]))
        bad += ["%s: %s is named at frame %d, too: %s" % (path, f["rule"], f["frame"], f["found"]) for f in extra]
    return good


def judge_unknown(paths, more, bad):
    """{path: rule}"""
    good = 0
    for path, found in audit(list(paths), more).items() if paths else []:
        accused = [f for f in found if f["rule"] == paths[path] and f["certain"]]
        good += not accused
        bad += ["%s: %s is certain, and cannot be" % (path, f["rule"]) for f in accused]
    return good


def elsewhere(case, bad):
    rule, there = case["rule"], open(case["elsewhere"]).read()
    if rule.replace(".", "_").replace("-", "_") in there:
        return 1
    bad.append("%s: %s has no test of it" % (rule, case["elsewhere"]))
    return 0


def main():
    os.makedirs(WORK, exist_ok=True)
    cases, known, bad, good = read("tests/monitor/rules.txt"), rules(), [], 0
    near, planted, unknown = {True: [], False: []}, {True: {}, False: {}}, {"far": {}, "cut": {}, "midway": {}}
    for k, (case, lines) in enumerate(cases):
        stem, rule = "%s/%03d-%s" % (WORK, k, case["rule"]), case["rule"]
        if "elsewhere" in case:
            good += elsewhere(case, bad)
            continue
        miss, broken = flat(lines, "="), flat(lines, "!")
        write(stem + "-near.pcap", miss)
        near[case["all"]].append(stem + "-near.pcap")
        if not any(own for _, _, own in broken):
            continue
        write(stem + "-planted.pcap", broken)
        planted[case["all"]][stem + "-planted.pcap"] = (case, max(n for n, p in enumerate(broken, 1) if p[2]))
        for need in known.get(rule, set()) & set(unknown):
            path = "%s-%s.pcap" % (stem, need)
            write(path, broken[3:] if need == "midway" else broken, 54 if need == "cut" else 65535)
            unknown[need][path] = rule
    for every in (False, True):
        more = ["--at-host"] + ([] if every else ONE)
        good += judge_near(near[every], more, bad) + judge_planted(planted[every], more, bad)
    for need, paths in unknown.items():
        good += judge_unknown(paths, ONE if need == "far" else ONE + ["--at-host"], bad)
    without = sorted(set(known) - {case["rule"] for case, _ in cases})
    bad += ["no case of %s" % rule for rule in without]
    bad += ["a case of %s, which is no rule" % rule for rule in sorted({case["rule"] for case, _ in cases} - set(known))]
    print("\n".join(bad))
    print("%d passed, %d failed, 0 skipped" % (good, len(bad)))
    return len(bad) > 0


sys.exit(main())
