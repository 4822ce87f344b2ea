"""A small real HTTP server that answers as a script says: what an API server does to a watch, on demand."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

CLUSTER = "/api/v1/namespaces/kube-system"

Reply = Callable[["Handler"], None]


@dataclass
class Script:
    """Replies in order; what was asked is kept."""

    replies: deque[Reply] = field(default_factory=deque)
    asked: list[tuple[str, Mapping[str, list[str]]]] = field(default_factory=list)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    cluster: str = "this-cluster"
    cluster_status: int = 200
    released: threading.Event = field(default_factory=threading.Event)

    def then(self, *replies: Reply) -> None:
        self.replies.extend(replies)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Script

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        if url.path == CLUSTER:
            # What tells a cluster from others is read before every undo; no script has to name it.
            answers({"metadata": {"uid": self.script.cluster}}, self.script.cluster_status)(self)
            return
        self.body: Any = json.loads(body) if body else None
        if self.body is not None:
            self.script.sent.append((self.command, self.headers["Content-Type"], self.body))
        self.script.asked.append((url.path, parse_qs(url.query)))
        self.script.accepted.append(self.headers.get("Accept", ""))
        reply = self.script.replies.popleft() if self.script.replies else hang
        reply(self)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the base class names them

    def log_message(self, *_: object) -> None:
        pass

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()


def hang(handler: Handler) -> None:
    """Open a watch and stay silent."""
    handler.begin()
    handler.script.released.wait(10)
    handler.close_connection = True


def answers(body: object, status: int = 200) -> Reply:
    def reply(handler: Handler) -> None:
        data = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def lists(version: str, *items: object) -> Reply:
    return answers({"metadata": {"resourceVersion": version}, "items": list(items)})


def streams(*pieces: bytes, drop: bool = False) -> Reply:
    """Send pieces as chunks, then end the watch, or drop the connection without an end."""

    def reply(handler: Handler) -> None:
        handler.begin()
        for piece in pieces:
            handler.chunk(piece)
        if not drop:
            handler.chunk(b"")
        else:
            handler.close_connection = True

    return reply


def thing(name: str, version: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": version}, **more}


def line(kind: str, what: object) -> bytes:
    return json.dumps({"type": kind, "object": what}).encode() + b"\n"


@contextmanager
def serving(script: Script) -> Iterator[str]:
    handler = type("Scripted", (Handler,), {"script": script})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        script.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def kubeconfig(path: Path, server: str, context: str = "kind-fake") -> Path:
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "c", "cluster": {"server": server}}],
                "users": [{"name": "u", "user": {"token": "t"}}],
                "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
                "current-context": context,
            }
        )
    )
    return path
