"""
What noticed a bug last time: tests/mutants/noticed.tsv has for a planted bug's name, or a fault's text, the case or unit test that did. It is tried first, and says
nothing by itself: what it does not notice again is tried by all. `--note` of tools/planted.py and tools/faults.py writes it anew.
"""
import hashlib

FILE = "tests/mutants/noticed.tsv"
HEAD = "# Where a planted bug (by its name) or a random fault (by its text's hash) was noticed last: tried there first. Written by --note of tools/planted.py and tools/faults.py.\n"


def of_fault(key):
    """A fault's name in the list: its file's for people, and a hash of all that it says."""
    return "fault %s %s" % (key[0], hashlib.sha256("\t".join(key).encode()).hexdigest()[:12])


def read():
    try:
        with open(FILE, encoding="utf-8") as f:
            return dict(l.rstrip("\n").split("\t") for l in f if l.strip() and not l.startswith("#"))
    except FileNotFoundError:
        return {}


def note(found, kind=None):
    """Writes `found`, {name: case or test}, beside what is known; in the place of all whose names begin with `kind`, when that is given."""
    known = {name: where for name, where in read().items() if kind is None or not name.startswith(kind)}
    known.update(found)
    with open(FILE, "w", encoding="utf-8") as f:
        f.write(HEAD + "".join("%s\t%s\n" % row for row in sorted(known.items())))
