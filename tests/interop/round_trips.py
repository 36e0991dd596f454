#!/usr/bin/env python3
"""round_trips.py ADDRESS SECONDS: a datagram to the echo port and back, one at a time. Prints how many a second."""
import socket, sys, time

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
s.connect((sys.argv[1], 7))
count, begun = 0, time.monotonic()
while time.monotonic() - begun < float(sys.argv[2]):
    s.send(b"%56d" % count)
    if s.recv(100) != b"%56d" % count:
        sys.exit("another datagram came back")
    count += 1
print(round(count / (time.monotonic() - begun)))
