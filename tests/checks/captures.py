#!/usr/bin/env python3
"""Captures that no tool here writes, and the comparison of what our reader and tshark make of a file.

    captures.py make FOLDER             variants of both formats: orders, units, resolutions, sections, blocks
    captures.py compare READER FILE...  frames, times, lengths and octets; a line for each file that differs
"""
import hashlib
import os
import struct
import subprocess
import sys
import sharkd

FRAMES = [bytes((7 * n + k) % 256 for k in range(length)) for n, length in enumerate((60, 61, 62, 63, 14, 1514))]
UNITS = [1_700_000_000_123_456 + 250_001 * n for n in range(len(FRAMES))]  # microseconds


def classic(order, nano, link=1, snap=None, version=(2, 4), seconds=1_700_000_000):
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = struct.pack(order + "IHHiIII", magic, *version, 0, 0, 262144, link)
    for n, frame in enumerate(FRAMES):
        kept = frame[:snap]
        lengths = (len(kept), len(frame)) if version >= (2, 3) else (len(frame), len(kept))
        out += struct.pack(order + "IIII", seconds + n, 123456 + n, *lengths) + kept
    return out


def padded(data):
    return data + bytes(-len(data) % 4)


class Pcapng:
    def __init__(self, order):
        self.order, self.out = order, b""

    def block(self, kind, body):
        length = struct.pack(self.order + "I", len(body) + 12)
        self.out += struct.pack(self.order + "I", kind) + length + body + length

    def option(self, code, value):
        return struct.pack(self.order + "HH", code, len(value)) + padded(value)

    def section(self, order=None, options=b""):
        self.order = order or self.order
        self.block(0x0A0D0D0A, struct.pack(self.order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options)
        return self

    def interface(self, link=1, snap=0, resolution=None, offset=None):
        options = self.option(2, b"eth0")
        if resolution is not None:
            options += self.option(9, bytes([resolution]))
        if offset is not None:
            options += self.option(14, struct.pack(self.order + "q", offset))
        self.block(1, struct.pack(self.order + "HHI", link, 0, snap) + options + self.option(0, b""))
        return self

    def enhanced(self, units, frame, interface=0, keep=None, comment=None):
        kept = frame[:keep]
        options = self.option(1, comment) + self.option(0, b"") if comment else b""
        head = struct.pack(self.order + "IIIII", interface, units >> 32, units & 0xFFFFFFFF, len(kept), len(frame))
        self.block(6, head + padded(kept) + options)
        return self

    def obsolete(self, units, frame, interface=0):
        head = struct.pack(self.order + "HHIIII", interface, 3, units >> 32, units & 0xFFFFFFFF, len(frame), len(frame))
        self.block(2, head + padded(frame))
        return self

    def simple(self, frame, snap=0):
        self.block(3, struct.pack(self.order + "I", len(frame)) + padded(frame[: snap or None]))
        return self

    def others(self):
        self.block(4, struct.pack(self.order + "HHI", 1, 9, 0x0A000202) + b"peer\0\0\0\0" + bytes(4))
        self.block(5, struct.pack(self.order + "III", 0, 0, 0))
        self.block(0x0BAD, struct.pack(self.order + "I", 32473) + b"whatever")
        self.block(0x7FFF0000, b"a block of a kind that nobody knows.")
        return self


def all_enhanced(png, units=UNITS, **more):
    for unit, frame in zip(units, FRAMES):
        png.enhanced(unit, frame, **more)
    return png


def variants():
    for order, name in (("<", "le"), (">", "be")):
        for nano in (False, True):
            unit = "ns" if nano else "us"
            yield f"classic-{name}-{unit}", classic(order, nano)
            yield f"classic-{name}-{unit}-snap", classic(order, nano, snap=20)
            yield f"classic-{name}-{unit}-2040", classic(order, nano, seconds=2_208_988_800)
        yield f"classic-{name}-2.2", classic(order, False, snap=20, version=(2, 2))
        yield f"classic-{name}-2.3", classic(order, False, snap=20, version=(2, 3))
        yield f"classic-{name}-cut", classic(order, False)[:-100]
        yield f"plain-{name}", all_enhanced(Pcapng(order).section().interface()).out
        yield f"cut-{name}", all_enhanced(Pcapng(order).section().interface()).out[:-100]
        yield f"comments-{name}", all_enhanced(Pcapng(order).section().interface(), comment=b"odd").others().out
        yield f"snap-{name}", all_enhanced(Pcapng(order).section().interface(snap=20), keep=20).out
        yield f"simple-{name}", Pcapng(order).section().interface().simple(FRAMES[0]).simple(FRAMES[1]).out
        yield f"simple-snap-{name}", Pcapng(order).section().interface(snap=33).simple(FRAMES[0], 33).out
        yield f"obsolete-{name}", Pcapng(order).section().interface().obsolete(UNITS[0], FRAMES[0]).out
        for resolution in (0, 3, 6, 7, 9, 0x80, 0x8A, 0x94, 0xA0):
            factor = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
            units = [unit * factor // 1_000_000 % 2**64 for unit in UNITS]
            png = Pcapng(order).section().interface(resolution=resolution)
            yield f"tsresol-{resolution}-{name}", all_enhanced(png, units).out
        for resolution in (12, 15, 19):  # tshark's product of fraction and 10^9 has 64 bits
            units = [(n + 1) % (2**64 // 10**resolution) * 10**resolution + 12_345_678_901 for n in range(len(FRAMES))]
            png = Pcapng(order).section().interface(resolution=resolution)
            yield f"tsresol-{resolution}-{name}", all_enhanced(png, units).out
        for offset in (-1_000_000_000, 1, 3_000_000_000):
            yield f"tsoffset-{offset}-{name}", all_enhanced(Pcapng(order).section().interface(offset=offset)).out
        for second in (2**31, 2**32 - 1, 2**32, 2**32 + 2**31):
            png = Pcapng(order).section().interface().enhanced(second * 1_000_000 + 7, FRAMES[0])
            yield f"second-{second}-{name}", png.out
        two = Pcapng(order).section().interface(snap=96).interface(snap=65535, resolution=9).interface(link=228)
        yield f"interfaces-{name}", two.enhanced(UNITS[0], FRAMES[5], 0, 96).enhanced(UNITS[1] * 1000, FRAMES[1], 1).out
        other = ">" if order == "<" else "<"
        both = all_enhanced(Pcapng(order).section().interface()).section(other).interface(resolution=9)
        yield f"sections-{name}", all_enhanced(both, [u * 1000 for u in UNITS]).section(order).interface().others().out


def make(folder):
    os.makedirs(folder, exist_ok=True)
    for name, data in variants():
        with open(os.path.join(folder, name + ".pcap"), "wb") as file:
            file.write(data)


def ours(reader, path):
    """[(seconds.nanoseconds, captured, original, md5)], of Ethernet frames."""
    run = subprocess.run([reader, path], capture_output=True, text=True)
    rows = [line.split(" ") for line in run.stdout.splitlines()]
    hashed = [(time, int(len_), int(original), hashlib.md5(bytes.fromhex(data)).hexdigest()) for time, len_, original, data in rows]
    return run.returncode, hashed, run.stderr.strip()


FIELDS = ("frame.time_epoch", "frame.cap_len", "frame.len", "frame.md5_hash", "frame.encap_type")


class Theirs:
    """What Wireshark makes of a file: sharkd tells of many in one process, tshark of what is cut, on which sharkd falls silent."""

    def __init__(self):
        self.sharkd = sharkd.Sharkd()
        self.sharkd.ask("setconf", name="frame.generate_md5_hash", value="TRUE")

    def frames(self, path):
        """As ours."""
        whole = subprocess.run(["capinfos", "-c", path], capture_output=True).returncode == 0
        rows = self.told_by_sharkd(path) if whole and self.sharkd.load(path) else told_by_tshark(path)
        return [(time, int(len_), int(original), md5) for time, len_, original, md5, encap in rows if encap in ("1", "Ethernet")]

    def told_by_sharkd(self, path):
        columns = {"column%d" % n: field + ":1" for n, field in enumerate(FIELDS)}
        return [frame["c"] for frame in self.sharkd.ask("frames", **columns)]


def told_by_tshark(path):
    command = ["tshark", "-n", "-r", path, "-o", "frame.generate_md5_hash:TRUE", "-T", "fields"]
    run = subprocess.run(command + [a for f in FIELDS for a in ("-e", f)], capture_output=True, text=True)
    return [line.split("\t") for line in run.stdout.splitlines()]


def same(a, b):
    # A simple packet has no time. A negative one has its sign before the seconds, of which tshark is not sure.
    return a[1:] == b[1:] and (b[0] == "" or a[0] == b[0])


def compare(reader, paths):
    bad = refused = 0
    theirs = Theirs()
    for path in paths:
        status, we, said = ours(reader, path)
        they = theirs.frames(path)
        if status == 2 and not they:
            refused += 1  # no Ethernet in it: nothing was compared
            continue
        if len(we) == len(they) and all(same(a, b) for a, b in zip(we, they)):
            continue
        bad += 1
        first = next((n for n, (a, b) in enumerate(zip(we, they)) if not same(a, b)), min(len(we), len(they)))
        print(f"{path}: {len(we)} frames, tshark {len(they)}; first difference at {first + 1}: {we[first:first + 1]} {they[first:first + 1]} {said}")
    print(f"{len(paths) - bad - refused} passed, {bad} failed, 0 skipped")
    return bad


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        sys.exit(compare(sys.argv[2], sys.argv[3:]) != 0)
