"""A stand-in for your system: answers GET, says whether it can be given work, and stops in order. Standard library."""

import argparse
import signal
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Before it listens: yours reads its configuration, connects to its stores, fills its caches.
WARM_UP = 3.0
# After it says that it is not ready, before it stops listening: whoever spreads the load must notice first.
DRAIN = 1.0


class Server(ThreadingHTTPServer):
    """The instance; ``ready`` is what it says at /health."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, name: str) -> None:
        super().__init__((host, port), Handler)
        self.name, self.ready = name, True

    def stop(self) -> None:
        """Get no new requests, let those under way end, and go."""
        self.ready = False
        time.sleep(DRAIN)
        self.shutdown()


class Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Answer with the path, and at /health with whether this instance can be given work."""
        ill = self.path == "/health" and not self.server.ready
        body = f"{self.path} from {self.server.name}\n".encode()
        self.send_response(HTTPStatus.SERVICE_UNAVAILABLE if ill else HTTPStatus.OK)
        self.send_header("Content-Length", str(len(body)))
        # squall's record then says who answered; it is not needed.
        self.send_header("X-Instance", self.server.name)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing: the record has every request."""


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on; in a pod 0.0.0.0")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--name", required=True)
    told = parser.parse_args()
    time.sleep(WARM_UP)
    server = Server(told.host, told.port, told.name)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.stop).start())
    server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
