#!/usr/bin/env python3
"""clang-tidy over many files: some at once, since its start costs as much as a file, and each once. What was found clean is known by what it was made of:
the file, its headers, the checks, the flags.

usage: tidy.py --known FOLDER --built FOLDER [--jobs N] FILE... -- TIDY-ARGUMENTS... -- COMPILER-FLAGS...
FOLDER of --built: where the compiler's lists of headers (FILE.d) lie; what has none is asked of the compiler.
"""
import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys

BATCH = 12


def split(words):
    """The words before each `--`."""
    parts = [[]]
    for word in words:
        if word == "--":
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def options(words):
    named, files = {"--jobs": "2"}, []
    words = iter(words)
    for word in words:
        if word.startswith("--"):
            named[word] = next(words)
        else:
            files.append(word)
    return named, files


def headers(path, built, flags):
    """What the file includes, itself among it; the system's headers change with its packages, and are left to the compiler's name in the key."""
    listed = os.path.join(built, path[:-2] + ".d")
    if os.path.exists(listed) and os.path.getmtime(listed) >= os.path.getmtime(path):
        with open(listed) as f:
            said = f.read()
    else:
        said = subprocess.run(["cc", "-MM", *flags, path], capture_output=True, text=True, check=True).stdout
    rule = said.replace("\\\n", " ").split("\n", 1)[0]
    return sorted({path, *rule.split(":", 1)[1].split()})


contents = {}


def content(path):
    if path not in contents:
        with open(path, "rb") as f:
            contents[path] = hashlib.sha256(f.read()).digest()
    return contents[path]


def key(path, built, arguments, flags):
    sum = hashlib.sha256(repr((path, arguments, flags)).encode())
    for part in headers(path, built, flags):
        sum.update(part.encode() + b"\0" + content(part))
    return sum.hexdigest()


def tidy(files, arguments, flags):
    r = subprocess.run(["clang-tidy", "--quiet", *arguments, *files, "--", *flags], capture_output=True, text=True)
    said = re.sub(r"^\d+ warnings? .*\n", "", r.stderr, flags=re.M)
    return r.returncode, r.stdout + (said if r.returncode else "")


def main():
    before, arguments, flags = split(sys.argv[1:])
    named, files = options(before)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    said = [version] + [content(path) for path in (".clang-tidy", "stack/.clang-tidy")]
    known = named["--known"]
    os.makedirs(known, exist_ok=True)
    stamps = {path: os.path.join(known, key(path, named["--built"], (said, arguments), flags)) for path in files}
    left = [path for path in files if not os.path.exists(stamps[path])]
    batches = [left[k:k + BATCH] for k in range(0, len(left), BATCH)]
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(int(named["--jobs"])) as pool:
        for batch, (status, told) in zip(batches, pool.map(lambda b: tidy(b, arguments, flags), batches)):
            sys.stdout.write(told)
            bad |= status != 0
            if status == 0:
                for path in batch:
                    open(stamps[path], "w").close()
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
