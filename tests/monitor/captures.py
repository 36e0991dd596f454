#!/usr/bin/env python3
"""
Captures for 77-monitor.sh, written to the folder that is named: one with five faults (five.pcap, with what must be named in five.want), and one well-behaved
exchange seen in ways that must accuse nobody: whole, cut short, from its middle, before a NIC's work, with frames lost by the capture, on two interfaces.
"""
import os, struct, sys

sys.path.insert(0, os.path.dirname(__file__))
from frames import *


def write(path, packets, snap=65535):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for time, frame in packets:
            ns, cut = round(time * 1e9), frame[:snap]
            f.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(cut), len(frame)) + cut)


STAMPS = mss(1460) + scale(7) + SACK_OK


def exchange(sums=None, piece=1460, octets=29200):
    """A asks, B answers with some octets, a loss is repaired, both close."""
    opening = [(0.0, arp(A, 1, B.ip)), (0.001, arp(B, 2, A.ip, tha=A.mac, to=A.mac))]
    opening += [(0.002 + k / 1000, f) for k, f in enumerate(start(options=STAMPS + stamp(1, 0), answer=STAMPS + stamp(90, 1)))]
    opening[-1] = (0.004, tcp(A, "A", 1001, 5001, options=stamp(2, 90)))
    at, out = 0.01, opening + [(0.005, tcp(A, "PA", 1001, 5001, pattern(100), options=stamp(2, 90)))]
    out.append((0.006, tcp(B, "A", 5001, 1101, options=stamp(91, 2))))
    for k in range(0, octets, piece):
        data = pattern(min(piece, octets - k), k)
        out.append((at, tcp(B, "A", 5001 + k, 1101, data, options=stamp(91, 2), sum=sums)))
        out.append((at + 0.0002, tcp(A, "A", 1101, 5001 + k + len(data), options=stamp(3, 91))))
        at += 0.001
    end = 5001 + octets
    out += [(at, tcp(B, "FA", end, 1101, options=stamp(92, 3))), (at + 0.001, tcp(A, "FA", 1101, end + 1, options=stamp(4, 92))),
            (at + 0.002, tcp(B, "A", end + 1, 1102, options=stamp(93, 4)))]
    return out


def five():
    """[(time, frame, the rule that it breaks)]"""
    out = [(0.0, arp(A, 1, B.ip), None), (0.001, arp(B, 2, A.ip, tha=A.mac, to=C.mac), "arp.reply-to"),
           (1.0, ip(A, pattern(20), 200, ttl=0), "ip.ttl-zero"), (2.0, icmp(B, 3, 3, data=quoted(udp(A, 9, 9, dst=EVERYBODY, to=BROADCAST_MAC))), "icmp.about-many"),
           (3.0, udp(A, 4000, 53, dns(A)[42:69]), None), (3.1, udp(B, 53, 4000, dns(B, id=9, flags=0x8180)[42:69]), "dns.response-id")]
    out += [(4 + k / 1000, f, None) for k, f in enumerate(start())]
    return out + [(4.1, tcp(A, "FA", 1001, 5001, b"bye"), None), (4.2, tcp(A, "A", 1005, 5001, b"more"), "tcp.after-fin")]


def out_of_order(packets):
    """On a virtual link, where nobody fills frames up, and some overtake others: an acknowledgement and a whole segment."""
    out = [(t, f[:14 + struct.unpack("!H", f[16:18])[0]] if f[12:14] == b"\x08\0" else f[:42]) for t, f in packets]
    at = [n for n, (_, f) in enumerate(out) if f[6:12] == A.mac and n > 8][:4]
    for one, other in (at[:2], at[2:]):
        out[one], out[other] = (out[one][0], out[other][1]), (out[other][0], out[one][1])
    return out


def main(folder):
    write(folder + "/five.pcap", [(t, f) for t, f, _ in five()])
    with open(folder + "/five.want", "w") as f:
        f.writelines("%d %s\n" % (n, rule) for n, (_, _, rule) in enumerate(five(), 1) if rule)
    whole = exchange()
    write(folder + "/whole.pcap", whole)
    write(folder + "/long.pcap", exchange(piece=1448, octets=72400))
    write(folder + "/cut.pcap", whole, 96)
    write(folder + "/midway.pcap", whole[12:])
    write(folder + "/offloads.pcap", exchange("partial", 5840))
    write(folder + "/lost.pcap", [p for n, p in enumerate(whole) if n not in (9, 10, 16, 23, 24, 25, 31)])
    write(folder + "/virtual.pcap", out_of_order(whole))
    write(folder + "/twice.pcap", [q for t, f in whole for q in ((t, f), (t + 0.000003, f))])


main(sys.argv[1])
