"""A small service for tests: warms up, tells who answered, and goes on for a moment when it is told to stop."""

import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType

WARM_AT = time.monotonic() + float(os.environ.get("TINY_WARM_UP", "0"))
SICK = bool(os.environ.get("TINY_SICK"))
DRAIN = float(os.environ.get("TINY_DRAIN", "0"))
stopping = threading.Event()
METRICS = f'''\
# TYPE tiny_number gauge
tiny_number{{name="{os.environ.get("TINY_NAME", "")}"}} {os.environ.get("TINY_NUMBER", "")}
'''


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        unready = self.path == "/ready" and (SICK or time.monotonic() < WARM_AT or stopping.is_set())
        self.send_response(503 if unready else 200)
        self.send_header("x-instance", os.environ["TINY_NAME"])
        text = METRICS.encode() if self.path == "/metrics" else b""
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None: ...


def stop(_number: int, _frame: FrameType | None) -> None:
    stopping.set()
    threading.Timer(DRAIN, lambda: os._exit(0)).start()


if __name__ == "__main__":
    if os.environ.get("TINY_BROKEN"):
        sys.exit("tiny: this cannot work")
    signal.signal(signal.SIGTERM, stop)
    ThreadingHTTPServer(
        (os.environ.get("TINY_HOST", "127.0.0.1"), int(os.environ["TINY_PORT"])), Answer
    ).serve_forever()
