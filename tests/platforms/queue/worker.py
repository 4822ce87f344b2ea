"""Takes from a list of Valkey's as soon as something is there, and says that it is there itself."""

import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


def take() -> None:
    store = urlsplit(os.environ["QUEUE_STORE"])
    with socket.create_connection((store.hostname or "", store.port or 0)) as line:
        while True:
            line.sendall(b"*3\r\n$5\r\nBLPOP\r\n$4\r\njobs\r\n$1\r\n0\r\n")
            if not line.recv(65536):
                return


if __name__ == "__main__":
    threading.Thread(target=take, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["QUEUE_PORT"])), Answer).serve_forever()
