#!/usr/bin/env python3
"""
What each file reaches by its #include lines, whatever condition they stand under, and what it must not. A row of the house names the folders that stand above a
folder, which it does not reach. Paths are judged by the file that they end at, however they were written; a line that cannot be read is a failure, not an empty list.
"""
import functools, glob, os, re, sys

# Where the compilers look, behind the folder of the file that asks.
ROOTS = [".", "build/release", "examples/driver", "/usr/include/lwip", "/usr/include"]
INCLUDE = re.compile(r"^[ \t]*(?:#|%:|\?\?=)[ \t]*(?:include|include_next|import)\b[ \t]*(.*)", re.M)
COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.S)

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


@functools.cache
def named(path):
    """What the file's #include lines name, as they are written, and the first of them that names nothing that can be read here: a macro."""
    with open(path, errors="replace") as file:
        text = file.read().replace("\\\n", "")
    if "/*" in text:
        text = COMMENT.sub(lambda part: part[0] if part[0][0] in "\"'" else " ", text)
    names = [re.match(r'"[^"]+"|<[^>]+>', rest) or rest for rest in INCLUDE.findall(text)]
    return [n[0] for n in names if not isinstance(n, str)], next((n for n in names if isinstance(n, str)), None)


@functools.cache
def found(name, beside):
    """The file that an #include line of `beside` means, or None."""
    places = ([os.path.dirname(beside)] if name[0] == '"' else []) + ROOTS
    return next((f for f in (os.path.join(p, name[1:-1]) for p in places) if os.path.isfile(f)), None)


@functools.cache
def reach(path):
    """The files that it reaches, by whatever way and under whatever condition, and what cannot be read of them."""
    here, reached, left = os.path.realpath(".") + "/", {}, [path]
    while left:
        one = left.pop()
        names, macro = named(one)
        if macro is not None:
            return [], "%s includes %s" % (one, macro)
        for name in names:
            file = found(name, one)
            if file is None and name[0] == '"':
                return [], "%s includes %s, which is nowhere" % (one, name)
            # What stands outside is the system's, which knows nothing of the house.
            real = file and os.path.realpath(file)
            if real and real.startswith(here) and real.removeprefix(here) not in reached:
                reached[real.removeprefix(here)] = True
                left.append(real.removeprefix(here))
    return list(reached), None


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
    passed = failed = 0
    for f, forbidden, but, words in wanted:
        reached, unread = reach(f)
        seen = [p for p in reached if re.search(forbidden, p) and not (but and re.search(but, p)) and p != f]
        wrong = "%s: what it reaches cannot be read: %s" % (f, unread) if unread else "%s %s: %s" % (f, words, " ".join(seen)) if seen else ""
        passed, failed = passed + (not wrong), failed + bool(wrong)
        if wrong:
            print(wrong)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return failed > 0


sys.exit(main())
