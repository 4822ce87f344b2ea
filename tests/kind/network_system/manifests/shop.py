"""Asks the store for users: ``/kept`` on a connection that it keeps, ``/new`` on a new one, ``/name`` by name."""

import os
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Looked up once: what is about packets is not about names.
STORE = (socket.gethostbyname(os.environ["STORE"]), 6379)
WITHIN = 0.5
kept: list[socket.socket] = []


def asked(store: socket.socket) -> None:
    store.sendall(b"x")
    if store.recv(1) != b"x":
        raise ConnectionResetError("the store hung up")


def on_the_kept_one() -> None:
    if not kept:
        kept.append(socket.create_connection(STORE, WITHIN))
    try:
        asked(kept[0])
    except OSError:
        kept.pop().close()
        raise


def on_a_new_one() -> None:
    with socket.create_connection(STORE, WITHIN) as store:
        asked(store)


def by_name() -> None:
    socket.getaddrinfo("store", 6379)


def alone() -> None:
    pass


WAYS: dict[str, Callable[[], None]] = {"/kept": on_the_kept_one, "/new": on_a_new_one, "/name": by_name, "/": alone}


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        try:
            WAYS[self.path]()
            status, text = 200, "ok"
        except OSError as error:
            status, text = 503, type(error).__name__
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


ThreadingHTTPServer(("0.0.0.0", 8080), Shop).serve_forever()
