"""Takes from a list of Valkey's as soon as something is there, or brings something to it; and says that it is there."""

import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

EVERY = 0.02
WORDS = {"take": ("BLPOP", "jobs", "0"), "bring": ("RPUSH", "jobs", "job")}


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


def work(what: str, store: socket.socket) -> None:
    words = WORDS[what]
    line = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    while True:
        store.sendall(line.encode())
        if not store.recv(65536):
            return
        if what == "bring":
            time.sleep(EVERY)


if __name__ == "__main__":
    where = urlsplit(os.environ["QUEUE_STORE"])
    address = os.environ.get("QUEUE_HOST", "127.0.0.1"), int(os.environ["QUEUE_PORT"])
    # It says that it is there once its store is; without that it ends, and is started again.
    with socket.create_connection((where.hostname or "", where.port or 0)) as store:
        if where.password:
            store.sendall(f"AUTH {where.password}\r\n".encode())
            if not store.recv(64).startswith(b"+OK"):
                sys.exit("the store does not let us in")
        threading.Thread(target=ThreadingHTTPServer(address, Answer).serve_forever, daemon=True).start()
        work(sys.argv[1], store)
