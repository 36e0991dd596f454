#!/usr/bin/env python3
"""Wireshark's opinion of goldens, beside what their scenarios declare (`expert FRAME FIELD`).

    tshark.py FOLDER GOLDEN...    a line for each note too many or too few; ends with the count

What is to be found is frames that are malformed, have a bad checksum or a note of level error. sharkd, which is tshark for programs, reads captures one after
the other in one process: a hundred goldens at once, and once more, alone, those with fragments, since a reassembly could reach from one golden into the next,
and those that are not as declared, since a connection could.
Behind every capture stands a frame that must be objected to: silence counts only of one who speaks. What TCP carries is octets, but in the folders of SPOKEN.
"""
import os
import queue
import struct
import sys
import threading
import sharkd

SPOKEN = ("http/", "boot/")
SUMS = ("ip", "udp", "tcp")  # of ICMP they are always looked at
BAD = "_ws.malformed || _ws.expert.severity == 8388608 || " + " || ".join("%s.checksum.status == 0" % p for p in SUMS + ("icmp",))
FRAGMENT = "ip.flags.mf == 1 || ip.frag_offset > 0"
HEAD = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)  # nanoseconds, Ethernet
# An ARP packet of one octet.
PLANTED = struct.pack("<IIII", 0, 0, 15, 15) + bytes.fromhex("ffffffffffff52550a000202080600")


class Golden:
    def __init__(self, path):
        self.path = path
        stem = os.path.splitext(path.split("/", 1)[1])[0]
        self.spoken = stem.startswith(SPOKEN)
        with open(path, "rb") as f:
            data = f.read()
        if data[:24] != HEAD:
            raise ValueError("not a golden's header")
        self.records, self.frames = data[24:], 0
        at = 0
        while at < len(self.records):
            at += 16 + struct.unpack_from("<I", self.records, at + 8)[0]
            self.frames += 1
        self.declare("scenarios/%s.pkt" % stem.split("@")[0], stem.partition("@link=")[2])

    def declare(self, script, link):
        """self.declared: (frame, field); self.any: frames of which anything may be said, injected ones that each case spoils in another way."""
        self.declared, self.any = set(), set()
        with open(script, encoding="latin-1") as f:
            words = [line.split() for line in f if line.startswith("expert")]
        for _, frame, field, *on in words:
            if field == "any":
                self.any.add(int(frame))
            elif not on or not link or on[1] == link:
                self.declared.add((int(frame), field.removesuffix(".expert")))
        self.declares = bool(words)


class Reader(sharkd.Sharkd):
    """A process that reads captures. What TCP carries is nobody's protocol, unless it is asked to be."""

    def __init__(self, folder, name, spoken):
        config = os.path.join(folder, "spoken" if spoken else "octets")
        os.makedirs(config, exist_ok=True)
        if not spoken:
            with open(os.path.join(config, "decode_as_entries"), "w") as f:
                f.writelines("decode_as_entry: tcp.port,%d,(none),Data\n" % port for port in range(1, 65536))
        super().__init__(config)
        self.path, self.asked = os.path.join(folder, name + ".pcap"), 0
        for sums in SUMS:
            self.ask("setconf", name=sums + ".check_checksum", value="TRUE")

    def frames(self, which):
        """Numbers of the frames that a filter lets pass. An answer is remembered by the filter's text, for other captures too: no text is asked twice."""
        self.asked += 1
        return {int(f["num"]) for f in self.ask("frames", filter="%s || frame.number == %d" % (which, 10**9 + self.asked))}

    def read(self, goldens):
        """[(golden, its notes, whether it has fragments)]"""
        records = b"".join(g.records for g in goldens) + PLANTED
        owner = [(g, n + 1) for g in goldens for n in range(g.frames)]
        others = goldens[0].path + (" and others" if len(goldens) > 1 else "")
        with open(self.path, "wb") as f:
            f.write(HEAD + records)
        if not self.load(self.path):
            raise RuntimeError("sharkd does not read " + others)
        expert = self.ask("tap", tap0="expert")["taps"][0]["details"]
        bad = {note["f"] for note in expert if note["s"] == "Error" or note["g"] in ("Malformed", "Checksum")} | self.frames(BAD)  # the first misses quotes, the other notes of few fields
        if len(owner) + 1 not in bad:
            raise RuntimeError("sharkd does not find what is planted behind " + others)
        notes = {g: set() for g in goldens}
        for number in bad - {len(owner) + 1}:
            golden, own = owner[number - 1]
            notes[golden] |= {(own, field) for field in notes_in(self.ask("frame", frame=number, proto=True)["tree"]) or {"?"}}
        fragments = {owner[number - 1][0] for number in self.frames(FRAGMENT)}
        return [(g, notes[g], g in fragments) for g in goldens]


def notes_in(tree):
    """The field of each error and bad checksum among the notes of a frame, and _ws.malformed where something is."""
    for node in tree:
        inside = node.get("n", [])
        fields = [n["f"].split(" ")[0].removesuffix(".expert") for n in inside if "f" in n]
        said = dict(n["l"].split(": ", 1) for n in inside if n["l"].startswith(("Severity level: ", "Group: ")))
        if node.get("f") == "_ws.malformed" or said.get("Group") == "Malformed":
            yield "_ws.malformed"
        if node.get("f") != "_ws.expert":
            yield from notes_in(inside)
        elif said["Severity level"] == "Error" or said["Group"] == "Checksum":  # of ICMP a bad sum is a warning
            yield next((f for f in fields if not f.startswith("_ws.")), "_ws.malformed")


def side_by_side(jobs, folder):
    """What two processes, each for what is spoken and for what is not, read of jobs, which are lists of goldens that are read together."""
    waiting, done, wrong = queue.Queue(), [], []
    for job in jobs:
        waiting.put(job)

    def work(name):
        by_kind = {}
        try:
            while not wrong:
                job = waiting.get_nowait()
                spoken = job[0].spoken
                if spoken not in by_kind:
                    by_kind[spoken] = Reader(folder, "%s-%d" % (name, spoken), spoken)
                done.extend(by_kind[spoken].read(job))
        except queue.Empty:
            pass
        except (RuntimeError, OSError, ValueError, KeyError) as e:
            wrong.append(e)
    workers = [threading.Thread(target=work, args=("worker%d" % k,)) for k in range(2)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    if wrong:
        raise RuntimeError(wrong[0])
    return done


def read_all(folder, goldens):
    """{golden: its notes}."""
    kinds = [[g for g in goldens if g.spoken == spoken] for spoken in (True, False)]
    read = side_by_side([some[k:k + 100] for some in kinds for k in range(0, len(some), 100)], folder)
    alone = side_by_side([[golden] for golden, notes, fragments in read if fragments or compare(golden, notes)], folder)
    return {golden: notes for golden, notes, _ in read + alone}


def compare(golden, notes):
    """What differs from what is declared, as text, or None."""
    found = {(frame, field) for frame, field in notes if frame not in golden.any}
    wrong = ["  not declared: %d %s" % note for note in sorted(found - golden.declared)]
    wrong += ["  declared, but not there: %d %s" % note for note in sorted(golden.declared - found)]
    return "\n".join([golden.path + ":"] + wrong) if wrong else None


def main():
    folder, wrong, goldens = sys.argv[1], [], []
    for path in sys.argv[2:]:
        try:
            goldens.append(Golden(path))
        except FileNotFoundError:
            wrong.append("%s: no scenario of that name" % path)  # it is a lie about what was tested
        except (ValueError, struct.error) as e:
            wrong.append("%s: %s" % (path, e))
    try:
        wrong += [text for text in (compare(*one) for one in read_all(folder, goldens).items()) if text]
        passed = len(sys.argv) - 2 - len(wrong)
    except RuntimeError as e:
        wrong.append(str(e))
        passed = 0
    for text in wrong:
        print(text)
    print("%d passed, %d failed, 0 skipped" % (passed, len(wrong)))


if __name__ == "__main__":
    main()
