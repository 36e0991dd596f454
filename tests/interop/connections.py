#!/usr/bin/env python3
"""connections.py ADDRESS COUNT: so many connections, thirty-two at a time; each asks for the small page. Prints how many got it."""
import concurrent.futures, socket, sys


def one(address):
    with socket.create_connection((address, 80), 30) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: interop\r\nConnection: close\r\n\r\n")
        got = b""
        while part := s.recv(4096):
            got += part
    return got.endswith(b"small page\n")


def tried(address):
    try:
        return one(address)
    except OSError:
        return False


with concurrent.futures.ThreadPoolExecutor(32) as pool:
    print(sum(pool.map(tried, [sys.argv[1]] * int(sys.argv[2]))))
