#!/usr/bin/env python3
"""
Plants five faults of five layers into a well-behaved capture, at random, again and again, and asks the audit to name the five frames and nothing else:

    tests/monitor/plants.py FOLDER COUNT CAPTURE...

A fault is in a frame of the capture that is bent where it stands, or is one more frame beside it. Prints how many of the draws were named rightly, and what was wrong of
the others; a draw that failed stays in FOLDER. Exit 1 when fewer than 19 of 20 were.
"""
import os, random, struct, subprocess, sys, json
from frames import total

ETHERNET, LINE = 1, struct.Struct("<IIII")


def read(path):
    """[[time in ns, frame]]"""
    octets = open(path, "rb").read()
    magic, link = struct.unpack_from("<I", octets)[0], struct.unpack_from("<I", octets, 20)[0]
    unit, at, out = (1 if magic == 0xA1B23C4D else 1000), 24, []
    while at + 16 <= len(octets) and link == ETHERNET:
        seconds, part, have, wire = LINE.unpack_from(octets, at)
        out.append([seconds * 10**9 + part * unit, octets[at + 16:at + 16 + have]])
        at += 16 + have
    return out


def write(path, packets):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, ETHERNET))
        for time, frame in packets:
            f.write(LINE.pack(time // 10**9, time % 10**9, len(frame), len(frame)) + frame)


def put(octets, at, new):
    return octets[:at] + new + octets[at + len(new):]


class Frame:
    """What a capture's frame is, and the same with other fields, summed again."""

    def __init__(self, octets):
        self.octets = octets
        self.dst, self.src, self.type = octets[:6], octets[6:12], struct.unpack("!H", octets[12:14])[0]
        self.proto = self.frag = None
        if self.type == 0x0800:
            self.head = (octets[14] & 15) * 4
            self.length, self.frag, self.proto = struct.unpack("!H", octets[16:18])[0], struct.unpack("!H", octets[20:22])[0] & 0x3FFF, octets[23]
            self.ip_src, self.ip_dst = octets[26:30], octets[30:34]
            self.body = octets[14 + self.head:14 + self.length]
        if self.proto == 6 and not self.frag:
            self.ports = struct.unpack("!HH", self.body[:4])
            self.seq, self.ack = struct.unpack("!II", self.body[4:12])
            self.flags, self.text = self.body[13], self.body[(self.body[12] >> 4) * 4:]
        if self.proto == 17 and not self.frag:
            self.ports = struct.unpack("!HH", self.body[:4])

    def with_ip(self, at, new, summed=True):
        h = put(self.octets[14:14 + self.head], at, new)
        if summed:
            h = put(h, 10, struct.pack("!H", 0xFFFF - total(put(h, 10, b"\0\0"))))
        return self.octets[:14] + h + self.octets[14 + self.head:]

    def with_body(self, body, proto=None, summed=True):
        """Another payload; its checksum right where `summed`."""
        proto = self.proto if proto is None else proto
        at = {6: 16, 17: 6, 1: 2}[proto]
        pseudo = b"" if proto == 1 else self.ip_src + self.ip_dst + struct.pack("!BBH", 0, proto, len(body))
        sum = 0xFFFF - total(pseudo + put(body, at, b"\0\0"))
        body = put(body, at, struct.pack("!H", sum if summed else sum ^ 0x1234))
        h = put(self.octets[14:34], 0, b"\x45")
        h = put(put(h, 2, struct.pack("!H", 20 + len(body))), 9, bytes([proto]))
        h = put(put(h, 6, b"\x40\0"), 10, b"\0\0")
        h = put(h, 10, struct.pack("!H", 0xFFFF - total(h)))
        return self.octets[:14] + h + body

    def back(self):
        """The same with the addresses and ports turned, for an answer to it."""
        o = self.src + self.dst + self.octets[12:26] + self.ip_dst + self.ip_src + self.octets[34:]
        return Frame(o)


def is_ip(f):
    return f.type == 0x0800 and not f.frag and f.head == 20 and f.ip_dst[0] < 224


def is_tcp(f):
    return is_ip(f) and f.proto == 6 and not f.flags & 4


def other(f, body=b"x" * 40, proto=200):
    """Beside it, another datagram of the same host."""
    h = put(f.octets[14:34], 2, struct.pack("!H", 20 + len(body)))
    return Frame(f.octets[:14] + put(h, 9, bytes([proto])) + body).with_ip(0, b"\x45")


def with_option(f, option):
    h = put(put(put(f.octets[14:34], 0, b"\x46"), 2, struct.pack("!H", 64)), 9, b"\xc8") + option
    h = put(h, 10, b"\0\0")
    return f.octets[:14] + put(h, 10, struct.pack("!H", 0xFFFF - total(h))) + b"x" * 40


# layer: [(rule, which frames, what becomes of it, whether it stands beside the frame instead of in its place)]
def text(f):
    return is_tcp(f) and f.begun and not f.flags & 3 and len(f.text) > 1 and len(f.octets) <= 1514


def arp(f, op, sha=None, spa=None, tpa=None, tha=b"\0" * 6, to=b"\xff" * 6):
    return to + f.src + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, op) + (sha or f.src) + (spa or f.ip_src) + tha + (tpa or f.ip_dst) + b"\0" * 18


LAYERS = {
    "link": [
        ("eth.type", is_ip, lambda f: put(f.octets[:74], 12, b"\x05\xdd"), True),
        ("eth.source", is_ip, lambda f: put(Frame(f.with_body(struct.pack("!HHHH", 9, 9, 8, 0), proto=17)).octets, 6, bytes([f.src[0] | 1])), True),
        ("arp.operation", is_ip, lambda f: arp(f, 0), True),
        ("arp.sender-address", is_ip, lambda f: arp(f, 1, spa=b"\xe0\0\0\5"), True),
        ("arp.target-address", is_ip, lambda f: arp(f, 1, tpa=b"\xe0\0\0\5"), True),
        ("arp.form", is_ip, lambda f: put(arp(f, 1), 18, b"\x08"), True),
        ("eth.unicast-in-broadcast", lambda f: is_ip(f) and f.proto == 17 and f.ip_dst[0] < 224, lambda f: put(f.octets, 0, b"\xff" * 6), False),
    ],
    "ip": [
        ("ip.ttl-zero", is_ip, lambda f: f.with_ip(8, b"\0"), False),
        ("ip.reserved-flag", is_ip, lambda f: f.with_ip(6, bytes([f.octets[20] | 0x80])), False),
        ("ip.checksum", is_ip, lambda f: f.with_ip(10, bytes([f.octets[24] ^ 0x55]), summed=False), False),
        ("ip.checksum", is_ip, lambda f: f.with_ip(10, bytes([f.octets[24] ^ 0x55]), summed=False), True),
        ("ip.total-length", is_ip, lambda f: f.with_ip(2, struct.pack("!H", len(f.octets) + 40)), True),
        ("ip.source-many", is_ip, lambda f: Frame(other(f)).with_ip(12, b"\xe0\0\0\7"), True),
        ("ip.destination-zero", is_ip, lambda f: Frame(other(f)).with_ip(16, b"\0\0\0\0"), True),
        ("ip.loopback", is_ip, lambda f: Frame(other(f)).with_ip(16, b"\x7f\0\0\1"), True),
        ("ip.options", is_ip, lambda f: with_option(f, b"\7\x0f\4\0"), True),
    ],
    "icmp": [
        ("icmp.about-many", is_ip, lambda f: f.back().with_body(struct.pack("!HHI", 0x0303, 0, 0) + Frame(f.with_ip(16, b"\xff" * 4)).octets[14:42], proto=1), True),
        ("icmp.quote", is_ip, lambda f: f.back().with_body(struct.pack("!HHI", 0x0b00, 0, 0) + f.octets[14:38], proto=1), True),
        ("icmp.checksum", is_ip, lambda f: f.with_body(struct.pack("!HHHH", 0x0800, 0, 1, 1) + b"abcdefgh", proto=1, summed=False), True),
        ("icmp.echo-code", is_ip, lambda f: f.with_body(struct.pack("!HHHH", 0x0801, 0, 1, 1) + b"abcdefgh", proto=1), True),
        ("icmp.header", is_ip, lambda f: other(f, b"\x08\0\xf7\xff", 1), True),
    ],
    "udp": [
        ("udp.checksum", is_ip, lambda f: f.with_body(struct.pack("!HHHH", 9, 9, 28, 0) + b"abcdefghijklmnopqrst", proto=17, summed=False), True),
        ("udp.length", is_ip, lambda f: f.with_body(struct.pack("!HHHH", 9, 9, 60, 0) + b"abcdefghijklmnopqrst", proto=17), True),
        ("udp.port-zero", is_ip, lambda f: f.with_body(struct.pack("!HHHH", 9, 0, 28, 0) + b"abcdefghijklmnopqrst", proto=17), True),
    ],
    "tcp": [
        ("tcp.checksum", text, lambda f: f.with_body(f.body, summed=False), True),
        ("tcp.checksum", text, lambda f: f.with_body(f.body, summed=False), False),
        ("tcp.other-octets", text, lambda f: f.with_body(f.body[:-1] + bytes([f.body[-1] ^ 1])), True),
        ("tcp.no-ack", text, lambda f: f.with_body(put(f.body, 13, b"\x08")), True),
        ("tcp.reserved", text, lambda f: f.with_body(put(f.body, 12, bytes([f.body[12] | 4]))), False),
        ("tcp.ack-unseen", text, lambda f: f.with_body(put(f.body, 8, struct.pack("!I", f.ack + 100000 & 0xFFFFFFFF))), False),
        ("tcp.window", text, lambda f: f.with_body(put(f.body, 4, struct.pack("!I", f.seq + (1 << 26) & 0xFFFFFFFF))), True),
        ("tcp.mss-place", text, lambda f: f.with_body(put(f.body, 12, bytes([f.body[12] + 0x10]))[:len(f.body) - len(f.text)] + b"\2\4\5\xb4" + f.text), True),
        ("tcp.tsecr", lambda f: text(f) and f.body[20:24] == b"\1\1\x08\x0a", lambda f: f.with_body(put(f.body, 28, struct.pack("!I", struct.unpack("!I", f.body[28:32])[0] + 5000000 & 0xFFFFFFFF))), False),
        ("tcp.ts-missing", lambda f: text(f) and f.body[20:24] == b"\1\1\x08\x0a", lambda f: f.with_body(put(f.body[:20] + f.text, 12, b"\x50")), False),
        ("tcp.urgent", text, lambda f: f.with_body(put(f.body, 18, b"\0\5")), False),
    ],
}


def draw(packets, seed):
    """(packets with five faults, [(number, rule)])"""
    r = random.Random(seed)
    frames, begun = [Frame(p[1]) for p in packets], set()
    for f in frames: # of what a connection agreed on only its SYNs tell
        if f.proto == 6 and not f.frag:
            ends = frozenset([(f.ip_src, f.ports[0]), (f.ip_dst, f.ports[1])])
            if f.flags & 0x12 == 2:
                begun.add(ends)
            f.begun = ends in begun
    chosen, used, out = [], set(), []
    for layer in reversed(LAYERS): # a fault of TCP fits the fewest frames
        places = []
        for rule, fits, bend, beside in r.sample(LAYERS[layer], len(LAYERS[layer])):
            places = [k for k, f in enumerate(frames) if fits(f) and k not in used and k > 2]
            if places:
                break
        if not places:
            sys.exit("no frame is left for a fault of %s" % layer)
        k = r.choice(places)
        used.update((k - 1, k, k + 1))
        chosen.append((k, rule, bend, beside))
    want, chosen = [], sorted(chosen, key=lambda c: c[0])
    for k, (time, octets) in enumerate(packets):
        mine = [c for c in chosen if c[0] == k]
        if not mine or mine[0][3]:
            out.append((time, octets))
        if mine:
            bent = mine[0][2](frames[k])
            out.append((time + 1000 if mine[0][3] else time, bent if len(octets) < 60 else bent + b"\0" * (60 - len(bent))))
            want.append((len(out), mine[0][1]))
    return out, want


def named(path, more):
    ran = subprocess.run(["build/release/wiredrill", "audit", "--json", *more, path], capture_output=True, text=True)
    rows = [json.loads(l) for l in ran.stdout.splitlines()]
    return sorted((r["frame"], r["rule"]) for r in rows if r.get("certain")), [(r["frame"], r["rule"]) for r in rows if "rule" in r and not r["certain"]]


def main(folder, count, captures):
    os.makedirs(folder, exist_ok=True)
    right = 0
    clean = {c: read(c) for c in captures}
    for c in captures:
        if named(c, [])[0]:
            sys.exit("%s: is no well-behaved capture: %s" % (c, named(c, [])[0][:3]))
    for seed in range(1, int(count) + 1):
        c = captures[seed % len(captures)]
        packets, want = draw(clean[c], seed)
        path = "%s/%d.pcap" % (folder, seed)
        write(path, packets)
        found, open_ones = named(path, [])
        if set(want) <= set(found) and {n for n, _ in found} == {n for n, _ in want}: # a frame may break two rules
            right += 1
            os.unlink(path)
            continue
        lost, more = sorted(set(want) - set(found)), sorted(set(found) - set(want))
        print("%s from %s: not named %s, besides %s, not judged %s" % (path, os.path.basename(c), lost, more, open_ones[:4]))
    print("%d of %s draws: the five frames and nothing else" % (right, count))
    sys.exit(right < 0.95 * int(count))


main(sys.argv[1], sys.argv[2], sys.argv[3:])
