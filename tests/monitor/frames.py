"""
Frames of two hosts, A and B, for the cases of rules.txt. What a case does not say is right: lengths, sums, padding. Numbers of octets are the standards'
figures, written here a second time on purpose: nothing of sim/ or stack/ is used.
"""
import struct

BROADCAST_MAC = b"\xff" * 6


class Host:
    def __init__(self, last, name):
        self.name, self.mac, self.ip = name, bytes([2, 0, 0, 0, 0, last]), bytes([10, 0, 0, last])


A, B, C = Host(1, "A"), Host(2, "B"), Host(3, "C")


def addr(text):
    return bytes(int(part) for part in text.split("."))


def total(octets):
    octets += b"\0" * (len(octets) % 2)
    value = sum(struct.unpack("!%dH" % (len(octets) // 2), octets))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value


def check(octets):
    return 0xFFFF - total(octets)


def eth(source, payload, kind=0x0800, to=None, mac=None, pad=b"\0", least=60):
    frame = (to or (B if source is A else A).mac) + (mac or source.mac) + struct.pack("!H", kind) + payload
    return frame + (pad * 60)[: max(0, least - len(frame))]


def ip(source, payload, proto, src=None, dst=None, ttl=64, tos=0, id=None, flags=2, offset=0, options=b"", version=4, ihl=None, length=None, sum=None, **link):
    ip.count += 1
    src, dst = src or source.ip, dst or (B if source is A else A).ip
    head = 20 + len(options)
    words = [version << 4 | (head // 4 if ihl is None else ihl), tos, head + len(payload) if length is None else length, ip.count if id is None else id,
             flags << 13 | offset // 8, ttl, proto, 0]
    h = struct.pack("!BBHHHBBH", *words) + src + dst + options
    s = check(h) if sum is None else sum
    return eth(source, h[:10] + struct.pack("!H", s) + h[12:] + payload, **link)


ip.count = 100


def pseudo(source, payload, proto, net):
    src, dst = net.get("src") or source.ip, net.get("dst") or (B if source is A else A).ip
    return src + dst + struct.pack("!BBH", 0, proto, len(payload))


def summed(source, payload, at, proto, sum, net):
    """`sum`: None: right, "bad", "partial": the pseudo-header's alone, or a number."""
    head = pseudo(source, payload, proto, net)
    value = {None: lambda: check(head + payload) or 0xFFFF, "bad": lambda: (check(head + payload) ^ 0x0101) or 1, "partial": lambda: total(head)}.get(sum, lambda: sum)()
    return payload[:at] + struct.pack("!H", value) + payload[at + 2:]


def udp(source, sport, dport, data=b"", length=None, sum=None, **net):
    u = struct.pack("!HHHH", sport, dport, 8 + len(data) if length is None else length, 0) + data
    return ip(source, summed(source, u, 6, 17, sum, net), 17, **net)


def icmp(source, kind, code=0, rest=b"\0" * 4, data=b"", sum=None, **net):
    m = struct.pack("!BBH", kind, code, 0) + rest + data
    s = check(m) if sum is None else sum
    return ip(source, m[:2] + struct.pack("!H", s) + m[4:], 1, **net)


def echo(source, data=b"abcdefgh", seq=1, reply=False, **more):
    return icmp(source, 0 if reply else 8, rest=struct.pack("!HH", 7, seq), data=data, **more)


def quoted(frame, octets=28):
    return frame[14:14 + octets]


# TCP: A's first number is 1000, B's 5000.
FLAG = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32, "E": 64, "W": 128}


def mss(n):
    return struct.pack("!BBH", 2, 4, n)


def scale(n):
    return bytes([3, 3, n, 1])


def stamp(val, ecr):
    return struct.pack("!BBBBII", 1, 1, 8, 10, val, ecr)


def sack(*blocks):
    return struct.pack("!BBBB", 1, 1, 5, 2 + 8 * len(blocks)) + b"".join(struct.pack("!II", *b) for b in blocks)


SACK_OK = bytes([4, 2, 1, 1])


def tcp(source, flags, seq, ack=0, data=b"", win=8000, options=b"", urgent=0, ports=(1025, 80), reserved=0, doff=None, sum=None, **net):
    sport, dport = ports if source is A else ports[::-1]
    bits = 0
    for f in flags:
        bits |= FLAG[f]
    head = 20 + len(options)
    t = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, (head // 4 if doff is None else doff) << 4 | reserved, bits, win, 0, urgent)
    t += options + data
    return ip(source, summed(source, t, 16, 6, sum, net), 6, **net)


def start(options=mss(1460), answer=None, ports=(1025, 80), isn=1000, win=8000, flags="S", answers="SA"):
    """The handshake that A begins."""
    answer = options if answer is None else answer
    later = stamp(2, 1) if b"\x08\x0a" in options and b"\x08\x0a" in answer else b""
    return [tcp(A, flags, isn, options=options, ports=ports), tcp(B, answers, 5000, isn + 1, options=answer, ports=ports, win=win),
            tcp(A, "A", isn + 1, 5001, options=later, ports=ports)]


def pattern(n, at=0):
    return bytes((at + k) * 7 % 251 for k in range(n))


# ARP, for Ethernet and IPv4.
def arp(source, op, tpa, spa=None, sha=None, tha=b"\0" * 6, hlen=6, plen=4, hrd=1, **link):
    a = struct.pack("!HHBBH", hrd, 0x0800, hlen, plen, op) + (sha or source.mac) + (source.ip if spa is None else spa) + tha + tpa
    return eth(source, a, kind=0x0806, **{"to": BROADCAST_MAC, **link})


# DHCP: A is the client, B the server.
def option(code, value):
    return bytes([code, len(value)]) + value


SERVER_ID = option(54, B.ip)
LEASE = option(51, struct.pack("!I", 3600))
NOBODY, EVERYBODY = b"\0" * 4, b"\xff" * 4


def bootp(source, kind, options=b"", op=None, xid=77, secs=0, flags=0, ciaddr=NOBODY, yiaddr=NOBODY, siaddr=NOBODY, giaddr=NOBODY, chaddr=None, hlen=6, hops=0,
          cookie=b"\x63\x82\x53\x63", end=b"\xff", least=300, ports=None, **net):
    """`kind` None: without a type."""
    m = struct.pack("!BBBBIHH", op or (1 if source is A else 2), 1, hlen, hops, xid, secs, flags) + ciaddr + yiaddr + siaddr + giaddr
    m += (chaddr or A.mac).ljust(16, b"\0") + b"\0" * 192 + cookie + (option(53, bytes([kind])) if kind is not None else b"") + options + end
    broadcast = {"src": NOBODY if source is A else B.ip, "dst": EVERYBODY, "to": BROADCAST_MAC}
    return udp(source, *(ports or ((68, 67) if source is A else (67, 68))), m.ljust(least, b"\0"), **{**broadcast, **net})


UNICAST = {"src": A.ip, "dst": B.ip, "to": B.mac}


def offer(**more):
    return bootp(B, 2, SERVER_ID + LEASE, yiaddr=A.ip, **more)


def chosen(options=b"", **more):
    return bootp(A, 3, option(50, A.ip) + SERVER_ID + options, **more)


def granted(**more):
    return bootp(B, 5, SERVER_ID + LEASE, yiaddr=A.ip, **more)


# DNS: A asks B.
def name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"


OPT = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)


def dns(source, id=7, flags=0x0100, question=name("a.example"), records=b"", counts=(1, 0, 0, 0), port=4000, **more):
    m = struct.pack("!HHHHHH", id, flags, *counts) + question + (b"\0\x01\0\x01" if question else b"") + records
    return udp(source, *((port, 53) if source is A else (53, port)), m, **more)


def record(owner=b"\xc0\x0c", data=b"\1\2\3\4", kind=1, length=None):
    return owner + struct.pack("!HHIH", kind, 1, 60, len(data) if length is None else length) + data


def ntp(source, first=0x23, transmit=1, origin=0, octets=48, receive=0):
    m = bytes([first]) + b"\0" * 23 + struct.pack("!QQQ", origin, receive, transmit)
    return udp(source, *((4001, 123) if source is A else (123, 4001)), m[:octets])


def poke(frame, at, octets):
    return frame[:at] + octets + frame[at + len(octets):]
