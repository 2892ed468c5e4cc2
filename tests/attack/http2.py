"""What no HTTP/2 client would send: frames of RFC 9113, put together by hand."""

import select
import socket
import ssl
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4


def frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", stream) + payload


def text(value):
    """A string of HPACK, not Huffman coded."""
    value = value.encode() if isinstance(value, str) else value
    length = len(value)
    if length < 127:
        return bytes([length]) + value
    out = bytearray([127])
    length -= 127
    while length >= 128:
        out.append(128 | length & 127)
        length >>= 7
    out.append(length)
    return bytes(out) + value


def header(name, value):
    """A header field that enters no table."""
    return b"\x00" + text(name) + text(value)


def call(path, *more):
    fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "attack"),
              ("te", "trailers"), ("content-type", "application/grpc")]
    return b"".join(header(name, value) for name, value in fields + list(more))


def message(payload, compressed=False):
    return bytes([int(compressed)]) + struct.pack("!I", len(payload)) + payload


def connect(address, source="127.0.0.2"):
    """Past the preface and the settings of both sides. Strangers come from an address of their own.
    `address` is HOST:PORT, or tls:HOST:PORT, where whatever certificate will do."""
    host, port = address.removeprefix("tls:").rsplit(":", 1)
    sock = socket.create_connection((host, int(port)), timeout=10, source_address=(source, 0))
    if address.startswith("tls:"):
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        trusting.set_alpn_protocols(["h2"])
        sock = trusting.wrap_socket(sock)
    sock.sendall(PREFACE + frame(SETTINGS, 0, 0) + frame(SETTINGS, ACK, 0))
    return sock


def drain(sock):
    """Reads away what has come, so that the other side never waits for us. False once it hung up."""
    try:
        while select.select([sock], [], [], 0)[0]:
            if not sock.recv(1 << 16):
                return False
    except OSError:
        return False
    return True
