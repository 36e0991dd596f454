"""Faults that change nothing: the compiler makes the same code of the function with and without."""
import os, re
from . import csource, program


def copy(function, name, body):
    head = re.sub(r"\b%s(?=\()" % function.name, name, "\n".join(function.head), count=1)
    static = "" if function.returns.startswith("static") else "static "
    return ["__attribute__((used, noipa)) " + static + head, "{"] + body + ["}"]


def emit(file, bugs):
    """The source, and after each function that has faults copies of it: without a fault (number 0), and with each."""
    lines, functions = csource.split(open(file, encoding="utf-8").read())
    out, at = [], 0
    for k, f in enumerate(functions):
        here = [b for b in bugs if k in b.bodies]
        if here:
            out += lines[at:f.end_at + 1] + copy(f, f.name + "__0", f.body)
            for b in here:
                out += copy(f, program.copy_name(f, b), b.bodies[k])
            at = f.end_at + 1
    return "\n".join(out + lines[at:])


def codes(object_file):
    """{(function, number): its instructions}, without addresses and names that tell the copies apart."""
    said = program.run(["objdump", "-dr", "--no-addresses", "--no-show-raw-insn", object_file]).stdout
    found = {}
    for part in said.split("\n\n"):
        m = re.match(r"\s*<(\w+)__(\d+)>:\n", part)
        if m:
            found[m.group(1), int(m.group(2))] = re.sub(r"\b(%s)__\d+" % m.group(1), r"\1", part[m.end():]).strip()
    return found


def numbers(file, bugs, folder):
    """The numbers of those bugs in a file that change no instruction."""
    source = os.path.join(folder, "same", file)
    program.write(source, emit(file, bugs))
    r = program.run(program.compile_command(file, source, ["-ffunction-sections", "-c", "-o", source + ".o"], "-O2"))
    if r.returncode:
        raise SystemExit(r.stderr)
    found = codes(source + ".o")
    return [n for (f, n), code in found.items() if n > 0 and code == found.get((f, 0))]


def same_code(bugs, folder):
    """Numbers of the bugs (each of one function) that change no instruction."""
    files = sorted({b.file for b in bugs})
    return set(sum(program.side_by_side(files, lambda f: numbers(f, [b for b in bugs if b.file == f], folder)), []))
