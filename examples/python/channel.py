"""The generated modules, and a channel to the server."""

import argparse
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "generated"))

import grpc  # noqa: E402


def parser(text):
    result = argparse.ArgumentParser(description=text)
    result.add_argument("--server", default=os.environ.get("TREMORCAST_SERVER", "127.0.0.1:50051"))
    result.add_argument("--tls-ca", help="PEM roots; without it the connection is plain text")
    result.add_argument("--token-file", help="file with a bearer token; needs --tls-ca")
    return result


def connect(options):
    if not options.tls_ca:
        return grpc.insecure_channel(options.server)
    credentials = grpc.ssl_channel_credentials(pathlib.Path(options.tls_ca).read_bytes())
    if options.token_file:
        token = pathlib.Path(options.token_file).read_text().strip()
        credentials = grpc.composite_channel_credentials(credentials, grpc.access_token_call_credentials(token))
    return grpc.secure_channel(options.server, credentials)
