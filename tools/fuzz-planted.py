#!/usr/bin/env python3
"""
The bugs of tests/mutants/fuzz.tsv: each is planted by itself, in a copy, in a build of the fuzzers, and the target that is named there must find it
within --runs, beginning with the corpus as it is. What is found becomes a script by `wiredrill from-fuzz`, of the same planted build. Prints a line a
bug (name, class, found in so many seconds, runs, lines of the script, words); exit status 1 when one was not found. Scripts go to
reports/fuzz/planted.
"""
import argparse, glob, os, re, shutil, subprocess, sys, time

LIST, OUT, BUILD = "tests/mutants/fuzz.tsv", "reports/fuzz/planted", "build/fuzz/planted"
FUZZ = ("clang -std=c11 -I. -Ibuild/fuzz -O1 -gline-tables-only -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer "
        "-fsanitize=fuzzer-no-link -DSTACK_CHECK -ffreestanding -w -c").split()
RELEASE = "cc -std=c11 -I. -Ibuild/release -O2 -g -DSTACK_CHECK -ffreestanding -w -c".split()
WORDS = re.compile(r"^walk: (.*)|ERROR: (AddressSanitizer: \S+|libFuzzer: \S+)|(runtime error: .*)|^(fuzz/\S+: .*)|^(pair: .*)|^(\S+:\d+: .*assert.*)", re.M)


def run(command, **how):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **how)


def rows(names):
    for line in open(LIST, encoding="utf-8"):
        if line.startswith("#") or not line.strip():
            continue
        row = line.rstrip("\n").split("\t")
        if not names or row[0] in names or "class " + row[1] in names:
            yield row


def make_variables():
    """How the Makefile links."""
    said = run(["make", "-s", "VARIANT=release", "--eval", "said: ; @echo '$(LIBS)|$(DRAWS)'", "said"]).stdout
    return dict(zip(("LIBS", "DRAWS"), said.strip().splitlines()[-1].split("|")))


def build(name, file, change, target):
    """The planted fuzzer; its errors otherwise."""
    folder = os.path.join(BUILD, name)
    os.makedirs(folder, exist_ok=True)
    source = os.path.join(folder, os.path.basename(file))
    with open(source, "w", encoding="utf-8") as f:
        f.write(run(["sed", "-E", change, file]).stdout)
    if open(source, encoding="utf-8").read() == open(file, encoding="utf-8").read():
        return None, "no longer applies: %s has moved on" % file
    if os.path.dirname(file) == "fuzz":
        return None, "not of the stack"
    said = run(FUZZ + [source, "-o", folder + "/fuzz.o"])
    if said.returncode:
        return None, "does not build: " + said.stdout.splitlines()[0]
    libs = make_variables()["LIBS"].split()
    said = run(["clang", "-O1", "-gline-tables-only", "-fsanitize=address,undefined,fuzzer", "-o", folder + "/bin", "build/fuzz/fuzz/%s.o" % target,
                folder + "/fuzz.o", "build/fuzz/libsim.a", "build/fuzz/libstack.a"] + libs)
    return (folder + "/bin", "") if said.returncode == 0 else (None, "does not link: " + said.stdout[-300:])


def fuzz(folder, program, target, runs, seed):
    work = os.path.join(folder, "work")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    length = ["-max_len=162", "-entropic=0"] if target in ("tcp", "tcp_pair") else []
    corpus = ["fuzz/corpus/" + target] if os.path.isdir("fuzz/corpus/" + target) else []
    begun = time.monotonic()
    said = run([program, *length, "-timeout=5", "-rss_limit_mb=4096", "-runs=%d" % runs, "-print_final_stats=1", "-seed=%d" % seed,
                "-artifact_prefix=%s/" % folder, work, *corpus])
    took = time.monotonic() - begun
    find = re.findall(r"Test unit written to (\S+)", said.stdout)
    made = re.search(r"stat::number_of_executed_units: (\d+)", said.stdout) or re.search(r"(?s:.*)^#(\d+)", said.stdout, re.M)
    words = WORDS.search(said.stdout)
    open(os.path.join(folder, "log"), "w").write(said.stdout)
    return find[-1] if find else None, took, int(made.group(1)) if made else 0, next(filter(None, words.groups()), "") if words else ""


def script(folder, target, find):
    """What `wiredrill from-fuzz` makes of it: of a parser's what a sanitizer sees, of a walk's what its judges say."""
    source = next(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".c"))
    v = make_variables()
    checked = target.startswith("wire_")
    variant, planted = ("fuzz", "fuzz.o") if checked else ("release", "release.o")
    link = ["clang", "-O1", "-fsanitize=address,undefined,fuzzer-no-link"] if checked else ["cc", "-O2", "-g"]
    if not checked and run(RELEASE + [source, "-o", folder + "/release.o"]).returncode:
        return ""
    cli = ["build/%s/%s.o" % (variant, f[:-2]) for f in sorted(glob.glob("sim/cli/*.c"))]
    said = run([*link, *v["DRAWS"].split(), "-o", folder + "/wiredrill", *cli, folder + "/" + planted, "build/%s/libsim.a" % variant,
                "build/%s/libstack.a" % variant, *v["LIBS"].split()])
    if said.returncode:
        return said.stdout[-500:]
    return run([folder + "/wiredrill", "from-fuzz", "--target", target, find]).stdout


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--runs", type=int, default=100000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--keep", action="store_true", help="keep what was built")
    p.add_argument("name", nargs="*", help="bugs by name, or 'class 7'")
    o = p.parse_args()
    os.makedirs(OUT, exist_ok=True)
    missed = 0
    for name, number, target, file, change, *what in rows(o.name):
        folder = os.path.join(BUILD, name)
        program, why = build(name, file, change, target)
        if not program:
            print("%-24s %3s %s" % (name, number, why), flush=True)
            missed += 1
            continue
        find, took, runs, words = fuzz(folder, program, target, o.runs, o.seed)
        if not find:
            print("%-24s %3s NOT FOUND in %d s, %d runs" % (name, number, took, runs), flush=True)
            missed += 1
        else:
            text = script(folder, target, find)
            lines = re.search(r"lines\s+(\d+)", text)
            open(os.path.join(OUT, name + ".txt"), "w").write(text)
            print("%-24s %3s %5.1f s %7d runs %3s lines  %s" % (name, number, took, runs, lines.group(1) if lines else "no", words), flush=True)
        if not o.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print("%d not found" % missed)
    sys.exit(missed > 0)


main()
