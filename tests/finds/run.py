#!/usr/bin/env python3
"""
What `wiredrill from-fuzz` makes of finds: run.py [BUILD]. All faults of list.tsv are planted in one program, of a build with sanitizers (build/asan); for each
target a find is shortened to a script, which must have few lines, and fail in the same words when it is run as a script; without the fault it must not.
"""
import glob, os, re, subprocess, sys

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build/asan"
WORK = "build/finds"
FLAGS = ["clang", "-std=c11", "-I.", "-I" + BUILD, "-O1", "-gline-tables-only", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
         "-fno-omit-frame-pointer"]


def run(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace")


def must(command):
    said = run(command)
    if said.returncode:
        sys.exit("%s\n%s" % (" ".join(command)[:200], said.stdout[-1000:]))
    return said.stdout


def rows():
    return [line.rstrip("\n").split("\t") for line in open("tests/finds/list.tsv", encoding="utf-8") if not line.startswith("#")]


def plant(file, change):
    source = os.path.join(WORK, os.path.basename(file))
    planted = must(["sed", "-E", change, file])
    if planted == open(file, encoding="utf-8").read():
        sys.exit("%s has moved on: %s" % (file, change))
    open(source, "w", encoding="utf-8").write(planted)
    must([*FLAGS, "-DSTACK_CHECK", "-ffreestanding", "-w", "-c", source, "-o", source + ".o"])
    return source + ".o"


def link(objects):
    said = must(["make", "-s", "VARIANT=" + os.path.basename(BUILD), "--eval", "said: ; @echo '$(LIBS)|$(DRAWS)'", "said"]).strip().splitlines()[-1]
    libs, draws = said.split("|")
    cli = ["%s/%s.o" % (BUILD, f[:-2]) for f in sorted(glob.glob("sim/cli/*.c"))]
    edges = ["-fsanitize=fuzzer-no-link"] if BUILD.endswith("fuzz") else []
    must(["clang", "-O1", "-fsanitize=address,undefined", *edges, *draws.split(), "-o", WORK + "/wiredrill", *cli, *objects, BUILD + "/libsim.a",
          BUILD + "/libstack.a", *libs.split()])


def words(said):
    """How the process died, addresses and numbers aside."""
    found = re.search(r"the process .*", said)
    return re.sub(r"0x[0-9a-f]+|\d+", "#", found.group(0)) if found else said


def judge(target, find, most):
    """What is wrong; None: nothing."""
    said = run([WORK + "/wiredrill", "from-fuzz", "--target", target, find])
    lines = re.search(r"lines +(\d+)", said.stdout)
    if said.returncode != 1 or not lines or "the process died" not in said.stdout:
        return "no script: " + said.stdout[-300:]
    if int(lines.group(1)) > most:
        return "%s lines" % lines.group(1)
    again = run([WORK + "/wiredrill", "run", "--no-golden", "--nic", "e1000", find + ".pkt"])
    if again.returncode != 1 or words(again.stdout) != words(said.stdout):
        return "the script does not fail so: " + again.stdout[-300:]
    innocent = run([BUILD + "/wiredrill", "run", "--no-golden", "--nic", "e1000", find + ".pkt"])
    return "it fails without the fault: " + innocent.stdout[-300:] if "the process" in innocent.stdout or innocent.returncode == 2 else None


def main():
    os.makedirs(WORK, exist_ok=True)
    link([plant(file, change) for _, file, change, *_ in rows()])
    failed = 0
    for target, _, _, octets, most in rows():
        find = os.path.join(WORK, target)
        open(find, "wb").write(eval(octets))
        wrong = judge(target, find, int(most))
        print("FAILED  %s: %s" % (target, wrong) if wrong else "passed  %s" % target, flush=True)
        failed += wrong is not None
    print("%d passed, %d failed, 0 skipped" % (len(rows()) - failed, failed))
    sys.exit(failed > 0)


main()
