#!/usr/bin/env python3
"""
What each file reaches, by the compiler's own word (cc -M), and what it must not. A row of the house names the folders that stand above a folder, which it
does not reach. Paths are judged by the file that they end at, however they were written; a file that the compiler cannot read is a failure, not an empty list.
"""
import concurrent.futures, glob, os, re, subprocess, sys

FLAGS = ["-std=c11", "-I.", "-Ibuild/release", "-Iexamples/driver", "-isystem", "/usr/include/lwip", "-D_GNU_SOURCE", "-DHAVE_SLIRP", "-DHAVE_LDNS"]

# base < monitor; base < world < wire < packet, nic < record, hosts, judge, language < topology < play < suite < cli, nic, hosts < contract < cli; fuzz stands on monitor and hosts, under topology; what stands in one row sees nothing of its own row.
SIM = {
    "base": "monitor world wire packet nic record hosts judge language topology play contract suite fuzz cli",
    "monitor": "world wire packet nic record hosts judge language topology play contract suite fuzz cli",
    "world": "monitor wire packet nic record hosts judge language topology play contract suite fuzz cli",
    "wire": "monitor packet nic record hosts judge language topology play contract suite fuzz cli",
    "packet": "monitor world wire nic record hosts judge language topology play contract suite fuzz cli",
    "nic": "monitor wire packet record hosts judge language topology play contract suite fuzz cli",
    "record": "monitor nic hosts judge language topology play contract suite fuzz cli",
    "hosts": "monitor record judge language topology play contract suite fuzz cli",
    "judge": "monitor nic record hosts language topology play contract suite fuzz cli",
    "language": "monitor world wire nic record hosts judge topology play contract suite fuzz cli",
    "topology": "monitor judge play contract suite fuzz cli",
    "play": "contract suite fuzz cli",
    "contract": "monitor record judge language topology play suite fuzz cli",
    "suite": "contract fuzz cli",
    "fuzz": "nic judge language topology play contract suite cli",
}
# core; wire, and link on it; net; transport; socket; service. Drivers stand beside link.
STACK = {
    "core": "wire link driver net transport socket service",
    "wire": "monitor link driver net transport socket service",
    "driver": "wire link net transport socket service",
    "link": "driver net transport socket service",
    "net": "driver transport socket service",
    "transport": "driver socket service",
    "socket": "driver service",
    "service": "driver",
}
# On a machine without a library the files that stand on it cannot be read, and are not built.
LIBRARIES = {
    "/usr/include/slirp/libslirp.h": "/slirp.c",
    "/usr/include/ldns/ldns.h": "/dns_resolver.c",
    "/usr/include/lwip/lwip/init.h": "/lwip/",
}


def files(pattern):
    return sorted(glob.glob(pattern, recursive=True))


def simulation():
    made = [f for kind in ("l", "y") for f in files("sim/**/*." + kind)]
    names = ["build/release/%s.%s.%s" % (f[:-2], {"l": "lex", "y": "tab"}[f[-1]], end) for f in made for end in "ch"]
    absent = [part for header, part in LIBRARIES.items() if not os.path.exists(header)]
    return sorted(f for f in files("sim/**/*.[ch]") + names if not any(part in f for part in absent))


def ask(batch):
    """{file: files that it reaches}, and what the compiler says of those that it cannot read."""
    told = subprocess.run(["cc", *FLAGS, "-M", "-x", "c", *batch], capture_output=True, text=True)
    here, reached = os.path.realpath(".") + "/", {}
    for rule in told.stdout.replace("\\\n", " ").splitlines():
        paths = rule.split(":", 1)[1].split()
        if paths:
            reached[paths[0]] = [os.path.realpath(p).removeprefix(here) for p in paths]
    return reached, told.stderr


def ask_all(every, at_once=24):
    batches = [every[k:k + at_once] for k in range(0, len(every), at_once)]
    reached, errors = {}, ""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for part, error in pool.map(ask, batches):
            reached.update(part)
            errors += error
    return reached, errors


def folder(path, house):
    """The part of the path that names a folder of `house`."""
    return next((part for before, part in zip(path.split("/"), path.split("/")[1:]) if before == house), "")


def rules(sim, stack):
    """(file, what it must not reach, but for, words)"""
    for f in sim:
        if re.match(r"sim/hosts/(stack_sut|driver_plugin\.)", f):
            yield f, r"^stack/(wire|link|net|transport)/", "", "sees what is inside the stack"
        else:
            yield f, r"^stack/", r"^stack/driver/bus\.h$", "is not the stack host and sees more of stack/ than its bus"
        above = SIM.get(folder(f, "sim"), "-").replace(" ", "|")
        yield f, "^sim/(%s)/" % above, "", "reaches up in the simulation's house"
    for f in stack:
        above = STACK.get(folder(f, "stack"), "-").replace(" ", "|")
        yield f, r"^(sim|tests|fuzz|examples|build)/|^stack/(%s)/" % above, "", "reaches out of stack/, or up in it"
        if f.startswith("stack/service/"):  # a service stands on the transports; of net/ it sees what their headers show
            yield f, r"^stack/net/", r"^stack/net/(ip|net)\.h$", "sees a private header of net/"
    # The examples are what users have: the plug's header, the driver's alone, and stack/ for a kernel.
    for f in files("examples/stack/*.c"):
        yield f, r"^(sim|stack|examples)/", r"^(sim/hosts/sut|sim/base/value|stack/driver/bus)\.h$", "needs more than sut.h"
    for f in files("examples/driver/*.c"):
        yield f, r"^(sim|stack|examples)/", r"^examples/driver/", "needs more than its header"
    for f in files("examples/kernel/kernel.c"):
        yield f, r"^(sim|examples)/", "", "needs more than stack/"


def main():
    wanted = list(rules(simulation(), files("stack/**/*.[ch]")))
    reached, errors = ask_all(sorted({f for f, *_ in wanted}))
    passed = failed = 0
    for f, forbidden, but, words in wanted:
        if f not in reached:
            wrong = "%s: the compiler does not say what it reaches: %s" % (f, next((e for e in errors.splitlines() if f in e), ""))
        else:
            seen = [p for p in reached[f] if re.search(forbidden, p) and not (but and re.search(but, p)) and p != f]
            wrong = "%s %s: %s" % (f, words, " ".join(seen)) if seen else ""
        passed, failed = passed + (not wrong), failed + bool(wrong)
        if wrong:
            print(wrong)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return failed > 0


sys.exit(main())
