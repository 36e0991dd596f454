"""
One program that holds many bugs, of which a number chooses one while it runs.

A bug is a function with another body. The instrumented copy of a source has, before each such function, one copy of it for each bug, and at the
function's entry a switch that goes to the copy of the bug that is on. The original's entry also notes that it was reached: a case that never enters
the function cannot tell the bug from the original, and is not played. Of a fault that stands at one place, the statement is noted. None of this exists in
what is built for use.
"""
import concurrent.futures, functools, os, re, subprocess
from . import csource, marks

RELEASE = "build/release"


class Bug:
    def __init__(self, name, file, bodies, folders=(), nic=None, at=None):
        self.name, self.file, self.folders = name, file, tuple(folders)
        self.bodies = bodies  # {index of a function in its file: the lines of the other body}
        self.nic = nic or ("rtl8139" if "rtl8139" in file else "e1000")
        self.at = at  # the octet of the body where the fault is, when it has one place
        self.number, self.places = 0, []
        self.hint = ""  # the case or test that noticed it last time


def marked(file, number):
    """The file's name in compilers' messages about this bug's copy."""
    return "%s~%d" % (file, number)


def copy_name(function, bug):
    return "%s__%d" % (function.name, bug.number)


def emit_copies(file, function, bugs):
    static = "" if function.returns.startswith("static") else "static "
    out = function.head[:-1] + [function.head[-1] + ";"]
    for bug, body in bugs:
        head = re.sub(r"\b%s(?=\()" % function.name, copy_name(function, bug), "\n".join(function.head), count=1)
        out += ['#line %d "%s"' % (function.head_at + 1, marked(file, bug.number)), static + head, "{"] + body + ["}"]
    return out


def emit_switch(function, place, bugs):
    call = "%s(" + ", ".join(function.arguments()) + ")"
    arms = []
    for bug, _ in bugs:
        this = call % copy_name(function, bug)
        arms.append("case %d: %s" % (bug.number, this + "; return;" if function.is_void() else "return " + this + ";"))
    return ["mutant_reached[%d] = 1; switch (mutant_number) { %s }" % (place, " ".join(arms))]


def emit_body(body, place, bugs):
    """The original, whose entry is `place`, with notes at the statements of faults; gives the bugs their places. Returns the next free place, too."""
    known = marks.marks_of(body) if any(b.at is not None for b in bugs) else []
    for b in bugs:
        mark = marks.mark_for(body, known, b.at) if b.at is not None else None
        b.places.append(place if mark is None else place + 1 + mark)
    return marks.with_marks(body, known, place + 1), place + 1 + len(known)


def emit(file, text, bugs, first_place):
    """The instrumented source; its places are numbered from first_place. Returns it and the next free place."""
    lines, functions = csource.split(text)
    out, at, place = ["extern int mutant_number;", "extern unsigned char *mutant_reached;", '#line 1 "%s"' % file], 0, first_place
    for k, f in enumerate(functions):
        here = [(b, b.bodies[k]) for b in bugs if k in b.bodies]
        if not here:
            continue
        out += lines[at:f.head_at] + emit_copies(file, f, here)
        out += ['#line %d "%s"' % (f.head_at + 1, file)] + f.head + ["{"] + emit_switch(f, place, here)
        body, free = emit_body("\n".join(f.body), place, [b for b, _ in here])
        out += ['#line %d "%s"' % (f.line, file), body]
        at, place = f.end_at, free
    return "\n".join(out + lines[at:]), place


def can_switch(text, bodies):
    _, functions = csource.split(text)
    return all(functions[k].arguments() is not None for k in bodies)


# --- building ---

def compile_command(file, source, output, optimise="-O1"):
    """As make compiles the file, but for warnings, which are about code that nobody keeps, and dependencies."""
    flags = said_by_make()["stack-flags" if file.startswith("stack/") else "sim-flags"]
    kept = [f for f in flags if not re.match("-[WOgM]", f)]
    return ["cc"] + kept + ["-I" + os.path.dirname(file), optimise, "-w"] + list(output) + [source]


def run(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def side_by_side(jobs, work):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(work, jobs))


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def emit_table(bugs, places):
    rows = ['    {"%s", "%s", "%s", "%s", (const short[]){%s}},' % (b.name, " ".join(b.folders), b.nic, b.hint, ", ".join(map(str, b.places + [-1]))) for b in bugs]
    return "\n".join(['#include "tools/mutation/mutation.h"', "const struct mutant mutants[] = {"] + rows +
                     ["    {0}};", "const int mutant_places = %d;" % places, ""])


class Program:
    """Instrumented sources in build/mutation/NAME, and the programs linked from them."""

    def __init__(self, name, bugs, flags=(), optimise="-O1"):
        self.flags, self.optimise = list(flags), optimise
        self.folder, self.bugs, self.refused = "build/mutation/" + name, list(bugs), []
        self.table, self.first = list(bugs), {}  # all bugs, by number; each file's first place
        for number, bug in enumerate(self.table, 1):
            bug.number = number

    def files(self):
        return sorted({b.file for b in self.table})

    def emit(self):
        """Writes the sources; once more, without what was refused, all numbers stay. Returns the texts, by file."""
        place, texts = 0, {}
        for bug in self.table:
            bug.places = []
        for file in self.files():
            first = self.first.setdefault(file, place)
            texts[file], free = emit(file, open(file, encoding="utf-8").read(), [b for b in self.bugs if b.file == file], first)
            place = max(place, free)
            write(os.path.join(self.folder, file), texts[file])
        for bug, _ in self.refused:
            bug.places = [place]  # which nothing reaches
        write(self.folder + "/table.c", emit_table(self.table, place + bool(self.refused)))
        return texts

    def compile(self):
        """Compiles what was emitted; a bug whose copy the compiler refuses goes to `refused`, and the rest is emitted again."""
        compiled = {}
        while True:
            texts = self.emit()
            changed = [f for f in texts if compiled.get(f) != texts[f]]
            results = side_by_side(changed, lambda f: run(compile_command(f, os.path.join(self.folder, f), self.flags + ["-c", "-o", self.object(f)], self.optimise)))
            compiled = {**texts, **{f: None for f, r in zip(changed, results) if r.returncode}}
            said = "\n".join(r.stderr for r in results if r.returncode)
            if not said:
                return
            guilty = {int(n) for n in re.findall(r"~(\d+):\d+:\d+: error", said)}
            if not guilty:
                raise SystemExit("the instrumented sources do not compile:\n" + said)
            self.refused += [(b, said_of(said, b)) for b in self.bugs if b.number in guilty]
            self.bugs = [b for b in self.bugs if b.number not in guilty]

    def object(self, file):
        return os.path.join(self.folder, file[:-2] + ".o")

    def link(self, program, objects, libraries):
        """Links objects (of the release build) with the instrumented ones in their places."""
        replaced = {os.path.join(RELEASE, kind, f[:-2] + ".o"): self.object(f) for f in self.files() for kind in ("", "checked")}
        here = ["tools/mutation/%s.c" % program, "tools/mutation/crew.c", self.folder + "/table.c"]
        command = ["cc", "-std=c11", "-D_GNU_SOURCE", "-I.", "-I" + RELEASE, "-O1", "-Wall", "-Wextra", "-o", self.folder + "/" + program] + here
        r = run(command + [replaced.get(o, o) for o in objects] + libraries)
        if r.returncode:
            raise SystemExit("%s: %s" % (program, r.stderr))
        lwip, beside = os.path.join(RELEASE, "wiredrill-lwip.so"), self.folder + "/wiredrill-lwip.so"
        if os.path.exists(lwip) and not os.path.lexists(beside):
            os.symlink(os.path.abspath(lwip), beside)  # what scenarios with a peer of lwIP's load
        return self.folder + "/" + program


def said_of(said, bug):
    return next(l for l in said.split("\n") if re.search(r"~%d:\d+:\d+: error" % bug.number, l))


@functools.lru_cache
def said_by_make():
    """What make would compile with and link: {"stack-flags": [...], "sim-flags": [...], "sim": [...], "unit": [...], "libs": [...], "unit-libs": [...]}."""
    said = run(["make", "-s", "--no-print-directory", "mutation-build"])
    if said.returncode:
        raise SystemExit(said.stderr)
    return {words[0]: words[1:] for words in map(str.split, said.stdout.splitlines())}


def scenario_links(checked=False):
    """For Program.link: the objects and libraries of the program that plays scenarios; `checked`: with the stack of the builds that test."""
    build = said_by_make()
    return build["sim-checked" if checked else "sim"], build["libs"] + ["-Wl,--wrap=main"]


def unit_links():
    """The same of the program that runs the unit tests."""
    build = said_by_make()
    return build["unit"], build["libs"] + build["unit-libs"]


def said_by(command):
    """What a judge says, a list of columns a line. What it is at, and errors, it says on stderr."""
    r = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if r.returncode:
        raise SystemExit("%s ended with status %d" % (command[0], r.returncode))
    return [l.split("\t") for l in r.stdout.splitlines()]
