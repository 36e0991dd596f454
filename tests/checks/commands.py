#!/usr/bin/env python3
"""
The commands that README.md and docs/*.md show, run as written in a folder that looks like a fresh clone: a word that stands for the reader's own
file (F.pcap, ./mine.so) is such a file there. tests/checks/commands.tsv says which end with another status than 0, which are ended with Ctrl-C, and which are
not run and why; a row that fits no command fails. Of `make TARGET` the target must exist, of tools/ and tests/ the file.
"""
import glob, os, re, shlex, signal, subprocess, sys

ROOT = os.getcwd()
WORK = ROOT + "/build/commands"
PROGRAMS = ("wiredrill", "build/release/wiredrill", "make", "cc")


def shown(path):
    """(line number, command) of a page."""
    fenced = False
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield number, line.strip().removeprefix("$ ")
        else:
            for text in re.findall(r"`([^`]+)`", line):
                yield number, text


def plain(command):
    """Without comment and what may be left out; None: it is no command."""
    command = re.split(r"\s+#", command)[0]
    command = re.sub(r" \[[^\]]*\](\.\.\.)?", "", command).replace("...", "").strip()
    words = command.split()
    if not words or not (words[0] in PROGRAMS and len(words) > 1 or words[0].startswith(("tools/", "tests/"))):
        return None
    return None if words[0] == "cc" and ".c" not in command else command


def rows():
    for line in open("tests/checks/commands.tsv", encoding="utf-8"):
        if not line.startswith("#"):
            yield line.rstrip("\n").split("\t")


def furnish():
    subprocess.run(["rm", "-rf", WORK], check=True)
    os.makedirs(WORK)
    for name in os.listdir(ROOT):
        if name not in ("build", "reports", ".git"):
            os.symlink(ROOT + "/" + name, WORK + "/" + name)
    os.makedirs(WORK + "/build")
    os.makedirs(WORK + "/reports")
    os.makedirs(WORK + "/bin")
    os.symlink(ROOT + "/build/release", WORK + "/build/release")
    os.symlink(ROOT + "/build/release/wiredrill", WORK + "/bin/wiredrill")
    copies = {"F.pcap": "golden-pcaps/icmp/echo-request-answered.pcap", "A.pcap": "golden-pcaps/icmp/echo-request-answered.pcap",
              "B.pcap": "golden-pcaps/arp/entry-expires.pcap", "mine.c": "examples/driver/rtl8139_portio.c",
              "plug.c": "examples/stack/eth_receive.c", "F.pkt": "scenarios/arp/request-host-reply.pkt",
              "FILE.so": "build/release/examples/driver/e1000_mmio.so"}
    for name, source in copies.items():
        subprocess.run(["cp", ROOT + "/" + source, WORK + "/" + name], check=True)
    for empty in ("my_stack.c", "F", "FILE", "shard-1.jsonl"):
        open(WORK + "/" + empty, "w", encoding="utf-8").close()
    os.makedirs(WORK + "/path/to")
    os.symlink(ROOT, WORK + "/path/to/wiredrill")
    os.symlink(ROOT + "/scenarios/arp", WORK + "/PATH")
    os.symlink(ROOT + "/tests/dialects/freebsd", WORK + "/DIR")


def run(command, status):
    """What is wrong, or None."""
    if "./mine.so" in command:  # the reader's stack, or the reader's driver
        mine = "stack/eth_receive.so" if "--sut" in command else "driver/rtl8139_portio.so"
        subprocess.run(["cp", ROOT + "/build/release/examples/" + mine, WORK + "/mine.so"], check=True)
    if command.startswith("make"):
        told = subprocess.run(["make", "-n", *command.split()[1:]], capture_output=True, text=True, cwd=ROOT)
        return told.stderr[-200:] if told.returncode else None
    if command.startswith(("tools/", "tests/")):
        return None if os.path.exists(command.split()[0]) else "there is no such file"
    if len(command.split()) == 2: # it is named, and not shown as it is used
        command += " --help"
    if status == "interrupted":  # Ctrl-C is for the command: a shell around it would die of it first
        command = "exec " + command
    env = dict(os.environ, PATH=WORK + "/bin:" + os.environ["PATH"])
    p = subprocess.Popen(command, shell=True, cwd=WORK, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                         text=True, errors="replace", start_new_session=True)
    try:
        out = p.communicate(timeout=2 if status == "interrupted" else 300)[0]
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGINT)
        out = p.communicate()[0]
        if status != "interrupted":
            return "it took 300 s\n" + out[-300:]
        return None if p.returncode in (0, 130) else "exit %d at Ctrl-C\n%s" % (p.returncode, out[-300:])
    return None if str(p.returncode) == status else "exit %d, not %s\n%s" % (p.returncode, status, out[-400:])


def main():
    furnish()
    passed, wrong, used, done = 0, 0, set(), set()
    table = list(rows())
    pages = [a for a in sys.argv[1:] if a.endswith(".md")]
    for page in pages or ["README.md"] + sorted(glob.glob("docs/*.md")):
        for number, text in shown(page):
            command = plain(text)
            if not command or command in done:
                continue
            done.add(command)
            row = next((r for r in table if re.fullmatch(r[0], command)), None)
            used.add(row and row[0])
            status = row[1] if row else "0"
            fault = None if status == "unrun" else run(command, status)
            passed, wrong = passed + (fault is None), wrong + (fault is not None)
            if fault is not None or "-v" in sys.argv:
                print("%s:%d: %s: %s" % (page, number, command, fault or ("not run: " + row[2] if status == "unrun" else "ok")))
    for row in table:
        if row[0] not in used and not pages:
            wrong += 1
            print("commands.tsv: no command is %s" % row[0])
    print("%d passed, %d failed, 0 skipped" % (passed, wrong))
    return wrong > 0


sys.exit(main())
